//! Another client on the same key, which takes its share evenly.
//!
//! Its nth call since the epoch comes at n intervals. It starts with the first question that anybody asks, and is made
//! up for at each further one, call by call at its own time. It is refused where there is no room, without consequences
//! for anybody, and does not try again.

use super::limiter::Limiter;
use super::penalty::Penalty;

/// How many calls are made up for at once, so that a sandbox that was left alone for long answers all the same. What
/// came before them is held not to have been made.
const MADE_UP_MOST: i128 = 1_000_000;

/// Where the rival stands.
#[derive(Clone, Debug)]
pub(super) struct Rival {
    /// Calls in 100 windows.
    calls: i128,
    /// The length of 100 windows in nanoseconds.
    length: i128,
    /// The number of its last call since the epoch; absent before the first question.
    last: Option<i128>,
    taken: u64,
}

impl Rival {
    /// Returns a rival that takes so many percent of the limit in each window; nobody, if that is nothing.
    pub(super) fn new(limit: u64, length: i128, percent: u8) -> Option<Self> {
        let calls = i128::from(limit).saturating_mul(percent.into());
        (calls > 0).then(|| Self { calls, length: length.saturating_mul(100), last: None, taken: 0 })
    }

    /// Returns how many of its calls were let through.
    pub(super) const fn taken(&self) -> u64 {
        self.taken
    }

    /// Makes the calls that were due since the last question.
    pub(super) fn catch_up(&mut self, now: i128, limiter: &mut Limiter, penalty: &Penalty) {
        let due = now.saturating_mul(self.calls).div_euclid(self.length);
        let first = self.last.unwrap_or(due).max(due.saturating_sub(MADE_UP_MOST)).saturating_add(1);
        for number in first..=due {
            let at = super::ceiling(number.saturating_mul(self.length), self.calls);
            if !penalty.closes(at) && limiter.take(at) {
                self.taken = self.taken.saturating_add(1);
            }
        }
        self.last = Some(due);
    }
}
