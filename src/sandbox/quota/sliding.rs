//! A log of the calls within the last window. Holds at most as many as the limit allows.

use std::collections::VecDeque;

/// When the calls of the last window were made.
#[derive(Clone, Debug)]
pub(super) struct Sliding {
    limit: u64,
    /// In nanoseconds, above 0. A call so old has left the window.
    length: i128,
    /// In order, the oldest first; at most `limit`.
    log: VecDeque<i128>,
}

impl Sliding {
    /// Returns an empty log.
    pub(super) const fn new(limit: u64, length: i128) -> Self {
        Self { limit, length, log: VecDeque::new() }
    }

    /// Counts a call; `false` where the last window has seen enough.
    pub(super) fn take(&mut self, now: i128) -> bool {
        let has_room = self.remaining(now) > 0;
        if has_room {
            self.log.push_back(now);
        }
        has_room
    }

    /// Counts a call that was refused. Only the newest calls up to the limit decide when there is room again, so it may
    /// push out the oldest.
    pub(super) fn count_refused(&mut self, now: i128) {
        if self.log.pop_front().is_some() {
            self.log.push_back(now);
        }
    }

    /// Returns the most calls in a window, and its length.
    pub(super) const fn size(&self) -> (u64, i128) {
        (self.limit, self.length)
    }

    /// Returns how many calls the last window could still have seen.
    pub(super) fn remaining(&mut self, now: i128) -> u64 {
        while self.log.front().is_some_and(|&oldest| self.left(oldest) <= now) {
            self.log.pop_front();
        }
        self.limit.saturating_sub(u64::try_from(self.log.len()).unwrap_or(u64::MAX))
    }

    /// Returns when the oldest call leaves the log: the present, if there is none.
    pub(super) fn reset(&mut self, now: i128) -> i128 {
        self.remaining(now);
        self.log.front().map_or(now, |&oldest| self.left(oldest))
    }

    /// Returns when a full log has room again. One that has no room for any call looks the same for ever.
    pub(super) fn opens(&self, now: i128) -> i128 {
        self.left(self.log.front().copied().unwrap_or(now))
    }

    /// Returns when a call leaves the window.
    const fn left(&self, made: i128) -> i128 {
        made.saturating_add(self.length)
    }
}
