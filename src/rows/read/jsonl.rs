//! Lines of JSON, one object each: every row keeps its object as it was written, and has its top-level values as cells.
//!
//! A line that is a string alone is a target, and is kept as `{"input": …}`. What is no object is kept too, as
//! `{"line": …}`, and names no company. Rows of an earlier run that look so are read as what they were made of.

use std::collections::HashMap;
use std::ops::Range;

use csv::StringRecord;
use serde_json::value::RawValue;

use super::bytes::Bytes;
use super::lines::LineReader;
use super::{Layout, ReadError};
use crate::rows::json::{Member, members, place, quoted, text};
use crate::rows::own::{ENRICHMENT, LINE_COLUMN, LIST_COLUMN};
use crate::rules::malformed::{Fault, Malformed};
use crate::rules::outcome::RowStatus;
use crate::rules::target::InvalidInput;

/// An object of the input, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its text, from brace to brace.
    pub text: Box<str>,
    /// Where the value of `enrichment` stands that an earlier run added.
    pub enrichment: Option<Range<usize>>,
}

/// A row of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JsonRow {
    /// The object as it was written, or was made of what is none.
    pub(super) object: Object,
    /// What it asks for.
    pub(super) asks: Asks,
}

/// What a row of JSON asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    /// What its columns say.
    Columns,
    /// This target alone.
    Target(String),
    /// Nothing, since it is no object.
    Nothing(InvalidInput),
}

/// Reads lines of JSON.
#[derive(Debug)]
pub(super) struct JsonlReader {
    lines: LineReader,
    cells: Cells,
    /// What is wrong with the line that was read last.
    malformed: Option<Malformed>,
}

impl JsonlReader {
    /// Reads from the beginning of an input.
    pub(super) fn new(bytes: Bytes, layout: &Layout) -> Self {
        let columns = layout.headers.iter().map(str::to_owned).zip(0..).collect();
        let cells = Cells { columns, nested: layout.nested.clone() };
        Self { lines: LineReader::new(bytes, layout.line_ending), cells, malformed: None }
    }

    /// Reads the next row and its cells; none at the end.
    pub(super) fn read(&mut self, cells: &mut StringRecord) -> Result<Option<JsonRow>, ReadError> {
        while let Some(line) = self.lines.next_line()? {
            if line.trim().is_empty() {
                continue;
            }
            let line = line.into_owned();
            let number = self.lines.line();
            let row = understand(&line, number, |members| *cells = self.cells.of(members));
            let is_none = matches!(row.asks, Asks::Nothing(_));
            let no_object = is_none.then_some(Malformed { line: number, fault: Fault::NotAnObject });
            self.malformed = no_object.or(self.lines.malformed());
            return Ok(Some(row));
        }
        Ok(None)
    }

    /// Returns what is wrong with the line that was read last.
    pub(super) const fn malformed(&self) -> Option<Malformed> {
        self.malformed
    }
}

/// Which values are cells.
#[derive(Debug)]
struct Cells {
    /// The keys that are columns.
    columns: HashMap<String, usize>,
    /// The values within columns that are asked.
    nested: Vec<Vec<String>>,
}

impl Cells {
    /// Returns the columns' values, behind them those within columns, and then what belongs to no column.
    fn of(&self, members: &[Member<'_>]) -> StringRecord {
        let mut values = vec![""; self.columns.len()];
        let mut others = Vec::new();
        for member in members.iter().filter(|member| !is_ours(member)) {
            match self.columns.get(&*member.key).and_then(|column| values.get_mut(*column)) {
                Some(value) => *value = member.value,
                None => others.push(member),
            }
        }
        let mut cells = StringRecord::new();
        cells.extend(values.into_iter().map(text));
        cells.extend(self.nested.iter().map(|keys| text_within(members, keys)));
        for Member { written_key, value, .. } in others {
            cells.push_field(&format!("{{{written_key}:{value}}}"));
        }
        cells
    }
}

/// Makes a row of a line that is not blank, and gives its members.
pub(super) fn understand(line: &str, number: u64, give: impl FnOnce(&[Member<'_>])) -> JsonRow {
    let line = line.trim();
    let (text, asks, found) = match members(line) {
        Ok(found) => (line.into(), asked_again(&found, number), found),
        Err(error) => {
            let (text, asks) = kept(line, number, &error);
            let row = understand(&text, number, give);
            return JsonRow { asks, ..row };
        }
    };
    give(&found);
    let ours = found.iter().rfind(|member| is_ours(member));
    JsonRow { object: Object { text, enrichment: ours.map(|member| place(member.value, line)) }, asks }
}

/// Makes an object of a line that is none.
fn kept(line: &str, number: u64, error: &serde_json::Error) -> (String, Asks) {
    let why = match (serde_json::from_str::<&RawValue>(line), line.as_bytes()) {
        (Ok(_), [b'"', ..]) => {
            return (format!("{{\"{LIST_COLUMN}\":{line}}}"), Asks::Target(text(line).into_owned()));
        }
        (Ok(_), [b'[', ..]) => "it is a list".to_owned(),
        (Ok(_), [b't' | b'f', ..]) => "it is a truth value".to_owned(),
        (Ok(_), [b'n', ..]) => "it is null".to_owned(),
        (Ok(_), _) => "it is a number".to_owned(),
        (Err(_), _) => error.to_string().replace(" at line 1 column ", " at column "),
    };
    let reason = InvalidInput::NotAnObject { line: number, why: why.into() };
    (format!("{{\"{LINE_COLUMN}\":{}}}", quoted(line)), Asks::Nothing(reason))
}

/// Returns what a row asks for that may have been made of no object in an earlier run.
fn asked_again(members: &[Member<'_>], number: u64) -> Asks {
    let [Member { key, value, .. }, ours] = members else { return Asks::Columns };
    if !is_ours(ours) || !value.starts_with('"') {
        return Asks::Columns;
    }
    let said = text(value);
    match (&**key, self::members(&said)) {
        (LIST_COLUMN, _) => Asks::Target(said.into_owned()),
        (LINE_COLUMN, Err(error)) => kept(&said, number, &error).1,
        _ => Asks::Columns,
    }
}

/// Returns whether a member was added by an earlier run.
pub(super) fn is_ours(member: &Member<'_>) -> bool {
    let has_status = |value: &str| {
        let inner = members(value).unwrap_or_default();
        let status = inner.iter().rfind(|inner| inner.key == "status").map(|status| text(status.value));
        status.is_some_and(|status| RowStatus::ALL.iter().any(|known| known.name() == status))
    };
    member.key == ENRICHMENT && (member.value == "null" || has_status(member.value))
}

/// Returns the text of a value within the members; empty where it is not there.
pub(super) fn text_within(members: &[Member<'_>], keys: &[String]) -> String {
    let Some((key, rest)) = keys.split_first() else { return String::new() };
    let Some(member) = members.iter().rfind(|member| member.key == **key) else { return String::new() };
    if rest.is_empty() {
        return text(member.value).into_owned();
    }
    text_within(&self::members(member.value).unwrap_or_default(), rest)
}
