//! The daily quota: waited for, or left for another day.

use jiff::{SignedDuration, Timestamp};

use super::support::{Api, Plan, Told, domains, run, secs};
use crate::rules::event::{Event, StopReason, WaitReason};
use crate::rules::outcome::RowStatus;

const FOREVER: std::time::Duration = std::time::Duration::MAX;

fn midnight(day: &str) -> Timestamp {
    format!("{day}T00:00:00Z").parse().unwrap()
}

fn waits_for_quota(told: &Told) -> usize {
    told.events(|event| matches!(event, Event::Waiting { why: WaitReason::Quota, .. }))
}

#[tokio::test(start_paused = true)]
async fn five_thousand_rows_at_a_thousand_a_day_are_done_after_four_midnights() {
    let api = Api::new("limit=1000");
    let told = run(&api, Plan { wait: FOREVER, ..Plan::new(domains(5_000)) }).await;
    assert_eq!((told.answered(), told.end.stopped), (5_000, None));
    let books = api.books();
    assert_eq!(books.requests.get(&429), None, "{books:?}");
    assert_eq!(books.requests.values().sum::<u64>(), 5_000);
    assert_eq!(waits_for_quota(&told), 4);
    let after_midnight = api.now().duration_since(midnight("2026-11-26"));
    // A thousand answers at ten together take 5 s; the reset is known to the second.
    assert!(after_midnight >= SignedDuration::from_secs(5), "{after_midnight}");
    assert!(after_midnight < SignedDuration::from_millis(6_100), "{after_midnight}");
}

#[tokio::test(start_paused = true)]
async fn a_day_s_quota_that_is_enough_costs_no_time() {
    let unlimited = run(&Api::new(""), Plan::new(domains(800))).await;
    for headers in ["x-ratelimit", "ratelimit", "ietf-7", "ietf"] {
        let api = Api::new(&format!("limit=1000,headers={headers}"));
        let told = run(&api, Plan::new(domains(800))).await;
        assert_eq!((told.answered(), told.took), (800, unlimited.took), "{headers}");
        assert_eq!(api.books().requests.get(&429), None, "{headers}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_patience_the_run_stops_and_the_next_day_s_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let api = Api::new("limit=1000");
    let plan = Plan { ledger: Some(folder.path().join("ledger.db")), ..Plan::new(domains(1_500)) };
    let first = run(&api, plan.clone()).await;
    assert_eq!(first.end.stopped, Some(StopReason::RateLimit));
    assert_eq!((first.answered(), first.count(RowStatus::Pending)), (1_000, 500));
    assert_eq!(api.sent().len(), 1_000);
    let back_at = first.end.quota_back_at.unwrap().duration_since(midnight("2026-11-23"));
    assert!(back_at.abs() <= SignedDuration::from_secs(1), "{back_at}");

    // Too early: the ledger knows a thousand, and one call tells that the quota is still used up.
    let too_early = run(&api, plan.clone()).await;
    assert_eq!(too_early.end.stopped, Some(StopReason::RateLimit));
    assert_eq!((too_early.answered(), api.sent().len()), (1_000, 1_001));

    api.wait_until(secs(6 * 3_600)).await;
    let second = run(&api, plan).await;
    assert_eq!((second.answered(), second.end.stopped), (1_500, None));
    assert_eq!(api.sent().len(), 1_501);
    assert_eq!(first.rows[..1_000].iter().map(|row| &row.2).collect::<Vec<_>>(), {
        second.rows[..1_000].iter().map(|row| &row.2).collect::<Vec<_>>()
    });
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_that_is_wrong_changes_nothing() {
    for minutes in [-200, -1, 1, 37, 60 * 30] {
        let api = Api::new("limit=100");
        let clock_ahead = SignedDuration::from_mins(minutes);
        let told = run(&api, Plan { wait: FOREVER, clock_ahead, ..Plan::new(domains(250)) }).await;
        assert_eq!((told.answered(), waits_for_quota(&told)), (250, 2), "{minutes} minutes ahead");
        assert_eq!(api.books().requests.get(&429), None);
        let after_midnight = api.now().duration_since(midnight("2026-11-24"));
        assert!(after_midnight < SignedDuration::from_secs(2), "{after_midnight}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_window_is_waited_for_again_and_again() {
    let api = Api::new("limit=30,window=1m");
    let told = run(&api, Plan::new(domains(100))).await;
    assert_eq!((told.answered(), told.end.stopped), (100, None));
    assert_eq!((api.books().requests.get(&429), waits_for_quota(&told)), (None, 3));
    assert!(told.took >= secs(180) && told.took < secs(182), "{:?}", told.took);
}

#[tokio::test(start_paused = true)]
async fn another_user_of_the_key_is_noticed() {
    let api = Api::new("limit=100");
    // Half of the day's calls are somebody else's, made while this run is under way.
    let (ours, theirs) = tokio::join!(
        run(&api, Plan { concurrency: 4, ..Plan::new(domains(80)) }),
        run(&api, Plan { concurrency: 4, ..Plan::new(domains(160).split_off(80)) })
    );
    assert_eq!(ours.answered() + theirs.answered(), 100);
    assert_eq!([ours.end.stopped, theirs.end.stopped], [Some(StopReason::RateLimit); 2]);
    // Each knows its own calls in flight only, so that the last few can be refused.
    assert!(api.books().requests.get(&429).copied().unwrap_or_default() <= 8, "{:?}", api.books());
}
