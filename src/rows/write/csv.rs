//! Output rows as lines of a delimited file.
//!
//! Cells are quoted where a reader could not do without: half of the bytes of a run pass here, most of them as they are.

use crate::rows::format::LineEnding;
use crate::rows::merge::Merge;
use crate::rows::read::InputRow;
use crate::rules::outcome::RowOutcome;

/// Makes lines of rows.
#[derive(Debug)]
pub(super) struct CsvRows {
    merge: Merge,
    line: CsvLine,
}

impl CsvRows {
    /// Makes lines with a delimiter and line ending.
    pub(super) fn new(merge: Merge, delimiter: u8, line_ending: LineEnding) -> Self {
        Self { merge, line: CsvLine::new(delimiter, line_ending) }
    }

    /// Returns the line of the header.
    pub(super) fn header(&mut self) -> &[u8] {
        self.line.begin();
        self.merge.header().iter().for_each(|name| self.line.push(name));
        self.line.end()
    }

    /// Returns the line of a row.
    pub(super) fn line(&mut self, row: &InputRow, outcome: &RowOutcome) -> &[u8] {
        self.line.begin();
        self.merge.join(row, outcome, |cell| self.line.push(cell));
        self.line.end()
    }
}

/// A line that is being written: its cells, each with a delimiter behind it.
#[derive(Debug)]
pub(super) struct CsvLine {
    bytes: Vec<u8>,
    delimiter: u8,
    line_ending: LineEnding,
}

impl CsvLine {
    /// Makes lines with a delimiter and line ending.
    pub(super) const fn new(delimiter: u8, line_ending: LineEnding) -> Self {
        Self { bytes: Vec::new(), delimiter, line_ending }
    }

    /// Begins a line.
    pub(super) fn begin(&mut self) {
        self.bytes.clear();
    }

    /// Adds a cell.
    pub(super) fn push(&mut self, cell: &str) {
        let is_special = |byte: u8| byte == self.delimiter || matches!(byte, b'"' | b'\r' | b'\n');
        // Not `any`: looking at all bytes takes less time than looking whether to stop after each.
        if cell.bytes().fold(false, |found, byte| found | is_special(byte)) {
            self.bytes.push(b'"');
            for (position, part) in cell.split('"').enumerate() {
                self.bytes.extend_from_slice(if position > 0 { b"\"\"" } else { b"" });
                self.bytes.extend_from_slice(part.as_bytes());
            }
            self.bytes.push(b'"');
        } else {
            self.bytes.extend_from_slice(cell.as_bytes());
        }
        self.bytes.push(self.delimiter);
    }

    /// Ends the line and returns it.
    pub(super) fn end(&mut self) -> &[u8] {
        self.bytes.pop();
        // A line with nothing on it would be no row.
        if self.bytes.is_empty() {
            self.bytes.extend_from_slice(b"\"\"");
        }
        self.bytes.extend_from_slice(match self.line_ending {
            LineEnding::Lf => b"\n",
            LineEnding::CrLf => b"\r\n",
        });
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use csv::{Terminator, WriterBuilder};
    use proptest::prelude::*;

    use super::*;

    fn by_the_library(cells: &[String], delimiter: u8, terminator: Terminator) -> Vec<u8> {
        let mut writer =
            WriterBuilder::new().delimiter(delimiter).terminator(terminator).from_writer(Vec::new());
        writer.write_record(cells).unwrap();
        writer.into_inner().unwrap()
    }

    proptest! {
        #[test]
        fn a_line_is_quoted_as_the_library_does(
            cells in prop::collection::vec("[a ,;\t\"'\r\n\\\\#é]{0,12}", 1..5),
            delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']),
        ) {
            for (line_ending, terminator) in
                [(LineEnding::Lf, Terminator::Any(b'\n')), (LineEnding::CrLf, Terminator::CRLF)]
            {
                let mut line = CsvLine::new(delimiter, line_ending);
                line.push("earlier");
                line.begin();
                cells.iter().for_each(|cell| line.push(cell));
                prop_assert_eq!(line.end(), by_the_library(&cells, delimiter, terminator));
            }
        }
    }
}
