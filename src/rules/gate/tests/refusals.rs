//! What 429 and 503 do to the gate, at exact moments.

use super::*;

const LATER_TODAY: u64 = 12 * 3_600_000;

fn cool(ms: u64) -> Decision {
    Decision::WaitUntil(at(ms), WaitReason::CoolDown)
}

/// A gate of which one call, sent at 100 ms, was refused at 200 ms.
fn refused(before: LimitReport, report: LimitReport) -> Rig {
    let mut rig = Rig::opened(policy(), before);
    assert_eq!(rig.send(), Decision::Send);
    rig.ms = 200;
    rig.arrive(100, &Reply::RateLimited, report);
    rig
}

#[test]
fn a_429_is_heeded_by_what_it_says() {
    let both = LimitReport { retry_at: Some(at(700)), ..window(7, 9_000) };
    let cases = [
        ("Retry-After", SILENT, retry_at(3_200), cool(3_200)),
        ("Retry-After, already past", SILENT, retry_at(200), Decision::Send),
        ("Retry-After beside a window", SILENT, both, cool(700)),
        ("an exhausted window", SILENT, window(0, 9_200), cool(9_200)),
        ("a window exhausted since", window(9, 9_200), window(0, 9_200), cool(9_200)),
        ("nothing", SILENT, SILENT, cool(400)),
        ("nothing, and the day's quota is known", window(995, LATER_TODAY), SILENT, cool(400)),
        ("a day's quota of which plenty is left", SILENT, window(995, LATER_TODAY), cool(400)),
        ("more patience than the user has", SILENT, retry_at(400_000), Decision::Stop(StopReason::RateLimit)),
        ("the day's quota is gone", SILENT, window(0, LATER_TODAY), Decision::Stop(StopReason::RateLimit)),
    ];
    for (name, before, report, expected) in cases {
        assert_eq!(refused(before, report).send(), expected, "{name}");
    }
}

#[test]
fn after_a_429_one_call_goes_and_sees() {
    let mut rig = refused(SILENT, retry_at(3_200));
    rig.ms = 3_200;
    assert_eq!(rig.send_all(), (1, Decision::Hold));
    rig.ms = 3_300;
    rig.arrive(3_200, &Reply::NoMatch, SILENT);
    assert_eq!(rig.send_all(), (10, Decision::Hold));
}

#[test]
fn refusals_of_calls_that_had_left_before_are_one_refusal() {
    let mut rig = Rig::opened(policy(), SILENT);
    rig.send_all();
    for ms in [200, 210, 220, 230, 240, 250] {
        rig.ms = ms;
        rig.arrive(100, &Reply::RateLimited, SILENT);
    }
    assert_eq!(rig.send(), cool(400), "two round trips after the first of them");
    // The calls of before that were let through say nothing of now.
    rig.arrive(100, &Reply::NoMatch, SILENT);
    rig.ms = 400;
    assert_eq!(rig.send_all(), (1, Decision::Hold));
    rig.ms = 450;
    rig.arrive(400, &Reply::RateLimited, SILENT);
    assert_eq!(rig.send(), cool(850), "what was too short, and twice as much as the first time");
}

#[test]
fn repeated_429s_wait_longer_each_time_and_end_with_the_users_patience() {
    let mut rig = refused(SILENT, SILENT);
    let mut waits = Vec::new();
    loop {
        match rig.send() {
            Decision::WaitUntil(until, WaitReason::CoolDown) => {
                waits.push((until - at(rig.ms)).as_millis());
                rig.ms = u64::try_from(until.since_start().as_millis()).unwrap();
            }
            Decision::Send => rig.arrive(rig.ms, &Reply::RateLimited, SILENT),
            other => {
                assert_eq!(other, Decision::Stop(StopReason::RateLimit));
                break;
            }
        }
    }
    let expected = [200, 300, 500, 900, 1_700, 3_300, 6_500, 12_900, 25_700, 51_300, 102_500, 162_500];
    assert_eq!(waits, expected);
}

#[test]
fn a_server_that_refuses_at_the_moment_which_it_named_is_given_more_time() {
    let mut rig = refused(SILENT, retry_at(200));
    for expected in [1_200, 4_200, 11_200] {
        assert_eq!(rig.send(), Decision::Send);
        rig.arrive(rig.ms, &Reply::RateLimited, retry_at(rig.ms));
        assert_eq!(rig.send(), cool(expected));
        rig.ms = expected;
    }
}

#[test]
fn a_server_that_asks_for_time_gets_it() {
    for (until, expected) in [(4_000, cool(4_000)), (400_000, Decision::Stop(StopReason::ApiUnavailable))] {
        let mut rig = Rig::opened(policy(), SILENT);
        assert_eq!(rig.send(), Decision::Send);
        rig.ms = 200;
        rig.arrive(100, &temporary(), retry_at(until));
        assert_eq!(rig.send(), expected);
    }
}

#[test]
fn a_failure_of_the_probe_is_everybodys_and_any_other_is_its_own() {
    let mut rig = Rig::new(policy());
    assert_eq!(rig.send(), Decision::Send);
    rig.ms = 100;
    rig.arrive(0, &temporary(), SILENT);
    assert_eq!(rig.send(), Decision::WaitUntil(at(350), WaitReason::Retry));
    rig.ms = 350;
    assert_eq!(rig.send_all(), (1, Decision::Hold));
    let mut rig = Rig::opened(policy(), SILENT);
    assert_eq!(rig.send(), Decision::Send);
    rig.arrive(100, &temporary(), SILENT);
    assert_eq!(rig.send(), Decision::Send);
}
