//! How long to wait before asking again: exponential backoff with full jitter.
//!
//! The waits are drawn evenly between zero and a bound that doubles, which spreads callers best ("Exponential Backoff And
//! Jitter", AWS Architecture Blog, 2015). The draw of chance is an argument.

use std::time::Duration;

use super::time::Moment;

/// Bounds of a backoff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The longest first wait.
    pub first: Duration,
    /// The longest wait at all.
    pub longest: Duration,
}

/// For an attempt that failed. A server that restarts is away for seconds, so six attempts span a few of them.
pub const AFTER_FAILURE: Backoff =
    Backoff { first: Duration::from_millis(250), longest: Duration::from_secs(20) };

/// For probing an API that is away.
pub const BETWEEN_PROBES: Backoff =
    Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(30) };

impl Backoff {
    /// Returns when to try again after the `nth` failure in a row, counted from 1. `draw` is a draw of chance from 0 to 1.
    pub fn again_at(self, now: Moment, nth: u32, draw: f64) -> Moment {
        now + self.bound(nth).mul_f64(draw.clamp(0.0, 1.0))
    }

    /// Returns the longest wait after the `nth` failure in a row.
    fn bound(self, nth: u32) -> Duration {
        let doublings = nth.saturating_sub(1).min(20);
        self.first.saturating_mul(1 << doublings).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_double_up_to_the_longest() {
        let bounds: Vec<u128> = (1..=9).map(|nth| AFTER_FAILURE.bound(nth).as_millis()).collect();
        assert_eq!(bounds, [250, 500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]);
        assert_eq!(AFTER_FAILURE.bound(u32::MAX), AFTER_FAILURE.longest);
    }

    #[test]
    fn the_whole_range_is_drawn_from() {
        let now = Moment::after_start(Duration::from_secs(5));
        assert_eq!(AFTER_FAILURE.again_at(now, 3, 0.0), now);
        assert_eq!(AFTER_FAILURE.again_at(now, 3, 0.5), now + Duration::from_millis(500));
        assert_eq!(AFTER_FAILURE.again_at(now, 3, 7.0), now + Duration::from_secs(1));
    }
}
