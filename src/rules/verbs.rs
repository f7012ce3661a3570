//! What a run asks of the ledger, and what the ledger answers. Free of any storage's words.
//!
//! Orders of one batch take effect together and in their order: what one settles, a later one finds.
//!
//! **Claims.** Of all runs that share a ledger at most one asks about a subject at a time: an intent claims it, and the
//! claim ends with the call's outcome, or with the run. A run that dies, or shows no life for [`LEASE`], loses its claims.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::gate::Standing;
use super::outcome::Outcome;
use super::signature::{Generation, IdempotencyKey};
use super::target::Subject;

/// A run that shows no life for so long has no claims any more. It is a matter of patience, not of money: whoever asks next
/// does so under the same key.
pub const LEASE: Duration = Duration::from_secs(60);

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
    /// Claim the subject for this run, and record that the call is about to be sent: all at once, or nothing, where what
    /// the run knows of the signature is out of date. The answer then is what is known now.
    Intend {
        /// For which call.
        call: CallId,
        /// What is recorded.
        intent: Intent,
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
    /// Let a call go whose outcome is unknown: nobody in this run asks any more, and its key stays.
    Release {
        /// About whom.
        subject: Subject,
    },
    /// Show that this run is alive, so that its claims hold, and keep what the API told last.
    ShowLife {
        /// What it told.
        told: Told,
    },
}

/// What the API told last of what is left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The balance, in credits; absent: it told none in this run.
    pub balance: Option<u64>,
    /// Its quotas, the one that comes back last first.
    pub quotas: Vec<Standing>,
}

/// A call that is about to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// About whom.
    pub subject: Subject,
    /// Which time the signature is asked.
    pub generation: Generation,
    /// Under which key.
    pub key: IdempotencyKey,
    /// Since when a call of this generation is open, as far as the run knows.
    pub open_since: Option<Timestamp>,
    /// When the key was first sent, by the wall clock.
    pub first_sent: Timestamp,
    /// Whether it may be charged again.
    pub uncertain: bool,
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
    /// Nothing that serves is there, and another run is asking about the subject.
    AskedElsewhere {
        /// For which call.
        call: CallId,
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
