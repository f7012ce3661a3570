//! The only reader of clocks, and the only place that sleeps.
//!
//! Monotonic time is tokio's, so that a test which pauses it makes days pass in milliseconds. Waiting is always until a
//! moment, on the monotonic clock: a wall clock that jumps changes nothing.
#![expect(clippy::disallowed_methods, reason = "this is the place that the other places are told to use")]

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::rules::time::{Moment, Now};

/// Tells the time of a run.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    wall: Wall,
}

#[derive(Clone, Copy, Debug)]
enum Wall {
    System,
    /// Goes with the monotonic clock from this time on, but for one jump: so long after the start, by so much.
    From(Timestamp, Duration, SignedDuration),
}

impl Clock {
    /// Starts the clock of a real run. Must be called inside a tokio runtime.
    pub fn system() -> Self {
        Self { started: Instant::now(), wall: Wall::System }
    }

    /// Starts a clock whose wall time begins at `wall` and follows tokio's clock, paused or not.
    pub fn simulated(wall: Timestamp) -> Self {
        Self::jumping(wall, Duration::MAX, SignedDuration::ZERO)
    }

    /// Starts such a clock whose wall time jumps once, so long after its start: as that of a machine that slept, or one that
    /// was set.
    pub fn jumping(wall: Timestamp, after: Duration, by: SignedDuration) -> Self {
        Self { started: Instant::now(), wall: Wall::From(wall, after, by) }
    }

    /// Reads both clocks.
    pub fn now(&self) -> Now {
        let elapsed = self.started.elapsed();
        let wall = match self.wall {
            Wall::System => Timestamp::now(),
            Wall::From(start, after, by) => {
                let jump = if elapsed < after { SignedDuration::ZERO } else { by };
                start.checked_add(jump).and_then(|start| start.checked_add(elapsed)).unwrap_or(Timestamp::MAX)
            }
        };
        Now { at: Moment::after_start(elapsed), wall }
    }

    /// Waits until a moment; for ever, where there is none.
    pub async fn wait_until(&self, moment: Option<Moment>) {
        let deadline = moment.and_then(|moment| self.started.checked_add(moment.since_start()));
        match deadline {
            Some(deadline) => tokio::time::sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    }
}
