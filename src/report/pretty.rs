//! What `enrich` prints on a terminal: a card for a company, one line where there is none.
//!
//! Everything shown is cleaned first; no text of the API or of the command line reaches the terminal as it came.

use std::borrow::Cow;
use std::sync::Arc;

use anstyle::Style;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::rules::company::Company;
use crate::rules::field::{Field, FieldSet};
use crate::rules::outcome::{Enrichment, Outcome, RowOutcome, Verdict};

use super::card::Record;
use super::clean::cleaned;

/// The column in which values begin.
const INDENT: usize = 15;
/// Below this width, lines are longer than the terminal rather than one word each.
const LEAST_WIDTH: usize = 40;

/// What a card depends on besides the record.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The width of the terminal, in columns.
    pub width: usize,
    /// Whether names are set in bold.
    pub color: bool,
    /// The fields that were asked for.
    pub fields: FieldSet,
    /// When the run began: what was answered before was not paid for in it.
    pub started_at: Timestamp,
}

/// Returns a card or a line for each record, in their order.
pub fn pretty(records: &[Record], layout: &Layout) -> String {
    let mut out = String::new();
    let mut after_card = false;
    for (position, record) in records.iter().enumerate() {
        let card = card(record, records.get(..position).unwrap_or_default(), layout);
        if position > 0 && (after_card || card.is_some()) {
            out.push('\n');
        }
        after_card = card.is_some();
        out.push_str(&card.unwrap_or_else(|| line(record, layout)));
    }
    out
}

/// Returns the card of a company; absent where there is none.
fn card(record: &Record, earlier: &[Record], layout: &Layout) -> Option<String> {
    let RowOutcome::Settled { outcome, .. } = &record.outcome else {
        return None;
    };
    let enrichment = outcome.verdict.enrichment()?;
    let mut out = bold(&cleaned(&record.target), layout) + "\n";
    for (label, value) in entries(&enrichment.company, layout.fields) {
        out.push_str(&entry(label, &value, layout));
    }
    out.push_str(&entry("Confidence", &confidence(enrichment), layout));
    out.push_str(&entry("Cost", &cost(outcome, earlier, layout), layout));
    Some(out)
}

/// Returns what there is to show of a company: its domain, and what was asked for.
fn entries(company: &Company, fields: FieldSet) -> Vec<(&'static str, Cow<'_, str>)> {
    let labels = [
        ("Industry", Field::Industry),
        ("Size", Field::Size),
        ("Founded", Field::FoundedYear),
        ("Location", Field::HqLocation),
        ("LinkedIn", Field::LinkedinUrl),
        ("Logo", Field::LogoUrl),
        ("Tech stack", Field::TechStack),
        ("Description", Field::Description),
    ];
    let value = |field| {
        if fields.contains(field) { company.field(field) } else { Cow::Borrowed("") }
    };
    [("Name", value(Field::Name)), ("Domain", company.domain())]
        .into_iter()
        .chain(labels.into_iter().map(|(label, field)| (label, value(field))))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

fn confidence(enrichment: &Enrichment) -> String {
    let confidence = enrichment.confidence.as_deref().unwrap_or("unknown");
    match &enrichment.source {
        Some(source) => format!("{confidence}, from {source}"),
        None => confidence.to_owned(),
    }
}

/// Returns what this answer cost now.
fn cost(outcome: &Arc<Outcome>, earlier: &[Record], layout: &Layout) -> String {
    let is_same = |record: &Record| match &record.outcome {
        RowOutcome::Settled { outcome: other, .. } => Arc::ptr_eq(outcome, other),
        RowOutcome::Invalid(_) | RowOutcome::Pending => false,
    };
    // The ledger keeps milliseconds: an answer of the first one must not look older than the run.
    if outcome.answered_at.as_millisecond() < layout.started_at.as_millisecond() {
        let paid = outcome.answered_at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d");
        return format!("nothing, paid on {paid}");
    }
    if earlier.iter().any(is_same) { "nothing, asked above".to_owned() } else { "1 credit".to_owned() }
}

/// Returns what became of a target that has no company.
fn line(record: &Record, layout: &Layout) -> String {
    let why = match &record.outcome {
        RowOutcome::Invalid(reason) => format!("invalid, {reason}"),
        RowOutcome::Pending => "not asked, the run stopped before".to_owned(),
        RowOutcome::Settled { outcome, .. } => match &outcome.verdict {
            Verdict::NoMatch => "no match, the providers know nothing about it".to_owned(),
            Verdict::NotFound => "not found, the workspace has no company with this id".to_owned(),
            Verdict::Failed { reason } => format!("failed, {reason}"),
            Verdict::Enriched(_) => "enriched".to_owned(),
        },
    };
    format!("{}: {}\n", bold(&cleaned(&record.target), layout), cleaned(&why))
}

/// Returns a label with its value, wrapped below itself. A word, so also a link, is never broken.
fn entry(label: &str, value: &str, layout: &Layout) -> String {
    let first = format!("  {label:<width$}", width = INDENT - 2);
    let rest = " ".repeat(INDENT);
    let options = textwrap::Options::new(layout.width.max(LEAST_WIDTH))
        .initial_indent(&first)
        .subsequent_indent(&rest)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::fill(&cleaned(value), options) + "\n"
}

fn bold(text: &str, layout: &Layout) -> String {
    let style = if layout.color { Style::new().bold() } else { Style::new() };
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::records;
    use crate::rules::target::InvalidInput;

    fn layout() -> Layout {
        Layout {
            width: 60,
            color: false,
            fields: FieldSet::ALL,
            started_at: "2026-11-22T15:00:00.120999Z".parse().unwrap(),
        }
    }

    #[test]
    fn a_card_and_lines() {
        let acme = records::acme();
        let failed = Verdict::Failed { reason: "400 validation_error".into() };
        let records = [
            acme.clone(),
            acme,
            records::settled("nobody.example", Verdict::NoMatch),
            records::settled("b.com", failed),
            records::record("?", RowOutcome::Invalid(InvalidInput::Empty)),
            records::record("c.com", RowOutcome::Pending),
        ];
        insta::assert_snapshot!(pretty(&records, &layout()), @r#"
        https://www.Acme.com/about
          Name         Acme Corp
          Domain       acme.com
          Industry     Legal Services
          Size         201-500
          Founded      1998
          Location     New York, NY, US
          LinkedIn     https://linkedin.com/company/acme-corp-of-new-york-and-elsewhere
          Logo         https://logo.example/acme.com.png
          Tech stack   Rust; PostgreSQL; Kubernetes; Snowflake; dbt
          Description  Acme writes contracts for people who would
                       rather not read them.
          Confidence   0.870, from vendor_a
          Cost         1 credit

        https://www.Acme.com/about
          Name         Acme Corp
          Domain       acme.com
          Industry     Legal Services
          Size         201-500
          Founded      1998
          Location     New York, NY, US
          LinkedIn     https://linkedin.com/company/acme-corp-of-new-york-and-elsewhere
          Logo         https://logo.example/acme.com.png
          Tech stack   Rust; PostgreSQL; Kubernetes; Snowflake; dbt
          Description  Acme writes contracts for people who would
                       rather not read them.
          Confidence   0.870, from vendor_a
          Cost         nothing, asked above

        nobody.example: no match, the providers know nothing about it
        b.com: failed, 400 validation_error
        ?: invalid, empty
        c.com: not asked, the run stopped before
        "#);
    }

    #[test]
    fn only_what_was_asked_is_shown_and_an_older_answer_is_free() {
        let layout = Layout {
            fields: "name,size".parse().unwrap(),
            started_at: "2026-11-23T09:00:00Z".parse().unwrap(),
            color: true,
            ..layout()
        };
        let text = pretty(&[records::acme()], &layout);
        insta::assert_snapshot!(text.replace('\u{1b}', "ESC"), @r#"
        ESC[1mhttps://www.Acme.com/aboutESC[0m
          Name         Acme Corp
          Domain       acme.com
          Size         201-500
          Confidence   0.870, from vendor_a
          Cost         nothing, paid on 2026-11-22
        "#);
    }

    #[test]
    fn a_strangers_text_is_cleaned_and_wide_letters_are_counted() {
        let hostile = records::enriched(
            "evil\u{1b}]0;x\u{7}.com wbk_live_1",
            "{\"name\":\"\\u001b[2JAcme\\u202e\",\"description\":\"東京 東京 東京 東京 東京 東京 東京 東京 東京 東京 東京\"}",
        );
        insta::assert_snapshot!(pretty(&[hostile], &Layout { width: 40, ..layout() }), @r#"
        evil.com wbk_[redacted]
          Name         Acme
          Description  東京 東京 東京 東京 東京
                       東京 東京 東京 東京 東京
                       東京
          Confidence   0.870, from vendor_a
          Cost         1 credit
        "#);
    }

    #[test]
    fn any_width_will_do() {
        for width in [0, 1, 20, 10_000] {
            assert!(pretty(&[records::acme()], &Layout { width, ..layout() }).contains("Acme Corp"));
        }
    }
}
