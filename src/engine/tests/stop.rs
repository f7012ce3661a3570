//! What ends a run early: signals, a closed output, the credit limit. Nothing that was paid for is lost.

use std::path::Path;

use super::support::{Api, LATENCY, Plan, domains, ms, run};
use crate::engine::shutdown::StopSignal;
use crate::rules::credits::Allowance;
use crate::rules::event::{Event, StopReason};
use crate::rules::outcome::RowStatus;

fn plan(folder: &Path) -> Plan {
    Plan { ledger: Some(folder.join("ledger.db")), ..Plan::new(domains(50)) }
}

#[tokio::test(start_paused = true)]
async fn after_the_first_signal_what_is_out_is_awaited() {
    let folder = tempfile::tempdir().unwrap();
    let api = Api::new("");
    let told = run(&api, Plan { signals: vec![ms(120)], ..plan(folder.path()) }).await;
    assert_eq!(told.end.stopped, Some(StopReason::Interrupted));
    assert_eq!(told.end.signal, Some(StopSignal::Interrupt));
    // The calls that left at 100 ms are answered at 150 ms.
    assert_eq!((told.took, api.sent().len()), (ms(150), 21));
    assert_eq!((told.answered(), told.count(RowStatus::Pending)), (21, 29));

    let again = run(&api, plan(folder.path())).await;
    assert_eq!((again.answered(), api.sent().len()), (50, 50));
    assert_eq!(again.domains(), domains(50));
}

#[tokio::test(start_paused = true)]
async fn a_second_signal_abandons_what_is_out_and_keeps_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let api = Api::new("no-match=0");
    let told = run(&api, Plan { signals: vec![ms(120), ms(130)], ..plan(folder.path()) }).await;
    assert_eq!((told.took, api.sent().len()), (ms(130), 21));
    assert_eq!((told.answered(), told.count(RowStatus::Pending)), (11, 39));
    assert_eq!(api.books().charged, 21);

    let again = run(&api, plan(folder.path())).await;
    assert_eq!(again.count(RowStatus::Enriched), 50);
    let books = api.books();
    assert_eq!((books.charged, books.replayed, books.charged_twice.len()), (50, 10, 0));
}

#[tokio::test(start_paused = true)]
async fn a_pipe_that_never_ends_is_given_up_with_the_second_signal() {
    let api = Api::new("no-match=0");
    let signals = vec![ms(1_000), ms(2_000)];
    let told = run(&api, Plan { from_open_pipe: true, signals, ..Plan::new(domains(50)) }).await;
    assert_eq!((told.took, told.end.stopped), (ms(2_000), Some(StopReason::Interrupted)));
    assert!(told.end.abandoned);
    assert_eq!(told.answered(), 50);
}

#[tokio::test(start_paused = true)]
async fn a_signal_while_the_quota_is_waited_for_ends_the_run_at_once() {
    let api = Api::new("limit=20");
    let signals = vec![ms(60_000)];
    let told = run(&api, Plan { wait: std::time::Duration::MAX, signals, ..Plan::new(domains(50)) }).await;
    assert_eq!((told.took, told.end.stopped), (ms(60_000), Some(StopReason::Interrupted)));
    assert_eq!((told.answered(), told.count(RowStatus::Pending)), (20, 30));
}

#[tokio::test(start_paused = true)]
async fn when_nobody_takes_the_output_what_is_out_is_still_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let api = Api::new("no-match=0");
    let told = run(&api, Plan { output_closes_after: 1, ..plan(folder.path()) }).await;
    assert!(told.end.output_closed);
    // The first answer went out at 50 ms. That the pipe was closed shows with the next, when a call or two had left.
    let sent = api.sent().len();
    assert!(sent <= 21 && told.took <= 3 * LATENCY, "{sent} calls in {:?}", told.took);
    let settled = told.events(|event| matches!(event, Event::CallSettled { .. }));
    assert_eq!((settled, api.books().charged, told.rows.len()), (sent, sent as u64, 1));

    let again = run(&api, plan(folder.path())).await;
    assert_eq!((again.count(RowStatus::Enriched), api.sent().len()), (50, 50));
}

#[tokio::test(start_paused = true)]
async fn a_credit_limit_holds_exactly_with_many_calls_in_flight() {
    for (max, no_match) in [(1, 0), (7, 0), (25, 30), (50, 15)] {
        let api = Api::new(&format!("no-match={no_match}"));
        let allowance = Allowance { max: Some(max), keep: 0 };
        let told = run(&api, Plan { concurrency: 32, allowance, ..Plan::new(domains(200)) }).await;
        assert_eq!(api.books().charged, max);
        assert_eq!(told.count(RowStatus::Enriched) as u64, max);
        assert_eq!(told.end.stopped, Some(StopReason::CreditLimit));
    }
}

#[tokio::test(start_paused = true)]
async fn a_balance_to_keep_is_kept() {
    let api = Api::new("credits=30,no-match=0");
    let allowance = Allowance { max: None, keep: 12 };
    let told = run(&api, Plan { concurrency: 32, allowance, ..Plan::new(domains(200)) }).await;
    assert_eq!((api.books().credits_left, told.end.stopped), (12, Some(StopReason::CreditLimit)));
}

#[tokio::test(start_paused = true)]
async fn an_empty_balance_stops_the_run() {
    let api = Api::new("credits=30,no-match=0");
    let told = run(&api, Plan::new(domains(200))).await;
    assert_eq!(told.end.stopped, Some(StopReason::InsufficientCredits));
    assert_eq!((told.count(RowStatus::Enriched), told.count(RowStatus::Pending)), (30, 170));
    // Those in flight when the balance ran out are refused too, and no more.
    assert!(api.books().requests[&402] <= 10, "{:?}", api.books());
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_when_nobody_takes_the_output_whatever_it_waits_for() {
    for taken in 1..40 {
        let api = Api::new("no-match=0,faults=http-500=20");
        let plan = Plan { output_closes_after: taken, concurrency: 4, ..Plan::new(domains(40)) };
        let told = tokio::time::timeout(ms(60_000), run(&api, plan)).await;
        let told = told.unwrap_or_else(|_| panic!("it hangs after {taken} rows"));
        assert!(told.took < ms(25_000), "{:?} after {taken} rows", told.took);
    }
}
