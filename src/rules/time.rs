//! What time it is, as a value: a monotonic moment for waiting, a wall-clock time for telling.
//!
//! Nothing here reads a clock; `engine/clock.rs` does and passes a [`Now`] in.

use std::ops::{Add, Sub};
use std::time::Duration;

use jiff::Timestamp;

/// A point on the run's monotonic time line, counted from the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(Duration);

impl Moment {
    /// The start of the run.
    pub const START: Self = Self(Duration::ZERO);

    /// Returns the moment `elapsed` after the start of the run.
    pub const fn after_start(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// Returns how long after the start of the run this is.
    pub const fn since_start(self) -> Duration {
        self.0
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, rhs: Duration) -> Self {
        Self(self.0.saturating_add(rhs))
    }
}

impl Sub for Moment {
    type Output = Duration;

    /// Returns how long `rhs` lies before `self`; zero where it does not.
    fn sub(self, rhs: Self) -> Duration {
        self.0.saturating_sub(rhs.0)
    }
}

/// The present, read once per step: the same instant on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The monotonic reading, which all waiting is measured on.
    pub at: Moment,
    /// The wall-clock reading, which is written down and shown.
    pub wall: Timestamp,
}

impl Now {
    /// Returns the wall-clock time of a moment, by this reading of both clocks.
    pub fn wall_at(self, moment: Moment) -> Timestamp {
        let shifted = if moment >= self.at {
            self.wall.checked_add(bounded(moment - self.at))
        } else {
            self.wall.checked_sub(bounded(self.at - moment))
        };
        shifted.unwrap_or(self.wall)
    }
}

/// Returns a time as the ledger keeps it: what comes from there and what does not must not differ.
pub fn to_the_millisecond(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

/// Caps a span at a century, so that a moment which means "never" is still a date.
fn bounded(span: Duration) -> Duration {
    span.min(Duration::from_secs(100 * 365 * 86_400))
}
