//! Claims of runs that others have taken for dead, by name. Drawn ones are in `interleaved.rs`.

use super::*;

fn begun(path: &Path, at: i64) -> Ledger {
    let mut ledger = Ledger::open(Some(path), &scope("a"), reuse("name")).unwrap();
    ledger.begin(second(at)).unwrap();
    ledger
}

/// Asks about a subject for the first time, or again under the key of `open_since`.
fn ask(ledger: &mut Ledger, subject: &Subject, open_since: Option<i64>, at: i64) -> Answer {
    let intent = Intent {
        subject: subject.clone(),
        generation: Generation(0),
        key: IdempotencyKey::NONE,
        open_since: open_since.map(second),
        first_sent: second(open_since.unwrap_or(at)),
        uncertain: false,
    };
    ledger.commit(&[Order::Intend { call: CallId(7), intent }], second(at)).unwrap().remove(0)
}

#[test]
fn a_run_that_waits_for_hours_is_not_taken_for_dead_by_one_that_begins() {
    for has_locks in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let mut waits = begun(&path, 1_000);
        if !has_locks {
            waits.connection.execute("UPDATE runs SET locked = 0", ()).unwrap();
        }
        let mut other = begun(&path, 9_000);
        let acme = subject("acme.com");
        assert!(matches!(ask(&mut waits, &acme, None, 9_001), Answer::Intended { .. }));
        let asked = ask(&mut other, &acme, Some(9_001), 9_002);
        assert_eq!(asked, Answer::AskedElsewhere { call: CallId(7) }, "locks: {has_locks}");
        kill(waits);
        begun(&path, 9_100);
        let reasons = "SELECT group_concat(stop_reason) FROM runs";
        let reasons: String = other.connection.query_row(reasons, (), |row| row.get(0)).unwrap();
        assert_eq!(reasons, "killed", "it is now");
    }
}

#[test]
fn what_was_paid_under_a_key_counts_once_whoever_asked_last() {
    for other_settles in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let (mut sleeps, mut other, acme) = (begun(&path, 1_000), begun(&path, 1_000), subject("acme.com"));
        ask(&mut sleeps, &acme, None, 1_000);
        assert!(matches!(ask(&mut other, &acme, Some(1_000), 1_061), Answer::Intended { .. }));
        sleeps.settle(&acme, enriched(1_062), Next::Fresh(Generation(1)));
        if other_settles {
            other.settle(&acme, enriched(1_063), Next::Fresh(Generation(1)));
        } else {
            kill(other);
        }
        let books = "SELECT credits, generation, key FROM calls";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let call: (u32, u32, Option<String>) = sleeps.connection.query_row(books, (), read).unwrap();
        assert_eq!(call, (1, 1, None), "and its key is answered");
    }
}
