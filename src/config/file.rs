//! Where the configuration lies, and how it is replaced: whole or not at all, for its owner's eyes only.
//!
//! A symbolic link stays one: what it leads to is replaced.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use super::ConfigError;

/// A file larger than this is no configuration.
const SIZE_MAX: u64 = 1024 * 1024;

/// The bits of a mode by which others than the owner can do anything.
const OTHERS: u32 = 0o077;

/// A configuration's text as it lies on the disk.
#[derive(Debug, Default)]
pub struct Stored {
    /// What it says; nothing where there is none.
    pub text: String,
    /// Whether there is one.
    pub exists: bool,
    /// Whether others can read or write it.
    pub is_open: bool,
}

/// Returns where the configuration lies if nothing else is said.
pub(super) fn usual_place() -> Option<PathBuf> {
    let folders = etcetera::choose_base_strategy().ok()?;
    Some(folders.config_dir().join("leadenrich").join("config.toml"))
}

impl Stored {
    /// Reads a file; one that is not there is empty.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        match read(path) {
            Ok(stored) => Ok(stored),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(ConfigError::Read { path: path.to_owned(), source }),
        }
    }

    /// Puts a text in the place of a file, readable for its owner only.
    pub fn replace(path: &Path, text: &str) -> Result<(), ConfigError> {
        replace(path, text).map_err(|source| ConfigError::Write { path: path.to_owned(), source })
    }
}

fn read(path: &Path) -> io::Result<Stored> {
    let file = File::open(path)?;
    let is_open = file.metadata()?.mode() & OTHERS != 0;
    let mut text = String::new();
    let size = file.take(SIZE_MAX + 1).read_to_string(&mut text)?;
    if size as u64 > SIZE_MAX {
        return Err(io::Error::other("it is too large to be one"));
    }
    Ok(Stored { text, exists: true, is_open })
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // Made with the mode 0600.
    let mut file =
        tempfile::Builder::new().prefix(".leadenrich-").suffix(".tmp").tempfile_in(folder).map_err(bare)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    // The rename itself is on the disk once the folder is; not every file system can sync one.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Returns why a temporary file cannot be made, without its name, which nobody knows.
fn bare(error: io::Error) -> io::Error {
    // The library puts the name behind the cause.
    match error.to_string().split_once(" at path ") {
        Some((cause, _)) => io::Error::new(error.kind(), cause),
        None => error,
    }
}
