//! The companies: which exist, and what is known about them, as a pure function of seed and subject.
//!
//! The values are invented, but shaped as the vendor's are: legal forms and cities fit the domain, about every tenth
//! value is missing or null, some contain commas, quotes and letters beyond ASCII.

use serde_json::{Map, Value, json};

use super::draws::{Draws, id};
use super::request::{Ask, FIELDS, Subject};
use super::words::{
    COUNTRIES, CUSTOMERS, Country, FIRST_HALVES, INDUSTRIES, Industry, SECOND_HALVES, SECOND_LEVEL, SIZES,
    TOOLS, UNITED_STATES,
};

/// Of 100 company ids, how many exist in the workspace.
const IDS_THAT_EXIST: u8 = 90;

/// What the providers know about a subject.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Finding {
    /// The workspace has no company with this id.
    NotFound,
    /// The providers know nothing about it.
    NoMatch,
    /// The `data` of the answer but for the balance.
    Found(Map<String, Value>),
}

/// Looks a subject up; of 100 that exist, `no_match` are unknown to the providers.
pub(super) fn find(ask: &Ask, seed: u64, no_match: u8) -> Finding {
    let subject = ask.subject.text();
    let draws = Draws::about(seed, &[subject.as_bytes()]);
    if matches!(ask.subject, Subject::Id(_)) && !draws.chance("exists", IDS_THAT_EXIST) {
        return Finding::NotFound;
    }
    if draws.chance("no_match", no_match) {
        return Finding::NoMatch;
    }
    let profile = Profile::of(&ask.subject, seed, draws);
    let (company, updated) = profile.company(ask);
    let mut data = Map::new();
    data.insert("company".to_owned(), Value::Object(company));
    data.insert("fields_updated".to_owned(), updated.into());
    data.insert("source".to_owned(), draws.pick("source", &["vendor_a", "vendor_b", "vendor_c"]).into());
    let percent = u32::try_from(55 + draws.below("confidence", 45)).unwrap_or(55);
    data.insert("confidence".to_owned(), json!(f64::from(percent) / 100.0));
    Finding::Found(data)
}

/// What all values of one company are made from.
struct Profile {
    draws: Draws,
    id: String,
    domain: String,
    /// The label of the domain that names the company.
    label: String,
    name: String,
    place: &'static str,
    industry: Industry,
}

impl Profile {
    /// Draws the company behind a subject.
    fn of(subject: &Subject, seed: u64, draws: Draws) -> Self {
        let (id, domain) = match subject {
            Subject::Domain(domain) => (id(seed, &[domain.as_bytes()]).to_string(), domain.clone()),
            Subject::Id(id) => (id.to_string(), domain_of_record(draws)),
        };
        let country = country(&domain, draws);
        let label = company_label(&domain).to_owned();
        Self {
            draws,
            name: company_name(&label, country, draws),
            id,
            domain,
            label,
            place: draws.pick("place", country.places),
            industry: draws.pick("industry", &INDUSTRIES),
        }
    }

    /// Returns the company's record, cut to the fields asked for, and which of them this enrichment filled.
    fn company(&self, ask: &Ask) -> (Map<String, Value>, Vec<&'static str>) {
        let mut updated = Vec::new();
        let mut company = Map::new();
        company.insert("id".to_owned(), self.id.as_str().into());
        for (place, field) in FIELDS.into_iter().enumerate() {
            if ask.fields.is_none_or(|wanted| wanted.holds(place))
                && let Some(value) = self.value(field)
            {
                if !value.is_null() && (ask.overwrite || !self.had(field, &ask.subject)) {
                    updated.push(field);
                }
                company.insert(field.to_owned(), value);
            }
            if field == "name" {
                company.insert("domain".to_owned(), self.domain.as_str().into());
            }
        }
        if ask.fields.is_none() && self.draws.chance("extra", 12) {
            company.insert("annual_revenue_usd".to_owned(), (1 + self.draws.below("revenue", 900)).into());
        }
        (company, updated)
    }

    /// Tells whether the record had this field before. One that is asked for by domain is new; one with an id may
    /// have been filled by hand.
    fn had(&self, field: &str, subject: &Subject) -> bool {
        matches!(subject, Subject::Id(_)) && self.draws.on("had").chance(field, 30)
    }

    /// Returns the value of a field: nothing where the record lacks it, null where the providers say so.
    fn value(&self, field: &'static str) -> Option<Value> {
        let unknown = if field == "name" { 2 } else { 10 };
        let lot = self.draws.on("unknown").below(field, 100);
        if lot < unknown {
            return (lot < unknown / 2).then_some(Value::Null);
        }
        let draws = self.draws;
        Some(match field {
            "name" => self.name.as_str().into(),
            "industry" => self.industry.name.into(),
            "size" => draws.pick(field, &SIZES).into(),
            "founded_year" => self.founded().into(),
            "description" => self.description().into(),
            "hq_location" => self.place.into(),
            "logo_url" => format!("https://logos.leadlex.com/{}.png", self.domain).into(),
            "linkedin_url" => format!("https://linkedin.com/company/{}", self.label).into(),
            _ => self.tech_stack(),
        })
    }

    /// Returns the year of foundation: two of three companies are younger than 1990.
    fn founded(&self) -> u64 {
        match self.draws.below("age", 3) {
            0 => 1880 + self.draws.below("founded_year", 110),
            _ => 1990 + self.draws.below("founded_year", 34),
        }
    }

    /// Returns one sentence or two.
    fn description(&self) -> String {
        let customers = self.draws.pick("customers", &CUSTOMERS);
        let first = format!("{} {} for {customers}.", self.name, self.industry.offer);
        let city = self.place.split(',').next().unwrap_or_default();
        match self.draws.below("description", 3) {
            0 => first,
            1 => format!("{first} The team works from {city}, with partners abroad."),
            _ => format!("{first} Its motto since {}: \"measure twice, cut once\".", self.founded()),
        }
    }

    /// Returns some tools: a list, or one string in every tenth case.
    fn tech_stack(&self) -> Value {
        let count = usize::try_from(1 + self.draws.below("tools", 5)).unwrap_or(1);
        let start = usize::try_from(self.draws.below("first tool", 18)).unwrap_or(0);
        // Eighteen tools and a step of seven: no tool comes twice.
        let tools: Vec<_> = TOOLS.into_iter().cycle().skip(start).step_by(7).take(count).collect();
        if self.draws.chance("tools in one string", 10) { tools.join(", ").into() } else { tools.into() }
    }
}

/// Invents the domain of a record that is asked for by id.
fn domain_of_record(draws: Draws) -> String {
    let first = draws.pick("first half", &FIRST_HALVES);
    let second = draws.pick("second half", &SECOND_HALVES);
    let ending = draws.pick("ending", &["com", "com", "io", "co.uk", "de"]);
    let joint = draws.pick("joint", &["-", ""]);
    format!("{first}{joint}{second}.{ending}")
}

/// Returns the country that a domain speaks of; a generic one is American in seven of ten cases.
fn country(domain: &str, draws: Draws) -> Country {
    let tld = domain.rsplit('.').next().unwrap_or_default();
    let own = COUNTRIES.into_iter().find(|country| country.tlds.contains(&tld));
    own.unwrap_or_else(|| {
        if draws.chance("american", 70) { UNITED_STATES } else { draws.pick("country", &COUNTRIES) }
    })
}

/// Returns the label that names the company: `acme-tools` of `blog.acme-tools.co.uk`.
fn company_label(domain: &str) -> &str {
    let mut labels = domain.rsplit('.');
    let tld = labels.next().unwrap_or_default();
    let below = labels.next().unwrap_or(tld);
    let is_public = tld.len() == 2 && SECOND_LEVEL.contains(&below);
    if is_public { labels.next().unwrap_or(below) } else { below }
}

/// Returns the name: the label's words in capitals, with the country's legal form in three of five cases.
fn company_name(label: &str, country: Country, draws: Draws) -> String {
    let (readable, _) = idna::domain_to_unicode(label);
    let words = readable.split('-').filter(|word| !word.is_empty()).map(capitalized);
    let name = words.collect::<Vec<_>>().join(" ");
    if draws.chance("legal form", 60) {
        format!("{name} {}", draws.pick("form", country.forms))
    } else {
        name
    }
}

/// Returns a word with its first letter in capitals.
fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::request::Wanted;
    use super::*;
    use uuid::Uuid;

    fn ask(subject: Subject) -> Ask {
        Ask { subject, fields: None, overwrite: false, key: None }
    }

    fn by_domain(domain: &str) -> Ask {
        ask(Subject::Domain(domain.to_owned()))
    }

    fn found(ask: &Ask) -> Map<String, Value> {
        match find(ask, 1, 0) {
            Finding::Found(data) => data,
            other => panic!("{ask:?}: {other:?}"),
        }
    }

    #[test]
    fn names_and_places_fit_the_domain() {
        for (domain, label, name) in [
            ("acme-tools.co.uk", "acme-tools", "Acme Tools"),
            ("blog.acme.com", "acme", "Acme"),
            ("xn--mller-kva.de", "xn--mller-kva", "Müller"),
            ("co.uk", "co", "Co"),
        ] {
            assert_eq!(company_label(domain), label);
            let draws = Draws::about(1, &[]);
            let full = company_name(label, country(domain, draws), draws);
            assert!(full.starts_with(name), "{domain}: {full}");
        }
        let german = country("acme.de", Draws::about(1, &[]));
        assert!(german.forms.contains(&"GmbH") && german.places.iter().all(|place| place.ends_with(", DE")));
    }

    #[test]
    fn the_shapes_of_a_thousand_companies() {
        let (mut absent, mut null, mut strings, mut extras) = (0, 0, 0, 0);
        for number in 0..1_000 {
            let data = found(&by_domain(&format!("company{number}.com")));
            let company = data["company"].as_object().unwrap();
            absent += FIELDS.iter().filter(|field| !company.contains_key(**field)).count();
            null += FIELDS.iter().filter(|field| company.get(**field).is_some_and(Value::is_null)).count();
            strings += usize::from(company.get("tech_stack").is_some_and(Value::is_string));
            extras += usize::from(company.contains_key("annual_revenue_usd"));
            let filled =
                FIELDS.iter().filter(|field| company.get(**field).is_some_and(|value| !value.is_null()));
            assert_eq!(data["fields_updated"], json!(filled.collect::<Vec<_>>()));
            let confidence = data["confidence"].as_f64().unwrap();
            assert!((0.55..1.0).contains(&confidence) && data["confidence"].to_string().len() <= 4);
        }
        assert!((300..520).contains(&absent), "{absent} of 9000 absent");
        assert!((300..520).contains(&null), "{null} of 9000 null");
        assert!((50..140).contains(&strings), "{strings} lists as a string");
        assert!((80..160).contains(&extras), "{extras} with an unknown field");
    }

    #[test]
    fn only_the_fields_asked_for() {
        let all = found(&by_domain("acme.com"));
        let mut some = by_domain("acme.com");
        some.fields = Some(Wanted(0b110));
        let some = found(&some);
        for (key, value) in some["company"].as_object().unwrap() {
            assert!(["id", "domain", "industry", "size"].contains(&key.as_str()), "{key}");
            assert_eq!(*value, all["company"][key]);
        }
        assert_eq!(some["confidence"], all["confidence"]);
    }

    #[test]
    fn nine_of_ten_ids_exist() {
        let asks: Vec<_> = (0..2_000).map(|number| ask(Subject::Id(Uuid::from_u128(number)))).collect();
        let missing = asks.iter().filter(|ask| find(ask, 1, 0) == Finding::NotFound).count();
        assert!((150..250).contains(&missing), "{missing} of 2000 not found");
        let unknown = asks.iter().filter(|ask| find(ask, 1, 100) == Finding::NoMatch).count();
        assert_eq!(unknown, 2_000 - missing);
        let ask = asks.iter().find(|ask| find(ask, 1, 0) != Finding::NotFound).unwrap();
        assert_eq!(found(ask)["company"]["id"], ask.subject.text());
    }

    #[test]
    fn filling_leaves_what_a_record_had_and_overwriting_does_not() {
        let counts = |overwrite: bool| -> usize {
            let asks = (0..200).map(|number| Ask { overwrite, ..ask(Subject::Id(Uuid::from_u128(number))) });
            let finding = asks.filter_map(|ask| match find(&ask, 1, 0) {
                Finding::Found(data) => data["fields_updated"].as_array().map(Vec::len),
                _ => None,
            });
            finding.sum()
        };
        assert!(counts(false) < counts(true));
    }
}
