//! Look-ups by neighbourhood. A file that is run again asks about its companies in the order in which they were recorded:
//! the next one looked up is the next one in the table. While that is so, a batch reads the table on from where the last
//! one ended, instead of looking for each company in an index that fits into no cache.
//!
//! **Invariant.** An answer from here is the one that [`Batch::look_up`] would give. A subject can have several entries, one
//! for each wish it was asked with, of which the best answers: so the table is read on only where all entries of the scope
//! were made with one wish. Whatever else is met, and all that is not simply known, is looked up.

use std::sync::Arc;

use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator as _;
use rusqlite::{Row, Rows};

use super::batch::Batch;
use super::{record, schema};
use crate::rules::target::Subject;
use crate::rules::verbs::{Answer, CallId, Order};

/// So many entries are passed over to catch up with the look-ups: rows may have been taken out of a file.
const PASSED_OVER_MAX: u32 = 16;

/// Where the look-ups of a run are in the table.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trail {
    /// The furthest entry met.
    at: i64,
    /// Whether most look-ups of the last batch went from an entry to the next.
    pub(super) is_hot: bool,
}

impl Trail {
    /// Carries out a batch of nothing but look-ups.
    pub(super) fn look_up(
        &mut self,
        batch: &mut Batch<'_>,
        orders: &[Order],
    ) -> rusqlite::Result<Vec<Answer>> {
        let transaction = batch.transaction;
        let mut statement = transaction.prepare_cached(schema::READ_ON)?;
        let goes_on = self.is_hot && batch.has_one_wish()?;
        let mut ahead = if goes_on { Some(Ahead::new(statement.query([self.at])?)?) } else { None };
        let mut answers = Vec::with_capacity(orders.len());
        let mut steps = 0;
        for order in orders {
            let before = self.at;
            let known = match (&mut ahead, order) {
                (Some(ahead), Order::LookUp { call, subject }) => ahead.answer(batch, *call, subject)?,
                _ => None,
            };
            let answer = if known.is_some() { known } else { batch.carry_out(order)? };
            if let Some(Answer::Known { entry, .. }) = &answer {
                self.at = self.at.max(i64::try_from(entry.0).unwrap_or(i64::MAX));
                if let Some(ahead) = &mut ahead {
                    ahead.pass_over(self.at)?;
                }
            }
            steps += usize::from(self.at == before + 1);
            answers.extend(answer);
        }
        self.is_hot = steps * 2 > orders.len();
        Ok(answers)
    }
}

/// The entries that come next in the table.
struct Ahead<'a>(Option<Rows<'a>>);

impl<'a> Ahead<'a> {
    fn new(mut rows: Rows<'a>) -> rusqlite::Result<Self> {
        rows.advance()?;
        Ok(Self(Some(rows)))
    }

    fn next(&self) -> Option<&Row<'a>> {
        self.0.as_ref()?.get()
    }

    /// Returns the answer about a subject, if it is known and comes next.
    fn answer(&self, batch: &Batch<'_>, call: CallId, subject: &Subject) -> rusqlite::Result<Option<Answer>> {
        let Some(row) = self.next() else { return Ok(None) };
        let is_this = row.get_ref(17)?.as_i64()? == batch.scope_id
            && row.get_ref(18)?.as_bytes()? == subject.text().as_bytes()
            && row.get_ref(19)?.as_bytes()? == subject.kind().as_bytes();
        if !is_this {
            return Ok(None);
        }
        let best = record::better(row, record::wish(row)?, &batch.reuse, None)?;
        Ok(best.map(|(_, entry, outcome)| Answer::Known { call, entry, outcome: Arc::new(outcome) }))
    }

    /// Goes on behind an entry; gives up where that is too far.
    fn pass_over(&mut self, entry: i64) -> rusqlite::Result<()> {
        let Some(rows) = &mut self.0 else { return Ok(()) };
        for _ in 0..PASSED_OVER_MAX {
            match rows.get() {
                Some(row) if row.get::<_, i64>(0)? <= entry => rows.advance()?,
                _ => return Ok(()),
            }
        }
        self.0 = None;
        Ok(())
    }
}
