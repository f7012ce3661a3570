//! The block in its situations at five widths, the line of logs, and that no line is ever wider than the terminal.

use std::time::Duration;

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
        window_s: Some(86_400),
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
    shown_for(tally, total, width, &samples::terms())
}

fn shown_for(tally: &Tally, total: Total, width: usize, terms: &Terms) -> String {
    block(&View { tally, pace: &pace(), total, terms }, width, now())
}

/// A user who waits for ever.
fn patient() -> Terms {
    Terms { wait: Duration::MAX, ..samples::terms() }
}

fn waiting(why: WaitReason) -> Tally {
    let mut tally = running();
    tally.on_event(&window(0));
    waiting_with(tally, why, "2026-11-23T00:00:00Z")
}

fn waiting_with(mut tally: Tally, why: WaitReason, until: &str) -> Tally {
    tally.on_event(&Event::Waiting { why, until: until.parse().unwrap() });
    tally
}

#[test]
fn every_situation_at_every_width() {
    let mut ahead = running();
    ahead.on_event(&window(999));
    let refused = waiting_with(running(), WaitReason::CoolDown, "2026-11-22T21:47:10Z");
    let away = waiting_with(running(), WaitReason::ApiDown, "2026-11-22T21:47:10Z");
    let mut stopping = waiting(WaitReason::Quota);
    let reason = StopReason::InsufficientCredits;
    stopping.on_event(&Event::Stopping { reason, resets_at: None, detail: None });
    for (name, tally, total, terms) in [
        ("running", running(), Total::About(10_000), samples::terms()),
        ("pipe", running(), Total::Unknown, samples::terms()),
        ("paced", spread(), Total::Exact(10_000), samples::terms()),
        ("quota-ahead", ahead.clone(), Total::Exact(100_000), patient()),
        ("quota-stops", ahead, Total::Exact(10_000), samples::terms()),
        ("quota-waits", waiting(WaitReason::Quota), Total::Exact(30_000), patient()),
        ("refused", refused, Total::Exact(10_000), samples::terms()),
        ("api-away", away, Total::Exact(10_000), samples::terms()),
        ("out-of-credits", stopping, Total::Exact(10_000), samples::terms()),
    ] {
        let shown = |width| shown_for(&tally, total, width, &terms);
        samples::assert_screens(&format!("progress-{name}"), shown);
    }
}

#[test]
fn nothing_is_told_of_a_speed_before_there_is_one() {
    let start = Now { at: Moment::after_start(Duration::from_secs(3)), ..now() };
    let (tally, terms, mut pace) = (Tally::default(), samples::terms(), Pace::default());
    pace.record(Moment::START, Counts::default());
    pace.record(start.at, Counts::default());
    let view = View { tally: &tally, pace: &pace, total: Total::Exact(3), terms: &terms };
    samples::assert_screens("progress-begun", |width| block(&view, width, start));
}

#[test]
fn a_log_gets_all_of_it_in_one_line() {
    let said = |tally: &Tally, total| line(&View { tally, pace: &pace(), total, terms: &patient() }, now());
    let lines = said(&running(), Total::Exact(10_000))
        + &said(&running(), Total::Unknown)
        + &said(&waiting(WaitReason::Quota), Total::Exact(30_000));
    insta::assert_snapshot!(lines, @r"
    2026-11-22T21:46:55Z 2%, 200/10,000 rows, 4.0 companies/s, ETA 00:16:20; 170 enriched, 10 no match, 10 invalid, 10 failed, 3 of 8 in flight; credits: 80 spent, 4,791 left, 90 saved; quota: 8,000 of 10,000 left, resets at 00:00 UTC
    2026-11-22T21:46:55Z 200 rows, 4.0 companies/s; 170 enriched, 10 no match, 10 invalid, 10 failed, 3 of 8 in flight; credits: 80 spent, 4,791 left, 90 saved; quota: 8,000 of 10,000 left, resets at 00:00 UTC
    2026-11-22T21:46:55Z 0%, 200/30,000 rows, done 00:08 on Tuesday, after 2 resets; 170 enriched, 10 no match, 10 invalid, 10 failed, 3 of 8 in flight; credits: 80 spent, 4,791 left, 90 saved; quota: 0 of 10,000 left, resets at 00:00 UTC; waiting for the quota to reset at 00:00 UTC (02:13:05 from now)
    ");
}

#[test]
fn a_rate_of_the_users_own_is_told_and_does_not_blink() {
    let terms = Terms { rate: Some("10/m".parse().unwrap()), ..samples::terms() };
    let calm = shown_for(&running(), Total::Exact(10_000), 80, &terms);
    let tally = waiting_with(running(), WaitReason::Rate, "2026-11-22T21:47:05Z");
    assert_eq!(shown_for(&tally, Total::Exact(10_000), 80, &terms), calm);
    insta::assert_snapshot!(calm.lines().last().unwrap(), @"quota: 8,000 of 10,000 left, resets at 00:00 UTC, your --rate: 10/min");
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
fn waiting_says_for_what_and_until_when() {
    let reasons = [WaitReason::CoolDown, WaitReason::ApiDown, WaitReason::Retry, WaitReason::OtherRun];
    let lines =
        reasons.map(|why| shown(&waiting(why), Total::Unknown, 100).lines().last().unwrap().to_owned());
    insta::assert_snapshot!(lines.join("\n"), @r"
    waiting for the API to take calls again at 00:00 UTC (02:13:05 from now)
    waiting for the API to come back, probed again at 00:00 UTC (02:13:05 from now)
    waiting for the next retry at 00:00 UTC (02:13:05 from now)
    waiting for another run on the same ledger at 00:00 UTC (02:13:05 from now)
    ");
}

fn paced(per_second: f64, why: PaceReason) -> Event {
    Event::PaceChanged { per_second: Some(per_second), why: Some(why) }
}

/// A run of which a short quota is spread evenly.
fn spread() -> Tally {
    let mut tally = running();
    let resets_at = "2026-11-22T21:46:57Z".parse().unwrap();
    tally.on_event(&Event::WindowChanged { limit: Some(100), remaining: 40, resets_at, window_s: None });
    tally.on_event(&paced(48.7, PaceReason::Quota));
    tally
}

#[test]
fn a_pace_stands_with_the_quota() {
    insta::assert_snapshot!(shown(&spread(), Total::Exact(10_000), 80), @r"
    [-------------------------]   2%  200/10,000 rows  4.0 companies/s  ETA 00:16:20
    170 enriched, 10 no match, 10 invalid, 10 failed, 3 of 8 in flight
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
fn a_slow_pace_is_no_wait() {
    let mut tally = spread();
    tally.on_event(&paced(0.167, PaceReason::Quota));
    let text = shown(&tally, Total::Exact(10_000), 80);
    assert!(text.contains("paced at 10/min") && text.contains("ETA"), "{text}");
    assert!(!text.contains("waiting"), "{text}");
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
