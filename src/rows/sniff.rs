//! What a file is, by its first bytes: format, dialect, line ending, or something that is no table at all.
//!
//! Looks at a bounded prefix only, so that standard input serves as well as a file. Content decides; the name counts
//! where the content leaves it open. Line breaks within quotes end no record.

use super::dialect::{self, Dialect};
use super::foreign::{Foreign, foreign_text};
use super::format::{InputFormat, LineEnding, Quoting};
use super::json::members;
use super::names::role;
use crate::rules::target::{Subdomains, parse_any};

/// How many bytes are looked at.
pub(super) const PREFIX: usize = 64 * 1024;

/// How the line begins by which Excel is told the delimiter of a file.
const DELIMITER_LINE: &[u8] = b"sep=";

/// What a table is, as far as its first bytes tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sniffed {
    /// How the records are written.
    pub(super) format: InputFormat,
    /// What stands between cells, a comma where there is one column, and around them.
    pub(super) dialect: Dialect,
    /// By which way of quoting a quote is told to be stray: also where none was found to hold, unless that was asked for.
    pub(super) expected: Quoting,
    /// How lines end.
    pub(super) line_ending: LineEnding,
    /// Whether the first line only tells the delimiter.
    pub(super) has_delimiter_line: bool,
}

/// What is known about a table before looking.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known<'a> {
    /// The format, where it was asked for.
    pub(super) format: Option<InputFormat>,
    /// The delimiter, where it was asked for.
    pub(super) delimiter: Option<u8>,
    /// How cells are quoted, where it was asked for.
    pub(super) quoting: Option<Quoting>,
    /// The lower-case extension of the file's name, if it has one.
    pub(super) extension: Option<&'a str>,
}

/// Recognises a table by its decoded first bytes. `whole` tells that there are no more.
pub(super) fn table(text: &[u8], whole: bool, known: Known<'_>) -> Result<Sniffed, Foreign> {
    let is_json = known.format.is_none() && is_json_lines(text, whole, known.extension);
    if is_json || known.format == Some(InputFormat::Jsonl) {
        let line_ending = line_ending(text, Quoting::None);
        return Ok(Sniffed {
            format: InputFormat::Jsonl,
            dialect: Dialect { delimiter: b',', quoting: Quoting::default() },
            expected: Quoting::default(),
            line_ending,
            has_delimiter_line: false,
        });
    }
    if known.format.is_none()
        && let Some(kind) = foreign_text(text)
    {
        return Err(kind);
    }
    let (told, rest) = delimiter_line(text).map_or((None, text), |(told, rest)| (Some(told), rest));
    let found = match known.format {
        Some(InputFormat::Lines | InputFormat::Jsonl | InputFormat::Xlsx) => None,
        format => {
            let of_format = (format == Some(InputFormat::Tsv)).then_some(b'\t');
            match known.delimiter.or(of_format).or(told) {
                Some(delimiter) => {
                    let quoting = known.quoting.unwrap_or_else(|| dialect::quoting(rest, whole, delimiter));
                    Some(Dialect { delimiter, quoting })
                }
                None => dialect::of(rest, whole, known.quoting),
            }
        }
    };
    let by_name = match known.extension {
        Some("tsv" | "tab") => InputFormat::Tsv,
        _ => InputFormat::Csv,
    };
    let format = known.format.unwrap_or_else(|| match found {
        Some(Dialect { delimiter: b'\t', .. }) => InputFormat::Tsv,
        Some(_) => InputFormat::Csv,
        None if is_plain_list(text, known.extension) => InputFormat::Lines,
        None => by_name,
    });
    let delimiter = if format == InputFormat::Tsv { b'\t' } else { b',' };
    let dialect = found.unwrap_or(Dialect { delimiter, quoting: known.quoting.unwrap_or_default() });
    let expected = known.quoting.unwrap_or(match dialect.quoting {
        Quoting::None => Quoting::Double,
        found => found,
    });
    let line_ending = line_ending(text, dialect.quoting);
    Ok(Sniffed { format, dialect, expected, line_ending, has_delimiter_line: told.is_some() })
}

/// Returns the delimiter that the first line tells, if that is what it is for, and what follows it.
pub(super) fn delimiter_line(text: &[u8]) -> Option<(u8, &[u8])> {
    let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
    let (line, rest) = text.split_at_checked(end)?;
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    match line.split_at_checked(DELIMITER_LINE.len())? {
        (name, [delimiter]) if name.eq_ignore_ascii_case(DELIMITER_LINE) && delimiter.is_ascii() => {
            Some((*delimiter, rest))
        }
        _ => None,
    }
}

/// Returns whether a text names a company, a mailbox or a page at a network, and so is no header.
pub(super) fn is_target_like(text: &str) -> bool {
    parse_any(text, Subdomains::Keep).map_or_else(|reason| reason.is_well_formed(), |_| true)
}

/// Returns whether a text of one column has no header.
///
/// So it is where the first line is a target itself or a comment, or is unknown and the file is not named as a table.
fn is_plain_list(text: &[u8], extension: Option<&str>) -> bool {
    let lines = || text.split(|byte| matches!(byte, b'\n' | b'\r')).map(String::from_utf8_lossy);
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

/// Returns whether a text is JSON with one object a line.
///
/// So it is where the first line is an object, or begins as one and goes on beyond what is looked at. Where the name says
/// so, another line can tell it. A list over several lines is none, nor is an object.
fn is_json_lines(text: &[u8], whole: bool, extension: Option<&str>) -> bool {
    let text = String::from_utf8_lossy(text);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let Some(first) = lines.next() else { return false };
    if members(first).is_ok() || (first.starts_with("{\"") && !whole && !text.contains('\n')) {
        return true;
    }
    let is_named = matches!(extension, Some("jsonl" | "ndjson")) && !first.starts_with('[');
    is_named && (first.starts_with('"') || lines.any(|line| members(line).is_ok()))
}

/// Returns how the first line ends that ends outside quotes, or else the first of all.
fn line_ending(text: &[u8], quoting: Quoting) -> LineEnding {
    let mut quoted = false;
    let mut first = None;
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        if Some(*byte) == quoting.quote() {
            quoted = !quoted;
        }
        let ending = match (byte, after) {
            (b'\n', _) => Some(LineEnding::Lf),
            (b'\r', [b'\n', ..]) => Some(LineEnding::CrLf),
            (b'\r', _) => Some(LineEnding::Cr),
            _ => None,
        };
        if ending.is_some() && !quoted {
            return ending.unwrap_or_default();
        }
        first = first.or(ending);
        rest = after;
    }
    first.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sniff(text: &str, extension: Option<&str>) -> String {
        match table(text.as_bytes(), true, Known { extension, ..Known::default() }) {
            Ok(found) => {
                let delimiter = char::from(found.dialect.delimiter);
                format!("{} {delimiter:?} {:?}", found.format, found.line_ending)
            }
            Err(kind) => kind.name().to_owned(),
        }
    }

    #[test]
    fn the_content_tells_the_format() {
        for (text, expected) in [
            ("domain,name\nacme.com,Acme\n", "csv ',' Lf"),
            ("domain,name\racme.com,Acme\r", "csv ',' Cr"),
            ("acme.com\rbeta.com\r", "lines ',' Cr"),
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
            ("\n {\"domain\":\"acme.com\"}\r\n", "jsonl ',' Lf"),
            ("{\"a\":1}\n{broken\n", "jsonl ',' Lf"),
            ("{\n  \"domain\": \"acme.com\"\n}\n", "a JSON document"),
            ("[{\"domain\":\"acme.com\"}]\n", "a JSON document"),
            ("[\n{\"domain\":\"acme.com\"},\n{\"domain\":\"b.com\"}\n]\n", "a JSON document"),
            ("<!DOCTYPE html><html>", "a web page or XML"),
        ] {
            assert_eq!(sniff(text, None), expected, "{text:?}");
        }
        assert_eq!(sniff("Firma\nacme.com\n", Some("csv")), "csv ',' Lf");
        assert_eq!(sniff("\"acme.com\"\n\"b.com\"\n", Some("jsonl")), "jsonl ',' Lf");
        assert_eq!(sniff("{broken\n{\"a\":1}\n", Some("ndjson")), "jsonl ',' Lf");
        assert_eq!(sniff("[\n{\"a\":1}\n]\n", Some("jsonl")), "a JSON document");
        assert_eq!(sniff("Firma\nacme.com\n", Some("tsv")), "tsv '\\t' Lf");
    }

    #[test]
    fn a_line_for_excel_tells_the_delimiter() {
        let found = |text: &str| {
            let known = Known::default();
            let found = table(text.as_bytes(), true, known).unwrap();
            (found.has_delimiter_line, char::from(found.dialect.delimiter))
        };
        assert_eq!(found("sep=;\r\ndomain,x;name\r\nacme.com;A\r\n"), (true, ';'));
        assert_eq!(found("\"sep=\t\"\ndomain\tname\nacme.com\tA\n"), (true, '\t'));
        assert_eq!(found("SEP=|\rdomain|name\racme.com|A\r"), (true, '|'));
        assert!(!found("sep=;;\nacme.com\n").0);
        assert_eq!(found("domain,name\nacme.com,A\n"), (false, ','));
    }
}
