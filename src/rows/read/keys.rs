//! What lines of JSON look like: their keys as columns, and which of them, or of the values within them, are asked.
//!
//! Looks at a bounded prefix. A value within objects is named by its path, such as `company.domain`; it is no column of
//! the table, and only there to be asked.

use csv::StringRecord;

use super::bytes::Bytes;
use super::jsonl::{Asks, is_ours, text_within, understand};
use super::{InputSpec, Layout, ReadError};
use crate::rows::choose::Table;
use crate::rows::columns::{ColumnError, Columns, Found};
use crate::rows::json::{Member, members, read_members, text};
use crate::rows::names::{Role, role};
use crate::rows::own::own_flags;
use crate::rules::redact::excerpt;

/// How deep values within objects are looked for.
const DEEPEST: usize = 4;

/// Words that make the last part of a path tell what it leads to, whatever it is a part of.
const TELLING: [&str; 3] = ["domain", "website", "homepage"];

/// What the first lines hold.
#[derive(Default)]
struct Sample {
    /// The keys, in the order in which they first appear.
    keys: Vec<String>,
    /// The paths to values within objects, likewise.
    nested: Vec<Vec<String>>,
    /// The lines as objects.
    lines: Vec<Box<str>>,
    /// Whether one of them is an object or a target.
    is_readable: bool,
}

/// Completes the layout of lines of JSON, by their first bytes.
pub(super) fn describe(layout: Layout, bytes: &Bytes, spec: &InputSpec) -> Result<Layout, ReadError> {
    let sample = sample(bytes);
    if !sample.is_readable {
        return Err(ReadError::NoObjects { path: bytes.path.clone() });
    }
    let headers: StringRecord = sample.keys.iter().collect();
    let own = own_flags(headers.iter(), &spec.prefix);
    let mut layout = Layout { headers, own, has_header: true, objects: sample.objects(), ..layout };
    layout.columns = sample.choose(&layout, spec).map_err(|source| match sample.rows_within() {
        Some(key) if bytes.whole => ReadError::RowsWithin { path: bytes.path.clone(), key },
        _ => ReadError::Columns { path: bytes.path.clone(), source },
    })?;
    layout.keep_asked(&sample.nested);
    Ok(layout)
}

impl Layout {
    /// Keeps those values within columns that are asked, and puts them right behind the columns.
    fn keep_asked(&mut self, nested: &[Vec<String>]) {
        let width = self.headers.len();
        let mut kept = Vec::new();
        for column in self.columns.id.iter_mut().chain(&mut self.columns.domains) {
            let Some(keys) = column.checked_sub(width).and_then(|place| nested.get(place)) else { continue };
            let place = kept.iter().position(|known| known == keys).unwrap_or_else(|| {
                kept.push(keys.clone());
                kept.len() - 1
            });
            *column = width + place;
        }
        self.nested = kept;
    }
}

/// Reads the lines of a prefix, without one that may be cut off; of the first also what is there of it.
fn sample(bytes: &Bytes) -> Sample {
    let mut sample = Sample::default();
    let text = String::from_utf8_lossy(&bytes.prefix);
    let mut lines = text.split('\n').zip(1..).filter(|(line, _)| !line.trim().is_empty()).peekable();
    while let Some((line, number)) = lines.next() {
        let is_cut = lines.peek().is_none() && !bytes.whole && !text.ends_with('\n');
        if !is_cut {
            let row = understand(line, number, |members| sample.take(members));
            sample.is_readable |= !matches!(row.asks, Asks::Nothing(_));
            sample.lines.push(row.object.text);
        } else if sample.lines.is_empty() {
            let mut members = Vec::new();
            // It is cut off: that there is a fault is known.
            let _ = read_members(line, &mut members);
            sample.take(&members);
            sample.is_readable = !members.is_empty();
            let whole = members.iter().map(|member| format!("{}:{}", member.written_key, member.value));
            sample.lines.push(format!("{{{}}}", whole.collect::<Vec<_>>().join(",")).into());
        }
    }
    sample
}

impl Sample {
    /// Takes the keys of an object.
    fn take(&mut self, members: &[Member<'_>]) {
        for member in members.iter().filter(|member| !is_ours(member)) {
            if !self.keys.iter().any(|key| *key == member.key) {
                self.keys.push(member.key.clone().into_owned());
            }
            self.descend(member, Vec::new());
        }
    }

    /// Takes the paths to the values within a value.
    fn descend(&mut self, member: &Member<'_>, mut path: Vec<String>) {
        path.push(member.key.clone().into_owned());
        if !member.value.starts_with('{') {
            if path.len() > 1 && !has_objects(member.value) && !self.nested.contains(&path) {
                self.nested.push(path);
            }
        } else if path.len() < DEEPEST {
            for inner in members(member.value).unwrap_or_default() {
                self.descend(&inner, path.clone());
            }
        }
    }

    /// Chooses what is asked. What values hold counts only where no name tells, and then the columns' before those of
    /// values within them.
    fn choose(&self, layout: &Layout, spec: &InputSpec) -> Result<Columns, ColumnError> {
        let paths: Vec<String> = self.nested.iter().map(|keys| keys.join(".")).collect();
        let headers: StringRecord = self.keys.iter().chain(&paths).collect();
        let roles: StringRecord =
            self.keys.iter().map(String::as_str).chain(paths.iter().map(|path| telling(path))).collect();
        let (cells, names) = (self.cells(), self.keys.iter().map(String::as_str).collect());
        // As jq writes a path.
        let plain = |name: &str| match name.strip_prefix('.') {
            Some(path) if !headers.iter().any(|header| header == name) => path.to_owned(),
            _ => name.to_owned(),
        };
        let (domain_column, id_column) =
            (spec.domain_column.as_deref().map(plain), spec.id_column.as_deref().map(plain));
        let table = |headers, names| Table {
            headers,
            has_header: true,
            names: Some(names),
            own: &layout.own,
            sample: &cells,
            domain_column: domain_column.as_deref(),
            id_column: id_column.as_deref(),
        };
        match table(&headers, &roles).choose() {
            Ok(columns) if !matches!(columns.found, Found::ByContent { .. }) => Ok(columns),
            other => table(&layout.headers, &names).choose().or(other),
        }
    }

    /// Returns the columns that hold objects.
    fn objects(&self) -> Vec<usize> {
        let lines: Vec<Vec<Member<'_>>> = self.lines.iter().filter_map(|line| members(line).ok()).collect();
        let holds = |key: &str| {
            lines.iter().flatten().any(|member| member.key == key && member.value.starts_with('{'))
        };
        self.keys.iter().zip(0..).filter(|(key, _)| holds(key)).map(|(_, column)| column).collect()
    }

    /// Returns the key of a list of objects in the only line: most likely those were meant.
    fn rows_within(&self) -> Option<Box<str>> {
        let [line] = self.lines.as_slice() else { return None };
        let members = members(line).ok()?;
        let list =
            members.iter().find(|member| member.value.starts_with('[') && has_objects(member.value))?;
        Some(excerpt(&list.key))
    }

    /// Returns the values of the lines, without those that are objects: a part of one could pass for a domain.
    fn cells(&self) -> Vec<StringRecord> {
        let cells = |line: &str| {
            let members = members(line).unwrap_or_default();
            let value = |key: &String| members.iter().rfind(|member| member.key == **key);
            let plain =
                |member: &Member<'_>| (!has_objects(member.value)).then(|| text(member.value).into_owned());
            let columns = self.keys.iter().map(|key| value(key).and_then(plain).unwrap_or_default());
            columns.chain(self.nested.iter().map(|keys| text_within(&members, keys))).collect()
        };
        self.lines.iter().map(|line| cells(line)).collect()
    }
}

/// Returns whether a value is an object or a list of some.
fn has_objects(value: &str) -> bool {
    value.starts_with('{') || (value.starts_with('[') && value.contains('{'))
}

/// Returns the name by which a path tells what it leads to; none where it could be anything. A rule of its own: `url` or
/// `email` within any object may be the address of a picture or of a colleague.
fn telling(path: &str) -> &str {
    let tells = |name: &str| matches!(role(name), Some(Role::Website(_) | Role::Email(_)));
    let last = path.rsplit('.').next().unwrap_or(path);
    let lower = last.to_lowercase();
    match () {
        () if tells(path) => path,
        () if tells(last) && TELLING.iter().any(|word| lower.contains(word)) => last,
        () => "",
    }
}
