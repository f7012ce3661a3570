//! Why the ledger could not be used, and what to do about it.
//!
//! Whatever is wrong, the file is left as it was found: each hint leads on without loss.

use std::path::{Path, PathBuf};

use rusqlite::{Error, ErrorCode, ffi};

use super::holder::holder;

/// Extended codes of SQLite that mean that locks or shared memory do not work where the file lies.
const NO_LOCKS: [i32; 7] = [
    ffi::SQLITE_IOERR_LOCK,
    ffi::SQLITE_IOERR_RDLOCK,
    ffi::SQLITE_IOERR_UNLOCK,
    ffi::SQLITE_IOERR_CHECKRESERVEDLOCK,
    ffi::SQLITE_IOERR_SHMOPEN,
    ffi::SQLITE_IOERR_SHMMAP,
    ffi::SQLITE_IOERR_SHMLOCK,
];

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
    /// There is something that is no file.
    #[error("the ledger '{}' is {what}, not a file", path.display())]
    NotAFile {
        /// Where.
        path: PathBuf,
        /// What it is.
        what: &'static str,
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
    /// The log beside it does not belong to it. To open them together could destroy both.
    #[error("the log '{}-wal' {what}; nothing was touched", path.display())]
    StrayLog {
        /// Which file the log would belong to.
        path: PathBuf,
        /// What is wrong with the log.
        what: &'static str,
    },
    /// The file's content is broken.
    #[error("the ledger '{}' is damaged: {cause}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// How it was noticed.
        cause: String,
    },
    /// Another process holds it, longer than this one waits.
    #[error("the ledger '{}' is locked by {}", path.display(), holder.as_deref().unwrap_or("another process"))]
    Locked {
        /// Which file.
        path: PathBuf,
        /// The process, where that can be told.
        holder: Option<String>,
    },
    /// It may not be written to.
    #[error("the ledger '{}' is read-only", path.display())]
    ReadOnly {
        /// Which file.
        path: PathBuf,
    },
    /// Its disk is full.
    #[error("no room is left for the ledger '{}'", path.display())]
    Full {
        /// Which file.
        path: PathBuf,
    },
    /// Locks or shared memory do not work where it lies.
    #[error("the file system of the ledger '{}' does not let processes share it: {cause}", path.display())]
    NoLocks {
        /// Which file.
        path: PathBuf,
        /// How it was noticed.
        cause: String,
    },
    /// The file cannot be opened, read or written.
    #[error("cannot use the ledger '{}': {cause}", path.display())]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// Why. Told in the message, since what is below it says the same again.
        cause: Error,
    },
    /// A statement failed.
    #[error("the ledger failed")]
    Sqlite(#[from] Error),
}

impl LedgerError {
    /// Tells what an error of SQLite's means for the ledger at `path`.
    pub(super) fn at(path: &Path, error: Error) -> Self {
        let path = path.to_owned();
        let code = error.sqlite_error_code();
        let extended = error.sqlite_extended_error_code();
        let is_of_locks = extended.is_some_and(|code| NO_LOCKS.contains(&code));
        match (code, &error) {
            (Some(ErrorCode::DatabaseBusy), _) => Self::Locked { holder: holder(&path), path },
            (Some(ErrorCode::ReadOnly), _) => Self::ReadOnly { path },
            (Some(ErrorCode::DiskFull), _) => Self::Full { path },
            (Some(ErrorCode::FileLockingProtocolFailed), _) => {
                Self::NoLocks { path, cause: error.to_string() }
            }
            _ if is_of_locks => Self::NoLocks { path, cause: error.to_string() },
            (Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase), _) => {
                Self::Damaged { path, cause: error.to_string() }
            }
            // A table, a column or a value that every ledger has.
            (_, Error::SqlInputError { msg, .. }) => Self::Damaged { path, cause: msg.clone() },
            (
                _,
                Error::FromSqlConversionFailure(..) | Error::InvalidColumnType(..) | Error::Utf8Error(..),
            ) => Self::Damaged { path, cause: error.to_string() },
            _ => Self::Unusable { path, cause: error },
        }
    }

    /// Returns what to do about it.
    pub fn hint(&self) -> String {
        let hint = match self {
            Self::Newer { .. } => "update leadenrich, or name another file with --ledger",
            Self::Foreign { .. } | Self::NotADatabase { .. } | Self::NotAFile { .. } => {
                "name another file with --ledger"
            }
            Self::StrayLog { .. } => {
                "bring back the ledger that it belongs to; or move the log away and run the same command again, which \
                 costs nothing for what was asked within 24 hours"
            }
            Self::Damaged { path, .. } => return rescue(path),
            Self::Locked { .. } => {
                "end what holds it, such as an open sqlite3 shell or a copy being made, and run the same command again: \
                 nothing is lost, and nothing is paid twice"
            }
            Self::ReadOnly { .. } => {
                "see that you may write the file and its folder, or name another file with --ledger"
            }
            Self::NoLocks { .. } => "name a file on a local disk with --ledger",
            Self::Full { .. } => {
                "make room and run the same command again: nothing is lost, and nothing is paid twice"
            }
            Self::Folder { .. } | Self::Unusable { .. } | Self::Sqlite(_) => {
                "see that its folder can be written and has room, or name another file with --ledger; the same command \
                 goes on where this one stopped"
            }
        };
        hint.to_owned()
    }
}

/// Tells how to get at what a damaged ledger still holds.
fn rescue(path: &Path) -> String {
    let path = path.display();
    format!(
        "rescue what is in it with `sqlite3 '{path}' .recover | sqlite3 rescued.db` and go on with --ledger rescued.db; \
         what is lost is asked again, which costs nothing within 24 hours"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(extended: i32) -> LedgerError {
        LedgerError::at(Path::new("l.db"), Error::SqliteFailure(ffi::Error::new(extended), None))
    }

    #[test]
    fn what_sqlite_tells_of_its_surroundings_is_understood() {
        for code in [ffi::SQLITE_PROTOCOL].iter().chain(&NO_LOCKS) {
            assert!(matches!(at(*code), LedgerError::NoLocks { .. }), "{code}");
        }
        for code in [ffi::SQLITE_BUSY, ffi::SQLITE_BUSY_RECOVERY, ffi::SQLITE_BUSY_SNAPSHOT] {
            assert!(matches!(at(code), LedgerError::Locked { .. }), "{code}");
        }
        for code in [ffi::SQLITE_READONLY, ffi::SQLITE_READONLY_DBMOVED, ffi::SQLITE_READONLY_DIRECTORY] {
            assert!(matches!(at(code), LedgerError::ReadOnly { .. }), "{code}");
        }
        for code in [ffi::SQLITE_CORRUPT, ffi::SQLITE_CORRUPT_INDEX, ffi::SQLITE_NOTADB] {
            assert!(matches!(at(code), LedgerError::Damaged { .. }), "{code}");
        }
        assert!(matches!(at(ffi::SQLITE_FULL), LedgerError::Full { .. }));
        for code in [ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_IOERR_SHMSIZE, ffi::SQLITE_CANTOPEN] {
            assert!(matches!(at(code), LedgerError::Unusable { .. }), "{code}");
        }
    }

    #[test]
    fn what_cannot_be_made_in_a_test_is_said_as_the_rest() {
        let said = |error: LedgerError| format!("{error}\nhint: {}", error.hint());
        insta::assert_snapshot!(said(at(ffi::SQLITE_PROTOCOL)), @r"
        the file system of the ledger 'l.db' does not let processes share it: Error code 15: locking protocol
        hint: name a file on a local disk with --ledger
        ");
        insta::assert_snapshot!(said(at(ffi::SQLITE_FULL)), @r"
        no room is left for the ledger 'l.db'
        hint: make room and run the same command again: nothing is lost, and nothing is paid twice
        ");
        insta::assert_snapshot!(said(at(ffi::SQLITE_IOERR_READ)), @r"
        cannot use the ledger 'l.db': Error code 266: disk I/O error
        hint: see that its folder can be written and has room, or name another file with --ledger; the same command goes on where this one stopped
        ");
    }
}
