//! What the rows of an input come to, counted by three threads: one reads, one finds out what is asked, one counts.
//!
//! Rows go round: those that were understood make room for others, so that none needs memory of its own.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;

use crate::ledger::census::Census;
use crate::rows::read::{InputRow, ReadError, Rows, UnaskedRows};
use crate::rules::malformed::MalformedRows;
use crate::rules::plan::{Counts, Sighting, Survey};
use crate::rules::target::InvalidInput;

/// Rows that travel together, and batches of them that wait.
const ROWS_TOGETHER: usize = 1_024;
const BATCHES_WAITING: usize = 4;

type Sightings = Vec<Result<Sighting, Box<InvalidInput>>>;

/// Counts the rows of an input.
pub(super) fn survey(rows: Rows, census: Option<&Census>, now: Timestamp) -> anyhow::Result<Counts> {
    let (read_sender, read_receiver) = sync_channel(BATCHES_WAITING);
    let (used_sender, used_receiver) = sync_channel(BATCHES_WAITING);
    let (sender, sightings) = sync_channel(BATCHES_WAITING);
    let asker = rows.asker();
    let with_subjects = census.is_some_and(Census::knows_something);
    let reading = on_thread("reader", move || read(rows, &used_receiver, &read_sender))?;
    let asking = on_thread("asker", move || {
        for batch in read_receiver {
            let sighted = |target| Sighting::of(target, with_subjects);
            let sightings: Sightings =
                asker.targets(&batch).map(|target| target.map(sighted).map_err(Box::new)).collect();
            if sender.send(sightings).is_err() {
                return;
            }
            // Where enough are on their way back, it is dropped.
            let _ = used_sender.try_send(batch);
        }
    })?;
    let mut survey = Survey::new(now);
    for batch in sightings {
        survey.take(batch, |subjects| census.map_or(Ok(Vec::new()), |census| census.look_up(subjects)))?;
    }
    asking.join().map_err(|_| anyhow!("the asking thread died"))?;
    let malformed = reading.join().map_err(|_| anyhow!("the reading thread died"))??;
    Ok(Counts { malformed, ..survey.finish() })
}

fn on_thread<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> anyhow::Result<JoinHandle<T>> {
    Builder::new().name(name.to_owned()).spawn(work).context("cannot start a thread")
}

/// Sends rows, to the end of the input or until nobody takes them any more. Returns the malformed ones.
fn read(
    mut rows: Rows,
    used: &Receiver<UnaskedRows>,
    sender: &SyncSender<UnaskedRows>,
) -> Result<MalformedRows, ReadError> {
    let mut malformed = MalformedRows::default();
    let mut row = InputRow::default();
    let mut more = true;
    while more {
        let mut batch = used.try_recv().unwrap_or_default();
        batch.clear();
        for _ in 0..ROWS_TOGETHER {
            more = rows.read_unasked(&mut row, &mut batch)?;
            if !more {
                break;
            }
            if let Some(found) = row.malformed {
                malformed.count(row.number, found);
            }
        }
        if sender.send(batch).is_err() {
            break;
        }
    }
    Ok(malformed)
}
