//! `leadenrich ledger prune`: shows what would go, and lets it go once that is wanted.

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

use anyhow::Context as _;
use jiff::SignedDuration;

use super::{print, say, say_missing, statuses, width};
use crate::cli::{GlobalArgs, PruneArgs};
use crate::engine::clock::Clock;
use crate::failure::Exit;
use crate::ledger::LedgerError;
use crate::ledger::prune::Pruning;
use crate::ledger::read::Reader;
use crate::report::pruned::{Outlook, outlook, pruned};
use crate::rules::kept::{Prospect, Prunable};

/// As a question that was interrupted.
const DECLINED: Exit = Exit::Signal(130);

pub(super) async fn run(
    global: &GlobalArgs,
    path: &Path,
    scope: &str,
    args: &PruneArgs,
) -> anyhow::Result<Exit> {
    let clock = Clock::system();
    let age = SignedDuration::try_from(args.older_than).unwrap_or(SignedDuration::MAX);
    let prunable = Prunable::older_than(age, clock.now().wall, statuses(&args.status));
    // Closed again before anything is deleted: whoever reads keeps the file from becoming smaller.
    let Some(prospect) = prospect(path, scope, &prunable)? else {
        say_missing(global, path);
        return Ok(Exit::Complete);
    };
    let is_told = !(args.yes && global.quiet);
    if is_told {
        print(&outlook(&Outlook { prospect: &prospect, age: args.older_than, width: width() }))?;
    }
    if !args.yes {
        if prospect.count() == 0 {
            return Ok(Exit::Complete);
        }
        if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
            say(global, "Nothing was deleted; --yes deletes.\n");
            return Ok(Exit::Complete);
        }
        if !is_confirmed()? {
            return Ok(DECLINED);
        }
    }
    let mut pruning = Pruning::begin(path, scope, prunable)?;
    let gone = if prospect.count() > 0 { prune(&mut pruning, clock).await? } else { 0 };
    let room = pruning.finish()?;
    if is_told {
        print(&pruned(gone, room, width()))?;
    }
    Ok(Exit::Complete)
}

fn prospect(path: &Path, scope: &str, prunable: &Prunable) -> Result<Option<Prospect>, LedgerError> {
    Reader::open(path, scope)?.map(|reader| reader.prospect(prunable)).transpose()
}

/// Prunes all that may go, and returns how much that was.
async fn prune(pruning: &mut Pruning, clock: Clock) -> Result<u64, LedgerError> {
    let mut gone = 0;
    loop {
        let began = clock.now().at;
        let Some(more) = pruning.step()? else { return Ok(gone) };
        gone += more;
        // As long as it took: a run on the same ledger gets every second turn.
        let ended = clock.now().at;
        clock.wait_until(Some(ended + (ended - began))).await;
    }
}

/// Asks; everything but a yes is a no.
fn is_confirmed() -> anyhow::Result<bool> {
    let mut stderr = std::io::stderr();
    write!(stderr, "Delete them? [y/N] ").and_then(|()| stderr.flush()).context("standard error")?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).context("standard input")?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
