//! The gate before limiters of every kind, for a minute of simulated time: how much of what they allow is used, and how
//! often they refuse. The bounds lie a little below what the present constants reach.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "simulated times and counts are small"
)]

mod client;
mod server;

use std::fmt::Write;

use self::client::Client;
use self::server::{Counts, Limiter, Refuses, Tells};
use super::*;

const SECOND: u64 = 1_000_000;

const UP: Tells = Tells::Seconds { up: true, more: 0 };
const DOWN: Tells = Tells::Seconds { up: false, more: 0 };
const DOWN_AND_ONE: Tells = Tells::Seconds { up: false, more: 1 };

const KINDS: [Counts; 4] = [Counts::Aligned, Counts::FromFirst, Counts::Log, Counts::Weighted];

fn us(us: u64) -> Moment {
    Moment::after_start(Duration::from_micros(us))
}

fn limiter(counts: Counts, limit: u64, seconds: u64, tells: Tells) -> Limiter {
    Limiter { counts, limit, window: seconds * SECOND, refuses: Refuses::Free, tells, rival: 0 }
}

/// What is at least used of what is allowed once the limiter is known, and the most refusals in a thousand calls.
struct Bounds(f64, f64);

fn hold(cases: impl IntoIterator<Item = Limiter>, Bounds(least, most): Bounds) {
    let mut missed = String::new();
    for limiter in cases {
        let (seconds, known) = if limiter.window >= 60 * SECOND { (300, 60) } else { (60, 10) };
        let (used, refused) = Client::new(limiter).run(seconds).figures(known);
        if used < least || refused > most {
            writeln!(missed, "{:.1}% used, {refused:.1} refused: {limiter:?}", used * 100.0).unwrap();
        }
    }
    assert!(missed.is_empty(), "of {:.0}% and {most:.0}\n{missed}", least * 100.0);
}

fn every(limits: &'static [(u64, u64)], tells: &'static [Tells]) -> impl Iterator<Item = Limiter> {
    let of_kind = move |counts| {
        limits.iter().flat_map(move |(limit, seconds)| {
            tells.iter().map(move |tells| limiter(counts, *limit, *seconds, *tells))
        })
    };
    KINDS.into_iter().flat_map(of_kind)
}

#[test]
fn a_limiter_that_tells_what_is_left_is_used_and_hardly_ever_refuses() {
    let limits = &[(100, 1), (100, 2), (300, 10), (500, 1), (1_000, 60)];
    hold(every(limits, &[Tells::Exactly, UP, DOWN, DOWN_AND_ONE]), Bounds(0.94, 3.5));
}

#[test]
fn a_bucket_is_found_to_be_one() {
    let bucket = |tells| limiter(Counts::Bucket(100), 50, 1, tells);
    hold([Tells::Exactly, UP, Tells::NextFree, Tells::NoReset].map(bucket), Bounds(0.97, 3.0));
}

#[test]
fn a_small_quota_is_used_as_well_as_its_words_allow() {
    let limits = &[(10, 1), (5, 1), (3, 6)];
    hold(every(limits, &[Tells::Exactly, UP, DOWN, DOWN_AND_ONE]), Bounds(0.45, 200.0));
}

#[test]
fn a_limiter_that_never_says_when_more_comes_is_learned() {
    let limits = &[(100, 1), (100, 2), (300, 10)];
    hold(every(limits, &[Tells::NoReset]), Bounds(0.55, 16.0));
}

#[test]
fn what_another_client_leaves_is_used_and_not_fought_for() {
    let shared =
        |counts| [Tells::Exactly, UP].map(|tells| Limiter { rival: 50, ..limiter(counts, 100, 1, tells) });
    hold(KINDS.into_iter().flat_map(shared), Bounds(0.78, 10.0));
}

#[test]
fn a_limiter_that_says_nothing_is_found_by_its_refusals() {
    let limits = &[(100, 2), (300, 10)];
    hold(every(limits, &[Tells::Nothing, Tells::RetryAfter]), Bounds(0.6, 30.0));
    let buckets = [1, 20].map(|burst| limiter(Counts::Bucket(burst), 50, 1, Tells::Nothing));
    hold(buckets, Bounds(0.8, 45.0));
}

#[test]
fn refusals_that_are_punished_starve_nobody() {
    let hostile = |(counts, refuses)| {
        [(100, 2), (300, 10)].into_iter().flat_map(move |(limit, seconds)| {
            let all = [Tells::Nothing, Tells::RetryAfter, UP, DOWN];
            all.map(|tells| Limiter { refuses, ..limiter(counts, limit, seconds, tells) })
        })
    };
    let kinds = [
        (Counts::FromFirst, Refuses::Restarts),
        (Counts::Log, Refuses::Counts),
        (Counts::Weighted, Refuses::Counts),
    ];
    hold(kinds.into_iter().flat_map(hostile), Bounds(0.2, 40.0));
    // A flight of calls that nothing warned would be refused together, and the pause doubled for each: words are needed.
    let doubles = [UP, DOWN]
        .map(|tells| Limiter { refuses: Refuses::Doubles, ..limiter(Counts::FromFirst, 100, 2, tells) });
    hold(doubles, Bounds(0.9, 3.0));
}
