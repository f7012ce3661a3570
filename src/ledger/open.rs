//! The ledger as a file: how it is opened and brought up to date.
//!
//! It is not checked from end to end when it is opened: that would take as long as to read it, and neither a killed
//! process nor a power cut damages it. SQLite notices damage where it reads, and the run ends there.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags, TransactionBehavior};

use super::LedgerError;
use super::recognise::{APPLICATION_ID, Found, examine, has_log, recognise, unchanging};
use super::schema::{MIGRATIONS, OLDER_1};
use super::share::share;

/// How long another process's transaction is waited for. Transactions here take milliseconds.
const BUSY_WAIT: Duration = Duration::from_secs(30);

/// How often a switch to WAL is tried: as many processes may meet at a new file.
const SWITCHES_MAX: u32 = 64;

/// Opens or creates the ledger at `path`; without one, a ledger that is gone when it is closed.
pub(super) fn open(path: Option<&Path>) -> Result<Connection, LedgerError> {
    open_within(path, BUSY_WAIT)
}

/// The same, with another wait for other processes.
pub(super) fn open_within(path: Option<&Path>, wait: Duration) -> Result<Connection, LedgerError> {
    let connection = match path {
        Some(path) => open_file(path, wait)?,
        None => open_temporary()?,
    };
    connection.execute_batch(
        "CREATE TEMP TABLE passed_over (subject TEXT, kind TEXT, PRIMARY KEY (subject, kind)) WITHOUT ROWID;",
    )?;
    connection.set_prepared_statement_cache_capacity(16);
    Ok(connection)
}

/// An SQLite database without a name lives in memory up to its cache's size and in a temporary file beyond.
fn open_temporary() -> Result<Connection, LedgerError> {
    let mut connection = Connection::open("")?;
    connection.execute_batch(
        "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -8192; PRAGMA foreign_keys = OFF;",
    )?;
    migrate(&mut connection, Path::new(":memory:"))?;
    Ok(connection)
}

fn open_file(path: &Path, wait: Duration) -> Result<Connection, LedgerError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|source| LedgerError::Folder { path: folder.to_owned(), source })?;
    }
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let at = |error| LedgerError::at(path, error);
    let found = examine(path)?;
    let mut connection = Connection::open_with_flags(path, flags).map_err(at)?;
    if connection.is_readonly(MAIN_DB).map_err(at)? {
        return Err(LedgerError::ReadOnly { path: path.to_owned() });
    }
    connection.busy_timeout(wait).map_err(at)?;
    recognise(&connection, path, found)?;
    // With NORMAL a power cut can take the last commits, never the file's integrity; what is lost is asked again under
    // the same keys. Every process's death but the machine's keeps all commits.
    if !switch_to_wal(&connection).map_err(at)? {
        return Err(LedgerError::NoLocks {
            path: path.to_owned(),
            cause: "it has no shared memory".to_owned(),
        });
    }
    if let Some(share) = share(path) {
        tracing::warn!(ledger = %path.display(), share, "on a network share: one machine at a time may use it");
    }
    // A page is checked as it is read, before anything is added to it. References are written by rowids that were just read;
    // to have them checked would cost a statement journal for each outcome.
    connection
        .execute_batch("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 8000; PRAGMA cell_size_check = ON; PRAGMA foreign_keys = OFF;")
        .map_err(at)?;
    migrate(&mut connection, path)?;
    Ok(connection)
}

/// Switches a new file to WAL, and returns whether it is now. Two processes that do so at once would wait for each other,
/// so SQLite refuses one of them without waiting; that one lets the other finish, which an empty transaction waits for,
/// and looks again.
pub(super) fn switch_to_wal(connection: &Connection) -> rusqlite::Result<bool> {
    let switch = || connection.query_row("PRAGMA journal_mode = WAL", (), |row| row.get::<_, String>(0));
    for _ in 0..SWITCHES_MAX {
        match switch() {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                connection.execute_batch("BEGIN IMMEDIATE; COMMIT;")?;
            }
            switched => return switched.map(|mode| mode == "wal"),
        }
    }
    switch().map(|mode| mode == "wal")
}

/// Opens an existing ledger for reading alone, in one transaction: what other processes write meanwhile is not seen, and
/// neither waited for. Nothing, where there is no ledger yet.
///
/// The file stays as it is, also one of an older version: what that lacks is added to the connection.
pub(super) fn open_to_read(path: &Path) -> Result<Option<Connection>, LedgerError> {
    let found = examine(path)?;
    let has_log = has_log(path);
    if found == Found::Empty && !has_log {
        return Ok(None);
    }
    let at = |error| LedgerError::at(path, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(at)?;
    if let Err(error) = try_to_read(&connection) {
        // Where no file can be made beside it, and none is there, nobody writes.
        let cannot_share =
            matches!(error.sqlite_error_code(), Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen));
        if has_log || !cannot_share {
            return Err(at(error));
        }
        let flags = flags | OpenFlags::SQLITE_OPEN_URI;
        connection = Connection::open_with_flags(unchanging(path), flags).map_err(at)?;
        try_to_read(&connection).map_err(at)?;
    }
    recognise(&connection, path, found)?;
    connection.execute_batch("PRAGMA cache_size = -8192; BEGIN").map_err(at)?;
    match pragma(&connection, "user_version").map_err(at)? {
        0 => return Ok(None),
        1 => connection.execute_batch(OLDER_1).map_err(at)?,
        _ => {}
    }
    Ok(Some(connection))
}

fn try_to_read(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_WAIT)?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", (), |_| Ok(()))
}

/// Returns a number that a database keeps about itself.
pub(super) fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

/// Applies what the file lacks, in one transaction that no second process can enter.
fn migrate(connection: &mut Connection, path: &Path) -> Result<(), LedgerError> {
    let at = |error| LedgerError::at(path, error);
    if pragma(connection, "user_version").map_err(at)? == i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
    {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(at)?;
    let applied =
        usize::try_from(pragma(&transaction, "user_version").map_err(at)?).unwrap_or(MIGRATIONS.len());
    for migration in MIGRATIONS.iter().skip(applied) {
        transaction.execute_batch(migration).map_err(at)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(at)?;
    transaction
        .pragma_update(None, "user_version", i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX))
        .map_err(at)?;
    transaction.commit().map_err(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_is_recognised_when_it_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/ledger.db");
        drop(open(Some(&path)).unwrap());
        let again = open(Some(&path)).unwrap();
        assert_eq!(pragma(&again, "user_version").unwrap(), 2);
    }

    #[test]
    fn a_foreign_file_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE mine (x)").unwrap();
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(open(Some(&path)), Err(LedgerError::Foreign { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), before);
        std::fs::write(&path, "domain\nacme.com\n".repeat(100)).unwrap();
        assert!(matches!(open(Some(&path)), Err(LedgerError::NotADatabase { .. })));
    }

    #[test]
    fn a_newer_ledger_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        open(Some(&path)).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(open(Some(&path)), Err(LedgerError::Newer { version: 99, .. })));
    }
}
