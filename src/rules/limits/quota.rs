//! What an answer says of one quota: its headers, or its member of a structured field.

use std::time::Duration;

use jiff::Timestamp;

use super::fields::{Piece, pieces};
use super::habit::{Habit, Sight};
use super::headers::{Line, Source, Told};
use super::remark::Doubt;
use super::reset::Retry;
use super::value::{Stated, count, http_date, time};
use super::{QuotaReport, Reading};
use crate::rules::time::Moment;

/// What is known of an answer before its quotas are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    pub(super) sent_at: Moment,
    pub(super) now: Moment,
    pub(super) retry: Option<Retry>,
    /// The only window that the answer states.
    pub(super) window: Option<Duration>,
}

impl Setting {
    pub(super) const fn sight(&self, report: &QuotaReport) -> Sight {
        Sight {
            sent_at: self.sent_at,
            now: self.now,
            limit: report.limit,
            remaining: report.remaining,
            window: if report.window.is_some() { report.window } else { self.window },
            retry_secs: match self.retry {
                Some(retry) => retry.secs,
                None => None,
            },
        }
    }
}

impl Reading {
    /// Reads the server's date.
    pub(super) fn date(&mut self, line: Line<'_>) -> Option<Timestamp> {
        let date = http_date(line.text).or_else(|| time(line.text));
        if date.is_none() {
            self.doubt(line, Doubt::Unreadable);
        }
        date
    }

    /// Reads the headers of a quota. `None` where they say that there is no limit.
    pub(super) fn quota(
        &mut self,
        told: &Told<'_>,
        setting: &Setting,
        policies: &mut Vec<Piece>,
    ) -> Option<QuotaReport> {
        let mut report = QuotaReport { window: told.window(), ..QuotaReport::default() };
        if let Some(line) = told.limit {
            report.limit = self.limit(line, policies)?;
        }
        report.remaining = told.remaining.and_then(|line| self.remaining(line, report.limit));
        if let Some(line) = told.reset {
            match Stated::read(line.text) {
                Ok(stated) => self.reset(line, stated, (told.source, setting), &mut report),
                Err(doubt) => self.doubt(line, doubt),
            }
        }
        Some(report)
    }

    /// Reads what a structured field says of a quota: its time counts seconds, or is a time by mistake.
    pub(super) fn piece(&mut self, line: Line<'_>, piece: &Piece, setting: &Setting) -> QuotaReport {
        let (limit, window) = (piece.limit, piece.window);
        let mut report = QuotaReport { limit, remaining: piece.remaining, reset: None, window };
        let ahead = match piece.reset.map(Stated::of_number) {
            Some(Ok(Stated::Number(seconds))) => {
                self.within_reach(line, Duration::try_from_secs_f64(seconds).ok())
            }
            Some(Ok(Stated::Time(time, _))) => self.until(line, time, setting),
            Some(Err(doubt)) => {
                self.doubt(line, doubt);
                None
            }
            _ => None,
        };
        report.reset = ahead.and_then(|ahead| self.reset_after(ahead, setting));
        report
    }

    /// Returns `None` for a limit below zero, which means that there is none.
    #[expect(clippy::option_option, reason = "no limit is not the same as an unreadable one")]
    fn limit(&mut self, line: Line<'_>, policies: &mut Vec<Piece>) -> Option<Option<u64>> {
        match count(line.text) {
            Ok(limit) => return Some(Some(limit)),
            Err(Doubt::Negative) => {
                self.doubt(line, Doubt::Negative);
                return None;
            }
            Err(_) => {}
        }
        let Some(pieces) = pieces(line.text) else {
            self.doubt(line, Doubt::Unreadable);
            return Some(None);
        };
        let limit = pieces.first().and_then(|piece| piece.limit);
        policies.extend(pieces.into_iter().filter(|piece| piece.window.is_some()));
        Some(limit)
    }

    /// Reads what is left. A debt is nothing left; more than the limit is the limit.
    fn remaining(&mut self, line: Line<'_>, limit: Option<u64>) -> Option<u64> {
        match (count(line.text), limit) {
            (Ok(left), Some(limit)) if left > limit => {
                self.doubt(line, Doubt::AboveLimit);
                Some(limit)
            }
            (Ok(left), _) => Some(left),
            (Err(Doubt::Negative), _) => {
                self.doubt(line, Doubt::Debt);
                Some(0)
            }
            (Err(doubt), _) => {
                self.doubt(line, doubt);
                None
            }
        }
    }

    pub(super) fn habit(&mut self, source: Source) -> &mut Habit {
        let known = self.habits.iter().position(|(of, _)| *of == source);
        let index = known.unwrap_or_else(|| {
            self.habits.push((source, Habit::default()));
            self.habits.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "found or just added")]
        &mut self.habits[index].1
    }

    pub(super) fn doubt(&mut self, line: Line<'_>, doubt: Doubt) {
        self.remarks.say(line.name, line.text, doubt);
    }
}
