//! A wall clock that jumps while the quota is waited for: a machine that slept, or a clock that was set.

use std::time::Duration;

use jiff::SignedDuration;

use super::support::{Api, Plan, Told, domains, run, secs};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Five minutes after the start, an hour before the next window, the clock jumps.
const AT: Duration = secs(300);

/// A hundred calls go at once, fifty have to wait for the next hour.
const LIMIT: &str = "limit=100,window=1h";

fn plan(by: SignedDuration) -> Plan {
    Plan { wait: Duration::MAX, jump: (AT, by), ..Plan::new(domains(150)) }
}

fn assert_is_whole(told: &Told) {
    assert_eq!((told.answered(), told.end.stopped), (150, None));
}

#[tokio::test(start_paused = true)]
async fn after_a_sleep_a_call_looks_within_half_a_minute() {
    let api = Api::new(LIMIT).jumping(AT, HOUR);
    let told = run(&api, plan(HOUR)).await;
    assert_is_whole(&told);
    let instants = api.instants();
    assert_eq!(instants.len(), 150, "no call was refused");
    // It goes alone, and the others follow when it has told that there is a quota again.
    assert!(instants[100] >= AT && instants[100] <= AT + secs(30), "{:?}", instants[100]);
    assert!(instants[101] > instants[100] && told.took < instants[100] + secs(1), "{:?}", told.took);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_set_forward_costs_a_look() {
    let api = Api::new(LIMIT);
    let told = run(&api, plan(HOUR)).await;
    assert_is_whole(&told);
    let instants = api.instants();
    assert_eq!((instants.len(), api.books().requests.get(&429)), (151, Some(&1)));
    assert!(instants[100] >= AT && instants[100] <= AT + secs(30), "{:?}", instants[100]);
    assert!(told.took >= secs(3_600) && told.took < secs(3_602), "{:?}", told.took);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_set_back_changes_nothing() {
    let api = Api::new(LIMIT);
    let untouched = run(&api, plan(SignedDuration::ZERO)).await;
    let expected = api.instants();
    for by in [-HOUR, -HOUR * 24, SignedDuration::from_secs(-20)] {
        let api = Api::new(LIMIT);
        let told = run(&api, plan(by)).await;
        assert_is_whole(&told);
        assert_eq!((api.instants(), told.took), (expected.clone(), untouched.took), "set back by {by}");
    }
}
