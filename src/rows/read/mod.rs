//! Reading an input: `open` recognises it, and its rows come one at a time.
//!
//! Memory is bounded by the longest record, which is bounded itself (see [`bytes::MAX_RECORD`]). Errors carry the
//! place; after an error there are no more rows.

mod book;
mod bytes;
mod cell;
mod csv;
mod error;
mod layout;
mod lines;
mod sending;
mod sheet;
#[cfg(test)]
mod tests;
mod unpack;
mod zipped;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use ::csv::StringRecord;

pub use error::{ReadError, SheetError};
pub use layout::Layout;
pub use unpack::UnpackError;

use self::bytes::Bytes;
use self::csv::CsvReader;
use self::lines::LineReader;
use self::sheet::SheetReader;
use super::columns::Columns;
use super::foreign::Foreign;
use super::format::InputFormat;
use super::own::DEFAULT_PREFIX;
use crate::rules::outcome::RowNumber;
use crate::rules::target::{InvalidInput, Subdomains, Target};

/// Where an input comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file.
    Path(PathBuf),
    /// Standard input.
    Stdin,
}

/// What to read and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSpec {
    /// Where it comes from.
    pub source: Source,
    /// `--input-format`; absent: recognised.
    pub format: Option<InputFormat>,
    /// `--delimiter`; absent: recognised.
    pub delimiter: Option<u8>,
    /// `--no-headers`: the first row is data.
    pub no_headers: bool,
    /// `--domain-column`.
    pub domain_column: Option<String>,
    /// `--id-column`.
    pub id_column: Option<String>,
    /// `--sheet`: which one of a workbook, by name or number; absent: the first visible one that has rows.
    pub sheet: Option<String>,
    /// `--subdomains`.
    pub subdomains: Subdomains,
    /// `--limit`: only so many rows.
    pub limit: Option<u64>,
    /// `--prefix` of the output, by which the columns of an earlier run are known.
    pub prefix: String,
}

impl InputSpec {
    /// Returns what is read when no option says otherwise.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            format: None,
            delimiter: None,
            no_headers: false,
            domain_column: None,
            id_column: None,
            sheet: None,
            subdomains: Subdomains::default(),
            limit: None,
            prefix: DEFAULT_PREFIX.to_owned(),
        }
    }
}

/// A row of the input.
#[derive(Clone, Debug, PartialEq)]
pub struct InputRow {
    /// Its number.
    pub number: RowNumber,
    /// Its cells as they were read; there may be fewer or more than headers.
    pub cells: StringRecord,
    /// What it asks for.
    pub target: Result<Target, InvalidInput>,
}

/// An input that has been recognised.
#[derive(Debug)]
pub struct Input {
    /// What it looks like.
    pub layout: Arc<Layout>,
    /// Its rows.
    pub rows: Rows,
    /// How far it has been read.
    pub progress: Progress,
}

/// How far an input has been read, for a progress bar. Reading is ahead of the rows by a buffer.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The bytes read so far, counted on.
    pub bytes_read: Arc<AtomicU64>,
    /// All bytes, for a regular file.
    pub total_bytes: Option<u64>,
}

/// The rows of an input, in order.
#[derive(Debug)]
pub struct Rows {
    table: Table,
    layout: Arc<Layout>,
    subdomains: Subdomains,
    number: u64,
    limit: u64,
}

#[derive(Debug)]
enum Table {
    Csv(CsvReader),
    Lines(LineReader),
    Sheet(SheetReader),
}

/// Opens an input, recognises it and chooses the columns that are asked.
pub fn open(spec: &InputSpec) -> Result<Input, ReadError> {
    let opened = bytes::open(&spec.source)?;
    let progress = opened.progress.clone();
    let (layout, table) = recognise(opened, spec)?;
    let layout = Arc::new(layout);
    let rows = Rows {
        table,
        layout: Arc::clone(&layout),
        subdomains: spec.subdomains,
        number: 0,
        limit: spec.limit.unwrap_or(u64::MAX),
    };
    Ok(Input { layout, rows, progress })
}

/// Finds out what a table looks like, and puts a reader behind its header.
fn recognise(mut opened: Bytes, spec: &InputSpec) -> Result<(Layout, Table), ReadError> {
    let file = opened.book.take();
    match (spec.format, &file) {
        (Some(InputFormat::Xlsx), None) => {
            return Err(ReadError::Sheet { path: opened.path, source: SheetError::NoWorkbook });
        }
        (Some(asked), Some(_)) if asked != InputFormat::Xlsx => {
            return Err(ReadError::Foreign { path: opened.path, kind: Foreign::Workbook });
        }
        _ => {}
    }
    if let Some(file) = file {
        let (layout, reader) = sheet::open(&opened, file, spec)?;
        return Ok((layout, Table::Sheet(reader)));
    }
    let layout = layout::of(&opened, spec)?;
    let table = match layout.format {
        InputFormat::Lines => Table::Lines(LineReader::new(opened)),
        InputFormat::Csv | InputFormat::Tsv | InputFormat::Jsonl | InputFormat::Xlsx => {
            let mut reader = CsvReader::new(opened, layout.delimiter);
            if layout.has_header {
                reader.read(&mut StringRecord::new())?;
            }
            Table::Csv(reader)
        }
    };
    Ok((layout, table))
}

impl InputRow {
    /// Returns what the input said about whom the row means, fit to be shown.
    pub fn shown(&self, columns: &Columns) -> Box<str> {
        columns.shown(&self.cells)
    }
}

impl Iterator for Rows {
    type Item = Result<InputRow, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.number >= self.limit {
            return None;
        }
        let mut cells = StringRecord::new();
        let read = match &mut self.table {
            Table::Csv(reader) => reader.read(&mut cells),
            Table::Lines(reader) => reader.read(&mut cells),
            Table::Sheet(reader) => reader.read(&mut cells),
        };
        match read {
            Ok(false) => None,
            Ok(true) => {
                self.number += 1;
                let target = self.layout.columns.target(&cells, self.subdomains);
                Some(Ok(InputRow { number: RowNumber(self.number), cells, target }))
            }
            Err(error) => {
                self.limit = 0;
                Some(Err(error))
            }
        }
    }
}
