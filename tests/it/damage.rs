//! A ledger that is damaged, locked, somebody else's, or where none can be: it is said, and the file is left as it was.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use leadenrich::sandbox::Sandbox;
use rusqlite::Connection;
use rustix::process::Signal;

use crate::support::api::api;
use crate::support::domains;
use crate::support::home::Home;
use crate::support::table::Table;

/// Enough for a ledger of many pages.
const COMPANIES: usize = 300;

/// The size of a page. Source: SQLite's default.
const PAGE: usize = 4_096;

/// A folder with a list of companies, the API, and a ledger `l.db` that knows them all.
fn with_ledger() -> (Home, Sandbox) {
    let home = Home::with("in.txt", domains(COMPANIES));
    let api = api("no-match=15");
    home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api).run().quietly();
    fs::remove_file(home.path("out.csv")).unwrap();
    (home, api)
}

/// Returns the ledger's files with their content.
fn files(home: &Home) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(home.path(".")).unwrap().map(Result::unwrap);
    let named = files.map(|file| (file.file_name().into_string().unwrap(), file.path()));
    let ours = named.filter(|(name, _)| name.starts_with("l.db"));
    ours.map(|(name, path)| (name, fs::read(path).unwrap())).collect()
}

/// Returns what a run says with the ledger as it is, after checking that nothing is changed, written or charged.
#[track_caller]
fn refused(home: &Home, api: &Sandbox) -> String {
    let (before, charged) = (files(home), api.books().charged);
    let shown = home.call("batch in.txt -o out.csv --ledger l.db").at(api).run().shown();
    assert!(files(home) == before, "{:?} became {:?}", before.keys(), files(home).keys());
    assert!(!home.path("out.csv").exists(), "nothing is written");
    assert_eq!(api.books().charged, charged);
    shown
}

/// Changes the ledger's bytes.
fn change(home: &Home, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(home.path("l.db")).unwrap();
    change(&mut bytes);
    home.put("l.db", bytes);
}

/// Leaves a ledger behind as a process does that is killed: with a log that holds what was paid for.
fn killed(home: &Home, api: &Sandbox) {
    let mut run = home.call("batch in.txt -o out.csv --ledger l.db -c 4").at(api).watch();
    run.wait_for("call_settled", 50);
    run.signal(Signal::KILL);
    run.end();
    assert!(fs::metadata(home.path("l.db-wal")).unwrap().len() > 0);
}

#[test]
fn a_ledger_that_was_cut_is_left_as_it_is() {
    let (home, api) = with_ledger();
    let whole = fs::read(home.path("l.db")).unwrap();
    change(&home, |bytes| bytes.truncate(bytes.len() - PAGE / 2));
    insta::assert_snapshot!(refused(&home, &api), @r"
    exit code: 1
    --- stderr
    error: the ledger 'l.db' is damaged: it ends in the middle of a page
    hint: rescue what is in it with `sqlite3 'l.db' .recover | sqlite3 rescued.db` and go on with --ledger rescued.db; what is lost is asked again, which costs nothing within 24 hours
    ");
    for length in [PAGE * 7, PAGE * 5 + 1, PAGE, PAGE - 1, 512, 100] {
        home.put("l.db", &whole[..length]);
        let shown = refused(&home, &api);
        assert!(
            shown.starts_with("exit code: 1\n--- stderr\nerror: the ledger 'l.db' is damaged: "),
            "{length}: {shown}"
        );
    }
    home.put("l.db", &whole[..15]);
    insta::assert_snapshot!(refused(&home, &api), @r"
    exit code: 1
    --- stderr
    error: 'l.db' is not a leadenrich ledger; it was not touched
    hint: name another file with --ledger
    ");
    // Within a day nothing of it costs anything.
    let charged = api.books().charged;
    home.call("batch in.txt -q -o out.csv --ledger new.db").at(&api).run().quietly();
    assert_eq!((api.books().charged, api.books().charged_twice.len()), (charged, 0));
}

#[test]
fn a_log_without_its_ledger_is_not_thrown_away() {
    let home = Home::with("in.txt", domains(COMPANIES));
    let api = api("latency=1ms");
    killed(&home, &api);
    let ledger = fs::read(home.path("l.db")).unwrap();
    home.put("l.db", "");
    insta::assert_snapshot!(refused(&home, &api), @r"
    exit code: 1
    --- stderr
    error: the log 'l.db-wal' is there, but its ledger is missing or empty; nothing was touched
    hint: bring back the ledger that it belongs to; or move the log away and run the same command again, which costs nothing for what was asked within 24 hours
    ");
    fs::remove_file(home.path("l.db")).unwrap();
    refused(&home, &api);
    // Brought back, it is whole.
    home.put("l.db", ledger);
    home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api).run().quietly();
    assert_eq!((api.books().charged, api.books().most_charges_per_subject), (300, 1));
}

#[test]
fn a_log_of_another_database_is_not_played_back() {
    let (home, api) = with_ledger();
    let other = Connection::open(home.path("other.db")).unwrap();
    other
        .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE mine (x); INSERT INTO mine VALUES (1);")
        .unwrap();
    fs::copy(home.path("other.db-wal"), home.path("l.db-wal")).unwrap();
    let (before, log) = (fs::read(home.path("l.db")).unwrap(), fs::read(home.path("l.db-wal")).unwrap());
    let run = || home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api).run();
    insta::assert_snapshot!(run().shown(), @r"
    exit code: 1
    --- stderr
    error: the log 'l.db-wal' belongs to another database; nothing was touched
    hint: bring back the ledger that it belongs to; or move the log away and run the same command again, which costs nothing for what was asked within 24 hours
    ");
    assert!(
        fs::read(home.path("l.db")).unwrap() == before && fs::read(home.path("l.db-wal")).unwrap() == log
    );
    fs::remove_file(home.path("l.db-wal")).unwrap();
    let charged = api.books().charged;
    run().quietly();
    assert_eq!(api.books().charged, charged);
}

#[test]
fn a_database_of_something_else_is_left_as_it_is() {
    let home = Home::with("in.txt", domains(3));
    let api = api("");
    for mode in ["DELETE", "WAL"] {
        let _ = fs::remove_file(home.path("l.db"));
        let other = Connection::open(home.path("l.db")).unwrap();
        other.execute_batch(&format!("PRAGMA journal_mode = {mode}; CREATE TABLE mine (x);")).unwrap();
        drop(other);
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused(&home, &api), @r"
            exit code: 1
            --- stderr
            error: 'l.db' is a database, but not a leadenrich ledger; it was not touched
            hint: name another file with --ledger
            ");
        }
    }
    // With a log whose process was killed, which belongs to that program to play back.
    let other = Connection::open(home.path("l.db")).unwrap();
    other.execute_batch("INSERT INTO mine VALUES (1);").unwrap();
    let (database, log) = (fs::read(home.path("l.db")).unwrap(), fs::read(home.path("l.db-wal")).unwrap());
    drop(other);
    home.put("l.db", database);
    home.put("l.db-wal", log);
    refused(&home, &api);
}

#[test]
fn a_ledger_of_a_newer_version_is_left_as_it_is() {
    let (home, api) = with_ledger();
    let ledger = Connection::open(home.path("l.db")).unwrap();
    ledger.pragma_update(None, "user_version", 99).unwrap();
    drop(ledger);
    assert!(refused(&home, &api).contains("written by a newer leadenrich"));
}

#[test]
fn what_is_no_file_is_no_ledger() {
    let home = Home::with("in.txt", "acme.com\n");
    home.pipe("pipe");
    let of =
        |ledger: &str| home.call("batch in.txt --sandbox -o out.csv --ledger").args(ledger).run().shown();
    insta::assert_snapshot!(of("pipe"), @r"
    exit code: 1
    --- stderr
    error: the ledger 'pipe' is a device or a pipe, not a file
    hint: name another file with --ledger
    ");
    insta::assert_snapshot!(of("/dev/null"), @r"
    exit code: 1
    --- stderr
    error: the ledger '/dev/null' is a device or a pipe, not a file
    hint: name another file with --ledger
    ");
    insta::assert_snapshot!(of("/proc/version"), @r"
    exit code: 1
    --- stderr
    error: cannot use the ledger '/proc/version': unable to open database file
    hint: see that its folder can be written and has room, or name another file with --ledger; the same command goes on where this one stopped
    ");
    insta::assert_snapshot!(of("/proc/deep/l.db"), @r"
    exit code: 1
    --- stderr
    error: cannot make the ledger's folder '/proc/deep': No such file or directory
    hint: see that its folder can be written and has room, or name another file with --ledger; the same command goes on where this one stopped
    ");
    assert!(!home.path("out.csv").exists());
}

#[test]
fn a_ledger_that_may_not_be_written_is_left_as_it_is() {
    let (home, api) = with_ledger();
    if !home.belongs_to_nobody() {
        return;
    }
    let run = || home.call("batch in.txt -o out.csv --ledger l.db").at(&api).by_nobody().run().shown();
    fs::set_permissions(home.path("l.db"), fs::Permissions::from_mode(0o444)).unwrap();
    let before = files(&home);
    insta::assert_snapshot!(run(), @r"
    exit code: 1
    --- stderr
    error: the ledger 'l.db' is read-only
    hint: see that you may write the file and its folder, or name another file with --ledger
    ");
    fs::set_permissions(home.path("l.db"), fs::Permissions::from_mode(0o0)).unwrap();
    insta::assert_snapshot!(run(), @r"
    exit code: 1
    --- stderr
    error: cannot use the ledger 'l.db': unable to open database file: l.db
    hint: see that its folder can be written and has room, or name another file with --ledger; the same command goes on where this one stopped
    ");
    fs::set_permissions(home.path("l.db"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(home.path("."), fs::Permissions::from_mode(0o555)).unwrap();
    insta::assert_snapshot!(run(), @r"
    exit code: 1
    --- stderr
    error: the ledger 'l.db' is read-only
    hint: see that you may write the file and its folder, or name another file with --ledger
    ");
    fs::set_permissions(home.path("."), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(files(&home) == before);
}

#[test]
fn damage_that_is_met_on_the_way_ends_the_run_and_costs_nothing() {
    let (home, api) = with_ledger();
    let charged = api.books().charged;
    let whole = fs::read(home.path("l.db")).unwrap();
    let pages = whole.len() / PAGE;
    let (mut noticed, mut tried) = (0, 0);
    // Pages all over the file are overwritten: with nothing, with noise, with another page.
    for page in (0..pages).step_by(pages / 10) {
        tried += 1;
        let mut damaged = whole.clone();
        let place = page * PAGE..(page + 1) * PAGE;
        match tried % 3 {
            0 => damaged[place].fill(0),
            1 => damaged[place].fill_with(|| fastrand::u8(..)),
            _ => damaged.copy_within((pages - 1) * PAGE.., page * PAGE),
        }
        home.put("l.db", &damaged);
        let _ = fs::remove_file(home.path("l.db-wal"));
        let _ = fs::remove_file(home.path("l.db-shm"));
        let ended = home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api).run();
        assert_eq!(api.books().charged_twice, Vec::<String>::new(), "page {page}");
        assert_eq!(api.books().charged, charged, "page {page}");
        if ended.code == Some(0) {
            assert_eq!(Table::read(&home.text("out.csv")).rows.len(), COMPANIES, "page {page}");
            continue;
        }
        let shown = ended.shown();
        let expected = ["error: the ledger 'l.db' is damaged: ", "error: 'l.db' is not a leadenrich ledger"];
        assert!(expected.iter().any(|words| shown.contains(words)), "page {page}: {shown}");
        noticed += 1;
    }
    assert!(noticed > tried / 2, "{noticed} of {tried}");
}

#[test]
fn damage_on_the_way_is_said_with_what_to_do() {
    let (home, api) = with_ledger();
    change(&home, |bytes| {
        let middle = bytes.len() / PAGE / 2 * PAGE;
        bytes[middle..middle + PAGE].fill(0xff);
    });
    let ended = home.call("batch in.txt -q -o out.csv --ledger l.db").at(&api).run();
    insta::assert_snapshot!(ended.shown(), @r"
    exit code: 1
    --- stderr
    error: the ledger 'l.db' is damaged: database disk image is malformed
    hint: rescue what is in it with `sqlite3 'l.db' .recover | sqlite3 rescued.db` and go on with --ledger rescued.db; what is lost is asked again, which costs nothing within 24 hours
    ");
    assert!(!home.path("out.csv").exists());
    if !rescued(&home) {
        return;
    }
    let charged = api.books().charged;
    home.call("batch in.txt -q -o out.csv --ledger rescued.db").at(&api).run().quietly();
    assert_eq!(api.books().charged, charged);
    assert!(api.books().replayed < 100, "most of it was rescued");
}

/// Rescues a ledger as the hint says; returns whether this machine's `sqlite3` can.
fn rescued(home: &Home) -> bool {
    let rescue = "sqlite3 l.db .recover | sqlite3 rescued.db";
    let told = Command::new("sh").args(["-c", rescue]).current_dir(home.path(".")).output();
    told.is_ok_and(|told| told.status.success() && told.stderr.is_empty())
}
