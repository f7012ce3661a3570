//! A ledger that another process holds for longer than is waited for, while calls are in flight.

use rusqlite::Connection;

use super::support::{Api, Plan, domains, ms, run, try_run};
use crate::engine::driver::DriveError;
use crate::ledger::LedgerError;

#[tokio::test(start_paused = true)]
async fn what_is_in_flight_is_asked_again_under_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger.db");
    let api = Api::new("no-match=20");
    let plan = Plan { ledger: Some(ledger.clone()), ledger_wait: ms(20), ..Plan::new(domains(200)) };
    let holding = async {
        api.wait_until(ms(220)).await;
        let holder = Connection::open(&ledger).unwrap();
        holder.execute_batch("BEGIN IMMEDIATE").unwrap();
        holder
    };
    let (told, holder) = tokio::join!(try_run(&api, plan.clone()), holding);
    let error = told.err().expect("the ledger is held");
    assert!(matches!(error, DriveError::Ledger(LedgerError::Locked { .. })), "{error}");
    let asked = api.sent().len();
    assert!(asked > 10 && asked < 200, "{asked}");
    holder.execute_batch("COMMIT").unwrap();

    let told = run(&api, plan).await;
    let books = api.books();
    assert_eq!(told.answered(), 200);
    assert!(books.replayed > 0, "what was in flight: {books:?}");
    assert_eq!((books.charged_twice.len(), books.most_charges_per_subject), (0, 1));
}
