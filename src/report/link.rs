//! Addresses that a terminal lets one click on (OSC 8).
//!
//! A link opens what it shows: its target is read from the text as it is shown, never from the bytes behind it.
//! Invariant: a target is graphic ASCII, so that nothing in it ends the sequence it stands in.

use url::Url;

/// The longest target (in bytes) that terminals take: what VTE and browsers agree on.
const LONGEST: usize = 2_083;
/// Begins a link, and ends it where no target follows.
const OPEN: &str = "\u{1b}]8;;";
/// Ends the control string.
const CLOSE: &str = "\u{1b}\\";

/// Returns the target of an address as it is shown; absent where that is no plain `http` or `https` URL.
pub(super) fn of_address(shown: &str) -> Option<String> {
    // The parser would drop blanks, so that the target were not what is shown.
    let is_web = shown.split_once("://").is_some_and(|(scheme, _)| matches!(scheme, "http" | "https"));
    if !is_web || shown.contains(char::is_whitespace) {
        return None;
    }
    target(&Url::parse(shown).ok()?)
}

/// Returns the target of a domain as it is shown: its site; absent where it is no host alone.
pub(super) fn of_domain(shown: &str) -> Option<String> {
    let is_name = |char: char| char.is_alphanumeric() || matches!(char, '.' | '-');
    if shown.is_empty() || !shown.chars().all(is_name) {
        return None;
    }
    target(&Url::parse(&format!("https://{shown}/")).ok()?)
}

fn target(url: &Url) -> Option<String> {
    // `https://google.com@evil.example` is read as one host and opens another.
    let has_login = !url.username().is_empty() || url.password().is_some();
    let target = url.as_str();
    let is_safe = target.len() <= LONGEST && target.bytes().all(|byte| byte.is_ascii_graphic());
    (is_safe && !has_login).then(|| target.to_owned())
}

/// Returns a text that opens a target of [`of_address`] or [`of_domain`].
pub(super) fn linked(shown: &str, target: &str) -> String {
    format!("{OPEN}{target}{CLOSE}{shown}{OPEN}{CLOSE}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::clean::cleaned;

    #[test]
    fn only_plain_web_addresses_are_links() {
        for (shown, opened) in [
            ("https://linkedin.com/company/acme", Some("https://linkedin.com/company/acme")),
            ("http://acme.com", Some("http://acme.com/")),
            ("https://logo.example/zoë.png", Some("https://logo.example/zo%C3%AB.png")),
            ("linkedin.com/company/acme", None),
            ("javascript:alert(1)", None),
            ("file:///etc/passwd", None),
            ("https:acme.com", None),
            ("https://google.com@evil.example/", None),
            ("https://acme.com/a b", None),
            ("https://", None),
            ("", None),
        ] {
            assert_eq!(of_address(shown).as_deref(), opened, "{shown}");
        }
        assert_eq!(of_address(&format!("https://a.com/{}", "x".repeat(LONGEST))), None);
    }

    #[test]
    fn only_hosts_are_sites() {
        for (shown, opened) in [
            ("acme.com", Some("https://acme.com/")),
            ("müller.de", Some("https://xn--mller-kva.de/")),
            ("acme.com/x", None),
            ("me@acme.com", None),
            ("acme.com:8080", None),
            ("", None),
        ] {
            assert_eq!(of_domain(shown).as_deref(), opened, "{shown}");
        }
    }

    proptest! {
        #[test]
        fn no_target_ends_its_sequence(
            path in any::<String>(),
            dense in "[\u{1b}\u{7}\u{9c}\u{9d}\\\\;/?#@:\n a\u{202e}]{0,20}",
        ) {
            for text in [&path, &dense] {
                let shown = cleaned(&format!("https://a.com/{text}"));
                let targets = of_address(&shown).into_iter().chain(of_domain(&cleaned(text)));
                for target in targets {
                    prop_assert!(target.bytes().all(|byte| byte.is_ascii_graphic()));
                    prop_assert!(target.starts_with("https://"));
                }
            }
        }
    }
}
