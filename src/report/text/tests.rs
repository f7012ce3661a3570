//! What the text says for each way in which a run can end.

use jiff::tz::Offset;

use super::*;
use crate::report::advice::Next;
use crate::report::samples;
use crate::report::tally::Tally;
use crate::rules::event::Event;
use crate::rules::field::FieldSet;
use crate::rules::waited::Waited;

const COMMAND: &str = "leadenrich batch 'my leads.csv' -o out.csv";

fn context() -> Context {
    Context {
        width: 80,
        color: false,
        zone: || TimeZone::UTC,
        pace: None,
        places: Vec::new(),
        detail: None,
        again: Again { command: Some(COMMAND.to_owned()), does: Next::GoesOn },
    }
}

fn told(tally: &Tally, context: &Context) -> String {
    text(&Summary::new(tally, "name,size".parse().unwrap()), context)
}

/// Returns what stands below the headline and the facts.
fn next(text: &str) -> String {
    let lines: Vec<&str> = text.lines().skip(1).skip_while(|line| line.starts_with(' ')).collect();
    lines.join("\n")
}

fn places() -> Vec<Place> {
    let place = |label, path: &str, rows, holds| Place { label, path: path.to_owned(), rows, holds };
    vec![
        place("output", "out\u{1b}[31m.csv", None, None),
        place("no company", "none.csv", Some(12), Some(RowStatus::NoMatch)),
    ]
}

#[test]
fn every_ending_at_every_width() {
    let with_places = || Context { places: places(), ..context() };
    let elsewhere = || Context { zone: || TimeZone::fixed(Offset::constant(5)), ..context() };
    for (name, tally, depends) in [
        ("complete", samples::flawless(), with_places()),
        ("failures", samples::complete(), with_places()),
        ("unmatched", samples::unmatched(25), context()),
        ("unmatched-in-a-table", samples::unmatched(25), with_places()),
        ("known", samples::known(), context()),
        ("quota", samples::stopped_at_the_quota(), elsewhere()),
        ("credits", samples::stopped(StopReason::InsufficientCredits), context()),
        ("interrupted", samples::stopped(StopReason::Interrupted), context()),
        ("api-unavailable", samples::stopped(StopReason::ApiUnavailable), context()),
        ("empty", Tally::default(), context()),
    ] {
        let summary = Summary::new(&tally, FieldSet::ALL);
        let shown = |width| text(&summary, &Context { width, ..depends.clone() });
        samples::assert_screens(&format!("summary-{name}"), shown);
    }
}

#[test]
fn the_headline_has_a_colour() {
    let first = |tally: &Tally| {
        let text = told(tally, &Context { color: true, ..context() });
        text.lines().next().unwrap().replace('\u{1b}', "ESC")
    };
    let lines = [
        first(&samples::flawless()),
        first(&samples::complete()),
        first(&samples::stopped_at_the_quota()),
        first(&samples::stopped(StopReason::ApiUnavailable)),
        first(&Tally::default()),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r"
    ESC[1mESC[32mDone in 12 s: 2 of 4 rows enrichedESC[0m
    ESC[1mESC[35mDone in 12 s, but 1 row failed: 7 of 12 rows enrichedESC[0m
    ESC[1mESC[35mStopped after 3 min 5 s, quota used up: 6 of 12 rows enrichedESC[0m
    ESC[1mESC[31mStopped after 3 min 5 s, API unavailable: 6 of 12 rows enrichedESC[0m
    ESC[1mESC[35mDone in 0.0 s: the input has no rowsESC[0m
    ");
}

#[test]
fn what_was_paid_is_not_paid_again_for_want_of_a_word() {
    let last = |tally: &Tally, does| {
        let again = Again { does, ..context().again };
        let text = told(tally, &Context { width: 200, again, ..context() });
        next(&text)
    };
    let lines = [
        last(&samples::stopped_at_the_quota(), Next::PaysAgain),
        last(&samples::stopped_at_the_quota(), Next::StartsOver),
        last(&samples::stopped(StopReason::Interrupted), Next::PaysAgain),
        last(&samples::complete(), Next::PaysAgain),
        last(&samples::complete(), Next::StartsOver),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r"
    The quota resets at 2026-11-23 00:00 UTC, in 2 h 12 min. After that, run the command with --max-age
    1d in place of --refresh, which would pay again for what is paid.
    The quota resets at 2026-11-23 00:00 UTC, in 2 h 12 min. After that, run the command with --ledger
    FILE: without one, nothing of this run was kept.
    Run the command with --max-age 1d in place of --refresh, which would pay again for what is paid.
    To ask again for what failed, run the command with --max-age 1d in place of --refresh, which would
    pay again for what is paid.
    To ask again for what failed, run the command with --ledger FILE: without one, nothing of this run
    was kept.
    ");
}

#[test]
fn a_command_is_repeated_as_it_is_or_not_at_all() {
    let tally = samples::stopped_at_the_quota();
    for (command, is_told) in [
        (Some("leadenrich batch a.csv -o b.csv"), true),
        (Some("leadenrich batch '\u{1b}[31m.csv' -o b.csv"), false),
        (Some("leadenrich batch wbk_live_1.csv -o b.csv"), false),
        (None, false),
    ] {
        let again = Again { command: command.map(str::to_owned), does: Next::GoesOn };
        let text = told(&tally, &Context { again, ..context() });
        assert_eq!(text.ends_with(&format!("\n  {}\n", command.unwrap_or_default())), is_told, "{text}");
        assert_eq!(text.contains("to go on.\n"), !is_told, "{text}");
        assert!(!text.contains("wbk_") && !text.contains('\u{1b}'), "{text}");
    }
}

/// Returns the lines on what held a run up that took so many seconds.
fn held_up(elapsed_s: f64, waits: &[(WaitReason, f64)], pace: Option<Paced>) -> String {
    let mut waited_s = Waited::default();
    for (why, seconds) in waits {
        waited_s.add(*why, Duration::from_secs_f64(*seconds));
    }
    let at = "2026-11-22T21:44:12.3Z".parse().unwrap();
    let read = Event::RowsRead { rows: 1, ended: true };
    let tally = samples::tally(&[read, Event::RunFinished { at, elapsed_s, waited_s }]);
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
        let next = next(&text);
        let words = next.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.to_lowercase().contains("run the same command again to go on"), "{text}");
        format!("{}\n{next}", text.lines().next().unwrap())
    });
    insta::assert_snapshot!(lines.join("\n"), @r"
    Stopped after 3 min 5 s, out of credits: 6 of 12 rows enriched
    Top up the workspace's credits, then run the same command again to go on:
      leadenrich batch 'my leads.csv' -o out.csv
    Stopped after 3 min 5 s, credit limit reached: 6 of 12 rows enriched
    Raise --max-credits or lower --keep-credits, then run the same command again to go on.
    Stopped after 3 min 5 s, key refused: 6 of 12 rows enriched
    Set a valid key in LEADENRICH_API_KEY or with --api-key-file, then run the same command again to go
    on:
      leadenrich batch 'my leads.csv' -o out.csv
    Stopped after 3 min 5 s, key without permission: 6 of 12 rows enriched
    Use a key with the permission write:enrich, then run the same command again to go on:
      leadenrich batch 'my leads.csv' -o out.csv
    Stopped after 3 min 5 s, API unavailable: 6 of 12 rows enriched
    When the API is back, run the same command again to go on:
      leadenrich batch 'my leads.csv' -o out.csv
    Stopped after 3 min 5 s, interrupted: 6 of 12 rows enriched
    Run the same command again to go on:
      leadenrich batch 'my leads.csv' -o out.csv
    ");
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
fn a_stop_without_a_summary_says_why_and_what_next() {
    let notice = |reason| stop_notice(&Summary::new(&samples::stopped(reason), FieldSet::ALL), &context());
    insta::assert_snapshot!(notice(StopReason::InvalidKey).unwrap(), @r"
    stopped: key refused
    hint: set a valid key in LEADENRICH_API_KEY or with --api-key-file, then run the same command again to go on.
    ");
    assert_eq!(stop_notice(&Summary::new(&samples::complete(), FieldSet::ALL), &context()), None);
}

#[test]
fn hostile_inputs_are_cleaned_and_cut_and_nothing_breaks_a_narrow_terminal() {
    let inputs = [
        "\u{1b}[2Jc1\u{202e}.example".to_owned(),
        "x".repeat(500),
        "東".repeat(60),
        "a-b.example".to_owned(),
    ];
    let rows: Vec<_> =
        (1..).zip(&inputs).map(|(row, input)| samples::row(row, RowStatus::NoMatch, input)).collect();
    let tally = samples::tally(&rows);
    for width in [0, 1, 24, 40, 400] {
        let text = told(&tally, &Context { width, ..context() });
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let told = format!("c1.example, {}…, {}…, a-b.example", "x".repeat(45), "東".repeat(22));
        assert!(flat.contains(&told), "{text}");
    }
}
