//! The credit budget: a credit is reserved before a call leaves and settled by its answer.
//!
//! Invariant: paid + reserved + doubtful never exceeds `--max-credits`, and the lowest balance told, less what is
//! reserved, never falls below `--keep-credits` (but for the first call of a run whose balance nobody has told yet).

/// What a run may spend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// The most credits that the run may spend; absent: no limit of its own.
    pub max: Option<u64>,
    /// The balance that must not be gone below.
    pub keep: u64,
}

/// What a run has spent, may have spent and is about to spend.
#[derive(Clone, Debug)]
pub struct Budget {
    allowance: Allowance,
    paid: u64,
    reserved: u64,
    doubtful: u64,
    balance: Option<u64>,
}

/// Whether one more credit may be reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// It may.
    Free,
    /// Not before a reservation is settled.
    Full,
    /// Never again in this run.
    Spent,
}

impl Budget {
    /// Returns a budget of which nothing is spent.
    pub const fn new(allowance: Allowance) -> Self {
        Self { allowance, paid: 0, reserved: 0, doubtful: 0, balance: None }
    }

    /// Returns whether one more credit may be reserved.
    pub fn room(&self) -> Room {
        let left_to_spend = self
            .allowance
            .max
            .map_or(u64::MAX, |max| max.saturating_sub(self.paid).saturating_sub(self.doubtful));
        let left_above_keep = match (self.allowance.keep, self.balance) {
            (0, _) => u64::MAX,
            (keep, Some(balance)) => balance.saturating_sub(keep).saturating_sub(self.doubtful),
            // Nobody has told a balance yet: one call goes and may cross the line by its one credit.
            (_, None) => 1u64.saturating_sub(self.paid).saturating_sub(self.doubtful),
        };
        match left_to_spend.min(left_above_keep) {
            0 => Room::Spent,
            left if left <= self.reserved => Room::Full,
            _ => Room::Free,
        }
    }

    /// Returns the lowest balance that was told.
    pub const fn balance(&self) -> Option<u64> {
        self.balance
    }

    /// Sets one credit aside for a call that is about to leave.
    pub const fn reserve(&mut self) {
        self.reserved += 1;
    }

    /// Settles a reservation: the call was paid for, and its answer told this balance. Answers arrive out of order, so
    /// the lowest balance holds; one that tells none has taken a credit off it.
    pub fn pay(&mut self, told: Option<u64>) {
        self.reserved = self.reserved.saturating_sub(1);
        self.paid += 1;
        self.balance = match (self.balance, told) {
            (Some(lowest), Some(told)) => Some(lowest.min(told)),
            (Some(lowest), None) => Some(lowest.saturating_sub(1)),
            (None, told) => told,
        };
    }

    /// Settles a reservation: the call was free.
    pub const fn release(&mut self) {
        self.reserved = self.reserved.saturating_sub(1);
    }

    /// Settles a reservation whose call was given up and may have been charged: it counts as spent.
    pub const fn doubt(&mut self) {
        self.reserved = self.reserved.saturating_sub(1);
        self.doubtful += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_full_budget_has_room_again_when_a_call_was_free() {
        let mut budget = Budget::new(Allowance { max: Some(2), keep: 0 });
        budget.reserve();
        budget.reserve();
        assert_eq!(budget.room(), Room::Full);
        budget.release();
        assert_eq!(budget.room(), Room::Free);
        budget.pay(None);
        budget.reserve();
        budget.pay(None);
        assert_eq!(budget.room(), Room::Spent);
    }

    #[test]
    fn what_may_have_been_charged_counts_as_spent() {
        let mut budget = Budget::new(Allowance { max: Some(1), keep: 0 });
        budget.reserve();
        budget.doubt();
        assert_eq!(budget.room(), Room::Spent);
    }

    #[test]
    fn the_balance_is_kept_with_calls_in_flight() {
        let mut budget = Budget::new(Allowance { max: None, keep: 100 });
        assert_eq!(budget.room(), Room::Free);
        budget.reserve();
        assert_eq!(budget.room(), Room::Full, "nobody has told a balance yet: one call at a time");
        budget.pay(Some(102));
        budget.reserve();
        assert_eq!(budget.room(), Room::Free);
        budget.reserve();
        assert_eq!(budget.room(), Room::Full);
        budget.pay(Some(101));
        assert_eq!(budget.room(), Room::Full);
        budget.pay(None);
        assert_eq!(budget.room(), Room::Spent);
    }

    proptest! {
        /// A server with a balance of its own is the oracle: whatever the order of the answers, it is never charged
        /// more than allowed nor below what is to be kept.
        #[test]
        fn never_more_than_allowed(
            max in 0u64..20, keep in 0u64..20, start in 0u64..40,
            steps in prop::collection::vec((any::<bool>(), 0usize..8, 0u8..3), 1..200),
        ) {
            let mut budget = Budget::new(Allowance { max: Some(max), keep });
            let mut balance = start;
            let mut in_flight: Vec<(u8, u64)> = Vec::new();
            let mut charged = 0u64;
            for (send, pick, end) in steps {
                if send && budget.room() == Room::Free && balance > 0 {
                    budget.reserve();
                    if end != 0 { balance -= 1; charged += 1; }
                    in_flight.push((end, balance));
                } else if !in_flight.is_empty() {
                    let (end, told) = in_flight.remove(pick % in_flight.len());
                    match end {
                        0 => budget.release(),
                        1 => budget.pay(Some(told)),
                        _ => budget.doubt(),
                    }
                }
                prop_assert!(charged <= max);
                prop_assert!(balance >= keep.min(start.saturating_sub(1)));
            }
        }
    }
}
