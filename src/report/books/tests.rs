//! What the text says of a ledger.

use super::*;
use crate::report::samples;
use crate::rules::books::{Balance, OpenCalls, Runs};

fn at(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

fn context() -> Context {
    Context {
        width: 80,
        color: false,
        zone: TimeZone::UTC,
        now: "2026-11-22T15:00:00Z".parse().unwrap(),
        period: Period::Month,
    }
}

fn run(state: RunState, reason: Option<&str>) -> LastRun {
    LastRun {
        state,
        stop_reason: reason.map(Into::into),
        started_at: at("2026-11-22T11:59:40Z"),
        alive_at: at("2026-11-22T12:00:00Z"),
        ended_at: at("2026-11-22T12:00:00Z"),
        spent: 200,
        saved: 100,
    }
}

/// Returns a scope with everything that there is to tell.
fn full() -> ScopeBooks {
    let sums = Sums {
        companies: Companies { known: 724, enriched: 622, no_match: 99, not_found: 2, failed: 1 },
        credits: Credits { paid: 700, held: 622, pruned: 78, by_runs: 690, saved: 150 },
        paid: [("2026-10".into(), 78), ("2026-11".into(), 1_622)].into(),
        runs: Runs { count: 3, last: Some(run(RunState::Stopped, Some("rate_limit"))) },
        open: OpenCalls { protected: 2, uncertain: 1 },
        asked_again: 1,
        answers: Answers {
            count: 724,
            oldest_at: at("2026-11-19T11:00:00Z"),
            newest_at: at("2026-11-22T12:00:00Z"),
        },
    };
    let quota = QuotaTold {
        allowed: Some(1_000),
        remaining: 0,
        resets_at: at("2026-11-23T00:00:00Z"),
        window_ms: Some(86_400_000),
        told_at: at("2026-11-22T12:00:00Z"),
    };
    ScopeBooks {
        base_url: "https://api.example/v\u{1b}[31m".into(),
        account: "9fbead44-ba09-51d5-8e81-7f05292e1bb8".into(),
        sums,
        balance: Some(Balance { credits: 4_378, told_at: at("2026-11-22T12:00:00Z") }),
        quotas: vec![quota, QuotaTold { resets_at: at("2026-11-22T12:00:01Z"), ..quota }],
    }
}

fn books(scopes: Vec<ScopeBooks>) -> Books {
    let mut total = Sums::default();
    for scope in &scopes {
        total.add(&scope.sums);
    }
    Books { bytes: 3_000_000, total, scopes }
}

#[test]
fn everything_there_is_to_tell_at_every_width() {
    let small = ScopeBooks { base_url: "sandbox:1".into(), account: "a".into(), ..ScopeBooks::default() };
    let [one, two] = [books(vec![full()]), books(vec![full(), small])];
    samples::assert_screens("ledger", |width| text(&one, "l.db", &Context { width, ..context() }));
    let styled = |width| Context { color: true, width, ..context() };
    samples::assert_screens("ledger-scopes", |width| text(&two, "/home/ü/ledger.db", &styled(width)));
}

#[test]
fn nothing_is_told_of_nothing() {
    insta::assert_snapshot!(text(&Books::default(), "l.db", &context()), @"l.db: 0 companies, 0 credits paid, 0 B");
}

#[test]
fn a_run_ends_in_one_of_four_ways() {
    let runs = [
        run(RunState::Complete, None),
        run(RunState::Stopped, Some("credit_limit")),
        run(RunState::Stopped, Some("of\u{1b}later versions")),
        run(RunState::Running, None),
        run(RunState::Killed, None),
    ];
    let told = runs.map(|run| ended(&run, context().now));
    insta::assert_snapshot!(told.join("\n"), @r"
    complete 3 h ago
    stopped 3 h ago, credit limit reached
    stopped 3 h ago, ofater versions
    goes on
    killed, last heard of 3 h ago
    ");
}

#[test]
fn only_the_latest_periods_are_listed() {
    let mut sums = Sums::default();
    for month in 1..=14 {
        let name = format!("20{:02}-{:02}", 25 + (month - 1) / 12, (month - 1) % 12 + 1);
        sums.paid.insert(name.into(), 10 * month);
    }
    let lines = paid(&sums, Period::Month);
    assert_eq!(lines.len(), 13);
    assert_eq!(lines[0], ("by month", "30 before these".to_owned()));
    assert_eq!((&lines[1].1, &lines[12].1), (&"2025-03   30".to_owned(), &"2026-02  140".to_owned()));
    assert_eq!(paid(&sums, Period::Day).len(), 14);
}

#[test]
fn nothing_breaks_a_narrow_terminal() {
    for width in [0, 1, 24, 400] {
        let text = text(&books(vec![full()]), "l.db", &Context { width, ..context() });
        assert!(text.contains("2026-11") && !text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn the_json_has_every_key() {
    let json = json(&books(vec![full()]), "wbk_x/l.db", context().now).unwrap();
    let compact: serde_json::Value = serde_json::from_str(&json).unwrap();
    let line = compact.to_string().replace(env!("CARGO_PKG_VERSION"), "VERSION");
    insta::assert_snapshot!(line, @r#"{"schema":1,"version":"VERSION","at":"2026-11-22T15:00:00.000Z","ledger":"wbk_[redacted]/l.db","bytes":3000000,"total":{"companies":{"known":724,"enriched":622,"no_match":99,"not_found":2,"failed":1},"credits":{"paid":700,"held":622,"pruned":78,"by_runs":690,"saved":150},"paid":[{"period":"2026-10","credits":78},{"period":"2026-11","credits":1622}],"runs":{"count":3,"last":{"state":"stopped","stop_reason":"rate_limit","started_at":"2026-11-22T11:59:40.000Z","alive_at":"2026-11-22T12:00:00.000Z","ended_at":"2026-11-22T12:00:00.000Z","spent":200,"saved":100}},"open":{"protected":2,"uncertain":1},"asked_again":1,"answers":{"count":724,"oldest_at":"2026-11-19T11:00:00.000Z","newest_at":"2026-11-22T12:00:00.000Z"}},"scopes":[{"base_url":"https://api.example/v\u001b[31m","account":"9fbead44-ba09-51d5-8e81-7f05292e1bb8","companies":{"known":724,"enriched":622,"no_match":99,"not_found":2,"failed":1},"credits":{"paid":700,"held":622,"pruned":78,"by_runs":690,"saved":150},"paid":[{"period":"2026-10","credits":78},{"period":"2026-11","credits":1622}],"runs":{"count":3,"last":{"state":"stopped","stop_reason":"rate_limit","started_at":"2026-11-22T11:59:40.000Z","alive_at":"2026-11-22T12:00:00.000Z","ended_at":"2026-11-22T12:00:00.000Z","spent":200,"saved":100}},"open":{"protected":2,"uncertain":1},"asked_again":1,"answers":{"count":724,"oldest_at":"2026-11-19T11:00:00.000Z","newest_at":"2026-11-22T12:00:00.000Z"},"balance":{"credits":4378,"told_at":"2026-11-22T12:00:00.000Z"},"quotas":[{"allowed":1000,"remaining":0,"resets_at":"2026-11-23T00:00:00.000Z","window_ms":86400000,"told_at":"2026-11-22T12:00:00.000Z"},{"allowed":1000,"remaining":0,"resets_at":"2026-11-22T12:00:01.000Z","window_ms":86400000,"told_at":"2026-11-22T12:00:00.000Z"}]}]}"#);
    let manual = include_str!("../../../docs/ledger.md");
    let (_, rest) = manual.split_once("```json\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let example: serde_json::Value = serde_json::from_str(example).unwrap();
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&example), keys(&compact));
    for part in ["companies", "credits", "runs", "open", "answers", "balance"] {
        assert_eq!(keys(&example["scopes"][0][part]), keys(&compact["scopes"][0][part]), "{part}");
    }
    assert_eq!(keys(&example["scopes"][0]), keys(&compact["scopes"][0]));
    assert_eq!(keys(&example["total"]), keys(&compact["total"]));
}
