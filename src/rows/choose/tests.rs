//! Which columns are chosen from tables of all sorts, and what is said where none can be.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::rows::own::own_flags;
use crate::rows::read::{InputSpec, Source, open};

/// Reads a table with a header from cells with `|` between them, and lines between rows.
fn chosen(text: &str, domain_column: Option<&str>) -> Result<String, ColumnError> {
    let mut rows = text.lines().map(|line| StringRecord::from(line.split('|').collect::<Vec<_>>()));
    let headers = rows.next().unwrap_or_default();
    let sample: Vec<StringRecord> = rows.collect();
    let own = own_flags(headers.iter(), "enriched_");
    let table = Table {
        headers: &headers,
        has_header: true,
        names: None,
        own: &own,
        sample: &sample,
        domain_column,
        id_column: None,
    };
    table.choose().map(|columns| said(&columns, &headers))
}

/// Returns how columns were found and which they are: the id before a `+`, the domains in their order.
fn said(columns: &Columns, headers: &StringRecord) -> String {
    let name = |column: usize| format!("{}. {}", column + 1, headers.get(column).unwrap_or_default());
    let domains: Vec<String> = columns.domains.iter().map(|column| name(*column)).collect();
    let id = columns.id.map_or(String::new(), |id| format!("{} + ", name(id)));
    format!("{:?}: {id}{}", columns.found, domains.join(", else "))
}

#[track_caller]
fn asks(text: &str) -> String {
    chosen(text, None).unwrap()
}

fn refused(text: &str) -> String {
    let error = chosen(text, None).unwrap_err();
    format!("{error}; hint: {}", error.hint())
}

#[test]
fn the_exports_of_crms_are_asked_by_their_websites() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/inputs/crm");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "csv")).collect();
    files.sort();
    let chosen = files.iter().map(|path| {
        let layout = open(&InputSpec::new(Source::Path(path.clone()))).unwrap().layout;
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        format!("{name}: {}", said(&layout.columns, &layout.headers))
    });
    insta::assert_snapshot!(chosen.collect::<Vec<_>>().join("\n"), @r"
    airtable-companies: ByName: 3. Company Domain, else 2. Website
    apollo-accounts: ByName: 8. Website
    apollo-contacts: ByName: 22. Website, else 6. Email, else 33. Secondary Email
    attio-people: ByName: 6. Company domain, else 2. Email addresses
    dynamics-accounts: ByName: 9. Website, else 8. Email (Primary Contact) (Contact)
    dynamics-logical-names: ByName: 3. websiteurl, else 4. emailaddress1
    google-contacts: ByName: 20. Website 1 - Value, else 14. E-mail 1 - Value, else 16. E-mail 2 - Value
    hubspot-companies-de: ByName: 10. Domainname des Unternehmens, else 11. Website-URL
    hubspot-companies-es: ByName: 3. Nombre de dominio de la empresa
    hubspot-companies-fr: ByName: 3. Nom de domaine de l'entreprise, else 4. URL du site web
    hubspot-companies-ja: ByName: 3. 会社のドメイン名, else 4. ウェブサイトURL
    hubspot-companies-pt: ByName: 2. Nome de domínio da empresa
    hubspot-companies: ByName: 10. Company Domain Name, else 11. Website URL
    hubspot-contacts: ByName: 14. Email Domain, else 4. Email
    linkedin-connections: ByName: 4. Email Address
    linkedin-sales-navigator: ByName: 12. companyWebsite
    outlook-contacts-de: ByName: 18. Webseite, else 11. E-Mail-Adresse, else 14. E-Mail 2: Adresse
    outlook-contacts: ByName: 21. Web Page, else 14. E-mail Address, else 17. E-mail 2 Address
    pipedrive-organizations: ByName: 8. Organization - Website
    pipedrive-people: ByName: 4. Person - Email - Work, else 5. Person - Email - Home, else 6. Person - Email - Other
    salesforce-accounts: ByName: 12. Website
    salesforce-api-names: ByName: 12. Company_Domain__c, else 6. Website
    salesforce-leads: ByName: 8. Website, else 5. Email
    shopify-customers: ByName: 4. Email
    stripe-customers: ByName: 12. website (metadata), else 3. Email
    zoho-accounts: ByName: 9. Website
    zoominfo-contacts: ByName: 25. Website, else 11. Email Domain, else 10. Email Address
    ");
}

#[test]
fn websites_win_over_addresses_and_domains_over_websites() {
    insta::assert_snapshot!(asks("Email|Website|Company Domain\na@b.com|c.com|d.com"), @"ByName: 3. Company Domain, else 2. Website, else 1. Email");
    insta::assert_snapshot!(asks("Account: Website|Website\na.com|b.com"), @"ByName: 2. Website, else 1. Account: Website");
    insta::assert_snapshot!(asks("Website 2|Website 1\na.com|b.com"), @"ByName: 2. Website 1, else 1. Website 2");
}

#[test]
fn a_name_is_not_believed_against_its_values() {
    // A count of visits called "Website", beside the domains.
    let visits = "Website|Seite\n17|acme.com\n3|beta.com\n0|gamma.com";
    insta::assert_snapshot!(asks(visits), @"ByContent { confidence: 100 }: 2. Seite");
    insta::assert_snapshot!(asks("Domain|Website\nRetail|acme.com\nFood|beta.com\nRetail|gamma.com"), @"ByName: 2. Website");
    // Nothing better: the rows say why each is invalid.
    insta::assert_snapshot!(asks("Domain|Size\nAcme|1\nBeta|2\nGamma|3"), @"ByName: 1. Domain");
    // Two values are too few to doubt a name.
    insta::assert_snapshot!(asks("Website|Seite\nnone|acme.com\n-|beta.com"), @"ByName: 1. Website");
}

#[test]
fn a_named_column_that_is_blank_leaves_room_for_one_that_is_not() {
    insta::assert_snapshot!(asks("Website|Seite\n|acme.com\n|beta.com\n|gamma.com"), @"ByContent { confidence: 100 }: 1. Website, else 2. Seite");
    // One row of a pipe is not enough to ask by another column besides.
    insta::assert_snapshot!(asks("Website|Source\n|google.com"), @"ByName: 1. Website");
    insta::assert_snapshot!(asks("Website|Email\n|a@acme.com\n|b@beta.com"), @"ByName: 1. Website, else 2. Email");
    // Which of them is meant cannot be told: the name is.
    insta::assert_snapshot!(asks("Website|A|B\n|a.com|b.com\n|c.com|d.com\n|e.com|f.com"), @"ByName: 1. Website");
    insta::assert_snapshot!(asks("Website|A"), @"ByName: 1. Website");
}

#[test]
fn links_to_profiles_and_records_are_never_asked() {
    let profile = "https://www.linkedin.com/company/acme";
    insta::assert_snapshot!(refused(&format!("Name|Page\nAcme|{profile}")), @"no column with domains, websites, e-mail addresses or company ids was found; the columns are 'Name', 'Page'; hint: name the column with --domain-column or --id-column");
    insta::assert_snapshot!(refused(&format!("Name|URL\nAcme|{profile}")), @"no column with domains, websites, e-mail addresses or company ids was found; the columns are 'Name', 'URL'; hint: name the column with --domain-column or --id-column");
    insta::assert_snapshot!(refused(&format!("Name|Website\nAcme|{profile}\nBeta|{profile}-2")), @"no column with domains, websites, e-mail addresses or company ids was found; the columns are 'Name', 'Website'; hint: name the column with --domain-column or --id-column");
    insta::assert_snapshot!(asks(&format!("LinkedIn|Mail\n{profile}|a@acme.com")), @"ByName: 2. Mail");
    // What "URL" means is not asked where a website is known.
    insta::assert_snapshot!(asks("URL|Website\nnews.com/a|acme.com\nblog.de/b|"), @"ByName: 2. Website");
    let records = "URL|Seite\ncrm.com/1|acme.com\ncrm.com/2|beta.com\ncrm.com/3|gamma.com";
    insta::assert_snapshot!(asks(records), @"ByContent { confidence: 100 }: 2. Seite");
    // One wrong link among websites changes nothing.
    insta::assert_snapshot!(asks(&format!("Website\n{profile}\nacme.com")), @"ByName: 1. Website");
}

#[test]
fn what_is_chosen_by_values_tells_how_sure_it_is() {
    insta::assert_snapshot!(asks("Firma|Seite\nA|acme.com\nB|beta.com\nC|gamma"), @"ByContent { confidence: 66 }: 2. Seite");
    insta::assert_snapshot!(asks("Wer|Kontakt\nA|a@acme.com\nB|b@gmail.com\nC|c@gmail.com"), @"ByContent { confidence: 33 }: 2. Kontakt");
    insta::assert_snapshot!(asks("Wer|Kontakt\nA|a@web.de\nB|b@gmail.com\nC|c@gmail.com"), @"ByContent { confidence: 0 }: 2. Kontakt");
    // Addresses by which something can be asked go before those by which nothing can.
    insta::assert_snapshot!(asks("Privat|Kontakt\na@web.de|a@acme.com\nb@gmx.de|b@beta.com\nc@gmx.de|"), @"ByContent { confidence: 100 }: 2. Kontakt");
    let ids =
        "Schlüssel|Firma\n6f0c1f0e-9c1b-4f0a-8f6e-0d9a5c3b2a10|Acme\n0b7e5a52-5f43-4e0c-9f27-5a4a6f1d2c3b|B";
    insta::assert_snapshot!(asks(ids), @"ByContent { confidence: 100 }: 1. Schlüssel +");
}

#[test]
fn columns_that_cannot_be_told_apart_are_listed_with_examples() {
    insta::assert_snapshot!(refused("Eins|Zwei\nacme.com|beta.com\ngamma.com|delta.de"), @"several columns could be the domain: 'Eins' (100 %, e.g. acme.com), 'Zwei' (100 %, e.g. beta.com); hint: name the one that is meant with --domain-column");
    insta::assert_snapshot!(refused("A|B|B\n1|acme.com|beta.com\n2|gamma|delta.de\n3|gamma.com|eps.de"), @"several columns could be the domain: number 3 (100 %, e.g. beta.com), number 2 (66 %, e.g. acme.com); hint: name the one that is meant with --domain-column");
    let id = "6f0c1f0e-9c1b-4f0a-8f6e-0d9a5c3b2a10";
    insta::assert_snapshot!(refused(&format!("Eins|Zwei\n{id}|{id}")), @"several columns could be the company id: 'Eins' (100 %, e.g. 6f0c1f0e-9c1b-4f0a-8f6e-0d9a5c3b2a10), 'Zwei' (100 %, e.g. 6f0c1f0e-9c1b-4f0a-8f6e-0d9a5c3b2a10); hint: name the one that is meant with --id-column");
    insta::assert_snapshot!(asks(&format!("Eins|Zwei|Seite\n{id}|{id}|acme.com")), @"ByContent { confidence: 100 }: 3. Seite");
}

#[test]
fn a_name_that_stands_twice_is_asked_for() {
    let twice = |text| match chosen(text, Some("website")) {
        Ok(columns) => columns,
        Err(error) => format!("{error}; hint: {}", error.hint()),
    };
    insta::assert_snapshot!(twice("Website|Name|Website\nacme.com|A|beta.com"), @"several columns are called 'website': number 1 (e.g. acme.com), number 3 (e.g. beta.com); hint: give --domain-column the number of the one that is meant");
    insta::assert_snapshot!(twice("Website|Name|Website\n|A|beta.com"), @"Asked: 3. Website");
    insta::assert_snapshot!(twice("Website|Name|WEBSITE\n|A|"), @"several columns are called 'website': 'Website' (empty), 'WEBSITE' (empty); hint: give --domain-column the number of the one that is meant");
    // Exactly as it is written goes first.
    insta::assert_snapshot!(twice("Website|website\nacme.com|beta.com"), @"Asked: 2. website");
    // Without the option both are asked.
    insta::assert_snapshot!(asks("Website|Name|Website\nacme.com|A|beta.com"), @"ByName: 1. Website, else 3. Website");
}

#[test]
fn an_option_takes_names_before_numbers_and_letters_written_in_two_ways() {
    let by = |column| chosen("x|2|Domäne\na.com|b.com|c.com", Some(column)).unwrap();
    insta::assert_snapshot!(by("2"), @"Asked: 2. 2");
    insta::assert_snapshot!(by("3"), @"Asked: 3. Domäne");
    insta::assert_snapshot!(by("DOMÄNE"), @"Asked: 3. Domäne");
    insta::assert_snapshot!(by("Doma\u{308}ne"), @"Asked: 3. Domäne");
}

#[test]
fn a_header_that_looks_like_a_domain_is_data_only_above_domains() {
    insta::assert_snapshot!(refused("acme.com|Acme\nbeta.com|Beta"), @"the first row looks like data, not like column names: it has 'acme.com'; hint: add --no-headers, or name the column with --domain-column if these are its names");
    insta::assert_snapshot!(refused("acme.com|Acme"), @"the first row looks like data, not like column names: it has 'acme.com'; hint: add --no-headers, or name the column with --domain-column if these are its names");
    // A flattened JSON key: `.name` is a top-level domain.
    insta::assert_snapshot!(asks("company.name|company.seite\nAcme|acme.com\nBeta|beta.com"), @"ByContent { confidence: 100 }: 2. company.seite");
}

#[test]
fn a_table_without_a_header_is_told_by_numbers() {
    let sample = [StringRecord::from(vec!["1", "acme.com"]), StringRecord::from(vec!["2", "beta.com"])];
    let headers = StringRecord::from(vec!["", ""]);
    let table = Table {
        headers: &headers,
        has_header: false,
        names: None,
        own: &[false, false],
        sample: &sample,
        domain_column: None,
        id_column: None,
    };
    insta::assert_snapshot!(said(&table.choose().unwrap(), &headers), @"ByContent { confidence: 100 }: 2.");
    let asked = Table { domain_column: Some("3"), ..table };
    insta::assert_snapshot!(asked.choose().unwrap_err(), @"there is no column '3' for --domain-column; the columns are number 1, number 2");
    let both = [StringRecord::from(vec!["a.com", "acme.com"]), StringRecord::from(vec!["b.com", "beta.com"])];
    insta::assert_snapshot!(Table { sample: &both, ..table }.choose().unwrap_err(), @"several columns could be the domain: number 1 (100 %, e.g. a.com), number 2 (100 %, e.g. acme.com)");
}

/// Headers as they come, known and unknown, own ones among them.
fn header() -> impl Strategy<Value = String> {
    let known = [
        "Website",
        "Domain",
        "Company Domain Name",
        "Account: Website",
        "URL",
        "Email",
        "Work Email",
        "Company ID",
        "LeadLex ID",
        "id",
        "Record ID",
        "LinkedIn",
        "input",
        "Seite",
        "Firma",
        "enriched_domain",
        "enriched_id",
        "enrich_status",
        "Website Visits",
        "",
    ];
    prop_oneof![
        6 => prop::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn value() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        "acme.com",
        "https://beta.de/x",
        "a@gamma.org",
        "x@gmail.com",
        "17",
        "Acme GmbH",
        "6f0c1f0e-9c1b-4f0a-8f6e-0d9a5c3b2a10",
        "linkedin.com/company/acme",
        "-",
    ])
}

/// A table of as many headers as cells in each row; each name once.
fn table() -> impl Strategy<Value = Vec<(String, Vec<&'static str>)>> {
    (1..6_usize, 0..6_usize).prop_flat_map(|(columns, rows)| {
        let names = prop::collection::hash_set(header(), columns).prop_map(|names| {
            let mut names: Vec<String> = names.into_iter().collect();
            names.sort_unstable();
            names
        });
        let values = prop::collection::vec(prop::collection::vec(value(), rows), columns);
        (names, values).prop_map(|(names, values)| names.into_iter().zip(values).collect())
    })
}

/// Returns the names that are chosen, the id's first, if any can be; and whether an own column is among them.
fn names_chosen(columns: &[(String, Vec<&'static str>)]) -> Option<(Vec<String>, bool)> {
    let headers: StringRecord = columns.iter().map(|(name, _)| name.as_str()).collect();
    let rows = columns.first().map_or(0, |(_, values)| values.len());
    let row = |row: usize| columns.iter().map(|(_, values)| values[row]).collect::<StringRecord>();
    let sample: Vec<StringRecord> = (0..rows).map(row).collect();
    let own = own_flags(headers.iter(), "enriched_");
    let table = Table {
        headers: &headers,
        has_header: true,
        names: None,
        own: &own,
        sample: &sample,
        domain_column: None,
        id_column: None,
    };
    let found = table.choose().ok()?;
    let id = found.id.map_or("no id".to_owned(), |id| headers[id].to_owned());
    let domains = found.domains.iter().map(|column| headers[*column].to_owned());
    let is_own = found.domains.iter().chain(&found.id).any(|column| own[*column]);
    Some((std::iter::once(id).chain(domains).collect(), is_own))
}

proptest! {
    #[test]
    fn no_own_column_is_chosen(columns in table()) {
        prop_assert!(!names_chosen(&columns).is_some_and(|(_, is_own)| is_own));
    }

    #[test]
    fn the_order_of_columns_does_not_matter(
        (columns, shuffled) in table().prop_flat_map(|table| (Just(table.clone()), Just(table).prop_shuffle())),
    ) {
        prop_assert_eq!(names_chosen(&columns), names_chosen(&shuffled));
    }
}
