//! What a header's value says by itself: a number of calls, a time, or a span. What is unclear stays unclear.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::remark::Doubt;

/// Numbers from here on count from the epoch: as seconds from now they would be over nine years.
const EPOCH_SECONDS_FROM: f64 = 3e8;

/// Each unit of an epoch begins a thousand times above the one before: as seconds these would be after the year 5000.
const EPOCH_MILLIS_FROM: f64 = 1e11;
const EPOCH_MICROS_FROM: f64 = 1e14;
const EPOCH_NANOS_FROM: f64 = 1e17;

/// What the text of a reset or of a `Retry-After` says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Stated {
    /// A number from now, of seconds or milliseconds.
    Number(f64),
    /// A span from now in units of its own.
    Span(Duration),
    /// A time on the server's clock, and whether it has a fraction of a second.
    Time(Timestamp, Grain),
}

/// How finely a time is stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grain {
    /// To the second.
    Second,
    /// Finer.
    Fine,
}

impl Stated {
    /// Reads a time, a span or a number.
    pub(super) fn read(text: &str) -> Result<Self, Doubt> {
        match text.parse::<f64>() {
            Ok(number) => Self::of_number(number),
            Err(_) => time(text)
                .map(|time| Self::Time(time, grain(time)))
                .or_else(|| span(text))
                .ok_or(if text.starts_with('-') { Doubt::Negative } else { Doubt::Unreadable }),
        }
    }

    /// Reads a number by its size.
    pub(super) fn of_number(number: f64) -> Result<Self, Doubt> {
        let seconds = match number {
            _ if !number.is_finite() => return Err(Doubt::Unreadable),
            _ if number < 0.0 => return Err(Doubt::Negative),
            _ if number < EPOCH_SECONDS_FROM => return Ok(Self::Number(number)),
            _ if number < EPOCH_MILLIS_FROM => number,
            _ if number < EPOCH_MICROS_FROM => number / 1e3,
            _ if number < EPOCH_NANOS_FROM => number / 1e6,
            _ => number / 1e9,
        };
        let since = SignedDuration::try_from_secs_f64(seconds).map_err(|_| Doubt::TooFar)?;
        let time = Timestamp::from_duration(since).map_err(|_| Doubt::TooFar)?;
        Ok(Self::Time(time, grain(time)))
    }
}

fn grain(time: Timestamp) -> Grain {
    if time.subsec_nanosecond() == 0 { Grain::Second } else { Grain::Fine }
}

/// Reads a span such as `1m30s` or `PT90S`.
fn span(text: &str) -> Option<Stated> {
    let span: SignedDuration = text.parse().ok()?;
    Duration::try_from(span).ok().map(Stated::Span)
}

/// Reads the dates of RFC 9110, of ISO 8601 with a zone or, as UTC, without, and of JavaScript's `Date`.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    http_date(text)
        .or_else(|| text.parse().ok())
        .or_else(|| jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp()))
        .or_else(|| TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok())
        .or_else(|| javascript_date(text))
}

/// Reads the three forms of RFC 9110, section 5.6.7.
pub(super) fn http_date(text: &str) -> Option<Timestamp> {
    httpdate::parse_http_date(text).ok().and_then(|time| Timestamp::try_from(time).ok())
}

/// Reads what `Date.prototype.toString` writes; the name of the zone behind it is in the language of the server.
fn javascript_date(text: &str) -> Option<Timestamp> {
    let (date, _zone_name) = text.split_once(" (").unwrap_or((text, ""));
    Timestamp::strptime("%a %b %d %Y %H:%M:%S GMT%z", date).ok()
}

/// Reads a number of calls; a fraction of a call is no call.
pub(super) fn count(text: &str) -> Result<u64, Doubt> {
    let number: f64 = text.parse().map_err(|_| Doubt::Unreadable)?;
    match number {
        _ if number.is_nan() || number.is_infinite() => Err(Doubt::Unreadable),
        _ if number < 0.0 => Err(Doubt::Negative),
        _ => Ok(floor(number)),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "floored, and clamped by `as`")]
pub(super) fn floor(number: f64) -> u64 {
    number.max(0.0).floor() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<f64> {
        match Stated::read(text).ok()? {
            Stated::Time(time, _) => Some(time.as_duration().as_secs_f64()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reads_times_of_every_form() {
        let same = [
            "1795368286",
            "1795368286000",
            "1795368286000000",
            "1795368286000000000",
            "1.795368286e9",
            "Sun, 22 Nov 2026 17:24:46 GMT",
            "Sunday, 22-Nov-26 17:24:46 GMT",
            "Sun Nov 22 17:24:46 2026",
            "Sun, 22 Nov 2026 17:24:46 +0000",
            "2026-11-22T17:24:46Z",
            "2026-11-22T18:24:46+01:00",
            "2026-11-22 17:24:46",
            "2026-11-22T17:24:46",
            "Sun Nov 22 2026 17:24:46 GMT+0000 (Coordinated Universal Time)",
            "Sun Nov 22 2026 18:24:46 GMT+0100 (Mitteleuropäische Normalzeit)",
            "Sun Nov 22 2026 17:24:46 GMT+0000",
        ];
        for text in same {
            assert_eq!(seconds(text), Some(1_795_368_286.0), "{text}");
        }
        for text in ["1795368286.5", "1795368286500", "2026-11-22T17:24:46.500Z", "2026-11-22T17:24:46.5"] {
            assert_eq!(seconds(text), Some(1_795_368_286.5), "{text}");
        }
    }

    #[test]
    fn reads_spans_and_leaves_small_numbers_open() {
        assert_eq!(Stated::read("60"), Ok(Stated::Number(60.0)));
        assert_eq!(Stated::read("0.25"), Ok(Stated::Number(0.25)));
        for text in ["1m30s", "1m 30s", "PT90S", "90s", "90000ms"] {
            assert_eq!(Stated::read(text), Ok(Stated::Span(Duration::from_secs(90))), "{text}");
        }
    }

    #[test]
    fn passes_nonsense_over() {
        for (text, doubt) in [
            ("", Doubt::Unreadable),
            ("soon", Doubt::Unreadable),
            ("NaN", Doubt::Unreadable),
            ("inf", Doubt::Unreadable),
            ("0x10", Doubt::Unreadable),
            ("-1", Doubt::Negative),
            ("-1s", Doubt::Negative),
            ("1e300", Doubt::TooFar),
            ("99999999999999999999999", Doubt::TooFar),
        ] {
            assert_eq!(Stated::read(text), Err(doubt), "{text:?}");
        }
    }

    #[test]
    fn counts_whole_calls() {
        for (text, calls) in [("7", 7), ("7.9", 7), ("1e3", 1000), ("0", 0)] {
            assert_eq!(count(text), Ok(calls));
        }
        assert_eq!((count("-3"), count("many")), (Err(Doubt::Negative), Err(Doubt::Unreadable)));
    }
}
