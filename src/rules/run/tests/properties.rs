//! What holds whatever happens: faults, kills, losses, stops, in any order of answers.

use std::collections::HashSet;
use std::time::Duration;

use proptest::prelude::*;

use super::model::{Fault, nature};
use super::world::{Cut, Faults, Plan, Ran, World, rows};
use crate::rules::event::{Event, ReplyKind};
use crate::rules::outcome::{RowOutcome, RowStatus};
use crate::rules::run::RowAsk;
use crate::rules::target::Subject;

const PASSING: &[Fault] = &[
    Fault::Unreachable,
    Fault::LostBefore,
    Fault::LostAfter,
    Fault::BrokenBefore,
    Fault::BrokenAfter,
    Fault::Garbled,
    Fault::InProgress,
    Fault::TooFast,
    Fault::ComeBack(429, 3),
    Fault::ComeBack(503, 2),
];

/// With refusals that end a call or the run.
const ANY: &[Fault] = &[
    Fault::LostBefore,
    Fault::LostAfter,
    Fault::BrokenBefore,
    Fault::BrokenAfter,
    Fault::Garbled,
    Fault::TooFast,
    Fault::ComeBack(429, 900),
    Fault::ComeBack(503, 900),
    Fault::Refused(400),
    Fault::Refused(401),
    Fault::Refused(403),
];

pub(crate) const NAMES: &[&str] = &[
    "a.com",
    "b.com",
    "c.com",
    "d.com",
    "e.com",
    "none1.com",
    "none2.com",
    "id=i1",
    "id=i2",
    "id=absent1",
    "id=absent1/a.com",
    "id=absent2/f.com",
    "id=absent3/none1.com",
    "id=i1/b.com",
    "!",
];

pub(crate) fn asks() -> impl Strategy<Value = Vec<RowAsk>> {
    prop::collection::vec(prop::sample::select(NAMES), 0..14).prop_map(|names| rows(&names))
}

fn faults() -> impl Strategy<Value = Faults> {
    let drawn = |faults| move |percent| Faults::Drawn(faults, percent);
    prop_oneof![
        1 => Just(Faults::Never),
        3 => (5u8..70).prop_map(drawn(PASSING)),
        2 => (5u8..70).prop_map(drawn(ANY)),
        1 => Just(Faults::Drawn(PASSING, 100)),
    ]
}

fn cut() -> impl Strategy<Value = Cut> {
    let step = || 0u32..60;
    prop_oneof![
        2 => Just(Cut::None),
        1 => step().prop_map(Cut::Stopped),
        1 => step().prop_map(Cut::Abandoned),
        2 => (step(), 0usize..6).prop_map(|(step, lost)| Cut::Killed(step, lost)),
    ]
}

pub(crate) fn plan() -> impl Strategy<Value = Plan> {
    let wait = prop::sample::select(vec![0u64, 10, 300]).prop_map(Duration::from_secs);
    let most = prop_oneof![2 => Just(None), 1 => (0u64..6).prop_map(Some)];
    (faults(), cut(), 1u32..6, 0u32..4, wait, most, any::<u64>()).prop_map(
        |(faults, cut, concurrency, retries, wait, max_credits, seed)| Plan {
            faults,
            cut,
            concurrency,
            retries,
            wait,
            max_credits,
            refresh: false,
            shuffled: Some(seed),
        },
    )
}

/// The subjects that rows were waiting for in a run that was not killed.
fn subjects_met(asks: &[RowAsk], ran: &Ran) -> HashSet<Subject> {
    let mut met = HashSet::new();
    for ask in asks {
        let Ok(target) = &ask.target else { continue };
        met.insert(target.first.clone());
        if let Some(RowOutcome::Settled { asked, .. }) = ran.rows.get(&ask.row) {
            met.insert(asked.clone());
        }
    }
    met
}

/// Events say no more and no less than what happened.
fn events_add_up(asks: &[RowAsk], ran: &Ran) {
    let paid = ran.count(|event| matches!(event, Event::CallAnswered { reply: ReplyKind::Enriched, .. }));
    let settled =
        |wanted| ran.count(|event| matches!(event, Event::CallSettled { status, .. } if *status == wanted));
    assert_eq!(settled(RowStatus::Enriched), paid, "every paid answer is settled");
    let sent = ran.count(|event| matches!(event, Event::CallSent { .. }));
    assert_eq!(sent, ran.sent.len());
    let seen = ran.count(|event| matches!(event, Event::CompanySeen { .. }));
    let met = subjects_met(asks, ran).len();
    // A pending row with a fallback may have asked for either of the two.
    let unsure = asks.iter().filter(|ask| {
        let has_fallback = ask.target.as_ref().is_ok_and(|target| target.fallback.is_some());
        has_fallback && ran.rows[&ask.row].status() == RowStatus::Pending
    });
    assert!((met..=met + unsure.count()).contains(&seen), "{seen} companies seen of {met}");
    let mut once = HashSet::new();
    for event in &ran.events {
        if let Event::CallSettled { subject, .. } = event {
            assert!(once.insert(subject.clone()), "{subject} was settled twice");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// The promise of the program: whatever cuts runs short, nobody is charged twice, and running again ends it.
    #[test]
    fn nothing_is_paid_twice_and_everything_ends(
        asks in asks(),
        plans in prop::collection::vec(plan(), 1..5),
        balance in prop_oneof![0u64..6, Just(1_000)],
        quota in prop_oneof![2 => Just(None), 1 => (1u64..6).prop_map(Some)],
        remembers_refusals: bool,
    ) {
        let mut world = World::new(balance);
        world.api.quota = quota;
        world.api.remembers_refusals = remembers_refusals;
        for plan in &plans {
            let ran = world.run(&asks, plan);
            if !ran.killed {
                events_add_up(&asks, &ran);
            }
        }
        world.api.balance = 1_000;
        world.now += Duration::from_secs(2 * 3_600);
        let last = world.run(&asks, &Plan::default());
        prop_assert!(last.stopped.is_none(), "{:?}", last.stopped);
        for ask in &asks {
            let outcome = &last.rows[&ask.row];
            let expected = match outcome {
                RowOutcome::Settled { asked, .. } => nature(asked),
                _ => RowStatus::InvalidInput,
            };
            prop_assert_eq!(outcome.status(), expected);
        }
        for (subject, times) in &world.api.charges {
            prop_assert_eq!(*times, 1, "{} was charged {} times", subject, times);
        }
        let again = world.run(&asks, &Plan::default());
        prop_assert!(again.sent.is_empty(), "a complete run leaves nothing to ask");
        prop_assert_eq!(again.rows, last.rows);
    }

    /// A refresh pays each company once more, however many rows ask about it.
    #[test]
    fn a_refresh_pays_once(asks in asks(), seed: u64, concurrency in 1u32..6) {
        let mut world = World::new(1_000);
        world.run(&asks, &Plan::default());
        let before = world.api.charges.clone();
        world.run(&asks, &Plan { refresh: true, concurrency, shuffled: Some(seed), ..Plan::default() });
        for (subject, times) in &world.api.charges {
            prop_assert_eq!(*times, before[subject] + 1);
        }
    }

    /// Answers for fields that come from the ledger are the same whatever the order and the interruptions.
    #[test]
    fn the_end_is_the_same_whatever_the_way(asks in asks(), plans in prop::collection::vec(plan(), 0..3)) {
        let mut direct = World::new(1_000);
        let straight = direct.run(&asks, &Plan::default());
        let mut world = World::new(1_000);
        for plan in &plans {
            world.run(&asks, plan);
        }
        let end = world.run(&asks, &Plan::default());
        prop_assert_eq!(end.statuses(), straight.statuses());
        prop_assert_eq!(world.api.charges, direct.api.charges);
    }
}
