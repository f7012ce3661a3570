//! What a run asks of the ledger, and what the ledger answers. Free of any storage's words.
//!
//! Orders of one batch take effect together and in their order: what one settles, a later one finds.

use std::sync::Arc;

use jiff::Timestamp;

use super::outcome::Outcome;
use super::signature::{Generation, IdempotencyKey};
use super::target::Subject;

/// The place of a call among those that a run has open; reused once the call is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u32);

/// The ledger's own number of a signature, stable for its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EntryId(pub u64);

/// Something the ledger is asked to do for a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// Find an answer that serves, or what is known about asking.
    LookUp {
        /// For which call.
        call: CallId,
        /// About whom.
        subject: Subject,
    },
    /// Find an answer as [`Order::LookUp`] does, when the run no longer asks: the ledger also tells whether it is
    /// asked about an unknown subject for the first time in this run.
    LookUpStopped {
        /// For which call.
        call: CallId,
        /// About whom.
        subject: Subject,
    },
    /// Record that the call is about to be sent.
    Intend {
        /// For which call.
        call: CallId,
        /// About whom.
        subject: Subject,
        /// Which time the signature is asked.
        generation: Generation,
        /// Under which key.
        key: IdempotencyKey,
        /// When the key was first sent, by the wall clock.
        first_sent: Timestamp,
    },
    /// Record what became of the call.
    Settle {
        /// For which call.
        call: CallId,
        /// About whom.
        subject: Subject,
        /// The answer.
        outcome: Arc<Outcome>,
        /// What the signature's next asking goes by.
        next: Next,
    },
    /// Record that the call came to nothing that was charged.
    Withdraw {
        /// About whom.
        subject: Subject,
        /// Which time the signature is asked next.
        generation: Generation,
    },
}

/// What the next asking of a signature goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A key of its own.
    Fresh(Generation),
    /// The key that this one had, since it may have been charged under it.
    SameKey,
}

/// What the ledger answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// An answer that serves is there.
    Known {
        /// For which call.
        call: CallId,
        /// Where it stands.
        entry: EntryId,
        /// The answer.
        outcome: Arc<Outcome>,
    },
    /// Nothing that serves is there.
    Unknown {
        /// For which call.
        call: CallId,
        /// Which time the signature is asked now.
        generation: Generation,
        /// When the key of this generation was first sent, if its outcome is unknown.
        open_since: Option<Timestamp>,
        /// Where the signature stands, if it was ever asked.
        entry: Option<EntryId>,
        /// Whether [`Order::LookUpStopped`] asked about this subject for the first time in this run; absent for
        /// [`Order::LookUp`].
        first_met: Option<bool>,
    },
    /// The intent is recorded.
    Intended {
        /// For which call.
        call: CallId,
        /// Where it stands.
        entry: EntryId,
    },
    /// The outcome is recorded.
    Settled {
        /// For which call.
        call: CallId,
    },
}
