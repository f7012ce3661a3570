//! What a table looks like: its format, its header, and which of its columns are asked.

use csv::StringRecord;

use super::bytes::Bytes;
use super::csv::decode;
use super::{InputSpec, ReadError};
use crate::rows::choose::Table;
use crate::rows::columns::Columns;
use crate::rows::format::{Encoding, InputFormat, LineEnding, Packing};
use crate::rows::own::own_flags;
use crate::rows::sniff::{self, Known};

/// The name of a plain list's column.
const LIST_COLUMN: &str = "input";

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
    /// How lines end.
    pub line_ending: LineEnding,
    /// Whether a header goes with it: not with `--no-headers`. A plain list is given one.
    pub has_header: bool,
    /// The names of its columns, empty where there are none. As many as the header, or as the longest of the first
    /// rows, has cells; a later row can have more.
    pub headers: StringRecord,
    /// For each column, whether this program added it in an earlier run.
    pub own: Vec<bool>,
    /// The columns that are asked.
    pub columns: Columns,
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
            line_ending: LineEnding::Lf,
            has_header: true,
            headers: StringRecord::from(vec![column]),
            own: vec![false],
            columns: Columns::of_list(),
        }
    }
}

/// Returns the layout of an input, by its first bytes.
pub(super) fn of(bytes: &Bytes, spec: &InputSpec) -> Result<Layout, ReadError> {
    let path = || bytes.path.clone();
    if bytes.prefix.trim_ascii().is_empty() && bytes.whole {
        return Err(ReadError::Empty { path: path() });
    }
    let known =
        Known { format: spec.format, delimiter: spec.delimiter, extension: bytes.extension.as_deref() };
    let sniffed = sniff::table(&bytes.prefix, bytes.whole, known)
        .map_err(|kind| ReadError::Foreign { path: path(), kind })?;
    let layout = Layout {
        format: sniffed.format,
        packing: bytes.packing,
        sheet: None,
        encoding: bytes.encoding,
        delimiter: sniffed.delimiter,
        line_ending: sniffed.line_ending,
        has_header: !spec.no_headers,
        headers: StringRecord::from(vec![LIST_COLUMN]),
        own: vec![false],
        columns: Columns::of_list(),
    };
    if layout.format == InputFormat::Lines {
        return Ok(layout);
    }
    let sample: Vec<StringRecord> =
        sniff::records(&bytes.prefix, bytes.whole, layout.delimiter).into_iter().map(decode).collect();
    with_columns(layout, sample, &bytes.path, spec)
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
    layout.headers = headers(&mut sample, layout.has_header);
    layout.own = own_flags(layout.headers.iter(), &spec.prefix);
    let table = Table {
        headers: &layout.headers,
        has_header: layout.has_header,
        own: &layout.own,
        sample: &sample,
        domain_column: spec.domain_column.as_deref(),
        id_column: spec.id_column.as_deref(),
    };
    layout.columns = table.choose().map_err(|source| ReadError::Columns { path: path.to_owned(), source })?;
    Ok(layout)
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
