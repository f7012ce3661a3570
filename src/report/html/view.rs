//! What the page says besides its charts: title, verdict, lists, facts about the run.

use std::time::Duration;

use askama::Template;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::report::advice;
use crate::report::clean::cleaned;
use crate::report::summary::{Rows, Status, Summary};
use crate::report::words::{self, count, counted, span};
use crate::rules::outcome::RowStatus;

use super::figures::{Figure, all, percent, state};
use super::portrait::{Listed, ListedRow};
use super::{Facts, PageError, SCRIPT, STYLE, hash};

/// The page, ready to be written.
#[derive(Template)]
#[template(path = "page.html")]
pub(super) struct View {
    style: &'static str,
    style_hash: String,
    script: &'static str,
    script_hash: String,
    version: &'static str,
    title: String,
    when: String,
    status: &'static str,
    status_class: &'static str,
    verdict: String,
    facts: Vec<Fact>,
    figures: Vec<Figure>,
    lists: Vec<List>,
    command: String,
    details: Vec<(&'static str, String)>,
}

/// A number that stands out.
struct Fact {
    label: &'static str,
    value: String,
    note: String,
}

/// A list that can be searched and sorted.
struct List {
    id: &'static str,
    title: &'static str,
    note: String,
    heads: Vec<(&'static str, &'static str)>,
    rows: Vec<Vec<String>>,
}

impl View {
    pub(super) fn new(facts: &Facts<'_>) -> Result<Self, PageError> {
        let summary = facts.summary;
        let is_complete = summary.status == Status::Complete;
        Ok(Self {
            style: STYLE,
            style_hash: hash(STYLE),
            script: SCRIPT,
            script_hash: hash(SCRIPT),
            version: summary.version,
            title: format!("Company data for {}", cleaned(facts.input)),
            when: when(summary, &(facts.context.zone)()),
            status: if is_complete { "Complete" } else { "Stopped" },
            status_class: if is_complete { "complete" } else { "stopped" },
            verdict: verdict(facts),
            facts: outstanding(facts),
            figures: all(facts)?,
            lists: lists(facts),
            command: command(facts.command),
            details: details(facts),
        })
    }
}

fn at(instant: Option<Timestamp>, zone: &TimeZone) -> String {
    let shown = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string();
    instant.map(shown).unwrap_or_default()
}

fn when(summary: &Summary, zone: &TimeZone) -> String {
    let took = span(Duration::try_from_secs_f64(summary.elapsed_s).unwrap_or_default());
    format!("Begun {}, took {took}.", at(summary.started_at, zone))
}

/// Returns whether it worked, and what to do where it did not.
fn verdict(facts: &Facts<'_>) -> String {
    let Rows { pending, failed, .. } = facts.summary.rows;
    let mut words = vec![match facts.summary.stop_reason {
        None if failed > 0 => format!("{}.", counted(failed, "row failed", "rows failed")),
        None => "Every row has its answer.".to_owned(),
        Some(reason) => {
            let left = counted(pending, "row is", "rows are");
            format!("Why: {}. {left} still to be asked about.", words::why(reason))
        }
    }];
    words.extend(advice::remedies(facts.summary, facts.context));
    words.join(" ")
}

fn outstanding(facts: &Facts<'_>) -> Vec<Fact> {
    let Summary { rows, credits, companies, .. } = facts.summary;
    let answered = rows.enriched + rows.no_match + rows.not_found;
    let fact = |label, value: u64, note| Fact { label, value: count(value), note };
    vec![
        fact("Rows read", rows.read, counted(companies.unique, "different company", "different companies")),
        Fact {
            label: "Found",
            value: percent(rows.enriched, answered),
            note: format!(
                "{} of {}",
                count(rows.enriched),
                counted(answered, "answered row", "answered rows")
            ),
        },
        fact(
            "Credits spent",
            credits.spent,
            credits.remaining.map_or_else(String::new, |left| format!("{} left", count(left))),
        ),
        fact("Credits saved", credits.saved, "by repeated rows and earlier runs".to_owned()),
    ]
}

fn lists(facts: &Facts<'_>) -> Vec<List> {
    let portrait = facts.portrait;
    let row = |row: &ListedRow| vec![count(row.number.0), row.input.to_string()];
    let unmatched = |listed: &ListedRow| {
        let mut cells = row(listed);
        cells.extend([listed.asked.to_string(), state(listed.status).0.to_owned()]);
        cells
    };
    let refused = |listed: &ListedRow| {
        let mut cells = row(listed);
        cells.extend([state(listed.status).0.to_owned(), listed.reason.to_string()]);
        cells
    };
    let none = [RowStatus::NoMatch, RowStatus::NotFound];
    let rejects = [RowStatus::InvalidInput, RowStatus::Failed];
    vec![
        List {
            id: "no-match",
            title: "Rows without a company",
            note: listed(&portrait.unmatched, facts, ("no company", "--no-match-output", none)),
            heads: vec![("row", "Row"), ("input", "Input"), ("asked", "Asked for"), ("outcome", "Outcome")],
            rows: portrait.unmatched.rows.iter().map(unmatched).collect(),
        },
        List {
            id: "failed",
            title: "Rows that are invalid or failed",
            note: listed(&portrait.refused, facts, ("rejects", "--rejects", rejects)),
            heads: vec![("row", "Row"), ("input", "Input"), ("outcome", "Outcome"), ("reason", "Reason")],
            rows: portrait.refused.rows.iter().map(refused).collect(),
        },
    ]
}

/// Says how many rows there are, and where those are that are not listed.
fn listed(list: &Listed, facts: &Facts<'_>, (label, option, states): (&str, &str, [RowStatus; 2])) -> String {
    let shown = list.rows.len() as u64;
    if list.total == 0 {
        return "None.".to_owned();
    }
    let all = counted(list.total, "row", "rows");
    if shown == list.total {
        return format!("{all}, all of them here.");
    }
    let place = |label| facts.context.places.iter().find(|place| place.label == label);
    let elsewhere = match (place(label), place("output")) {
        (Some(place), _) => format!("all of them are in {}", cleaned(&place.path)),
        (None, output) => format!(
            "all of them are in {}, where enrich_status is {} or {}; {option} writes them to a file of their own",
            output.map_or_else(|| "the output".to_owned(), |output| cleaned(&output.path)),
            states[0].name(),
            states[1].name(),
        ),
    };
    format!(
        "{all}; here are the first {}, and {} more: {elsewhere}.",
        count(shown),
        count(list.total - shown)
    )
}

/// Returns the command as a shell takes it, without anything that looks like a key.
fn command(words: &[String]) -> String {
    // No argument holds the one byte that cannot be quoted.
    cleaned(&shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default())
}

fn details(facts: &Facts<'_>) -> Vec<(&'static str, String)> {
    let Summary { requests, companies, credits, rate_limit, .. } = facts.summary;
    let mut details = vec![("Program", format!("leadenrich {}", facts.summary.version))];
    details.push(("Begun", at(facts.summary.started_at, &(facts.context.zone)())));
    details.push(("Ended", at(facts.summary.finished_at, &(facts.context.zone)())));
    for place in &facts.context.places {
        let rows = place.rows.map(|rows| format!(" ({})", counted(rows, "row", "rows"))).unwrap_or_default();
        let label = match place.label {
            "no company" => "Rows without a company",
            "rejects" => "Invalid and failed rows",
            _ => "Output",
        };
        details.push((label, format!("{}{rows}", cleaned(&place.path))));
    }
    details.push((
        "Companies",
        format!("{} asked, {} known before", count(companies.requested), count(companies.from_ledger)),
    ));
    details.push((
        "Calls",
        format!(
            "{} sent, {} of them again, {} refused as too many",
            count(requests.sent),
            count(requests.retried),
            count(requests.rate_limited)
        ),
    ));
    let latency = requests.latency_ms;
    details.push((
        "Answers took",
        format!("{} ms (half), {} ms (9 in 10), {} ms (99 in 100)", latency.p50, latency.p90, latency.p99),
    ));
    if let Some(limit) = rate_limit.limit {
        details.push(("Quota", counted(limit, "call a window", "calls a window")));
    }
    if credits.uncertain > 0 {
        details.push(("May have been charged twice", counted(credits.uncertain, "call", "calls")));
    }
    details.extend(words::malformed(&facts.summary.malformed).map(|rows| ("Malformed", cleaned(&rows))));
    details
}
