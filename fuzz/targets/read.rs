//! Reading: all rows of any bytes under any options. None is lost, none is counted twice, none grows beyond its bytes, and
//! it does not matter in what portions the bytes come.

#![no_main]

use std::io::{self, Cursor, Read};

use leadenrich::rows::format::{Encoding, InputFormat};
use leadenrich::rows::read::{InputRow, InputSpec, Layout, open_reader};
use leadenrich_fuzz::{assert_shown, case};
use libfuzzer_sys::fuzz_target;

/// Longer than any reason of a row: two quoted texts and some words.
const LONGEST: usize = 400;

/// A byte of Windows-1252 can take three in UTF-8, as can a zero byte that is replaced.
const GROWTH: usize = 3;

/// What a table is read as: its columns and rows, and whether an error ended them.
type Told = (Layout, Vec<InputRow>, Option<String>);

fuzz_target!(|data: &[u8]| {
    let case = case(data);
    let whole = read(case.name, Cursor::new(case.bytes.to_vec()), &case.spec);
    let in_portions = read(case.name, Portions(Cursor::new(case.bytes.to_vec()), 1), &case.spec);
    // Where an archive breaks off, how much of it is seen before the fault depends on the portions.
    if !is_packed(case.bytes) {
        assert_eq!(whole, in_portions, "the rows depend on how the bytes come");
    }
    if let Ok((layout, rows, error)) = whole {
        let is_packed = case.name.ends_with("gz") || case.name.ends_with("zst") || is_packed(case.bytes);
        assert!(is_packed || size(&rows) <= case.bytes.len() * GROWTH, "rows of more than was read");
        let is_plain = layout.encoding != Encoding::Utf16 && !is_packed && !has_lone_cr(case.bytes);
        if layout.format == InputFormat::Lines && is_plain {
            assert_eq!(error, None);
            assert_eq!(rows.len(), lines(case.bytes).min(case.spec.limit.map_or(usize::MAX, |n| n as usize)));
        }
    }
});

/// Reads a table to its end and looks at every row.
fn read(name: &str, reader: impl Read + Send + 'static, spec: &InputSpec) -> Result<Told, String> {
    let input = open_reader(name, reader, spec).map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    let mut failure = None;
    for row in input.rows {
        assert!(failure.is_none(), "a row after an error");
        match row {
            Ok(row) => {
                assert_eq!(row.number.0, rows.len() as u64 + 1);
                assert_shown(&row.shown(&input.layout.columns), LONGEST);
                if let Err(reason) = &row.target {
                    assert_shown(&reason.to_string(), LONGEST);
                }
                rows.push(row);
            }
            Err(error) => failure = Some(error.to_string()),
        }
    }
    assert!(spec.limit.is_none_or(|limit| rows.len() as u64 <= limit));
    Ok(((*input.layout).clone(), rows, failure))
}

/// Counts the lines of a plain list, in another way than the reader does.
fn lines(bytes: &[u8]) -> usize {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let lines = bytes.split(|byte| *byte == b'\n').map(|line| match std::str::from_utf8(line) {
        Ok(text) => text.to_owned(),
        // Of the upper half of Windows-1252, only its hard space is white.
        Err(_) => line
            .iter()
            .map(|byte| char::from(if *byte < 0x80 || *byte == 0xa0 { *byte } else { b'x' }))
            .collect(),
    });
    lines.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty() && !line.starts_with('#')).count()
}

/// Returns whether bytes hold a CR that ends no line by itself.
fn has_lone_cr(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|two| two.starts_with(b"\r") && two != b"\r\n") || bytes.ends_with(b"\r")
}

fn size(rows: &[InputRow]) -> usize {
    rows.iter().map(|row| row.cells.as_slice().len()).sum()
}

/// Returns whether bytes are a workbook or compressed, of which a few can hold much.
fn is_packed(bytes: &[u8]) -> bool {
    // A frame of zstd that is passed over begins with any of sixteen bytes.
    let is_passed_over = bytes.get(1..).is_some_and(|rest| rest.starts_with(b"\x2a\x4d\x18"));
    let starts = [&b"PK"[..], b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xd0\xcf\x11\xe0"];
    is_passed_over || starts.iter().any(|start| bytes.starts_with(start))
}

/// Gives its bytes in portions: one, two, three bytes …
struct Portions(Cursor<Vec<u8>>, usize);

impl Read for Portions {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self.1.min(buffer.len());
        self.1 = self.1 % 7 + 1;
        self.0.read(&mut buffer[..most])
    }
}
