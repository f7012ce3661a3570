//! How many calls may be in flight: a number that the user gave, or one found by latency.
//!
//! `auto` follows TCP Vegas (Brakmo and Peterson, 1995), as Netflix's concurrency-limits applies it to calls: what an
//! answer takes now against what it takes without load tells whether calls stand in a queue somewhere. It looks at the
//! mean of as many answers as there are calls in flight, since single answers differ by more than a queue does. It starts
//! by doubling, as TCP's slow start does; many failures cut it. A longer latency may have other reasons
//! than a queue, so that fewer calls are a trial: where they are not answered faster, there was none.

use std::num::NonZeroU32;
use std::time::Duration;

/// The most calls that `auto` ever keeps in flight.
pub const AUTO_MOST: u32 = 256;

/// Where `auto` starts, and the least that latency alone brings it down to.
const AUTO_FIRST: f64 = 16.0;

/// Up to this ratio of the present mean latency to the one without load, nothing stands in a queue.
const UNLOADED_UP_TO: f64 = 1.1;

/// From this ratio on, calls stand in a queue and fewer are as fast.
const QUEUED_FROM: f64 = 1.25;

/// What a queue leaves of the limit, on trial.
const AUTO_TRIAL: f64 = 0.75;

/// A trial shows a queue if answers take no more than this share of the time that they took before. A queue alone would
/// make it the share of the calls; no queue at all would leave it at one.
const SHOWN_BELOW: f64 = 0.88;

/// The share of failures that says nothing of load: single companies fail, and connections break.
const FAILURES_BORNE: f64 = 0.1;

/// What more failures leave of the limit.
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
    is_doubling: bool,
    /// Seconds of a mean answer without load; absent before the first look.
    unloaded: Option<f64>,
    /// The limit and the mean before a trial with fewer calls.
    trial: Option<(f64, f64)>,
    /// The answers since the last look, their seconds, and the failures.
    answers: u32,
    seconds: f64,
    failures: u32,
}

impl InFlightLimit {
    /// Returns the limit that a run starts with.
    pub const fn new(wanted: Concurrency) -> Self {
        Self {
            wanted,
            limit: AUTO_FIRST,
            is_doubling: true,
            unloaded: None,
            trial: None,
            answers: 0,
            seconds: 0.0,
            failures: 0,
        }
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

    /// Takes note of an answer that came after `latency` while `in_flight` calls were out. Answers that came while the
    /// limit was far from used say nothing about it.
    pub fn answered(&mut self, latency: Duration, in_flight: u32) {
        let in_flight = f64::from(in_flight);
        if in_flight * 2.0 < self.limit || (self.trial.is_some() && in_flight > self.limit) {
            return;
        }
        self.answers += 1;
        self.seconds += latency.as_secs_f64();
        self.look_if_due();
    }

    /// Adjusts the limit by the mean latency of one limit's worth of answers.
    fn look(&mut self, mean: f64) {
        if let Some((limit, before)) = self.trial.take()
            && mean > before * SHOWN_BELOW
        {
            self.unloaded = Some(mean);
            return self.set(limit);
        }
        let unloaded = self.unloaded.map_or(mean, |known| mean.min(known));
        self.unloaded = Some(unloaded);
        let ratio = if unloaded > 0.0 { mean / unloaded } else { 1.0 };
        self.is_doubling &= ratio < QUEUED_FROM;
        if self.is_doubling {
            self.set(self.limit * 2.0);
        } else if ratio < UNLOADED_UP_TO {
            self.set(self.limit + (self.limit / AUTO_FIRST).max(1.0));
        } else if ratio > QUEUED_FROM && self.limit > AUTO_FIRST {
            self.trial = Some((self.limit, mean));
            self.set((self.limit * AUTO_TRIAL).max(AUTO_FIRST));
        }
    }

    /// Takes note of a failure.
    pub fn failed(&mut self) {
        self.failures += 1;
        self.look_if_due();
    }

    /// Looks once there are as many answers and failures as calls may be in flight.
    fn look_if_due(&mut self) {
        let (answers, failures) = (f64::from(self.answers), f64::from(self.failures));
        if answers + failures < self.limit.floor() {
            return;
        }
        let mean = self.seconds / answers;
        (self.answers, self.seconds, self.failures) = (0, 0.0, 0);
        if failures > (answers + failures) * FAILURES_BORNE {
            self.is_doubling = false;
            self.trial = None;
            self.set(self.limit * AUTO_CUT);
        } else {
            self.look(mean);
        }
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
    fn grows_fast_while_latency_stays() {
        assert_eq!(after(16 + 32 + 64 + 128, |_| Duration::from_millis(50)), AUTO_MOST);
    }

    #[test]
    fn answers_that_differ_are_no_queue() {
        let mut chance = fastrand::Rng::with_seed(7);
        let mut limit = InFlightLimit::new(Concurrency::Auto);
        for _ in 0..2_000 {
            let in_flight = limit.current();
            limit.answered(Duration::from_millis(chance.u64(20..=80)), in_flight);
        }
        assert!(limit.current() >= 200, "{}", limit.current());
    }

    #[test]
    fn settles_near_what_the_server_serves_at_once() {
        let serves = 40;
        let found = after(50_000, |in_flight| Duration::from_millis(50) * in_flight.max(serves) / serves);
        assert!((36..=70).contains(&found), "{found}");
    }

    #[test]
    fn a_path_that_became_longer_is_no_queue_for_ever() {
        let mut limit = InFlightLimit::new(Concurrency::Auto);
        for answer in 0..20_000 {
            let latency = Duration::from_millis(if answer < 2_000 { 50 } else { 150 });
            let in_flight = limit.current();
            limit.answered(latency, in_flight);
        }
        assert!(limit.current() >= 200, "{}", limit.current());
    }

    #[test]
    fn few_failures_do_not_cut_it() {
        let mut limit = InFlightLimit::new(Concurrency::Auto);
        for answer in 0..2_000 {
            let in_flight = limit.current();
            if answer % 20 == 0 {
                limit.failed();
            } else {
                limit.answered(Duration::from_millis(50), in_flight);
            }
        }
        assert_eq!(limit.current(), AUTO_MOST);
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
