//! What the pure parts cost: reading targets, classifying answers, reading limits, a step of the gate, joining a row.
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up is to stop")]

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use csv::StringRecord;
use divan::{Bencher, black_box};
use http::HeaderMap;
use leadenrich::rows::fill::Fill;
use leadenrich::rows::merge::{Merge, MergeSpec, Ours};
use leadenrich::rows::read::{InputRow, Layout};
use leadenrich::rules::concurrency::Concurrency;
use leadenrich::rules::credits::Allowance;
use leadenrich::rules::field::FieldSet;
use leadenrich::rules::gate::{Arrival, Credit, Decision, Gate, GatePolicy};
use leadenrich::rules::limits::Reading;
use leadenrich::rules::outcome::{Outcome, RowNumber, RowOutcome, Verdict};
use leadenrich::rules::reply::{Attempt, Reply, classify};
use leadenrich::rules::target::{Subdomains, Subject, parse_any};
use leadenrich::rules::time::{Moment, Now};
use leadenrich::rules::verbs::CallId;

const ANSWER: &[u8] = br#"{"data": {"company": {"id": "c_1", "name": "Acme Corp", "domain": "acme.com",
    "industry": "Legal Services", "size": "201-500", "founded_year": 1998, "hq_location": "New York, NY, US",
    "description": "Acme Corp advises on contracts and disputes.", "logo_url": "https://logos.example/acme.com.png",
    "linkedin_url": "https://linkedin.com/company/acme", "tech_stack": ["React", "AWS", "Segment"]},
    "fields_updated": ["industry", "size", "founded_year", "hq_location"],
    "source": "vendor_a", "confidence": 0.87, "credits_remaining": 4870}}"#;

fn main() {
    divan::main();
}

fn headers() -> HeaderMap {
    [
        ("date", "Sun, 22 Nov 2026 15:00:00 GMT"),
        ("x-ratelimit-limit", "1000"),
        ("x-ratelimit-remaining", "995"),
        ("x-ratelimit-reset", "1795392000"),
        ("x-request-id", "402fa0f7-886a-568d-ae9e-2dad3c3a26f2"),
    ]
    .into_iter()
    .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
    .collect()
}

fn acme() -> Subject {
    Subject::Domain("acme.com".into())
}

fn answered() -> Attempt {
    Attempt::Answered { status: 200, headers: headers(), body: ANSWER.to_vec() }
}

fn now() -> Now {
    Now { at: Moment::START + Duration::from_secs(1), wall: "2026-11-22T15:00:00.2Z".parse().unwrap() }
}

#[divan::bench(args = ["acme.com", "https://www.Blog.Acme.co.uk:443/a?b#c", "Jane <jane@müller.de>", "no domain"])]
fn target(text: &str) -> bool {
    parse_any(black_box(text), Subdomains::Collapse).is_ok()
}

#[divan::bench]
fn reply_enriched(bencher: Bencher<'_, '_>) {
    let (attempt, subject) = (answered(), acme());
    bencher.bench_local(|| classify(black_box(&attempt), &subject));
}

#[divan::bench]
fn reply_gateway_page(bencher: Bencher<'_, '_>) {
    let body = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>".to_vec();
    let (attempt, subject) = (Attempt::Answered { status: 502, headers: HeaderMap::new(), body }, acme());
    bencher.bench_local(|| classify(black_box(&attempt), &subject));
}

#[divan::bench]
fn limits(bencher: Bencher<'_, '_>) {
    let (headers, now, mut reading) = (headers(), now(), Reading::new());
    bencher.bench_local(|| reading.read(black_box(&headers), now.at, now));
}

/// A call leaves and its answer comes: what the gate does for each.
#[divan::bench]
fn gate_step(bencher: Bencher<'_, '_>) {
    let policy = GatePolicy {
        allowance: Allowance { max: Some(u64::MAX), keep: 0 },
        concurrency: Concurrency::Fixed(NonZeroU32::new(32).unwrap()),
        rate: None,
        wait: Duration::from_secs(300),
    };
    let (now, report) = (now(), Reading::new().read(&headers(), now().at, now()));
    let mut gate = Gate::new(policy);
    bencher.bench_local(|| {
        let decision = gate.decide(black_box(now.at), Credit::Needed);
        if decision == Decision::Send {
            let number = gate.sent(now.at, Credit::Needed);
            let reply = &Reply::NoMatch;
            gate.arrived(
                now.at,
                &Arrival { call: CallId(0), number, sent_at: now.at, reply, report: &report, draw: 0.5 },
                now.at,
            );
            gate.budget_mut().release();
        }
        decision
    });
}

/// An enriched row of eleven cells becomes one of twenty-nine.
#[divan::bench]
fn merge(bencher: Bencher<'_, '_>) {
    let Reply::Enriched { enrichment, .. } = classify(&answered(), &acme()) else { return };
    let outcome = Outcome {
        verdict: Verdict::Enriched(enrichment),
        answered_at: now().wall,
        request_id: Some("402fa0f7-886a-568d-ae9e-2dad3c3a26f2".into()),
    };
    let outcome = RowOutcome::Settled { asked: acme(), outcome: Arc::new(outcome) };
    let headers: Vec<String> = (0..11).map(|column| format!("column {column}")).collect();
    let layout = Layout { headers: StringRecord::from(headers), ..Layout::of_targets("input") };
    let spec = MergeSpec {
        prefix: "enriched_".to_owned(),
        fields: FieldSet::ALL,
        raw_cells: false,
        fill: Fill::default(),
        ours: Ours::All,
    };
    let merge = Merge::new(&layout, &spec).unwrap();
    let cells = StringRecord::from(vec!["some cell of a row"; 11]);
    let row = InputRow { number: RowNumber(1), cells, target: Ok(acme().into()), ..InputRow::default() };
    bencher.bench_local(|| {
        let mut length = 0;
        merge.join(black_box(&row), black_box(&outcome), |cell| length += black_box(cell).len());
        length
    });
}
