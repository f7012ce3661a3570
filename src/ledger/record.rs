//! Outcomes to columns and back. What cannot be read back counts as not there, and is asked again.

use jiff::Timestamp;
use rusqlite::Row;

use crate::rules::company::Company;
use crate::rules::field::FieldSet;
use crate::rules::outcome::{Enrichment, FieldNames, Outcome, RowStatus, Verdict};
use crate::rules::signature::{Reuse, Stored, Wish};
use crate::rules::verbs::EntryId;

/// A paid answer as columns; all empty where the answer was free.
#[derive(Default)]
pub(super) struct Columns<'a> {
    pub(super) company: Option<&'a str>,
    pub(super) filled: Option<u16>,
    pub(super) fields_updated: Option<&'a str>,
    pub(super) source: Option<&'a str>,
    pub(super) confidence: Option<&'a str>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(outcome: &'a Outcome) -> Self {
        let Some(paid) = outcome.verdict.enrichment() else { return Self::default() };
        Self {
            company: Some(paid.company.json()),
            filled: Some(paid.company.filled().bits()),
            fields_updated: Some(paid.fields_updated.json()),
            source: paid.source.as_deref(),
            confidence: paid.confidence.as_deref(),
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

/// Reads what tells whether an answer or a failure serves, of a row of `LOOK_UP`; nothing where there is none.
pub(super) fn stored(row: &Row<'_>, wish: Wish) -> rusqlite::Result<[Option<Stored>; 2]> {
    let name = row.get_ref(5)?.as_str_or_null()?;
    let status = RowStatus::ALL.into_iter().find(|status| Some(status.name()) == name);
    let answered = status.zip(time(row, 6)?);
    let failed = time(row, 13)?.map(|failed_at| (RowStatus::Failed, failed_at));
    Ok([answered, failed]
        .map(|found| found.map(|(status, answered_at)| Stored { wish, status, answered_at })))
}

/// An answer that serves, where it stands, and what it is.
pub(super) type Serving = (Stored, EntryId, Outcome);

/// Returns what serves best: what did so before this row of `LOOK_UP`, or what the row holds.
pub(super) fn better(
    row: &Row<'_>,
    wish: Wish,
    reuse: &Reuse,
    mut best: Option<Serving>,
) -> rusqlite::Result<Option<Serving>> {
    for stored in stored(row, wish)?.into_iter().flatten() {
        let is_better = best.as_ref().is_none_or(|(known, ..)| Reuse::prefers(&stored, known));
        if is_better && reuse.accepts(&stored) {
            let entry = entry_id(row.get(0)?);
            best = outcome(row, &stored)?.map(|outcome| (stored, entry, outcome)).or(best);
        }
    }
    Ok(best)
}

/// Returns the number of an entry.
pub(super) fn entry_id(rowid: i64) -> EntryId {
    EntryId(u64::try_from(rowid).unwrap_or(0))
}

/// Reads the outcome of a row of `LOOK_UP`.
pub(super) fn outcome(row: &Row<'_>, stored: &Stored) -> rusqlite::Result<Option<Outcome>> {
    let verdict = match stored.status {
        RowStatus::Enriched => enrichment(row)?.map(|enrichment| Verdict::Enriched(Box::new(enrichment))),
        RowStatus::NoMatch => Some(Verdict::NoMatch),
        RowStatus::NotFound => Some(Verdict::NotFound),
        RowStatus::Failed => Some(Verdict::Failed { reason: text(row, 14)?.unwrap_or_default() }),
        RowStatus::InvalidInput | RowStatus::Pending => None,
    };
    let request_id = text(row, if stored.status == RowStatus::Failed { 15 } else { 12 })?;
    Ok(verdict.map(|verdict| Outcome { verdict, answered_at: stored.answered_at, request_id }))
}

fn enrichment(row: &Row<'_>) -> rusqlite::Result<Option<Enrichment>> {
    let filled = FieldSet::from_bits(row.get::<_, Option<u16>>(8)?.unwrap_or(0));
    let company = row.get_ref(7)?.as_str_or_null()?.and_then(|json| Company::restore(json, filled).ok());
    let Some(company) = company else { return Ok(None) };
    Ok(Some(Enrichment {
        company,
        fields_updated: row.get_ref(9)?.as_str_or_null()?.map(FieldNames::restore).unwrap_or_default(),
        source: row.get_ref(10)?.as_str_or_null()?.map(Into::into),
        confidence: text(row, 11)?,
    }))
}

fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Box<str>>> {
    Ok(row.get_ref(column)?.as_str_or_null()?.map(Box::from))
}
