//! Limits of every kind, told in every way: how much of them a run uses, and how often it oversteps them.

use super::measure::{Measured, measure};
use crate::sandbox::{HeaderStyle, ResetStyle};

/// How far the server's clock is ahead.
const SKEWS: [&str; 3] = ["-300s", "0s", "300s"];

/// Ways of telling besides the headers' style.
const WAYS: [&str; 5] =
    ["skew=300s", "date=off", "retry-after=always", "retry-after=floor", "retry-after=date"];

/// Of so many calls one may be refused where everything is told.
const REFUSED_OF: u64 = 1_000;

/// Of so many calls one may be refused where nothing is told but that.
const REFUSED_OF_UNTOLD: u64 = 10;

/// A limit, and what is to be made of it.
#[derive(Clone, Copy)]
struct Limit {
    settings: &'static str,
    /// So many are long enough for what is learned at first not to weigh too much.
    rows: usize,
    /// In percent.
    used_at_least: f64,
}

const fn limit(settings: &'static str, rows: usize, used_at_least: f64) -> Limit {
    Limit { settings, rows, used_at_least }
}

const LIMITS: [Limit; 5] = [
    limit("limit=100,window=1s,limiter=fixed", 1_000, 90.0),
    limit("limit=300,window=10s,limiter=fixed", 900, 97.0),
    limit("limit=100,window=2s,limiter=from-first", 1_500, 92.0),
    limit("limit=100,window=2s,limiter=sliding", 1_500, 92.0),
    limit("limit=50,window=1s,limiter=bucket,burst=100", 700, 97.0),
];

/// Drives a run for each way of telling.
async fn measure_each(limit: Limit, ways: impl IntoIterator<Item = String>) -> Vec<Measured> {
    let mut all = Vec::new();
    for way in ways {
        all.push(measure(&format!("{},{way}", limit.settings), limit.rows).await);
    }
    all
}

/// Holds the worst of them against what is to be made of the limit.
fn assert_is_used(limit: Limit, all: &[Measured]) {
    let worst = all.iter().min_by(|one, other| one.utilisation.total_cmp(&other.utilisation)).unwrap();
    assert!(worst.utilisation >= limit.used_at_least, "of {} % {worst}", limit.used_at_least);
    assert_is_kept(all, REFUSED_OF);
}

/// Holds the worst of them against one refusal in so many calls, rounded up.
fn assert_is_kept(all: &[Measured], one_in: u64) {
    let worst = all.iter().max_by_key(|measured| measured.refused).unwrap();
    assert!(worst.refused <= worst.calls.div_ceil(one_in), "{worst}");
}

/// Every way to write a reset, the server's clock being behind, right or ahead.
async fn each_reset(nth: usize, is_tried: impl Fn(&str) -> bool) {
    let styles = ResetStyle::NAMES.iter().enumerate().filter(|(_, (style, _))| is_tried(style));
    let ways = styles.map(|(index, (style, _))| format!("reset={style},skew={}", SKEWS[(index + nth) % 3]));
    assert_is_used(LIMITS[nth], &measure_each(LIMITS[nth], ways).await);
}

#[tokio::test(start_paused = true)]
async fn a_window_of_a_second_is_used_whatever_its_reset_looks_like() {
    each_reset(0, |_| true).await;
}

#[tokio::test(start_paused = true)]
async fn a_window_of_ten_seconds_is_used_whatever_its_reset_looks_like() {
    each_reset(1, |_| true).await;
}

#[tokio::test(start_paused = true)]
async fn a_window_from_the_first_call_is_used_whatever_its_reset_looks_like() {
    each_reset(2, |_| true).await;
}

#[tokio::test(start_paused = true)]
async fn a_sliding_window_is_used_whatever_its_reset_looks_like() {
    each_reset(3, |_| true).await;
}

#[tokio::test(start_paused = true)]
async fn a_bucket_is_used_whatever_its_reset_looks_like() {
    // Milliseconds until a bucket is full are few where it nearly is: the same digits are as good as seconds.
    each_reset(4, |style| style != "delta-ms").await;
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_used_whatever_its_headers_look_like() {
    let styles: Vec<&str> =
        HeaderStyle::NAMES.iter().map(|(style, _)| *style).filter(|style| *style != "none").collect();
    for (nth, limit) in LIMITS.into_iter().enumerate() {
        // Every way and every style with two limits, and no two of them together twice.
        let ways = [0, 2].map(|more| {
            format!("headers={},{}", styles[(nth * 2 + more) % styles.len()], WAYS[(nth + more) % WAYS.len()])
        });
        assert_is_used(limit, &measure_each(limit, ways).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_no_header_tells_of_is_found() {
    for (limit, retry_after) in LIMITS.into_iter().zip(["refused", "none"].into_iter().cycle()) {
        let way = format!("headers=none,retry-after={retry_after}");
        assert_is_kept(&measure_each(limit, [way]).await, REFUSED_OF_UNTOLD);
    }
}
