//! Records of a delimited file, one at a time.
//!
//! Rows of any length are read, cells of any encoding: one that is no UTF-8 is taken for Windows-1252, which gives
//! every byte a character and so loses none. A line of white space is no row of a table with several columns.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder, StringRecord};
use encoding_rs::WINDOWS_1252;

use super::ReadError;
use super::bytes::{Bytes, MAX_RECORD};

/// The most that is set aside for a record before it is read.
const ROOM_MAX: usize = 4096;

/// Reads records.
#[derive(Debug)]
pub(super) struct CsvReader {
    reader: Reader<Limited>,
    record: ByteRecord,
    path: String,
    /// How many bytes may be read before the current record ends.
    allowance: Arc<AtomicU64>,
    /// Whether the table has several columns; decided by its first record.
    is_wide: Option<bool>,
}

impl CsvReader {
    /// Reads from the beginning of an input.
    pub(super) fn new(bytes: Bytes, delimiter: u8) -> Self {
        let allowance = Arc::new(AtomicU64::new(MAX_RECORD));
        let limited = Limited { reader: bytes.reader, allowance: Arc::clone(&allowance) };
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(64 * 1024)
            .from_reader(limited);
        Self { reader, record: ByteRecord::new(), path: bytes.path, allowance, is_wide: None }
    }

    /// Reads the next record into `cells`; false at the end.
    pub(super) fn read(&mut self, cells: &mut StringRecord) -> Result<bool, ReadError> {
        loop {
            self.allowance.store(MAX_RECORD, Ordering::Relaxed);
            let line = self.reader.position().line();
            if !self.reader.read_byte_record(&mut self.record).map_err(|error| self.failure(error, line))? {
                return Ok(false);
            }
            let is_wide = *self.is_wide.get_or_insert(self.record.len() > 1);
            if !(is_wide && is_blank_line(&self.record)) {
                break;
            }
        }
        // The next row is as long as this one, more or less: its record need not grow.
        let room = (self.record.as_slice().len() * 5 / 4 + 16).min(ROOM_MAX);
        let next = ByteRecord::with_capacity(room, self.record.len().min(ROOM_MAX));
        *cells = decode(std::mem::replace(&mut self.record, next));
        Ok(true)
    }

    fn failure(&self, error: csv::Error, line: u64) -> ReadError {
        let path = self.path.clone();
        if self.allowance.load(Ordering::Relaxed) == 0 {
            return ReadError::TooLong { path, line };
        }
        let source = match error.into_kind() {
            ErrorKind::Io(source) => source,
            other => io::Error::other(format!("{other:?}")),
        };
        ReadError::Read { path, line, source }
    }
}

/// Returns whether a record is a line of white space alone.
fn is_blank_line(record: &ByteRecord) -> bool {
    // An empty line never gets here; an empty cell alone was written as quotes and is a row.
    record.len() == 1 && !record.as_slice().is_empty() && record.as_slice().trim_ascii().is_empty()
}

/// Returns the cells of a record as text.
pub(super) fn decode(record: ByteRecord) -> StringRecord {
    StringRecord::from_byte_record(record)
        .unwrap_or_else(|error| error.into_byte_record().iter().map(text).collect())
}

/// Returns a cell as text.
pub(super) fn text(cell: &[u8]) -> std::borrow::Cow<'_, str> {
    match std::str::from_utf8(cell) {
        Ok(text) => text.into(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(cell).0,
    }
}

/// Fails once a record has taken more than it may.
struct Limited {
    reader: Box<dyn Read + Send>,
    allowance: Arc<AtomicU64>,
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.allowance.load(Ordering::Relaxed);
        if left == 0 {
            return Err(io::Error::other("the record is too long"));
        }
        let read = self.reader.read(buffer)?;
        self.allowance.store(left.saturating_sub(read as u64), Ordering::Relaxed);
        Ok(read)
    }
}

impl std::fmt::Debug for Limited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limited").field("allowance", &self.allowance).finish_non_exhaustive()
    }
}
