//! How the cells of a text stand beside each other: the delimiter, and how cells are quoted, by the first records.
//!
//! The usual way of quoting holds as long as it reads the records; another has to show that it reads them better.

use csv::{ByteRecord, Position, ReaderBuilder};

use super::format::Quoting;
use super::names::role;
use super::quotes;
use super::sniff::is_target_like;
use crate::rules::malformed::Fault;

/// How many records of a prefix are looked at.
pub(super) const RECORDS: usize = 200;

/// A record of so many lines is the work of a quote that was never meant to open one.
const RUNAWAY_LINES: usize = 20;

/// The delimiters that are recognised; the earlier wins where nothing else tells.
const DELIMITERS: [u8; 4] = *b",;\t|";

/// What stands between cells and around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// What stands between cells.
    pub(super) delimiter: u8,
    /// How cells are quoted.
    pub(super) quoting: Quoting,
}

impl Dialect {
    /// Returns what readers of this dialect are built with. Records may be of any length, and the first is one of them.
    pub(super) fn reader(self) -> ReaderBuilder {
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(self.delimiter).escape(self.quoting.escape());
        match self.quoting.quote() {
            Some(quote) => builder.quote(quote),
            None => builder.quoting(false),
        };
        builder
    }
}

/// The first records of a text as a dialect reads them.
pub(super) struct Sample {
    /// The records, without one that may be cut off.
    pub(super) records: Vec<ByteRecord>,
    /// Records that a quote spoils.
    spoiled: usize,
}

impl Sample {
    /// Reads the first records of a prefix, which may be the `whole` text.
    pub(super) fn of(text: &[u8], whole: bool, dialect: Dialect) -> Self {
        let mut sample = Self { records: Vec::new(), spoiled: 0 };
        let mut reader = dialect.reader().from_reader(text);
        let mut record = ByteRecord::new();
        let mut may_be_cut = false;
        while sample.records.len() <= RECORDS {
            let from = place(reader.position());
            // Reading memory cannot fail.
            if !reader.read_byte_record(&mut record).unwrap_or(false) {
                break;
            }
            let to = place(reader.position());
            let bytes = trimmed(text.get(from..to).unwrap_or_default());
            may_be_cut = !whole && to >= text.len();
            let is_spoiled = match quotes::fault(bytes, dialect.delimiter, dialect.quoting) {
                Some(Fault::OpenQuote) if may_be_cut => lines(bytes) > RUNAWAY_LINES,
                Some(Fault::OpenQuote | Fault::TextAfterQuote) => true,
                _ => false,
            };
            sample.spoiled += usize::from(is_spoiled);
            sample.records.push(record.clone());
        }
        if may_be_cut && sample.records.len() > 1 {
            sample.records.pop();
        }
        sample.records.truncate(RECORDS);
        sample
    }

    /// Returns how many records have as many cells as the first.
    fn alike(&self) -> usize {
        let first = self.records.first().map_or(0, ByteRecord::len);
        self.records.iter().filter(|record| record.len() == first).count()
    }

    /// Returns how many records have another number of cells than the first.
    fn ragged(&self) -> usize {
        self.records.len() - self.alike()
    }

    /// Returns the cells that are not empty.
    fn cells(&self) -> impl Iterator<Item = &[u8]> {
        self.records.iter().flatten().filter(|cell| !cell.is_empty())
    }
}

fn place(position: &Position) -> usize {
    usize::try_from(position.byte()).unwrap_or(usize::MAX)
}

/// Returns a record without the line endings before and after it. Those before it are of blank lines.
pub(super) fn trimmed(mut bytes: &[u8]) -> &[u8] {
    while let [b'\n' | b'\r', rest @ ..] | [rest @ .., b'\n' | b'\r'] = bytes {
        bytes = rest;
    }
    bytes
}

fn lines(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').count()
}

/// Returns the dialect of a text of several columns; nothing where no delimiter cuts it into any.
///
/// The best delimiter has a known name or a target among the cells of the first record, then it cuts the most records
/// into as many cells.
pub(super) fn of(text: &[u8], whole: bool, quoting: Option<Quoting>) -> Option<Dialect> {
    let text = without_comments(text);
    let mut best: Option<((bool, usize, usize), Dialect)> = None;
    for delimiter in DELIMITERS {
        let quoting = quoting.unwrap_or_else(|| self::quoting(text, whole, delimiter));
        let dialect = Dialect { delimiter, quoting };
        let sample = Sample::of(text, whole, dialect);
        let Some(first) = sample.records.first().filter(|first| first.len() > 1) else {
            continue;
        };
        if is_list(&sample, first) {
            continue;
        }
        // `acme.com;1` is a target too, and half of `acme.com;1,5`.
        let whole = |cell: &[u8]| !cell.iter().any(|byte| DELIMITERS.contains(byte));
        let is_meant = first.iter().any(|cell| whole(cell) && (is_known_name(cell) || is_domain_like(cell)));
        let rank = (is_meant, sample.alike(), first.len());
        if best.is_none_or(|(highest, _)| rank > highest) {
            best = Some((rank, dialect));
        }
    }
    best.map(|(_, dialect)| dialect)
}

/// Returns whether a delimiter only stands between or after the addresses on the lines of a list, as they are pasted from
/// a mail: `a@x.com;b@x.com` or `Acme <info@acme.com>,`.
fn is_list(sample: &Sample, first: &ByteRecord) -> bool {
    if first.iter().any(is_known_name) {
        return false;
    }
    let is_ragged = sample.alike() * 2 < sample.records.len() || sample.records.len() == 1;
    let filled = |record: &ByteRecord| record.iter().all(|cell| is_domain_like(cell.trim_ascii()));
    let ends_lines = |record: &ByteRecord| record.iter().skip(1).all(|cell| cell.trim_ascii().is_empty());
    (is_ragged && filled(first)) || sample.records.iter().all(ends_lines)
}

/// Returns the text after the comments that a list may begin with. A header may be called `#`.
fn without_comments(mut text: &[u8]) -> &[u8] {
    while let [b'#', second, ..] = text
        && !second.is_ascii_punctuation()
    {
        let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        text = trimmed(end.and_then(|end| text.get(end..)).unwrap_or_default());
    }
    text
}

/// Returns how the cells of a text are quoted.
pub(super) fn quoting(text: &[u8], whole: bool, delimiter: u8) -> Quoting {
    let read = |quoting| Sample::of(text, whole, Dialect { delimiter, quoting });
    let usual = read(Quoting::Double);
    if text.contains(&b'\'') && is_single(&read(Quoting::Single), &usual, &read(Quoting::None)) {
        return Quoting::Single;
    }
    if usual.spoiled > 0 {
        let escaped = read(Quoting::Backslash);
        if escaped.spoiled < usual.spoiled && escaped.ragged() <= usual.ragged() {
            return Quoting::Backslash;
        }
        if are_stray(&read(Quoting::None)) {
            return Quoting::None;
        }
    }
    Quoting::Double
}

/// Returns whether quotes are characters like any other, by the cells as they are written: all records are as long, and
/// more cells have a quote on one side than on both.
fn are_stray(bare: &Sample) -> bool {
    let (whole, broken) = quoted(bare, b'"');
    bare.ragged() == 0 && broken > whole
}

/// Returns whether single quotes stand around cells: none of them is stray, double ones stand around no more, and they
/// stand around all of the first record or most of all cells, or make the records as long as they should be.
fn is_single(single: &Sample, usual: &Sample, bare: &Sample) -> bool {
    let (whole, _) = quoted(bare, b'\'');
    let (doubly, _) = quoted(bare, b'"');
    let first = bare.records.first().is_some_and(|first| first.iter().all(|cell| is_quoted(cell, b'\'')));
    let most = whole * 2 > bare.cells().count();
    let helps = single.ragged() == 0 && usual.ragged() > 0;
    single.spoiled == 0 && doubly <= whole && (first || most || helps)
}

/// Returns how many cells have a quote on both sides, and how many on one.
fn quoted(bare: &Sample, quote: u8) -> (usize, usize) {
    let on_one = |cell: &[u8]| cell.first() == Some(&quote) || cell.last() == Some(&quote);
    let whole = bare.cells().filter(|cell| is_quoted(cell, quote)).count();
    (whole, bare.cells().filter(|cell| on_one(cell)).count() - whole)
}

fn is_quoted(cell: &[u8], quote: u8) -> bool {
    cell.len() > 1 && cell.first() == Some(&quote) && cell.last() == Some(&quote)
}

/// Returns whether a cell of bytes is the known name of a column.
fn is_known_name(cell: &[u8]) -> bool {
    std::str::from_utf8(cell).is_ok_and(|name| role(name).is_some())
}

/// Returns whether a cell of bytes is a target, or one that is refused for what it is.
fn is_domain_like(cell: &[u8]) -> bool {
    std::str::from_utf8(cell).is_ok_and(is_target_like)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect(text: &str) -> String {
        match of(text.as_bytes(), true, None) {
            Some(found) => format!("{} {}", char::from(found.delimiter), found.quoting.name()),
            None => "none".to_owned(),
        }
    }

    #[test]
    fn delimiter_and_quotes_are_seen_from_the_first_records() {
        for (text, expected) in [
            ("domain,name\nacme.com,Acme\n", ", double"),
            ("name;rev\na;1,5\nb;2,5\n", "; double"),
            ("acme.com;1,5\nbeta.com;2,5\n", "; double"),
            ("domain,name\nacme.com,\"Acme \\\"A\\\", Inc\"\n", ", backslash"),
            ("domain,path\nacme.com,\"C:\\\"\n", ", double"),
            ("'domain','name'\n'acme.com','Acme, ''A'' Inc'\n", ", single"),
            ("domain;name\nacme.com;'Acme; Inc'\nbeta.com;Beta\n", "; single"),
            ("domain,name\nacme.com,O'Brien\nbeta.com,'Beta\n", ", double"),
            ("domain,zip\nacme.com,'01234'\n", ", double"),
            ("domain\tname\nacme.com\t\"Acme\" Inc\nbeta.com\t\"B\nc.com\tC\n", "\t none"),
            ("domain,name\nacme.com,\"Acme\" Inc\nbeta.com,\"B, Inc\"\nc.com,\"C\"\n", ", double"),
            ("domain,size\nacme.com,5\" pipes\n", ", double"),
        ] {
            assert_eq!(dialect(text), expected, "{text}");
        }
    }

    #[test]
    fn addresses_pasted_from_a_mail_are_a_list() {
        for text in [
            "a@acme.com;b@acme.com\nbeta.com\nc.de\n",
            "a@acme.com, b@beta.com, c@gamma.com",
            "Acme <info@acme.com>,\nBeta <info@beta.com>,\n",
            "# ours, and theirs\nacme.com\nbeta.com\n",
        ] {
            assert_eq!(dialect(text), "none", "{text}");
        }
        assert_eq!(dialect("#,domain\n1,acme.com\n"), ", double");
        assert_eq!(dialect("domain,\nacme.com,\n"), ", double");
        assert_eq!(dialect("acme.com,info@acme.com\nbeta.com,info@beta.com\n"), ", double");
    }

    #[test]
    fn a_quote_that_runs_away_with_the_prefix_is_none() {
        let rows = "c.com\tC\n".repeat(100);
        let text = format!("domain\tname\nacme.com\t\"Acme\n{rows}");
        assert_eq!(of(text.as_bytes(), false, None).map(|found| found.quoting), Some(Quoting::None));
        let cut = "domain\tname\nacme.com\tAcme\nbeta.com\t\"a long\nstory";
        assert_eq!(of(cut.as_bytes(), false, None).map(|found| found.quoting), Some(Quoting::Double));
    }

    #[test]
    fn a_record_that_is_cut_off_does_not_count() {
        let comma = Dialect { delimiter: b',', quoting: Quoting::Double };
        assert_eq!(Sample::of(b"a,b\nc,d\ne", false, comma).records.len(), 2);
        assert_eq!(Sample::of(b"a,b\nc,d\ne", true, comma).records.len(), 3);
    }
}
