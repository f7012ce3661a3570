//! How rows come by their answers, by name.

use std::time::Duration;

use super::model::Fault;
use super::world::{Cut, Faults, Plan, Ran, World, rows};
use crate::rules::event::{CompanyOrigin, Event, StopReason, WaitReason};
use crate::rules::outcome::{RowOutcome, RowStatus};

const HOUR: Duration = Duration::from_secs(3_600);

fn scripted(script: fn(&str, u32) -> Option<Fault>) -> Plan {
    Plan { faults: Faults::Scripted(script), ..Plan::default() }
}

fn seen(ran: &Ran, wanted: CompanyOrigin) -> usize {
    ran.count(|event| matches!(event, Event::CompanySeen { origin } if *origin == wanted))
}

fn uncertain(ran: &Ran) -> Vec<bool> {
    let told = ran.events.iter().filter_map(|event| match event {
        Event::CallSent { uncertain, .. } => Some(*uncertain),
        _ => None,
    });
    told.collect()
}

#[test]
fn rows_that_ask_the_same_share_a_call() {
    let mut world = World::new(10);
    let ran = world.run(&rows(&["a.com", "b.com", "a.com", "a.com"]), &Plan::default());
    assert_eq!(ran.statuses(), [RowStatus::Enriched; 4]);
    assert_eq!((ran.sent.len(), world.api.charged()), (2, 2));
    assert_eq!(seen(&ran, CompanyOrigin::Requested), 2);
}

#[test]
fn an_unknown_id_asks_its_domain_next() {
    let mut world = World::new(10);
    let asks = rows(&["id=absent/a.com", "id=absent", "id=absent/none", "a.com", "id=i1/b.com"]);
    let ran = world.run(&asks, &Plan::default());
    assert_eq!(
        ran.statuses().into_iter().map(RowStatus::name).collect::<Vec<_>>(),
        ["enriched", "not_found", "no_match", "enriched", "enriched"]
    );
    let asked: Vec<&str> = ran.sent.iter().map(|request| request.subject.text()).collect();
    assert_eq!(asked, ["absent", "a.com", "i1", "none"]);
    let RowOutcome::Settled { asked, .. } = ran.rows.values().next().unwrap() else { panic!("not settled") };
    assert_eq!(asked.text(), "a.com", "the row tells what was asked last");
}

#[test]
fn a_row_that_asks_nothing_is_never_sent() {
    let mut world = World::new(10);
    let ran = world.run(&rows(&["!"]), &Plan::default());
    assert_eq!(ran.statuses(), [RowStatus::InvalidInput]);
    assert!(ran.sent.is_empty() && ran.events.is_empty());
}

#[test]
fn what_the_ledger_knows_is_not_asked() {
    let mut world = World::new(10);
    let asks = rows(&["a.com", "none", "id=absent/b.com"]);
    let first = world.run(&asks, &Plan::default());
    let second = world.run(&asks, &Plan::default());
    assert!(second.sent.is_empty());
    assert_eq!(second.rows, first.rows);
    assert_eq!(seen(&second, CompanyOrigin::FromLedger), 4, "the id and the domain count each");
}

#[test]
fn a_refresh_pays_again_but_once() {
    let mut world = World::new(10);
    let asks = rows(&["a.com", "a.com", "none"]);
    world.run(&asks, &Plan::default());
    let again = world.run(&asks, &Plan { refresh: true, ..Plan::default() });
    assert_eq!(again.sent.len(), 2);
    assert_eq!(world.api.charged(), 2);
}

#[test]
fn a_failure_is_asked_again_by_the_next_run() {
    let mut world = World::new(10);
    let asks = rows(&["a.com", "b.com"]);
    let refused = scripted(|name, _| (name == "a.com").then_some(Fault::Refused(400)));
    assert_eq!(world.run(&asks, &refused).statuses(), [RowStatus::Failed, RowStatus::Enriched]);
    let next = world.run(&asks, &Plan::default());
    assert_eq!(next.statuses(), [RowStatus::Enriched; 2]);
    assert_eq!(next.sent.len(), 1);
}

#[test]
fn retries_go_under_the_same_key_until_an_answer_comes() {
    let mut world = World::new(10);
    let lossy = |_: &str, nth| [Some(Fault::LostAfter), Some(Fault::Garbled), None][nth as usize - 1];
    let ran = world.run(&rows(&["a.com"]), &scripted(lossy));
    assert_eq!(ran.statuses(), [RowStatus::Enriched]);
    assert_eq!(world.api.charged(), 1);
    assert!(ran.sent.iter().all(|request| request.key == ran.sent[0].key));
    assert_eq!(ran.sent.len(), 3);
}

#[test]
fn too_many_calls_uses_up_no_retries() {
    let mut world = World::new(10);
    let refused = |_: &str, nth| (nth <= 5).then_some(Fault::ComeBack(429, 1));
    let ran = world.run(&rows(&["a.com"]), &Plan { retries: 0, ..scripted(refused) });
    assert_eq!(ran.statuses(), [RowStatus::Enriched]);
    assert_eq!(ran.sent.len(), 6);
}

/// A call that was sent and whose answer was lost with the process, asked again after `age`.
fn asked_again_after(age: Duration) -> (World, Ran) {
    let mut world = World::new(10);
    let asks = rows(&["a.com"]);
    let lost = Plan { cut: Cut::Killed(6, 0), ..scripted(|_, _| Some(Fault::LostAfter)) };
    assert!(world.run(&asks, &lost).killed);
    assert_eq!(world.api.charged(), 1);
    world.now += age;
    let ran = world.run(&asks, &Plan::default());
    assert_eq!(ran.statuses(), [RowStatus::Enriched]);
    (world, ran)
}

#[test]
fn a_lost_answer_costs_nothing_while_its_key_protects() {
    let (world, ran) = asked_again_after(22 * HOUR);
    assert_eq!((uncertain(&ran), world.api.charged()), (vec![false], 1));
}

#[test]
fn that_asking_again_may_charge_again_is_told() {
    let (world, ran) = asked_again_after(23 * HOUR);
    assert_eq!((uncertain(&ran), world.api.charged()), (vec![true], 1), "told an hour early");
    let (world, ran) = asked_again_after(26 * HOUR);
    assert_eq!((uncertain(&ran), world.api.charged()), (vec![true], 2));
}

#[test]
fn a_key_that_outlives_its_protection_within_a_run_is_told_too() {
    let mut world = World::new(10);
    let script =
        |_: &str, nth| [Some(Fault::LostAfter), Some(Fault::ComeBack(429, 84_600)), None][nth as usize - 1];
    let ran = world.run(&rows(&["a.com"]), &Plan { wait: 48 * HOUR, ..scripted(script) });
    assert_eq!(uncertain(&ran), [false, false, true]);
    let waits = |event: &Event| matches!(event, Event::Waiting { why: WaitReason::CoolDown, .. });
    assert_eq!(ran.count(waits), 1);
}

#[test]
fn a_refused_key_after_a_power_cut_does_not_lead_to_a_second_charge() {
    let mut world = World::new(10);
    let asks = rows(&["a.com"]);
    let cut = Plan { cut: Cut::Killed(6, 9), ..scripted(|_, _| Some(Fault::LostAfter)) };
    assert!(world.run(&asks, &cut).killed);
    for status in [400, 401, 403] {
        let refused = match status {
            400 => scripted(|_, _| Some(Fault::Refused(400))),
            401 => scripted(|_, _| Some(Fault::Refused(401))),
            _ => scripted(|_, _| Some(Fault::Refused(403))),
        };
        world.run(&asks, &refused);
    }
    assert_eq!(world.run(&asks, &Plan::default()).statuses(), [RowStatus::Enriched]);
    assert_eq!(world.api.charged(), 1);
}

#[test]
fn a_remembered_402_is_left_behind_with_its_key() {
    let mut world = World::new(0);
    world.api.remembers_refusals = true;
    let asks = rows(&["a.com"]);
    let broke = world.run(&asks, &Plan::default());
    assert_eq!(broke.stopped, Some(StopReason::InsufficientCredits));
    world.api.balance = 10;
    let paid = world.run(&asks, &Plan::default());
    assert_eq!(paid.statuses(), [RowStatus::Enriched]);
    assert_ne!(paid.sent[0].key, broke.sent[0].key);
}
