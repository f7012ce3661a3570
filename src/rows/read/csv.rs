//! Records of a delimited file, one at a time.
//!
//! Rows of any length are read, cells of any encoding. A line of white space is no row of a table with several columns.
//! What is wrong with a record is told beside it: for that, the bytes of the record that is being read are kept, of
//! which the library tells only the place.

use std::cmp::Ordering;
use std::io::{self, Read};

use csv::{ByteRecord, ErrorKind, Reader, StringRecord};
use memchr::{memchr, memchr_iter};

use super::ReadError;
use super::bytes::{Bytes, MAX_RECORD};
use super::coding::Coding;
use crate::rows::dialect::trimmed;
use crate::rows::format::{LineEnding, Quoting};
use crate::rows::quotes;
use crate::rows::sniff::Sniffed;
use crate::rules::malformed::{Fault, Malformed};

/// The most that is set aside for a record before it is read.
const ROOM_MAX: usize = 4096;

/// Reads records.
#[derive(Debug)]
pub(super) struct CsvReader {
    reader: Reader<Kept>,
    /// Memory that is no longer needed.
    spare: Option<ByteRecord>,
    /// How many bytes and cells the latest record had.
    size: (usize, usize),
    path: String,
    delimiter: u8,
    /// The way of quoting by which a quote is stray.
    expected: Quoting,
    coding: Coding,
    /// Lines that ended before the next record, where the library does not count them: where they end in `\r`.
    lines: Option<u64>,
    /// How many columns the table has; decided by its first record.
    columns: Option<usize>,
    /// What is wrong with the record that was read last.
    malformed: Option<Malformed>,
}

impl CsvReader {
    /// Reads from the beginning of an input.
    pub(super) fn new(bytes: Bytes, sniffed: &Sniffed) -> Self {
        let kept = Kept { reader: bytes.reader, record_from: 0, bytes: Vec::new(), from: 0, free_to: 0 };
        Self {
            reader: sniffed.dialect.reader().buffer_capacity(64 * 1024).from_reader(kept),
            spare: None,
            size: (0, 0),
            path: bytes.path,
            delimiter: sniffed.dialect.delimiter,
            expected: sniffed.expected,
            coding: bytes.coding,
            lines: (sniffed.line_ending == LineEnding::Cr).then_some(0),
            columns: None,
            malformed: None,
        }
    }

    /// Passes over the first line, which tells the delimiter.
    pub(super) fn skip_delimiter_line(&mut self) -> Result<(), ReadError> {
        self.next_record(&mut ByteRecord::new()).map(|_| ())
    }

    /// Reads the next record into `cells`, in the memory that they have; false at the end.
    pub(super) fn read(&mut self, cells: &mut StringRecord) -> Result<bool, ReadError> {
        let mut record = self.spare.take().unwrap_or_default();
        let (columns, before) = loop {
            let Some(before) = self.next_record(&mut record)? else {
                return Ok(false);
            };
            let columns = *self.columns.get_or_insert(record.len());
            if columns == 1 || !is_blank_line(&record) {
                break (columns, before);
            }
        };
        let of_quotes = self.of_quotes(&record);
        self.size = (record.as_slice().len(), record.len());
        let (read, has_invalid) = self.coding.cells(record);
        let fault = match of_quotes {
            Some(Fault::StrayQuote) | None => {
                of_length(read.len(), columns).or(of_quotes).or(has_invalid.then_some(Fault::InvalidBytes))
            }
            grave => grave,
        };
        self.malformed = fault.map(|fault| Malformed { line: before + self.blank_lines(), fault });
        self.spare = Some(std::mem::replace(cells, read).into_byte_record());
        Ok(true)
    }

    /// Returns memory for a record that is to be kept: the next is as long as this one, more or less, and need not grow.
    pub(super) fn room(&self) -> StringRecord {
        let (bytes, cells) = self.size;
        StringRecord::with_capacity((bytes * 5 / 4 + 16).min(ROOM_MAX), cells.min(ROOM_MAX))
    }

    /// Returns what is wrong with the record that was read last.
    pub(super) const fn malformed(&self) -> Option<Malformed> {
        self.malformed
    }

    /// Reads the next record; returns the line on which it starts, blank lines before it aside.
    fn next_record(&mut self, into: &mut ByteRecord) -> Result<Option<u64>, ReadError> {
        let start = self.reader.position();
        let line = self.lines.map_or(start.line(), |lines| lines + 1);
        self.reader.get_mut().record_from = self.reader.position().byte();
        let is_read = self.reader.read_byte_record(into);
        if !is_read.map_err(|error| self.failure(error, line))? {
            return Ok(None);
        }
        if self.lines.is_some() {
            let ended = memchr_iter(b'\r', self.bytes()).count() as u64;
            self.lines = self.lines.map(|lines| lines + ended);
        }
        Ok(Some(line))
    }

    /// Returns the bytes of the record that was read last, with the line endings around it.
    fn bytes(&self) -> &[u8] {
        self.reader.get_ref().record(self.reader.position().byte())
    }

    /// Returns how many blank lines stand before the record that was read last.
    fn blank_lines(&self) -> u64 {
        let ending = if self.lines.is_some() { b'\r' } else { b'\n' };
        let endings = self.bytes().iter().take_while(|byte| matches!(byte, b'\n' | b'\r'));
        endings.filter(|byte| **byte == ending).count() as u64
    }

    /// Returns what is wrong with the quotes of the record that was read last.
    fn of_quotes(&mut self, record: &ByteRecord) -> Option<Fault> {
        let quote = self.expected.quote()?;
        let end = self.reader.position().byte();
        if !self.reader.get_mut().has_quote(quote, end) {
            return None;
        }
        let bytes = trimmed(self.bytes());
        if quotes::are_plain(bytes, record, self.delimiter, quote) {
            return None;
        }
        quotes::fault(bytes, self.delimiter, self.expected)
    }

    fn failure(&self, error: csv::Error, line: u64) -> ReadError {
        let path = self.path.clone();
        if self.reader.get_ref().allowance() == 0 {
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

/// Returns what is wrong with the number of a record's cells.
fn of_length(cells: usize, columns: usize) -> Option<Fault> {
    match cells.cmp(&columns) {
        Ordering::Less => Some(Fault::TooShort { cells, columns }),
        Ordering::Equal => None,
        Ordering::Greater => Some(Fault::TooLong { cells, columns }),
    }
}

/// Keeps the bytes of the record that is being read, and fails once they are too many.
struct Kept {
    reader: Box<dyn Read + Send>,
    /// Where the record begins.
    record_from: u64,
    /// What was read last, from the beginning of the record at the latest.
    bytes: Vec<u8>,
    /// Where these bytes begin.
    from: u64,
    /// Up to here there is no quote from the beginning of the record on.
    free_to: u64,
}

impl Kept {
    /// Returns the bytes of the record, which ends before a place.
    fn record(&self, end: u64) -> &[u8] {
        let place = |at: u64| usize::try_from(at.saturating_sub(self.from)).unwrap_or(usize::MAX);
        self.bytes.get(place(self.record_from)..place(end)).unwrap_or_default()
    }

    /// Returns whether there is a quote in the record, which ends before a place. Bytes are searched once, however many
    /// records they are.
    fn has_quote(&mut self, quote: u8, end: u64) -> bool {
        if self.free_to < end {
            let searched = self.free_to.max(self.record_from);
            let place = usize::try_from(searched - self.from).unwrap_or(usize::MAX);
            let rest = self.bytes.get(place..).unwrap_or_default();
            self.free_to = searched + memchr(quote, rest).unwrap_or(rest.len()) as u64;
        }
        self.free_to < end
    }

    /// Returns how many bytes more the record may have.
    const fn allowance(&self) -> u64 {
        (self.record_from + MAX_RECORD).saturating_sub(self.from + self.bytes.len() as u64)
    }
}

impl Read for Kept {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.allowance() == 0 {
            return Err(io::Error::other("the record is too long"));
        }
        let read = self.reader.read(buffer)?;
        let passed = usize::try_from(self.record_from - self.from).unwrap_or(usize::MAX);
        self.bytes.drain(..passed.min(self.bytes.len()));
        self.from = self.record_from;
        self.bytes.extend(buffer.iter().take(read));
        Ok(read)
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("from", &self.from).finish_non_exhaustive()
    }
}
