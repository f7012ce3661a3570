//! What can be ordered about the rate limit: its kind, what its headers look like, what a refused call does.
//!
//! Each is one of a few names. The names stand in one table per kind of choice, which both the reading and the error's
//! list of what is allowed go by.

use std::num::NonZeroU32;
use std::str::FromStr;

use super::settings::SettingError;

/// How calls are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LimiterKind {
    /// In windows aligned to the epoch, so that a day ends at midnight UTC.
    #[default]
    Fixed,
    /// In windows of which each begins with the first call after the last one ended.
    FromFirst,
    /// In a log of the last window: a call is let through if fewer than the limit were within the last window.
    Sliding,
    /// In a bucket of tokens that is refilled evenly, with the limit in each window.
    Bucket,
}

impl LimiterKind {
    /// All kinds, with the names under which they are ordered.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("fixed", Self::Fixed),
        ("from-first", Self::FromFirst),
        ("sliding", Self::Sliding),
        ("bucket", Self::Bucket),
    ];
}

/// Which headers tell of the limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeaderStyle {
    /// `X-RateLimit-Limit`, `-Remaining`, `-Reset`.
    #[default]
    XRateLimit,
    /// `X-Rate-Limit-Limit`, `-Remaining`, `-Reset`.
    XRateDashLimit,
    /// `RateLimit-Limit`, `-Remaining`, `-Reset`.
    RateLimit,
    /// The seventh IETF draft: `RateLimit: limit=100, remaining=50, reset=30`, `RateLimit-Policy: 100;w=60`.
    Ietf7,
    /// The latest IETF draft: `RateLimit: "default";r=50;t=30`, `RateLimit-Policy: "default";q=100;w=60`.
    Ietf,
    /// None.
    None,
}

impl HeaderStyle {
    /// All styles, with the names under which they are ordered.
    pub const NAMES: [(&'static str, Self); 6] = [
        ("x-ratelimit", Self::XRateLimit),
        ("x-rate-limit", Self::XRateDashLimit),
        ("ratelimit", Self::RateLimit),
        ("ietf-7", Self::Ietf7),
        ("ietf", Self::Ietf),
        ("none", Self::None),
    ];
}

/// How the reset is written where the headers leave it open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResetStyle {
    /// Whole seconds since the epoch, rounded up.
    #[default]
    Epoch,
    /// Whole seconds since the epoch, rounded down: up to a second early.
    EpochFloor,
    /// Milliseconds since the epoch.
    EpochMs,
    /// Seconds since the epoch with three decimals.
    EpochFraction,
    /// Whole seconds from now, rounded up.
    Delta,
    /// Milliseconds from now.
    DeltaMs,
    /// Seconds from now with three decimals.
    DeltaFraction,
    /// RFC 3339 in UTC with milliseconds.
    Iso,
    /// As HTTP writes dates.
    HttpDate,
    /// As JavaScript's `Date` turns itself into a text.
    JsDate,
}

impl ResetStyle {
    /// All styles, with the names under which they are ordered.
    pub const NAMES: [(&'static str, Self); 10] = [
        ("epoch", Self::Epoch),
        ("epoch-floor", Self::EpochFloor),
        ("epoch-ms", Self::EpochMs),
        ("epoch-fraction", Self::EpochFraction),
        ("delta", Self::Delta),
        ("delta-ms", Self::DeltaMs),
        ("delta-fraction", Self::DeltaFraction),
        ("iso", Self::Iso),
        ("http-date", Self::HttpDate),
        ("js-date", Self::JsDate),
    ];
}

/// When `Retry-After` is told, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RetryAfter {
    /// With a 429, in whole seconds, rounded up.
    #[default]
    Refused,
    /// With every answer: as long as there is room it tells the reset, else when the next call is let through.
    Always,
    /// With a 429, in whole seconds, rounded down: up to a second early.
    Floor,
    /// With a 429, as an HTTP date.
    Date,
    /// Never.
    None,
}

impl RetryAfter {
    /// All ways, with the names under which they are ordered.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("refused", Self::Refused),
        ("always", Self::Always),
        ("floor", Self::Floor),
        ("date", Self::Date),
        ("none", Self::None),
    ];
}

/// What a refused call does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Refused {
    /// Nothing.
    #[default]
    Free,
    /// It counts as a call.
    Counts,
    /// A window begins anew with it, exhausted from the start.
    Restarts,
    /// The same, the window being twice as long for each further refusal in a row.
    Doubles,
    /// After so many refusals within a window nothing but a bare 403 comes until that window is over.
    Ban(NonZeroU32),
}

impl FromStr for Refused {
    type Err = SettingError;

    /// Reads `free`, `counts`, `restarts`, `doubles` or `ban-N`.
    fn from_str(text: &str) -> Result<Self, SettingError> {
        let allowed = "one of free, counts, restarts, doubles, ban-N with N from 1";
        match text {
            "free" => Ok(Self::Free),
            "counts" => Ok(Self::Counts),
            "restarts" => Ok(Self::Restarts),
            "doubles" => Ok(Self::Doubles),
            _ => match text.strip_prefix("ban-").map(str::parse) {
                Some(Ok(refusals)) => Ok(Self::Ban(refusals)),
                _ => Err(SettingError::refused("refused", text, allowed)),
            },
        }
    }
}

/// Reads one of the names in a table.
pub(super) fn one_of<T: Copy>(
    key: &'static str,
    text: &str,
    names: &[(&'static str, T)],
) -> Result<T, SettingError> {
    let found = names.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    found.ok_or_else(|| {
        let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
        SettingError::refused(key, text, format!("one of {}", names.join(", ")))
    })
}
