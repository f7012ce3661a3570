//! What is said, once, of a header that was passed over or doubted.

use std::fmt;

use crate::rules::redact::excerpt;

/// The most remarks of a run. There are fewer headers than that; their number must not be the server's choice.
const MOST: usize = 40;

/// What was made of a header's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Neither a number nor a date, or not a list as it should be.
    Unreadable,
    /// A number below zero where only time or calls can be.
    Negative,
    /// Fewer than no calls left.
    Debt,
    /// A moment that is over.
    Past,
    /// A moment that no window lasts until.
    TooFar,
    /// More left than the limit.
    AboveLimit,
    /// A time that should fall and does not.
    Constant,
    /// A number that falls by a thousand a second, or would be days.
    Millis,
    /// A time that the server itself shows to be cut off to the second.
    CutOff,
}

impl fmt::Display for Doubt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unreadable => "cannot be read; passed over",
            Self::Negative => "is below zero; passed over",
            Self::Debt => "is below zero; none is left",
            Self::Past => "is past; passed over",
            Self::TooFar => "is too far away; passed over",
            Self::AboveLimit => "is more than the limit; the limit is taken",
            Self::Constant => "does not count down; taken for the length of the window",
            Self::Millis => "is taken for milliseconds",
            Self::CutOff => "is cut off to the second; a second is added",
        })
    }
}

/// Something in the headers that was passed over or doubted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    header: Box<str>,
    value: Box<str>,
    doubt: Doubt,
}

impl fmt::Display for Remark {
    /// Shows the header, its value without keys and shortened, and what was made of it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { header, value, doubt } = self;
        write!(formatter, "{header}: '{value}' {doubt}")
    }
}

/// The remarks of a run.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    made: Vec<(Box<str>, Doubt)>,
    new: Vec<Remark>,
}

impl Remarks {
    /// Takes note of a doubt, unless it was said of this header before.
    pub(super) fn say(&mut self, header: &str, value: &str, doubt: Doubt) {
        let is_known = self.made.iter().any(|(said, of)| *of == doubt && **said == *header);
        if is_known || self.made.len() >= MOST {
            return;
        }
        self.made.push((header.into(), doubt));
        self.new.push(Remark { header: excerpt(header), value: excerpt(value), doubt });
    }

    /// Returns what is new since the last call.
    pub(super) fn take(&mut self) -> Vec<Remark> {
        std::mem::take(&mut self.new)
    }
}
