//! What the API told last of balance and quotas, kept for whoever plans the next run.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::{as_integer, schema};
use crate::rules::verbs::Told;

/// Keeps what was told; what was not told stays as it was.
pub(super) fn keep(
    connection: &Connection,
    scope_id: i64,
    told: &Told,
    now: Timestamp,
) -> rusqlite::Result<()> {
    if let Some(balance) = told.balance {
        let values = params![scope_id, as_integer(balance), now.as_millisecond()];
        connection.prepare_cached(schema::KEEP_BALANCE)?.execute(values)?;
    }
    if told.quotas.is_empty() {
        return Ok(());
    }
    connection.prepare_cached(schema::FORGET_QUOTAS)?.execute([scope_id])?;
    let mut statement = connection.prepare_cached(schema::KEEP_QUOTA)?;
    for (place, quota) in (0_i64..).zip(&told.quotas) {
        let window = quota.window.map(|window| i64::try_from(window.as_millis()).unwrap_or(i64::MAX));
        statement.execute(params![
            scope_id,
            place,
            quota.limit.map(as_integer),
            as_integer(quota.remaining),
            quota.resets_at.as_millisecond(),
            window,
            now.as_millisecond()
        ])?;
    }
    Ok(())
}
