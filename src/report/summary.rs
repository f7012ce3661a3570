//! How a run went, for programs: the JSON of `--summary`.
//!
//! Key names, their order and their types are a published format, versioned by [`SCHEMA`]: keys are added, never
//! renamed.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::json;

use crate::rules::event::StopReason;
use crate::rules::field::{Field, FieldSet};
use crate::rules::malformed::{Malformed, MalformedRows};
use crate::rules::outcome::RowStatus;
use crate::rules::waited::Waited;

use super::clean::redacted;
use super::tally::Tally;

/// The version of the summary format.
pub const SCHEMA: u32 = 1;

/// How a run went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The version of the format.
    pub schema: u32,
    /// The version of the program.
    pub version: &'static str,
    /// Whether the work was done.
    pub status: Status,
    /// Why not; null where it was.
    pub stop_reason: Option<StopReason>,
    /// When the run began.
    #[serde(serialize_with = "in_milliseconds")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(serialize_with = "in_milliseconds")]
    pub finished_at: Option<Timestamp>,
    /// How long it took, in seconds, to the millisecond.
    pub elapsed_s: f64,
    /// How long calls that were ready had to stay.
    pub waited_s: Waited,
    /// The input rows.
    pub rows: Rows,
    /// The rows that are not as they should be.
    #[serde(serialize_with = "malformed_rows")]
    pub malformed: MalformedRows,
    /// The companies that the rows name.
    pub companies: Companies,
    /// What it cost.
    pub credits: Credits,
    /// The calls.
    pub requests: Requests,
    /// The quota.
    pub rate_limit: RateLimit,
    /// How often each requested field has a value.
    pub fields: Fields,
    /// The enriched rows by provider.
    pub sources: BTreeMap<Arc<str>, u64>,
    /// How sure the providers are; null where no row has a confidence.
    pub confidence: Option<Confidence>,
    /// The first distinct inputs about which nothing is known, at most twenty.
    pub no_match: Vec<String>,
}

/// Whether the work was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Every row has its answer.
    Complete,
    /// The run stopped before; the same command again goes on.
    Stopped,
}

/// Counts of rows; all states add up to `read` once the run has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the states are explained at `RowStatus`")]
pub struct Rows {
    pub read: u64,
    pub enriched: u64,
    pub no_match: u64,
    pub not_found: u64,
    pub invalid_input: u64,
    pub failed: u64,
    pub pending: u64,
}

/// Counts of companies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Companies {
    /// Named by the rows, each counted once.
    pub unique: u64,
    /// Asked of the API in this run.
    pub requested: u64,
    /// Known from earlier runs.
    pub from_ledger: u64,
}

/// What it cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Credits {
    /// Successful answers of this run.
    pub spent: u64,
    /// Enriched rows that cost nothing: repeated companies and the ledger.
    pub saved: u64,
    /// The lowest balance seen in this run; null where none was told.
    pub remaining: Option<u64>,
    /// Calls that may have charged a second time.
    pub uncertain: u64,
}

/// The calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Requests {
    /// Attempts that left.
    pub sent: u64,
    /// Attempts that were answered with a company.
    pub ok: u64,
    /// Attempts that were not the first for their call.
    pub retried: u64,
    /// Attempts that were answered with 429.
    pub rate_limited: u64,
    /// How long the answers took.
    pub latency_ms: Latency,
}

/// The time within which half, nine in ten and 99 in 100 answers came, in milliseconds; 0 without answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "explained together")]
pub struct Latency {
    pub p50: u64,
    pub p90: u64,
    pub p99: u64,
}

/// The quota as it was last told; null where it was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RateLimit {
    /// The calls that a window allows.
    pub limit: Option<u64>,
    /// The calls that are left.
    pub remaining: Option<u64>,
    /// When the next window begins.
    #[serde(serialize_with = "in_milliseconds")]
    pub resets_at: Option<Timestamp>,
}

/// The requested fields in the API's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Fields(pub Vec<(Field, Filled)>);

/// How often a field has a value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Filled {
    /// The enriched rows that have one.
    pub filled: u64,
    /// Their share of the enriched rows, to four digits; 0 where there are none.
    pub ratio: f64,
}

/// The confidence (0 to 1) up to which a quarter, half and three quarters of the enriched rows that have one lie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "explained together")]
pub struct Confidence {
    pub p25: f64,
    pub p50: f64,
    pub p75: f64,
}

impl Summary {
    /// Sums a run up.
    pub fn new(tally: &Tally, requested: FieldSet) -> Self {
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            status: if tally.stop_reason.is_some() { Status::Stopped } else { Status::Complete },
            stop_reason: tally.stop_reason,
            started_at: tally.started_at,
            finished_at: tally.finished_at,
            elapsed_s: (tally.elapsed_s * 1_000.0).round() / 1_000.0,
            waited_s: tally.waited,
            rows: Rows::new(tally),
            malformed: tally.malformed.clone(),
            companies: Companies {
                unique: tally.companies.unique,
                requested: tally.companies.requested,
                from_ledger: tally.companies.from_ledger,
            },
            credits: Credits {
                spent: tally.credits.spent,
                saved: tally.saved(),
                remaining: tally.credits.remaining,
                uncertain: tally.credits.uncertain,
            },
            requests: Requests::new(tally),
            rate_limit: RateLimit {
                limit: tally.window.and_then(|window| window.limit),
                remaining: tally.window.map(|window| window.remaining),
                resets_at: tally.window.map(|window| window.resets_at),
            },
            fields: Fields::new(tally, requested),
            sources: tally.sources.clone(),
            confidence: tally.confidence_quartiles().map(|[p25, p50, p75]| Confidence { p25, p50, p75 }),
            no_match: tally.unmatched().map(|input| redacted(input).into_owned()).collect(),
        }
    }

    /// Returns the summary as a JSON document with a line break at its end.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|json| json + "\n")
    }
}

impl Rows {
    fn new(tally: &Tally) -> Self {
        let count = |status| tally.rows.count(status);
        Self {
            read: tally.rows.read,
            enriched: count(RowStatus::Enriched),
            no_match: count(RowStatus::NoMatch),
            not_found: count(RowStatus::NotFound),
            invalid_input: count(RowStatus::InvalidInput),
            failed: count(RowStatus::Failed),
            pending: count(RowStatus::Pending),
        }
    }
}

impl Requests {
    fn new(tally: &Tally) -> Self {
        let within = |share| tally.requests.latency_ms.quantile(share);
        Self {
            sent: tally.requests.sent,
            ok: tally.requests.ok,
            retried: tally.requests.retried,
            rate_limited: tally.requests.rate_limited,
            latency_ms: Latency { p50: within(0.5), p90: within(0.9), p99: within(0.99) },
        }
    }
}

impl Fields {
    fn new(tally: &Tally, requested: FieldSet) -> Self {
        let enriched = tally.rows.count(RowStatus::Enriched);
        let fill = |field| {
            let filled = tally.filled(field);
            (field, Filled { filled, ratio: ratio(filled, enriched) })
        };
        Self(requested.iter().map(fill).collect())
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(field, filled)| (field.name(), filled)))
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 rows, and rounded to four digits anyway")]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0 }
}

#[expect(clippy::ref_option, reason = "serde passes the field by reference")]
fn in_milliseconds<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.collect_str(&format_args!("{at:.3}")),
        None => serializer.serialize_none(),
    }
}

/// Writes malformed rows: how many, and the first of them.
pub(super) fn malformed_rows<S: Serializer>(
    malformed: &MalformedRows,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let first = malformed.first.iter().map(|(row, Malformed { line, fault })| {
        json!({"row": row, "line": line, "fault": fault, "remark": fault.to_string()})
    });
    json!({"rows": malformed.rows, "first": first.collect::<Vec<_>>()}).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    fn line(summary: &Summary) -> String {
        serde_json::to_string(summary).unwrap().replace(env!("CARGO_PKG_VERSION"), "VERSION")
    }

    #[test]
    fn an_empty_run_has_every_key() {
        let summary = Summary::new(&Tally::default(), "industry".parse().unwrap());
        insta::assert_snapshot!(line(&summary), @r#"{"schema":1,"version":"VERSION","status":"complete","stop_reason":null,"started_at":null,"finished_at":null,"elapsed_s":0.0,"waited_s":{"quota":0.0,"cool_down":0.0,"rate":0.0,"pace":0.0,"api_down":0.0,"retry":0.0,"other_run":0.0},"rows":{"read":0,"enriched":0,"no_match":0,"not_found":0,"invalid_input":0,"failed":0,"pending":0},"malformed":{"rows":0,"first":[]},"companies":{"unique":0,"requested":0,"from_ledger":0},"credits":{"spent":0,"saved":0,"remaining":null,"uncertain":0},"requests":{"sent":0,"ok":0,"retried":0,"rate_limited":0,"latency_ms":{"p50":0,"p90":0,"p99":0}},"rate_limit":{"limit":null,"remaining":null,"resets_at":null},"fields":{"industry":{"filled":0,"ratio":0.0}},"sources":{},"confidence":null,"no_match":[]}"#);
    }

    #[test]
    fn a_stopped_run() {
        let summary = Summary::new(&samples::stopped_at_the_quota(), "name,size".parse().unwrap());
        insta::assert_snapshot!(line(&summary), @r#"{"schema":1,"version":"VERSION","status":"stopped","stop_reason":"rate_limit","started_at":"2026-11-22T21:44:00.000Z","finished_at":"2026-11-22T21:47:05.000Z","elapsed_s":185.0,"waited_s":{"quota":0.0,"cool_down":0.0,"rate":0.0,"pace":0.0,"api_down":0.0,"retry":0.0,"other_run":0.0},"rows":{"read":12,"enriched":6,"no_match":2,"not_found":0,"invalid_input":1,"failed":1,"pending":2},"malformed":{"rows":1,"first":[{"row":3,"line":4,"fault":"too_short","remark":"3 cells in place of 4"}]},"companies":{"unique":7,"requested":6,"from_ledger":1},"credits":{"spent":4,"saved":2,"remaining":4867,"uncertain":0},"requests":{"sent":6,"ok":4,"retried":0,"rate_limited":0,"latency_ms":{"p50":42,"p90":42,"p99":42}},"rate_limit":{"limit":1000,"remaining":0,"resets_at":"2026-11-23T00:00:00.000Z"},"fields":{"name":{"filled":6,"ratio":1.0},"size":{"filled":4,"ratio":0.6667}},"sources":{"vendor_a":6},"confidence":{"p25":0.87,"p50":0.87,"p75":0.87},"no_match":["https://nobody.example/","none.example"]}"#);
    }

    #[test]
    fn is_what_the_manual_shows() {
        let manual = include_str!("../../docs/summary.md");
        let (_, rest) = manual.split_once("```json\n").unwrap();
        let (example, _) = rest.split_once("```").unwrap();
        let example: serde_json::Value = serde_json::from_str(example).unwrap();
        let summary = Summary::new(&samples::stopped_at_the_quota(), "name,size".parse().unwrap());
        let version = format!("\"{}\"", env!("CARGO_PKG_VERSION"));
        assert_eq!(
            example.to_string().replace("\"0.1.0\"", &version),
            serde_json::to_string(&summary).unwrap()
        );
    }

    #[test]
    fn is_a_document_for_people_too() {
        let json = Summary::new(&Tally::default(), FieldSet::ALL).to_json().unwrap();
        assert!(
            json.starts_with("{\n  \"schema\": 1,\n") && json.ends_with("  \"no_match\": []\n}\n"),
            "{json}"
        );
    }

    #[test]
    fn a_key_among_the_inputs_is_redacted() {
        let mut tally = Tally::default();
        tally.on_event(&samples::row(1, RowStatus::NoMatch, "wbk_live_1.example"));
        assert_eq!(Summary::new(&tally, FieldSet::ALL).no_match, ["wbk_[redacted].example"]);
    }
}
