//! When a quota comes back, or the server asks to be called again: what was stated, on the run's clock.

use std::time::Duration;

use jiff::Timestamp;

use super::habit::Meaning;
use super::headers::{Line, Source};
use super::quota::Setting;
use super::remark::Doubt;
use super::value::{Grain, Stated};
use super::{FARTHEST, QuotaReport, Reading, Reset};
use crate::rules::time::Moment;

/// How long a stated time may be over: it can be cut off to the second.
const PAST_GRACE: f64 = 1.0;

/// A time that is over by more than this, in seconds, while its window goes on was cut off to the second.
const SURELY_OVER: f64 = 0.05;

/// A `Retry-After`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retry {
    pub(super) at: Moment,
    /// The seconds from now that it stated.
    pub(super) secs: Option<f64>,
}

impl Reading {
    /// Reads a `Retry-After`: seconds from now, or a time.
    pub(super) fn retry(&mut self, line: Line<'_>, setting: &Setting) -> Option<Retry> {
        let ahead = |ahead| setting.now + ahead;
        match Stated::read(line.text) {
            Ok(Stated::Number(number)) => {
                let is_millis = number > FARTHEST.as_secs_f64();
                if is_millis {
                    self.doubt(line, Doubt::Millis);
                }
                let secs = if is_millis { number / 1_000.0 } else { number };
                let span = self.within_reach(line, Duration::try_from_secs_f64(secs).ok())?;
                Some(Retry { at: ahead(span), secs: Some(secs) })
            }
            Ok(Stated::Span(span)) => {
                let span = self.within_reach(line, Some(span))?;
                Some(Retry { at: ahead(span), secs: Some(span.as_secs_f64()) })
            }
            Ok(Stated::Time(time, _)) => {
                Some(Retry { at: ahead(self.until(line, time, setting)?), secs: None })
            }
            Err(doubt) => {
                self.doubt(line, doubt);
                None
            }
        }
    }

    /// Reads when a quota comes back.
    pub(super) fn reset(
        &mut self,
        line: Line<'_>,
        stated: Stated,
        (source, setting): (Source, &Setting),
        report: &mut QuotaReport,
    ) {
        let sight = setting.sight(report);
        report.reset = match stated {
            Stated::Span(span) => {
                self.within_reach(line, Some(span)).and_then(|span| self.reset_after(span, setting))
            }
            Stated::Number(number) => {
                let (meaning, doubt) = self.habit(source).meaning(number, sight);
                if let Some(doubt) = doubt {
                    self.doubt(line, doubt);
                }
                match meaning {
                    Meaning::Ahead(span) => self.reset_after(span, setting),
                    Meaning::Length(length) => {
                        report.window = report.window.or(Some(length));
                        None
                    }
                    Meaning::Nothing => None,
                }
            }
            Stated::Time(time, grain) => {
                if let Some(over) = self.habit(source).window_ended(time, &sight) {
                    self.clock.saw_window_end(over, setting.now);
                }
                self.clock.saw_reset(time, setting.sent_at);
                self.reset_at(line, (time, grain), source, setting)
            }
        };
        let doubtful = match stated {
            Stated::Number(number) if number.fract() == 0.0 => Duration::ZERO,
            Stated::Time(_, Grain::Second) => self.clock.uncertainty(),
            _ => return,
        };
        if let Some(reset) = &mut report.reset {
            reset.at = refined(reset.at, doubtful, setting);
        }
    }

    /// Returns the reset at a stated time, if it is not over.
    fn reset_at(
        &mut self,
        line: Line<'_>,
        (stated, grain): (Timestamp, Grain),
        source: Source,
        setting: &Setting,
    ) -> Option<Reset> {
        let mut ahead = self.until(line, stated, setting)?;
        if grain == Grain::Second {
            if self.clock.seconds_until(stated, setting.sent_at)? < -SURELY_OVER {
                self.habit(source).cuts_off = true;
                self.doubt(line, Doubt::CutOff);
            }
            if self.habit(source).cuts_off {
                let seconds = self.clock.seconds_until(stated, setting.now)? + 1.0;
                ahead = Duration::try_from_secs_f64(seconds).unwrap_or_default();
            }
        }
        Some(Reset { at: setting.now + ahead, stated, is_guess: self.clock.is_guess() })
    }

    /// Returns how far ahead a time on the server's clock is.
    pub(super) fn until(&mut self, line: Line<'_>, time: Timestamp, setting: &Setting) -> Option<Duration> {
        // The answer may be long on its way: the time must not have been over when the call left.
        if self.clock.seconds_until(time, setting.sent_at)? < -PAST_GRACE {
            self.doubt(line, Doubt::Past);
            return None;
        }
        let seconds = self.clock.seconds_until(time, setting.now)?.max(0.0);
        self.within_reach(line, Duration::try_from_secs_f64(seconds).ok())
    }

    pub(super) fn within_reach(&mut self, line: Line<'_>, span: Option<Duration>) -> Option<Duration> {
        let within = span.filter(|span| *span <= FARTHEST);
        if within.is_none() {
            self.doubt(line, Doubt::TooFar);
        }
        within
    }

    /// Returns the reset that a span from now tells of; shown to the second.
    pub(super) fn reset_after(&self, ahead: Duration, setting: &Setting) -> Option<Reset> {
        let at = setting.now + ahead;
        let exact = self.clock.time_at(at)?;
        let cut = Timestamp::from_second(exact.as_second()).ok()?;
        let stated = if cut < exact { cut.checked_add(Duration::from_secs(1)).ok()? } else { cut };
        Some(Reset { at, stated, is_guess: false })
    }
}

/// A reset to the second beside a `Retry-After` with a fraction that means the same: the fraction is right.
fn refined(at: Moment, doubtful: Duration, setting: &Setting) -> Moment {
    let has_fraction = |retry: &Retry| retry.secs.is_some_and(|secs| secs.fract() != 0.0);
    let Some(retry) = setting.retry.filter(has_fraction) else { return at };
    let apart = (retry.at - at).max(at - retry.at);
    let travelled = setting.now - setting.sent_at;
    if apart <= Duration::from_secs(1) + travelled + doubtful { retry.at } else { at }
}
