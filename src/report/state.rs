//! How a run goes, for a program that asked: one line among the events of `--progress json`.
//!
//! Told on SIGUSR1 alone, since the events add up to the same. Named and versioned as they are.

use jiff::Timestamp;
use serde::Serialize;

use crate::rules::event::{StopReason, WaitReason};
use crate::rules::outcome::RowStatus;

use super::tally::{Tally, Window};

/// The present state of a run.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename = "state")]
pub struct State {
    at: Timestamp,
    rows: Rows,
    companies: Companies,
    credits: Credits,
    requests: Requests,
    rate_limit: Option<RateLimit>,
    waiting: Option<Waiting>,
    stop_reason: Option<StopReason>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Rows {
    read: u64,
    ended: bool,
    enriched: u64,
    no_match: u64,
    not_found: u64,
    invalid_input: u64,
    failed: u64,
    pending: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Companies {
    unique: u64,
    requested: u64,
    from_ledger: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Credits {
    spent: u64,
    saved: u64,
    remaining: Option<u64>,
    uncertain: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Requests {
    sent: u64,
    ok: u64,
    retried: u64,
    rate_limited: u64,
    in_flight: u64,
    concurrency: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct RateLimit {
    limit: Option<u64>,
    remaining: u64,
    resets_at: Timestamp,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Waiting {
    why: WaitReason,
    until: Timestamp,
}

impl State {
    /// Returns the state that the events have come to.
    pub fn new(tally: &Tally, at: Timestamp) -> Self {
        let (companies, credits, requests) = (tally.companies, tally.credits, &tally.requests);
        Self {
            at,
            rows: rows(tally),
            companies: Companies {
                unique: companies.unique,
                requested: companies.requested,
                from_ledger: companies.from_ledger,
            },
            credits: Credits {
                spent: credits.spent,
                saved: tally.saved(),
                remaining: credits.remaining,
                uncertain: credits.uncertain,
            },
            requests: Requests {
                sent: requests.sent,
                ok: requests.ok,
                retried: requests.retried,
                rate_limited: requests.rate_limited,
                in_flight: requests.in_flight,
                concurrency: requests.concurrency,
            },
            rate_limit: tally.window.map(|Window { limit, remaining, resets_at, .. }| RateLimit {
                limit,
                remaining,
                resets_at,
            }),
            waiting: tally.waiting.map(|(why, until)| Waiting { why, until }),
            stop_reason: tally.stop_reason,
        }
    }
}

fn rows(tally: &Tally) -> Rows {
    let count = |status| tally.rows.count(status);
    Rows {
        read: tally.rows.read,
        ended: tally.rows.ended,
        enriched: count(RowStatus::Enriched),
        no_match: count(RowStatus::NoMatch),
        not_found: count(RowStatus::NotFound),
        invalid_input: count(RowStatus::InvalidInput),
        failed: count(RowStatus::Failed),
        pending: count(RowStatus::Pending),
    }
}
