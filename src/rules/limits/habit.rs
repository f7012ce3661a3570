//! How one header means its numbers, learned from answer to answer.
//!
//! A small number counts seconds or milliseconds. What tells them apart, strongest first: how fast it falls from answer
//! to answer of one window; a window's stated length or a `Retry-After` beside it; a fraction. Each is a vote, and the
//! sum decides, so that a coincidence is outvoted and a first mistake corrected. Before there is a vote it is seconds, but
//! for two cases: what would be more than 32 days; and what may be a few seconds or the better part of an hour, where
//! calls were let through and nothing is left now. There the shorter reading is only a look too early; the longer one
//! might end the run.

use std::time::Duration;

use jiff::Timestamp;

use super::FARTHEST;
use super::remark::Doubt;
use crate::rules::time::Moment;

/// How sure a unit can be at most: so many votes to the contrary, and one more, turn it.
const SUREST: i8 = 3;

/// With nothing left, such a number is taken for milliseconds before there is a vote: up to ten seconds, else hours.
const MAY_BE_SHORT: std::ops::RangeInclusive<f64> = 120.0..=10_000.0;

/// Seconds that were counted down at the least where they are to be seconds.
const COUNTED_DOWN: f64 = 1.5;

/// So many sightings without a vote make it worth a look.
const SIGHTINGS: u32 = 5;

/// A number that has not fallen within this time, in seconds, does not count down: rounding hides one.
const SURELY_CONSTANT: f64 = 2.5;

/// Sightings further apart than this, in seconds, may be of different windows.
const STALE: f64 = 60.0;

/// The circumstances under which a header was seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    pub(super) sent_at: Moment,
    pub(super) now: Moment,
    pub(super) limit: Option<u64>,
    pub(super) remaining: Option<u64>,
    /// The window's length, where the answer states one.
    pub(super) window: Option<Duration>,
    /// The seconds of a `Retry-After` beside it.
    pub(super) retry_secs: Option<f64>,
}

/// What a number means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Meaning {
    /// The quota comes back so long after the present.
    Ahead(Duration),
    /// It is the length of a window.
    Length(Duration),
    /// Nothing that can be.
    Nothing,
}

/// How one header means its numbers.
#[derive(Debug, Default)]
pub(super) struct Habit {
    /// Above zero: milliseconds. Below: seconds.
    votes: i8,
    /// A sighting to compare with, and what was left at the latest.
    first: Option<(f64, Sight)>,
    left: Option<u64>,
    sightings: u32,
    steady: Option<Steady>,
    /// A number that was seen not to fall.
    constant: Option<f64>,
    /// The latest time that was stated, and what was left.
    time: Option<(Timestamp, Option<u64>)>,
    /// Whether times are cut off to the second, so that what they tell of is up to a second later.
    pub(super) cuts_off: bool,
}

/// A number that came again and again while fewer and fewer calls were left.
#[derive(Clone, Copy, Debug)]
struct Steady {
    number: f64,
    since: Moment,
    times: u32,
}

impl Habit {
    /// Returns what a number from now means, and what is doubtful about it.
    pub(super) fn meaning(&mut self, number: f64, sight: Sight) -> (Meaning, Option<Doubt>) {
        self.vote(hints(number, &sight));
        let before = std::mem::replace(&mut self.left, sight.remaining);
        let left = before.zip(sight.remaining);
        self.watch(number, &sight, left.is_some_and(|(before, left)| left < before && left > 0));
        self.compare(number, sight, left.is_some_and(|(before, left)| left > before));
        let is_whole = number.fract() == 0.0;
        self.sightings = self.sightings.saturating_add(1);
        let is_exhausted = sight.remaining == Some(0) && self.sightings > SIGHTINGS;
        let exhausted_for_long = is_whole && MAY_BE_SHORT.contains(&number) && is_exhausted;
        let is_millis =
            self.votes > 0 || number > FARTHEST.as_secs_f64() || (self.votes == 0 && exhausted_for_long);
        let seconds = if is_millis { number / 1_000.0 } else { number };
        let Some(span) = Duration::try_from_secs_f64(seconds).ok().filter(|span| *span <= FARTHEST) else {
            return (Meaning::Nothing, Some(Doubt::TooFar));
        };
        if self.constant == Some(number) {
            return (Meaning::Length(span), Some(Doubt::Constant));
        }
        (Meaning::Ahead(span), is_millis.then_some(Doubt::Millis))
    }

    /// Takes note of a stated time. Returns the time before it if that one's window must be over: more is left again.
    pub(super) fn window_ended(&mut self, time: Timestamp, sight: &Sight) -> Option<Timestamp> {
        let before = self.time.replace((time, sight.remaining));
        let ((known, left_before), left) = (before?, sight.remaining?);
        // A sliding window moves its end with every call and has a little more left now and then.
        let is_full = sight.limit.is_some_and(|limit| left >= limit / 2);
        let moved = time.duration_since(known).as_secs();
        (left > left_before? && (moved >= 2 || (moved >= 1 && is_full))).then_some(known)
    }

    fn vote(&mut self, vote: i8) {
        self.votes = (self.votes + vote).clamp(-SUREST, SUREST);
    }

    /// Watches for a number that does not fall although the window goes on: fewer calls are left each time.
    fn watch(&mut self, number: f64, sight: &Sight, is_same_window: bool) {
        match &mut self.steady {
            Some(steady) if steady.number.to_bits() == number.to_bits() && is_same_window => {
                steady.times += 1;
                let least = seconds_between(steady.since, sight.sent_at);
                // A single second may be a fraction, rounded up.
                if number >= 2.0 && steady.times >= 3 && least > SURELY_CONSTANT {
                    self.constant = Some(number);
                }
            }
            steady => *steady = Some(Steady { number, since: sight.now, times: 0 }),
        }
    }

    /// Compares with an earlier sighting of the same window.
    fn compare(&mut self, number: f64, sight: Sight, is_other_window: bool) {
        let Some((known, then)) = self.first else {
            self.first = Some((number, sight));
            return;
        };
        // Both were handled some time between leaving and coming.
        let least = seconds_between(then.now, sight.sent_at);
        let most = seconds_between(then.sent_at, sight.now);
        let fall = known - number;
        let fits = |a_second: f64| fall >= a_second * least - 1.0 && fall <= a_second * most + 1.0;
        let is_over = is_other_window || fall < -1.0 || least > STALE;
        // An answer that was overtaken may speak of the window before.
        let was_overtaken = least < 0.0;
        let vote = match (fits(1_000.0), fits(1.0)) {
            _ if is_over || was_overtaken => 0,
            (true, false) if fall >= 5.0 => 1,
            // What stands still is no countdown: a bucket under load is as far from being full as before.
            (false, true) if least >= 2.0 && fall >= COUNTED_DOWN => -1,
            _ => 0,
        };
        self.vote(vote);
        if is_over || vote != 0 {
            self.first = Some((number, sight));
        }
    }
}

/// Returns how the rest of the same answer votes.
fn hints(number: f64, sight: &Sight) -> i8 {
    let by_window = sight.window.map(|window| window.as_secs_f64()).map_or(0, |window| {
        if number > window * 1.5 + 2.0 {
            1
        } else {
            -i8::from(number >= window * 0.5 && number <= window + 1.0)
        }
    });
    let by_retry = sight.retry_secs.filter(|retry| *retry >= 1.0).map_or(0, |retry| {
        let agrees = |seconds: f64| seconds >= 1.0 && (seconds - retry).abs() <= 1.0;
        i8::from(agrees(number / 1_000.0)) - i8::from(agrees(number))
    });
    let by_fraction = -i8::from(number.fract() != 0.0 && number < 1_000.0);
    (by_window + by_retry + by_fraction).signum()
}

/// Returns how long after `from` a moment is, in seconds; below zero where it is before.
fn seconds_between(from: Moment, to: Moment) -> f64 {
    to.since_start().as_secs_f64() - from.since_start().as_secs_f64()
}
