//! How fast a run goes at present: counts over the last half minute.
//!
//! Holds `MOST_SAMPLES` samples at most, whatever is recorded.

use std::collections::VecDeque;
use std::time::Duration;

use crate::rules::time::Moment;

/// The samples kept; with [`SPACING`] between them they reach half a minute back.
const MOST_SAMPLES: usize = 30;
/// The time between two samples.
const SPACING: Duration = Duration::from_secs(1);

/// The recent past of two counts.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    samples: VecDeque<Sample>,
    latest: Sample,
    /// The speed before the last pause.
    before: Option<PerSecond>,
    is_paused: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    at: Moment,
    counts: Counts,
}

/// What is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows in their final state.
    pub rows: u64,
    /// Companies settled by a call.
    pub companies: u64,
}

/// A speed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PerSecond {
    /// Rows a second.
    pub rows: f64,
    /// Companies a second.
    pub companies: f64,
}

impl Pace {
    /// Records the counts at a moment.
    pub fn record(&mut self, at: Moment, counts: Counts) {
        self.latest = Sample { at, counts };
        if self.samples.back().is_none_or(|last| at - last.at >= SPACING) {
            self.samples.push_back(self.latest);
        }
        if self.samples.len() > MOST_SAMPLES {
            self.samples.pop_front();
        }
    }

    /// A wait begins: keeps the speed that was reached, and forgets the rest.
    pub fn pause(&mut self, now: Moment) {
        self.before = self.expected(now);
        self.restart();
        self.is_paused = true;
    }

    /// Returns the speed that is to be expected: the present one, else that before the last pause.
    pub fn expected(&self, now: Moment) -> Option<PerSecond> {
        self.per_second(now).or(self.before)
    }

    /// Forgets the past, so that a wait does not count as slowness.
    pub fn restart(&mut self) {
        self.samples.clear();
        self.is_paused = false;
    }

    /// Returns the speed up to `now`; absent in the first second, and while nothing goes.
    pub fn per_second(&self, now: Moment) -> Option<PerSecond> {
        let first = self.samples.front().filter(|_| !self.is_paused)?;
        let span = now - first.at;
        (span >= SPACING).then(|| PerSecond {
            rows: rate(self.latest.counts.rows.saturating_sub(first.counts.rows), span),
            companies: rate(self.latest.counts.companies.saturating_sub(first.counts.companies), span),
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53, and shown with one decimal")]
fn rate(count: u64, span: Duration) -> f64 {
    count as f64 / span.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Moment {
        Moment::after_start(Duration::from_millis(ms))
    }

    #[test]
    fn is_unknown_in_the_first_second() {
        let mut pace = Pace::default();
        assert_eq!(pace.per_second(at(5_000)), None);
        pace.record(at(0), Counts::default());
        pace.record(at(900), Counts { rows: 9, companies: 3 });
        assert_eq!(pace.per_second(at(999)), None);
        assert_eq!(pace.per_second(at(1_000)), Some(PerSecond { rows: 9.0, companies: 3.0 }));
    }

    #[test]
    fn follows_the_last_half_minute_and_forgets_on_restart() {
        let mut pace = Pace::default();
        for second in 0..200_u64 {
            // Ten rows a second at first, then one.
            let rows = if second < 100 { second * 10 } else { 900 + second };
            pace.record(at(second * 1_000), Counts { rows, companies: 0 });
        }
        assert_eq!(pace.samples.len(), MOST_SAMPLES);
        assert_eq!(pace.per_second(at(199_000)).map(|speed| speed.rows), Some(1.0));
        pace.restart();
        assert_eq!(pace.per_second(at(500_000)), None);
    }

    #[test]
    fn a_pause_keeps_what_was_reached() {
        let mut pace = Pace::default();
        pace.record(at(0), Counts::default());
        pace.record(at(2_000), Counts { rows: 10, companies: 4 });
        pace.pause(at(2_000));
        // What was out when the wait began comes back.
        pace.record(at(2_100), Counts { rows: 11, companies: 5 });
        assert_eq!(pace.per_second(at(9_000)), None);
        pace.restart();
        assert_eq!(pace.per_second(at(9_000)), None);
        assert_eq!(pace.expected(at(9_000)), Some(PerSecond { rows: 5.0, companies: 2.0 }));
    }
}
