//! Why an output cannot be written.

use std::io;

use crate::rows::fill::FillError;
use crate::rows::merge::Collision;

/// Why a table does not fit into a workbook. Rows are counted as a spreadsheet shows them, the header among them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It has too many rows.
    #[error("a sheet has at most {most} rows, and there are more")]
    Rows {
        /// The most.
        most: u32,
    },
    /// It has too many columns.
    #[error("a sheet has at most {most} columns, and there are more")]
    Columns {
        /// The most.
        most: usize,
    },
    /// A cell is too long.
    #[error("row {row}, column {column}: a cell has at most 32767 characters, and there are {length}")]
    Cell {
        /// Its row.
        row: u32,
        /// The letters of its column.
        column: String,
        /// Its length.
        length: usize,
    },
}

/// Why an output cannot be written. `path` is the file as it was named, or `standard output`.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A column would have the name of one that is not ours: a wrong use.
    #[error(transparent)]
    Collision(#[from] Collision),
    /// Columns cannot be filled as asked for: a wrong use.
    #[error(transparent)]
    Fill(#[from] FillError),
    /// Objects of the input have a key `enrichment` that is not ours: a wrong use.
    #[error("the input has a key 'enrichment' already, which JSON lines would add")]
    ForeignKey,
    /// It is a folder: a wrong use.
    #[error("{path}: is a directory, not a file")]
    Directory {
        /// The folder.
        path: String,
    },
    /// It cannot be begun.
    #[error("{path}: cannot be created")]
    Create {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// It cannot be gone on with.
    #[error("{path}: cannot be written")]
    Write {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The rows do not fit into a workbook.
    #[error("{path}: {why}")]
    Unfit {
        /// The file.
        path: String,
        /// Why.
        why: Unfit,
    },
    /// It is there, but nothing can be written beside it.
    #[error("{path}: no file can be made beside it, to replace it with")]
    Beside {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// It is there, and cannot be replaced where it is.
    #[error("{path}: cannot be replaced: {why}")]
    Fixed {
        /// The file.
        path: String,
        /// Why.
        why: &'static str,
    },
    /// It is written beside its place, but cannot be put there; what is there is as it was.
    #[error("{path}: cannot be replaced")]
    Replace {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
        /// Where the finished output is; absent if it is gone.
        kept: Option<String>,
    },
}

impl WriteError {
    /// Returns whether the reader of a pipe has gone: no error to a user.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Write { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Returns whether the command was used wrongly, rather than writing failed.
    pub const fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Collision(_)
                | Self::Fill(_)
                | Self::ForeignKey
                | Self::Directory { .. }
                | Self::Unfit { why: Unfit::Columns { .. }, .. }
        )
    }

    /// Returns what to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Collision(collision) => Some(collision.hint()),
            Self::Fill(error) => Some(error.hint()),
            Self::ForeignKey => Some("rename it, or write CSV with -f csv".to_owned()),
            Self::Directory { .. } => Some("name a file in it".to_owned()),
            Self::Create { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("the folder does not exist; create it first".to_owned())
            }
            Self::Create { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Some("see that you may write there, or name another file".to_owned())
            }
            Self::Create { source, .. } if source.kind() == io::ErrorKind::NotADirectory => {
                Some("what its folder should be is a file; name another file".to_owned())
            }
            Self::Create { .. } => Some("name another file, or write to standard output".to_owned()),
            Self::Unfit { .. } => Some(
                "write CSV, which has no such bounds: name a .csv file and run the same command again; what was paid for \
                 is in the ledger"
                    .to_owned(),
            ),
            Self::Beside { .. } | Self::Fixed { .. } => Some(
                "an output is written beside its place and then takes it as a whole; name a file in another folder, or \
                 write to standard output"
                    .to_owned(),
            ),
            Self::Replace { kept: Some(kept), .. } => Some(format!(
                "the finished output is in '{kept}'; or name another file and run the same command again, which takes \
                 what was paid for from the ledger"
            )),
            Self::Replace { kept: None, .. } => Some(
                "what was paid for is in the ledger; see that its folder is there, or name another file, and run the \
                 same command again"
                    .to_owned(),
            ),
            Self::Write { .. } => Some(
                "what was paid for is in the ledger; make room or name another file and run the same command again"
                    .to_owned(),
            ),
        }
    }
}
