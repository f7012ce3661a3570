//! What `enrich` prints for programs: one JSON array, or one JSON object a line.
//!
//! The key `enrichment` holds the same object as in `batch`'s JSON lines. What was typed is repeated as it was typed,
//! but for what looks like a key. People get a card instead: see `pretty`.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::rules::field::FieldSet;
use crate::rules::outcome::RowOutcome;
use crate::rules::record::EnrichmentRecord;
use crate::rules::target::Subject;

use super::clean::redacted;

/// What became of one target of `enrich`.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What was typed.
    pub target: String,
    /// What it was read as; absent where it could not be read.
    pub subject: Option<Subject>,
    /// What came of it.
    pub outcome: RowOutcome,
}

impl Record {
    /// Returns what was asked last, else what would have been.
    pub fn asked(&self) -> Option<&Subject> {
        match &self.outcome {
            RowOutcome::Settled { asked, .. } => Some(asked),
            RowOutcome::Invalid(_) | RowOutcome::Pending => self.subject.as_ref(),
        }
    }
}

/// Returns one JSON array with a record a line.
pub fn json(records: &[Record], fields: FieldSet) -> Result<String, serde_json::Error> {
    let lines: Vec<String> = records.iter().map(|record| object(record, fields)).collect::<Result<_, _>>()?;
    if lines.is_empty() { Ok("[]\n".to_owned()) } else { Ok(format!("[\n{}\n]\n", lines.join(",\n"))) }
}

/// Returns one JSON object a line.
pub fn jsonl(records: &[Record], fields: FieldSet) -> Result<String, serde_json::Error> {
    records.iter().map(|record| object(record, fields).map(|line| line + "\n")).collect()
}

fn object(record: &Record, fields: FieldSet) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Object { record, fields })
}

struct Object<'a> {
    record: &'a Record,
    fields: FieldSet,
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut enrichment = EnrichmentRecord::new(&self.record.outcome, self.fields);
        enrichment.error = enrichment.error.map(|error| redacted(&error).into_owned());
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("target", &redacted(&self.record.target))?;
        if let Some(subject) = self.record.asked() {
            map.serialize_entry(subject.kind(), &redacted(subject.text()))?;
        }
        map.serialize_entry("enrichment", &enrichment)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::records;
    use crate::rules::outcome::Verdict;
    use crate::rules::target::InvalidInput;

    #[test]
    fn one_object_a_line() {
        let found = records::acme();
        let unread = records::record("wbk_live_1", RowOutcome::Invalid(InvalidInput::Empty));
        let lines = jsonl(&[found, unread], "name,size".parse().unwrap()).unwrap();
        insta::assert_snapshot!(lines, @r#"
        {"target":"https://www.Acme.com/about","domain":"acme.com","enrichment":{"status":"enriched","error":null,"source":"vendor_a","confidence":0.870,"fields_updated":["name"],"request_id":"req_1","at":"2026-11-22T15:00:00.120Z","company":{"id":"c_1","name":"Acme Corp","domain":"acme.com","industry":"Legal Services","size":"201-500","founded_year":1998,"hq_location":"New York, NY, US","logo_url":"https://logo.example/acme.com.png","linkedin_url":"https://linkedin.com/company/acme-corp-of-new-york-and-elsewhere","tech_stack":["Rust","PostgreSQL","Kubernetes","Snowflake","dbt"],"description":"Acme writes contracts for people who would rather not read them.","score":1.50}}}
        {"target":"wbk_[redacted]","enrichment":{"status":"invalid_input","error":"empty","source":null,"confidence":null,"fields_updated":null,"request_id":null,"at":null,"company":null}}
        "#);
    }

    #[test]
    fn an_array_holds_the_same_objects() {
        let records =
            [records::settled("a.com", Verdict::NoMatch), records::settled("b.com", Verdict::NotFound)];
        let array = json(&records, FieldSet::ALL).unwrap();
        insta::assert_snapshot!(array, @r#"
        [
        {"target":"a.com","domain":"a.com","enrichment":{"status":"no_match","error":null,"source":null,"confidence":null,"fields_updated":null,"request_id":"req_1","at":"2026-11-22T15:00:00.120Z","company":null}},
        {"target":"b.com","domain":"b.com","enrichment":{"status":"not_found","error":null,"source":null,"confidence":null,"fields_updated":null,"request_id":"req_1","at":"2026-11-22T15:00:00.120Z","company":null}}
        ]
        "#);
        assert_eq!(json(&[], FieldSet::ALL).unwrap(), "[]\n");
    }

    #[test]
    fn a_line_is_one_line_whatever_is_in_it() {
        let text = "a\n\u{2028}\u{85}\u{1b}[2J\u{0}\"\\.com";
        let failed = Verdict::Failed { reason: "the proxy said\r\n<html>".into() };
        let lines = jsonl(&[records::settled(text, failed)], FieldSet::ALL).unwrap();
        assert_eq!(lines.matches(['\n', '\r', '\u{1b}', '\0']).count(), 1);
        let read: serde_json::Value = serde_json::from_str(&lines).unwrap();
        assert_eq!(read["target"], text);
        assert_eq!(read["enrichment"]["error"], "the proxy said\r\n<html>");
    }
}
