//! Lines of a plain list, one target each. Blank lines and those that start with `#` are no rows.

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
    /// What is wrong with the line that was read last.
    malformed: Option<Malformed>,
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
            malformed: None,
        }
    }

    /// Reads the next target into the only cell; false at the end.
    pub(super) fn read(&mut self, cells: &mut StringRecord) -> Result<bool, ReadError> {
        while self.next_line()? {
            let line = self.buffer.strip_suffix(&[self.end]).unwrap_or(&self.buffer);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let (line, has_invalid) = self.coding.line(line);
            if !line.trim().is_empty() && !line.trim_start().starts_with('#') {
                cells.clear();
                cells.push_field(&line);
                let malformed = Malformed { line: self.line, fault: Fault::InvalidBytes };
                self.malformed = has_invalid.then_some(malformed);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns what is wrong with the line that was read last.
    pub(super) const fn malformed(&self) -> Option<Malformed> {
        self.malformed
    }

    /// Reads a line into the buffer; false at the end.
    fn next_line(&mut self) -> Result<bool, ReadError> {
        self.buffer.clear();
        self.line += 1;
        let mut limited = self.reader.by_ref().take(MAX_RECORD);
        let read = limited.read_until(self.end, &mut self.buffer);
        let read =
            read.map_err(|source| ReadError::Read { path: self.path.clone(), line: self.line, source })?;
        if read as u64 == MAX_RECORD {
            return Err(ReadError::TooLong { path: self.path.clone(), line: self.line });
        }
        Ok(read > 0)
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
