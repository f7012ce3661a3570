//! How long calls take: examples, and a simulation that lets call after call leave, window after window.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;

fn now() -> Timestamp {
    "2026-11-22T15:00:00Z".parse().unwrap()
}

fn quota(allowed: u64, remaining: u64, resets_at: &str, window: Option<Duration>) -> Quota {
    Quota { allowed: Some(allowed), remaining, resets_at: resets_at.parse().unwrap(), window, told_at: now() }
}

fn span_of(takes: Takes) -> Span {
    match takes {
        Takes::Span(span) => span,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_days_quota_is_used_up_and_waited_for() {
    let midnight = "2026-11-23T00:00:00Z";
    let span = span_of(takes(10_000, &[quota(1_000, 1_000, midnight, None)], None, now()));
    assert_eq!((span.windows, span.resets), (10, 9));
    assert_eq!(span.ends_at, "2026-12-01T00:00:00Z".parse().unwrap());
    assert_eq!(span.longest_pause, DAY);
    let midnight = midnight.parse().unwrap();
    assert_eq!(span.bound, Bound::Quota { allowed: 1_000, window: DAY, resets_at: midnight });

    let used_up = span_of(takes(10_000, &[quota(1_000, 0, "2026-11-23T00:00:00Z", None)], None, now()));
    assert_eq!((used_up.windows, used_up.resets), (10, 10));
}

#[test]
fn what_was_told_yesterday_has_come_back() {
    let yesterday = quota(1_000, 3, "2026-11-21T00:00:00Z", None);
    let by_now = yesterday.by(now());
    assert_eq!((by_now.remaining, by_now.resets_at), (1_000, "2026-11-23T00:00:00Z".parse().unwrap()));
    assert_eq!(takes(1_000, &[yesterday], None, now()), Takes::Fits);
    let unknown = Quota { resets_at: "2026-11-21T10:30:00Z".parse().unwrap(), ..yesterday };
    assert_eq!(takes(1_000, &[unknown], None, now()), Takes::Fits);
    assert_eq!(takes(1_001, &[unknown], None, now()), Takes::Unknown);
}

#[test]
fn without_a_quota_only_a_rate_tells_the_time() {
    assert_eq!(takes(10, &[], None, now()), Takes::Unheld);
    let span = span_of(takes(121, &[], "2/s".parse().ok(), now()));
    assert_eq!(span.ends_at, now() + SignedDuration::from_mins(1));
    assert!(matches!(span.bound, Bound::Rate(_)));
    assert_eq!(takes(0, &[], "2/s".parse().ok(), now()), Takes::Unheld);
}

#[test]
fn a_short_quota_is_a_pace_and_the_slowest_holds() {
    let minute = quota(60, 60, "2026-11-22T15:01:00Z", Some(Duration::from_mins(1)));
    let span = span_of(takes(6_001, &[minute], None, now()));
    assert_eq!((span.ends_at, span.resets), (now() + SignedDuration::from_mins(100), 0));
    let slower = span_of(takes(6_001, &[minute], "30/m".parse().ok(), now()));
    assert_eq!(slower.ends_at, now() + SignedDuration::from_mins(200));
    assert!(matches!(slower.bound, Bound::Rate(_)));
    let day = quota(1_000, 1_000, "2026-11-23T00:00:00Z", Some(DAY));
    let span = span_of(takes(2_001, &[day, minute], None, now()));
    let last = "2026-11-24T00:00:00Z".parse::<Timestamp>().unwrap();
    assert_eq!((span.ends_at, span.resets), (last, 2), "the pace is lost in the days");
}

#[test]
fn a_rate_below_the_quota_never_meets_it() {
    let day = quota(1_000, 1_000, "2026-11-23T00:00:00Z", None);
    let span = span_of(takes(1_001, &[day], "10/h".parse().ok(), now()));
    assert_eq!((span.ends_at, span.longest_pause), (now() + SignedDuration::from_hours(100), Duration::ZERO));
}

#[test]
fn numbers_that_nobody_means_end_somewhere() {
    let day = quota(1, 0, "2026-11-23T00:00:00Z", None);
    assert_eq!(span_of(takes(u64::MAX, &[day], None, now())).ends_at, Timestamp::MAX);
    let none = quota(0, 0, "2026-11-23T00:00:00Z", None);
    assert_eq!(takes(5, &[none], "1/d".parse().ok(), now()), Takes::Unknown);
    let no_window = quota(5, 0, "2026-11-23T00:00:00Z", Some(Duration::ZERO));
    assert_eq!(takes(6, &[no_window], None, now()), Takes::Unknown);
}

/// Lets call after call leave as early as quota and pace allow. Returns when the last one leaves, how often a new window
/// began before it, and how long one call had to wait for that at the most.
fn simulated(calls: u64, quota: Quota, gap_ms: i64, now: Timestamp) -> (Timestamp, u64, i64) {
    let window = i64::try_from(quota.window.unwrap().as_millis()).unwrap();
    let (mut left, mut reset) = (quota.remaining, quota.resets_at.as_millisecond());
    let (mut at, mut resets, mut longest) = (now.as_millisecond(), 0, 0);
    for call in 0..calls {
        at += if call > 0 { gap_ms } else { 0 };
        let ready = at;
        while at >= reset || left == 0 {
            at = at.max(reset);
            reset += window;
            left = quota.allowed.unwrap();
            resets += 1;
        }
        longest = longest.max(at - ready);
        left -= 1;
    }
    (Timestamp::from_millisecond(at).unwrap(), resets, longest)
}

proptest! {
    /// The estimate is the simulation's, up to a call's pace for each window.
    #[test]
    fn a_span_is_what_a_simulation_takes(
        allowed in 1u64..40,
        used in 0u64..40,
        hours in 1i64..49,
        until_reset_s in 1i64..90_000,
        extra in 1u64..200,
        calls_an_hour in prop::option::of(1u32..100),
    ) {
        let window = Duration::from_secs(u64::try_from(hours).unwrap() * 3_600);
        let remaining = allowed.saturating_sub(used);
        let until_reset = until_reset_s.min(hours * 3_600);
        let resets_at = now() + SignedDuration::from_secs(until_reset);
        let told = Quota { allowed: Some(allowed), remaining, resets_at, window: Some(window), told_at: now() };
        let calls = remaining + extra;
        let rate = calls_an_hour.map(|calls| format!("{calls}/h").parse().unwrap());
        let gap_ms = calls_an_hour.map_or(0, |calls| 3_600_000 / i64::from(calls));
        let span = span_of(takes(calls, &[told], rate, now()));
        let (ends_at, resets, longest) = simulated(calls, told, gap_ms, now());
        let off = (span.ends_at.as_millisecond() - ends_at.as_millisecond()).abs();
        let tolerance = gap_ms * (i64::try_from(resets).unwrap() + 2) + i64::try_from(calls).unwrap();
        prop_assert!(off <= tolerance, "{span:?}, simulated until {ends_at}, off {off} of {tolerance} ms");
        if gap_ms == 0 {
            prop_assert_eq!(span.resets, resets);
            prop_assert_eq!(span.windows, resets + u64::from(remaining > 0));
        }
        let pause = i64::try_from(span.longest_pause.as_millis()).unwrap();
        prop_assert!((pause - longest).abs() <= 2 * gap_ms, "{pause} and {longest}: {span:?}");
    }
}
