//! The ledger's answers as a table or as JSON lines.
//!
//! Cells and objects are those of `batch`. `domain` and `company_id` hold what was asked, one of them per row, so that a
//! table can be the input of `batch` and asks the same questions.

use std::sync::Arc;

use csv::StringRecord;
use serde::Serialize;

use super::csv::CsvLines;
use super::{Sink, WriteError};
use crate::rows::format::LineEnding;
use crate::rows::merge::{Added, push};
use crate::rows::own::OwnColumn;
use crate::rules::field::{Field, FieldSet};
use crate::rules::kept::Kept;
use crate::rules::outcome::RowOutcome;
use crate::rules::record::EnrichmentRecord;
use crate::rules::target::Subject;

/// The columns before the fields.
const BEFORE: [&str; 7] = ["base_url", "account", "domain", "company_id", "status", "answered_at", "credits"];
/// The columns behind them.
const BEHIND: [&str; 7] =
    ["source", "confidence", "fields_updated", "request_id", "reason", "fields_asked", "overwrite"];

/// How answers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptFormat {
    /// A table with a header.
    Csv {
        /// Whether cells are left as they are, also those that a spreadsheet would run.
        raw_cells: bool,
    },
    /// One object a line.
    Jsonl,
}

/// Writes answers.
#[derive(Debug)]
pub struct KeptWriter {
    sink: Sink,
    format: KeptFormat,
    lines: CsvLines,
    cells: StringRecord,
    json: Vec<u8>,
}

impl KeptWriter {
    /// Begins an output; a table with its header.
    pub fn begin(sink: Sink, format: KeptFormat) -> Result<Self, WriteError> {
        let mut lines = CsvLines::new(b',', LineEnding::Lf);
        let mut sink = sink;
        if matches!(format, KeptFormat::Csv { .. }) {
            let names = BEFORE.into_iter().chain(Field::ALL.map(Field::name)).chain(BEHIND);
            sink.write(lines.line(&names.collect()))?;
        }
        Ok(Self { sink, format, lines, cells: StringRecord::new(), json: Vec::new() })
    }

    /// Writes an answer; it may stay in a buffer.
    pub fn write(&mut self, kept: &Kept) -> Result<(), WriteError> {
        let outcome = RowOutcome::Settled { asked: kept.subject.clone(), outcome: Arc::clone(&kept.outcome) };
        let line = match self.format {
            KeptFormat::Csv { raw_cells } => {
                fill(&mut self.cells, kept, &outcome, raw_cells);
                self.lines.line(&self.cells)
            }
            KeptFormat::Jsonl => {
                self.json.clear();
                // Writing strings and raw JSON to memory cannot fail.
                let _ = serde_json::to_writer(&mut self.json, &Line::new(kept, &outcome));
                self.json.push(b'\n');
                &self.json
            }
        };
        self.sink.write(line)
    }

    /// Ends the output: a file takes its place now.
    pub fn finish(self) -> Result<(), WriteError> {
        self.sink.finish()
    }
}

/// Puts the cells of an answer into a row.
fn fill(cells: &mut StringRecord, kept: &Kept, outcome: &RowOutcome, raw_cells: bool) {
    cells.clear();
    let added = Added::new(outcome, kept.wish.fields);
    let (domain, company_id) = asked(&kept.subject);
    let credits = kept.credits.to_string();
    let fields: Vec<&str> = kept.wish.fields.iter().map(Field::name).collect();
    let mut push = |cell: &str| push(cell, raw_cells, cells);
    push(&kept.scope.base_url);
    push(&kept.scope.account);
    push(domain.unwrap_or_default());
    push(company_id.unwrap_or_default());
    push(&added.cell(OwnColumn::Status));
    push(&added.cell(OwnColumn::At));
    push(&credits);
    for field in Field::ALL {
        push(&added.cell(OwnColumn::Field(field)));
    }
    let behind = [OwnColumn::Source, OwnColumn::Confidence, OwnColumn::FieldsUpdated, OwnColumn::RequestId];
    for column in behind {
        push(&added.cell(column));
    }
    push(kept.reason.as_deref().unwrap_or_default());
    push(&fields.join("; "));
    push(if kept.wish.overwrite { "true" } else { "false" });
}

/// Returns what was asked, as domain or as id.
fn asked(subject: &Subject) -> (Option<&str>, Option<&str>) {
    match subject {
        Subject::Domain(domain) => (Some(domain), None),
        Subject::CompanyId(id) => (None, Some(id)),
    }
}

/// An answer as an object. What was not asked is left out of it.
#[derive(Serialize)]
struct Line<'a> {
    base_url: &'a str,
    account: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_id: Option<&'a str>,
    credits: u64,
    reason: Option<&'a str>,
    fields_asked: FieldSet,
    overwrite: bool,
    enrichment: EnrichmentRecord<'a>,
}

impl<'a> Line<'a> {
    fn new(kept: &'a Kept, outcome: &'a RowOutcome) -> Self {
        let (domain, company_id) = asked(&kept.subject);
        Self {
            base_url: &kept.scope.base_url,
            account: &kept.scope.account,
            domain,
            company_id,
            credits: kept.credits,
            reason: kept.reason.as_deref(),
            fields_asked: kept.wish.fields,
            overwrite: kept.wish.overwrite,
            enrichment: EnrichmentRecord::new(outcome, kept.wish.fields),
        }
    }
}
