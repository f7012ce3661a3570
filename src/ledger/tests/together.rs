//! What holds of whole runs that share a ledger, whatever the order in which they go, fail, die, stand still and are run
//! again, and whatever a power cut takes.

mod going;
mod stage;

use std::collections::HashMap;
use std::time::Duration;

use jiff::SignedDuration;
use proptest::prelude::*;

use self::going::{Ran, Turn};
use self::stage::{Outside, Stage};
use super::*;
use crate::rules::outcome::{RowOutcome, RowStatus};
use crate::rules::run::RowAsk;
use crate::rules::run::tests::model::{ToyApi, nature};
use crate::rules::run::tests::properties::{NAMES, asks, plan};
use crate::rules::run::tests::world::{Plan, rows};

/// For how long the API remembers a key.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// One input, and the runs that are made of it.
type Input = (Vec<RowAsk>, Vec<Turn>);

fn turn() -> impl Strategy<Value = Turn> {
    const MINUTE: i64 = 60;
    let after = prop::sample::select(vec![0, 0, 1, 10 * MINUTE, 1_410 * MINUTE, 1_560 * MINUTE]);
    let still = (1u32..40, prop::sample::select(vec![MINUTE / 2, MINUTE + 30, 60 * MINUTE]));
    let still = still.prop_map(|(step, secs)| (step, SignedDuration::from_secs(secs)));
    (plan(), after, prop::option::weighted(0.1, still)).prop_map(|(plan, after, stands_still)| Turn {
        // Others look at the ledger ten times a second while this one waits.
        plan: Plan { wait: plan.wait.min(Duration::from_secs(20)), ..plan },
        after: SignedDuration::from_secs(after),
        stands_still,
    })
}

fn inputs() -> impl Strategy<Value = Vec<Input>> {
    prop::collection::vec((asks(), prop::collection::vec(turn(), 1..4)), 2..4)
}

fn api(balance: impl Strategy<Value = u64>) -> impl Strategy<Value = ToyApi> {
    let quota = prop_oneof![3 => Just(None), 1 => (1u64..6).prop_map(Some)];
    (balance, quota, any::<bool>()).prop_map(|(balance, quota, remembers_refusals)| {
        let mut api = ToyApi::with_balance(balance);
        (api.quota, api.remembers_refusals) = (quota, remembers_refusals);
        api
    })
}

/// A row of `calls`.
struct Recorded {
    status: Option<String>,
    credits: u32,
    uncertain: usize,
    is_open: bool,
}

fn recorded(stage: &Stage) -> HashMap<Subject, Recorded> {
    let connection = open::open(Some(&stage.path())).unwrap();
    let sql = "SELECT kind, subject, status, credits, uncertain, key IS NOT NULL FROM calls";
    let mut statement = connection.prepare(sql).unwrap();
    let read = |row: &rusqlite::Row<'_>| {
        let (kind, text): (String, String) = (row.get(0)?, row.get(1)?);
        let subject =
            if kind == "domain" { Subject::Domain(text.into()) } else { Subject::CompanyId(text.into()) };
        let uncertain = row.get::<_, u32>(4)? as usize;
        let call = Recorded { status: row.get(2)?, credits: row.get(3)?, uncertain, is_open: row.get(5)? };
        Ok((subject, call))
    };
    statement.query_map((), read).unwrap().map(Result::unwrap).collect()
}

/// Every row says what its company is, has failed, or waits because the run has stopped.
fn check_rows(ran: &Ran) {
    for outcome in ran.rows.values() {
        match outcome {
            RowOutcome::Invalid(_) => {}
            RowOutcome::Pending => assert!(ran.stopped.is_some(), "pending in a complete run"),
            RowOutcome::Settled { asked, outcome } => {
                let status = outcome.verdict.status();
                assert!(status == nature(asked) || status == RowStatus::Failed, "{asked}: {status:?}");
            }
        }
    }
}

/// What was answered once is the same for all runs, to the millisecond.
fn check_agreement(all: &[Ran]) {
    let mut known: HashMap<&Subject, &Arc<Outcome>> = HashMap::new();
    for row in all.iter().flat_map(|ran| ran.rows.values()) {
        if let RowOutcome::Settled { asked, outcome } = row
            && outcome.verdict.status() != RowStatus::Failed
        {
            assert_eq!(*known.entry(asked).or_insert(outcome), outcome, "{asked}");
        }
    }
}

/// Under a key that the API remembers nobody is charged again.
fn check_charges(stage: &Stage) {
    for (n, (subject, at)) in stage.charges.iter().enumerate() {
        let before = stage.charges[..n].iter().rfind(|(other, _)| other == subject);
        let age = before.map(|(_, before)| at.duration_since(*before));
        assert!(age.is_none_or(|age| age >= DAY), "{subject} is charged again after {age:?}");
    }
}

/// Lets runs play together, then two more that meet no faults, and holds what they have come to against the API.
fn hold(seed: u64, api: ToyApi, inputs: &[Input], outside: Outside) {
    let mut stage = Stage::new(seed, api);
    let mut all = stage.play(inputs, outside);
    (stage.api.balance, stage.api.quota) = (1_000, None);
    stage.now += Duration::from_secs(2 * 3_600);
    let last = || {
        let plan = Plan { shuffled: Some(seed), ..Plan::default() };
        (rows(NAMES), vec![Turn { plan, after: SignedDuration::ZERO, stands_still: None }])
    };
    let ends = stage.play(&[last(), last()], Outside::default());
    assert!(ends.iter().all(|ran| ran.stopped.is_none()) && ends.len() == 2);
    assert_eq!(ends[0].rows, ends[1].rows);
    assert!(ends[0].rows.values().all(|row| row.status() != RowStatus::Failed));
    let again = stage.play(&[last()], Outside::default());
    assert_eq!((again[0].sent, &again[0].rows), (0, &ends[0].rows), "nothing is left to ask");
    all.extend(ends);
    all.iter().for_each(check_rows);
    if outside.power_fails_at.is_none() && !stage.anybody_stood_still {
        check_agreement(&all);
    }
    check_charges(&stage);
    let recorded = recorded(&stage);
    for (subject, call) in &recorded {
        let nature = nature(subject);
        assert_eq!(call.status.as_deref(), Some(nature.name()), "{subject}");
        assert_eq!(call.credits, u32::from(nature == RowStatus::Enriched), "{subject}");
        assert!(!call.is_open || nature != RowStatus::Enriched, "{subject} is paid and open");
        let charges = stage.charges.iter().filter(|(charged, _)| charged == subject).count();
        // What was charged again was told, but for what the power cut has taken.
        assert!(
            charges <= 1 + call.uncertain || outside.power_fails_at.is_some(),
            "{subject}: {charges} charges"
        );
        assert!(charges > 0 || nature != RowStatus::Enriched, "{subject} was never charged");
    }
    assert!(stage.charges.iter().all(|(subject, _)| recorded.contains_key(subject)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn runs_that_share_a_ledger_pay_once_and_agree(
        seed: u64,
        api in api(prop_oneof![1 => 0u64..6, 2 => Just(1_000)]),
        inputs in inputs(),
        tops_up_at in prop::option::of(0u32..400),
    ) {
        hold(seed, api, &inputs, Outside { tops_up_at, power_fails_at: None });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_power_cut_takes_commits_and_no_money(
        seed: u64, api in api(0u64..8), inputs in inputs(), cut in 20u32..300, percent in 0u32..100,
    ) {
        let tops_up_at = Some(cut * percent / 100);
        hold(seed, api, &inputs, Outside { tops_up_at, power_fails_at: Some(cut) });
    }
}
