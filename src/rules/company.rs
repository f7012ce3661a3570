//! The company record of an answer: kept as the API wrote it, read leniently.
//!
//! The API's object is never rebuilt from known fields, so that unknown ones survive. Any field can be missing, null
//! or of an unexpected type; `tech_stack` is a list or one string.
//! The text is gone through once, when the record is made: where the values stand is kept, and they are read from there.
//! Invariant: [`Company::json`] is one JSON object on one line.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use memchr::memchr2;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::field::{Field, FieldSet};

/// A company object as the API sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Company {
    json: Box<str>,
    filled: FieldSet,
    places: Places,
}

/// The text is not a JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the company is not a JSON object")]
pub struct NotAnObject;

impl Company {
    /// Reads a JSON object, keeping its text; only line breaks between its parts are removed.
    pub fn parse(json: &str) -> Result<Self, NotAnObject> {
        let one_line = if memchr2(b'\n', b'\r', json.as_bytes()).is_some() {
            let object: Map<String, Value> = serde_json::from_str(json).map_err(|_| NotAnObject)?;
            &serde_json::to_string(&object).map_err(|_| NotAnObject)?
        } else {
            json.trim()
        };
        let mut company = Self::restore(one_line, FieldSet::NONE)?;
        let filled = Field::ALL.into_iter().filter(|field| !is_void(company.value(*field)));
        company.filled = filled.fold(FieldSet::NONE, FieldSet::with);
        Ok(company)
    }

    /// Takes back what [`Company::json`] and [`Company::filled`] once gave.
    pub fn restore(json: &str, filled: FieldSet) -> Result<Self, NotAnObject> {
        let found: Found<'_> = serde_json::from_str(json).map_err(|_| NotAnObject)?;
        Ok(Self { json: json.into(), filled, places: found.places(json) })
    }

    /// Returns the object as one line of JSON.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// Returns the fields for which the API had a value.
    pub const fn filled(&self) -> FieldSet {
        self.filled
    }

    /// Returns the API's opaque id of the company, empty where it gave none.
    pub fn id(&self) -> Cow<'_, str> {
        self.cell(ID)
    }

    /// Returns the company's domain as the API knows it, empty where it gave none.
    pub fn domain(&self) -> Cow<'_, str> {
        self.cell(DOMAIN)
    }

    /// Returns the text of a field, empty where the API had no value. Lists are joined with `; `.
    pub fn field(&self, field: Field) -> Cow<'_, str> {
        self.cell(field as usize)
    }

    /// Returns the value of a field as the API wrote it, empty where it is missing.
    pub fn value(&self, field: Field) -> &str {
        self.written(field as usize)
    }

    fn cell(&self, number: usize) -> Cow<'_, str> {
        cell(self.written(number))
    }

    fn written(&self, number: usize) -> &str {
        let place = self.places.get(number).cloned().unwrap_or_default();
        self.json.get(place.start as usize..place.end as usize).unwrap_or_default()
    }
}

/// The number of values that are read: the fields by their order, and two more.
const VALUES: usize = Field::ALL.len() + 2;
const ID: usize = Field::ALL.len();
const DOMAIN: usize = ID + 1;

/// Where the values stand in the text; nowhere, where they are missing.
type Places = [Range<u32>; VALUES];

/// The texts of the values, as JSON. Of values with the same name the last one counts.
#[derive(Default)]
struct Found<'a>([&'a str; VALUES]);

impl Found<'_> {
    fn places(&self, json: &str) -> Places {
        let place = |value: &str| {
            let start = value.as_ptr().addr().checked_sub(json.as_ptr().addr())?;
            Some(u32::try_from(start).ok()?..u32::try_from(start + value.len()).ok()?)
        };
        self.0.map(|value| place(value).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Found<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Found<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Found<'de>, A::Error> {
                let mut found = Found::default();
                while let Some((Name(number), value)) = object.next_entry::<Name, &RawValue>()? {
                    if let Some(slot) = number.and_then(|number| found.0.get_mut(number)) {
                        *slot = value.get();
                    }
                }
                Ok(found)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// Which value a name is that of, if it is one that is read.
struct Name(Option<usize>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(Name(match name {
                    "id" => Some(ID),
                    "domain" => Some(DOMAIN),
                    _ => Field::named(name).map(|field| field as usize),
                }))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Returns whether a value would fill a cell.
fn has_value(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(has_value),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => true,
    }
}

/// Returns the text of a JSON value in a cell.
fn cell(json: &str) -> Cow<'_, str> {
    match json.as_bytes() {
        b"" | b"null" => Cow::Borrowed(""),
        [b'"', text @ .., b'"'] if !text.contains(&b'\\') => {
            Cow::Borrowed(json.get(1..json.len() - 1).unwrap_or_default())
        }
        [b'"', ..] => Cow::Owned(serde_json::from_str(json).unwrap_or_default()),
        [b'[', ..] => Cow::Owned(list(json)),
        number if number.iter().all(u8::is_ascii_digit) => Cow::Borrowed(json),
        _ => {
            Cow::Owned(serde_json::from_str::<Value>(json).map(|value| value.to_string()).unwrap_or_default())
        }
    }
}

/// Returns the text of a JSON list in a cell: the items that have a value.
fn list(json: &str) -> String {
    // Most are lists of texts in which nothing is escaped.
    if let Ok(texts) = serde_json::from_str::<Vec<&str>>(json) {
        return texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
    }
    let items: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
    let items = items.into_iter().map(RawValue::get).filter(|item| !is_void(item));
    items.map(cell).collect::<Vec<_>>().join("; ")
}

/// Returns whether a JSON value, or none, would leave a cell empty.
fn is_void(json: &str) -> bool {
    match json.as_bytes() {
        b"" | b"null" | b"\"\"" => true,
        // Most begin with a text.
        [b'[', b'"', first, ..] if *first != b'"' => false,
        [b'[', ..] => !serde_json::from_str(json).is_ok_and(|value| has_value(&value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn company(json: &str) -> Company {
        Company::parse(json).unwrap()
    }

    #[test]
    fn keeps_the_text_of_numbers_and_unknown_fields() {
        let json = r#"{"id":"c_1","score":1.50,"big":123456789012345678901234567890,"x":{"y":null}}"#;
        assert_eq!(Company::parse(json).unwrap().json(), json);
    }

    #[test]
    fn puts_a_pretty_printed_object_on_one_line() {
        let company = Company::parse("{\n  \"name\": \"A\\nB\",\r\n  \"score\": 1.50\n}").unwrap();
        assert_eq!(company.json(), r#"{"name":"A\nB","score":1.50}"#);
    }

    #[test]
    fn refuses_what_is_no_object() {
        for text in ["", "null", "[1]", "\"a\"", "{", "{} {}", "\n[1]"] {
            assert_eq!(Company::parse(text), Err(NotAnObject), "{text:?}");
        }
    }

    #[test]
    fn a_tech_stack_is_a_list_or_one_string() {
        assert_eq!(company(r#"{"tech_stack":["Rust","",null,"AWS"]}"#).field(Field::TechStack), "Rust; AWS");
        assert_eq!(company(r#"{"tech_stack":"Rust, AWS"}"#).field(Field::TechStack), "Rust, AWS");
    }

    #[test]
    fn null_missing_and_empty_fill_nothing() {
        let company =
            company(r#"{"name":null,"size":"","tech_stack":[],"founded_year":1998,"industry":"Law"}"#);
        assert_eq!(company.filled().to_string(), "industry,founded_year");
        assert_eq!(Company::parse(r#"{"size":"1"}"#).unwrap().filled().to_string(), "size");
        assert_eq!(company.field(Field::Name), "");
        assert_eq!(company.field(Field::FoundedYear), "1998");
    }

    /// What the cells were before they were read from their places.
    fn cell_of(value: &Value) -> String {
        match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            Value::Array(items) => {
                items.iter().filter(|item| has_value(item)).map(cell_of).collect::<Vec<_>>().join("; ")
            }
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
        }
    }

    #[test]
    fn a_cell_is_read_from_its_place_as_from_the_whole() {
        let values = [
            "null",
            "\"\"",
            "\"a\"",
            "\" a \"",
            r#""a\"b\\\u00e9\ud83d\ude00\n""#,
            "\"é\"",
            "1998",
            "-0",
            "-1.50",
            "1.50e6",
            "1E+5",
            "123456789012345678901234567890",
            "true",
            "false",
            "[]",
            "[ ]",
            "[\"\"]",
            r#"["a","b, c","","d"]"#,
            r#"["a", "b"]"#,
            r#"["a","\"","b"]"#,
            r#"["a","b",1]"#,
            "[[],[null,\"\"]]",
            r#"[ "a" , "", null, "b\"", 1.50, ["c", ["d"]], {"x": 1} ]"#,
            "{}",
            r#"{"b": 1,  "a": [1, "é"]}"#,
        ];
        for value in values {
            let json =
                format!(r#"{{"x":{value},"name":1, "name" : {value} ,"id":{value},"domain":{value}}}"#);
            let company = company(&json);
            let expected = cell_of(&serde_json::from_str(value).unwrap());
            assert_eq!(company.field(Field::Name), expected, "{value}");
            assert_eq!(
                (company.id(), company.domain()),
                (expected.as_str().into(), expected.as_str().into())
            );
            assert_eq!(Company::restore(company.json(), company.filled()), Ok(company));
        }
        assert_eq!(company(r#"{"n\u0061me":"A"}"#).field(Field::Name), "A");
    }
}
