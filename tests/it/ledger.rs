//! `ledger`: are the books true, is everything in the export, does pruning take what it may and nothing else?
//!
//! What the runs themselves do not write into the ledger is written by the test, in the ledger's published format.

use std::fs::Permissions;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;

use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::support::api::api;
use crate::support::domains;
use crate::support::home::Home;
use crate::support::table::Table;

/// The ledger of these tests.
const LEDGER: &str = "l.db";

/// A day in milliseconds.
const DAY: i64 = 86_400_000;

fn home(companies: usize) -> Home {
    Home::with("in.txt", domains(companies))
}

fn open(home: &Home) -> Connection {
    Connection::open(home.path(LEDGER)).unwrap()
}

/// Makes some answers older by days.
fn age(home: &Home, days: i64, which: &str) {
    let sql = format!(
        "UPDATE calls SET answered_ms = answered_ms - {0}, failed_ms = failed_ms - {0} WHERE {which};
         UPDATE runs SET started_ms = started_ms - {0}, alive_ms = alive_ms - {0}, ended_ms = ended_ms - {0}",
        days * DAY
    );
    open(home).execute_batch(&sql).unwrap();
}

fn stats(home: &Home) -> Value {
    let ended = home.run("ledger stats --json --ledger l.db").quietly();
    serde_json::from_str(&ended.stdout).unwrap()
}

fn count(home: &Home, sql: &str) -> i64 {
    open(home).query_row(sql, (), |row| row.get(0)).unwrap()
}

#[test]
fn the_books_agree_with_those_of_the_api() {
    let home = home(60);
    let api = api("no-match=30");
    home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api).run().quietly();
    let books = stats(&home);
    let charged = api.books().charged;
    assert_eq!(books["schema"], 1);
    assert_eq!(books["total"]["credits"]["paid"], charged);
    assert_eq!(
        books["total"]["companies"],
        json!({"known": 60, "enriched": charged, "no_match": 60 - charged, "not_found": 0, "failed": 0})
    );
    assert_eq!(books["total"]["paid"].as_array().unwrap().len(), 1);
    assert_eq!(books["total"]["open"], json!({"protected": 0, "uncertain": 0}));
    assert_eq!(books["scopes"][0]["base_url"], api.base_url());
    assert_eq!(books["bytes"], home.path(LEDGER).metadata().unwrap().len());
    let table = Table::read(&home.run("ledger export --ledger l.db").quietly().stdout);
    assert_eq!(table.rows.len(), 60);
    assert_eq!(table.column("credits").iter().filter(|cell| **cell == "1").count() as u64, charged);
}

#[test]
fn the_books_add_up_runs_open_calls_and_what_was_told() {
    let home = home(10);
    let api = api("");
    home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api).run().quietly();
    let now = now_ms();
    let ledger = open(&home);
    ledger.execute_batch("DELETE FROM runs; DELETE FROM quotas").unwrap();
    let run =
        "INSERT INTO runs (scope_id, started_ms, alive_ms, ended_ms, stop_reason, settled, spent, saved)
               VALUES (1, ?1, ?1, ?2, ?3, 5, ?4, 3)";
    ledger.execute(run, params![now - DAY, Some(now - DAY), None::<&str>, 6]).unwrap();
    ledger.execute(run, params![now - 1_000, Some(now), "rate_limit", 4]).unwrap();
    let open_call = "UPDATE calls SET key = 'k', first_sent_ms = ?2 WHERE subject = ?1";
    ledger.execute(open_call, params!["c1.com", now - 1_000]).unwrap();
    ledger.execute(open_call, params!["c2.com", now - DAY]).unwrap();
    ledger.execute("UPDATE calls SET uncertain = 2 WHERE subject = 'c3.com'", ()).unwrap();
    ledger.execute("INSERT INTO quotas VALUES (1, 0, 1000, 7, ?1, 86400000, ?1)", [now - 5_000]).unwrap();
    ledger.execute("UPDATE scopes SET balance = 4321, balance_ms = ?1", [now]).unwrap();
    let scope = &stats(&home)["scopes"][0];
    assert_eq!(scope["runs"]["count"], 2);
    assert_eq!(scope["runs"]["last"]["state"], "stopped");
    assert_eq!(scope["runs"]["last"]["stop_reason"], "rate_limit");
    assert_eq!((&scope["credits"]["by_runs"], &scope["credits"]["saved"]), (&json!(10), &json!(6)));
    assert_eq!(scope["open"], json!({"protected": 1, "uncertain": 1}));
    assert_eq!(scope["asked_again"], 2);
    assert_eq!(scope["balance"]["credits"], 4_321);
    assert_eq!(scope["quotas"][0]["remaining"], 7);
    let text = home.run("ledger stats --ledger l.db").quietly().stdout;
    let text = text.replace("\n             ", " ");
    for words in ["10 paid, 6 saved\n", "4,321 credits left", "7 of 1,000 calls left", "ago, quota used up"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

/// Returns the present; only a test that writes times into the ledger needs it.
#[expect(clippy::disallowed_methods, reason = "the ledger's times are compared with the program's clock")]
fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

#[test]
fn a_company_that_was_asked_in_two_ways_counts_once() {
    let home = home(4);
    let api = api("");
    home.call("batch in.txt -q -o out.csv --ledger l.db --fields name").at(&api).run().quietly();
    home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api).run().quietly();
    open(&home)
        .execute_batch("UPDATE calls SET status = NULL, answered_ms = NULL, failed_ms = 1, credits = 0 WHERE subject = 'c1.com' AND fields = 1")
        .unwrap();
    let books = stats(&home);
    assert_eq!(books["total"]["companies"]["known"], 4);
    assert_eq!(books["total"]["companies"]["enriched"], 4);
    assert_eq!(books["total"]["answers"]["count"], 8);
    assert_eq!(books["total"]["credits"]["paid"], 7);
}

#[test]
fn scopes_are_told_apart_and_chosen_by_how_they_begin() {
    let home = home(3);
    let (one, two) = (api(""), api("api-key=wbk_other"));
    home.call("batch in.txt -q -o out.csv --ledger l.db").at(&one).run().quietly();
    home.put("in.txt", domains(5));
    home.call("batch in.txt -q -o out.csv --ledger l.db").at(&two).run().quietly();
    // The address and the key of a call are no matter here: every scope is shown.
    let ended = home.call("ledger stats --json --ledger l.db").at(&one).run().quietly();
    let books: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(books["scopes"].as_array().unwrap().len(), 2);
    assert_eq!(books["total"]["companies"]["known"], 8);
    let chosen = |scope: &str| {
        let args = format!("ledger export --ledger l.db --scope {scope}");
        Table::read(&home.run(&args).quietly().stdout).rows.len()
    };
    assert_eq!((chosen(one.base_url()), chosen(two.base_url()), chosen("http")), (3, 5, 8));
    let account = books["scopes"][1]["account"].as_str().unwrap();
    assert_eq!(chosen(&account[..8]), if books["scopes"][1]["base_url"] == two.base_url() { 5 } else { 3 });
    assert_eq!(chosen("nobody"), 0);
}

#[test]
fn where_there_is_no_ledger_none_is_made() {
    let home = Home::new();
    insta::assert_snapshot!(home.run("ledger stats --ledger l.db").shown(), @r"
    exit code: 0
    --- stdout
    l.db: 0 companies, 0 credits paid, 0 B
    --- stderr
    no ledger at 'l.db' yet: nothing has been paid for
    ");
    home.run("ledger stats -q").quietly();
    let exported = home.run("ledger export --ledger sub/l.db -q").quietly();
    assert_eq!(exported.stdout.lines().count(), 1);
    home.run("ledger prune --older-than 30d --yes --ledger sub/l.db").exits(0);
    assert!(!home.path("sub").exists() && !home.path(".local").exists() && !home.path(LEDGER).exists());
    insta::assert_snapshot!(home.run("ledger stats --ledger :memory:").shown(), @r"
    exit code: 2
    --- stderr
    error: ':memory:' keeps nothing that could be shown
    hint: name the ledger's file with --ledger
    ");
    home.put("no.db", "domain\nacme.com\n".repeat(100));
    let ended = home.run("ledger stats --ledger no.db").exits(1);
    assert!(ended.stderr.contains("is not a leadenrich ledger"), "{}", ended.stderr);
}

#[test]
fn looking_changes_nothing_and_needs_no_turn() {
    let home = home(20);
    home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api("")).run().quietly();
    let before = std::fs::read(home.path(LEDGER)).unwrap();
    // Another process in the middle of writing.
    let writer = open(&home);
    writer.execute_batch("BEGIN IMMEDIATE; UPDATE calls SET credits = 9").unwrap();
    assert_eq!(stats(&home)["total"]["companies"]["known"], 20);
    assert!(!home.run("ledger export --ledger l.db").quietly().stdout.contains(",9,"));
    home.run("ledger prune --older-than 1d --ledger l.db").exits(0);
    writer.execute_batch("ROLLBACK").unwrap();
    drop(writer);
    assert_eq!(std::fs::read(home.path(LEDGER)).unwrap(), before);
}

#[test]
fn a_ledger_of_version_1_is_read_as_it_is_and_brought_up_to_date_by_a_run() {
    let home = home(3);
    let path = home.path(LEDGER);
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../../src/ledger/schema-1.sql")).unwrap();
    old.execute_batch("PRAGMA application_id = 0x6c656c69; PRAGMA user_version = 1;").unwrap();
    let api = api("");
    let account = leadenrich::rules::signature::fingerprint(api.api_key());
    old.execute("INSERT INTO scopes VALUES (1, ?1, ?2)", params![api.base_url(), account]).unwrap();
    let call = "INSERT INTO calls (scope_id, subject, kind, fields, overwrite, generation, status, answered_ms, company,
                filled, fields_updated, source, confidence, request_id)
                VALUES (1, ?1, 'domain', 511, 0, 1, ?2, ?3, ?4, 1, '[\"name\"]', 'v', '0.50', 'r')";
    let now = now_ms();
    old.execute(call, params!["c1.com", "enriched", now, "{\"name\":\"One\", \"n\":1.50}"]).unwrap();
    old.execute(call, params!["c2.com", "no_match", now, None::<&str>]).unwrap();
    drop(old);
    let before = std::fs::read(&path).unwrap();
    assert_eq!(stats(&home)["total"]["credits"]["paid"], 1);
    let exported = home.run("ledger export -f jsonl --ledger l.db").quietly().stdout;
    home.run("ledger prune --older-than 1d --ledger l.db").exits(0);
    assert_eq!(std::fs::read(&path).unwrap(), before, "only read");
    home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api).run().quietly();
    assert_eq!(api.books().charged, 1, "c3.com alone");
    assert!(home.run("ledger export -f jsonl --ledger l.db").quietly().stdout.starts_with(&exported));
    let books = stats(&home);
    assert_eq!(books["total"]["companies"]["known"], 3);
    assert_eq!(books["total"]["credits"]["paid"], 2);
}

#[test]
fn what_was_pruned_is_paid_for_again_and_nothing_else() {
    let home = home(30);
    let api = api("");
    home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api).run().quietly();
    age(&home, 40, "subject IN ('c1.com', 'c2.com', 'c3.com', 'c4.com')");
    let preview = home.run("ledger prune --older-than 30d --ledger l.db").exits(0);
    insta::assert_snapshot!(preview.stderr, @"Nothing was deleted; --yes deletes.");
    assert!(preview.stdout.starts_with("4 answers are older than 30 d\n"), "{}", preview.stdout);
    assert_eq!(count(&home, "SELECT count(*) FROM calls"), 30);
    let done = home.run("ledger prune --older-than 30d --yes --ledger l.db").quietly();
    assert!(done.stdout.contains("Deleted 4 answers."), "{}", done.stdout);
    let books = stats(&home);
    assert_eq!(books["total"]["companies"]["known"], 26);
    assert_eq!(books["total"]["credits"]["paid"], 30, "the books stay true");
    assert_eq!(books["total"]["credits"]["pruned"], 4);
    assert_eq!(books["total"]["paid"].as_array().unwrap().len(), 2);
    home.call("batch in.txt -q -o out.csv --ledger l.db --max-age 100d").at(&api).run().quietly();
    assert_eq!(api.books().requests.values().sum::<u64>(), 34);
}

#[test]
fn what_must_stay_stays_whatever_is_asked() {
    let home = home(8);
    home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api("")).run().quietly();
    age(&home, 40, "subject <> 'c1.com'");
    let ledger = open(&home);
    let now = now_ms();
    ledger.execute_batch("DELETE FROM runs; UPDATE calls SET claimed_by = NULL").unwrap();
    let run = "INSERT INTO runs (id, scope_id, started_ms, alive_ms, ended_ms) VALUES (?1, 1, ?2, ?2, ?3)";
    ledger.execute(run, params![71, now, None::<i64>]).unwrap();
    ledger.execute(run, params![72, now - 40 * DAY, Some(now - 40 * DAY)]).unwrap();
    ledger.execute_batch("
        UPDATE calls SET key = 'k', first_sent_ms = 1 WHERE subject = 'c2.com';
        UPDATE calls SET failed_ms = (SELECT max(answered_ms) FROM calls), reason = 'x' WHERE subject = 'c3.com';
        UPDATE calls SET claimed_by = 71 WHERE subject = 'c4.com';
        UPDATE calls SET claimed_by = 72 WHERE subject = 'c5.com';
        UPDATE calls SET status = 'no_match' WHERE subject = 'c6.com';
        UPDATE calls SET status = NULL, answered_ms = NULL WHERE subject = 'c7.com';").unwrap();
    drop(ledger);
    let prune = |args: &str| {
        home.run(&format!("ledger prune --older-than 0 --yes --ledger l.db {args}")).quietly().stdout
    };
    assert!(prune("--status no_match").contains("Deleted 1 answer."));
    assert!(prune("--scope nobody").contains("Deleted 0 answers."));
    assert!(prune("").contains("Deleted 2 answers."));
    let left = "SELECT group_concat(subject, ' ') FROM (SELECT subject FROM calls ORDER BY subject)";
    let left: String = open(&home).query_row(left, (), |row| row.get(0)).unwrap();
    assert_eq!(left, "c1.com c2.com c3.com c4.com c7.com");
    assert_eq!(count(&home, "SELECT count(*) FROM runs"), 2);
}

#[test]
fn room_is_given_back_only_when_nobody_else_uses_the_ledger() {
    let home = home(300);
    home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api("")).run().quietly();
    age(&home, 40, "subject < 'c2'");
    let size = home.path(LEDGER).metadata().unwrap().len();
    let other = open(&home);
    let _: i64 = other.query_row("SELECT count(*) FROM calls", (), |row| row.get(0)).unwrap();
    let held = home.run("ledger prune --older-than 30d --yes --ledger l.db").quietly().stdout;
    assert!(held.contains("The file stays as large as it is while"), "{held}");
    drop(other);
    let alone = home.run("ledger prune --older-than 30d --yes --ledger l.db").quietly().stdout;
    assert!(alone.contains("Deleted 0 answers. The ledger takes"), "{alone}");
    assert!(home.path(LEDGER).metadata().unwrap().len() < size);
    // Also where every page has lost a part and none is free.
    let size = home.path(LEDGER).metadata().unwrap().len();
    age(&home, 40, "id % 3 = 0");
    let some = home.run("ledger prune --older-than 30d --yes --ledger l.db").quietly().stdout;
    assert!(home.path(LEDGER).metadata().unwrap().len() < size, "{some}");
    assert_eq!(count(&home, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0);
}

#[test]
fn a_run_goes_on_while_old_answers_are_pruned() {
    let home = home(400);
    let api = api("latency=1ms");
    home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api).run().quietly();
    age(&home, 40, "true");
    home.put("more.txt", domains(900));
    let mut run = home.call("batch more.txt -o more.csv --ledger l.db --max-age 100d").at(&api).watch();
    run.wait_for("call_settled", 20);
    home.run("ledger prune --older-than 30d --yes --ledger l.db").quietly();
    run.end().exits(0);
    assert_eq!(Table::read(&home.text("more.csv")).count("enriched"), 900);
    let answers = count(&home, "SELECT count(*) FROM calls");
    assert!((500..900).contains(&answers), "{answers}");
    assert!(api.books().most_charges_per_subject <= 2);
}

#[test]
fn hostile_values_reach_neither_a_spreadsheet_nor_a_line() {
    let home = home(2);
    home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api("")).run().quietly();
    let company =
        r#"{"name":"=cmd()","industry":"a\r\nb","size":"\u001b[31mred","tech_stack":["@x","y"],"n":1.50}"#;
    open(&home).execute("UPDATE calls SET company = ?1 WHERE subject = 'c1.com'", [company]).unwrap();
    open(&home).execute_batch("UPDATE calls SET company = '[broken' WHERE subject = 'c2.com'").unwrap();
    let ended = home.run("ledger export --ledger l.db").exits(0);
    assert_eq!(ended.stderr, "answers left out, since they cannot be read: 1\n");
    let table = Table::read(&ended.stdout);
    assert_eq!(table.column("name"), ["'=cmd()"]);
    assert_eq!(table.column("industry"), ["a\r\nb"]);
    assert_eq!(table.column("tech_stack"), ["'@x; y"]);
    let raw = home.run("ledger export --raw-cells --ledger l.db -q").quietly().stdout;
    assert_eq!(Table::read(&raw).column("name"), ["=cmd()"]);
    home.run("ledger export -o out.jsonl --ledger l.db -q").quietly();
    let line = home.text("out.jsonl");
    assert!(line.contains(&format!(r#""company":{company}}}"#)) && line.lines().count() == 1, "{line}");
    let text = home.run("ledger stats --ledger l.db").quietly().stdout;
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn an_export_is_filtered_by_status_and_time() {
    let home = home(20);
    home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api("no-match=40")).run().quietly();
    age(&home, 40, "subject < 'c15'");
    let rows = |args: &str| {
        let args = format!("ledger export --ledger l.db {args}");
        Table::read(&home.run(&args).quietly().stdout).rows.len()
    };
    let all = |args: &str| {
        rows(&format!("--status enriched {args}")) + rows(&format!("--status no_match,not_found {args}"))
    };
    let old = usize::try_from(count(&home, "SELECT count(*) FROM calls WHERE subject < 'c15'")).unwrap();
    assert_eq!((rows(""), all("")), (20, 20));
    assert_eq!((rows("--since 30d"), rows("--until 30d"), rows("--since 2020-01-01")), (20 - old, old, 20));
    assert_eq!(rows("--since 30d --until 31d"), 0);
    let wrong = home.run("ledger export --since soon").exits(2);
    assert!(wrong.stderr.contains("'soon' is no time"), "{}", wrong.stderr);
}

#[test]
fn an_export_is_an_input_that_asks_the_same() {
    let home = home(6);
    let api = api("");
    home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api).run().quietly();
    let exported = home.run("ledger export --ledger l.db").quietly().stdout;
    let again = home.call("batch -q --ledger l.db").stdin(&exported).at(&api).run().quietly();
    assert_eq!(api.books().requests.values().sum::<u64>(), 6, "all of it is known");
    assert_eq!(Table::read(&again.stdout).count("enriched"), 6);
    assert_eq!(
        Table::read(&exported).column("domain"),
        ["c1.com", "c2.com", "c3.com", "c4.com", "c5.com", "c6.com"]
    );
}

#[test]
fn whoever_closes_the_pipe_has_seen_enough() {
    let home = home(300);
    home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api("")).run().quietly();
    open(&home)
        .execute_batch(
            "UPDATE calls SET company = replace(company, '{', '{\"x\":\"' || hex(zeroblob(4000)) || '\",')",
        )
        .unwrap();
    let mut run = home.call("ledger export --ledger l.db").spawn_piped();
    let mut some = [0; 10];
    run.stdout.take().unwrap().read_exact(&mut some).unwrap();
    let output = run.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(0), String::new()));
}

#[test]
fn a_ledger_in_a_folder_that_nobody_may_write_to_can_be_read() {
    let home = home(3);
    std::fs::create_dir(home.path("kept")).unwrap();
    home.call("batch in.txt -q -o out.csv --ledger kept/l.db").at(&api("")).run().quietly();
    let lock = |mode| std::fs::set_permissions(home.path("kept"), Permissions::from_mode(mode)).unwrap();
    lock(0o555);
    let ended = home.run("ledger export --ledger kept/l.db");
    lock(0o755);
    assert_eq!(Table::read(&ended.quietly().stdout).rows.len(), 3);
}

/// Returns the SQL of the manual.
fn recipes() -> Vec<&'static str> {
    let manual = include_str!("../../docs/ledger.md");
    manual.split("```sql\n").skip(1).filter_map(|part| part.split("```").next()).collect()
}

#[test]
fn the_questions_of_the_manual_can_be_asked() {
    let home = home(5);
    home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api("")).run().quietly();
    let questions = recipes()[0].split(';').filter(|question| !question.trim().is_empty());
    let ledger = open(&home);
    let mut asked = 0;
    for question in questions {
        let mut statement = ledger.prepare(question).unwrap_or_else(|error| panic!("{question}: {error}"));
        assert!(statement.readonly());
        let mut rows = statement.query(()).unwrap();
        while rows.next().unwrap().is_some() {}
        asked += 1;
    }
    assert!(asked > 5, "{asked}");
}

#[test]
fn two_ledgers_are_merged_as_the_manual_says() {
    let home = home(3);
    let api = api("");
    home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api).run().quietly();
    home.put("other.txt", "c3.com\nc4.com\nc5.com\n");
    home.call("batch other.txt -q -o out.csv --ledger other.db --refresh").at(&api).run().quietly();
    home.call("batch other.txt -q -o out.csv --ledger other.db --refresh").at(&api).run().quietly();
    let sql = recipes()[1].replace("'other.db'", &format!("'{}'", home.path("other.db").display()));
    let ledger = open(&home);
    ledger.execute_batch("UPDATE calls SET credits = 1").unwrap();
    ledger.execute_batch(&sql).unwrap();
    let generation = "SELECT generation FROM calls WHERE subject = 'c3.com'";
    assert_eq!(ledger.query_row(generation, (), |row| row.get::<_, i64>(0)).unwrap(), 2);
    let same = "SELECT count(*) FROM calls JOIN other.calls AS theirs USING (subject, answered_ms, company)";
    assert_eq!(ledger.query_row(same, (), |row| row.get::<_, i64>(0)).unwrap(), 3, "the younger answer");
    drop(ledger);
    home.put("all.txt", domains(5));
    let asked = api.books().requests.values().sum::<u64>();
    home.call("batch all.txt -q -o out.csv --ledger l.db").at(&api).run().quietly();
    assert_eq!(api.books().requests.values().sum::<u64>(), asked, "all of it is known");
    assert_eq!(count(&home, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}
