//! Writing the output, row by row, to standard output or in place of a file.
//!
//! A file is replaced when the writer is finished, and not at all when it is dropped before.

mod beside;
mod cell;
mod csv;
mod destination;
mod error;
mod jsonl;
pub mod kept;
mod object;
mod objects;
mod pack;
mod sheet;
pub mod tables;
#[cfg(test)]
mod tests;
mod xlsx;

use self::csv::CsvRows;
use self::jsonl::JsonlRows;
use self::objects::ObjectRows;
use self::xlsx::XlsxRows;
use super::format::{InputFormat, OutputFormat};
use super::merge::{Merge, MergeSpec, Ours};
use super::read::{InputRow, Layout};
use crate::rules::outcome::RowOutcome;

pub use destination::{Destination, Sink};
pub use error::{Unfit, WriteError};

/// How an output is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteSpec {
    /// The format.
    pub format: OutputFormat,
    /// `--output-delimiter`; absent: the input's where that has the same format, else the format's own.
    pub delimiter: Option<u8>,
    /// How rows are joined with what became of them.
    pub merge: MergeSpec,
}

/// Writes an output.
#[derive(Debug)]
pub struct Writer {
    rows: Format,
    sink: Sink,
}

#[derive(Debug)]
enum Format {
    Csv(Box<CsvRows>),
    Jsonl(JsonlRows),
    Objects(Box<ObjectRows>),
    Xlsx(Box<XlsxRows>),
}

/// Begins an output: checks its columns and writes its header.
pub fn create(sink: Sink, layout: &Layout, spec: &WriteSpec) -> Result<Writer, WriteError> {
    // What no spreadsheet takes for a formula needs no defusing.
    let merge = |raw_cells| Merge::new(layout, &MergeSpec { raw_cells, ..spec.merge.clone() });
    let rows = match spec.format {
        OutputFormat::Csv | OutputFormat::Tsv => {
            let merge = merge(spec.merge.raw_cells)?;
            Format::Csv(Box::new(CsvRows::new(merge, delimiter(layout, spec), layout.line_ending)))
        }
        OutputFormat::Jsonl if has_enrichment(layout, spec.merge.ours) => {
            Format::Jsonl(JsonlRows::new(layout, &spec.merge)?)
        }
        OutputFormat::Jsonl => Format::Objects(Box::new(ObjectRows::new(layout, merge(true)?))),
        OutputFormat::Xlsx => {
            Format::Xlsx(Box::new(XlsxRows::begin(merge(true)?, layout.has_header, &sink)?))
        }
    };
    let mut writer = Writer { rows, sink };
    if layout.has_header
        && let Format::Csv(rows) = &mut writer.rows
    {
        let header = rows.header();
        writer.sink.write(header)?;
    }
    Ok(writer)
}

impl Writer {
    /// Writes a row; it may stay in a buffer until [`Self::flush`], that of a workbook until the end.
    pub fn write(&mut self, row: &InputRow, outcome: &RowOutcome) -> Result<(), WriteError> {
        let line = match &mut self.rows {
            Format::Csv(rows) => rows.line(row, outcome),
            Format::Jsonl(rows) => rows.line(row, outcome),
            Format::Objects(rows) => rows.line(row, outcome),
            Format::Xlsx(rows) => return rows.push(row, outcome),
        };
        self.sink.write(line)
    }

    /// Hands everything written so far to the destination.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        self.sink.flush()
    }

    /// Ends the output: a file takes its place now.
    pub fn finish(mut self) -> Result<(), WriteError> {
        if let Format::Xlsx(rows) = self.rows {
            rows.finish(&mut self.sink)?;
        }
        self.sink.finish()
    }
}

/// Returns whether rows as JSON get an `enrichment`: objects tell the reason there too.
fn has_enrichment(layout: &Layout, ours: Ours) -> bool {
    match ours {
        Ours::All => true,
        Ours::Reason => layout.format == InputFormat::Jsonl,
        Ours::Nothing => false,
    }
}

/// Returns what stands between the cells of an output.
fn delimiter(layout: &Layout, spec: &WriteSpec) -> u8 {
    spec.delimiter.unwrap_or(match (spec.format, layout.format) {
        (OutputFormat::Tsv, _) => b'\t',
        (_, InputFormat::Csv) => layout.delimiter,
        (_, InputFormat::Tsv | InputFormat::Jsonl | InputFormat::Lines | InputFormat::Xlsx) => b',',
    })
}
