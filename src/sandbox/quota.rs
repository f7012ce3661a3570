//! The rate limit: whether a call is let through, and what the headers say about it.
//!
//! A limiter of one of four kinds counts; a penalty stands above it where a refused call has consequences; a rival takes
//! its share of it. All times are nanoseconds since the epoch on the server's clock, which comes with each question: what
//! happened since the last one is made up for then.

mod bucket;
mod limiter;
mod penalty;
mod rival;
mod sliding;
mod window;

#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::Timestamp;

use self::limiter::Limiter;
use self::penalty::Penalty;
use self::rival::Rival;
use super::settings::Settings;
use super::terms::LimiterKind;

/// The state of the rate limit.
#[derive(Clone, Debug)]
pub(super) struct Quota {
    limiter: Limiter,
    penalty: Penalty,
    rival: Option<Rival>,
}

/// What becomes of a call at the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is let through.
    Through,
    /// It is one too many.
    Refused,
    /// It is not even looked at: there were too many refusals.
    Banned,
}

/// What there is to say about the limit. Times are nanoseconds since the epoch on the server's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// The most calls at once: the limit, of a bucket what it holds.
    pub(super) limit: u64,
    /// The length of the window in which so many calls become possible again.
    pub(super) window: i128,
    /// Calls left.
    pub(super) remaining: u64,
    /// The present.
    pub(super) now: i128,
    /// When a window ends, the oldest call leaves the log, the bucket is full.
    pub(super) reset: i128,
    /// When a call is let through: now, if one is left.
    pub(super) opens: i128,
}

impl Quota {
    /// Returns a quota of which nothing is used.
    pub(super) fn new(settings: &Settings) -> Self {
        let length = nanoseconds(settings.window).max(1);
        Self {
            limiter: Limiter::new(settings, length),
            penalty: Penalty::new(settings.refused, length),
            rival: Rival::new(settings.limit, length, settings.rival),
        }
    }

    /// Counts a call, or refuses it.
    pub(super) fn take(&mut self, now: Timestamp) -> Verdict {
        let now = now.as_nanosecond();
        self.catch_up(now);
        if self.penalty.bans(now) {
            return Verdict::Banned;
        }
        if !self.penalty.closes(now) && self.limiter.take(now) {
            self.penalty.passed();
            return Verdict::Through;
        }
        self.penalty.refused(now, &mut self.limiter);
        Verdict::Refused
    }

    /// Returns what is left at this time.
    pub(super) fn standing(&mut self, now: Timestamp) -> Standing {
        let now = now.as_nanosecond();
        self.catch_up(now);
        let (limit, window) = self.limiter.size();
        let standing = Standing {
            limit,
            window,
            remaining: self.limiter.remaining(now),
            now,
            reset: self.limiter.reset(now),
            opens: self.limiter.opens(now),
        };
        match self.penalty.closed_until(now) {
            Some(end) => Standing { remaining: 0, reset: end, opens: end.max(standing.opens), ..standing },
            None => standing,
        }
    }

    /// Returns how many calls the rival got through so far.
    pub(super) fn rivals(&self) -> u64 {
        self.rival.as_ref().map_or(0, Rival::taken)
    }

    /// Lets the rival take what it came for since the last question.
    fn catch_up(&mut self, now: i128) {
        if let Some(rival) = &mut self.rival {
            rival.catch_up(now, &mut self.limiter, &self.penalty);
        }
    }
}

impl Settings {
    /// Returns how many calls the limit lets a single caller make between two times, who never asks in vain and wastes
    /// nothing: the limit times the windows that fit in between (a fraction counts as such, wherever windows begin), of
    /// a bucket what it holds on top; of all that, what a rival leaves. Negative spans allow nothing.
    pub fn allowance(&self, from: Timestamp, to: Timestamp) -> f64 {
        let windows = to.duration_since(from).as_secs_f64().max(0.0) / self.window.as_secs_f64();
        let burst = match self.limiter {
            LimiterKind::Bucket => self.burst.unwrap_or(self.limit),
            LimiterKind::Fixed | LimiterKind::FromFirst | LimiterKind::Sliding => 0,
        };
        let left = f64::from(100_u8.saturating_sub(self.rival)) / 100.0;
        count(self.limit) * windows * left + count(burst)
    }
}

/// Returns a count as a number for estimates.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 calls, and a measure anyway")]
const fn count(calls: u64) -> f64 {
    calls as f64
}

/// Returns a duration in nanoseconds.
fn nanoseconds(duration: Duration) -> i128 {
    i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX)
}

/// Divides and rounds up; by nothing gives nothing.
pub(super) fn ceiling(number: i128, by: i128) -> i128 {
    number.saturating_neg().checked_div_euclid(by).unwrap_or_default().saturating_neg()
}
