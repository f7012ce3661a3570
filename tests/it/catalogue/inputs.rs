//! Inputs that are not there, or not what they say they are.

use super::{of_args, of_input};
use crate::support::home::Home;

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
