//! A workbook, read on a thread of its own: opened, its sheet chosen, its rows sent in order.
//!
//! The thread is there since a reader of cells borrows its workbook, since unpacking a sheet takes as long as
//! understanding its rows, and since the library can panic on a file that was tampered with: that ends the thread, and
//! whoever waits for its rows sees that. Rows of xlsx and xlsb pass through; xls and ods are held whole.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::sync::mpsc::SyncSender;

use calamine::{Ods, OdsError, Reader, Sheet, SheetType, SheetVisible, Xls, XlsError, Xlsb, Xlsx, XlsxError};

use super::bytes::Counted;
use super::error::SheetError;
use super::sending::{Message, Sending};
use super::zipped::{Kind, check};
use crate::rules::alike::{ROUGHLY, nearest};
use crate::rules::redact::excerpt;

/// The largest .xls, of which all sheets are held: a full one has 65,536 rows and takes some ten megabytes.
const XLS_MAX: u64 = 256 * 1024 * 1024;

/// How many names of sheets an error lists.
const LISTED: usize = 40;

/// How old workbooks begin, and new ones that are locked.
pub(super) const OLD: &[u8] = b"\xd0\xcf\x11\xe0";

/// The file of a workbook, read with a count.
type Source = BufReader<Counted<File>>;

/// Reads a workbook and sends what is in it. `sheet` is `--sheet`.
pub(super) fn read(file: Counted<File>, sheet: Option<&str>, sender: &SyncSender<Message>) {
    let last = match send(file, sheet, Sending::new(sender)) {
        Ok(()) => Message::End,
        Err(error) => Message::Failed(error),
    };
    // Nobody is there to hear it: nobody misses it.
    let _ = sender.send(last);
}

fn send(file: Counted<File>, sheet: Option<&str>, mut rows: Sending<'_>) -> Result<(), SheetError> {
    let mut source = BufReader::new(file);
    let mut start = [0; OLD.len()];
    source.read_exact(&mut start).map_err(SheetError::damaged)?;
    source.rewind().map_err(SheetError::damaged)?;
    if start == OLD {
        let mut book = old(source)?;
        return of_some(book.sheets_metadata().to_vec(), sheet, |name| {
            rows.send_range(name, &book.worksheet_range(name).map_err(SheetError::damaged)?)
        });
    }
    let kind = check(&mut source)?;
    source.rewind().map_err(SheetError::damaged)?;
    match kind {
        Kind::Xlsx => {
            let mut book = Xlsx::new(source).map_err(SheetError::damaged)?;
            of_some(book.sheets_metadata().to_vec(), sheet, |name| {
                let mut cells = book.worksheet_cells_reader(name).map_err(SheetError::damaged)?;
                rows.send_cells(name, || cells.next_cell().map_err(|error| error.to_string()))
            })
        }
        Kind::Xlsb => {
            let mut book = Xlsb::new(source).map_err(SheetError::damaged)?;
            of_some(book.sheets_metadata().to_vec(), sheet, |name| {
                let mut cells = book.worksheet_cells_reader(name).map_err(SheetError::damaged)?;
                rows.send_cells(name, || cells.next_cell().map_err(|error| error.to_string()))
            })
        }
        Kind::Ods => {
            let mut book = Ods::new(source).map_err(|error| match error {
                OdsError::Password => SheetError::Locked,
                OdsError::InvalidMime(_) => SheetError::NoWorkbook,
                error => SheetError::damaged(error),
            })?;
            of_some(book.sheets_metadata().to_vec(), sheet, |name| {
                rows.send_range(name, &book.worksheet_range(name).map_err(SheetError::damaged)?)
            })
        }
    }
}

/// Opens a workbook of the time before 2007.
fn old(mut source: Source) -> Result<Xls<Source>, SheetError> {
    // A new one that is locked lies in a container of the old sort.
    if matches!(Xlsx::new(&mut source), Err(XlsxError::Password)) {
        return Err(SheetError::Locked);
    }
    if source.seek(SeekFrom::End(0)).map_err(SheetError::damaged)? > XLS_MAX {
        return Err(SheetError::TooLarge);
    }
    source.rewind().map_err(SheetError::damaged)?;
    Xls::new(source).map_err(|error| match error {
        XlsError::Password => SheetError::Locked,
        error => SheetError::damaged(error),
    })
}

/// Sends the sheet that is asked for, else the first visible one that has rows; `send` tells whether one has.
fn of_some(
    sheets: Vec<Sheet>,
    wanted: Option<&str>,
    mut send: impl FnMut(&str) -> Result<bool, SheetError>,
) -> Result<(), SheetError> {
    let tables: Vec<Sheet> = sheets.into_iter().filter(|sheet| sheet.typ == SheetType::WorkSheet).collect();
    if let Some(wanted) = wanted {
        let sheet = named(&tables, wanted).ok_or_else(|| unknown(&tables, wanted))?;
        let has_rows = send(&sheet.name)?;
        return if has_rows { Ok(()) } else { Err(SheetError::Empty(Some(excerpt(&sheet.name)))) };
    }
    for sheet in tables.iter().filter(|sheet| sheet.visible == SheetVisible::Visible) {
        if send(&sheet.name)? {
            return Ok(());
        }
    }
    Err(SheetError::Empty(None))
}

/// Returns the sheet that an option means: a name exactly, a name in another case, a number.
fn named<'a>(sheets: &'a [Sheet], wanted: &str) -> Option<&'a Sheet> {
    let lower = |text: &str| text.trim().to_lowercase();
    let exactly = || sheets.iter().find(|sheet| sheet.name == wanted);
    let nearly = || sheets.iter().find(|sheet| lower(&sheet.name) == lower(wanted));
    let number = || sheets.get(wanted.trim().parse::<usize>().ok()?.checked_sub(1)?);
    exactly().or_else(nearly).or_else(number)
}

fn unknown(sheets: &[Sheet], wanted: &str) -> SheetError {
    let nearest = nearest(wanted, sheets.iter().map(|sheet| &sheet.name), ROUGHLY);
    let mut names: Vec<String> =
        sheets.iter().take(LISTED).map(|sheet| format!("'{}'", excerpt(&sheet.name))).collect();
    if sheets.len() > LISTED {
        names.push("…".to_owned());
    }
    SheetError::Unknown {
        sheet: excerpt(wanted),
        sheets: names.join(", "),
        nearest: nearest.map(|name| excerpt(name)),
    }
}
