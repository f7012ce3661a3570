//! What `ledger stats` prints: for programs, for people.
//!
//! People get what there is: a line without news is left out.

use anstyle::Style;
use jiff::tz::TimeZone;
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use serde::Serialize;

use super::clean::{cleaned, redacted};
use super::text::{fill, line};
use super::words::{count, counted, local_and_utc, size, span, until, why};
use crate::rules::books::{
    Answers, Books, Companies, Credits, LastRun, Period, QuotaTold, RunState, SCHEMA, ScopeBooks, Sums,
};
use crate::rules::event::StopReason;

/// How much of an account's fingerprint is shown: enough to tell a few keys apart, and to be typed.
const ACCOUNT_SHOWN: usize = 8;

/// The most months and days that are listed.
const MONTHS: usize = 12;
const DAYS: usize = 31;

/// What the text depends on besides the books.
#[derive(Clone, Debug)]
pub struct Context {
    /// The width of the terminal, in columns.
    pub width: usize,
    /// Whether headings are set in bold.
    pub color: bool,
    /// The zone of local times.
    pub zone: TimeZone,
    /// The present.
    pub now: Timestamp,
    /// The periods of the payments.
    pub period: Period,
}

/// Returns the books of the ledger with this name as a JSON document with a line break at its end.
pub fn json(books: &Books, name: &str, now: Timestamp) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Document<'a> {
        schema: u32,
        version: &'static str,
        at: String,
        ledger: &'a str,
        #[serde(flatten)]
        books: &'a Books,
    }
    let ledger = redacted(name);
    let version = env!("CARGO_PKG_VERSION");
    let document = Document { schema: SCHEMA, version, at: format!("{now:.3}"), ledger: &ledger, books };
    serde_json::to_string_pretty(&document).map(|json| json + "\n")
}

/// Returns the text about the ledger with this name, every line ended by a line break.
pub fn text(books: &Books, name: &str, context: &Context) -> String {
    let mut out = paragraph(&format!("{}: {}", cleaned(name), headline(books)), context);
    for scope in &books.scopes {
        let account: String = scope.account.chars().take(ACCOUNT_SHOWN).collect();
        let heading = format!("{}, account {}", cleaned(&scope.base_url), cleaned(&account));
        out.push('\n');
        out.push_str(&paragraph(&heading, context));
        out.push_str(&lines(&scope.sums, &told(scope, context), context));
    }
    if books.scopes.len() > 1 {
        out.push('\n');
        out.push_str(&paragraph(&format!("All {} together", books.scopes.len()), context));
        out.push_str(&lines(&books.total, &[], context));
    }
    out
}

fn headline(books: &Books) -> String {
    let Sums { companies, credits, .. } = &books.total;
    format!(
        "{}, {} paid, {}",
        counted(companies.known, "company", "companies"),
        counted(credits.paid, "credit", "credits"),
        size(books.bytes)
    )
}

/// Returns a heading.
fn paragraph(words: &str, context: &Context) -> String {
    let style = if context.color { Style::new().bold() } else { Style::new() };
    format!("{style}{}{style:#}\n", fill(words, context.width))
}

/// Returns what adds up, and after it what the API told.
fn lines(sums: &Sums, told: &[(&'static str, String)], context: &Context) -> String {
    let mut facts = vec![("companies", companies(sums.companies)), ("credits", credits(sums))];
    facts.extend(paid(sums, context.period));
    facts.extend_from_slice(told);
    facts.extend(runs(sums, context).map(|words| ("runs", words)));
    facts.extend(answers(sums.answers, context.now).map(|words| ("answers", words)));
    facts.extend(open(sums).into_iter().map(|words| ("unknown", words)));
    facts.extend(asked_again(sums.asked_again).map(|words| ("uncertain", words)));
    facts.iter().map(|(label, words)| line(label, words, context.width)).collect()
}

fn companies(companies: Companies) -> String {
    let Companies { enriched, no_match, not_found, failed, .. } = companies;
    let parts: Vec<String> =
        [(enriched, "enriched"), (no_match, "no match"), (not_found, "not found"), (failed, "failed")]
            .into_iter()
            .filter(|(companies, _)| *companies > 0)
            .map(|(companies, status)| format!("{} {status}", count(companies)))
            .collect();
    if parts.is_empty() { "none known".to_owned() } else { parts.join(", ") }
}

fn credits(sums: &Sums) -> String {
    let Credits { paid, pruned, by_runs, saved, .. } = sums.credits;
    let mut parts = vec![format!("{} paid, {} saved", count(paid), count(saved))];
    if pruned > 0 {
        parts.push(format!("{} of them paid for answers that were pruned", count(pruned)));
    }
    match paid.checked_sub(by_runs) {
        Some(0) => {}
        Some(before) => parts.push(format!("{} of them before runs were written down", count(before))),
        None => {
            parts.push(format!("the runs count {}, some of it for answers that are gone", count(by_runs)));
        }
    }
    parts.join("; ")
}

/// Returns the latest periods in which something was paid, the label before the first.
fn paid(sums: &Sums, period: Period) -> Vec<(&'static str, String)> {
    let (most, label) = match period {
        Period::Month => (MONTHS, "by month"),
        Period::Day => (DAYS, "by day"),
    };
    let credits: Vec<String> = sums.paid.values().map(|credits| count(*credits)).collect();
    let widest = credits.iter().map(String::len).max().unwrap_or_default();
    let skipped = credits.len().saturating_sub(most);
    let mut lines: Vec<(&'static str, String)> = sums
        .paid
        .keys()
        .zip(&credits)
        .skip(skipped)
        .map(|(period, credits)| ("", format!("{period}  {credits:>widest$}")))
        .collect();
    if skipped > 0 {
        let earlier: u64 = sums.paid.values().take(skipped).sum();
        lines.insert(0, ("", format!("{} before these", count(earlier))));
    }
    if let Some((first, _)) = lines.first_mut() {
        *first = label;
    }
    lines
}

/// Returns what the API told last.
fn told(scope: &ScopeBooks, context: &Context) -> Vec<(&'static str, String)> {
    let balance = scope.balance.map(|balance| {
        let left = counted(balance.credits, "credit", "credits");
        ("balance", format!("{left} left{}", ago(balance.told_at, context.now, ", told ")))
    });
    let quotas = scope.quotas.iter().map(|told| ("quota", quota(told, context)));
    balance.into_iter().chain(quotas).collect()
}

fn quota(told: &QuotaTold, context: &Context) -> String {
    let of = told.allowed.map(|allowed| format!(" of {}", count(allowed))).unwrap_or_default();
    let left = format!("{}{of} calls left", count(told.remaining));
    let when = ago(told.told_at, context.now, ", told ");
    match told.resets_at {
        Some(reset) if reset <= context.now => format!("{left}{when}, reset since"),
        Some(reset) => format!("{left}{when}, resets at {}", local_and_utc(reset, &context.zone)),
        None => left + &when,
    }
}

fn runs(sums: &Sums, context: &Context) -> Option<String> {
    let last = sums.runs.last.as_ref()?;
    let minute = TimestampRound::new().smallest(Unit::Minute).mode(RoundMode::Floor);
    let began = last.started_at.map(|at| at.round(minute).unwrap_or(at));
    let began = began.map(|at| local_and_utc(at, &context.zone)).unwrap_or_default();
    Some(format!("{}, the last begun at {began}: {}", count(sums.runs.count), ended(last, context.now)))
}

fn ended(run: &LastRun, now: Timestamp) -> String {
    match run.state {
        RunState::Complete => format!("complete{}", ago(run.ended_at, now, " ")),
        RunState::Stopped => {
            let reason = run.stop_reason.as_deref().unwrap_or_default();
            let words =
                StopReason::named(reason).map_or_else(|| cleaned(reason), |reason| why(reason).to_owned());
            format!("stopped{}, {words}", ago(run.ended_at, now, " "))
        }
        RunState::Running => "goes on".to_owned(),
        RunState::Killed => format!("killed, last heard of{}", ago(run.alive_at, now, " ")),
    }
}

fn answers(answers: Answers, now: Timestamp) -> Option<String> {
    let (oldest, newest) = (answers.oldest_at?, answers.newest_at?);
    let age = |at| span(until(now, at));
    Some(format!("{}, the oldest {} old, the newest {}", count(answers.count), age(oldest), age(newest)))
}

/// Returns what is to be known of calls without an outcome.
fn open(sums: &Sums) -> Vec<String> {
    let mut words = Vec::new();
    if sums.open.protected > 0 {
        let calls = counted(sums.open.protected, "call", "calls");
        words
            .push(format!("{calls} without an answer yet: asking again within 23 hours costs nothing extra"));
    }
    if sums.open.uncertain > 0 {
        let calls = counted(sums.open.uncertain, "call", "calls");
        words
            .push(format!("{calls} without an answer for 23 hours: asking again may charge a second credit"));
    }
    words
}

fn asked_again(times: u64) -> Option<String> {
    let calls = counted(times, "call was", "calls were");
    (times > 0).then(|| format!("{calls} sent again after that: each may have charged a second credit"))
}

/// Returns how long ago something was, behind its lead-in.
fn ago(at: Option<Timestamp>, now: Timestamp, lead: &str) -> String {
    at.map(|at| format!("{lead}{} ago", span(until(now, at)))).unwrap_or_default()
}

#[cfg(test)]
mod tests;
