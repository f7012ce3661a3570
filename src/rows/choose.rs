//! Choosing the columns of a table that are asked: by option, by known header names, else by what the first rows hold.
//!
//! A name is believed unless enough values speak against it. Own columns of an earlier run are never chosen, so that
//! running on one's own output asks the same again.

use std::cmp::Reverse;
use std::fmt::Write as _;

use csv::StringRecord;

use super::columns::{ColumnError, Columns, Found};
use super::held::Held;
use super::names::{Role, folded, is_elsewhere, is_vague, role};
use super::read::Layout;
use super::sniff::is_target_like;
use crate::rules::alike::{ROUGHLY, nearest};
use crate::rules::redact::excerpt;

/// How many columns an error lists.
const LISTED: usize = 40;

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

/// The columns that were found in one way.
#[derive(Default)]
struct Picked {
    id: Option<usize>,
    domains: Vec<usize>,
}

impl Picked {
    fn is_empty(&self) -> bool {
        self.id.is_none() && self.domains.is_empty()
    }
}

/// The columns with known names.
#[derive(Default)]
struct Named {
    /// Those of which the values do not speak against the name.
    believed: Picked,
    /// The others, except links to something else: better than nothing.
    doubted: Picked,
    /// Whether a value of the believed ones is a domain.
    is_confirmed: bool,
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
        let mut named = self.by_name();
        if let Some(column) = asked_domain {
            let id = asked_id.or(named.believed.id.filter(|id| *id != column));
            return Ok(Columns { id, domains: vec![column], found: Found::Asked });
        }
        let found = if asked_id.is_some() { Found::Asked } else { Found::ByName };
        if asked_id.is_some() {
            // A column that may hold either is asked for domains no more where another has the ids.
            let either = named.believed.id.filter(|id| named.believed.domains == [*id]);
            named.believed.domains.retain(|column| either != Some(*column));
            named.believed.id = asked_id;
        }
        if named.is_confirmed {
            return Ok(named.believed.with(found));
        }
        match self.by_content() {
            Ok(content) => Ok(self.joined(named.believed, content, found)),
            Err(_) if !named.believed.is_empty() => Ok(named.believed.with(found)),
            Err(_) if !named.doubted.is_empty() => Ok(named.doubted.with(found)),
            Err(error) => Err(error),
        }
    }

    /// Joins the columns with known names, in which no domain was seen, with those found by their values.
    fn joined(&self, named: Picked, content: Picked, found: Found) -> Columns {
        let first = content.domains.first().or(content.id.as_ref());
        let held = first.map(|column| self.held(*column)).unwrap_or_default();
        let confidence = held.confidence();
        if named.is_empty() {
            return content.with(Found::ByContent { confidence });
        }
        // A few rows are not enough to ask by a column besides the one that has the name.
        let mut added = content.domains;
        added.retain(|column| !named.domains.contains(column) && named.id != Some(*column));
        if added.is_empty() || !named.domains.is_empty() && !held.is_enough() {
            return named.with(found);
        }
        let domains = [named.domains, added].concat();
        Columns { id: named.id, domains, found: Found::ByContent { confidence } }
    }

    /// Returns the column that an option means: a name exactly, a name in another case, a number.
    pub(super) fn named(&self, name: &str, option: &'static str) -> Result<usize, ColumnError> {
        let trimmed = name.trim();
        let lower = trimmed.to_lowercase();
        let named = |is_meant: &dyn Fn(&str) -> bool| -> Vec<usize> {
            let all = self.headers.iter().enumerate().filter(|_| self.has_header && !trimmed.is_empty());
            all.filter(|(_, header)| is_meant(header)).map(|(column, _)| column).collect()
        };
        let mut columns = named(&|header| header == name);
        if columns.is_empty() {
            columns = named(&|header| header.trim().to_lowercase() == lower);
        }
        if columns.is_empty() && !lower.is_ascii() {
            // Letters with diacritics are written in two ways.
            columns = named(&|header| folded(header) == folded(name));
        }
        if columns.len() > 1 {
            let filled: Vec<usize> =
                columns.iter().copied().filter(|column| self.held(*column).values > 0).collect();
            return match filled.as_slice() {
                [column] => Ok(*column),
                _ => Err(ColumnError::Twice {
                    option,
                    column: excerpt(trimmed),
                    columns: self.list(columns.into_iter(), |column| self.example(column)),
                }),
            };
        }
        let number = || trimmed.parse::<usize>().ok()?.checked_sub(1);
        let column = columns.first().copied().or_else(number);
        column.filter(|column| *column < self.headers.len()).ok_or_else(|| ColumnError::Unknown {
            option,
            column: excerpt(name),
            columns: self.all(),
            nearest: nearest(trimmed, self.headers, ROUGHLY).map(excerpt),
        })
    }

    /// Returns the columns of which the names are known.
    fn by_name(&self) -> Named {
        let known_by = self.names.unwrap_or(self.headers);
        let free = known_by.iter().enumerate().filter(|(column, _)| !self.is_own(*column));
        let mut roles: Vec<_> =
            free.filter_map(|(column, name)| Some((role(name)?, name.len(), name, column))).collect();
        // Of names that mean the same the shortest goes first, wherever it stands.
        roles.sort_unstable();
        let mut named = Named::default();
        let mut either = None;
        for (role, _, _, column) in roles {
            let held = self.held(column);
            match role {
                Role::Either => either = either.or(Some(column)),
                Role::SomeId if !held.is_of_ids() => {}
                // What the API calls its own goes before what anybody calls an id: it was sorted before it.
                Role::Id if held.denies_ids() => named.doubted.id = named.doubted.id.or(Some(column)),
                Role::Id | Role::SomeId => named.believed.id = named.believed.id.or(Some(column)),
                Role::Website(_) | Role::Email(_) if held.is_of_other_links(is_vague(role)) => {}
                // "URL" may mean the record's own: it is not asked where another column tells the website.
                Role::Website(_) if is_vague(role) && named.is_confirmed => {}
                Role::Website(_) | Role::Email(_) if held.denies_domains() => {
                    named.doubted.domains.push(column);
                }
                Role::Website(_) | Role::Email(_) => {
                    named.is_confirmed |= held.has_domains();
                    named.believed.domains.push(column);
                }
            }
        }
        if let Some(column) = either.filter(|_| named.believed.is_empty()) {
            named.believed = Picked { id: Some(column), domains: vec![column] };
            named.is_confirmed = true;
        }
        named
    }

    /// Returns the columns of which the first rows hold targets.
    fn by_content(&self) -> Result<Picked, ColumnError> {
        let free = (0..self.headers.len()).filter(|column| !self.is_own(*column));
        let free = free.filter(|column| !self.headers.get(*column).is_some_and(is_elsewhere));
        let held: Vec<(usize, Held<'_>)> = free.map(|column| (column, self.held(column))).collect();
        if self.names.is_none()
            && let Some(cell) = self.is_data(&held)
        {
            return Err(ColumnError::NoHeader { cell });
        }
        let ids: Vec<usize> =
            held.iter().filter(|(_, held)| held.is_of_ids()).map(|(column, _)| *column).collect();
        let mut domains: Vec<_> = held.iter().filter(|(_, held)| held.is_of_domains()).collect();
        // Where nothing can be asked by a column, it is one only if there is no other.
        if domains.iter().any(|(_, held)| held.askable > 0) {
            domains.retain(|(_, held)| held.askable > 0);
        }
        let (addresses, websites): (Vec<_>, Vec<_>) =
            domains.into_iter().partition(|(_, held)| held.is_of_addresses());
        let columns = |of: &[&(usize, Held<'_>)]| of.iter().map(|(column, _)| *column).collect::<Vec<_>>();
        let (addresses, websites) = (columns(&addresses), columns(&websites));
        let domains = match (websites.as_slice(), addresses.as_slice()) {
            ([_], [] | [_]) | ([], [_]) => [websites, addresses].concat(),
            ([_], _) => websites,
            ([], []) => Vec::new(),
            ([], several) | (several, _) => return Err(self.ambiguous(several, "domain", "--domain-column")),
        };
        match ids.as_slice() {
            [] if domains.is_empty() => Err(ColumnError::NoneFound { columns: self.all() }),
            [] => Ok(Picked { id: None, domains }),
            [id] => Ok(Picked { id: Some(*id), domains }),
            several if domains.is_empty() => Err(self.ambiguous(several, "company id", "--id-column")),
            // Whose ids they are is not known: the domain does without them.
            _ => Ok(Picked { id: None, domains }),
        }
    }

    /// Returns the cell of the header that shows it to be data: a target above others, or above nothing.
    fn is_data(&self, held: &[(usize, Held<'_>)]) -> Option<Box<str>> {
        let above = held.iter().filter(|(_, held)| held.values == 0 || held.is_of_domains());
        let cells = above.filter_map(|(column, _)| self.headers.get(*column).filter(|_| self.has_header));
        cells.into_iter().find(|cell| is_target_like(cell)).map(excerpt)
    }

    fn ambiguous(&self, columns: &[usize], what: &'static str, option: &'static str) -> ColumnError {
        let mut columns: Vec<(Reverse<u8>, usize)> =
            columns.iter().map(|column| (Reverse(self.held(*column).confidence()), *column)).collect();
        columns.sort_unstable();
        let says = |column| format!("{} %, {}", self.held(column).confidence(), self.example(column));
        let columns = self.list(columns.into_iter().map(|(_, column)| column), says);
        ColumnError::Ambiguous { what, columns, option }
    }

    fn is_own(&self, column: usize) -> bool {
        self.own.get(column).copied().unwrap_or(false)
    }

    /// Returns what a column holds in the first rows.
    fn held(&self, column: usize) -> Held<'_> {
        Held::of(self.sample.iter().filter_map(|row| row.get(column)))
    }

    /// Returns a value of a column for a message.
    fn example(&self, column: usize) -> String {
        self.held(column)
            .example
            .map_or_else(|| "empty".to_owned(), |value| format!("e.g. {}", excerpt(value.trim())))
    }

    /// Returns the names of all columns for a message.
    fn all(&self) -> String {
        self.list(0..self.headers.len(), |_| String::new())
    }

    /// Returns the names of columns for a message, and what is said of each; numbers where names do not tell them apart.
    fn list(&self, columns: impl Iterator<Item = usize>, says: impl Fn(usize) -> String) -> String {
        let mut text = String::new();
        for (place, column) in columns.enumerate() {
            if place == LISTED {
                text.push_str(", …");
                break;
            }
            let separator = if place == 0 { "" } else { ", " };
            let alike = |name: &&str| self.headers.iter().filter(|other| other == name).count();
            let name = self.headers.get(column).filter(|name| self.has_header && !name.is_empty());
            let said = says(column);
            let said = if said.is_empty() { said } else { format!(" ({said})") };
            // Writing to a string cannot fail.
            let _ = match name {
                Some(name) if alike(&name) == 1 => write!(text, "{separator}'{}'{said}", excerpt(name)),
                _ => write!(text, "{separator}number {}{said}", column + 1),
            };
        }
        text
    }
}

impl Picked {
    fn with(self, found: Found) -> Columns {
        Columns { id: self.id, domains: self.domains, found }
    }
}

#[cfg(test)]
mod tests;
