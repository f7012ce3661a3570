//! Output rows as lines of a delimited file.
//!
//! Half of the bytes of a run pass here: cells go straight into the line, by the part of the csv library that needs no buffers
//! of its own.

use csv_core::{Terminator, Writer, WriterBuilder};

use crate::rows::format::LineEnding;
use crate::rows::merge::Merge;
use crate::rows::read::InputRow;
use crate::rules::outcome::RowOutcome;

/// What stands around a cell at the most: quotes, a delimiter, a line ending.
const MARKS: usize = 8;

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

/// A line that is being written.
#[derive(Debug)]
pub(super) struct CsvLine {
    writer: Writer,
    bytes: Vec<u8>,
    has_cells: bool,
}

impl CsvLine {
    /// Makes lines with a delimiter and line ending.
    pub(super) fn new(delimiter: u8, line_ending: LineEnding) -> Self {
        let terminator = match line_ending {
            LineEnding::Lf | LineEnding::Cr => Terminator::Any(b'\n'),
            LineEnding::CrLf => Terminator::CRLF,
        };
        let writer = WriterBuilder::new().delimiter(delimiter).terminator(terminator).build();
        Self { writer, bytes: Vec::new(), has_cells: false }
    }

    /// Begins a line.
    pub(super) fn begin(&mut self) {
        self.bytes.clear();
        self.has_cells = false;
    }

    /// Adds a cell.
    pub(super) fn push(&mut self, cell: &str) {
        if std::mem::replace(&mut self.has_cells, true) {
            self.write(MARKS, |writer, room| writer.delimiter(room).1);
        }
        // Were all of it quotes, each would be doubled.
        self.write(cell.len() * 2 + MARKS, |writer, room| writer.field(cell.as_bytes(), room).2);
    }

    /// Ends the line and returns it.
    pub(super) fn end(&mut self) -> &[u8] {
        self.write(MARKS, |writer, room| writer.terminator(room).1);
        &self.bytes
    }

    fn write(&mut self, room: usize, write: impl FnOnce(&mut Writer, &mut [u8]) -> usize) {
        let length = self.bytes.len();
        self.bytes.resize(length + room, 0);
        let written = write(&mut self.writer, self.bytes.get_mut(length..).unwrap_or_default());
        self.bytes.truncate(length + written);
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
                line.begin();
                line.push("an, earlier");
                line.end();
                line.begin();
                for cell in &cells {
                    line.push(cell);
                }
                prop_assert_eq!(line.end(), by_the_library(&cells, delimiter, terminator));
            }
        }
    }
}
