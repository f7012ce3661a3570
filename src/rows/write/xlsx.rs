//! Output rows as a sheet of an Excel workbook, which goes out at the end.

use std::io::{self, Write};

use super::Sink;
use super::beside::folder;
use super::error::WriteError;
use super::sheet::{Sheet, SheetError};
use crate::rows::merge::Merge;
use crate::rows::read::InputRow;
use crate::rules::outcome::RowOutcome;

/// Makes a workbook of rows.
#[derive(Debug)]
pub(super) struct XlsxRows {
    /// What the output is called in messages.
    name: String,
    merge: Merge,
    has_header: bool,
    sheet: Sheet,
}

impl XlsxRows {
    /// Begins a workbook, with its header if there is one. What is gathered for it lies beside the file that it becomes.
    pub(super) fn begin(merge: Merge, has_header: bool, sink: &Sink) -> Result<Self, WriteError> {
        let name = sink.name().to_owned();
        let begun = Sheet::new(merge.columns(), sink.target().map(folder)).and_then(|mut sheet| {
            if has_header {
                sheet.begin()?;
                merge.header().iter().try_for_each(|name| sheet.push_name(name))?;
            }
            Ok(sheet)
        });
        match begun {
            Ok(sheet) => Ok(Self { name, merge, has_header, sheet }),
            Err(error) => Err(told(&name, error)),
        }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, row: &InputRow, outcome: &RowOutcome) -> Result<(), WriteError> {
        let Self { merge, sheet, name, .. } = self;
        let mut written = sheet.begin();
        if written.is_ok() {
            merge.join(row, outcome, |cell| {
                if written.is_ok() {
                    written = sheet.push(cell);
                }
            });
        }
        written.map_err(|error| told(name, error))
    }

    /// Ends the workbook and writes it.
    pub(super) fn finish(self, sink: &mut Sink) -> Result<(), WriteError> {
        let mut outlet = Outlet { sink, failed: None };
        let done = self.sheet.finish(self.has_header, &mut outlet);
        match outlet.failed {
            Some(failed) => Err(failed),
            None => done.map_err(|error| told(&self.name, error)),
        }
    }
}

fn told(name: &str, error: SheetError) -> WriteError {
    let path = name.to_owned();
    match error {
        SheetError::Unfit(why) => WriteError::Unfit { path, why },
        SheetError::Io(source) => WriteError::Write { path, source },
    }
}

/// Where a workbook goes, with what went wrong there.
///
/// Only the first failure is told to the library: when it is given up, it would else print the next one by itself.
struct Outlet<'a> {
    sink: &'a mut Sink,
    failed: Option<WriteError>,
}

impl Write for Outlet<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failed.is_none()
            && let Err(error) = self.sink.write(bytes)
        {
            self.failed = Some(error);
            return Err(io::Error::other("the output cannot be written"));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
