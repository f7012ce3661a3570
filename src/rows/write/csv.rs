//! Output rows as lines of a delimited file.

use std::io;

use csv::{Terminator, Writer, WriterBuilder};

use crate::rows::format::LineEnding;
use crate::rows::merge::Merge;
use crate::rows::read::InputRow;
use crate::rules::outcome::RowOutcome;

/// Makes lines of rows.
#[derive(Debug)]
pub(super) struct CsvRows {
    merge: Merge,
    writer: Writer<Line>,
}

impl CsvRows {
    /// Makes lines with a delimiter and line ending.
    pub(super) fn new(merge: Merge, delimiter: u8, line_ending: LineEnding) -> Self {
        let mut builder = WriterBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(delimiter).buffer_capacity(8 * 1024).terminator(
            match line_ending {
                LineEnding::Lf => Terminator::Any(b'\n'),
                LineEnding::CrLf => Terminator::CRLF,
            },
        );
        Self { merge, writer: builder.from_writer(Line::default()) }
    }

    /// Returns the line of the header.
    pub(super) fn header(&mut self) -> &[u8] {
        for name in self.merge.header() {
            write(&mut self.writer, name);
        }
        self.end()
    }

    /// Returns the line of a row.
    pub(super) fn line(&mut self, row: &InputRow, outcome: &RowOutcome) -> &[u8] {
        self.merge.join(row, outcome, |cell| write(&mut self.writer, cell));
        self.end()
    }

    fn end(&mut self) -> &[u8] {
        let _ = self.writer.write_record(None::<&[u8]>);
        let _ = self.writer.flush();
        &self.writer.get_ref().bytes
    }
}

/// Writing to memory cannot fail, and a flexible writer takes records of any length.
fn write(writer: &mut Writer<Line>, cell: &str) {
    let _ = writer.write_field(cell);
}

/// The line that is being written, or the last one while none is.
#[derive(Debug, Default)]
struct Line {
    bytes: Vec<u8>,
    has_ended: bool,
}

impl io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if std::mem::take(&mut self.has_ended) {
            self.bytes.clear();
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.has_ended = true;
        Ok(())
    }
}
