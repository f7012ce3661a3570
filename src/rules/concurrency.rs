//! How many calls may be in flight: a number that the user gave, or one found by latency.
//!
//! `auto` follows TCP Vegas (Brakmo and Peterson, 1995) as Netflix's concurrency-limits applies it to calls: the latency
//! of an unloaded server against the present one tells how many calls stand in a queue somewhere; few of them let the
//! limit grow, many make it shrink, and a failure cuts it.

use std::num::NonZeroU32;
use std::time::Duration;

/// The most calls that `auto` ever keeps in flight.
pub const AUTO_MOST: u32 = 256;

/// Where `auto` starts.
const AUTO_FIRST: f64 = 16.0;

/// What a failure leaves of the limit.
const AUTO_CUT: f64 = 0.8;

/// What the user asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concurrency {
    /// This many calls in flight at the most.
    Fixed(NonZeroU32),
    /// As many as the network and the server reward.
    Auto,
}

/// Why a number of calls could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is neither 'auto' nor a whole number from 1 to 4096")]
pub struct ConcurrencyError(String);

/// The most calls in flight that may be asked for: a file descriptor each, and no server rewards more.
const FIXED_MOST: u32 = 4_096;

impl std::str::FromStr for Concurrency {
    type Err = ConcurrencyError;

    fn from_str(text: &str) -> Result<Self, ConcurrencyError> {
        if text.eq_ignore_ascii_case("auto") {
            return Ok(Self::Auto);
        }
        let number: Option<NonZeroU32> =
            text.parse().ok().filter(|number: &NonZeroU32| number.get() <= FIXED_MOST);
        number.map(Self::Fixed).ok_or_else(|| ConcurrencyError(text.to_owned()))
    }
}

impl Concurrency {
    /// Returns the most calls that can ever be in flight.
    pub const fn most(self) -> u32 {
        match self {
            Self::Fixed(number) => number.get(),
            Self::Auto => AUTO_MOST,
        }
    }
}

/// The number of calls that may be in flight at present.
#[derive(Clone, Debug)]
pub struct InFlightLimit {
    wanted: Concurrency,
    limit: f64,
    unloaded: Option<Duration>,
}

impl InFlightLimit {
    /// Returns the limit that a run starts with.
    pub const fn new(wanted: Concurrency) -> Self {
        Self { wanted, limit: AUTO_FIRST, unloaded: None }
    }

    /// Returns how many calls may be in flight; at least one.
    pub fn current(&self) -> u32 {
        match self.wanted {
            Concurrency::Fixed(number) => number.get(),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "kept between 1 and 256"
            )]
            Concurrency::Auto => self.limit as u32,
        }
    }

    /// Takes note of an answer that came after `latency` while `in_flight` calls were out.
    pub fn answered(&mut self, latency: Duration, in_flight: u32) {
        let unloaded = self.unloaded.map_or(latency, |least| least.min(latency));
        self.unloaded = Some(unloaded);
        if f64::from(in_flight) * 2.0 < self.limit || latency.is_zero() {
            return;
        }
        let queued = self.limit * (1.0 - unloaded.as_secs_f64() / latency.as_secs_f64());
        let room = self.limit.log10().max(1.0);
        if queued < room * 3.0 {
            self.set(self.limit + room / self.limit.sqrt());
        } else if queued > room * 6.0 {
            self.set(self.limit - room / self.limit.sqrt());
        }
    }

    /// Takes note of a failure that speaks of too much load.
    pub fn failed(&mut self) {
        self.set(self.limit * AUTO_CUT);
    }

    fn set(&mut self, limit: f64) {
        self.limit = limit.clamp(1.0, f64::from(AUTO_MOST));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(answers: usize, latency_of: impl Fn(u32) -> Duration) -> u32 {
        let mut limit = InFlightLimit::new(Concurrency::Auto);
        for _ in 0..answers {
            let in_flight = limit.current();
            limit.answered(latency_of(in_flight), in_flight);
        }
        limit.current()
    }

    #[test]
    fn reads_numbers_and_auto() {
        assert_eq!("AUTO".parse(), Ok(Concurrency::Auto));
        assert_eq!("64".parse(), Ok(Concurrency::Fixed(NonZeroU32::new(64).unwrap())));
        for text in ["0", "-1", "4097", "many", ""] {
            assert!(text.parse::<Concurrency>().is_err(), "{text}");
        }
    }

    #[test]
    fn grows_while_latency_stays() {
        assert_eq!(after(20_000, |_| Duration::from_millis(50)), AUTO_MOST);
    }

    #[test]
    fn settles_near_what_the_server_serves_at_once() {
        let serves = 40;
        let found = after(20_000, |in_flight| Duration::from_millis(50) * in_flight.max(serves) / serves);
        assert!((40..=70).contains(&found), "{found}");
    }

    #[test]
    fn failures_cut_it_and_never_to_nothing() {
        let mut limit = InFlightLimit::new(Concurrency::Auto);
        for _ in 0..100 {
            limit.failed();
        }
        assert_eq!(limit.current(), 1);
    }

    #[test]
    fn a_number_of_the_users_is_kept() {
        let mut limit = InFlightLimit::new("7".parse().unwrap());
        limit.failed();
        limit.answered(Duration::from_millis(1), 7);
        assert_eq!(limit.current(), 7);
    }
}
