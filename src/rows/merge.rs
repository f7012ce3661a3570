//! An input row and what became of it, joined into an output row.
//!
//! Columns of an earlier run are replaced in place, missing ones appended. Invariants: input cells are never changed;
//! every added cell is defused unless raw cells are asked for; the same row and outcome give the same cells.
//! Cells beyond the known width of the table follow the added ones, so that these stay under their names.

use csv::StringRecord;
use jiff::Timestamp;

use super::own::{OwnColumn, own_flags};
use super::read::{InputRow, Layout};
use crate::rules::company::Parts;
use crate::rules::field::FieldSet;
use crate::rules::outcome::{Enrichment, Outcome, RowOutcome, RowStatus};
use crate::rules::target::Subject;

/// How rows are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeSpec {
    /// `--prefix`: of the data columns.
    pub prefix: String,
    /// `--fields`: the fields that have columns.
    pub fields: FieldSet,
    /// `--raw-cells`: added cells are written as they are.
    pub raw_cells: bool,
}

/// A column would have the name of one that is not ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the input has a column '{name}' already, which --prefix '{prefix}' would add")]
pub struct Collision {
    /// The name.
    pub name: String,
    /// The prefix.
    pub prefix: String,
}

impl Collision {
    /// Returns what to do about it.
    pub fn hint(&self) -> String {
        "choose another --prefix, or leave it out for 'enriched_'".to_owned()
    }
}

/// Joins rows with what became of them.
#[derive(Clone, Debug)]
pub struct Merge {
    header: StringRecord,
    /// For each column of the input, which of ours replaces it.
    replaced: Vec<Option<OwnColumn>>,
    appended: Vec<OwnColumn>,
    fields: FieldSet,
    raw_cells: bool,
}

impl Merge {
    /// Plans the columns of the output.
    pub fn new(layout: &Layout, spec: &MergeSpec) -> Result<Self, Collision> {
        let own: Vec<(OwnColumn, String)> =
            OwnColumn::all(spec.fields).map(|column| (column, column.name(&spec.prefix))).collect();
        // Without a header nothing is known to be ours: all is appended.
        let headers = || layout.headers.iter().filter(|_| layout.has_header);
        let is_ours = own_flags(headers(), &spec.prefix);
        let mut replaced = vec![None; layout.headers.len()];
        for ((header, ours), slot) in headers().zip(is_ours).zip(&mut replaced) {
            let Some((column, name)) = own.iter().find(|(_, name)| name == header) else {
                continue;
            };
            if !ours {
                return Err(Collision { name: name.clone(), prefix: spec.prefix.clone() });
            }
            *slot = Some(*column);
        }
        let mut header = layout.headers.clone();
        let mut appended = Vec::new();
        for (column, name) in own {
            if !replaced.contains(&Some(column)) {
                header.push_field(&name);
                appended.push(column);
            }
        }
        Ok(Self { header, replaced, appended, fields: spec.fields, raw_cells: spec.raw_cells })
    }

    /// Returns the names of the output's columns.
    pub const fn header(&self) -> &StringRecord {
        &self.header
    }

    /// Writes the output row into `merged`, of which what it held is lost.
    pub fn join(&self, row: &InputRow, outcome: &RowOutcome, merged: &mut StringRecord) {
        merged.clear();
        let added = Added::new(outcome, self.fields);
        let status = outcome.status();
        for (position, replaced) in self.replaced.iter().enumerate() {
            let earlier = row.cells.get(position).unwrap_or_default();
            match replaced {
                Some(column) if status != RowStatus::Pending || *column == OwnColumn::Status => {
                    self.push(&added.cell(*column), merged);
                }
                Some(_) | None => merged.push_field(earlier),
            }
        }
        for column in &self.appended {
            self.push(&added.cell(*column), merged);
        }
        for cell in row.cells.iter().skip(self.replaced.len()) {
            merged.push_field(cell);
        }
    }

    fn push(&self, cell: &str, merged: &mut StringRecord) {
        push(cell, self.raw_cells, merged);
    }
}

/// Adds a cell, defused unless raw cells are asked for.
pub(super) fn push(cell: &str, raw_cells: bool, row: &mut StringRecord) {
    if !raw_cells && runs_as_formula(cell) {
        row.push_field(&format!("'{cell}"));
    } else {
        row.push_field(cell);
    }
}

/// Returns whether a spreadsheet would take a cell for a formula.
fn runs_as_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// Returns a time of an answer as it is written.
pub fn written(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// The values of a row's own columns.
pub(super) struct Added<'a> {
    row: &'a RowOutcome,
    asked: Option<&'a Subject>,
    outcome: Option<&'a Outcome>,
    enrichment: Option<&'a Enrichment>,
    company: Option<Parts>,
    fields: FieldSet,
}

impl<'a> Added<'a> {
    /// Takes the values out of what became of a row that asked for these fields.
    pub(super) fn new(row: &'a RowOutcome, fields: FieldSet) -> Self {
        let (asked, outcome) = match row {
            RowOutcome::Settled { asked, outcome } => (Some(asked), Some(&**outcome)),
            RowOutcome::Invalid(_) | RowOutcome::Pending => (None, None),
        };
        let enrichment = row.enrichment();
        let company = enrichment.map(|enrichment| enrichment.company.parts());
        Self { row, asked, outcome, enrichment, company, fields }
    }

    /// Returns the text of a cell.
    pub(super) fn cell(&self, column: OwnColumn) -> String {
        let company = |part: &dyn Fn(&Parts) -> String| self.company.as_ref().map(part).unwrap_or_default();
        match column {
            OwnColumn::Id => match self.asked {
                Some(Subject::CompanyId(id)) => Some(company(&Parts::id))
                    .filter(|answered| !answered.is_empty())
                    .unwrap_or_else(|| id.to_string()),
                Some(Subject::Domain(_)) | None => company(&Parts::id),
            },
            OwnColumn::Domain => match self.asked {
                Some(Subject::Domain(domain)) => domain.to_string(),
                Some(Subject::CompanyId(_)) | None => company(&Parts::domain),
            },
            OwnColumn::Field(field) => company(&|parts| parts.field(field)),
            OwnColumn::Status => self.row.status().name().to_owned(),
            OwnColumn::Error => self.row.error().unwrap_or_default(),
            OwnColumn::Source => self.text(|enrichment| enrichment.source.as_deref()),
            OwnColumn::Confidence => self.text(|enrichment| enrichment.confidence.as_deref()),
            OwnColumn::FieldsUpdated => self
                .enrichment
                .map(|enrichment| enrichment.updated_among(self.fields).join("; "))
                .unwrap_or_default(),
            OwnColumn::RequestId => {
                self.outcome.and_then(|outcome| outcome.request_id.as_deref()).unwrap_or_default().to_owned()
            }
            OwnColumn::At => self.outcome.map(|outcome| written(outcome.answered_at)).unwrap_or_default(),
        }
    }

    fn text(&self, part: impl Fn(&'a Enrichment) -> Option<&'a str>) -> String {
        self.enrichment.and_then(part).unwrap_or_default().to_owned()
    }
}
