//! Output rows as lines of a delimited file.

use csv::{StringRecord, Terminator, WriterBuilder};

use crate::rows::format::LineEnding;
use crate::rows::merge::Merge;
use crate::rows::read::InputRow;
use crate::rules::outcome::RowOutcome;

/// Makes lines of rows.
#[derive(Debug)]
pub(super) struct CsvRows {
    merge: Merge,
    lines: CsvLines,
    record: StringRecord,
}

/// Makes lines of cells.
#[derive(Debug)]
pub(super) struct CsvLines {
    builder: WriterBuilder,
    line: Vec<u8>,
}

impl CsvRows {
    /// Makes lines with a delimiter and line ending.
    pub(super) fn new(merge: Merge, delimiter: u8, line_ending: LineEnding) -> Self {
        Self { merge, lines: CsvLines::new(delimiter, line_ending), record: StringRecord::new() }
    }

    /// Returns the line of the header.
    pub(super) fn header(&mut self) -> &[u8] {
        self.lines.line(self.merge.header())
    }

    /// Returns the line of a row.
    pub(super) fn line(&mut self, row: &InputRow, outcome: &RowOutcome) -> &[u8] {
        self.merge.join(row, outcome, &mut self.record);
        self.lines.line(&self.record)
    }
}

impl CsvLines {
    /// Makes lines with a delimiter and line ending.
    pub(super) fn new(delimiter: u8, line_ending: LineEnding) -> Self {
        let mut builder = WriterBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(delimiter).buffer_capacity(8 * 1024).terminator(
            match line_ending {
                LineEnding::Lf => Terminator::Any(b'\n'),
                LineEnding::CrLf => Terminator::CRLF,
            },
        );
        Self { builder, line: Vec::new() }
    }

    /// Returns the line of some cells.
    pub(super) fn line(&mut self, cells: &StringRecord) -> &[u8] {
        self.line.clear();
        let mut writer = self.builder.from_writer(&mut self.line);
        // Writing to memory cannot fail, and a flexible writer takes records of any length.
        let _ = writer.write_record(cells);
        let _ = writer.flush();
        drop(writer);
        &self.line
    }
}
