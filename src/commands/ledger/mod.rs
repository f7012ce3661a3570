//! `leadenrich ledger`: a look at what was paid for, all of it as a table, and old answers out.
//!
//! Needs no key and shows every scope. Nothing but `prune` changes the ledger, and nothing begins a run.

mod export;
mod prune;
mod stats;

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use console::Term;

use crate::cli::{GlobalArgs, LedgerAction, LedgerArgs, StatusArg};
use crate::failure::{Exit, UsageError};
use crate::rules::kept::STATUSES;
use crate::rules::outcome::RowStatus;
use crate::settings::{LedgerPlace, ledger_place};

/// The width of text that goes to no terminal.
const WIDTH_ELSEWHERE: usize = 80;

pub(super) async fn run(global: &GlobalArgs, args: LedgerArgs) -> anyhow::Result<Exit> {
    let LedgerPlace::File(path) = ledger_place(global, false)? else {
        return Err(UsageError::NothingKept.into());
    };
    match args.action {
        LedgerAction::Stats(stats) => stats::run(global, &path, &args.scope, &stats),
        LedgerAction::Export(export) => export::run(global, path, args.scope, export).await,
        LedgerAction::Prune(prune) => prune::run(global, &path, &args.scope, &prune).await,
    }
}

/// Says that there is no ledger, which is no error: it is made by the first run.
fn say_missing(global: &GlobalArgs, path: &Path) {
    say(global, &format!("no ledger at '{}' yet: nothing has been paid for\n", path.display()));
}

/// Says something beside the data. Where standard error is closed there is nobody to tell.
fn say(global: &GlobalArgs, words: &str) {
    if !global.quiet {
        let words = crate::rules::redact::redact(words);
        let _ = std::io::stderr().write_all(words.as_bytes());
    }
}

/// Prints data.
fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).context("standard output")
}

/// Returns the width of standard output.
fn width() -> usize {
    Term::stdout().size_checked().map_or(WIDTH_ELSEWHERE, |(_, columns)| columns.into())
}

/// Returns the statuses that are meant: all, where none is named.
fn statuses(named: &[StatusArg]) -> Vec<RowStatus> {
    if named.is_empty() {
        return STATUSES.to_vec();
    }
    let status = |named: &StatusArg| match named {
        StatusArg::Enriched => RowStatus::Enriched,
        StatusArg::NoMatch => RowStatus::NoMatch,
        StatusArg::NotFound => RowStatus::NotFound,
        StatusArg::Failed => RowStatus::Failed,
    };
    named.iter().map(status).collect()
}
