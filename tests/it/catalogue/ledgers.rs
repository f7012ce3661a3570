//! Ledgers that are none, or cannot be used.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::of_ledger;
use crate::support::home::Home;

#[test]
fn ledgers_that_are_none() {
    insta::assert_snapshot!(of_ledger(".", |_| {}), @r"
    exit code: 1
    --- stderr
    error: the ledger '.' is a directory, not a file
    hint: name another file with --ledger
    ");
    let foreign = |home: &Home| {
        let database = rusqlite::Connection::open(home.path("l.db")).unwrap();
        database.execute_batch("CREATE TABLE mine (x)").unwrap();
    };
    insta::assert_snapshot!(of_ledger("l.db", foreign), @r"
    exit code: 1
    --- stderr
    error: 'l.db' is a database, but not a leadenrich ledger; it was not touched
    hint: name another file with --ledger
    ");
    insta::assert_snapshot!(of_ledger("in.txt", |_| {}), @r"
    exit code: 1
    --- stderr
    error: 'in.txt' is not a leadenrich ledger; it was not touched
    hint: name another file with --ledger
    ");
    insta::assert_snapshot!(of_ledger("l.db", |home| home.put("l.db", "domain\nacme.com\n".repeat(99))), @r"
    exit code: 1
    --- stderr
    error: 'l.db' is not a leadenrich ledger; it was not touched
    hint: name another file with --ledger
    ");
    let newer = |home: &Home| {
        home.run("batch in.txt --sandbox -q --ledger l.db").exits(0);
        let ledger = rusqlite::Connection::open(home.path("l.db")).unwrap();
        ledger.pragma_update(None, "user_version", 99).unwrap();
    };
    insta::assert_snapshot!(of_ledger("l.db", newer), @r"
    exit code: 1
    --- stderr
    error: the ledger 'l.db' was written by a newer leadenrich (format 99, this one knows 2)
    hint: update leadenrich, or name another file with --ledger
    ");
    insta::assert_snapshot!(of_ledger("in.txt/deep/l.db", |_| {}), @r"
    exit code: 1
    --- stderr
    error: cannot make the ledger's folder 'in.txt/deep': Not a directory
    hint: see that its folder can be written and has room, or name another file with --ledger; the same command goes on where this one stopped
    ");
}

#[test]
fn a_folder_that_may_not_be_written_to() {
    let lock = |home: &Home| {
        fs::create_dir(home.path("locked")).unwrap();
        fs::set_permissions(home.path("locked"), fs::Permissions::from_mode(0o555)).unwrap();
    };
    let home = Home::new();
    lock(&home);
    if fs::write(home.path("locked/probe"), "").is_ok() {
        // Nothing is locked to the superuser.
        return;
    }
    let shown = of_ledger("locked/l.db", lock);
    assert!(
        shown.starts_with("exit code: 1\n--- stderr\nerror: cannot use the ledger 'locked/l.db': "),
        "{shown}"
    );
    assert!(shown.contains("\nhint: see that its folder can be written"), "{shown}");
}

#[test]
fn a_ledger_that_another_process_holds() {
    let home = Home::with("in.txt", "acme.com\n");
    home.run("batch in.txt --sandbox -q --ledger l.db").exits(0);
    let held = rusqlite::Connection::open(home.path("l.db")).unwrap();
    held.pragma_update(None, "locking_mode", "EXCLUSIVE").unwrap();
    held.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let shown = home.run("batch in.txt --sandbox -o out.csv --ledger l.db").shown();
    let shown = regex::Regex::new(r"locked by process ID \([^)]*\)")
        .unwrap()
        .replace(&shown, "locked by process ID (NAME)");
    insta::assert_snapshot!(shown, @r"
    exit code: 1
    --- stderr
    error: the ledger 'l.db' is locked by process ID (NAME)
    hint: end what holds it, such as an open sqlite3 shell or a copy being made, and run the same command again: nothing is lost, and nothing is paid twice
    ");
}
