//! One quota of the server's, as far as answers have told it: may a call leave, how fast may calls leave, and when does
//! more come back?
//!
//! | file | answers |
//! | --- | --- |
//! | `mod.rs` | what answers tell of it, in whatever order they come |
//! | `leave.rs` | may a call leave now, and when to look again |
//! | `supply.rs` | how the quota comes back: in steps or in a trickle |
//! | `steer.rs` | the speed at which a short quota is neither exceeded nor left unused |
//!
//! What the server says last is the truth, whatever was thought before: other clients may use the same key. Answers
//! arrive out of order. One to a call that left after an earlier answer had come is later than that one for certain;
//! of others the lower count holds.

mod departures;
mod leave;
mod steer;
mod supply;

use std::time::Duration;

pub use self::departures::Departures;
use self::leave::RHYTHM_SLACK;
pub use self::leave::{Leave, Outstanding};
use self::steer::Steer;
use self::supply::{Kind, Rhythm, opens_a_window};
use super::limits::{QuotaReport, Reset};
use super::time::Moment;

/// Longer windows are used at full speed and then waited for; shorter ones are spread evenly.
const SPREAD_UP_TO: Duration = Duration::from_secs(65);

/// Fewer calls are not worth spreading: what remains and when more comes back is told with each of them.
const SPREAD_FROM: f64 = 8.0;

/// A rhythm and a stated reset agree if they lie this close: a reset is stated in whole seconds, rounded either way.
const AGREE: Duration = Duration::from_millis(1_600);

/// A reset this near may be past by a clock that is right. One that is farther is not: no clock is this wrong.
pub const WORST_SKEW: Duration = Duration::from_secs(15 * 60);

/// A reset this much shorter than any told before is another unit, not the same window.
const OTHER_UNIT: u32 = 100;

/// The use of a smaller share of the limit has no age.
const TELLING: f64 = 0.25;

/// The first window is spread over so much more than is stated: some servers round down.
const MARGIN: Duration = Duration::from_millis(700);

/// A time in whole seconds may be rounded down.
const ROUNDED_BY: Duration = Duration::from_secs(1);

/// How much of a policy is used of which nobody tells what remains.
const ALMOST: f64 = 0.97;

/// How an answer was come by.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// The number of the call among all calls of the run.
    pub number: u64,
    /// When it left.
    pub sent_at: Moment,
    /// When its answer came.
    pub now: Moment,
    /// Whether it was let through, and so counted by the server.
    pub counted: bool,
}

/// The latest word on what remains, by the order in which calls left.
#[derive(Clone, Copy, Debug)]
struct Latest {
    remaining: f64,
    number: u64,
    sent_at: Moment,
}

/// The lowest word on what remains, of all that may have been said at the same time.
#[derive(Clone, Copy, Debug)]
struct Floor {
    remaining: f64,
    sent_at: Moment,
    told_at: Moment,
}

/// A quota.
#[derive(Clone, Debug)]
pub struct Quota {
    limit: Option<u64>,
    window: Option<Duration>,
    reset: Option<Reset>,
    /// The longest that a reset was ever away.
    farthest: Duration,
    latest: Latest,
    floor: Floor,
    most: f64,
    steer: Steer,
    /// When the latest window was first seen.
    opened_at: Option<Moment>,
    rhythm: Rhythm,
    /// Whether windows open before the moment that is stated, as where it is rounded up to the second.
    opens_early: bool,
    told_at: Moment,
    held_up_since: Option<Moment>,
    /// Whether calls were held up since the latest answer.
    was_held_up: bool,
    /// Looks in a row that found nothing.
    looks: u32,
    /// How much later than stated more comes back, once a look came too early.
    late: Duration,
    /// The mean time of an answer, in seconds.
    round_trip: f64,
}

impl Quota {
    /// Returns the quota that an answer told of, if it told what remains.
    pub fn told_by(report: &QuotaReport, seen: Seen) -> Option<Self> {
        let remaining = precise(report.remaining?);
        let mut quota = Self {
            limit: report.limit,
            window: report.window,
            reset: None,
            farthest: Duration::ZERO,
            latest: Latest { remaining, number: seen.number, sent_at: seen.sent_at },
            floor: Floor { remaining, sent_at: seen.sent_at, told_at: seen.now },
            most: remaining,
            steer: Steer::new(seen, remaining),
            opened_at: None,
            rhythm: Rhythm::default(),
            opens_early: false,
            told_at: seen.now,
            held_up_since: None,
            was_held_up: false,
            looks: 0,
            late: Duration::ZERO,
            round_trip: (seen.now - seen.sent_at).as_secs_f64(),
        };
        quota.hear_reset(report, seen, true);
        quota.steer.begin(seen, remaining, quota.first_speed(seen));
        Some(quota)
    }

    /// Returns the calls that a window allows.
    pub const fn limit(&self) -> Option<u64> {
        self.limit
    }

    /// Returns how long a window is, where the server says so.
    pub const fn window(&self) -> Option<Duration> {
        self.window
    }

    /// Returns the calls that are left, calls in flight not counted.
    pub const fn remaining(&self) -> u64 {
        whole(self.floor.remaining)
    }

    /// Returns when more comes back, as it was stated last.
    pub const fn reset(&self) -> Option<Reset> {
        self.reset
    }

    /// Returns whether a report speaks of this quota.
    pub fn is_meant_by(&self, report: &QuotaReport) -> bool {
        self.limit == report.limit && (self.window == report.window || report.window.is_none())
    }

    /// Returns whether nothing was heard of it for so long that it may be gone.
    pub fn is_stale(&self, now: Moment) -> bool {
        let due = self.reset.map_or(self.told_at, |reset| reset.at.max(self.told_at));
        now > due + Duration::from_secs(5)
    }

    /// Takes note of what an answer told.
    pub fn told(&mut self, report: &QuotaReport, seen: Seen, departures: &Departures) {
        self.told_at = seen.now;
        self.window = report.window.or(self.window);
        let Some(remaining) = report.remaining.map(precise) else {
            return self.hear_reset(report, seen, false);
        };
        self.most = self.most.max(remaining);
        self.round_trip += ((seen.now - seen.sent_at).as_secs_f64() - self.round_trip) * 0.1;
        if self.is_of_window_before(report, remaining, seen) {
            return;
        }
        if seen.sent_at >= self.floor.told_at || remaining < self.floor.remaining {
            self.floor = Floor { remaining, sent_at: seen.sent_at, told_at: seen.now };
        }
        if seen.number <= self.latest.number {
            return;
        }
        if remaining >= 1.0 {
            self.looks = 0;
        }
        let before = self.latest;
        let latest = Latest { remaining, number: seen.number, sent_at: seen.sent_at };
        if !seen.counted {
            self.stays_used(seen, departures);
            self.latest = Latest { remaining, ..before };
            return self.hear_reset(report, seen, false);
        }
        let expected = before.remaining - precise(seen.number - before.number);
        let gain = remaining - expected;
        let allows = self.allows();
        let opens = opens_a_window(gain, allows - expected.max(0.0));
        let span_before = self.span();
        let stated = self.reset;
        self.hear_reset(report, seen, opens);
        self.steer.gained(gain, remaining, opens);
        self.grow_older(seen, allows, departures);
        self.latest = latest;
        if opens {
            self.floor = Floor { remaining, sent_at: seen.sent_at, told_at: seen.now };
            self.opens_early |= stated.is_some_and(|stated| seen.sent_at + RHYTHM_SLACK < stated.at);
            self.window_opened(seen.sent_at);
        }
        self.adjust(seen, opens, span_before);
    }

    /// Returns whether an answer speaks of the window that is over, although the present one has been told of: its call
    /// left before the first one that was counted in the present window, or was overtaken by it on its way. Where windows
    /// are longer than a reset is vague, the reset tells.
    fn is_of_window_before(&self, report: &QuotaReport, remaining: f64, seen: Seen) -> bool {
        let Some(opened) = self.opened_at else { return false };
        let is_told_before = match (report.reset, self.reset) {
            (Some(told), Some(known)) if self.span() > AGREE => told.at + self.span() / 2 < known.at,
            _ => true,
        };
        let was_overtaken = seen.sent_at - opened < Duration::from_secs_f64(self.round_trip)
            && self.latest.remaining >= SPREAD_FROM
            && remaining < self.latest.remaining * 0.5;
        is_told_before && remaining < self.latest.remaining && (seen.sent_at < opened || was_overtaken)
    }

    /// Returns the calls a second that may leave, where the quota is spread evenly.
    pub const fn speed(&self) -> Option<f64> {
        self.steer.speed()
    }

    /// Returns whether what remains is enough for so many calls.
    pub fn covers(&self, calls: u64) -> bool {
        self.floor.remaining >= precise(calls)
    }

    /// Takes note of a refusal although calls seemed to be left.
    pub fn refused(&mut self) {
        self.steer.refused();
    }

    /// Takes note that a call was told to come again at a moment: a bucket has room long before it is full.
    pub fn back_by(&mut self, at: Moment) {
        if let Some(reset) = self.reset.as_mut().filter(|reset| reset.at > at + AGREE) {
            reset.at = at;
        }
    }

    /// Forgets what may have changed while nobody looked.
    pub fn doubt(&mut self, now: Moment) {
        self.floor = Floor { remaining: 0.0, sent_at: now, told_at: now };
        self.latest.remaining = 0.0;
        self.reset = None;
        self.opened_at = None;
        self.looks = 0;
        self.told_at = Moment::START;
    }

    fn window_opened(&mut self, at: Moment) {
        if let Some(before) = self.opened_at.replace(at) {
            self.rhythm.heard(at - before);
        }
    }

    /// A window's end that is told in whole seconds is told later and later: the earliest telling is the closest.
    fn hear_reset(&mut self, report: &QuotaReport, seen: Seen, opens: bool) {
        let Some(told) = report.reset else { return };
        let is_same = |known: &Reset| known.at > seen.now && within(known.at, told.at, AGREE);
        let known = self.reset.filter(|_| !opens && self.steer.kind() != Kind::Trickle).filter(is_same);
        self.reset = Some(known.filter(|known| known.at < told.at).unwrap_or(told));
        let ahead = told.at - seen.now;
        if self.farthest > SPREAD_UP_TO && ahead < self.farthest / OTHER_UNIT {
            self.farthest = ahead;
        }
        self.farthest = self.farthest.max(ahead);
    }

    /// Returns how long a window lasts, or the log, or the filling of the bucket.
    fn span(&self) -> Duration {
        self.window.unwrap_or(self.farthest)
    }

    /// Notes how long ago what is used up was used. What was used up before stayed so until calls could leave again.
    fn grow_older(&mut self, seen: Seen, allows: f64, departures: &Departures) {
        let Latest { remaining, number, .. } = self.latest;
        let used = allows - remaining;
        let Some(since) = departures.before(number, whole(used - 1.0)) else {
            return;
        };
        let at_least = self.latest.sent_at - since;
        let at_most = if self.was_held_up { seen.sent_at - since } else { at_least };
        self.was_held_up = false;
        if used >= allows * TELLING {
            self.steer.aged(at_least, at_most);
        }
    }

    /// A refusal says that all that was used up before is used up still.
    fn stays_used(&mut self, seen: Seen, departures: &Departures) {
        let allows = self.allows();
        let Latest { remaining, number, .. } = self.latest;
        if let Some(since) = departures.before(number, whole(allows - remaining - 1.0)) {
            self.steer.aged(seen.sent_at - since, seen.sent_at - since);
        }
    }

    /// Returns the calls that a window allows, as far as is known.
    fn allows(&self) -> f64 {
        self.limit.map_or(self.most, precise)
    }

    /// Returns the speed to begin with: what remains, spread over the time until it comes back.
    fn first_speed(&self, seen: Seen) -> Option<f64> {
        if self.span() > SPREAD_UP_TO
            || self.allows() < SPREAD_FROM
            || (self.reset.is_none() && self.window.is_none())
        {
            return None;
        }
        if let (Some(window), Some(limit)) = (self.window, self.limit) {
            return Some(precise(limit) / window.as_secs_f64().max(1e-3));
        }
        let ahead = self.reset.map_or(self.farthest, |reset| reset.at - seen.now);
        Some(self.latest.remaining.max(1.0) / (ahead + MARGIN).as_secs_f64())
    }

    fn adjust(&mut self, seen: Seen, opens: bool, span_before: Duration) {
        let span = self.span();
        if span > SPREAD_UP_TO || self.allows() < SPREAD_FROM {
            self.steer.stop();
        } else if self.steer.speed().is_none() && self.reset.is_some()
            || span > span_before.mul_f64(1.3) + ROUNDED_BY
        {
            self.steer.begin(seen, self.latest.remaining, self.first_speed(seen));
        } else {
            let allows = self.allows();
            // The first reset is seen late, until the phase of the server's clock is known. Near the window's end it says
            // nothing any more.
            if self.reset.is_some_and(|reset| reset.at - seen.now > span / 2) {
                self.steer.raise(self.first_speed(seen));
            }
            self.steer.turn(
                seen,
                steer::Turn {
                    opens,
                    span,
                    is_stated: self.window.is_some(),
                    beat: self.rhythm.beat(),
                    allows,
                    remaining: self.latest.remaining,
                },
            );
        }
    }
}

/// Calls as a number to reckon with.
#[expect(clippy::cast_precision_loss, reason = "no quota has more calls than 2^52")]
const fn precise(calls: u64) -> f64 {
    calls as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped by `as`")]
const fn whole(calls: f64) -> u64 {
    calls as u64
}

/// Returns the calls a second that a quota allows if it is spread evenly, and nothing if its window is too long for that.
pub fn evenly(limit: u64, window: Duration) -> Option<f64> {
    let is_short = window <= SPREAD_UP_TO && !window.is_zero();
    is_short.then(|| (precise(limit) * ALMOST).max(0.5) / window.as_secs_f64())
}

fn within(one: Moment, other: Moment, span: Duration) -> bool {
    (one - other).max(other - one) <= span
}
