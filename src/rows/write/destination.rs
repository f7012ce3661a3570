//! Where an output goes: standard output, or a file that is replaced as a whole.
//!
//! A file is written beside its place and renamed over it once it is complete and on the disk, so that a reader, a
//! crash or a full disk never meets half of it, and the input itself can be the output. A symbolic link stays one: what
//! it leads to is replaced. An existing file keeps its mode. Devices and pipes are written to as they are.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::WriteError;
use crate::rules::redact::redact;

/// How much is gathered before it is written.
const BUFFER: usize = 64 * 1024;

/// How many symbolic links are followed to a file that is not there yet.
const MAX_LINKS: usize = 16;

/// Where an output goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Standard output.
    Stdout,
    /// A file, which is replaced when the output is complete.
    File(PathBuf),
}

/// An open destination.
#[derive(Debug)]
pub struct Sink {
    /// What it is called in messages.
    name: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Stdout(BufWriter<io::Stdout>),
    /// A device or pipe.
    Device(BufWriter<File>),
    Replaced {
        file: BufWriter<NamedTempFile>,
        path: PathBuf,
    },
}

impl Destination {
    /// Returns what an option names: `-` and nothing are standard output.
    pub fn of(path: Option<&Path>) -> Self {
        match path {
            Some(path) if path.as_os_str() != "-" => Self::File(path.to_owned()),
            _ => Self::Stdout,
        }
    }
}

impl Sink {
    /// Opens a destination.
    pub fn open(destination: &Destination) -> Result<Self, WriteError> {
        let path = match destination {
            Destination::Stdout => {
                let place = Place::Stdout(BufWriter::with_capacity(BUFFER, io::stdout()));
                return Ok(Self { name: "standard output".to_owned(), place });
            }
            Destination::File(path) => path,
        };
        let name = redact(&path.display().to_string()).into_owned();
        let target = followed(path).map_err(|source| WriteError::Create { path: name.clone(), source })?;
        let existing = fs::metadata(&target).ok();
        if existing.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(WriteError::Directory { path: name });
        }
        let place = match existing {
            Some(metadata) if !metadata.is_file() => OpenOptions::new()
                .write(true)
                .open(&target)
                .map(|file| Place::Device(BufWriter::with_capacity(BUFFER, file))),
            existing => beside(&target, existing.map(|metadata| metadata.permissions()))
                .map(|file| Place::Replaced { file: BufWriter::with_capacity(BUFFER, file), path: target }),
        };
        let place = place.map_err(|source| WriteError::Create { path: name.clone(), source })?;
        Ok(Self { name, place })
    }

    /// Writes bytes; they may stay in a buffer.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        let written = match &mut self.place {
            Place::Stdout(out) => out.write_all(bytes),
            Place::Device(file) => file.write_all(bytes),
            Place::Replaced { file, .. } => file.write_all(bytes),
        };
        written.map_err(|source| self.failed(source))
    }

    /// Empties the buffer.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        let flushed = match &mut self.place {
            Place::Stdout(out) => out.flush(),
            Place::Device(file) => file.flush(),
            Place::Replaced { file, .. } => file.flush(),
        };
        flushed.map_err(|source| self.failed(source))
    }

    /// Empties the buffer and puts a file in its place.
    pub fn finish(mut self) -> Result<(), WriteError> {
        self.flush()?;
        let Place::Replaced { file, path } = self.place else {
            return Ok(());
        };
        let name = self.name;
        let replaced =
            file.into_inner().map_err(io::IntoInnerError::into_error).and_then(|file| replace(file, &path));
        replaced.map_err(|source| WriteError::Replace { path: name, source })
    }

    fn failed(&self, source: io::Error) -> WriteError {
        WriteError::Write { path: self.name.clone(), source: without_path(source) }
    }
}

/// Returns the path behind symbolic links, also where nothing is there yet.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(link) => path = path.parent().unwrap_or(Path::new("")).join(link),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Creates a file beside the one that it will replace.
fn beside(target: &Path, permissions: Option<fs::Permissions>) -> io::Result<NamedTempFile> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".leadenrich-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As any program creates a file: the process's mask takes away from this.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder).map_err(without_path)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    Ok(file)
}

/// Takes the temporary file's name, which says nothing to the user, out of an error.
fn without_path(error: io::Error) -> io::Error {
    match error.to_string().split_once(" at path ") {
        Some((told, _)) => io::Error::new(error.kind(), told),
        None => error,
    }
}

/// Puts a complete file in its place.
fn replace(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The rename itself is on the disk once the folder is; not every file system can sync one.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}
