//! Compressing what is written, as the file's name says.
//!
//! The same bytes in make the same bytes out: no time, no name, and no flush in between, whenever rows happen to be ready.

use std::fmt;
use std::io::{self, Write as _};

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};

use crate::rows::format::Packing;

/// What the header of a gzip stream says about the system that made it: unknown, so that all make the same.
const NO_SYSTEM: u8 = 255;

/// Compresses bytes.
pub(super) enum Packer {
    Gzip(GzEncoder<Vec<u8>>),
    Zstd(zstd::Encoder<'static, Vec<u8>>),
}

impl Packer {
    /// Begins a stream.
    pub(super) fn new(packing: Packing) -> io::Result<Self> {
        Ok(match packing {
            Packing::Gzip => {
                let header = GzBuilder::new().operating_system(NO_SYSTEM);
                Self::Gzip(header.write(Vec::new(), Compression::default()))
            }
            Packing::Zstd => {
                let mut encoder = zstd::Encoder::new(Vec::new(), zstd::DEFAULT_COMPRESSION_LEVEL)?;
                encoder.include_checksum(true)?;
                Self::Zstd(encoder)
            }
        })
    }

    /// Takes bytes, and returns what is ready to go out.
    pub(super) fn pack(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(encoder) => {
                encoder.write_all(bytes)?;
                Ok(std::mem::take(encoder.get_mut()))
            }
            Self::Zstd(encoder) => {
                encoder.write_all(bytes)?;
                Ok(std::mem::take(encoder.get_mut()))
            }
        }
    }

    /// Ends the stream, and returns the last of it.
    pub(super) fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl fmt::Debug for Packer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip(_) => "Gzip",
            Self::Zstd(_) => "Zstd",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn packed(packing: Packing, parts: &[&[u8]]) -> Vec<u8> {
        let mut packer = Packer::new(packing).unwrap();
        let mut bytes = Vec::new();
        for part in parts {
            bytes.append(&mut packer.pack(part).unwrap());
        }
        bytes.append(&mut packer.finish().unwrap());
        bytes
    }

    fn unpacked(packing: Packing, bytes: &[u8]) -> Vec<u8> {
        let mut unpacked = Vec::new();
        match packing {
            Packing::Gzip => flate2::read::GzDecoder::new(bytes).read_to_end(&mut unpacked).unwrap(),
            Packing::Zstd => zstd::Decoder::new(bytes).unwrap().read_to_end(&mut unpacked).unwrap(),
        };
        unpacked
    }

    #[test]
    fn what_is_packed_comes_out_again_and_is_always_the_same() {
        let lines: Vec<u8> =
            (0..40_000).flat_map(|number: u32| format!("c{number}.com\n").into_bytes()).collect();
        for packing in [Packing::Gzip, Packing::Zstd] {
            let bytes = packed(packing, &[&lines]);
            assert_eq!(unpacked(packing, &bytes), lines);
            assert!(bytes.len() < lines.len() / 2);
            assert_eq!(packed(packing, &[&lines]), bytes);
            let (start, end) = lines.split_at(11);
            assert_eq!(unpacked(packing, &packed(packing, &[start, b"", end])), lines);
            assert_eq!(unpacked(packing, &packed(packing, &[])), b"");
        }
        assert_eq!(packed(Packing::Gzip, &[b"x"])[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
    }
}
