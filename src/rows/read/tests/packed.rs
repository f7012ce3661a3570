//! What is read from compressed files, whole, cut off, damaged and nested.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use std::error::Error as _;

use super::*;
use crate::rows::format::Packing;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    let mut encoder = ::zstd::Encoder::new(Vec::new(), 1).unwrap();
    // As the command does, unlike the library.
    encoder.include_checksum(true).unwrap();
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Returns a table with many rows, which hardly compress.
fn table() -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    let rows = (0..20_000).map(|row| format!("c{row}.com,{:x}", random.u128(..)));
    let lines: Vec<String> = std::iter::once("domain,key".to_owned()).chain(rows).collect();
    (lines.join("\n") + "\n").into_bytes()
}

/// Reads all rows, and returns how many there were and the error that ended them.
fn ended(bytes: &[u8]) -> (usize, Option<ReadError>) {
    let mut rows = 0;
    for row in pipe(bytes, &stdin()).unwrap().rows {
        match row {
            Ok(_) => rows += 1,
            Err(error) => return (rows, Some(error)),
        }
    }
    (rows, None)
}

#[test]
fn members_frames_and_padding_are_one_input() {
    let text = table();
    let (first, second) = text.split_at(70_001);
    let skipped = b"\x50\x2a\x4d\x18\x03\0\0\0abc";
    for packed in [
        gzip(&text),
        [gzip(first), gzip(second)].concat(),
        [gzip(b""), gzip(first), gzip(b""), gzip(second), vec![0; 100_000]].concat(),
        zstd(&text),
        [&skipped[..], &zstd(first), skipped, &zstd(second), skipped].concat(),
    ] {
        let input = pipe(&packed, &stdin()).unwrap();
        assert_eq!(input.layout.packing, Packing::of(&packed));
        let bytes_read = Arc::clone(&input.progress.bytes_read);
        assert_eq!(input.rows.map(Result::unwrap).count(), 20_000);
        let counted = bytes_read.load(std::sync::atomic::Ordering::Relaxed);
        assert_eq!(counted, packed.len() as u64, "what was read of the archive counts, not what was in it");
    }
}

#[test]
fn rows_before_the_end_of_an_archive_that_is_cut_off_are_read() {
    let text = table();
    // zstd gives nothing of a block before its end.
    for (packed, early) in [(gzip(&text), 30_000), (zstd(&text), 90_000)] {
        let name = Packing::of(&packed).unwrap().name();
        let (rows, error) = ended(&packed[..packed.len() / 2]);
        assert!((5_000..15_000).contains(&rows), "{rows}");
        let error = error.unwrap();
        let expected = format!("input, line {}: cannot be read", rows + 2);
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.source().unwrap().to_string(), format!("the {name} data ends too early"));
        assert!(!error.is_io() && error.hint().unwrap().contains("not whole"));
        // Also where all of it is in the first bytes that are looked at.
        let (rows, error) = ended(&packed[..early]);
        assert!(rows > 100 && error.is_some(), "{rows}");
        assert!(ended(&packed[..packed.len() - 1]).1.is_some(), "a byte of the end is missing");
    }
}

#[test]
fn damage_is_told_as_such() {
    let text = table();
    for mut packed in [gzip(&text), zstd(&text)] {
        let middle = packed.len() / 2;
        packed[middle..middle + 40].fill(0xff);
        let (rows, error) = ended(&packed);
        let error = error.unwrap();
        assert!(rows > 5_000 && error.source().unwrap().to_string().ends_with("damaged"), "{rows} {error:?}");
        assert!(!error.is_io());
    }
    let (rows, error) = ended(&[gzip(&text), b"and more".to_vec()].concat());
    assert!(rows == 20_000 && error.is_some());
}

#[test]
fn a_window_beyond_the_bound_is_refused() {
    let mut encoder = ::zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(28).unwrap();
    encoder.include_contentsize(false).unwrap();
    encoder.write_all(b"domain\nacme.com\n").unwrap();
    let error = pipe(&encoder.finish().unwrap(), &stdin()).unwrap_err();
    assert_eq!(error.source().unwrap().to_string(), "the zstd data needs a window of more than 128 MiB");
    assert!(error.hint().unwrap().contains("--long=31"));
}

#[test]
fn what_is_in_an_archive_is_recognised_like_anything_else() {
    assert!(matches!(pipe(&gzip(b""), &stdin()), Err(ReadError::Empty { .. })));
    assert!(refused(&gzip(&zstd(b"domain\n")), &stdin()).contains("compressed twice"));
    let mut tar = b"companies.csv".to_vec();
    tar.resize(257, 0);
    tar.extend(b"ustar\x0000");
    assert!(refused(&gzip(&tar), &stdin()).contains("a tar archive"));
    let utf16: Vec<u8> =
        "\u{feff}domain\tname\nacme.com\tÄ\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(cells(pipe(&zstd(&utf16), &stdin()).unwrap()), [["acme.com", "Ä"]]);
    let list = pipe(&gzip(b"acme.com\nbeta.com\n"), &stdin()).unwrap();
    assert_eq!(list.layout.format, InputFormat::Lines);
}

#[test]
fn the_inner_name_counts() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["firms.tsv.gz", "firms.TSV.ZST", "firms.tsv.gzip"] {
        let path = folder.path().join(name);
        std::fs::write(&path, gzip(b"Firma\nacme.com\nbeta.com\n")).unwrap();
        let input = open(&InputSpec::new(Source::Path(path))).unwrap();
        assert_eq!(input.layout.format, InputFormat::Tsv, "{name}");
    }
}

/// Gives its bytes piece by piece and fails at the end.
struct Failing(Cursor<Vec<u8>>);

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::other("the disk is gone")),
            read => Ok(read),
        }
    }
}

#[test]
fn a_source_that_fails_is_not_held_to_be_damaged() {
    for packed in [gzip(&table()), zstd(&table())] {
        let half = packed[..packed.len() / 2].to_vec();
        let source = bytes::Named { name: "input", extension: None, total_bytes: None };
        let opened = bytes::from_reader(source, Failing(Cursor::new(half)), || true).unwrap();
        let error = recognise(opened, &stdin()).unwrap().rows.find_map(Result::err).unwrap();
        assert!(
            error.is_io() && error.hint().is_some_and(|hint| hint.contains("run the same command again"))
        );
        assert_eq!(error.source().unwrap().to_string(), "the disk is gone");
    }
}

#[test]
fn a_compressed_pipe_that_pauses_is_recognised_by_what_is_there() {
    // Flushed, not finished, as a program does that writes on.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(b"name;website\nA;acme.com\n").unwrap();
    encoder.flush().unwrap();
    let bytes: &'static [u8] = encoder.get_ref().clone().leak();
    let source = bytes::Named { name: "input", extension: None, total_bytes: None };
    let opened = bytes::from_reader(source, Slow(Cursor::new(bytes)), || false).unwrap();
    assert_eq!((opened.prefix.as_slice(), opened.whole), (&b"name;website\nA;acme.com\n"[..], false));
}
