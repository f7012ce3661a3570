//! What became of a call and of a row, as plain values.
//!
//! A settled call has one of four verdicts; a row has one of six states, of which exactly one applies.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::company::Company;
use super::field::{Field, FieldSet};
use super::target::{InvalidInput, Subject};

/// The number of an input row, counted from 1 without header and blank lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RowNumber(pub u64);

/// What an API answer settled, with when and under which request id.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What the answer was.
    pub verdict: Verdict,
    /// When the answer came, to the millisecond, as the ledger holds it.
    pub answered_at: Timestamp,
    /// The API's own id of the request (`X-Request-ID`), where it gave one.
    pub request_id: Option<Box<str>>,
}

/// The four ways in which a call can be settled.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// A company came back; the call was paid for.
    Enriched(Box<Enrichment>),
    /// The providers know nothing about it; free.
    NoMatch,
    /// No company has this id; free.
    NotFound,
    /// Given up: refused as invalid, or out of retries. Never reused by a later run.
    Failed {
        /// Why, in words for `enrich_error`.
        reason: Box<str>,
    },
}

/// A paid answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Enrichment {
    /// The company as the API gave it.
    pub company: Company,
    /// The names of the fields that this enrichment changed.
    pub fields_updated: FieldNames,
    /// The provider that the API names.
    pub source: Option<Arc<str>>,
    /// The confidence from 0 to 1, as the API wrote the number.
    pub confidence: Option<Box<str>>,
}

impl Enrichment {
    /// Returns the names of the changed fields among those asked, in the order of the answer.
    pub fn updated_among(&self, asked: FieldSet) -> Vec<&'static str> {
        self.fields_updated.fields().filter(|field| asked.contains(*field)).map(Field::name).collect()
    }
}

/// The names of fields in the order of an answer, also of fields that are not known here. One text, which is taken apart
/// where it is shown: it passes through more often than that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldNames(Box<str>);

impl FieldNames {
    /// Keeps names.
    pub fn new(names: &[impl Serialize]) -> Self {
        Self(serde_json::to_string(names).unwrap_or_default().into())
    }

    /// Takes back what [`Self::json`] once gave. What cannot be read names nothing.
    pub fn restore(json: &str) -> Self {
        Self(json.into())
    }

    /// Returns the names as a JSON array.
    pub fn json(&self) -> &str {
        &self.0
    }

    /// Returns the names that are fields'.
    fn fields(&self) -> impl Iterator<Item = Field> {
        #[derive(Deserialize)]
        struct Name<'a>(#[serde(borrow)] Cow<'a, str>);
        let names: Vec<Name<'_>> = serde_json::from_str(&self.0).unwrap_or_default();
        names.into_iter().filter_map(|Name(name)| Field::named(&name))
    }
}

impl Default for FieldNames {
    fn default() -> Self {
        Self("[]".into())
    }
}

/// The state of a row; its name is the value of `enrich_status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowStatus {
    /// A company was found.
    Enriched,
    /// The providers know nothing about it.
    NoMatch,
    /// No company has this id.
    NotFound,
    /// Nothing that could be asked; never sent.
    InvalidInput,
    /// Given up.
    Failed,
    /// The run stopped before it.
    Pending,
}

impl RowStatus {
    /// All states, in the order in which a summary lists them.
    pub const ALL: [Self; 6] =
        [Self::Enriched, Self::NoMatch, Self::NotFound, Self::InvalidInput, Self::Failed, Self::Pending];

    /// Returns the value of `enrich_status`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enriched => "enriched",
            Self::NoMatch => "no_match",
            Self::NotFound => "not_found",
            Self::InvalidInput => "invalid_input",
            Self::Failed => "failed",
            Self::Pending => "pending",
        }
    }
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum RowOutcome {
    /// Nothing that could be asked.
    Invalid(InvalidInput),
    /// The run stopped before it.
    Pending,
    /// The call that answered for it was settled.
    Settled {
        /// What was asked last (the domain, where an id was not found and the row also has a domain).
        asked: Subject,
        /// The answer, shared by all rows that asked the same.
        outcome: Arc<Outcome>,
    },
}

impl RowOutcome {
    /// Returns the row's state.
    pub fn status(&self) -> RowStatus {
        match self {
            Self::Invalid(_) => RowStatus::InvalidInput,
            Self::Pending => RowStatus::Pending,
            Self::Settled { outcome, .. } => outcome.verdict.status(),
        }
    }

    /// Returns why the row is invalid or failed: the value of `enrich_error`.
    pub fn error(&self) -> Option<String> {
        match self {
            Self::Invalid(reason) => Some(reason.to_string()),
            Self::Settled { outcome, .. } => match &outcome.verdict {
                Verdict::Failed { reason } => Some(reason.to_string()),
                Verdict::Enriched(_) | Verdict::NoMatch | Verdict::NotFound => None,
            },
            Self::Pending => None,
        }
    }

    /// Returns the paid answer, where there is one.
    pub fn enrichment(&self) -> Option<&Enrichment> {
        match self {
            Self::Settled { outcome, .. } => outcome.verdict.enrichment(),
            Self::Invalid(_) | Self::Pending => None,
        }
    }
}

impl Verdict {
    /// Returns the state of a row that this verdict answers for.
    pub const fn status(&self) -> RowStatus {
        match self {
            Self::Enriched(_) => RowStatus::Enriched,
            Self::NoMatch => RowStatus::NoMatch,
            Self::NotFound => RowStatus::NotFound,
            Self::Failed { .. } => RowStatus::Failed,
        }
    }

    /// Returns the paid answer, where there is one.
    pub const fn enrichment(&self) -> Option<&Enrichment> {
        match self {
            Self::Enriched(enrichment) => Some(enrichment),
            Self::NoMatch | Self::NotFound | Self::Failed { .. } => None,
        }
    }
}
