//! The vocabulary of the invented companies: countries with their cities and legal forms, industries, tools.

/// A country, as far as an invented company needs one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Country {
    /// The last labels of its domains.
    pub(super) tlds: &'static [&'static str],
    /// What its companies call themselves after their name.
    pub(super) forms: &'static [&'static str],
    /// `City, Region, CC`.
    pub(super) places: &'static [&'static str],
}

/// An industry.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Industry {
    /// The name in the vendor's manner.
    pub(super) name: &'static str,
    /// What its companies do, to stand after their name.
    pub(super) offer: &'static str,
}

/// Where most companies under a generic domain are at home.
pub(super) const UNITED_STATES: Country = Country {
    tlds: &["us", "gov", "edu", "mil"],
    forms: &["Inc", "Inc.", "LLC", "Corp"],
    places: &[
        "New York, NY, US",
        "San Francisco, CA, US",
        "Austin, TX, US",
        "Chicago, IL, US",
        "Boston, MA, US",
        "Seattle, WA, US",
        "Denver, CO, US",
        "Atlanta, GA, US",
        "St. Louis, MO, US",
        "Columbus, OH, US",
    ],
};

/// The countries that have a domain of their own.
pub(super) const COUNTRIES: [Country; 16] = [
    UNITED_STATES,
    Country {
        tlds: &["uk"],
        forms: &["Ltd", "Limited", "PLC"],
        places: &[
            "London, England, GB",
            "Manchester, England, GB",
            "Edinburgh, Scotland, GB",
            "Cardiff, Wales, GB",
        ],
    },
    Country {
        tlds: &["de"],
        forms: &["GmbH", "AG", "GmbH & Co. KG"],
        places: &["Berlin, Berlin, DE", "München, Bayern, DE", "Hamburg, Hamburg, DE", "Köln, NRW, DE"],
    },
    Country {
        tlds: &["at"],
        forms: &["GmbH", "AG"],
        places: &["Wien, Wien, AT", "Graz, Steiermark, AT", "Linz, Oberösterreich, AT"],
    },
    Country {
        tlds: &["ch"],
        forms: &["AG", "SA", "GmbH"],
        places: &["Zürich, Zürich, CH", "Genève, Genève, CH", "Zug, Zug, CH"],
    },
    Country {
        tlds: &["fr"],
        forms: &["SAS", "SARL", "SA"],
        places: &[
            "Paris, Île-de-France, FR",
            "Lyon, Auvergne-Rhône-Alpes, FR",
            "Nantes, Pays de la Loire, FR",
        ],
    },
    Country {
        tlds: &["nl"],
        forms: &["B.V.", "N.V."],
        places: &[
            "Amsterdam, Noord-Holland, NL",
            "Utrecht, Utrecht, NL",
            "'s-Hertogenbosch, Noord-Brabant, NL",
        ],
    },
    Country {
        tlds: &["es"],
        forms: &["S.L.", "S.A."],
        places: &["Madrid, Madrid, ES", "Barcelona, Cataluña, ES", "Málaga, Andalucía, ES"],
    },
    Country {
        tlds: &["it"],
        forms: &["S.p.A.", "S.r.l."],
        places: &["Milano, Lombardia, IT", "Torino, Piemonte, IT", "Bologna, Emilia-Romagna, IT"],
    },
    Country {
        tlds: &["se"],
        forms: &["AB"],
        places: &["Stockholm, Stockholm, SE", "Göteborg, Västra Götaland, SE", "Malmö, Skåne, SE"],
    },
    Country {
        tlds: &["pl"],
        forms: &["S.A.", "Sp. z o.o."],
        places: &["Warszawa, Mazowieckie, PL", "Kraków, Małopolskie, PL", "Łódź, Łódzkie, PL"],
    },
    Country {
        tlds: &["ca"],
        forms: &["Inc.", "Ltd."],
        places: &["Toronto, ON, CA", "Montréal, QC, CA", "Vancouver, BC, CA"],
    },
    Country {
        tlds: &["au"],
        forms: &["Pty Ltd"],
        places: &["Sydney, NSW, AU", "Melbourne, VIC, AU", "Brisbane, QLD, AU"],
    },
    Country {
        tlds: &["jp"],
        forms: &["K.K.", "Co., Ltd."],
        places: &["Tokyo, Tokyo, JP", "Osaka, Osaka, JP", "Fukuoka, Fukuoka, JP"],
    },
    Country {
        tlds: &["in"],
        forms: &["Pvt. Ltd.", "Ltd"],
        places: &["Bengaluru, Karnataka, IN", "Mumbai, Maharashtra, IN", "Pune, Maharashtra, IN"],
    },
    Country {
        tlds: &["br"],
        forms: &["Ltda.", "S.A."],
        places: &["São Paulo, SP, BR", "Rio de Janeiro, RJ, BR", "Florianópolis, SC, BR"],
    },
];

/// The labels under a country's domain that belong to no company.
pub(super) const SECOND_LEVEL: [&str; 12] =
    ["co", "com", "org", "net", "ac", "gov", "edu", "or", "ne", "go", "gob", "ltd"];

/// The industries.
pub(super) const INDUSTRIES: [Industry; 16] = [
    Industry { name: "Software Development", offer: "builds workflow software" },
    Industry { name: "Legal Services", offer: "advises on contracts, disputes and compliance" },
    Industry { name: "Financial Services", offer: "provides lending and treasury services" },
    Industry { name: "Hospitals and Health Care", offer: "runs clinics and diagnostic laboratories" },
    Industry { name: "Industrial Machinery Manufacturing", offer: "makes precision tools and spare parts" },
    Industry { name: "Transportation, Logistics, Supply Chain and Storage", offer: "moves and stores goods" },
    Industry { name: "Retail", offer: "sells household goods, online and in its own stores" },
    Industry { name: "Construction", offer: "plans and builds commercial property" },
    Industry { name: "Advertising Services", offer: "runs campaigns across print, web and TV" },
    Industry { name: "Food & Beverage Services", offer: "supplies ingredients and ready-made meals" },
    Industry { name: "Insurance", offer: "underwrites property and casualty risks" },
    Industry { name: "Higher Education", offer: "trains professionals, on site and remotely" },
    Industry { name: "Renewable Energy", offer: "develops wind, solar and storage projects" },
    Industry { name: "Telecommunications", offer: "operates fibre and mobile networks" },
    Industry { name: "Biotechnology Research", offer: "develops assays and reagents" },
    Industry { name: "Professional Services", offer: "consults on strategy, process and IT" },
];

/// Whom the companies serve.
pub(super) const CUSTOMERS: [&str; 6] = [
    "small and mid-sized businesses",
    "enterprises in more than 20 countries",
    "public institutions",
    "private clients, families and foundations",
    "manufacturers and their suppliers",
    "\"hidden champions\" and start-ups alike",
];

/// The bands of headcount.
pub(super) const SIZES: [&str; 8] =
    ["1-10", "11-50", "51-200", "201-500", "501-1000", "1001-5000", "5001-10000", "10001+"];

/// The tools that a website gives away.
pub(super) const TOOLS: [&str; 18] = [
    "AWS",
    "Cloudflare",
    "Datadog",
    "Django",
    "Google Analytics",
    "HubSpot",
    "Intercom",
    "Kubernetes",
    "Marketo",
    "Next.js",
    "PostgreSQL",
    "React",
    "Salesforce",
    "Segment",
    "Shopify",
    "Stripe",
    "WordPress",
    "Zendesk",
];

/// First halves of the domains of companies that are known by id only.
pub(super) const FIRST_HALVES: [&str; 12] = [
    "blue", "north", "bright", "iron", "silver", "summit", "harbor", "cedar", "apex", "nova", "river",
    "stone",
];

/// Second halves of those domains.
pub(super) const SECOND_HALVES: [&str; 12] = [
    "works",
    "labs",
    "partners",
    "logistics",
    "systems",
    "foods",
    "capital",
    "media",
    "health",
    "energy",
    "tools",
    "legal",
];
