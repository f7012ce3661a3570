//! The user's own ceiling, `--rate N/s|N/m|N/h|N/d`: an even pace, kept by governor.
//!
//! Calls are spaced evenly, as curl's `--rate` does. Above fifty calls a second a timer is too coarse to space single
//! calls, so that a fiftieth of the rate may leave together and the spacing is widened by as much: no span of the
//! rate's length ever holds more than N calls.

use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::meter::SetClock;
use super::time::Moment;

/// The rates from which on calls may leave in small groups, a second: a timer's grain is about a millisecond, and a
/// group is a fiftieth of a second's worth.
const GROUPED_FROM_PER_SECOND: u32 = 50;

/// A number of calls in a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many calls; at least one.
    pub calls: NonZeroU32,
    /// In what time.
    pub span: Duration,
}

/// Why a rate could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no rate; write a whole number above zero and a span, such as 10/s, 300/m, 5000/h or 1000/d"
)]
pub struct RateError(String);

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let error = || RateError(text.to_owned());
        let (calls, span) = text.trim().split_once('/').ok_or_else(error)?;
        let seconds = match span.trim().to_ascii_lowercase().as_str() {
            "s" | "sec" | "second" => 1,
            "m" | "min" | "minute" => 60,
            "h" | "hour" => 3_600,
            "d" | "day" => 86_400,
            _ => return Err(error()),
        };
        let calls = calls.trim().parse().map_err(|_| error())?;
        Ok(Self { calls, span: Duration::from_secs(seconds) })
    }
}

/// Keeps a rate.
#[derive(Debug)]
pub struct Pace {
    clock: SetClock,
    limiter: RateLimiter<NotKeyed, InMemoryState, SetClock, NoOpMiddleware<Nanos>>,
}

impl Pace {
    /// Returns a pacer of which nothing is used yet.
    pub fn new(rate: Rate) -> Self {
        let clock = SetClock::default();
        let limiter = RateLimiter::direct_with_clock(quota(rate), clock.clone());
        Self { clock, limiter }
    }

    /// Takes leave for one call, or says when there is leave.
    pub fn check(&mut self, now: Moment) -> Result<(), Moment> {
        let nanos = u64::try_from(now.since_start().as_nanos()).unwrap_or(u64::MAX);
        self.clock.set(nanos);
        self.limiter.check().map_err(|not_until| {
            now + not_until.wait_time_from(Nanos::from(nanos)).max(Duration::from_nanos(1))
        })
    }
}

/// Returns the spacing and the size of a group, such that no span holds more calls than the rate.
fn quota(rate: Rate) -> Quota {
    let calls = rate.calls.get();
    let a_second = if rate.span.as_secs() == 1 {
        calls
    } else {
        calls / u32::try_from(rate.span.as_secs()).unwrap_or(u32::MAX)
    };
    let group = NonZeroU32::new(a_second / GROUPED_FROM_PER_SECOND).unwrap_or(NonZeroU32::MIN);
    let spacing = rate.span / (calls - group.get() + 1).max(1);
    Quota::with_period(spacing).unwrap_or_else(|| Quota::per_second(rate.calls)).allow_burst(group)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Sends whenever allowed, looking only every `grain`; returns the moments.
    fn greedy(rate: Rate, grain: Duration, total: Duration) -> Vec<Duration> {
        let mut pace = Pace::new(rate);
        let mut sent = Vec::new();
        let mut now = Duration::ZERO;
        while now < total {
            while pace.check(Moment::after_start(now)).is_ok() {
                sent.push(now);
            }
            now += grain;
        }
        sent
    }

    fn most_in_a_span(sent: &[Duration], span: Duration) -> usize {
        let within = |from: Duration| sent.iter().filter(|at| **at >= from && **at < from + span).count();
        sent.iter().map(|from| within(*from)).max().unwrap_or(0)
    }

    #[test]
    fn reads_rates() {
        let rate: Rate = " 300/m".parse().unwrap();
        assert_eq!((rate.calls.get(), rate.span), (300, Duration::from_mins(1)));
        for text in ["", "10", "0/s", "-1/s", "1.5/s", "10/y", "/s", "99999999999/s"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_slow_rate_is_spaced_exactly() {
        let sent = greedy("2/m".parse().unwrap(), Duration::from_secs(1), Duration::from_mins(2));
        assert_eq!(sent, [0, 30, 60, 90].map(Duration::from_secs));
    }

    #[test]
    fn the_next_leave_is_told() {
        let mut pace = Pace::new("10/s".parse().unwrap());
        assert_eq!(pace.check(Moment::START), Ok(()));
        assert_eq!(pace.check(Moment::START), Err(Moment::after_start(Duration::from_millis(100))));
    }

    #[test]
    fn a_fast_rate_is_used_to_nine_tenths_with_a_millisecond_timer() {
        let sent = greedy("1000/s".parse().unwrap(), Duration::from_millis(1), Duration::from_secs(3));
        assert!(sent.len() >= 2_900, "{}", sent.len());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_span_holds_more_than_the_rate(calls in 1u32..400, grain_us in 200u64..30_000) {
            let rate = Rate { calls: NonZeroU32::new(calls).unwrap(), span: Duration::from_secs(1) };
            let sent = greedy(rate, Duration::from_micros(grain_us), Duration::from_secs(3));
            prop_assert!(most_in_a_span(&sent, rate.span) <= calls as usize);
            prop_assert!(!sent.is_empty());
        }
    }
}
