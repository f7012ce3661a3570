//! Keeps outputs apart from each other and from what is still needed: the input, the ledger.
//!
//! Files are compared by where they truly are, so that links and roundabout paths are seen through. Only `--output` may
//! be the input: it is replaced when all of it has been read.

use std::fs::{File, Metadata};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::failure::UsageError;
use crate::rows::read::Source;
use crate::rows::write::Sink;

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

/// Returns where the ledger's files truly are.
fn ledger_files(path: &Path) -> Vec<(&'static str, PathBuf)> {
    let Ok(path) = path.canonicalize() else { return Vec::new() };
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
