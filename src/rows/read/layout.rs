//! What a table looks like: its format, its header, and which of its columns are asked.

use std::borrow::Cow;

use csv::StringRecord;

use super::bytes::Bytes;
use super::{InputSpec, ReadError, keys};
use crate::rows::choose::Table;
use crate::rows::columns::Columns;
use crate::rows::dialect::Sample;
use crate::rows::format::{Encoding, InputFormat, LineEnding, Packing, Quoting};
use crate::rows::header::is_data;
use crate::rows::own::{LIST_COLUMN, own_flags};
use crate::rows::sniff::{self, Known, Sniffed};

/// What a table looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// How it is written.
    pub format: InputFormat,
    /// How it is compressed, if it is.
    pub packing: Option<Packing>,
    /// The sheet, for a workbook.
    pub sheet: Option<Box<str>>,
    /// How its characters are written.
    pub encoding: Encoding,
    /// What stands between cells.
    pub delimiter: u8,
    /// How cells are kept together.
    pub quoting: Quoting,
    /// How lines end.
    pub line_ending: LineEnding,
    /// Whether a header goes with it: not with `--no-headers`, nor where the first row is data. A plain list is given one.
    pub has_header: bool,
    /// The names of its columns, empty where there are none. As many as the header, or as the longest of the first
    /// rows, has cells; a later row can have more.
    pub headers: StringRecord,
    /// For each column, whether this program added it in an earlier run.
    pub own: Vec<bool>,
    /// The columns that are asked.
    pub columns: Columns,
    /// The values within objects of JSON that are asked, by their keys. They are no columns, but count as such where
    /// columns are asked, and have cells right behind theirs.
    pub nested: Vec<Vec<String>>,
    /// The columns that hold objects of JSON in the first rows.
    pub objects: Vec<usize>,
}

impl Layout {
    /// Returns the layout of targets typed one by one: a single column of this name.
    pub fn of_targets(column: &str) -> Self {
        Self {
            format: InputFormat::Lines,
            packing: None,
            sheet: None,
            encoding: Encoding::Utf8,
            delimiter: b',',
            quoting: Quoting::Double,
            line_ending: LineEnding::Lf,
            has_header: true,
            headers: StringRecord::from(vec![column]),
            own: vec![false],
            columns: Columns::of_list(),
            nested: Vec::new(),
            objects: Vec::new(),
        }
    }

    /// Returns the name of a column that is asked, or the path of a value that is; empty where there is none.
    pub fn name(&self, column: usize) -> Cow<'_, str> {
        let nested = || column.checked_sub(self.headers.len()).and_then(|place| self.nested.get(place));
        match self.headers.get(column).filter(|_| self.has_header) {
            Some(name) => name.into(),
            None => nested().map(|keys| keys.join(".")).unwrap_or_default().into(),
        }
    }
}

/// Returns the layout of an input by its first bytes, and what these told of how to read it.
pub(super) fn of(bytes: &Bytes, spec: &InputSpec) -> Result<(Layout, Sniffed), ReadError> {
    let path = || bytes.path.clone();
    if bytes.prefix.trim_ascii().is_empty() && bytes.whole {
        return Err(ReadError::Empty { path: path() });
    }
    let known = Known {
        format: spec.format,
        delimiter: spec.delimiter,
        quoting: spec.quoting,
        extension: bytes.extension.as_deref(),
    };
    let sniffed = sniff::table(&bytes.prefix, bytes.whole, known)
        .map_err(|kind| ReadError::Foreign { path: path(), kind })?;
    let layout = Layout {
        format: sniffed.format,
        packing: bytes.packing,
        sheet: None,
        encoding: bytes.coding.encoding,
        delimiter: sniffed.dialect.delimiter,
        quoting: sniffed.dialect.quoting,
        line_ending: sniffed.line_ending,
        has_header: !spec.no_headers,
        headers: StringRecord::from(vec![LIST_COLUMN]),
        own: vec![false],
        columns: Columns::of_list(),
        nested: Vec::new(),
        objects: Vec::new(),
    };
    if layout.format == InputFormat::Jsonl {
        return Ok((keys::describe(layout, bytes, spec)?, sniffed));
    }
    if layout.format == InputFormat::Lines {
        return Ok((layout, sniffed));
    }
    let layout = with_columns(layout, sample(bytes, &sniffed), &bytes.path, spec)?;
    Ok((layout, sniffed))
}

/// Returns the layout of a workbook's sheet, by its first rows.
pub(super) fn of_sheet(
    bytes: &Bytes,
    sheet: Box<str>,
    sample: Vec<StringRecord>,
    spec: &InputSpec,
) -> Result<Layout, ReadError> {
    let layout = Layout {
        format: InputFormat::Xlsx,
        packing: bytes.packing,
        sheet: Some(sheet),
        has_header: !spec.no_headers,
        ..Layout::of_targets(LIST_COLUMN)
    };
    with_columns(layout, sample, &bytes.path, spec)
}

/// Adds to a layout what the first records tell of the columns.
fn with_columns(
    mut layout: Layout,
    mut sample: Vec<StringRecord>,
    path: &str,
    spec: &InputSpec,
) -> Result<Layout, ReadError> {
    let asked = [spec.domain_column.as_deref(), spec.id_column.as_deref()];
    layout.has_header = layout.has_header && !is_data(&sample, asked);
    layout.headers = headers(&mut sample, layout.has_header);
    layout.own = own_flags(layout.headers.iter(), &spec.prefix);
    let table = Table {
        headers: &layout.headers,
        has_header: layout.has_header,
        names: None,
        own: &layout.own,
        sample: &sample,
        domain_column: spec.domain_column.as_deref(),
        id_column: spec.id_column.as_deref(),
    };
    layout.columns = table.choose().map_err(|source| ReadError::Columns { path: path.to_owned(), source })?;
    Ok(layout)
}

/// Returns the first rows, with the header.
fn sample(bytes: &Bytes, sniffed: &Sniffed) -> Vec<StringRecord> {
    let told = sniff::delimiter_line(&bytes.prefix).filter(|_| sniffed.has_delimiter_line);
    let text = told.map_or(bytes.prefix.as_slice(), |(_, rest)| rest);
    let mut coding = bytes.coding;
    let records = Sample::of(text, bytes.whole, sniffed.dialect).records;
    records.into_iter().map(|record| coding.cells(record).0).collect()
}

/// Takes the header off the first records and pads it to the longest of them.
fn headers(sample: &mut Vec<StringRecord>, has_header: bool) -> StringRecord {
    let mut headers = StringRecord::new();
    if has_header && !sample.is_empty() {
        headers = sample.remove(0);
    }
    let width = sample.iter().map(StringRecord::len).max().unwrap_or(0);
    while headers.len() < width {
        headers.push_field("");
    }
    headers
}
