//! The sheet of a workbook, as a library writes it: here are its bounds, how wide columns are, and what each cell becomes.
//!
//! Rows go to a temporary file as they come; nothing else is kept but the links, of which a sheet holds a bounded number.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::Path;
use std::sync::Once;
use std::{fmt, io};

use rust_xlsxwriter::utility::column_number_to_name;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, IgnoreError, Workbook, Worksheet, XlsxError};

use super::cell::{Value, too_long};
use super::error::Unfit;
use crate::rows::own::OwnColumn;

/// The name of the sheet.
const NAME: &str = "Companies";
/// The rows of a sheet, its header among them. Source of this and the others: Excel's specifications and limits.
const ROWS_MAX: u32 = 1_048_576;
const COLUMNS_MAX: u16 = 16_384;
const LINKS_MAX: usize = 65_530;
/// The bytes of all links, which are kept until the end. Those that are usual never come to so many.
const LINK_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The rows that tell how wide columns are, the header among them.
const SAMPLE: u32 = 100;
/// The width of a column, in characters.
const WIDTHS: std::ops::RangeInclusive<u16> = 8..=60;
/// What a cell's border takes, and the button of a filter.
const BORDER: u16 = 1;
const BUTTON: u16 = 3;
/// The width of "2024-02-26 12:00:00".
const MOMENT: u16 = 19;

/// The XML of a sheet that could be so large is told in 64 bits, which not every reader of zip archives knows.
const LARGE: u64 = 3 << 30;
/// The most bytes that a byte of text becomes in XML, and those around a cell.
const ESCAPED: u64 = 7;
const AROUND: u64 = 80;

/// Why a sheet cannot be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum SheetError {
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// Its temporary file, or where it goes.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A sheet that is being written, row by row.
pub(super) struct Sheet {
    book: Workbook,
    bold: Format,
    moment: Format,
    columns: Vec<Column>,
    /// How many rows have begun.
    rows: u32,
    /// The place of the next cell.
    column: u16,
    links: usize,
    link_bytes: usize,
    /// How large its XML is at the most.
    bytes: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Column {
    kind: Option<OwnColumn>,
    width: u16,
}

impl Sheet {
    /// Makes one whose first columns are of these kinds; all others belong to the input. Its temporary file is in `folder`, or
    /// where the system has such files.
    pub(super) fn new(
        kinds: impl Iterator<Item = Option<OwnColumn>>,
        folder: Option<&Path>,
    ) -> Result<Self, SheetError> {
        let mut book = Workbook::new();
        guarded(|| {
            if let Some(folder) = folder {
                book.set_tempdir(folder)?;
            }
            // The same rows make the same bytes: no time of its making.
            let time = ExcelDateTime::from_ymd(2000, 1, 1)?;
            book.set_properties(&DocProperties::new().set_creation_datetime(&time));
            book.add_worksheet_with_constant_memory()?.set_name(NAME)?;
            Ok(())
        })?;
        Ok(Self {
            book,
            bold: Format::new().set_bold(),
            moment: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            columns: kinds.map(|kind| Column { kind, width: 0 }).collect(),
            rows: 0,
            column: 0,
            links: 0,
            link_bytes: 0,
            bytes: 0,
        })
    }

    /// Begins a row.
    pub(super) fn begin(&mut self) -> Result<(), SheetError> {
        if self.rows >= ROWS_MAX {
            return Err(Unfit::Rows { most: ROWS_MAX }.into());
        }
        self.rows += 1;
        self.column = 0;
        self.bytes += AROUND;
        Ok(())
    }

    /// Adds the name of a column.
    pub(super) fn push_name(&mut self, name: &str) -> Result<(), SheetError> {
        let column = self.next(name)?;
        self.widen(column, text_width(name) + BUTTON);
        put(&mut self.book, self.rows, |sheet, row| {
            sheet.write_string_with_format(row, column, name, &self.bold)
        })
    }

    /// Adds a cell.
    pub(super) fn push(&mut self, text: &str) -> Result<(), SheetError> {
        let column = self.next(text)?;
        let kind = self.columns.get(usize::from(column)).and_then(|column| column.kind);
        match Value::of(text, kind) {
            Value::Number(number) => {
                put(&mut self.book, self.rows, |sheet, row| sheet.write_number(row, column, number))
            }
            Value::Moment(days) => {
                self.widen(column, MOMENT);
                put(&mut self.book, self.rows, |sheet, row| {
                    let days = ExcelDateTime::from_serial_datetime(days)?;
                    sheet.write_datetime_with_format(row, column, &days, &self.moment)
                })
            }
            Value::Link(target) if self.has_room(&target) => {
                self.widen(column, text_width(text));
                put(&mut self.book, self.rows, |sheet, row| {
                    sheet.write_url_with_text(row, column, target.as_str(), text)
                })
            }
            Value::Link(_) | Value::Text => {
                self.widen(column, text_width(text));
                put(&mut self.book, self.rows, |sheet, row| sheet.write_string(row, column, text))
            }
        }
    }

    /// Ends the sheet, the first row of which may be a header, and hands the workbook on.
    pub(super) fn finish(mut self, has_header: bool, to: impl io::Write + Send) -> Result<(), SheetError> {
        let (rows, columns) = (self.rows.saturating_sub(1), last(self.columns.len()));
        let widths = self.widths();
        self.book.use_zip_large_file(self.bytes > LARGE);
        guarded(|| {
            let sheet = self.book.worksheet_from_index(0)?;
            for (column, width) in (0..).zip(widths) {
                sheet.set_column_width(column, width)?;
            }
            if has_header {
                sheet.set_freeze_panes(1, 0)?.autofilter(0, 0, rows, columns)?;
            }
            // Numbers that are text are meant to be.
            sheet.ignore_error_range(0, 0, rows, columns, IgnoreError::NumberStoredAsText)?;
            self.book.save_to_writer(to)
        })
    }

    /// Returns the column of the next cell, if it fits.
    fn next(&mut self, text: &str) -> Result<u16, SheetError> {
        let column = self.column;
        if column >= COLUMNS_MAX {
            return Err(Unfit::Columns { most: COLUMNS_MAX.into() }.into());
        }
        if let Some(length) = too_long(text) {
            return Err(Unfit::Cell { row: self.rows, column: column_number_to_name(column), length }.into());
        }
        if usize::from(column) >= self.columns.len() {
            self.columns.push(Column::default());
        }
        self.column += 1;
        self.bytes += AROUND + ESCAPED * text.len() as u64;
        Ok(column)
    }

    /// Counts a link, if there is room for one more.
    fn has_room(&mut self, target: &str) -> bool {
        let bytes = self.link_bytes + target.len();
        let has_room = self.links < LINKS_MAX && bytes <= LINK_BYTES_MAX;
        if has_room {
            self.link_bytes = bytes;
            self.links += 1;
        }
        has_room
    }

    fn widen(&mut self, column: u16, width: u16) {
        if self.rows <= SAMPLE
            && let Some(column) = self.columns.get_mut(usize::from(column))
        {
            column.width = column.width.max(width + BORDER);
        }
    }

    fn widths(&self) -> Vec<u16> {
        self.columns.iter().map(|column| column.width.clamp(*WIDTHS.start(), *WIDTHS.end())).collect()
    }
}

impl fmt::Debug for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sheet").field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// Writes a cell of the row that began last.
fn put(
    book: &mut Workbook,
    rows: u32,
    write: impl for<'a> FnOnce(&'a mut Worksheet, u32) -> Result<&'a mut Worksheet, XlsxError>,
) -> Result<(), SheetError> {
    guarded(|| write(book.worksheet_from_index(0)?, rows.saturating_sub(1)).map(|_| ()))
}

/// Returns how wide a text is, as far as it is counted.
fn text_width(text: &str) -> u16 {
    let line = text.lines().next().unwrap_or_default();
    line.chars().zip(1..=*WIDTHS.end()).last().map_or(0, |(_, width)| width)
}

/// Returns the place of the last of so many columns.
fn last(columns: usize) -> u16 {
    u16::try_from(columns.saturating_sub(1)).unwrap_or(COLUMNS_MAX - 1)
}

thread_local! {
    /// Whether this thread is within [`guarded`].
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Calls the library, which panics where its temporary file cannot be written, as on a full disk: that is an error here, and
/// nothing is printed about it. A sheet must not be used any more after an error.
fn guarded<T>(act: impl FnOnce() -> Result<T, XlsxError>) -> Result<T, SheetError> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |about| {
            if !IS_GUARDED.get() {
                usual(about);
            }
        }));
    });
    IS_GUARDED.set(true);
    let done = catch_unwind(AssertUnwindSafe(act));
    IS_GUARDED.set(false);
    let source = match done {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(XlsxError::IoError(source) | XlsxError::TempFileError(_, source))) => source,
        Ok(Err(error)) => io::Error::other(error),
        Err(_) => io::Error::new(
            io::ErrorKind::StorageFull,
            "a temporary file cannot be written; is the disk full?",
        ),
    };
    Err(source.into())
}

#[cfg(test)]
mod tests {
    use calamine::{Reader as _, Xlsx};

    use super::*;

    fn sheet(columns: usize) -> Sheet {
        Sheet::new((0..columns).map(|_| None), None).unwrap()
    }

    fn unfit<T: std::fmt::Debug>(result: Result<T, SheetError>) -> Unfit {
        match result {
            Err(SheetError::Unfit(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn there_are_no_more_rows_than_a_sheet_has() {
        let mut sheet = Sheet { rows: ROWS_MAX - 1, ..sheet(1) };
        sheet.begin().unwrap();
        sheet.push("a").unwrap();
        assert_eq!(unfit(sheet.begin()), Unfit::Rows { most: ROWS_MAX });
    }

    #[test]
    fn there_are_no_more_columns_than_a_sheet_has() {
        let mut sheet = sheet(1);
        sheet.begin().unwrap();
        for _ in 0..COLUMNS_MAX {
            sheet.push("").unwrap();
        }
        assert_eq!(unfit(sheet.push("")), Unfit::Columns { most: COLUMNS_MAX.into() });
        sheet.finish(true, io::sink()).unwrap();
    }

    #[test]
    fn a_cell_that_is_too_long_is_named() {
        let mut sheet = sheet(2);
        sheet.begin().unwrap();
        sheet.push("a").unwrap();
        let why = unfit(sheet.push(&"x".repeat(32_768)));
        assert_eq!(why, Unfit::Cell { row: 1, column: "B".to_owned(), length: 32_768 });
    }

    #[test]
    fn links_beyond_what_a_sheet_has_are_text() {
        let mut few = Sheet { links: LINKS_MAX - 1, ..sheet(1) };
        assert!(few.has_room("https://acme.com/") && !few.has_room("https://acme.com/"));
        let mut long = Sheet { link_bytes: LINK_BYTES_MAX - 3, ..sheet(1) };
        assert!(!long.has_room("1234") && long.has_room("123"));
    }

    #[test]
    fn a_column_is_as_wide_as_its_first_rows_within_bounds() {
        let mut sheet = sheet(4);
        sheet.begin().unwrap();
        for name in ["domain", "a name that is long", "description", "n"] {
            sheet.push_name(name).unwrap();
        }
        sheet.begin().unwrap();
        for cell in ["a-long-domain.com\nand more of it", "", &"x".repeat(100), ""] {
            sheet.push(cell).unwrap();
        }
        assert_eq!(sheet.widths(), [18, 23, 60, 8]);
        sheet.rows = SAMPLE;
        sheet.begin().unwrap();
        sheet.push("a domain that comes too late").unwrap();
        assert_eq!(sheet.widths(), [18, 23, 60, 8]);
    }

    #[test]
    fn a_sheet_that_is_large_is_told_in_64_bits() {
        let mut sheet = Sheet { bytes: LARGE + 1, ..sheet(1) };
        sheet.begin().unwrap();
        sheet.push("acme.com").unwrap();
        let mut book = Vec::new();
        sheet.finish(false, &mut book).unwrap();
        let mut book: Xlsx<_> = Xlsx::new(io::Cursor::new(book)).unwrap();
        assert_eq!(book.worksheet_range(NAME).unwrap().get_size(), (1, 1));
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_an_error() {
        let error = Sheet::new(std::iter::empty(), Some(Path::new("/there/is/none"))).err().unwrap();
        assert!(matches!(error, SheetError::Io(source) if source.kind() == io::ErrorKind::NotFound));
    }

    #[test]
    fn a_panic_of_the_library_is_an_error() {
        let error = guarded::<()>(|| panic!("no space left")).err().unwrap();
        assert!(error.to_string().ends_with("is the disk full?"), "{error}");
        assert!(!IS_GUARDED.get());
    }
}
