//! Runs at the same time on one ledger: a subject is asked by one of them, and by another only if that one is gone.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::support::{Api, Plan, Told, domains, ledger, ms, run, secs};
use crate::ledger::Ledger;
use crate::rules::event::{Event, StopReason, WaitReason};
use crate::rules::field::FieldSet;
use crate::rules::outcome::RowStatus;
use crate::rules::signature::{Generation, IdempotencyKey};
use crate::rules::target::Subject;
use crate::rules::verbs::{CallId, Intent, LEASE, Order};

fn plan(folder: &tempfile::TempDir, rows: usize) -> Plan {
    Plan { ledger: Some(folder.path().join("ledger.db")), ..Plan::new(domains(rows)) }
}

/// Returns the subjects asked, each of which must have been asked once.
fn asked_once(api: &Api) -> usize {
    let sent = api.sent();
    let distinct: HashSet<&str> = sent.iter().map(|(_, subject)| subject.as_str()).collect();
    assert_eq!(distinct.len(), sent.len(), "nobody is asked about twice");
    distinct.len()
}

fn waits(told: &Told) -> usize {
    told.events(|event| matches!(event, Event::Waiting { why: WaitReason::OtherRun, .. }))
}

/// Claims a subject for a run that does nothing from then on.
fn claim(path: &Path, subject: &str, now: Timestamp) -> Ledger {
    let mut other = ledger(Some(path), FieldSet::ALL, now).unwrap();
    other.begin(now).unwrap();
    let intent = Intent {
        subject: Subject::Domain(subject.into()),
        generation: Generation(0),
        key: IdempotencyKey::NONE,
        open_since: None,
        first_sent: now,
        uncertain: false,
    };
    other.commit(&[Order::Intend { call: CallId(0), intent }], now).unwrap();
    other
}

#[tokio::test(start_paused = true)]
async fn two_runs_of_one_file_ask_about_everybody_once_and_write_the_same() {
    for concurrency in [1, 10, 64] {
        let folder = tempfile::tempdir().unwrap();
        let api = Api::new("latency=5ms..90ms,no-match=15");
        let plan = || Plan { concurrency, ..plan(&folder, 300) };
        let (one, two) = tokio::join!(run(&api, plan()), run(&api, plan()));
        assert_eq!(asked_once(&api), 300);
        let outcomes =
            |told: &Told| told.rows.iter().map(|(_, row, out)| (row.clone(), out.clone())).collect();
        let (one, two): (Vec<_>, Vec<_>) = (outcomes(&one), outcomes(&two));
        assert!(one == two, "the same answers, also in when they came");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_run_was_asking_is_asked_at_once_under_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let api = Api::new("no-match=0");
    let (killed, told) = tokio::join!(
        tokio::time::timeout(ms(70), run(&api, plan(&folder, 40))),
        run(&api, Plan { rows: domains(60), ..plan(&folder, 0) })
    );
    assert!(killed.is_err(), "it was under way");
    assert_eq!((told.answered(), told.end.stopped), (60, None));
    assert!(told.took < secs(2), "{:?}", told.took);
    let books = api.books();
    assert_eq!((books.charged, books.charged_twice.len()), (60, 0), "{books:?}");
    assert!(books.replayed > 0, "some were out when it died: {books:?}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_shows_no_life_loses_its_claims_after_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let api = Api::new("no-match=0");
    let _frozen = claim(&folder.path().join("ledger.db"), "company-3.com", api.now());
    let told = run(&api, plan(&folder, 5)).await;
    assert_eq!(told.answered(), 5);
    assert!((LEASE..LEASE + secs(1)).contains(&told.took), "{:?}", told.took);
    assert_eq!((asked_once(&api), waits(&told)), (5, 1));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_waits_for_a_slow_answer_keeps_its_claim() {
    let folder = tempfile::tempdir().unwrap();
    let mut api = Api::new("no-match=0");
    api.slow = Some(("company-2.com", secs(3_600)));
    let slow = Plan { retries: 7, ..plan(&folder, 3) };
    let (one, two) = tokio::join!(run(&api, slow), async {
        api.wait_until(secs(1)).await;
        run(&api, plan(&folder, 2)).await
    });
    assert!(one.took > LEASE * 3, "{:?}", one.took);
    assert_eq!(two.count(RowStatus::Failed), 1, "it has failed for both");
    assert_eq!(api.sent().len(), 2 + 8, "and only one of them has asked");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_stops_leaves_to_others_what_it_asked() {
    let folder = tempfile::tempdir().unwrap();
    let bad = Api::new("no-match=0,faults=drop-after=100");
    // Its input stays open, so that it lives on without asking.
    let lingers = Plan { signals: vec![ms(60)], from_open_pipe: true, ..plan(&folder, 10) };
    let well = Api::new("no-match=0");
    let goes_on = async {
        well.wait_until(secs(1)).await;
        run(&well, plan(&folder, 10)).await
    };
    tokio::select! {
        _ = run(&bad, lingers) => panic!("it was to be there all the time"),
        told = goes_on => {
            assert_eq!(told.answered(), 10);
            assert!(told.took < secs(1), "{:?}", told.took);
        }
    }
    assert!(!bad.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_other_runs() {
    let folder = tempfile::tempdir().unwrap();
    let api = Api::new("no-match=0");
    let _frozen = claim(&folder.path().join("ledger.db"), "company-3.com", api.now());
    let told = run(&api, Plan { signals: vec![secs(5)], ..plan(&folder, 5) }).await;
    assert_eq!((told.answered(), told.count(RowStatus::Pending)), (4, 1));
    assert!(told.took < secs(6), "{:?}", told.took);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_waits_for_tomorrow_keeps_nobody_from_asking() {
    let folder = tempfile::tempdir().unwrap();
    // A call is refused, and waits for midnight with the rest.
    let api = Api::new("no-match=0,limit=10,window=1d,headers=none");
    let patient = Plan { wait: Duration::MAX, ..plan(&folder, 20) };
    let (patient, hasty) = tokio::join!(run(&api, patient), async {
        api.wait_until(secs(3_600)).await;
        run(&api, plan(&folder, 20)).await
    });
    assert_eq!((patient.answered(), patient.end.stopped), (20, None));
    assert_eq!((hasty.answered(), hasty.end.stopped), (10, Some(StopReason::RateLimit)));
    assert!(hasty.took < secs(310), "{:?}", hasty.took);
    let books = api.books();
    assert_eq!((books.charged, books.charged_twice.len()), (20, 0), "{books:?}");
}

#[tokio::test(start_paused = true)]
async fn a_question_for_fewer_fields_waits_for_the_answer_to_more() {
    let folder = tempfile::tempdir().unwrap();
    let api = Api::new("no-match=0");
    let fewer = || Plan { wish: "name".parse().unwrap(), ..plan(&folder, 1) };
    let (_, two) = tokio::join!(run(&api, plan(&folder, 1)), async {
        api.wait_until(ms(10)).await;
        run(&api, fewer()).await
    });
    assert_eq!((asked_once(&api), two.answered()), (1, 1));
}
