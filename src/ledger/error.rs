//! Why the ledger could not be used.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why the ledger could not be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The folder for it could not be made.
    #[error("cannot make the ledger's folder '{}'", path.display())]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is an SQLite file of something else.
    #[error("'{}' is a database, but not a leadenrich ledger; it was not touched", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
    },
    /// The file is no SQLite file.
    #[error("'{}' is not a leadenrich ledger; it was not touched", path.display())]
    NotADatabase {
        /// Which file.
        path: PathBuf,
    },
    /// The file was written by a newer version.
    #[error("the ledger '{}' was written by a newer leadenrich (format {version}, this one knows {known})", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its version.
        version: i64,
        /// The highest version known.
        known: usize,
    },
    /// The file cannot be opened, read or written.
    #[error("cannot use the ledger '{}': {cause}", path.display())]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// Why. Told in the message, since what is below it says the same again.
        cause: rusqlite::Error,
    },
    /// A statement failed.
    #[error("the ledger failed")]
    Sqlite(#[from] rusqlite::Error),
}

impl LedgerError {
    pub(super) fn at(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotADatabase { path },
            _ => Self::Unusable { path, cause: source },
        }
    }
}
