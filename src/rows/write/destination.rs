//! Where an output goes: standard output, or a file that is replaced as a whole.
//!
//! A file is written beside its place and renamed over it once it is complete and on the disk, so that a reader, a
//! crash or a full disk never meets half of it, and the input itself can be the output. A symbolic link stays one: what
//! it leads to is replaced. An existing file keeps its mode and owner. Devices and pipes are written to as they are.
//!
//! A file whose name ends in `.gz` or `.zst` is compressed on its way.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, IsTerminal as _, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;
use tempfile::NamedTempFile;

use super::WriteError;
use super::beside::{self, NotReplaced};
use super::pack::Packer;
use crate::rows::format::Packing;
use crate::rules::redact::redact;

/// How much is gathered before it is written.
const BUFFER: usize = 64 * 1024;

/// How much is written before it is sent on its way to the disk.
const GATHERED: u64 = 8 * 1024 * 1024;

/// The mode of a folder in which only a file's owner may replace it.
const STICKY: u32 = 0o1000;

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
    packer: Option<Box<Packer>>,
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
        written: Written,
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
    /// Opens a destination. Whatever can be known to go wrong at the end goes wrong here.
    pub fn open(destination: &Destination) -> Result<Self, WriteError> {
        let Destination::File(path) = destination else {
            let place = Place::Stdout(BufWriter::with_capacity(BUFFER, io::stdout()));
            return Ok(Self { name: "standard output".to_owned(), packer: None, place });
        };
        let name = redact(&path.display().to_string()).into_owned();
        let place = match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => return Err(WriteError::Directory { path: name }),
            Ok(metadata) if metadata.is_file() => over(path, &metadata, &name)?,
            Ok(_) => OpenOptions::new()
                .write(true)
                .open(path)
                .map(|file| Place::Device(BufWriter::with_capacity(BUFFER, file)))
                .map_err(|source| WriteError::Create { path: name.clone(), source })?,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if is_of_folder(path) {
                    return Err(WriteError::Directory { path: name });
                }
                new(path).map_err(|source| WriteError::Create { path: name.clone(), source })?
            }
            Err(source) => return Err(WriteError::Create { path: name, source }),
        };
        let packer = match Packing::from_name(path).map(Packer::new).transpose() {
            Ok(packer) => packer.map(Box::new),
            Err(source) => return Err(WriteError::Create { path: name, source }),
        };
        Ok(Self { name, packer, place })
    }

    /// Returns what it is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns whether it is standard output.
    pub const fn is_stdout(&self) -> bool {
        matches!(self.place, Place::Stdout(_))
    }

    /// Returns whether a person reads it as it is written.
    pub fn is_terminal(&self) -> bool {
        match &self.place {
            Place::Stdout(out) => out.get_ref().is_terminal(),
            Place::Device(file) => file.get_ref().is_terminal(),
            Place::Replaced { .. } => false,
        }
    }

    /// Returns which file is replaced, by its one true path; standard output and devices are none.
    pub fn target(&self) -> Option<&Path> {
        match &self.place {
            Place::Replaced { path, .. } => Some(path),
            Place::Stdout(_) | Place::Device(_) => None,
        }
    }

    /// Writes bytes; they may stay in a buffer.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        let written = match &mut self.packer {
            Some(packer) => packer.pack(bytes).and_then(|packed| self.place.write(&packed)),
            None => self.place.write(bytes),
        };
        written.map_err(|source| self.failed(source))
    }

    /// Empties the buffer. What is compressed comes when there is enough of it, since it would grow else.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        self.place.flush().map_err(|source| self.failed(source))
    }

    /// Empties the buffer and puts a file in its place.
    pub fn finish(mut self) -> Result<(), WriteError> {
        if let Some(packer) = self.packer.take() {
            let written = packer.finish().and_then(|packed| self.place.write(&packed));
            written.map_err(|source| self.failed(source))?;
        }
        self.flush()?;
        let Place::Replaced { file, path, .. } = self.place else {
            return Ok(());
        };
        let name = self.name;
        match file.into_inner() {
            Ok(file) => beside::replace(file, &path).map_err(|NotReplaced { source, kept }| {
                let kept = kept.map(|kept| redact(&kept.display().to_string()).into_owned());
                WriteError::Replace { path: name, source, kept }
            }),
            Err(error) => Err(WriteError::Write { path: name, source: error.into_error() }),
        }
    }

    fn failed(&self, source: io::Error) -> WriteError {
        WriteError::Write { path: self.name.clone(), source: beside::without_path(source) }
    }
}

impl Place {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.write_all(bytes),
            Self::Device(file) => file.write_all(bytes),
            Self::Replaced { file, written, .. } => {
                written.add(bytes.len(), file.get_ref().as_file());
                file.write_all(bytes)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::Device(file) => file.flush(),
            Self::Replaced { file, .. } => file.flush(),
        }
    }
}

/// How much of a file is written, and on its way to the disk.
#[derive(Debug, Default)]
struct Written {
    bytes: u64,
    on_their_way: u64,
}

impl Written {
    /// Counts bytes that are written, and sends what has gathered on its way to the disk: else all of it is waited for when
    /// the file is complete. On Linux, saying that bytes are not needed does so, and keeps those that are not there yet.
    fn add(&mut self, bytes: usize, file: &File) {
        if self.bytes - self.on_their_way >= GATHERED {
            #[cfg(target_os = "linux")]
            {
                let length = std::num::NonZeroU64::new(self.bytes - self.on_their_way);
                // Where it is not possible it is only later.
                let _ = rustix::fs::fadvise(file, self.on_their_way, length, rustix::fs::Advice::DontNeed);
            }
            self.on_their_way = self.bytes;
        }
        self.bytes += bytes as u64;
    }
}

/// Opens a place over a file that is there.
fn over(path: &Path, metadata: &Metadata, name: &str) -> Result<Place, WriteError> {
    let create = |source| WriteError::Create { path: name.to_owned(), source };
    // A file that its owner has locked against writing is not got round by replacing it.
    OpenOptions::new().write(true).open(path).map_err(create)?;
    let target = fs::canonicalize(path).map_err(create)?;
    if let Some(why) = fixed(&target, metadata) {
        return Err(WriteError::Fixed { path: name.to_owned(), why });
    }
    let file = beside::create(&target, Some(metadata))
        .map_err(|source| WriteError::Beside { path: name.to_owned(), source })?;
    Ok(Place::Replaced {
        file: BufWriter::with_capacity(BUFFER, file),
        path: target,
        written: Written::default(),
    })
}

/// Opens a place where no file is yet.
fn new(path: &Path) -> io::Result<Place> {
    let path = followed(path)?;
    let name = path.file_name().ok_or(ErrorKind::NotFound)?;
    let target = fs::canonicalize(beside::folder(&path))?.join(name);
    let file = beside::create(&target, None)?;
    Ok(Place::Replaced {
        file: BufWriter::with_capacity(BUFFER, file),
        path: target,
        written: Written::default(),
    })
}

/// Returns whether a path names a folder, there or not.
fn is_of_folder(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b"/") || path.file_name().is_none()
}

/// Returns the path behind symbolic links to something that is not there yet.
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

/// Returns why a file cannot be replaced although another can be made beside it; absent where nothing is in the way.
fn fixed(target: &Path, metadata: &Metadata) -> Option<&'static str> {
    if is_mounted(target) {
        return Some("it is mounted there by itself");
    }
    let folder = fs::metadata(beside::folder(target)).ok()?;
    let own = geteuid().as_raw();
    let may = own == 0 || own == metadata.uid() || own == folder.uid();
    (folder.mode() & STICKY != 0 && !may)
        .then_some("it is another user's, and so is its folder, which is sticky")
}

/// Returns whether a file is mounted by itself, as containers do with single files.
#[cfg(target_os = "linux")]
fn is_mounted(path: &Path) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    let flags = AtFlags::NO_AUTOMOUNT | AtFlags::SYMLINK_NOFOLLOW;
    let told = statx(CWD, path, flags, StatxFlags::empty());
    told.is_ok_and(|told| told.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

/// Other systems mount folders only.
#[cfg(not(target_os = "linux"))]
const fn is_mounted(_path: &Path) -> bool {
    false
}
