//! What a run would cost, for programs: the JSON of `plan --json`.
//!
//! Key names, their order and their types are a published format, versioned by [`SCHEMA`]: keys are added, never renamed.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Column, Found, Reading, commonest};
use crate::report::clean::redacted;
use crate::report::summary::malformed_rows;
use crate::report::words::until;
use crate::rules::malformed::MalformedRows;
use crate::rules::plan::{Bound, Plan, Quota, Takes};

/// The version of the format.
pub const SCHEMA: u32 = 1;

/// Returns the plan as a JSON document.
pub fn json(plan: &Plan, reading: &Reading) -> serde_json::Result<String> {
    serde_json::to_string_pretty(&document(plan, reading)).map(|json| json + "\n")
}

/// The whole, in the order in which it is written.
#[derive(Serialize)]
struct Document {
    schema: u32,
    version: &'static str,
    at: String,
    input: Value,
    rows: Value,
    #[serde(serialize_with = "malformed_rows")]
    malformed: MalformedRows,
    companies: Value,
    calls: Value,
    credits: Value,
    balance: Option<Value>,
    quotas: Vec<Value>,
    time: Option<Value>,
}

fn document(plan: &Plan, reading: &Reading) -> Document {
    let counts = &plan.counts;
    let reasons: Vec<Value> = commonest(counts)
        .into_iter()
        .map(|(name, reason)| json!({"reason": name, "rows": reason.rows, "example": redacted(&reason.example)}))
        .collect();
    let allowance = plan.policy.allowance;
    Document {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        at: written(plan.at),
        input: input(reading),
        rows: json!({"read": counts.rows, "invalid_input": counts.invalid_rows(), "reasons": reasons}),
        malformed: counts.malformed.clone(),
        companies: json!({
            "unique": counts.unique(),
            "to_ask": counts.to_ask,
            "from_ledger": counts.known(),
            "enriched": counts.enriched,
            "no_match": counts.no_match,
            "not_found": counts.not_found,
        }),
        calls: json!({
            "least": counts.to_ask,
            "most": counts.most_calls(),
            "same_key": counts.same_key,
            "uncertain": counts.uncertain,
        }),
        credits: json!({
            "most": plan.most_credits(),
            "max_credits": allowance.max,
            "keep_credits": allowance.keep,
            "affordable": plan.affordable(),
        }),
        balance: plan.told.balance.map(|(balance, at)| json!({"credits": balance, "told_at": written(at)})),
        quotas: plan.told.quotas.iter().map(|quota| told(quota, plan.at)).collect(),
        time: time(plan),
    }
}

fn input(reading: &Reading) -> Value {
    let column = |column: &Column| json!({"name": redacted(&column.name), "number": column.number});
    let (found_by, confidence) = match reading.found {
        Some(Found::Options) => (Some("options"), None),
        Some(Found::Names) => (Some("names"), None),
        Some(Found::Values(share)) => (Some("values"), Some(f64::from(share) / 100.0)),
        None => (None, None),
    };
    json!({
        "path": reading.path.as_deref().map(redacted),
        "format": reading.format,
        "compression": reading.compression,
        "sheet": reading.sheet.as_deref().map(redacted),
        "delimiter": reading.delimiter,
        "quoting": reading.quoting,
        "line_ending": reading.line_ending,
        "encoding": reading.encoding,
        "header": reading.header,
        "columns": reading.columns,
        "id_column": reading.id.as_ref().map(column),
        "domain_columns": reading.domains.iter().map(column).collect::<Vec<_>>(),
        "found_by": found_by,
        "confidence": confidence,
    })
}

/// Returns a quota as it is now, by what was told of it last.
fn told(quota: &Quota, now: Timestamp) -> Value {
    let by_now = quota.by(now);
    json!({
        "limit": by_now.allowed,
        "remaining": by_now.remaining,
        "resets_at": written(by_now.resets_at),
        "window_s": by_now.window.map(|window| window.as_secs_f64()),
        "told_at": written(quota.told_at),
    })
}

/// Returns how long it takes; nothing where that is not known.
fn time(plan: &Plan) -> Option<Value> {
    let (ends_at, resets, windows, bound) = match &plan.takes {
        Takes::Unheld | Takes::Unknown => return None,
        Takes::Fits => (plan.at, 0, 1, None),
        Takes::Span(span) => {
            let bound = match span.bound {
                Bound::Quota { .. } => "quota",
                Bound::Pace(_) => "pace",
                Bound::Rate(_) => "rate",
            };
            (span.ends_at, span.resets, span.windows, Some(bound))
        }
    };
    Some(json!({
        "seconds": until(ends_at, plan.at).as_secs(),
        "ends_at": written(ends_at),
        "resets": resets,
        "windows": windows,
        "bound": bound,
        "stops_at_quota": plan.stops_at_quota(),
    }))
}

fn written(at: Timestamp) -> String {
    format!("{at:.3}")
}
