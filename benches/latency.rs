//! How close a run comes to what the network allows: a thousand rows at 50 ms an answer and 32 calls in flight.
//!
//! The program runs as its users run it, in a process of its own and with a ledger on disk, against a sandbox on a thread
//! of this one. The bound is the time in which 32 calls in flight can be answered at all: companies / 32 × 50 ms. It leaves
//! out the first call, which goes alone to learn balance and quota, and the start of the process.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use leadenrich::sandbox::{Sandbox, Settings};

const ROWS: &str = "fixtures/inputs/companies.csv";
const LATENCY: Duration = Duration::from_millis(50);
const IN_FLIGHT: u32 = 32;
const RUNS: usize = 5;

/// The most that a run may take, as a multiple of the bound.
const RATIO_MOST: f64 = 1.15;

/// Runs the program once and returns how long it took and how many companies it asked for.
fn run(folder: &Path) -> anyhow::Result<(Duration, u64)> {
    let settings: Settings =
        format!("latency={}ms,credits=1000000,limit=1000000", LATENCY.as_millis()).parse()?;
    let sandbox = Sandbox::start(settings)?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadenrich"));
    command
        .args(["batch", ROWS, "--quiet", "--concurrency", &IN_FLIGHT.to_string()])
        .arg("--ledger")
        .arg(folder.join("ledger.db"))
        .arg("--output")
        .arg(folder.join("enriched.csv"))
        .env("LEADENRICH_BASE_URL", sandbox.base_url())
        .env("LEADENRICH_API_KEY", sandbox.api_key())
        .stdin(Stdio::null());
    let started = Instant::now();
    let status = command.status().context("the program cannot be started")?;
    let took = started.elapsed();
    ensure!(status.success(), "the program ended with {status}");
    Ok((took, sandbox.books().requests.values().sum()))
}

fn main() -> anyhow::Result<ExitCode> {
    let mut runs = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let folder = tempfile::tempdir()?;
        runs.push(run(folder.path())?);
    }
    runs.sort();
    let (took, companies) = *runs.get(RUNS / 2).context("no run")?;
    let bound = LATENCY.mul_f64(f64::from(u32::try_from(companies)?)) / IN_FLIGHT;
    let ratio = took.as_secs_f64() / bound.as_secs_f64();
    let all: Vec<String> = runs.iter().map(|(took, _)| format!("{} ms", took.as_millis())).collect();
    println!("runs      {}", all.join(", "));
    println!("median    {} ms for {companies} companies", took.as_millis());
    println!("bound     {} ms: {companies} / {IN_FLIGHT} x {} ms", bound.as_millis(), LATENCY.as_millis());
    println!("ratio     {ratio:.3}, at most {RATIO_MOST}");
    Ok(if ratio <= RATIO_MOST { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
