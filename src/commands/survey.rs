//! What the rows of an input come to, counted by three threads: one reads, one finds out what is asked, one counts.
//!
//! Rows go round: those that were understood are read into again, so that none needs memory of its own.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;

use crate::ledger::census::Census;
use crate::rows::read::{Asker, ReadError, Rows, UnaskedRow};
use crate::rules::malformed::MalformedRows;
use crate::rules::plan::{Counts, Sighting, Survey};
use crate::rules::target::InvalidInput;

/// Rows that travel together, and batches of them that wait.
const ROWS_TOGETHER: usize = 1_024;
const BATCHES_WAITING: usize = 4;

/// Rows, of which the first so many have been read.
type Batch = (Vec<UnaskedRow>, usize);

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
        for (batch, filled) in read_receiver {
            if sender.send(ask(&asker, &batch, filled, with_subjects)).is_err() {
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
    used: &Receiver<Vec<UnaskedRow>>,
    sender: &SyncSender<Batch>,
) -> Result<MalformedRows, ReadError> {
    let mut malformed = MalformedRows::default();
    loop {
        let mut batch = used.try_recv().unwrap_or_default();
        batch.resize_with(ROWS_TOGETHER, UnaskedRow::default);
        let mut filled = 0;
        for row in &mut batch {
            if !rows.read_into(row)? {
                break;
            }
            filled += 1;
            if let Some((number, found)) = row.malformed() {
                malformed.count(number, found);
            }
        }
        if sender.send((batch, filled)).is_err() || filled < ROWS_TOGETHER {
            return Ok(malformed);
        }
    }
}

/// Finds out what rows ask.
fn ask(asker: &Asker, batch: &[UnaskedRow], filled: usize, with_subjects: bool) -> Sightings {
    let targets = batch.iter().take(filled).map(|row| asker.target(row));
    targets.map(|target| target.map(|target| Sighting::of(target, with_subjects)).map_err(Box::new)).collect()
}
