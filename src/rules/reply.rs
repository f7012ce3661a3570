//! What an answer means for the call that it answers. Total: every status and every body has a meaning.
//!
//! The status decides; the body refines it where it can be read. Gateways answer HTML, plain text or nothing, so no
//! shape is relied on. The one thing that must not go wrong is the money: whatever may have been charged is
//! [`Charge::Possible`], so that the call keeps its idempotency key.

pub mod probe;

use std::borrow::Cow;

use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::company::{Company, Found};
use super::event::{ReplyKind, StopReason};
use super::outcome::{Enrichment, FieldNames};
use super::redact::redact;
use super::target::Subject;

/// The longest text of the API's that is quoted, in characters.
const QUOTE_MAX: usize = 200;

/// How an attempt ended, as the transport saw it.
#[derive(Clone, Debug)]
pub enum Attempt {
    /// An answer came.
    Answered {
        /// The status code.
        status: u16,
        /// All headers.
        headers: HeaderMap,
        /// The body, whole.
        body: Vec<u8>,
    },
    /// No complete answer came.
    Lost {
        /// What happened, in words.
        reason: Box<str>,
        /// Whether the request may have reached the API.
        charge: Charge,
    },
}

/// Whether an attempt that settled nothing may have been charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    /// It certainly was not.
    Impossible,
    /// Nobody knows.
    Possible,
}

/// What an attempt's end means.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// A company, paid for.
    Enriched {
        /// What came.
        enrichment: Box<Enrichment>,
        /// The balance after the call, where it was told.
        credits_remaining: Option<u64>,
    },
    /// The providers know nothing.
    NoMatch,
    /// No such company id.
    NotFound,
    /// Refused for good.
    Rejected {
        /// Why, in words.
        reason: Box<str>,
    },
    /// Refused in a way that ends the run.
    Halt(StopReason),
    /// Forbidden in words that are not the API's: the key lacks permission, or a limiter shuts out who was refused too often.
    Barred,
    /// Too many calls.
    RateLimited,
    /// Nothing was settled; the call may be asked again under the same key.
    Temporary {
        /// What happened, in words.
        reason: Box<str>,
        /// Whether the attempt may have been charged.
        charge: Charge,
    },
}

impl Reply {
    /// Returns what the attempt is told as.
    pub const fn kind(&self) -> ReplyKind {
        match self {
            Self::Enriched { .. } => ReplyKind::Enriched,
            Self::NoMatch => ReplyKind::NoMatch,
            Self::NotFound => ReplyKind::NotFound,
            Self::Rejected { .. } => ReplyKind::Rejected,
            Self::Halt(StopReason::InsufficientCredits) => ReplyKind::InsufficientCredits,
            Self::Halt(StopReason::InvalidKey) => ReplyKind::InvalidKey,
            Self::Halt(_) | Self::Barred => ReplyKind::InsufficientPermissions,
            Self::RateLimited => ReplyKind::RateLimited,
            Self::Temporary { .. } => ReplyKind::Temporary,
        }
    }

    /// Returns the balance that the answer told.
    pub const fn credits_remaining(&self) -> Option<u64> {
        match self {
            Self::Enriched { credits_remaining, .. } => *credits_remaining,
            _ => None,
        }
    }
}

/// Returns what the end of an attempt about `subject` means.
pub fn classify(attempt: &Attempt, subject: &Subject) -> Reply {
    match attempt {
        Attempt::Lost { reason, charge } => Reply::Temporary { reason: reason.clone(), charge: *charge },
        Attempt::Answered { status: status @ 200..=299, body, .. } => paid(*status, body),
        Attempt::Answered { status, headers, body } => refused(*status, &Said::read(headers, body), subject),
    }
}

fn refused(status: u16, said: &Said, subject: &Subject) -> Reply {
    match status {
        401 => Reply::Halt(StopReason::InvalidKey),
        402 => Reply::Halt(StopReason::InsufficientCredits),
        403 if said.code_is("insufficient_permissions") => Reply::Halt(StopReason::InsufficientPermissions),
        403 => Reply::Barred,
        404 => not_found(said, subject),
        409 if said.code_is_or_unknown("no_match") => Reply::NoMatch,
        429 => Reply::RateLimited,
        408 | 409 | 425 | 500..=599 => {
            Reply::Temporary { reason: said.told(status), charge: Charge::Possible }
        }
        300..=399 => Reply::Rejected {
            reason: format!(
                "{} (a redirect to another host is not followed; check --base-url)",
                said.told(status)
            )
            .into(),
        },
        _ => Reply::Rejected { reason: said.told(status) },
    }
}

/// A 404 speaks of the company only if a company id was asked and nothing says that it speaks of something else.
fn not_found(said: &Said, subject: &Subject) -> Reply {
    if matches!(subject, Subject::CompanyId(_)) && !said.is_page && said.code_is_or_unknown("not_found") {
        return Reply::NotFound;
    }
    let reason = format!("{} (not an answer of the API about a company; check --base-url)", said.told(404));
    Reply::Rejected { reason: reason.into() }
}

/// The part of a 200 that is read; everything but the company may be missing or odd.
#[derive(Deserialize)]
struct Envelope<'a, C> {
    #[serde(borrow, bound(deserialize = "C: Deserialize<'de>"))]
    data: Data<'a, C>,
}

#[derive(Deserialize)]
struct Data<'a, C> {
    company: C,
    #[serde(borrow)]
    fields_updated: Option<&'a RawValue>,
    #[serde(borrow)]
    source: Option<&'a RawValue>,
    #[serde(borrow)]
    confidence: Option<&'a RawValue>,
    #[serde(borrow)]
    credits_remaining: Option<&'a RawValue>,
}

fn paid(status: u16, body: &[u8]) -> Reply {
    let read = str::from_utf8(body).map_err(|error| error.to_string());
    read.and_then(|body| read_at_once(body).map_or_else(|| read_apart(body), Ok)).unwrap_or_else(|why| {
        Reply::Temporary {
            // The parser's words quote the body.
            reason: format!("{status} with an unreadable body: {}", quoted(&why)).into(),
            charge: Charge::Possible,
        }
    })
}

/// Reads an answer in one pass, if it is as most are.
fn read_at_once(body: &str) -> Option<Reply> {
    let data = serde_json::from_str::<Envelope<'_, Found<'_>>>(body).ok()?.data;
    Some(enriched(Company::taken(&data.company, body)?, &data))
}

/// Reads first the answer, then the company; or tells what cannot be read.
fn read_apart(body: &str) -> Result<Reply, String> {
    let envelope: Envelope<'_, &RawValue> = serde_json::from_str(body).map_err(|error| error.to_string())?;
    let company = Company::parse(envelope.data.company.get()).map_err(|error| error.to_string())?;
    Ok(enriched(company, &envelope.data))
}

fn enriched<C>(company: Company, data: &Data<'_, C>) -> Reply {
    let source = data.source.and_then(text).filter(|name| !name.is_empty());
    Reply::Enriched {
        enrichment: Box::new(Enrichment {
            company,
            fields_updated: data.fields_updated.map(names).unwrap_or_default(),
            source: source.map(|name| quoted(&name).into()),
            confidence: data.confidence.and_then(number_text).map(Into::into),
        }),
        credits_remaining: data.credits_remaining.and_then(balance),
    }
}

/// A text that is copied only where something in it is escaped.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Returns a value that is a text.
fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    serde_json::from_str(value.get()).ok().map(|Text(text)| text)
}

/// Returns the texts of a list.
fn names(value: &RawValue) -> FieldNames {
    let items: Vec<&RawValue> = serde_json::from_str(value.get()).unwrap_or_default();
    let texts: Vec<Cow<'_, str>> = items.into_iter().filter_map(text).collect();
    FieldNames::new(&texts.iter().map(|text| quoted(text)).collect::<Vec<_>>())
}

/// Returns a number as the API wrote it, also where it wrote it as a string.
fn number_text(value: &RawValue) -> Option<Cow<'_, str>> {
    let number = match value.get().as_bytes().first()? {
        b'"' => text(value)?,
        b'-' | b'0'..=b'9' => value.get().into(),
        _ => return None,
    };
    number.parse::<f64>().is_ok_and(f64::is_finite).then_some(number)
}

/// Returns a balance in whole credits; a debt is no credit.
fn balance(value: &RawValue) -> Option<u64> {
    let text = number_text(value)?;
    let number: f64 = text.parse().ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "floored, and clamped by `as`"
    )]
    text.parse().ok().or(Some(number.max(0.0).floor() as u64))
}

/// What an error's body says, as far as it can be read.
struct Said {
    code: Option<Box<str>>,
    message: Option<Box<str>>,
    is_page: bool,
}

impl Said {
    fn read(headers: &HeaderMap, body: &[u8]) -> Self {
        let is_html = headers
            .get(http::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
        let is_page = is_html || body.trim_ascii_start().starts_with(b"<");
        let value: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = match value.get("error") {
            Some(inner @ (Value::Object(_) | Value::String(_))) => inner,
            _ => value.get("errors").and_then(|errors| errors.get(0)).unwrap_or(&value),
        };
        let text = |name: &str| error.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let code = text("code").or_else(|| error.as_str().filter(|text| is_code(text)));
        let message = text("message").or_else(|| error.as_str());
        let quoted = |text: &str| quoted(text).into();
        Self { code: code.map(quoted), message: message.map(quoted), is_page }
    }

    /// Returns whether the answer's code is this one.
    fn code_is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    fn code_is_or_unknown(&self, code: &str) -> bool {
        self.code.as_deref().is_none_or(|said| said == code)
    }

    /// Returns status, code and message in one line.
    fn told(&self, status: u16) -> Box<str> {
        let known = http::StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason());
        let mut text = status.to_string();
        match (&self.code, known) {
            (Some(code), _) => text.extend([" ", code]),
            (None, Some(reason)) => text.extend([" ", reason]),
            (None, None) => {}
        }
        if let Some(message) =
            self.message.as_deref().filter(|message| Some(*message) != self.code.as_deref())
        {
            text.extend([": ", message]);
        }
        text.into()
    }
}

/// Returns whether a text looks like a code and not like prose.
fn is_code(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Returns a text of the API's fit to be shown: short, on one line, without anything like a key.
fn quoted(text: &str) -> Cow<'_, str> {
    if text.len() <= QUOTE_MAX && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return redact(text.trim());
    }
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(QUOTE_MAX).collect();
    redact(clean.trim()).into_owned().into()
}

#[cfg(test)]
mod tests;
