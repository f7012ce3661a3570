//! The money: judged by the sandbox's books, which share no code with the program that is judged.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;

use leadenrich::sandbox::{Books, Sandbox};
use rustix::process::Signal;

use crate::support::api::{api, api_on, lasting_port};
use crate::support::domains;
use crate::support::home::Home;
use crate::support::table::Table;

/// Enough companies for many calls in flight, and few enough for many runs.
const COMPANIES: usize = 300;

/// Asserts that nobody was charged twice.
#[track_caller]
fn assert_charged_once(books: &Books) {
    assert_eq!(books.charged_twice, Vec::<String>::new());
    assert!(books.most_charges_per_subject <= 1, "{books:?}");
}

/// Returns a folder with a list of companies in it.
fn listed(count: usize) -> Home {
    Home::with("in.txt", domains(count))
}

/// Runs the list to its end and returns the output.
fn complete(home: &Home, api: &Sandbox) -> Table {
    home.call("batch in.txt -q -o out.csv --summary s.json").at(api).run().quietly();
    Table::read(&home.text("out.csv"))
}

#[test]
fn a_limit_of_credits_is_exact_however_many_calls_are_out() {
    for concurrency in [1, 8, 64] {
        let home = listed(COMPANIES);
        let api = api("latency=0..4ms,no-match=40");
        let args = format!("batch in.txt -q -o out.csv --summary s.json --max-credits 37 -c {concurrency}");
        home.call(&args).at(&api).run().exits(5);
        let books = api.books();
        assert_eq!(books.charged, 37, "-c {concurrency}");
        let output = Table::read(&home.text("out.csv"));
        assert_eq!(output.count("enriched"), 37, "-c {concurrency}");
        assert_eq!(output.count("enriched") + output.count("no_match") + output.count("pending"), 300);
        let summary = home.json("s.json");
        assert_eq!(summary["status"], "stopped");
        assert_eq!(summary["stop_reason"], "credit_limit");
        assert_eq!(summary["credits"]["spent"], 37);
        assert_eq!(summary["rows"]["pending"], output.count("pending"));

        let output = complete(&home, &api);
        assert_eq!(output.count("pending"), 0);
        assert_eq!(api.books().charged, output.count("enriched"));
        assert_charged_once(&api.books());
    }
}

#[test]
fn a_limit_that_covers_the_work_stops_nothing() {
    let home = listed(40);
    let api = api("");
    home.call("batch in.txt -q -o out.csv --max-credits 40 -c 16").at(&api).run().quietly();
    assert_eq!(api.books().charged, 40);
    home.call("batch in.txt -q -o out.csv --max-credits 0").at(&api).run().quietly();
    assert_eq!(api.books().charged, 40, "what is known costs nothing");
}

#[test]
fn no_credit_to_spend_sends_nothing() {
    let home = listed(5);
    let api = api("");
    home.call("batch in.txt -q -o out.csv --max-credits 0").at(&api).run().exits(5);
    assert!(api.books().requests.is_empty());
    assert_eq!(Table::read(&home.text("out.csv")).count("pending"), 5);
}

#[test]
fn a_balance_to_keep_is_kept() {
    for concurrency in [1, 64] {
        let home = listed(COMPANIES);
        let api = api("credits=50,latency=0..4ms");
        let args = format!("batch in.txt -q -o out.csv --keep-credits 20 -c {concurrency}");
        home.call(&args).at(&api).run().exits(5);
        assert_eq!(api.books().credits_left, 20, "-c {concurrency}");
        assert_eq!(Table::read(&home.text("out.csv")).count("enriched"), 30);
    }
}

#[test]
fn a_workspace_that_runs_dry_goes_on_after_a_top_up() {
    for concurrency in [1, 16] {
        let home = listed(COMPANIES);
        let port = lasting_port();
        let dry = api_on(port, "credits=100,latency=0..4ms");
        let args = format!("batch in.txt -o out.csv --summary s.json -c {concurrency}");
        let ended = home.call(&args).at(&dry).run().exits(5);
        if concurrency == 1 {
            insta::assert_snapshot!(ended.shown(), @r"
            exit code: 5
            --- stderr
            Stopped after TIME, out of credits: 100 of 300 rows enriched
              credits    100 spent, 0 saved, 0 left
              companies  300 different, 101 asked, 0 from the ledger
              pending    200 rows: the run stopped before them
              fields     name          97%   industry      88%   size          86%
                         founded_year  86%   description   85%   hq_location   91%
                         logo_url      92%   linkedin_url  93%   tech_stack    90%
              sources    vendor_b 36, vendor_a 32, vendor_c 32
              confidence 0.77 in the middle, half of them 0.66 to 0.89
              output     out.csv
            Top up the workspace's credits, then run the same command again to go on:
              leadenrich batch in.txt -o out.csv --summary s.json -c 1 --base-url http://127.0.0.1:PORT
            ");
        }
        assert_eq!(dry.books().charged, 100);
        assert_eq!(Table::read(&home.text("out.csv")).count("enriched"), 100);
        assert_eq!(home.json("s.json")["stop_reason"], "insufficient_credits");
        assert_eq!(home.json("s.json")["companies"]["unique"], 300, "asked or not");
        drop(dry);

        let topped_up = api_on(port, "credits=1000");
        let output = complete(&home, &topped_up);
        assert_eq!(output.count("enriched"), 300);
        assert_eq!(topped_up.books().charged, 200, "only what was not there yet");
        assert_charged_once(&topped_up.books());
    }
}

#[test]
fn a_workspace_without_credits_is_asked_once() {
    let home = listed(30);
    let port = lasting_port();
    let dry = api_on(port, "credits=0");
    home.call("batch in.txt -q -o out.csv -c 16").at(&dry).run().exits(5);
    assert_eq!(dry.books().requests, BTreeMap::from([(402, 1)]), "one refusal is enough");
    drop(dry);
    assert_eq!(complete(&home, &api_on(port, "")).count("enriched"), 30);
}

#[test]
fn a_run_that_is_killed_anywhere_is_gone_on_with() {
    let settings = "latency=0..6ms,no-match=15";
    let undisturbed = complete(&listed(COMPANIES), &api(settings));
    let home = listed(COMPANIES);
    let api = api(settings);
    let kills: Vec<(&str, usize)> = ["call_sent", "call_answered", "call_settled", "row_finished"]
        .map(|event| (event, fastrand::usize(1..60)))
        .into();
    for (event, times) in &kills {
        let mut run = home.call("batch in.txt -o out.csv -c 16").at(&api).watch();
        run.wait_for(event, *times);
        run.signal(Signal::KILL);
        assert_eq!(run.end().signal, Some(9), "{kills:?}");
        assert!(!home.path("out.csv").exists(), "no half of an output: {kills:?}");
    }
    let output = complete(&home, &api);
    let books = api.books();
    assert_charged_once(&books);
    assert_eq!(books.charged, undisturbed.count("enriched"), "{kills:?}");
    assert_eq!(output.without(&["enriched_at"]), undisturbed.without(&["enriched_at"]), "{kills:?}");
    let before = home.text("out.csv");
    complete(&home, &api);
    assert!(home.text("out.csv") == before);
}

#[test]
fn a_ledger_that_is_lost_costs_nothing_within_a_day() {
    let home = listed(COMPANIES);
    let api = api("no-match=15");
    let first = complete(&home, &api);
    let charged = api.books().charged;
    for file in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let _ = std::fs::remove_file(home.path(".local/state/leadenrich").join(file));
    }
    let second = complete(&home, &api);
    assert_eq!(second.without(&["enriched_at"]), first.without(&["enriched_at"]));
    let books = api.books();
    assert_eq!((books.charged, books.replayed), (charged, charged));
    assert_charged_once(&books);
}

#[test]
fn faults_on_the_way_charge_nobody_twice() {
    let home = listed(COMPANIES);
    let api = api("no-match=15,faults=drop-after=10+http-500=5+garbage=3");
    let output = complete(&home, &api);
    let books = api.books();
    assert_charged_once(&books);
    assert!(books.faults.len() == 3 && books.replayed > 0, "the faults struck: {books:?}");
    assert_eq!(output.rows.len(), COMPANIES);
    let settled = output.count("enriched") + output.count("no_match");
    assert_eq!(settled, 300, "{:?}", output.statuses());

    let summary = home.json("s.json");
    assert_eq!(summary["credits"]["spent"], books.charged);
    assert_eq!(summary["credits"]["remaining"], books.credits_left);
    assert_eq!(summary["credits"]["uncertain"], 0);
    assert_eq!(summary["rows"]["enriched"], output.count("enriched"));
    // A request whose kept connection was lost is sent again in the same attempt.
    let answered = books.requests.values().sum::<u64>();
    let sent = summary["requests"]["sent"].as_u64().unwrap();
    assert!((answered..=answered + books.unanswered).contains(&sent), "{sent}: {books:?}");
    assert_eq!(summary["requests"]["ok"], books.charged);
    assert_eq!(summary["requests"]["retried"], sent - 300);
    assert_eq!(summary["requests"]["rate_limited"], 0);
}

#[test]
fn every_fault_there_is_charges_nobody_twice() {
    let home = listed(COMPANIES);
    let api = api(
        "latency=1ms,faults=drop-before=3+drop-after=3+truncate=3+http-500=3+http-502-html=3+garbage=3+no-headers=3\
         +slow=3+rate-limit=1+bare-rate-limit=1",
    );
    let output = complete(&home, &api);
    assert_eq!(output.count("enriched"), 300, "{:?}", output.statuses());
    let books = api.books();
    assert_charged_once(&books);
    assert_eq!(books.charged, 300);
    assert_eq!(books.faults.len(), 10, "all of them struck: {books:?}");
    assert_eq!(home.json("s.json")["credits"]["spent"], 300);
}

#[test]
fn a_ledger_whose_making_was_cut_short_is_made_whole() {
    // What a process leaves behind that died after it had created the file and before it had filled it.
    let home = listed(3);
    let half = rusqlite::Connection::open(home.path("half.db")).unwrap();
    half.execute_batch("PRAGMA journal_mode = WAL;").unwrap();
    drop(half);
    assert!(std::fs::metadata(home.path("half.db")).unwrap().len() > 0);
    let api = api("");
    for _ in 0..2 {
        home.call("batch in.txt -q -o out.csv --ledger half.db").at(&api).run().quietly();
    }
    assert_eq!(api.books().charged, 3);
}

#[test]
fn two_runs_on_one_ledger_both_finish() {
    let home = listed(COMPANIES);
    let api = api("latency=0..6ms");
    std::thread::scope(|scope| {
        for output in ["first.csv", "second.csv"] {
            let run = home.call("batch in.txt -q -c 16 -o").args(output).at(&api);
            scope.spawn(move || run.run().quietly());
        }
    });
    assert_eq!(Table::read(&home.text("first.csv")).count("enriched"), 300);
    assert!(home.text("first.csv") == home.text("second.csv"), "the same answers, of the same times");
    let books = api.books();
    assert_charged_once(&books);
    assert_eq!((books.charged, books.replayed), (300, 0), "and nobody was asked about twice");
}

#[test]
fn many_runs_may_begin_one_ledger_together() {
    let home = Home::new();
    let api = api("");
    for round in 0..8 {
        let names: Vec<String> = (0..6).map(|run| format!("{round}-{run}")).collect();
        for name in &names {
            home.pipe(name);
        }
        let begin = |name: &String| {
            let args = format!("batch {name} --ledger l{round}.db -o {name}.csv");
            home.call(&args).at(&api).watch()
        };
        let runs: Vec<_> = names.iter().map(begin).collect();
        // Each waits for its input; all get it at once, and go on to the ledger.
        let open = |name: &String| OpenOptions::new().write(true).open(home.path(name)).unwrap();
        let inputs: Vec<File> = names.iter().map(open).collect();
        for mut input in inputs {
            input.write_all(domains(2).as_bytes()).unwrap();
        }
        for run in runs {
            run.end().exits(0);
        }
    }
    assert_charged_once(&api.books());
}

/// What the ledger's books say of its runs: credits spent, and rows that cost nothing.
fn runs(home: &Home) -> Vec<(u64, u64, Option<String>)> {
    let ledger = rusqlite::Connection::open(home.path(".local/state/leadenrich/ledger.db")).unwrap();
    let mut runs = ledger.prepare("SELECT spent, saved, stop_reason FROM runs ORDER BY id").unwrap();
    let count = |row: &rusqlite::Row<'_>, column| row.get::<_, u32>(column).map(u64::from);
    let runs = runs.query_map((), |row| Ok((count(row, 0)?, count(row, 1)?, row.get(2)?))).unwrap();
    runs.map(Result::unwrap).collect()
}

#[test]
fn summary_ledger_and_sandbox_keep_the_same_books() {
    let home = listed(COMPANIES);
    let api = api("no-match=15,latency=0..3ms,faults=drop-after=5+truncate=3");
    let told = |home: &Home| {
        let credits = &home.json("s.json")["credits"];
        (credits["spent"].as_u64().unwrap(), credits["saved"].as_u64().unwrap())
    };
    home.call("batch in.txt -q -o out.csv --summary s.json --max-credits 100").at(&api).run().exits(5);
    let first = told(&home);
    assert_eq!((first.0, api.books().charged), (100, 100));

    let mut killed = home.call("batch in.txt -o out.csv -c 16").at(&api).watch();
    killed.wait_for("call_settled", 40);
    killed.signal(Signal::KILL);
    assert_eq!(killed.end().signal, Some(9));

    let output = complete(&home, &api);
    let last = told(&home);
    let books = runs(&home);
    assert_eq!(books[0], (first.0, first.1, Some("credit_limit".to_owned())));
    assert_eq!((books[1].1, books[1].2.as_deref()), (0, Some("killed")));
    assert_eq!(books[2], (last.0, last.1, None));
    let spent: u64 = books.iter().map(|(spent, ..)| spent).sum();
    assert_eq!(spent, api.books().charged, "also what the run paid for that was killed");
    assert_eq!(last.0 + last.1, output.count("enriched"));
    assert_eq!(home.json("s.json")["credits"]["remaining"], api.books().credits_left);

    let ledger = rusqlite::Connection::open(home.path(".local/state/leadenrich/ledger.db")).unwrap();
    let (balance, credits): (u32, u32) = ledger
        .query_row("SELECT balance, (SELECT sum(credits) FROM calls) FROM scopes", (), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    let books = api.books();
    assert_eq!((u64::from(balance), u64::from(credits)), (books.credits_left, books.charged));
    let left: Vec<_> = std::fs::read_dir(home.path(".local/state/leadenrich")).unwrap().collect();
    assert_eq!(left.len(), 3, "the ledger, and what SQLite keeps beside it while it is open here: {left:?}");
}
