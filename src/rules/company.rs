//! The company record of an answer: kept as the API wrote it, read leniently.
//!
//! The API's object is never rebuilt from known fields, so that unknown ones survive. Any field can be missing, null
//! or of an unexpected type; `tech_stack` is a list or one string.
//! The text is gone through once, when the record is made: where the values stand is kept, and they are read from there.
//! Invariant: [`Company::json`] is one JSON object on one line.

mod found;

use std::borrow::Cow;

use memchr::memchr2;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

pub(super) use self::found::Found;
use self::found::{DOMAIN, ID, Places};
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
        Self::restore(one_line, FieldSet::NONE).map(Self::looked_through)
    }

    /// Takes a company out of the text of an answer, in which it was found; nothing where it must be read by itself.
    pub(super) fn taken(found: &Found<'_>, answer: &str) -> Option<Self> {
        let json = found.text(answer)?;
        let is_one_line = memchr2(b'\n', b'\r', json.as_bytes()).is_none();
        is_one_line.then(|| {
            Self { json: json.into(), filled: FieldSet::NONE, places: found.places(json) }.looked_through()
        })
    }

    /// Takes back what [`Company::json`] and [`Company::filled`] once gave.
    pub fn restore(json: &str, filled: FieldSet) -> Result<Self, NotAnObject> {
        let found: Found<'_> = serde_json::from_str(json).map_err(|_| NotAnObject)?;
        Ok(Self { json: json.into(), filled, places: found.places(json) })
    }

    /// Notes for which fields there are values.
    fn looked_through(mut self) -> Self {
        let filled = Field::ALL.into_iter().filter(|field| !is_void(self.value(*field)));
        self.filled = filled.fold(FieldSet::NONE, FieldSet::with);
        self
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
