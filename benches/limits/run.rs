//! One run of the program against a sandbox of its own, and what the sandbox's books say about it.

use std::fmt::Write as _;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use leadenrich::sandbox::{Books, Sandbox, Settings};

/// What every sandbox here has in common: every company is found, and there are credits enough for all.
const COMMON: &str = "latency=50ms,credits=1000000,no-match=0";

/// How often the program is looked after.
const LOOK: Duration = Duration::from_millis(2);

/// What a run came to.
pub(crate) struct Run {
    pub(crate) rows: u64,
    /// From the start of the process to its end.
    pub(crate) elapsed: Duration,
    settings: Settings,
    books: Books,
    /// Absent: it was ended because it took too long.
    status: Option<ExitStatus>,
}

/// Runs the program once over so many rows, each with another company, and ends it after `patience`.
pub(crate) fn run(settings: &str, rows: u64, options: &[&str], patience: Duration) -> anyhow::Result<Run> {
    let settings: Settings = format!("{COMMON},{settings}").parse()?;
    let folder = tempfile::tempdir()?;
    let input = folder.path().join("companies.txt");
    std::fs::write(&input, companies(rows)?)?;
    let sandbox = Sandbox::start(settings.clone())?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadenrich"));
    command.arg("batch").arg(input).args(["--quiet", "--ledger"]).arg(folder.path().join("ledger.db"));
    command
        .arg("--output")
        .arg(folder.path().join("enriched.csv"))
        .args(options)
        .env("LEADENRICH_BASE_URL", sandbox.base_url())
        .env("LEADENRICH_API_KEY", sandbox.api_key())
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    let started = Instant::now();
    let mut child = command.spawn().context("the program cannot be started")?;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if started.elapsed() > patience {
            child.kill()?;
            child.wait()?;
            break None;
        }
        std::thread::sleep(LOOK);
    };
    Ok(Run { rows, elapsed: started.elapsed(), settings, books: sandbox.books(), status })
}

/// Returns a list of so many domains.
fn companies(rows: u64) -> anyhow::Result<String> {
    let mut list = String::new();
    for number in 1..=rows {
        writeln!(list, "company-{number}.com")?;
    }
    Ok(list)
}

impl Run {
    /// Tells whether every row was enriched, for one credit each.
    pub(crate) fn is_whole(&self) -> bool {
        self.status.is_some_and(|status| status.success()) && self.books.charged == self.rows
    }

    /// Says how the run ended, if not as it should have.
    pub(crate) fn complaint(&self) -> String {
        let charged = self.books.charged;
        match self.status {
            _ if self.is_whole() => String::new(),
            Some(status) => format!(": {status} with {charged} enriched"),
            None => format!(": ended after {charged} were enriched"),
        }
    }

    /// Returns the calls that got an answer.
    pub(crate) fn calls(&self) -> u64 {
        self.books.requests.values().sum()
    }

    /// Returns the calls that were one too many.
    pub(crate) fn refused(&self) -> u64 {
        self.books.requests.get(&429).copied().unwrap_or_default()
    }

    /// Returns the calls that were one too many in a thousand.
    pub(crate) fn refused_per_thousand(&self) -> f64 {
        number(self.refused()) * 1_000.0 / number(self.calls().max(1))
    }

    /// Returns the calls that were let through as a share of what the limit allows between the first and the last of
    /// them.
    pub(crate) fn used(&self) -> f64 {
        let (Some(first), Some(last)) = (self.books.first_through, self.books.last_through) else {
            return 0.0;
        };
        let allowed = self.settings.allowance(first, last);
        if allowed > 0.0 { number(self.calls() - self.refused()) / allowed } else { 0.0 }
    }
}

/// Returns a count as a number for ratios.
pub(crate) fn number(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
