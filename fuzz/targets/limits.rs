//! Limit headers: answers of any kind, one after the other, are read without a panic, and no moment is past or absurd.
//!
//! An answer is a block of header lines; blocks are parted by blank lines. `+MS` on a line lets time pass before it, `@MS`
//! sets the wall clock forward.

#![no_main]

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use leadenrich::rules::limits::{LimitReport, Reading};
use leadenrich::rules::time::{Moment, Now};
use leadenrich_fuzz::{assert_shown, headers};
use libfuzzer_sys::fuzz_target;

/// The present of `fixtures/headers`: 2024-02-26T00:00:00Z.
const WALL: i64 = 1_708_905_600;

/// The longest that a quota is believed to take, with a day for what clocks are off.
const FARTHEST: Duration = Duration::from_secs(33 * 86_400);

/// The most remarks of a run.
const REMARKS: usize = 40;

/// Longer than any remark: two quoted texts and some words.
const LONGEST: usize = 300;

fuzz_target!(|data: &[u8]| {
    let mut reading = Reading::new();
    let mut again = Reading::new();
    let mut passed = Duration::from_millis(100);
    let mut wall = Timestamp::from_second(WALL).unwrap_or_default();
    let mut remarks = 0;
    for block in blocks(data) {
        let (spent, set) = passing(&block);
        let sent_at = Moment::after_start(passed);
        passed += spent;
        wall = wall.checked_add(spent).and_then(|wall| wall.checked_add(set)).unwrap_or(wall);
        let now = Now { at: Moment::after_start(passed), wall };
        let headers: HeaderMap = headers(block.iter().copied());
        let report = reading.read(&headers, sent_at, now);
        look_at(&report, now);
        assert_eq!(report, again.read(&headers, sent_at, now), "the same answers are read alike");
        let said = reading.take_remarks();
        remarks += said.len();
        said.iter().for_each(|remark| assert_shown(&remark.to_string(), LONGEST));
        assert_eq!(said, again.take_remarks());
        assert!(remarks <= REMARKS, "{remarks} remarks");
    }
});

fn look_at(report: &LimitReport, now: Now) {
    let moments = report.quotas.iter().filter_map(|quota| quota.reset).map(|reset| reset.at);
    for moment in moments.chain(report.retry_at) {
        assert!(moment >= now.at, "a moment that is past");
        assert!(moment - now.at <= FARTHEST, "a moment that is far away");
    }
}

/// Splits lines into blocks at blank lines.
fn blocks(data: &[u8]) -> Vec<Vec<&[u8]>> {
    let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).collect();
    lines.split(|line| line.is_empty()).filter(|block| !block.is_empty()).map(<[&[u8]]>::to_vec).collect()
}

/// Returns the time that a block lets pass, and that by which it sets the clock.
fn passing(block: &[&[u8]]) -> (Duration, Duration) {
    let after = |mark: u8| {
        let line = block.iter().find_map(|line| line.strip_prefix(&[mark]))?;
        std::str::from_utf8(line).ok()?.parse::<u32>().ok()
    };
    let millis = |mark| Duration::from_millis(after(mark).unwrap_or_default().into());
    (millis(b'+'), millis(b'@'))
}
