//! The figures of the page: a chart each, with its numbers as a table.

use std::time::Duration;

use crate::report::summary::Summary;
use crate::report::words::{self, count, counted, span};
use crate::rules::event::WaitReason;
use crate::rules::field::Field;
use crate::rules::outcome::RowStatus;

use super::charts::{Bar, ChartError, Ink, Span, bars, course, histogram, number, share};
use super::counts::{Counts, Ranked, shortened};
use super::timeline::{MOST_STRETCHES, Stretch, Timeline};
use super::{Facts, portrait};

/// The most names that a chart shows; the others are one bar.
const MOST_BARS: usize = 10;
/// The most resets that are marked: beyond it the marks would hide the rest.
const MOST_MARKS: u64 = MOST_STRETCHES as u64 / 4;

/// A chart with its numbers.
pub(super) struct Figure {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) note: String,
    /// Absent where there is nothing to show.
    pub(super) svg: Option<String>,
    pub(super) heads: Vec<&'static str>,
    pub(super) rows: Vec<Vec<String>>,
    pub(super) is_wide: bool,
}

type Drawn = Result<Figure, ChartError>;

/// Returns all figures in the order of the page.
pub(super) fn all(facts: &Facts<'_>) -> Result<Vec<Figure>, ChartError> {
    let portrait = facts.portrait;
    Ok(vec![
        outcomes(facts.summary)?,
        fields(facts.summary)?,
        confidence(&portrait.confidence)?,
        named(("industries", "Industries", "Industry"), &portrait.industries, facts)?,
        sizes(facts)?,
        named(("countries", "Countries", "Country"), &portrait.countries, facts)?,
        credits(facts.summary)?,
        sources(facts.summary)?,
        over_time(facts)?,
    ])
}

/// Returns what a state is called, and its colour.
pub(super) const fn state(status: RowStatus) -> (&'static str, Ink) {
    match status {
        RowStatus::Enriched => ("Company found", Ink::Good),
        RowStatus::NoMatch => ("No company found", Ink::Missing),
        RowStatus::NotFound => ("Company id unknown", Ink::Unknown),
        RowStatus::InvalidInput => ("Not a company's address", Ink::Invalid),
        RowStatus::Failed => ("Failed", Ink::Bad),
        RowStatus::Pending => ("Not asked yet", Ink::Rest),
    }
}

/// Returns a share in per cent; of a little or of almost all so that it is not taken for nothing or all.
pub(super) fn percent(part: u64, whole: u64) -> String {
    let percent = share(part, whole) * 100.0;
    match percent {
        _ if part == 0 || part >= whole => format!("{percent:.0}%"),
        ..1.0 => "<1%".to_owned(),
        99.0.. => ">99%".to_owned(),
        _ => format!("{percent:.0}%"),
    }
}

/// Draws what is counted as bars of a whole.
fn figure(
    (id, title, note): (&'static str, &'static str, String),
    heads: [&'static str; 3],
    counted: Vec<(String, u64, Ink)>,
    whole: u64,
    longest: u64,
) -> Drawn {
    let cells =
        |(label, value, _): &(String, u64, Ink)| vec![label.clone(), count(*value), percent(*value, whole)];
    let rows = counted.iter().map(cells).collect();
    let drawn: Vec<Bar> = counted
        .into_iter()
        .map(|(label, value, ink)| {
            let shown = format!("{} · {}", count(value), percent(value, whole));
            Bar { label, value, shown, ink }
        })
        .collect();
    let svg =
        if drawn.is_empty() || whole == 0 { None } else { Some(bars(&drawn, longest, longest == whole)?) };
    Ok(Figure { id, title, note, svg, heads: heads.to_vec(), rows, is_wide: false })
}

fn outcomes(summary: &Summary) -> Drawn {
    let rows = summary.rows;
    let states = [
        (RowStatus::Enriched, rows.enriched),
        (RowStatus::NoMatch, rows.no_match),
        (RowStatus::NotFound, rows.not_found),
        (RowStatus::InvalidInput, rows.invalid_input),
        (RowStatus::Failed, rows.failed),
        (RowStatus::Pending, rows.pending),
    ];
    let bar = |(status, rows): (RowStatus, u64)| {
        let (label, ink) = state(status);
        (label.to_owned(), rows, ink)
    };
    let note = format!("What became of {}.", counted(rows.read, "row", "rows"));
    let met = states.into_iter().filter(|(status, rows)| *rows > 0 || *status == RowStatus::Enriched);
    let drawn = met.map(bar).collect();
    figure(("outcomes", "Outcome", note), ["Outcome", "Rows", "Share"], drawn, rows.read, rows.read)
}

fn fields(summary: &Summary) -> Drawn {
    let enriched = summary.rows.enriched;
    let rows = summary.fields.0.iter();
    let drawn = rows.map(|(field, filled)| (called(*field).to_owned(), filled.filled, Ink::Plain)).collect();
    let note = format!("Of {} with a company, how many have each fact.", counted(enriched, "row", "rows"));
    figure(("fields", "What is known", note), ["Field", "Rows", "Share"], drawn, enriched, enriched)
}

/// Returns what people call a field who do not know the API.
const fn called(field: Field) -> &'static str {
    match field {
        Field::Name => "Name",
        Field::Industry => "Industry",
        Field::Size => "Size",
        Field::FoundedYear => "Year of foundation",
        Field::Description => "Description",
        Field::HqLocation => "Headquarters",
        Field::LogoUrl => "Logo",
        Field::LinkedinUrl => "LinkedIn page",
        Field::TechStack => "Technologies",
    }
}

fn confidence(steps: &[u64; portrait::CONFIDENCE_STEPS]) -> Drawn {
    let all: u64 = steps.iter().sum();
    let step = 1.0 / number(steps.len() as u64);
    let rows = (0..).zip(steps).filter(|(_, rows)| **rows > 0).map(|(place, rows)| {
        let from = f64::from(place) * step;
        vec![format!("{from:.2} to {:.2}", from + step), count(*rows), percent(*rows, all)]
    });
    Ok(Figure {
        id: "confidence",
        title: "Confidence",
        note: if all == 0 { nothing() } else { "How sure the provider is, from 0 to 1.".to_owned() },
        svg: if all == 0 { None } else { Some(histogram(steps)?) },
        heads: vec!["Confidence", "Rows", "Share"],
        rows: rows.collect(),
        is_wide: false,
    })
}

fn nothing() -> String {
    "Nothing to show: no company was found.".to_owned()
}

fn named(
    (id, title, head): (&'static str, &'static str, &'static str),
    counts: &Counts,
    facts: &Facts<'_>,
) -> Drawn {
    ranked((id, title, head), counts.ranked(MOST_BARS), facts.portrait.companies)
}

/// Sizes have an order of their own: the smallest first.
fn sizes(facts: &Facts<'_>) -> Drawn {
    let mut sizes = facts.portrait.sizes.ranked(MOST_BARS);
    sizes.first.sort_by_key(|(size, _)| smallest(size));
    ranked(("sizes", "Sizes", "People"), sizes, facts.portrait.companies)
}

/// Returns the first number of a size, such as 10001 of "10,001+"; the highest, where it has none.
fn smallest(size: &str) -> u64 {
    let digits = size.trim_start_matches(|char: char| !char.is_ascii_digit()).chars();
    let number: String = digits
        .take_while(|char| char.is_ascii_digit() || matches!(char, ',' | '.' | '\''))
        .filter(char::is_ascii_digit)
        .collect();
    number.parse().unwrap_or(u64::MAX)
}

fn ranked(
    (id, title, head): (&'static str, &'static str, &'static str),
    ranked: Ranked,
    companies: u64,
) -> Drawn {
    let longest = ranked.first.iter().map(|(_, times)| *times).chain([ranked.others, ranked.nameless]).max();
    let mut drawn: Vec<_> = ranked.first.into_iter().map(|(name, times)| (name, times, Ink::Plain)).collect();
    if ranked.others > 0 {
        let label = match ranked.other_names {
            1 => "1 other".to_owned(),
            names => format!("{} others", count(names)),
        };
        drawn.push((label, ranked.others, Ink::Rest));
    }
    if ranked.nameless > 0 {
        drawn.push(("Not known".to_owned(), ranked.nameless, Ink::Rest));
    }
    let note = match companies {
        0 => nothing(),
        _ => format!(
            "Of {}, each counted once.",
            counted(companies, "company that was found", "companies that were found")
        ),
    };
    figure((id, title, note), [head, "Companies", "Share"], drawn, companies, longest.unwrap_or_default())
}

fn credits(summary: &Summary) -> Drawn {
    let credits = summary.credits;
    let whole = credits.spent + credits.saved;
    let drawn = vec![
        ("Spent in this run".to_owned(), credits.spent, Ink::Plain),
        ("Saved".to_owned(), credits.saved, Ink::Good),
    ];
    let note = match whole {
        0 => "None was spent: no company was found.".to_owned(),
        _ => "A company is paid for once, in however many rows and runs it comes.".to_owned(),
    };
    figure(("credits", "Credits", note), ["Credits", "Number", "Share"], drawn, whole, whole)
}

fn sources(summary: &Summary) -> Drawn {
    let mut sources: Vec<_> =
        summary.sources.iter().map(|(name, rows)| (shortened(name, 80), *rows)).collect();
    sources.sort_by(|(a, most), (b, least)| least.cmp(most).then_with(|| a.cmp(b)));
    let all = sources.iter().map(|(_, rows)| rows).sum();
    let rest = sources.split_off(sources.len().min(MOST_BARS));
    let mut drawn: Vec<_> = sources.into_iter().map(|(name, rows)| (name, rows, Ink::Plain)).collect();
    if !rest.is_empty() {
        let rows = rest.iter().map(|(_, rows)| rows).sum();
        drawn.push((format!("{} others", rest.len()), rows, Ink::Rest));
    }
    let longest = drawn.iter().map(|(_, rows, _)| *rows).max().unwrap_or_default();
    let note = if all == 0 { nothing() } else { "Which provider the answers are from, by rows.".to_owned() };
    figure(("sources", "Providers", note), ["Provider", "Rows", "Share"], drawn, all, longest)
}

fn over_time(facts: &Facts<'_>) -> Drawn {
    let timeline = facts.timeline;
    let resets: u64 = timeline.stretches.iter().map(|stretch| stretch.resets).sum();
    let is_quiet =
        timeline.stretches.iter().all(|s| s.settled == 0 && s.refused == 0 && s.waited().is_zero());
    let (unit, seconds) = unit(timeline.elapsed);
    let length = timeline.length.as_secs_f64();
    let marks = timeline.stretches.iter().filter(|stretch| stretch.resets > 0).count() as u64;
    let spans: Vec<Span> = timeline
        .stretches
        .iter()
        .map(|stretch| Span {
            speed: number(stretch.settled) / length,
            waited: stretch.waited().as_secs_f64() / length,
            is_reset: stretch.resets > 0 && marks <= MOST_MARKS,
        })
        .collect();
    Ok(Figure {
        id: "course",
        title: "The run over time",
        note: if is_quiet { "No call was made.".to_owned() } else { told(facts, resets) },
        svg: if is_quiet { None } else { Some(course(&spans, length / seconds, unit)?) },
        heads: vec!["From", "Answered", "Paid for", "Refused", "Waited", "For", "Resets"],
        rows: (0..).zip(&timeline.stretches).map(|(at, stretch)| line(timeline, at, stretch)).collect(),
        is_wide: true,
    })
}

/// Says what the chart shows: the resets and the waits.
fn told(facts: &Facts<'_>, resets: u64) -> String {
    let waits: Vec<String> = WaitReason::ALL
        .into_iter()
        .map(|why| (why, facts.summary.waited_s.span(why)))
        .filter(|(_, waited)| *waited >= Duration::from_millis(50))
        .map(|(why, waited)| format!("{} for {}", span(waited), words::awaited(why)))
        .collect();
    let waited = if waits.is_empty() {
        "Nothing was waited for.".to_owned()
    } else {
        format!("Waited {}.", waits.join(", "))
    };
    match resets {
        0 => waited,
        _ => format!("The quota began anew {}. {waited}", counted(resets, "time", "times")),
    }
}

fn line(timeline: &Timeline, at: u32, stretch: &Stretch) -> Vec<String> {
    let reasons: Vec<&str> = WaitReason::ALL
        .into_iter()
        .zip(stretch.waited)
        .filter(|(_, waited)| !waited.is_zero())
        .map(|(why, _)| words::awaited(why))
        .collect();
    vec![
        span(timeline.length * at),
        count(stretch.settled),
        count(stretch.paid),
        count(stretch.refused),
        span(stretch.waited()),
        reasons.join(", "),
        count(stretch.resets),
    ]
}

/// Returns the unit in which a time is a small number, and its seconds.
fn unit(elapsed: Duration) -> (&'static str, f64) {
    match elapsed.as_secs() {
        0..180 => ("seconds", 1.0),
        180..10_800 => ("minutes", 60.0),
        10_800..259_200 => ("hours", 3_600.0),
        _ => ("days", 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_taken_for_nothing_or_all() {
        let read = [(0, 0), (0, 9), (1, 1_000), (1, 3), (999, 1_000), (9, 9)]
            .map(|(part, whole)| percent(part, whole));
        assert_eq!(read, ["0%", "0%", "<1%", "33%", ">99%", "100%"]);
    }

    #[test]
    fn sizes_go_from_small_to_large() {
        let mut sizes = ["10,001+", "11-50", "unknown", "1-10", "> 5000"];
        sizes.sort_by_key(|size| smallest(size));
        assert_eq!(sizes, ["1-10", "11-50", "> 5000", "10,001+", "unknown"]);
    }

    #[test]
    fn units_fit_the_time() {
        let read = [5, 600, 86_400, 864_000].map(|secs| unit(Duration::from_secs(secs)).0);
        assert_eq!(read, ["seconds", "minutes", "hours", "days"]);
    }
}
