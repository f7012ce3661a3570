//! Texts from outside, made fit to be shown: keys blacked out, control characters removed, length capped.
//!
//! Everything that quotes input, answers or configuration goes through here. Invariant: no result holds a key.

use std::borrow::Cow;

use memchr::memchr_iter;

/// How every workspace key starts.
const KEY_START: &str = "wbk_";

/// What stands in place of a key.
const REDACTED: &str = "wbk_[redacted]";

/// The most characters of a quoted text that are shown.
const SHOWN_CHARS: usize = 80;

/// Replaces every text that looks like a key: `wbk_` in any case, followed by at least one key-like character.
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, key_and_after)) = split_at_key(rest) {
        let length = key_length(key_and_after);
        let (key, after) = key_and_after.split_at_checked(length).unwrap_or((key_and_after, ""));
        shown.push_str(before);
        shown.push_str(if length > KEY_START.len() { REDACTED } else { key });
        rest = after;
    }
    if shown.is_empty() {
        return Cow::Borrowed(text);
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

/// Takes away the numbers that errors of the system end with, such as `(os error 2)`: the words before them say it.
pub fn without_number(text: &str) -> Cow<'_, str> {
    let Some((before, rest)) = text.split_once(" (os error ") else { return Cow::Borrowed(text) };
    let Some((number, after)) = rest.split_once(')') else { return Cow::Borrowed(text) };
    if number.parse::<i32>().is_err() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{before}{}", without_number(after)))
}

/// Returns a text as a message quotes it: without keys, control and invisible characters, at most 80 characters long.
pub fn excerpt(text: &str) -> Box<str> {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'_';
    if text.len() <= SHOWN_CHARS && text.bytes().all(is_plain) {
        return text.into();
    }
    // Invisible characters go first, so that none can hide a key from the redaction. Four times the cap is enough
    // for what is cut to be cut anyhow, however much of it is blacked out.
    let visible: String = text
        .chars()
        .map(|char| if char.is_whitespace() { ' ' } else { char })
        .filter(|char| !char.is_control() && !is_invisible(*char))
        .take(SHOWN_CHARS * 4)
        .collect();
    let redacted = redact(&visible);
    let mut shown: String = redacted.chars().take(SHOWN_CHARS).collect();
    if shown.len() < redacted.len() {
        shown.push('…');
    }
    shown.into_boxed_str()
}

/// Returns an address without user and password.
pub fn without_credentials(url: &str) -> String {
    let (scheme, rest) = url.find("://").and_then(|at| url.split_at_checked(at + 3)).unwrap_or(("", url));
    // A password may hold any character, if not by the rules; a host holds no `@`.
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}…@{host}"),
        None => url.to_owned(),
    }
}

/// Returns whether a character shows nothing and means nothing in a domain: zero-width, joiner, bidi mark, soft hyphen.
pub(crate) const fn is_invisible(char: char) -> bool {
    matches!(char, '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Splits a text before the next `wbk_`.
fn split_at_key(text: &str) -> Option<(&str, &str)> {
    let is_key = |part: &[u8]| part.eq_ignore_ascii_case(KEY_START.as_bytes());
    let start = memchr_iter(b'_', text.as_bytes())
        .filter_map(|end| Some(end.checked_sub(KEY_START.len() - 1)?..=end))
        .find(|place| text.as_bytes().get(place.clone()).is_some_and(is_key))?;
    text.split_at_checked(*start.start())
}

/// Returns how many bytes of a text that starts with `wbk_` may belong to the key.
///
/// Marks that also end sentences belong to it only between other characters of a key.
fn key_length(text: &str) -> usize {
    let body = text.bytes().skip(KEY_START.len());
    let mut length = KEY_START.len();
    for (position, byte) in body.enumerate() {
        if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' {
            length = KEY_START.len() + position + 1;
        } else if !matches!(byte, b'.' | b'~' | b'+' | b'/' | b'=') {
            break;
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_system_are_taken_away() {
        let text = "x: No such file (os error 2), y: Is a directory (os error 21)";
        assert_eq!(without_number(text), "x: No such file, y: Is a directory");
        for text in ["plain", "a (os error two)", "a (os error 2"] {
            assert_eq!(without_number(text), text);
        }
    }

    #[test]
    fn a_key_is_blacked_out_wherever_it_stands() {
        assert_eq!(redact("key wbk_live-4f.9A, and WBK_x."), "key wbk_[redacted], and wbk_[redacted].");
        assert_eq!(redact("wbk_aa.wbk_bb"), "wbk_[redacted]");
        assert_eq!(redact("a key starts with wbk_"), "a key starts with wbk_");
        assert!(matches!(redact("wbk_… acme.com"), Cow::Owned(text) if text == "wbk_… acme.com"));
        assert!(matches!(redact("acme.com"), Cow::Borrowed("acme.com")));
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        for (url, shown) in [
            ("http://proxy:3128", "http://proxy:3128"),
            ("http://me:pass@proxy:3128/x", "http://…@proxy:3128/x"),
            ("http://me:p@s/s@proxy", "http://…@proxy"),
            ("me:pass@proxy:3128", "…@proxy:3128"),
            ("", ""),
        ] {
            assert_eq!(without_credentials(url), shown);
        }
    }

    #[test]
    fn redacting_twice_changes_nothing() {
        let once = redact("wbk_abc wbk_").into_owned();
        assert_eq!(redact(&once), once);
    }

    #[test]
    fn an_excerpt_is_short_and_printable() {
        assert_eq!(&*excerpt("a\tb\u{1b}[31m\u{200b}c\nd"), "a b[31mc d");
        assert_eq!(excerpt(&"ä".repeat(200)).chars().count(), 81);
        assert_eq!(&*excerpt("wb\u{200b}k_secret"), "wbk_[redacted]");
        assert_eq!(&*excerpt(&format!("{} wbk_secret", "x".repeat(75))), format!("{} wbk_…", "x".repeat(75)));
    }

    proptest::proptest! {
        #[test]
        fn no_key_survives(before in ".*", body in "[A-Za-z0-9_-]{1,40}", after in ".*") {
            let text = format!("{before}wbk_{body}{after}");
            for shown in [redact(&text).into_owned(), excerpt(&text).into_string()] {
                for (at, _) in shown.to_ascii_lowercase().match_indices("wbk_") {
                    let next = shown[at + 4..].bytes().next();
                    assert!(!next.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'));
                }
            }
        }
    }
}
