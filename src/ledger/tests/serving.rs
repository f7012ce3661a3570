//! Which stored answers serve which run: by age, fields, overwriting, scope and kind.

use super::*;

/// A ledger file, so that runs with different wishes can share it.
struct Shelf(tempfile::TempDir);

impl Shelf {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn open(&self, reuse: Reuse) -> Ledger {
        self.open_as("a", reuse)
    }

    fn open_as(&self, account: &str, reuse: Reuse) -> Ledger {
        Ledger::open(Some(&self.0.path().join("ledger.db")), &scope(account), reuse).unwrap()
    }
}

fn overwriting(fields: &str) -> Reuse {
    let plain = reuse(fields);
    Reuse { wish: Wish { overwrite: true, ..plain.wish }, ..plain }
}

#[test]
fn an_answer_serves_for_as_long_as_its_kind_does() {
    let cases = [
        ("paid, young", enriched(500), true),
        ("paid, old", enriched(499), false),
        ("no match, young", other(Verdict::NoMatch, 900), true),
        ("no match, old", other(Verdict::NoMatch, 899), false),
        ("not found, young", other(Verdict::NotFound, 900), true),
        ("not found, old", other(Verdict::NotFound, 899), false),
        ("failed in this run", failed(1_000), true),
        ("failed before", failed(999), false),
    ];
    let mut ledger = ledger(reuse("name"));
    for (name, outcome, serves) in cases {
        let acme = subject(name);
        ledger.keep(&acme, outcome.clone());
        match ledger.found(&acme) {
            Ok(found) => assert!(serves && *found == outcome, "{name}"),
            Err(unknown) => {
                let asked_next = Unknown { generation: 1, is_there: true, ..NEVER_ASKED };
                assert!(!serves && unknown == asked_next, "{name}: {unknown:?}");
            }
        }
    }
}

#[test]
fn answers_for_more_fields_serve_fewer() {
    let (shelf, acme) = (Shelf::new(), subject("acme.com"));
    shelf.open(reuse("name,size")).keep(&acme, enriched(600));
    for (fields, serves) in
        [("name", true), ("size,name", true), ("name,industry", false), ("industry", false)]
    {
        assert_eq!(shelf.open(reuse(fields)).found(&acme).is_ok(), serves, "{fields}");
    }
    let unasked = shelf.open(reuse("industry")).found(&acme);
    assert_eq!(unasked, Err(NEVER_ASKED), "another wish has a generation of its own");
}

#[test]
fn what_was_paid_comes_before_what_is_younger() {
    let (shelf, acme) = (Shelf::new(), subject("acme.com"));
    shelf.open(reuse("name,size")).keep(&acme, enriched(600));
    shelf.open(reuse("name,industry")).keep(&acme, enriched(700));
    shelf.open(reuse("name")).keep(&acme, other(Verdict::NoMatch, 950));
    assert_eq!(*shelf.open(reuse("name")).found(&acme).unwrap(), enriched(700));
}

#[test]
fn an_answer_paid_with_overwriting_serves_both_and_one_without_only_its_kind() {
    let (shelf, acme) = (Shelf::new(), subject("acme.com"));
    shelf.open(reuse("name")).keep(&acme, enriched(600));
    assert_eq!(shelf.open(overwriting("name")).found(&acme), Err(NEVER_ASKED));
    let other = subject("other.com");
    shelf.open(overwriting("name")).keep(&other, enriched(600));
    assert!(shelf.open(overwriting("name")).found(&other).is_ok());
    assert!(shelf.open(reuse("name")).found(&other).is_ok());
}

#[test]
fn a_refresh_serves_only_what_it_paid_itself() {
    let mut refresh = reuse("name");
    (refresh.paid_since, refresh.unmatched_since) = (second(1_000), second(1_000));
    let (mut ledger, acme) = (ledger(refresh), subject("acme.com"));
    ledger.keep(&acme, enriched(999));
    assert!(ledger.found(&acme).is_err());
    ledger.keep(&acme, enriched(1_000));
    assert!(ledger.found(&acme).is_ok());
}

#[test]
fn scopes_and_kinds_do_not_mix() {
    let (shelf, acme) = (Shelf::new(), subject("acme.com"));
    shelf.open_as("a", reuse("name")).keep(&acme, enriched(600));
    assert_eq!(shelf.open_as("b", reuse("name")).found(&acme), Err(NEVER_ASKED));
    let elsewhere = Scope { base_url: "https://other.test".into(), account: "a".into() };
    let path = shelf.0.path().join("ledger.db");
    let mut elsewhere = Ledger::open(Some(&path), &elsewhere, reuse("name")).unwrap();
    assert_eq!(elsewhere.found(&acme), Err(NEVER_ASKED));
    let id = Subject::CompanyId("acme.com".into());
    assert_eq!(shelf.open_as("a", reuse("name")).found(&id), Err(NEVER_ASKED));
    assert!(shelf.open_as("a", reuse("name")).found(&acme).is_ok());
}

#[test]
fn after_a_stop_a_subject_is_met_once() {
    let (mut ledger, acme) = (ledger(reuse("name")), subject("acme.com"));
    let met = |first| Err(Unknown { first_met: Some(first), ..NEVER_ASKED });
    assert_eq!(ledger.found_after_a_stop(&acme), met(true));
    assert_eq!(ledger.found_after_a_stop(&acme), met(false));
    assert_eq!(ledger.found_after_a_stop(&Subject::CompanyId("acme.com".into())), met(true));
    assert_eq!(ledger.found(&acme), Err(NEVER_ASKED), "it was only passed over");
    let asked = subject("asked.com");
    ledger.intend(&asked, 0, 1_001);
    let open =
        Unknown { generation: 0, open_since: Some(second(1_001)), is_there: true, first_met: Some(false) };
    assert_eq!(ledger.found_after_a_stop(&asked), Err(open), "its entry tells whether it was met");
    ledger.settle(&asked, enriched(1_002), Next::Fresh(Generation(1)));
    assert!(ledger.found_after_a_stop(&asked).is_ok());
}

#[test]
fn what_another_run_passed_over_is_met_anew() {
    let (shelf, acme) = (Shelf::new(), subject("acme.com"));
    let met = || Err(Unknown { first_met: Some(true), ..NEVER_ASKED });
    let mut first = shelf.open(reuse("name"));
    assert_eq!(first.found_after_a_stop(&acme), met());
    assert_eq!(shelf.open(reuse("name")).found_after_a_stop(&acme), met());
}
