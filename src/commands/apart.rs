//! Keeps outputs apart from each other and from what is still needed: the input, the ledger.
//!
//! Files are compared by where they truly are, so that links and roundabout paths are seen through. Only `--output` may
//! be the input: it is replaced when all of it has been read.

use std::fs::{File, Metadata};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::cli::{Cli, Command, LedgerAction, LedgerArgs};
use crate::config;
use crate::failure::UsageError;
use crate::rows::read::Source;
use crate::rows::write::Sink;
use crate::settings::{LedgerPlace, ledger_place};

/// What SQLite keeps beside a database.
const BESIDE_LEDGER: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// What no output may replace.
#[derive(Clone, Copy)]
pub(super) struct Needed<'a> {
    /// Where rows come from, if any do.
    pub(super) input: Option<&'a Source>,
    /// The ledger, if it is a file.
    pub(super) ledger: Option<&'a Path>,
}

/// Refuses outputs that would replace what is needed, or each other. They have the names of their options.
pub(super) fn keep_apart(
    outputs: &[(&'static str, Option<&Sink>)],
    needed: Needed<'_>,
) -> Result<(), UsageError> {
    let input = match needed.input {
        Some(Source::Path(path)) => path.canonicalize().ok(),
        Some(Source::Stdin) | None => None,
    };
    let mut taken = needed.ledger.map(ledger_files).unwrap_or_default();
    let mut on_stdout = None;
    for (one, sink) in outputs {
        let Some(sink) = sink else { continue };
        let same = |other| UsageError::SameFile { one, other, path: sink.name().to_owned() };
        if sink.is_stdout() {
            if let Some(other) = on_stdout.replace(*one) {
                return Err(same(other));
            }
            if needed.input.is_some_and(is_stdout) {
                return Err(same("the input"));
            }
        }
        let Some(target) = sink.target() else { continue };
        if *one != "--output" && input.as_deref() == Some(target) {
            return Err(same("the input"));
        }
        if let Some((other, _)) = taken.iter().find(|(_, path)| path == target) {
            return Err(same(other));
        }
        taken.push((one, target.to_owned()));
    }
    Ok(())
}

/// Refuses a log that would be written into a file that this command reads or writes. Nothing is opened for it before.
pub(super) fn keep_log_apart(log: &Path, cli: &Cli) -> Result<(), UsageError> {
    let global = &cli.global;
    let configuration = config::place(global.config.as_deref());
    let mut others = vec![
        ("the configuration", configuration.as_deref()),
        ("--api-key-file", global.api_key_file.as_deref()),
    ];
    match &cli.command {
        Command::Batch(args) => others.extend([
            ("the input", args.input.as_deref()),
            ("--output", args.writing.output.as_deref()),
            ("--no-match-output", args.writing.no_match_output.as_deref()),
            ("--rejects", args.writing.rejects.as_deref()),
            ("--summary", args.writing.summary.as_deref()),
            ("--report", args.writing.report.as_deref()),
        ]),
        Command::Enrich(args) => others.push(("--output", args.output.as_deref())),
        Command::Plan(args) => others.push(("the input", args.input.as_deref())),
        Command::Ledger(LedgerArgs { action: LedgerAction::Export(args), .. }) => {
            others.push(("--output", args.output.as_deref()));
        }
        _ => {}
    }
    let place = place(log);
    // Where the ledger's place cannot be known, the command says so.
    let ledger = ledger_place(global, false).ok();
    let mut taken = ledger.as_ref().and_then(LedgerPlace::path).map(ledger_files).unwrap_or_default();
    taken.extend(others.into_iter().filter_map(|(name, path)| Some((name, self::place(path?)?))));
    match taken.into_iter().find(|(_, path)| Some(path) == place.as_ref()) {
        Some((other, _)) => {
            Err(UsageError::SameFile { one: "--log-file", other, path: log.display().to_string() })
        }
        None => Ok(()),
    }
}

/// Returns where a file truly is, or will be.
fn place(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    path.canonicalize().ok().or_else(|| Some(folder.canonicalize().ok()?.join(path.file_name()?)))
}

/// Returns where the ledger's files truly are.
fn ledger_files(path: &Path) -> Vec<(&'static str, PathBuf)> {
    let Some(path) = place(path) else { return Vec::new() };
    let beside = |suffix: &str| {
        let mut path = path.clone().into_os_string();
        path.push(suffix);
        ("the ledger", path.into())
    };
    BESIDE_LEDGER.map(beside).into()
}

/// Returns whether standard output goes to the file that rows are read from, as with `>>`: it would never end.
fn is_stdout(input: &Source) -> bool {
    let input = match input {
        Source::Path(path) => std::fs::metadata(path).ok(),
        Source::Stdin => open_file(std::io::stdin().as_fd()),
    };
    let same = |one: Metadata, other: Metadata| {
        one.is_file() && (one.dev(), one.ino()) == (other.dev(), other.ino())
    };
    input.zip(open_file(std::io::stdout().as_fd())).is_some_and(|(one, other)| same(one, other))
}

/// Returns what is known of an open file.
fn open_file(file: BorrowedFd<'_>) -> Option<Metadata> {
    File::from(file.try_clone_to_owned().ok()?).metadata().ok()
}
