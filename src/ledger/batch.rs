//! A batch of orders, carried out within one transaction.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{CachedStatement, Params, Transaction, params};

use super::lives::Lives;
use super::{as_integer, record, schema, told};
use crate::rules::outcome::{Outcome, Verdict};
use crate::rules::signature::{Generation, Reuse};
use crate::rules::target::Subject;
use crate::rules::verbs::{Answer, CallId, EntryId, Intent, Next, Order};

/// A transaction under way.
pub(super) struct Batch<'a> {
    pub(super) transaction: &'a Transaction<'a>,
    pub(super) statements: Statements<'a>,
    pub(super) scope_id: i64,
    pub(super) reuse: Reuse,
    pub(super) run: Option<i64>,
    pub(super) now: Timestamp,
    pub(super) lives: Lives<'a>,
    pub(super) settled: u64,
    pub(super) spent: u64,
    /// Whether all entries of the scope were made with one wish, once that is known.
    pub(super) has_one_wish: Cell<Option<bool>>,
}

/// The statements of the commonest orders: finding each of them anew would cost a part of what it does.
pub(super) struct Statements<'a> {
    look_up: RefCell<CachedStatement<'a>>,
    intend: RefCell<CachedStatement<'a>>,
    settle: RefCell<CachedStatement<'a>>,
}

impl<'a> Statements<'a> {
    pub(super) fn of(transaction: &'a Transaction<'_>) -> rusqlite::Result<Self> {
        let prepared = |sql| transaction.prepare_cached(sql).map(RefCell::new);
        Ok(Self {
            look_up: prepared(schema::LOOK_UP)?,
            intend: prepared(schema::INTEND_FIRST)?,
            settle: prepared(schema::SETTLE)?,
        })
    }
}

impl Batch<'_> {
    pub(super) fn carry_out(&mut self, order: &Order) -> rusqlite::Result<Option<Answer>> {
        match order {
            Order::LookUp { call, subject } => self.look_up(*call, subject, false).map(Some),
            Order::LookUpStopped { call, subject } => self.look_up(*call, subject, true).map(Some),
            Order::Intend { call, intent } => self.intend(*call, intent).map(Some),
            Order::Settle { call, subject, outcome, next } => {
                self.settle(subject, outcome, *next)?;
                Ok(Some(Answer::Settled { call: *call }))
            }
            Order::Withdraw { subject, generation } => {
                let (fields, overwrite) = self.wish();
                let (scope, text, kind) = (self.scope_id, subject.text(), subject.kind());
                let values = params![scope, text, kind, fields, overwrite, self.run, generation.0];
                self.transaction.prepare_cached(schema::WITHDRAW)?.execute(values).map(|_| None)
            }
            Order::Release { subject } => {
                let (fields, overwrite) = self.wish();
                let (scope, text, kind) = (self.scope_id, subject.text(), subject.kind());
                let values = params![scope, text, kind, fields, overwrite, self.run];
                self.transaction.prepare_cached(schema::RELEASE)?.execute(values).map(|_| None)
            }
            Order::ShowLife { told } => {
                told::keep(self.transaction, self.scope_id, told, self.now)?;
                Ok(None)
            }
        }
    }

    /// Records an intent, if what the run knows of the signature is still so; else tells what is known now.
    fn intend(&self, call: CallId, intent: &Intent) -> rusqlite::Result<Answer> {
        // Where one wish alone was ever asked, nothing is known of a subject if no entry is in the way.
        let is_unheard_of = intent.generation == Generation(0) && intent.open_since.is_none();
        if is_unheard_of
            && self.has_one_wish()?
            && let Some(entry) = self.record_first(intent)?
        {
            return Ok(Answer::Intended { call, entry });
        }
        let known = self.look_up(call, &intent.subject, false)?;
        let millis = |time: Timestamp| time.as_millisecond();
        let is_current = matches!(known, Answer::Unknown { generation, open_since, .. }
            if generation == intent.generation && open_since.map(millis) == intent.open_since.map(millis));
        if is_current { self.record(call, intent) } else { Ok(known) }
    }

    pub(super) fn record(&self, call: CallId, intent: &Intent) -> rusqlite::Result<Answer> {
        let entry = if let Some(entry) = self.record_first(intent)? {
            entry
        } else {
            let mut statement = self.transaction.prepare_cached(schema::INTEND)?;
            record::entry_id(statement.query_row(self.values(intent), |row| row.get(0))?)
        };
        Ok(Answer::Intended { call, entry })
    }

    /// Records an intent where its signature has no entry yet.
    fn record_first(&self, intent: &Intent) -> rusqlite::Result<Option<EntryId>> {
        let recorded = self.statements.intend.borrow_mut().execute(self.values(intent))?;
        Ok((recorded > 0).then(|| record::entry_id(self.transaction.last_insert_rowid())))
    }

    fn values<'i>(&self, intent: &'i Intent) -> impl Params + use<'i> {
        let (fields, overwrite) = self.wish();
        (
            self.scope_id,
            intent.subject.text(),
            intent.subject.kind(),
            fields,
            overwrite,
            self.run,
            intent.generation.0,
            intent.key.to_string(),
            intent.first_sent.as_millisecond(),
            intent.uncertain,
        )
    }

    fn look_up(&self, call: CallId, subject: &Subject, stopped: bool) -> rusqlite::Result<Answer> {
        let mut statement = self.statements.look_up.borrow_mut();
        let mut rows = statement.query(params![self.scope_id, subject.text(), subject.kind()])?;
        let (mut generation, mut open_since, mut same) = (Generation(0), None, None);
        let mut claims = Vec::new();
        let mut best = None;
        while let Some(row) = rows.next()? {
            let entry = record::entry_id(row.get(0)?);
            claims.extend(row.get::<_, Option<i64>>(16)?.filter(|run| Some(*run) != self.run));
            let wish = record::wish(row)?;
            if wish == self.reuse.wish {
                generation = Generation(row.get(3)?);
                open_since = record::time(row, 4)?;
                same = Some(entry);
            }
            best = record::better(row, wish, &self.reuse, best)?;
        }
        if let Some((_, entry, outcome)) = best {
            return Ok(Answer::Known { call, entry, outcome: Arc::new(outcome) });
        }
        for run in claims {
            if !stopped && self.lives.has(self.transaction, run)? {
                return Ok(Answer::AskedElsewhere { call });
            }
        }
        let first_met = (stopped && same.is_none()).then(|| self.pass_over(subject)).transpose()?;
        let first_met = first_met.or(stopped.then_some(false));
        Ok(Answer::Unknown { call, generation, open_since, entry: same, first_met })
    }

    /// Takes note of the wish, before a call with it is.
    pub(super) fn note_wish(&self) -> rusqlite::Result<()> {
        let (fields, overwrite) = self.wish();
        let values = params![self.scope_id, fields, overwrite];
        self.transaction.execute(schema::NOTE_WISH, values).map(|_| ())
    }

    /// Returns whether all entries of the scope were made with one wish.
    pub(super) fn has_one_wish(&self) -> rusqlite::Result<bool> {
        if let Some(known) = self.has_one_wish.get() {
            return Ok(known);
        }
        let mut statement = self.transaction.prepare_cached(schema::COUNT_WISHES)?;
        let wishes: i64 = statement.query_row([self.scope_id], |row| row.get(0))?;
        self.has_one_wish.set(Some(wishes == 1));
        Ok(wishes == 1)
    }

    fn pass_over(&self, subject: &Subject) -> rusqlite::Result<bool> {
        let mut statement = self.transaction.prepare_cached(schema::PASS_OVER)?;
        statement.execute(params![subject.text(), subject.kind()]).map(|noted| noted > 0)
    }

    /// Enters in the books what this batch settled and paid, and that the run was alive.
    pub(super) fn count(&self) -> rusqlite::Result<()> {
        let Some(run) = self.run else { return Ok(()) };
        let values =
            params![run, as_integer(self.settled), as_integer(self.spent), self.now.as_millisecond()];
        self.transaction.prepare_cached(schema::COUNT)?.execute(values).map(|_| ())
    }

    fn settle(&mut self, subject: &Subject, outcome: &Outcome, next: Next) -> rusqlite::Result<()> {
        let (fields, overwrite) = self.wish();
        let generation = match next {
            Next::Fresh(generation) => Some(generation.0),
            Next::SameKey => None,
        };
        let (scope, text, kind) = (self.scope_id, subject.text(), subject.kind());
        let answered_ms = outcome.answered_at.as_millisecond();
        self.settled += 1;
        self.spent += u64::from(outcome.verdict.enrichment().is_some());
        let settled = if let Verdict::Failed { reason } = &outcome.verdict {
            let values = params![
                scope,
                text,
                kind,
                fields,
                overwrite,
                self.run,
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
                self.run,
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
            self.statements.settle.borrow_mut().execute(values)?
        };
        // An outcome whose intent is gone must not be lost without a word.
        if settled == 1 { Ok(()) } else { Err(rusqlite::Error::StatementChangedRows(settled)) }
    }

    fn wish(&self) -> (u16, bool) {
        (self.reuse.wish.fields.bits(), self.reuse.wish.overwrite)
    }
}
