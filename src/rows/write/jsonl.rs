//! Output rows as JSON objects, one a line: the input's cells by name, and `enrichment`.

use std::collections::HashSet;

use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};
use serde_json::value::RawValue;

use crate::rows::merge::{fields_updated, reason, written};
use crate::rows::read::{InputRow, Layout};
use crate::rules::field::FieldSet;
use crate::rules::outcome::RowOutcome;

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
        Self { names: keys(layout), fields, line: Vec::new() }
    }

    /// Returns the line of a row.
    pub(super) fn line(&mut self, row: &InputRow, outcome: &RowOutcome) -> &[u8] {
        self.line.clear();
        let object =
            RowJson { names: &self.names, row, enrichment: EnrichmentJson::new(outcome, self.fields) };
        // Writing strings and raw JSON to memory cannot fail.
        let _ = serde_json::to_writer(&mut self.line, &object);
        self.line.push(b'\n');
        &self.line
    }
}

/// Returns the keys of a table's columns: their names, made distinct.
fn keys(layout: &Layout) -> Vec<String> {
    let mut used: HashSet<String> = HashSet::from([ENRICHMENT.to_owned()]);
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
fn unnamed(position: usize) -> String {
    format!("column_{}", position + 1)
}

struct RowJson<'a> {
    names: &'a [String],
    row: &'a InputRow,
    enrichment: EnrichmentJson<'a>,
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

/// What became of a row, as the `enrichment` object of JSON outputs. What is absent is null.
#[derive(Clone, Copy, Debug)]
pub struct EnrichmentJson<'a> {
    outcome: &'a RowOutcome,
    fields: FieldSet,
}

impl<'a> EnrichmentJson<'a> {
    /// Shows an outcome to someone who asked for these fields.
    pub const fn new(outcome: &'a RowOutcome, fields: FieldSet) -> Self {
        Self { outcome, fields }
    }
}

impl Serialize for EnrichmentJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let enrichment = self.outcome.enrichment();
        let settled = match self.outcome {
            RowOutcome::Settled { outcome, .. } => Some(outcome),
            RowOutcome::Invalid(_) | RowOutcome::Pending => None,
        };
        let mut object = serializer.serialize_struct("Enrichment", 8)?;
        object.serialize_field("status", self.outcome.status().name())?;
        object.serialize_field("error", &reason(self.outcome))?;
        object.serialize_field("source", &enrichment.and_then(|found| found.source.as_deref()))?;
        object
            .serialize_field("confidence", &enrichment.and_then(|found| raw(found.confidence.as_deref()?)))?;
        let updated = enrichment.map(|found| fields_updated(found, self.fields));
        object.serialize_field("fields_updated", &updated)?;
        object.serialize_field("request_id", &settled.and_then(|outcome| outcome.request_id.as_deref()))?;
        object.serialize_field("at", &settled.map(|outcome| written(outcome.answered_at)))?;
        object.serialize_field("company", &enrichment.and_then(|found| raw(found.company.json())))?;
        object.end()
    }
}

/// Returns JSON text as it stands.
fn raw(json: &str) -> Option<&RawValue> {
    serde_json::from_str(json).ok()
}
