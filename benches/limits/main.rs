//! How much of a rate limit a run uses, and how often it makes one call too many: for every kind of limit, and with the
//! argument `dialects` for every way of telling of it.
//!
//! The program runs as its users run it, in a process of its own and with a ledger on disk, against a sandbox on a thread
//! of this one. Any other argument leaves only the situations with that text in their names. Fails if one of them misses
//! its bound.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]

mod rates;
mod run;
mod situations;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use self::situations::Situation;

/// How many dialects are tried at once: they do little but wait.
const AT_ONCE: usize = 4;

/// A line of the table.
struct Line {
    name: String,
    rows: u64,
    elapsed: Duration,
    /// What was used, of what could have been.
    used: f64,
    /// Refused calls in a thousand.
    refused: f64,
    /// What is asked of the two; absent where nothing is.
    bound: Option<String>,
    /// Whether they are as asked, and the run came to its end.
    is_kept: bool,
    /// What else there is to say.
    note: String,
}

impl Line {
    fn print(&self) {
        let &Self { ref name, rows, elapsed, used, refused, ref bound, is_kept, ref note } = self;
        let (bound, verdict) = match bound {
            Some(bound) => (bound.as_str(), if is_kept { "ok" } else { "MISSED" }),
            None => ("none", if is_kept { "-" } else { "MISSED" }),
        };
        let (elapsed, used) = (elapsed.as_secs_f64(), used * 100.0);
        println!(
            "{name:<52} {rows:>6} {elapsed:>8.2} s {used:>8.1} % {refused:>9.1}   {bound:<22} {verdict}{note}"
        );
    }
}

fn main() -> anyhow::Result<ExitCode> {
    // Cargo adds `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let (dialects, words): (Vec<_>, Vec<_>) = words.into_iter().partition(|word| word == "dialects");
    let is_wanted = |name: &str| words.iter().all(|word| name.contains(word.as_str()));
    println!(
        "{:<52} {:>6} {:>10} {:>10} {:>9}   {:<22}",
        "situation", "rows", "elapsed", "used", "429s/1000", "bound"
    );
    let is_kept = if dialects.is_empty() {
        let limits = in_turn(&situations::each(), is_wanted, 1)?;
        rates::compare(is_wanted)? && limits
    } else {
        in_turn(&situations::dialects(), is_wanted, AT_ONCE)?
    };
    Ok(if is_kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Tries the situations that are wanted, so many at once, prints a line for each as it ends, and tells whether all keep
/// their bounds.
fn in_turn(
    situations: &[Situation],
    is_wanted: impl Fn(&str) -> bool,
    at_once: usize,
) -> anyhow::Result<bool> {
    let wanted: Vec<&Situation> = situations.iter().filter(|situation| is_wanted(&situation.name)).collect();
    let (next, is_kept) = (AtomicUsize::new(0), AtomicBool::new(true));
    let work = || -> anyhow::Result<()> {
        while let Some(situation) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
            let line = situation.measure()?;
            line.print();
            is_kept.fetch_and(line.is_kept, Ordering::Relaxed);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..at_once).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| {
            worker.join().unwrap_or_else(|_| Err(anyhow::anyhow!("a worker panicked")))
        })
    })?;
    Ok(is_kept.into_inner())
}
