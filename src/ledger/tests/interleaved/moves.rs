//! What runs do, and what happens to them.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::log::{Terms, WISHES};

/// Whom they ask about.
pub(super) const SUBJECTS: [&str; 2] = ["acme.com", "b.io"];

/// What a run does about a subject. What needs an intent of its own asks for one where there is none.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    LookUp,
    LookUpStopped,
    Intend,
    Answer,
    Fail,
    FailOpen,
    Withdraw,
    WithdrawAndMoveOn,
    Release,
    ShowLife,
}

#[derive(Clone, Debug)]
pub(super) enum Move {
    /// A run gives orders, which are committed together.
    Orders(usize, Vec<(Act, usize)>),
    /// So many milliseconds pass; the clock may also be set back.
    Pass(i64),
    /// A run dies, and another takes its seat.
    Die(usize, Terms),
    /// A run ends, and another takes its seat.
    End(usize, Terms),
}

pub(super) fn terms() -> impl Strategy<Value = Terms> {
    let hours = |hours| prop::sample::select(hours).prop_map(SignedDuration::from_hours);
    (0..WISHES.len(), hours(vec![0, 1, 720]), hours(vec![0, 168]))
        .prop_map(|(wish, max_age, no_match_age)| Terms { wish, max_age, no_match_age })
}

fn acts() -> impl Strategy<Value = Vec<(Act, usize)>> {
    let act = prop_oneof![
        3 => Just(Act::LookUp),
        1 => Just(Act::LookUpStopped),
        6 => Just(Act::Intend),
        4 => Just(Act::Answer),
        1 => Just(Act::Fail),
        1 => Just(Act::FailOpen),
        1 => Just(Act::Withdraw),
        1 => Just(Act::WithdrawAndMoveOn),
        2 => Just(Act::Release),
        1 => Just(Act::ShowLife),
    ];
    prop::collection::vec((act, 0..SUBJECTS.len()), 1..4)
}

pub(super) fn moves(seats: usize) -> impl Strategy<Value = Vec<Move>> {
    const MINUTE: i64 = 60_000;
    const HOUR: i64 = 60 * MINUTE;
    let soon =
        prop::sample::select(vec![1, 700, MINUTE / 2, MINUTE - 1, MINUTE, MINUTE, -3_000, -2 * MINUTE]);
    let late = prop::sample::select(vec![HOUR, 23 * HOUR - 1, 23 * HOUR, 25 * HOUR, 170 * HOUR, 721 * HOUR]);
    let step = prop_oneof![
        12 => (0..seats, acts()).prop_map(|(seat, acts)| Move::Orders(seat, acts)),
        3 => soon.prop_map(Move::Pass),
        1 => late.prop_map(Move::Pass),
        1 => (0..seats, terms()).prop_map(|(seat, terms)| Move::Die(seat, terms)),
        1 => (0..seats, terms()).prop_map(|(seat, terms)| Move::End(seat, terms)),
    ];
    prop::collection::vec(step, 1..60)
}
