//! The block at three widths, and that none of its lines is ever wider.

use proptest::prelude::*;

use super::*;
use crate::report::pace::Counts;
use crate::report::samples;
use crate::rules::event::{CompanyOrigin, Event, StopReason};
use crate::rules::time::Moment;

/// Ten rows and four companies a second since half a minute.
fn pace() -> Pace {
    let mut pace = Pace::default();
    for second in 0..=20 {
        let at = Moment::after_start(Duration::from_secs(second));
        pace.record(at, Counts { rows: second * 10, companies: second * 4 });
    }
    pace
}

fn now() -> Now {
    Now { at: Moment::after_start(Duration::from_secs(20)), wall: "2026-11-22T21:46:55Z".parse().unwrap() }
}

fn window(remaining: u64) -> Event {
    Event::WindowChanged {
        limit: Some(10_000),
        remaining,
        resets_at: "2026-11-23T00:00:00Z".parse().unwrap(),
    }
}

/// A run in its middle: 200 of 10,000 rows are done.
fn running() -> Tally {
    let mut events = vec![Event::RowsRead { rows: 220, ended: false }, window(8_000)];
    for number in 0..80 {
        events.push(Event::CompanySeen { origin: CompanyOrigin::Requested });
        let subject = format!("c{number}.com");
        events.extend(samples::call(&subject, RowStatus::Enriched, Some(4_870 - number)));
    }
    for number in 1..=200 {
        let status = match number % 20 {
            0 => RowStatus::NoMatch,
            1 => RowStatus::InvalidInput,
            2 => RowStatus::Failed,
            _ => RowStatus::Enriched,
        };
        events.push(samples::row(number, status, "nobody.example"));
    }
    samples::tally(&events)
}

fn shown(tally: &Tally, total: Total, width: usize) -> String {
    block(&View { tally, pace: &pace(), total }, width, now())
}

fn waiting(why: WaitReason) -> Tally {
    let mut tally = running();
    tally.on_event(&window(0));
    tally.on_event(&Event::Waiting { why, until: "2026-11-23T00:00:00Z".parse().unwrap() });
    tally
}

#[test]
fn at_60() {
    insta::assert_snapshot!(shown(&running(), Total::Exact(10_000), 60), @r#"
    2%  200/10,000 rows  4.0 companies/s  ETA 00:16:20
    170 enriched, 10 no match, 10 invalid, 10 failed
    credits: 80 spent, 4,791 left, 90 saved
    quota: 8,000 of 10,000 left, resets at 00:00 UTC
    "#);
}

#[test]
fn at_80() {
    insta::assert_snapshot!(shown(&running(), Total::Exact(10_000), 80), @r#"
    [-------------------------]   2%  200/10,000 rows  4.0 companies/s  ETA 00:16:20
    170 enriched, 10 no match, 10 invalid, 10 failed, 3 in flight
    credits: 80 spent, 4,791 left, 90 saved
    quota: 8,000 of 10,000 left, resets at 00:00 UTC
    "#);
}

#[test]
fn at_120() {
    insta::assert_snapshot!(shown(&running(), Total::About(10_000), 120), @r#"
    [------------------------------]   2%  200/~10,000 rows  4.0 companies/s  ETA 00:16:20
    170 enriched, 10 no match, 10 invalid, 10 failed, 3 in flight
    credits: 80 spent, 4,791 left, 90 saved
    quota: 8,000 of 10,000 left, resets at 00:00 UTC
    "#);
}

#[test]
fn at_30_the_counts_are_left() {
    insta::assert_snapshot!(shown(&waiting(WaitReason::Quota), Total::Exact(10_000), 30), @r#"
    [------------] 200/10,000 rows
    170 enriched, 10 no match
    credits: 80 spent, 4,791 left
    quota: 0 of 10,000 left
    waiting for the quota to reset
    "#);
}

#[test]
fn an_unknown_total_has_a_spinner() {
    insta::assert_snapshot!(shown(&running(), Total::Unknown, 80), @r#"
    | 200 rows  4.0 companies/s
    170 enriched, 10 no match, 10 invalid, 10 failed, 3 in flight
    credits: 80 spent, 4,791 left, 90 saved
    quota: 8,000 of 10,000 left, resets at 00:00 UTC
    "#);
}

#[test]
fn waiting_says_for_what_and_until_when() {
    insta::assert_snapshot!(shown(&waiting(WaitReason::Quota), Total::Exact(10_000), 80), @r#"
    [------------------------------]   2%  200/10,000 rows  4.0 companies/s
    170 enriched, 10 no match, 10 invalid, 10 failed, 3 in flight
    credits: 80 spent, 4,791 left, 90 saved
    quota: 0 of 10,000 left, resets at 00:00 UTC
    waiting for the quota to reset at 00:00 UTC (02:13:05 from now)
    "#);
    let reasons = [WaitReason::CoolDown, WaitReason::Rate, WaitReason::ApiDown, WaitReason::Retry];
    let lines =
        reasons.map(|why| shown(&waiting(why), Total::Unknown, 80).lines().last().unwrap().to_owned());
    insta::assert_snapshot!(lines.join("\n"), @r#"
    waiting for the API to accept calls again at 00:00 UTC (02:13:05 from now)
    waiting for your --rate
    waiting for the API to come back, next probe at 00:00 UTC (02:13:05 from now)
    waiting for the next retry at 00:00 UTC (02:13:05 from now)
    "#);
}

fn paced(per_second: f64, why: PaceReason) -> Event {
    Event::PaceChanged { per_second: Some(per_second), why: Some(why) }
}

/// A run of which a short quota is spread evenly.
fn spread() -> Tally {
    let mut tally = running();
    let resets_at = "2026-11-22T21:46:57Z".parse().unwrap();
    tally.on_event(&Event::WindowChanged { limit: Some(100), remaining: 40, resets_at });
    tally.on_event(&paced(48.7, PaceReason::Quota));
    tally
}

#[test]
fn a_pace_stands_with_the_quota() {
    insta::assert_snapshot!(shown(&spread(), Total::Exact(10_000), 80), @r"
    [-------------------------]   2%  200/10,000 rows  4.0 companies/s  ETA 00:16:20
    170 enriched, 10 no match, 10 invalid, 10 failed, 3 in flight
    credits: 80 spent, 4,791 left, 90 saved
    quota: 40 of 100 left, resets at 21:46:57 UTC, paced at 49/s
    ");
    let line = |tally: &Tally, width| shown(tally, Total::Unknown, width).lines().nth(3).unwrap().to_owned();
    let mut daily = running();
    daily.on_event(&paced(31.2, PaceReason::Refusals));
    let lines = [60, 40, 30].map(|width| line(&spread(), width)).join("\n");
    insta::assert_snapshot!(lines, @r"
    quota: 40 of 100 left, resets at 21:46:57 UTC, paced at 49/s
    quota: 40 of 100 left, paced at 49/s
    quota: 40 of 100 left
    ");
    let lines = [120, 60].map(|width| line(&daily, width)).join("\n");
    insta::assert_snapshot!(lines, @r"
    quota: 8,000 of 10,000 left, resets at 00:00 UTC, slowed to 31/s after refusals
    quota: 8,000 of 10,000 left, resets at 00:00 UTC
    ");
    daily.window = None;
    insta::assert_snapshot!(line(&daily, 80), @"slowed to 31/s after refusals");
    daily.on_event(&Event::PaceChanged { per_second: None, why: None });
    assert_eq!(shown(&daily, Total::Unknown, 80).lines().count(), 3);
}

#[test]
fn a_slow_rate_has_an_eta() {
    let mut tally = running();
    tally.on_event(&Event::Waiting { why: WaitReason::Rate, until: "2026-11-22T21:47:05Z".parse().unwrap() });
    assert!(shown(&tally, Total::Exact(10_000), 80).contains("ETA"));
}

#[test]
fn a_slow_pace_is_no_wait() {
    let mut tally = spread();
    tally.on_event(&paced(0.167, PaceReason::Quota));
    let text = shown(&tally, Total::Exact(10_000), 80);
    assert!(text.contains("paced at 10/min") && text.contains("ETA"), "{text}");
    assert!(!text.contains("waiting"), "{text}");
}

#[test]
fn stopping_says_why() {
    let mut tally = waiting(WaitReason::Quota);
    tally.on_event(&Event::Stopping {
        reason: StopReason::InsufficientCredits,
        resets_at: None,
        detail: None,
    });
    insta::assert_snapshot!(shown(&tally, Total::Exact(10_000), 80), @r#"
    [------------------------------]   2%  200/10,000 rows  4.0 companies/s
    170 enriched, 10 no match, 10 invalid, 10 failed, 3 in flight
    credits: 80 spent, 4,791 left, 90 saved
    quota: 0 of 10,000 left, resets at 00:00 UTC
    stopping, out of credits: the other rows are written as they are known
    "#);
}

#[test]
fn the_start_of_a_run_is_short() {
    let start = Now { at: Moment::START, ..now() };
    let view = View { tally: &Tally::default(), pace: &Pace::default(), total: Total::Exact(3) };
    insta::assert_snapshot!(block(&view, 80, start), @r#"
    [------------------------------]   0%  0/3 rows
    0 enriched, 0 no match, 0 in flight
    credits: 0 spent, 0 saved
    "#);
}

#[test]
fn there_is_no_eta_where_the_quota_decides() {
    let mut tally = running();
    assert!(shown(&tally, Total::Exact(10_000), 120).contains("ETA"));
    tally.on_event(&window(999));
    assert!(!shown(&tally, Total::Exact(10_000), 120).contains("ETA"));
    assert!(shown(&tally, Total::Exact(1_200), 120).contains("ETA"));
}

#[test]
fn an_input_that_has_ended_is_counted() {
    let mut tally = running();
    tally.on_event(&Event::RowsRead { rows: 30, ended: true });
    assert!(shown(&tally, Total::About(10_000), 80).contains("200/250 rows"));
    assert!(shown(&tally, Total::Unknown, 80).contains("200/250 rows"));
}

proptest! {
    #[test]
    fn no_line_is_wider_than_the_terminal(width in 0_usize..200, total in any::<u64>(), kind in 0..3) {
        let total = match kind {
            0 => Total::Exact(total),
            1 => Total::About(total),
            _ => Total::Unknown,
        };
        for tally in [running(), spread(), waiting(WaitReason::Quota), Tally::default()] {
            let text = shown(&tally, total, width);
            prop_assert!(text.is_ascii());
            prop_assert!(text.lines().count() <= 5);
            prop_assert!(text.lines().all(|line| line.len() <= width), "{}", text);
        }
    }
}
