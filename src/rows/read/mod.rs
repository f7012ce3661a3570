//! Reading an input: `open` recognises it, and its rows come one at a time.
//!
//! Memory is bounded by the longest record, which is bounded itself (see [`bytes::MAX_RECORD`]). Errors carry the
//! place; after an error there are no more rows.

mod book;
mod bytes;
mod cell;
mod coding;
mod csv;
mod error;
mod jsonl;
mod keys;
mod layout;
mod lines;
mod sending;
mod sheet;
#[cfg(test)]
mod tests;
mod unpack;
mod zipped;

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use ::csv::StringRecord;

pub use error::{ReadError, SheetError};
pub use jsonl::Object;
pub use layout::Layout;
pub use unpack::UnpackError;

use self::bytes::Bytes;
use self::csv::CsvReader;
use self::jsonl::{Asks, JsonlReader};
use self::lines::LineReader;
use self::sheet::SheetReader;
use super::columns::Columns;
use super::foreign::Foreign;
use super::format::{InputFormat, Quoting};
use super::own::DEFAULT_PREFIX;
use crate::rules::malformed::Malformed;
use crate::rules::outcome::RowNumber;
use crate::rules::redact::excerpt;
use crate::rules::target::{InvalidInput, Subdomains, Target, parse_any};

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
    /// `--sheet`: which one of a workbook, by name or number; absent: the first visible one that has rows.
    pub sheet: Option<String>,
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
            sheet: None,
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
    /// Its text, for a row of JSON.
    pub object: Option<Object>,
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
    asker: Asker,
    number: u64,
    limit: u64,
    /// What the input is called, where its first malformed row is to be an error.
    strict: Option<String>,
}

#[derive(Debug)]
enum Table {
    Csv(CsvReader),
    Lines(LineReader),
    Jsonl(JsonlReader),
    Sheet(SheetReader),
}

/// Opens an input, recognises it and chooses the columns that are asked.
pub fn open(spec: &InputSpec) -> Result<Input, ReadError> {
    recognise(bytes::open(&spec.source)?, spec)
}

/// Does the same with what a reader gives, by the name that a file of it would have; `spec.source` does not count.
pub fn open_reader(
    name: &str,
    reader: impl Read + Send + 'static,
    spec: &InputSpec,
) -> Result<Input, ReadError> {
    recognise(bytes::named(name, reader)?, spec)
}

/// Finds out what an input looks like.
fn recognise(mut opened: Bytes, spec: &InputSpec) -> Result<Input, ReadError> {
    let progress = opened.progress.clone();
    let strict = spec.strict.then(|| opened.path.clone());
    let file = opened.book.take();
    let (layout, table) = match (spec.format, file) {
        (Some(InputFormat::Xlsx), None) => {
            return Err(ReadError::Sheet { path: opened.path, source: SheetError::NoWorkbook });
        }
        (None | Some(InputFormat::Xlsx), Some(file)) => {
            let (layout, reader) = sheet::open(&opened, file, spec)?;
            (layout, Table::Sheet(reader))
        }
        (Some(_), Some(_)) => {
            return Err(ReadError::Foreign { path: opened.path, kind: Foreign::Workbook });
        }
        (_, None) => text(opened, spec)?,
    };
    let layout = Arc::new(layout);
    let rows = Rows {
        table,
        asker: Asker::new(&layout, spec.subdomains),
        number: 0,
        limit: spec.limit.unwrap_or(u64::MAX),
        strict,
    };
    Ok(Input { layout, rows, progress })
}

/// Finds out what a table of text looks like, and puts a reader behind its header.
fn text(opened: Bytes, spec: &InputSpec) -> Result<(Layout, Table), ReadError> {
    let (layout, sniffed) = layout::of(&opened, spec)?;
    let table = match layout.format {
        InputFormat::Lines => Table::Lines(LineReader::new(opened, layout.line_ending)),
        InputFormat::Jsonl => Table::Jsonl(JsonlReader::new(opened, &layout)),
        InputFormat::Csv | InputFormat::Tsv | InputFormat::Xlsx => {
            let strict = spec.strict.then(|| opened.path.clone());
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
    Ok((layout, table))
}

/// Makes an error of what is wrong with a row of the input of this name, if one is given.
fn refuse(strict: Option<&str>, malformed: Option<Malformed>) -> Result<(), ReadError> {
    match (strict, malformed) {
        (Some(path), Some(malformed)) => Err(ReadError::Malformed { path: path.to_owned(), malformed }),
        _ => Ok(()),
    }
}

impl Default for InputRow {
    fn default() -> Self {
        Self {
            number: RowNumber(0),
            cells: StringRecord::new(),
            object: None,
            target: Err(InvalidInput::Empty),
            malformed: None,
        }
    }
}

impl InputRow {
    /// Returns what the input said about whom the row means, fit to be shown.
    pub fn shown(&self, columns: &Columns) -> Box<str> {
        let said = columns.shown(&self.cells);
        match &self.object {
            Some(object) if said.is_empty() => excerpt(&object.text),
            _ => said,
        }
    }
}

/// Rows of which it is not yet known what they ask: finding that out takes longer than reading them, and can be done
/// elsewhere. They hold what is asked alone, in one piece of memory.
#[derive(Debug, Default)]
pub struct UnaskedRows {
    asks: Vec<Asks>,
    /// The asked cells of one row after another.
    cells: StringRecord,
}

impl UnaskedRows {
    /// Forgets the rows and keeps their memory.
    pub fn clear(&mut self) {
        self.asks.clear();
        self.cells.clear();
    }
}

/// Finds out what rows ask.
#[derive(Clone, Debug)]
pub struct Asker {
    layout: Arc<Layout>,
    subdomains: Subdomains,
    /// The columns that are looked at.
    asked: Vec<usize>,
}

impl Asker {
    fn new(layout: &Arc<Layout>, subdomains: Subdomains) -> Self {
        Self { layout: Arc::clone(layout), subdomains, asked: layout.columns.asked() }
    }

    /// Returns what each row asks.
    pub fn targets(&self, unasked: &UnaskedRows) -> impl Iterator<Item = Result<Target, InvalidInput>> {
        unasked.asks.iter().enumerate().map(|(row, asks)| {
            self.target(asks, |column| {
                let place = self.asked.iter().position(|asked| *asked == column)?;
                unasked.cells.get(row * self.asked.len() + place)
            })
        })
    }

    fn target<'a>(
        &self,
        asks: &Asks,
        cell: impl Fn(usize) -> Option<&'a str>,
    ) -> Result<Target, InvalidInput> {
        match asks {
            Asks::Columns => self.layout.columns.target(cell, self.subdomains),
            Asks::Target(text) => parse_any(text, self.subdomains).map(Into::into),
            Asks::Nothing(reason) => Err(reason.clone()),
        }
    }
}

impl Rows {
    /// Returns what finds out what the rows ask.
    pub fn asker(&self) -> Asker {
        self.asker.clone()
    }

    /// Reads the next row into `row`, whose memory it takes over, but for what it asks, which goes to `unasked`; false at
    /// the end.
    pub fn read_unasked(&mut self, row: &mut InputRow, unasked: &mut UnaskedRows) -> Result<bool, ReadError> {
        let Some(asks) = self.read_row(row)? else { return Ok(false) };
        unasked.asks.push(asks);
        for column in &self.asker.asked {
            unasked.cells.push_field(row.cells.get(*column).unwrap_or_default());
        }
        Ok(true)
    }

    /// Reads the next row, but for what it asks, and returns where to find that; nothing at the end.
    fn read_row(&mut self, row: &mut InputRow) -> Result<Option<Asks>, ReadError> {
        let asks = self.read_cells(row);
        if matches!(asks, Ok(Some(_))) {
            self.number += 1;
            row.number = RowNumber(self.number);
        } else {
            self.limit = 0;
        }
        asks
    }

    /// Reads the cells of the next row, and returns where to find what it asks; nothing at the end.
    fn read_cells(&mut self, row: &mut InputRow) -> Result<Option<Asks>, ReadError> {
        if self.number >= self.limit {
            return Ok(None);
        }
        let (asks, malformed) = match &mut self.table {
            Table::Csv(reader) => (reader.read(&mut row.cells)?.then_some(Asks::Columns), reader.malformed()),
            Table::Lines(reader) => {
                (reader.read(&mut row.cells)?.then_some(Asks::Columns), reader.malformed())
            }
            Table::Jsonl(reader) => {
                let read = reader.read(&mut row.cells)?;
                let asks = read.map(|read| {
                    row.object = Some(read.object);
                    read.asks
                });
                (asks, reader.malformed())
            }
            Table::Sheet(reader) => (reader.read(&mut row.cells)?.then_some(Asks::Columns), None),
        };
        row.malformed = malformed.filter(|_| asks.is_some());
        refuse(self.strict.as_deref(), row.malformed)?;
        Ok(asks)
    }
}

impl Iterator for Rows {
    type Item = Result<InputRow, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut row = InputRow::default();
        if let Table::Csv(reader) = &self.table {
            row.cells = reader.room();
        }
        let asks = self.read_row(&mut row).transpose()?;
        Some(asks.map(|asks| {
            row.target = self.asker.target(&asks, |column| row.cells.get(column));
            row
        }))
    }
}
