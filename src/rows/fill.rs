//! `--fill`: which of the input's own columns are filled from the API's record, and with what.
//!
//! Only empty cells of enriched rows are filled, others too where that is asked for, and a cell is never emptied. The
//! columns that are asked stay as they are, but for a domain's, which asks the same when it holds the domain asked.

mod known;

use std::borrow::Cow;

use self::known::{NAMES, OF_PEOPLE};
use super::choose::Table;
use super::columns::ColumnError;
use super::json::is_void;
use super::merge::Added;
use super::names::joined;
use super::own::OwnColumn;
use super::read::Layout;
use crate::rules::alike::{ROUGHLY, nearest};
use crate::rules::field::{Field, FieldSet};
use crate::rules::outcome::RowStatus;
use crate::rules::redact::excerpt;

/// What is to be filled, as it was asked for.
#[derive(Clone, Copy, Debug)]
pub struct FillSpec<'a> {
    /// `--fill`: `COL=FIELD,…` or `auto`.
    pub text: &'a str,
    /// `--fields`.
    pub fields: FieldSet,
    /// `--overwrite`: cells that are not empty are replaced.
    pub overwrite: bool,
}

/// The columns that are filled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fill {
    columns: Vec<(usize, OwnColumn)>,
    overwrite: bool,
}

/// Why columns cannot be filled as asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// There is no such column.
    #[error(transparent)]
    Column(#[from] ColumnError),
    /// A part of the list is no pair.
    #[error("--fill: '{0}' is not COL=FIELD")]
    NotAPair(Box<str>),
    /// There is no such field.
    #[error("--fill: there is no field '{field}'; the fields are id,domain,{all}", all = FieldSet::ALL)]
    UnknownField {
        /// What it said.
        field: Box<str>,
        /// The field that may have been meant.
        nearest: Option<&'static str>,
    },
    /// The field is not asked for.
    #[error("--fill '{column}={field}': --fields leaves out '{field}'")]
    NotRequested {
        /// The column.
        column: Box<str>,
        /// The field.
        field: &'static str,
    },
    /// The column is named more than once.
    #[error("--fill names the column '{0}' twice")]
    Twice(Box<str>),
    /// The column is one that this program adds.
    #[error("--fill: the column '{0}' was added by an earlier run, and is replaced anyway")]
    Own(Box<str>),
    /// The column is one that is asked.
    #[error("--fill: rows are asked by the column '{0}', which can take nothing else")]
    Asked(Box<str>),
}

impl FillError {
    /// Returns what to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Column(error) => error.hint(),
            Self::NotAPair(_) => {
                "for example --fill 'Industry=industry,Employees=size', or --fill auto".to_owned()
            }
            Self::UnknownField { nearest: Some(name), .. } => format!("did you mean '{name}'?"),
            Self::UnknownField { nearest: None, .. } => "give one of these".to_owned(),
            Self::NotRequested { field, .. } => format!("add '{field}' to --fields, or leave --fields out"),
            Self::Twice(_) | Self::Own(_) => "leave it out".to_owned(),
            Self::Asked(_) => {
                "leave it out; a column of domains can be filled with 'domain', the domain that was asked"
                    .to_owned()
            }
        }
    }
}

impl Fill {
    /// Finds the columns to fill. With `auto` there may be none.
    pub fn plan(spec: &FillSpec<'_>, layout: &Layout) -> Result<Self, FillError> {
        let columns = if spec.text.trim().eq_ignore_ascii_case("auto") {
            by_name(layout, spec.fields)
        } else {
            asked(spec, layout)?
        };
        Ok(Self { columns, overwrite: spec.overwrite })
    }

    /// Returns whether nothing is filled.
    pub const fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Returns the columns with what fills them, where a row of this state is filled at all.
    pub(super) fn columns(&self, status: RowStatus) -> impl Iterator<Item = (usize, OwnColumn)> {
        let columns = if status == RowStatus::Enriched { self.columns.as_slice() } else { &[] };
        columns.iter().copied()
    }

    /// Returns the text that takes the place of a cell, if any does.
    pub(super) fn cell<'a>(&self, column: usize, earlier: &str, added: &Added<'a>) -> Option<Cow<'a, str>> {
        let (_, own) = self.columns(added.status()).find(|(filled, _)| *filled == column)?;
        if !self.overwrite && !earlier.trim().is_empty() {
            return None;
        }
        Some(added.cell(own)).filter(|value| !value.trim().is_empty())
    }

    /// Returns the JSON that takes the place of a value, if any does.
    pub(super) fn value<'a>(
        &self,
        own: OwnColumn,
        earlier: Option<&str>,
        added: &Added<'a>,
    ) -> Option<Cow<'a, str>> {
        if !self.overwrite && !earlier.is_none_or(is_void) {
            return None;
        }
        Some(added.json(own)).filter(|value| !is_void(value))
    }
}

/// Returns the columns that a list names.
fn asked(spec: &FillSpec<'_>, layout: &Layout) -> Result<Vec<(usize, OwnColumn)>, FillError> {
    let table = Table::to_find(layout);
    let mut columns: Vec<(usize, OwnColumn)> = Vec::new();
    for pair in pairs(spec.text) {
        let (name, field) = pair.rsplit_once('=').ok_or_else(|| FillError::NotAPair(excerpt(pair)))?;
        let own = field_named(field.trim())?;
        let column = table.named(name, "--fill")?;
        let shown = || excerpt(name.trim());
        if let OwnColumn::Field(field) = own
            && !spec.fields.contains(field)
        {
            return Err(FillError::NotRequested { column: shown(), field: field.name() });
        }
        if columns.iter().any(|(taken, _)| *taken == column) {
            return Err(FillError::Twice(shown()));
        }
        if layout.own.get(column).copied().unwrap_or(false) {
            return Err(FillError::Own(shown()));
        }
        if !may_take(layout, column, own) {
            return Err(FillError::Asked(shown()));
        }
        columns.push((column, own));
    }
    if columns.is_empty() { Err(FillError::NotAPair(excerpt(spec.text))) } else { Ok(columns) }
}

/// Cuts a list into pairs. The name of a column may have commas and equals signs in it, a field has none.
fn pairs(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let mut pieces = rest.match_indices(',').map(|(at, _)| at);
        let end = pieces
            .find(|at| rest.get(..*at).is_some_and(|pair| pair.trim().is_empty() || pair.contains('=')));
        let (pair, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after.strip_prefix(',').unwrap_or(after);
        (!pair.is_empty() || !rest.is_empty()).then_some(pair)
    })
    .filter(|pair| !pair.trim().is_empty())
}

fn field_named(name: &str) -> Result<OwnColumn, FillError> {
    let lower = name.to_lowercase();
    let own = match &*lower {
        "id" => Some(OwnColumn::Id),
        "domain" => Some(OwnColumn::Domain),
        name => Field::named(name).map(OwnColumn::Field),
    };
    own.ok_or_else(|| {
        let names = ["id", "domain"].into_iter().chain(Field::ALL.map(Field::name));
        FillError::UnknownField { field: excerpt(name), nearest: nearest(name, names, ROUGHLY) }
    })
}

/// Returns whether a column may take a value: one that is asked must ask the same afterwards.
fn may_take(layout: &Layout, column: usize, own: OwnColumn) -> bool {
    let columns = &layout.columns;
    columns.id != Some(column) && (!columns.domains.contains(&column) || own == OwnColumn::Domain)
}

/// Returns the columns of which the names are known, one for each field: of several the one that tells most.
fn by_name(layout: &Layout, fields: FieldSet) -> Vec<(usize, OwnColumn)> {
    let headers = layout.headers.iter().filter(|_| layout.has_header).map(joined);
    let names: Vec<(usize, String)> = headers.enumerate().filter(|(_, name)| !name.is_empty()).collect();
    let about_people = names.iter().any(|(_, name)| OF_PEOPLE.contains(&&**name));
    let mut columns: Vec<(usize, OwnColumn)> = Vec::new();
    for (field, always, of_companies) in NAMES.into_iter().filter(|(field, _, _)| fields.contains(*field)) {
        let own = OwnColumn::Field(field);
        let is_free = |column: usize| {
            !layout.own.get(column).copied().unwrap_or(false)
                && !layout.objects.contains(&column)
                && may_take(layout, column, own)
        };
        let of_companies = if about_people { &[] } else { of_companies };
        let mut known = always.iter().chain(of_companies);
        let found =
            known.find_map(|known| names.iter().find(|(column, name)| name == known && is_free(*column)));
        columns.extend(found.map(|(column, _)| (*column, own)));
    }
    columns.sort_unstable_by_key(|(column, _)| *column);
    columns
}

#[cfg(test)]
mod tests;
