//! What rows come to: examples, and every number against a run in a world that proptest draws.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use proptest::prelude::*;

use super::*;

fn domain(name: &str) -> Subject {
    Subject::Domain(name.into())
}

fn id(name: &str) -> Subject {
    Subject::CompanyId(name.into())
}

fn both(first: &str, fallback: &str) -> Target {
    Target { first: id(first), fallback: Some(domain(fallback)) }
}

fn now() -> Timestamp {
    "2026-11-22T21:47:00Z".parse().unwrap()
}

/// Counts rows, some at a time, with a ledger that knows these subjects.
fn counts(
    rows: &[Result<Target, InvalidInput>],
    together: usize,
    known: &BTreeMap<Subject, Known>,
) -> Counts {
    let mut survey = Survey::new(now());
    let look_up = |subjects: &[Subject]| {
        Ok::<_, Infallible>(
            subjects.iter().map(|subject| known.get(subject).copied().unwrap_or_default()).collect(),
        )
    };
    for rows in rows.chunks(together) {
        let seen = rows
            .iter()
            .cloned()
            .map(|row| row.map(|target| Sighting::of(target, !known.is_empty())).map_err(Box::new));
        survey.take(seen, look_up).unwrap();
    }
    survey.finish()
}

#[test]
fn a_company_counts_once_and_a_reason_keeps_its_first_example() {
    let row = |name| Ok(domain(name).into());
    let free_mail = |name: &str| Err(InvalidInput::FreeMail(name.into()));
    let rows = vec![row("a.com"), free_mail("gmail.com"), row("b.com"), row("a.com"), free_mail("gmx.de")];
    let counts = counts(&rows, 2, &BTreeMap::from([(domain("b.com"), Known::Answered(RowStatus::NoMatch))]));
    assert_eq!(
        (counts.rows, counts.unique(), counts.no_match, counts.to_ask, counts.credits),
        (5, 2, 1, 1, 1)
    );
    let example = "'gmail.com' is a free-mail provider, not a company's domain".to_owned();
    assert_eq!(counts.invalid, BTreeMap::from([("free_mail", Invalid { rows: 2, example })]));
    assert_eq!(counts.invalid_rows(), 2);
}

#[test]
fn an_id_and_its_domain_cost_one_credit_and_two_calls_at_the_most() {
    let counts = counts(
        &[Ok(both("1", "a.com")), Ok(both("2", "b.com")), Ok(both("1", "a.com"))],
        8,
        &BTreeMap::new(),
    );
    assert_eq!((counts.to_ask, counts.most_calls(), counts.credits), (2, 4, 2));
}

#[test]
fn each_domain_beyond_the_first_of_an_id_may_cost_a_credit_more() {
    let rows =
        || vec![Ok(both("1", "a.com")), Ok(both("1", "b.com")), Ok(both("2", "b.com")), Ok(id("1").into())];
    let counted = counts(&rows(), 8, &BTreeMap::new());
    assert_eq!((counted.to_ask, counted.most_calls(), counted.credits), (2, 4, 3));
    // A domain that a row of its own asks for is not asked again.
    let mut with_rows = rows();
    with_rows.extend([Ok(domain("a.com").into()), Ok(domain("b.com").into())]);
    let counted = counts(&with_rows, 8, &BTreeMap::new());
    assert_eq!((counted.to_ask, counted.most_calls(), counted.credits), (4, 4, 4));
}

#[test]
fn an_id_that_is_known_not_to_be_found_leaves_its_domain() {
    let known = BTreeMap::from([
        (id("1"), Known::Answered(RowStatus::NotFound)),
        (id("2"), Known::Answered(RowStatus::Enriched)),
        (domain("c.com"), Known::Answered(RowStatus::Enriched)),
    ]);
    let counted =
        counts(&[Ok(both("1", "a.com")), Ok(both("2", "b.com")), Ok(both("3", "c.com"))], 8, &known);
    assert_eq!((counted.not_found, counted.enriched, counted.to_ask), (1, 1, 2));
    assert_eq!((counted.most_calls(), counted.credits), (2, 2), "only a.com, and the third id");
}

#[test]
fn a_key_protects_for_23_hours() {
    let open = |age: i64| Known::Open(now() - jiff::SignedDuration::from_secs(age));
    let known = BTreeMap::from([(domain("a.com"), open(82_799)), (domain("b.com"), open(82_800))]);
    let rows = ["a.com", "b.com", "c.com"].map(|name| Ok(domain(name).into()));
    let counted = counts(&rows, 8, &known);
    assert_eq!((counted.to_ask, counted.same_key, counted.uncertain, counted.credits), (3, 1, 1, 3));
}

/// Runs rows as a run does, where `lost` ids are not found and all else that is asked is charged. Returns what was asked
/// and what was charged.
fn run(
    rows: &[Target],
    known: &BTreeMap<Subject, Known>,
    lost: &BTreeSet<Subject>,
) -> (BTreeSet<Subject>, BTreeSet<Subject>) {
    let (mut asked, mut charged) = (BTreeSet::new(), BTreeSet::new());
    for row in rows {
        for subject in [Some(&row.first), row.fallback.as_ref()].into_iter().flatten() {
            let is_lost = match known.get(subject) {
                Some(Known::Answered(status)) => *status == RowStatus::NotFound,
                Some(Known::Open(_) | Known::Nothing) | None => {
                    asked.insert(subject.clone());
                    lost.contains(subject)
                }
            };
            if !is_lost {
                if asked.contains(subject) {
                    charged.insert(subject.clone());
                }
                break;
            }
        }
    }
    (asked, charged)
}

fn some_id() -> impl Strategy<Value = Subject> {
    (0u8..5).prop_map(|number| id(&number.to_string()))
}

fn some_domain() -> impl Strategy<Value = Subject> {
    (0u8..6).prop_map(|number| domain(&format!("{number}.com")))
}

fn some_target() -> impl Strategy<Value = Target> {
    prop_oneof![
        some_domain().prop_map(Target::from),
        some_id().prop_map(Target::from),
        (some_id(), some_domain()).prop_map(|(first, domain)| Target { first, fallback: Some(domain) }),
    ]
}

fn some_known() -> impl Strategy<Value = BTreeMap<Subject, Known>> {
    let kind = prop_oneof![
        Just(Known::Answered(RowStatus::Enriched)),
        Just(Known::Answered(RowStatus::NoMatch)),
        Just(Known::Open(now())),
    ];
    let not_found = Just(Known::Answered(RowStatus::NotFound));
    let domains = prop::collection::btree_map(some_domain(), kind.clone(), 0..4);
    let ids = prop::collection::btree_map(some_id(), prop_oneof![kind, not_found], 0..4);
    (domains, ids).prop_map(|(domains, ids)| domains.into_iter().chain(ids).collect())
}

proptest! {
    /// In no world does a run make fewer calls than the least, more than the most, or cost more than was said.
    #[test]
    fn no_run_goes_beyond_what_was_counted(
        rows in prop::collection::vec(some_target(), 0..24),
        known in some_known(),
        lost in prop::collection::btree_set(some_id(), 0..5),
        together in 1usize..30,
    ) {
        let counted = counts(&rows.iter().cloned().map(Ok).collect::<Vec<_>>(), together, &known);
        let (asked, charged) = run(&rows, &known, &lost);
        prop_assert!((counted.to_ask..=counted.most_calls()).contains(&(asked.len() as u64)), "{asked:?}: {counted:?}");
        prop_assert!(charged.len() as u64 <= counted.credits, "{charged:?}: {counted:?}");
        prop_assert!(counted.credits <= counted.most_calls());
        let (least, _) = run(&rows, &known, &BTreeSet::new());
        prop_assert_eq!(least.len() as u64, counted.to_ask, "what is asked in any case is asked where all is found");
        let all_lost = rows.iter().map(|row| row.first.clone()).filter(|first| first.kind() == "company_id").collect();
        let (most, _) = run(&rows, &known, &all_lost);
        prop_assert_eq!(most.len() as u64, counted.most_calls(), "and the most where no id is");
    }
}
