//! The header names that tell what a column holds, as CRMs and people write them.

/// What a column holds, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// A website or domain; the number is its place among several, the most trusted first.
    Website(usize),
    /// An e-mail address of someone at the company.
    Email(usize),
    /// The id of a company record of the API.
    Id,
    /// The id of a record of some system: the API's only if the values look like it.
    SomeId,
    /// A domain or an id: this program's own name for the column of a plain list.
    Either,
}

/// Names of domain and website columns, the most trusted first, normalised.
const WEBSITES: &[&str] = &[
    "domain",
    "companydomain",
    "companydomainname",
    "domainname",
    "primarydomain",
    "accountdomain",
    "organizationdomain",
    "organisationdomain",
    "orgdomain",
    "websitedomain",
    "website",
    "companywebsite",
    "accountwebsite",
    "organizationwebsite",
    "organisationwebsite",
    "orgwebsite",
    "websiteurl",
    "companywebsiteurl",
    "websiteaddress",
    "companyurl",
    "companysite",
    "homepage",
    "homepageurl",
    "webpage",
    "webaddress",
    "web",
    "weburl",
    "webseite",
    "siteweb",
    "sitioweb",
    "sitoweb",
    "paginaweb",
    "site",
    "siteurl",
    "www",
    "url",
    "hostname",
    "host",
    "emaildomain",
];

/// Names of e-mail columns, the most trusted first, normalised.
const EMAILS: &[&str] = &[
    "workemail",
    "businessemail",
    "companyemail",
    "workemailaddress",
    "businessemailaddress",
    "email",
    "emailaddress",
    "emailwork",
    "contactemail",
    "primaryemail",
    "mail",
    "mailaddress",
    "emailadresse",
    "correo",
    "correoelectronico",
    "courriel",
];

/// Names of columns with the API's ids, normalised.
const IDS: &[&str] =
    &["companyid", "leadlexid", "leadlexcompanyid", "leadlexcompany", "companyuuid", "enrichcompanyid"];

/// Names of columns with the ids of some system, normalised.
const SOME_IDS: &[&str] = &["id", "recordid", "uuid", "guid", "accountid", "organizationid", "objectid"];

/// Returns what a column of this name holds, if that is known.
pub(super) fn role(header: &str) -> Option<Role> {
    let name: String =
        header.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let place = |names: &[&str]| names.iter().position(|known| *known == name);
    if name == "input" {
        return Some(Role::Either);
    }
    place(WEBSITES)
        .map(Role::Website)
        .or_else(|| place(EMAILS).map(Role::Email))
        .or_else(|| place(IDS).map(|_| Role::Id))
        .or_else(|| place(SOME_IDS).map(|_| Role::SomeId))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_any_spelling() {
        for header in ["domain", " Domain ", "DOMAIN", "\u{feff}domain"] {
            assert_eq!(role(header), Some(Role::Website(0)), "{header:?}");
        }
        for header in ["Web Site", "web-site", "WEBSITE", "Website"] {
            assert_eq!(role(header), role("website"), "{header:?}");
        }
        assert!(matches!(role("E-Mail"), Some(Role::Email(_))));
        assert!(matches!(role("Company Domain Name"), Some(Role::Website(_))));
        assert_eq!(role("LeadLex ID"), Some(Role::Id));
        assert_eq!(role("Record ID"), Some(Role::SomeId));
        assert_eq!(role("input"), Some(Role::Either));
        assert_eq!(role("Company name"), None);
        assert_eq!(role(""), None);
    }
}
