//! A quota that is not ours alone: runs at the same time, runs one after the other, another client on the same key.

use std::time::Duration;

use super::measure::{Measured, measure};
use super::support::{Api, Plan, domains, run, secs};

const FOREVER: Duration = Duration::MAX;

/// Drives three runs of so many rows each at once.
async fn three_runs(settings: &str, rows: usize) -> Measured {
    let settings = format!("latency=20ms..80ms,{settings}");
    let api = Api::new(&settings);
    let all = domains(rows * 3);
    let part = |nth: usize| Plan { wait: FOREVER, ..Plan::new(all.chunks(rows).nth(nth).unwrap().to_vec()) };
    let (one, two, three) = tokio::join!(run(&api, part(0)), run(&api, part(1)), run(&api, part(2)));
    for told in [&one, &two, &three] {
        assert_eq!((told.answered(), told.end.stopped), (rows, None), "{settings}");
    }
    let longest = [one, two, three].into_iter().max_by_key(|told| told.took).unwrap();
    Measured::of(settings, &api, longest)
}

#[tokio::test(start_paused = true)]
async fn three_runs_share_what_there_is() {
    for limit in ["limit=300,window=10s", "limit=50,window=1s,limiter=bucket,burst=100"] {
        let measured = Box::pin(three_runs(limit, 600)).await;
        assert!(measured.utilisation >= 85.0, "{measured}");
        assert!(measured.refused <= measured.calls.div_ceil(100), "{measured}");
    }
}

#[tokio::test(start_paused = true)]
async fn three_runs_all_finish() {
    for limiter in ["fixed", "from-first", "sliding"] {
        for window in ["1s", "2s"] {
            let settings = format!("limit=100,window={window},limiter={limiter}");
            let measured = Box::pin(three_runs(&settings, 300)).await;
            assert!(measured.refused <= measured.calls / 20, "{measured}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn three_runs_on_one_ledger_pay_once() {
    let folder = tempfile::tempdir().unwrap();
    let api = Api::new("no-match=0,limit=100,window=1s");
    let plan =
        || Plan { ledger: Some(folder.path().join("ledger.db")), wait: FOREVER, ..Plan::new(domains(200)) };
    let (one, two, three) = tokio::join!(run(&api, plan()), run(&api, plan()), run(&api, plan()));
    for told in [one, two, three] {
        assert_eq!((told.answered(), told.end.stopped), (200, None));
    }
    let books = api.books();
    assert_eq!((books.charged, books.charged_twice.len()), (200, 0), "{books:?}");
}

#[tokio::test(start_paused = true)]
async fn another_client_costs_at_most_a_refusal_in_a_hundred() {
    for seed in 1..=3 {
        let measured = measure(&format!("limit=100,window=1s,rival=50,seed={seed}"), 1_000).await;
        assert!(measured.refused <= measured.calls.div_ceil(100), "{measured}");
        assert!(measured.utilisation >= 70.0, "{measured}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_used_up_is_waited_for() {
    for limiter in ["fixed", "from-first", "sliding"] {
        for headers in ["x-ratelimit", "ietf", "none"] {
            for window in ["60s", "1h", "1d"] {
                let settings = format!("limit=100,window={window},limiter={limiter},headers={headers}");
                let api = Api::new(&settings);
                run(&api, Plan::new(domains(100))).await;
                let ours = Plan { wait: FOREVER, ..Plan::new(domains(150).split_off(100)) };
                let told = run(&api, ours).await;
                assert_eq!((told.answered(), told.end.stopped), (50, None), "{settings}");
                // The first call tells when the rest may go.
                assert_eq!(api.books().requests.get(&429), Some(&1), "{settings}");
                assert_eq!(api.sent().len(), 151);
                assert!(told.took < longest_wait(window) + secs(1), "{settings}: {:?}", told.took);
            }
        }
    }
}

fn longest_wait(window: &str) -> Duration {
    match window {
        "60s" => secs(60),
        "1h" => secs(3_600),
        _ => secs(86_400),
    }
}
