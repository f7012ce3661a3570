//! The life of one call: from a subject that a row asks about to an outcome that its rows share.
//!
//! The only place that knows what an answer makes of a call: whether it is settled, tried again or withdrawn, and under
//! which key it is asked next. A key is kept after everything that may have been charged under it, and left behind after
//! an answer that says that nothing was ever charged under it and that the server may remember.

use std::sync::Arc;

use jiff::Timestamp;

use super::event::StopReason;
use super::outcome::{Outcome, RowNumber, Verdict};
use super::reply::{Charge, Reply};
use super::signature::{Generation, IdempotencyKey, KEY_FORGOTTEN, KEY_PROTECTS};
use super::target::Subject;
use super::time::{Moment, to_the_millisecond};
use super::verbs::{EntryId, Intent, Next, Order};

/// A row that waits for a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingRow {
    /// Which row.
    pub row: RowNumber,
    /// What it asks next, should this call end in `not_found`.
    pub fallback: Option<Subject>,
}

/// Where a call stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// The ledger is asked about it.
    LookingUp,
    /// Another run asks about the subject; the ledger is looked at again in a while.
    AskedElsewhere,
    /// It waits for the gate.
    Queued,
    /// The ledger records that it is about to be sent.
    Recording,
    /// The same, ahead of its turn.
    Arming,
    /// Its intent is recorded, and it waits for the gate.
    Armed,
    /// It is out.
    InFlight,
    /// It waits for its next attempt, and then for the gate.
    BackingOff(Moment),
    /// Out of retries while nothing was answered: it waits for the verdict on the API.
    Suspect,
    /// The ledger records its outcome.
    Settling(Arc<Outcome>),
}

/// A call and the rows that wait for it.
#[derive(Clone, Debug)]
pub struct Call {
    /// Whom it asks about.
    pub subject: Subject,
    /// Who waits for it.
    pub rows: Vec<WaitingRow>,
    /// Where it stands.
    pub phase: Phase,
    /// Which time the signature is asked.
    pub generation: Generation,
    /// What protects it; nothing before its intent is recorded.
    pub key: IdempotencyKey,
    /// When the present key was first sent; absent before it is.
    pub first_sent: Option<Timestamp>,
    /// Where the ledger keeps it, once it does.
    pub entry: Option<EntryId>,
    /// When the latest attempt left.
    pub sent_at: Moment,
    /// The number of the latest attempt among all of the run, in the order in which they left.
    pub number: u64,
    /// The attempts of this run.
    pub attempts: u32,
    /// When it began to fail, if its latest attempt failed: when the first attempt left since the API was last out of
    /// reach, or that one.
    pub failing_since: Option<Moment>,
    /// What the latest failure was, in words.
    pub last_failure: Option<Box<str>>,
    failures: u32,
    is_claimed: bool,
    may_be_charged: bool,
    uncertainty: Uncertainty,
}

/// Whether asking may charge again: an earlier outcome is unknown, and its key protects no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Uncertainty {
    None,
    /// It is to be told when the call leaves.
    ToTell,
    Told,
}

/// What an answer makes of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// It is over; the outcome is to be recorded.
    Settle(Verdict, Next),
    /// It goes again, without having lost a try.
    Again,
    /// It goes again after a backoff.
    Retry {
        /// Why.
        reason: Box<str>,
    },
    /// It has no tries left.
    Exhausted {
        /// Why.
        reason: Box<str>,
    },
    /// It is not settled, and neither will any other be.
    Halt(StopReason),
}

impl Call {
    /// Returns a call that the ledger is being asked about.
    pub const fn new(subject: Subject) -> Self {
        Self {
            subject,
            rows: Vec::new(),
            phase: Phase::LookingUp,
            generation: Generation(0),
            key: IdempotencyKey::NONE,
            first_sent: None,
            entry: None,
            sent_at: Moment::START,
            number: 0,
            attempts: 0,
            failing_since: None,
            last_failure: None,
            failures: 0,
            is_claimed: false,
            may_be_charged: false,
            uncertainty: Uncertainty::None,
        }
    }

    /// Takes note of what the ledger knows: the generation, and when its key was first sent if the outcome is unknown.
    pub fn found_unknown(&mut self, generation: Generation, open_since: Option<Timestamp>) {
        self.generation = generation;
        self.first_sent = open_since;
        self.may_be_charged = open_since.is_some();
        self.take_uncertainty_back();
        self.phase = Phase::Queued;
    }

    /// Takes note that the ledger holds its intent, and that no other run asks.
    pub const fn claimed(&mut self, entry: EntryId) {
        self.entry = Some(entry);
        self.is_claimed = true;
    }

    /// Returns whether no other run may ask.
    pub const fn is_claimed(&self) -> bool {
        self.is_claimed
    }

    /// Lets other runs ask: it will be long before this one does. Its intent is recorded anew before it leaves. Returns what
    /// the ledger is to be told, if anything.
    pub fn let_go(&mut self) -> Option<Order> {
        std::mem::replace(&mut self.is_claimed, false)
            .then(|| Order::Release { subject: self.subject.clone() })
    }

    /// Takes its intent back, since it was not sent, unless an earlier run may have sent it. Returns what the ledger is to be
    /// told.
    pub fn disarm(&mut self) -> Order {
        self.is_claimed = false;
        self.phase = Phase::Queued;
        let subject = self.subject.clone();
        match self.withdrawn(false) {
            Some(generation) => {
                self.first_sent = None;
                Order::Withdraw { subject, generation }
            }
            None => Order::Release { subject },
        }
    }

    /// Returns whether asking may charge again, once: an earlier outcome is unknown and its key protects no more.
    pub fn take_uncertainty(&mut self) -> bool {
        let is_to_tell = self.uncertainty == Uncertainty::ToTell;
        if is_to_tell {
            self.uncertainty = Uncertainty::Told;
        }
        is_to_tell
    }

    fn take_uncertainty_back(&mut self) {
        if self.uncertainty == Uncertainty::ToTell {
            self.uncertainty = Uncertainty::None;
        }
    }

    /// Returns whether its key protects no more a call that may have been charged under it, which nobody was told yet.
    pub fn has_outlived_its_key(&self, now: Timestamp) -> bool {
        let protects_no_more = |sent: Timestamp| now.duration_since(sent) >= KEY_PROTECTS;
        self.may_be_charged
            && self.uncertainty != Uncertainty::Told
            && self.first_sent.is_some_and(protects_no_more)
    }

    /// Returns the failures that have used up tries.
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// Goes on to recording the intent, under the key of its generation. The key's protection starts now, or goes on if the
    /// API may still know the key.
    pub fn record(&mut self, key: IdempotencyKey, now: Timestamp) -> Intent {
        self.take_uncertainty_back();
        if self.has_outlived_its_key(now) {
            self.uncertainty = Uncertainty::ToTell;
        }
        let open_since = self.first_sent;
        let first_sent = match open_since {
            Some(sent) if now.duration_since(sent) < KEY_FORGOTTEN => sent,
            _ => to_the_millisecond(now),
        };
        self.first_sent = Some(first_sent);
        self.key = key;
        self.phase = Phase::Recording;
        Intent {
            subject: self.subject.clone(),
            generation: self.generation,
            key,
            open_since,
            first_sent,
            uncertain: self.uncertainty == Uncertainty::ToTell,
        }
    }

    /// Goes out.
    pub fn send(&mut self, now: Moment) {
        self.attempts += 1;
        self.sent_at = now;
        self.phase = Phase::InFlight;
    }

    /// Takes an answer. `retries` is the number of extra attempts after failures; where `counts` is false a failure
    /// uses up none of them, because it says more about the API than about this call.
    pub fn answered(&mut self, reply: Reply, retries: u32, counts: bool) -> Turn {
        match reply {
            Reply::Enriched { enrichment, .. } => self.settled(Verdict::Enriched(enrichment)),
            Reply::NoMatch => self.settled(Verdict::NoMatch),
            Reply::NotFound => self.settled(Verdict::NotFound),
            Reply::Rejected { reason } => Turn::Settle(Verdict::Failed { reason }, self.next_unsettled()),
            Reply::Halt(reason) => Turn::Halt(reason),
            Reply::Barred => Turn::Halt(StopReason::InsufficientPermissions),
            Reply::RateLimited => Turn::Again,
            Reply::Temporary { reason, charge } => {
                self.may_be_charged |= charge == Charge::Possible;
                // What could not be reached tells of the API alone: only what is answered after that tells of the company.
                if charge == Charge::Impossible {
                    self.failing_since = None;
                }
                self.failing_since.get_or_insert(self.sent_at);
                self.failures += u32::from(counts);
                if self.failures > retries { Turn::Exhausted { reason } } else { Turn::Retry { reason } }
            }
        }
    }

    /// Forgets the failures that were the API's and not the call's own.
    pub const fn acquit(&mut self) {
        self.failures = 0;
        self.failing_since = None;
    }

    /// Gives the call up.
    pub fn give_up(&self) -> (Verdict, Next) {
        let attempts = self.attempts;
        let reason = self.last_failure.as_deref().unwrap_or("no answer");
        let plural = if attempts == 1 { "" } else { "s" };
        let reason = format!("gave up after {attempts} attempt{plural}: {reason}").into();
        (Verdict::Failed { reason }, self.next_unsettled())
    }

    /// Returns the generation to go on with if the call is dropped unsettled, or nothing if its key must be kept.
    /// `remembered` tells whether the server may remember an answer under the key.
    pub fn withdrawn(&self, remembered: bool) -> Option<Generation> {
        match (self.may_be_charged, remembered) {
            (true, _) => None,
            (false, true) => Some(self.generation.next()),
            (false, false) => Some(self.generation),
        }
    }

    const fn settled(&self, verdict: Verdict) -> Turn {
        Turn::Settle(verdict, Next::Fresh(self.generation.next()))
    }

    /// A refusal says nothing of what was charged under the key before it, perhaps by a run whose last commits a power
    /// cut took: the key is not left behind.
    const fn next_unsettled(&self) -> Next {
        if self.may_be_charged { Next::SameKey } else { Next::Fresh(self.generation) }
    }
}

#[cfg(test)]
mod tests;
