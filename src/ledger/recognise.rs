//! Is this a ledger that this version can use? Decided before anything of the file could be changed.
//!
//! SQLite changes a file by opening it: it plays back what a log beside it holds, and deletes a log without a database.
//! So the file itself is looked at first, as it lies there, and what is no ledger is not opened any further. What has a
//! log is then read with its log, and until it is recognised the log is not played back into the file.
//!
//! **Compatibility.** `application_id` tells a ledger from any other SQLite file, `user_version` is the number of
//! migrations applied. A file with a higher number was written by a newer version: it is refused, not touched.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::LedgerError;
use super::open::pragma;
use super::schema::MIGRATIONS;

/// Marks a file as a ledger: "leli" in ASCII.
pub(super) const APPLICATION_ID: i32 = 0x6c65_6c69;

/// A log of this length or shorter holds nothing. Source: SQLite's file format, the header of a log.
const LOG_HEADER: u64 = 32;

/// How a journal begins with which SQLite undoes what was left half done. Source: SQLite's file format.
const JOURNAL_MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

/// What lies in a ledger's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing, or a file that may become a ledger.
    Empty,
    /// A ledger.
    Ledger {
        /// Whether a log beside it holds more.
        has_log: bool,
    },
}

/// Looks at what lies there, without changing it, and refuses what is no ledger.
pub(super) fn examine(path: &Path) -> Result<Found, LedgerError> {
    let file = path.to_owned();
    // The log first: it is made after the file is there and has a page.
    let has_log = has_log(path);
    // A process that died while it made the ledger has left half a page, and what undoes it.
    let is_half_made = has_journal(path);
    let length = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            return Err(LedgerError::NotAFile { path: file, what: "a directory" });
        }
        Ok(metadata) if !metadata.is_file() => {
            return Err(LedgerError::NotAFile { path: file, what: "a device or a pipe" });
        }
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        // SQLite says what is wrong.
        Err(_) => return Ok(Found::Empty),
    };
    if length == 0 {
        let what = "is there, but its ledger is missing or empty";
        return if has_log { Err(LedgerError::StrayLog { path: file, what }) } else { Ok(Found::Empty) };
    }
    match as_it_lies(path) {
        Ok(told) => {
            judge(path, &told)?;
            // With a log, another process may be writing pages of it into the file at this moment.
            if !has_log && !is_half_made && length % told.page_size != 0 {
                let cause = "it ends in the middle of a page".to_owned();
                return Err(LedgerError::Damaged { path: file, cause });
            }
            Ok(if told.is_empty { Found::Empty } else { Found::Ledger { has_log } })
        }
        Err(_) if is_half_made => Ok(Found::Empty),
        Err(error) => match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Err(LedgerError::NotADatabase { path: file }),
            // Half of a log may have been written into it at this moment: the two are to be read together.
            Some(ErrorCode::DatabaseCorrupt) if has_log || self::has_log(path) => {
                Ok(Found::Ledger { has_log: true })
            }
            Some(ErrorCode::DatabaseCorrupt) => Err(LedgerError::at(path, error)),
            _ => Ok(Found::Empty),
        },
    }
}

/// Refuses an open file that is no ledger, or a newer version's. `found` is what [`examine`] saw.
pub(super) fn recognise(connection: &Connection, path: &Path, found: Found) -> Result<(), LedgerError> {
    let at = |error| LedgerError::at(path, error);
    let has_log = found == Found::Ledger { has_log: true } || has_log(path);
    let keep_log = |keep| connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep);
    keep_log(has_log).map_err(at)?;
    match judge(path, &told(connection).map_err(at)?) {
        Err(LedgerError::Foreign { path }) if matches!(found, Found::Ledger { .. }) => {
            Err(LedgerError::StrayLog { path, what: "belongs to another database" })
        }
        judged => judged,
    }?;
    keep_log(false).map(|_| ()).map_err(at)
}

/// What a database says of itself.
struct Told {
    application: i64,
    version: i64,
    page_size: u64,
    is_empty: bool,
}

/// Returns what a file says of itself without its log. No lock is taken and no file made beside it.
fn as_it_lies(path: &Path) -> rusqlite::Result<Told> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    told(&Connection::open_with_flags(unchanging(path), flags)?)
}

/// Returns the address of a file that SQLite shall take for one that nobody writes to.
pub(super) fn unchanging(path: &Path) -> String {
    // Everything but plain letters is written as a URL wants it.
    let plain = |byte: &u8| byte.is_ascii_alphanumeric();
    let text: String = path
        .as_os_str()
        .as_bytes()
        .iter()
        .map(|byte| if plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02x}") })
        .collect();
    format!("file:{text}?immutable=1")
}

fn told(connection: &Connection) -> rusqlite::Result<Told> {
    // All of it from one moment: another process may be making it a ledger meanwhile.
    let connection = &*connection.unchecked_transaction()?;
    let application = pragma(connection, "application_id")?;
    // A file may have a page and no table yet: another process is making it, or died while it did.
    let is_empty = application == 0
        && connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get::<_, i64>(0))? == 0;
    let page_size = pragma(connection, "page_size")?.unsigned_abs().max(1);
    Ok(Told { application, version: pragma(connection, "user_version")?, page_size, is_empty })
}

/// Refuses what is no ledger, or a newer version's.
fn judge(path: &Path, told: &Told) -> Result<(), LedgerError> {
    if told.application != i64::from(APPLICATION_ID) && !told.is_empty {
        return Err(LedgerError::Foreign { path: path.to_owned() });
    }
    if usize::try_from(told.version).is_ok_and(|version| version <= MIGRATIONS.len()) {
        return Ok(());
    }
    Err(LedgerError::Newer { path: path.to_owned(), version: told.version, known: MIGRATIONS.len() })
}

/// Returns whether a log with something in it lies beside a file, which may be behind a link.
pub(super) fn has_log(path: &Path) -> bool {
    fs::metadata(beside(path, "-wal")).is_ok_and(|metadata| metadata.len() > LOG_HEADER)
}

/// Returns whether a journal lies beside a file.
fn has_journal(path: &Path) -> bool {
    let mut start = [0; JOURNAL_MAGIC.len()];
    let read = File::open(beside(path, "-journal")).and_then(|mut journal| journal.read_exact(&mut start));
    read.is_ok() && start == JOURNAL_MAGIC
}

/// Returns the path of a file that SQLite keeps beside a ledger, which may be behind a link.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()).into_os_string();
    name.push(suffix);
    name.into()
}
