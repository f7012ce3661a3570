//! JSON as it was written: where the members of an object stand, and what a value says as the text of a cell.
//!
//! Nothing is rebuilt: whoever changes a value puts another text in its place, and all else stays byte for byte. Of
//! members with the same key the last one counts, as it does for jq.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{DeserializeSeed, MapAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;

/// A member of an object.
#[derive(Clone, Debug)]
pub(super) struct Member<'a> {
    /// The key, without its escapes.
    pub(super) key: Cow<'a, str>,
    /// The key as it is written.
    pub(super) written_key: &'a str,
    /// The value as it is written.
    pub(super) value: &'a str,
}

/// Reads the members of an object in their order.
pub(super) fn members(json: &str) -> Result<Vec<Member<'_>>, serde_json::Error> {
    let mut members = Vec::new();
    read_members(json, &mut members)?;
    Ok(members)
}

/// Reads the members of an object as far as it goes: those before a fault stay.
pub(super) fn read_members<'a>(
    json: &'a str,
    members: &mut Vec<Member<'a>>,
) -> Result<(), serde_json::Error> {
    let mut deserializer = Deserializer::from_str(json);
    Gather(members).deserialize(&mut deserializer)?;
    deserializer.end()
}

struct Gather<'v, 'de>(&'v mut Vec<Member<'de>>);

impl<'de> DeserializeSeed<'de> for Gather<'_, 'de> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Gather<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some((key, value)) = object.next_entry::<&RawValue, &RawValue>()? {
            self.0.push(Member { key: string(key.get()), written_key: key.get(), value: value.get() });
        }
        Ok(())
    }
}

/// Returns where a part of a text stands in it.
pub(super) fn place(part: &str, text: &str) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    start..start + part.len()
}

/// Returns the text of a cell for a value: strings without their quotes, null as nothing, lists of plain values joined
/// with `; `, other lists and objects as they are written, without the white space.
pub(super) fn text(value: &str) -> Cow<'_, str> {
    match value.as_bytes() {
        b"null" => Cow::Borrowed(""),
        [b'"', ..] => string(value),
        [b'[', ..] => Cow::Owned(list(value)),
        [b'{', ..] => Cow::Owned(compact(value)),
        _ => Cow::Borrowed(value),
    }
}

/// Returns what a JSON string says. Half of a character (`\ud83d` alone) is left as it is written.
fn string(json: &str) -> Cow<'_, str> {
    let inner = json.get(1..json.len().saturating_sub(1)).unwrap_or_default();
    if inner.contains('\\') {
        serde_json::from_str::<String>(json).map_or(Cow::Borrowed(inner), Cow::Owned)
    } else {
        Cow::Borrowed(inner)
    }
}

fn list(json: &str) -> String {
    let items: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
    if items.iter().any(|item| item.get().starts_with(['[', '{'])) {
        return compact(json);
    }
    let said = items.iter().map(|item| item.get()).filter(|item| !is_void(item));
    said.map(text).collect::<Vec<_>>().join("; ")
}

/// Returns a value without the white space between its parts.
fn compact(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let keep = |char: &char| {
        let is_quote = *char == '"' && !escaped;
        escaped = in_string && *char == '\\' && !escaped;
        in_string ^= is_quote;
        in_string || !char.is_ascii_whitespace()
    };
    json.chars().filter(keep).collect()
}

/// Returns whether a value says nothing: null, a blank string, a list of nothing else.
pub(super) fn is_void(value: &str) -> bool {
    match value.as_bytes() {
        b"null" => true,
        [b'"', ..] => string(value).trim().is_empty(),
        [b'[', ..] => serde_json::from_str::<Vec<&RawValue>>(value)
            .is_ok_and(|items| items.iter().all(|item| is_void(item.get()))),
        _ => false,
    }
}

/// Returns a text as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    // Writing a string to memory cannot fail.
    serde_json::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_text_and_order() {
        let json = r#"{ "b" : 1.50, "a":{"x": [1, 2]} ,"\u0062":"\ud83d", "":null}"#;
        let found = members(json).unwrap();
        let said: Vec<(&str, &str)> = found.iter().map(|member| (&*member.key, member.value)).collect();
        assert_eq!(said, [("b", "1.50"), ("a", r#"{"x": [1, 2]}"#), ("b", r#""\ud83d""#), ("", "null")]);
        let place = place(found[1].value, json);
        assert_eq!(&json[place], found[1].value);
    }

    #[test]
    fn a_fault_leaves_the_members_before_it() {
        let mut found = Vec::new();
        assert!(read_members(r#"{"a":1,"b":{"c":2"#, &mut found).is_err());
        assert_eq!(found.iter().map(|member| &*member.key).collect::<Vec<_>>(), ["a"]);
        for json in ["", "[1]", "{} {}", "1", "\"a\"", "null", "{\"a\":1,}", "{'a':1}"] {
            assert!(members(json).is_err(), "{json}");
        }
    }

    #[test]
    fn values_are_texts_of_cells() {
        for (value, cell) in [
            ("null", ""),
            (r#""a\n\"b\"""#, "a\n\"b\""),
            (r#""\ud83d""#, r"\ud83d"),
            ("1.50", "1.50"),
            ("1E+5", "1E+5"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ("false", "false"),
            (r#"["a", "b, c", null, "", 1]"#, "a; b, c; 1"),
            (r#"[ {"a b" : "c \" d"}, 1 ]"#, r#"[{"a b":"c \" d"},1]"#),
            (r#"{ "a" : "\\" , "b" : [ 1 ] }"#, r#"{"a":"\\","b":[1]}"#),
            ("[]", ""),
        ] {
            assert_eq!(text(value), cell, "{value}");
        }
    }

    #[test]
    fn nothing_is_said_by_null_blanks_and_lists_of_them() {
        for value in ["null", r#""""#, r#"" \n""#, "[]", r#"[null, "", []]"#] {
            assert!(is_void(value), "{value}");
        }
        for value in ["0", "false", r#""a""#, "[0]", "{}"] {
            assert!(!is_void(value), "{value}");
        }
    }
}
