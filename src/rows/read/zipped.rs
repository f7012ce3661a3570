//! What a zip archive is, and whether it can be unpacked within bounds: looked at before anything of it is read.
//!
//! The sizes that an archive declares are binding: reading fails where more comes than was declared. Kept in memory are
//! the texts that cells share (xlsx, xlsb) or the whole table (ods); a sheet of an xlsx or xlsb passes through.

use std::io::{BufRead, BufReader, Read, Seek};

use zip::ZipArchive;

use super::error::SheetError;

/// The most bytes of shared texts and the like that are unpacked into memory: enough for a million rows with a dozen
/// texts each.
const KEPT_MAX: u64 = 512 * 1024 * 1024;

/// The most bytes of a sheet that passes through: several times what the largest of sheets are.
const SHEET_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// The most bytes of an .ods table, and the most cells that it spreads out to.
const ODS_MAX: u64 = 256 * 1024 * 1024;
const ODS_CELLS_MAX: u64 = 16_000_000;

/// What is larger than this and packed more than 200 times smaller is no table but a bomb.
const DENSE: (u64, u64) = (256 * 1024 * 1024, 200);

/// The most columns of a sheet.
pub(super) const COLUMNS_MAX: u64 = 16_384;

/// The longest tag of an .ods table: those of cells hold a formula at the most.
const TAG_MAX: u64 = 1024 * 1024;

/// A workbook in a zip archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `.xlsx`, `.xlsm`.
    Xlsx,
    /// `.xlsb`.
    Xlsb,
    /// `.ods`.
    Ods,
}

/// Tells what an archive is, and refuses it where it would take too much memory.
pub(super) fn check(reader: impl Read + Seek) -> Result<Kind, SheetError> {
    let mut archive = ZipArchive::new(reader)
        .map_err(|_| SheetError::damaged("its directory, at its end, cannot be read"))?;
    let mut kind = None;
    let mut kept = 0_u64;
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(SheetError::damaged)?;
        let name = entry.name().map_err(SheetError::damaged)?.to_lowercase();
        if entry.encrypted() {
            return Err(SheetError::Locked);
        }
        kind = kind.or(match name.as_str() {
            "content.xml" => Some(Kind::Ods),
            _ if name.ends_with("workbook.bin") => Some(Kind::Xlsb),
            _ if name.ends_with("workbook.xml") => Some(Kind::Xlsx),
            _ => None,
        });
        let (least, times) = DENSE;
        if entry.size() > least && entry.size() / entry.compressed_size().max(1) > times {
            return Err(SheetError::TooLarge);
        }
        if name.contains("worksheets/") && entry.size() > SHEET_MAX {
            return Err(SheetError::TooLarge);
        }
        // Pictures and other files within are never unpacked.
        if name.ends_with("sharedstrings.xml") || name.ends_with("sharedstrings.bin") || !name.contains('/') {
            kept = kept.saturating_add(entry.size());
        }
    }
    let kind = kind.ok_or(SheetError::NoWorkbook)?;
    if kept > if kind == Kind::Ods { ODS_MAX } else { KEPT_MAX } {
        return Err(SheetError::TooLarge);
    }
    match kind {
        Kind::Ods => check_ods(&mut archive)?,
        Kind::Xlsx => check_shared(&mut archive)?,
        Kind::Xlsb => {}
    }
    Ok(kind)
}

/// Refuses shared texts that claim to be more than their bytes can be: room would be made for them.
fn check_shared(archive: &mut ZipArchive<impl Read + Seek>) -> Result<(), SheetError> {
    let is_shared = |name: &[u8]| name.to_ascii_lowercase().ends_with(b"sharedstrings.xml");
    let Some(index) = archive.file_names_raw().position(is_shared) else { return Ok(()) };
    let entry = archive.by_index(index).map_err(SheetError::damaged)?;
    let size = entry.size();
    let mut start = Vec::new();
    entry.take(4096).read_to_end(&mut start).map_err(SheetError::damaged)?;
    match number(&start, b"uniqueCount=\"") {
        Some(count) if count > size => Err(SheetError::damaged("it claims more texts than it has")),
        _ => Ok(()),
    }
}

/// Refuses an .ods whose cells, many of which may be said in one, are too many.
fn check_ods(archive: &mut ZipArchive<impl Read + Seek>) -> Result<(), SheetError> {
    let entry = archive.by_name("content.xml").map_err(SheetError::damaged)?;
    let mut reader = BufReader::new(entry);
    let mut spread = Spread::default();
    let mut text = Vec::new();
    loop {
        text.clear();
        let read = reader.by_ref().take(ODS_MAX).read_until(b'<', &mut text).map_err(SheetError::damaged)?;
        text.clear();
        let tag = reader.by_ref().take(TAG_MAX).read_until(b'>', &mut text).map_err(SheetError::damaged)?;
        if read == 0 || tag == 0 {
            return Ok(());
        }
        if text.last() != Some(&b'>') || !spread.takes(&text) {
            return Err(SheetError::TooLarge);
        }
    }
}

/// How many cells the tags of an .ods come to.
#[derive(Debug, Default)]
struct Spread {
    cells: u64,
    rows: u64,
    blank_rows: u64,
    repeats: u64,
    column: u64,
    last: u64,
    width: u64,
}

impl Spread {
    /// Counts a tag, and returns whether all is within bounds.
    fn takes(&mut self, tag: &[u8]) -> bool {
        if tag.starts_with(b"table:table-row") && !tag.starts_with(b"table:table-row-") {
            self.repeats = number(tag, b"number-rows-repeated=\"").unwrap_or(1);
            (self.column, self.last) = (0, 0);
        } else if tag.starts_with(b"/table:table-row>") {
            self.end_row();
        } else if tag.starts_with(b"table:table-cell") || tag.starts_with(b"table:covered-table-cell") {
            let repeats = number(tag, b"number-columns-repeated=\"").unwrap_or(1);
            self.column = self.column.saturating_add(repeats).min(COLUMNS_MAX);
            let is_set = |with: &[u8]| tag.windows(with.len()).any(|part| part == with);
            if is_set(b"value") || is_set(b"formula") {
                self.last = self.column;
            }
        } else if tag.starts_with(b"/table:table>") {
            *self = Self { cells: self.total(), ..Self::default() };
        }
        self.total() <= ODS_CELLS_MAX
    }

    fn end_row(&mut self) {
        if self.last == 0 {
            self.blank_rows = self.blank_rows.saturating_add(self.repeats);
        } else {
            self.rows = self.rows.saturating_add(self.blank_rows).saturating_add(self.repeats);
            self.blank_rows = 0;
            self.width = self.width.max(self.last);
        }
    }

    fn total(&self) -> u64 {
        self.cells.saturating_add(self.rows.saturating_mul(self.width))
    }
}

/// Returns the number that stands behind a text.
fn number(text: &[u8], behind: &[u8]) -> Option<u64> {
    let place = text.windows(behind.len()).position(|part| part == behind)?;
    let digits = text.get(place + behind.len()..)?;
    let digits: String =
        digits.iter().take_while(|byte| byte.is_ascii_digit()).map(|b| char::from(*b)).collect();
    // What is too long for a number is more than anything.
    if digits.is_empty() { None } else { Some(digits.parse().unwrap_or(u64::MAX)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(tags: &[&str]) -> bool {
        let mut spread = Spread::default();
        tags.iter().all(|tag| spread.takes(tag.as_bytes()))
    }

    #[test]
    fn repeated_cells_count_where_something_is_in_them() {
        let cell = |columns: u64, set: &str| {
            format!("table:table-cell table:number-columns-repeated=\"{columns}\"{set}/>")
        };
        let text = " office:value-type=\"string\"";
        let row = "table:table-row table:number-rows-repeated=\"1048576\">";
        let end = "/table:table-row>";
        assert!(fits(&[row, &cell(16_384, ""), end]), "nothing at all");
        assert!(fits(&[row, &cell(3, text), &cell(16_380, ""), end]), "three columns");
        assert!(!fits(&[row, &cell(300, text), end]));
        assert!(!fits(&[row, &cell(300, ""), &cell(1, text), end]), "what stands before it is made too");
        assert!(!fits(&[row, &cell(1, ""), end, "table:table-row>", &cell(99, text), end]), "so are rows");
    }

    #[test]
    fn numbers_are_found_behind_names() {
        assert_eq!(number(b"<sst count=\"9\" uniqueCount=\"12\">", b"uniqueCount=\""), Some(12));
        assert_eq!(number(b"uniqueCount=\"99999999999999999999999\"", b"uniqueCount=\""), Some(u64::MAX));
        assert_eq!(number(b"uniqueCount=\"x", b"uniqueCount=\""), None);
    }
}
