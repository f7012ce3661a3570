//! What the progress block says: a pure function of what has happened, the width and the present.
//!
//! Plain ASCII of the program's own words, at most five lines, none of them wider than the terminal. Where room is
//! short, parts go in the order of `Part::rank`, the highest first; the count of rows never goes. The same as one line,
//! without a bar and of any width, is what logs get.

use crate::rules::event::{PaceReason, WaitReason};
use crate::rules::outcome::RowStatus;
use crate::rules::time::Now;

use super::course::Terms;
use super::eta::{Eta, as_float, eta, is_short, spoken};
use super::pace::{Pace, PerSecond};
use super::pacing::Paced;
use super::tally::{Tally, Window};
use super::words::{awaited, clock, count, counted, rate, until, utc, why};

/// The widths between which a bar is worth drawing, brackets included.
const BAR: std::ops::RangeInclusive<usize> = 8..=32;
/// How long one frame of the spinner is shown.
const FRAME_MS: u128 = 100;

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
    /// By whose rules.
    pub terms: &'a Terms,
}

/// A piece of a line; rank 0 stays, higher ones are dropped first.
#[derive(Clone, Debug)]
struct Part {
    rank: u8,
    text: String,
}

/// Returns the block, lines separated by line breaks, without one at the end.
pub fn block(view: &View<'_>, width: usize, now: Now) -> String {
    let eta = eta(view, now);
    let lines = parts(view, eta, now);
    let below = lines.into_iter().map(|(separator, parts)| fit(parts, separator, width));
    std::iter::once(bar_line(view, eta, width, now)).chain(below).collect::<Vec<_>>().join("\n")
}

/// Returns the same as one line for a log, with its line break and the time in UTC before it.
pub fn line(view: &View<'_>, now: Now) -> String {
    let eta = eta(view, now);
    let head = (", ", how_far(view, eta, now));
    let all = std::iter::once(head).chain(parts(view, eta, now));
    let words: Vec<String> = all.map(|(separator, parts)| fit(parts, separator, usize::MAX)).collect();
    format!("{} {}\n", now.wall.strftime("%Y-%m-%dT%H:%M:%SZ"), words.join("; ").trim_start())
}

/// Returns what is said below the bar: lines of parts, with what stands between these.
fn parts(view: &View<'_>, eta: Option<Eta>, now: Now) -> Vec<(&'static str, Vec<Part>)> {
    let tally = view.tally;
    let mut lines = vec![(", ", rows(tally)), (", ", credits(tally))];
    lines.extend(limits(view, eta, now).map(|parts| (", ", parts)));
    lines.extend(held_up(tally, now).map(|parts| (" ", parts)));
    lines
}

/// Returns the line that says how far it is: `[####----]  33%  4/12 rows  2.0 companies/s  ETA 00:00:04`.
fn bar_line(view: &View<'_>, eta: Option<Eta>, width: usize, now: Now) -> String {
    let words = fit(how_far(view, eta, now), "  ", width);
    match total(view) {
        Some((all, _)) => {
            let done = view.tally.rows.finished();
            let line = bar(done, all, width.saturating_sub(words.len() + 1)) + &words;
            line.trim_start().to_owned()
        }
        None => fit(vec![part(1, spinner(now).to_string()), part(0, words)], " ", width),
    }
}

/// Returns how far it is, in words.
fn how_far(view: &View<'_>, eta: Option<Eta>, now: Now) -> Vec<Part> {
    let done = view.tally.rows.finished();
    let mut parts = match total(view) {
        Some((all, sign)) => vec![
            part(4, format!("{:>3}%", percent(done, all))),
            part(0, format!("{}/{sign}{} rows", count(done), count(all))),
        ],
        None => vec![part(0, format!("{} rows", count(done)))],
    };
    let speed = view.pace.per_second(now.at).filter(|_| !is_held_up(view.tally)).and_then(speed);
    parts.extend(speed.map(|speed| part(3, speed)));
    match eta {
        Some(Eta::In(left)) => parts.push(part(1, format!("ETA {}", clock(left)))),
        Some(Eta::At(at, resets)) => {
            parts.push(part(1, format!("done {}", spoken(at, &(view.terms.zone)(), now.wall))));
            let after = counted(resets, "reset", "resets");
            parts.extend((resets > 0).then(|| part(2, format!(", after {after}"))));
        }
        Some(Eta::Short(_)) => parts.push(part(1, "stops at the quota".to_owned())),
        None => {}
    }
    parts
}

/// Returns how fast companies come; rows, where none has to be asked; nothing while neither came.
fn speed(PerSecond { rows, companies }: PerSecond) -> Option<String> {
    match companies {
        0.0 if rows > 0.0 => Some(format!("{rows:.1} rows/s")),
        0.0 => None,
        1.0.. => Some(format!("{companies:.1} companies/s")),
        _ => Some(format!("{:.1} companies/min", companies * 60.0)),
    }
}

/// Returns how many rows there are and the sign before an estimate; what was read to its end is exact.
pub(super) fn total(view: &View<'_>) -> Option<(u64, &'static str)> {
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
    let requests = &tally.requests;
    let of =
        if requests.concurrency > 0 { format!(" of {}", count(requests.concurrency)) } else { String::new() };
    parts.push(part(4, format!("{}{of} in flight", count(requests.in_flight))));
    parts
}

fn credits(tally: &Tally) -> Vec<Part> {
    let spent = part(0, format!("credits: {} spent", count(tally.credits.spent)));
    let left = tally.credits.remaining.map(|left| part(1, format!("{} left", count(left))));
    let saved = part(2, format!("{} saved", count(tally.saved())));
    [Some(spent), left, Some(saved)].into_iter().flatten().collect()
}

/// Returns what holds calls: the quota, the pace that the API allows, the user's own.
fn limits(view: &View<'_>, eta: Option<Eta>, now: Now) -> Option<Vec<Part>> {
    let tally = view.tally;
    let mut parts = tally.window.map(|window| quota(window, now)).unwrap_or_default();
    if let Some(Eta::Short(calls)) = eta {
        parts.push(part(3, format!("{} too few", count(calls))));
    }
    parts.extend(tally.pacing.present.map(|paced| part(1, pace(paced))));
    let own = view.terms.rate.map(|own| as_float(own.calls.get().into()) / own.span.as_secs_f64());
    parts.extend(own.map(|own| part(2, format!("your --rate: {}", rate(own)))));
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

/// Returns whether calls wait for something else than their turn at the user's own pace, which is always told.
fn is_held_up(tally: &Tally) -> bool {
    let is_wait = |why| !matches!(why, WaitReason::Rate | WaitReason::Pace);
    tally.stop_reason.is_some() || tally.waiting.is_some_and(|(why, _)| is_wait(why))
}

/// Returns why nothing is sent at present.
fn held_up(tally: &Tally, now: Now) -> Option<Vec<Part>> {
    if let Some(reason) = tally.stop_reason {
        return Some(vec![
            part(0, format!("stopping, {}", why(reason))),
            part(1, ": the other rows are written as they are known".to_owned()),
        ]);
    }
    // Between two calls at a slow rate there is a wait many times a minute: a line of its own would only blink.
    let (reason, instant) = tally.waiting.filter(|_| is_held_up(tally))?;
    let left = clock(until(instant, now.wall));
    Some(vec![
        part(0, format!("waiting for {}", awaited(reason))),
        part(
            2,
            format!(
                "{} {}",
                if reason == WaitReason::ApiDown { ", probed again at" } else { "at" },
                utc(instant, now.wall)
            ),
        ),
        part(1, format!("({left} from now)")),
    ])
}

const fn part(rank: u8, text: String) -> Part {
    Part { rank, text }
}

/// Joins as many parts as fit; what is left is cut off at the width.
fn fit(mut parts: Vec<Part>, separator: &str, width: usize) -> String {
    loop {
        let line = joined(&parts, separator);
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

/// Joins parts. One that begins with a comma or colon belongs to the one before it.
fn joined(parts: &[Part], separator: &str) -> String {
    let mut line = String::new();
    for Part { text, .. } in parts {
        if !line.is_empty() && !text.starts_with([',', ':']) {
            line.push_str(separator);
        }
        line.push_str(text);
    }
    line
}

#[cfg(test)]
mod tests;
