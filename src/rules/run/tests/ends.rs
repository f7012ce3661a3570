//! How runs end before their work is done, by name.

use std::time::Duration;

use super::model::Fault;
use super::world::{Cut, Faults, Plan, Ran, World, rows};
use crate::rules::event::{CompanyOrigin, Event, StopReason};
use crate::rules::outcome::RowStatus::{Enriched, Failed, NoMatch, Pending};
use crate::rules::outcome::{RowOutcome, Verdict};

fn scripted(script: fn(&str, u32) -> Option<Fault>) -> Plan {
    Plan { faults: Faults::Scripted(script), ..Plan::default() }
}

fn failure(ran: &Ran, row: usize) -> &str {
    let RowOutcome::Settled { outcome, .. } = ran.rows.values().nth(row).unwrap() else { panic!("pending") };
    let Verdict::Failed { reason } = &outcome.verdict else { panic!("{:?}", outcome.verdict) };
    reason
}

#[test]
fn a_company_that_fails_while_others_are_answered_has_failed() {
    let mut world = World::new(10);
    let script = |name: &str, _| (name == "b.com").then_some(Fault::BrokenBefore);
    let ran = world.run(&rows(&["a.com", "b.com", "c.com", "d.com"]), &scripted(script));
    assert_eq!(ran.statuses(), [Enriched, Failed, Enriched, Enriched]);
    assert_eq!(ran.stopped, None);
    assert_eq!(failure(&ran, 1), "gave up after 3 attempts: 500 Internal Server Error");
}

#[test]
fn an_api_that_never_answers_stops_the_run() {
    for script in [
        scripted(|_, _| Some(Fault::Unreachable)),
        scripted(|_, _| Some(Fault::BrokenBefore)),
        scripted(|_, _| Some(Fault::LostBefore)),
    ] {
        let mut world = World::new(10);
        let asks = rows(&["a.com", "b.com", "c.com"]);
        let ran = world.run(&asks, &script);
        assert_eq!((ran.statuses(), ran.stopped), (vec![Pending; 3], Some(StopReason::ApiUnavailable)));
        assert_eq!(ran.sent.len(), 3, "one call and its retries, nobody else");
        assert_eq!(world.run(&asks, &Plan::default()).statuses(), [Enriched; 3]);
    }
}

#[test]
fn an_api_that_went_away_is_probed_for_as_long_as_the_user_waits() {
    let mut world = World::new(100);
    let script = |name: &str, _| (name != "a.com").then_some(Fault::Unreachable);
    let names: Vec<String> =
        std::iter::once("a.com".into()).chain((0..20).map(|n| format!("{n}.com"))).collect();
    let asks = rows(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let before = world.now;
    let ran = world.run(&asks, &Plan { wait: Duration::from_secs(600), ..scripted(script) });
    assert_eq!(ran.stopped, Some(StopReason::ApiUnavailable));
    assert_eq!(ran.statuses()[0], Enriched);
    assert!(ran.statuses()[1..].iter().all(|status| *status == Pending), "nobody is blamed");
    let took = world.now.duration_since(before).as_secs();
    assert!((600..700).contains(&took), "{took} s");
    assert!(ran.sent.len() < 120, "{} calls", ran.sent.len());
}

#[test]
fn the_last_company_has_failed_if_nobody_is_left_to_tell() {
    let mut world = World::new(10);
    let script = |name: &str, _| (name == "b.com").then_some(Fault::LostBefore);
    let ran = world.run(&rows(&["a.com", "b.com"]), &scripted(script));
    assert_eq!((ran.statuses(), ran.stopped), (vec![Enriched, Failed], None));
    assert_eq!(failure(&ran, 1), "gave up after 3 attempts: connection lost");
}

#[test]
fn two_last_companies_wait_for_the_verdict_on_the_api() {
    let mut world = World::new(10);
    let script = |name: &str, _| (name != "a.com").then_some(Fault::LostBefore);
    let plan = Plan { concurrency: 1, ..scripted(script) };
    let ran = world.run(&rows(&["a.com", "b.com", "c.com"]), &plan);
    assert_eq!(ran.stopped, Some(StopReason::ApiUnavailable));
    assert_eq!(ran.statuses(), [Enriched, Pending, Pending]);
}

/// The credit of a call that is out of retries can be all that is left; then it is the one that probes.
#[test]
fn a_budget_that_waits_for_a_suspect_does_not_hang() {
    let mut world = World::new(10);
    let script = |name: &str, _| (name == "b.com").then_some(Fault::LostBefore);
    let plan = Plan { concurrency: 1, max_credits: Some(1), ..scripted(script) };
    let ran = world.run(&rows(&["none", "b.com", "c.com"]), &plan);
    assert_eq!(ran.stopped, Some(StopReason::ApiUnavailable));
    assert_eq!(ran.statuses(), [NoMatch, Pending, Pending]);
}

#[test]
fn a_refused_key_and_an_empty_balance_stop_the_run() {
    for (script, reason) in [
        (scripted(|_, _| Some(Fault::Refused(401))), StopReason::InvalidKey),
        (scripted(|_, _| Some(Fault::Refused(402))), StopReason::InsufficientCredits),
        (scripted(|_, _| Some(Fault::Refused(403))), StopReason::InsufficientPermissions),
    ] {
        let mut world = World::new(10);
        let ran = world.run(&rows(&["a.com", "b.com"]), &script);
        assert_eq!((ran.statuses(), ran.stopped, ran.sent.len()), (vec![Pending; 2], Some(reason), 1));
        let told = ran.events.iter().find(|event| matches!(event, Event::Stopping { .. }));
        assert_eq!(told, Some(&Event::Stopping { reason, resets_at: None, detail: None }));
    }
}

#[test]
fn a_stopped_run_still_serves_what_the_ledger_knows() {
    let mut world = World::new(10);
    world.run(&rows(&["b.com"]), &Plan::default());
    let plan = scripted(|_, _| Some(Fault::Refused(401)));
    let ran = world.run(&rows(&["a.com", "b.com", "c.com", "c.com"]), &plan);
    assert_eq!(ran.statuses(), [Pending, Enriched, Pending, Pending]);
    let seen =
        |wanted| ran.count(|event| matches!(event, Event::CompanySeen { origin } if *origin == wanted));
    assert_eq!(
        [CompanyOrigin::Requested, CompanyOrigin::FromLedger, CompanyOrigin::Pending].map(seen),
        [1, 1, 1]
    );
}

#[test]
fn credits_are_spent_to_the_last_one_allowed() {
    let mut world = World::new(10);
    let asks = rows(&["none", "a.com", "b.com", "c.com", "d.com"]);
    let ran = world.run(&asks, &Plan { max_credits: Some(2), ..Plan::default() });
    assert_eq!(ran.statuses(), [NoMatch, Enriched, Enriched, Pending, Pending]);
    assert_eq!((ran.stopped, world.api.charged()), (Some(StopReason::CreditLimit), 2));
    let none = world.run(&asks, &Plan { max_credits: Some(0), ..Plan::default() });
    assert_eq!((none.statuses(), none.sent.len()), (ran.statuses(), 0));
}

#[test]
fn a_signal_lets_what_is_out_come_in() {
    let mut world = World::new(10);
    let asks = rows(&["a.com", "b.com"]);
    // Rows, their end, looked up, answered, the first call's intent recorded and answered: it is out.
    let ran = world.run(&asks, &Plan { cut: Cut::Stopped(6), ..Plan::default() });
    assert_eq!((ran.statuses(), ran.stopped), (vec![Enriched, Pending], Some(StopReason::Interrupted)));
}

#[test]
fn a_second_signal_gives_up_what_is_out_and_keeps_its_key() {
    let mut world = World::new(10);
    let asks = rows(&["a.com"]);
    let first = world.run(&asks, &Plan { cut: Cut::Abandoned(6), ..Plan::default() });
    assert_eq!((first.statuses(), first.sent.len(), world.api.charged()), (vec![Pending], 1, 1));
    let second = world.run(&asks, &Plan::default());
    assert_eq!((second.statuses(), world.api.charged()), (vec![Enriched], 1));
    assert_eq!(second.sent[0].key, first.sent[0].key);
}

#[test]
fn a_company_that_was_about_to_be_asked_is_counted() {
    let mut world = World::new(10);
    // The intent is ordered and not yet recorded when the signal comes.
    let ran = world.run(&rows(&["a.com"]), &Plan { cut: Cut::Stopped(5), ..Plan::default() });
    assert_eq!((ran.statuses(), ran.sent.len()), (vec![Pending], 0));
    let pending = |event: &Event| matches!(event, Event::CompanySeen { origin: CompanyOrigin::Pending });
    assert_eq!(ran.count(pending), 1);
}

#[test]
fn a_quota_that_comes_back_later_than_the_user_waits_stops_the_run() {
    let mut world = World::new(10);
    world.api.quota = Some(2);
    let asks = rows(&["a.com", "b.com", "c.com"]);
    let ran = world.run(&asks, &Plan { wait: Duration::from_secs(5), ..Plan::default() });
    assert_eq!(
        (ran.statuses(), ran.stopped),
        (vec![Enriched, Enriched, Pending], Some(StopReason::RateLimit))
    );
    let resets = |event: &&Event| matches!(event, Event::Stopping { resets_at: Some(_), .. });
    assert!(ran.events.iter().any(|event| resets(&event)));
    let patient = world.run(&asks, &Plan::default());
    assert_eq!((patient.statuses(), patient.stopped), (vec![Enriched; 3], None));
    assert_eq!(world.api.charged(), 3);
}
