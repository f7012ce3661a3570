//! Quotes that are not as they should be, found in the bytes of a record.
//!
//! The library that reads records takes any bytes and says nothing. This looks at quotes only, so that a record without
//! one costs no more than the search for it.

use memchr::{memchr, memchr2};

use super::format::Quoting;
use crate::rules::malformed::Fault;

/// Returns what is wrong with the quotes of a record, which is given without its line ending: the gravest fault.
pub(super) fn fault(record: &[u8], delimiter: u8, quoting: Quoting) -> Option<Fault> {
    let quote = quoting.quote()?;
    let mut stray = None;
    let mut outside = 0;
    while let Some(open) = find(record, outside, |rest| memchr(quote, rest)) {
        let begins_cell = open.checked_sub(1).is_none_or(|before| record.get(before) == Some(&delimiter));
        if !begins_cell {
            stray = Some(Fault::StrayQuote);
            outside = open + 1;
            continue;
        }
        let Some(close) = closing(record, open + 1, quote, quoting.escape()) else {
            return Some(Fault::OpenQuote);
        };
        if record.get(close + 1).is_some_and(|after| *after != delimiter) {
            return Some(Fault::TextAfterQuote);
        }
        outside = close + 1;
    }
    stray
}

/// Returns where quotes close whose content begins at `from`. A quote may be doubled, or escaped.
fn closing(record: &[u8], mut from: usize, quote: u8, escape: Option<u8>) -> Option<usize> {
    loop {
        let at = find(record, from, |rest| memchr2(quote, escape.unwrap_or(quote), rest))?;
        let is_escape = record.get(at) != Some(&quote);
        if !is_escape && record.get(at + 1) != Some(&quote) {
            return Some(at);
        }
        from = at + 2;
    }
}

/// Searches from a place on.
fn find(record: &[u8], from: usize, search: impl Fn(&[u8]) -> Option<usize>) -> Option<usize> {
    search(record.get(from..)?).map(|at| at + from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stray_quotes_are_found() {
        for (record, expected) in [
            ("a,b", None),
            (r#""a","b""#, None),
            (r#""a,""b""",c"#, None),
            ("\"a\nb\",\"\"", None),
            (r#"a"b,c"#, Some(Fault::StrayQuote)),
            (r#" "a",c"#, Some(Fault::StrayQuote)),
            (r#"a"b,"c,d""#, Some(Fault::StrayQuote)),
            (r#"a"b,"c"d"#, Some(Fault::TextAfterQuote)),
            (r#""a" ,b"#, Some(Fault::TextAfterQuote)),
            (r#""a \"b\"",c"#, Some(Fault::TextAfterQuote)),
            (r#"a,"b"#, Some(Fault::OpenQuote)),
            (r#"a,""#, Some(Fault::OpenQuote)),
            (r#"a,"b"""#, Some(Fault::OpenQuote)),
            ("", None),
        ] {
            assert_eq!(fault(record.as_bytes(), b',', Quoting::Double), expected, "{record}");
        }
        let escaped = |record: &str| fault(record.as_bytes(), b',', Quoting::Backslash);
        assert_eq!(escaped(r#""a \"b\"","c\\""#), None);
        assert_eq!(escaped(r#""a\""#), Some(Fault::OpenQuote));
        assert_eq!(fault(b"'a,b','c''d'", b',', Quoting::Single), None);
        assert_eq!(fault(b"'a'b", b',', Quoting::Single), Some(Fault::TextAfterQuote));
        assert_eq!(fault(b"\"a", b',', Quoting::None), None);
    }
}
