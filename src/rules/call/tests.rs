//! Which key a call goes on under after each kind of end, and when that may charge again.

use super::*;
use crate::rules::outcome::Enrichment;

fn wall(hours: i64) -> Timestamp {
    Timestamp::from_second(1_708_905_600 + hours * 3_600).unwrap()
}

/// A call of generation 3 that nobody knows to be open.
fn fresh() -> Call {
    let mut call = Call::new(Subject::Domain("acme.com".into()));
    call.found_unknown(Generation(3), None);
    call
}

/// A call of generation 3 whose outcome an earlier run did not live to see.
fn open_since(hours: i64) -> Call {
    let mut call = fresh();
    call.found_unknown(Generation(3), Some(wall(hours)));
    call
}

fn sent(mut call: Call) -> Call {
    call.record(IdempotencyKey::NONE, wall(0));
    call.send(Moment::START);
    call
}

fn temporary(charge: Charge) -> Reply {
    Reply::Temporary { reason: "500".into(), charge }
}

fn enriched() -> Reply {
    let company = crate::rules::company::Company::parse("{}").unwrap();
    let enrichment = Enrichment {
        company,
        fields_updated: crate::rules::outcome::FieldNames::default(),
        source: None,
        confidence: None,
    };
    Reply::Enriched { enrichment: Box::new(enrichment), credits_remaining: None }
}

/// The key that the signature's next asking goes under, after a reply that settled the call.
fn next_after(mut call: Call, reply: Reply) -> Next {
    match call.answered(reply, 5, true) {
        Turn::Settle(_, next) => next,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_key_after_an_answer_that_settles() {
    let rejected = || Reply::Rejected { reason: "400".into() };
    let lost = || {
        let mut call = sent(fresh());
        call.answered(temporary(Charge::Possible), 5, true);
        call
    };
    let refused = || {
        let mut call = sent(fresh());
        call.answered(temporary(Charge::Impossible), 5, true);
        call
    };
    let (stays, moves_on) = (Next::Fresh(Generation(3)), Next::Fresh(Generation(4)));
    let cases = [
        ("enriched", sent(fresh()), enriched(), moves_on),
        ("no match", sent(fresh()), Reply::NoMatch, moves_on),
        ("not found", sent(fresh()), Reply::NotFound, moves_on),
        ("rejected", sent(fresh()), rejected(), stays),
        ("enriched after a loss", lost(), enriched(), moves_on),
        ("no match after a loss", lost(), Reply::NoMatch, moves_on),
        ("rejected after a loss", lost(), rejected(), Next::SameKey),
        ("rejected after no connection", refused(), rejected(), stays),
        ("rejected after a lost run", sent(open_since(-2)), rejected(), Next::SameKey),
    ];
    for (name, call, reply, expected) in cases {
        assert_eq!(next_after(call, reply), expected, "{name}");
    }
}

#[test]
fn the_key_of_a_call_that_is_given_up_or_dropped() {
    let after = |mut call: Call, charge| {
        call.answered(temporary(charge), 5, true);
        call
    };
    let limited = || {
        let mut call = sent(fresh());
        assert_eq!(call.answered(Reply::RateLimited, 0, true), Turn::Again);
        call
    };
    let (same, next) = (Some(Generation(3)), Some(Generation(4)));
    // Given up; dropped; dropped after an answer that the API may remember under the key.
    let cases = [
        ("never sent", fresh(), (Next::Fresh(Generation(3)), same, next)),
        ("sent", sent(fresh()), (Next::Fresh(Generation(3)), same, next)),
        ("too many calls", limited(), (Next::Fresh(Generation(3)), same, next)),
        ("no connection", after(sent(fresh()), Charge::Impossible), (Next::Fresh(Generation(3)), same, next)),
        ("a loss", after(sent(fresh()), Charge::Possible), (Next::SameKey, None, None)),
        ("a lost run", open_since(-2), (Next::SameKey, None, None)),
        ("a lost run, asked again", sent(open_since(-2)), (Next::SameKey, None, None)),
    ];
    for (name, call, expected) in cases {
        assert_eq!((call.give_up().1, call.withdrawn(false), call.withdrawn(true)), expected, "{name}");
    }
}

#[test]
fn retries_are_counted_where_the_failure_counts() {
    let mut call = sent(fresh());
    let turns: Vec<bool> = [true, false, false, true, true]
        .map(|counts| matches!(call.answered(temporary(Charge::Possible), 2, counts), Turn::Retry { .. }))
        .into();
    assert_eq!(turns, [true, true, true, true, false], "two retries, and what says more of the API is free");
    assert_eq!(call.answered(Reply::RateLimited, 0, true), Turn::Again);
    assert_eq!(call.failures(), 3);
}

#[test]
fn a_call_that_is_given_up_tells_how_often_it_was_tried() {
    let mut call = sent(fresh());
    let reason = |call: &Call| match call.give_up().0 {
        Verdict::Failed { reason } => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(&*reason(&call), "gave up after 1 attempt: no answer");
    call.send(Moment::START);
    call.last_failure = Some("502 Bad Gateway".into());
    assert_eq!(&*reason(&call), "gave up after 2 attempts: 502 Bad Gateway");
}

/// Hours since the key was first sent: is it told that asking may charge again, and does its protection begin anew?
#[test]
fn a_key_protects_for_23_hours_and_begins_anew_after_25() {
    for (age, told, renewed) in
        [(0, false, false), (22, false, false), (23, true, false), (24, true, false), (25, true, true)]
    {
        let mut call = open_since(0);
        let first_sent = call.record(IdempotencyKey::NONE, wall(age)).first_sent;
        assert_eq!(first_sent == wall(age) && age > 0, renewed, "{age} h");
        assert_eq!(call.first_sent, Some(first_sent));
        assert_eq!(call.take_uncertainty(), told, "{age} h");
        assert!(!call.take_uncertainty(), "it is told once");
        assert!(!call.has_outlived_its_key(wall(age)), "nor later");
    }
}

#[test]
fn a_key_that_nothing_was_charged_under_may_grow_old() {
    let mut call = sent(fresh());
    call.answered(Reply::RateLimited, 0, true);
    assert!(!call.has_outlived_its_key(wall(48)));
    call.answered(temporary(Charge::Impossible), 5, true);
    assert!(!call.has_outlived_its_key(wall(48)));
    call.answered(temporary(Charge::Possible), 5, true);
    assert!(!call.has_outlived_its_key(wall(22)));
    assert!(call.has_outlived_its_key(wall(23)));
}

#[test]
fn an_api_out_of_reach_is_no_sign_against_the_company() {
    let mut call = sent(fresh());
    let mut failing_since = |second, charge| {
        call.sent_at = Moment::after_start(std::time::Duration::from_secs(second));
        call.answered(temporary(charge), 5, true);
        call.failing_since.map(|moment| moment.since_start().as_secs())
    };
    assert_eq!(failing_since(1, Charge::Possible), Some(1));
    assert_eq!(failing_since(2, Charge::Possible), Some(1));
    assert_eq!(failing_since(3, Charge::Impossible), Some(3), "what was answered before 3 says nothing");
    assert_eq!(failing_since(4, Charge::Possible), Some(3));
}
