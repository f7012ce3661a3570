//! Choosing the columns of a table that are asked: by option, by known header names, else by what the first rows hold.
//!
//! Own columns of an earlier run are never chosen, so that running on one's own output asks the same again.

use std::collections::HashSet;
use std::fmt::Write as _;

use csv::StringRecord;

use super::columns::{ColumnError, Columns, Found};
use super::names::{Role, role};
use super::read::Layout;
use super::sniff::is_target_like;
use crate::rules::redact::excerpt;
use crate::rules::target::{Subdomains, parse_company_id, parse_domain};

/// Of 100 values that are not blank, how many must be targets for a column without a known name to be chosen.
const TARGETS_IN_100: usize = 60;

/// How many header names an error lists.
const LISTED: usize = 40;

/// How alike a name must be to be suggested, from 0 to 1.
pub(super) const ALIKE: f64 = 0.6;

/// What is known about a table when its columns are chosen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'a> {
    /// The names; empty ones where the table has no header.
    pub(super) headers: &'a StringRecord,
    /// Whether the names are the table's own.
    pub(super) has_header: bool,
    /// The names by which columns are known, where they are names without a doubt; else the headers.
    pub(super) names: Option<&'a StringRecord>,
    /// For each column, whether this program added it earlier.
    pub(super) own: &'a [bool],
    /// The first rows.
    pub(super) sample: &'a [StringRecord],
    /// `--domain-column`.
    pub(super) domain_column: Option<&'a str>,
    /// `--id-column`.
    pub(super) id_column: Option<&'a str>,
}

impl<'a> Table<'a> {
    /// Returns a table in which columns are only found by name or number.
    pub(super) fn to_find(layout: &'a Layout) -> Self {
        Self {
            headers: &layout.headers,
            has_header: layout.has_header,
            names: None,
            own: &layout.own,
            sample: &[],
            domain_column: None,
            id_column: None,
        }
    }

    /// Chooses the columns.
    pub(super) fn choose(&self) -> Result<Columns, ColumnError> {
        let asked_domain = self.domain_column.map(|name| self.named(name, "--domain-column")).transpose()?;
        let asked_id = self.id_column.map(|name| self.named(name, "--id-column")).transpose()?;
        let named = self.by_name();
        let id = asked_id.or(named.id.filter(|column| asked_domain != Some(*column)));
        if let Some(column) = asked_domain {
            return Ok(Columns { id, domains: vec![column], found: Found::Asked });
        }
        let found = if asked_id.is_some() { Found::Asked } else { Found::ByName };
        if !named.domains.is_empty() {
            let either_is_id = named.id.is_some_and(|column| named.domains == [column]);
            let domains = if asked_id.is_some() && either_is_id { Vec::new() } else { named.domains };
            return Ok(Columns { id, domains, found });
        }
        match self.by_content() {
            Ok(content) => {
                let (found, id) = if id.is_some() { (found, id) } else { (Found::ByContent, content.id) };
                Ok(Columns { id, domains: content.domains, found })
            }
            Err(_) if id.is_some() => Ok(Columns { id, domains: Vec::new(), found }),
            Err(error) => Err(error),
        }
    }

    /// Returns the column that an option means: a name exactly, a name in another case, a number.
    pub(super) fn named(&self, name: &str, option: &'static str) -> Result<usize, ColumnError> {
        let trimmed = name.trim();
        let exactly = self.headers.iter().position(|header| header == name);
        let nearly =
            || self.headers.iter().position(|header| header.trim().to_lowercase() == trimmed.to_lowercase());
        let number =
            || trimmed.parse::<usize>().ok()?.checked_sub(1).filter(|column| *column < self.headers.len());
        let by_name = if self.has_header && !trimmed.is_empty() { exactly.or_else(nearly) } else { None };
        by_name.or_else(number).ok_or_else(|| ColumnError::Unknown {
            option,
            column: excerpt(name),
            columns: self.list(0..self.headers.len()),
            nearest: self.nearest(trimmed),
        })
    }

    /// Returns the header that is most like a name that is none.
    fn nearest(&self, name: &str) -> Option<Box<str>> {
        let wanted = name.to_lowercase();
        self.headers
            .iter()
            .filter(|header| !header.is_empty())
            .map(|header| (strsim::jaro_winkler(&wanted, &header.to_lowercase()), header))
            .filter(|(alike, _)| *alike >= ALIKE)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, header)| excerpt(header))
    }

    /// Returns the columns of which the names are known.
    fn by_name(&self) -> Columns {
        let names = self.names.unwrap_or(self.headers);
        let roles = names.iter().enumerate().filter(|(column, _)| !self.is_own(*column));
        let roles: Vec<(Role, usize)> =
            roles.filter_map(|(column, name)| Some((role(name)?, column))).collect();
        let first = |wanted: fn(&Role) -> bool| {
            roles.iter().find(|(role, _)| wanted(role)).map(|(_, column)| *column)
        };
        let some_id = roles
            .iter()
            .find(|(role, column)| *role == Role::SomeId && self.holds_ids(*column))
            .map(|(_, column)| *column);
        let mut domains: Vec<(Role, usize)> = roles
            .iter()
            .copied()
            .filter(|(role, _)| matches!(role, Role::Website(_) | Role::Email(_)))
            .collect();
        domains.sort_unstable();
        let mut columns = Columns {
            id: first(|role| *role == Role::Id).or(some_id),
            domains: domains.into_iter().map(|(_, column)| column).collect(),
            found: Found::ByName,
        };
        if let Some(either) = first(|role| *role == Role::Either)
            && columns.domains.is_empty()
            && columns.id.is_none()
        {
            columns = Columns { id: Some(either), domains: vec![either], found: Found::ByName };
        }
        columns
    }

    /// Returns the columns of which the first rows hold targets.
    fn by_content(&self) -> Result<Columns, ColumnError> {
        if self.has_header
            && self.names.is_none()
            && let Some(cell) = self.headers.iter().find(|cell| is_target_like(cell))
        {
            return Err(ColumnError::NoHeader { cell: excerpt(cell) });
        }
        let free: Vec<usize> = (0..self.headers.len()).filter(|column| !self.is_own(*column)).collect();
        let id = free.iter().copied().find(|column| self.holds_ids(*column));
        let domains = free.into_iter().filter(|column| self.holds_domains(*column));
        let (addresses, websites): (Vec<usize>, Vec<usize>) =
            domains.partition(|column| self.holds_addresses(*column));
        let domains = match (websites.as_slice(), addresses.as_slice()) {
            ([_], [] | [_]) | ([], [_]) => [websites, addresses].concat(),
            ([website], _) => vec![*website],
            ([], []) if id.is_some() => Vec::new(),
            ([], []) => {
                return Err(ColumnError::NoneFound { columns: self.list(0..self.headers.len()) });
            }
            ([], several) | (several, _) => {
                return Err(ColumnError::Ambiguous { columns: self.list(several.iter().copied()) });
            }
        };
        Ok(Columns { id, domains, found: Found::ByContent })
    }

    fn is_own(&self, column: usize) -> bool {
        self.own.get(column).copied().unwrap_or(false)
    }

    /// Returns the values of a column in the first rows that are not blank.
    fn values(&self, column: usize) -> impl Iterator<Item = &str> {
        self.sample.iter().filter_map(move |row| row.get(column)).filter(|cell| !cell.trim().is_empty())
    }

    /// Returns whether enough of a column's values pass a test, and there are any.
    fn mostly(&self, column: usize, test: impl Fn(&str) -> bool) -> bool {
        let values = self.values(column).count();
        let passed = self.values(column).filter(|value| test(value)).count();
        values > 0 && passed * 100 >= values * TARGETS_IN_100
    }

    fn holds_ids(&self, column: usize) -> bool {
        self.mostly(column, |value| parse_company_id(value).is_ok())
    }

    fn holds_addresses(&self, column: usize) -> bool {
        self.mostly(column, |value| value.contains('@'))
    }

    /// Returns whether a column's values are domains, and not all at one host, as links to profiles are.
    fn holds_domains(&self, column: usize) -> bool {
        let targets = |value: &str| is_target_like(value) && parse_company_id(value).is_err();
        let distinct: HashSet<String> = self
            .values(column)
            .filter_map(|value| parse_domain(value, Subdomains::Collapse).ok())
            .map(|subject| subject.to_string())
            .collect();
        self.mostly(column, targets) && (distinct.len() > 1 || self.values(column).count() < 3)
    }

    /// Returns the names of columns for a message; numbers where there are none.
    fn list(&self, columns: impl Iterator<Item = usize>) -> String {
        let mut text = String::new();
        for (place, column) in columns.enumerate() {
            if place == LISTED {
                text.push_str(", …");
                break;
            }
            let separator = if place == 0 { "" } else { ", " };
            let name = self.headers.get(column).filter(|name| self.has_header && !name.is_empty());
            // Writing to a string cannot fail.
            let _ = match name {
                Some(name) => write!(text, "{separator}'{}'", excerpt(name)),
                None => write!(text, "{separator}number {}", column + 1),
            };
        }
        text
    }
}
