//! Files: shared, reopened, damaged, or none that could be used.

use std::fs;

use super::*;

fn open(path: &Path) -> Result<Ledger, LedgerError> {
    Ledger::open(Some(path), &scope("a"), reuse("name"))
}

#[test]
fn what_is_committed_is_there_when_the_file_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let (paid, open_one) = (subject("paid.com"), subject("open.com"));
    {
        let mut ledger = open(&path).unwrap();
        ledger.keep(&paid, enriched(600));
        ledger.intend(&open_one, 5, 700);
    }
    let mut ledger = open(&path).unwrap();
    assert_eq!(*ledger.found(&paid).unwrap(), enriched(600));
    let still_open =
        Unknown { generation: 5, open_since: Some(second(700)), is_there: true, first_met: None };
    assert_eq!(ledger.found(&open_one), Err(still_open));
}

#[test]
fn a_process_that_dies_leaves_its_commits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut dying = open(&path).unwrap();
    dying.keep(&subject("paid.com"), enriched(600));
    // Never closed: as after SIGKILL, the log is still beside the file.
    std::mem::forget(dying);
    assert!(open(&path).unwrap().found(&subject("paid.com")).is_ok());
}

#[test]
fn two_runs_on_one_file_see_each_others_commits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let (mut one, mut two) = (open(&path).unwrap(), open(&path).unwrap());
    let acme = subject("acme.com");
    assert!(one.found(&acme).is_err() && two.found(&acme).is_err());
    one.intend(&acme, 0, 1_001);
    two.intend(&acme, 0, 1_001);
    one.settle(&acme, enriched(1_002), Next::Fresh(Generation(1)));
    assert_eq!(*two.found(&acme).unwrap(), enriched(1_002));
    two.settle(&acme, enriched(1_002), Next::Fresh(Generation(1)));
    assert_eq!(*one.found(&acme).unwrap(), enriched(1_002));
}

#[test]
fn two_runs_that_write_at_once_wait_for_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    drop(open(&path).unwrap());
    std::thread::scope(|scope| {
        for writer in ["a", "b", "c"] {
            let path = &path;
            scope.spawn(move || {
                let mut ledger = open(path).unwrap();
                for n in 0..40 {
                    ledger.keep(&subject(&format!("{writer}{n}.com")), enriched(600));
                }
            });
        }
    });
    let mut ledger = open(&path).unwrap();
    for writer in ["a", "b", "c"] {
        assert!((0..40).all(|n| ledger.found(&subject(&format!("{writer}{n}.com"))).is_ok()));
    }
}

#[test]
fn a_damaged_outcome_counts_as_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let acme = subject("acme.com");
    for damage in [
        "company = '{\"name\":'",
        "company = NULL",
        "company = '[1]'",
        "status = 'pending'",
        "status = 'odd'",
        "answered_ms = 9223372036854775807",
    ] {
        open(&path).unwrap().keep(&acme, enriched(600));
        let raw = Connection::open(&path).unwrap();
        raw.execute(&format!("UPDATE calls SET {damage}"), []).unwrap();
        drop(raw);
        let again = Unknown { generation: 1, is_there: true, ..NEVER_ASKED };
        assert_eq!(open(&path).unwrap().found(&acme), Err(again), "{damage}");
    }
}

#[test]
fn the_view_for_readers_tells_of_answers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    open(&path).unwrap().keep(&subject("acme.com"), enriched(600));
    let raw = Connection::open(&path).unwrap();
    let line: String = raw
        .query_row(
            "SELECT concat_ws('|', base_url, kind, subject, status, answered_at, name, size, confidence) FROM answers",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(line, "https://api.test|domain|acme.com|enriched|2024-02-26T00:10:00.000Z|Café|1-10|0.87");
}

#[test]
fn a_path_that_cannot_be_a_ledger_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "domain\nacme.com\n".repeat(100)).unwrap();
    let told = |path: &Path| open(path).map(|_| ()).unwrap_err().to_string();
    let shown = |path: &Path| path.display().to_string();
    let directory = format!("the ledger '{}' is a directory, not a file", shown(folder.path()));
    assert_eq!(told(folder.path()), directory);
    assert_eq!(told(&file.join("ledger.db")), format!("cannot make the ledger's folder '{}'", shown(&file)));
    assert_eq!(told(&file), format!("'{}' is not a leadenrich ledger; it was not touched", shown(&file)));
}

#[test]
fn a_ledger_that_may_not_be_written_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    open(&path).unwrap().keep(&subject("acme.com"), enriched(600));
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    // The superuser may write all the same.
    if fs::OpenOptions::new().write(true).open(&path).is_err() {
        assert!(matches!(open(&path), Err(LedgerError::ReadOnly { .. })));
    }
}

/// Nobody makes files in `/proc`, not even the superuser.
#[cfg(target_os = "linux")]
#[test]
fn a_place_where_nothing_can_be_written_is_an_error() {
    assert!(matches!(open(Path::new("/proc/ledger.db")), Err(LedgerError::Unusable { .. })));
    assert!(matches!(open(Path::new("/proc/deep/ledger.db")), Err(LedgerError::Folder { .. })));
}

#[test]
fn a_ledger_that_another_process_holds_for_good_is_an_error_and_keeps_nothing_half() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut ledger = open(&path).unwrap();
    ledger.waits_at_most(std::time::Duration::from_millis(20));
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let acme = subject("acme.com");
    let withdraw = Order::Withdraw { subject: acme.clone(), generation: Generation(4) };
    assert!(matches!(ledger.commit(&[withdraw], second(1_000)), Err(LedgerError::Locked { .. })));
    assert_eq!(ledger.found(&acme), Err(NEVER_ASKED), "reading goes on meanwhile");
    holder.execute_batch("COMMIT").unwrap();
    ledger.keep(&acme, enriched(600));
    assert!(ledger.found(&acme).is_ok());
}

#[test]
fn a_ledger_that_is_held_when_it_is_opened_is_an_error_and_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    drop(open(&path).unwrap());
    let before = fs::read(&path).unwrap();
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;").unwrap();
    let error = open::open_within(Some(&path), std::time::Duration::from_millis(20)).unwrap_err();
    let said = format!("{error}\nhint: {}", error.hint()).replace(&folder.path().display().to_string(), "~");
    insta::assert_snapshot!(said, @r"
    the ledger '~/ledger.db' is locked by another process
    hint: end what holds it, such as an open sqlite3 shell or a copy being made, and run the same command again: nothing is lost, and nothing is paid twice
    ");
    drop(holder);
    assert!(fs::read(&path).unwrap() == before);
    open(&path).unwrap();
}

#[test]
fn a_file_system_without_shared_memory_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let flags = rusqlite::OpenFlags::default();
    let dotfile = Connection::open_with_flags_and_vfs(folder.path().join("l.db"), flags, c"unix-dotfile");
    assert!(!open::switch_to_wal(&dotfile.unwrap()).unwrap());
}

#[test]
fn a_ledger_in_memory_keeps_nothing() {
    let acme = subject("acme.com");
    ledger(reuse("name")).keep(&acme, enriched(600));
    assert_eq!(ledger(reuse("name")).found(&acme), Err(NEVER_ASKED));
}
