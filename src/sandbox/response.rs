//! What the sandbox answers, and whether the answer arrives.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;

/// An answer, before it is put on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
    /// How long after the request the answer leaves.
    pub delay: Duration,
    /// What becomes of the answer on its way.
    pub wire: Wire,
}

/// What becomes of an answer on its way; it happens after the delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// It arrives.
    Deliver,
    /// The connection is lost; the request was never worked on.
    DropBefore,
    /// The connection is lost; the request was worked on and charged.
    DropAfter,
    /// Head and half of the body arrive, then the connection is lost.
    Truncate,
    /// Nothing arrives and the connection stays open.
    Hang,
}

/// Why a request does not even reach the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such path.
    RouteNotFound,
    /// The path exists, but not with this method.
    MethodNotAllowed,
    /// The body is larger than the server reads.
    BodyTooLarge,
    /// The body could not be read to its end.
    BodyUnreadable,
}

impl Refusal {
    /// Returns the answer to it.
    pub(super) const fn problem(self) -> Problem {
        match self {
            Self::RouteNotFound => Problem::new(404, "route_not_found", "there is no such route"),
            Self::MethodNotAllowed => Problem::new(405, "method_not_allowed", "this route takes POST only"),
            Self::BodyTooLarge => Problem::new(413, "payload_too_large", "the body is larger than 64 KiB"),
            Self::BodyUnreadable => Problem::new(400, "validation_error", "the body breaks off"),
        }
    }
}

/// An error answer of the API: status, code and words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// The HTTP status.
    pub(super) status: u16,
    /// The machine-readable code.
    pub(super) code: &'static str,
    /// The words for people.
    pub(super) message: Cow<'static, str>,
}

impl Problem {
    /// Returns an error answer with fixed words.
    pub(super) const fn new(status: u16, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message: Cow::Borrowed(message) }
    }

    /// Returns the refusal of an invalid request.
    pub(super) fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self { status: 400, code: "validation_error", message: message.into() }
    }
}

impl Response {
    /// Replaces status and body by an error in the API's form.
    pub(super) fn saying(self, status: u16, code: &str, message: &str) -> Self {
        let body = json!({"error": {"code": code, "message": message}}).to_string();
        self.replaced(status, "application/json", body)
    }

    /// Replaces status and body.
    pub(super) fn replaced(
        mut self,
        status: u16,
        content_type: &'static str,
        body: impl Into<Bytes>,
    ) -> Self {
        self.status = status;
        self.body = body.into();
        self.without("content-type").with("content-type", content_type)
    }

    /// Replaces status and body by a page of a gateway's own, without anything of the API's.
    pub(super) fn turned_into_page(self, status: u16, page: &'static str) -> Self {
        self.without("x-").without_quota().without("retry-after").replaced(
            status,
            "text/html",
            page.as_bytes(),
        )
    }

    /// Adds a header.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Removes the headers whose names begin like this.
    pub(super) fn without(mut self, prefix: &str) -> Self {
        self.headers.retain(|(name, _)| !name.starts_with(prefix));
        self
    }

    /// Returns the value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

/// Writes a time as HTTP's `Date` header has it.
pub(super) fn http_date(now: Timestamp) -> String {
    let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
    // Only years outside of 0 to 9999 have no such date; an empty header is what a broken clock deserves.
    printer.timestamp_to_rfc9110_string(&now).unwrap_or_default()
}
