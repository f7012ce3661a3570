//! What is read from files of every kind, and what is said about those that are none.

mod jsonl;
mod text;

use std::collections::HashSet;
use std::io::Cursor;
use std::path::Path;

use proptest::prelude::*;

mod books;
mod packed;

use super::*;
use crate::rows::columns::{ColumnError, Found};
use crate::rows::format::LineEnding;
use crate::rows::write::Writer;
use crate::rules::outcome::RowNumber;

fn fixture(name: &str) -> InputSpec {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/inputs").join(name);
    InputSpec::new(Source::Path(path))
}

/// Opens bytes as if a pipe gave them.
fn pipe(bytes: &[u8], spec: &InputSpec) -> Result<Input, ReadError> {
    open_reader("input", Cursor::new(bytes.to_vec()), spec)
}

fn stdin() -> InputSpec {
    InputSpec::new(Source::Stdin)
}

fn cells(input: Input) -> Vec<Vec<String>> {
    input.rows.map(|row| row.unwrap().cells.iter().map(str::to_owned).collect()).collect()
}

/// Returns what each row asks, `!` where it asks nothing.
fn asked(input: Input) -> Vec<String> {
    input
        .rows
        .map(|row| match row.unwrap().target {
            Ok(Target { first, fallback: Some(next) }) => format!("{first} then {next}"),
            Ok(Target { first, fallback: None }) => first.to_string(),
            Err(error) => format!("!{error}"),
        })
        .collect()
}

fn refused(bytes: &[u8], spec: &InputSpec) -> String {
    let error = pipe(bytes, spec).unwrap_err();
    format!("{error}; hint: {}", error.hint().unwrap_or_default())
}

#[test]
fn a_crm_export_is_read_whole() {
    let input = open(&fixture("companies.csv")).unwrap();
    let names: Vec<String> = input
        .layout
        .columns
        .domains
        .iter()
        .map(|c| input.layout.headers.get(*c).unwrap().to_owned())
        .collect();
    assert_eq!(names, ["Website URL", "Contact Email"]);
    assert_eq!(input.layout.columns.id, None, "record ids that are no UUIDs are not the API's");
    let total = input.progress.total_bytes;
    let bytes_read = Arc::clone(&input.progress.bytes_read);
    let rows: Vec<InputRow> = input.rows.map(Result::unwrap).collect();
    assert_eq!(rows.len(), 1000);
    assert_eq!(rows.last().unwrap().number, RowNumber(1000));
    assert_eq!(total, Some(bytes_read.load(std::sync::atomic::Ordering::Relaxed)));
    let valid: Vec<&Target> = rows.iter().filter_map(|row| row.target.as_ref().ok()).collect();
    let distinct: HashSet<&str> = valid.iter().map(|target| target.first.text()).collect();
    let repeated = valid.len() - distinct.len();
    assert!((150..=200).contains(&repeated), "{repeated} duplicates");
    assert!((880..=900).contains(&valid.len()), "{} valid", valid.len());
    assert!(distinct.contains("xn--mller-gmbh-9db.de"));
}

#[test]
fn a_plain_list_needs_no_header() {
    let input = open(&fixture("list.txt")).unwrap();
    assert_eq!((input.layout.format, &input.layout.headers[0]), (InputFormat::Lines, "input"));
    assert_eq!(
        asked(input),
        [
            "acme.com",
            "beta-tools.de",
            "gamma-labs.co.uk",
            "xn--mller-gmbh-9db.de",
            "acme.com",
            "!'not a domain' is not a domain: it has no dot"
        ]
    );
    let ids = pipe(b"6F0C1F0E-9C1B-4F0A-8F6E-0D9A5C3B2A10\nacme.com", &stdin()).unwrap();
    assert_eq!(asked(ids), ["6f0c1f0e-9c1b-4f0a-8f6e-0d9a5c3b2a10", "acme.com"]);
}

#[test]
fn the_output_of_a_plain_list_is_read_as_one() {
    let text = b"input,enriched_id,enriched_domain,enrich_status\nwww.acme.com,,acme.com,no_match\n";
    let input = pipe(text, &stdin()).unwrap();
    assert_eq!(input.layout.own, [false, true, true, true]);
    assert_eq!(asked(input), ["acme.com"]);
}

#[test]
fn delimiters_line_endings_and_encodings_are_recognised() {
    let input = open(&fixture("semicolon.csv")).unwrap();
    assert_eq!((input.layout.delimiter, input.layout.line_ending), (b';', LineEnding::Lf));
    assert_eq!(cells(input)[0], ["Acme; Söhne", "www.acme.de", "1.000,50"]);

    let input = open(&fixture("crlf.csv")).unwrap();
    assert_eq!(input.layout.line_ending, LineEnding::CrLf);
    assert_eq!(cells(input)[0], ["Acme", "acme.com", "first\r\nsecond"]);

    let input = open(&fixture("bom.csv")).unwrap();
    assert_eq!(&input.layout.headers[0], "domain");
    assert_eq!(cells(input)[0], ["acme.com", "Ümläut"]);

    let input = open(&fixture("windows-1252.csv")).unwrap();
    assert_eq!(cells(input), [["acme.de", "Müller €"], ["beta.com", "Béta"]]);

    let input = open(&fixture("utf-16.tsv")).unwrap();
    assert_eq!((input.layout.format, input.layout.line_ending), (InputFormat::Tsv, LineEnding::CrLf));
    assert_eq!(cells(input), [["acme.com", "Müller"], ["beta.com", "Beta"]]);
}

#[test]
fn ids_go_before_domains() {
    let input = open(&fixture("ids.csv")).unwrap();
    assert_eq!(
        asked(input),
        [
            "6f0c1f0e-9c1b-4f0a-8f6e-0d9a5c3b2a10 then acme.com",
            "0b7e5a52-5f43-4e0c-9f27-5a4a6f1d2c3b",
            "beta.com",
            "gamma.com",
            "!'17' is not a company id: it is not a UUID"
        ]
    );
}

#[test]
fn own_columns_are_never_asked() {
    let input = open(&fixture("own-output.csv")).unwrap();
    assert_eq!(input.layout.columns.domains, [0]);
    assert_eq!(input.layout.own.iter().filter(|own| **own).count(), 10);
    let error = pipe(b"x,enriched_domain\n1,acme.com\n2,beta.com\n", &stdin()).unwrap_err();
    assert!(matches!(error, ReadError::Columns { source: ColumnError::NoneFound { .. }, .. }));
}

#[test]
fn rows_of_any_length_and_blank_lines_pass() {
    let text = b"domain,name\n\nacme.com\n  \nbeta.com,B,x,y\n,\n";
    let input = pipe(text, &stdin()).unwrap();
    assert_eq!(input.layout.headers, vec!["domain", "name", "", ""]);
    assert_eq!(cells(input), [vec!["acme.com"], vec!["beta.com", "B", "x", "y"], vec!["", ""]]);
}

#[test]
fn columns_without_known_names_are_found_by_what_they_hold() {
    let text =
        b"Firma,Seite,LinkedIn,Kontakt\nA,www.a-b.de,linkedin.com/a,x@a-b.de\nB,c-d.de,linkedin.com/b,\n\
                 C,,linkedin.com/c,y@e-f.de\n";
    let input = pipe(text, &stdin()).unwrap();
    assert_eq!(
        (input.layout.columns.found, input.layout.columns.domains.as_slice()),
        (Found::ByContent { confidence: 100 }, &[1, 3][..])
    );
    assert_eq!(asked(input), ["a-b.de", "c-d.de", "e-f.de"]);
    let input = pipe(b"1,acme.com\n2,beta.com\n", &InputSpec { no_headers: true, ..stdin() }).unwrap();
    assert_eq!((input.layout.has_header, input.layout.columns.domains.as_slice()), (false, &[1][..]));
}

#[test]
fn columns_that_cannot_be_told_are_an_error_that_helps() {
    let one = |column: &str| InputSpec { domain_column: Some(column.to_owned()), ..stdin() };
    let table = b"Domfirma,Zwei\nacme.com,beta.com\ngamma.com,delta.de\n";
    assert_eq!(
        refused(table, &stdin()),
        "input: several columns could be the domain: 'Domfirma' (100 %, e.g. acme.com), \
         'Zwei' (100 %, e.g. beta.com); hint: name the one that is meant with --domain-column"
    );
    assert_eq!(
        refused(table, &one("Domain")),
        "input: there is no column 'Domain' for --domain-column; the columns are 'Domfirma', 'Zwei'; \
         hint: did you mean 'Domfirma'?"
    );
    assert_eq!(
        refused(table, &one("3")),
        "input: there is no column '3' for --domain-column; the columns are 'Domfirma', 'Zwei'; \
         hint: give a column's name, or its number counted from 1"
    );
    assert_eq!(
        refused(b"name,size\nAcme,3\n", &stdin()),
        "input: no column with domains, websites, e-mail addresses or company ids was found; the columns are \
         'name', 'size'; hint: name the column with --domain-column or --id-column"
    );
    assert_eq!(
        refused(b"Booking.com,Ok\nyes,beta.com\nno,gamma.com\n", &stdin()),
        "input: the first row looks like data, not like column names: it has 'Booking.com'; \
         hint: add --no-headers, or name the column with --domain-column if these are its names"
    );
    for (column, expected) in
        [("Zwei", "beta.com"), ("zwei ", "beta.com"), ("1", "acme.com"), ("2", "beta.com")]
    {
        assert_eq!(asked(pipe(table, &one(column)).unwrap())[0], expected, "{column}");
    }
}

#[test]
fn generic_ids_are_asked_only_where_they_are_uuids() {
    let uuids = b"id,domain\n6f0c1f0e-9c1b-4f0a-8f6e-0d9a5c3b2a10,acme.com\n";
    assert_eq!(pipe(uuids, &stdin()).unwrap().layout.columns.id, Some(0));
    assert_eq!(pipe(b"id,domain\n17,acme.com\n", &stdin()).unwrap().layout.columns.id, None);
}

#[test]
fn a_header_alone_is_a_table_without_rows() {
    assert_eq!(cells(pipe(b"domain,name\n", &stdin()).unwrap()).len(), 0);
    assert_eq!(cells(pipe(b"domain", &stdin()).unwrap()).len(), 0);
}

#[test]
fn the_limit_ends_the_rows() {
    let spec = InputSpec { limit: Some(2), ..fixture("companies.csv") };
    assert_eq!(open(&spec).unwrap().rows.count(), 2);
}

#[test]
fn what_cannot_be_read_says_what_to_do() {
    let folder = Source::Path(env!("CARGO_MANIFEST_DIR").into());
    assert!(matches!(open(&InputSpec::new(folder)), Err(ReadError::Directory { .. })));
    assert!(matches!(open(&fixture("missing.csv")), Err(ReadError::NotFound { .. })));
    let key = InputSpec::new(Source::Path("wbk_live_secret".into()));
    assert_eq!(open(&key).unwrap_err().to_string(), "wbk_[redacted]: no such file");
    assert!(matches!(pipe(b" \n\n", &stdin()), Err(ReadError::Empty { .. })));
    assert!(matches!(pipe(b"", &stdin()), Err(ReadError::Empty { .. })));
    assert_eq!(
        refused(b"PK\x03\x04\x14\0", &stdin()),
        "input: the workbook is damaged: its directory, at its end, cannot be read; \
         hint: open it and save it again, or export the sheet as CSV (UTF-8)"
    );
    assert!(refused(b"BZh91AY&SY", &stdin()).contains("compressed with bzip2"));
    assert_eq!(
        refused(b"[\n  {\"domain\": \"acme.com\"}\n]\n", &stdin()),
        "input: looks like a JSON document, not like a table of text; \
         hint: make it one object a line: `jq -c '.[]' FILE | leadenrich batch`"
    );
}

#[test]
fn a_quote_that_is_never_closed_is_an_error() {
    let mut text = b"domain,note\nacme.com,\"open\n".to_vec();
    text.resize(usize::try_from(bytes::MAX_RECORD).unwrap() + 1_000_000, b'x');
    let mut rows = pipe(&text, &stdin()).unwrap().rows;
    let error = rows.next().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "input, line 2: the record that starts here is too long");
    assert!(rows.next().is_none());
}

/// A cell of which nothing but its text matters.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 äß€.-]{0,12}",
        "[,;|\t\"'\n\r a-z]{0,8}",
        any::<String>().prop_map(|text| text.replace('\0', ""))
    ]
}

proptest! {
    #[test]
    fn a_written_table_is_read_back(
        rows in prop::collection::vec(prop::collection::vec(cell(), 3), 0..12),
        delimiter in prop::sample::select(b",;\t|".to_vec()),
        known in any::<bool>(),
    ) {
        let mut writer = ::csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
        writer.write_record(["domain", "name", "a,b;c|d\te"]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let delimiter = known.then_some(delimiter);
        let input = pipe(&writer.into_inner().unwrap(), &InputSpec { delimiter, ..stdin() }).unwrap();
        prop_assert_eq!(cells(input), rows);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(input) = pipe(&bytes, &stdin()) {
            for row in input.rows {
                let _ = row;
            }
        }
    }
}

#[test]
fn rows_can_be_read_on_another_thread() {
    const fn is_send<T: Send>() {}
    is_send::<Rows>();
    is_send::<Writer>();
}

/// Gives its bytes and is not to be asked again: whoever does waits for ever.
struct Slow(Cursor<&'static [u8]>);

impl std::io::Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(buffer)? {
            0 => panic!("read from a pipe that has nothing"),
            read => Ok(read),
        }
    }
}

#[test]
fn a_pipe_that_pauses_after_a_row_is_recognised_by_what_is_there() {
    let source = || bytes::Named { name: "input", extension: None, total_bytes: None };
    let slow = Slow(Cursor::new(b"\xef\xbb\xbfname;website\r\nA;acme.com\r\n"));
    let opened = bytes::from_reader(source(), slow, || false).unwrap();
    assert!(!opened.whole);
    assert_eq!(opened.prefix, b"name;website\r\nA;acme.com\r\n", "without the byte order mark");
    let Input { layout, mut rows, .. } = recognise(opened, &stdin()).unwrap();
    assert_eq!((layout.delimiter, layout.columns.domains.as_slice()), (b';', [1].as_slice()));
    assert_eq!(rows.next().unwrap().unwrap().cells, vec!["A", "acme.com"]);
}
