//! Text as people have it: every dialect, encoding and line ending, and rows that are not as they should be.

use ::csv::{QuoteStyle, Terminator, WriterBuilder};
use proptest::prelude::*;

use super::*;
use crate::rows::format::{Encoding, Quoting};
use crate::rules::malformed::{Fault, Malformed};

/// Returns the line of each malformed row, and what is wrong with it.
fn malformed(input: Input) -> Vec<(u64, &'static str)> {
    let found = input.rows.filter_map(|row| row.unwrap().malformed);
    found.map(|Malformed { line, fault }| (line, fault.name())).collect()
}

/// Returns a text in UTF-16, the low byte first or last.
fn utf16(text: &str, low_first: bool) -> Vec<u8> {
    let bytes = |unit: u16| if low_first { unit.to_le_bytes() } else { unit.to_be_bytes() };
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn a_table_without_a_header_is_seen_as_one() {
    let input = pipe(b"acme.com,Acme\nbeta.com,Beta\n", &stdin()).unwrap();
    assert_eq!((input.layout.has_header, input.layout.columns.domains.as_slice()), (false, &[0][..]));
    assert_eq!(asked(input), ["acme.com", "beta.com"]);
    let named = InputSpec { domain_column: Some("acme.com".to_owned()), ..stdin() };
    assert_eq!(asked(pipe(b"acme.com,Acme\nbeta.com,Beta\n", &named).unwrap()), ["beta.com"]);
}

#[test]
fn a_line_that_tells_excel_the_delimiter_is_no_row() {
    let text = b"sep=;\r\nname;domain\r\n\"A; B\";acme.com\r\nshort\r\n";
    let input = pipe(text, &stdin()).unwrap();
    assert_eq!(input.layout.headers, vec!["name", "domain"]);
    assert_eq!(cells(input), [vec!["A; B", "acme.com"], vec!["short"]]);
    assert_eq!(malformed(pipe(text, &stdin()).unwrap()), [(4, "too_short")]);
    let told = InputSpec { delimiter: Some(b';'), ..stdin() };
    assert_eq!(pipe(text, &told).unwrap().layout.headers, vec!["name", "domain"]);
}

#[test]
fn lines_of_an_old_mac_are_rows() {
    let text = b"domain,note\racme.com,\"a\rb\"\r\rbeta.com\r";
    let input = pipe(text, &stdin()).unwrap();
    assert_eq!(input.layout.line_ending, LineEnding::Cr);
    assert_eq!(cells(input), [vec!["acme.com", "a\rb"], vec!["beta.com"]]);
    assert_eq!(malformed(pipe(text, &stdin()).unwrap()), [(5, "too_short")]);
    let list = pipe(b"# ours\racme.com\r\rbeta.com\r", &stdin()).unwrap();
    assert_eq!(list.layout.format, InputFormat::Lines);
    assert_eq!(asked(list), ["acme.com", "beta.com"]);
}

#[test]
fn other_ways_of_quoting_are_recognised() {
    let single = b"'domain','name'\n'acme.com','Acme, ''A'''\n";
    assert_eq!(cells(pipe(single, &stdin()).unwrap()), [["acme.com", "Acme, 'A'"]]);
    let escaped = b"domain,name\nacme.com,\"Acme \\\"A\\\", Inc\"\n";
    assert_eq!(cells(pipe(escaped, &stdin()).unwrap()), [["acme.com", "Acme \"A\", Inc"]]);
    let bare = b"domain\tname\nacme.com\t\"Acme\" Inc\nbeta.com\t\"Beta\n";
    let input = pipe(bare, &stdin()).unwrap();
    assert_eq!(input.layout.quoting, Quoting::None);
    assert_eq!(cells(input), [["acme.com", "\"Acme\" Inc"], ["beta.com", "\"Beta"]]);
    for (quoting, expected) in [
        (None, [(2, "text_after_quote"), (3, "open_quote")].as_slice()),
        (Some(Quoting::Double), &[(2, "text_after_quote"), (3, "open_quote")]),
        (Some(Quoting::None), &[]),
    ] {
        assert_eq!(malformed(pipe(bare, &InputSpec { quoting, ..stdin() }).unwrap()), expected);
    }
}

#[test]
fn utf_16_needs_no_byte_order_mark() {
    let text = "domain;name\r\nacme.com;Müller\r\n";
    for low_first in [true, false] {
        let input = pipe(&utf16(text, low_first), &stdin()).unwrap();
        assert_eq!(input.layout.encoding, Encoding::Utf16);
        assert_eq!(cells(input), [["acme.com", "Müller"]]);
    }
    let mut lone = utf16(text, true);
    lone.extend([0x00, 0xd8, b'\n', 0]);
    assert_eq!(malformed(pipe(&lone, &stdin()).unwrap()), [(3, "too_short")]);
}

#[test]
fn a_nul_is_a_character() {
    let input = pipe(b"domain,note\nacme.com,a\0b\nbeta.com,\0\n", &stdin()).unwrap();
    assert_eq!(cells(input), [["acme.com", "a\0b"], ["beta.com", "\0"]]);
}

#[test]
fn invalid_bytes_are_kept_and_told_where_the_file_is_utf_8() {
    let text = b"domain,name\nacme.com,K\xc3\xb6ln\nbeta.com,M\xfcller\ngamma.com,\xc3\xa9\n";
    let input = pipe(text, &stdin()).unwrap();
    assert_eq!(input.layout.encoding, Encoding::Utf8);
    assert_eq!(cells(input), [["acme.com", "Köln"], ["beta.com", "Müller"], ["gamma.com", "é"]]);
    assert_eq!(malformed(pipe(text, &stdin()).unwrap()), [(3, "invalid_bytes")]);
    assert_eq!(malformed(open(&fixture("windows-1252.csv")).unwrap()), []);
    let list = b"k\xc3\xb6ln.de\nm\xfcller.de\n";
    assert_eq!(malformed(pipe(list, &stdin()).unwrap()), [(2, "invalid_bytes")]);
}

#[test]
fn malformed_rows_are_kept_and_told_with_their_lines() {
    let text = b"domain,name,size\r\n\
        acme.com,\"two\r\nlines\",3\r\n\
        \r\n\
        short.com,S\r\n\
        long.com,L,1,more\r\n\
        stray.com,a \"b\" c,1\r\n\
        after.com,\"a\" b,1\r\n\
        good.com,G,1\r\n\
        open.com,\"O,1\r\n\
        lost.com,L,1\r\n";
    let input = pipe(text, &stdin()).unwrap();
    assert_eq!(cells(input).len(), 7);
    assert_eq!(
        malformed(pipe(text, &stdin()).unwrap()),
        [(5, "too_short"), (6, "too_long"), (7, "stray_quote"), (8, "text_after_quote"), (10, "open_quote")]
    );
}

#[test]
fn the_first_malformed_row_ends_a_strict_reading() {
    let strict = InputSpec { strict: true, ..stdin() };
    let mut rows = pipe(b"domain,name\nacme.com,A\nbeta.com\ngamma.com,C\n", &strict).unwrap().rows;
    assert!(rows.next().unwrap().is_ok());
    let error = rows.next().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "input, line 3: 1 cell in place of 2");
    assert!(!error.is_io() && rows.next().is_none());
    assert_eq!(
        refused(b"domain,\"na\"me,\"x,y\"\nacme.com,A,B\n", &strict),
        "input, line 1: text after a closing quote; \
         hint: mend the line; without --strict the row is kept as it is"
    );
}

#[test]
fn a_record_longer_than_the_buffers_is_looked_at_whole() {
    let long = "x".repeat(200_000);
    let text = format!("domain,note\nacme.com,\"{long}\"\"{long}\"\nbeta.com,\"{long}\"{long}\nc.com,\"\"\n");
    assert_eq!(malformed(pipe(text.as_bytes(), &stdin()).unwrap()), [(3, "text_after_quote")]);
}

/// How a table is written: what the library can write, in every encoding that is read.
#[derive(Clone, Debug)]
struct Written {
    delimiter: u8,
    quoting: Quoting,
    style: QuoteStyle,
    terminator: Terminator,
    encoding: usize,
    has_header: bool,
}

fn written() -> impl Strategy<Value = Written> {
    let quoting = prop::sample::select(vec![Quoting::Double, Quoting::Backslash, Quoting::Single]);
    let style = prop::sample::select(vec![QuoteStyle::Necessary, QuoteStyle::Always, QuoteStyle::NonNumeric]);
    let terminator =
        prop::sample::select(vec![Terminator::Any(b'\n'), Terminator::CRLF, Terminator::Any(b'\r')]);
    let delimiter = prop::sample::select(b",;\t|".to_vec());
    (delimiter, quoting, style, terminator, 0..6_usize, any::<bool>()).prop_map(
        |(delimiter, quoting, style, terminator, encoding, has_header)| Written {
            delimiter,
            quoting,
            style,
            terminator,
            encoding,
            has_header,
        },
    )
}

impl Written {
    fn bytes(&self, rows: &[Vec<String>]) -> Vec<u8> {
        let mut builder = WriterBuilder::new();
        builder.delimiter(self.delimiter).quote_style(self.style).terminator(self.terminator);
        builder.quote(self.quoting.quote().unwrap_or(b'"'));
        if let Some(escape) = self.quoting.escape() {
            builder.double_quote(false).escape(escape);
        }
        let mut writer = builder.from_writer(Vec::new());
        if self.has_header {
            writer.write_record(["domain", "name", "size"]).unwrap();
        }
        for row in rows {
            writer.write_record(row).unwrap();
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        match self.encoding {
            0 => text.into_bytes(),
            1 => [b"\xef\xbb\xbf".to_vec(), text.into_bytes()].concat(),
            2 => [b"\xff\xfe".to_vec(), utf16(&text, true)].concat(),
            3 => [b"\xfe\xff".to_vec(), utf16(&text, false)].concat(),
            order => utf16(&text, order == 4),
        }
    }

    fn told(&self) -> InputSpec {
        InputSpec {
            format: Some(InputFormat::Csv),
            delimiter: Some(self.delimiter),
            quoting: Some(self.quoting),
            no_headers: !self.has_header,
            domain_column: Some("1".to_owned()),
            ..stdin()
        }
    }
}

/// A cell of which nothing but its text matters. One in quotes that ends in a backslash has no meaning that is agreed on.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 äß€.-]{0,12}",
        "[0-9]{1,5}",
        "[,;|\t\"'\n\r a-z\\\\]{0,8}",
        any::<String>().prop_map(|text| text.replace(['\0', '\u{feff}', '\u{fffd}'], "")),
    ]
    .prop_map(|text| text.replace('\\', "/"))
}

/// Rows of three cells, the first a domain, so that there is something to recognise.
fn rows() -> impl Strategy<Value = Vec<Vec<String>>> {
    let row = ("[a-z]{1,8}\\.(com|de)", cell(), cell());
    prop::collection::vec(row.prop_map(|(domain, name, size)| vec![domain, name, size]), 1..12)
}

proptest! {
    #[test]
    fn any_dialect_that_is_told_is_read_back(how in written(), rows in rows()) {
        let input = pipe(&how.bytes(&rows), &how.told()).unwrap();
        prop_assert_eq!(cells(input), rows.clone());
        prop_assert_eq!(malformed(pipe(&how.bytes(&rows), &how.told()).unwrap()), []);
    }

    #[test]
    fn any_usual_dialect_under_a_known_header_is_recognised(how in written(), rows in rows()) {
        let how = Written { has_header: true, quoting: Quoting::Double, ..how };
        let input = pipe(&how.bytes(&rows), &stdin()).unwrap();
        prop_assert_eq!((input.layout.delimiter, input.layout.quoting), (how.delimiter, Quoting::Double));
        prop_assert_eq!(input.layout.encoding == Encoding::Utf16, how.encoding > 1);
        prop_assert_eq!(cells(input), rows);
    }

    #[test]
    fn single_quotes_around_every_cell_are_recognised(how in written(), rows in rows()) {
        let how =
            Written { has_header: true, quoting: Quoting::Single, style: QuoteStyle::Always, ..how };
        let input = pipe(&how.bytes(&rows), &stdin()).unwrap();
        prop_assert_eq!(cells(input), rows);
    }

    #[test]
    fn every_row_appears_once(rows in prop::collection::vec("[a-z\",;' ]{1,20}", 1..30)) {
        let text = format!("x{}", rows.join("\nx"));
        let spec = InputSpec { quoting: Some(Quoting::None), ..InputSpec::new(Source::Stdin) };
        let spec = InputSpec { domain_column: Some("1".to_owned()), delimiter: Some(b'|'), ..spec };
        let input = pipe(format!("domain\n{text}").as_bytes(), &spec).unwrap();
        let read: Vec<String> = cells(input).concat();
        prop_assert_eq!(read, rows.iter().map(|row| format!("x{row}")).collect::<Vec<_>>());
    }

    #[test]
    fn any_bytes_are_read_or_refused_whatever_is_told(
        bytes in prop::collection::vec(
            prop_oneof![prop::sample::select(b"\"'\\,;\t|\n\r#a.\0\xff\xfe\xc3\xa9".to_vec()), any::<u8>()],
            0..300,
        ),
        quoting in prop::option::of(prop::sample::select(Quoting::ALL.to_vec())),
        strict in any::<bool>(),
        no_headers in any::<bool>(),
        format in prop::option::of(prop::sample::select(vec![InputFormat::Csv, InputFormat::Lines])),
    ) {
        let domain_column = format.map(|_| "1".to_owned());
        let spec = InputSpec { format, quoting, no_headers, domain_column, strict, ..stdin() };
        if let Ok(input) = pipe(&bytes, &spec) {
            for row in input.rows {
                let _ = row;
            }
        }
    }
}

#[test]
fn what_is_wrong_has_a_width_by_the_header() {
    let text = b"domain,name\nacme.com,A,\n";
    let row = pipe(text, &stdin()).unwrap().rows.next().unwrap().unwrap();
    let fault = Fault::TooLong { cells: 3, columns: 2 };
    assert_eq!(row.malformed, Some(Malformed { line: 2, fault }));
}
