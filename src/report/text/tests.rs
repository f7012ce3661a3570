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

fn told_of_all_fields(tally: &Tally, context: &Context) -> String {
    text(&Summary::new(tally, FieldSet::ALL), context)
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
fn a_complete_run() {
    let context = Context { places: places(), ..context() };
    insta::assert_snapshot!(told_of_all_fields(&samples::flawless(), &context), @r"
    Done in 12 s: 2 of 4 rows enriched
      credits    1 spent, 1 saved, 4,870 left
      companies  3 different, 3 asked, 0 from the ledger
      no match   2 rows: the providers know nothing about nobody.example,
                 none.example
      fields     name         100%   industry       0%   size          50%
                 founded_year   0%   description    0%   hq_location    0%
                 logo_url       0%   linkedin_url   0%   tech_stack     0%
      sources    vendor_a 2
      confidence 0.87 in the middle, half of them 0.87 to 0.87
      output     out.csv
      no company 12 rows in none.csv
    ");
}

#[test]
fn a_complete_run_with_failures_at_60_columns() {
    let context = Context { width: 60, places: places(), ..context() };
    insta::assert_snapshot!(told_of_all_fields(&samples::complete(), &context), @r"
    Done in 12 s, but 1 row failed: 7 of 12 rows enriched
      credits    4 spent, 3 saved, 4,867 left
      companies  7 different, 6 asked, 1 from the ledger
      no match   2 rows: the providers know nothing about
                 https://nobody.example/, none.example
      not found  1 row: the workspace has no company with that
                 id
      invalid    1 row: not a company's domain or id, and never
                 sent; enrich_error says why
      failed     1 row: given up; enrich_error says why
      malformed  1 row, kept as it is: 3 cells in place of 4
                 (line 4)
      fields     name         100%   industry       0%
                 size          57%   founded_year   0%
                 description    0%   hq_location    0%
                 logo_url       0%   linkedin_url   0%
                 tech_stack     0%
      sources    vendor_a 7
      confidence 0.87 in the middle, half of them 0.87 to 0.87
      output     out.csv
      no company 12 rows in none.csv
    Run the same command again to ask again for what failed:
      leadenrich batch 'my leads.csv' -o out.csv
    ");
}

#[test]
fn a_complete_run_with_failures_at_120_columns_is_no_wider_at_200() {
    let at_120 = told_of_all_fields(&samples::complete(), &Context { width: 120, ..context() });
    insta::assert_snapshot!(at_120, @r"
    Done in 12 s, but 1 row failed: 7 of 12 rows enriched
      credits    4 spent, 3 saved, 4,867 left
      companies  7 different, 6 asked, 1 from the ledger
      no match   2 rows: the providers know nothing about https://nobody.example/, none.example
      not found  1 row: the workspace has no company with that id
      invalid    1 row: not a company's domain or id, and never sent; enrich_error says why
      failed     1 row: given up; enrich_error says why
      malformed  1 row, kept as it is: 3 cells in place of 4 (line 4)
      fields     name         100%   industry       0%   size          57%
                 founded_year   0%   description    0%   hq_location    0%
                 logo_url       0%   linkedin_url   0%   tech_stack     0%
      sources    vendor_a 7
      confidence 0.87 in the middle, half of them 0.87 to 0.87
    Run the same command again to ask again for what failed:
      leadenrich batch 'my leads.csv' -o out.csv
    ");
    assert_eq!(told_of_all_fields(&samples::complete(), &Context { width: 200, ..context() }), at_120);
}

#[test]
fn many_inputs_without_a_match_at_all_widths() {
    let [at_60, at_80, at_120, at_200] =
        [60, 80, 120, 200].map(|width| told(&samples::unmatched(25), &Context { width, ..context() }));
    insta::assert_snapshot!([at_60, at_80].join("-\n"), @r"
    Done in 12 s: 0 of 25 rows enriched
      credits    0 spent, 0 saved, 4,870 left
      companies  25 different, 25 asked, 0 from the ledger
      no match   25 rows: the providers know nothing about
                 company-number-1.example,
                 company-number-2.example,
                 company-number-3.example,
                 company-number-4.example,
                 company-number-5.example,
                 company-number-6.example,
                 company-number-7.example,
                 company-number-8.example,
                 company-number-9.example,
                 company-number-10.example,
                 company-number-11.example,
                 company-number-12.example,
                 company-number-13.example,
                 company-number-14.example,
                 company-number-15.example,
                 company-number-16.example,
                 company-number-17.example,
                 company-number-18.example,
                 company-number-19.example,
                 company-number-20.example and others
    For all rows without a match in a file, run this, which
    costs nothing:
      leadenrich batch 'my leads.csv' -o out.csv --no-match-output no-match.csv
    -
    Done in 12 s: 0 of 25 rows enriched
      credits    0 spent, 0 saved, 4,870 left
      companies  25 different, 25 asked, 0 from the ledger
      no match   25 rows: the providers know nothing about company-number-1.example,
                 company-number-2.example, company-number-3.example,
                 company-number-4.example, company-number-5.example,
                 company-number-6.example, company-number-7.example,
                 company-number-8.example, company-number-9.example,
                 company-number-10.example, company-number-11.example,
                 company-number-12.example, company-number-13.example,
                 company-number-14.example, company-number-15.example,
                 company-number-16.example, company-number-17.example,
                 company-number-18.example, company-number-19.example,
                 company-number-20.example and others
    For all rows without a match in a file, run this, which costs nothing:
      leadenrich batch 'my leads.csv' -o out.csv --no-match-output no-match.csv
    ");
    assert_eq!(at_120, at_200);
}

#[test]
fn many_inputs_without_a_match_in_a_table() {
    let context = Context { places: places(), ..context() };
    insta::assert_snapshot!(told(&samples::unmatched(25), &context), @r"
    Done in 12 s: 0 of 25 rows enriched
      credits    0 spent, 0 saved, 4,870 left
      companies  25 different, 25 asked, 0 from the ledger
      no match   25 rows: the providers know nothing about company-number-1.example,
                 company-number-2.example, company-number-3.example,
                 company-number-4.example, company-number-5.example,
                 company-number-6.example, company-number-7.example,
                 company-number-8.example, company-number-9.example,
                 company-number-10.example, company-number-11.example,
                 company-number-12.example, company-number-13.example,
                 company-number-14.example, company-number-15.example,
                 company-number-16.example, company-number-17.example,
                 company-number-18.example, company-number-19.example,
                 company-number-20.example and others, all in the table below
      output     out.csv
      no company 12 rows in none.csv
    ");
}

#[test]
fn nothing_to_ask() {
    insta::assert_snapshot!(told(&samples::known(), &context()), @r"
    Done in 12 s: 2 of 3 rows enriched, all from the ledger
      credits    0 spent, 2 saved
      companies  3 different, 0 asked, 3 from the ledger
      no match   1 row: the providers know nothing about nobody.example
      fields     name 100%   size 100%
      sources    vendor_a 2
      confidence 0.87 in the middle, half of them 0.87 to 0.87
    ");
}

#[test]
fn a_run_stopped_at_the_quota() {
    let context = Context { zone: || TimeZone::fixed(Offset::constant(5)), ..context() };
    insta::assert_snapshot!(told(&samples::stopped_at_the_quota(), &context), @r"
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
      fields     name 100%   size  66%
      sources    vendor_a 6
      confidence 0.87 in the middle, half of them 0.87 to 0.87
    The quota resets at 2026-11-23 05:00 your time (2026-11-23 00:00 UTC), in 2 h 12
    min. After that, run the same command again to go on:
      leadenrich batch 'my leads.csv' -o out.csv
    ");
}

#[test]
fn a_run_stopped_at_the_quota_at_60_columns() {
    let context = Context { width: 60, ..context() };
    insta::assert_snapshot!(told(&samples::stopped_at_the_quota(), &context), @r"
    Stopped after 3 min 5 s, quota used up: 6 of 12 rows
    enriched
      credits    4 spent, 2 saved, 4,867 left
      companies  7 different, 6 asked, 1 from the ledger
      no match   2 rows: the providers know nothing about
                 https://nobody.example/, none.example
      invalid    1 row: not a company's domain or id, and never
                 sent; enrich_error says why
      failed     1 row: given up; enrich_error says why
      pending    2 rows: the run stopped before them
      malformed  1 row, kept as it is: 3 cells in place of 4
                 (line 4)
      fields     name 100%   size  66%
      sources    vendor_a 6
      confidence 0.87 in the middle, half of them 0.87 to 0.87
    The quota resets at 2026-11-23 00:00 UTC, in 2 h 12 min.
    After that, run the same command again to go on:
      leadenrich batch 'my leads.csv' -o out.csv
    ");
}

#[test]
fn an_empty_input() {
    insta::assert_snapshot!(told(&Tally::default(), &context()), @r"Done in 0.0 s: the input has no rows");
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
    ESC[1mESC[33mDone in 12 s, but 1 row failed: 7 of 12 rows enrichedESC[0m
    ESC[1mESC[33mStopped after 3 min 5 s, quota used up: 6 of 12 rows enrichedESC[0m
    ESC[1mESC[31mStopped after 3 min 5 s, API unavailable: 6 of 12 rows enrichedESC[0m
    ESC[1mESC[33mDone in 0.0 s: the input has no rowsESC[0m
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
