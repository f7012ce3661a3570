//! The bytes of an input: opened, counted, decoded to UTF-8 where they are UTF-16, with the first of them at hand.
//!
//! A byte order mark is removed. Nothing seeks, so that a pipe serves as well as a file. Bytes that are no UTF-8 pass
//! unchanged: only the cell that holds them is known to be in another encoding.

use std::fs::{File, Metadata};
use std::io::{self, Cursor, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use memchr::memchr_iter;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::coding::Coding;
use super::{Progress, ReadError, Source};
use crate::rows::foreign::{Foreign, foreign, is_binary};
use crate::rows::format::Encoding;
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
    from_reader(Named { name: &name, extension: extension(path), total_bytes: total }, file, || true)
}

/// Takes a reader for a file of this name.
pub(super) fn named(name: &str, reader: impl Read + Send + 'static) -> Result<Bytes, ReadError> {
    let source = Named { name, extension: extension(Path::new(name)), total_bytes: None };
    from_reader(source, reader, || true)
}

fn extension(path: &Path) -> Option<String> {
    path.extension().and_then(|extension| extension.to_str()).map(str::to_lowercase)
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
    let mut counted = Counted { reader, bytes_read: Arc::clone(&bytes_read) };
    let (raw, whole) = first_of(&mut counted, comes_soon).map_err(failed)?;
    let coding = Coding::of(&raw);
    let is_binary = coding.encoding != Encoding::Utf16 && is_binary(&raw);
    if let Some(kind) = foreign(&raw).or(is_binary.then_some(Foreign::Binary)) {
        return Err(ReadError::Foreign { path: source.name.to_owned(), kind });
    }
    let mut prefix = Vec::new();
    coding.decoded(raw.as_slice()).read_to_end(&mut prefix).map_err(failed)?;
    Ok(Bytes {
        path: source.name.to_owned(),
        extension: source.extension,
        prefix,
        whole,
        coding,
        progress: Progress { bytes_read, total_bytes: source.total_bytes },
        reader: Box::new(coding.decoded(Cursor::new(raw).chain(counted))),
    })
}

/// Reads the bytes that are looked at, and tells whether they are all. Where a header and a row are there and no more
/// comes soon, it looks at these: whoever writes slowly into a pipe shall not wait for his first answer.
fn first_of(reader: &mut impl Read, comes_soon: impl Fn() -> bool) -> io::Result<(Vec<u8>, bool)> {
    let mut first = Vec::new();
    let mut chunk = vec![0; PREFIX];
    while let Some(room) = PREFIX.checked_sub(first.len()).filter(|room| *room > 0) {
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
            Err(error) => return Err(error),
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
struct Counted<R> {
    reader: R,
    bytes_read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        // A count for showing: nothing else hangs on when it is seen.
        self.bytes_read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
