//! The company record of an answer: kept as the API wrote it, read leniently.
//!
//! The API's object is never rebuilt from known fields, so that unknown ones survive. Any field can be missing, null
//! or of an unexpected type; `tech_stack` is a list or one string.
//! Invariant: [`Company::json`] is one JSON object on one line.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::field::{Field, FieldSet};

/// A company object as the API sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Company(Box<str>);

/// The text is not a JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the company is not a JSON object")]
pub struct NotAnObject;

impl Company {
    /// Reads a JSON object, keeping its text; only line breaks between its parts are removed.
    pub fn parse(json: &str) -> Result<Self, NotAnObject> {
        if json.contains(['\n', '\r']) {
            let object: Map<String, Value> = serde_json::from_str(json).map_err(|_| NotAnObject)?;
            return serde_json::to_string(&object)
                .map(|text| Self(text.into()))
                .map_err(|_| NotAnObject);
        }
        let text: &RawValue = serde_json::from_str(json).map_err(|_| NotAnObject)?;
        if text.get().starts_with('{') {
            Ok(Self(text.get().into()))
        } else {
            Err(NotAnObject)
        }
    }

    /// Returns the object as one line of JSON.
    pub fn json(&self) -> &str {
        &self.0
    }

    /// Returns the object's parts.
    pub fn parts(&self) -> Parts {
        Parts(serde_json::from_str(&self.0).unwrap_or_default())
    }
}

/// A company taken apart: what goes into the cells of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts(Map<String, Value>);

impl Parts {
    /// Returns the API's opaque id of the company, empty where it gave none.
    pub fn id(&self) -> String {
        self.text("id")
    }

    /// Returns the company's domain as the API knows it, empty where it gave none.
    pub fn domain(&self) -> String {
        self.text("domain")
    }

    /// Returns the text of a field, empty where the API had no value. Lists are joined with `; `.
    pub fn field(&self, field: Field) -> String {
        self.text(field.name())
    }

    /// Returns the fields for which the API had a value.
    pub fn filled(&self) -> FieldSet {
        Field::ALL
            .into_iter()
            .filter(|field| self.0.get(field.name()).is_some_and(has_value))
            .fold(FieldSet::NONE, FieldSet::with)
    }

    fn text(&self, name: &str) -> String {
        self.0.get(name).map(cell).unwrap_or_default()
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

/// Returns the text of a value in a cell.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let cells: Vec<String> = items.iter().filter(|item| has_value(item)).map(cell).collect();
            cells.join("; ")
        }
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(json: &str) -> Parts {
        Company::parse(json).unwrap().parts()
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
        assert_eq!(
            parts(r#"{"tech_stack":["Rust","",null,"AWS"]}"#).field(Field::TechStack),
            "Rust; AWS"
        );
        assert_eq!(
            parts(r#"{"tech_stack":"Rust, AWS"}"#).field(Field::TechStack),
            "Rust, AWS"
        );
    }

    #[test]
    fn null_missing_and_empty_fill_nothing() {
        let parts = parts(r#"{"name":null,"size":"","tech_stack":[],"founded_year":1998,"industry":"Law"}"#);
        assert_eq!(parts.filled().to_string(), "industry,founded_year");
        assert_eq!(parts.field(Field::Name), "");
        assert_eq!(parts.field(Field::FoundedYear), "1998");
    }
}
