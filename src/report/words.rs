//! How numbers and times read: separators, plurals, spans, instants.

use std::time::Duration;

use indicatif::{FormattedDuration, HumanBytes, HumanCount, HumanFloatCount};
use jiff::tz::TimeZone;
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

use crate::rules::event::{StopReason, WaitReason};
use crate::rules::malformed::{Malformed, MalformedRows};

/// The most malformed rows that are named.
const MOST_MALFORMED_NAMED: usize = 5;

/// Returns a number with thousands separators.
pub(super) fn count(number: u64) -> String {
    HumanCount(number).to_string()
}

/// Returns a number and its noun: `1 row`, `2,000 rows`.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// Returns a size for reading: `4.00 KiB`, `12.34 MiB`.
pub(super) fn size(bytes: u64) -> String {
    HumanBytes(bytes).to_string()
}

/// Returns a span for reading: `0.8 s`, `12 s`, `3 min 5 s`, `2 h 13 min`, `3 d 4 h`.
pub(super) fn span(span: Duration) -> String {
    let secs = span.as_secs();
    match secs {
        0..10 => format!("{:.1} s", span.as_secs_f64()),
        10..60 => format!("{secs} s"),
        60..3_600 => pair(secs, 60, "min", "s"),
        3_600..86_400 => pair(secs / 60, 60, "h", "min"),
        _ => pair(secs / 3_600, 24, "d", "h"),
    }
}

fn pair(units: u64, base: u64, large: &str, small: &str) -> String {
    match units % base {
        0 => format!("{} {large}", units / base),
        rest => format!("{} {large} {rest} {small}", units / base),
    }
}

/// Returns a span as a clock shows it: `02:13:05`.
pub(super) fn clock(span: Duration) -> String {
    FormattedDuration(span).to_string()
}

/// Returns a pace as a line of many facts has it: `49/s`, `1.5/s`, `10/min`.
pub(super) fn rate(per_second: f64) -> String {
    let (number, unit) = in_unit(per_second);
    format!("{number}/{}", unit.0)
}

/// Returns a pace in a sentence: `49 calls a second`, `10 calls a minute`.
pub(super) fn calls_a(per_second: f64) -> String {
    let (number, unit) = in_unit(per_second);
    format!("{number} calls {}", unit.1)
}

/// Returns the number of calls in the shortest unit of time that has a whole one, and that unit.
fn in_unit(per_second: f64) -> (String, (&'static str, &'static str)) {
    let (number, unit) = match per_second {
        1.0.. => (per_second, ("s", "a second")),
        0.016.. => (per_second * 60.0, ("min", "a minute")),
        _ => (per_second * 3_600.0, ("h", "an hour")),
    };
    let digits = usize::from(number < 9.95);
    (format!("{:.digits$}", HumanFloatCount(number)), unit)
}

/// Returns how long after `now` an instant lies; zero where it has passed.
pub(super) fn until(instant: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(instant.duration_since(now)).unwrap_or_default()
}

/// Returns an instant in UTC: `00:00 UTC` within a day from `now`, else with its date.
///
/// Seconds are shown where there are any, so that a window of seconds is not told as a full minute.
pub(super) fn utc(instant: Timestamp, now: Timestamp) -> String {
    let format = match (until(instant, now) < Duration::from_secs(86_400), instant.as_second() % 60 == 0) {
        (true, true) => "%H:%M UTC",
        (true, false) => "%H:%M:%S UTC",
        (false, true) => "%Y-%m-%d %H:%M UTC",
        (false, false) => "%Y-%m-%d %H:%M:%S UTC",
    };
    instant.to_zoned(TimeZone::UTC).strftime(format).to_string()
}

/// Returns an instant with its date in local time and in UTC; once where they are the same.
///
/// Minutes are rounded up, so that whoever comes at the time that was told does not come too early.
pub(super) fn local_and_utc(instant: Timestamp, zone: &TimeZone) -> String {
    let up = TimestampRound::new().smallest(Unit::Minute).mode(RoundMode::Ceil);
    let instant = instant.round(up).unwrap_or(instant);
    let utc = instant.to_zoned(TimeZone::UTC);
    let local = instant.to_zoned(zone.clone());
    let utc_text = utc.strftime("%Y-%m-%d %H:%M UTC");
    if local.offset() == utc.offset() {
        return utc_text.to_string();
    }
    format!("{} your time ({utc_text})", local.strftime("%Y-%m-%d %H:%M"))
}

/// Returns what is waited for, to follow "waiting for".
pub(super) const fn awaited(why: WaitReason) -> &'static str {
    match why {
        WaitReason::Quota => "the quota to reset",
        WaitReason::CoolDown => "the API to take calls again",
        WaitReason::Rate => "your --rate",
        WaitReason::Pace => "the pace that the API allows",
        WaitReason::ApiDown => "the API to come back",
        WaitReason::Retry => "the next retry",
        WaitReason::OtherRun => "another run on the same ledger",
    }
}

/// Returns why a run was stopped, to follow "stopped".
pub(super) const fn why(reason: StopReason) -> &'static str {
    match reason {
        StopReason::InsufficientCredits => "out of credits",
        StopReason::CreditLimit => "credit limit reached",
        StopReason::RateLimit => "quota used up",
        StopReason::InvalidKey => "key refused",
        StopReason::InsufficientPermissions => "key without permission",
        StopReason::ApiUnavailable => "API unavailable",
        StopReason::Interrupted => "interrupted",
    }
}

/// Returns which rows are not as they should be, if there are any.
pub(super) fn malformed(malformed: &MalformedRows) -> Option<String> {
    let named: Vec<String> = malformed
        .first
        .iter()
        .take(MOST_MALFORMED_NAMED)
        .map(|(_, Malformed { line, fault })| format!("{fault} (line {line})"))
        .collect();
    let others = if malformed.rows > named.len() as u64 { " and others" } else { "" };
    let rows = counted(malformed.rows, "row, kept as it is", "rows, kept as they are");
    (malformed.rows > 0).then(|| format!("{rows}: {}{others}", named.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn counts_have_plurals_and_separators() {
        assert_eq!(counted(1, "row", "rows"), "1 row");
        assert_eq!(counted(0, "row", "rows"), "0 rows");
        assert_eq!(counted(1_234_567, "company", "companies"), "1,234,567 companies");
    }

    #[test]
    fn spans_have_two_units_at_most() {
        let read: Vec<String> = [0, 800, 9_949, 12_300, 60_000, 185_000, 3_600_000, 7_985_000, 275_000_000]
            .into_iter()
            .map(|ms| span(Duration::from_millis(ms)))
            .collect();
        assert_eq!(
            read.join(" | "),
            "0.0 s | 0.8 s | 9.9 s | 12 s | 1 min | 3 min 5 s | 1 h | 2 h 13 min | 3 d 4 h"
        );
    }

    #[test]
    fn an_instant_has_its_date_only_where_it_is_needed() {
        let now = at("2026-11-22T21:47:00Z");
        assert_eq!(utc(at("2026-11-23T00:00:00Z"), now), "00:00 UTC");
        assert_eq!(utc(at("2026-11-22T21:47:30Z"), now), "21:47:30 UTC");
        assert_eq!(utc(at("2026-11-24T00:00:00Z"), now), "2026-11-24 00:00 UTC");
        assert_eq!(clock(until(at("2026-11-23T00:00:05Z"), now)), "02:13:05");
        assert_eq!(until(at("2026-11-22T00:00:00Z"), now), Duration::ZERO);
    }

    #[test]
    fn a_pace_has_a_unit_that_fits() {
        let read = [1_234.4, 48.7, 9.96, 2.04, 1.0, 0.95, 0.166_67, 0.05, 0.01, 0.000_33].map(rate);
        assert_eq!(read.join(" "), "1,234/s 49/s 10/s 2/s 1/s 57/min 10/min 3/min 36/h 1.2/h");
        assert_eq!(calls_a(1.5), "1.5 calls a second");
        assert_eq!(calls_a(0.166_67), "10 calls a minute");
    }

    #[test]
    fn a_reset_is_told_in_both_times() {
        let reset = at("2026-11-23T00:00:00Z");
        let east = TimeZone::fixed(jiff::tz::Offset::constant(5));
        assert_eq!(local_and_utc(reset, &TimeZone::UTC), "2026-11-23 00:00 UTC");
        assert_eq!(local_and_utc(reset, &east), "2026-11-23 05:00 your time (2026-11-23 00:00 UTC)");
        let new_york = TimeZone::get("America/New_York").unwrap();
        let soon = at("2026-11-23T00:09:00.2Z");
        assert_eq!(local_and_utc(soon, &new_york), "2026-11-22 19:10 your time (2026-11-23 00:10 UTC)");
    }
}
