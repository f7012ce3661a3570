//! The formats that are read and written, by the names that options use.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// A format that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputFormat {
    /// Values separated by a comma, semicolon, bar or tab.
    Csv,
    /// Values separated by tabs.
    Tsv,
    /// One JSON object a line.
    Jsonl,
    /// One target a line, without a header.
    Lines,
    /// A sheet of a workbook.
    Xlsx,
}

impl InputFormat {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Csv, Self::Tsv, Self::Jsonl, Self::Lines, Self::Xlsx];

    /// Returns the name that `--input-format` uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Jsonl => "jsonl",
            Self::Lines => "lines",
            Self::Xlsx => "xlsx",
        }
    }
}

/// A format that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// Values separated by the input's delimiter, by default a comma.
    Csv,
    /// Values separated by tabs.
    Tsv,
    /// One JSON object a line.
    Jsonl,
    /// An Excel workbook.
    Xlsx,
}

impl OutputFormat {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Csv, Self::Tsv, Self::Jsonl, Self::Xlsx];

    /// Returns the name that `--format` uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Jsonl => "jsonl",
            Self::Xlsx => "xlsx",
        }
    }

    /// Returns the format that a file's name asks for, also where it ends as that of a compressed file.
    pub fn from_name(path: &Path) -> Option<Self> {
        let inner = Packing::from_name(path).and_then(|_| path.file_stem()).map(Path::new);
        match extension(inner.unwrap_or(path))?.as_str() {
            "csv" => Some(Self::Csv),
            "tsv" | "tab" => Some(Self::Tsv),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "xlsx" => Some(Self::Xlsx),
            _ => None,
        }
    }

    /// Returns the format in which a table goes out that came in as `input`.
    pub const fn of_input(input: InputFormat) -> Self {
        match input {
            // A workbook is only written where it is asked for: what reads a pipe reads text.
            InputFormat::Csv | InputFormat::Lines | InputFormat::Xlsx => Self::Csv,
            InputFormat::Tsv => Self::Tsv,
            InputFormat::Jsonl => Self::Jsonl,
        }
    }
}

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// By gzip: `.gz`.
    Gzip,
    /// By zstd: `.zst`.
    Zstd,
}

impl Packing {
    /// Returns how a file of this name is compressed, if it is.
    pub fn from_name(path: &Path) -> Option<Self> {
        match extension(path)?.as_str() {
            "gz" => Some(Self::Gzip),
            "zst" => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// How cells are kept together that hold a delimiter, a quote or a line break.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quoting {
    /// In double quotes, a quote within them doubled.
    #[default]
    Double,
    /// In double quotes, a quote within them doubled or after a backslash.
    Backslash,
    /// In single quotes, one within them doubled.
    Single,
    /// Not at all: a quote is a character like any other.
    None,
}

impl Quoting {
    /// All of them, the usual one first.
    pub const ALL: [Self; 4] = [Self::Double, Self::Backslash, Self::Single, Self::None];

    /// Returns the character that stands around cells.
    pub const fn quote(self) -> Option<u8> {
        match self {
            Self::Double | Self::Backslash => Some(b'"'),
            Self::Single => Some(b'\''),
            Self::None => None,
        }
    }

    /// Returns the character that makes a quote one of the cell's own, besides doubling it.
    pub const fn escape(self) -> Option<u8> {
        match self {
            Self::Backslash => Some(b'\\'),
            Self::Double | Self::Single | Self::None => None,
        }
    }

    /// Returns the name that `--quoting` uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Double => "double",
            Self::Backslash => "backslash",
            Self::Single => "single",
            Self::None => "none",
        }
    }
}

/// Returns what stands behind the last dot of a file's name, in small letters.
fn extension(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

/// How the lines of a table end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEnding {
    /// `\n`.
    #[default]
    Lf,
    /// `\r\n`.
    CrLf,
    /// `\r`, as on old Macs; never written.
    Cr,
}

impl LineEnding {
    /// Returns its usual name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lf => "LF",
            Self::CrLf => "CRLF",
            Self::Cr => "CR",
        }
    }
}

/// How the characters of an input are written, as far as its first bytes tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with a byte order mark or without.
    #[default]
    Utf8,
    /// UTF-16, either way round.
    Utf16,
    /// Cells that are no UTF-8, which are taken for Windows-1252.
    Windows1252,
}

impl Encoding {
    /// Returns its usual name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16 => "UTF-16",
            Self::Windows1252 => "Windows-1252",
        }
    }
}

/// The name is none of a format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format; the formats are {names}")]
pub struct UnknownFormat {
    names: &'static str,
}

impl FromStr for InputFormat {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or(UnknownFormat { names: "csv, tsv, jsonl, lines, xlsx" })
    }
}

impl FromStr for OutputFormat {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or(UnknownFormat { names: "csv, tsv, jsonl, xlsx" })
    }
}

impl fmt::Display for InputFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for OutputFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for format in InputFormat::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        for format in OutputFormat::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        let error = "xls".parse::<OutputFormat>().unwrap_err();
        assert_eq!(error.to_string(), "unknown format; the formats are csv, tsv, jsonl, xlsx");
    }

    #[test]
    fn a_files_name_tells_its_format() {
        assert_eq!(OutputFormat::from_name(Path::new("x/OUT.JSONL")), Some(OutputFormat::Jsonl));
        assert_eq!(OutputFormat::from_name(Path::new("out.txt")), None);
        let packed =
            |name: &str| (OutputFormat::from_name(Path::new(name)), Packing::from_name(Path::new(name)));
        assert_eq!(packed("a/out.csv.gz"), (Some(OutputFormat::Csv), Some(Packing::Gzip)));
        assert_eq!(packed("out.xlsx.ZST"), (Some(OutputFormat::Xlsx), Some(Packing::Zstd)));
        assert_eq!(packed("out.gz"), (None, Some(Packing::Gzip)));
        assert_eq!(packed(".gz"), (None, None));
    }
}
