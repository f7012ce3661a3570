//! An object of the input with what became of it: `enrichment` and the filled values in their places, all else as it was.

use std::borrow::Cow;
use std::ops::Range;

use crate::rows::json::{Member, members, place, quoted};
use crate::rows::own::{ENRICHMENT, OwnColumn};
use crate::rows::read::Object;
use crate::rules::outcome::RowStatus;
use crate::rules::record::EnrichmentRecord;

/// Another name for a key `enrichment` that an object has and that is not ours.
const RENAMED: &str = "\"enrichment_2\"";

/// Returns the text of an object with its enrichment. `value` gives the JSON that takes the place of an earlier value, for
/// each key that is filled.
pub(super) fn joined<'a>(
    object: &Object,
    enrichment: &EnrichmentRecord<'_>,
    filled: impl Iterator<Item = (&'a str, OwnColumn)>,
    value: impl Fn(OwnColumn, Option<&str>) -> Option<Cow<'a, str>>,
) -> String {
    let text = &*object.text;
    let mut edits: Vec<(Range<usize>, Cow<'_, str>)> = Vec::new();
    let mut appended: Vec<(Cow<'_, str>, Cow<'_, str>)> = Vec::new();
    let mut filled = filled.peekable();
    let has_key = object.enrichment.is_none() && text.contains(ENRICHMENT);
    let found =
        if has_key || filled.peek().is_some() { members(text).unwrap_or_default() } else { Vec::new() };
    for (key, own) in filled {
        let earlier = last(&found, key);
        match (earlier, value(own, earlier.map(|member| member.value))) {
            (Some(member), Some(value)) => edits.push((place(member.value, text), value)),
            (None, Some(value)) => appended.push((quoted(key).into(), value)),
            (_, None) => {}
        }
    }
    // Writing strings and raw JSON to memory cannot fail.
    let record = || serde_json::to_string(enrichment).unwrap_or_default();
    if let Some(place) = &object.enrichment {
        let earlier = text.get(place.clone()).filter(|_| enrichment.status == RowStatus::Pending);
        edits.push((place.clone(), earlier.and_then(pending).unwrap_or_else(record).into()));
    } else {
        let foreign = found.iter().filter(|member| member.key == ENRICHMENT);
        edits.extend(foreign.map(|member| (place(member.written_key, text), RENAMED.into())));
        appended.push((quoted(ENRICHMENT).into(), record().into()));
    }
    let mut edited = edit(text, edits);
    append(&mut edited, &appended);
    edited
}

/// Returns the member that counts among those of a key.
fn last<'m, 'a>(members: &'m [Member<'a>], key: &str) -> Option<&'m Member<'a>> {
    members.iter().rfind(|member| member.key == key)
}

/// Returns what an earlier run wrote, as of a row that is pending now.
fn pending(earlier: &str) -> Option<String> {
    let found = members(earlier).ok()?;
    let status = place(last(&found, "status")?.value, earlier);
    Some(edit(earlier, vec![(status, quoted(RowStatus::Pending.name()).into())]))
}

/// Puts texts into the places of others, which do not overlap.
fn edit(text: &str, mut edits: Vec<(Range<usize>, Cow<'_, str>)>) -> String {
    edits.sort_unstable_by_key(|(place, _)| place.start);
    let mut edited = String::with_capacity(text.len() + 256);
    let mut at = 0;
    for (place, value) in edits {
        edited.push_str(text.get(at..place.start).unwrap_or_default());
        edited.push_str(&value);
        at = place.end;
    }
    edited.push_str(text.get(at..).unwrap_or_default());
    edited
}

/// Adds members to an object, written behind its last one.
fn append(object: &mut String, members: &[(Cow<'_, str>, Cow<'_, str>)]) {
    if members.is_empty() {
        return;
    }
    let inner = object.strip_suffix('}').unwrap_or(object).trim_end().len();
    object.truncate(inner);
    for (key, value) in members {
        if !object.ends_with('{') {
            object.push(',');
        }
        object.push_str(key);
        object.push(':');
        object.push_str(value);
    }
    object.push('}');
}
