//! The ledger as somebody sees it who only looks: no run is begun, nothing is written, and no other process waits.
//!
//! Everything is read in one transaction, so that sums agree with each other while runs go on.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::open::{beside, open_to_read};
use super::{LedgerError, books, export, prune};
use crate::rules::books::{Books, Period};
use crate::rules::kept::{Kept, Prospect, Prunable, Selection};

/// A ledger that is only read.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    path: PathBuf,
}

impl Reader {
    /// Opens the ledger at `path` for a look at the scopes whose base URL or account begins with `scope`; nothing where
    /// there is no ledger yet.
    pub fn open(path: &Path, scope: &str) -> Result<Option<Self>, LedgerError> {
        let Some(connection) = open_to_read(path)? else { return Ok(None) };
        choose(&connection, scope).map_err(|error| LedgerError::at(path, error))?;
        Ok(Some(Self { connection, path: path.to_owned() }))
    }

    /// Returns the books, with what was paid by `period`.
    pub fn books(&self, period: Period, now: Timestamp) -> Result<Books, LedgerError> {
        let mut books = books::read(&self.connection, period, now).map_err(|error| self.at(error))?;
        books.bytes = self.bytes();
        Ok(books)
    }

    /// Hands every answer that is meant to `take`, by scope and subject, until it refuses one. Returns how many could not
    /// be read and were left out.
    pub fn answers<E: From<LedgerError>>(
        &self,
        selection: &Selection,
        take: &mut dyn FnMut(&Kept) -> Result<(), E>,
    ) -> Result<u64, E> {
        export::each(&self.connection, selection, take, |error| self.at(error).into())
    }

    /// Returns what a pruning would take away.
    pub fn prospect(&self, prunable: &Prunable) -> Result<Prospect, LedgerError> {
        let prospect = prune::prospect(&self.connection, prunable).map_err(|error| self.at(error))?;
        Ok(Prospect { ledger_bytes: self.bytes(), ..prospect })
    }

    fn at(&self, error: rusqlite::Error) -> LedgerError {
        LedgerError::at(&self.path, error)
    }

    fn bytes(&self) -> u64 {
        bytes(&self.path)
    }
}

/// Returns what a ledger takes on the disk, with what was written to it last.
pub(super) fn bytes(path: &Path) -> u64 {
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
    size(path) + size(&beside(path, "-wal"))
}

/// Notes the scopes whose base URL or account begins with `scope`, for what is asked on this connection.
pub(super) fn choose(connection: &Connection, scope: &str) -> rusqlite::Result<()> {
    connection.execute_batch("CREATE TEMP TABLE chosen (id INTEGER PRIMARY KEY)")?;
    let choose = "
        INSERT INTO temp.chosen SELECT id FROM scopes
        WHERE substr(base_url, 1, length(?1)) = ?1 OR substr(account, 1, length(?1)) = ?1";
    connection.execute(choose, params![scope]).map(|_| ())
}
