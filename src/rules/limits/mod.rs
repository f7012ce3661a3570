//! What an answer's headers say about limits: header values to moments on the run's own clock.
//!
//! | file | answers |
//! | --- | --- |
//! | `headers.rs` | which headers speak of limits, however they are spelled |
//! | `fields.rs` | what the IETF drafts' structured fields say |
//! | `value.rs` | what a text says by itself: a count, a time, a number from now |
//! | `clock.rs` | what the server's clock shows |
//! | `habit.rs` | how a header means its numbers: by evidence over several answers |
//! | `reset.rs` | when a quota comes back, by all that |
//! | `quota.rs` | what an answer says of one quota |
//! | `join.rs` | which of several quotas are one, told twice |
//! | `remark.rs` | what is said of a header that was passed over or doubted |
//!
//! Nothing here judges whether a limit is kept. What cannot be read, is past or absurdly far counts as absent.
//! Invariants: no header makes this panic; no moment lies before the present or beyond [`FARTHEST`]; a wall clock that is
//! set during the run changes nothing.

mod clock;
mod fields;
mod habit;
mod headers;
mod join;
mod quota;
mod remark;
mod reset;
mod value;

#[cfg(test)]
mod tests;

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;

use self::clock::ServerClock;
use self::fields::{Piece, pieces};
use self::habit::Habit;
use self::headers::{Heard, Line, Scope, Source, Told};
use self::join::{Found, join};
use self::quota::Setting;
pub use self::remark::Remark;
use self::remark::{Doubt, Remarks};
use super::time::{Moment, Now};

/// A reset later than this is no window's: the longest known quota is a month's.
const FARTHEST: Duration = Duration::from_secs(32 * 86_400);

/// When a quota, or the first part of it, comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reset {
    /// On the run's clock: at this moment or a little earlier, by what the server's clock is not known to.
    pub at: Moment,
    /// On the server's clock, as it was stated.
    pub stated: Timestamp,
    /// Whether it was stated by a clock of which nothing is known: the moment may be wrong by as much as clocks are.
    pub is_guess: bool,
}

/// What one answer says about limits, on the run's clock.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitReport {
    /// The quotas that it tells of; first those of which it tells what is left and when they come back.
    pub quotas: Vec<QuotaReport>,
    /// When the server asks to be called again. Some servers say so on every answer.
    pub retry_at: Option<Moment>,
}

/// What an answer says about one quota; a server may tell of several. Absent is what it does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaReport {
    /// The calls that a window allows.
    pub limit: Option<u64>,
    /// The calls that are left in it.
    pub remaining: Option<u64>,
    /// When it, or the first part of it, comes back.
    pub reset: Option<Reset>,
    /// The window's length, where it is stated.
    pub window: Option<Duration>,
}

/// Reads headers; learns from each answer how the server means them.
#[derive(Debug, Default)]
pub struct Reading {
    clock: ServerClock,
    /// A handful at most: one for each header that can state a reset.
    habits: Vec<(Source, Habit)>,
    remarks: Remarks,
}

impl Reading {
    /// Returns a reading that has seen no answer yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the headers of an answer that came `now` to a call that left at `sent_at`.
    pub fn read(&mut self, headers: &HeaderMap, sent_at: Moment, now: Now) -> LimitReport {
        let heard = Heard::in_headers(headers);
        let sent_at = sent_at.min(now.at);
        let date = heard.date.and_then(|line| self.date(line));
        self.clock.saw(date, sent_at, now);
        let mut setting = Setting { sent_at, now: now.at, retry: None, window: None };
        setting.retry = heard.retry_after.and_then(|line| self.retry(line, &setting));
        let mut policies: Vec<Piece> =
            heard.policies.iter().flat_map(|line| self.pieces(*line)).map(|(_, piece)| piece).collect();
        setting.window = only_window(&policies);
        let mut found: Vec<Found> = Vec::with_capacity(heard.quotas.len());
        for (line, piece) in heard.states.iter().flat_map(|line| self.pieces(*line)).collect::<Vec<_>>() {
            let report = self.piece(line, &piece, &setting);
            found.push(Found { source: None, name: piece.name, report });
        }
        for told in &heard.quotas {
            if let Some(report) = self.quota(told, &setting, &mut policies) {
                found.push(Found { source: Some(told.source), name: None, report });
            }
        }
        LimitReport { quotas: join(found, policies), retry_at: setting.retry.map(|retry| retry.at) }
    }

    /// Returns what was passed over or doubted since the last call. Each is said once in a run.
    pub fn take_remarks(&mut self) -> Vec<Remark> {
        self.remarks.take()
    }

    fn pieces<'a>(&mut self, line: Line<'a>) -> Vec<(Line<'a>, Piece)> {
        let pieces = pieces(line.text);
        if pieces.is_none() {
            self.remarks.say(line.name, line.text, Doubt::Unreadable);
        }
        pieces.unwrap_or_default().into_iter().map(|piece| (line, piece)).collect()
    }
}

impl Told<'_> {
    /// The window that the headers' names state.
    fn window(&self) -> Option<Duration> {
        match self.source.1 {
            Scope::Span(seconds) => Some(Duration::from_secs(seconds.into())),
            Scope::Whole | Scope::Requests => None,
        }
    }
}

/// Returns the window that policies state, if it is one.
fn only_window(policies: &[Piece]) -> Option<Duration> {
    let mut windows = policies.iter().filter_map(|policy| policy.window);
    let first = windows.next()?;
    windows.all(|window| window == first).then_some(first)
}
