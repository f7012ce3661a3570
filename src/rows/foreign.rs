//! Files that are no table of text: what they look like, and what to do about them.

/// Something that is no table of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// A workbook or another zip archive.
    Zip,
    /// A workbook, of the time before 2007 where nothing else is known.
    Workbook,
    /// Compressed with gzip or zstd, and once more.
    Twice,
    /// Compressed with bzip2.
    Bzip2,
    /// Compressed with xz.
    Xz,
    /// An archive of files by tar.
    Tar,
    /// JSON, but not one object a line.
    Json,
    /// HTML or XML: often a login page that was saved in place of an export.
    Markup,
    /// An `SQLite` database.
    Sqlite,
    /// An image, document or program.
    Binary,
}

impl Foreign {
    /// Returns what the file looks like, with its article.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zip => "a zip archive without a workbook",
            Self::Workbook => "a workbook",
            Self::Twice => "a file that was compressed twice",
            Self::Bzip2 => "a file compressed with bzip2",
            Self::Xz => "a file compressed with xz",
            Self::Tar => "a tar archive",
            Self::Json => "a JSON document",
            Self::Markup => "a web page or XML",
            Self::Sqlite => "an SQLite database",
            Self::Binary => "a binary file",
        }
    }

    /// Returns whether it may be a workbook, which can be read.
    pub(super) const fn is_book(self) -> bool {
        matches!(self, Self::Zip | Self::Workbook)
    }

    /// Returns what to do about it.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Zip => "take the table out of it, for example with `unzip -p FILE | leadenrich batch -`",
            Self::Workbook => "leave --input-format out: workbooks are recognised",
            Self::Twice => "unpack it once, for example with `zcat FILE | leadenrich batch -`",
            Self::Bzip2 => "unpack it first, for example with `bzcat FILE | leadenrich batch -`",
            Self::Xz => "unpack it first, for example with `xzcat FILE | leadenrich batch -`",
            Self::Tar => {
                "take the table out of it, for example with `tar -xOf FILE NAME | leadenrich batch -`"
            }
            Self::Json => "make it one object a line: `jq -c '.[]' FILE | leadenrich batch`",
            Self::Markup => "open it in a browser: an export may have needed a login",
            Self::Sqlite => "export a table as CSV, for example with `sqlite3 -csv -header`",
            Self::Binary => "a CSV or TSV file or a plain list is needed",
        }
    }
}

/// How files of other kinds begin.
const MAGIC: &[(&[u8], Foreign)] = &[
    (b"PK\x03\x04", Foreign::Zip),
    (b"PK\x05\x06", Foreign::Zip),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Foreign::Workbook),
    (b"\x1f\x8b", Foreign::Twice),
    (b"\x28\xb5\x2f\xfd", Foreign::Twice),
    (b"BZh", Foreign::Bzip2),
    (b"\xfd7zXZ\0", Foreign::Xz),
    (b"SQLite format 3\0", Foreign::Sqlite),
    (b"\x89PNG", Foreign::Binary),
    (b"\xff\xd8\xff", Foreign::Binary),
    (b"%PDF-", Foreign::Binary),
    (b"\x7fELF", Foreign::Binary),
];

/// Where a tar archive says that it is one.
const TAR: (usize, &[u8]) = (257, b"ustar");

/// Of 100 bytes of a text that holds a NUL, how many may be control characters at the most.
const CONTROLS_IN_100: usize = 10;

/// Returns what a file is by how its raw bytes begin, after unpacking, where that is of no text.
pub(super) fn foreign(raw: &[u8]) -> Option<Foreign> {
    let (place, mark) = TAR;
    let is_tar = || raw.get(place..).is_some_and(|rest| rest.starts_with(mark)).then_some(Foreign::Tar);
    MAGIC.iter().find(|(start, _)| raw.starts_with(start)).map(|(_, kind)| *kind).or_else(is_tar)
}

/// Returns whether raw bytes are no text with one byte or more for a character; UTF-16 is for others to tell. A NUL alone
/// makes no text a program: some exports have them in cells.
pub(super) fn is_binary(raw: &[u8]) -> bool {
    let is_control = |byte: &&u8| matches!(**byte, 0..=8 | 14..=26 | 28..=31);
    let controls = raw.iter().filter(is_control).count();
    raw.contains(&0) && controls * 100 > raw.len() * CONTROLS_IN_100
}

/// Returns what a text is that is no table.
pub(super) fn foreign_text(text: &[u8]) -> Option<Foreign> {
    let start: Vec<u8> =
        text.iter().filter(|byte| !byte.is_ascii_whitespace()).take(14).map(u8::to_ascii_lowercase).collect();
    let begins = |starts: &[&str]| starts.iter().any(|with| start.starts_with(with.as_bytes()));
    if begins(&["{\"", "[{", "[\"", "{}", "[]"]) {
        return Some(Foreign::Json);
    }
    begins(&["<!doctypehtml", "<html", "<?xml"]).then_some(Foreign::Markup)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_named() {
        assert_eq!(foreign(b"PK\x03\x04xl/workbook.xml"), Some(Foreign::Zip));
        assert_eq!(foreign(b"\x1f\x8b\x08"), Some(Foreign::Twice));
        let mut tar = vec![0; 257];
        tar.extend(b"ustar\x0000");
        assert_eq!(foreign(&tar), Some(Foreign::Tar));
        assert!(is_binary(b"acme\0\x01\x02\x03beta"));
        assert!(!is_binary(b"domain,note\nacme.com,a NUL\0 within a cell\n"));
        assert_eq!(foreign(b"acme.com"), None);
    }
}
