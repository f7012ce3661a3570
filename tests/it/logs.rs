//! Are log lines where they should be, whole, and fit to be read?

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::support::api::api;
use crate::support::domains;
use crate::support::home::Home;

#[test]
fn every_request_is_a_span_with_what_became_of_it() {
    let home = Home::with("in.txt", domains(3));
    let call = home.call("batch in.txt -o out.csv -q -vv --log-format json --sandbox=latency=1ms,seed=7");
    let log = call.run().exits(0).stderr;
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answered: Vec<&Value> = lines
        .iter()
        .filter(|line| line["fields"]["message"] == "answered")
        .map(|line| &line["span"])
        .collect();
    assert_eq!(answered.len(), 3, "{log}");
    for span in answered {
        assert_eq!((&span["name"], &span["attempt"]), (&"request".into(), &1.into()), "{span}");
        assert!(span["subject"].as_str().unwrap().starts_with('c'), "{span}");
        assert!(span["latency_ms"].as_f64().unwrap() > 0.0, "{span}");
        assert!(span["status"].is_u64() && span["request_id"].is_string(), "{span}");
    }
}

#[test]
fn a_log_file_is_private_and_goes_on_and_takes_the_lines_from_the_screen() {
    let home = Home::with("in.txt", domains(2));
    let api = api("");
    for lines in 1..=2 {
        home.call("batch in.txt -q -o out.csv --log-file run.log").at(&api).run().quietly();
        let log = home.text("run.log");
        assert_eq!(log.matches(" INFO the input in.txt: ").count(), lines, "{log}");
        assert!(!log.contains("DEBUG") && !log.contains(api.api_key()), "{log}");
    }
    let mode = std::fs::metadata(home.path("run.log")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    home.call("enrich acme.com -vv -o out.json --log-file run.log").at(&api).run().quietly();
    assert!(home.text("run.log").contains("DEBUG request{subject=acme.com attempt=1 key="));
}

#[test]
fn a_log_file_that_cannot_be_or_is_something_else_is_refused_before_anything_is_written() {
    let home = Home::with("in.txt", domains(2));
    let nowhere = home.run("batch in.txt --sandbox --log-file no/run.log").exits(2);
    insta::assert_snapshot!(nowhere.stderr, @r"
    error: --log-file: 'no/run.log' cannot be opened: No such file or directory
    hint: its folder has to exist, and the file to be writable
    ");
    for (options, other) in [
        ("--log-file ./in.txt", "the input"),
        ("-o out.csv --log-file out.csv", "--output"),
        ("--ledger l.db --log-file l.db-wal", "the ledger"),
        ("--ledger new.db --log-file new.db", "the ledger"),
        ("--log-file .local/state/leadenrich/ledger.db", "the ledger"),
        ("--log-file .config/leadenrich/config.toml", "the configuration"),
    ] {
        std::fs::write(home.path("l.db"), "").unwrap();
        for folder in [".local/state/leadenrich", ".config/leadenrich"] {
            std::fs::create_dir_all(home.path(folder)).unwrap();
        }
        let ended = home.call("batch in.txt --sandbox").args(options).run().exits(2);
        assert!(
            ended.stderr.contains(&format!("--log-file and {other} name the same file")),
            "{}",
            ended.stderr
        );
    }
    assert_eq!(home.text("in.txt"), domains(2));
    let exported = home.run("ledger export -o kept.csv --log-file kept.csv").exits(2).stderr;
    assert!(exported.contains("--log-file and --output name the same file"), "{exported}");
}

#[test]
fn log_lines_come_above_the_bar() {
    let home = Home::with("in.txt", domains(40));
    let call =
        home.call("batch in.txt -o out.csv -vv --sandbox=latency=100ms").args("-c 2").env("TERM", "xterm");
    let mut run = call.on_terminal();
    // The bar is taken away, the line written, the bar put back: at once.
    run.wait_for("\u{1b}[0J20");
    run.wait_for("rows");
    let shown = run.end().exits(0).stderr;
    let after_lines = shown.matches("answered bytes=").count();
    assert_eq!(after_lines, 40, "{shown}");
}
