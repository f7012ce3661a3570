//! The plan: judged by what a batch then does, and by what it leaves alone; and the question before a large spend.

use jiff::{SignedDuration, Timestamp};
use leadenrich::sandbox::{Books, Sandbox};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::api::api;
use crate::support::home::{Call, Home};
use crate::support::table::Table;
use crate::support::terminal::OnTerminal;
use crate::support::{domains, fixture};

/// Returns the plan as JSON.
#[track_caller]
fn planned(call: Call) -> Value {
    serde_json::from_str(&call.run().quietly().stdout).unwrap()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value}"))
}

fn calls(books: &Books) -> u64 {
    books.requests.values().sum()
}

/// Plans a batch, runs it, and asserts that it did what was planned. Returns the plan.
#[track_caller]
fn as_planned(home: &Home, api: &Sandbox, args: &str) -> Value {
    let plan = planned(home.call("plan --json --ledger l.db").args(args).at(api));
    let before = api.books();
    let batch = home.call("batch -q -o out.csv --summary s.json --ledger l.db").args(args).at(api).run();
    assert!(matches!(batch.code, Some(0 | 5)), "{args}: {}", batch.shown());
    let (after, summary) = (api.books(), home.json("s.json"));
    let (made, charged) = (calls(&after) - calls(&before), after.charged - before.charged);
    assert!(made <= number(&plan["calls"]["most"]), "{args}: {made} calls, {plan}");
    assert!(charged <= number(&plan["credits"]["most"]), "{args}: {charged} credits, {plan}");
    if batch.code == Some(0) {
        assert!(made >= number(&plan["calls"]["least"]), "{args}: {made} calls, {plan}");
        assert!(
            number(&summary["companies"]["unique"]) >= number(&plan["companies"]["unique"]),
            "{args}: {plan}"
        );
        assert_eq!(summary["rows"]["read"], plan["rows"]["read"], "{args}");
        assert_eq!(summary["rows"]["invalid_input"], plan["rows"]["invalid_input"], "{args}");
    }
    plan
}

/// Returns a table with ids, many of which have a domain beside them, and of which one in ten is not found.
fn with_ids() -> String {
    let mut table = "company_id,website\n".to_owned();
    for row in 0..120 {
        let id = format!("00000000-0000-4000-8000-{:012}", row % 90);
        let domain = if row % 4 == 0 { String::new() } else { format!("c{}.com", row % 50) };
        table += &format!("{id},{domain}\n");
    }
    table + ",c1.com\n,c2.com\n17,\n"
}

#[test]
fn a_run_does_what_was_planned() {
    let home = Home::with("ids.csv", with_ids());
    let crm = fixture("companies.csv");
    for input in ["ids.csv", crm.to_str().unwrap()] {
        let _ = std::fs::remove_file(home.path("l.db"));
        let api = api("no-match=20");
        let of = |args: &str| format!("{input} {args}");
        as_planned(&home, &api, &of("--fields name,size --limit 20"));
        as_planned(&home, &api, &of("--fields name,size --max-credits 7"));
        let half = as_planned(&home, &api, &of("--fields name,size"));
        assert!(number(&half["companies"]["from_ledger"]) > 0, "{half}");
        let known = as_planned(&home, &api, &of("--fields name"));
        assert_eq!(known["calls"]["most"], 0, "fewer fields are there already");
        let more = as_planned(&home, &api, &of(""));
        assert!(number(&more["companies"]["to_ask"]) > 0, "more fields are not");
        as_planned(&home, &api, &of("--overwrite"));
        let again = as_planned(&home, &api, &of("--refresh --subdomains keep"));
        assert_eq!(again["companies"]["from_ledger"], 0);
    }
}

#[test]
fn where_only_domains_are_named_the_plan_is_exact() {
    let home = Home::with("in.txt", domains(30) + "c1.com\nWWW.c2.com\ngmail.com\n");
    let api = api("no-match=30");
    home.call("batch in.txt -q -o out.csv --ledger l.db --limit 10").at(&api).run().quietly();
    let table = Table::read(&home.text("out.csv"));
    let (enriched, no_match) = (table.count("enriched"), table.count("no_match"));
    let before = calls(&api.books());
    let plan = as_planned(&home, &api, "in.txt");
    assert_eq!(calls(&api.books()) - before, 20);
    assert_eq!(plan["calls"], json!({"least": 20, "most": 20, "same_key": 0, "uncertain": 0}));
    let companies = json!({"unique": 30, "to_ask": 20, "from_ledger": 10, "enriched": enriched,
        "no_match": no_match, "not_found": 0});
    assert_eq!(plan["companies"], companies);
    assert_eq!(plan["rows"]["read"], 33);
    assert_eq!(plan["rows"]["reasons"][0]["reason"], "free_mail");
}

#[test]
fn nothing_is_sent_and_the_ledger_stays_as_it_is() {
    let home = Home::with("in.txt", domains(5));
    let api = api("");
    home.call("plan in.txt --ledger new/l.db").at(&api).run().quietly();
    assert!(!home.path("new").exists(), "no ledger is made");
    home.call("batch in.txt -q -o out.csv --ledger l.db --limit 3").at(&api).run().quietly();
    let (ledger, made) = (std::fs::read(home.path("l.db")).unwrap(), calls(&api.books()));
    std::fs::remove_file(home.path("out.csv")).unwrap();
    home.call("plan in.txt --ledger l.db").at(&api).run().quietly();
    home.call("batch in.txt --dry-run -o out.csv --summary s.json --ledger l.db").at(&api).run().quietly();
    assert_eq!(calls(&api.books()), made);
    assert!(std::fs::read(home.path("l.db")).unwrap() == ledger, "not a byte differs");
    assert!(!home.path("out.csv").exists() && !home.path("s.json").exists());
}

#[test]
fn a_dry_run_says_what_a_plan_says() {
    let home = Home::with("in.csv", "Domain;Name\nacme.com;A\ngmx.de;B\n");
    let args = "in.csv --sandbox=limit=1000 --max-credits 50 --rate 10/m";
    let plan = home.call("plan").args(args).run().quietly();
    let dry = home.call("batch --dry-run -o out.csv").args(args).run().quietly();
    assert_eq!(plan.stdout, dry.stdout);
    insta::assert_snapshot!(plan.shown(), @r#"
    exit code: 0
    --- stdout
    Plan: at most 1 credit for 2 rows
      read       in.csv: CSV with ';' and double quotes, UTF-8, LF, a header, 2
                 columns
      asked by   'Domain', column 1 (domains)
      invalid    1 row, never sent: 'gmx.de' is a free-mail provider, not a
                 company's domain
      companies  1 different, 1 to ask, 0 from the ledger
      calls      1
      credits    at most 1
      balance    5,000
      quota      1,000 of 1,000 a day left, resets at 00:00 UTC
      time       within what the quota has left
    "#);
}

#[test]
fn without_a_key_nothing_counts_as_known() {
    let home = Home::with("in.txt", domains(3));
    let api = api("");
    home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api).run().quietly();
    insta::assert_snapshot!(home.run("plan in.txt --ledger l.db").shown(), @r#"
    exit code: 0
    --- stdout
    Plan: at most 3 credits for 3 rows
      read       in.txt: a plain list, UTF-8, LF
      asked by   each line, a domain or an id
      companies  3 different, 3 to ask, 0 from the ledger
      calls      3
      credits    at most 3
      time       as long as the API takes to answer; it has told no quota yet
    There is no API key, so nothing is known: all counts as to be asked.
    "#);
    home.call("plan in.txt").key("nonsense").run().exits(4);
    home.run("batch in.txt -o none.csv").exits(4);
}

#[test]
fn standard_input_and_a_limit_are_planned_too() {
    let home = Home::new();
    for args in ["plan --json --limit 2", "plan - --json --limit 2"] {
        let plan = planned(home.call(args).key("wbk_test").stdin(domains(5)));
        assert_eq!((&plan["rows"]["read"], &plan["calls"]["most"]), (&json!(2), &json!(2)));
        assert_eq!(plan["input"]["path"], Value::Null);
    }
}

#[test]
fn what_cannot_be_read_cannot_be_planned() {
    let home = Home::with("table.csv", "name,city\nAcme,Bonn\n");
    home.put("foreign.db", "domain\nacme.com\n".repeat(100));
    home.put("in.txt", domains(1));
    home.run("plan none.csv").exits(2);
    home.run("plan table.csv").exits(2);
    home.run("plan in.txt --fields nonsense").exits(2);
    home.call("plan in.txt --ledger .").key("wbk_test").run().exits(1);
    let of = |command: &str| {
        home.call(command).args("in.txt --ledger foreign.db").key("wbk_test").run().exits(1).stderr
    };
    assert_eq!(of("plan"), of("batch -o out.csv"));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "what the ledger says of earlier calls goes by the time")]
fn lost_answers_balance_and_quota_are_taken_from_the_ledger() {
    let home = Home::with("in.txt", domains(4));
    let api = api("");
    home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api).run().quietly();
    let ago = |span: SignedDuration| (Timestamp::now() - span).as_millisecond();
    let (hour, days) = (ago(SignedDuration::from_hours(1)), ago(SignedDuration::from_hours(50)));
    let midnight = (Timestamp::now().as_millisecond() / 86_400_000 + 1) * 86_400_000;
    let ledger = rusqlite::Connection::open(home.path("l.db")).unwrap();
    let lost = format!(
        "UPDATE calls SET status = NULL, key = 'k', first_sent_ms = {hour} WHERE subject = 'c1.com';
         UPDATE calls SET status = NULL, key = 'k', first_sent_ms = {days} WHERE subject = 'c2.com';
         UPDATE scopes SET balance = 1, balance_ms = {hour};
         DELETE FROM quotas;
         INSERT INTO quotas VALUES (1, 0, 1, 1, {midnight}, NULL, {hour});"
    );
    ledger.execute_batch(&lost).unwrap();
    drop(ledger);
    let plan = planned(home.call("plan in.txt --json --ledger l.db").at(&api));
    assert_eq!(plan["calls"], json!({"least": 2, "most": 2, "same_key": 1, "uncertain": 1}));
    assert_eq!((&plan["credits"]["most"], &plan["credits"]["affordable"]), (&json!(2), &json!(1)));
    assert_eq!(plan["balance"]["credits"], 1);
    assert_eq!((&plan["time"]["resets"], &plan["time"]["windows"]), (&json!(1), &json!(2)));
    assert_eq!(plan["time"]["stops_at_quota"], true);
    assert_eq!(plan["quotas"][0]["window_s"], 86_400.0);
}

/// Starts a batch of 101 companies on a terminal.
fn begun(home: &Home, api: &Sandbox, args: &str) -> OnTerminal {
    home.put("in.txt", domains(101));
    home.call("batch in.txt -o out.csv --ledger l.db --summary s.json").args(args).at(api).on_terminal()
}

/// Asserts that a run was declined and has left nothing behind.
#[track_caller]
fn assert_declined(run: OnTerminal, home: &Home, api: &Sandbox) {
    let ended = run.end().exits(130);
    assert!(ended.stderr.ends_with("\nnothing was sent\n"), "{}", ended.stderr);
    assert_eq!(calls(&api.books()), 0);
    for name in ["out.csv", "l.db", "s.json"] {
        assert!(!home.path(name).exists(), "{name}");
    }
}

#[test]
fn a_large_spend_is_asked_about() {
    let (home, api) = (Home::new(), api(""));
    let mut run = begun(&home, &api, "");
    run.wait_for("[y/N] ");
    run.type_in("y\n");
    let ended = run.end().exits(0);
    insta::assert_snapshot!(ended.shown(), @r"
    exit code: 0
    --- stderr
    Plan: at most 101 credits for 101 rows
      read       in.txt: a plain list, UTF-8, LF
      asked by   each line, a domain or an id
      companies  101 different, 101 to ask, 0 from the ledger
      calls      101
      credits    at most 101
      time       as long as the API takes to answer; it has told no quota yet
    Spend up to 101 credits? [y/N] y
    Done in TIME: 101 of 101 rows enriched
      credits    101 spent, 0 saved, 999,899 left
      companies  101 different, 101 asked, 0 from the ledger
      fields     name          97%   industry      88%   size          86%
                 founded_year  86%   description   85%   hq_location   90%
                 logo_url      92%   linkedin_url  93%   tech_stack    90%
      sources    vendor_b 36, vendor_a 33, vendor_c 32
      confidence 0.77 in the middle, half of them 0.66 to 0.89
      output     out.csv
    ");
    assert_eq!(api.books().charged, 101);
}

#[test]
fn without_a_clear_yes_nothing_is_sent() {
    for typed in ["n\n", "\n", "nonsense\n", "\u{4}"] {
        let (home, api) = (Home::new(), api(""));
        let mut run = begun(&home, &api, "-q");
        run.wait_for("Spend up to 101 credits? [y/N] ");
        run.type_in(typed);
        assert_declined(run, &home, &api);
    }
}

#[test]
fn a_signal_is_an_answer_too() {
    let (home, api) = (Home::new(), api(""));
    let mut run = begun(&home, &api, "");
    run.wait_for("[y/N] ");
    run.signal(Signal::INT);
    assert_declined(run, &home, &api);
    let mut run = begun(&home, &api, "");
    run.wait_for("[y/N] ");
    run.signal(Signal::TERM);
    run.end().exits(143);
    assert_eq!(calls(&api.books()), 0);
}

#[test]
fn little_is_not_asked_about_nor_where_nobody_is() {
    let (home, api) = (Home::new(), api("no-match=0"));
    for (args, code) in [("-y", 0), ("--refresh --max-credits 100", 5), ("--limit 100 --refresh", 0), ("", 0)]
    {
        let ended = begun(&home, &api, args).end().exits(code);
        assert!(!ended.stderr.contains("Spend"), "{args}: {}", ended.stderr);
    }
    let sandbox = home.call("batch in.txt -o out.csv --sandbox=latency=0").on_terminal().end().exits(0);
    assert!(!sandbox.stderr.contains("Spend"), "{}", sandbox.stderr);
    let in_a_script = home.call("batch in.txt -o out.csv --refresh --ledger l.db").at(&api).run().exits(0);
    assert!(!in_a_script.stderr.contains("Spend"), "{}", in_a_script.stderr);
}

#[test]
fn a_missing_key_is_told_before_anything_is_asked() {
    let home = Home::with("in.txt", domains(101));
    let ended = home.call("batch in.txt -o out.csv").on_terminal().end().exits(4);
    assert!(!ended.stderr.contains("Spend"), "{}", ended.stderr);
}
