//! How a quota comes back: all at once at the end of a window, or bit by bit; and how long that takes.
//!
//! Every answer tells what remains. What remains beyond what we ourselves have used since the answer before has come
//! back in between. Over a *cycle*, which is one window or about as long, these gains show what kind of limit it is: one
//! large gain is a window that began anew, many small ones are a log that slides or a bucket that is refilled.
//! Losses are what other clients on the same key take.

use std::collections::VecDeque;
use std::time::Duration;

use crate::rules::time::Moment;

/// How a quota comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Too little is known.
    Unknown,
    /// At once: a fixed window.
    Step,
    /// Bit by bit: a sliding window, or a bucket.
    Trickle,
}

/// Fewer calls that came back in a cycle tell nothing.
const TELLING: f64 = 4.0;

/// A gain of at least this share of all that came back in a cycle is a step; below the second, all is trickle.
const STEP_FROM: f64 = 0.4;
const TRICKLE_UP_TO: f64 = 0.25;

/// A gain that brings back at least this share of what was used, and so many calls, is the beginning of a window.
const OPENS_FROM: f64 = 0.4;
const OPENS_FROM_CALLS: f64 = 3.0;

/// What has passed since a cycle began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cycle {
    /// When its first call left, and the number of that call.
    pub(super) began: Moment,
    pub(super) number: u64,
    /// The least that remained.
    pub(super) lowest: f64,
    /// Calls that came back, less those that others took.
    net: f64,
    /// Calls that others took.
    taken: f64,
    /// The largest gain, of one answer or of two in a row.
    largest: f64,
    latest: f64,
    /// How long calls were held up by what remained.
    pub(super) held_up: Duration,
    /// The longest of these pauses.
    pub(super) pause: Duration,
    /// Whether calls were held up for long before it, and may have missed the beginning of a window.
    pub(super) began_late: bool,
    /// The longest age of what was used, and of what was used until calls were held up no more.
    pub(super) age: Duration,
    pub(super) age_at_most: Duration,
}

impl Cycle {
    pub(super) const fn new(began: Moment, number: u64, lowest: f64) -> Self {
        let (net, taken, largest, latest) = (0.0, 0.0, 0.0, 0.0);
        Self {
            began,
            number,
            lowest,
            net,
            taken,
            largest,
            latest,
            held_up: Duration::ZERO,
            pause: Duration::ZERO,
            began_late: false,
            age: Duration::ZERO,
            age_at_most: Duration::ZERO,
        }
    }

    /// Takes note of what came back between two answers.
    pub(super) fn gained(&mut self, gain: f64, remaining: f64) {
        self.net += gain;
        self.taken += (-gain).max(0.0);
        self.largest = self.largest.max(gain).max(gain + self.latest);
        self.latest = gain;
        self.lowest = self.lowest.min(remaining);
    }

    /// Returns what kind of quota this cycle shows, if it shows any.
    pub(super) fn kind(&self) -> Option<Kind> {
        if self.net + self.taken < TELLING {
            return None;
        }
        let share = self.largest / self.net.max(TELLING);
        if share >= STEP_FROM {
            Some(Kind::Step)
        } else if share <= TRICKLE_UP_TO && self.net >= TELLING {
            Some(Kind::Trickle)
        } else {
            None
        }
    }

    /// Returns the calls a second that came back.
    pub(super) fn rate(&self, took: Duration) -> f64 {
        self.net.max(0.0) / took.as_secs_f64().max(1e-3)
    }
}

/// How long windows last, by when they were seen to open. One that opened unseen makes an interval longer, and a gain that
/// was no window makes two shorter: the second shortest of the latest few is believed.
#[derive(Clone, Debug, Default)]
pub(super) struct Rhythm {
    intervals: VecDeque<Duration>,
    beat: Option<Duration>,
}

impl Rhythm {
    const FEW: usize = 4;

    pub(super) fn heard(&mut self, interval: Duration) {
        if self.intervals.len() >= Self::FEW {
            self.intervals.pop_front();
        }
        self.intervals.push_back(interval);
        let mut sorted: Vec<Duration> = self.intervals.iter().copied().collect();
        sorted.sort_unstable();
        self.beat = sorted.get(1).map(|beat| to_whole_seconds(*beat));
    }

    /// Returns how long a window lasts, once two were seen to end.
    pub(super) const fn beat(&self) -> Option<Duration> {
        self.beat
    }
}

fn to_whole_seconds(beat: Duration) -> Duration {
    let whole = beat.as_secs_f64().round();
    let is_whole = whole >= 1.0 && (beat.as_secs_f64() / whole - 1.0).abs() < BLUR;
    if is_whole { Duration::from_secs_f64(whole) } else { beat }
}

/// Windows last whole seconds: an interval this close to some is taken for them.
const BLUR: f64 = 0.03;

/// Returns whether a gain is the beginning of a window, where `used` were used before it.
pub(super) fn opens_a_window(gain: f64, used: f64) -> bool {
    gain >= OPENS_FROM_CALLS && gain >= used * OPENS_FROM
}

impl Cycle {
    /// Returns the calls that other clients took, as far as they can be told from answers that overtook each other.
    pub(super) fn taken_by_others(&self, kind: Kind) -> f64 {
        match kind {
            // All that came back came back at once; the rest of the balance is others'.
            Kind::Step => (self.largest.max(0.0) - self.net).max(0.0),
            _ => 0.0,
        }
    }
}
