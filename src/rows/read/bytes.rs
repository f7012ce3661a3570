//! The bytes of an input: opened, counted, decoded to UTF-8 where they are UTF-16, with the first of them at hand.
//!
//! A byte order mark is removed. Nothing seeks, so that a pipe serves as well as a file. Bytes that are no UTF-8 pass
//! unchanged: only the cell that holds them is known to be in another encoding.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs_io::DecodeReaderBytesBuilder;

use super::{Progress, ReadError, Source};
use crate::rows::foreign::foreign;
use crate::rows::sniff::PREFIX;
use crate::rules::redact::redact;

/// The longest record, in bytes of input: far above any sheet's, far below any memory.
pub(super) const MAX_RECORD: u64 = 64 * 1024 * 1024;

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
    /// How far it has been read.
    pub(super) progress: Progress,
    /// All its bytes, decoded.
    pub(super) reader: Box<dyn Read + Send>,
}

/// Opens a source.
pub(super) fn open(source: &Source) -> Result<Bytes, ReadError> {
    match source {
        Source::Stdin => from_reader("standard input", None, io::stdin(), None),
        Source::Path(path) => open_file(path),
    }
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
    let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_lowercase);
    from_reader(&name, extension, file, total)
}

/// Looks at the first bytes of a reader and puts them back in front.
pub(super) fn from_reader(
    name: &str,
    extension: Option<String>,
    reader: impl Read + Send + 'static,
    total_bytes: Option<u64>,
) -> Result<Bytes, ReadError> {
    let failed = |source| ReadError::Read { path: name.to_owned(), line: 1, source };
    let bytes_read = Arc::new(AtomicU64::new(0));
    let mut counted = Counted { reader, bytes_read: Arc::clone(&bytes_read) };
    let raw = first_of(&mut counted).map_err(failed)?;
    if let Some(kind) = foreign(&raw) {
        return Err(ReadError::Foreign { path: name.to_owned(), kind });
    }
    let mut decoded = DecodeReaderBytesBuilder::new()
        .utf8_passthru(true)
        .strip_bom(true)
        .bom_override(true)
        .build(Cursor::new(raw).chain(counted));
    let prefix = first_of(&mut decoded).map_err(failed)?;
    Ok(Bytes {
        path: name.to_owned(),
        extension,
        whole: prefix.len() < PREFIX,
        progress: Progress { bytes_read, total_bytes },
        reader: Box::new(Cursor::new(prefix.clone()).chain(decoded)),
        prefix,
    })
}

/// Reads as many bytes as are looked at.
fn first_of(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut first = Vec::new();
    reader.take(PREFIX as u64).read_to_end(&mut first)?;
    Ok(first)
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
