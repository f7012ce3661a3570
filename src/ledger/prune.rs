//! Taking old answers out.
//!
//! What stays whatever is asked: open intents, what a run held within the time in which the API may remember a key, and
//! runs and scopes, so that the books stay true; what goes leaves a line for its day behind.
//!
//! # Locking
//! A chunk is one short transaction, and the caller pauses between chunks: a run on the same ledger waits for
//! a moment. The file is made smaller only when nobody else has it open, since that locks it from end to end.
//!
//! # Crash points
//! A chunk is gone as a whole or there as a whole, and so is the smaller file: a process that is killed at any point leaves
//! a ledger in which everything that is not gone is as it was.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, named_params};

use super::export::names;
use super::read::{bytes, choose};
use super::{LedgerError, open};
use crate::rules::kept::{Prospect, Prunable, Room};
use crate::rules::outcome::RowStatus;

/// Calls that are looked at in one transaction. In a large ledger each that goes takes a page of the index with it, so that
/// this is a tenth of a second on a busy machine.
const CHUNK: u32 = 500;

/// What an answer takes beside its texts: numbers, the index, the page.
const ROW_BYTES: &str = "80";

/// Tells whether a call may go. The `+` keeps the calls in the order of their numbers: by the index over scopes, every chunk
/// would go through all of them.
const MAY_GO: &str = "
    key IS NULL AND (status IS NOT NULL OR failed_ms IS NOT NULL)
    AND max(coalesce(answered_ms, 0), coalesce(failed_ms, 0)) < :before
    AND (claimed_by IS NULL
         OR claimed_by NOT IN (SELECT id FROM runs WHERE max(alive_ms, coalesce(ended_ms, 0)) >= :untouched_since))
    AND coalesce(status, 'failed') IN (SELECT value FROM json_each(:statuses))
    AND +scope_id IN temp.chosen";

/// A pruning under way.
#[derive(Debug)]
pub struct Pruning {
    connection: Connection,
    path: PathBuf,
    prunable: Prunable,
    /// The last call that was looked at.
    seen: i64,
    has_pruned: bool,
}

impl Pruning {
    /// Opens an existing ledger to prune the scopes whose base URL or account begins with `scope`.
    pub fn begin(path: &Path, scope: &str, prunable: Prunable) -> Result<Self, LedgerError> {
        let connection = open::open(Some(path))?;
        choose(&connection, scope).map_err(|error| LedgerError::at(path, error))?;
        Ok(Self { connection, path: path.to_owned(), prunable, seen: i64::MIN, has_pruned: false })
    }

    /// Prunes the next chunk and returns how many answers went; nothing, once all were looked at.
    pub fn step(&mut self) -> Result<Option<u64>, LedgerError> {
        let (seen, prunable) = (&mut self.seen, &self.prunable);
        let gone = prune_chunk(&mut self.connection, seen, prunable)
            .map_err(|error| LedgerError::at(&self.path, error))?;
        self.has_pruned |= gone.is_some_and(|gone| gone > 0);
        Ok(gone)
    }

    /// Ends the pruning and gives the room that it freed back, if nobody else uses the ledger.
    pub fn finish(self) -> Result<Room, LedgerError> {
        let path = self.path;
        drop(self.connection);
        let before = bytes(&path);
        match compact(&path, self.has_pruned) {
            Ok(()) => Ok(Room::Returned(before, bytes(&path))),
            Err(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Ok(Room::InUse),
                Some(ErrorCode::DiskFull) => Ok(Room::DiskFull),
                _ => Err(LedgerError::at(&path, error)),
            },
        }
    }
}

/// Prunes what may go among the next calls.
fn prune_chunk(
    connection: &mut Connection,
    seen: &mut i64,
    prunable: &Prunable,
) -> rusqlite::Result<Option<u64>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let last = "SELECT max(id) FROM (SELECT id FROM calls WHERE id > ?1 ORDER BY id LIMIT ?2)";
    let Some(last) = transaction.query_row(last, (*seen, CHUNK), |row| row.get::<_, Option<i64>>(0))? else {
        return Ok(None);
    };
    let statuses = names(&prunable.statuses);
    let values = named_params! {
        ":seen": *seen,
        ":last": last,
        ":before": prunable.before.as_millisecond(),
        ":untouched_since": prunable.untouched_since.as_millisecond(),
        ":statuses": statuses,
    };
    let book = format!(
        "INSERT INTO pruned (scope_id, day, answers, credits, uncertain)
         SELECT scope_id, date(coalesce(answered_ms, failed_ms) / 1000, 'unixepoch') AS day, count(*), sum(credits),
                sum(uncertain)
         FROM calls WHERE id > :seen AND id <= :last AND {MAY_GO} GROUP BY scope_id, day
         ON CONFLICT (scope_id, day) DO UPDATE SET answers = answers + excluded.answers,
             credits = credits + excluded.credits, uncertain = uncertain + excluded.uncertain"
    );
    transaction.prepare_cached(&book)?.execute(values)?;
    let delete = format!("DELETE FROM calls WHERE id > :seen AND id <= :last AND {MAY_GO}");
    let gone = transaction.prepare_cached(&delete)?.execute(values)?;
    transaction.commit()?;
    *seen = last;
    Ok(Some(u64::try_from(gone).unwrap_or(u64::MAX)))
}

/// Makes the file as small as it can be, if something has just been pruned or there is room from earlier; refused if
/// anybody else has it open.
fn compact(path: &Path, has_pruned: bool) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::ZERO)?;
    // In this mode the first access takes the whole file, which it cannot while another process is connected.
    connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT;")?;
    let free: i64 = connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
    // Where every page has lost a part, none is free.
    if has_pruned || free > 0 {
        connection.execute_batch("VACUUM")?;
    }
    connection.close().map_err(|(_, error)| error)
}

/// Returns what would go.
pub(super) fn prospect(connection: &Connection, prunable: &Prunable) -> rusqlite::Result<Prospect> {
    let sql = format!(
        "SELECT coalesce(status, 'failed'), count(*), sum(credits),
                sum({ROW_BYTES} + 2 * octet_length(subject) + coalesce(octet_length(company), 0)
                    + coalesce(octet_length(fields_updated), 0) + coalesce(octet_length(source), 0)
                    + coalesce(octet_length(request_id), 0) + coalesce(octet_length(reason), 0))
         FROM calls WHERE {MAY_GO} GROUP BY 1"
    );
    let values = named_params! {
        ":before": prunable.before.as_millisecond(),
        ":untouched_since": prunable.untouched_since.as_millisecond(),
        ":statuses": names(&prunable.statuses),
    };
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(values)?;
    let mut prospect = Prospect::default();
    while let Some(row) = rows.next()? {
        let status = row.get_ref(0)?.as_str()?;
        let number =
            |column| row.get::<_, i64>(column).map(|number| u64::try_from(number).unwrap_or_default());
        if let Some(status) = RowStatus::ALL.into_iter().find(|known| known.name() == status) {
            prospect.answers.push((status, number(1)?));
        }
        prospect.credits += number(2)?;
        prospect.bytes += number(3)?;
    }
    prospect.answers.sort_by_key(|(status, _)| RowStatus::ALL.iter().position(|known| known == status));
    Ok(prospect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_goes_by_the_numbers_of_its_calls() {
        let connection = open::open(None).unwrap();
        choose(&connection, "").unwrap();
        let delete = format!("EXPLAIN QUERY PLAN DELETE FROM calls WHERE id > 1 AND id <= 9 AND {MAY_GO}");
        let mut statement = connection.prepare(&delete).unwrap();
        let values = named_params! {":before": 1, ":untouched_since": 1, ":statuses": "[]"};
        let plan = statement.query_map(values, |row| row.get::<_, String>(3)).unwrap();
        let plan: Vec<String> = plan.map(Result::unwrap).collect();
        assert!(plan.iter().any(|step| step.contains("SEARCH calls USING INTEGER PRIMARY KEY")), "{plan:?}");
    }
}
