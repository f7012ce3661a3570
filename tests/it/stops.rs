//! The ends that are not the end: a run that cannot go on stops in good order, says so, and goes on later.

use std::io::{BufRead as _, BufReader, Write as _};

use rustix::process::Signal;

use crate::support::api::{api, api_on, lasting_port, silence};
use crate::support::home::Home;
use crate::support::mocked::{Mocked, refused};
use crate::support::table::Table;
use crate::support::{domains, fixture};

/// Returns a folder with a list of companies in it.
fn listed(count: usize) -> Home {
    Home::with("in.txt", domains(count))
}

/// Returns the output's counts of `enriched` and `pending`.
fn enriched_and_pending(home: &Home) -> (u64, u64) {
    let output = Table::read(&home.text("out.csv"));
    (output.count("enriched"), output.count("pending"))
}

#[test]
fn a_quota_that_is_used_up_ends_the_run_until_it_is_back() {
    let home = listed(50);
    let port = lasting_port();
    let today = api_on(port, "limit=20,window=1d");
    let ended = home.call("batch in.txt -o out.csv --summary s.json --wait 0").at(&today).run().exits(6);
    insta::assert_snapshot!(ended.shown(), @r"
    exit code: 6
    --- stderr
    Stopped after TIME, quota used up: 20 of 50 rows enriched
      credits    20 spent, 0 saved, 999,980 left
      companies  50 different, 20 asked, 0 from the ledger
      pending    30 rows: the run stopped before them
      fields     name         100%   industry      90%   size          75%
                 founded_year  90%   description   75%   hq_location   90%
                 logo_url      90%   linkedin_url  90%   tech_stack   100%
      sources    vendor_c 10, vendor_a 6, vendor_b 4
      confidence 0.72 in the middle, half of them 0.63 to 0.83
      output     out.csv
    The quota resets at MINUTE UTC, in TIME. After that, run the same command again to go on:
      leadenrich batch in.txt -o out.csv --summary s.json --wait 0 --base-url http://127.0.0.1:PORT
    ");
    assert_eq!(enriched_and_pending(&home), (20, 30));
    assert_eq!(
        today.books().requests.get(&429),
        None,
        "nothing leaves once the quota is known to be used up"
    );
    let summary = home.json("s.json");
    assert_eq!(summary["stop_reason"], "rate_limit");
    assert_eq!(summary["rate_limit"]["remaining"], 0);
    assert!(ended.stderr.contains(" UTC"), "{}", ended.stderr);

    home.call("batch in.txt -q -o out.csv --wait 0").at(&today).run().exits(6);
    assert_eq!(today.books().charged, 20);
    drop(today);

    let tomorrow = api_on(port, "");
    home.call("batch in.txt -q -o out.csv").at(&tomorrow).run().quietly();
    assert_eq!(enriched_and_pending(&home), (50, 0));
    assert_eq!(tomorrow.books().charged, 30, "only the rest");
}

#[test]
fn a_short_window_is_waited_out() {
    let home = listed(12);
    let api = api("limit=5,window=2s");
    home.call("batch in.txt -q -o out.csv --wait 1m").at(&api).run().quietly();
    assert_eq!(enriched_and_pending(&home), (12, 0));
    let books = api.books();
    assert_eq!(books.charged, 12);
    assert_eq!(books.most_charges_per_subject, 1);
}

#[test]
fn a_wrong_key_ends_the_run() {
    let home = listed(20);
    let api = api("");
    let call = home.call("batch in.txt -o out.csv --summary s.json --base-url").args(api.base_url());
    insta::assert_snapshot!(call.key("wbk_wrong").run().shown(), @r"
    exit code: 4
    --- stderr
    Stopped after TIME, key refused: 0 of 20 rows enriched
      credits    0 spent, 0 saved
      companies  20 different, 1 asked, 0 from the ledger
      pending    20 rows: the run stopped before them
      output     out.csv
    Set a valid key in LEADENRICH_API_KEY or with --api-key-file, then run the same
    command again to go on:
      leadenrich batch in.txt -o out.csv --summary s.json --base-url http://127.0.0.1:PORT
    ");
    assert_eq!(enriched_and_pending(&home), (0, 20));
    assert_eq!(home.json("s.json")["stop_reason"], "invalid_key");
    assert_eq!(api.books().requests.into_iter().collect::<Vec<_>>(), [(401, 1)], "asked once");
}

#[test]
fn a_key_that_may_only_read_ends_the_run() {
    let home = listed(20);
    let api = api("");
    let call = home.call("batch in.txt -o out.csv --summary s.json --base-url").args(api.base_url());
    insta::assert_snapshot!(call.key("wbk_readonly").run().shown(), @r"
    exit code: 4
    --- stderr
    Stopped after TIME, key without permission: 0 of 20 rows enriched
      credits    0 spent, 0 saved
      companies  20 different, 1 asked, 0 from the ledger
      pending    20 rows: the run stopped before them
      output     out.csv
    Use a key with the permission write:enrich, then run the same command again to
    go on:
      leadenrich batch in.txt -o out.csv --summary s.json --base-url http://127.0.0.1:PORT
    ");
    assert_eq!(enriched_and_pending(&home), (0, 20));
    assert_eq!(home.json("s.json")["stop_reason"], "insufficient_permissions");
}

#[test]
fn an_api_that_only_fails_is_unavailable() {
    let home = listed(20);
    let api = Mocked::answering([refused(500, "internal_error")]);
    let call = home.call("batch in.txt -o out.csv --retries 2 --base-url").args(&api.url()).key("wbk_test");
    insta::assert_snapshot!(call.run().shown(), @r"
    exit code: 7
    --- stderr
    Stopped after TIME, API unavailable (500 internal_error: as told by the test):
    0 of 20 rows enriched
      credits    0 spent, 0 saved
      companies  20 different, 1 asked, 0 from the ledger
      pending    20 rows: the run stopped before them
      output     out.csv
    See that the network, --base-url and --proxy are right, or wait until the API is
    back; then run the same command again to go on:
      leadenrich batch in.txt -o out.csv --retries 2 --base-url http://127.0.0.1:PORT
    ");
    assert_eq!(enriched_and_pending(&home), (0, 20));
}

#[test]
fn an_api_that_is_not_there_is_unavailable() {
    let home = listed(20);
    let nobody = format!("http://127.0.0.1:{}", lasting_port());
    let call = home.call("batch in.txt -o out.csv --retries 1 --base-url").args(&nobody).key("wbk_test");
    insta::assert_snapshot!(call.run().shown(), @r"
    exit code: 7
    --- stderr
    Stopped after TIME, API unavailable (cannot connect: Connection refused): 0 of
    20 rows enriched
      credits    0 spent, 0 saved
      companies  20 different, 1 asked, 0 from the ledger
      pending    20 rows: the run stopped before them
      output     out.csv
    See that the network, --base-url and --proxy are right, or wait until the API is
    back; then run the same command again to go on:
      leadenrich batch in.txt -o out.csv --retries 1 --base-url http://127.0.0.1:PORT
    ");
    assert_eq!(enriched_and_pending(&home), (0, 20));
    let call = home.call("enrich acme.com --retries 0 --base-url").args(&nobody).key("wbk_test");
    insta::assert_snapshot!(call.run().shown(), @r#"
    exit code: 7
    --- stdout
    {"target":"acme.com","domain":"acme.com","enrichment":{"status":"pending","error":null,"source":null,"confidence":null,"fields_updated":null,"request_id":null,"at":null,"company":null}}
    --- stderr
    stopped: API unavailable (cannot connect: Connection refused)
    hint: see that the network, --base-url and --proxy are right, or wait until the API is back; then run the same command again to go on.
    "#);
}

#[test]
fn an_api_that_goes_away_is_waited_for_and_then_given_up() {
    let home = listed(500);
    let port = lasting_port();
    let api = api_on(port, "latency=2ms");
    let mut run = home.call("batch in.txt -o out.csv --wait 1s --retries 1 -c 4").at(&api).watch();
    run.wait_for("call_settled", 30);
    drop(api);
    run.end().exits(7);
    let (enriched, pending) = enriched_and_pending(&home);
    assert!(enriched >= 30 && pending > 0, "{enriched} and {pending}");
    assert_eq!(enriched + pending, 500, "an outage fails nobody");
    let api = api_on(port, "");
    home.call("batch in.txt -q -o out.csv").at(&api).run().quietly();
    assert_eq!(api.books().charged, pending);
}

#[test]
fn a_company_that_the_api_stumbles_over_fails_alone() {
    let home = listed(5);
    let api = Mocked::responding(|request: &wiremock::Request| {
        let body: serde_json::Value = request.body_json().unwrap();
        if body["domain"] == "c3.com" {
            refused(500, "internal_error")
        } else {
            crate::support::mocked::found()
        }
    });
    let call =
        home.call("batch in.txt -q -o out.csv --retries 1 --base-url").args(&api.url()).key("wbk_test");
    call.run().exits(3);
    let output = Table::read(&home.text("out.csv"));
    assert_eq!(output.column("enrich_status"), ["enriched", "enriched", "failed", "enriched", "enriched"]);
    insta::assert_snapshot!(output.column("enrich_error")[2], @"gave up after 2 attempts: 500 internal_error: as told by the test");
}

#[test]
fn a_signal_lets_the_calls_in_flight_come_home() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let home = listed(200);
        let api = api("latency=20ms..40ms");
        let mut run = home.call("batch in.txt -o out.csv --summary s.json -c 8").at(&api).watch();
        run.wait_for("call_sent", 20);
        run.signal(signal);
        run.end().exits(code);
        let (enriched, pending) = enriched_and_pending(&home);
        assert_eq!(enriched + pending, 200, "every row is there");
        assert_eq!(enriched, api.books().charged, "what was paid for is in the output");
        assert!(pending > 0);
        assert_eq!(home.json("s.json")["stop_reason"], "interrupted");
        home.call("batch in.txt -q -o out.csv").at(&api).run().quietly();
        assert_eq!(enriched_and_pending(&home), (200, 0));
        assert_eq!(api.books().charged, 200);
    }
}

#[test]
fn a_second_signal_abandons_the_calls_in_flight() {
    let home = listed(3);
    let (_listener, url) = silence();
    let call = home.call("batch in.txt -o out.csv --timeout 1h --base-url").args(&url).key("wbk_test");
    let mut run = call.watch();
    run.wait_for("call_sent", 1);
    run.signal(Signal::INT);
    run.wait_for("stopping", 1);
    run.signal(Signal::TERM);
    let ended = run.end().exits(130);
    insta::assert_snapshot!(ended.stderr.lines().filter(|line| !line.starts_with('{')).collect::<String>(), @"");
    assert_eq!(enriched_and_pending(&home), (0, 3));
}

#[test]
fn rows_that_come_after_a_signal_are_written_too() {
    let home = Home::new();
    home.pipe("rows");
    let api = api("");
    let mut run = home.call("batch rows -o out.csv").at(&api).watch();
    let mut writer = std::fs::OpenOptions::new().write(true).open(home.path("rows")).unwrap();
    // More than is read to find out what the input is; from there on rows are worked on as they come.
    let note = "long ".repeat(1_000);
    let rows: String = (1..=20).map(|number| format!("c{number}.com,{note}\n")).collect();
    writer.write_all(format!("domain,note\n{rows}").as_bytes()).unwrap();
    run.wait_for("row_finished", 10);
    run.signal(Signal::INT);
    run.wait_for("stopping", 1);
    writer.write_all(b"late.com,\n").unwrap();
    drop(writer);
    run.end().exits(130);
    let output = Table::read(&home.text("out.csv"));
    assert_eq!(output.rows.len(), 21);
    assert_eq!(output.column("enrich_status")[20], "pending");
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_run_quietly() {
    let home = Home::with("in.csv", std::fs::read(fixture("companies.csv")).unwrap());
    let api = api("latency=1ms");
    let mut run = home.call("batch in.csv -c 4 --summary s.json").at(&api).watch();
    let mut lines = BufReader::new(run.stdout()).lines();
    let first: Vec<String> = lines.by_ref().take(2).map(Result::unwrap).collect();
    assert!(first[0].starts_with("Record ID,"), "{first:?}");
    drop(lines);
    let ended = run.end().exits(0);
    let words: Vec<&str> = ended.stderr.lines().filter(|line| !line.starts_with('{')).collect();
    assert_eq!(words, Vec::<&str>::new());
    let charged = api.books().charged;
    let summary = home.json("s.json");
    assert_eq!(summary["credits"]["spent"], charged, "what was paid for is told to whoever asks");
    home.call("batch in.csv -q -o out.csv").at(&api).run().quietly();
    let books = api.books();
    assert!(charged < books.charged, "the rest was not asked");
    assert_eq!(books.most_charges_per_subject, 1, "what was paid for is in the ledger");
}

#[test]
fn a_pipe_that_never_ends_is_given_up_with_the_second_signal() {
    let home = Home::new();
    let (mut watched, mut stdin) =
        home.call("batch --sandbox=latency=0,no-match=0 --fields name -o out.csv").watch_fed();
    stdin.write_all(b"domain\nacme.com\n").unwrap();
    watched.wait_for("row_finished", 1);
    watched.signal(Signal::INT);
    watched.wait_for("stopping", 1);
    watched.signal(Signal::INT);
    watched.end().exits(130);
    assert_eq!(Table::read(&home.text("out.csv")).column("enrich_status"), ["enriched"]);
    drop(stdin);
}

#[test]
fn a_short_quota_is_used_evenly_and_not_overstepped() {
    let home = listed(150);
    let api = api("limit=50,window=1s,limiter=sliding,headers=ietf,latency=5ms..20ms");
    home.call("batch in.txt -q -o out.csv --summary s.json").at(&api).run().quietly();
    assert_eq!(enriched_and_pending(&home), (150, 0));
    let books = api.books();
    assert_eq!((books.charged, books.charged_twice.len()), (150, 0));
    // A machine that is busy delays a call now and then.
    assert!(books.requests.get(&429).copied().unwrap_or_default() <= 3, "{books:?}");
}

#[test]
fn a_ban_after_refusals_is_waited_out() {
    let home = listed(60);
    let api = api("limit=20,window=1s,limiter=from-first,headers=none,refused=ban-3");
    // Three are out at the most, so that the ban comes after a refusal is known.
    home.call("batch in.txt -q -o out.csv --wait 1m -c 3").at(&api).run().quietly();
    assert_eq!(enriched_and_pending(&home), (60, 0));
    assert_eq!(api.books().most_charges_per_subject, 1);
}
