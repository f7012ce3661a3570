//! The ledger: what was asked, under which idempotency key, and what came of it. It is what makes a run resumable.
//!
//! | file | answers |
//! | --- | --- |
//! | `mod.rs` | the one verb, `commit`: a batch of orders takes effect together |
//! | `record.rs` | outcomes to columns and back |
//! | `open.rs` | the file: opening, recognising, bringing it up to date |
//! | `schema.rs` | SQL |
//! | `read.rs`, `books.rs`, `export.rs` | reading it as a whole, without a run: sums, every answer |
//! | `prune.rs` | taking old answers out |
//!
//! # Locking
//! A batch that writes is one `IMMEDIATE` transaction; a batch that only looks up reads a snapshot. Processes that share
//! a ledger wait for each other's transactions, which take milliseconds. Two that ask about the same subject derive the
//! same key, so that it is charged once.
//!
//! # Crash points
//! | killed after | on disk | the next run | costs |
//! | --- | --- | --- | --- |
//! | the intent is committed | open intent | asks again under the same key | nothing extra |
//! | the request has left | open intent | asks again under the same key | nothing extra: a replay |
//! | the answer has come | open intent | asks again under the same key | nothing extra: a replay |
//! | the outcome is committed | outcome | reuses it | nothing |
//!
//! An intent that is older than a key protects is asked again all the same and counted as `uncertain`.
//! A power cut can take the commits of the last moments; keys are derived from the signature, so that what is lost is
//! asked again under the key it had.
//!
//! # Compatibility
//! See `open.rs` and `schema.rs`.

mod books;
mod export;
mod open;
pub mod prune;
pub mod read;
mod record;
mod schema;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior, params};

use crate::rules::outcome::{Outcome, Verdict};
use crate::rules::signature::{Generation, Reuse, Scope, Stored};
use crate::rules::target::Subject;
use crate::rules::verbs::{Answer, CallId, EntryId, Next, Order};

/// Why the ledger could not be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The folder for it could not be made.
    #[error("cannot make the ledger's folder '{}'", path.display())]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is an SQLite file of something else.
    #[error("'{}' is a database, but not a leadenrich ledger; it was not touched", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
    },
    /// The file is no SQLite file.
    #[error("'{}' is not a leadenrich ledger; it was not touched", path.display())]
    NotADatabase {
        /// Which file.
        path: PathBuf,
    },
    /// The file was written by a newer version.
    #[error("the ledger '{}' was written by a newer leadenrich (format {version}, this one knows {known})", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its version.
        version: i64,
        /// The highest version known.
        known: usize,
    },
    /// The file cannot be opened, read or written.
    #[error("cannot use the ledger '{}': {cause}", path.display())]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// Why. Told in the message, since what is below it says the same again.
        cause: rusqlite::Error,
    },
    /// A statement failed.
    #[error("the ledger failed")]
    Sqlite(#[from] rusqlite::Error),
}

impl LedgerError {
    fn at(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotADatabase { path },
            _ => Self::Unusable { path, cause: source },
        }
    }
}

/// The ledger, as one run sees it.
#[derive(Debug)]
pub struct Ledger {
    connection: Connection,
    path: PathBuf,
    scope_id: i64,
    reuse: Reuse,
}

impl Ledger {
    /// Opens or creates the ledger at `path`; without one, a ledger that keeps nothing after the run.
    pub fn open(path: Option<&Path>, scope: &Scope, reuse: Reuse) -> Result<Self, LedgerError> {
        let connection = open::open(path)?;
        let path = path.unwrap_or(Path::new(":memory:")).to_owned();
        let whose = params![&*scope.base_url, &*scope.account];
        connection
            .execute("INSERT OR IGNORE INTO scopes (base_url, account) VALUES (?1, ?2)", whose)
            .and_then(|_| {
                let find = "SELECT id FROM scopes WHERE base_url = ?1 AND account = ?2";
                connection.query_row(find, whose, |row| row.get(0))
            })
            .map(|scope_id| Self { connection, path: path.clone(), scope_id, reuse })
            .map_err(|error| LedgerError::at(&path, error))
    }

    /// Carries out a batch of orders, together and in their order, and answers those that have an answer.
    ///
    /// On an error nothing of the batch has taken effect.
    pub fn commit(&mut self, orders: &[Order]) -> Result<Vec<Answer>, LedgerError> {
        let only_reads =
            orders.iter().all(|order| matches!(order, Order::LookUp { .. } | Order::LookUpStopped { .. }));
        let behavior =
            if only_reads { TransactionBehavior::Deferred } else { TransactionBehavior::Immediate };
        let (scope_id, reuse) = (self.scope_id, self.reuse);
        self.connection
            .transaction_with_behavior(behavior)
            .and_then(|transaction| {
                let batch = Batch { transaction: &transaction, scope_id, reuse };
                let mut answers = Vec::with_capacity(orders.len());
                for order in orders {
                    answers.extend(batch.carry_out(order)?);
                }
                transaction.commit()?;
                Ok(answers)
            })
            .map_err(|error| LedgerError::at(&self.path, error))
    }
}

/// A transaction under way.
struct Batch<'a> {
    transaction: &'a Transaction<'a>,
    scope_id: i64,
    reuse: Reuse,
}

impl Batch<'_> {
    fn carry_out(&self, order: &Order) -> rusqlite::Result<Option<Answer>> {
        match order {
            Order::LookUp { call, subject } => self.look_up(*call, subject, false).map(Some),
            Order::LookUpStopped { call, subject } => self.look_up(*call, subject, true).map(Some),
            Order::Intend { call, subject, generation, key, first_sent } => {
                let mut statement = self.transaction.prepare_cached(schema::INTEND)?;
                let (fields, overwrite) = self.wish();
                let values = params![
                    self.scope_id,
                    subject.text(),
                    subject.kind(),
                    fields,
                    overwrite,
                    generation.0,
                    key.to_string(),
                    first_sent.as_millisecond()
                ];
                let entry: i64 = statement.query_row(values, |row| row.get(0))?;
                Ok(Some(Answer::Intended { call: *call, entry: entry_id(entry) }))
            }
            Order::Settle { call, subject, outcome, next } => {
                self.settle(subject, outcome, *next)?;
                Ok(Some(Answer::Settled { call: *call }))
            }
            Order::Withdraw { subject, generation } => {
                let mut statement = self.transaction.prepare_cached(schema::WITHDRAW)?;
                let (fields, overwrite) = self.wish();
                let values =
                    params![self.scope_id, subject.text(), subject.kind(), fields, overwrite, generation.0];
                statement.execute(values).map(|_| None)
            }
        }
    }

    fn look_up(&self, call: CallId, subject: &Subject, stopped: bool) -> rusqlite::Result<Answer> {
        let mut statement = self.transaction.prepare_cached(schema::LOOK_UP)?;
        let mut rows = statement.query(params![self.scope_id, subject.text(), subject.kind()])?;
        let (mut generation, mut open_since, mut same) = (Generation(0), None, None);
        let mut best: Option<(Stored, EntryId, Outcome)> = None;
        while let Some(row) = rows.next()? {
            let entry = entry_id(row.get(0)?);
            let wish = record::wish(row)?;
            if wish == self.reuse.wish {
                generation = Generation(row.get(3)?);
                open_since = record::time(row, 4)?;
                same = Some(entry);
            }
            for stored in record::stored(row, wish)?.into_iter().flatten() {
                let is_better = best.as_ref().is_none_or(|(known, ..)| Reuse::prefers(&stored, known));
                if is_better && self.reuse.accepts(&stored) {
                    best = record::outcome(row, &stored)?.map(|outcome| (stored, entry, outcome)).or(best);
                }
            }
        }
        if let Some((_, entry, outcome)) = best {
            return Ok(Answer::Known { call, entry, outcome: Arc::new(outcome) });
        }
        let first_met = (stopped && same.is_none()).then(|| self.pass_over(subject)).transpose()?;
        let first_met = first_met.or(stopped.then_some(false));
        Ok(Answer::Unknown { call, generation, open_since, entry: same, first_met })
    }

    fn pass_over(&self, subject: &Subject) -> rusqlite::Result<bool> {
        let mut statement = self.transaction.prepare_cached(schema::PASS_OVER)?;
        statement.execute(params![subject.text(), subject.kind()]).map(|noted| noted > 0)
    }

    fn settle(&self, subject: &Subject, outcome: &Outcome, next: Next) -> rusqlite::Result<()> {
        let (fields, overwrite) = self.wish();
        let generation = match next {
            Next::Fresh(generation) => Some(generation.0),
            Next::SameKey => None,
        };
        let (scope, text, kind) = (self.scope_id, subject.text(), subject.kind());
        let answered_ms = outcome.answered_at.as_millisecond();
        let settled = if let Verdict::Failed { reason } = &outcome.verdict {
            let values = params![
                scope,
                text,
                kind,
                fields,
                overwrite,
                generation,
                answered_ms,
                reason,
                outcome.request_id
            ];
            self.transaction.prepare_cached(schema::GIVE_UP)?.execute(values)?
        } else {
            let columns = record::Columns::of(outcome);
            let values = params![
                scope,
                text,
                kind,
                fields,
                overwrite,
                generation,
                outcome.verdict.status().name(),
                answered_ms,
                columns.company,
                columns.filled,
                columns.fields_updated,
                columns.source,
                columns.confidence,
                outcome.request_id
            ];
            self.transaction.prepare_cached(schema::SETTLE)?.execute(values)?
        };
        // An outcome whose intent is gone must not be lost without a word.
        if settled == 1 { Ok(()) } else { Err(rusqlite::Error::StatementChangedRows(settled)) }
    }

    fn wish(&self) -> (u16, bool) {
        (self.reuse.wish.fields.bits(), self.reuse.wish.overwrite)
    }
}

fn entry_id(rowid: i64) -> EntryId {
    EntryId(u64::try_from(rowid).unwrap_or(0))
}

#[cfg(test)]
mod tests;
