//! The rate limit: a count of requests in fixed windows that are aligned to the epoch.

use std::time::Duration;

use jiff::Timestamp;

/// How many requests the present window has seen.
#[derive(Clone, Debug)]
pub(super) struct Quota {
    limit: u64,
    /// The window's length in nanoseconds, above 0.
    length: i128,
    /// The number of the window that `used` counts.
    window: i128,
    used: u64,
}

/// What the headers say about the quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// Requests in one window.
    pub(super) limit: u64,
    /// Requests left in this one.
    pub(super) remaining: u64,
    /// When the next window begins, in whole seconds since the epoch, rounded up.
    pub(super) reset: i128,
    /// How long until then, in whole seconds, at least 1.
    pub(super) wait: i128,
}

impl Quota {
    /// Returns a quota of which nothing is used.
    pub(super) fn new(limit: u64, window: Duration) -> Self {
        let length = i128::try_from(window.as_nanos()).unwrap_or(i128::MAX).max(1);
        Self { limit, length, window: 0, used: 0 }
    }

    /// Counts a request; `false` where the window has no room for it.
    pub(super) fn take(&mut self, now: Timestamp) -> bool {
        self.roll(now);
        let has_room = self.used < self.limit;
        if has_room {
            self.used += 1;
        }
        has_room
    }

    /// Returns what is left at this time.
    pub(super) fn standing(&mut self, now: Timestamp) -> Standing {
        const SECOND: i128 = 1_000_000_000;
        self.roll(now);
        let end = self.window.saturating_add(1).saturating_mul(self.length);
        let left = end.saturating_sub(now.as_nanosecond());
        Standing {
            limit: self.limit,
            remaining: self.limit.saturating_sub(self.used),
            reset: ceiling(end, SECOND),
            wait: ceiling(left, SECOND).max(1),
        }
    }

    /// Begins a new count where the window has changed.
    fn roll(&mut self, now: Timestamp) {
        let window = now.as_nanosecond().div_euclid(self.length);
        if window != self.window {
            self.window = window;
            self.used = 0;
        }
    }
}

/// Divides and rounds up.
const fn ceiling(number: i128, by: i128) -> i128 {
    -((-number).div_euclid(by))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_midnight_utc() {
        let mut quota = Quota::new(2, Duration::from_secs(86_400));
        let evening: Timestamp = "2026-03-01T23:59:59.5Z".parse().unwrap();
        let midnight: Timestamp = "2026-03-02T00:00:00Z".parse().unwrap();
        assert!(quota.take(evening));
        assert!(quota.take(evening));
        assert!(!quota.take(evening));
        let reset = i128::from(midnight.as_second());
        assert_eq!(quota.standing(evening), Standing { limit: 2, remaining: 0, reset, wait: 1 });
        assert!(quota.take(midnight));
        let standing = quota.standing(midnight);
        assert_eq!((standing.remaining, standing.reset, standing.wait), (1, reset + 86_400, 86_400));
    }

    #[test]
    fn short_windows_are_aligned_too() {
        let mut quota = Quota::new(1, Duration::from_millis(1_500));
        let at = |millis| Timestamp::from_millisecond(millis).unwrap();
        assert!(quota.take(at(3_000_000)));
        assert!(!quota.take(at(3_001_499)));
        assert_eq!(quota.standing(at(3_001_499)).reset, 3_002);
        assert!(quota.take(at(3_001_500)));
        assert!(!Quota::new(0, Duration::from_secs(1)).take(at(0)));
    }
}
