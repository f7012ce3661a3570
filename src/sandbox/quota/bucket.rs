//! A bucket of tokens that is refilled evenly.
//!
//! It is kept in parts of a token, as many to a token as a window has nanoseconds: then each nanosecond brings as many
//! parts as the limit says, and nothing is ever rounded.

use super::ceiling;

/// What is in the bucket.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    /// Tokens that come in a window, and parts that come in a nanosecond.
    limit: u64,
    /// Parts to a token: a window's nanoseconds, above 0.
    length: i128,
    /// Tokens that it holds.
    burst: u64,
    /// Parts in it; below 0 is a debt, at most of a whole bucket.
    level: i128,
    /// When `level` was true; absent before the first question.
    since: Option<i128>,
}

impl Bucket {
    /// Returns a full bucket.
    pub(super) fn new(limit: u64, length: i128, burst: u64) -> Self {
        Self { limit, length, burst, level: i128::from(burst).saturating_mul(length), since: None }
    }

    /// Takes a token; `false` where there is none.
    pub(super) fn take(&mut self, now: i128) -> bool {
        let has_one = self.remaining(now) > 0;
        if has_one {
            self.level -= self.length;
        }
        has_one
    }

    /// Takes a token that is not there.
    pub(super) fn count_refused(&mut self, now: i128) {
        self.refill(now);
        self.level = self.level.saturating_sub(self.length).max(-self.full());
    }

    /// Returns the most tokens, and how long it takes to bring so many.
    pub(super) fn size(&self) -> (u64, i128) {
        let whole = ceiling(self.full(), self.limit.into());
        (self.burst, if whole > 0 { whole } else { self.length })
    }

    /// Returns the whole tokens.
    pub(super) fn remaining(&mut self, now: i128) -> u64 {
        self.refill(now);
        u64::try_from(self.level.div_euclid(self.length)).unwrap_or(0)
    }

    /// Returns when the bucket is full.
    pub(super) fn reset(&mut self, now: i128) -> i128 {
        self.refill(now);
        self.reaches(self.full(), now)
    }

    /// Returns when there is a whole token.
    pub(super) fn opens(&mut self, now: i128) -> i128 {
        self.refill(now);
        self.reaches(self.length, now)
    }

    /// Returns when so many parts are in it; one that is never refilled looks for ever as if it took a window.
    fn reaches(&self, level: i128, now: i128) -> i128 {
        let missing = level.saturating_sub(self.level).max(0);
        let wait =
            if self.limit == 0 && missing > 0 { self.length } else { ceiling(missing, self.limit.into()) };
        now.saturating_add(wait)
    }

    /// Lets in what has come since the last question.
    fn refill(&mut self, now: i128) {
        let elapsed = now.saturating_sub(self.since.unwrap_or(now)).max(0);
        let came = elapsed.saturating_mul(self.limit.into());
        self.level = self.level.saturating_add(came).min(self.full());
        self.since = Some(now);
    }

    /// Returns the parts of a full bucket.
    fn full(&self) -> i128 {
        i128::from(self.burst).saturating_mul(self.length)
    }
}
