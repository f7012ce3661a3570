//! What a run would cost, for people: what was read, what is asked, what it costs at the most, how long it takes.

use std::cmp::Reverse;
use std::time::Duration;

use anstyle::Style;

use crate::rules::plan::{Bound, Counts, Invalid, Pace, Plan, Quota, Span, Takes};

use super::clean::cleaned;
use super::text::{fill, line};
use super::words::{count, counted, malformed, span, until, utc};

pub mod json;

/// The most reasons that are named.
const MOST_NAMED: usize = 3;

/// How the input was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The file as it was named; absent for standard input.
    pub path: Option<String>,
    /// Its format.
    pub format: &'static str,
    /// How it is compressed, if it is.
    pub compression: Option<&'static str>,
    /// The sheet, for a workbook.
    pub sheet: Option<String>,
    /// What stands between cells; absent where nothing does, as in a plain list.
    pub delimiter: Option<char>,
    /// How cells are quoted, as `--quoting` names it; absent for a plain list.
    pub quoting: Option<&'static str>,
    /// How its lines end.
    pub line_ending: &'static str,
    /// How many columns it has.
    pub columns: usize,
    /// How its characters are written.
    pub encoding: &'static str,
    /// Whether its first row names the columns.
    pub header: bool,
    /// The column with ids.
    pub id: Option<Column>,
    /// The columns with domains, the most trusted first. One that is also `id` holds either.
    pub domains: Vec<Column>,
    /// How those columns were found; absent for a plain list.
    pub found: Option<Found>,
}

/// How the columns were found that are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// By options.
    Options,
    /// By their names.
    Names,
    /// By their values in the first rows, of which so many in 100 can be asked.
    Values(u8),
}

/// A column of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name; empty where it has none.
    pub name: String,
    /// Its number, from 1.
    pub number: usize,
}

/// What the text depends on besides the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The width of the terminal, in columns.
    pub width: usize,
    /// Whether the headline is set in bold.
    pub color: bool,
    /// How the input was read.
    pub reading: Reading,
    /// Whether there is a key, or a sandbox that needs none.
    pub has_key: bool,
}

/// Returns the text, every line ended by a line break.
pub fn text(plan: &Plan, context: &Context) -> String {
    let mut out = headline(plan, context);
    for (label, words) in facts(plan, &context.reading) {
        out.push_str(&line(label, &words, context.width));
    }
    for sentence in advice(plan, context) {
        out.push_str(&fill(&sentence, context.width));
        out.push('\n');
    }
    out
}

fn headline(plan: &Plan, context: &Context) -> String {
    let rows = counted(plan.counts.rows, "row", "rows");
    let words = match plan.most_credits() {
        0 => format!("Plan: no credits for {rows}"),
        most => format!("Plan: at most {} for {rows}", counted(most, "credit", "credits")),
    };
    let style = if context.color { Style::new().bold() } else { Style::new() };
    format!("{style}{words}{style:#}\n")
}

/// Returns what is worth a line, with its label.
fn facts(plan: &Plan, reading: &Reading) -> Vec<(&'static str, String)> {
    let counts = &plan.counts;
    let mut facts = vec![("read", read(reading)), ("asked by", asked_by(reading))];
    facts.extend(malformed(&counts.malformed).map(|words| ("malformed", words)));
    facts.extend(invalid(counts).map(|words| ("invalid", words)));
    facts.push(("companies", companies(counts)));
    facts.push(("calls", calls(counts)));
    facts.extend(lost(counts).map(|words| ("lost", words)));
    facts.push(("credits", credits(plan)));
    facts.extend(balance(plan).map(|words| ("balance", words)));
    facts.extend(plan.told.quotas.iter().map(|told| ("quota", quota(told, plan))));
    if counts.most_calls() > 0 {
        facts.push(("time", time(plan)));
    }
    facts
}

fn read(reading: &Reading) -> String {
    let path = reading.path.as_deref().map_or_else(|| "standard input".to_owned(), cleaned);
    let Reading { format, encoding, line_ending, .. } = reading;
    let packed = reading.compression.map(|name| format!(", {name}")).unwrap_or_default();
    let header = if reading.header { "a header" } else { "no header" };
    let columns = counted(reading.columns as u64, "column", "columns");
    if let Some(sheet) = &reading.sheet {
        let format = format.to_uppercase();
        return format!("{path}: {format}, sheet '{}'{packed}, {header}, {columns}", cleaned(sheet));
    }
    let cells = match reading.delimiter {
        None if *format == "jsonl" => {
            return format!("{path}: JSON lines{packed}, {encoding}, {line_ending}");
        }
        None => return format!("{path}: a plain list{packed}, {encoding}, {line_ending}"),
        Some('\t') => " with tabs".to_owned(),
        Some(delimiter) => format!(" with '{delimiter}'"),
    };
    let quotes = match reading.quoting {
        Some("double") => " and double quotes",
        Some("backslash") => " and double quotes, escaped by '\\'",
        Some("single") => " and single quotes",
        _ => " without quotes",
    };
    let format = format.to_uppercase();
    format!("{path}: {format}{cells}{quotes}{packed}, {encoding}, {line_ending}, {header}, {columns}")
}

/// Returns on one line how the input was read and what it is asked by.
pub fn described(reading: &Reading) -> String {
    format!("{}; asked by {}", read(reading), asked_by(reading))
}

fn asked_by(reading: &Reading) -> String {
    if reading.format == "lines" {
        return "each line, a domain or an id".to_owned();
    }
    let named = |column: &Column, holds: &str| match column.name.trim() {
        "" => format!("column {} ({holds})", column.number),
        name if reading.format == "jsonl" => format!("'{}' ({holds})", cleaned(name)),
        name => format!("'{}', column {} ({holds})", cleaned(name), column.number),
    };
    let is_either = |column: &&Column| reading.id.as_ref() == Some(*column);
    if let Some(either) = reading.domains.iter().find(is_either) {
        return named(either, "a domain or an id");
    }
    let ids = reading.id.iter().map(|column| named(column, "ids"));
    let domains = reading.domains.iter().map(|column| named(column, "domains"));
    let columns = ids.chain(domains).collect::<Vec<_>>().join(", else ");
    match reading.found {
        Some(Found::Values(share)) => {
            format!("{columns}; found by the values, {share} % of which can be asked")
        }
        _ => columns,
    }
}

/// Returns the rows that name no company, with the commonest reasons and an example of the first that shows something.
fn invalid(counts: &Counts) -> Option<String> {
    let reasons = commonest(counts);
    let (_, first) = reasons.iter().find(|(name, _)| *name != "empty").or(reasons.first())?;
    let named = reasons
        .iter()
        .take(MOST_NAMED)
        .map(|(name, reason)| format!("{} {}", count(reason.rows), sort(name)));
    let mut named: Vec<String> = named.collect();
    let others: u64 = reasons.iter().skip(MOST_NAMED).map(|(_, reason)| reason.rows).sum();
    if others > 0 {
        named.push(counted(others, "other", "others"));
    }
    let rows = counted(counts.invalid_rows(), "row", "rows");
    if counts.invalid_rows() == 1 {
        return Some(format!("{rows}, never sent: {}", cleaned(&first.example)));
    }
    Some(format!("{rows}, never sent: {}; for example, {}", named.join(", "), cleaned(&first.example)))
}

/// Returns the reasons for which rows name no company, the commonest first.
fn commonest(counts: &Counts) -> Vec<(&'static str, &Invalid)> {
    let mut reasons: Vec<_> = counts.invalid.iter().map(|(name, reason)| (*name, reason)).collect();
    reasons.sort_by_key(|(_, reason)| Reverse(reason.rows));
    reasons
}

/// Returns the words for a sort of reason.
fn sort(name: &str) -> String {
    let words = match name {
        "no_dot" => "without a dot",
        "not_an_id" => "no ids",
        "not_a_domain" => "no domains",
        "unknown_top_level" => "with an unknown ending",
        "ip_address" => "IP addresses",
        "reserved" => "local or test names",
        "public_suffix" => "public suffixes",
        "free_mail" => "free-mail",
        "disposable_mail" => "disposable mail",
        "customer_mail" => "customers' mailboxes",
        "page" => "pages at networks",
        "placeholder" => "placeholders",
        "several_domains" => "with several domains",
        "not_an_object" => "no JSON objects",
        other => return other.replace('_', " "),
    };
    words.to_owned()
}

fn companies(counts: &Counts) -> String {
    let known: Vec<String> =
        [(counts.enriched, "enriched"), (counts.no_match, "no match"), (counts.not_found, "not found")]
            .into_iter()
            .filter(|(companies, _)| *companies > 0)
            .map(|(companies, kind)| format!("{} {kind}", count(companies)))
            .collect();
    let kinds = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
    format!(
        "{} different, {} to ask, {} from the ledger{kinds}",
        count(counts.unique()),
        count(counts.to_ask),
        count(counts.known())
    )
}

fn calls(counts: &Counts) -> String {
    let least = count(counts.to_ask);
    if counts.fallbacks == 0 {
        return least;
    }
    let most = count(counts.most_calls());
    format!("{least} to {most}: a domain is asked only if the id beside it is not found")
}

/// Returns what is asked again since its answer was lost.
fn lost(counts: &Counts) -> Option<String> {
    let Counts { same_key, uncertain, .. } = counts;
    let answers = counted(same_key + uncertain, "answer to an earlier call", "answers to earlier calls");
    let again = match (same_key, uncertain) {
        (0, 0) => return None,
        (_, 0) => "asked again under the same key, which charges nothing twice".to_owned(),
        (0, _) => {
            "asked again under a key that protects no more, which may charge a second credit".to_owned()
        }
        _ => format!(
            "{} asked again under the same key, {} under one that protects no more and may charge a second credit",
            count(*same_key),
            count(*uncertain)
        ),
    };
    Some(format!("{answers}: {again}"))
}

fn credits(plan: &Plan) -> String {
    let most = plan.most_credits();
    if most < plan.counts.credits {
        return format!("at most {}, as --max-credits says, of {}", count(most), count(plan.counts.credits));
    }
    format!("at most {}", count(most))
}

fn balance(plan: &Plan) -> Option<String> {
    let (balance, at) = plan.told.balance?;
    let keep = plan.policy.allowance.keep;
    let kept =
        if keep > 0 { format!(", {} of them to keep", count(keep.min(balance))) } else { String::new() };
    Some(format!("{}{kept}{}", count(balance), told(at, plan)))
}

fn quota(quota: &Quota, plan: &Plan) -> String {
    let by_now = quota.by(plan.at);
    let of = by_now.allowed.map(|allowed| format!(" of {}", count(allowed))).unwrap_or_default();
    let a_window = by_now.window.map(|window| format!(" {}", a(window))).unwrap_or_default();
    let resets = if by_now.resets_at > plan.at {
        format!(", resets at {}", utc(by_now.resets_at, plan.at))
    } else {
        String::new()
    };
    format!("{}{of}{a_window} left{resets}{}", count(by_now.remaining), told(quota.told_at, plan))
}

/// Returns how long ago something was told, where that is not just now.
fn told(at: jiff::Timestamp, plan: &Plan) -> String {
    match until(plan.at, at) {
        ago if ago < Duration::from_secs(1) => String::new(),
        ago => format!(", told {} ago", span(ago)),
    }
}

fn time(plan: &Plan) -> String {
    match &plan.takes {
        Takes::Unheld => "as long as the API takes to answer; it has told no quota yet".to_owned(),
        Takes::Fits => "within what the quota has left".to_owned(),
        Takes::Unknown => {
            "not known: the quota is less than that, and it was not told how often it resets".to_owned()
        }
        Takes::Span(span) => takes(span, plan),
    }
}

fn takes(takes: &Span, plan: &Plan) -> String {
    let whole = span(until(takes.ends_at, plan.at));
    match takes.bound {
        Bound::Quota { allowed, window, resets_at } => {
            let windows = match window.as_secs() {
                86_400 => counted(takes.windows, "day", "days"),
                3_600 => counted(takes.windows, "hour", "hours"),
                _ => format!("about {whole}"),
            };
            format!(
                "{} {}, resets at {}: {windows}, {}, until {}",
                count(allowed),
                a(window),
                utc(resets_at, plan.at),
                counted(takes.resets, "reset", "resets"),
                utc(takes.ends_at, plan.at)
            )
        }
        Bound::Pace(pace) => format!("{}: about {whole}", calls_in(pace)),
        Bound::Rate(pace) => format!("{} by --rate: about {whole}", calls_in(pace)),
    }
}

fn calls_in(pace: Pace) -> String {
    format!("{} {}", count(pace.calls), a(pace.span))
}

/// Returns a window as it is named in "a thousand a day".
fn a(window: Duration) -> String {
    match window.as_secs() {
        1 => "a second".to_owned(),
        60 => "a minute".to_owned(),
        3_600 => "an hour".to_owned(),
        86_400 => "a day".to_owned(),
        _ => format!("in {}", span(window)),
    }
}

/// Returns what to know before the run.
fn advice(plan: &Plan, context: &Context) -> Vec<String> {
    let mut advice = Vec::new();
    if !context.has_key {
        advice.push("There is no API key, so nothing is known: all counts as to be asked.".to_owned());
    }
    if let Some(enough) = plan.affordable().filter(|enough| *enough < plan.most_credits()) {
        advice.push(format!(
            "The balance told last is enough for {}; a run stops when it is used up.",
            counted(enough, "credit", "credits")
        ));
    }
    if plan.stops_at_quota() {
        advice.push(
            "A run stops where the quota resets later than --wait allows; after that, the same command again goes on. \
             With --wait forever it waits by itself."
                .to_owned(),
        );
    }
    advice
}

/// Returns the question before a run that may cost so many credits.
pub fn question(most: u64) -> String {
    format!("Spend up to {}? [y/N] ", counted(most, "credit", "credits"))
}

#[cfg(test)]
mod tests;
