//! What the first rows hold in one column: how many domains, addresses, ids, and links to something else.

use std::collections::HashSet;

use crate::rules::target::{InvalidInput, Subdomains, parse_company_id, parse_domain};

/// From how many values on it means something that all, or hardly any, of them are of a kind.
const ENOUGH: usize = 3;

/// Of 100 values, how many must be of a kind for a column without a known name to be held to be of it.
const MOST_IN_100: usize = 60;

/// Of 100 values, how many must be of the kind that a name promises; with fewer, the name is not believed.
const SOME_IN_100: usize = 20;

/// What the values of a column are.
#[derive(Debug, Default)]
pub(super) struct Held<'a> {
    /// The values that are not blank.
    pub(super) values: usize,
    /// Of them, domains and addresses, also those that are refused for being a free-mail provider's.
    domains: usize,
    /// Of them, domains that can be asked.
    pub(super) askable: usize,
    /// Of them, company ids.
    ids: usize,
    /// Of them, those with an `@`.
    addresses: usize,
    /// Of them, links to somebody's page on a network.
    profiles: usize,
    /// The domains that can be asked.
    hosts: HashSet<String>,
    /// Whether two values differ.
    differs: bool,
    /// The first value that can be asked, else the first.
    pub(super) example: Option<&'a str>,
}

impl<'a> Held<'a> {
    /// Counts values, of which blank ones are none.
    pub(super) fn of(values: impl Iterator<Item = &'a str>) -> Self {
        let mut held = Self::default();
        let mut first = None;
        let mut first_askable = None;
        for value in values.filter(|value| !value.trim().is_empty()) {
            held.values += 1;
            held.addresses += usize::from(value.contains('@'));
            held.differs |= *first.get_or_insert(value) != value;
            if parse_company_id(value).is_ok() {
                held.ids += 1;
                first_askable.get_or_insert(value);
                continue;
            }
            match parse_domain(value, Subdomains::Collapse) {
                Err(InvalidInput::Page { .. }) => held.profiles += 1,
                Err(reason) => held.domains += usize::from(reason.is_well_formed()),
                Ok(subject) => {
                    held.domains += 1;
                    held.askable += 1;
                    first_askable.get_or_insert(value);
                    held.hosts.insert(subject.to_string());
                }
            }
        }
        held.example = first_askable.or(first);
        held
    }

    /// Returns whether the column is one of domains, as far as its values tell.
    ///
    /// Links that are all to one host are none: they are to records or profiles there.
    pub(super) fn is_of_domains(&self) -> bool {
        self.are_most(self.domains) && !self.is_of_one_host()
    }

    /// Returns whether the column is one of company ids, as far as its values tell.
    pub(super) fn is_of_ids(&self) -> bool {
        self.are_most(self.ids)
    }

    /// Returns whether the domains come in e-mail addresses.
    pub(super) fn is_of_addresses(&self) -> bool {
        self.are_most(self.addresses)
    }

    /// Returns whether there is a domain or an address at all.
    pub(super) fn has_domains(&self) -> bool {
        self.domains > 0
    }

    /// Returns whether the values are links to something else than companies' websites, and nothing besides.
    ///
    /// Under a name that means much, links to different pages of one host are held to be such.
    pub(super) fn is_of_other_links(&self, under_vague_name: bool) -> bool {
        self.profiles > 0 && self.domains == 0
            || under_vague_name && self.is_of_one_host() && self.differs && self.addresses == 0
    }

    /// Returns whether hardly any value is a domain, though there are enough to tell.
    pub(super) fn denies_domains(&self) -> bool {
        self.are_hardly_any(self.domains)
    }

    /// Returns whether hardly any value is a company id, though there are enough to tell.
    pub(super) fn denies_ids(&self) -> bool {
        self.are_hardly_any(self.ids)
    }

    /// Returns whether there are enough values to tell by them alone what they are.
    pub(super) fn is_enough(&self) -> bool {
        self.values >= ENOUGH
    }

    /// Returns how many of 100 values can be asked, rounded down.
    pub(super) fn confidence(&self) -> u8 {
        let askable = if self.is_of_ids() { self.ids } else { self.askable };
        u8::try_from(askable * 100 / self.values.max(1)).unwrap_or(100)
    }

    fn is_of_one_host(&self) -> bool {
        self.hosts.len() == 1 && self.askable >= ENOUGH
    }

    fn are_most(&self, values: usize) -> bool {
        self.values > 0 && values * 100 >= self.values * MOST_IN_100
    }

    fn are_hardly_any(&self, values: usize) -> bool {
        self.is_enough() && values * 100 < self.values * SOME_IN_100
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held<'a>(values: &[&'a str]) -> Held<'a> {
        Held::of(values.iter().copied())
    }

    #[test]
    fn a_page_on_a_network_is_no_website_but_the_network_is_one() {
        let links = ["https://www.linkedin.com/company/acme", "linkedin.com/in/ada", "x.com/acme"];
        assert!(held(&links).is_of_other_links(false));
        assert!(held(&links[..1]).is_of_other_links(false), "one is enough");
        assert!(!held(&["linkedin.com", "https://x.com/", "acme.com"]).is_of_other_links(true));
        assert!(!held(&["facebook.com/acme", "acme.com"]).is_of_other_links(false));
    }

    #[test]
    fn links_to_one_host_are_no_websites_where_the_name_leaves_it_open() {
        let records = ["app.crm.com/1", "app.crm.com/2", "app.crm.com/3"];
        assert!(!held(&records).is_of_domains());
        assert!(held(&records).is_of_other_links(true));
        assert!(!held(&records).is_of_other_links(false));
        assert!(
            !held(&["acme.com", "acme.com", "acme.com"]).is_of_other_links(true),
            "the same company thrice"
        );
    }

    #[test]
    fn confidence_counts_what_can_be_asked() {
        assert_eq!(held(&["a@acme.com", "b@gmail.com", "c@gmail.com", ""]).confidence(), 33);
        assert!(held(&["a@gmail.com", "b@gmail.com", "c@gmail.com"]).is_of_domains());
        assert_eq!(held(&[]).confidence(), 0);
        assert_eq!(held(&["6f0c1f0e-9c1b-4f0a-8f6e-0d9a5c3b2a10"]).confidence(), 100);
    }

    #[test]
    fn a_name_is_not_believed_where_enough_values_speak_against_it() {
        assert!(held(&["17", "3", "1,200"]).denies_domains());
        assert!(!held(&["17", "3"]).denies_domains(), "two are too few");
        assert!(!held(&["17", "3", "acme.com", "-"]).denies_domains());
        assert!(held(&["1", "2", "3"]).denies_ids());
    }
}
