//! Rows that are not as they should be: kept, asked, told with their lines everywhere; with `--strict` the end.

use crate::support::domains;
use crate::support::home::Home;

const TABLE: &str =
    "domain,name\nacme.com,Acme\nshort.com\nlong.com,L,more\nstray.com,5\" pipes\ngood.com,G\n";

#[test]
fn they_are_kept_and_told() {
    let home = Home::with("in.csv", TABLE);
    let ended = home.run("batch in.csv -o out.csv --sandbox=no-match=0 --fields name --summary s.json");
    assert_eq!(ended.code, Some(0));
    let told = "malformed 3 rows, kept as they are: 1 cell in place of 2 (line 3), 3 cells in place of 2 (line 4), \
                a quote within a cell (line 5)";
    let on_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(on_one_line(&ended.stderr).contains(told), "{}", ended.stderr);
    assert_eq!(home.text("out.csv").lines().count(), 6);
    let malformed = &home.json("s.json")["malformed"];
    assert_eq!(
        (malformed["rows"].as_u64(), malformed["first"][0]["fault"].as_str()),
        (Some(3), Some("too_short"))
    );
    let plan = home.run("plan in.csv --sandbox");
    assert!(on_one_line(&plan.stdout).contains(told), "{}", plan.stdout);
}

#[test]
fn each_is_an_event_and_a_line_of_the_log() {
    let home = Home::with("in.csv", TABLE);
    let events = home.run("batch in.csv --sandbox --progress json").stderr;
    let expected =
        r#"{"event":"row_malformed","row":2,"line":3,"fault":"too_short","remark":"1 cell in place of 2"}"#;
    assert_eq!(events.lines().filter(|line| line.contains("row_malformed")).count(), 3);
    assert!(events.lines().any(|line| line == expected), "{events}");
    let log = home.run("batch in.csv --sandbox -v").stderr;
    assert_eq!(log.lines().filter(|line| line.contains("a malformed row, kept as it is")).count(), 3);
    let told = "the input in.csv: CSV with ',' and double quotes, UTF-8, LF, a header, 3 columns; \
                asked by 'domain', column 1 (domains)";
    assert!(log.contains(told), "{log}");
}

#[test]
fn with_strict_the_first_ends_the_run_and_what_was_paid_is_kept() {
    // As many rows as travel together: those are on their way when the next is read.
    let good: String = domains(256).lines().map(|domain| format!("{domain},x\n")).collect();
    let home = Home::with("in.csv", format!("domain,name\n{good}short.com\n"));
    let strict =
        "batch in.csv -o out.csv --sandbox=no-match=0,latency=1ms --ledger l.db --strict --fields name";
    insta::assert_snapshot!(home.run(&format!("{strict} -q")).shown(), @r"
    exit code: 2
    --- stderr
    error: in.csv, line 258: 1 cell in place of 2
    hint: mend the line; without --strict the row is kept as it is
    ");
    assert!(!home.path("out.csv").exists());
    home.put("in.csv", format!("domain,name\n{good}"));
    let again = home.run(&format!("{strict} --summary s.json"));
    assert_eq!((again.code, home.json("s.json")["credits"]["spent"].as_u64()), (Some(0), Some(0)));
    assert_eq!(home.run("plan in.csv --strict").code, Some(0));
}

#[test]
fn a_table_without_a_header_has_none_in_the_output() {
    let home = Home::with("in.csv", "acme.com,Acme\nbeta.com,Beta\n");
    let ended = home.run("batch in.csv -q --sandbox=no-match=0 --fields name");
    let first = ended.stdout.lines().next().unwrap_or_default().to_owned();
    assert!(first.starts_with("acme.com,Acme,") && ended.stdout.lines().count() == 2, "{}", ended.shown());
}
