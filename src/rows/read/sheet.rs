//! Rows of a workbook's sheet, one at a time, as its thread sends them.
//!
//! The directory of a workbook is at its end, so that one from a pipe is put into a temporary file first, which has no
//! name and goes with the program.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::sync::Once;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use csv::StringRecord;

use super::bytes::{Bytes, Counted};
use super::error::SheetError;
use super::sending::Message;
use super::{InputSpec, Layout, Progress, ReadError, book, layout};
use crate::rows::dialect::RECORDS;
use crate::rows::foreign::Foreign;

/// The most that is put into a temporary file: a workbook of a million rows has about a tenth of it.
const KEPT_MAX: u64 = 1024 * 1024 * 1024;

/// Messages that wait, of a few hundred rows each.
const MESSAGES_WAITING: usize = 4;

/// The name of the thread that reads workbooks.
const THREAD: &str = "workbook";

/// Reads the rows of a sheet.
#[derive(Debug)]
pub(super) struct SheetReader {
    path: String,
    messages: Receiver<Message>,
    rows: VecDeque<StringRecord>,
    /// Why there are no more rows, when those at hand are read.
    ended: Option<Result<(), SheetError>>,
}

/// Puts what a reader gives into a temporary file, and returns that with its length.
pub(super) fn keep(path: &str, reader: impl Read) -> Result<(File, u64), ReadError> {
    let failed = |source| ReadError::Kept { path: path.to_owned(), source };
    let mut file = tempfile::tempfile().map_err(failed)?;
    let mut reader = reader.take(KEPT_MAX + 1);
    let mut chunk = vec![0; 64 * 1024];
    let mut kept = 0_u64;
    loop {
        let read = match reader.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(ReadError::Read { path: path.to_owned(), line: 1, source }),
        };
        kept += read as u64;
        file.write_all(chunk.get(..read).unwrap_or_default()).map_err(failed)?;
    }
    if kept > KEPT_MAX {
        return Err(ReadError::Sheet { path: path.to_owned(), source: SheetError::TooLarge });
    }
    file.rewind().map_err(failed)?;
    Ok((file, kept))
}

/// Opens a workbook, finds its sheet and that sheet's layout, and puts a reader behind the header.
pub(super) fn open(bytes: &Bytes, file: File, spec: &InputSpec) -> Result<(Layout, SheetReader), ReadError> {
    let mut reader = begin(&bytes.path, file, &bytes.progress, spec.sheet.clone())?;
    let sheet = reader.sheet()?;
    while reader.rows.len() < RECORDS && reader.receive() {}
    let sample: Vec<StringRecord> = reader.rows.iter().take(RECORDS).cloned().collect();
    let layout = layout::of_sheet(bytes, sheet, sample, spec)?;
    if layout.has_header {
        reader.rows.pop_front();
    }
    Ok((layout, reader))
}

/// Starts the thread.
fn begin(
    path: &str,
    file: File,
    progress: &Progress,
    sheet: Option<String>,
) -> Result<SheetReader, ReadError> {
    static SILENCED: Once = Once::new();
    SILENCED.call_once(silence);
    let (sender, messages) = sync_channel(MESSAGES_WAITING);
    let counted = Counted::new(file, &progress.bytes_read);
    thread::Builder::new()
        .name(THREAD.to_owned())
        .spawn(move || book::read(counted, sheet.as_deref(), &sender))
        .map_err(|source| ReadError::Open { path: path.to_owned(), source })?;
    Ok(SheetReader { path: path.to_owned(), messages, rows: VecDeque::new(), ended: None })
}

/// Keeps the library's panics off the screen: they become errors that say what to do.
fn silence() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if thread::current().name() != Some(THREAD) {
            usual(panic);
        }
    }));
}

impl SheetReader {
    /// Reads the next row into `cells`; false at the end.
    pub(super) fn read(&mut self, cells: &mut StringRecord) -> Result<bool, ReadError> {
        loop {
            if let Some(row) = self.rows.pop_front() {
                *cells = row;
                return Ok(true);
            }
            if !self.receive() {
                return self.end();
            }
        }
    }

    /// Waits for the name of the sheet.
    fn sheet(&mut self) -> Result<Box<str>, ReadError> {
        match self.messages.recv() {
            Ok(Message::Found(sheet)) => Ok(sheet),
            Ok(Message::Failed(error)) => Err(self.failure(error)),
            // It ended without a word.
            Ok(Message::Rows(_) | Message::End) | Err(_) => Err(self.failure(broken())),
        }
    }

    /// Waits for more rows; false where there are none.
    fn receive(&mut self) -> bool {
        if self.ended.is_some() {
            return false;
        }
        match self.messages.recv() {
            Ok(Message::Rows(rows)) => self.rows.extend(rows),
            Ok(Message::Found(_)) => {}
            Ok(Message::End) => self.ended = Some(Ok(())),
            Ok(Message::Failed(error)) => self.ended = Some(Err(error)),
            Err(_) => self.ended = Some(Err(broken())),
        }
        self.ended.is_none()
    }

    fn end(&self) -> Result<bool, ReadError> {
        match &self.ended {
            Some(Err(error)) => Err(self.failure(error.clone())),
            Some(Ok(())) | None => Ok(false),
        }
    }

    fn failure(&self, error: SheetError) -> ReadError {
        let path = self.path.clone();
        match error {
            SheetError::NoWorkbook => ReadError::Foreign { path, kind: Foreign::Zip },
            source => ReadError::Sheet { path, source },
        }
    }
}

/// The reading thread is gone: the library met what it does not expect.
fn broken() -> SheetError {
    SheetError::damaged("it is not as workbooks are")
}
