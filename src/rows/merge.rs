//! An input row and what became of it, joined into an output row.
//!
//! Columns of an earlier run are replaced in place, missing ones appended. Invariants: input cells are never changed;
//! every added cell is defused unless raw cells are asked for; the same row and outcome give the same cells.
//! Cells beyond the known width of the table follow the added ones, so that these stay under their names.

use std::borrow::Cow;

use csv::StringRecord;
use jiff::Timestamp;

use super::fill::Fill;
use super::json::quoted;
use super::own::{OwnColumn, own_flags};
use super::read::{InputRow, Layout};
use crate::rules::company::Company;
use crate::rules::field::FieldSet;
use crate::rules::outcome::{Enrichment, Outcome, RowOutcome, RowStatus};
use crate::rules::record::read_back;
use crate::rules::target::Subject;

/// Which of our columns a table gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ours {
    /// All that belong to the fields asked.
    #[default]
    All,
    /// Status and error alone: why there is nothing else.
    Reason,
    /// None: the table is as it was.
    Nothing,
}

impl Ours {
    fn columns(self, fields: FieldSet) -> Vec<OwnColumn> {
        match self {
            Self::All => OwnColumn::all(fields).collect(),
            Self::Reason => vec![OwnColumn::Status, OwnColumn::Error],
            Self::Nothing => Vec::new(),
        }
    }
}

/// How rows are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeSpec {
    /// `--prefix`: of the data columns.
    pub prefix: String,
    /// `--fields`: the fields that have columns.
    pub fields: FieldSet,
    /// `--raw-cells`: added cells are written as they are.
    pub raw_cells: bool,
    /// `--fill`: the input's own columns that are filled too.
    pub fill: Fill,
    /// Which columns are added.
    pub ours: Ours,
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
    /// The cells behind the input's columns that are no columns: values within them that are asked.
    nested: usize,
    fields: FieldSet,
    raw_cells: bool,
    fill: Fill,
}

impl Merge {
    /// Plans the columns of the output.
    pub fn new(layout: &Layout, spec: &MergeSpec) -> Result<Self, Collision> {
        let own = spec.ours.columns(spec.fields);
        let own: Vec<(OwnColumn, String)> =
            own.into_iter().map(|column| (column, column.name(&spec.prefix))).collect();
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
        Ok(Self {
            header,
            replaced,
            appended,
            nested: layout.nested.len(),
            fields: spec.fields,
            raw_cells: spec.raw_cells,
            fill: spec.fill.clone(),
        })
    }

    /// Returns the names of the output's columns.
    pub const fn header(&self) -> &StringRecord {
        &self.header
    }

    /// Returns which of the output's columns are ours, in their order.
    pub fn columns(&self) -> impl Iterator<Item = Option<OwnColumn>> {
        self.replaced.iter().copied().chain(self.appended.iter().copied().map(Some))
    }

    /// Gives the cells of the output row, one after the other.
    pub fn join(&self, row: &InputRow, outcome: &RowOutcome, mut take: impl FnMut(&str)) {
        let added = Added::new(outcome, self.fields);
        let status = outcome.status();
        let earlier_answer = earlier_answer(row, status);
        let before = earlier_answer.as_ref().map(|answer| Added::new(answer, self.fields));
        for (position, replaced) in self.replaced.iter().enumerate() {
            let earlier = row.cells.get(position).unwrap_or_default();
            match replaced {
                Some(column) if status != RowStatus::Pending || *column == OwnColumn::Status => {
                    self.give(&added.cell(*column), &mut take);
                }
                Some(_) => take(earlier),
                None => match self.fill.cell(position, earlier, &added) {
                    Some(value) => self.give(&value, &mut take),
                    None => take(earlier),
                },
            }
        }
        for column in &self.appended {
            let of = before.as_ref().filter(|_| *column != OwnColumn::Status).unwrap_or(&added);
            self.give(&of.cell(*column), &mut take);
        }
        for cell in row.cells.iter().skip(self.replaced.len() + self.nested) {
            take(cell);
        }
    }

    fn give(&self, cell: &str, take: &mut impl FnMut(&str)) {
        give(cell, self.raw_cells, take);
    }
}

/// Returns what an earlier run found for a row of JSON that is pending now.
fn earlier_answer(row: &InputRow, status: RowStatus) -> Option<RowOutcome> {
    let object = row.object.as_ref().filter(|_| status == RowStatus::Pending)?;
    let record = object.text.get(object.enrichment.clone()?)?;
    read_back(record, &row.target.as_ref().ok()?.first)
}

/// Gives a cell, defused unless raw cells are asked for.
pub(super) fn give(cell: &str, raw_cells: bool, take: &mut impl FnMut(&str)) {
    if !raw_cells && runs_as_formula(cell) {
        take(&format!("'{cell}"));
    } else {
        take(cell);
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
        Self { row, asked, outcome, enrichment, fields }
    }

    /// Returns the row's state.
    pub(super) fn status(&self) -> RowStatus {
        self.row.status()
    }

    /// Returns a value as JSON: a field as the API wrote it, all else as text.
    pub(super) fn json(&self, column: OwnColumn) -> Cow<'a, str> {
        match (column, self.enrichment) {
            (OwnColumn::Field(field), Some(enrichment)) => {
                Cow::Borrowed(match enrichment.company.value(field) {
                    "" => "null",
                    value => value,
                })
            }
            _ => Cow::Owned(quoted(&self.cell(column))),
        }
    }

    /// Returns the text of a cell.
    pub(super) fn cell(&self, column: OwnColumn) -> Cow<'a, str> {
        match column {
            OwnColumn::Id => match self.asked {
                Some(Subject::CompanyId(id)) => Some(self.company(Company::id))
                    .filter(|answered| !answered.is_empty())
                    .unwrap_or(Cow::Borrowed(&**id)),
                Some(Subject::Domain(_)) | None => self.company(Company::id),
            },
            OwnColumn::Domain => match self.asked {
                Some(Subject::Domain(domain)) => Cow::Borrowed(&**domain),
                Some(Subject::CompanyId(_)) | None => self.company(Company::domain),
            },
            OwnColumn::Field(field) => self.company(|company| company.field(field)),
            OwnColumn::Status => self.row.status().name().into(),
            OwnColumn::Error => self.row.error().unwrap_or_default().into(),
            OwnColumn::Source => self.text(|enrichment| enrichment.source.as_deref()),
            OwnColumn::Confidence => self.text(|enrichment| enrichment.confidence.as_deref()),
            OwnColumn::FieldsUpdated => self
                .enrichment
                .map(|enrichment| enrichment.updated_among(self.fields).join("; "))
                .unwrap_or_default()
                .into(),
            OwnColumn::RequestId => {
                self.outcome.and_then(|outcome| outcome.request_id.as_deref()).unwrap_or_default().into()
            }
            OwnColumn::At => {
                self.outcome.map(|outcome| written(outcome.answered_at)).unwrap_or_default().into()
            }
        }
    }

    fn company(&self, part: impl Fn(&'a Company) -> Cow<'a, str>) -> Cow<'a, str> {
        self.enrichment.map(|enrichment| part(&enrichment.company)).unwrap_or_default()
    }

    fn text(&self, part: impl Fn(&'a Enrichment) -> Option<&'a str>) -> Cow<'a, str> {
        self.enrichment.and_then(part).unwrap_or_default().into()
    }
}
