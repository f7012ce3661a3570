//! What `enrich` prints on a terminal: a card for each target, and a line of what all of them cost.
//!
//! Everything shown is cleaned first; no text of the API or of the command line reaches the terminal as it came.
//! A card without a company says what happened, what can be done and what it cost.

use std::borrow::Cow;
use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::rules::company::Company;
use crate::rules::field::{Field, FieldSet};
use crate::rules::outcome::{Enrichment, Outcome, RowOutcome, RowStatus, Verdict};

use super::card::Record;
use super::clean::cleaned;
use super::link::{linked, of_address, of_domain};
use super::summary::Credits;
use super::text::ATTENTION;
use super::words::{count, counted};

/// The column in which values begin.
const INDENT: usize = 15;
/// Below this width, lines are longer than the terminal rather than one word each.
const LEAST_WIDTH: usize = 40;
/// Beyond this width, lines are hard to read.
const MOST_WIDTH: usize = 100;
/// Names of a list that are longer than this (in bytes) may be wrapped within.
const LONG_NAME: usize = 30;
/// A space at which no line is wrapped.
const BOUND: char = '\u{a0}';

/// What a card depends on besides the record.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The width of the terminal, in columns.
    pub width: usize,
    /// Whether headings and labels are styled.
    pub color: bool,
    /// Whether addresses are links.
    pub links: bool,
    /// The fields that were asked for.
    pub fields: FieldSet,
    /// When the run began: what was answered before was not paid for in it.
    pub started_at: Timestamp,
    /// What the run cost.
    pub credits: Credits,
}

/// A label with its value, which is cleaned when it is shown.
struct Entry {
    label: &'static str,
    value: String,
    form: Form,
}

/// How a value is set.
enum Form {
    /// Wrapped between words.
    Words,
    /// Wrapped between names.
    Names,
    /// On one line, since it opens something: by this rule.
    Address(fn(&str) -> Option<String>),
    /// As words, behind a label in this colour.
    Problem(AnsiColor),
}

impl Entry {
    fn words(label: &'static str, value: impl Into<String>) -> Self {
        Self { label, value: value.into(), form: Form::Words }
    }

    fn problem(label: &'static str, color: AnsiColor, value: impl Into<String>) -> Self {
        Self { label, value: value.into(), form: Form::Problem(color) }
    }
}

/// Returns a card for each record, in their order; behind several of them, what they cost together.
pub fn pretty(records: &[Record], layout: &Layout) -> String {
    let is_single = records.len() == 1;
    // The balance stands once: in the only card, or behind all of them.
    let balance = layout.credits.remaining.filter(|_| is_single);
    let mut cards: Vec<String> = records
        .iter()
        .enumerate()
        .map(|(position, record)| {
            let cost = cost(record, records.get(..position).unwrap_or_default(), layout) + &left(balance);
            card(record, cost, layout)
        })
        .collect();
    cards.extend((!is_single).then(|| closing(records, layout)));
    cards.join("\n")
}

fn card(record: &Record, cost: String, layout: &Layout) -> String {
    let mut entries = match &record.outcome {
        RowOutcome::Settled { outcome, .. } => answered(outcome, layout),
        RowOutcome::Invalid(reason) => vec![
            Entry::problem("Invalid", AnsiColor::Red, reason.to_string()),
            Entry::words(
                "Next",
                "name a company by its own domain, by a URL or e-mail address there, or by its id",
            ),
        ],
        RowOutcome::Pending => vec![
            Entry::problem("Pending", ATTENTION, "no answer before the run stopped"),
            Entry::words("Next", "the same command again, once the reason it stopped for is gone"),
        ],
    };
    entries.push(Entry::words("Cost", cost));
    let heading = styled(&cleaned(&record.target), Style::new().bold(), layout) + "\n";
    entries.iter().fold(heading, |card, entry| card + &set(entry, layout))
}

/// Returns what an answer tells.
fn answered(outcome: &Outcome, layout: &Layout) -> Vec<Entry> {
    let told =
        if is_earlier(outcome, layout) { format!(", as told on {}", day(outcome)) } else { String::new() };
    match &outcome.verdict {
        Verdict::Enriched(enrichment) => found(enrichment, layout.fields),
        Verdict::NoMatch => vec![
            Entry::problem("No match", ATTENTION, format!("the providers know nothing about it{told}")),
            Entry::words("Next", format!("another domain of the company may be known{}", again(&told))),
        ],
        Verdict::NotFound => vec![
            Entry::problem(
                "Not found",
                ATTENTION,
                format!("the workspace has no company with this id{told}"),
            ),
            Entry::words(
                "Next",
                format!("compare the id with the workspace, or ask by domain{}", again(&told)),
            ),
        ],
        Verdict::Failed { reason } => {
            let request = outcome.request_id.as_deref().unwrap_or_default();
            vec![
                Entry::problem("Failed", AnsiColor::Red, reason.to_string()),
                Entry::words("Request", request),
                Entry::words("Next", "the same command asks again; within 23 hours that cannot charge twice"),
            ]
        }
    }
}

/// Returns how to ask again where an older answer was told.
const fn again(told: &str) -> &'static str {
    if told.is_empty() { "" } else { "; --refresh asks again" }
}

/// Returns what there is to show of a company: its domain, what was asked for, and what of that is not known.
fn found(enrichment: &Enrichment, fields: FieldSet) -> Vec<Entry> {
    let company = &enrichment.company;
    let value =
        |field| if fields.contains(field) { company.field(field).into_owned() } else { String::new() };
    let address = |label, field| Entry { label, value: value(field), form: Form::Address(of_address) };
    let domain =
        Entry { label: "Domain", value: company.domain().into_owned(), form: Form::Address(of_domain) };
    vec![
        Entry::words("Name", value(Field::Name)),
        domain,
        Entry::words("Industry", value(Field::Industry)),
        Entry::words("Size", value(Field::Size)),
        Entry::words("Founded", value(Field::FoundedYear)),
        Entry::words("Location", value(Field::HqLocation)),
        address("LinkedIn", Field::LinkedinUrl),
        address("Logo", Field::LogoUrl),
        Entry { label: "Tech stack", value: value(Field::TechStack), form: Form::Names },
        Entry::words("Description", value(Field::Description)),
        Entry::words("No value", unknown(company, fields)),
        Entry::words("Confidence", confidence(enrichment)),
    ]
}

/// Returns the fields that were asked for and have no value.
fn unknown(company: &Company, fields: FieldSet) -> String {
    let names: Vec<_> =
        fields.iter().filter(|field| company.field(*field).is_empty()).map(Field::name).collect();
    names.join(", ")
}

fn confidence(enrichment: &Enrichment) -> String {
    let confidence = enrichment.confidence.as_deref().unwrap_or("unknown");
    match &enrichment.source {
        Some(source) => format!("{confidence}, from {source}"),
        None => confidence.to_owned(),
    }
}

/// Returns whether an answer was there before the run.
fn is_earlier(outcome: &Outcome, layout: &Layout) -> bool {
    // The ledger keeps milliseconds: an answer of the first one must not look older than the run.
    outcome.answered_at.as_millisecond() < layout.started_at.as_millisecond()
}

fn day(outcome: &Outcome) -> String {
    outcome.answered_at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string()
}

/// Returns what an answer cost now.
fn cost(record: &Record, earlier: &[Record], layout: &Layout) -> String {
    let outcome = match &record.outcome {
        RowOutcome::Settled { outcome, .. } => outcome,
        RowOutcome::Invalid(_) => return "nothing, never sent".to_owned(),
        RowOutcome::Pending => return "nothing that is known of".to_owned(),
    };
    let is_same = |record: &Record| match &record.outcome {
        RowOutcome::Settled { outcome: other, .. } => Arc::ptr_eq(outcome, other),
        RowOutcome::Invalid(_) | RowOutcome::Pending => false,
    };
    match &outcome.verdict {
        Verdict::Enriched(_) if is_earlier(outcome, layout) => format!("nothing, paid on {}", day(outcome)),
        Verdict::Enriched(_) if earlier.iter().any(is_same) => "nothing, asked above".to_owned(),
        Verdict::Enriched(_) => "1 credit".to_owned(),
        Verdict::NoMatch | Verdict::NotFound => "nothing".to_owned(),
        Verdict::Failed { .. } => "nothing that is known of".to_owned(),
    }
}

/// Returns what several targets came to.
fn closing(records: &[Record], layout: &Layout) -> String {
    let found = records.iter().filter(|record| record.outcome.status() == RowStatus::Enriched).count();
    let found = format!("{found} of {} found", counted(records.len() as u64, "target", "targets"));
    let Credits { spent, saved, remaining, .. } = layout.credits;
    let saved = if saved > 0 { format!(", {} saved", count(saved)) } else { String::new() };
    let spent = format!("{} spent{saved}{}", counted(spent, "credit", "credits"), left(remaining));
    format!("{}: {spent}\n", styled(&found, Style::new().bold(), layout))
}

/// Returns the balance, to stand behind a cost.
fn left(balance: Option<u64>) -> String {
    balance.map(|left| format!(", {} left", count(left))).unwrap_or_default()
}

/// Returns a label with its value, wrapped below itself; nothing where there is no value.
fn set(entry: &Entry, layout: &Layout) -> String {
    let value = cleaned(&entry.value);
    let value = value.trim();
    if value.is_empty() {
        return String::new();
    }
    let label = format!("  {:<width$}", entry.label, width = INDENT - 2);
    let lines = match entry.form {
        Form::Words | Form::Problem(_) => wrapped(value, layout),
        Form::Names => {
            wrapped(&bound(value), layout).into_iter().map(|line| line.replace(BOUND, " ")).collect()
        }
        Form::Address(target) => vec![match target(value).filter(|_| layout.links) {
            Some(target) => linked(value, &target),
            None => value.to_owned(),
        }],
    };
    let style = match entry.form {
        Form::Problem(color) => color.on_default().bold(),
        Form::Words | Form::Names | Form::Address(_) => Style::new().dimmed(),
    };
    styled(&label, style, layout) + &lines.join(&format!("\n{:INDENT$}", "")) + "\n"
}

/// Returns the lines of a value. Words that are too long are broken, since some scripts have no spaces.
fn wrapped(value: &str, layout: &Layout) -> Vec<String> {
    let options = textwrap::Options::new(layout.width.clamp(LEAST_WIDTH, MOST_WIDTH) - INDENT)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(value, options).into_iter().map(Cow::into_owned).collect()
}

/// Returns a list whose names are not wrapped within, with commas.
fn bound(list: &str) -> String {
    let names = list.split("; ").map(|name| {
        if name.len() > LONG_NAME { name.to_owned() } else { name.replace(' ', &BOUND.to_string()) }
    });
    names.collect::<Vec<_>>().join(", ")
}

fn styled(text: &str, style: Style, layout: &Layout) -> String {
    let style = if layout.color { style } else { Style::new() };
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests;
