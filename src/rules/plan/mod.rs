//! What a run would cost and how long it would take, from what its rows come to and what the API told last.
//!
//! | file | answers |
//! | --- | --- |
//! | `counts.rs` | how many calls and credits at the most? |
//! | `met.rs` | which companies were met before? |
//! | `span.rs` | how long, by the quotas and the user's own rate? |
//!
//! What is promised is the most: a run makes no more calls (retries aside) and costs no more than its plan says. A balance
//! told earlier bounds nothing, since the workspace may have been topped up meanwhile.

mod counts;
mod met;
mod span;

use jiff::Timestamp;

pub use self::counts::{Counts, Invalid, Known, Sighting, Survey};
pub use self::span::{Bound, Pace, Quota, Span, Takes, takes};
use super::credits::Allowance;
use super::gate::GatePolicy;

/// What the API told last, in this ledger's memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastTold {
    /// The balance and when it was told.
    pub balance: Option<(u64, Timestamp)>,
    /// The quotas, the one that comes back last first.
    pub quotas: Vec<Quota>,
}

/// What a run would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// When it would begin.
    pub at: Timestamp,
    /// What the rows come to.
    pub counts: Counts,
    /// What the user allows.
    pub policy: GatePolicy,
    /// What the API told last.
    pub told: LastTold,
    /// How long it takes.
    pub takes: Takes,
}

impl Plan {
    /// Returns the plan for an input.
    pub fn new(counts: Counts, told: LastTold, policy: GatePolicy, at: Timestamp) -> Self {
        let takes = takes(counts.most_calls(), &told.quotas, policy.rate, at);
        Self { at, counts, policy, told, takes }
    }

    /// Returns the most credits that the run can cost.
    pub fn most_credits(&self) -> u64 {
        self.policy.allowance.max.map_or(self.counts.credits, |max| max.min(self.counts.credits))
    }

    /// Returns the credits that the balance told last leaves for this run; absent where none was told.
    pub fn affordable(&self) -> Option<u64> {
        let Allowance { keep, .. } = self.policy.allowance;
        self.told.balance.map(|(balance, _)| balance.saturating_sub(keep))
    }

    /// Returns whether the run would stop at the quota before its work is done, since a reset is later than `--wait`
    /// allows.
    pub fn stops_at_quota(&self) -> bool {
        matches!(&self.takes, Takes::Span(span) if span.longest_pause > self.policy.wait)
    }
}
