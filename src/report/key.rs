//! What `auth status` prints: which key is used, and what the API makes of it. Pure.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::clean::{cleaned, redacted};
use super::words::{count, local_and_utc};
use crate::rules::limits::QuotaReport;
use crate::rules::reply::probe::{Finding, Verdict};

/// The version of the JSON format.
const SCHEMA: u32 = 1;

/// What is known about a key.
#[derive(Clone, Debug)]
pub struct KeyReport {
    /// Where the key was found, for people.
    pub origin: String,
    /// The same for programs.
    pub origin_kind: &'static str,
    /// Under which name results are kept.
    pub workspace: Option<String>,
    /// Where the API is, without a password.
    pub base_url: String,
    /// What the API made of it.
    pub finding: Finding,
    /// The quotas that it told of.
    pub quotas: Vec<QuotaReport>,
    /// When the API asks to be called again, where it refused a call.
    pub retry_at: Option<Timestamp>,
    /// How long it took to answer.
    pub latency: Duration,
}

/// Returns the report for people, a fact a line.
pub fn text(report: &KeyReport, zone: &TimeZone) -> String {
    let mut lines = vec![
        ("status", cleaned(status(report.finding.verdict))),
        ("answer", format!("{}, after {} ms", cleaned(&report.finding.told), report.latency.as_millis())),
        ("key", format!("wbk_…, from {}", cleaned(&report.origin))),
        ("api", cleaned(&report.base_url)),
    ];
    lines.extend(report.workspace.iter().map(|name| ("workspace", cleaned(name))));
    let quotas = report.quotas.iter().filter_map(|quota| left(quota, zone));
    lines.extend(quotas.map(|text| ("quota", text)));
    lines.extend(report.retry_at.map(|at| ("again", format!("at {}", local_and_utc(at, zone)))));
    let lines: Vec<String> = lines.iter().map(|(name, value)| format!("{name:9}  {value}")).collect();
    lines.join("\n") + "\n"
}

/// Returns the report for programs: one JSON object.
pub fn json(report: &KeyReport) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Object<'a> {
        schema: u32,
        status: Verdict,
        is_valid: Option<bool>,
        answer: &'a str,
        latency_ms: u128,
        key_from: &'static str,
        key_place: &'a str,
        workspace: Option<&'a str>,
        base_url: &'a str,
        quotas: Vec<Quota>,
        retry_at: Option<Timestamp>,
    }
    #[derive(Serialize)]
    struct Quota {
        limit: Option<u64>,
        remaining: Option<u64>,
        resets_at: Option<Timestamp>,
        window_s: Option<u64>,
    }
    let quota = |quota: &QuotaReport| Quota {
        limit: quota.limit,
        remaining: quota.remaining,
        resets_at: quota.reset.map(|reset| reset.stated),
        window_s: quota.window.map(|window| window.as_secs()),
    };
    let object = Object {
        schema: SCHEMA,
        status: report.finding.verdict,
        is_valid: is_valid(report.finding.verdict),
        answer: &redacted(&report.finding.told),
        latency_ms: report.latency.as_millis(),
        key_from: report.origin_kind,
        key_place: &redacted(&report.origin),
        workspace: report.workspace.as_deref(),
        base_url: &redacted(&report.base_url),
        quotas: report.quotas.iter().map(quota).collect(),
        retry_at: report.retry_at,
    };
    Ok(serde_json::to_string(&object)? + "\n")
}

const fn status(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "valid, and may enrich",
        Verdict::InsufficientCredits => "valid, but out of credits",
        Verdict::InvalidKey => "refused",
        Verdict::InsufficientPermissions => "valid, but without the permission write:enrich",
        Verdict::Forbidden => "shut out",
        Verdict::RateLimited => "not proven: too many calls",
        Verdict::NotTheApi => "not proven: not the API",
        Verdict::ApiUnavailable => "not proven: no answer",
        Verdict::Unexpected => "not proven: an odd answer",
    }
}

/// Returns whether the key is valid, where that is known.
const fn is_valid(verdict: Verdict) -> Option<bool> {
    match verdict {
        Verdict::Valid | Verdict::InsufficientCredits | Verdict::InsufficientPermissions => Some(true),
        Verdict::InvalidKey => Some(false),
        _ => None,
    }
}

/// Returns what is left of a quota, where that was told.
fn left(quota: &QuotaReport, zone: &TimeZone) -> Option<String> {
    let mut text = match (quota.remaining, quota.limit) {
        (Some(remaining), Some(limit)) => format!("{} of {} calls left", count(remaining), count(limit)),
        (Some(remaining), None) => format!("{} calls left", count(remaining)),
        (None, Some(limit)) => format!("{} calls in a window", count(limit)),
        (None, None) => return None,
    };
    if let Some(reset) = quota.reset {
        text.extend([", resets at ", &local_and_utc(reset.stated, zone)]);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::limits::Reset;
    use crate::rules::time::Moment;

    fn report(verdict: Verdict) -> KeyReport {
        let stated = "2026-11-23T00:00:00Z".parse().unwrap();
        let at = Moment::START;
        KeyReport {
            origin: "the profile 'a' in /home/\u{1b}[31mx/wbk_secret.toml".to_owned(),
            origin_kind: "profile",
            workspace: Some("acme".to_owned()),
            base_url: "https://api.test/wbk_secret".to_owned(),
            finding: Finding { verdict, told: "400 validation_error: wbk_secret\u{202e}".into() },
            quotas: vec![
                QuotaReport {
                    limit: Some(1000),
                    remaining: Some(995),
                    reset: Some(Reset { at, stated, is_guess: false }),
                    window: Some(Duration::from_secs(86_400)),
                },
                QuotaReport { limit: Some(10), ..QuotaReport::default() },
                QuotaReport::default(),
            ],
            retry_at: Some(stated),
            latency: Duration::from_millis(43),
        }
    }

    #[test]
    fn every_fact_has_a_line() {
        insta::assert_snapshot!(text(&report(Verdict::Valid), &TimeZone::UTC), @r"
        status     valid, and may enrich
        answer     400 validation_error: wbk_[redacted], after 43 ms
        key        wbk_…, from the profile 'a' in /home/x/wbk_[redacted].toml
        api        https://api.test/wbk_[redacted]
        workspace  acme
        quota      995 of 1,000 calls left, resets at 2026-11-23 00:00 UTC
        quota      10 calls in a window
        again      at 2026-11-23 00:00 UTC
        ");
    }

    #[test]
    fn programs_get_one_object() {
        let report = KeyReport { base_url: "https://api.test".to_owned(), ..report(Verdict::RateLimited) };
        let object: serde_json::Value = serde_json::from_str(&json(&report).unwrap()).unwrap();
        assert_eq!(object["status"], "rate_limited");
        assert_eq!(object["is_valid"], serde_json::Value::Null);
        assert_eq!(object["quotas"][0]["remaining"], 995);
        assert_eq!(object["quotas"][0]["resets_at"], "2026-11-23T00:00:00Z");
        assert_eq!(object["quotas"][1]["resets_at"], serde_json::Value::Null);
        assert!(!object.to_string().contains("secret"));
    }
}
