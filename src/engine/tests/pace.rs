//! How fast calls leave.

use super::support::{Api, LATENCY, Plan, domains, ms, run, secs};
use crate::rules::event::{Event, StopReason, WaitReason};
use crate::rules::outcome::RowStatus;

#[tokio::test(start_paused = true)]
async fn fifty_rows_take_one_answer_alone_and_five_of_ten_together() {
    let api = Api::new("");
    let told = run(&api, Plan::new(domains(50))).await;
    assert_eq!(told.answered(), 50);
    assert_eq!(told.took, LATENCY + 5 * LATENCY);
    let leaving_at = |at| api.instants().iter().filter(|sent| **sent == at).count();
    assert_eq!([0, 50, 100, 150, 200, 250].map(|at| leaving_at(ms(at))), [1, 10, 10, 10, 10, 9]);
}

#[tokio::test(start_paused = true)]
async fn a_place_that_becomes_free_is_taken_at_once() {
    let mut api = Api::new("");
    api.slow = Some(("company-2.com", ms(500)));
    let told = run(&api, Plan { concurrency: 2, ..Plan::new(domains(12)) }).await;
    assert_eq!(told.answered(), 12);
    // One of two places is held for 550 ms; the other ten rows pass through the other place.
    assert_eq!(told.took, ms(50 + 550));
    assert_eq!(api.sent().last(), Some(&(ms(500), "company-12.com".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_rate_of_the_users_spaces_calls_exactly() {
    let api = Api::new("");
    let plan = Plan { rate: Some("10/s".parse().unwrap()), ..Plan::new(domains(25)) };
    let told = run(&api, plan).await;
    let expected: Vec<_> = (0..25).map(|call| ms(100 * call)).collect();
    assert_eq!(api.instants(), expected);
    assert_eq!(told.took, ms(2_400) + LATENCY);
}

#[tokio::test(start_paused = true)]
async fn a_rate_by_the_day_outlasts_wait_which_is_for_the_servers_quota() {
    let api = Api::new("");
    let plan = Plan { rate: Some("24/d".parse().unwrap()), wait: secs(0), ..Plan::new(domains(3)) };
    let told = run(&api, plan).await;
    assert_eq!(api.instants(), [secs(0), secs(3_600), secs(7_200)]);
    assert_eq!(told.end.stopped, None);
    let is_wait = |event: &Event| matches!(event, Event::Waiting { why: WaitReason::Rate, .. });
    assert_eq!(told.events(is_wait), 2);
}

#[tokio::test(start_paused = true)]
async fn nobody_calls_before_the_moment_that_a_refusal_names() {
    let api = Api::new("");
    api.script.borrow_mut().push_back((429, vec![("retry-after", "7")]));
    let told = run(&api, Plan { retries: 0, ..Plan::new(domains(11)) }).await;
    assert_eq!((told.answered(), told.end.stopped), (11, None));
    // The refusal came after 50 ms; then the same call goes alone, and after it the others together.
    let again = LATENCY + secs(7);
    let mut expected = vec![ms(0), again];
    expected.extend([again + LATENCY; 10]);
    assert_eq!(api.instants(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_for_longer_than_wait_stops_the_run() {
    let api = Api::new("");
    api.script.borrow_mut().push_back((429, vec![("retry-after", "3600")]));
    let told = run(&api, Plan::new(domains(11))).await;
    assert_eq!(told.end.stopped, Some(StopReason::RateLimit));
    assert_eq!((told.count(RowStatus::Pending), told.took), (11, LATENCY));
    assert_eq!(api.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn refusals_use_up_no_retries() {
    let api = Api::new("faults=rate-limit:20+bare-rate-limit:20");
    let told = run(&api, Plan { retries: 0, ..Plan::new(domains(200)) }).await;
    assert_eq!((told.answered(), told.end.stopped), (200, None));
    assert!(api.books().requests[&429] > 20, "{:?}", api.books());
}
