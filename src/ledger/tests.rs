//! The ledger on real SQLite files: what is kept, what is served, and what a second process sees.

mod claims;
mod files;
mod interleaved;
mod serving;
mod together;
mod trail;

use std::sync::Arc;

use super::lives::lock_path;
use super::*;
use crate::rules::company::Company;
use crate::rules::outcome::{Enrichment, FieldNames, Outcome, Verdict};
use crate::rules::signature::{Generation, IdempotencyKey, Wish};
use crate::rules::target::Subject;
use crate::rules::verbs::{CallId, Intent, Next};

pub(super) fn second(second: i64) -> Timestamp {
    Timestamp::from_second(1_708_905_600 + second).unwrap()
}

pub(super) fn scope(account: &str) -> Scope {
    Scope { base_url: "https://api.test".into(), account: account.into() }
}

/// A run that begins at second 1000 and reuses what was paid since 500 and not matched since 900.
pub(super) fn reuse(fields: &str) -> Reuse {
    Reuse {
        wish: Wish { fields: fields.parse().unwrap(), overwrite: false },
        run_started: second(1_000),
        paid_since: second(500),
        unmatched_since: second(900),
    }
}

pub(super) fn subject(text: &str) -> Subject {
    Subject::Domain(text.into())
}

pub(super) fn enriched(at: i64) -> Outcome {
    let company = Company::parse(r#"{"name":"Caf\u00e9","revenue":1.50e6,  "size":"1-10"}"#).unwrap();
    let enrichment = Enrichment {
        company,
        fields_updated: FieldNames::new(&["name", "size"]),
        source: Some("vendor_a".into()),
        confidence: Some("0.870".into()),
    };
    Outcome {
        verdict: Verdict::Enriched(Box::new(enrichment)),
        answered_at: second(at),
        request_id: Some("req_1".into()),
    }
}

pub(super) fn other(verdict: Verdict, at: i64) -> Outcome {
    Outcome { verdict, answered_at: second(at), request_id: None }
}

pub(super) fn failed(at: i64) -> Outcome {
    other(Verdict::Failed { reason: "400 validation_error: no".into() }, at)
}

/// A ledger in memory.
pub(super) fn ledger(reuse: Reuse) -> Ledger {
    Ledger::open(None, &scope("a"), reuse).unwrap()
}

/// What a look-up tells of a subject that no answer serves.
#[derive(Debug, PartialEq)]
pub(super) struct Unknown {
    pub(super) generation: u32,
    pub(super) open_since: Option<Timestamp>,
    pub(super) is_there: bool,
    pub(super) first_met: Option<bool>,
}

pub(super) const NEVER_ASKED: Unknown =
    Unknown { generation: 0, open_since: None, is_there: false, first_met: None };

/// One order at a time, with their answers taken apart.
pub(super) trait Orders {
    fn order(&mut self, order: Order) -> Option<Answer>;

    fn found(&mut self, subject: &Subject) -> Result<Arc<Outcome>, Unknown> {
        taken_apart(self.order(Order::LookUp { call: CallId(7), subject: subject.clone() }))
    }

    fn found_after_a_stop(&mut self, subject: &Subject) -> Result<Arc<Outcome>, Unknown> {
        taken_apart(self.order(Order::LookUpStopped { call: CallId(7), subject: subject.clone() }))
    }

    /// Records an intent, whatever is known already.
    fn intend(&mut self, subject: &Subject, generation: u32, first_sent: i64);

    fn settle(&mut self, subject: &Subject, outcome: Outcome, next: Next) {
        let outcome = Arc::new(outcome);
        let order = Order::Settle { call: CallId(7), subject: subject.clone(), outcome, next };
        assert_eq!(self.order(order), Some(Answer::Settled { call: CallId(7) }));
    }

    /// Asks and settles at once, as generation 0.
    fn keep(&mut self, subject: &Subject, outcome: Outcome) {
        self.intend(subject, 0, 0);
        self.settle(subject, outcome, Next::Fresh(Generation(1)));
    }

    fn withdraw(&mut self, subject: &Subject, generation: u32) {
        let order = Order::Withdraw { subject: subject.clone(), generation: Generation(generation) };
        assert_eq!(self.order(order), None);
    }
}

impl Orders for Ledger {
    fn order(&mut self, order: Order) -> Option<Answer> {
        self.commit(&[order], second(1_000)).unwrap().pop()
    }

    fn intend(&mut self, subject: &Subject, generation: u32, first_sent: i64) {
        let generation = Generation(generation);
        let key = IdempotencyKey::derive(&scope("a"), subject, self.reuse.wish, generation);
        let (subject, first_sent) = (subject.clone(), second(first_sent));
        let intent = Intent { subject, generation, key, open_since: None, first_sent, uncertain: false };
        let record = |batch: &mut Batch<'_>| {
            batch.note_wish()?;
            batch.record(CallId(7), &intent)
        };
        let recorded = self.transact(TransactionBehavior::Immediate, second(1_000), record);
        assert!(matches!(recorded, Ok(Answer::Intended { call: CallId(7), .. })));
    }
}

/// Kills a run: the operating system lets its lock go, and nobody removes the lock's file.
fn kill(ledger: Ledger) {
    let lock = ledger.path.as_deref().zip(ledger.life.as_ref()).map(|(path, life)| lock_path(path, life.run));
    drop(ledger);
    if let Some(lock) = lock {
        std::fs::write(lock, "").unwrap();
    }
}

fn taken_apart(answer: Option<Answer>) -> Result<Arc<Outcome>, Unknown> {
    match answer.unwrap() {
        Answer::Known { call: CallId(7), outcome, .. } => Ok(outcome),
        Answer::Unknown { call: CallId(7), generation, open_since, entry, first_met } => {
            Err(Unknown { generation: generation.0, open_since, is_there: entry.is_some(), first_met })
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_call_goes_from_unknown_over_open_to_known() {
    let (mut ledger, acme) = (ledger(reuse("name")), subject("acme.com"));
    assert_eq!(ledger.found(&acme), Err(NEVER_ASKED));
    ledger.intend(&acme, 0, 1_001);
    let open = Unknown { open_since: Some(second(1_001)), is_there: true, ..NEVER_ASKED };
    assert_eq!(ledger.found(&acme), Err(open));
    ledger.settle(&acme, enriched(1_002), Next::Fresh(Generation(1)));
    assert_eq!(*ledger.found(&acme).unwrap(), enriched(1_002));
}

#[test]
fn an_outcome_comes_back_as_it_was_byte_for_byte() {
    let (mut ledger, acme) = (ledger(reuse("name")), subject("acme.com"));
    let millis = Timestamp::from_millisecond(1_708_906_700_123).unwrap();
    let outcomes = [
        Outcome { answered_at: millis, request_id: Some("ü".into()), ..failed(0) },
        Outcome { answered_at: millis, ..enriched(0) },
        Outcome { answered_at: millis, ..other(Verdict::NoMatch, 0) },
        Outcome { answered_at: millis, ..other(Verdict::NotFound, 0) },
    ];
    for outcome in outcomes {
        ledger.keep(&acme, outcome.clone());
        let found = ledger.found(&acme).unwrap();
        assert_eq!(*found, outcome, "nothing of the outcome before is left");
        if let Some(paid) = found.verdict.enrichment() {
            assert_eq!(paid.company.json(), r#"{"name":"Caf\u00e9","revenue":1.50e6,  "size":"1-10"}"#);
            assert_eq!(paid.company.filled(), "name,size".parse().unwrap());
        }
    }
}

#[test]
fn an_outcome_that_keeps_its_key_leaves_the_intent_open() {
    let (mut ledger, acme) = (ledger(reuse("name")), subject("acme.com"));
    ledger.intend(&acme, 2, 800);
    ledger.settle(&acme, failed(900), Next::SameKey);
    let open = Unknown { generation: 2, open_since: Some(second(800)), is_there: true, first_met: None };
    assert_eq!(ledger.found(&acme), Err(open), "a failure of another run is asked again under its key");
    ledger.intend(&acme, 2, 800);
    ledger.settle(&acme, failed(900), Next::Fresh(Generation(3)));
    let closed = Unknown { generation: 3, open_since: None, is_there: true, first_met: None };
    assert_eq!(ledger.found(&acme), Err(closed));
}

#[test]
fn a_withdrawn_call_is_not_open_and_keeps_the_answer_before() {
    let (mut ledger, acme) = (ledger(reuse("name")), subject("acme.com"));
    ledger.intend(&acme, 0, 1_001);
    ledger.withdraw(&acme, 1);
    let closed = Unknown { generation: 1, is_there: true, ..NEVER_ASKED };
    assert_eq!(ledger.found(&acme), Err(closed));
    ledger.keep(&acme, enriched(600));
    ledger.intend(&acme, 1, 1_001);
    ledger.withdraw(&acme, 1);
    assert_eq!(*ledger.found(&acme).unwrap(), enriched(600));
    ledger.withdraw(&subject("never-asked.com"), 1);
}

#[test]
fn the_orders_of_a_batch_take_effect_in_their_order_and_together() {
    let (mut ledger, acme) = (ledger(reuse("name")), subject("acme.com"));
    ledger.intend(&acme, 0, 1_001);
    let settle = Order::Settle {
        call: CallId(1),
        subject: acme.clone(),
        outcome: Arc::new(enriched(1_002)),
        next: Next::Fresh(Generation(1)),
    };
    let look_up = Order::LookUp { call: CallId(2), subject: acme.clone() };
    let answers = ledger.commit(&[look_up.clone(), settle.clone(), look_up], second(1_000)).unwrap();
    assert!(matches!(
        answers.as_slice(),
        [Answer::Unknown { .. }, Answer::Settled { .. }, Answer::Known { .. }]
    ));
    // An outcome without an intent is an error, and takes the whole batch with it.
    let stray = Order::Settle {
        call: CallId(3),
        subject: subject("never-asked.com"),
        outcome: Arc::new(enriched(1_003)),
        next: Next::SameKey,
    };
    let open = subject("open.com");
    ledger.intend(&open, 0, 1_003);
    let withdraw = Order::Withdraw { subject: open.clone(), generation: Generation(9) };
    assert!(ledger.commit(&[withdraw, stray], second(1_000)).is_err());
    assert!(matches!(ledger.found(&open), Err(Unknown { generation: 0, .. })), "not 9");
}

#[test]
fn a_failure_never_takes_the_place_of_what_was_paid_for() {
    let (mut ledger, acme) = (ledger(reuse("name")), subject("acme.com"));
    ledger.keep(&acme, enriched(1_001));
    ledger.keep(&acme, failed(1_002));
    assert_eq!(ledger.found(&acme).unwrap().verdict, enriched(0).verdict);
}
