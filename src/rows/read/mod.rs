//! Reading an input: `open` recognises it, and its rows come one at a time.
//!
//! Memory is bounded by the longest record, which is bounded itself (see [`bytes::MAX_RECORD`]). Errors carry the
//! place; after an error there are no more rows.

mod bytes;
mod coding;
mod csv;
mod error;
mod layout;
mod lines;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use ::csv::StringRecord;

pub use error::ReadError;
pub use layout::Layout;

use self::bytes::Bytes;
use self::csv::CsvReader;
use self::lines::LineReader;
use super::columns::Columns;
use super::format::{InputFormat, Quoting};
use super::own::DEFAULT_PREFIX;
use crate::rules::malformed::Malformed;
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
    /// `--quoting`; absent: recognised.
    pub quoting: Option<Quoting>,
    /// `--no-headers`: the first row is data; else that is recognised.
    pub no_headers: bool,
    /// `--domain-column`.
    pub domain_column: Option<String>,
    /// `--id-column`.
    pub id_column: Option<String>,
    /// `--subdomains`.
    pub subdomains: Subdomains,
    /// `--strict`: the first malformed row is an error.
    pub strict: bool,
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
            quoting: None,
            no_headers: false,
            domain_column: None,
            id_column: None,
            subdomains: Subdomains::default(),
            strict: false,
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
    /// What is wrong with it, where it is not as it should be.
    pub malformed: Option<Malformed>,
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
    /// What the input is called, where its first malformed row is to be an error.
    strict: Option<String>,
}

#[derive(Debug)]
enum Table {
    Csv(CsvReader),
    Lines(LineReader),
}

/// Opens an input, recognises it and chooses the columns that are asked.
pub fn open(spec: &InputSpec) -> Result<Input, ReadError> {
    recognise(bytes::open(&spec.source)?, spec)
}

/// Finds out what a table looks like, and puts a reader behind its header.
fn recognise(opened: Bytes, spec: &InputSpec) -> Result<Input, ReadError> {
    let progress = opened.progress.clone();
    let strict = spec.strict.then(|| opened.path.clone());
    let (layout, sniffed) = layout::of(&opened, spec)?;
    let table = match layout.format {
        InputFormat::Lines => Table::Lines(LineReader::new(opened, layout.line_ending)),
        InputFormat::Csv | InputFormat::Tsv | InputFormat::Jsonl | InputFormat::Xlsx => {
            let mut reader = CsvReader::new(opened, &sniffed);
            if sniffed.has_delimiter_line {
                reader.skip_delimiter_line()?;
            }
            if layout.has_header {
                reader.read(&mut StringRecord::new())?;
                refuse(strict.as_deref(), reader.malformed())?;
            }
            Table::Csv(reader)
        }
    };
    let layout = Arc::new(layout);
    let rows = Rows {
        table,
        layout: Arc::clone(&layout),
        subdomains: spec.subdomains,
        number: 0,
        limit: spec.limit.unwrap_or(u64::MAX),
        strict,
    };
    Ok(Input { layout, rows, progress })
}

/// Makes an error of what is wrong with a row of the input of this name, if one is given.
fn refuse(strict: Option<&str>, malformed: Option<Malformed>) -> Result<(), ReadError> {
    match (strict, malformed) {
        (Some(path), Some(malformed)) => Err(ReadError::Malformed { path: path.to_owned(), malformed }),
        _ => Ok(()),
    }
}

impl Table {
    /// Reads the next row into `cells`; false at the end.
    fn read(&mut self, cells: &mut StringRecord) -> Result<bool, ReadError> {
        match self {
            Self::Csv(reader) => reader.read(cells),
            Self::Lines(reader) => reader.read(cells),
        }
    }

    /// Returns what is wrong with the row that was read last.
    const fn malformed(&self) -> Option<Malformed> {
        match self {
            Self::Csv(reader) => reader.malformed(),
            Self::Lines(reader) => reader.malformed(),
        }
    }
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
        let read = self.table.read(&mut cells).and_then(|is_row| {
            let malformed = self.table.malformed().filter(|_| is_row);
            refuse(self.strict.as_deref(), malformed).map(|()| is_row.then_some(malformed))
        });
        match read {
            Ok(None) => None,
            Ok(Some(malformed)) => {
                self.number += 1;
                let target = self.layout.columns.target(&cells, self.subdomains);
                Some(Ok(InputRow { number: RowNumber(self.number), cells, target, malformed }))
            }
            Err(error) => {
                self.limit = 0;
                Some(Err(error))
            }
        }
    }
}
