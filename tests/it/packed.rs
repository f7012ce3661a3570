//! Compressed files and workbooks: is the same table the same, however it comes?

use crate::support::fixture;
use crate::support::home::Home;
use crate::support::table::Table;

/// The ways in which the table of `packed.csv` comes.
const KINDS: [&str; 7] = ["csv", "csv.gz", "csv.zst", "xlsx", "xlsb", "xls", "ods"];

/// Columns that tell when and how, not what.
const MOMENTS: [&str; 3] = ["enrich_request_id", "enriched_at", "enrich_source"];

fn bytes_of(kind: &str) -> Vec<u8> {
    std::fs::read(fixture(&format!("packed.{kind}"))).unwrap()
}

#[test]
fn a_table_comes_out_the_same_however_it_comes() {
    let home = Home::new();
    let mut outputs = Vec::new();
    for kind in KINDS {
        let bytes = bytes_of(kind);
        let name = format!("in.{kind}");
        home.put(&name, &bytes);
        for call in [
            home.call("batch -q --sandbox=latency=0,no-match=0").args(&name),
            home.call("batch -q --sandbox=latency=0,no-match=0 -").stdin(&bytes),
        ] {
            outputs.push((kind, Table::read(&call.run().quietly().stdout).without(&MOMENTS)));
        }
    }
    let (_, first) = &outputs[0];
    assert_eq!((first.rows.len(), first.count("enriched")), (4, 4));
    for (kind, output) in &outputs {
        assert_eq!(output, first, "{kind}");
    }
}

#[test]
fn a_plan_says_what_it_read() {
    let home = Home::new();
    for (kind, expected) in [
        ("csv.gz", "in.csv.gz: CSV with ',', gzip, UTF-8, a header"),
        ("xlsx", "in.xlsx: XLSX, sheet 'Companies', a header"),
    ] {
        let name = format!("in.{kind}");
        home.put(&name, bytes_of(kind));
        let plan = home.call("plan --sandbox").args(&name).run().quietly().stdout;
        assert!(plan.contains(expected), "{plan}");
    }
    let json = home.run("plan --sandbox --json in.xlsx").quietly().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["input"]["sheet"], "Companies");
    assert_eq!((&json["input"]["compression"], &json["input"]["delimiter"]), (&().into(), &().into()));
}

#[test]
fn what_was_paid_before_an_archive_broke_off_is_kept() {
    let home = Home::new();
    let domains: String = (0..2_000).map(|row| format!("company-{}.com\n", row * 7_919 % 100_003)).collect();
    let whole = format!("domain\n{domains}");
    let packed = zstd::encode_all(whole.as_bytes(), 3).unwrap();
    home.put("cut.csv.zst", &packed[..packed.len() - 4]);
    home.put("whole.csv", &whole);
    let api = crate::support::api::api("");
    let cut = home.call("batch -q -o out.csv --ledger l.db cut.csv.zst").at(&api).run().exits(2);
    assert!(cut.stderr.contains("the zstd data ends too early"), "{}", cut.stderr);
    let before = api.books().charged;
    home.call("batch -q -o out.csv --ledger l.db whole.csv").at(&api).run().quietly();
    assert_eq!(api.books().charged, 2_000, "{before} before");
}

#[test]
fn a_sheet_that_is_not_there_is_a_usage_error() {
    let home = Home::with("in.xlsx", bytes_of("xlsx"));
    insta::assert_snapshot!(home.run("batch --sandbox --sheet Company in.xlsx").shown(), @r"
    exit code: 2
    --- stderr
    error: in.xlsx: there is no sheet 'Company'; the sheets are 'Settings', 'Empty', 'Companies', 'Errors'
    hint: did you mean 'Companies'?
    ");
    home.put("cut.xlsx", &bytes_of("xlsx")[..4_000]);
    assert!(
        home.run("plan --sandbox cut.xlsx").exits(2).stderr.contains("cut.xlsx: the workbook is damaged")
    );
}
