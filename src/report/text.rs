//! How a run went, for people: did it work, what did it cost, what is missing and why, what to type next.

use std::time::Duration;

use anstyle::{AnsiColor, Style};
use jiff::tz::TimeZone;

use crate::rules::event::{PaceReason, StopReason, WaitReason};
use crate::rules::outcome::RowStatus;

use super::advice::{self, Again};
use super::clean::cleaned;
use super::pacing::Paced;
use super::summary::{Confidence, Rows, Summary};
use super::tally::MOST_INPUTS;
use super::words::{calls_a, count, counted, malformed, span, why};

/// The column in which the second half of a line begins.
pub(super) const INDENT: usize = 13;
/// Below this width, lines are longer than the terminal rather than one word each.
const LEAST_WIDTH: usize = 2 * INDENT;
/// The colour of what did not go as meant and is no failure. Yellow cannot be read on a light background.
pub(super) const ATTENTION: AnsiColor = AnsiColor::Magenta;
/// Beyond this width, lines are hard to read.
const MOST_WIDTH: usize = 100;
/// What stands between columns.
const GAP: &str = "   ";
/// The most providers that are named.
const MOST_NAMED: usize = 5;
/// Beyond this width, an input is cut.
const LONGEST_INPUT: usize = 45;
/// A wait is worth a word if it was so long, or this share of the run and not over in a moment.
const LONG_WAIT: Duration = Duration::from_secs(3);
const SHARE_OF_RUN: f64 = 0.05;
const MOMENT: Duration = Duration::from_secs(1);

/// What the text depends on besides the run.
#[derive(Clone, Debug)]
pub struct Context {
    /// The width of the terminal, in columns.
    pub width: usize,
    /// Whether the outcome is set in bold.
    pub color: bool,
    /// Finds the zone of local times. Asked only where one is told: it can take looking through a folder of zones.
    pub zone: fn() -> TimeZone,
    /// What [`super::pacing::Pacing::usual`] returns.
    pub pace: Option<Paced>,
    /// Where the tables are that did not go to stdout.
    pub places: Vec<Place>,
    /// What went wrong last, where that stopped the run.
    pub detail: Option<String>,
    /// The command, to be typed again.
    pub again: Again,
}

impl Context {
    /// Returns whether the rows of a status were written to a table of their own.
    pub(super) fn has_table_of(&self, status: RowStatus) -> bool {
        self.places.iter().any(|place| place.holds == Some(status))
    }
}

/// A table that was written to a file.
#[derive(Clone, Debug)]
pub struct Place {
    /// What it is called in the text.
    pub label: &'static str,
    /// The file.
    pub path: String,
    /// How many rows it has; absent for the output, which has all.
    pub rows: Option<u64>,
    /// A status whose rows are all in it; absent for the output.
    pub holds: Option<RowStatus>,
}

/// Returns the text, every line ended by a line break.
pub fn text(summary: &Summary, context: &Context) -> String {
    let mut out = headline(summary, context);
    for (label, words) in facts(summary, context) {
        out.push_str(&line(label, &words, context.width));
    }
    let command = advice::command(summary, context);
    let mut sentences = advice::sentences(summary, context);
    if let (Some(last), Some(_)) = (sentences.last_mut(), &command) {
        last.truncate(last.trim_end_matches('.').len());
        last.push(':');
    }
    for sentence in sentences {
        out.push_str(&fill(&sentence, context.width));
        out.push('\n');
    }
    // On one line, so that it can be copied.
    out.extend(command.map(|command| format!("  {command}\n")));
    out
}

/// Returns whether it worked.
fn headline(summary: &Summary, context: &Context) -> String {
    let Rows { read, enriched, failed, .. } = summary.rows;
    let took = span(Duration::try_from_secs_f64(summary.elapsed_s).unwrap_or_default());
    let done = format!("{} of {} enriched", count(enriched), counted(read, "row", "rows"));
    let (words, color) = match summary.stop_reason {
        Some(reason) => {
            (format!("Stopped after {took}, {}{}: {done}", why(reason), detail(context)), gravity(reason))
        }
        None if read == 0 => (format!("Done in {took}: the input has no rows"), ATTENTION),
        None if failed > 0 => {
            let failed = counted(failed, "row", "rows");
            (format!("Done in {took}, but {failed} failed: {done}"), ATTENTION)
        }
        None if is_known(summary) => {
            (format!("Done in {took}: {done}, all from the ledger"), AnsiColor::Green)
        }
        None => (format!("Done in {took}: {done}"), AnsiColor::Green),
    };
    let style = if context.color { color.on_default().bold() } else { Style::new() };
    format!("{style}{}{style:#}\n", fill(&words, context.width))
}

/// Returns whether nothing had to be asked.
const fn is_known(summary: &Summary) -> bool {
    summary.rows.enriched > 0 && summary.companies.requested == 0
}

/// Returns the colour of a stop: whether the run can simply go on later, or something is wrong.
const fn gravity(reason: StopReason) -> AnsiColor {
    match reason {
        StopReason::RateLimit | StopReason::CreditLimit | StopReason::Interrupted => ATTENTION,
        StopReason::InsufficientCredits
        | StopReason::InvalidKey
        | StopReason::InsufficientPermissions
        | StopReason::ApiUnavailable => AnsiColor::Red,
    }
}

fn detail(context: &Context) -> String {
    context.detail.as_deref().map(|detail| format!(" ({})", cleaned(detail))).unwrap_or_default()
}

/// Returns why a run stopped and what to do about it, without its counts; absent where it did not stop.
pub fn stop_notice(summary: &Summary, context: &Context) -> Option<String> {
    let reason = summary.stop_reason?;
    let advice = advice::sentences(summary, context).join(" ");
    let mut letters = advice.chars();
    let hint: String = letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect();
    Some(format!("stopped: {}{}\nhint: {hint}\n", why(reason), detail(context)))
}

/// Returns what is worth a line, with its label.
fn facts(summary: &Summary, context: &Context) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if summary.rows.read > 0 {
        facts.extend([("credits", cost(summary)), ("companies", companies(summary))]);
    }
    facts.extend(missing(summary, context));
    facts.extend(malformed(&summary.malformed).map(|words| ("malformed", words)));
    facts.extend(waited(summary).map(|words| ("waited", words)));
    facts.extend(pace(summary, context).map(|words| ("pace", words)));
    if summary.rows.enriched > 0 {
        facts.push(("fields", fields(summary, context.width)));
    }
    if !summary.sources.is_empty() {
        facts.push(("sources", sources(summary)));
    }
    if let Some(Confidence { p25, p50, p75 }) = summary.confidence {
        facts.push(("confidence", format!("{p50:.2} in the middle, half of them {p25:.2} to {p75:.2}")));
    }
    facts.extend(context.places.iter().map(|place| (place.label, held(place))));
    facts
}

/// Returns where a table is.
fn held(Place { path, rows, .. }: &Place) -> String {
    let rows = rows.map(|rows| format!("{} in ", counted(rows, "row", "rows"))).unwrap_or_default();
    rows + &cleaned(path)
}

fn cost(summary: &Summary) -> String {
    let credits = summary.credits;
    let left = credits.remaining.map(|left| format!(", {} left", count(left))).unwrap_or_default();
    format!("{} spent, {} saved{left}", count(credits.spent), count(credits.saved))
}

fn companies(summary: &Summary) -> String {
    let companies = summary.companies;
    format!(
        "{} different, {} asked, {} from the ledger",
        count(companies.unique),
        count(companies.requested),
        count(companies.from_ledger)
    )
}

/// Returns what no company was found for, and why.
fn missing(summary: &Summary, context: &Context) -> Vec<(&'static str, String)> {
    let Rows { no_match, not_found, invalid_input, failed, pending, .. } = summary.rows;
    [
        ("no match", no_match, named(summary, context)),
        ("not found", not_found, "the workspace has no company with that id".to_owned()),
        (
            "invalid",
            invalid_input,
            "not a company's domain or id, and never sent; enrich_error says why".to_owned(),
        ),
        ("failed", failed, "given up; enrich_error says why".to_owned()),
        ("pending", pending, "the run stopped before them".to_owned()),
    ]
    .into_iter()
    .filter(|(_, rows, _)| *rows > 0)
    .map(|(label, rows, reason)| (label, format!("{}: {reason}", counted(rows, "row", "rows"))))
    .collect()
}

/// Returns what the run waited for; not what the user asked for with `--rate`.
fn waited(summary: &Summary) -> Option<String> {
    let waits: Vec<String> = [
        (WaitReason::Quota, "for the quota"),
        (WaitReason::CoolDown, "after refusals"),
        (WaitReason::ApiDown, "for the API to come back"),
        (WaitReason::Retry, "for retries"),
        (WaitReason::OtherRun, "for another run"),
    ]
    .into_iter()
    .filter(|(why, _)| is_worth_a_word(summary, *why))
    .map(|(why, words)| format!("{} {words}", span(summary.waited_s.span(why))))
    .collect();
    (!waits.is_empty()).then(|| waits.join(", "))
}

/// Returns at which pace the calls went, where it held them up.
fn pace(summary: &Summary, context: &Context) -> Option<String> {
    let Paced { per_second, why } = context.pace.filter(|_| is_worth_a_word(summary, WaitReason::Pace))?;
    let why = match why {
        PaceReason::Quota => "by the quota",
        PaceReason::Refusals => "after refusals",
    };
    Some(format!("about {}, {why}", calls_a(per_second)))
}

fn is_worth_a_word(summary: &Summary, why: WaitReason) -> bool {
    let waited = summary.waited_s.span(why);
    waited >= LONG_WAIT || (waited >= MOMENT && waited.as_secs_f64() >= summary.elapsed_s * SHARE_OF_RUN)
}

/// Returns the first inputs without a match, and where the others are.
fn named(summary: &Summary, context: &Context) -> String {
    if summary.no_match.is_empty() {
        return "the providers know nothing about them".to_owned();
    }
    let inputs: Vec<String> = summary.no_match.iter().map(|input| shortened(&cleaned(input))).collect();
    let others = if inputs.len() < MOST_INPUTS {
        ""
    } else if context.has_table_of(RowStatus::NoMatch) {
        " and others, all in the table below"
    } else if advice::lists_unmatched(summary, context) {
        " and others"
    } else {
        " and others; --no-match-output FILE writes all of them"
    };
    format!("the providers know nothing about {}{others}", inputs.join(", "))
}

/// Returns an input, cut where it is long.
fn shortened(input: &str) -> String {
    let mut width = 0;
    let cut = input.char_indices().find(|(_, char)| {
        width += textwrap::core::display_width(char.encode_utf8(&mut [0; 4]));
        width > LONGEST_INPUT
    });
    cut.and_then(|(place, _)| input.get(..place))
        .map_or_else(|| input.to_owned(), |start| format!("{start}…"))
}

/// Returns how often each field has a value, in columns.
fn fields(summary: &Summary, width: usize) -> String {
    let fields = &summary.fields.0;
    let longest = fields.iter().map(|(field, _)| field.name().len()).max().unwrap_or_default();
    let room = width.clamp(LEAST_WIDTH, MOST_WIDTH) - INDENT;
    let cells = fields.iter().map(|(field, fill)| {
        // Rounded down, so that only a field that is always there shows 100%.
        let percent = (fill.filled * 100).checked_div(summary.rows.enriched).unwrap_or_default();
        format!("{:<longest$} {percent:>3}%", field.name())
    });
    let cells: Vec<String> = cells.collect();
    // Three of them: nine fields make a square. Room for one is taken where there is none.
    let columns = ((room + GAP.len()) / (longest + 5 + GAP.len())).clamp(1, 3);
    cells.chunks(columns).map(|cells| cells.join(GAP)).collect::<Vec<_>>().join("\n")
}

fn sources(summary: &Summary) -> String {
    let mut sources: Vec<_> = summary.sources.iter().collect();
    sources.sort_by_key(|(_, rows)| std::cmp::Reverse(**rows));
    let named =
        sources.iter().take(MOST_NAMED).map(|(name, rows)| format!("{} {}", cleaned(name), count(**rows)));
    let others = if sources.len() > MOST_NAMED { " and others" } else { "" };
    named.collect::<Vec<_>>().join(", ") + others
}

/// Returns a line with its label in front, wrapped below itself. A word, so also a path, is never broken.
pub(super) fn line(label: &str, words: &str, width: usize) -> String {
    let first = format!("  {label:<width$}", width = INDENT - 2);
    let rest = " ".repeat(INDENT);
    let lines = words.split('\n').enumerate().map(|(number, words)| {
        let start = if number == 0 { &first } else { &rest };
        textwrap::fill(words, options(width).initial_indent(start).subsequent_indent(&rest)) + "\n"
    });
    lines.collect()
}

/// Returns a text wrapped for a terminal, at the latest where lines become hard to read.
pub fn fill(text: &str, width: usize) -> String {
    textwrap::fill(text, options(width))
}

fn options<'a>(width: usize) -> textwrap::Options<'a> {
    textwrap::Options::new(width.clamp(LEAST_WIDTH, MOST_WIDTH))
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
}

#[cfg(test)]
mod tests;
