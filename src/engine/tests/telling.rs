//! What is told of waits and of the pace, and when.

use std::time::Duration;

use super::support::{Api, Plan, Told, domains, ms, run, secs};
use crate::rules::event::{Event, PaceReason, WaitReason};

const FOREVER: Duration = Duration::MAX;

fn is_wait(event: &Event) -> bool {
    matches!(event, Event::Waiting { .. })
}

/// Returns when events like this were told.
fn when(told: &Told, is_one: impl Fn(&Event) -> bool) -> Vec<Duration> {
    told.events.iter().filter(|(_, event)| is_one(event)).map(|(at, _)| *at).collect()
}

#[tokio::test(start_paused = true)]
async fn a_wait_is_told_when_no_answer_can_end_it_any_more() {
    let api = Api::new("limit=10");
    let told = run(&api, Plan { wait: FOREVER, ..Plan::new(domains(15)) }).await;
    // One call alone, then the other nine: the second answers say that nothing is left.
    assert_eq!(when(&told, is_wait), [ms(100)]);

    let api = Api::new("limit=10,latency=2s");
    let told = run(&api, Plan { wait: FOREVER, ..Plan::new(domains(15)) }).await;
    // Answers that take long are not waited for.
    assert_eq!(when(&told, is_wait), [ms(2_300)]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_pace_is_told_and_its_spacing_is_no_wait() {
    let api = Api::new("limit=10,window=1m");
    let told = run(&api, Plan::new(domains(60))).await;
    assert_eq!(told.answered(), 60);
    let paces = when(&told, |event| matches!(event, Event::PaceChanged { why: Some(PaceReason::Quota), .. }));
    assert!((1..=12).contains(&paces.len()), "{paces:?}");
    assert!(paces.windows(2).all(|pair| pair[1] >= pair[0] + secs(1)), "{paces:?}");
    assert_eq!(told.events(|event| matches!(event, Event::Waiting { why: WaitReason::Pace, .. })), 0);
    // The quota may be waited for, once a window, but not between one call and the next.
    assert!(told.events(is_wait) <= 6, "{:?}", when(&told, is_wait));
    let Some((_, Event::RunFinished { waited_s, elapsed_s, .. })) = told.events.last() else { panic!() };
    let held_up = waited_s.span(WaitReason::Pace) + waited_s.span(WaitReason::Quota);
    assert!(held_up.as_secs_f64() > elapsed_s * 0.9, "{waited_s:?} of {elapsed_s}");
}

#[tokio::test(start_paused = true)]
async fn refusals_without_a_word_are_told_as_what_slows_down() {
    let told =
        run(&Api::new("limit=20,window=2s,headers=none,retry-after=none"), Plan::new(domains(200))).await;
    assert_eq!(told.answered(), 200);
    let paces: Vec<_> = told
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            Event::PaceChanged { per_second: Some(speed), why } => Some((*speed, *why)),
            _ => None,
        })
        .collect();
    assert!(
        paces.iter().all(|(speed, why)| *speed < 40.0 && *why == Some(PaceReason::Refusals)),
        "{paces:?}"
    );
    assert!((1..=told.took.as_secs()).contains(&(paces.len() as u64)), "{paces:?} in {:?}", told.took);
    let Some((_, Event::RunFinished { waited_s, .. })) = told.events.last() else { panic!() };
    assert!(waited_s.span(WaitReason::CoolDown) > ms(500) && waited_s.span(WaitReason::Pace) > secs(5));
    assert_eq!(waited_s.span(WaitReason::Quota), secs(0));
}

#[tokio::test(start_paused = true)]
async fn what_fits_into_the_quota_is_not_paced() {
    let told = run(&Api::new("limit=10,window=1m"), Plan::new(domains(9))).await;
    assert_eq!(told.events(|event| matches!(event, Event::PaceChanged { per_second: Some(_), .. })), 0);
}
