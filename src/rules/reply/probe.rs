//! What an answer to a question about no company says about the key. Total, like the reading of any other answer.
//!
//! The API looks at the key, then at the permission, then at the question, which names no company and cannot be answered
//! or charged. So a 400 says that the key is as it should be. An API that looked at the question first would say it to
//! any key; the vendor's reference does not tell its order.

use std::fmt;

use serde::Serialize;

use super::{Attempt, Said};

/// What a probe says about the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The key is valid and may enrich.
    Valid,
    /// The key is valid, and there is nothing left to pay with.
    InsufficientCredits,
    /// The key is not, or no longer, valid.
    InvalidKey,
    /// The key is valid and may not enrich.
    InsufficientPermissions,
    /// Forbidden, in words that are not the API's.
    Forbidden,
    /// Too many calls; nothing is said about the key.
    RateLimited,
    /// What answers there is not the API.
    NotTheApi,
    /// Nobody answers, or nobody can.
    ApiUnavailable,
    /// An answer that a question about no company cannot have.
    Unexpected,
}

/// A verdict and what it was read from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Finding {
    /// What the probe says about the key.
    pub verdict: Verdict,
    /// What was answered or happened, in one line, without anything like a key.
    pub told: Box<str>,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.verdict {
            Verdict::Valid => "the key is valid and may enrich",
            Verdict::InsufficientCredits => "the key is valid, but the workspace is out of credits",
            Verdict::InvalidKey => "the API refuses this key",
            Verdict::InsufficientPermissions => "this key lacks the permission write:enrich",
            Verdict::Forbidden => "this key is shut out, in words that are not the API's",
            Verdict::RateLimited => "the API accepts no more calls at present, so the key is not proven",
            Verdict::NotTheApi => "what answers there is not the API",
            Verdict::ApiUnavailable => "the API is unavailable, so the key is not proven",
            Verdict::Unexpected => "the API gave an answer that a question about no company cannot have",
        };
        write!(formatter, "{what}: {}", self.told)
    }
}

/// Returns what the end of a probe says about the key.
pub fn judge(attempt: &Attempt) -> Finding {
    match attempt {
        Attempt::Lost { reason, .. } => Finding { verdict: Verdict::ApiUnavailable, told: reason.clone() },
        Attempt::Answered { status, headers, body } => {
            let said = Said::read(headers, body);
            Finding { verdict: verdict(*status, &said), told: said.told(*status) }
        }
    }
}

fn verdict(status: u16, said: &Said) -> Verdict {
    match status {
        401 => Verdict::InvalidKey,
        402 => Verdict::InsufficientCredits,
        403 if said.code_is("insufficient_permissions") => Verdict::InsufficientPermissions,
        403 => Verdict::Forbidden,
        429 => Verdict::RateLimited,
        408 | 425 | 500..=599 => Verdict::ApiUnavailable,
        300..=399 | 404 | 405 | 410 => Verdict::NotTheApi,
        _ if said.is_page => Verdict::NotTheApi,
        400..=499 if said.code_is("invalid_key") => Verdict::InvalidKey,
        400 | 422 => Verdict::Valid,
        _ => Verdict::Unexpected,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::*;
    use crate::rules::reply::Charge;

    fn verdict_of(status: u16, body: &str) -> Verdict {
        judge(&Attempt::Answered { status, headers: HeaderMap::new(), body: body.into() }).verdict
    }

    #[test]
    fn every_answer_has_a_verdict() {
        let page = "<html><h1>Hello</h1></html>";
        let coded = |code: &str| format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#);
        for (status, body, expected) in [
            (400, &*coded("validation_error"), Verdict::Valid),
            (400, r#"{"message":"domain is missing"}"#, Verdict::Valid),
            (400, "", Verdict::Valid),
            (422, "", Verdict::Valid),
            (400, &*coded("invalid_key"), Verdict::InvalidKey),
            (400, page, Verdict::NotTheApi),
            (401, "", Verdict::InvalidKey),
            (402, "", Verdict::InsufficientCredits),
            (403, &*coded("insufficient_permissions"), Verdict::InsufficientPermissions),
            (403, page, Verdict::Forbidden),
            (404, &*coded("not_found"), Verdict::NotTheApi),
            (302, "", Verdict::NotTheApi),
            (405, "", Verdict::NotTheApi),
            (200, page, Verdict::NotTheApi),
            (200, r#"{"data":{}}"#, Verdict::Unexpected),
            (409, "", Verdict::Unexpected),
            (429, "", Verdict::RateLimited),
            (500, page, Verdict::ApiUnavailable),
        ] {
            assert_eq!(verdict_of(status, body), expected, "{status} {body}");
        }
        for status in 100..1000 {
            verdict_of(status, "");
        }
    }

    #[test]
    fn a_page_is_known_by_its_type_too() {
        let headers =
            HeaderMap::from_iter([(http::header::CONTENT_TYPE, HeaderValue::from_static("text/html"))]);
        let answered = Attempt::Answered { status: 400, headers, body: b"Bad".to_vec() };
        assert_eq!(judge(&answered).verdict, Verdict::NotTheApi);
    }

    #[test]
    fn what_was_told_is_shown_without_a_key() {
        let lost = Attempt::Lost { reason: "timed out".into(), charge: Charge::Impossible };
        assert_eq!(judge(&lost).to_string(), "the API is unavailable, so the key is not proven: timed out");
        let body = r#"{"error":{"code":"invalid_key","message":"no such key: wbk_abc"}}"#.into();
        let refused = Attempt::Answered { status: 401, headers: HeaderMap::new(), body };
        assert_eq!(
            judge(&refused).to_string(),
            "the API refuses this key: 401 invalid_key: no such key: wbk_[redacted]"
        );
    }
}
