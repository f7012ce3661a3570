//! Rows out in the order of the input, through a bounded window; or as they finish.

use super::support::{Api, Plan, Told, domains, ms, run, secs};
use crate::engine::reorder::Order;
use crate::rules::event::Event;

/// An API that needs ten seconds for this company.
fn slow_about(domain: &'static str) -> Api {
    let mut api = Api::new("");
    api.slow = Some((domain, secs(10)));
    api
}

/// Returns the rows read until then.
fn read_before(told: &Told, moment: std::time::Duration) -> u64 {
    let read = |event: &Event| match event {
        Event::RowsRead { rows, .. } => *rows,
        _ => 0,
    };
    told.events.iter().filter(|(at, _)| *at < moment).map(|(_, event)| read(event)).sum()
}

#[tokio::test(start_paused = true)]
async fn a_slow_row_holds_the_others_back_and_their_calls_not() {
    let api = slow_about("company-2.com");
    let told = run(&api, Plan::new(domains(100))).await;
    assert_eq!(told.domains(), domains(100));
    // It left at 50 ms. The others were answered long before it, and went out with it.
    let slow_came = ms(50 + 50) + secs(10);
    assert_eq!(told.took, slow_came);
    assert_eq!(told.rows.iter().filter(|(at, ..)| *at < slow_came).count(), 1);
    let last_call = api.instants().into_iter().max().unwrap();
    assert!(last_call < secs(1), "{last_call:?}");
}

#[tokio::test(start_paused = true)]
async fn no_rows_are_read_while_the_window_is_full() {
    for order in [Order::Input, Order::Resolution] {
        let api = slow_about("company-2.com");
        let plan = Plan { window: 20, together: 1, order, ..Plan::new(domains(100)) };
        let told = run(&api, plan).await;
        assert_eq!(told.answered(), 100);
        // Row 1 has gone out; rows 2 to 21 are in the window until the slow one goes.
        assert_eq!(read_before(&told, secs(10)), 21, "{order:?}");
        assert!(told.took > secs(10) && told.took < secs(11), "{:?}", told.took);
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_may_overfill_the_window_once() {
    let api = slow_about("company-2.com");
    let told = run(&api, Plan { window: 20, together: 16, ..Plan::new(domains(100)) }).await;
    assert_eq!(told.domains(), domains(100));
    assert_eq!(read_before(&told, secs(10)), 32);
}

#[tokio::test(start_paused = true)]
async fn unordered_rows_go_out_as_they_finish() {
    let api = slow_about("company-2.com");
    let told = run(&api, Plan { order: Order::Resolution, ..Plan::new(domains(30)) }).await;
    assert_eq!(told.rows.len(), 30);
    assert_eq!(told.domains().last(), Some(&"company-2.com"));
    assert_eq!(told.rows.iter().filter(|(at, ..)| *at < secs(1)).count(), 29);
}

#[tokio::test(start_paused = true)]
async fn a_slow_first_row_goes_alone_and_first() {
    let api = slow_about("company-1.com");
    let told = run(&api, Plan::new(domains(21))).await;
    assert_eq!(told.domains(), domains(21));
    assert_eq!(told.took, secs(10) + ms(50 + 50 + 50));
}

#[tokio::test(start_paused = true)]
async fn a_slow_output_stops_the_reading() {
    let folder = tempfile::tempdir().unwrap();
    let api = Api::new("latency=0");
    let ledger = Some(folder.path().join("ledger.db"));
    let plan = Plan { window: 2_048, ledger, concurrency: 256, ..Plan::new(domains(8_000)) };
    run(&api, plan.clone()).await;
    let told = run(&api, Plan { output_opens_at: secs(10), ..plan }).await;
    assert_eq!(told.domains(), domains(8_000));
    // The window, a batch beyond it, and the four batches that the output's channel holds.
    let read = read_before(&told, secs(10));
    assert!(read <= 2_048 + 256 + 4 * 256, "{read}");
}
