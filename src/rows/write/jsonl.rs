//! Output rows as JSON objects, one a line: the input's object as it was written or its cells by name, and `enrichment`.

use std::collections::HashSet;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::WriteError;
use super::object::joined;
use crate::rows::fill::Fill;
use crate::rows::format::InputFormat;
use crate::rows::merge::{Added, MergeSpec};
use crate::rows::own::ENRICHMENT;
use crate::rows::read::{InputRow, Layout};
use crate::rules::field::FieldSet;
use crate::rules::outcome::RowOutcome;
use crate::rules::record::EnrichmentRecord;

/// Makes lines of rows.
#[derive(Debug)]
pub(super) struct JsonlRows {
    names: Vec<String>,
    fields: FieldSet,
    fill: Fill,
    line: Vec<u8>,
}

impl JsonlRows {
    /// Makes lines with the fields that were asked for. Objects that have an `enrichment` of their own are refused.
    pub(super) fn new(layout: &Layout, spec: &MergeSpec) -> Result<Self, WriteError> {
        let are_objects = layout.format == InputFormat::Jsonl;
        if are_objects && layout.headers.iter().any(|key| key == ENRICHMENT) {
            return Err(WriteError::ForeignKey);
        }
        let names = if are_objects {
            layout.headers.iter().map(str::to_owned).collect()
        } else {
            keys(layout, Some(ENRICHMENT))
        };
        Ok(Self { names, fields: spec.fields, fill: spec.fill.clone(), line: Vec::new() })
    }

    /// Returns the line of a row.
    pub(super) fn line(&mut self, row: &InputRow, outcome: &RowOutcome) -> &[u8] {
        self.line.clear();
        let added = Added::new(outcome, self.fields);
        let enrichment = EnrichmentRecord::new(outcome, self.fields);
        if let Some(object) = &row.object {
            let filled = self.fill.columns(added.status());
            let keys = filled.filter_map(|(column, own)| Some((self.names.get(column)?.as_str(), own)));
            let value = |own, earlier: Option<&str>| self.fill.value(own, earlier, &added);
            self.line.extend(joined(object, &enrichment, keys, value).bytes());
        } else {
            let object = RowJson { names: &self.names, row, fill: &self.fill, added, enrichment };
            // Writing strings and raw JSON to memory cannot fail.
            let _ = serde_json::to_writer(&mut self.line, &object);
        }
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
    fill: &'a Fill,
    added: Added<'a>,
    enrichment: EnrichmentRecord<'a>,
}

impl Serialize for RowJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        let cells = &self.row.cells;
        for (position, name) in self.names.iter().enumerate() {
            let cell = cells.get(position).unwrap_or_default();
            let filled = self.fill.cell(position, cell, &self.added);
            object.serialize_entry(name, filled.as_deref().unwrap_or(cell))?;
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
