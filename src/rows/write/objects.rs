//! Output rows as JSON objects of their own cells, one a line: for the tables of what found no company.
//!
//! An object of the input is written as it was. Status and error stand beside cells, under the names that they have as columns.

use serde_json::{Map, Value};

use super::jsonl::{keys, unnamed};
use crate::rows::merge::Merge;
use crate::rows::read::{InputRow, Layout};
use crate::rules::outcome::RowOutcome;

/// Makes lines of rows.
#[derive(Debug)]
pub(super) struct ObjectRows {
    merge: Merge,
    names: Vec<String>,
    /// How many of them are the input's.
    width: usize,
    line: Vec<u8>,
}

impl ObjectRows {
    /// Makes lines of the cells that a merge gives.
    pub(super) fn new(layout: &Layout, merge: Merge) -> Self {
        let mut names = keys(layout, None);
        let width = names.len();
        names.extend(merge.header().iter().skip(width).map(str::to_owned));
        Self { merge, names, width, line: Vec::new() }
    }

    /// Returns the line of a row.
    pub(super) fn line(&mut self, row: &InputRow, outcome: &RowOutcome) -> &[u8] {
        self.line.clear();
        if let Some(object) = &row.object {
            self.line.extend(object.text.bytes());
            self.line.push(b'\n');
            return &self.line;
        }
        let mut object = Map::new();
        let mut names = self.names.iter();
        let mut position = self.width;
        self.merge.join(row, outcome, |cell| {
            let mut name = names.next().cloned().unwrap_or_else(|| {
                position += 1;
                unnamed(position - 1)
            });
            while object.contains_key(&name) {
                name.push_str("_2");
            }
            object.insert(name, Value::String(cell.to_owned()));
        });
        // Writing strings to memory cannot fail.
        let _ = serde_json::to_writer(&mut self.line, &object);
        self.line.push(b'\n');
        &self.line
    }
}
