//! The ledger: what was asked, under which idempotency key, and what came of it. It is what makes a run resumable.
//!
//! | file | answers |
//! | --- | --- |
//! | `mod.rs` | the life of a run on the ledger: begin, commit, end |
//! | `batch.rs` | a batch of orders, carried out within one transaction |
//! | `trail.rs` | many look-ups in the order in which the entries were made |
//! | `lives.rs` | which runs are alive, so that their claims hold |
//! | `told.rs` | what the API told last of balance and quotas |
//! | `record.rs` | outcomes to columns and back |
//! | `recognise.rs` | whether a file is a ledger, before it could be changed |
//! | `census.rs` | what is known of many subjects, without a run |
//! | `open.rs` | the file: opening, bringing it up to date |
//! | `error.rs` `holder.rs` | why the ledger could not be used; who holds it |
//! | `share.rs` | whether it lies on a network share |
//! | `schema.rs` | SQL |
//! | `read.rs`, `books.rs`, `export.rs` | reading it as a whole, without a run: sums, every answer |
//! | `prune.rs` | taking old answers out |
//!
//! # Locking
//! A batch that writes is one `IMMEDIATE` transaction; a batch that only looks up reads a snapshot. Processes that share
//! a ledger wait for each other's transactions, which take milliseconds.
//!
//! An intent claims its subject for the run: no other run on the ledger asks about it, with whatever wish, before the call
//! is settled, withdrawn or released, or the run is gone (see `lives.rs`). What a run knew of a signature when it looked it
//! up can be out of date by the time that its intent is to be recorded; then nothing is recorded, and the run is told what
//! is known now. So two runs never ask about one subject at once, and what one has paid the other finds.
//!
//! # Crash points
//! A call goes through these steps, in this order. Each line tells what is left if everything dies right after it.
//!
//! | step | on disk | the next run | can cost |
//! | --- | --- | --- | --- |
//! | looked up | nothing new | asks | nothing extra |
//! | claimed, and its intent committed (one transaction) | open intent, claimed by a dead run | finds the claim void; asks under the same key | nothing extra: nothing was sent |
//! | sent | the same | the same | nothing extra: the API replays its answer, or answers for the first time |
//! | answered | the same | the same | nothing extra: a replay |
//! | outcome committed | the outcome, the claim closed, the run's books | takes the outcome | nothing |
//! | told | the same | the same | nothing |
//! | written | the same, and half a file beside the output's place | takes the outcome, writes the output anew | nothing |
//! | output in its place | the output | the same bytes again | nothing |
//!
//! "Nothing extra" holds for as long as the API remembers the key. An intent that is older than a key protects is asked
//! again all the same, and counted as `uncertain`: it costs one credit more if the API did charge the first time.
//!
//! A power cut, unlike a process's death, can also take the commits of the last moments (`synchronous = NORMAL`), and in
//! the worst case all since the last checkpoint. That moves a call back to an earlier line of the table and no further:
//! keys are derived from the signature, so that what is lost is asked again under the key that it had. A call that was
//! refused for want of credits goes on to another key without an outcome: such commits are on the disk when they are done.
//!
//! # Compatibility
//! See `recognise.rs` and `schema.rs`.

mod batch;
mod books;
pub mod census;
mod error;
mod export;
mod holder;
mod lives;
mod open;
pub mod prune;
pub mod read;
mod recognise;
mod record;
mod schema;
mod share;
mod told;
mod trail;

use std::cell::Cell;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};

use self::batch::{Batch, Statements};
use self::lives::{Life, Lives};
use self::trail::Trail;
use crate::rules::event::StopReason;
use crate::rules::signature::{Reuse, Scope};
use crate::rules::verbs::{Answer, Order, Told};

pub use error::LedgerError;

/// The ledger, as one run sees it.
#[derive(Debug)]
pub struct Ledger {
    connection: Connection,
    /// Absent: it is gone when it is closed.
    path: Option<PathBuf>,
    scope_id: i64,
    reuse: Reuse,
    life: Option<Life>,
    spent: u64,
    trail: Trail,
    wish_is_noted: bool,
}

/// How a run ended, for the books.
#[derive(Clone, Debug)]
pub struct Ending {
    /// Rows of the output with a company, paid for in this run or not.
    pub rows_enriched: u64,
    /// Why it stopped before its work was done.
    pub stopped: Option<StopReason>,
    /// What the API told last.
    pub told: Told,
}

impl Ledger {
    /// Opens or creates the ledger at `path`; without one, a ledger that keeps nothing after the run.
    pub fn open(path: Option<&Path>, scope: &Scope, reuse: Reuse) -> Result<Self, LedgerError> {
        let connection = open::open(path)?;
        let whose = params![&*scope.base_url, &*scope.account];
        let scope_id = connection
            .execute("INSERT OR IGNORE INTO scopes (base_url, account) VALUES (?1, ?2)", whose)
            .and_then(|_| {
                let find = "SELECT id FROM scopes WHERE base_url = ?1 AND account = ?2";
                connection.query_row(find, whose, |row| row.get(0))
            })
            .map_err(|error| at(path, error))?;
        Ok(Self {
            connection,
            path: path.map(Path::to_owned),
            scope_id,
            reuse,
            life: None,
            spent: 0,
            trail: Trail::default(),
            wish_is_noted: false,
        })
    }

    /// Begins the run: from here on what it asks is claimed for it, as long as it lives.
    pub fn begin(&mut self, now: Timestamp) -> Result<(), LedgerError> {
        let path = self.path.as_deref();
        let life = Life::begin(&mut self.connection, path, self.scope_id, now);
        self.life = Some(life.map_err(|error| at(path, error))?);
        Ok(())
    }

    /// Carries out a batch of orders, together and in their order, and answers those that have an answer.
    ///
    /// On an error nothing of the batch has taken effect.
    pub fn commit(&mut self, orders: &[Order], now: Timestamp) -> Result<Vec<Answer>, LedgerError> {
        let only_reads =
            orders.iter().all(|order| matches!(order, Order::LookUp { .. } | Order::LookUpStopped { .. }));
        let behavior =
            if only_reads { TransactionBehavior::Deferred } else { TransactionBehavior::Immediate };
        let outlasts = self.path.is_some() && outlasts(orders);
        if outlasts {
            self.synchronous("FULL")?;
        }
        let is_first_asked =
            !self.wish_is_noted && orders.iter().any(|order| matches!(order, Order::Intend { .. }));
        let mut trail = self.trail;
        let done = self.transact(behavior, now, |batch| {
            if only_reads {
                return Ok((trail.look_up(batch, orders)?, 0));
            }
            if is_first_asked {
                batch.note_wish()?;
            }
            let mut answers = Vec::with_capacity(orders.len());
            for order in orders {
                answers.extend(batch.carry_out(order)?);
            }
            batch.count()?;
            Ok((answers, batch.spent))
        });
        if outlasts {
            // What is more durable than it must be does no harm.
            let _ = self.synchronous("NORMAL");
        }
        let (answers, spent) = done?;
        self.spent += spent;
        self.trail = trail;
        self.wish_is_noted |= is_first_asked;
        Ok(answers)
    }

    fn synchronous(&self, how: &str) -> Result<(), LedgerError> {
        let set = self.connection.pragma_update(None, "synchronous", how);
        set.map_err(|error| at(self.path.as_deref(), error))
    }

    /// Does something in a transaction, or nothing of it.
    fn transact<T>(
        &mut self,
        behavior: TransactionBehavior,
        now: Timestamp,
        act: impl FnOnce(&mut Batch<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        let path = self.path.as_deref();
        let (scope_id, reuse, run) = (self.scope_id, self.reuse, self.life.as_ref().map(|life| life.run));
        self.connection
            .transaction_with_behavior(behavior)
            .and_then(|transaction| {
                let lives = Lives::new(path, now);
                let mut batch = Batch {
                    transaction: &transaction,
                    statements: Statements::of(&transaction)?,
                    scope_id,
                    reuse,
                    run,
                    now,
                    lives,
                    settled: 0,
                    spent: 0,
                    has_one_wish: Cell::new(None),
                };
                let done = act(&mut batch)?;
                drop(batch);
                transaction.commit()?;
                Ok(done)
            })
            .map_err(|error| at(path, error))
    }

    /// Ends the run, and enters in the books what it saved and what the API told last.
    pub fn end(mut self, ending: &Ending, now: Timestamp) -> Result<(), LedgerError> {
        let reason = ending.stopped.map(StopReason::name);
        let saved = ending.rows_enriched.saturating_sub(self.spent);
        self.transact(TransactionBehavior::Immediate, now, |batch| {
            told::keep(batch.transaction, batch.scope_id, &ending.told, now)?;
            let values = params![batch.run, now.as_millisecond(), reason, as_integer(saved)];
            batch.transaction.execute(schema::END_RUN, values).map(|_| ())
        })
    }
}

/// Returns whether orders must be on the disk when they are committed, with all that was committed before. A call that is
/// withdrawn can go on to another key without an answer; were that forgotten after the new key was charged, the old one
/// would be asked again.
fn outlasts(orders: &[Order]) -> bool {
    orders.iter().any(|order| matches!(order, Order::Withdraw { .. }))
}

fn at(path: Option<&Path>, error: rusqlite::Error) -> LedgerError {
    LedgerError::at(path.unwrap_or(Path::new(":memory:")), error)
}

/// SQLite's integers have a sign.
fn as_integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
impl Ledger {
    /// Waits for other processes no longer than this.
    pub(crate) fn waits_at_most(&self, wait: std::time::Duration) {
        self.connection.busy_timeout(wait).unwrap();
    }
}

#[cfg(test)]
mod tests;
