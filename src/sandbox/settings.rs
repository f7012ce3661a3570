//! What can be set about the sandbox, and how each setting is written on the command line.
//!
//! There is one entry point for a single setting, [`Settings::set`], and one for a list of them, `FromStr`.

use std::borrow::Cow;
use std::str::FromStr;
use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo};
use thiserror::Error;

use super::faults::Faults;
use super::terms::{HeaderStyle, LimiterKind, Refused, ResetStyle, RetryAfter, one_of};

/// The key that the sandbox takes where none is set.
pub(super) const DEFAULT_KEY: &str = "wbk_sandbox";
/// The longest latency, so that nobody waits for an answer by mistake.
const LONGEST_LATENCY: Duration = Duration::from_secs(3_600);
/// The longest rate-limit window: a leap year. No clock is off by more either.
const LONGEST_WINDOW: Duration = Duration::from_secs(366 * 86_400);

/// Everything that can be set about the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The key that may enrich.
    pub api_key: String,
    /// A key that is known but lacks the permission to enrich (403).
    pub read_only_key: String,
    /// The balance at the start.
    pub credits: u64,
    /// Requests in one window of the rate limit.
    pub limit: u64,
    /// The length of the rate limit's window.
    pub window: Duration,
    /// How requests are counted against the limit.
    pub limiter: LimiterKind,
    /// What a bucket holds; absent: as much as the limit.
    pub burst: Option<u64>,
    /// Which headers tell of the limit.
    pub headers: HeaderStyle,
    /// How they write the reset, where that is open.
    pub reset: ResetStyle,
    /// When `Retry-After` is told, and how.
    pub retry_after: RetryAfter,
    /// How far the server's clock is ahead; its dates, resets and windows go by it.
    pub skew: SignedDuration,
    /// Whether answers have a `Date`.
    pub date: bool,
    /// What a refused request does.
    pub refused: Refused,
    /// The share of the limit that another client on the same key takes, evenly, in percent.
    pub rival: u8,
    /// Of 100 subjects, how many the providers know nothing about.
    pub no_match: u8,
    /// How long an answer takes.
    pub latency: Latency,
    /// Which misbehaviours strike, and how often.
    pub faults: Faults,
    /// Decides every draw of chance.
    pub seed: u64,
    /// The TCP port on the loopback address; 0 for a free one.
    pub port: u16,
}

impl Default for Settings {
    /// Returns a sandbox in which a first batch runs to its end within seconds.
    fn default() -> Self {
        Self {
            api_key: DEFAULT_KEY.to_owned(),
            read_only_key: "wbk_readonly".to_owned(),
            credits: 5_000,
            limit: 10_000,
            window: Duration::from_secs(86_400),
            limiter: LimiterKind::default(),
            burst: None,
            headers: HeaderStyle::default(),
            reset: ResetStyle::default(),
            retry_after: RetryAfter::default(),
            skew: SignedDuration::ZERO,
            date: true,
            refused: Refused::default(),
            rival: 0,
            no_match: 15,
            latency: Latency { shortest: Duration::from_millis(20), longest: Duration::from_millis(80) },
            faults: Faults::default(),
            seed: 1,
            port: 0,
        }
    }
}

impl Settings {
    /// The names that [`Settings::set`] takes; `_` serves as well as `-`.
    pub const KEYS: [&'static str; 17] = [
        "api-key",
        "credits",
        "limit",
        "window",
        "limiter",
        "burst",
        "headers",
        "reset",
        "retry-after",
        "skew",
        "date",
        "refused",
        "rival",
        "no-match",
        "latency",
        "faults",
        "seed",
    ];

    /// Sets one setting from its text.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        let value = value.trim();
        match key.trim().replace('_', "-").as_str() {
            "api-key" => self.api_key = api_key(value)?,
            "credits" => self.credits = number("credits", value)?,
            "limit" => self.limit = number("limit", value)?,
            "window" => self.window = window(value)?,
            "limiter" => self.limiter = one_of("limiter", value, &LimiterKind::NAMES)?,
            "burst" => self.burst = Some(number("burst", value)?),
            "headers" => self.headers = one_of("headers", value, &HeaderStyle::NAMES)?,
            "reset" => self.reset = one_of("reset", value, &ResetStyle::NAMES)?,
            "retry-after" => self.retry_after = one_of("retry-after", value, &RetryAfter::NAMES)?,
            "skew" => self.skew = skew(value)?,
            "date" => self.date = one_of("date", value, &[("on", true), ("off", false)])?,
            "refused" => self.refused = value.parse()?,
            "rival" => self.rival = percent("rival", value)?,
            "no-match" => self.no_match = percent("no-match", value)?,
            "latency" => self.latency = value.parse()?,
            "faults" => self.faults = value.parse()?,
            "seed" => self.seed = number("seed", value)?,
            _ => return Err(SettingError::UnknownKey { key: key.to_owned() }),
        }
        Ok(())
    }
}

impl FromStr for Settings {
    type Err = SettingError;

    /// Reads `KEY=VALUE,KEY=VALUE` on top of the defaults; within `faults` the items are joined by `+`, and written
    /// `NAME:PERCENT`. An empty text means the defaults.
    fn from_str(text: &str) -> Result<Self, SettingError> {
        let mut settings = Self::default();
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let (key, value) =
                item.split_once('=').ok_or_else(|| SettingError::NotAPair { item: item.to_owned() })?;
            settings.set(key, value)?;
        }
        Ok(settings)
    }
}

/// How long an answer takes: evenly between two durations, which may be the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// The least.
    pub shortest: Duration,
    /// The most.
    pub longest: Duration,
}

impl FromStr for Latency {
    type Err = SettingError;

    /// Reads one duration, or `MIN..MAX`.
    fn from_str(text: &str) -> Result<Self, SettingError> {
        let (shortest, longest) = text.split_once("..").unwrap_or((text, text));
        match (duration(shortest), duration(longest)) {
            (Some(shortest), Some(longest)) if shortest <= longest && longest <= LONGEST_LATENCY => {
                Ok(Self { shortest, longest })
            }
            _ => Err(SettingError::refused(
                "latency",
                text,
                "a duration up to 1h as in '50ms', or '20ms..80ms'",
            )),
        }
    }
}

/// Why a setting was not taken.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SettingError {
    /// There is no such setting.
    #[error("the sandbox has no setting '{key}', only {}", Settings::KEYS.join(", "))]
    UnknownKey {
        /// The name as it was given.
        key: String,
    },
    /// An item of a list is no pair.
    #[error("'{item}' is not KEY=VALUE, KEY being one of {}", Settings::KEYS.join(", "))]
    NotAPair {
        /// The item as it was given.
        item: String,
    },
    /// The setting exists, but not with this value.
    #[error("the sandbox's '{key}' cannot be '{value}': give {allowed}")]
    Value {
        /// The setting.
        key: &'static str,
        /// The value as it was given; never a key.
        value: String,
        /// What the setting takes.
        allowed: Cow<'static, str>,
    },
}

impl SettingError {
    /// Returns the refusal of a value.
    pub(super) fn refused(key: &'static str, value: &str, allowed: impl Into<Cow<'static, str>>) -> Self {
        Self::Value { key, value: value.to_owned(), allowed: allowed.into() }
    }
}

/// Reads a key. The text does not go into the error: it may be a real key with a slip in it.
fn api_key(value: &str) -> Result<String, SettingError> {
    let plausible = value.strip_prefix("wbk_").is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    });
    if plausible {
        Ok(value.to_owned())
    } else {
        Err(SettingError::refused("api-key", "…", "'wbk_' followed by letters, digits, '_' and '-'"))
    }
}

/// Reads a count.
fn number(key: &'static str, value: &str) -> Result<u64, SettingError> {
    value.parse().map_err(|_| SettingError::refused(key, value, "a whole number from 0"))
}

/// Reads a percentage, with or without its sign.
fn percent(key: &'static str, value: &str) -> Result<u8, SettingError> {
    let digits = value.strip_suffix('%').unwrap_or(value);
    let percent = digits.parse().ok().filter(|percent| *percent <= 100);
    percent.ok_or_else(|| SettingError::refused(key, value, "a whole number from 0 to 100"))
}

/// Reads the length of a window.
fn window(value: &str) -> Result<Duration, SettingError> {
    duration(value).filter(|window| !window.is_zero() && *window <= LONGEST_WINDOW).ok_or_else(|| {
        SettingError::refused("window", value, "a duration above 0 as in '1s', '1m', '1h' or '1d'")
    })
}

/// Reads how far a clock is off.
fn skew(value: &str) -> Result<SignedDuration, SettingError> {
    signed(value).filter(|skew| skew.unsigned_abs() <= LONGEST_WINDOW).ok_or_else(|| {
        SettingError::refused(
            "skew",
            value,
            "a duration up to 366d with or without a sign, as in '-300s' or '5m'",
        )
    })
}

/// Reads a duration that is not negative.
fn duration(text: &str) -> Option<Duration> {
    signed(text).and_then(|signed| Duration::try_from(signed).ok())
}

/// Reads a duration in jiff's friendly form, days being 24 hours; a bare `0` needs no unit.
fn signed(text: &str) -> Option<SignedDuration> {
    let text = text.trim();
    if text == "0" {
        return Some(SignedDuration::ZERO);
    }
    let span: Span = text.parse().ok()?;
    span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_sets_each() {
        let text = "api_key=wbk_mine, credits=7,limit=3,window=1m,no-match=0%,latency=0,seed=9,\
                    faults=drop-after:5+http-500:2";
        let settings: Settings = text.parse().unwrap();
        let expected = Settings {
            api_key: "wbk_mine".to_owned(),
            credits: 7,
            limit: 3,
            window: Duration::from_secs(60),
            no_match: 0,
            latency: Latency::default(),
            faults: "drop-after=5,http-500=2".parse().unwrap(),
            seed: 9,
            ..Settings::default()
        };
        assert_eq!(settings, expected);
        assert_eq!("".parse::<Settings>().unwrap(), Settings::default());
    }

    #[test]
    fn a_rate_limit_is_described() {
        let text = "limiter=bucket,burst=9,headers=ietf-7,reset=js-date,retry_after=date,skew=-300s,date=off,\
                    refused=ban-5,rival=50%";
        let settings: Settings = text.parse().unwrap();
        let expected = Settings {
            limiter: LimiterKind::Bucket,
            burst: Some(9),
            headers: HeaderStyle::Ietf7,
            reset: ResetStyle::JsDate,
            retry_after: RetryAfter::Date,
            skew: SignedDuration::from_mins(-5),
            date: false,
            refused: Refused::Ban(5.try_into().unwrap()),
            rival: 50,
            ..Settings::default()
        };
        assert_eq!(settings, expected);
        assert_eq!("skew=5m".parse::<Settings>().unwrap().skew, SignedDuration::from_mins(5));
    }

    #[test]
    fn durations_read_as_people_write_them() {
        for (text, millis) in
            [("50ms", 50), ("1s", 1_000), ("1.5s", 1_500), ("2h 30m", 9_000_000), ("1d", 86_400_000)]
        {
            assert_eq!(duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "5", "-1s", "1mo", "soon", "1s ago"] {
            assert_eq!(duration(text), None, "{text}");
        }
        assert_eq!("20ms..80ms".parse::<Latency>().unwrap(), Settings::default().latency);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("speed=1", "the sandbox has no setting 'speed', only api-key, credits, limit"),
            ("credits", "'credits' is not KEY=VALUE"),
            ("credits=-1", "the sandbox's 'credits' cannot be '-1': give a whole number from 0"),
            ("window=0", "the sandbox's 'window' cannot be '0'"),
            ("window=400d", "the sandbox's 'window' cannot be '400d'"),
            (
                "limiter=leaky",
                "the sandbox's 'limiter' cannot be 'leaky': give one of fixed, from-first, sliding, bucket",
            ),
            ("burst=-1", "the sandbox's 'burst' cannot be '-1': give a whole number"),
            (
                "headers=x",
                "the sandbox's 'headers' cannot be 'x': give one of x-ratelimit, x-rate-limit, ratelimit,",
            ),
            ("reset=soon", "the sandbox's 'reset' cannot be 'soon': give one of epoch, epoch-floor,"),
            (
                "retry-after=1",
                "the sandbox's 'retry-after' cannot be '1': give one of refused, always, floor, date",
            ),
            (
                "skew=300",
                "the sandbox's 'skew' cannot be '300': give a duration up to 366d with or without a sign",
            ),
            ("skew=-400d", "the sandbox's 'skew' cannot be '-400d'"),
            ("date=no", "the sandbox's 'date' cannot be 'no': give one of on, off"),
            (
                "refused=ban-0",
                "the sandbox's 'refused' cannot be 'ban-0': give one of free, counts, restarts, doubles",
            ),
            ("rival=101", "the sandbox's 'rival' cannot be '101': give a whole number from 0 to 100"),
            ("no_match=101", "the sandbox's 'no-match' cannot be '101'"),
            ("latency=80ms..20ms", "the sandbox's 'latency' cannot be '80ms..20ms'"),
            ("latency=2h", "the sandbox's 'latency' cannot be '2h'"),
            ("seed=x", "the sandbox's 'seed' cannot be 'x'"),
            ("faults=slow", "the sandbox's 'faults' cannot be 'slow'"),
            ("api-key=sk_123", "the sandbox's 'api-key' cannot be '…'"),
        ] {
            let error = text.parse::<Settings>().unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }
}
