//! An API that goes away, comes back or never was there; calls that hang or are lost.

use std::time::Duration;

use super::banned::sent_after_first;
use super::support::{Api, Plan, domains, ms, run, secs};
use crate::rules::event::{Event, StopReason, WaitReason};
use crate::rules::outcome::RowStatus;

fn down(from: Duration, to: Duration) -> Api {
    let api = Api::new("");
    api.down.set(Some(from..to));
    api
}

#[tokio::test(start_paused = true)]
async fn an_api_that_is_away_for_two_minutes_is_waited_for() {
    let api = down(ms(100), secs(120));
    let told = run(&api, Plan::new(domains(200))).await;
    assert_eq!((told.answered(), told.end.stopped), (200, None));
    assert!(told.events(|event| matches!(event, Event::Waiting { why: WaitReason::ApiDown, .. })) > 0);
    // Probes are at most 30 s apart, and the rest takes a second.
    assert!(told.took > secs(120) && told.took < secs(152), "{:?}", told.took);
    let between: Vec<_> =
        api.instants().into_iter().filter(|at| (secs(10)..secs(120)).contains(at)).collect();
    assert!(between.len() < 60, "it is left alone: {} calls", between.len());
}

#[tokio::test(start_paused = true)]
async fn while_it_is_away_one_call_at_a_time_looks_now_and_then() {
    let api = down(ms(100), Duration::MAX);
    let told = run(&api, Plan { wait: secs(3_600), ..Plan::new(domains(200)) }).await;
    assert_eq!(told.end.stopped, Some(StopReason::ApiUnavailable));
    assert!(told.took >= secs(3_600) && told.took < secs(3_610), "{:?}", told.took);
    let looks: Vec<Duration> = api.instants().into_iter().filter(|at| *at > secs(1)).collect();
    // A refused connection takes a millisecond: two that leave that far apart are not out together.
    assert!(looks.windows(2).all(|pair| pair[1] > pair[0] + ms(1)), "{looks:?}");
    let most = looks.windows(2).map(|pair| pair[1].abs_diff(pair[0])).max().unwrap();
    assert!(most <= secs(31), "{most:?}");
    // Half of that on the average.
    assert!((120..400).contains(&looks.len()), "{}", looks.len());
}

#[tokio::test(start_paused = true)]
async fn after_a_dead_key_only_what_was_out_follows() {
    let mut api = Api::new("latency=20ms..80ms");
    api.rekeyed = Some((secs(2), "wbk_revoked"));
    let told = run(&api, Plan::new(domains(2_000))).await;
    assert_eq!(told.end.stopped, Some(StopReason::InvalidKey));
    assert_eq!(sent_after_first(&told.events, 401), 0);
    assert!(api.books().requests[&401] <= 30, "{:?}", api.books());
    assert_eq!(told.answered() + told.count(RowStatus::Pending), 2_000);
}

#[tokio::test(start_paused = true)]
async fn after_an_empty_balance_only_what_was_out_follows() {
    let api = Api::new("latency=20ms..80ms,credits=100,no-match=0");
    let told = run(&api, Plan::new(domains(2_000))).await;
    assert_eq!(told.end.stopped, Some(StopReason::InsufficientCredits));
    assert_eq!(sent_after_first(&told.events, 402), 0);
    assert_eq!((told.answered(), told.count(RowStatus::Pending)), (100, 1_900));
    assert!(api.books().requests[&402] <= 10, "{:?}", api.books());
}

#[tokio::test(start_paused = true)]
async fn an_api_that_stays_away_is_given_up_when_the_patience_ends() {
    let folder = tempfile::tempdir().unwrap();
    let api = down(ms(100), Duration::MAX);
    let plan = Plan { ledger: Some(folder.path().join("ledger.db")), ..Plan::new(domains(200)) };
    let told = run(&api, plan.clone()).await;
    assert_eq!(told.end.stopped, Some(StopReason::ApiUnavailable));
    // One answer alone, ten together; then it was gone.
    assert_eq!((told.answered(), told.count(RowStatus::Pending)), (11, 189));
    assert!(told.took > secs(300) && told.took < secs(310), "{:?}", told.took);

    api.down.set(None);
    let again = run(&api, plan).await;
    assert_eq!((again.answered(), again.end.stopped), (200, None));
    assert_eq!(api.books().charged_twice, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn an_api_that_never_answered_is_not_waited_for() {
    let api = down(secs(0), Duration::MAX);
    let told = run(&api, Plan { wait: Duration::MAX, ..Plan::new(domains(200)) }).await;
    assert_eq!(told.end.stopped, Some(StopReason::ApiUnavailable));
    assert_eq!((told.count(RowStatus::Pending), api.sent().len()), (200, 6));
    assert!(told.took < secs(10), "{:?}", told.took);
}

#[tokio::test(start_paused = true)]
async fn an_api_that_answers_nothing_but_500_is_down() {
    let api = Api::new("faults=http-500:100");
    let told = run(&api, Plan::new(domains(50))).await;
    assert_eq!((told.end.stopped, told.count(RowStatus::Pending)), (Some(StopReason::ApiUnavailable), 50));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_is_asked_again_under_its_key() {
    let api = Api::new("faults=hang:10,no-match=0");
    let told = run(&api, Plan::new(domains(100))).await;
    assert_eq!(told.count(RowStatus::Enriched), 100);
    let books = api.books();
    assert_eq!((books.charged, books.charged_twice.len()), (100, 0));
    assert_eq!(books.replayed, books.unanswered, "{books:?}");
    assert!(told.took >= secs(30), "{:?}", told.took);
}

#[tokio::test(start_paused = true)]
async fn one_company_that_always_fails_holds_up_nobody() {
    let mut api = Api::new("no-match=0");
    // Beyond the timeout: no answer about it ever comes.
    api.slow = Some(("company-5.com", secs(60)));
    let told = run(&api, Plan { retries: 2, ..Plan::new(domains(100)) }).await;
    assert_eq!((told.count(RowStatus::Enriched), told.count(RowStatus::Failed)), (99, 1));
    assert_eq!(told.end.stopped, None);
    let (_, domain, outcome) = &told.rows[4];
    assert_eq!(domain, "company-5.com");
    let error = outcome.error().unwrap();
    assert!(error.contains("3 attempts") && error.contains("timed out"), "{error}");
    assert!(told.events(|event| matches!(event, Event::CallSent { attempt: 3, .. })) == 1);
}
