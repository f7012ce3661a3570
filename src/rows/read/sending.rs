//! Cells of a sheet, put together to rows and sent.
//!
//! Cells stand where the sheet has them: what is left of the first one and between two is empty, what is right of the
//! last one is nothing. Rows without any text are no rows.

use std::sync::mpsc::SyncSender;

use calamine::{Cell, Data, DataRef, DataType, Range};
use csv::StringRecord;

use super::cell::text;
use super::error::SheetError;
use super::zipped::COLUMNS_MAX;
use crate::rules::redact::excerpt;

/// Rows that are sent together, and about how many bytes of them.
const ROWS_TOGETHER: usize = 256;
const BYTES_TOGETHER: usize = 256 * 1024;

/// What comes out of a workbook, in this order.
#[derive(Debug)]
pub(super) enum Message {
    /// The sheet that has rows, by its name.
    Found(Box<str>),
    /// Rows that are not blank.
    Rows(Vec<StringRecord>),
    /// All rows were sent.
    End,
    /// There are no more.
    Failed(SheetError),
}

/// Sends the rows of a sheet.
pub(super) struct Sending<'a> {
    sender: &'a SyncSender<Message>,
    batch: Vec<StringRecord>,
    bytes: usize,
    /// The row that is being put together, counted from 0.
    row: u32,
    cells: StringRecord,
    /// Whether anything was sent, and whether anybody takes more.
    begun: bool,
    taken: bool,
}

impl<'a> Sending<'a> {
    /// Begins with nothing.
    pub(super) fn new(sender: &'a SyncSender<Message>) -> Self {
        let cells = StringRecord::new();
        Self { sender, batch: Vec::new(), bytes: 0, row: 0, cells, begun: false, taken: true }
    }

    /// Sends the cells that `next` gives, and returns whether there were rows.
    pub(super) fn send_cells<'c>(
        &mut self,
        name: &str,
        mut next: impl FnMut() -> Result<Option<Cell<DataRef<'c>>>, String>,
    ) -> Result<bool, SheetError> {
        while self.taken {
            match next() {
                Ok(Some(cell)) => self.take(name, cell.get_position(), cell.get_value())?,
                Ok(None) => break,
                Err(reason) => return Err(self.failed(name, reason)),
            }
        }
        self.end_row(name);
        Ok(self.begun)
    }

    /// Sends the cells of a sheet that is held, and returns whether there were rows.
    pub(super) fn send_range(&mut self, name: &str, range: &Range<Data>) -> Result<bool, SheetError> {
        let (top, left) = range.start().unwrap_or_default();
        let place =
            |first: u32, offset: usize| first.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX));
        for (row, column, cell) in range.used_cells() {
            self.take(name, (place(top, row), place(left, column)), cell)?;
            if !self.taken {
                break;
            }
        }
        self.end_row(name);
        Ok(self.begun)
    }

    fn take(
        &mut self,
        name: &str,
        (row, column): (u32, u32),
        cell: &impl DataType,
    ) -> Result<(), SheetError> {
        if row != self.row {
            self.end_row(name);
            self.row = row;
        }
        let text = text(cell);
        if text.is_empty() {
            return Ok(());
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if column as u64 >= COLUMNS_MAX || column < self.cells.len() {
            return Err(self.failed(name, "its cells are not in order".to_owned()));
        }
        while self.cells.len() < column {
            self.cells.push_field("");
        }
        self.cells.push_field(&text);
        Ok(())
    }

    /// Puts a row to the others, unless it is blank.
    fn end_row(&mut self, name: &str) {
        if self.cells.iter().all(|cell| cell.trim().is_empty()) {
            self.cells.clear();
            return;
        }
        if !self.begun {
            self.begun = true;
            self.send(Message::Found(name.into()));
        }
        let room = (self.cells.as_slice().len() * 5 / 4 + 16, self.cells.len());
        self.bytes += self.cells.as_slice().len();
        let next = StringRecord::with_capacity(room.0.min(BYTES_TOGETHER), room.1);
        self.batch.push(std::mem::replace(&mut self.cells, next));
        if self.batch.len() >= ROWS_TOGETHER || self.bytes >= BYTES_TOGETHER {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.bytes = 0;
        let full = std::mem::replace(&mut self.batch, Vec::with_capacity(ROWS_TOGETHER));
        if !full.is_empty() {
            self.send(Message::Rows(full));
        }
    }

    fn send(&mut self, message: Message) {
        self.taken &= self.sender.send(message).is_ok();
    }

    fn failed(&self, name: &str, reason: String) -> SheetError {
        let row = u64::from(self.row) + 1;
        SheetError::Row { sheet: excerpt(name), row, reason }
    }
}

impl Drop for Sending<'_> {
    /// Sends what is left, also where reading failed.
    fn drop(&mut self) {
        self.flush();
    }
}
