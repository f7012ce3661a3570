//! What a file is, by its first bytes: format, delimiter, line ending, or something that is no table at all.
//!
//! Looks at a bounded prefix only, so that standard input serves as well as a file. Content decides; the name counts
//! where the content leaves it open. Line breaks within quotes end no record.

use csv::{ByteRecord, ReaderBuilder};

use super::foreign::{Foreign, foreign_text};
use super::format::{InputFormat, LineEnding};
use super::names::role;
use crate::rules::target::{InvalidInput, Subdomains, parse_any};

/// How many bytes are looked at.
pub(super) const PREFIX: usize = 64 * 1024;

/// How many records of the prefix are looked at.
pub(super) const RECORDS: usize = 200;

/// The delimiters that are recognised; the earlier wins where nothing else tells.
const DELIMITERS: [u8; 4] = *b",;\t|";

/// What a table is, as far as its first bytes tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sniffed {
    /// How the records are written.
    pub(super) format: InputFormat,
    /// What stands between cells; a comma where there is one column.
    pub(super) delimiter: u8,
    /// How lines end.
    pub(super) line_ending: LineEnding,
}

/// What is known about a table before looking.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known<'a> {
    /// The format, where it was asked for.
    pub(super) format: Option<InputFormat>,
    /// The delimiter, where it was asked for.
    pub(super) delimiter: Option<u8>,
    /// The lower-case extension of the file's name, if it has one.
    pub(super) extension: Option<&'a str>,
}

/// Recognises a table by its decoded first bytes. `whole` tells that there are no more.
pub(super) fn table(text: &[u8], whole: bool, known: Known<'_>) -> Result<Sniffed, Foreign> {
    let line_ending = line_ending(text);
    if known.format.is_none()
        && let Some(kind) = foreign_text(text)
    {
        return Err(kind);
    }
    let found = known.delimiter.or_else(|| match known.format {
        Some(InputFormat::Tsv) => Some(b'\t'),
        Some(InputFormat::Lines | InputFormat::Jsonl | InputFormat::Xlsx) => None,
        Some(InputFormat::Csv) | None => delimiter(text, whole),
    });
    let by_name = match known.extension {
        Some("tsv" | "tab") => InputFormat::Tsv,
        _ => InputFormat::Csv,
    };
    let format = known.format.unwrap_or_else(|| match found {
        Some(b'\t') => InputFormat::Tsv,
        Some(_) => InputFormat::Csv,
        None if is_plain_list(text, known.extension) => InputFormat::Lines,
        None => by_name,
    });
    let alone = if format == InputFormat::Tsv { b'\t' } else { b',' };
    Ok(Sniffed { format, delimiter: found.unwrap_or(alone), line_ending })
}

/// Returns the records of a prefix, without one that may be cut off.
pub(super) fn records(text: &[u8], whole: bool, delimiter: u8) -> Vec<ByteRecord> {
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text);
    let mut records: Vec<ByteRecord> =
        reader.byte_records().take(RECORDS + 1).filter_map(Result::ok).collect();
    if !whole && records.len() > 1 {
        records.pop();
    }
    records.truncate(RECORDS);
    records
}

/// Returns the delimiter that cuts the first record into cells: best one with a known name among them, then one that
/// cuts the most records into as many cells.
fn delimiter(text: &[u8], whole: bool) -> Option<u8> {
    let mut best: Option<(bool, usize, usize, u8)> = None;
    for delimiter in DELIMITERS {
        let records = records(text, whole, delimiter);
        let Some(first) = records.first().filter(|first| first.len() > 1) else {
            continue;
        };
        let alike = records.iter().filter(|record| record.len() == first.len()).count();
        // `a@x.com;b@x.com` on the first line of a list is one cell with two addresses.
        if alike * 2 < records.len() && first.iter().all(is_domain_like) {
            continue;
        }
        let rank = (first.iter().any(is_known_name), alike, first.len());
        if best.is_none_or(|(known, most, columns, _)| rank > (known, most, columns)) {
            best = Some((rank.0, rank.1, rank.2, delimiter));
        }
    }
    best.map(|(_, _, _, delimiter)| delimiter)
}

/// Returns whether a cell of bytes is the known name of a column.
fn is_known_name(cell: &[u8]) -> bool {
    std::str::from_utf8(cell).is_ok_and(|name| role(name).is_some())
}

/// Returns whether a cell of bytes is a target, or one that is refused for what it is.
fn is_domain_like(cell: &[u8]) -> bool {
    std::str::from_utf8(cell).is_ok_and(is_target_like)
}

/// Returns whether a text names a company or a free-mail provider, and so is no header.
pub(super) fn is_target_like(text: &str) -> bool {
    matches!(parse_any(text, Subdomains::Keep), Ok(_) | Err(InvalidInput::FreeMail(_)))
}

/// Returns whether a text of one column has no header.
///
/// So it is where the first line is a target itself or a comment, or is unknown and the file is not named as a table.
fn is_plain_list(text: &[u8], extension: Option<&str>) -> bool {
    let lines = || text.split(|byte| *byte == b'\n').map(String::from_utf8_lossy);
    let Some(first) = lines().find(|line| !line.trim().is_empty()) else {
        return false;
    };
    if first.starts_with('#') {
        return true;
    }
    let name = first.trim().trim_matches('"');
    if role(name).is_some() {
        return false;
    }
    is_target_like(name) || !matches!(extension, Some("csv" | "tsv" | "tab"))
}

/// Returns how the first line that ends outside quotes does.
fn line_ending(text: &[u8]) -> LineEnding {
    let mut quoted = false;
    let mut before = 0_u8;
    for byte in text {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => {
                return if before == b'\r' { LineEnding::CrLf } else { LineEnding::Lf };
            }
            _ => {}
        }
        before = *byte;
    }
    LineEnding::Lf
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sniff(text: &str, extension: Option<&str>) -> String {
        match table(text.as_bytes(), true, Known { extension, ..Known::default() }) {
            Ok(found) => {
                format!("{} {:?} {:?}", found.format, char::from(found.delimiter), found.line_ending)
            }
            Err(kind) => kind.name().to_owned(),
        }
    }

    #[test]
    fn the_content_tells_the_format() {
        for (text, expected) in [
            ("domain,name\nacme.com,Acme\n", "csv ',' Lf"),
            ("domain;name\r\nacme.com;Acme, Inc\r\n", "csv ';' CrLf"),
            ("domain\tname\nacme.com\ta,b\n", "tsv '\\t' Lf"),
            ("domain|name\nacme.com|a,b\n", "csv '|' Lf"),
            ("name;rev\na;1,5\nb;2,5\n", "csv ';' Lf"),
            ("\"a,\nb\";c\r\n1;2\r\n", "csv ';' CrLf"),
            ("domain\nacme.com\n", "csv ',' Lf"),
            ("domain\nacme.com,extra\n", "csv ',' Lf"),
            ("domain,name\nacme.com,A,x\nb.com\n", "csv ',' Lf"),
            ("input\nacme.com\n", "csv ',' Lf"),
            ("acme.com\nbeta.com\n", "lines ',' Lf"),
            ("# ours\n\nacme.com\n", "lines ',' Lf"),
            ("Acme GmbH\nacme.com\n", "lines ',' Lf"),
            ("a@acme.com;b@acme.com\nbeta.com\nc.de\n", "lines ',' Lf"),
            ("{\"domain\":\"acme.com\"}\n", "JSON"),
            ("<!DOCTYPE html><html>", "a web page or XML"),
        ] {
            assert_eq!(sniff(text, None), expected, "{text:?}");
        }
        assert_eq!(sniff("Firma\nacme.com\n", Some("csv")), "csv ',' Lf");
        assert_eq!(sniff("Firma\nacme.com\n", Some("tsv")), "tsv '\\t' Lf");
    }

    #[test]
    fn a_record_that_is_cut_off_does_not_count() {
        assert_eq!(records(b"a,b\nc,d\ne", false, b',').len(), 2);
        assert_eq!(records(b"a,b\nc,d\ne", true, b',').len(), 3);
    }
}
