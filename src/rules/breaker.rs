//! Is the API down, or is it one bad company? Failures of distinct calls in a row, with no answer between them, say down.
//!
//! While it is down nothing is asked but a probe now and then; a call that fails meanwhile is not held against its
//! company. An API that never answered in this run is not waited for, one that did is probed up to `--wait`.

use std::time::Duration;

use super::retry::BETWEEN_PROBES;
use super::time::Moment;
use super::verbs::CallId;

/// Failures in a row, of at least two calls, from which on the API counts as down.
const DOWN_AFTER: u32 = 8;

/// Watches whether the API answers.
#[derive(Clone, Debug)]
pub struct Breaker {
    wait: Duration,
    last_answer: Option<Moment>,
    streak: u32,
    first_failing: Option<CallId>,
    distinct: bool,
    down: Option<Down>,
}

#[derive(Clone, Copy, Debug)]
struct Down {
    since: Moment,
    probe_at: Moment,
    probes: u32,
}

/// Whether a call may leave, as far as the API's health goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It may.
    Up,
    /// One may, alone, to see whether the API is back.
    Probe,
    /// None may before this moment.
    ProbeAt(Moment),
    /// The API has been away for as long as it is waited for.
    GivenUp,
}

impl Breaker {
    /// Returns a breaker that waits `wait` for an API that went away.
    pub const fn new(wait: Duration) -> Self {
        Self { wait, last_answer: None, streak: 0, first_failing: None, distinct: false, down: None }
    }

    /// Returns whether a call may leave.
    pub fn health(&self, now: Moment) -> Health {
        match self.down {
            None => Health::Up,
            Some(down) if now - down.since >= self.wait => Health::GivenUp,
            Some(down) if now < down.probe_at => Health::ProbeAt(down.probe_at.min(down.since + self.wait)),
            Some(_) => Health::Probe,
        }
    }

    /// Returns whether the API counts as down.
    pub const fn is_open(&self) -> bool {
        self.down.is_some()
    }

    /// Returns whether the API has answered since `moment`. An answer at that moment is the one that let a call go.
    pub fn answered_since(&self, moment: Moment) -> bool {
        self.last_answer.is_some_and(|at| at > moment)
    }

    /// Returns whether the API has answered in this run.
    pub const fn has_answered(&self) -> bool {
        self.last_answer.is_some()
    }

    /// Takes note of an answer: the API is up.
    pub const fn answered(&mut self, now: Moment) {
        self.last_answer = Some(now);
        self.streak = 0;
        self.first_failing = None;
        self.distinct = false;
        self.down = None;
    }

    /// Takes note of a failed attempt that left at `sent_at`. `draw` is a draw of chance from 0 to 1.
    pub fn failed(&mut self, call: CallId, (sent_at, now): (Moment, Moment), draw: f64) {
        self.streak = self.streak.saturating_add(1);
        self.distinct |= *self.first_failing.get_or_insert(call) != call;
        if let Some(down) = &mut self.down {
            // What had left before is no probe.
            if sent_at < down.since {
                return;
            }
            down.probes = down.probes.saturating_add(1);
            down.probe_at = BETWEEN_PROBES.again_at(now, down.probes, draw);
        } else if self.streak >= DOWN_AFTER && self.distinct && self.has_answered() {
            self.open(now, draw);
        }
    }

    /// Holds the API for down: a call is out of retries and nothing was answered since it began to fail.
    pub fn suspect(&mut self, now: Moment, draw: f64) {
        if self.down.is_none() {
            self.open(now, draw);
        }
    }

    fn open(&mut self, now: Moment, draw: f64) {
        self.down = Some(Down { since: now, probe_at: BETWEEN_PROBES.again_at(now, 1, draw), probes: 1 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::after_start(Duration::from_secs(seconds))
    }

    fn breaker() -> Breaker {
        let mut breaker = Breaker::new(Duration::from_mins(5));
        breaker.answered(at(0));
        breaker
    }

    #[test]
    fn one_bad_company_is_no_outage() {
        let mut breaker = breaker();
        for second in 1..100 {
            breaker.failed(CallId(1), (at(second), at(second)), 1.0);
        }
        assert_eq!(breaker.health(at(100)), Health::Up);
    }

    #[test]
    fn failures_of_distinct_calls_in_a_row_are_one() {
        let mut breaker = breaker();
        for call in 0..8 {
            assert_eq!(breaker.health(at(1)), Health::Up);
            breaker.failed(CallId(call), (at(1), at(1)), 1.0);
        }
        assert_eq!(breaker.health(at(1)), Health::ProbeAt(at(2)));
        assert_eq!(breaker.health(at(2)), Health::Probe);
        breaker.failed(CallId(3), (at(2), at(2)), 1.0);
        assert_eq!(breaker.health(at(2)), Health::ProbeAt(at(4)), "the pauses grow");
        assert_eq!(breaker.health(at(301)), Health::GivenUp);
        breaker.answered(at(301));
        assert_eq!(breaker.health(at(301)), Health::Up);
    }

    #[test]
    fn an_answer_in_between_starts_the_count_anew() {
        let mut breaker = breaker();
        for call in 0..100 {
            breaker.failed(CallId(call), (at(1), at(1)), 1.0);
            if call % 7 == 6 {
                breaker.answered(at(1));
            }
        }
        assert_eq!(breaker.health(at(1)), Health::Up);
    }

    #[test]
    fn the_last_probe_is_not_later_than_the_wait() {
        let mut breaker = Breaker::new(Duration::from_secs(1));
        breaker.answered(at(0));
        breaker.suspect(at(5), 1.0);
        breaker.failed(CallId(0), (at(5), at(5)), 1.0);
        assert_eq!(breaker.health(at(5)), Health::ProbeAt(at(6)));
        assert_eq!(breaker.health(at(6)), Health::GivenUp);
    }
}
