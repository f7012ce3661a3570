//! Quotes that are not as they should be, found in the bytes of a record.
//!
//! The library that reads records takes any bytes and says nothing. This looks at quotes only, so that a record without
//! one costs no more than the search for it.

use csv::ByteRecord;
use memchr::{memchr, memchr2_iter};

use super::format::Quoting;
use crate::rules::malformed::Fault;

/// Returns whether the cells of a record stand either bare or in quotes that hold none, as nearly all do: which is seen
/// from their lengths. What was read has no quote then, and what lies between the cells is as it should be.
pub(super) fn are_plain(bytes: &[u8], record: &ByteRecord, delimiter: u8, quote: u8) -> bool {
    if memchr(quote, record.as_slice()).is_some() {
        return false;
    }
    let mut at = 0;
    for cell in record {
        at += cell.len();
        if bytes.get(at - cell.len()) == Some(&quote) {
            at += 2;
            if bytes.get(at - 1) != Some(&quote) {
                return false;
            }
        }
        if bytes.get(at).is_some_and(|byte| *byte != delimiter) {
            return false;
        }
        at += 1;
    }
    at == bytes.len() + 1
}

/// Returns what is wrong with the quotes of a record, which is given without its line ending: the gravest fault.
pub(super) fn fault(record: &[u8], delimiter: u8, quoting: Quoting) -> Option<Fault> {
    let quote = quoting.quote()?;
    let mut stray = None;
    let mut is_open = false;
    // Where a mark is that another one makes a character of its cell.
    let mut passed = None;
    for at in memchr2_iter(quote, quoting.escape().unwrap_or(quote), record) {
        let after = record.get(at + 1);
        let is_escape = record.get(at) != Some(&quote);
        if is_open {
            if passed == Some(at) {
                continue;
            }
            if is_escape || after == Some(&quote) {
                passed = Some(at + 1);
            } else if after.is_none_or(|byte| *byte == delimiter) {
                is_open = false;
            } else {
                return Some(Fault::TextAfterQuote);
            }
        } else if !is_escape {
            let begins_cell = at.checked_sub(1).is_none_or(|before| record.get(before) == Some(&delimiter));
            if begins_cell {
                is_open = true;
            } else {
                stray = Some(Fault::StrayQuote);
            }
        }
    }
    if is_open { Some(Fault::OpenQuote) } else { stray }
}

#[cfg(test)]
mod tests {
    use csv::ReaderBuilder;
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn what_is_plain_by_its_lengths_has_no_fault(text in "[ab\",]{0,12}") {
            let mut reader = ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
            let mut record = ByteRecord::new();
            reader.read_byte_record(&mut record).unwrap();
            let fault = fault(text.as_bytes(), b',', Quoting::Double);
            if are_plain(text.as_bytes(), &record, b',', b'"') {
                prop_assert_eq!(fault, None);
            } else if !text.is_empty() {
                let has_doubled = record.iter().any(|cell| cell.contains(&b'"'));
                prop_assert!(fault.is_some() || has_doubled);
            }
        }
    }
}
