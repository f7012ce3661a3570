//! Lines of a plain list, one target each. Blank lines and those that start with `#` are no rows.

use std::borrow::Cow;
use std::io::{BufRead, BufReader, Read};

use csv::StringRecord;

use super::ReadError;
use super::bytes::{Bytes, MAX_RECORD};
use super::csv::text;

/// Reads lines.
pub(super) struct LineReader {
    reader: BufReader<Box<dyn Read + Send>>,
    path: String,
    line: u64,
    buffer: Vec<u8>,
}

impl LineReader {
    /// Reads from the beginning of an input.
    pub(super) fn new(bytes: Bytes) -> Self {
        Self { reader: BufReader::new(bytes.reader), path: bytes.path, line: 0, buffer: Vec::new() }
    }

    /// Reads the next target into the only cell; false at the end.
    pub(super) fn read(&mut self, cells: &mut StringRecord) -> Result<bool, ReadError> {
        while let Some((line, _)) = self.next_line()? {
            if !line.trim().is_empty() && !line.trim_start().starts_with('#') {
                cells.clear();
                cells.push_field(&line);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns what the input is called.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Reads a line, with its number from 1; none at the end.
    pub(super) fn next_line(&mut self) -> Result<Option<(Cow<'_, str>, u64)>, ReadError> {
        self.buffer.clear();
        self.line += 1;
        let mut limited = self.reader.by_ref().take(MAX_RECORD);
        let read = limited.read_until(b'\n', &mut self.buffer);
        let read =
            read.map_err(|source| ReadError::Read { path: self.path.clone(), line: self.line, source })?;
        if read as u64 == MAX_RECORD {
            return Err(ReadError::TooLong { path: self.path.clone(), line: self.line });
        }
        if read == 0 {
            return Ok(None);
        }
        let line = self.buffer.strip_suffix(b"\n").unwrap_or(&self.buffer);
        Ok(Some((text(line.strip_suffix(b"\r").unwrap_or(line)), self.line)))
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
