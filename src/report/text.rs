//! How a run went, for people: did it work, what did it cost, what is missing and why, what to type next.

use std::time::Duration;

use anstyle::Style;
use jiff::tz::TimeZone;

use crate::rules::event::{PaceReason, StopReason, WaitReason};

use super::clean::cleaned;
use super::pacing::Paced;
use super::summary::{Rows, Summary};
use super::words::{calls_a, count, counted, local_and_utc, malformed, span, until, why};

/// The column in which the second half of a line begins.
pub(super) const INDENT: usize = 13;
/// The most providers and inputs that are named.
const MOST_NAMED: usize = 5;
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
    /// The zone of local times.
    pub zone: TimeZone,
    /// What [`super::tally::Tally::confidence_quartiles`] returns.
    pub confidence: Option<[f64; 3]>,
    /// What [`super::pacing::Pacing::usual`] returns.
    pub pace: Option<Paced>,
    /// Where the tables are that did not go to stdout.
    pub places: Vec<Place>,
    /// What went wrong last, where that stopped the run.
    pub detail: Option<String>,
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
}

/// Returns the text, every line ended by a line break.
pub fn text(summary: &Summary, context: &Context) -> String {
    let mut out = headline(summary, context);
    for (label, words) in facts(summary, context) {
        out.push_str(&line(label, &words, context.width));
    }
    for sentence in advice(summary, context) {
        out.push_str(&textwrap::fill(&sentence, context.width.max(INDENT * 2)));
        out.push('\n');
    }
    out
}

/// Returns whether it worked.
fn headline(summary: &Summary, context: &Context) -> String {
    let rows = summary.rows;
    let took = span(Duration::try_from_secs_f64(summary.elapsed_s).unwrap_or_default());
    let done = format!("{} of {} enriched", count(rows.enriched), counted(rows.read, "row", "rows"));
    let words = match summary.stop_reason {
        None => format!("Done in {took}: {done}"),
        Some(reason) => format!("Stopped after {took}, {}{}: {done}", why(reason), detail(context)),
    };
    let style = if context.color { Style::new().bold() } else { Style::new() };
    format!("{style}{words}{style:#}\n")
}

fn detail(context: &Context) -> String {
    context.detail.as_deref().map(|detail| format!(" ({})", cleaned(detail))).unwrap_or_default()
}

/// Returns why a run stopped and what to do about it, without its counts; absent where it did not stop.
pub fn stop_notice(summary: &Summary, context: &Context) -> Option<String> {
    let reason = summary.stop_reason?;
    let advice = advice(summary, context).join(" ");
    let mut letters = advice.chars();
    let hint: String = letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect();
    Some(format!("stopped: {}{}\nhint: {hint}\n", why(reason), detail(context)))
}

/// Returns what is worth a line, with its label.
fn facts(summary: &Summary, context: &Context) -> Vec<(&'static str, String)> {
    let mut facts = vec![("credits", cost(summary)), ("companies", companies(summary))];
    facts.extend(missing(summary));
    facts.extend(malformed(&summary.malformed).map(|words| ("malformed", words)));
    facts.extend(waited(summary).map(|words| ("waited", words)));
    facts.extend(pace(summary, context).map(|words| ("pace", words)));
    if summary.rows.enriched > 0 {
        facts.push(("fields", fields(summary)));
    }
    if !summary.sources.is_empty() {
        facts.push(("sources", sources(summary)));
    }
    if let Some([low, median, high]) = context.confidence {
        facts.push(("confidence", format!("{median:.2} in the middle, half of them {low:.2} to {high:.2}")));
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
fn missing(summary: &Summary) -> Vec<(&'static str, String)> {
    let Rows { no_match, not_found, invalid_input, failed, pending, .. } = summary.rows;
    [
        ("no match", no_match, named(summary)),
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

fn named(summary: &Summary) -> String {
    let inputs: Vec<String> = summary.no_match.iter().take(MOST_NAMED).map(|input| cleaned(input)).collect();
    let others = if summary.no_match.len() > MOST_NAMED { " and others" } else { "" };
    if inputs.is_empty() {
        return "the providers know nothing about them".to_owned();
    }
    format!("the providers know nothing about {}{others}", inputs.join(", "))
}

fn fields(summary: &Summary) -> String {
    let fields = summary.fields.0.iter().map(|(field, fill)| {
        // Rounded down, so that only a field that is always there shows 100%.
        let percent = (fill.filled * 100).checked_div(summary.rows.enriched).unwrap_or_default();
        format!("{} {percent}%", field.name())
    });
    fields.collect::<Vec<_>>().join(", ")
}

fn sources(summary: &Summary) -> String {
    let mut sources: Vec<_> = summary.sources.iter().collect();
    sources.sort_by_key(|(_, rows)| std::cmp::Reverse(**rows));
    let named =
        sources.iter().take(MOST_NAMED).map(|(name, rows)| format!("{} {}", cleaned(name), count(**rows)));
    let others = if sources.len() > MOST_NAMED { " and others" } else { "" };
    named.collect::<Vec<_>>().join(", ") + others
}

/// Returns a line with its label in front, wrapped below itself.
pub(super) fn line(label: &str, words: &str, width: usize) -> String {
    let first = format!("  {label:<width$}", width = INDENT - 2);
    let rest = " ".repeat(INDENT);
    let options =
        textwrap::Options::new(width.max(INDENT * 2)).initial_indent(&first).subsequent_indent(&rest);
    textwrap::fill(words, options) + "\n"
}

/// Returns what to know and to type next.
fn advice(summary: &Summary, context: &Context) -> Vec<String> {
    let mut advice = Vec::new();
    if summary.credits.uncertain > 0 {
        advice.push(format!(
            "{} sent again more than 24 hours after the answer was lost: each may have charged a second credit.",
            counted(summary.credits.uncertain, "call was", "calls were")
        ));
    }
    match summary.stop_reason {
        Some(StopReason::RateLimit) => advice.push(next_after_reset(summary, context)),
        Some(StopReason::ApiUnavailable) if summary.requests.ok == 0 => advice.push(
            "See that the network, --base-url and --proxy are right, or wait until the API is back; then run the same \
             command again to go on."
                .to_owned(),
        ),
        Some(reason) => advice.push(format!("{}un the same command again to go on.", before_next(reason))),
        None if summary.rows.failed > 0 => {
            advice.push("Run the same command again to ask again for what failed.".to_owned());
        }
        None => {}
    }
    advice
}

/// Returns what has to be done before the same command can go on, up to the `r` of "run".
const fn before_next(reason: StopReason) -> &'static str {
    match reason {
        StopReason::InsufficientCredits => "Top up the workspace's credits, then r",
        StopReason::CreditLimit => "Raise --max-credits or lower --keep-credits, then r",
        StopReason::InvalidKey => "Set a valid key in LEADENRICH_API_KEY or with --api-key-file, then r",
        StopReason::InsufficientPermissions => "Use a key with the permission write:enrich, then r",
        StopReason::ApiUnavailable => "When the API is back, r",
        StopReason::RateLimit | StopReason::Interrupted => "R",
    }
}

fn next_after_reset(summary: &Summary, context: &Context) -> String {
    let Some(reset) = summary.rate_limit.resets_at else {
        return "The quota resets later than --wait allows. After that, run the same command again to go on."
            .to_owned();
    };
    let at = local_and_utc(reset, &context.zone);
    let left = summary.finished_at.map(|now| format!(", in {}", span(until(reset, now)))).unwrap_or_default();
    format!("The quota resets at {at}{left}. After that, run the same command again to go on.")
}

#[cfg(test)]
mod tests;
