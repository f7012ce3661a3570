//! The books: what was charged, to whom, and what was answered. Tests of the client are judged by them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde::Serialize;

use super::draws::fingerprint;
use super::faults::Fault;
use super::request::Ask;
use super::response::{Response, Wire};

/// What happened so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Books {
    /// The balance.
    pub credits_left: u64,
    /// The number of charges, each of one credit.
    pub charged: u64,
    /// The most charges that one subject has seen, whatever was asked about it.
    pub most_charges_per_subject: u32,
    /// The subjects that were charged more than once for the same question (fields, overwrite), in alphabetical order:
    /// under two idempotency keys, without one, or under one that was forgotten.
    pub charged_twice: Vec<String>,
    /// Requests that were answered from the memory of idempotency keys.
    pub replayed: u64,
    /// Requests by the status that was put on the wire.
    pub requests: BTreeMap<u16, u64>,
    /// Requests that got no answer.
    pub unanswered: u64,
    /// When the first request came that the rate limit let through; absent before it.
    pub first_through: Option<Timestamp>,
    /// When the last one came.
    pub last_through: Option<Timestamp>,
    /// Requests of the rival that the rate limit let through.
    pub rivals: u64,
    /// How often each fault struck.
    pub faults: BTreeMap<&'static str, u64>,
}

/// The books as they are being kept. Grows with the number of companies charged, by a few bytes each.
#[derive(Debug, Default)]
pub(super) struct Tally {
    books: Books,
    /// Charges by the fingerprint of the subject, and by that of the whole question.
    charges: HashMap<u64, u32>,
    twice: BTreeSet<String>,
}

impl Tally {
    /// Returns the books with this balance and so many requests of the rival.
    pub(super) fn books(&self, credits_left: u64, rivals: u64) -> Books {
        let charged_twice = self.twice.iter().cloned().collect();
        Books { credits_left, charged_twice, rivals, ..self.books.clone() }
    }

    /// Enters that the rate limit let a request through.
    pub(super) fn passed(&mut self, now: Timestamp) {
        self.books.first_through.get_or_insert(now);
        self.books.last_through = Some(now);
    }

    /// Enters a charge.
    pub(super) fn charged(&mut self, ask: &Ask) {
        let subject = ask.subject.text();
        let fields = ask.fields.map_or(0, |fields| fields.0);
        let question = [subject.as_bytes(), &fields.to_le_bytes(), &[u8::from(ask.overwrite)]];
        let per_subject = self.count(fingerprint(&[subject.as_bytes()]));
        let per_question = self.count(fingerprint(&question));
        self.books.charged += 1;
        self.books.most_charges_per_subject = self.books.most_charges_per_subject.max(per_subject);
        if per_question > 1 {
            self.twice.insert(subject);
        }
    }

    /// Enters an answer from memory.
    pub(super) fn replayed(&mut self) {
        self.books.replayed += 1;
    }

    /// Enters a fault.
    pub(super) fn struck(&mut self, fault: Fault) {
        *self.books.faults.entry(fault.name()).or_default() += 1;
    }

    /// Enters an answer.
    pub(super) fn answered(&mut self, response: &Response) {
        match response.wire {
            Wire::Deliver | Wire::Truncate => *self.books.requests.entry(response.status).or_default() += 1,
            Wire::DropBefore | Wire::DropAfter | Wire::Hang => self.books.unanswered += 1,
        }
    }

    /// Counts a charge under a fingerprint and returns the new count.
    fn count(&mut self, fingerprint: u64) -> u32 {
        let count = self.charges.entry(fingerprint).or_default();
        *count += 1;
        *count
    }
}
