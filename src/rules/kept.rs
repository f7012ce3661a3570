//! What the ledger keeps, as values: which part of it is meant, one answer of it, what would go.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::outcome::{Outcome, RowStatus};
use super::signature::{KEY_FORGOTTEN, Scope, Wish};
use super::target::Subject;

/// The statuses that a kept answer can have.
pub const STATUSES: [RowStatus; 4] =
    [RowStatus::Enriched, RowStatus::NoMatch, RowStatus::NotFound, RowStatus::Failed];

/// Which answers are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// What base URL or account begin with; empty: all of them.
    pub scope: Box<str>,
    /// The statuses.
    pub statuses: Vec<RowStatus>,
    /// Answered at this time or later.
    pub since: Timestamp,
    /// Answered before this time.
    pub until: Timestamp,
}

impl Selection {
    /// Everything in the scopes whose base URL or account begins so.
    pub fn of_scope(scope: &str) -> Self {
        Self {
            scope: scope.into(),
            statuses: STATUSES.to_vec(),
            since: Timestamp::MIN,
            until: Timestamp::MAX,
        }
    }
}

/// One answer that the ledger keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Whose.
    pub scope: Arc<Scope>,
    /// About whom.
    pub subject: Subject,
    /// What was asked.
    pub wish: Wish,
    /// How often it was paid for.
    pub credits: u64,
    /// The answer: what was paid for, even if asking again failed later.
    pub outcome: Arc<Outcome>,
    /// Why asking failed the last time, if it did.
    pub reason: Option<Box<str>>,
}

/// What a pruning takes away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prunable {
    /// Answers last heard before this time.
    pub before: Timestamp,
    /// Nothing that a run held after this time.
    pub untouched_since: Timestamp,
    /// The statuses.
    pub statuses: Vec<RowStatus>,
}

impl Prunable {
    /// Returns what is older than `age` at `now`.
    ///
    /// Never what the API may remember a key of: once the generation of a question is gone, its first key would be
    /// derived again.
    pub fn older_than(age: SignedDuration, now: Timestamp, statuses: Vec<RowStatus>) -> Self {
        let back = |age: SignedDuration| now.checked_sub(age).unwrap_or(Timestamp::MIN);
        let untouched_since = back(KEY_FORGOTTEN);
        Self { before: back(age).min(untouched_since), untouched_since, statuses }
    }
}

/// What would be pruned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prospect {
    /// How many answers of which status.
    pub answers: Vec<(RowStatus, u64)>,
    /// The credits that they cost.
    pub credits: u64,
    /// About how many bytes they take.
    pub bytes: u64,
    /// The size of the ledger, in bytes.
    pub ledger_bytes: u64,
}

impl Prospect {
    /// Returns how many answers would go.
    pub fn count(&self) -> u64 {
        self.answers.iter().map(|(_, count)| count).sum()
    }
}

/// What became of the room that was freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// The file has become smaller: its size before and now, in bytes.
    Returned(u64, u64),
    /// Another process has the ledger open: later answers fill the room.
    InUse,
    /// The disk has no room for the smaller copy that takes the file's place.
    DiskFull,
}
