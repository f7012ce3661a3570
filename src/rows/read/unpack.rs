//! Compressed inputs, unpacked as a stream: gzip with all its members, zstd with all its frames.
//!
//! Memory is bounded by zstd's window (see [`WINDOW_LOG_MAX`]); gzip needs 32 KiB. What was unpacked before an archive
//! ends too early or turns out damaged is given first, then the error, again and again. Errors of the source itself
//! pass unchanged.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

use crate::rows::format::Packing;

/// The largest window that is unpacked: 128 MiB, as much as zstd itself allows without `--long=31` or `--memory`.
const WINDOW_LOG_MAX: u32 = 27;

/// How much is read of the source at once.
const BUFFER: usize = 64 * 1024;

/// How archives begin. Frames of zstd that are to be skipped may come first: parallel packers put sizes there.
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const ZSTD_SKIPPABLE: [u8; 3] = [0x2a, 0x4d, 0x18];

impl Packing {
    /// Returns its usual name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// Returns how a file is compressed that begins with these bytes, if it is.
    pub(super) fn of(first: &[u8]) -> Option<Self> {
        let is_skippable = matches!(first, [0x50..=0x5f, rest @ ..] if rest.starts_with(&ZSTD_SKIPPABLE));
        if first.starts_with(&GZIP) {
            Some(Self::Gzip)
        } else if first.starts_with(&ZSTD) || is_skippable {
            Some(Self::Zstd)
        } else {
            None
        }
    }
}

/// Returns a file's name without the ending that says that it is compressed.
pub(super) fn inner_name(name: &str) -> &str {
    let cut = name.rsplit_once('.').filter(|(_, ending)| {
        ["gz", "gzip", "zst", "zstd"].iter().any(|packed| ending.eq_ignore_ascii_case(packed))
    });
    cut.map_or(name, |(inner, _)| inner)
}

/// Why an archive cannot be unpacked any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnpackError {
    /// Its end is missing.
    #[error("the {} data ends too early", .0.name())]
    Cut(Packing),
    /// It is not what was packed.
    #[error("the {} data is damaged", .0.name())]
    Damaged(Packing),
    /// It can only be unpacked with more memory than is given.
    #[error("the zstd data needs a window of more than 128 MiB")]
    Window,
}

impl UnpackError {
    /// Returns the one that is the cause of a failure to read, if one is.
    pub(super) fn behind(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }

    /// Returns what to do about it.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Cut(_) => "the file is not whole: copy, download or pack it again",
            Self::Damaged(Packing::Gzip) => "`gzip -t FILE` tests it; download or pack it again",
            Self::Damaged(Packing::Zstd) => "`zstd -t FILE` tests it; download or pack it again",
            Self::Window => "unpack it first, for example `zstd -dc --long=31 FILE | leadenrich batch -`",
        }
    }
}

/// Unpacks what a source gives.
pub(super) struct Unpacked {
    decoder: Box<dyn Read + Send>,
    packing: Packing,
    /// Why there is no more.
    ended: Option<UnpackError>,
}

type Source = BufReader<Marked<Box<dyn Read + Send>>>;

impl Unpacked {
    /// Reads from the beginning of an archive.
    pub(super) fn new(packing: Packing, source: Box<dyn Read + Send>) -> io::Result<Self> {
        let source = BufReader::with_capacity(BUFFER, Marked(source));
        let decoder: Box<dyn Read + Send> = match packing {
            Packing::Gzip => Box::new(Gunzip { member: None, source: Some(source) }),
            Packing::Zstd => {
                let mut decoder = zstd::Decoder::with_buffer(source)?;
                decoder.window_log_max(WINDOW_LOG_MAX)?;
                Box::new(decoder)
            }
        };
        Ok(Self { decoder, packing, ended: None })
    }

    /// Returns an error of the decoder's as this module's own, and one of the source as it was.
    fn failure(&mut self, error: io::Error) -> io::Error {
        if error.kind() == io::ErrorKind::Interrupted {
            return error;
        }
        let error = match error.downcast::<SourceFailed>() {
            Ok(SourceFailed(error)) => return error,
            Err(error) => error,
        };
        let why = match error.kind() {
            io::ErrorKind::UnexpectedEof => UnpackError::Cut(self.packing),
            // zstd's own words: the binding gives no other sign.
            _ if error.to_string().contains("too much memory") => UnpackError::Window,
            _ => UnpackError::Damaged(self.packing),
        };
        self.ended = Some(why);
        io::Error::new(io::ErrorKind::InvalidData, why)
    }
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(why) = self.ended {
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        self.decoder.read(buffer).map_err(|error| self.failure(error))
    }
}

/// Members of gzip, one after the other, and the zeros that tapes and some tools put behind the last.
struct Gunzip {
    member: Option<GzDecoder<Source>>,
    /// The source, between members.
    source: Option<Source>,
}

impl Read for Gunzip {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(member) = &mut self.member {
                let read = member.read(buffer)?;
                if read > 0 {
                    return Ok(read);
                }
                self.source = self.member.take().map(GzDecoder::into_inner);
            }
            let Some(source) = &mut self.source else { return Ok(0) };
            if !is_more(source)? {
                return Ok(0);
            }
            self.member = self.source.take().map(GzDecoder::new);
        }
    }
}

/// Passes over zeros, and returns whether anything else follows.
fn is_more(source: &mut Source) -> io::Result<bool> {
    loop {
        let next = source.fill_buf()?;
        let zeros = next.iter().take_while(|byte| **byte == 0).count();
        if zeros < next.len() || next.is_empty() {
            let is_more = !next.is_empty();
            source.consume(zeros);
            return Ok(is_more);
        }
        source.consume(zeros);
    }
}

/// Marks the errors of a source, so that they can be told from those of its decoder.
struct Marked<R>(R);

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct SourceFailed(io::Error);

impl<R: Read> Read for Marked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            kind => io::Error::new(kind, SourceFailed(error)),
        })
    }
}
