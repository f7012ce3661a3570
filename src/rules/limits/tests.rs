//! The reading of headers: single answers by tables, series of answers by a server that knows the truth.

mod answers;
mod series;
mod wire;
mod world;

use http::{HeaderName, HeaderValue};

use super::*;

/// The present by our own clock: ten seconds into a run, at 2024-02-26T00:00:00Z.
pub(super) fn now() -> Now {
    Now { at: Moment::after_start(Duration::from_secs(10)), wall: "2024-02-26T00:00:00Z".parse().unwrap() }
}

pub(super) fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers
            .append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

/// Reads a first answer, to a call that left just now.
pub(super) fn read(lines: &[(&str, &str)]) -> LimitReport {
    Reading::new().read(&headers(lines), now().at, now())
}

pub(super) fn quota(report: &LimitReport) -> QuotaReport {
    report.quotas.first().copied().unwrap_or_default()
}

pub(super) fn seconds_ahead(moment: Option<Moment>) -> Option<f64> {
    moment.map(|moment| (moment - now().at).as_secs_f64())
}

pub(super) fn reset_ahead(report: &LimitReport) -> Option<f64> {
    seconds_ahead(quota(report).reset.map(|reset| reset.at))
}
