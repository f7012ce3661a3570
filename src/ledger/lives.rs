//! Which runs on this ledger are alive: a claim holds as long as its run does.
//!
//! A run holds the lock of a file beside the ledger, `ledger.db-run-N`, which the operating system lets go of when the
//! process dies, however it dies. For a process that is stopped and not dead, and where a file system knows no locks, the
//! latest sign of life in the ledger counts: after [`LEASE`] without one the run has lost its claims. It is not dead for
//! that: a run that waits for its quota has none to show life for, and claims again when it goes on.
//! A run's file goes when it ends; what a killed run left behind goes when the next one begins.

use std::cell::RefCell;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::recognise::beside;
use super::schema;
use crate::rules::books::KILLED;
use crate::rules::verbs::LEASE;

/// This run, as others on the ledger see it.
#[derive(Debug)]
pub(super) struct Life {
    /// Its number in the ledger.
    pub(super) run: i64,
    /// Locked until it is closed; absent where there is no file or no lock to be had.
    lock: Option<(PathBuf, File)>,
}

impl Life {
    /// Enters a run in the ledger, and takes note of those that died. `file` is the ledger's, if it has one.
    pub(super) fn begin(
        connection: &mut Connection,
        file: Option<&Path>,
        scope_id: i64,
        at: Timestamp,
    ) -> rusqlite::Result<Self> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let unfinished: Vec<i64> = transaction
            .prepare(schema::UNFINISHED_RUNS)?
            .query_map((), |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for run in unfinished {
            if Lives::new(file, at).is_dead(&transaction, run)? {
                transaction.execute(schema::BURY_RUN, params![run, KILLED])?;
                if let Some(file) = file {
                    // It is empty, and says nothing to anybody any more.
                    let _ = std::fs::remove_file(lock_path(file, run));
                }
            }
        }
        transaction.execute(schema::BEGIN_RUN, params![scope_id, at.as_millisecond()])?;
        let run = transaction.last_insert_rowid();
        // Before others can read of this run.
        let lock = file.and_then(|file| locked(lock_path(file, run)));
        if lock.is_some() {
            transaction.execute(schema::LOCK_RUN, [run])?;
        }
        transaction.commit()?;
        Ok(Self { run, lock })
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        if let Some((path, _)) = &self.lock {
            // One that stays goes when the next run begins.
            let _ = std::fs::remove_file(path);
        }
    }
}

pub(super) fn lock_path(file: &Path, run: i64) -> PathBuf {
    beside(file, &format!("-run-{run}"))
}

/// Creates a file and locks it, if that can be done here.
fn locked(path: PathBuf) -> Option<(PathBuf, File)> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).open(&path).ok()?;
    file.try_lock().is_ok().then_some((path, file))
}

/// Returns when a run that has not ended showed life last, in milliseconds, and whether it holds a lock.
fn latest_life(connection: &Connection, run: i64) -> rusqlite::Result<Option<(i64, bool)>> {
    let mut statement = connection.prepare_cached(schema::LATEST_LIFE)?;
    statement.query_row([run], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

/// What is known of other runs' lives, for as long as one batch takes.
#[derive(Debug)]
pub(super) struct Lives<'a> {
    file: Option<&'a Path>,
    at: Timestamp,
    known: RefCell<Vec<(i64, bool)>>,
}

impl<'a> Lives<'a> {
    pub(super) fn new(file: Option<&'a Path>, at: Timestamp) -> Self {
        Self { file, at, known: RefCell::default() }
    }

    /// Returns whether a run is alive.
    pub(super) fn has(&self, connection: &Connection, run: i64) -> rusqlite::Result<bool> {
        let known = self.known.borrow().iter().find(|(known, _)| *known == run).map(|(_, alive)| *alive);
        if let Some(alive) = known {
            return Ok(alive);
        }
        let latest = latest_life(connection, run)?;
        let alive = latest
            .is_some_and(|(latest, locked)| self.is_recent(latest) && (!locked || self.holds_its_lock(run)));
        self.known.borrow_mut().push((run, alive));
        Ok(alive)
    }

    /// Returns whether a run that has not ended never will. One that holds its lock may wait for its quota since hours, or
    /// be stopped: it has lost its claims, and has others when it goes on.
    pub(super) fn is_dead(&self, connection: &Connection, run: i64) -> rusqlite::Result<bool> {
        Ok(latest_life(connection, run)?.is_some_and(|(latest, locked)| {
            if locked { !self.holds_its_lock(run) } else { !self.is_recent(latest) }
        }))
    }

    fn is_recent(&self, millis: i64) -> bool {
        // A clock that was set back must not make a run immortal.
        let lease = SignedDuration::try_from(LEASE).unwrap_or(SignedDuration::MAX);
        Timestamp::from_millisecond(millis).is_ok_and(|latest| self.at.duration_since(latest).abs() < lease)
    }

    fn holds_its_lock(&self, run: i64) -> bool {
        let Some(file) = self.file else { return true };
        match OpenOptions::new().write(true).open(lock_path(file, run)).map(|file| file.try_lock_shared()) {
            Ok(Ok(())) => false,
            Ok(Err(TryLockError::WouldBlock | TryLockError::Error(_))) => true,
            Err(error) => error.kind() != ErrorKind::NotFound,
        }
    }
}
