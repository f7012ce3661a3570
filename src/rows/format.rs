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

    /// Returns the format that a file's name asks for.
    pub fn from_name(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
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

/// How the lines of a table end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEnding {
    /// `\n`, also for files of which the lines end in `\r`.
    #[default]
    Lf,
    /// `\r\n`.
    CrLf,
}

/// How the characters of an input are written, as far as its first bytes tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with a byte order mark or without.
    #[default]
    Utf8,
    /// UTF-16 with a byte order mark.
    Utf16,
    /// Cells that are no UTF-8, which are taken for Windows-1252.
    Windows1252,
}

impl Encoding {
    /// Returns the encoding of an input that begins with these bytes, which may break off within a character.
    pub(super) fn of(first: &[u8]) -> Self {
        if first.starts_with(&[0xff, 0xfe]) || first.starts_with(&[0xfe, 0xff]) {
            return Self::Utf16;
        }
        match std::str::from_utf8(first) {
            Err(error) if error.error_len().is_some() => Self::Windows1252,
            Ok(_) | Err(_) => Self::Utf8,
        }
    }

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
    fn the_first_bytes_tell_the_encoding() {
        let cases: [(&[u8], Encoding); 5] = [
            (b"\xef\xbb\xbfdomain", Encoding::Utf8),
            (b"\xff\xfed\0", Encoding::Utf16),
            (b"\xfe\xff\0d", Encoding::Utf16),
            (b"M\xfcller", Encoding::Windows1252),
            ("Müller ü".as_bytes().split_last().unwrap().1, Encoding::Utf8),
        ];
        for (first, expected) in cases {
            assert_eq!(Encoding::of(first), expected, "{first:?}");
        }
    }

    #[test]
    fn a_files_name_tells_its_format() {
        assert_eq!(OutputFormat::from_name(Path::new("x/OUT.JSONL")), Some(OutputFormat::Jsonl));
        assert_eq!(OutputFormat::from_name(Path::new("out.txt")), None);
    }
}
