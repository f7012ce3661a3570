//! How a run goes at present: what the tally does not count, but progress tells. How fast, how much in all, by whose rules.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::rules::event::{Event, WaitReason};
use crate::rules::pace::Rate;
use crate::rules::time::Now;

use super::pace::{Counts, Pace};
use super::progress::{Total, View};
use super::tally::Tally;

/// What does not change during a run.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The user's own `--rate`.
    pub rate: Option<Rate>,
    /// The longest pause for a quota: what comes back later ends the run.
    pub wait: Duration,
    /// Finds the zone of local times. Asked only where one is told: it can take looking through a folder of zones.
    pub zone: fn() -> TimeZone,
}

/// How a run goes.
#[derive(Clone, Debug)]
pub struct Course {
    terms: Terms,
    pace: Pace,
    total: Total,
    /// What calls last waited for.
    waited_for: Option<WaitReason>,
}

impl Course {
    /// Begins a run.
    pub fn new(terms: Terms) -> Self {
        Self { terms, pace: Pace::default(), total: Total::Unknown, waited_for: None }
    }

    /// Tells how many rows the input has.
    pub const fn set_total(&mut self, total: Total) {
        self.total = total;
    }

    /// Takes an event, which `tally` has counted in.
    pub fn on_event(&mut self, event: &Event, tally: &Tally, now: Now) {
        match event {
            // The user's own pace is no exception: what it was is what it will be.
            Event::Waiting { why, .. } => {
                if *why != WaitReason::Rate {
                    self.pace.pause(now.at);
                }
                self.waited_for = Some(*why);
            }
            Event::Resumed if self.waited_for != Some(WaitReason::Rate) => self.pace.restart(),
            _ => {}
        }
        let counts = Counts { rows: tally.rows.finished(), companies: tally.companies.settled };
        self.pace.record(now.at, counts);
    }

    /// Returns what is to be shown.
    pub const fn view<'a>(&'a self, tally: &'a Tally) -> View<'a> {
        View { tally, pace: &self.pace, total: self.total, terms: &self.terms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn a_wait_is_no_slowness_and_a_rate_is_no_wait() {
        let mut course = Course::new(samples::terms());
        let tally = Tally::default();
        let at = |ms| samples::at(Duration::from_millis(ms));
        for (why, is_known) in [(WaitReason::Rate, true), (WaitReason::Quota, false)] {
            course.on_event(&Event::Waiting { why, until: at(6_000).wall }, &tally, at(0));
            course.on_event(&Event::Resumed, &tally, at(6_000));
            assert_eq!(course.pace.per_second(at(6_500).at).is_some(), is_known, "{why:?}");
        }
    }
}
