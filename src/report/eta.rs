//! When a run will be done: by its pace, and by the quota where that is less than what is left to ask.
//!
//! A guess in good faith, made of the last half minute: what share of the rows needs a call, how fast calls go.

use std::num::NonZeroU32;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

use crate::rules::event::{PaceReason, WaitReason};
use crate::rules::pace::Rate;
use crate::rules::plan::{Quota, Takes, takes};
use crate::rules::time::Now;

use super::pace::PerSecond;
use super::progress::{View, total};
use super::tally::{Tally, Window};
use super::words::until;

/// Windows up to this length are spread evenly; a bit more than a minute, since a server's clock may differ.
const SHORT: Duration = Duration::from_secs(65);

/// When the rest will be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Eta {
    /// After so long: nothing but the pace decides.
    In(Duration),
    /// At this time, after so many resets of the quota.
    At(Timestamp, u64),
    /// Not in this run: the quota ends first, so many calls too early, and comes back later than is waited for.
    Short(u64),
}

/// Returns when the rest will be done; absent where that cannot be told.
pub(super) fn eta(view: &View<'_>, now: Now) -> Option<Eta> {
    let tally = view.tally;
    let (all, _) = total(view)?;
    let rows = all.saturating_sub(tally.rows.finished());
    if rows == 0 || tally.stop_reason.is_some() {
        return None;
    }
    let speed = view.pace.expected(now.at);
    let calls = calls(tally, rows, speed);
    match tally.window {
        Some(window) if window.remaining < calls && !is_spread(tally, window, now) => {
            by_quota(view, (window, calls), speed, now)
        }
        // The user's own pace goes on as it is; of other waits nobody knows what comes after them.
        _ if tally.waiting.is_some_and(|(why, _)| why != WaitReason::Rate) => None,
        _ => {
            Duration::try_from_secs_f64(as_float(rows) / view.pace.per_second(now.at)?.rows).ok().map(Eta::In)
        }
    }
}

/// Returns the calls that rows will probably need: as many a row as of late. Without that, one a row.
fn calls(tally: &Tally, rows: u64, speed: Option<PerSecond>) -> u64 {
    let done = tally.rows.finished();
    let share = match speed {
        Some(speed) if speed.rows > 0.0 => speed.companies / speed.rows,
        _ if done > 0 => as_float(tally.companies.settled) / as_float(done),
        _ => 1.0,
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a count of rows")]
    let calls = (as_float(rows) * share.min(1.0)).ceil() as u64;
    calls
}

fn by_quota(
    view: &View<'_>,
    (window, calls): (Window, u64),
    speed: Option<PerSecond>,
    now: Now,
) -> Option<Eta> {
    let quota = Quota {
        allowed: window.limit,
        remaining: window.remaining,
        resets_at: window.resets_at,
        window: window.length,
        told_at: now.wall,
    };
    match takes(calls, &[quota], speed.and_then(as_rate), now.wall) {
        Takes::Span(span) if span.longest_pause > view.terms.wait => {
            Some(Eta::Short(calls - window.remaining))
        }
        Takes::Span(span) => Some(Eta::At(span.ends_at, span.resets)),
        // What comes after the next reset is not known, but that it is too late.
        Takes::Unknown if until(window.resets_at, now.wall) > view.terms.wait => {
            Some(Eta::Short(calls - window.remaining))
        }
        Takes::Unheld | Takes::Fits | Takes::Unknown => None,
    }
}

/// Returns a speed as a user would write it.
fn as_rate(speed: PerSecond) -> Option<Rate> {
    let calls = NonZeroU32::new(1_000)?;
    let span = Duration::try_from_secs_f64(f64::from(calls.get()) / speed.companies).ok()?;
    Some(Rate { calls, span })
}

/// Returns whether a quota comes back often enough for the pace to go on.
fn is_spread(tally: &Tally, window: Window, now: Now) -> bool {
    let is_paced = tally.pacing.present.is_some_and(|paced| paced.why == PaceReason::Quota);
    is_paced && is_short(window, now)
}

/// Returns whether a window ends so soon that its quota is spread over it.
pub(super) fn is_short(window: Window, now: Now) -> bool {
    window.length.unwrap_or_else(|| until(window.resets_at, now.wall)) <= SHORT
}

/// Returns a time as people say it, in their own zone: `18:40`, `03:12 tomorrow`, `03:12 on Thursday`, else with its date.
///
/// Minutes are rounded up, so that whoever comes then does not come too early.
pub(super) fn spoken(at: Timestamp, zone: &TimeZone, now: Timestamp) -> String {
    let up = TimestampRound::new().smallest(Unit::Minute).mode(RoundMode::Ceil);
    let at = at.round(up).unwrap_or(at).to_zoned(zone.clone());
    let today = now.to_zoned(zone.clone()).date();
    let days = at.date().duration_since(today).as_hours() / 24;
    let format = match days {
        ..=0 => "%H:%M",
        1 => "%H:%M tomorrow",
        2..=6 => "%H:%M on %A",
        _ => "%H:%M on %Y-%m-%d",
    };
    at.strftime(format).to_string()
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 rows, and only used to estimate")]
pub(super) const fn as_float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_as_people_say_it() {
        let now: Timestamp = "2026-11-22T21:47:00Z".parse().unwrap();
        let said = |at: &str, zone: &str| spoken(at.parse().unwrap(), &TimeZone::get(zone).unwrap(), now);
        assert_eq!(said("2026-11-22T22:00:00.5Z", "UTC"), "22:01");
        assert_eq!(said("2026-11-23T03:12:00Z", "UTC"), "03:12 tomorrow");
        assert_eq!(said("2026-11-23T03:12:00Z", "America/New_York"), "22:12");
        assert_eq!(said("2026-11-24T03:12:00Z", "UTC"), "03:12 on Tuesday");
        assert_eq!(said("2026-11-28T23:59:59Z", "UTC"), "00:00 on 2026-11-29");
    }
}
