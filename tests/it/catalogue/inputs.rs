//! Inputs that are not there, or not what they say they are.

use std::io::Write as _;

use super::{of_args, of_input, of_input_with};
use crate::support::home::Home;
use crate::support::{domains, fixture};

#[test]
fn an_input_that_is_not_there() {
    insta::assert_snapshot!(of_args("batch none.csv --sandbox"), @r"
    exit code: 2
    --- stderr
    error: none.csv: no such file
    hint: give a file, or `-` for standard input
    ");
    insta::assert_snapshot!(of_args("batch . --sandbox"), @r"
    exit code: 2
    --- stderr
    error: .: is a directory, not a file
    hint: name a file in it
    ");
    insta::assert_snapshot!(of_input("in.csv", ""), @r"
    exit code: 2
    --- stderr
    error: in.csv: is empty
    hint: a CSV or TSV file or a plain list of domains is needed
    ");
    insta::assert_snapshot!(of_input("in.csv", "\n\n  \n"), @r"
    exit code: 2
    --- stderr
    error: in.csv: is empty
    hint: a CSV or TSV file or a plain list of domains is needed
    ");
    insta::assert_snapshot!(Home::new().run("batch --sandbox").shown(), @r"
    exit code: 2
    --- stderr
    error: standard input: is empty
    hint: a CSV or TSV file or a plain list of domains is needed
    ");
}

#[test]
fn an_input_that_is_no_table() {
    insta::assert_snapshot!(of_input("in.xlsx", b"PK\x03\x04\x14\0\x06\0xl/workbook.xml"), @r"
    exit code: 2
    --- stderr
    error: in.xlsx: the workbook is damaged: its directory, at its end, cannot be read
    hint: open it and save it again, or export the sheet as CSV (UTF-8)
    ");
    insta::assert_snapshot!(of_input("in.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03"), @r"
    exit code: 2
    --- stderr
    error: in.csv.gz, line 1: cannot be read: the gzip data ends too early
    hint: the file is not whole: copy, download or pack it again
    ");
    insta::assert_snapshot!(of_input("in.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), @r"
    exit code: 2
    --- stderr
    error: in.png: looks like a binary file, not like a table of text
    hint: a CSV or TSV file or a plain list is needed
    ");
    insta::assert_snapshot!(of_input("in.db", b"SQLite format 3\0\x10\0"), @r"
    exit code: 2
    --- stderr
    error: in.db: looks like an SQLite database, not like a table of text
    hint: export a table as CSV, for example with `sqlite3 -csv -header`
    ");
    insta::assert_snapshot!(of_input("in.json", "[{\"domain\": \"acme.com\"}]\n"), @r"
    exit code: 2
    --- stderr
    error: in.json: looks like a JSON document, not like a table of text
    hint: make it one object a line: `jq -c '.[]' FILE | leadenrich batch`
    ");
    insta::assert_snapshot!(of_input("in.csv", "<!DOCTYPE html>\n<html><body>Log in</body></html>\n"), @r"
    exit code: 2
    --- stderr
    error: in.csv: looks like a web page or XML, not like a table of text
    hint: open it in a browser: an export may have needed a login
    ");
}

#[test]
fn a_header_alone_is_an_empty_table() {
    let home = Home::with("in.csv", "domain,name\n");
    let ended = home.run("batch in.csv --sandbox --fields name");
    insta::assert_snapshot!(ended.shown(), @r"
    exit code: 0
    --- stdout
    domain,name,enriched_id,enriched_domain,enriched_name,enrich_status,enrich_error,enrich_source,enrich_confidence,enrich_fields_updated,enrich_request_id,enriched_at
    --- stderr
    Done in TIME: 0 of 0 rows enriched
      credits    0 spent, 0 saved
      companies  0 different, 0 asked, 0 from the ledger
    ");
}

#[test]
fn inputs_that_are_packed_twice_or_wrongly() {
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let rows = domains(2_000);
    let mut damaged = gzip(rows.as_bytes());
    damaged[60] ^= 0xff;
    insta::assert_snapshot!(of_input("in.csv.gz", gzip(&gzip(rows.as_bytes()))), @r"
    exit code: 2
    --- stderr
    error: in.csv.gz: looks like a file that was compressed twice, not like a table of text
    hint: unpack it once, for example with `zcat FILE | leadenrich batch -`
    ");
    insta::assert_snapshot!(of_input("in.csv.gz", &damaged), @r"
    exit code: 2
    --- stderr
    error: in.csv.gz, line 1: cannot be read: the gzip data is damaged
    hint: `gzip -t FILE` tests it; download or pack it again
    ");
    let mut damaged = zstd::encode_all(rows.as_bytes(), 3).unwrap();
    damaged[6..16].fill(0xff);
    insta::assert_snapshot!(of_input("in.csv.zst", &damaged), @r"
    exit code: 2
    --- stderr
    error: in.csv.zst, line 1: cannot be read: the zstd data is damaged
    hint: `zstd -t FILE` tests it; download or pack it again
    ");
    insta::assert_snapshot!(of_input("in.csv.zst", b"\x28\xb5\x2f\xfd\x00\x90\x01\x00\x00"), @r"
    exit code: 2
    --- stderr
    error: in.csv.zst, line 1: cannot be read: the zstd data needs a window of more than 128 MiB
    hint: unpack it first, for example `zstd -dc --long=31 FILE | leadenrich batch -`
    ");
    insta::assert_snapshot!(of_input("in.csv.bz2", b"BZh91AY&SY\x00\x00\x00\x00"), @r"
    exit code: 2
    --- stderr
    error: in.csv.bz2: looks like a file compressed with bzip2, not like a table of text
    hint: unpack it first, for example with `bzcat FILE | leadenrich batch -`
    ");
    insta::assert_snapshot!(of_input("in.csv.xz", b"\xfd7zXZ\x00\x00\x04"), @r"
    exit code: 2
    --- stderr
    error: in.csv.xz: looks like a file compressed with xz, not like a table of text
    hint: unpack it first, for example with `xzcat FILE | leadenrich batch -`
    ");
    let mut tar = vec![0; 1024];
    tar[..6].copy_from_slice(b"in.csv");
    tar[257..262].copy_from_slice(b"ustar");
    insta::assert_snapshot!(of_input("in.tar", &tar), @r"
    exit code: 2
    --- stderr
    error: in.tar: looks like a tar archive, not like a table of text
    hint: take the table out of it, for example with `tar -xOf FILE NAME | leadenrich batch -`
    ");
}

#[test]
fn sheets_that_are_not_there() {
    insta::assert_snapshot!(of_input_with("in.csv", "domain\nacme.com\n", "--input-format xlsx"), @r"
    exit code: 2
    --- stderr
    error: in.csv: is no workbook
    hint: workbooks are .xlsx, .xlsm, .xlsb, .xls and .ods; leave --input-format out to have the format seen
    ");
    insta::assert_snapshot!(of_sheet("Compnies"), @r"
    exit code: 2
    --- stderr
    error: in.xlsx: there is no sheet 'Compnies'; the sheets are 'Settings', 'Empty', 'Companies', 'Errors'
    hint: did you mean 'Companies'?
    ");
    insta::assert_snapshot!(of_sheet("9"), @r"
    exit code: 2
    --- stderr
    error: in.xlsx: there is no sheet '9'; the sheets are 'Settings', 'Empty', 'Companies', 'Errors'
    hint: give a sheet's name, or its number counted from 1
    ");
}

/// Returns what is said where `--sheet` names this one of a workbook.
fn of_sheet(name: &str) -> String {
    let home = Home::with("in.xlsx", std::fs::read(fixture("packed.xlsx")).unwrap());
    home.call("batch in.xlsx --sandbox -q -o out.csv --sheet").arg(name).run().shown()
}

#[test]
fn rows_that_are_not_as_they_should_be() {
    insta::assert_snapshot!(of_input_with("in.csv", "domain,name\nacme.com,\"A\"x\n", "--strict"), @r"
    exit code: 2
    --- stderr
    error: in.csv, line 2: text after a closing quote
    hint: mend the line; without --strict the row is kept as it is
    ");
    insta::assert_snapshot!(of_input_with("in.csv", "domain,name\nacme.com\n", "--strict"), @r"
    exit code: 2
    --- stderr
    error: in.csv, line 2: 1 cell in place of 2
    hint: mend the line; without --strict the row is kept as it is
    ");
    insta::assert_snapshot!(of_input_with("in.csv", "domain,name\nacme.com,\"A\n", "--strict"), @r"
    exit code: 2
    --- stderr
    error: in.csv, line 2: a quote that is never closed
    hint: mend the line; without --strict the row is kept as it is
    ");
    insta::assert_snapshot!(of_input_with("in.jsonl", "{\"domain\":\"acme.com\"}\nfoo\n", "--strict"), @r"
    exit code: 2
    --- stderr
    error: in.jsonl, line 2: no JSON object
    hint: mend the line; without --strict the row is kept as it is
    ");
    insta::assert_snapshot!(of_input_with("in.jsonl", "{\"name\":\"x\",\"companies\":[{\"domain\":\"acme.com\"}]}\n", ""), @r#"
    exit code: 2
    --- stderr
    error: in.jsonl: is a single JSON object without a domain; its 'companies' has others in it
    hint: if those are the rows: `jq -c '.["companies"][]' FILE | leadenrich batch`
    "#);
}
