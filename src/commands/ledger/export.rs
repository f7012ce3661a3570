//! `leadenrich ledger export`.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use jiff::Timestamp;

use super::{say, say_missing, statuses};
use crate::cli::{ExportArgs, ExportFormat, GlobalArgs};
use crate::engine::clock::Clock;
use crate::engine::shutdown::Signals;
use crate::failure::Exit;
use crate::ledger::LedgerError;
use crate::ledger::read::Reader;
use crate::rows::format::OutputFormat;
use crate::rows::write::kept::{KeptFormat, KeptWriter};
use crate::rows::write::{Destination, Sink, WriteError};
use crate::rules::kept::Selection;

/// Why an export ends before its time.
#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("interrupted")]
    Interrupted,
}

pub(super) async fn run(
    global: &GlobalArgs,
    path: PathBuf,
    scope: String,
    args: ExportArgs,
) -> anyhow::Result<Exit> {
    let mut signals = Signals::listen().context("cannot listen for signals")?;
    let selection = selection(scope, &args, Clock::system().now().wall);
    let reader = Reader::open(&path, &selection.scope)?;
    if reader.is_none() {
        say_missing(global, &path);
    }
    let destination = Destination::of(args.output.as_deref());
    let writer = KeptWriter::begin(Sink::open(&destination)?, format(&args))?;
    let stop = Arc::new(AtomicBool::new(false));
    let stopping = Arc::clone(&stop);
    let mut exporting =
        tokio::task::spawn_blocking(move || export(reader.as_ref(), &selection, writer, &stopping));
    let exported = tokio::select! {
        exported = &mut exporting => exported.context("the export died")?,
        signal = signals.next() => {
            stop.store(true, Ordering::Relaxed);
            // What was begun beside the output's place is taken away; a pipe that nobody reads is not waited for.
            if destination != Destination::Stdout {
                let _ = exporting.await;
            }
            return Ok(Exit::Signal(signal.exit_code()));
        }
    };
    let unreadable = exported.map_err(ExportError::explained)?;
    if unreadable > 0 {
        say(global, &format!("answers left out, since they cannot be read: {unreadable}\n"));
    }
    Ok(Exit::Complete)
}

impl ExportError {
    /// Returns the error below, by which exit code and hint are found.
    fn explained(self) -> anyhow::Error {
        match self {
            Self::Ledger(error) => error.into(),
            Self::Write(error) => error.into(),
            Self::Interrupted => self.into(),
        }
    }
}

/// Writes every answer that is meant; returns how many could not be read.
fn export(
    reader: Option<&Reader>,
    selection: &Selection,
    mut writer: KeptWriter,
    stop: &AtomicBool,
) -> Result<u64, ExportError> {
    let mut unreadable = 0;
    if let Some(reader) = reader {
        unreadable = reader.answers(selection, &mut |kept| {
            if stop.load(Ordering::Relaxed) {
                return Err(ExportError::Interrupted);
            }
            Ok(writer.write(kept)?)
        })?;
    }
    writer.finish()?;
    Ok(unreadable)
}

fn selection(scope: String, args: &ExportArgs, now: Timestamp) -> Selection {
    Selection {
        scope: scope.into(),
        statuses: statuses(&args.status),
        since: args.since.map_or(Timestamp::MIN, |when| when.begin(now)),
        until: args.until.map_or(Timestamp::MAX, |when| when.end(now)),
    }
}

fn format(args: &ExportArgs) -> KeptFormat {
    let by_name = || args.output.as_deref().and_then(OutputFormat::from_name);
    let is_jsonl = match args.format {
        Some(format) => format == ExportFormat::Jsonl,
        None => by_name() == Some(OutputFormat::Jsonl),
    };
    if is_jsonl { KeptFormat::Jsonl } else { KeptFormat::Csv { raw_cells: args.raw_cells } }
}
