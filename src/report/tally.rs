//! What the events of a run add up to: the one fold that summary and progress are drawn from.
//!
//! Its size has a bound that no input moves: histograms of fixed size, [`MOST_SOURCES`] names, [`MOST_INPUTS`] inputs,
//! the first malformed rows.
//! The order in which rows finish changes nothing but which sources are named once there are too many.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::rules::event::{CompanyOrigin, Event, ReplyKind, StopReason, WaitReason};
use crate::rules::field::{Field, FieldSet};
use crate::rules::malformed::{Malformed, MalformedRows};
use crate::rules::outcome::{RowNumber, RowStatus};
use crate::rules::waited::Waited;

use super::distribution::Distribution;
use super::pacing::Pacing;

/// The most providers that are counted by name; the rest is counted as [`OTHER_SOURCES`].
pub const MOST_SOURCES: usize = 64;
/// The name under which the providers beyond [`MOST_SOURCES`] are counted.
pub const OTHER_SOURCES: &str = "other";
/// The most inputs without a match that are kept.
pub const MOST_INPUTS: usize = 20;

/// What has happened so far.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// When the run began.
    pub started_at: Option<Timestamp>,
    /// When it ended; absent while it runs.
    pub finished_at: Option<Timestamp>,
    /// How long it took, in seconds; 0 while it runs.
    pub elapsed_s: f64,
    /// The input rows.
    pub rows: Rows,
    /// The rows that are not as they should be.
    pub malformed: MalformedRows,
    /// The companies that the rows name.
    pub companies: Companies,
    /// What the calls cost.
    pub credits: Credits,
    /// The calls.
    pub requests: Requests,
    /// The quota window as it was last told.
    pub window: Option<Window>,
    /// The enriched rows by provider.
    pub sources: BTreeMap<Arc<str>, u64>,
    /// The confidence of the enriched rows, in thousandths.
    pub confidence: Distribution,
    /// What is waited for at present, and until when.
    pub waiting: Option<(WaitReason, Timestamp)>,
    /// How long calls that were ready had to stay; nothing while the run goes on.
    pub waited: Waited,
    /// The pace at which calls leave.
    pub pacing: Pacing,
    /// Why the run stopped before its work was done: the first reason that was given.
    pub stop_reason: Option<StopReason>,
    /// What went wrong last before it stopped, where that is why.
    pub stop_detail: Option<Box<str>>,
    filled: [u64; Field::ALL.len()],
    unmatched: BTreeMap<RowNumber, Box<str>>,
}

/// Counts of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Read from the input.
    pub read: u64,
    /// Whether the input has ended, so that `read` is all.
    pub ended: bool,
    by_status: [u64; RowStatus::ALL.len()],
}

impl Rows {
    /// Returns how many rows have reached a state.
    pub fn count(self, status: RowStatus) -> u64 {
        self.by_status.get(status as usize).copied().unwrap_or_default()
    }

    /// Returns how many rows have reached their final state.
    pub fn finished(self) -> u64 {
        self.by_status.iter().sum()
    }
}

/// Counts of companies, each counted once however many rows name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Companies {
    /// Met in this run.
    pub unique: u64,
    /// Asked of the API in this run.
    pub requested: u64,
    /// Known from earlier runs.
    pub from_ledger: u64,
    /// Settled by a call of this run.
    pub settled: u64,
}

/// What the calls of this run cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credits {
    /// Calls that were settled with a company.
    pub spent: u64,
    /// The lowest balance that an answer told.
    pub remaining: Option<u64>,
    /// Calls that may have charged again.
    pub uncertain: u64,
}

/// Counts of calls.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    /// Attempts that left.
    pub sent: u64,
    /// Attempts that were answered with a company.
    pub ok: u64,
    /// Attempts that were not the first for their call.
    pub retried: u64,
    /// Attempts that were answered with "too many calls".
    pub rate_limited: u64,
    /// Attempts that wait for their answer.
    pub in_flight: u64,
    /// The most attempts in flight, as it was told last.
    pub concurrency: u64,
    /// How long the answers took, in milliseconds; attempts without an answer do not count.
    pub latency_ms: Distribution,
}

/// The quota window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The calls that it allows.
    pub limit: Option<u64>,
    /// The calls that are left in it.
    pub remaining: u64,
    /// When the next one begins.
    pub resets_at: Timestamp,
    /// How long it is, where the API says so.
    pub length: Option<Duration>,
}

impl Tally {
    /// Counts an event in.
    pub fn on_event(&mut self, event: &Event) {
        match event {
            Event::RunStarted { at, .. } => self.started_at = Some(*at),
            Event::RowsRead { rows, ended } => {
                self.rows.read += rows;
                self.rows.ended = *ended;
            }
            Event::RowMalformed { row, line, fault, .. } => {
                self.malformed.count(*row, Malformed { line: *line, fault: *fault });
            }
            Event::CompanySeen { origin } => self.companies.count(*origin),
            Event::RowFinished { row, status, .. } => self.count_row(*row, *status, event),
            Event::CallSent { attempt, in_flight, concurrency, uncertain, .. } => {
                self.requests.count_sent(*attempt, *in_flight);
                self.requests.concurrency = (*concurrency).into();
                self.credits.uncertain += u64::from(*uncertain);
                self.pacing.count_sent();
            }
            Event::CallAnswered { status, reply, latency_ms, credits_remaining, .. } => {
                self.requests.count_answered(status.map(|_| *latency_ms), *reply);
                self.credits.see_balance(*credits_remaining);
            }
            Event::CallDeferred { .. } | Event::HeaderDoubted { .. } => {}
            Event::CallSettled { status, .. } => {
                self.companies.settled += 1;
                self.credits.spent += u64::from(*status == RowStatus::Enriched);
            }
            Event::WindowChanged { limit, remaining, resets_at, window_s } => {
                let (limit, remaining, resets_at) = (*limit, *remaining, *resets_at);
                let length = window_s.map(Duration::from_secs);
                self.window = Some(Window { limit, remaining, resets_at, length });
            }
            Event::PaceChanged { per_second, why } => self.pacing.change(*per_second, *why),
            Event::Waiting { why, until } => self.waiting = Some((*why, *until)),
            Event::Resumed => self.waiting = None,
            Event::Stopping { reason, resets_at, detail } => {
                self.stop_reason.get_or_insert(*reason);
                self.stop_detail.clone_from(detail);
                self.see_reset(*resets_at);
                self.go_freely();
            }
            Event::RunFinished { at, elapsed_s, waited_s } => {
                self.finished_at = Some(*at);
                (self.elapsed_s, self.waited) = (*elapsed_s, *waited_s);
                self.go_freely();
            }
        }
    }

    /// Nothing is held up where nothing is to leave any more.
    const fn go_freely(&mut self) {
        self.waiting = None;
        self.pacing.present = None;
    }

    /// A stop names the moment that counts, also where no window was ever told.
    fn see_reset(&mut self, resets_at: Option<Timestamp>) {
        if let Some(resets_at) = resets_at {
            let limit = self.window.and_then(|window| window.limit);
            let length = self.window.and_then(|window| window.length);
            self.window = Some(Window { limit, remaining: 0, resets_at, length });
        }
    }

    /// Returns the credits that were not spent although a row was enriched: repeated companies and the ledger.
    pub fn saved(&self) -> u64 {
        self.rows.count(RowStatus::Enriched).saturating_sub(self.credits.spent)
    }

    /// Returns how many enriched rows have a value for a field.
    pub fn filled(&self, field: Field) -> u64 {
        self.filled.get(field as usize).copied().unwrap_or_default()
    }

    /// Returns the quartiles of the confidence, from 0 to 1; absent where no row had one.
    pub fn confidence_quartiles(&self) -> Option<[f64; 3]> {
        #[expect(clippy::cast_precision_loss, reason = "thousandths of 0 to 1")]
        let quartile = |share| self.confidence.quantile(share) as f64 / 1_000.0;
        (!self.confidence.is_empty()).then(|| [0.25, 0.5, 0.75].map(quartile))
    }

    /// Returns the first distinct inputs that the providers know nothing about, in input order.
    pub fn unmatched(&self) -> impl Iterator<Item = &str> {
        self.unmatched.values().map(AsRef::as_ref)
    }

    fn count_row(&mut self, row: RowNumber, status: RowStatus, event: &Event) {
        if let Some(count) = self.rows.by_status.get_mut(status as usize) {
            *count += 1;
        }
        let Event::RowFinished { filled, source, confidence, input, .. } = event else {
            return;
        };
        match status {
            RowStatus::Enriched => {
                self.count_filled(*filled);
                self.count_source(source.as_ref());
                if let Some(confidence) = confidence {
                    self.confidence.record(confidence * 1_000.0);
                }
            }
            RowStatus::NoMatch => {
                if let Some(input) = input {
                    self.keep_unmatched(row, input);
                }
            }
            RowStatus::NotFound | RowStatus::InvalidInput | RowStatus::Failed | RowStatus::Pending => {}
        }
    }

    fn count_filled(&mut self, filled: FieldSet) {
        for (field, count) in Field::ALL.into_iter().zip(&mut self.filled) {
            *count += u64::from(filled.contains(field));
        }
    }

    fn count_source(&mut self, source: Option<&Arc<str>>) {
        let Some(source) = source else { return };
        let has_room = self.sources.len() < MOST_SOURCES;
        let name =
            if has_room || self.sources.contains_key(source) { source.clone() } else { OTHER_SOURCES.into() };
        *self.sources.entry(name).or_default() += 1;
    }

    /// Keeps the inputs with the lowest row numbers, so that the order in which rows finish does not show.
    fn keep_unmatched(&mut self, row: RowNumber, input: &str) {
        let is_full = self.unmatched.len() >= MOST_INPUTS;
        if is_full && self.unmatched.last_key_value().is_some_and(|(last, _)| *last < row) {
            return;
        }
        let known = self.unmatched.iter().find(|(_, kept)| ***kept == *input).map(|(known, _)| *known);
        match known {
            Some(known) if known <= row => return,
            Some(known) => drop(self.unmatched.remove(&known)),
            None => {}
        }
        self.unmatched.insert(row, input.into());
        if self.unmatched.len() > MOST_INPUTS {
            self.unmatched.pop_last();
        }
    }
}

impl Companies {
    fn count(&mut self, origin: CompanyOrigin) {
        self.unique += 1;
        match origin {
            CompanyOrigin::Requested => self.requested += 1,
            CompanyOrigin::FromLedger => self.from_ledger += 1,
            CompanyOrigin::Pending => {}
        }
    }
}

impl Credits {
    fn see_balance(&mut self, balance: Option<u64>) {
        // `None` is less than any balance, so the two have to be told apart.
        self.remaining = match (self.remaining, balance) {
            (Some(lowest), Some(balance)) => Some(lowest.min(balance)),
            (lowest, balance) => lowest.or(balance),
        };
    }
}

impl Requests {
    fn count_sent(&mut self, attempt: u32, in_flight: u32) {
        self.sent += 1;
        self.retried += u64::from(attempt > 1);
        self.in_flight = in_flight.into();
    }

    fn count_answered(&mut self, latency_ms: Option<f64>, reply: ReplyKind) {
        self.ok += u64::from(reply == ReplyKind::Enriched);
        self.rate_limited += u64::from(reply == ReplyKind::RateLimited);
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(latency_ms) = latency_ms {
            self.latency_ms.record(latency_ms);
        }
    }
}

#[cfg(test)]
mod tests;
