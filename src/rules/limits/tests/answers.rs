//! What one answer says, without anything learned.

use proptest::prelude::*;

use super::*;

#[test]
fn reads_the_vendors_headers() {
    let report = read(&[
        ("x-ratelimit-limit", "1000"),
        ("x-ratelimit-remaining", "995"),
        ("x-ratelimit-reset", "1708905660"),
    ]);
    assert_eq!((quota(&report).limit, quota(&report).remaining), (Some(1000), Some(995)));
    assert_eq!(reset_ahead(&report), Some(60.0));
    assert_eq!((report.quotas.len(), report.retry_at), (1, None));
}

#[test]
fn reads_a_reset_by_its_size() {
    let cases = [
        ("1708905660", Some(60.0)),
        ("1708905660.5", Some(60.5)),
        ("1708905660000", Some(60.0)),
        ("1708905660000000", Some(60.0)),
        ("60", Some(60.0)),
        ("0", Some(0.0)),
        ("1m", Some(60.0)),
        ("250ms", Some(0.25)),
        ("2024-02-26T00:01:00Z", Some(60.0)),
        ("2024-02-26 00:01:00", Some(60.0)),
        ("Mon, 26 Feb 2024 00:01:00 GMT", Some(60.0)),
        ("Mon Feb 26 2024 00:01:00 GMT+0000 (Coordinated Universal Time)", Some(60.0)),
        ("99999999", Some(99_999.999)),
        ("1708819200", None),
        ("-1", None),
        ("NaN", None),
        ("soon", None),
        ("\u{e4}", None),
        ("4102444800", None),
        ("99999999999999999999", None),
        ("", None),
    ];
    for (value, expected) in cases {
        assert_eq!(reset_ahead(&read(&[("x-ratelimit-reset", value)])), expected, "{value:?}");
        let retry = read(&[("retry-after", value)]).retry_at;
        assert_eq!(seconds_ahead(retry), expected, "Retry-After: {value:?}");
    }
}

#[test]
fn the_servers_date_takes_the_skew_out() {
    let ahead = read(&[("date", "Mon, 26 Feb 2024 00:05:00 GMT"), ("x-ratelimit-reset", "1708905960")]);
    assert_eq!(reset_ahead(&ahead), Some(60.0));
    let stated = quota(&ahead).reset.unwrap().stated;
    assert_eq!(stated.as_second(), 1_708_905_960, "the server's own words are shown");
    let behind =
        read(&[("date", "Sun, 25 Feb 2024 23:55:00 GMT"), ("retry-after", "Sun, 25 Feb 2024 23:55:03 GMT")]);
    assert_eq!(seconds_ahead(behind.retry_at), Some(3.0));
}

/// Headers.
type Lines = [(&'static str, &'static str)];

/// What is said of a quota: limit, left, seconds to the reset, seconds of the window.
type Expected = [Option<u64>; 4];

fn told(report: &LimitReport) -> Vec<Expected> {
    let told = |quota: &QuotaReport| {
        let reset = quota.reset.map(|reset| (reset.at - now().at).as_secs());
        [quota.limit, quota.remaining, reset, quota.window.map(|window| window.as_secs())]
    };
    report.quotas.iter().map(told).collect()
}

#[test]
fn finds_the_quotas_in_every_spelling() {
    let table: &[(&Lines, &[Expected])] = &[
        (
            &[("x-rate-limit-limit", "100"), ("x-rate-limit-remaining", "7"), ("x-rate-limit-reset", "30")],
            &[[Some(100), Some(7), Some(30), None]],
        ),
        (
            &[
                ("ratelimit-policy", "100;w=60"),
                ("ratelimit-limit", "100"),
                ("ratelimit-remaining", "7"),
                ("ratelimit-reset", "30"),
            ],
            &[[Some(100), Some(7), Some(30), Some(60)]],
        ),
        (
            &[("ratelimit-policy", "100;w=60"), ("ratelimit", "limit=100, remaining=7, reset=30")],
            &[[Some(100), Some(7), Some(30), Some(60)]],
        ),
        (
            &[
                ("ratelimit-policy", r#""m"; q=100; w=60; pk=:ODQ2:, "d"; q=1000; w=86400"#),
                ("ratelimit", r#""m"; r=7; t=30, "d"; r=900; t=3600"#),
            ],
            &[[Some(100), Some(7), Some(30), Some(60)], [Some(1000), Some(900), Some(3600), Some(86_400)]],
        ),
        (
            &[("x-ratelimit-limit", "10, 10;w=1;burst=0, 1000;w=3600"), ("x-ratelimit-remaining", "7")],
            &[[Some(10), Some(7), None, Some(1)], [Some(1000), None, None, Some(3600)]],
        ),
        (
            &[
                ("x-ratelimit-limit-second", "5"),
                ("x-ratelimit-remaining-second", "4"),
                ("x-ratelimit-limit-minute", "100"),
                ("x-ratelimit-remaining-minute", "3"),
                ("ratelimit-limit", "100"),
                ("ratelimit-remaining", "3"),
                ("ratelimit-reset", "30"),
            ],
            &[[Some(100), Some(3), Some(30), Some(60)], [Some(5), Some(4), None, Some(1)]],
        ),
        (
            &[
                ("x-ratelimit-limit-requests", "100"),
                ("x-ratelimit-remaining-requests", "7"),
                ("x-ratelimit-reset-requests", "1m30s"),
                ("x-ratelimit-limit-tokens", "40000"),
            ],
            &[[Some(100), Some(7), Some(90), None]],
        ),
    ];
    for (lines, expected) in table {
        assert_eq!(told(&read(lines)), *expected, "{lines:?}");
    }
}

#[test]
fn one_quota_in_two_families_is_one_and_two_are_two() {
    let legacy = [("x-ratelimit-limit", "100"), ("x-ratelimit-remaining", "7"), ("x-ratelimit-reset", "31")];
    let draft = [
        ("ratelimit-policy", "100;w=60"),
        ("ratelimit-limit", "100"),
        ("ratelimit-remaining", "7"),
        ("ratelimit-reset", "30"),
    ];
    let both = read(&[&legacy[..], &draft[..]].concat());
    assert_eq!(told(&both), [[Some(100), Some(7), Some(30), Some(60)]]);
    let gateway = [("ratelimit-limit", "1000"), ("ratelimit-remaining", "900"), ("ratelimit-reset", "3600")];
    let two = read(&[&legacy[..], &gateway[..]].concat());
    assert_eq!(two.quotas.len(), 2);
    let lines =
        [("x-ratelimit-limit", "1000"), ("x-ratelimit-remaining", "900"), ("x-ratelimit-reset", "3600")];
    let twice = read(&[&legacy[..], &lines[..]].concat());
    let reversed = read(&[("x-ratelimit-limit", "100"), ("x-ratelimit-remaining", "7, 900")]);
    assert_eq!((twice.quotas.len(), reversed.quotas.len()), (2, 2), "the same header twice");
}

#[test]
fn odd_counts_are_read_with_care() {
    let count = |limit, remaining| {
        let report = read(&[("x-ratelimit-limit", limit), ("x-ratelimit-remaining", remaining)]);
        (quota(&report).limit, quota(&report).remaining)
    };
    assert_eq!(count("100", "150"), (Some(100), Some(100)));
    assert_eq!(count("100", "-3"), (Some(100), Some(0)));
    assert_eq!(count("100", "7.9"), (Some(100), Some(7)));
    assert_eq!(count("0", "0"), (Some(0), Some(0)));
    assert_eq!(count("-1", "-1"), (None, None), "no limit");
    assert_eq!(count("unlimited", "NaN"), (None, None));
}

#[test]
fn a_first_number_counts_seconds_also_where_nothing_is_left() {
    for remaining in ["0", "1"] {
        let reset =
            |reset| reset_ahead(&read(&[("x-ratelimit-remaining", remaining), ("x-ratelimit-reset", reset)]));
        assert_eq!((reset("30000"), reset("3000")), (Some(30_000.0), Some(3_000.0)));
    }
}

#[test]
fn what_stands_beside_a_number_tells_its_unit() {
    let retry = read(&[("x-ratelimit-reset", "2950"), ("retry-after", "3")]);
    assert_eq!(reset_ahead(&retry), Some(2.95));
    let window = read(&[
        ("ratelimit-policy", "100;w=60"),
        ("ratelimit-limit", "100"),
        ("ratelimit-remaining", "50"),
        ("ratelimit-reset", "59000"),
    ]);
    assert_eq!(reset_ahead(&window), Some(59.0));
    let fraction = read(&[("x-ratelimit-reset", "31"), ("retry-after", "30.25")]);
    assert_eq!(reset_ahead(&fraction), Some(30.25), "the finer of the two");
}

#[test]
fn each_doubt_is_said_once() {
    let lines = headers(&[
        ("x-ratelimit-reset", "soon wbk_secret"),
        ("x-ratelimit-remaining", "-2"),
        ("retry-after", "1"),
        ("date", "yesterday"),
    ]);
    let mut reading = Reading::new();
    reading.read(&lines, now().at, now());
    reading.read(&lines, now().at, now());
    let remarks: Vec<_> = reading.take_remarks().iter().map(ToString::to_string).collect();
    assert_eq!(
        remarks,
        [
            "date: 'yesterday' cannot be read; passed over",
            "x-ratelimit-remaining: '-2' is below zero; none is left",
            "x-ratelimit-reset: 'soon wbk_[redacted]' cannot be read; passed over",
        ]
    );
    reading.read(&lines, now().at, now());
    assert_eq!(reading.take_remarks(), []);
}

const NAMES: [&str; 10] = [
    "date",
    "retry-after",
    "ratelimit",
    "ratelimit-policy",
    "ratelimit-limit",
    "ratelimit-reset",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-ratelimit-limit-second",
];

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,40}",
        "-?[0-9]{1,25}(\\.[0-9]{1,4})?",
        "[0-9]{1,3}(;w=[0-9]{1,9})?(, ?[0-9]{1,3};w=[0-9.]{1,5}){0,12}",
        any::<f64>().prop_map(|number| number.to_string()),
        "\"[a-z]\"; ?[qrtw]=[0-9]{1,16}; ?[qrtw]=[0-9]{1,12}",
        (-400_000_000_000i64..400_000_000_000).prop_map(|second| {
            Timestamp::from_second(second).map_or_else(|_| String::new(), |time| time.to_string())
        }),
    ]
}

proptest! {
    #[test]
    fn no_headers_are_too_much(
        answers in prop::collection::vec(prop::collection::vec((0..NAMES.len(), value()), 0..12), 1..6),
    ) {
        let mut reading = Reading::new();
        for lines in answers {
            let lines: Vec<_> = lines.iter().map(|(name, value)| (NAMES[*name], value.as_str())).collect();
            let report = reading.read(&headers(&lines), Moment::START, now());
            let resets = report.quotas.iter().filter_map(|quota| quota.reset.map(|reset| reset.at));
            for moment in resets.chain(report.retry_at) {
                // A time that is cut off may be a second further.
                prop_assert!(moment >= now().at && moment - now().at <= FARTHEST + Duration::from_secs(1));
            }
            for remark in reading.take_remarks() {
                prop_assert!(remark.to_string().chars().count() < 200);
            }
        }
    }
}
