//! The bytes of an input: opened, counted, unpacked, decoded to UTF-8 where they are UTF-16, with the first of them at
//! hand.
//!
//! A byte order mark is removed. Nothing seeks but workbooks, so that a pipe serves as well as a file. Bytes that are
//! no UTF-8 pass unchanged: only the cell that holds them is known to be in another encoding.

use std::fs::{File, Metadata};
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use memchr::memchr_iter;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::coding::Coding;
use super::unpack::{Unpacked, inner_name};
use super::{Progress, ReadError, Source, sheet};
use crate::rows::foreign::{Foreign, foreign, is_binary};
use crate::rows::format::{Encoding, Packing};
use crate::rows::sniff::PREFIX;
use crate::rules::redact::redact;

/// The longest record, in bytes of input: far above any sheet's, far below any memory.
pub(super) const MAX_RECORD: u64 = 64 * 1024 * 1024;

/// Lines that are enough to recognise a table by, if no more come soon: a header and a row.
const LINES_ENOUGH: usize = 2;

/// How long more is waited for. Programs that write all they have do so at once.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };

/// An open input.
pub(super) struct Bytes {
    /// What it is called in messages.
    pub(super) path: String,
    /// The lower-case extension of its name.
    pub(super) extension: Option<String>,
    /// Its first bytes, decoded; also the first that `reader` gives.
    pub(super) prefix: Vec<u8>,
    /// Whether the prefix is all there is.
    pub(super) whole: bool,
    /// How it is compressed, if it is.
    pub(super) packing: Option<Packing>,
    /// The file, for a workbook, which has no other bytes here.
    pub(super) book: Option<File>,
    /// How its characters are written.
    pub(super) coding: Coding,
    /// How far it has been read.
    pub(super) progress: Progress,
    /// All its bytes, decoded.
    pub(super) reader: Box<dyn Read + Send>,
}

/// Opens a source.
pub(super) fn open(source: &Source) -> Result<Bytes, ReadError> {
    match source {
        Source::Stdin => open_stdin(),
        Source::Path(path) => open_file(path),
    }
}

/// Standard input is read without the buffer of its own that it has, so that it can be asked whether more is there.
fn open_stdin() -> Result<Bytes, ReadError> {
    let name = "standard input";
    let failed = |source| ReadError::Open { path: name.to_owned(), source };
    let file = File::from(io::stdin().as_fd().try_clone_to_owned().map_err(failed)?);
    let total = file.metadata().ok().filter(Metadata::is_file).map(|metadata| metadata.len());
    let asked = file.try_clone().map_err(failed)?;
    from_reader(Named { name, extension: None, total_bytes: total }, file, || comes_soon(&asked))
}

/// Returns whether more can be read within [`PATIENCE`]. The end of the input counts as more.
fn comes_soon(file: &File) -> bool {
    let mut polled = [PollFd::new(file, PollFlags::IN)];
    // What cannot be asked (a signal came, the system does not know) is read, which is right and may only be later.
    poll(&mut polled, Some(&PATIENCE)).map_or(true, |ready| ready > 0)
}

fn open_file(path: &Path) -> Result<Bytes, ReadError> {
    // A key that was typed in place of a file is not to be shown.
    let name = redact(&path.display().to_string()).into_owned();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(ReadError::NotFound { path: name });
        }
        Err(source) => return Err(ReadError::Open { path: name, source }),
    };
    let metadata = file.metadata().map_err(|source| ReadError::Open { path: name.clone(), source })?;
    if metadata.is_dir() {
        return Err(ReadError::Directory { path: name });
    }
    let total = metadata.is_file().then_some(metadata.len());
    if let Some(total_bytes) = total
        && begins_as_book(&file)
    {
        return Ok(Bytes::of_book(name, file, total_bytes));
    }
    from_reader(Named { name: &name, extension: extension(path), total_bytes: total }, file, || true)
}

/// Takes a reader for a file of this name.
pub(super) fn named(name: &str, reader: impl Read + Send + 'static) -> Result<Bytes, ReadError> {
    let source = Named { name, extension: extension(Path::new(name)), total_bytes: None };
    from_reader(source, reader, || true)
}

/// Returns the lower-case extension of a file's name, or of what it is named without its compression.
fn extension(path: &Path) -> Option<String> {
    let name = Path::new(inner_name(path.file_name()?.to_str()?));
    name.extension().and_then(|extension| extension.to_str()).map(str::to_lowercase)
}

/// Looks at the first bytes of a file where they are.
fn begins_as_book(file: &File) -> bool {
    let mut first = [0; 8];
    // A file that cannot be read is told of where it is read.
    file.read_at(&mut first, 0)
        .is_ok_and(|read| first.get(..read).and_then(foreign).is_some_and(Foreign::is_book))
}

/// What is known of a source before it is read.
pub(super) struct Named<'a> {
    /// What it is called in messages.
    pub(super) name: &'a str,
    /// The lower-case extension of its name.
    pub(super) extension: Option<String>,
    /// Its length, for a regular file.
    pub(super) total_bytes: Option<u64>,
}

/// Looks at the first bytes of a reader and puts them back in front. `comes_soon` tells whether to wait for more of them.
pub(super) fn from_reader(
    source: Named<'_>,
    reader: impl Read + Send + 'static,
    comes_soon: impl Fn() -> bool,
) -> Result<Bytes, ReadError> {
    let failed = |error| ReadError::Read { path: source.name.to_owned(), line: 1, source: error };
    let bytes_read = Arc::new(AtomicU64::new(0));
    let mut counted = Counted::new(reader, &bytes_read);
    let (mut raw, mut whole) = first_of(&mut counted, &comes_soon).map_err(failed)?;
    let mut rest: Box<dyn Read + Send> = Box::new(counted);
    let packing = Packing::of(&raw);
    if let Some(packing) = packing {
        let packed = Box::new(Cursor::new(raw).chain(rest));
        let mut unpacked = Unpacked::new(packing, packed).map_err(failed)?;
        (raw, whole) = first_of(&mut unpacked, &comes_soon).map_err(failed)?;
        rest = Box::new(unpacked);
    }
    match foreign(&raw) {
        Some(kind) if kind.is_book() => {
            let (file, total_bytes) = sheet::keep(source.name, Cursor::new(raw).chain(rest))?;
            return Ok(Bytes { packing, ..Bytes::of_book(source.name.to_owned(), file, total_bytes) });
        }
        Some(kind) => return Err(ReadError::Foreign { path: source.name.to_owned(), kind }),
        None => {}
    }
    let coding = Coding::of(&raw);
    if coding.encoding != Encoding::Utf16 && is_binary(&raw) {
        return Err(ReadError::Foreign { path: source.name.to_owned(), kind: Foreign::Binary });
    }
    let mut prefix = Vec::new();
    coding.decoded(raw.as_slice()).read_to_end(&mut prefix).map_err(failed)?;
    Ok(Bytes {
        path: source.name.to_owned(),
        extension: source.extension,
        prefix,
        whole,
        packing,
        book: None,
        coding,
        progress: Progress { bytes_read, total_bytes: source.total_bytes },
        reader: Box::new(coding.decoded(Cursor::new(raw).chain(rest))),
    })
}

impl Bytes {
    /// Returns a workbook, which is read from its file.
    fn of_book(path: String, file: File, total_bytes: u64) -> Self {
        Self {
            path,
            extension: None,
            prefix: Vec::new(),
            whole: true,
            packing: None,
            book: Some(file),
            coding: Coding::of(&[]),
            progress: Progress { bytes_read: Arc::default(), total_bytes: Some(total_bytes) },
            reader: Box::new(io::empty()),
        }
    }
}

/// Reads the bytes that are looked at, and tells whether they are all. Where a header and a row are there and no more
/// comes soon, it looks at these: whoever writes slowly into a pipe shall not wait for his first answer. What is to be
/// unpacked or kept first is recognised by less. A failure behind the first bytes comes again when they are read.
fn first_of(reader: &mut impl Read, comes_soon: impl Fn() -> bool) -> io::Result<(Vec<u8>, bool)> {
    let mut first = Vec::new();
    let mut chunk = vec![0; PREFIX];
    while let Some(room) = PREFIX.checked_sub(first.len()).filter(|room| *room > 0) {
        if Packing::of(&first).is_some() || foreign(&first).is_some_and(Foreign::is_book) {
            return Ok((first, false));
        }
        // Lines of JSON have no header.
        let enough = if first.trim_ascii_start().starts_with(b"{") { 1 } else { LINES_ENOUGH };
        let has_enough = lines(&first) >= enough;
        if has_enough && !comes_soon() {
            return Ok((first, false));
        }
        let Some(space) = chunk.get_mut(..room) else { break };
        match reader.read(space) {
            Ok(0) => return Ok((first, true)),
            Ok(read) => first.extend(space.iter().take(read)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if first.is_empty() => return Err(error),
            Err(_) => return Ok((first, false)),
        }
    }
    Ok((first, false))
}

/// Returns how many lines have ended, whichever way.
fn lines(bytes: &[u8]) -> usize {
    let count = |ending: u8| memchr_iter(ending, bytes).count();
    count(b'\n').max(count(b'\r'))
}

/// Counts what is read, for the progress bar.
pub(super) struct Counted<R> {
    reader: R,
    bytes_read: Arc<AtomicU64>,
}

impl<R> Counted<R> {
    /// Counts on from what was read.
    pub(super) fn new(reader: R, bytes_read: &Arc<AtomicU64>) -> Self {
        Self { reader, bytes_read: Arc::clone(bytes_read) }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        // A count for showing: nothing else hangs on when it is seen.
        self.bytes_read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reader.seek(to)
    }
}
