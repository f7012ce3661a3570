//! What the ledger tells of the past as a whole: what was paid for, when, what it saved, what is still open.
//!
//! Plain data and its sums. Key names and order are a published format, versioned by [`SCHEMA`]: keys are added, never
//! renamed.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

use super::record::in_milliseconds;

/// The version of the format.
pub const SCHEMA: u32 = 1;

/// A run that has given no sign of life for so long, and no end, was killed.
const SILENT: SignedDuration = SignedDuration::from_mins(2);

/// The books of a ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Books {
    /// The ledger's size on the disk, in bytes; 0 where there is none yet.
    pub bytes: u64,
    /// All scopes together.
    pub total: Sums,
    /// Each scope, by base URL and account.
    pub scopes: Vec<ScopeBooks>,
}

/// The books of one scope.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ScopeBooks {
    /// The API.
    pub base_url: Box<str>,
    /// The fingerprint of the key.
    pub account: Box<str>,
    /// What adds up.
    #[serde(flatten)]
    pub sums: Sums,
    /// The balance as it was told last; absent where it never was.
    pub balance: Option<Balance>,
    /// The quotas as they were told last, a day's before a second's.
    pub quotas: Vec<QuotaTold>,
}

/// What adds up over scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// The companies about which an answer is held.
    pub companies: Companies,
    /// What it cost.
    pub credits: Credits,
    /// The credits paid in each period, by its name: `2026-11` or `2026-11-22`, in UTC.
    #[serde(serialize_with = "as_list")]
    pub paid: BTreeMap<Box<str>, u64>,
    /// The runs.
    pub runs: Runs,
    /// The calls whose outcome is unknown.
    pub open: OpenCalls,
    /// How often a call was sent again when its key protected no more: each may have charged a second credit.
    pub asked_again: u64,
    /// The answers that are held.
    pub answers: Answers,
}

/// Companies by what is known of them. One that was asked in several ways counts once, by its best answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Companies {
    /// All of them.
    pub known: u64,
    /// Those with a company record, paid for.
    pub enriched: u64,
    /// Those of which the providers know nothing.
    pub no_match: u64,
    /// Ids that the workspace does not have.
    pub not_found: u64,
    /// Those that were given up.
    pub failed: u64,
}

/// What it cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Credits {
    /// Paid in all: `held` and `pruned`.
    pub paid: u64,
    /// Paid for questions that are still in the ledger.
    pub held: u64,
    /// Paid for answers that were pruned.
    pub pruned: u64,
    /// What the runs count on their own. It lacks what was paid before runs were written down.
    pub by_runs: u64,
    /// Enriched rows that cost nothing.
    pub saved: u64,
}

/// The runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Runs {
    /// How many.
    pub count: u64,
    /// The one that began last.
    pub last: Option<LastRun>,
}

/// The run that began last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LastRun {
    /// How it ended, if it did.
    pub state: RunState,
    /// Why it stopped before its work was done, by the name that the summary uses.
    pub stop_reason: Option<Box<str>>,
    /// When it began.
    #[serde(serialize_with = "in_milliseconds")]
    pub started_at: Option<Timestamp>,
    /// Its latest sign of life.
    #[serde(serialize_with = "in_milliseconds")]
    pub alive_at: Option<Timestamp>,
    /// When it ended; absent while it goes on, and for one that was killed.
    #[serde(serialize_with = "in_milliseconds")]
    pub ended_at: Option<Timestamp>,
    /// The credits that it paid.
    pub spent: u64,
    /// Its rows with a company that cost nothing.
    pub saved: u64,
}

/// How a run ended, if it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// It did its work.
    #[default]
    Complete,
    /// It stopped before.
    Stopped,
    /// It has not ended yet.
    Running,
    /// It has not ended, and nothing was heard of it for minutes.
    Killed,
}

/// Calls whose outcome is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OpenCalls {
    /// Those that can be sent again at no cost: their key is younger than 23 hours.
    pub protected: u64,
    /// Those whose key is older: sent again, each may charge a second credit.
    pub uncertain: u64,
}

/// The answers that are held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answers {
    /// How many, failures among them.
    pub count: u64,
    /// When the oldest came.
    #[serde(serialize_with = "in_milliseconds")]
    pub oldest_at: Option<Timestamp>,
    /// When the newest came.
    #[serde(serialize_with = "in_milliseconds")]
    pub newest_at: Option<Timestamp>,
}

/// A balance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// The credits that were left.
    pub credits: u64,
    /// When that was told.
    #[serde(serialize_with = "in_milliseconds")]
    pub told_at: Option<Timestamp>,
}

/// A quota.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct QuotaTold {
    /// The calls that a window allows.
    pub allowed: Option<u64>,
    /// The calls that were left.
    pub remaining: u64,
    /// When more comes back.
    #[serde(serialize_with = "in_milliseconds")]
    pub resets_at: Option<Timestamp>,
    /// How long a window is, in milliseconds.
    pub window_ms: Option<u64>,
    /// When this was told.
    #[serde(serialize_with = "in_milliseconds")]
    pub told_at: Option<Timestamp>,
}

/// How long the periods are by which payments are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Period {
    /// A calendar month.
    #[default]
    Month,
    /// A day.
    Day,
}

impl Period {
    /// Returns the name of the period in which a day such as `2026-11-22` lies.
    pub fn of(self, day: &str) -> &str {
        match self {
            Self::Month => day.rsplit_once('-').map_or(day, |(month, _)| month),
            Self::Day => day,
        }
    }
}

impl RunState {
    /// Returns the state of a run at `now`.
    pub fn of(run: &LastRun, now: Timestamp) -> Self {
        match (run.ended_at, run.alive_at) {
            (Some(_), _) if run.stop_reason.is_some() => Self::Stopped,
            (Some(_), _) => Self::Complete,
            (None, Some(alive)) if now.duration_since(alive) < SILENT => Self::Running,
            (None, _) => Self::Killed,
        }
    }
}

impl Sums {
    /// Adds the sums of another scope.
    pub fn add(&mut self, other: &Self) {
        self.companies.add(other.companies);
        self.credits.add(other.credits);
        for (period, credits) in &other.paid {
            *self.paid.entry(period.clone()).or_default() += credits;
        }
        self.runs.count += other.runs.count;
        let last = [self.runs.last.take(), other.runs.last.clone()];
        self.runs.last = last.into_iter().flatten().max_by_key(|run| run.started_at);
        self.open.protected += other.open.protected;
        self.open.uncertain += other.open.uncertain;
        self.asked_again += other.asked_again;
        self.answers.add(other.answers);
    }
}

impl Companies {
    fn add(&mut self, other: Self) {
        self.known += other.known;
        self.enriched += other.enriched;
        self.no_match += other.no_match;
        self.not_found += other.not_found;
        self.failed += other.failed;
    }
}

impl Credits {
    fn add(&mut self, other: Self) {
        self.paid += other.paid;
        self.held += other.held;
        self.pruned += other.pruned;
        self.by_runs += other.by_runs;
        self.saved += other.saved;
    }
}

impl Answers {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.oldest_at = [self.oldest_at, other.oldest_at].into_iter().flatten().min();
        self.newest_at = self.newest_at.max(other.newest_at);
    }
}

/// Writes a list of objects, in the order of time.
fn as_list<S: Serializer>(paid: &BTreeMap<Box<str>, u64>, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Paid<'a> {
        period: &'a str,
        credits: u64,
    }
    serializer.collect_seq(paid.iter().map(|(period, credits)| Paid { period, credits: *credits }))
}
