//! Rows that are not as they should be: they are kept and asked all the same, and said with their line.

use std::fmt;

use serde::{Serialize, Serializer};

use super::outcome::RowNumber;

/// The most malformed rows that are named; the others are counted.
pub const MOST_MALFORMED: usize = 20;

/// What is wrong with a row, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The line of the file on which the row starts, counted from 1.
    pub line: u64,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a row: the gravest, where it is several things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It has fewer cells than the header, or than the first row where there is no header.
    TooShort {
        /// Its cells.
        cells: usize,
        /// Those it should have.
        columns: usize,
    },
    /// It has more of them.
    TooLong {
        /// Its cells.
        cells: usize,
        /// Those it should have.
        columns: usize,
    },
    /// A quote stands within a cell that is in no quotes.
    StrayQuote,
    /// A cell goes on after the quote that closes it.
    TextAfterQuote,
    /// The file ends within quotes.
    OpenQuote,
    /// Bytes that are no characters in the encoding of the file.
    InvalidBytes,
    /// A line of JSON lines is no object.
    NotAnObject,
}

impl Fault {
    /// Returns its published name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::StrayQuote => "stray_quote",
            Self::TextAfterQuote => "text_after_quote",
            Self::OpenQuote => "open_quote",
            Self::InvalidBytes => "invalid_bytes",
            Self::NotAnObject => "not_an_object",
        }
    }
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What is wrong, as what the row has: `3 cells in place of 4`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { cells, columns } | Self::TooLong { cells, columns } => {
                let noun = if *cells == 1 { "cell" } else { "cells" };
                write!(f, "{cells} {noun} in place of {columns}")
            }
            Self::StrayQuote => f.write_str("a quote within a cell"),
            Self::TextAfterQuote => f.write_str("text after a closing quote"),
            Self::OpenQuote => f.write_str("a quote that is never closed"),
            Self::InvalidBytes => f.write_str("bytes that are no text"),
            Self::NotAnObject => f.write_str("no JSON object"),
        }
    }
}

/// The malformed rows of an input: how many, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MalformedRows {
    /// How many.
    pub rows: u64,
    /// The first of them in input order, at most [`MOST_MALFORMED`].
    pub first: Vec<(RowNumber, Malformed)>,
}

impl MalformedRows {
    /// Counts a row in; rows come in input order.
    pub fn count(&mut self, row: RowNumber, malformed: Malformed) {
        self.rows += 1;
        if self.first.len() < MOST_MALFORMED {
            self.first.push((row, malformed));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_named_and_all_are_counted() {
        let mut malformed = MalformedRows::default();
        for row in 1..=25 {
            malformed.count(RowNumber(row), Malformed { line: row + 1, fault: Fault::StrayQuote });
        }
        assert_eq!((malformed.rows, malformed.first.len()), (25, MOST_MALFORMED));
        assert_eq!(malformed.first[0].1.line, 2);
    }

    #[test]
    fn a_fault_says_what_the_row_has() {
        assert_eq!(Fault::TooShort { cells: 1, columns: 4 }.to_string(), "1 cell in place of 4");
        assert_eq!(Fault::TooLong { cells: 5, columns: 4 }.to_string(), "5 cells in place of 4");
    }
}
