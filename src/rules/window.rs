//! The server's quota window as far as its answers have told it.
//!
//! Answers arrive out of order and other clients share the key, so that no count of our own is kept: within a window
//! the lowest `Remaining` holds, and a window that began later replaces an older one.

use std::time::Duration;

use super::limits::{LimitReport, Reset};
use super::time::Moment;

/// Two resets this close are one: a reset is known to the second, and clocks jitter by the travel time of an answer.
const SAME_RESET: Duration = Duration::from_millis(1_500);

/// A quota window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The calls that it allows, where told.
    pub limit: Option<u64>,
    /// The calls that are left in it, calls in flight not counted.
    pub remaining: u64,
    /// When the next one begins.
    pub reset: Reset,
    /// When the call left whose answer told this.
    as_of: Moment,
}

impl Window {
    /// Returns the window that an answer told of, if it told enough: the answer to a call that left at `sent_at`.
    pub fn told(report: &LimitReport, sent_at: Moment) -> Option<Self> {
        let told = report.quotas.iter().filter_map(|quota| {
            let (remaining, reset) = (quota.remaining?, quota.reset?);
            Some(Self { limit: quota.limit, remaining, reset, as_of: sent_at })
        });
        told.min_by_key(|window| window.remaining)
    }

    /// Returns what holds when `told` has arrived after `self` was known.
    #[must_use]
    pub fn merged_with(self, told: Self) -> Self {
        let apart = (self.reset.at - told.reset.at).max(told.reset.at - self.reset.at);
        if apart <= SAME_RESET {
            // A date without fraction makes a reset look up to a second late: the earliest reading is the closest.
            return Self {
                limit: told.limit.or(self.limit),
                remaining: self.remaining.min(told.remaining),
                reset: if told.reset.at < self.reset.at { told.reset } else { self.reset },
                as_of: self.as_of.max(told.as_of),
            };
        }
        if told.reset.at > self.reset.at || told.as_of >= self.as_of { told } else { self }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn window(remaining: u64, resets_ms: u64, as_of_ms: u64) -> Window {
        let at = |ms| Moment::after_start(Duration::from_millis(ms));
        let reset = Reset { at: at(resets_ms), stated: Timestamp::UNIX_EPOCH };
        Window { limit: Some(100), remaining, reset, as_of: at(as_of_ms) }
    }

    #[test]
    fn within_a_window_the_lowest_count_and_the_earliest_reset_hold() {
        let merged = window(40, 10_000, 50).merged_with(window(42, 9_400, 30));
        assert_eq!(merged, window(40, 9_400, 50));
    }

    #[test]
    fn a_later_window_replaces_an_older_one_and_a_straggler_does_not() {
        let (old, new) = (window(0, 10_000, 50), window(99, 20_000, 10_100));
        assert_eq!(old.merged_with(new), new);
        assert_eq!(new.merged_with(old), new);
    }

    #[test]
    fn a_wrong_reset_is_corrected_by_a_later_call() {
        let (wrong, right) = (window(5, 90_000, 50), window(5, 3_000, 60));
        assert_eq!(wrong.merged_with(right), right);
    }
}
