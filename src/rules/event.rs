//! What happened in a run, as plain data: the one vocabulary of progress, summary and `--progress json`.
//!
//! Events are emitted after what they tell of is recorded, in the order in which it happened. Folding them gives the
//! summary; they add up to what the ledger holds. Field names and values are a published format, versioned by
//! [`Event::RunStarted`]'s `schema`: parts are added, never renamed.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::field::FieldSet;
use super::malformed::{Fault, Malformed};
use super::outcome::{RowNumber, RowStatus};
use super::waited::Waited;

/// The version of the event format.
pub const SCHEMA: u32 = 1;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The run began.
    RunStarted {
        /// The version of this format.
        schema: u32,
        /// When.
        at: Timestamp,
        /// The most calls that will be in flight.
        concurrency: u32,
    },
    /// Rows were read from the input.
    RowsRead {
        /// How many since the last such event.
        rows: u64,
        /// Whether the input has ended.
        ended: bool,
    },
    /// A row that was read is not as it should be. It is kept, and asked like the others.
    RowMalformed {
        /// Which row.
        row: RowNumber,
        /// The line of the input on which it starts, counted from 1.
        line: u64,
        /// What is wrong with it.
        fault: Fault,
        /// The same in words.
        remark: Box<str>,
    },
    /// A company was met for the first time in this run.
    CompanySeen {
        /// How its answer is come by.
        origin: CompanyOrigin,
    },
    /// A row has reached its final state.
    RowFinished {
        /// Which row.
        row: RowNumber,
        /// Its state.
        status: RowStatus,
        /// The fields, of those asked, for which the API had a value.
        filled: FieldSet,
        /// The provider that answered, for an enriched row.
        source: Option<Arc<str>>,
        /// The confidence from 0 to 1, for an enriched row.
        confidence: Option<f64>,
        /// What the input said, for a row without a match.
        input: Option<Box<str>>,
    },
    /// A call left.
    CallSent {
        /// The domain or company id asked.
        subject: Arc<str>,
        /// The number of the attempt, from 1.
        attempt: u32,
        /// The calls in flight, this one included.
        in_flight: u32,
        /// The most calls in flight at present: what was asked for, or what `auto` has found so far.
        concurrency: u32,
        /// Whether this may charge again for a call of which the outcome was lost longer ago than a key protects.
        uncertain: bool,
    },
    /// An attempt ended.
    CallAnswered {
        /// The domain or company id asked.
        subject: Arc<str>,
        /// The number of the attempt, from 1.
        attempt: u32,
        /// The status code; absent where no answer came.
        status: Option<u16>,
        /// What the answer was taken for.
        reply: ReplyKind,
        /// How long it took, in milliseconds.
        latency_ms: f64,
        /// The API's id of the request.
        request_id: Option<Arc<str>>,
        /// The balance after the call, where the answer told it.
        credits_remaining: Option<u64>,
    },
    /// A call is to be tried again.
    CallDeferred {
        /// The domain or company id asked.
        subject: Arc<str>,
        /// Why.
        reason: Box<str>,
        /// When, at the earliest.
        until: Timestamp,
    },
    /// A call was settled and its outcome is in the ledger.
    CallSettled {
        /// The domain or company id asked.
        subject: Arc<str>,
        /// What became of it.
        status: RowStatus,
    },
    /// The quota window became known or changed.
    WindowChanged {
        /// The calls that a window allows.
        limit: Option<u64>,
        /// The calls that are left in it.
        remaining: u64,
        /// When the next window begins.
        resets_at: Timestamp,
        /// How long a window is, in seconds, where the API says so.
        window_s: Option<u64>,
    },
    /// A header on limits was passed over, or taken for something else than it seemed to be. Said once for each.
    HeaderDoubted {
        /// The header, its value, and what was made of it.
        remark: Box<str>,
    },
    /// The pace has changed at which calls leave. Said at most once a second, and not for less than a tenth.
    PaceChanged {
        /// The calls a second, to three digits; absent where they leave as fast as they can.
        per_second: Option<f64>,
        /// Why they do not.
        why: Option<PaceReason>,
    },
    /// No call leaves before an instant. Said once per wait.
    Waiting {
        /// What is waited for.
        why: WaitReason,
        /// Until when.
        until: Timestamp,
    },
    /// Calls leave again, at their pace.
    Resumed,
    /// The run makes no new calls; the rest of the input passes through as `pending`.
    Stopping {
        /// Why.
        reason: StopReason,
        /// When the quota is expected back, where it is used up and the API has said so.
        resets_at: Option<Timestamp>,
        /// What went wrong last, where the API is unavailable.
        detail: Option<Box<str>>,
    },
    /// The run ended.
    RunFinished {
        /// When.
        at: Timestamp,
        /// How long it took, in seconds.
        elapsed_s: f64,
        /// How long calls that were ready had to stay.
        waited_s: Waited,
    },
}

impl Event {
    /// Returns the event that tells of a malformed row.
    pub fn malformed(row: RowNumber, Malformed { line, fault }: Malformed) -> Self {
        Self::RowMalformed { row, line, fault, remark: fault.to_string().into() }
    }
}

/// How the answer for a company is come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CompanyOrigin {
    /// By a call of this run.
    Requested,
    /// From the ledger, settled before this run.
    FromLedger,
    /// Not at all: the run had stopped.
    Pending,
}

/// What an attempt's answer was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyKind {
    /// A company, paid for.
    Enriched,
    /// The providers know nothing.
    NoMatch,
    /// No such company id.
    NotFound,
    /// Refused for good.
    Rejected,
    /// The balance is exhausted.
    InsufficientCredits,
    /// The key is invalid or expired.
    InvalidKey,
    /// The key may not enrich.
    InsufficientPermissions,
    /// Too many calls.
    RateLimited,
    /// Nothing that settles the call; it may be asked again.
    Temporary,
}

/// Why no call leaves at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitReason {
    /// The quota of the window is used up.
    Quota,
    /// The API said that calls come too fast, or asked to be left alone.
    CoolDown,
    /// The user's own `--rate`.
    Rate,
    /// The pace, as [`Event::PaceChanged`] tells it: no wait is told for it.
    Pace,
    /// The API is away and is probed from time to time.
    ApiDown,
    /// Every call that is left waits for its next attempt.
    Retry,
    /// Every company that is left is asked about by another run on the same ledger.
    OtherRun,
}

impl WaitReason {
    /// All of them, in the order of their definition.
    pub const ALL: [Self; 7] =
        [Self::Quota, Self::CoolDown, Self::Rate, Self::Pace, Self::ApiDown, Self::Retry, Self::OtherRun];
}

/// Why calls leave more slowly than they could.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PaceReason {
    /// A short quota is spread evenly.
    Quota,
    /// Calls were refused at a higher pace.
    Refusals,
}

/// Why a run made no more calls before its work was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "&'static str")]
pub enum StopReason {
    /// The balance is exhausted (402).
    InsufficientCredits,
    /// `--max-credits` or `--keep-credits` is reached.
    CreditLimit,
    /// The quota resets later than `--wait` allows.
    RateLimit,
    /// The key is invalid or expired (401).
    InvalidKey,
    /// The key may not enrich (403).
    InsufficientPermissions,
    /// Too many failures in a row.
    ApiUnavailable,
    /// SIGINT or SIGTERM.
    Interrupted,
}

impl StopReason {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::InsufficientCredits,
        Self::CreditLimit,
        Self::RateLimit,
        Self::InvalidKey,
        Self::InsufficientPermissions,
        Self::ApiUnavailable,
        Self::Interrupted,
    ];

    /// Returns the reason that goes by a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// Returns its published name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InsufficientCredits => "insufficient_credits",
            Self::CreditLimit => "credit_limit",
            Self::RateLimit => "rate_limit",
            Self::InvalidKey => "invalid_key",
            Self::InsufficientPermissions => "insufficient_permissions",
            Self::ApiUnavailable => "api_unavailable",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<StopReason> for &'static str {
    fn from(reason: StopReason) -> Self {
        reason.name()
    }
}
