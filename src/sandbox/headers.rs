//! What the headers say about the rate limit and the time, in each of the ways in which servers write it.
//!
//! Everything is told by the server's own clock: the standing brings its present.

use jiff::Timestamp;

use super::quota::{Standing, ceiling};
use super::response::{Response, http_date};
use super::settings::Settings;
use super::terms::{HeaderStyle, ResetStyle, RetryAfter};

const SECOND: i128 = 1_000_000_000;
const MILLISECOND: i128 = 1_000_000;

/// How headers begin that tell of the limit.
const QUOTA_HEADERS: [&str; 3] = ["x-ratelimit-", "x-rate-limit-", "ratelimit"];

/// Headers, names in lower case.
type Headers = Vec<(&'static str, String)>;

/// How the headers are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    style: HeaderStyle,
    reset: ResetStyle,
    retry_after: RetryAfter,
    has_date: bool,
}

impl Dialect {
    /// Returns the dialect that was ordered.
    pub(super) const fn of(settings: &Settings) -> Self {
        Self {
            style: settings.headers,
            reset: settings.reset,
            retry_after: settings.retry_after,
            has_date: settings.date,
        }
    }

    /// Returns the headers of every answer about time and limit.
    pub(super) fn on_every(self, standing: &Standing) -> Headers {
        let mut headers = Vec::with_capacity(6);
        if self.has_date {
            headers.push(("date", http_date(time(standing.now))));
        }
        headers.extend(self.quota(standing));
        if self.retry_after == RetryAfter::Always {
            headers.push(("retry-after", seconds_until(standing, wait_end(standing)).max(1).to_string()));
        }
        headers
    }

    /// Returns what a refusal by the limit says about asking again.
    pub(super) fn on_refusal(self, standing: &Standing) -> Option<String> {
        let opens = standing.opens;
        match self.retry_after {
            RetryAfter::Refused | RetryAfter::Always => {
                Some(seconds_until(standing, opens).max(1).to_string())
            }
            RetryAfter::Floor => Some(opens.saturating_sub(standing.now).div_euclid(SECOND).to_string()),
            RetryAfter::Date => Some(http_date(whole_second(opens))),
            RetryAfter::None => None,
        }
    }

    /// Returns the headers that tell of the limit.
    fn quota(self, standing: &Standing) -> Headers {
        let &Standing { limit, remaining, .. } = standing;
        let seconds = seconds_until(standing, standing.reset);
        let window = ceiling(standing.window, SECOND);
        let three = |names: [&'static str; 3]| {
            let values = [limit.to_string(), remaining.to_string(), self.reset(standing)];
            names.into_iter().zip(values).collect()
        };
        match self.style {
            HeaderStyle::XRateLimit => {
                three(["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"])
            }
            HeaderStyle::XRateDashLimit => {
                three(["x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"])
            }
            HeaderStyle::RateLimit => three(["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"]),
            HeaderStyle::Ietf7 => vec![
                ("ratelimit", format!("limit={limit}, remaining={remaining}, reset={seconds}")),
                ("ratelimit-policy", format!("{limit};w={window}")),
            ],
            HeaderStyle::Ietf => vec![
                ("ratelimit", format!("\"default\";r={remaining};t={seconds}")),
                ("ratelimit-policy", format!("\"default\";q={limit};w={window}")),
            ],
            HeaderStyle::None => Vec::new(),
        }
    }

    /// Writes the reset.
    fn reset(self, standing: &Standing) -> String {
        let at = standing.reset;
        let left = at.saturating_sub(standing.now);
        match self.reset {
            ResetStyle::Epoch => ceiling(at, SECOND).to_string(),
            ResetStyle::EpochFloor => at.div_euclid(SECOND).to_string(),
            ResetStyle::EpochMs => ceiling(at, MILLISECOND).to_string(),
            ResetStyle::EpochFraction => fraction(at),
            ResetStyle::Delta => ceiling(left, SECOND).to_string(),
            ResetStyle::DeltaMs => ceiling(left, MILLISECOND).to_string(),
            ResetStyle::DeltaFraction => fraction(left),
            ResetStyle::Iso => {
                let millis = ceiling(at, MILLISECOND).saturating_mul(MILLISECOND);
                time(millis).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
            }
            ResetStyle::HttpDate => http_date(whole_second(at)),
            ResetStyle::JsDate => whole_second(at)
                .strftime("%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)")
                .to_string(),
        }
    }
}

impl Response {
    /// Removes what tells of the limit.
    pub(super) fn without_quota(self) -> Self {
        QUOTA_HEADERS.iter().fold(self, |response, prefix| response.without(prefix))
    }

    /// Says when to ask again, in the place of what was said about it before.
    pub(super) fn retried_after(self, text: impl Into<String>) -> Self {
        self.without("retry-after").with("retry-after", text)
    }
}

/// Returns what a caller is to wait for: the reset, or when nothing is left, room.
const fn wait_end(standing: &Standing) -> i128 {
    if standing.remaining > 0 { standing.reset } else { standing.opens }
}

/// Returns the whole seconds until a time, rounded up.
fn seconds_until(standing: &Standing, at: i128) -> i128 {
    ceiling(at.saturating_sub(standing.now), SECOND)
}

/// Writes nanoseconds as seconds with three decimals, rounded up.
fn fraction(nanoseconds: i128) -> String {
    let millis = ceiling(nanoseconds, MILLISECOND);
    format!("{}.{:03}", millis.div_euclid(1_000), millis.rem_euclid(1_000))
}

/// Returns a time rounded up to a whole second.
fn whole_second(at: i128) -> Timestamp {
    time(ceiling(at, SECOND).saturating_mul(SECOND))
}

/// Returns a time; the end of time for what lies beyond it.
fn time(at: i128) -> Timestamp {
    Timestamp::from_nanosecond(at).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the headers in a bucket of 100 to the minute, half empty, 29.25 seconds before it is full.
    fn headers(settings: &str) -> String {
        let settings: Settings = settings.parse().unwrap();
        let now = Timestamp::from_millisecond(1_795_368_256_500).unwrap().as_nanosecond();
        let standing = Standing {
            limit: 100,
            window: 60 * SECOND,
            remaining: 50,
            now,
            reset: now + 29_250 * MILLISECOND,
            opens: now + 1_750 * MILLISECOND,
        };
        let dialect = Dialect::of(&settings);
        let mut lines: Vec<String> =
            dialect.on_every(&standing).iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let refused = dialect.on_refusal(&standing).unwrap_or_else(|| "-".to_owned());
        lines.push(format!("refused: {refused}"));
        lines.join("\n")
    }

    #[test]
    fn each_style_has_its_headers() {
        let all: Vec<String> = HeaderStyle::NAMES
            .iter()
            .map(|(name, _)| format!("== {name}\n{}", headers(&format!("headers={name},date=off"))))
            .collect();
        insta::assert_snapshot!(all.join("\n"), @r#"
        == x-ratelimit
        x-ratelimit-limit: 100
        x-ratelimit-remaining: 50
        x-ratelimit-reset: 1795368286
        refused: 2
        == x-rate-limit
        x-rate-limit-limit: 100
        x-rate-limit-remaining: 50
        x-rate-limit-reset: 1795368286
        refused: 2
        == ratelimit
        ratelimit-limit: 100
        ratelimit-remaining: 50
        ratelimit-reset: 1795368286
        refused: 2
        == ietf-7
        ratelimit: limit=100, remaining=50, reset=30
        ratelimit-policy: 100;w=60
        refused: 2
        == ietf
        ratelimit: "default";r=50;t=30
        ratelimit-policy: "default";q=100;w=60
        refused: 2
        == none
        refused: 2
        "#);
    }

    #[test]
    fn each_reset_is_written_its_own_way() {
        let all: Vec<String> = ResetStyle::NAMES
            .iter()
            .map(|(name, _)| {
                let headers = headers(&format!("reset={name}"));
                let reset = headers.lines().find_map(|line| line.strip_prefix("x-ratelimit-reset: "));
                format!("{name}: {}", reset.unwrap())
            })
            .collect();
        insta::assert_snapshot!(all.join("\n"), @r#"
        epoch: 1795368286
        epoch-floor: 1795368285
        epoch-ms: 1795368285750
        epoch-fraction: 1795368285.750
        delta: 30
        delta-ms: 29250
        delta-fraction: 29.250
        iso: 2026-11-22T17:24:45.750Z
        http-date: Sun, 22 Nov 2026 17:24:46 GMT
        js-date: Sun Nov 22 2026 17:24:46 GMT+0000 (Coordinated Universal Time)
        "#);
    }

    #[test]
    fn each_retry_after_is_written_its_own_way() {
        let all: Vec<String> = RetryAfter::NAMES
            .iter()
            .map(|(name, _)| format!("== {name}\n{}", headers(&format!("retry-after={name},headers=none"))))
            .collect();
        insta::assert_snapshot!(all.join("\n"), @r#"
        == refused
        date: Sun, 22 Nov 2026 17:24:16 GMT
        refused: 2
        == always
        date: Sun, 22 Nov 2026 17:24:16 GMT
        retry-after: 30
        refused: 2
        == floor
        date: Sun, 22 Nov 2026 17:24:16 GMT
        refused: 1
        == date
        date: Sun, 22 Nov 2026 17:24:16 GMT
        refused: Sun, 22 Nov 2026 17:24:19 GMT
        == none
        date: Sun, 22 Nov 2026 17:24:16 GMT
        refused: -
        "#);
    }
}
