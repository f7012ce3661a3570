//! Output rows as a sheet of an Excel workbook, as a stream of bytes.
//!
//! Rows are compressed as they come: nothing is kept but the first of them, which tell how wide columns are, and the
//! links, of which a sheet holds a bounded number. There is no temporary file, and the same rows make the same bytes.

use super::error::Unfit;
use super::parts::{around_targets, before_rows, behind_rows, end_of_sheet, first, workbook};
use super::sheet::{SAMPLE, Sheet};
use super::zip::Archive;
use crate::rows::merge::Merge;
use crate::rows::read::InputRow;
use crate::rules::outcome::RowOutcome;

/// How many bytes of them are kept at the most.
const SAMPLE_BYTES: usize = 1024 * 1024;
/// How large a sheet can be: 4 GiB, of which some are left for its links. Source: the zip format without its extension
/// for larger files, which not every reader of workbooks knows.
const SIZE_MAX: u64 = (4 << 30) - (64 << 20);

/// Makes a workbook of rows.
#[derive(Debug)]
pub(super) struct XlsxRows {
    merge: Merge,
    has_header: bool,
    sheet: Sheet,
    archive: Archive,
    /// The XML of the first rows, until it is known how wide columns are.
    sample: Option<String>,
}

impl XlsxRows {
    /// Begins a workbook, with its header if there is one.
    pub(super) fn begin(merge: Merge, has_header: bool) -> Result<Self, Unfit> {
        let mut archive = Archive::new();
        for (name, text) in first() {
            archive.add(name, &text);
        }
        archive.begin("xl/worksheets/sheet1.xml");
        let sheet = Sheet::new(merge.columns());
        let mut rows = Self { merge, has_header, sheet, archive, sample: Some(String::new()) };
        if has_header {
            rows.sheet.begin()?;
            rows.merge.header().iter().try_for_each(|name| rows.sheet.push_name(name))?;
            rows.end_row()?;
        }
        Ok(rows)
    }

    /// Adds a row.
    pub(super) fn push(&mut self, row: &InputRow, outcome: &RowOutcome) -> Result<(), Unfit> {
        let Self { merge, sheet, .. } = self;
        sheet.begin()?;
        let mut fits = Ok(());
        merge.join(row, outcome, |cell| {
            if fits.is_ok() {
                fits = sheet.push(cell);
            }
        });
        fits?;
        self.end_row()
    }

    /// Returns the bytes that are ready to go out.
    pub(super) fn ready(&mut self) -> Vec<u8> {
        self.archive.ready()
    }

    /// Ends the workbook, and returns the last of its bytes.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.end_sample();
        let columns = self.merge.header().len();
        let table = |mark| format!("{mark}A{mark}1:{}", self.sheet.corner(columns, mark));
        let (used, named) = (table(""), table("$"));
        let filtered = |table| self.has_header.then_some(table);
        let archive = &mut self.archive;
        archive.write(behind_rows(filtered(used.as_str())).as_bytes());
        let has_links = self.sheet.links().next().is_some();
        if has_links {
            archive.write(b"<hyperlinks>");
            self.sheet.links().for_each(|link| archive.write(link.as_bytes()));
            archive.write(b"</hyperlinks>");
        }
        archive.write(end_of_sheet(&used).as_bytes());
        archive.end();
        if has_links {
            let (before, behind) = around_targets();
            archive.begin("xl/worksheets/_rels/sheet1.xml.rels");
            archive.write(before.as_bytes());
            self.sheet.targets().for_each(|target| archive.write(target.as_bytes()));
            archive.write(behind.as_bytes());
            archive.end();
        }
        archive.add("xl/workbook.xml", &workbook(filtered(named.as_str())));
        archive.finish();
        archive.ready()
    }

    fn end_row(&mut self) -> Result<(), Unfit> {
        let xml = self.sheet.end();
        if self.archive.size() + xml.len() as u64 > SIZE_MAX {
            return Err(Unfit::Size);
        }
        match &mut self.sample {
            Some(sample) => {
                sample.push_str(xml);
                if sample.len() >= SAMPLE_BYTES || self.sheet.rows() >= SAMPLE {
                    self.end_sample();
                }
            }
            None => self.archive.write(xml.as_bytes()),
        }
        Ok(())
    }

    /// Writes how wide columns are, and the rows that told it.
    fn end_sample(&mut self) {
        if let Some(sample) = self.sample.take() {
            self.archive.write(before_rows(self.has_header, &self.sheet.widths()).as_bytes());
            self.archive.write(sample.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests;
