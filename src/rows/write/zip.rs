//! A zip archive as a stream of bytes: entries one behind the other, compressed as they come, and nothing to go back to.
//!
//! The size of an entry stands behind it, since it is not known before. Every entry has the same time, so that the same
//! entries make the same bytes.

use std::io::Write as _;
use std::mem::take;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// The version of the format that is needed to read it: 2.0, for deflate.
const VERSION: [u8; 2] = [20, 0];
/// Flags: size and checksum stand behind the entry; names are UTF-8.
const FLAGS: [u8; 2] = [0x08, 0x08];
const DEFLATE: [u8; 2] = [8, 0];
/// Midnight of 1980-01-01, where this calendar begins.
const TIME: [u8; 4] = [0, 0, 0x21, 0];
const NOTHING: [u8; 2] = [0, 0];
/// How hard it is tried. The XML of rows comes out as small as with the usual 6, in half the time.
const LEVEL: u32 = 4;

/// An archive that is being written.
#[derive(Debug)]
pub(super) struct Archive {
    deflate: DeflateEncoder<Vec<u8>>,
    crc: Crc,
    /// What is ready to go out.
    ready: Vec<u8>,
    /// What has been made ready so far.
    made: u64,
    entry: Entry,
    directory: Vec<u8>,
    entries: u16,
}

/// The entry that is being written.
#[derive(Debug, Default)]
struct Entry {
    name: &'static str,
    start: u64,
    /// Its bytes before they are compressed.
    size: u64,
    /// Where its compressed bytes begin.
    data: u64,
}

impl Archive {
    /// Begins an archive.
    pub(super) fn new() -> Self {
        Self {
            deflate: DeflateEncoder::new(Vec::new(), Compression::new(LEVEL)),
            crc: Crc::new(),
            ready: Vec::new(),
            made: 0,
            entry: Entry::default(),
            directory: Vec::new(),
            entries: 0,
        }
    }

    /// Adds a whole entry.
    pub(super) fn add(&mut self, name: &'static str, text: &str) {
        self.begin(name);
        self.write(text.as_bytes());
        self.end();
    }

    /// Begins an entry.
    pub(super) fn begin(&mut self, name: &'static str) {
        let start = self.made;
        let sizes = [0; 12];
        self.put(&[
            b"PK\x03\x04",
            &VERSION,
            &FLAGS,
            &DEFLATE,
            &TIME,
            &sizes,
            &length(name),
            &NOTHING,
            name.as_bytes(),
        ]);
        self.entry = Entry { name, start, size: 0, data: self.made };
        self.crc.reset();
    }

    /// Adds bytes to the entry.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.crc.update(bytes);
        self.entry.size += bytes.len() as u64;
        // Writing to memory cannot fail.
        let _ = self.deflate.write_all(bytes);
        let packed = take(self.deflate.get_mut());
        self.put(&[&packed]);
    }

    /// Returns the bytes of the entry so far. Its end must not be beyond 4 GiB.
    pub(super) const fn size(&self) -> u64 {
        self.entry.size
    }

    /// Ends the entry.
    pub(super) fn end(&mut self) {
        let packed = self.deflate.reset(Vec::new()).unwrap_or_default();
        self.put(&[&packed]);
        let Entry { name, start, size, data } = take(&mut self.entry);
        let (crc, packed, size) = (self.crc.sum().to_le_bytes(), short(self.made - data), short(size));
        self.put(&[b"PK\x07\x08", &crc, &packed, &size]);
        let made_by_and_needed = [VERSION, VERSION].concat();
        // No further field, no comment, the first disk, no attributes.
        let attributes = [0; 12];
        let parts: [&[u8]; 12] = [
            b"PK\x01\x02",
            &made_by_and_needed,
            &FLAGS,
            &DEFLATE,
            &TIME,
            &crc,
            &packed,
            &size,
            &length(name),
            &attributes,
            &short(start),
            name.as_bytes(),
        ];
        self.directory.extend(parts.concat());
        self.entries += 1;
    }

    /// Ends the archive.
    pub(super) fn finish(&mut self) {
        let (start, directory) = (short(self.made), take(&mut self.directory));
        let (entries, disks) = (self.entries.to_le_bytes(), [0; 4]);
        self.put(&[&directory]);
        let size = short(directory.len() as u64);
        self.put(&[b"PK\x05\x06", &disks, &entries, &entries, &size, &start, &NOTHING]);
    }

    /// Returns what is ready to go out.
    pub(super) fn ready(&mut self) -> Vec<u8> {
        take(&mut self.ready)
    }

    fn put(&mut self, parts: &[&[u8]]) {
        for part in parts {
            self.ready.extend_from_slice(part);
            self.made += part.len() as u64;
        }
    }
}

/// Returns the length of a name as it is written.
fn length(name: &str) -> [u8; 2] {
    u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes()
}

/// Returns a size or place as it is written.
fn short(size: u64) -> [u8; 4] {
    u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes()
}

/// Returns an entry of an archive, found by its name.
#[cfg(test)]
pub(super) fn entry(archive: &[u8], name: &str) -> Option<String> {
    use std::io::Read as _;
    // The name stands before the entry, and again in the directory at the end.
    let at = archive.windows(name.len()).position(|bytes| bytes == name.as_bytes())?;
    let mut text = String::new();
    flate2::read::DeflateDecoder::new(&archive[at + name.len()..]).read_to_string(&mut text).ok()?;
    Some(text)
}
