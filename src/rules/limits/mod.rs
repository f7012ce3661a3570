//! What an answer's headers say about limits: header values to moments on the run's own clock.
//!
//! `X-RateLimit-Limit`, `-Remaining`, `-Reset` and `Retry-After`. A reset is read by its size: epoch milliseconds, epoch
//! seconds, or seconds from now; a date is a date. The server's `Date` tells what time the server thinks it is, so that
//! neither clock has to be right. What cannot be read, lies in the past or absurdly far, counts as absent.

use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};

use super::time::{Moment, Now};

/// A reset later than this is no window's: the longest known quota is a month's.
const FARTHEST: Duration = Duration::from_secs(32 * 86_400);

/// Numbers from here on are milliseconds since the epoch: as seconds they would be after the year 5000.
const EPOCH_MILLIS_FROM: f64 = 1e11;

/// Numbers from here on are seconds since the epoch: as seconds from now they would be over nine years.
const EPOCH_SECONDS_FROM: f64 = 3e8;

/// When a window ends and the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reset {
    /// On the run's clock: at this moment or up to a second earlier, since the server's date has no fraction.
    pub at: Moment,
    /// On the server's clock, as it was stated.
    pub stated: Timestamp,
}

/// What one answer says about limits, on the run's clock.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitReport {
    /// The quotas that it tells of. Empty where it tells of none, or unreadably.
    pub quotas: Vec<QuotaReport>,
    /// When the server asks to be called again.
    pub retry_at: Option<Moment>,
}

/// What an answer says about one quota; a server may tell of several. Absent is what it does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaReport {
    /// The calls that a window allows.
    pub limit: Option<u64>,
    /// The calls that are left in it.
    pub remaining: Option<u64>,
    /// When it, or the first part of it, comes back.
    pub reset: Option<Reset>,
    /// The window's length, where a policy states it.
    pub window: Option<Duration>,
}

/// Reads headers; learns from each answer how the server means them.
#[derive(Debug, Default)]
pub struct Reading {
    remarks: Vec<Remark>,
}

impl Reading {
    /// Returns a reading that has seen no answer yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the headers of an answer that came `now` to a call that left at `sent_at`.
    pub fn read(&mut self, headers: &HeaderMap, _sent_at: Moment, now: Now) -> LimitReport {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let server_now = text("date").and_then(date).unwrap_or(now.wall);
        let ahead = |name: &str| text(name).and_then(|text| when(text, server_now));
        let reset = |ahead: Duration| {
            let stated = server_now.checked_add(ahead).ok()?;
            Some(Reset { at: now.at + ahead, stated })
        };
        let quota = QuotaReport {
            limit: text("x-ratelimit-limit").and_then(count),
            remaining: text("x-ratelimit-remaining").and_then(count),
            reset: ahead("x-ratelimit-reset").and_then(reset),
            window: None,
        };
        let quotas = if quota == QuotaReport::default() { Vec::new() } else { vec![quota] };
        LimitReport { quotas, retry_at: ahead("retry-after").map(|ahead| now.at + ahead) }
    }

    /// Returns what was passed over or doubted since the last call. Each is said once in a run.
    pub fn take_remarks(&mut self) -> Vec<Remark> {
        std::mem::take(&mut self.remarks)
    }
}

/// Something in the headers that was passed over or doubted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark(Box<str>);

impl fmt::Display for Remark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Reads a number of calls; a fraction of a call is no call, a debt is none left.
fn count(text: &str) -> Option<u64> {
    let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "floored, and clamped by `as`"
    )]
    let whole = number.max(0.0).floor() as u64;
    Some(whole)
}

/// Reads how far ahead of the server's present a reset or retry lies.
fn when(text: &str, server_now: Timestamp) -> Option<Duration> {
    let ahead = match text.parse::<f64>() {
        Ok(number) if !number.is_finite() || number < 0.0 => return None,
        Ok(number) if number >= EPOCH_MILLIS_FROM => until(from_epoch(number / 1000.0)?, server_now)?,
        Ok(number) if number >= EPOCH_SECONDS_FROM => until(from_epoch(number)?, server_now)?,
        Ok(number) => Duration::try_from_secs_f64(number).ok()?,
        Err(_) => until(date(text)?, server_now)?,
    };
    (ahead <= FARTHEST).then_some(ahead)
}

fn from_epoch(seconds: f64) -> Option<Timestamp> {
    Timestamp::UNIX_EPOCH.checked_add(SignedDuration::try_from_secs_f64(seconds).ok()?).ok()
}

/// Returns how long after `server_now` a time lies; nothing where it is past.
fn until(time: Timestamp, server_now: Timestamp) -> Option<Duration> {
    Duration::try_from(time.duration_since(server_now)).ok()
}

/// Reads an HTTP date or an ISO 8601 time.
fn date(text: &str) -> Option<Timestamp> {
    let http_date = jiff::fmt::rfc2822::parse(text).map(|zoned| zoned.timestamp());
    http_date.or_else(|_| text.parse::<Timestamp>()).ok()
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    /// Ten seconds into a run, at 2024-02-26T00:00:00Z by our own clock.
    fn now() -> Now {
        Now {
            at: Moment::after_start(Duration::from_secs(10)),
            wall: "2024-02-26T00:00:00Z".parse().unwrap(),
        }
    }

    fn read(lines: &[(&str, &str)]) -> LimitReport {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.insert(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        Reading::new().read(&headers, Moment::START, now())
    }

    fn seconds_ahead(moment: Option<Moment>) -> Option<f64> {
        moment.map(|moment| (moment - now().at).as_secs_f64())
    }

    fn quota(report: &LimitReport) -> QuotaReport {
        report.quotas.first().copied().unwrap_or_default()
    }

    fn reset_ahead(report: &LimitReport) -> Option<f64> {
        seconds_ahead(quota(report).reset.map(|reset| reset.at))
    }

    #[test]
    fn reads_the_vendors_headers() {
        let report = read(&[
            ("x-ratelimit-limit", "1000"),
            ("x-ratelimit-remaining", "995"),
            ("x-ratelimit-reset", "1708905660"),
        ]);
        assert_eq!((quota(&report).limit, quota(&report).remaining), (Some(1000), Some(995)));
        assert_eq!(reset_ahead(&report), Some(60.0));
        assert_eq!(report.retry_at, None);
    }

    #[test]
    fn reads_a_reset_by_its_size() {
        let cases = [
            ("1708905660", Some(60.0)),
            ("1708905660.5", Some(60.5)),
            ("1708905660000", Some(60.0)),
            ("60", Some(60.0)),
            ("0", Some(0.0)),
            ("2024-02-26T00:01:00Z", Some(60.0)),
            ("Mon, 26 Feb 2024 00:01:00 GMT", Some(60.0)),
            ("1708905599", None),
            ("-1", None),
            ("NaN", None),
            ("soon", None),
            ("99999999", None),
            ("99999999999999999999", None),
            ("", None),
        ];
        for (value, expected) in cases {
            assert_eq!(reset_ahead(&read(&[("x-ratelimit-reset", value)])), expected, "{value:?}");
        }
    }

    #[test]
    fn the_servers_date_takes_the_skew_out() {
        let ahead = read(&[("date", "Mon, 26 Feb 2024 00:05:00 GMT"), ("x-ratelimit-reset", "1708905960")]);
        assert_eq!(reset_ahead(&ahead), Some(60.0));
        assert_eq!(
            quota(&ahead).reset.unwrap().stated.as_second(),
            1_708_905_960,
            "the server's own words are shown"
        );
        let behind = read(&[
            ("date", "Sun, 25 Feb 2024 23:55:00 GMT"),
            ("retry-after", "Sun, 25 Feb 2024 23:55:03 GMT"),
        ]);
        assert_eq!(seconds_ahead(behind.retry_at), Some(3.0));
    }

    proptest! {
        #[test]
        fn no_header_value_is_too_much(value in "[ -~]{0,40}", number in any::<f64>()) {
            for text in [value, number.to_string()] {
                let report = read(&[
                    ("x-ratelimit-limit", &text), ("x-ratelimit-remaining", &text),
                    ("x-ratelimit-reset", &text), ("retry-after", &text), ("date", &text),
                ]);
                for moment in [quota(&report).reset.map(|reset| reset.at), report.retry_at].into_iter().flatten() {
                    prop_assert!(moment >= now().at && moment - now().at <= FARTHEST);
                }
            }
        }
    }
}
