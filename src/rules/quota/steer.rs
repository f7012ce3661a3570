//! The speed at which a short quota is neither exceeded nor left unused.
//!
//! What is used up now was used since some moment of ours: the *age* of the use. A log that slides has an age of one
//! window at all times, a window that begins anew has it at its end. The longest age in a cycle is the window's length,
//! whatever the server calls a reset, and the limit spread over it is the speed. Where others use a window too, what we had of
//! it and what was left over is the next one's speed. A bucket's age is the time in which it fills; while it stays nearly
//! full it allows more than was thought, and the speed is raised.

use std::time::Duration;

use super::supply::{Cycle, Kind};
use super::{Seen, precise};
use crate::rules::meter::FASTEST;

/// What is meant to remain at the least, in calls and as a share of the limit.
const SPARE: f64 = 0.9;
const SPARE_SHARE: f64 = 0.012;
const SPARE_MOST: f64 = 4.0;
const SMALL: f64 = 0.04;

/// A cycle that ends for want of a new window is this much longer than one.
const OVERDUE: f64 = 1.6;

/// A window that opens sooner after another is the same one, or the first was met at its end.
const TOO_SOON: f64 = 0.3;

/// The shortest cycle: answers must have come in it, and windows below a second are not known.
const SHORTEST: Duration = Duration::from_secs(1);

/// Windows last whole seconds: an age this close to some is taken for them. Answers that overtake each other blur it.
const BLUR: f64 = 0.045;

/// Calls were held up in earnest if less than this share of the speed was sent.
const KEPT_UP: f64 = 0.97;

/// Cycles in a row that must contradict what is believed of the window.
const DOUBTS: u32 = 2;

/// How much of the way to what a cycle shows is gone where it is near what is believed.
const CLOSER: f64 = 0.4;

/// The least that a cycle leaves of a trickling window's length.
const TRICKLES: f64 = 0.85;

/// What comes back after a pause of more than this share of a cycle is seen at once, and shows nothing.
const PAUSE: f64 = 0.15;

/// A quota of which this much is left all the time allows more than was thought; one of which less than the second is
/// left does not.
const PLENTY: f64 = 0.6;
const SCARCE: f64 = 0.25;

/// How much faster a quota of which plenty is left is used in the next cycle.
const BOOST: f64 = 1.03;
/// The same for one of which nearly all is left: a full bucket.
const FULL: f64 = 0.9;
const BOOST_FULL: f64 = 1.25;
const BOOST_MOST: f64 = 64.0;

/// What is left over beyond what is meant to be, as a share of the limit, that says that the speed is too low.
const LEFT_OVER: f64 = 0.03;

/// How far one cycle changes the speed.
const SLOWER: f64 = 0.5;
const FASTER: f64 = 2.0;

/// The least speed, as a share of the limit in each span.
const LEAST: f64 = 0.02;

/// What a cycle's end is judged by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    /// Whether a window has just opened.
    pub(super) opens: bool,
    /// How long a window lasts, as far as the server says.
    pub(super) span: Duration,
    /// Whether that is certain.
    pub(super) is_stated: bool,
    /// How long one lasts by what was seen.
    pub(super) beat: Option<Duration>,
    /// The calls that a window allows.
    pub(super) allows: f64,
    /// What remains.
    pub(super) remaining: f64,
}

/// Holds the speed, and learns.
#[derive(Clone, Debug)]
pub(super) struct Steer {
    speed: Option<f64>,
    kind: Kind,
    cycle: Cycle,
    /// The cycle that ended with the present answer, if it opened a window.
    ended: Option<Cycle>,
    /// The window's length by the age of its use, in seconds, and how often in a row that was doubted.
    lasts: Option<f64>,
    doubts: u32,
    /// How much faster than the age allows calls may leave.
    boost: f64,
    comes_back: f64,
    others_take: f64,
    /// Calls that are left unused since a refusal.
    caution: f64,
}

impl Steer {
    pub(super) const fn new(seen: Seen, remaining: f64) -> Self {
        Self {
            speed: None,
            kind: Kind::Unknown,
            cycle: Cycle::new(seen.sent_at, seen.number, remaining),
            ended: None,
            lasts: None,
            doubts: 0,
            boost: 1.0,
            comes_back: 0.0,
            others_take: 0.0,
            caution: 0.0,
        }
    }

    pub(super) const fn speed(&self) -> Option<f64> {
        self.speed
    }

    pub(super) const fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the calls a second that come back by and by.
    pub(super) const fn comes_back(&self) -> f64 {
        self.comes_back
    }

    /// Returns the calls a second that other clients take.
    pub(super) const fn others_take(&self) -> f64 {
        self.others_take
    }

    /// Begins anew with a speed.
    pub(super) const fn begin(&mut self, seen: Seen, remaining: f64, speed: Option<f64>) {
        self.speed = speed;
        self.ended = None;
        self.cycle = Cycle::new(seen.sent_at, seen.number, remaining);
    }

    /// Raises the first speed while nothing else is known.
    pub(super) fn raise(&mut self, speed: Option<f64>) {
        if self.kind == Kind::Unknown && self.lasts.is_none() {
            self.speed = self.speed.zip(speed).map(|(now, then)| now.max(then)).or(self.speed);
        }
    }

    /// Gives the speed up: the window is long.
    pub(super) const fn stop(&mut self) {
        self.speed = None;
    }

    pub(super) fn gained(&mut self, gain: f64, remaining: f64, opens: bool) {
        if !opens {
            self.cycle.gained(gain, remaining);
            return;
        }
        let mut ended = self.cycle;
        let lowest = ended.lowest;
        ended.gained(gain, remaining);
        ended.lowest = lowest;
        self.ended = Some(ended);
    }

    /// Takes note that so many calls were used since so long ago.
    pub(super) fn aged(&mut self, at_least: Duration, at_most: Duration) {
        for cycle in self.ended.iter_mut().chain([&mut self.cycle]) {
            cycle.age = cycle.age.max(at_least);
            cycle.age_at_most = cycle.age_at_most.max(at_most);
        }
    }

    pub(super) fn held_up(&mut self, held_up: Duration) {
        self.cycle.held_up += held_up;
        self.cycle.pause = self.cycle.pause.max(held_up);
    }

    /// Slows down after a refusal that nothing had announced.
    pub(super) fn refused(&mut self) {
        self.speed = self.speed.map(|speed| speed * 0.95);
        self.caution = (self.caution + 1.0).min(8.0);
    }

    /// Ends the cycle if it is over, and sets the speed for the next.
    pub(super) fn turn(&mut self, seen: Seen, turn: Turn) {
        let cycle = self.ended.take().unwrap_or(self.cycle);
        let took = seen.sent_at - cycle.began;
        let span = self
            .lasts
            .filter(|_| !turn.is_stated)
            .map_or(turn.span, |lasts| turn.span.max(Duration::from_secs_f64(lasts)));
        // What comes back as fast as it is used is a bucket's, whatever its reset seems to say.
        let is_refilled = cycle.kind() == Some(Kind::Trickle) && cycle.lowest >= turn.allows * FULL;
        let is_over = match self.kind {
            _ if turn.opens || (is_refilled && took >= SHORTEST) => true,
            Kind::Step => took >= span.mul_f64(OVERDUE).max(SHORTEST),
            // Until something has come back, the window may last longer than it is said to: by what was rounded off.
            Kind::Unknown => took >= span + SHORTEST || (took >= span && cycle.kind() == Some(Kind::Trickle)),
            Kind::Trickle => took >= span.max(SHORTEST),
        };
        if !is_over {
            return;
        }
        self.cycle = Cycle::new(seen.sent_at, seen.number, turn.remaining);
        self.cycle.began_late = cycle.pause > took.mul_f64(PAUSE);
        if turn.opens && took < span.mul_f64(TOO_SOON) {
            return;
        }
        // After a pause all that came back meanwhile is seen at once.
        if self.kind == Kind::Unknown || cycle.pause < took.mul_f64(PAUSE) {
            self.kind = cycle.kind().unwrap_or(self.kind);
        }
        self.comes_back = if self.kind == Kind::Trickle { cycle.rate(took) } else { 0.0 };
        self.others_take = self.others(&cycle, took);
        let sent = precise(seen.number - cycle.number);
        let window = turn.beat.map_or(took, |beat| beat.min(took));
        let left_to_us = sent + cycle.lowest - self.spare(turn.allows);
        let left_to_us = left_to_us.max(0.5) / window.as_secs_f64().max(0.1);
        self.set_speed(&cycle, (sent / took.as_secs_f64().max(1e-3), left_to_us), turn);
    }

    fn others(&self, cycle: &Cycle, took: Duration) -> f64 {
        let seconds = took.as_secs_f64().max(1e-3);
        // Answers that overtake each other look like a call or two of somebody else's.
        (cycle.taken_by_others(self.kind) - 2.0).max(0.0) / seconds
    }

    /// Sets the speed by the calls a second that were sent and those that others left to us.
    fn set_speed(&mut self, cycle: &Cycle, (sent, left_to_us): (f64, f64), turn: Turn) {
        let speed = self.speed.unwrap_or(sent);
        let falls_short = cycle.held_up.as_secs_f64() * speed >= 1.0 && sent < speed * KEPT_UP;
        let is_kept_up = sent >= speed * KEPT_UP;
        let left = cycle.lowest / turn.allows.max(1.0);
        self.boost = match self.kind {
            Kind::Trickle if is_kept_up && left > FULL => (self.boost * BOOST_FULL).min(BOOST_MOST),
            Kind::Trickle if is_kept_up && left > PLENTY => (self.boost * BOOST).min(BOOST_MOST),
            _ if falls_short || left < SCARCE => (self.boost / BOOST).max(1.0),
            _ => self.boost,
        };
        let is_left_over =
            is_kept_up && cycle.lowest > self.spare(turn.allows) + (turn.allows * LEFT_OVER).max(2.0);
        if !self.judge_age(cycle, turn.allows, falls_short, is_left_over) && falls_short {
            self.caution = (self.caution + self.spare(turn.allows) * 0.5).min(turn.allows * 0.06);
        }
        let usable = (turn.allows - self.spare(turn.allows)).max(0.5);
        let by_age = if self.others_take > 0.0 && self.kind == Kind::Step {
            // What others used has no age that is known. What we had and what was left over is ours.
            left_to_us
        } else if turn.is_stated && self.others_take <= 0.0 {
            usable / turn.span.as_secs_f64().max(1e-3)
        } else {
            self.lasts.map_or(speed, |lasts| usable / lasts.max(0.05))
        };
        let least = LEAST * turn.allows / turn.span.as_secs_f64().max(0.1);
        let next = (by_age * self.boost).clamp(speed * SLOWER, speed * FASTER).max(least);
        self.speed = Some(next.min(FASTEST));
        self.caution *= 0.85;
    }

    /// Returns the calls that are meant to remain.
    fn spare(&self, allows: f64) -> f64 {
        let spare = (allows * SMALL).min(SPARE.max((allows * SPARE_SHARE).min(SPARE_MOST)));
        if self.kind == Kind::Trickle { spare * 1.6 + self.caution } else { spare + self.caution }
    }

    /// Learns how long a window lasts, and returns whether that was changed. What is believed is given up when cycles in
    /// a row contradict it, or at once where calls are left over.
    fn judge_age(&mut self, cycle: &Cycle, allows: f64, falls_short: bool, is_left_over: bool) -> bool {
        let (age, at_most) = (cycle.age.as_secs_f64(), cycle.age_at_most.as_secs_f64());
        // What has only been used and has not come back yet is as old as the cycle.
        if age <= 0.0 || self.kind == Kind::Unknown {
            return false;
        }
        // An age is known to the call, and blurred by answers that overtake each other.
        let blur = BLUR + 1.0 / (allows - cycle.lowest).max(3.0);
        let next_second = (age * (1.0 + blur)).floor() + 1.0;
        let shown = match self.kind {
            // It lasts longer than calls had gone for when they were held up, and no longer than until they went again.
            Kind::Step if falls_short => next_second.min(at_most.max(age)),
            _ => self.whole_seconds(age, blur),
        };
        let Some(lasts) = self.lasts else {
            self.lasts = Some(shown);
            return true;
        };
        let is_near = (shown / lasts - 1.0).abs() < blur;
        if is_near && !falls_short {
            self.lasts = Some(lasts + (shown - lasts) * CLOSER);
        }
        self.doubts = if is_near { 0 } else { self.doubts + 1 };
        // A cycle that began late in a window, after a pause, shows only the rest of it.
        let is_whole = self.kind == Kind::Trickle || !cycle.began_late;
        if self.doubts >= DOUBTS || (is_left_over && is_whole && shown < lasts) {
            // What trickles may only just have begun to be used.
            let least = if self.kind == Kind::Trickle && !falls_short { lasts * TRICKLES } else { 0.0 };
            self.lasts = Some(shown.max(least));
            self.doubts = 0;
            return true;
        }
        false
    }

    fn whole_seconds(&self, age: f64, blur: f64) -> f64 {
        let whole = age.round();
        if self.others_take <= 0.0 && whole >= 1.0 && (age / whole - 1.0).abs() < blur { whole } else { age }
    }

    /// Returns how long a window lasts for us, by the age of its use.
    pub(super) fn lasts(&self) -> Option<Duration> {
        self.lasts.map(Duration::from_secs_f64)
    }
}
