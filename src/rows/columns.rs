//! The columns by which a table is asked, what a row asks for by them, and why none may be found.

use csv::StringRecord;

use crate::rules::redact::excerpt;
use crate::rules::target::{InvalidInput, Subdomains, Target, parse_any, parse_row};

/// The columns that a row is asked by, counted from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// The column with company ids.
    pub id: Option<usize>,
    /// The columns with domains, the most trusted first. One that is also [`Self::id`] holds either.
    pub domains: Vec<usize>,
    /// How they were found.
    pub found: Found,
}

/// How the columns were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Found {
    /// By the names that options gave.
    Asked,
    /// By known header names.
    #[default]
    ByName,
    /// By what the first rows hold.
    ByContent {
        /// Of 100 values of the column that was found so, the first of several, how many can be asked.
        confidence: u8,
    },
}

impl Columns {
    /// Returns the columns of a plain list.
    pub fn of_list() -> Self {
        Self { id: Some(0), domains: vec![0], found: Found::ByName }
    }

    /// Returns the columns that are looked at, each once.
    pub fn asked(&self) -> Vec<usize> {
        let mut asked: Vec<usize> = self.id.into_iter().chain(self.domains.iter().copied()).collect();
        asked.sort_unstable();
        asked.dedup();
        asked
    }

    /// Returns what a row asks for, of which `get` gives the cells.
    pub fn target<'a>(
        &self,
        get: impl Fn(usize) -> Option<&'a str>,
        subdomains: Subdomains,
    ) -> Result<Target, InvalidInput> {
        let id = self.id.and_then(&get);
        let cell = |column: &usize| get(*column).unwrap_or_default();
        match self.domains.as_slice() {
            [column] if self.id == Some(*column) => {
                parse_any(cell(column), subdomains).map(|first| Target { first, fallback: None })
            }
            [column] => parse_row(id, &[cell(column)], subdomains),
            columns => {
                let cells: Vec<&str> = columns.iter().map(cell).collect();
                parse_row(id, &cells, subdomains)
            }
        }
    }

    /// Returns what a row says about whom it means, fit to be shown: its first domain cell, else its id.
    pub fn shown(&self, cells: &StringRecord) -> Box<str> {
        let columns = self.domains.iter().copied().chain(self.id);
        let said = columns.filter_map(|column| cells.get(column)).find(|cell| !cell.trim().is_empty());
        excerpt(said.unwrap_or_default().trim())
    }
}

/// Why no columns can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ColumnError {
    /// The option names no column.
    #[error("there is no column '{column}' for {option}; the columns are {columns}")]
    Unknown {
        /// The option.
        option: &'static str,
        /// What it said.
        column: Box<str>,
        /// The columns that there are.
        columns: String,
        /// The name that may have been meant.
        nearest: Option<Box<str>>,
    },
    /// The option names several columns alike.
    #[error("several columns are called '{column}': {columns}")]
    Twice {
        /// The option.
        option: &'static str,
        /// What it said.
        column: Box<str>,
        /// Those columns.
        columns: String,
    },
    /// Several columns hold domains, or ids, under names that say nothing.
    #[error("several columns could be the {what}: {columns}")]
    Ambiguous {
        /// What they hold.
        what: &'static str,
        /// Those columns, with the share of their values that can be asked, and one of these.
        columns: String,
        /// The option to use.
        option: &'static str,
    },
    /// No column holds domains or ids.
    #[error(
        "no column with domains, websites, e-mail addresses or company ids was found; the columns are {columns}"
    )]
    NoneFound {
        /// The columns that there are.
        columns: String,
    },
    /// The first row holds targets and not names.
    #[error("the first row looks like data, not like column names: it has '{cell}'")]
    NoHeader {
        /// The cell that shows it.
        cell: Box<str>,
    },
}

impl ColumnError {
    /// Returns what to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Unknown { nearest: Some(name), .. } => format!("did you mean '{name}'?"),
            Self::Unknown { nearest: None, .. } => {
                "give a column's name, or its number counted from 1".to_owned()
            }
            Self::Twice { option, .. } => format!("give {option} the number of the one that is meant"),
            Self::Ambiguous { option, .. } => format!("name the one that is meant with {option}"),
            Self::NoneFound { .. } => "name the column with --domain-column or --id-column".to_owned(),
            Self::NoHeader { .. } => {
                "add --no-headers, or name the column with --domain-column if these are its names".to_owned()
            }
        }
    }
}
