//! Outputs beside the usual one: workbooks, compressed files, and tables of the rows that found no company.

use std::fs;
use std::io::{BufRead as _, BufReader, Cursor, Read as _};

use calamine::{Data, DataType as _, Reader as _, Xlsx};
use rustix::process::Signal;

use crate::support::api::api;
use crate::support::domains;
use crate::support::home::Home;
use crate::support::table::Table;

/// Rows of every kind: found, not found, invalid, and one that comes twice.
const MIXED: &str = "domain,note,enrich_status\nacme.com,1,\nnot a domain,\"2,\n\",old\nacme.com,3,\nbeta.com,=4,\ngmail.com,5,\n";

/// Reads the sheet of a workbook, and asserts that no cell of it is a formula.
fn sheet(home: &Home, name: &str) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(fs::read(home.path(name)).unwrap())).unwrap();
    assert!(book.worksheet_formula("Companies").unwrap().is_empty());
    book.worksheet_range("Companies").unwrap().rows().map(<[Data]>::to_vec).collect()
}

fn unzipped(home: &Home, name: &str) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(fs::File::open(home.path(name)).unwrap()).read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_workbook_holds_what_a_csv_file_holds_with_types() {
    let home = Home::with("in.csv", MIXED);
    let api = api("");
    home.call("batch in.csv -q -o out.xlsx").at(&api).run().quietly();
    let first = fs::read(home.path("out.xlsx")).unwrap();
    home.call("batch in.csv -q -o out.xlsx -c 1").at(&api).run().quietly();
    assert!(fs::read(home.path("out.xlsx")).unwrap() == first, "the same ledger, the same bytes");
    home.call("batch in.csv -q -o out.csv --raw-cells").at(&api).run().quietly();
    let table = Table::read(&home.text("out.csv"));
    let sheet = sheet(&home, "out.xlsx");
    let place = |name: &str| table.header.iter().position(|column| column == name).unwrap();
    assert_eq!(sheet[0].iter().map(ToString::to_string).collect::<Vec<_>>(), table.header);
    assert_eq!(sheet.len(), table.rows.len() + 1);
    for (cells, row) in sheet[1..].iter().zip(&table.rows) {
        for (cell, text) in cells.iter().zip(row) {
            match cell {
                Data::DateTime(_) => assert!(text.starts_with("20") && text.ends_with('Z')),
                Data::Float(number) => {
                    assert_eq!(number.to_string(), text.parse::<f64>().unwrap().to_string());
                }
                other => assert_eq!(other.to_string(), *text),
            }
        }
    }
    assert!(sheet[1][place("enrich_confidence")].is_float());
    assert!(sheet[1][place("enriched_founded_year")].is_float());
    assert!(sheet[1][place("enriched_at")].is_datetime());
    assert_eq!(sheet[1][place("note")], Data::String("1".to_owned()), "nothing is guessed about the input");
    assert_eq!(sheet[4][place("note")], Data::String("=4".to_owned()));
}

#[test]
fn a_workbook_goes_into_a_pipe_but_not_onto_a_terminal() {
    let home = Home::with("in.txt", "acme.com\n");
    let api = api("");
    let to_file = home.call("batch in.txt -q -f xlsx").at(&api).in_shell(r#"exec "$0" "$@" >out.xlsx"#);
    to_file.run().quietly();
    assert_eq!(sheet(&home, "out.xlsx")[1][0], Data::String("acme.com".to_owned()));
    let before = api.books().requests.len();
    // The program's standard output is the terminal that `script` makes.
    let script = r#"script -qec "'$0' $*" typescript </dev/null >seen 2>&1; cat seen"#;
    let on_terminal = home.call("batch in.txt -q -f xlsx --refresh").at(&api).in_shell(script).run();
    if on_terminal.stdout.contains("error: ") {
        assert!(
            on_terminal.stdout.contains("a workbook cannot be shown on a terminal"),
            "{}",
            on_terminal.stdout
        );
        assert_eq!(api.books().requests.len(), before);
    }
}

#[test]
fn a_workbook_that_cannot_hold_the_table_is_said_and_costs_once() {
    let long = "x".repeat(40_000);
    let home = Home::with("in.csv", format!("domain,note\nacme.com,a\nbeta.com,{long}\n"));
    home.put("out.xlsx", "old");
    let api = api("");
    insta::assert_snapshot!(home.call("batch in.csv -q -o out.xlsx").at(&api).run().shown(), @r"
    exit code: 1
    --- stderr
    error: out.xlsx: row 3, column B: a cell has at most 32767 characters, and there are 40000
    hint: write CSV, which has no such bounds: name a .csv file and run the same command again; what was paid for is in the ledger
    ");
    assert_eq!(home.text("out.xlsx"), "old");
    home.call("batch in.csv -q -o out.csv").at(&api).run().quietly();
    assert_eq!(api.books().charged, 2);
}

#[test]
fn a_name_tells_how_an_output_is_compressed() {
    let home = Home::with("in.csv", MIXED);
    let api = api("no-match=30");
    home.call("batch in.csv -q -o out.csv").at(&api).run().quietly();
    let plain = home.text("out.csv");
    let args = "batch in.csv -q -o out.csv.gz --no-match-output none.csv.zst --rejects rejects.jsonl.gz --summary s.json.gz";
    let mut before = Vec::new();
    for _ in 0..2 {
        home.call(args).at(&api).run().quietly();
        let bytes =
            ["out.csv.gz", "none.csv.zst", "rejects.jsonl.gz"].map(|name| fs::read(home.path(name)).unwrap());
        assert!(before.is_empty() || before == bytes, "the same ledger, the same bytes");
        before = bytes.to_vec();
    }
    assert_eq!(unzipped(&home, "out.csv.gz"), plain);
    assert_eq!(unzipped(&home, "rejects.jsonl.gz").lines().count(), 2);
    assert!(unzipped(&home, "s.json.gz").contains("\"schema\""));
    let none = zstd::decode_all(fs::File::open(home.path("none.csv.zst")).unwrap()).unwrap();
    assert!(none.starts_with(b"domain,note,enrich_status\n"));
    home.call("batch in.csv -q -o out.jsonl.zst").at(&api).run().quietly();
    let lines = zstd::decode_all(fs::File::open(home.path("out.jsonl.zst")).unwrap()).unwrap();
    assert!(lines.starts_with(b"{\"domain\":\"acme.com\","));
}

#[test]
fn rows_without_a_company_and_refused_ones_are_written_aside() {
    let rows: String = (1..=40).map(|number| format!("c{number}.com;{number}\r\n")).collect();
    let home = Home::with("in.csv", format!("Website;Nr\r\n{rows}not a domain;x\r\nnor this;y\r\n"));
    let api = api("no-match=40");
    let args =
        "batch in.csv -o out.csv --output-delimiter , --no-match-output none.csv --rejects rejects.csv";
    let ended = home.call(args).at(&api).run().exits(0);
    let out = Table::read(&home.text("out.csv"));
    let rows_with = |status: &str| -> String {
        let rows = out.rows.iter().filter(|row| row.iter().any(|cell| cell == status));
        rows.map(|row| format!("{};{}\r\n", row[0], row[1])).collect()
    };
    let none = rows_with("no_match");
    assert!(!none.is_empty());
    assert_eq!(home.text("none.csv"), format!("Website;Nr\r\n{none}"), "in order, in the input's own form");
    insta::assert_snapshot!(home.text("rejects.csv").replace('\r', ""), @r"
    Website;Nr;enrich_status;enrich_error
    not a domain;x;invalid_input;'not a domain' is not a domain: it has no dot
    nor this;y;invalid_input;'nor this' is not a domain: it has no dot
    ");
    let told = format!(
        "  no company {} rows in none.csv\n  rejects    2 rows in rejects.csv\n",
        none.lines().count()
    );
    assert!(ended.stderr.ends_with(&told), "{}", ended.stderr);

    let before = [home.text("none.csv"), home.text("rejects.csv")];
    home.call(args).args("-q -c 1").at(&api).run().quietly();
    assert_eq!([home.text("none.csv"), home.text("rejects.csv")], before, "the same ledger, the same bytes");
    for (input, count) in [("none.csv", none.lines().count()), ("rejects.csv", 2)] {
        home.call("batch -q -o again.csv --rejects again-rejects.csv").arg(input).at(&api).run().quietly();
        assert_eq!(home.text("again.csv").lines().count(), count + 1, "{input} goes in again");
    }
    assert_eq!(home.text("again-rejects.csv"), before[1], "the reason is replaced, not added once more");
}

#[test]
fn a_table_without_rows_is_there_all_the_same() {
    let home = Home::with("in.txt", "acme.com\n");
    let api = api("");
    let args = "batch in.txt -q -o out.csv --no-match-output none.csv --rejects rejects.jsonl";
    home.call(args).at(&api).run().quietly();
    assert_eq!((home.text("none.csv").as_str(), home.text("rejects.jsonl").as_str()), ("input\n", ""));
    home.call("batch in.txt -q -o out.csv --rejects rejects.xlsx").at(&api).run().quietly();
    assert_eq!(sheet(&home, "rejects.xlsx").len(), 1);
}

#[test]
fn one_table_has_standard_output() {
    let home = Home::with("in.csv", MIXED);
    let api = api("");
    insta::assert_snapshot!(home.call("batch in.csv --rejects -").at(&api).run().shown(), @r"
    exit code: 2
    --- stderr
    error: --rejects and --output name the same file 'standard output'
    hint: name another file
    ");
    insta::assert_snapshot!(home.call("batch in.csv -o out.csv --rejects none.csv --no-match-output ./none.csv").at(&api).run().shown(), @r"
    exit code: 2
    --- stderr
    error: --rejects and --no-match-output name the same file 'none.csv'
    hint: name another file
    ");
    for option in ["--rejects", "--no-match-output"] {
        let ended = home.call("batch in.csv -o out.csv").args(option).args("in.csv").at(&api).run();
        assert!(ended.exits(2).stderr.contains("and the input name the same file"), "{option}");
    }
    assert!(api.books().requests.is_empty());
    let ended = home.call("batch in.csv -q -o out.csv --rejects -").at(&api).run().quietly();
    assert_eq!(ended.stdout.lines().next(), Some("domain,note,enrich_status,enrich_error"));
    assert_eq!(Table::read(&ended.stdout).column("enrich_status"), ["invalid_input"; 2]);
}

#[test]
fn what_is_known_when_a_run_stops_is_written_aside() {
    let home = Home::with("in.txt", domains(60) + "not a domain\n");
    let api = api("latency=5ms,no-match=50");
    let args = "batch in.txt -o out.csv --no-match-output none.csv --rejects rejects.csv -c 2";
    let mut run = home.call(args).at(&api).watch();
    run.wait_for("call_settled", 10);
    run.signal(Signal::INT);
    run.end().exits(130);
    let out = Table::read(&home.text("out.csv"));
    assert!(out.count("pending") > 0);
    assert_eq!(Table::read(&home.text("none.csv")).rows.len() as u64, out.count("no_match"));
    assert_eq!(Table::read(&home.text("rejects.csv")).rows.len(), 1);
}

#[test]
fn a_reader_who_closes_the_output_leaves_the_other_tables() {
    let home = Home::with("in.txt", "not a domain\n".to_owned() + &domains(400));
    let api = api("latency=1ms,no-match=50");
    let mut run =
        home.call("batch in.txt -c 4 --rejects rejects.csv --no-match-output none.csv").at(&api).watch();
    let mut lines = BufReader::new(run.stdout()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("input,"));
    drop(lines);
    run.end().exits(0);
    assert_eq!(Table::read(&home.text("rejects.csv")).rows.len(), 1);
    assert!(home.text("none.csv").starts_with("input\n"));
}

#[test]
fn a_reader_who_closes_another_table_does_not_end_the_run() {
    let home =
        Home::with("in.txt", "not a domain\n".to_owned() + &domains(50) + &"no domain\n".repeat(20_000));
    let api = api("");
    let head = r#"{ "$0" "$@"; echo $? >code; } | head -n 1 >seen"#;
    home.call("batch in.txt -q -o out.csv --rejects -").at(&api).in_shell(head).run();
    assert_eq!(
        (home.text("code").as_str(), home.text("seen").as_str()),
        ("0\n", "input,enrich_status,enrich_error\n")
    );
    assert_eq!(Table::read(&home.text("out.csv")).count("enriched"), 50);
}
