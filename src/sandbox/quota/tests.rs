//! What each kind of limiter lets through and says, and what never happens whatever is asked.

use proptest::prelude::*;

use super::*;

/// A moment a whole number of days after the epoch.
const START: i64 = 1_795_305_600_000;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(START + millis).unwrap()
}

fn quota(settings: &str) -> Quota {
    Quota::new(&settings.parse().unwrap())
}

/// Returns milliseconds after the start, rounded up.
fn millis(nanoseconds: i128) -> i128 {
    ceiling(nanoseconds, 1_000_000) - i128::from(START)
}

/// Makes calls at these milliseconds and returns, for each: what became of it, calls left, reset, next room.
fn calls(settings: &str, times: &[i64]) -> Vec<(char, u64, i128, i128)> {
    let mut quota = quota(settings);
    let mut call = |time: &i64| {
        let verdict = match quota.take(at(*time)) {
            Verdict::Through => '+',
            Verdict::Refused => '-',
            Verdict::Banned => 'x',
        };
        let standing = quota.standing(at(*time));
        (verdict, standing.remaining, millis(standing.reset), millis(standing.opens))
    };
    times.iter().map(&mut call).collect()
}

/// Returns what became of calls at these milliseconds.
fn verdicts(settings: &str, times: &[i64]) -> String {
    calls(settings, times).iter().map(|call| call.0).collect()
}

#[test]
fn fixed_windows_are_aligned() {
    assert_eq!(
        calls("limit=2,window=1500ms", &[500, 500, 1_499, 1_500, 4_499]),
        [
            ('+', 1, 1_500, 500),
            ('+', 0, 1_500, 1_500),
            ('-', 0, 1_500, 1_500),
            ('+', 1, 3_000, 1_500),
            ('+', 1, 4_500, 4_499),
        ]
    );
}

#[test]
fn a_day_ends_at_midnight_utc() {
    const DAY: i64 = 86_400_000;
    assert_eq!(
        calls("limit=1,window=1d", &[DAY - 1, DAY - 1, DAY]),
        [
            ('+', 0, DAY.into(), DAY.into()),
            ('-', 0, DAY.into(), DAY.into()),
            ('+', 0, 172_800_000, 172_800_000)
        ]
    );
}

#[test]
fn a_window_can_begin_with_its_first_call() {
    assert_eq!(
        calls("limiter=from-first,limit=2,window=1s", &[300, 1_200, 1_299, 1_300, 9_000]),
        [
            ('+', 1, 1_300, 300),
            ('+', 0, 1_300, 1_300),
            ('-', 0, 1_300, 1_300),
            ('+', 1, 2_300, 1_300),
            ('+', 1, 10_000, 9_000),
        ]
    );
}

#[test]
fn a_log_lets_in_whom_it_has_forgotten_one_for() {
    assert_eq!(
        calls("limiter=sliding,limit=2,window=1s", &[300, 900, 1_299, 1_300, 1_301, 1_900, 9_000]),
        [
            ('+', 1, 1_300, 300),
            ('+', 0, 1_300, 1_300),
            ('-', 0, 1_300, 1_300),
            ('+', 0, 1_900, 1_900),
            ('-', 0, 1_900, 1_900),
            ('+', 0, 2_300, 2_300),
            ('+', 1, 10_000, 9_000),
        ]
    );
}

#[test]
fn a_bucket_fills_evenly() {
    assert_eq!(
        calls("limiter=bucket,limit=2,window=1s,burst=3", &[0, 0, 0, 499, 500, 1_250, 9_000]),
        [
            ('+', 2, 500, 0),
            ('+', 1, 1_000, 0),
            ('+', 0, 1_500, 500),
            ('-', 0, 1_500, 500),
            ('+', 0, 2_000, 1_000),
            ('+', 0, 2_500, 1_500),
            ('+', 2, 9_500, 9_000),
        ]
    );
    let size = |settings: &str| {
        let standing = quota(settings).standing(at(0));
        (standing.limit, standing.window / 1_000_000)
    };
    assert_eq!(size("limiter=bucket,limit=50,window=1s"), (50, 1_000));
    assert_eq!(size("limiter=bucket,limit=50,window=1s,burst=100"), (100, 2_000));
}

#[test]
fn nothing_is_let_through_where_nothing_is_allowed() {
    for limiter in ["fixed", "from-first", "sliding", "bucket"] {
        let settings = format!("limiter={limiter},limit=0,window=1s");
        for call in calls(&settings, &[0, 1_000, 90_000_000]) {
            assert_eq!((call.0, call.1), ('-', 0), "{limiter}");
        }
    }
    assert_eq!(verdicts("limiter=bucket,limit=0,window=1s,burst=2", &[0, 0, 0, 9_000]), "++--");
    assert_eq!(verdicts("limiter=bucket,limit=2,window=1s,burst=0", &[0, 9_000]), "--");
}

#[test]
fn a_refused_call_can_have_consequences() {
    for (settings, times, expected) in [
        // A refusal at 400 ms of a second changes nothing, unless the next window is another one.
        ("refused=free", vec![0, 400, 1_000, 1_400], "+-+-"),
        ("refused=counts", vec![0, 400, 1_000, 1_400], "+-+-"),
        ("refused=restarts", vec![0, 400, 1_000, 1_999, 2_998, 2_999], "+-----"),
        ("refused=restarts", vec![0, 400, 1_399, 2_399, 2_400], "+--+-"),
        ("refused=doubles", vec![0, 400, 1_399, 3_398, 7_397, 7_398], "+-----"),
        ("refused=doubles", vec![0, 400, 1_399, 3_399, 3_400, 4_400], "+--+-+"),
        ("refused=ban-2", vec![0, 400, 500, 600, 999, 1_000, 1_100, 1_200, 1_300], "+--xx+--x"),
        // The log remembers the refusal instead of the call.
        ("limiter=sliding,refused=free", vec![0, 400, 1_000], "+-+"),
        ("limiter=sliding,refused=counts", vec![0, 400, 1_000, 1_999, 2_999], "+---+"),
        ("limiter=sliding,refused=restarts", vec![0, 400, 1_000, 1_999, 2_999], "+---+"),
        ("limiter=sliding,refused=ban-1", vec![0, 400, 1_000, 1_399, 1_400], "+-xx+"),
        // A token that was not there is owed.
        ("limiter=bucket,refused=free", vec![0, 400, 1_000], "+-+"),
        ("limiter=bucket,refused=counts", vec![0, 400, 1_999, 4_000], "+--+"),
        ("limiter=bucket,refused=restarts", vec![0, 400, 1_399, 2_399], "+--+"),
    ] {
        let settings = format!("limit=1,window=1s,{settings}");
        assert_eq!(verdicts(&settings, &times), expected, "{settings}");
    }
}

#[test]
fn the_wait_for_a_closed_limit_is_told() {
    assert_eq!(
        calls("limit=1,window=1s,refused=doubles", &[0, 400, 500, 2_499, 6_499]),
        [
            ('+', 0, 1_000, 1_000),
            ('-', 0, 1_400, 1_400),
            ('-', 0, 2_500, 2_500),
            ('-', 0, 6_499, 6_499),
            ('+', 0, 7_000, 7_000),
        ]
    );
}

#[test]
fn a_rival_takes_its_share_evenly() {
    let left = |settings: &str, times: &[i64]| -> Vec<u64> {
        let mut quota = quota(&format!("limit=100,window=1s,rival=50,{settings}"));
        times.iter().map(|time| quota.standing(at(*time)).remaining).collect()
    };
    // Every 20 ms one, the first of a window at its beginning.
    assert_eq!(left("", &[0, 19, 20, 500, 999, 1_000, 9_999]), [100, 100, 99, 75, 51, 99, 50]);
    assert_eq!(left("limiter=sliding", &[0, 500, 1_000, 60_000]), [100, 75, 50, 50]);
    assert_eq!(left("limiter=bucket", &[0, 500, 1_000, 60_000]), [100, 99, 99, 99]);
    assert_eq!(left("limiter=from-first", &[0, 19, 20, 1_019, 1_020]), [100, 100, 99, 50, 99]);
}

#[test]
fn a_rival_is_refused_like_anybody_else() {
    let mut quota = quota("limit=10,window=1s,rival=100,refused=restarts");
    for _ in 0..8 {
        assert_eq!(quota.take(at(1)), Verdict::Through);
    }
    // At 100 and 200 ms it takes the last two; at 300 it gets nothing, and nobody pays for it.
    assert_eq!(quota.standing(at(999)).remaining, 0);
    assert_eq!(quota.rivals(), 2);
    assert_eq!(quota.take(at(1_000)), Verdict::Through);
    assert_eq!(quota.rivals(), 3);
}

#[test]
fn what_a_limit_allows_is_reckoned() {
    for (settings, millis, expected) in [
        ("limit=100,window=1s", 2_500, 250.0),
        ("limiter=from-first,limit=300,window=10s", 5_000, 150.0),
        ("limiter=sliding,limit=100,window=2s,rival=25", 10_000, 375.0),
        ("limiter=bucket,limit=50,window=1s,burst=100", 10_000, 600.0),
        ("limiter=bucket,limit=50,window=1s,burst=100,rival=50", 10_000, 350.0),
        ("limit=100,window=1s", -5, 0.0),
    ] {
        let settings: Settings = settings.parse().unwrap();
        let allowed = settings.allowance(at(0), at(millis));
        assert!((allowed - expected).abs() < 1e-9, "{allowed} instead of {expected}");
    }
}

/// Calls at random times, in bursts and apart: pauses in nanoseconds.
fn pauses() -> impl Strategy<Value = Vec<i64>> {
    let pause = prop_oneof![Just(0), 0_i64..30_000_000, 0_i64..2_000_000_000];
    proptest::collection::vec(pause, 0..300)
}

/// Returns when calls were let through, in nanoseconds.
fn through(settings: &str, pauses: &[i64]) -> Vec<i128> {
    let mut quota = quota(settings);
    let mut now = at(0).as_nanosecond();
    let mut through = Vec::new();
    for pause in pauses {
        now += i128::from(*pause);
        if quota.take(Timestamp::from_nanosecond(now).unwrap()) == Verdict::Through {
            through.push(now);
        }
    }
    through
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_span_of_a_window_slides_over_the_limit(
        limit in 1_usize..20,
        window in 1_i64..1_500,
        refused in prop::sample::select(vec!["free", "counts", "restarts", "doubles", "ban-3"]),
        pauses in pauses(),
    ) {
        let settings = format!("limiter=sliding,limit={limit},window={window}ms,refused={refused}");
        let through = through(&settings, &pauses);
        // Of any limit + 1 calls in a row the last is a window younger than the first.
        for calls in through.windows(limit + 1) {
            prop_assert!(calls[limit] - calls[0] >= i128::from(window) * 1_000_000, "{calls:?}");
        }
    }

    #[test]
    fn a_log_refuses_nobody_without_need(limit in 1_usize..20, window in 1_i64..1_500, pauses in pauses()) {
        let settings = format!("limiter=sliding,limit={limit},window={window}ms");
        let through = through(&settings, &pauses);
        let mut now = at(0).as_nanosecond();
        for pause in pauses {
            now += i128::from(pause);
            let recent = |from: i128| through.iter().filter(|at| from < **at && **at <= now).count();
            let is_refused = !through.contains(&now);
            prop_assert!(!is_refused || recent(now - i128::from(window) * 1_000_000) == limit);
        }
    }

    #[test]
    fn a_bucket_never_gives_more_than_it_held_and_got(
        limit in 1_u32..50,
        window in 1_i64..1_500,
        burst in 1_u32..50,
        refused in prop::sample::select(vec!["free", "counts", "restarts"]),
        pauses in pauses(),
    ) {
        let settings = format!("limiter=bucket,limit={limit},window={window}ms,burst={burst},refused={refused}");
        let through = through(&settings, &pauses);
        for (first, from) in through.iter().enumerate() {
            for (last, to) in through.iter().enumerate().skip(first) {
                let span = f64::from(u32::try_from((to - from) / 1_000).unwrap()) / 1e6;
                let most = f64::from(burst) + f64::from(limit) * span / (f64::from(u32::try_from(window).unwrap()) / 1e3);
                prop_assert!(f64::from(u32::try_from(last - first + 1).unwrap()) <= most + 0.01);
            }
        }
    }

    #[test]
    fn fixed_windows_are_filled_and_no_more(
        limit in 1_u64..20,
        window in 1_i64..1_500,
        pauses in pauses(),
    ) {
        let through = through(&format!("limit={limit},window={window}ms"), &pauses);
        let mut asked = std::collections::BTreeMap::<i128, (u64, u64)>::new();
        let length = i128::from(window) * 1_000_000;
        let mut now = at(0).as_nanosecond();
        for pause in pauses {
            now += i128::from(pause);
            asked.entry(now / length).or_default().0 += 1;
        }
        for at in through {
            asked.entry(at / length).or_default().1 += 1;
        }
        for (asked, through) in asked.into_values() {
            prop_assert_eq!(through, asked.min(limit));
        }
    }

    #[test]
    fn who_comes_when_told_is_let_through(
        limiter in prop::sample::select(vec!["fixed", "from-first", "sliding", "bucket"]),
        refused in prop::sample::select(vec!["free", "counts", "restarts", "doubles"]),
        limit in 1_u64..20,
        pauses in pauses(),
    ) {
        let mut quota = quota(&format!("limiter={limiter},limit={limit},window=700ms,refused={refused}"));
        let mut now = at(0).as_nanosecond();
        for pause in pauses {
            now += i128::from(pause);
            quota.take(Timestamp::from_nanosecond(now).unwrap());
            let standing = quota.standing(Timestamp::from_nanosecond(now).unwrap());
            prop_assert!(standing.opens >= now && standing.reset >= now);
            prop_assert_eq!(standing.remaining == 0, standing.opens > now);
            let opens = Timestamp::from_nanosecond(standing.opens).unwrap();
            prop_assert_eq!(quota.clone().take(opens), Verdict::Through);
            let early = Timestamp::from_nanosecond(standing.opens - 1).unwrap();
            prop_assert!(standing.opens == now || quota.clone().take(early) == Verdict::Refused);
        }
    }
}
