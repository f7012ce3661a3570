//! What the events say, what the ledger holds and what the API charged are the same, whatever goes wrong on the way.

use std::collections::BTreeSet;

use super::support::{Api, Plan, Told, domains, ms, run, secs};
use crate::rules::event::{CompanyOrigin, Event};
use crate::rules::outcome::RowStatus;

/// One call in four goes wrong, in each way that the sandbox knows.
const FAULTS: &str = "drop-before:3+drop-after:3+truncate:2+hang:2+http-500:2+http-502-html:2+http-503:2\
                      +rate-limit:2+bare-rate-limit:1+garbage:2+no-headers:2+slow:2";

/// Two hundred companies, of which every third is named once more.
fn rows() -> Vec<String> {
    let mut rows = domains(200);
    rows.extend(domains(200).into_iter().step_by(3));
    rows
}

fn spent(told: &Told) -> u64 {
    let is_paid = |event: &Event| matches!(event, Event::CallSettled { status: RowStatus::Enriched, .. });
    told.events(is_paid) as u64
}

fn seen(told: &Told, wanted: CompanyOrigin) -> usize {
    told.events(|event| matches!(event, Event::CompanySeen { origin } if *origin == wanted))
}

/// Every row ends in one state, once, and is told once.
fn assert_rows_are_whole(told: &Told) {
    let read = told.events.iter().map(|(_, event)| match event {
        Event::RowsRead { rows, .. } => *rows,
        _ => 0,
    });
    assert_eq!(read.sum::<u64>(), rows().len() as u64);
    let finished: Vec<u64> = told
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            Event::RowFinished { row, .. } => Some(row.0),
            _ => None,
        })
        .collect();
    assert_eq!(finished.len(), rows().len());
    assert_eq!(finished.into_iter().collect::<BTreeSet<_>>().len(), rows().len());
    assert_eq!(told.domains(), rows());
}

#[tokio::test(start_paused = true)]
async fn companies_that_are_named_twice_are_asked_once() {
    let api = Api::new("no-match=0");
    let told = run(&api, Plan::new(rows())).await;
    assert_rows_are_whole(&told);
    assert_eq!((api.sent().len(), spent(&told)), (200, 200));
    assert_eq!(told.count(RowStatus::Enriched), rows().len());
}

#[tokio::test(start_paused = true)]
async fn events_ledger_and_books_add_up_under_every_fault() {
    for seed in 1..=8 {
        let folder = tempfile::tempdir().unwrap();
        let api = Api::new(&format!("faults={FAULTS},seed={seed}"));
        let plan = Plan { retries: 50, ledger: Some(folder.path().join("ledger.db")), ..Plan::new(rows()) };
        let told = run(&api, plan.clone()).await;
        assert_rows_are_whole(&told);
        assert_eq!((told.answered(), told.end.stopped), (rows().len(), None), "seed {seed}");

        let books = api.books();
        assert_eq!((books.charged, books.charged_twice.len()), (spent(&told), 0), "{books:?}");
        let sent = told.events(|event| matches!(event, Event::CallSent { .. })) as u64;
        assert_eq!(sent, books.requests.values().sum::<u64>() + books.unanswered);
        assert_eq!(told.events(|event| matches!(event, Event::CallAnswered { .. })) as u64, sent);
        assert_eq!(seen(&told, CompanyOrigin::Requested), 200);
        let balances = told.events.iter().filter_map(|(_, event)| match event {
            Event::CallAnswered { credits_remaining, .. } => *credits_remaining,
            _ => None,
        });
        assert_eq!(balances.min(), Some(books.credits_left));

        // The ledger holds all of it: asked again, it gives the same and nothing leaves.
        let again = run(&api, plan).await;
        assert_rows_are_whole(&again);
        assert_eq!(again.events(|event| matches!(event, Event::CallSent { .. })), 0);
        assert_eq!((seen(&again, CompanyOrigin::FromLedger), spent(&again)), (200, 0));
        let outcomes = |told: &Told| told.rows.iter().map(|row| row.2.clone()).collect::<Vec<_>>();
        assert_eq!(outcomes(&again), outcomes(&told));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_given_up_was_charged_once_at_most() {
    let mut given_up = 0;
    for seed in 1..=8 {
        let folder = tempfile::tempdir().unwrap();
        let api = Api::new(&format!("faults=drop-after:30+garbage:20,seed={seed},no-match=0"));
        let plan = Plan { retries: 1, ledger: Some(folder.path().join("ledger.db")), ..Plan::new(rows()) };
        let mut enriched = 0;
        // Each further run asks for what has failed, under the keys that it had.
        for turn in 0..40 {
            api.wait_until(secs(turn * 600)).await;
            let told = run(&api, plan.clone()).await;
            given_up += told.count(RowStatus::Failed);
            enriched = told.count(RowStatus::Enriched);
        }
        let books = api.books();
        assert_eq!((enriched, books.charged, books.charged_twice.len()), (rows().len(), 200, 0), "{books:?}");
    }
    assert!(given_up > 100, "{given_up}");
}

#[tokio::test(start_paused = true)]
async fn what_may_be_charged_again_is_told_counted_and_no_more_than_that() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let api = Api::new("no-match=0");
    let plan = || Plan { ledger: Some(path.clone()), ..Plan::new(domains(60)) };
    // Killed with ten calls out, and not gone on with before their keys are forgotten.
    let killed = tokio::time::timeout(ms(130), run(&api, plan())).await;
    assert!(killed.is_err());
    let charged_before = api.books().charged;
    api.wait_until(secs(26 * 3_600)).await;
    let told = run(&api, plan()).await;
    assert_eq!((told.answered(), told.end.stopped), (60, None));

    let uncertain = told.events(|event| matches!(event, Event::CallSent { uncertain: true, .. }));
    // Those that were out, and those whose intents were recorded ahead.
    assert!((10..=30).contains(&uncertain), "{uncertain}");
    let counted = |sum: &str| -> i64 {
        let ledger = rusqlite::Connection::open(&path).unwrap();
        ledger.query_row(&format!("SELECT sum({sum}) FROM calls"), (), |row| row.get(0)).unwrap()
    };
    assert_eq!(usize::try_from(counted("uncertain")), Ok(uncertain));
    assert_eq!(counted("credits"), 60, "one answer on record for each");
    let charged = api.books().charged;
    assert!(charged <= 60 + 10 && charged_before + spent(&told) == charged, "{charged_before} {charged}");
}
