//! What a 403 means: a limiter's ban is waited for, a key without permission ends the run.

use std::time::Duration;

use super::support::{Api, Plan, domains, ms, run, secs};
use crate::rules::event::{Event, StopReason};
use crate::rules::outcome::RowStatus;

/// A key that is known and may not enrich.
const POWERLESS: &str = "wbk_readonly";

#[tokio::test(start_paused = true)]
async fn a_ban_is_waited_for() {
    for limiter in ["fixed", "from-first", "sliding", "bucket"] {
        for (window, seconds) in [("2s", 2), ("60s", 60), ("10m", 600)] {
            for retry_after in ["refused", "none"] {
                let settings = format!(
                    "limit=100,window={window},limiter={limiter},refused=ban-3,headers=none,\
                     retry-after={retry_after}"
                );
                let api = Api::new(&settings);
                let told = run(&api, Plan { wait: Duration::MAX, ..Plan::new(domains(300)) }).await;
                assert_eq!((told.answered(), told.end.stopped), (300, None), "{settings}");
                let books = api.books();
                assert!(books.requests[&403] > 0, "{settings}: {books:?}");
                assert!(books.requests[&403] + books.requests[&429] < 50, "{settings}: {books:?}");
                // Two windows are needed at the least.
                assert!(told.took < secs(seconds * 6), "{settings}: {:?}", told.took);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_ban_for_longer_than_wait_stops_the_run_for_another_day() {
    let api = Api::new("limit=100,refused=ban-3,headers=none");
    let told = run(&api, Plan::new(domains(300))).await;
    assert_eq!(told.end.stopped, Some(StopReason::RateLimit));
    assert_eq!((told.answered(), told.count(RowStatus::Pending)), (100, 200));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_loses_its_permission_ends_the_run_at_once() {
    for refused in [0, 1] {
        let mut api = Api::new("no-match=0,latency=20ms..80ms");
        api.rekeyed = Some((secs(3), POWERLESS));
        api.script.borrow_mut().extend((0..refused).map(|_| (429, vec![("retry-after", "1")])));
        let told = run(&api, Plan::new(domains(2_000))).await;
        assert_eq!(told.end.stopped, Some(StopReason::InsufficientPermissions), "after {refused} refusals");
        assert_eq!(told.count(RowStatus::Failed), 0);
        // Those that were out when the first answer came were ten at the most.
        let after = api.instants().into_iter().filter(|at| *at >= secs(3)).count();
        assert!(after <= 30, "{after} calls with a key that may not");
        assert!(told.took < secs(3) + ms(160), "{:?}", told.took);
        assert_eq!(sent_after_first(&told.events, 403), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_forbids_the_very_first_call_ends_the_run() {
    let api = Api::new("");
    api.script.borrow_mut().push_back((403, vec![("content-type", "text/html")]));
    let told = run(&api, Plan::new(domains(20))).await;
    assert_eq!(told.end.stopped, Some(StopReason::InsufficientPermissions));
    assert_eq!((api.sent().len(), told.count(RowStatus::Pending)), (1, 20));
}

/// Returns how many calls left after the first answer with this status had come.
pub(super) fn sent_after_first(events: &[(Duration, Event)], status: u16) -> usize {
    let is_first = |(_, event): &&(Duration, Event)| matches!(event, Event::CallAnswered { status: Some(told), .. } if *told == status);
    let Some((first, _)) = events.iter().find(is_first) else { panic!("no {status} came") };
    let is_later = |(at, event): &&(Duration, Event)| at > first && matches!(event, Event::CallSent { .. });
    events.iter().filter(is_later).count()
}
