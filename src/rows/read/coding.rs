//! How the characters of an input are written, and its cells as text.
//!
//! UTF-16 is turned into UTF-8 as a stream. All else stays bytes until a cell is read: one that is no UTF-8 is taken
//! for Windows-1252, which gives every byte a character and so loses none. Where the file has proven to be UTF-8, that
//! is told as a fault of the row.

use std::borrow::Cow;
use std::io::Read;

use csv::{ByteRecord, StringRecord};
use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};

use crate::rows::format::Encoding;

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// What stands for bytes of UTF-16 that are no character.
const REPLACEMENT: &str = "\u{fffd}";

/// Of 100 pairs of bytes, how many hold a zero on one side where text is UTF-16; its letters are Latin, or its delimiters.
const ZEROS_IN_100: usize = 40;

/// How many bytes a header in UTF-16 has at least.
const HEAD: usize = 16;

/// How the characters of an input are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coding {
    /// What is told of it.
    pub(super) encoding: Encoding,
    /// UTF-16 that no byte order mark tells.
    unmarked: Option<&'static encoding_rs::Encoding>,
    /// Whether there is a character of UTF-8 that is more than a byte, or the mark of UTF-8.
    is_proven: bool,
}

impl Coding {
    /// Returns the coding of an input that begins with these bytes, which may break off within a character.
    pub(super) fn of(first: &[u8]) -> Self {
        let utf16 = |unmarked| Self { encoding: Encoding::Utf16, unmarked, is_proven: false };
        if first.starts_with(b"\xff\xfe") || first.starts_with(b"\xfe\xff") {
            return utf16(None);
        }
        if let Some(order) = unmarked(first) {
            return utf16(Some(order));
        }
        let (mut valid, mut invalid) = (0_usize, 0_usize);
        for chunk in first.utf8_chunks() {
            valid += chunk.valid().chars().filter(|char| !char.is_ascii()).count();
            let breaks_off = std::str::from_utf8(chunk.invalid()).is_err_and(|e| e.error_len().is_none());
            invalid += usize::from(!chunk.invalid().is_empty() && !breaks_off);
        }
        let is_utf8 = first.starts_with(MARK) || invalid <= valid;
        let encoding = if is_utf8 { Encoding::Utf8 } else { Encoding::Windows1252 };
        Self { encoding, unmarked: None, is_proven: is_utf8 && valid > 0 }
    }

    /// Turns UTF-16 into UTF-8, takes a byte order mark off, and leaves all else as it is.
    pub(super) fn decoded<R: Read>(self, reader: R) -> DecodeReaderBytes<R, Vec<u8>> {
        DecodeReaderBytesBuilder::new()
            .encoding(self.unmarked)
            .utf8_passthru(true)
            .strip_bom(true)
            .bom_override(true)
            .build(reader)
    }

    /// Returns the cells of a record as text, and whether they held bytes that should not be there.
    pub(super) fn cells(&mut self, record: ByteRecord) -> (StringRecord, bool) {
        match StringRecord::from_byte_record(record) {
            Ok(cells) => {
                let is_faulty = self.is_faulty(cells.as_slice());
                (cells, is_faulty)
            }
            Err(error) => {
                let cells = error.into_byte_record().iter().map(text).collect();
                (cells, self.is_faulty_for_invalid())
            }
        }
    }

    /// Returns a line as text, and whether it held bytes that should not be there.
    pub(super) fn line<'a>(&mut self, line: &'a [u8]) -> (Cow<'a, str>, bool) {
        let text = text(line);
        let is_faulty = if matches!(text, Cow::Borrowed(_)) {
            self.is_faulty(&text)
        } else {
            self.is_faulty_for_invalid()
        };
        (text, is_faulty)
    }

    /// Learns from valid text.
    fn is_faulty(&mut self, text: &str) -> bool {
        match self.encoding {
            Encoding::Utf8 => {
                self.is_proven = self.is_proven || !text.is_ascii();
                false
            }
            // No pair of bytes is lost that is a character: what is replaced was none.
            Encoding::Utf16 => text.contains(REPLACEMENT),
            Encoding::Windows1252 => false,
        }
    }

    /// Learns from text that is no UTF-8. Where nothing spoke for UTF-8 before, the file is Windows-1252 from its first
    /// umlaut on.
    fn is_faulty_for_invalid(&mut self) -> bool {
        if !self.is_proven {
            self.encoding = Encoding::Windows1252;
        }
        self.is_proven
    }
}

/// Returns a cell as text.
fn text(cell: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(cell) {
        Ok(text) => text.into(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(cell).0,
    }
}

/// Returns the byte order of UTF-16 that has no mark, where zeros on one side of the pairs of bytes tell it: of all of
/// them, or of the first, which are a header's.
fn unmarked(first: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    by_zeros(first).or_else(|| by_zeros(first.get(..HEAD)?))
}

fn by_zeros(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let zeros = |skip: usize| bytes.iter().skip(skip).step_by(2).filter(|byte| **byte == 0).count();
    let (before, after) = (zeros(0), zeros(1));
    let pairs = bytes.len() / 2;
    let tells =
        |most: usize, least: usize| pairs > 1 && most * 100 > pairs * ZEROS_IN_100 && least * 20 < most;
    if tells(after, before) {
        return Some(UTF_16LE);
    }
    tells(before, after).then_some(UTF_16BE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_the_encoding() {
        let cases: [(&[u8], Encoding); 9] = [
            (b"\xef\xbb\xbfdomain", Encoding::Utf8),
            (b"\xff\xfed\0", Encoding::Utf16),
            (b"\xfe\xff\0d", Encoding::Utf16),
            (b"d\0o\0m\0a\0", Encoding::Utf16),
            (b"\0d\0o\0m\0a", Encoding::Utf16),
            (b"M\xfcller", Encoding::Windows1252),
            ("Müller ü".as_bytes().split_last().unwrap().1, Encoding::Utf8),
            ("Müller, Köln".as_bytes(), Encoding::Utf8),
            (b"K\xc3\xb6ln, M\xc3\xbcnchen, M\xfcller", Encoding::Utf8),
        ];
        for (first, expected) in cases {
            assert_eq!(Coding::of(first).encoding, expected, "{first:?}");
        }
    }

    fn faults(first: &[u8], cells: &[&[u8]]) -> Vec<bool> {
        let mut coding = Coding::of(first);
        cells.iter().map(|cell| coding.cells(ByteRecord::from(vec![*cell])).1).collect()
    }

    #[test]
    fn invalid_bytes_are_a_fault_only_where_the_file_is_utf_8() {
        assert_eq!(faults(b"ascii", &[b"M\xfcller", b"K\xc3\xb6ln", b"M\xfcller"]), [false; 3]);
        assert_eq!(faults(b"M\xfcller", &[b"M\xfcller", b"a"]), [false, false]);
        assert_eq!(faults("Köln".as_bytes(), &[b"M\xfcller", "Köln".as_bytes()]), [true, false]);
        assert_eq!(faults(b"\xff\xfea\0", &["a\u{fffd}".as_bytes(), b"a"]), [true, false]);
    }
}
