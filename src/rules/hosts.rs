//! Hosts that stand for others than one company: mailboxes of people, and networks with pages of their members.
//!
//! To ask for one of these would pay for the provider's own record. Which mention of a host is nobody's company depends on
//! its list; the lists lie beside this file, each with its origin at its head:
//!
//! | list | what names no company |
//! | --- | --- |
//! | `free-mail.txt`, `disposable.txt` | every mention: a cell with `gmail.com` was cut out of an address |
//! | `customer-mail.txt` | an address; the domain or a URL is the company that sells the mailboxes |
//! | `pages.txt` | a URL with a path below the entry; the host alone is the network's company |
//!
//! Large lists of free-mail hosts are not taken over: they hold facebook.com, alibaba.com and internet providers without
//! number, which are companies. One that is missing costs a credit; one too many hides a company.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::FixedState;

use super::redact::excerpt;
use super::target::InvalidInput;

/// How a host is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mention<'a> {
    /// Behind the `@` of an e-mail address.
    Address,
    /// By itself or in a URL, with what follows it there: the path, possibly empty.
    Site(&'a str),
}

/// What is known of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    FreeMail,
    CustomerMail,
    Disposable,
    /// Pages of others lie below this path, which has no slash at its ends.
    Pages(&'static str),
}

/// The lists; where two hold the same host, the later one counts.
const LISTS: [(&str, Sort); 4] = [
    (include_str!("hosts/disposable.txt"), Sort::Disposable),
    (include_str!("hosts/free-mail.txt"), Sort::FreeMail),
    (include_str!("hosts/customer-mail.txt"), Sort::CustomerMail),
    (include_str!("hosts/pages.txt"), Sort::Pages("")),
];

/// Every listed host. A program that reads no domain never builds it; building it takes a fraction of a millisecond.
static HOSTS: LazyLock<HashMap<&'static str, Sort, FixedState>> = LazyLock::new(|| {
    let mut hosts = HashMap::with_capacity_and_hasher(11_000, FixedState::default());
    for (text, sort) in LISTS {
        hosts.extend(entries(text).map(|entry| match (sort, entry.split_once('/')) {
            (Sort::Pages(_), Some((host, path))) => (host, Sort::Pages(path)),
            _ => (entry, sort),
        }));
    }
    hosts
});

/// Returns the lines of a list that are no comments.
fn entries(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Returns why a mention of a host names no company, if it is listed itself or by its registrable domain.
pub(super) fn refusal(host: &str, registrable: &str, mention: Mention<'_>) -> Option<InvalidInput> {
    let of_host = if host.len() > registrable.len() { HOSTS.get(host) } else { None };
    [of_host, HOSTS.get(registrable)].into_iter().flatten().find_map(|sort| refused(host, *sort, mention))
}

fn refused(host: &str, sort: Sort, mention: Mention<'_>) -> Option<InvalidInput> {
    match (sort, mention) {
        (Sort::FreeMail, _) => Some(InvalidInput::FreeMail(excerpt(host))),
        (Sort::Disposable, _) => Some(InvalidInput::DisposableMail(excerpt(host))),
        (Sort::CustomerMail, Mention::Address) => Some(InvalidInput::CustomerMail(excerpt(host))),
        (Sort::Pages(place), Mention::Site(path)) if lies_below(path, place) => {
            let page = excerpt(&format!("{host}/{}", path.trim_start_matches('/')));
            Some(InvalidInput::Page { page, host: excerpt(host) })
        }
        (Sort::CustomerMail | Sort::Pages(_), _) => None,
    }
}

/// Returns whether a path leads to something below a place, however it is cased.
fn lies_below(path: &str, place: &str) -> bool {
    let mut below = path.split('/').filter(|part| !part.is_empty());
    let is_there = place.is_empty() || below.next().is_some_and(|part| part.eq_ignore_ascii_case(place));
    is_there && below.next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_and_long_enough_to_matter() {
        for ((text, sort), least) in LISTS.into_iter().zip([5_000, 300, 20, 50]) {
            let entries: Vec<&str> = entries(text).collect();
            assert!(entries.is_sorted_by(|a, b| a < b), "{sort:?}");
            assert!(entries.len() > least, "{sort:?}");
            for entry in entries {
                let host = entry.split('/').next().unwrap();
                assert!(host.contains('.') && host == host.to_ascii_lowercase(), "{entry}");
                assert!(entry.split('/').count() <= if sort == Sort::Pages("") { 2 } else { 1 }, "{entry}");
            }
        }
    }

    #[test]
    fn what_is_kept_by_hand_is_on_one_list() {
        let mut hosts: Vec<&str> = LISTS[1..]
            .iter()
            .flat_map(|(text, _)| entries(text))
            .filter_map(|entry| entry.split('/').next())
            .collect();
        hosts.sort_unstable();
        let twice: Vec<&[&str]> = hosts.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }

    #[test]
    fn a_host_is_known_by_itself_and_by_its_registrable_domain() {
        let refusal = |host, registrable| refusal(host, registrable, Mention::Site("/p")).map(|e| e.name());
        assert_eq!(refusal("gmail.com", "gmail.com"), Some("free_mail"));
        assert_eq!(refusal("uk.yahoo.com", "yahoo.com"), Some("free_mail"));
        assert_eq!(refusal("mailinator.com", "mailinator.com"), Some("disposable_mail"));
        assert_eq!(refusal("docs.google.com", "google.com"), Some("page"));
        assert_eq!(refusal("uk.linkedin.com", "linkedin.com"), Some("page"));
        assert_eq!(refusal("google.com", "google.com"), None);
        assert_eq!(refusal("acme.com", "acme.com"), None);
    }

    #[test]
    fn a_page_lies_below_its_place() {
        for (path, place, expected) in [
            ("", "", false),
            ("/", "", false),
            ("//", "", false),
            ("/acme", "", true),
            ("maps", "maps", false),
            ("/maps/place/acme", "maps", true),
            ("//Maps//x", "maps", true),
            ("/mapsx/y", "maps", false),
        ] {
            assert_eq!(lies_below(path, place), expected, "{path} {place}");
        }
    }
}
