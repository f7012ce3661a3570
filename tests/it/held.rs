//! What a run says of what holds it up: the pace, the quota's return, the headers that it does not believe.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use regex::Regex;
use serde_json::Value;

use crate::support::api::api;
use crate::support::domains;
use crate::support::home::Home;
use crate::support::mocked::{Mocked, found, refused};

/// Returns the UTC time at which a run says that the quota is back, after checking what else it says of it.
#[track_caller]
fn told_reset(stderr: &str, zone: &str) -> Timestamp {
    static SENTENCE: LazyLock<Regex> = LazyLock::new(|| {
        let minute = "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}";
        let sentence = format!(
            r"resets at ({minute}) your time \(({minute}) UTC\), in [^.]+\. After that, run the same command again to go on[.:]"
        );
        Regex::new(&sentence).unwrap()
    });
    let stderr = stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    let found = SENTENCE.captures(&stderr).unwrap_or_else(|| panic!("{stderr}"));
    let reset = |place: usize, zone: &str| {
        let local = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M", &found[place]).unwrap();
        local.to_zoned(TimeZone::get(zone).unwrap()).unwrap().timestamp()
    };
    assert_eq!(reset(1, zone), reset(2, "UTC"), "{stderr}");
    reset(2, "UTC")
}

#[test]
fn the_quotas_return_is_told_in_both_times() {
    let home = Home::with("in.txt", domains(3));
    let api = api("limit=1,window=1d");
    let call = home.call("batch in.txt -o out.csv --wait 0 --summary s.json").at(&api);
    let ended = call.env("TZ", "America/New_York").run().exits(6);
    let reset = told_reset(&ended.stderr, "America/New_York");
    let summary = home.json("s.json");
    assert_eq!(summary["rate_limit"]["resets_at"].as_str().unwrap().parse::<Timestamp>().unwrap(), reset);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "what a run says of the time is compared with the time")]
fn the_end_of_a_retry_after_is_told_where_no_quota_is() {
    let home = Home::with("in.txt", domains(3));
    let wait = refused(429, "rate_limited").insert_header("retry-after", "7205");
    let api = Mocked::answering([found(), wait]);
    let call = home.call("batch in.txt -o out.csv --wait 1m -q --base-url").args(&api.url()).key("wbk_test");
    let begun = Timestamp::now();
    let ended = call.env("TZ", "America/New_York").run().exits(6);
    let reset = told_reset(&ended.stderr, "America/New_York");
    let away = reset.duration_since(begun).as_secs();
    // To the next full minute.
    assert!((7205..7205 + 90).contains(&away), "{away}: {}", ended.stderr);
}

#[test]
fn the_pace_is_told_and_is_no_wait() {
    let home = Home::with("in.txt", domains(60));
    let api = api("limit=20,window=1s,latency=1ms");
    let call = home.call("batch in.txt -o out.csv --progress json --summary s.json").at(&api);
    let ended = call.run().exits(0);
    let events: Vec<Value> = ended.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| events.iter().filter(|event| event["event"] == kind).collect::<Vec<_>>();
    let paces = of("pace_changed");
    assert!(paces.iter().any(|pace| pace["why"] == "quota" && pace["per_second"].is_f64()), "{paces:?}");
    assert!(paces.len() < 8, "{paces:?}");
    assert!(of("waiting").iter().all(|wait| wait["why"] != "pace"));
    let summary = home.json("s.json");
    assert!(summary["waited_s"]["pace"].as_f64().unwrap() > 0.5, "{summary}");
    assert_eq!(of("run_finished")[0]["waited_s"], summary["waited_s"]);
}

#[test]
fn a_header_that_is_not_believed_is_told_once() {
    let home = Home::with("in.txt", domains(40));
    let garbled = found().insert_header("x-ratelimit-remaining", "plenty");
    let api = Mocked::answering([garbled]);
    let call = home.call("batch in.txt -v -o out.csv --base-url").args(&api.url()).key("wbk_test");
    let ended = call.run().exits(0);
    let remark = "x-ratelimit-remaining: 'plenty' cannot be read; passed over";
    assert_eq!(ended.stderr.matches(remark).count(), 1, "{}", ended.stderr);
    home.call("batch in.txt -q --refresh -o out.csv --base-url")
        .args(&api.url())
        .key("wbk_test")
        .run()
        .quietly();

    let api = crate::support::api::api("reset=delta-ms,latency=1ms");
    let ended = home.call("batch in.txt -v -o out.csv").at(&api).run().exits(0);
    assert_eq!(ended.stderr.matches("is taken for milliseconds").count(), 1, "{}", ended.stderr);
}
