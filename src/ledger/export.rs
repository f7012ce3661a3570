//! Every answer, one after the other: nothing is gathered, whatever the ledger's size.
//!
//! The order is that of the index over scope, subject and question, so that nothing is sorted and two exports of the same
//! ledger are the same.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::record;
use crate::rules::kept::{Kept, Selection};
use crate::rules::outcome::RowStatus;
use crate::rules::signature::Scope;
use crate::rules::target::Subject;

const SCOPES: &str = "
    SELECT id, base_url, account FROM scopes WHERE id IN temp.chosen ORDER BY base_url, account";

/// The first columns are those of `LOOK_UP`, by which `record.rs` reads them.
const ANSWERS: &str = "
    SELECT id, fields, overwrite, generation, first_sent_ms, status, answered_ms,
           company, filled, fields_updated, source, confidence, request_id, failed_ms, reason,
           failed_request_id, subject, kind, credits
    FROM calls
    WHERE scope_id = ?1 AND (status IS NOT NULL OR failed_ms IS NOT NULL)
      AND coalesce(status, 'failed') IN (SELECT value FROM json_each(?2))
      AND coalesce(answered_ms, failed_ms) >= ?3 AND coalesce(answered_ms, failed_ms) < ?4
    ORDER BY subject, kind, fields, overwrite";

/// Hands every answer that is meant to `take` until it refuses one; returns how many could not be read.
pub(super) fn each<E>(
    connection: &Connection,
    selection: &Selection,
    take: &mut dyn FnMut(&Kept) -> Result<(), E>,
    failed: impl Fn(rusqlite::Error) -> E,
) -> Result<u64, E> {
    let mut unreadable = 0;
    for (id, scope) in scopes(connection).map_err(&failed)? {
        let mut statement = connection.prepare_cached(ANSWERS).map_err(&failed)?;
        let (since, until) = (ceiling_ms(selection.since), ceiling_ms(selection.until));
        let values = params![id, names(&selection.statuses), since, until];
        let mut rows = statement.query(values).map_err(&failed)?;
        while let Some(row) = rows.next().map_err(&failed)? {
            match kept(row, &scope).map_err(&failed)? {
                Some(kept) => take(&kept)?,
                None => unreadable += 1,
            }
        }
    }
    Ok(unreadable)
}

/// Returns statuses as the JSON array by which SQL asks for them.
pub(super) fn names(statuses: &[RowStatus]) -> String {
    let names: Vec<&str> = statuses.iter().map(|status| status.name()).collect();
    serde_json::to_string(&names).unwrap_or_default()
}

/// Returns the first millisecond that is not before a time.
fn ceiling_ms(at: Timestamp) -> i64 {
    let floor = at.as_millisecond();
    floor + i64::from(Timestamp::from_millisecond(floor).is_ok_and(|whole| whole < at))
}

fn scopes(connection: &Connection) -> rusqlite::Result<Vec<(i64, Arc<Scope>)>> {
    let mut statement = connection.prepare(SCOPES)?;
    let scopes = statement.query_map((), |row| {
        let scope = Scope { base_url: row.get(1)?, account: row.get(2)? };
        Ok((row.get(0)?, Arc::new(scope)))
    })?;
    scopes.collect()
}

/// Reads a row of `ANSWERS`; nothing where it cannot be understood.
fn kept(row: &Row<'_>, scope: &Arc<Scope>) -> rusqlite::Result<Option<Kept>> {
    let wish = record::wish(row)?;
    let [answered, failed] = record::stored(row, wish)?;
    let Some(stored) = answered.or(failed) else { return Ok(None) };
    let (Some(outcome), Some(subject)) = (record::outcome(row, &stored)?, subject(row)?) else {
        return Ok(None);
    };
    Ok(Some(Kept {
        scope: Arc::clone(scope),
        subject,
        wish,
        credits: u64::try_from(row.get::<_, i64>(18)?).unwrap_or_default(),
        outcome: Arc::new(outcome),
        reason: row.get(14)?,
    }))
}

fn subject(row: &Row<'_>) -> rusqlite::Result<Option<Subject>> {
    let text = row.get_ref(16)?.as_str()?;
    Ok(match row.get_ref(17)?.as_str()? {
        "domain" => Some(Subject::Domain(text.into())),
        "company_id" => Some(Subject::CompanyId(text.into())),
        _ => None,
    })
}
