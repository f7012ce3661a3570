//! What the server's clock shows at a moment of the run.
//!
//! Between the two there is a constant, the *offset*: server time minus run time. A `Date` bounds it. It was stamped
//! between the call's leaving and the answer's coming, and the server's time was then within the second that it names;
//! the bounds of all answers together are narrower than a second, so that the phase of the second is learned. Waiting is
//! reckoned with the lower bound: a reset is seen late by what is not known, never early. Without any `Date` the wall
//! clock at the first answer stands in, and what the resets themselves show corrects it. Wall clocks are read once: one
//! that is set during the run changes nothing.

use std::time::Duration;

use jiff::Timestamp;

use crate::rules::time::{Moment, Now};

const SECOND: i128 = 1_000_000_000;

/// How far a date may lag behind the clock it was read from: servers keep it for a while, in tens of milliseconds.
const DATE_LAGS: i128 = SECOND / 5;

/// Clocks that are set by hand or not at all are off by this much at the most; a reset that is past by more is none.
const WORST_SKEW: i128 = 15 * 60 * SECOND;

/// Bounds of the offset, in nanoseconds. The lower one is not above the upper one.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    low: i128,
    high: i128,
}

impl Bounds {
    const NONE: Self = Self { low: i128::MIN / 4, high: i128::MAX / 4 };

    /// Narrows the bounds by newer ones; where both cannot hold, the newer do.
    fn narrowed(self, newer: Self) -> Self {
        let both = Self { low: self.low.max(newer.low), high: self.high.min(newer.high) };
        if both.low <= both.high { both } else { newer }
    }
}

/// The server's clock, as far as its answers tell.
#[derive(Debug, Default)]
pub(super) struct ServerClock {
    dated: Option<(Timestamp, Bounds)>,
    undated: Option<Undated>,
}

/// Stands in for dates that never came.
#[derive(Clone, Copy, Debug)]
struct Undated {
    /// What our own wall clock makes of the offset.
    own: i128,
    shown: Bounds,
}

impl ServerClock {
    /// Takes note of an answer that came `now` to a call that left at `sent_at`, and of its date.
    pub(super) fn saw(&mut self, date: Option<Timestamp>, sent_at: Moment, now: Now) {
        let Some(date) = date else {
            if self.dated.is_none() && self.undated.is_none() {
                let own = now.wall.as_nanosecond() - nanos(now.at);
                self.undated = Some(Undated { own, shown: Bounds::NONE });
            }
            return;
        };
        let stamp = date.as_nanosecond();
        let told = Bounds { low: stamp - nanos(now.at), high: stamp + SECOND - nanos(sent_at.min(now.at)) };
        let bounds = match self.dated {
            Some((_, known)) if told.high >= known.low => known.narrowed(told),
            // A clock does not stand still: the same date once more is a copy.
            Some((last, known)) if last == date => known,
            Some((_, known)) if known.low - told.high <= DATE_LAGS => {
                Bounds { low: told.high, high: told.high }
            }
            _ => told,
        };
        self.dated = Some((date, bounds));
    }

    /// Takes note of a reset that was stated on a call: for the server it was not over.
    pub(super) fn saw_reset(&mut self, reset: Timestamp, sent_at: Moment) {
        let high = reset.as_nanosecond() - nanos(sent_at);
        self.learn(|own| own - high <= WORST_SKEW, Bounds { high, ..Bounds::NONE });
    }

    /// Takes note that a window was over, which was to end at `reset`, when an answer came. It was stated to the second,
    /// and may have ended up to one before.
    pub(super) fn saw_window_end(&mut self, reset: Timestamp, now: Moment) {
        let low = reset.as_nanosecond() - SECOND - nanos(now);
        self.learn(|own| low - own <= WORST_SKEW, Bounds { low, ..Bounds::NONE });
    }

    fn learn(&mut self, is_sane: impl Fn(i128) -> bool, shown: Bounds) {
        if self.dated.is_none()
            && let Some(undated) = &mut self.undated
            && is_sane(undated.own)
        {
            undated.shown = undated.shown.narrowed(shown);
        }
    }

    /// Returns whether nothing tells the server's time but our own clock.
    pub(super) fn is_guess(&self) -> bool {
        let is_unseen = |undated: Undated| undated.shown.low == Bounds::NONE.low;
        self.dated.is_none() && self.undated.is_none_or(is_unseen)
    }

    /// Returns the least offset that is possible, in nanoseconds.
    fn offset(&self) -> Option<i128> {
        let undated = |undated: Undated| undated.own.clamp(undated.shown.low, undated.shown.high);
        self.dated.map(|(_, bounds)| bounds.low).or(self.undated.map(undated))
    }

    /// Returns how far a time on the server's clock lies after a moment, in seconds; below zero where it lies before.
    /// It is never too little by more than the clock lags.
    pub(super) fn seconds_until(&self, time: Timestamp, moment: Moment) -> Option<f64> {
        let ahead = time.as_nanosecond() - self.offset()? - nanos(moment);
        #[expect(clippy::cast_precision_loss, reason = "far off are only times that count as absent")]
        Some(ahead as f64 / 1e9)
    }

    /// Returns how much later than it is a time on the server's clock may be seen.
    pub(super) fn uncertainty(&self) -> Duration {
        let width = self.dated.map_or(0, |(_, bounds)| bounds.high - bounds.low);
        Duration::from_nanos(u64::try_from(width).unwrap_or(0))
    }

    /// Returns what the server's clock shows at a moment, to be shown.
    pub(super) fn time_at(&self, moment: Moment) -> Option<Timestamp> {
        Timestamp::from_nanosecond(self.offset()?.checked_add(nanos(moment))?).ok()
    }
}

fn nanos(moment: Moment) -> i128 {
    i128::try_from(moment.since_start().as_nanos()).unwrap_or(i128::MAX / 8)
}
