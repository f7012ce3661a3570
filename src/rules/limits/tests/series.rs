//! What is learned from answer to answer: the unit, the clock, the rounding.

use proptest::prelude::*;

use super::world::{DIALECTS, Dialect, Read, Server, Way, reads};
use super::*;

fn ways(pause: f64) -> impl Strategy<Value = Vec<Way>> {
    prop::collection::vec((0.001..pause, 0.001..0.3, 0.001..0.3), 12..60)
}

/// Tells by how much a reset was read too late; below zero where too early. A reset that is over is now.
fn late(read: &Read) -> f64 {
    read.reset.unwrap_or(f64::NAN) - read.truth.max(read.now)
}

proptest! {
    #[test]
    fn resets_are_read_as_they_are(server in Server::strategy(), ways in ways(0.5)) {
        // What tells milliseconds from seconds is an answer to a call that left after another answer had come.
        let alone = |(pause, ..): &Way| (*pause, 0.003, 0.002);
        let is_vague = server.dialect == Dialect::DeltaMillis;
        let ways: Vec<Way> = if is_vague { ways.iter().map(alone).collect() } else { ways };
        let reads = reads(&server, &ways, |_| 0.0);
        let grain = server.dialect.grain();
        for read in &reads[4..] {
            // A window that has just begun tells of its end for the first time; so did the one before.
            let early = if grain < 0.0 { 1.0 } else { 0.0 };
            prop_assert!(late(read) >= -early - 0.01, "{read:?}");
            let by_date = if server.dates && server.dialect.is_time() { 1.0 } else { 0.0 };
            let most = grain.abs() + by_date + 0.6 + read.travelled;
            prop_assert!(late(read) <= most, "{read:?} by {}", late(read));
        }
    }

    #[test]
    fn the_phase_of_the_servers_second_is_learned(server in Server::strategy(), step in 0.3..0.7f64) {
        let server = Server { dates: true, window: 1e5, dialect: Dialect::EpochFraction, ..server };
        let pause = |call: u32| 0.05 + (f64::from(call) * (step + 0.003 * f64::from(call))).fract() * 0.9;
        let ways: Vec<Way> = (0..200).map(|call| (pause(call), 0.01, 0.01)).collect();
        let read = reads(&server, &ways, |_| 0.0).pop().unwrap();
        prop_assert!((-0.001..0.2).contains(&late(&read)), "{}", late(&read));
    }

    #[test]
    fn a_wall_clock_that_is_set_changes_nothing(server in Server::strategy(), ways in ways(0.5), by in -1e7..1e7f64) {
        let seen = |jump: f64| -> Vec<_> {
            let jumps = |index| if index < 6 { 0.0 } else { jump };
            reads(&server, &ways, jumps).iter().map(|read| read.reset).collect()
        };
        prop_assert_eq!(seen(0.0), seen(by));
    }
}

#[test]
fn milliseconds_are_known_at_the_third_answer() {
    for window in [2.0, 10.0, 60.0, 3_600.0] {
        let server = Server { dialect: Dialect::DeltaMillis, skew: 0.0, dates: true, window, phase: 0.0 };
        let reads = reads(&server, &[(0.005, 0.003, 0.002); 3], |_| 0.0);
        assert!(late(&reads[2]).abs() < 0.01, "{window}: {reads:?}");
    }
}

#[test]
fn seconds_stay_seconds() {
    for dialect in DIALECTS {
        let server = Server { dialect, skew: 0.0, dates: true, window: 86_400.0, phase: 0.0 };
        let reads = reads(&server, &[(0.4, 0.05, 0.05); 60], |_| 0.0);
        assert!(late(&reads[59]).abs() <= 2.0, "{dialect:?}: {:?}", reads[59]);
    }
}

/// Reads a series of answers, each at so many milliseconds, and returns how far ahead each reset is, in milliseconds.
fn series(answers: &[(u64, &[(&str, &str)])]) -> Vec<Option<u128>> {
    let mut reading = Reading::new();
    let mut seen = Vec::new();
    for (ms, lines) in answers {
        let at = now().at + Duration::from_millis(*ms);
        let report = reading.read(&headers(lines), at, Now { at, wall: now().wall });
        seen.push(quota(&report).reset.map(|reset| (reset.at - at).as_millis()));
    }
    seen
}

fn delta<'a>(left: &'a str, reset: &'a str) -> [(&'a str, &'a str); 3] {
    [("x-ratelimit-limit", "100"), ("x-ratelimit-remaining", left), ("x-ratelimit-reset", reset)]
}

#[test]
fn what_is_used_up_within_moments_may_be_milliseconds() {
    // A bucket: the more is used, the longer it takes to be full, and nothing falls while calls leave.
    let use_up = |last: &'static str| {
        let mut answers: Vec<(u64, Vec<(&str, &str)>)> = Vec::new();
        for (ms, left) in [(0, "5"), (5, "4"), (10, "3"), (15, "2"), (20, "1")] {
            answers.push((ms, delta(left, "1000").to_vec()));
        }
        answers.push((25, delta("0", last).to_vec()));
        let answers: Vec<(u64, &[(&str, &str)])> =
            answers.iter().map(|(ms, lines)| (*ms, lines.as_slice())).collect();
        series(&answers).pop().unwrap()
    };
    assert_eq!(use_up("2000"), Some(2_000), "a look costs little");
    assert_eq!(use_up("43200"), Some(43_200_000), "a day's quota is none of that sort");
    assert_eq!(use_up("60"), Some(60_000));
}

#[test]
fn a_coincidence_is_outvoted() {
    // What falls by a thousand a second, but for one pair of answers.
    let seen = series(&[
        (0, &delta("9", "60000")),
        (100, &delta("8", "59900")),
        (200, &delta("7", "59800")),
        (3_200, &delta("6", "59797")),
        (3_300, &delta("5", "56700")),
        (3_400, &delta("4", "56600")),
    ]);
    assert_eq!(seen, [60_000_000, 59_900, 59_800, 59_797, 56_700, 56_600].map(Some));
}

#[test]
fn what_does_not_count_down_is_the_windows_length() {
    let mut reading = Reading::new();
    for (ms, left) in [(0, "99"), (1_000, "98"), (2_000, "97"), (3_000, "96")] {
        let at = now().at + Duration::from_millis(ms);
        let report = reading.read(&headers(&delta(left, "60")), at, Now { at, wall: now().wall });
        let window = (ms == 3_000).then(|| Duration::from_mins(1));
        assert_eq!((quota(&report).window, quota(&report).reset.is_none()), (window, window.is_some()));
    }
    assert_eq!(reading.take_remarks().len(), 1);
}

#[test]
fn a_second_that_is_cut_off_is_added_once_it_shows() {
    let lines =
        |date, left, reset| [("date", date), ("x-ratelimit-remaining", left), ("x-ratelimit-reset", reset)];
    let (first, second) = ("Mon, 26 Feb 2024 00:00:00 GMT", "Mon, 26 Feb 2024 00:00:01 GMT");
    let seen = series(&[
        (0, &lines(first, "9", "1708905601")),
        (999, &lines(first, "8", "1708905601")),
        (1_500, &lines(second, "0", "1708905601")),
        (1_600, &lines(second, "9", "1708905603")),
    ]);
    // The date tells the phase: the server's second began at most a millisecond before the first answer.
    assert_eq!(seen, [Some(1_000), Some(1), Some(500), Some(2_400)]);
}

#[test]
fn without_dates_a_reset_that_is_over_shows_our_clock_to_be_ahead() {
    // The server is five minutes behind; its windows are of ten seconds.
    let seen = series(&[
        (0, &delta("9", "1708905305")),
        (4_900, &delta("8", "1708905305")),
        (5_100, &delta("99", "1708905315")),
        (9_000, &delta("0", "1708905315")),
    ]);
    assert_eq!(seen, [Some(0), Some(0), Some(9_800), Some(5_900)]);
}

#[test]
fn without_dates_a_window_that_is_over_too_early_shows_our_clock_to_be_behind() {
    let seen = series(&[
        (0, &delta("9", "1708905905")),
        (4_900, &delta("8", "1708905905")),
        (5_100, &delta("99", "1708905915")),
        (9_000, &delta("0", "1708905915")),
    ]);
    // Up to a second late, since the reset may have been rounded up.
    assert_eq!(seen, [Some(305_000), Some(300_100), Some(11_000), Some(7_100)]);
}

#[test]
fn after_a_sleep_the_newest_date_holds() {
    let lines = |date| [("date", date), ("x-ratelimit-remaining", "5"), ("x-ratelimit-reset", "1708909200")];
    let (before, after) = ("Mon, 26 Feb 2024 00:00:00 GMT", "Mon, 26 Feb 2024 00:50:00 GMT");
    let seen = series(&[(0, &lines(before)), (1_000, &lines(after)), (1_500, &lines(after))]);
    assert_eq!(seen, [Some(3_600_000), Some(600_000), Some(599_500)]);
}
