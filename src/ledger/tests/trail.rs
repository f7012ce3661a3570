//! Look-ups by neighbourhood answer as look-ups one by one do.

use proptest::prelude::*;

use super::*;

/// The entries of a ledger.
const ENTRIES: i64 = 120;

fn company(number: i64) -> Subject {
    // Out of the order of the index.
    subject(&format!("{}-{number}.com", number * 7919 % 1_000))
}

/// A ledger with entries of each kind, as an earlier run left them.
fn filled(path: &std::path::Path, others: bool) {
    let mut ledger = Ledger::open(Some(path), &scope("a"), reuse("name")).unwrap();
    for number in 0..ENTRIES {
        match number % 10 {
            3 => ledger.intend(&company(number), 0, 0),
            4 => ledger.keep(&company(number), enriched(400)),
            5 => ledger.keep(&company(number), other(Verdict::NoMatch, 950)),
            _ => ledger.keep(&company(number), enriched(600 + number)),
        }
    }
    if others {
        let mut more = Ledger::open(Some(path), &scope("a"), reuse("name,size")).unwrap();
        (0..ENTRIES).step_by(3).for_each(|number| more.keep(&company(number), enriched(900 - number)));
        let mut else_s = Ledger::open(Some(path), &scope("b"), reuse("name")).unwrap();
        (0..ENTRIES).for_each(|number| else_s.keep(&company(number), enriched(999)));
    }
}

fn look_up(numbers: &[i64]) -> Vec<Order> {
    let order = |(call, number): (u32, &i64)| Order::LookUp { call: CallId(call), subject: company(*number) };
    (0..).zip(numbers).map(order).collect()
}

/// Returns the answers of batches, and how many batches the table was read on for.
fn answers(path: &std::path::Path, batches: &[Vec<i64>], on_the_trail: bool) -> (Vec<Answer>, usize) {
    let mut ledger = Ledger::open(Some(path), &scope("a"), reuse("name")).unwrap();
    let (mut answers, mut hot) = (Vec::new(), 0);
    for batch in batches {
        if !on_the_trail {
            ledger.trail = Trail::default();
        }
        answers.extend(ledger.commit(&look_up(batch), second(1_000)).unwrap());
        hot += usize::from(ledger.trail.is_hot);
    }
    (answers, hot)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_trail_changes_no_answer(
        others in any::<bool>(),
        taken_out in prop::collection::btree_set(0..ENTRIES, 0..40),
        moved in prop::collection::vec((0_usize..120, -5..ENTRIES + 20), 0..12),
        together in 1_usize..40,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        filled(&path, others);
        let mut numbers: Vec<i64> = (0..ENTRIES).filter(|number| !taken_out.contains(number)).collect();
        for (place, number) in moved {
            numbers.insert(place.min(numbers.len()), number);
        }
        let batches: Vec<Vec<i64>> = numbers.chunks(together).map(<[i64]>::to_vec).collect();
        let cold: Vec<Vec<i64>> = numbers.iter().map(|number| vec![*number]).collect();
        let (on, _) = answers(&path, &batches, true);
        let (off, _) = answers(&path, &cold, false);
        for (one, other) in on.iter().zip(&off) {
            prop_assert_eq!(known(one), known(other));
        }
        prop_assert_eq!(on.len(), off.len());
    }
}

/// An answer without the number of its call.
fn known(answer: &Answer) -> String {
    match answer {
        Answer::Known { entry, outcome, .. } => format!("{entry:?} {outcome:?}"),
        Answer::Unknown { generation, open_since, entry, first_met, .. } => {
            format!("{generation:?} {open_since:?} {entry:?} {first_met:?}")
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn the_trail_is_followed_while_look_ups_are_in_the_order_of_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    filled(&path, false);
    let known: Vec<i64> = (0..ENTRIES).filter(|number| ![3, 4].contains(&(number % 10))).collect();
    let batches: Vec<Vec<i64>> = known.chunks(16).map(<[i64]>::to_vec).collect();
    assert_eq!(answers(&path, &batches, true).1, batches.len());
    let backwards: Vec<Vec<i64>> = batches.iter().rev().cloned().collect();
    assert!(answers(&path, &backwards, true).1 < batches.len());
}
