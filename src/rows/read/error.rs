//! Why an input cannot be read, where, and what to do about it.

use std::io;

use super::unpack::UnpackError;
use crate::rows::columns::ColumnError;
use crate::rows::foreign::Foreign;
use crate::rules::malformed::Malformed;

/// Why an input cannot be read. `path` is the file as it was named, or `standard input`.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such file.
    #[error("{path}: no such file")]
    NotFound {
        /// The file.
        path: String,
    },
    /// It is a folder.
    #[error("{path}: is a directory, not a file")]
    Directory {
        /// The folder.
        path: String,
    },
    /// It cannot be opened.
    #[error("{path}: cannot be opened")]
    Open {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// It has no line.
    #[error("{path}: is empty")]
    Empty {
        /// The file.
        path: String,
    },
    /// It is no table of text.
    #[error("{path}: looks like {}, not like a table of text", kind.name())]
    Foreign {
        /// The file.
        path: String,
        /// What it looks like.
        kind: Foreign,
    },
    /// It is not JSON Lines.
    #[error("{path}: no line is a JSON object")]
    NoObjects {
        /// The file.
        path: String,
    },
    /// It is one object, with a list in it that the rows may be.
    #[error("{path}: is a single JSON object without a domain; its '{key}' has others in it")]
    RowsWithin {
        /// The file.
        path: String,
        /// The key of the list.
        key: Box<str>,
    },
    /// It is a workbook that cannot be read, or not further.
    #[error("{path}: {source}")]
    Sheet {
        /// The file.
        path: String,
        /// Why.
        source: SheetError,
    },
    /// A workbook that comes through a pipe cannot be kept while it is read.
    #[error("{path}: cannot be put into a temporary file")]
    Kept {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The columns to ask by cannot be told.
    #[error("{path}: {source}")]
    Columns {
        /// The file.
        path: String,
        /// Why.
        source: ColumnError,
    },
    /// A record is longer than any that is meant, most often since a quote is never closed.
    #[error("{path}, line {line}: the record that starts here is too long")]
    TooLong {
        /// The file.
        path: String,
        /// Where the record starts, counted from 1.
        line: u64,
    },
    /// A row is not as it should be, and `--strict` holds.
    #[error("{path}, line {}: {}", malformed.line, malformed.fault)]
    Malformed {
        /// The file.
        path: String,
        /// Where the row starts, and what is wrong with it.
        malformed: Malformed,
    },
    /// Reading failed on the way.
    #[error("{path}, line {line}: cannot be read")]
    Read {
        /// The file.
        path: String,
        /// The first line that was not read, counted from 1.
        line: u64,
        /// Why.
        source: io::Error,
    },
}

impl ReadError {
    /// Returns what to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound { .. } => Some("give a file, or `-` for standard input".to_owned()),
            Self::Directory { .. } => Some("name a file in it".to_owned()),
            Self::Empty { .. } => Some("a CSV or TSV file or a plain list of domains is needed".to_owned()),
            Self::Foreign { kind, .. } => Some(kind.remedy().to_owned()),
            Self::NoObjects { .. } => Some(Foreign::Json.remedy().to_owned()),
            Self::RowsWithin { key, .. } => {
                Some(format!("if those are the rows: `jq -c '.[\"{key}\"][]' FILE | leadenrich batch`"))
            }
            Self::Columns { source, .. } => Some(source.hint()),
            Self::TooLong { .. } => Some(
                "look for a quote that is never closed; --quoting none takes quotes for characters like any other"
                    .to_owned(),
            ),
            Self::Malformed { .. } => {
                Some("mend the line; without --strict the row is kept as it is".to_owned())
            }
            Self::Sheet { source, .. } => Some(source.hint()),
            Self::Kept { .. } => {
                Some("a workbook is read from its end: name the file instead of piping it".to_owned())
            }
            Self::Read { source, .. } => Some(match UnpackError::behind(source) {
                Some(why) => why.hint().to_owned(),
                None => "see that the disk or the pipe is in order and run the same command again; what was paid for is \
                         in the ledger"
                    .to_owned(),
            }),
            Self::Open { .. } => Some("see that you may read it: `ls -l FILE`".to_owned()),
        }
    }

    /// Returns whether reading failed, rather than the input being none that can be read.
    pub fn is_io(&self) -> bool {
        match self {
            Self::Read { source, .. } => UnpackError::behind(source).is_none(),
            Self::Kept { .. } => true,
            _ => false,
        }
    }
}

/// Why a workbook cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// It is an archive or document of another kind.
    #[error("is no workbook")]
    NoWorkbook,
    /// It has a password.
    #[error("the workbook is locked with a password")]
    Locked,
    /// It would take too much memory or space.
    #[error("the workbook is too large")]
    TooLarge,
    /// `--sheet` names none.
    #[error("there is no sheet '{sheet}'; the sheets are {sheets}")]
    Unknown {
        /// What the option said.
        sheet: Box<str>,
        /// The sheets that there are.
        sheets: String,
        /// The one that may have been meant.
        nearest: Option<Box<str>>,
    },
    /// No sheet, or not the one that is asked for, has a row.
    #[error("{}is empty", .0.as_ref().map(|sheet| format!("sheet '{sheet}' ")).unwrap_or_default())]
    Empty(Option<Box<str>>),
    /// It is not whole.
    #[error("the workbook is damaged: {0}")]
    Damaged(String),
    /// A sheet is not whole.
    #[error("sheet '{sheet}', row {row}: cannot be read: {reason}")]
    Row {
        /// The sheet.
        sheet: Box<str>,
        /// The first row that was not read, counted from 1.
        row: u64,
        /// Why.
        reason: String,
    },
}

impl SheetError {
    /// Returns the error of a workbook for this reason.
    pub(super) fn damaged(reason: impl std::fmt::Display) -> Self {
        Self::Damaged(reason.to_string())
    }

    /// Returns what to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NoWorkbook => "workbooks are .xlsx, .xlsm, .xlsb, .xls and .ods; leave --input-format out to have the format seen",
            Self::Locked => "save it without the password, or export the sheet as CSV (UTF-8)",
            Self::TooLarge | Self::Row { .. } => "export the sheet as CSV (UTF-8)",
            Self::Unknown { nearest: Some(name), .. } => return format!("did you mean '{name}'?"),
            Self::Unknown { nearest: None, .. } => "give a sheet's name, or its number counted from 1",
            Self::Empty(_) => "a sheet with a header and rows is needed",
            Self::Damaged(_) => "open it and save it again, or export the sheet as CSV (UTF-8)",
        }
        .to_owned()
    }
}
