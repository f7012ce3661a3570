//! Outcomes to columns and back. What cannot be read back counts as not there, and is asked again.

use jiff::Timestamp;
use rusqlite::Row;

use crate::rules::company::Company;
use crate::rules::field::FieldSet;
use crate::rules::outcome::{Enrichment, Outcome, RowStatus, Verdict};
use crate::rules::signature::{Stored, Wish};

/// An outcome as columns.
pub(super) struct Columns<'a> {
    pub(super) status: &'static str,
    pub(super) answered_ms: i64,
    pub(super) reason: Option<&'a str>,
    pub(super) company: Option<&'a str>,
    pub(super) filled: Option<u16>,
    pub(super) fields_updated: Option<String>,
    pub(super) source: Option<&'a str>,
    pub(super) confidence: Option<&'a str>,
    pub(super) request_id: Option<&'a str>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(outcome: &'a Outcome) -> Self {
        let paid = outcome.verdict.enrichment();
        let reason = match &outcome.verdict {
            Verdict::Failed { reason } => Some(&**reason),
            _ => None,
        };
        Self {
            status: outcome.verdict.status().name(),
            answered_ms: outcome.answered_at.as_millisecond(),
            reason,
            company: paid.map(|paid| paid.company.json()),
            filled: paid.map(|paid| paid.company.filled().bits()),
            fields_updated: paid.and_then(|paid| serde_json::to_string(&paid.fields_updated).ok()),
            source: paid.and_then(|paid| paid.source.as_deref()),
            confidence: paid.and_then(|paid| paid.confidence.as_deref()),
            request_id: outcome.request_id.as_deref(),
        }
    }
}

/// Reads what was asked, of a row of `LOOK_UP`.
pub(super) fn wish(row: &Row<'_>) -> rusqlite::Result<Wish> {
    Ok(Wish { fields: FieldSet::from_bits(row.get(1)?), overwrite: row.get(2)? })
}

/// Reads a time in milliseconds.
pub(super) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let millis: Option<i64> = row.get(column)?;
    Ok(millis.and_then(|millis| Timestamp::from_millisecond(millis).ok()))
}

/// Reads what tells whether an outcome serves, of a row of `LOOK_UP`; nothing where there is no outcome.
pub(super) fn stored(row: &Row<'_>, wish: Wish) -> rusqlite::Result<Option<Stored>> {
    let name = row.get_ref(5)?.as_str_or_null()?;
    let status = RowStatus::ALL.into_iter().find(|status| Some(status.name()) == name);
    let answered_at = time(row, 6)?;
    Ok(status.zip(answered_at).map(|(status, answered_at)| Stored { wish, status, answered_at }))
}

/// Reads the outcome of a row of `LOOK_UP`.
pub(super) fn outcome(row: &Row<'_>, stored: &Stored) -> rusqlite::Result<Option<Outcome>> {
    let verdict = match stored.status {
        RowStatus::Enriched => enrichment(row)?.map(|enrichment| Verdict::Enriched(Box::new(enrichment))),
        RowStatus::NoMatch => Some(Verdict::NoMatch),
        RowStatus::NotFound => Some(Verdict::NotFound),
        RowStatus::Failed => {
            Some(Verdict::Failed { reason: row.get_ref(7)?.as_str_or_null()?.unwrap_or_default().into() })
        }
        RowStatus::InvalidInput | RowStatus::Pending => None,
    };
    let request_id = text(row, 13)?;
    Ok(verdict.map(|verdict| Outcome { verdict, answered_at: stored.answered_at, request_id }))
}

fn enrichment(row: &Row<'_>) -> rusqlite::Result<Option<Enrichment>> {
    let filled = FieldSet::from_bits(row.get::<_, Option<u16>>(9)?.unwrap_or(0));
    let company = row.get_ref(8)?.as_str_or_null()?.and_then(|json| Company::restore(json, filled).ok());
    let Some(company) = company else { return Ok(None) };
    let names = row.get_ref(10)?.as_str_or_null()?.unwrap_or("[]");
    Ok(Some(Enrichment {
        company,
        fields_updated: serde_json::from_str(names).unwrap_or_default(),
        source: text(row, 11)?,
        confidence: text(row, 12)?,
    }))
}

fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Box<str>>> {
    Ok(row.get_ref(column)?.as_str_or_null()?.map(Box::from))
}
