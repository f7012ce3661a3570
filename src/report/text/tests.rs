//! What the text says for each way in which a run can end.

use jiff::tz::Offset;

use super::*;
use crate::report::samples;
use crate::report::tally::Tally;
use crate::rules::event::Event;
use crate::rules::outcome::RowStatus;
use crate::rules::waited::Waited;

fn context() -> Context {
    Context {
        width: 80,
        color: false,
        zone: TimeZone::UTC,
        confidence: None,
        pace: None,
        places: Vec::new(),
        detail: None,
    }
}

fn told(tally: &Tally, context: &Context) -> String {
    text(&Summary::new(tally, "name,size".parse().unwrap()), context)
}

#[test]
fn a_complete_run() {
    let context = Context {
        confidence: Some([0.62, 0.81, 0.93]),
        places: vec![
            Place { label: "output", path: "out\u{1b}[31m.csv".to_owned(), rows: None },
            Place { label: "no company", path: "none.csv".to_owned(), rows: Some(12) },
        ],
        ..context()
    };
    insta::assert_snapshot!(told(&samples::complete(), &context), @r#"
    Done in 12 s: 7 of 12 rows enriched
      credits    4 spent, 3 saved, 4,867 left
      companies  7 different, 6 asked, 1 from the ledger
      no match   2 rows: the providers know nothing about https://nobody.example/,
                 none.example
      not found  1 row: the workspace has no company with that id
      invalid    1 row: not a company's domain or id, and never sent; enrich_error
                 says why
      failed     1 row: given up; enrich_error says why
      malformed  1 row, kept as it is: 3 cells in place of 4 (line 4)
      fields     name 100%, size 57%
      sources    vendor_a 7
      confidence 0.81 in the middle, half of them 0.62 to 0.93
      output     out.csv
      no company 12 rows in none.csv
    Run the same command again to ask again for what failed.
    "#);
}

#[test]
fn a_run_stopped_at_the_quota() {
    let context = Context { zone: TimeZone::fixed(Offset::constant(5)), ..context() };
    insta::assert_snapshot!(told(&samples::stopped_at_the_quota(), &context), @r#"
    Stopped after 3 min 5 s, quota used up: 6 of 12 rows enriched
      credits    4 spent, 2 saved, 4,867 left
      companies  7 different, 6 asked, 1 from the ledger
      no match   2 rows: the providers know nothing about https://nobody.example/,
                 none.example
      invalid    1 row: not a company's domain or id, and never sent; enrich_error
                 says why
      failed     1 row: given up; enrich_error says why
      pending    2 rows: the run stopped before them
      malformed  1 row, kept as it is: 3 cells in place of 4 (line 4)
      fields     name 100%, size 66%
      sources    vendor_a 6
    The quota resets at 2026-11-23 05:00 your time (2026-11-23 00:00 UTC), in 2 h 12
    min. After that, run the same command again to go on.
    "#);
}

#[test]
fn an_empty_run_in_bold() {
    let text = told(&Tally::default(), &Context { color: true, ..context() });
    insta::assert_snapshot!(text.replace('\u{1b}', "ESC"), @r#"
    ESC[1mDone in 0.0 s: 0 of 0 rows enrichedESC[0m
      credits    0 spent, 0 saved
      companies  0 different, 0 asked, 0 from the ledger
    "#);
}

/// Returns the lines on what held a run up that took so many seconds.
fn held_up(elapsed_s: f64, waits: &[(WaitReason, f64)], pace: Option<Paced>) -> String {
    let mut waited_s = Waited::default();
    for (why, seconds) in waits {
        waited_s.add(*why, Duration::from_secs_f64(*seconds));
    }
    let at = "2026-11-22T21:44:12.3Z".parse().unwrap();
    let tally = samples::tally(&[Event::RunFinished { at, elapsed_s, waited_s }]);
    told(&tally, &Context { pace, ..context() }).lines().skip(3).map(|line| line.to_owned() + "\n").collect()
}

#[test]
fn what_held_a_run_up_is_said_where_it_mattered() {
    let by_quota = Some(Paced { per_second: 48.7, why: PaceReason::Quota });
    let by_refusals = Some(Paced { per_second: 0.51, why: PaceReason::Refusals });
    let all = WaitReason::ALL.map(|why| (why, 4.0));
    let shown = [
        held_up(300.0, &[(WaitReason::Quota, 192.4), (WaitReason::CoolDown, 4.04)], None),
        held_up(300.0, &[(WaitReason::Pace, 290.0), (WaitReason::Quota, 2.9)], by_quota),
        held_up(20.0, &[(WaitReason::Pace, 1.1), (WaitReason::CoolDown, 1.3)], by_refusals),
        held_up(30.0, &all, None),
    ];
    insta::assert_snapshot!(shown.join("-\n"), @r"
      waited     3 min 12 s for the quota, 4.0 s after refusals
    -
      pace       about 49 calls a second, by the quota
    -
      waited     1.3 s after refusals
      pace       about 31 calls a minute, after refusals
    -
      waited     4.0 s for the quota, 4.0 s after refusals, 4.0 s for the API to
                 come back, 4.0 s for retries, 4.0 s for another run
    ");
    // A moment, or a small part of a long run; `--rate` was asked for.
    let passed = [(WaitReason::Retry, 0.9), (WaitReason::Rate, 200.0), (WaitReason::Pace, 0.9)];
    assert_eq!(held_up(2.0, &passed, by_quota), "");
    assert_eq!(held_up(300.0, &[(WaitReason::Quota, 2.9)], None), "");
}

#[test]
fn every_stop_says_what_to_do_next() {
    let reasons = [
        StopReason::InsufficientCredits,
        StopReason::CreditLimit,
        StopReason::InvalidKey,
        StopReason::InsufficientPermissions,
        StopReason::ApiUnavailable,
        StopReason::Interrupted,
    ];
    let lines = reasons.map(|reason| {
        let text = told(&samples::stopped(reason), &Context { width: 200, ..context() });
        assert!(text.to_lowercase().contains("run the same command again to go on."));
        format!("{}\n{}", text.lines().next().unwrap(), text.lines().last().unwrap())
    });
    insta::assert_snapshot!(lines.join("\n"), @r#"
    Stopped after 3 min 5 s, out of credits: 6 of 12 rows enriched
    Top up the workspace's credits, then run the same command again to go on.
    Stopped after 3 min 5 s, credit limit reached: 6 of 12 rows enriched
    Raise --max-credits or lower --keep-credits, then run the same command again to go on.
    Stopped after 3 min 5 s, key refused: 6 of 12 rows enriched
    Set a valid key in LEADENRICH_API_KEY or with --api-key-file, then run the same command again to go on.
    Stopped after 3 min 5 s, key without permission: 6 of 12 rows enriched
    Use a key with the permission write:enrich, then run the same command again to go on.
    Stopped after 3 min 5 s, API unavailable: 6 of 12 rows enriched
    When the API is back, run the same command again to go on.
    Stopped after 3 min 5 s, interrupted: 6 of 12 rows enriched
    Run the same command again to go on.
    "#);
}

#[test]
fn uncertain_calls_are_said() {
    let sent = crate::rules::event::Event::CallSent {
        subject: "a.com".into(),
        attempt: 1,
        in_flight: 1,
        concurrency: 8,
        uncertain: true,
    };
    let one = told(&samples::tally(std::slice::from_ref(&sent)), &context());
    assert!(one.contains("1 call was sent again more than 24 hours after"), "{one}");
    let two = told(&samples::tally(&[sent.clone(), sent]), &context());
    assert!(two.contains("2 calls were sent again"), "{two}");
}

#[test]
fn many_inputs_are_cut_and_nothing_breaks_a_narrow_terminal() {
    let rows: Vec<_> =
        (1..9).map(|row| samples::row(row, RowStatus::NoMatch, &format!("c{row}.example"))).collect();
    for width in [0, 1, 24, 40, 400] {
        let text = told(&samples::tally(&rows), &Context { width, ..context() });
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            flat.contains("c1.example, c2.example, c3.example, c4.example, c5.example and others"),
            "{text}"
        );
    }
}
