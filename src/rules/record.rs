//! What became of one target, as the JSON object `enrichment`: the same in `enrich` and in `batch`'s JSON lines.
//!
//! Key names and order are a published format. What is absent is null; the company and the confidence keep the text
//! that the API wrote.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Number;
use serde_json::value::RawValue;

use super::company::Company;
use super::field::FieldSet;
use super::outcome::{Enrichment, FieldNames, Outcome, RowOutcome, RowStatus, Verdict};
use super::target::Subject;

/// The object `enrichment`.
#[derive(Clone, Debug, Serialize)]
pub struct EnrichmentRecord<'a> {
    /// The state of the row.
    pub status: RowStatus,
    /// Why, for `invalid_input` and `failed`.
    pub error: Option<String>,
    /// The provider that answered.
    pub source: Option<&'a str>,
    /// The confidence from 0 to 1, as the API wrote the number.
    pub confidence: Option<&'a RawValue>,
    /// The names of the changed fields that were asked for; null where nothing was enriched.
    pub fields_updated: Option<Vec<&'a str>>,
    /// The API's id of the request.
    pub request_id: Option<&'a str>,
    /// When the answer came.
    #[serde(serialize_with = "in_milliseconds")]
    pub at: Option<Timestamp>,
    /// The API's object unchanged.
    pub company: Option<&'a RawValue>,
}

impl<'a> EnrichmentRecord<'a> {
    /// Returns the object for an outcome, with `fields_updated` cut to the fields asked.
    pub fn new(outcome: &'a RowOutcome, asked: FieldSet) -> Self {
        let bare = Self {
            status: outcome.status(),
            error: outcome.error(),
            source: None,
            confidence: None,
            fields_updated: None,
            request_id: None,
            at: None,
            company: None,
        };
        let RowOutcome::Settled { outcome: settled, .. } = outcome else { return bare };
        let record =
            Self { request_id: settled.request_id.as_deref(), at: Some(settled.answered_at), ..bare };
        match outcome.enrichment() {
            Some(enrichment) => record.with_enrichment(enrichment, asked),
            None => record,
        }
    }

    fn with_enrichment(self, enrichment: &'a Enrichment, asked: FieldSet) -> Self {
        Self {
            source: enrichment.source.as_deref(),
            confidence: enrichment.confidence.as_deref().and_then(number),
            fields_updated: Some(enrichment.updated_among(asked)),
            company: serde_json::from_str(enrichment.company.json()).ok(),
            ..self
        }
    }
}

/// Returns the answer that an earlier run wrote down, of which the state may have become `pending` since; absent where it
/// holds none.
pub fn read_back(json: &str, asked: &Subject) -> Option<RowOutcome> {
    #[derive(Deserialize)]
    struct Written<'a> {
        error: Option<Box<str>>,
        source: Option<Arc<str>>,
        #[serde(borrow)]
        confidence: Option<&'a RawValue>,
        fields_updated: Option<Vec<String>>,
        request_id: Option<Box<str>>,
        at: Timestamp,
        #[serde(borrow)]
        company: Option<&'a RawValue>,
    }
    let written: Written<'_> = serde_json::from_str(json).ok()?;
    let company = written.company.and_then(|company| Company::parse(company.get()).ok());
    let names = written.fields_updated.unwrap_or_default();
    let verdict = match (company, written.error) {
        (Some(company), _) => Verdict::Enriched(Box::new(Enrichment {
            company,
            fields_updated: FieldNames::new(&names.iter().map(String::as_str).collect::<Vec<_>>()),
            source: written.source,
            confidence: written.confidence.map(|number| number.get().into()),
        })),
        (None, Some(reason)) => Verdict::Failed { reason },
        (None, None) => Verdict::NoMatch,
    };
    let outcome = Outcome { verdict, answered_at: written.at, request_id: written.request_id };
    Some(RowOutcome::Settled { asked: asked.clone(), outcome: Arc::new(outcome) })
}

/// Returns the text of a number as JSON; absent where it is no JSON number.
fn number(text: &str) -> Option<&RawValue> {
    serde_json::from_str::<Number>(text).ok()?;
    serde_json::from_str(text).ok()
}

/// Writes a time as RFC 3339 in UTC, to the millisecond.
#[expect(clippy::ref_option, reason = "serde passes the field by reference")]
pub(super) fn in_milliseconds<S: Serializer>(
    at: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.collect_str(&format_args!("{at:.3}")),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::target::InvalidInput;

    fn json(outcome: &RowOutcome, asked: FieldSet) -> String {
        serde_json::to_string(&EnrichmentRecord::new(outcome, asked)).unwrap()
    }

    fn settled(verdict: Verdict) -> RowOutcome {
        let outcome = Outcome {
            verdict,
            answered_at: "2026-11-22T15:00:00.12Z".parse().unwrap(),
            request_id: Some("req_1".into()),
        };
        RowOutcome::Settled { asked: Subject::Domain("acme.com".into()), outcome: Arc::new(outcome) }
    }

    fn enriched(company: &str, confidence: &str) -> RowOutcome {
        settled(Verdict::Enriched(Box::new(Enrichment {
            company: Company::parse(company).unwrap(),
            fields_updated: FieldNames::new(&["size", "name", "revenue"]),
            source: Some("vendor_a".into()),
            confidence: Some(confidence.into()),
        })))
    }

    #[test]
    fn keeps_the_text_of_the_api_and_cuts_the_updated_fields() {
        insta::assert_snapshot!(
            json(&enriched(r#"{"id": "c_1", "score":1.50, "x":"\u00e9"}"#, "8.70e-1"), "name".parse().unwrap()),
            @r#"{"status":"enriched","error":null,"source":"vendor_a","confidence":8.70e-1,"fields_updated":["name"],"request_id":"req_1","at":"2026-11-22T15:00:00.120Z","company":{"id": "c_1", "score":1.50, "x":"\u00e9"}}"#
        );
    }

    #[test]
    fn an_answer_is_read_back() {
        for outcome in [
            enriched(r#"{"id":"c_1","score":1.50}"#, "0.870"),
            settled(Verdict::NoMatch),
            settled(Verdict::Failed { reason: "400".into() }),
        ] {
            let written = json(&outcome, FieldSet::ALL);
            let back = read_back(&written, &Subject::Domain("acme.com".into())).unwrap();
            assert_eq!(json(&back, FieldSet::ALL), written);
        }
        let pending = json(&RowOutcome::Pending, FieldSet::ALL);
        assert_eq!(read_back(&pending, &Subject::Domain("acme.com".into())), None);
    }

    #[test]
    fn a_confidence_that_is_no_number_is_null() {
        for text in ["high", "\"0.8\"", "NaN", "", "null", "[1]"] {
            let line = json(&enriched("{}", text), FieldSet::ALL);
            assert!(line.contains(r#""confidence":null"#), "{line}");
        }
    }

    #[test]
    fn every_other_state_has_null_where_nothing_is() {
        let lines: Vec<String> = [
            settled(Verdict::NoMatch),
            settled(Verdict::Failed { reason: "400 validation_error".into() }),
            RowOutcome::Invalid(InvalidInput::Empty),
            RowOutcome::Pending,
        ]
        .iter()
        .map(|outcome| json(outcome, FieldSet::ALL))
        .collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        {"status":"no_match","error":null,"source":null,"confidence":null,"fields_updated":null,"request_id":"req_1","at":"2026-11-22T15:00:00.120Z","company":null}
        {"status":"failed","error":"400 validation_error","source":null,"confidence":null,"fields_updated":null,"request_id":"req_1","at":"2026-11-22T15:00:00.120Z","company":null}
        {"status":"invalid_input","error":"empty","source":null,"confidence":null,"fields_updated":null,"request_id":null,"at":null,"company":null}
        {"status":"pending","error":null,"source":null,"confidence":null,"fields_updated":null,"request_id":null,"at":null,"company":null}
        "#);
    }
}
