//! Runs to render in tests.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::rules::event::{CompanyOrigin, Event, ReplyKind, SCHEMA, StopReason};
use crate::rules::malformed::{Fault, Malformed};
use crate::rules::outcome::{RowNumber, RowStatus};
use crate::rules::time::{Moment, Now};
use crate::rules::waited::Waited;

use super::course::Terms;
use super::tally::Tally;

/// Compares a screen, at the widths that are looked at, with what is kept of it in `tests/screens`.
pub(super) fn assert_screens(name: &str, shown: impl Fn(usize) -> String) {
    let mut screens: Vec<(String, String)> = Vec::new();
    for width in [40, 60, 80, 120, 200] {
        let text = shown(width);
        match screens.last_mut() {
            Some((widths, last)) if *last == text => widths.extend([", ", &width.to_string()]),
            _ => screens.push((width.to_string(), text)),
        }
    }
    let screens = screens.iter().map(|(widths, text)| format!("--- {widths} columns\n{}\n", text.trim_end()));
    let screens = screens.collect::<Vec<_>>().join("\n").replace('\u{1b}', "ESC");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/screens"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, screens));
}

/// Returns a moment after the start of a run at 21:47 UTC.
pub(super) fn at(after: Duration) -> Now {
    let started: jiff::Timestamp = "2026-11-22T21:47:00Z".parse().unwrap();
    Now { at: Moment::after_start(after), wall: started + after }
}

/// Returns a user in UTC who waits five minutes and keeps to no rate.
pub(super) fn terms() -> Terms {
    Terms { rate: None, wait: Duration::from_mins(5), zone: || TimeZone::UTC }
}

/// Returns the event of a finished row; enriched ones have two fields, a provider and a confidence.
pub(super) fn row(row: u64, status: RowStatus, input: &str) -> Event {
    let is_enriched = status == RowStatus::Enriched;
    let filled = if row.is_multiple_of(3) { "name" } else { "name,size" };
    Event::RowFinished {
        row: RowNumber(row),
        status,
        filled: filled.parse().unwrap(),
        source: is_enriched.then(|| "vendor_a".into()),
        confidence: is_enriched.then_some(0.87),
        input: (status == RowStatus::NoMatch).then(|| input.into()),
    }
}

/// Returns what happens for one company that is asked with one call.
pub(super) fn call(subject: &str, status: RowStatus, balance: Option<u64>) -> Vec<Event> {
    let (code, reply) = match status {
        RowStatus::Enriched => (200, ReplyKind::Enriched),
        RowStatus::NoMatch => (409, ReplyKind::NoMatch),
        _ => (400, ReplyKind::Rejected),
    };
    vec![
        Event::CompanySeen { origin: CompanyOrigin::Requested },
        Event::CallSent {
            subject: subject.into(),
            attempt: 1,
            in_flight: 4,
            concurrency: 8,
            uncertain: false,
        },
        Event::CallAnswered {
            subject: subject.into(),
            attempt: 1,
            status: Some(code),
            reply,
            latency_ms: 41.5,
            request_id: None,
            credits_remaining: balance,
        },
        Event::CallSettled { subject: subject.into(), status },
    ]
}

/// Returns the tally of some events.
pub(super) fn tally(events: &[Event]) -> Tally {
    let mut tally = Tally::default();
    for event in events {
        tally.on_event(event);
    }
    tally
}

/// Returns the events of a run over 12 rows: 6 enriched (4 paid for), 2 without a match, 1 invalid, 1 failed.
fn middle() -> Vec<Event> {
    let malformed = Malformed { line: 4, fault: Fault::TooShort { cells: 3, columns: 4 } };
    let mut events = begun(12);
    events.push(Event::malformed(RowNumber(3), malformed));
    events.push(Event::CompanySeen { origin: CompanyOrigin::FromLedger });
    for (balance, subject) in ["a.com", "b.com", "c.com", "d.com"].into_iter().enumerate() {
        events.extend(call(subject, RowStatus::Enriched, Some(4_870 - balance as u64)));
    }
    for subject in ["nobody.example", "none.example"] {
        events.extend(call(subject, RowStatus::NoMatch, None));
    }
    events.extend((1..=6).map(|number| row(number, RowStatus::Enriched, "")));
    events.push(row(7, RowStatus::NoMatch, "https://nobody.example/"));
    events.push(row(8, RowStatus::NoMatch, "none.example"));
    events.push(row(9, RowStatus::InvalidInput, ""));
    events.push(row(10, RowStatus::Failed, ""));
    events
}

/// Returns a run that did its work.
pub(super) fn complete() -> Tally {
    let mut events = middle();
    events.extend([row(11, RowStatus::NotFound, ""), row(12, RowStatus::Enriched, "")]);
    events.push(ended());
    tally(&events)
}

/// Returns a run that did its work, of 4 rows: 2 enriched by one call, 2 without a match.
pub(super) fn flawless() -> Tally {
    let mut events = begun(4);
    events.extend(call("a.com", RowStatus::Enriched, Some(4_870)));
    for subject in ["nobody.example", "none.example"] {
        events.extend(call(subject, RowStatus::NoMatch, Some(4_870)));
    }
    events.extend([row(1, RowStatus::Enriched, ""), row(3, RowStatus::Enriched, "")]);
    events.extend([row(2, RowStatus::NoMatch, "nobody.example"), row(4, RowStatus::NoMatch, "none.example")]);
    events.push(ended());
    tally(&events)
}

/// Returns a run in which so many rows find no match.
pub(super) fn unmatched(rows: u64) -> Tally {
    let mut events = begun(rows);
    for number in 1..=rows {
        let subject = format!("company-number-{number}.example");
        events.extend(call(&subject, RowStatus::NoMatch, Some(4_870)));
        events.push(row(number, RowStatus::NoMatch, &subject));
    }
    events.push(ended());
    tally(&events)
}

/// Returns a run over 3 rows that the ledger knows.
pub(super) fn known() -> Tally {
    let mut events = begun(3);
    events.extend((1..=3).map(|_| Event::CompanySeen { origin: CompanyOrigin::FromLedger }));
    events.extend([row(1, RowStatus::Enriched, ""), row(2, RowStatus::Enriched, "")]);
    events.extend([row(3, RowStatus::NoMatch, "nobody.example"), ended()]);
    tally(&events)
}

fn begun(rows: u64) -> Vec<Event> {
    vec![
        Event::RunStarted { schema: SCHEMA, at: "2026-11-22T21:44:00Z".parse().unwrap(), concurrency: 8 },
        Event::RowsRead { rows, ended: true },
    ]
}

fn ended() -> Event {
    Event::RunFinished {
        at: "2026-11-22T21:44:12.3Z".parse().unwrap(),
        elapsed_s: 12.300_4,
        waited_s: Waited::default(),
    }
}

/// Returns a run that was stopped before its last two rows.
pub(super) fn stopped(reason: StopReason) -> Tally {
    let mut events = middle();
    events.push(Event::WindowChanged {
        limit: Some(1_000),
        remaining: 0,
        resets_at: "2026-11-23T00:00:00Z".parse().unwrap(),
        window_s: None,
    });
    events.push(Event::Stopping { reason, resets_at: None, detail: None });
    events.extend([row(11, RowStatus::Pending, ""), row(12, RowStatus::Pending, "")]);
    events.push(Event::RunFinished {
        at: "2026-11-22T21:47:05Z".parse().unwrap(),
        elapsed_s: 185.0,
        waited_s: Waited::default(),
    });
    tally(&events)
}

/// Returns a run that the quota stopped.
pub(super) fn stopped_at_the_quota() -> Tally {
    stopped(StopReason::RateLimit)
}

/// Records of `enrich`.
pub(super) mod records {
    use std::sync::Arc;

    use crate::report::card::Record;
    use crate::rules::company::Company;
    use crate::rules::outcome::{Enrichment, FieldNames, Outcome, RowOutcome, Verdict};
    use crate::rules::target::Subject;

    /// Returns a record of which nothing was asked.
    pub(in crate::report) fn record(target: &str, outcome: RowOutcome) -> Record {
        Record { target: target.to_owned(), subject: None, outcome }
    }

    /// Returns a record with an answer.
    pub(in crate::report) fn settled(target: &str, verdict: Verdict) -> Record {
        let subject = Subject::Domain(target.into());
        let outcome = Outcome {
            verdict,
            answered_at: "2026-11-22T15:00:00.12Z".parse().unwrap(),
            request_id: Some("req_1".into()),
        };
        Record {
            target: target.to_owned(),
            subject: Some(subject.clone()),
            outcome: RowOutcome::Settled { asked: subject, outcome: Arc::new(outcome) },
        }
    }

    /// Returns a record with a company.
    pub(in crate::report) fn enriched(target: &str, company: &str) -> Record {
        let enrichment = Enrichment {
            company: Company::parse(company).unwrap(),
            fields_updated: FieldNames::new(&["name", "industry"]),
            source: Some("vendor_a".into()),
            confidence: Some("0.870".into()),
        };
        settled(target, Verdict::Enriched(Box::new(enrichment)))
    }

    /// Returns a record with everything that a card can show.
    pub(in crate::report) fn acme() -> Record {
        let company = concat!(
            r#"{"id":"c_1","name":"Acme Corp","domain":"acme.com","industry":"Legal Services","size":"201-500","#,
            r#""founded_year":1998,"hq_location":"New York, NY, US","logo_url":"https://logo.example/acme.com.png","#,
            r#""linkedin_url":"https://linkedin.com/company/acme-corp-of-new-york-and-elsewhere","#,
            r#""tech_stack":["Rust","PostgreSQL","Kubernetes","Snowflake","dbt"],"#,
            r#""description":"Acme writes contracts for people who would rather not read them.","score":1.50}"#
        );
        Record { target: "https://www.Acme.com/about".to_owned(), ..enriched("acme.com", company) }
    }
}
