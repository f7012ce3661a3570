//! The fold, and that its bounds and its independence of order hold.

use proptest::prelude::*;

use super::*;
use crate::report::pacing::Paced;
use crate::rules::event::PaceReason;

fn finished(row: u64, status: RowStatus, source: &str, input: &str) -> Event {
    Event::RowFinished {
        row: RowNumber(row),
        status,
        filled: "name,size".parse().unwrap(),
        source: (!source.is_empty()).then(|| source.into()),
        confidence: Some(0.5),
        input: (!input.is_empty()).then(|| input.into()),
    }
}

fn sent(attempt: u32, uncertain: bool) -> Event {
    Event::CallSent { subject: "a.com".into(), attempt, in_flight: 3, concurrency: 8, uncertain }
}

fn answered(status: Option<u16>, reply: ReplyKind, credits_remaining: Option<u64>) -> Event {
    Event::CallAnswered {
        subject: "a.com".into(),
        attempt: 1,
        status,
        reply,
        latency_ms: 40.0,
        request_id: None,
        credits_remaining,
    }
}

fn tally(events: &[Event]) -> Tally {
    let mut tally = Tally::default();
    for event in events {
        tally.on_event(event);
    }
    tally
}

#[test]
fn statuses_index_their_own_count() {
    for (position, status) in RowStatus::ALL.into_iter().enumerate() {
        assert_eq!(status as usize, position);
    }
    for (position, field) in Field::ALL.into_iter().enumerate() {
        assert_eq!(field as usize, position);
    }
}

#[test]
fn rows_count_by_status_and_only_enriched_ones_fill_fields() {
    let tally = tally(&[
        Event::RowsRead { rows: 2, ended: false },
        Event::RowsRead { rows: 1, ended: true },
        finished(1, RowStatus::Enriched, "vendor_a", ""),
        finished(2, RowStatus::NoMatch, "vendor_a", "b.com"),
        finished(3, RowStatus::Failed, "", "c.com"),
    ]);
    assert_eq!((tally.rows.read, tally.rows.ended, tally.rows.finished()), (3, true, 3));
    assert_eq!(RowStatus::ALL.map(|status| tally.rows.count(status)), [1, 1, 0, 0, 1, 0]);
    assert_eq!((tally.filled(Field::Name), tally.filled(Field::Industry)), (1, 0));
    assert_eq!(tally.sources.get("vendor_a"), Some(&1));
    assert_eq!(tally.unmatched().collect::<Vec<_>>(), ["b.com"]);
    assert_eq!(tally.confidence_quartiles(), Some([0.5, 0.5, 0.5]));
    assert_eq!(Tally::default().confidence_quartiles(), None);
}

#[test]
fn spent_is_what_was_settled_and_saved_is_the_rest() {
    let settled = |status| Event::CallSettled { subject: "a.com".into(), status };
    let tally = tally(&[
        settled(RowStatus::Enriched),
        settled(RowStatus::NoMatch),
        finished(1, RowStatus::Enriched, "", ""),
        finished(2, RowStatus::Enriched, "", ""),
        finished(3, RowStatus::Enriched, "", ""),
    ]);
    assert_eq!((tally.credits.spent, tally.saved(), tally.companies.settled), (1, 2, 2));
}

#[test]
fn requests_and_the_lowest_balance() {
    let tally = tally(&[
        sent(1, false),
        answered(None, ReplyKind::Temporary, None),
        sent(2, true),
        answered(Some(429), ReplyKind::RateLimited, None),
        sent(3, false),
        answered(Some(200), ReplyKind::Enriched, Some(40)),
        sent(1, false),
        answered(Some(200), ReplyKind::Enriched, Some(41)),
    ]);
    let requests = &tally.requests;
    assert_eq!((requests.sent, requests.ok, requests.retried, requests.rate_limited), (4, 2, 2, 1));
    assert_eq!((requests.in_flight, requests.latency_ms.len()), (2, 3));
    assert_eq!((tally.credits.remaining, tally.credits.uncertain), (Some(40), 1));
}

#[test]
fn waiting_ends_and_the_first_stop_reason_stays() {
    let until: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
    let waiting = Event::Waiting { why: WaitReason::Quota, until };
    assert_eq!(tally(std::slice::from_ref(&waiting)).waiting, Some((WaitReason::Quota, until)));
    assert_eq!(tally(&[waiting.clone(), Event::Resumed]).waiting, None);
    let stopped = tally(&[
        waiting,
        Event::Stopping { reason: StopReason::RateLimit, resets_at: None, detail: None },
        Event::Stopping { reason: StopReason::Interrupted, resets_at: None, detail: None },
    ]);
    assert_eq!((stopped.waiting, stopped.stop_reason), (None, Some(StopReason::RateLimit)));
}

#[test]
fn a_pace_holds_for_calls_until_it_ends() {
    let paced = Event::PaceChanged { per_second: Some(50.0), why: Some(PaceReason::Quota) };
    let stop = Event::Stopping { reason: StopReason::Interrupted, resets_at: None, detail: None };
    let tally = tally(&[sent(1, false), paced, sent(1, false), stop, sent(1, false)]);
    assert_eq!(tally.pacing.present, None);
    assert_eq!(tally.pacing.usual(), Some(Paced { per_second: 50.0, why: PaceReason::Quota }));
}

#[test]
fn companies_by_origin() {
    let tally = tally(
        &[
            CompanyOrigin::Requested,
            CompanyOrigin::FromLedger,
            CompanyOrigin::FromLedger,
            CompanyOrigin::Pending,
        ]
        .map(|origin| Event::CompanySeen { origin }),
    );
    let companies = tally.companies;
    assert_eq!((companies.unique, companies.requested, companies.from_ledger), (4, 1, 2));
}

#[test]
fn sources_have_a_bound() {
    let rows: Vec<Event> = (0..200)
        .map(|row| finished(row, RowStatus::Enriched, &format!("vendor_{}", row % 100), ""))
        .collect();
    let tally = tally(&rows);
    assert_eq!(tally.sources.len(), MOST_SOURCES + 1);
    assert_eq!(tally.sources.get(OTHER_SOURCES), Some(&72));
    assert_eq!(tally.sources.values().sum::<u64>(), 200);
}

proptest! {
    #[test]
    fn unmatched_inputs_are_the_first_distinct_ones_in_any_order(
        inputs in proptest::collection::vec(0_u8..40, 0..120),
        keys in proptest::collection::vec(any::<u32>(), 120),
    ) {
        let mut expected: Vec<String> = Vec::new();
        for input in inputs.iter().map(ToString::to_string) {
            if !expected.contains(&input) {
                expected.push(input);
            }
        }
        expected.truncate(MOST_INPUTS);

        let mut rows: Vec<(u32, Event)> = (1..)
            .zip(&inputs)
            .zip(keys)
            .map(|((row, input), key)| (key, finished(row, RowStatus::NoMatch, "", &input.to_string())))
            .collect();
        rows.sort_by_key(|(key, _)| *key);
        let shuffled: Vec<Event> = rows.into_iter().map(|(_, event)| event).collect();
        let tally = tally(&shuffled);
        prop_assert_eq!(tally.unmatched().collect::<Vec<_>>(), expected);
    }
}
