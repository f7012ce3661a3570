//! What the progress block says: a pure function of what has happened, the width and the present.
//!
//! Plain ASCII of the program's own words, at most five lines, none of them wider than the terminal. Where room is
//! short, parts go in the order of `Part::rank`, the highest first; the count of rows never goes.

use std::time::Duration;

use crate::rules::event::{PaceReason, WaitReason};
use crate::rules::outcome::RowStatus;
use crate::rules::time::Now;

use super::pace::Pace;
use super::pacing::Paced;
use super::tally::{Tally, Window};
use super::words::{awaited, clock, count, rate, until, utc, why};

/// The widths between which a bar is worth drawing, brackets included.
const BAR: std::ops::RangeInclusive<usize> = 8..=32;
/// How long one frame of the spinner is shown.
const FRAME_MS: u128 = 100;
/// Windows up to this length are spread evenly; a bit more than a minute, since a server's clock may differ.
const SHORT: Duration = Duration::from_secs(65);

/// How many rows the input has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Total {
    /// Counted.
    Exact(u64),
    /// Estimated, from the size of the file.
    About(u64),
    /// Not known: a pipe.
    #[default]
    Unknown,
}

/// What is shown.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// What has happened.
    pub tally: &'a Tally,
    /// How fast.
    pub pace: &'a Pace,
    /// How many rows there are, by what was known before they were read.
    pub total: Total,
}

/// A piece of a line; rank 0 stays, higher ones are dropped first.
#[derive(Clone, Debug)]
struct Part {
    rank: u8,
    text: String,
}

/// Returns the block, lines separated by line breaks, without one at the end.
pub fn block(view: &View<'_>, width: usize, now: Now) -> String {
    let tally = view.tally;
    let mut lines =
        vec![bar_line(view, width, now), fit(rows(tally), ", ", width), fit(credits(tally), ", ", width)];
    lines.extend(limits(tally, now).map(|parts| fit(parts, ", ", width)));
    lines.extend(held_up(tally, now).map(|parts| fit(parts, " ", width)));
    lines.join("\n")
}

/// Returns the line that says how far it is: `[####----]  33%  4/12 rows  2.0 companies/s  ETA 00:00:04`.
fn bar_line(view: &View<'_>, width: usize, now: Now) -> String {
    let done = view.tally.rows.finished();
    let total = total(view);
    let mut parts = Vec::new();
    if let Some((all, _)) = total {
        parts.push(part(3, format!("{:>3}%", percent(done, all))));
    }
    parts.push(part(
        0,
        match total {
            Some((all, sign)) => format!("{}/{sign}{} rows", count(done), count(all)),
            None => format!("{} rows", count(done)),
        },
    ));
    let speed = view.pace.per_second(now.at);
    parts.extend(speed.map(|speed| part(2, format!("{:.1} companies/s", speed.companies))));
    parts.extend(time_left(view, now).map(|left| part(1, format!("ETA {}", clock(left)))));
    let words = fit(parts, "  ", width);
    match total {
        Some((all, _)) => {
            let line = bar(done, all, width.saturating_sub(words.len() + 1)) + &words;
            line.trim_start().to_owned()
        }
        None => fit(vec![part(1, spinner(now).to_string()), part(0, words)], " ", width),
    }
}

/// Returns how many rows there are and the sign before an estimate; what was read to its end is exact.
fn total(view: &View<'_>) -> Option<(u64, &'static str)> {
    let rows = view.tally.rows;
    match view.total {
        _ if rows.ended => Some((rows.read, "")),
        Total::Exact(all) => Some((all, "")),
        Total::About(all) => Some((all.max(rows.read), "~")),
        Total::Unknown => None,
    }
}

fn percent(done: u64, all: u64) -> u64 {
    (done * 100).checked_div(all).unwrap_or(100).min(100)
}

/// Returns a bar that fits, with a space after it; nothing where there is no room for one.
fn bar(done: u64, all: u64, room: usize) -> String {
    if room < *BAR.start() {
        return String::new();
    }
    let cells = room.min(*BAR.end()) - 2;
    let full = usize::try_from(percent(done, all)).unwrap_or_default() * cells / 100;
    format!("[{}{}] ", "#".repeat(full), "-".repeat(cells - full))
}

fn spinner(now: Now) -> char {
    match now.at.since_start().as_millis() / FRAME_MS % 4 {
        0 => '|',
        1 => '/',
        2 => '-',
        _ => '\\',
    }
}

/// Returns how long the rest takes at the present pace; absent where something else than the pace decides.
fn time_left(view: &View<'_>, now: Now) -> Option<Duration> {
    let tally = view.tally;
    let (all, _) = total(view)?;
    let left = all.saturating_sub(tally.rows.finished());
    // The user's own pace goes on as it is.
    let waits = tally.waiting.is_some_and(|(why, _)| why != WaitReason::Rate);
    let is_held_up = waits || tally.stop_reason.is_some();
    if is_held_up || left == 0 || !(quota_lasts(tally, left) || is_spread(tally, now)) {
        return None;
    }
    let rows = view.pace.per_second(now.at)?.rows;
    Duration::try_from_secs_f64(as_float(left) / rows).ok()
}

/// Returns whether the window allows the calls that the rest will probably need.
fn quota_lasts(tally: &Tally, rows_left: u64) -> bool {
    let Some(window) = tally.window else { return true };
    let calls_a_row = as_float(tally.companies.requested) / as_float(tally.rows.read.max(1));
    as_float(rows_left) * calls_a_row <= as_float(window.remaining)
}

/// Returns whether a quota comes back often enough for the pace to go on.
fn is_spread(tally: &Tally, now: Now) -> bool {
    let is_paced = tally.pacing.present.is_some_and(|paced| paced.why == PaceReason::Quota);
    is_paced && tally.window.is_some_and(|window| is_short(window, now))
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 rows, and only used to estimate")]
const fn as_float(count: u64) -> f64 {
    count as f64
}

fn rows(tally: &Tally) -> Vec<Part> {
    let rows = |status| tally.rows.count(status);
    let mut parts = vec![
        part(0, format!("{} enriched", count(rows(RowStatus::Enriched)))),
        part(1, format!("{} no match", count(rows(RowStatus::NoMatch)))),
    ];
    for (rank, status, name) in [
        (3, RowStatus::NotFound, "not found"),
        (3, RowStatus::InvalidInput, "invalid"),
        (2, RowStatus::Failed, "failed"),
        (2, RowStatus::Pending, "pending"),
    ] {
        if rows(status) > 0 {
            parts.push(part(rank, format!("{} {name}", count(rows(status)))));
        }
    }
    parts.push(part(4, format!("{} in flight", count(tally.requests.in_flight))));
    parts
}

fn credits(tally: &Tally) -> Vec<Part> {
    let spent = part(0, format!("credits: {} spent", count(tally.credits.spent)));
    let left = tally.credits.remaining.map(|left| part(1, format!("{} left", count(left))));
    let saved = part(2, format!("{} saved", count(tally.saved())));
    [Some(spent), left, Some(saved)].into_iter().flatten().collect()
}

/// Returns what the API allows: the quota, and the pace that calls are held to.
fn limits(tally: &Tally, now: Now) -> Option<Vec<Part>> {
    let mut parts = tally.window.map(|window| quota(window, now)).unwrap_or_default();
    parts.extend(tally.pacing.present.map(|paced| part(1, pace(paced))));
    (!parts.is_empty()).then_some(parts)
}

fn pace(Paced { per_second, why }: Paced) -> String {
    match why {
        PaceReason::Quota => format!("paced at {}", rate(per_second)),
        PaceReason::Refusals => format!("slowed to {} after refusals", rate(per_second)),
    }
}

fn quota(window: Window, now: Now) -> Vec<Part> {
    let left = match window.limit {
        Some(limit) => format!("quota: {} of {} left", count(window.remaining), count(limit)),
        None => format!("quota: {} left", count(window.remaining)),
    };
    // When a window of seconds ends hardly matters, when one of hours does counts for more than the pace.
    let rank = if is_short(window, now) { 2 } else { 1 };
    vec![part(0, left), part(rank, format!("resets at {}", utc(window.resets_at, now.wall)))]
}

/// Returns whether a window ends so soon that its quota is spread over it.
fn is_short(window: Window, now: Now) -> bool {
    until(window.resets_at, now.wall) <= SHORT
}

/// Returns why nothing is sent at present.
fn held_up(tally: &Tally, now: Now) -> Option<Vec<Part>> {
    if let Some(reason) = tally.stop_reason {
        return Some(vec![
            part(0, format!("stopping, {}:", why(reason))),
            part(1, "the other rows are written as they are known".to_owned()),
        ]);
    }
    let (reason, instant) = tally.waiting?;
    let left = clock(until(instant, now.wall));
    let parts = match reason {
        // Waits of a moment, many times a second: the instant would only flicker.
        WaitReason::Rate | WaitReason::Pace => vec![part(0, format!("waiting for {}", awaited(reason)))],
        _ => vec![
            part(0, format!("waiting for {}", awaited(reason))),
            part(2, format!("at {}", utc(instant, now.wall))),
            part(1, format!("({left} from now)")),
        ],
    };
    Some(parts)
}

const fn part(rank: u8, text: String) -> Part {
    Part { rank, text }
}

/// Joins as many parts as fit; what is left is cut off at the width.
fn fit(mut parts: Vec<Part>, separator: &str, width: usize) -> String {
    loop {
        let line = parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(separator);
        let rank = parts.iter().map(|part| part.rank).max().unwrap_or_default();
        if line.len() <= width || rank == 0 {
            return line.chars().take(width).collect();
        }
        // The last one of those that matter least.
        if let Some(position) = parts.iter().rposition(|part| part.rank == rank) {
            parts.remove(position);
        }
    }
}

#[cfg(test)]
mod tests;
