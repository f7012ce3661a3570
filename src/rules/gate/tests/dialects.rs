//! What the gate makes of each dialect of limit headers in `fixtures/headers`: the decision on the next call.

use std::fmt::Write;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::*;
use crate::rules::limits::Reading;
use crate::rules::time::Now;

fn fixture(text: &str) -> HeaderMap {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    let header = |(name, value): (&str, &str)| {
        (HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value.trim()).unwrap())
    };
    lines.map(header).collect()
}

/// Tells what the gate says after an answer with these headers: how many calls go, and what of the next.
fn told(text: &str, status: u16) -> String {
    let mut rig = Rig::new(policy());
    assert_eq!(rig.send(), Decision::Send);
    let now = Now { at: at(0), wall: "2024-02-26T00:00:00Z".parse().unwrap() };
    let report = Reading::new().read(&fixture(text), at(0), now);
    let reply = if status == 429 { Reply::RateLimited } else { Reply::NoMatch };
    rig.arrive(0, &reply, report);
    let (sent, next) = rig.send_all();
    let next = match next {
        Decision::Stop(reason) => format!("stop: {reason:?}"),
        Decision::WaitUntil(until, why) => format!("{why:?} {:?}", until.since_start()),
        other => format!("{other:?}"),
    };
    format!("{sent:>2} {next}")
}

#[test]
fn every_dialect_is_understood_or_passed_over() {
    let mut table = String::from("calls that go, and what the next one waits for\n");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/headers");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|kind| kind == "txt")).collect();
    files.sort();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy();
        writeln!(table, "{name:<22} 200: {:<18} 429: {}", told(&text, 200), told(&text, 429)).unwrap();
    }
    insta::assert_snapshot!(table, @r"
    calls that go, and what the next one waits for
    epoch-millis           200:  2 Pace 4.385714286s 429:  0 CoolDown 50ms
    exhausted              200:  0 stop: RateLimit 429:  0 stop: RateLimit
    fraction-of-a-second   200:  2 Pace 135.714286ms 429:  0 CoolDown 50ms
    http-date              200:  2 Pace 4.385714286s 429:  0 CoolDown 50ms
    ietf-fields            200: 10 Hold            429:  0 CoolDown 50ms
    in-debt                200:  0 Quota 30s       429:  0 CoolDown 30s
    iso-date               200:  2 Pace 4.385714286s 429:  0 CoolDown 50ms
    no-reset               200:  7 Quota 30ms      429:  0 CoolDown 50ms
    none                   200: 10 Hold            429:  0 CoolDown 50ms
    nonsense               200: 10 Hold            429:  0 CoolDown 50ms
    reset-far-away         200:  7 Quota 30ms      429:  0 CoolDown 50ms
    reset-in-the-past      200:  7 Quota 30ms      429:  0 CoolDown 50ms
    retry-after-date       200: 10 Hold            429:  0 CoolDown 30s
    retry-after-seconds    200: 10 Hold            429:  0 CoolDown 30s
    seconds-from-now       200:  2 Pace 4.385714286s 429:  0 CoolDown 50ms
    server-clock-ahead     200:  2 Pace 4.385714286s 429:  0 CoolDown 50ms
    server-clock-behind    200:  2 Pace 4.385714286s 429:  0 CoolDown 50ms
    vendor                 200: 10 Hold            429:  0 CoolDown 50ms
    ");
}
