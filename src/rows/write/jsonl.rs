//! Output rows as JSON objects, one a line: the input's cells by name, and `enrichment`.

use std::collections::HashSet;

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::rows::read::{InputRow, Layout};
use crate::rules::field::FieldSet;
use crate::rules::outcome::RowOutcome;
use crate::rules::record::EnrichmentRecord;

/// The key that is added to a row.
const ENRICHMENT: &str = "enrichment";

/// Makes lines of rows.
#[derive(Debug)]
pub(super) struct JsonlRows {
    names: Vec<String>,
    fields: FieldSet,
    line: Vec<u8>,
}

impl JsonlRows {
    /// Makes lines with the fields that were asked for.
    pub(super) fn new(layout: &Layout, fields: FieldSet) -> Self {
        Self { names: keys(layout, Some(ENRICHMENT)), fields, line: Vec::new() }
    }

    /// Returns the line of a row.
    pub(super) fn line(&mut self, row: &InputRow, outcome: &RowOutcome) -> &[u8] {
        self.line.clear();
        let object =
            RowJson { names: &self.names, row, enrichment: EnrichmentRecord::new(outcome, self.fields) };
        // Writing strings and raw JSON to memory cannot fail.
        let _ = serde_json::to_writer(&mut self.line, &object);
        self.line.push(b'\n');
        &self.line
    }
}

/// Returns the keys of a table's columns: their names, made distinct from each other and from one that is taken.
pub(super) fn keys(layout: &Layout, taken: Option<&str>) -> Vec<String> {
    let mut used: HashSet<String> = taken.into_iter().map(str::to_owned).collect();
    let mut keys = Vec::with_capacity(layout.headers.len());
    for (position, header) in layout.headers.iter().enumerate() {
        let is_named = layout.has_header && !header.is_empty();
        let name = if is_named { header.to_owned() } else { unnamed(position) };
        let mut key = name.clone();
        let mut number = 2_u32;
        while !used.insert(key.clone()) {
            key = format!("{name}_{number}");
            number += 1;
        }
        keys.push(key);
    }
    keys
}

/// Returns the key of a column without a name, counted from 1.
pub(super) fn unnamed(position: usize) -> String {
    format!("column_{}", position + 1)
}

struct RowJson<'a> {
    names: &'a [String],
    row: &'a InputRow,
    enrichment: EnrichmentRecord<'a>,
}

impl Serialize for RowJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        let cells = &self.row.cells;
        for (position, name) in self.names.iter().enumerate() {
            object.serialize_entry(name, cells.get(position).unwrap_or_default())?;
        }
        for (position, cell) in cells.iter().enumerate().skip(self.names.len()) {
            let mut name = unnamed(position);
            while self.names.contains(&name) {
                name.push_str("_2");
            }
            object.serialize_entry(&name, cell)?;
        }
        object.serialize_entry(ENRICHMENT, &self.enrichment)?;
        object.end()
    }
}
