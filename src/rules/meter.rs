//! An even pace of which the speed may change at any time, kept by governor.
//!
//! governor gives one call for each second of a clock that is set by hand. That clock runs as fast as calls may leave: at
//! fifty calls a second, fifty of its seconds pass in one of ours. A change of speed changes how fast its time passes and
//! nothing else, so that no call is given twice or forgotten. A call is counted as sixteen parts, so that a call which a
//! timer let leave late does not make the next one late as well: it may leave early by a part or two.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::time::Moment;

/// governor's clock, set by hand.
#[derive(Clone, Debug, Default)]
pub(super) struct SetClock(Arc<AtomicU64>);

impl SetClock {
    pub(super) fn set(&self, nanos: u64) {
        self.0.store(nanos, Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(self.0.load(Ordering::Relaxed))
    }
}

/// One second of governor's clock, in nanoseconds: a call.
const A_CALL: f64 = 1e9;

/// The parts that governor counts a call as.
const PARTS: NonZeroU32 = NonZeroU32::new(16).unwrap();

/// How late a timer may be, in seconds: its grain is a millisecond.
const LATE: f64 = 0.0012;

/// The speed, in calls a second, from which on nothing is paced.
pub const FASTEST: f64 = 100_000.0;

/// The most parts that are caught up with, enough for that speed.
const SLACK_MOST: u32 = 1 << 11;

/// The longest wait that is told at once; whoever waits asks again.
const LONGEST_WAIT: f64 = 3_600.0;

/// The slowest speed, in calls a second: a call a day.
const SLOWEST: f64 = 1.0 / 86_400.0;

type Limiter = RateLimiter<NotKeyed, InMemoryState, SetClock, NoOpMiddleware<Nanos>>;

/// Gives leave to calls, one by one.
#[derive(Debug)]
pub struct Meter {
    clock: SetClock,
    limiter: Limiter,
    /// The parts of a call that may be caught up with.
    slack: u32,
    /// Nanoseconds of governor's clock.
    reading: f64,
    read_at: Moment,
    /// Leave was given and not made use of.
    is_granted: bool,
}

impl Meter {
    /// Returns a meter of which nothing is used. What a pause took is made up for up to so many calls.
    pub fn new(made_up: u32, now: Moment) -> Self {
        let clock = SetClock::default();
        let slack = made_up * PARTS.get();
        Self { limiter: limiter(slack, &clock), clock, slack, reading: 0.0, read_at: now, is_granted: false }
    }

    /// Says whether a call may leave at this speed, in calls a second since the last question, or when to ask again. The
    /// leave stands until it is [taken](Self::take).
    pub fn ask(&mut self, now: Moment, speed: f64) -> Result<(), Moment> {
        if speed >= FASTEST {
            self.read_at = self.read_at.max(now);
            self.is_granted = true;
            return Ok(());
        }
        let speed = speed.max(SLOWEST);
        self.reading += (now - self.read_at).as_secs_f64() * speed * A_CALL;
        self.read_at = self.read_at.max(now);
        if self.is_granted {
            return Ok(());
        }
        let slack = parts_of(speed * LATE).min(SLACK_MOST).next_power_of_two();
        if slack > self.slack {
            self.slack = slack;
            self.limiter = limiter(slack, &self.clock);
        }
        let nanos = whole(self.reading);
        self.clock.set(nanos);
        // A call's parts always fit in: of the two results the outer one is `Ok`.
        if let Ok(Err(not_until)) = self.limiter.check_n(PARTS) {
            let wait = not_until.wait_time_from(Nanos::from(nanos)).as_secs_f64() / speed;
            return Err(now + Duration::from_secs_f64(wait.min(LONGEST_WAIT)).max(Duration::from_nanos(1)));
        }
        self.is_granted = true;
        Ok(())
    }

    /// Takes note that a call has left.
    pub const fn take(&mut self) {
        self.is_granted = false;
    }
}

/// Returns governor for a call a second, with so many parts of a call to make up for.
fn limiter(slack: u32, clock: &SetClock) -> Limiter {
    let quota = Quota::per_second(PARTS).allow_burst(PARTS.saturating_add(slack));
    RateLimiter::direct_with_clock(quota, clock.clone())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped by `as`")]
fn parts_of(calls: f64) -> u32 {
    (calls * f64::from(PARTS.get())).ceil() as u32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped by `as`")]
const fn whole(nanos: f64) -> u64 {
    nanos as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Moment {
        Moment::after_start(Duration::from_millis(ms))
    }

    fn meter(made_up: u32) -> Meter {
        Meter::new(made_up, Moment::START)
    }

    /// Sends whenever there is leave, looking every millisecond.
    fn greedy(meter: &mut Meter, span: std::ops::Range<u64>, speed: f64) -> usize {
        let mut sent = 0;
        for now in span {
            while meter.ask(ms(now), speed).is_ok() {
                meter.take();
                sent += 1;
            }
        }
        sent
    }

    #[test]
    fn the_speed_may_change() {
        let mut meter = meter(0);
        for (from, speed) in [(0, 50u32), (1_000, 10), (2_000, 100), (3_000, 2_000)] {
            let sent = greedy(&mut meter, from..from + 1_000, f64::from(speed));
            let sent = u32::try_from(sent).unwrap();
            assert!(sent.abs_diff(speed) <= 1 + speed / 200, "{sent} at {speed} a second");
        }
    }

    #[test]
    fn from_the_fastest_on_nothing_is_paced_and_below_it_is_again() {
        for fast in [FASTEST, 1e12, 1e300, f64::INFINITY] {
            let mut meter = meter(0);
            for now in 0..10_000 {
                assert_eq!(meter.ask(ms(now), fast), Ok(()), "{fast}");
                meter.take();
            }
            assert!((9..=11).contains(&greedy(&mut meter, 10_000..11_000, 10.0)), "{fast}");
        }
    }

    #[test]
    fn a_pause_is_caught_up_with_by_so_many_at_the_most() {
        let mut meter = meter(4);
        assert_eq!(greedy(&mut meter, 0..1, 10.0), 5);
        assert_eq!(greedy(&mut meter, 1..10_000, 10.0), 99);
        assert_eq!(greedy(&mut meter, 60_000..60_001, 10.0), 5);
    }

    #[test]
    fn leave_stands_until_it_is_taken() {
        let mut meter = meter(0);
        assert_eq!(meter.ask(ms(0), 10.0), Ok(()));
        assert_eq!(meter.ask(ms(0), 10.0), Ok(()));
        meter.take();
        let next = meter.ask(ms(0), 10.0).unwrap_err();
        assert!((ms(93)..ms(101)).contains(&next), "{next:?}");
    }
}
