//! Lines of a plain list, one target each. Blank lines and those that start with `#` are no rows.

use std::borrow::Cow;
use std::io::{BufRead, BufReader, Read};

use csv::StringRecord;

use super::ReadError;
use super::bytes::{Bytes, MAX_RECORD};
use super::coding::Coding;
use crate::rows::format::LineEnding;
use crate::rules::malformed::{Fault, Malformed};

/// Reads lines.
pub(super) struct LineReader {
    reader: BufReader<Box<dyn Read + Send>>,
    path: String,
    coding: Coding,
    line: u64,
    /// The byte that ends a line.
    end: u8,
    buffer: Vec<u8>,
    /// Whether the line that was read last held bytes that should not be there.
    has_invalid: bool,
}

impl LineReader {
    /// Reads from the beginning of an input.
    pub(super) fn new(bytes: Bytes, line_ending: LineEnding) -> Self {
        Self {
            reader: BufReader::new(bytes.reader),
            path: bytes.path,
            coding: bytes.coding,
            line: 0,
            end: if line_ending == LineEnding::Cr { b'\r' } else { b'\n' },
            buffer: Vec::new(),
            has_invalid: false,
        }
    }

    /// Reads the next target into the only cell; false at the end.
    pub(super) fn read(&mut self, cells: &mut StringRecord) -> Result<bool, ReadError> {
        while let Some(line) = self.next_line()? {
            if !line.trim().is_empty() && !line.trim_start().starts_with('#') {
                cells.clear();
                cells.push_field(&line);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the number of the line that was read last, from 1.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    /// Returns what is wrong with the line that was read last.
    pub(super) fn malformed(&self) -> Option<Malformed> {
        self.has_invalid.then_some(Malformed { line: self.line, fault: Fault::InvalidBytes })
    }

    /// Reads a line; none at the end.
    pub(super) fn next_line(&mut self) -> Result<Option<Cow<'_, str>>, ReadError> {
        self.buffer.clear();
        self.line += 1;
        let mut limited = self.reader.by_ref().take(MAX_RECORD);
        let read = limited.read_until(self.end, &mut self.buffer);
        let read =
            read.map_err(|source| ReadError::Read { path: self.path.clone(), line: self.line, source })?;
        if read as u64 == MAX_RECORD {
            return Err(ReadError::TooLong { path: self.path.clone(), line: self.line });
        }
        if read == 0 {
            return Ok(None);
        }
        let line = self.buffer.strip_suffix(&[self.end]).unwrap_or(&self.buffer);
        let (line, has_invalid) = self.coding.line(line.strip_suffix(b"\r").unwrap_or(line));
        self.has_invalid = has_invalid;
        Ok(Some(line))
    }
}

impl std::fmt::Debug for LineReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LineReader")
            .field("path", &self.path)
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}
