//! What it costs to know what a file would cost: a million rows read, recognised, deduplicated and planned, against copying
//! the same file record by record with the csv crate and nothing else.
//!
//! Both run in processes of their own (this bench calls itself for the copy), taking turns; medians of the wall time, and
//! the peak of the plan's resident set, above that of a small file and per company.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

const ROWS: u32 = 1_000_000;
const FEW: u32 = 1_000;
const RUNS: usize = 9;

/// The most that planning may take, as a multiple of copying.
const RATIO_MOST: f64 = 1.5;

/// The most that a company met may take, in bytes.
const BYTES_MOST: u64 = 32;

/// How often the resident set of a process is looked at. Its peak is kept by the system.
const LOOK: Duration = Duration::from_millis(2);

/// The first argument by which this bench copies a file.
const COPY: &str = "--copy-alone";

/// The tables: a name, their header, and the row of a number.
type Row = fn(u32) -> String;
const TABLES: [(&str, &str, Row); 4] = [
    (
        "export, 12 columns",
        "Record ID,Company name,Website URL,Industry,Employees,City,State,Country,Owner,Created,Stage,Phone",
        |n| {
            format!(
                "{n},\"Company {n}, Inc.\",https://www.company-{n}.com/,Software,{},Springfield,IL,United States,\
             Jane Doe,2026-02-28 09:00,Lead,+1 555 {n:07}",
                n % 5_000
            )
        },
    ),
    ("4 columns", "id,company,website,country", |n| {
        format!("{n},Company {n},https://www.company-{n}.com/,DE")
    }),
    ("half are duplicates", "id,company,website,country", |n| {
        format!("{n},Company {n},https://www.company-{}.com/,DE", n / 2)
    }),
    ("domains alone", "domain", |n| format!("company-{n}.com")),
];

/// Copies a file as the csv crate's tutorial does where speed matters.
fn copy(from: &str, to: &str) -> anyhow::Result<()> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(from)?;
    let mut writer = csv::WriterBuilder::new().from_path(to)?;
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record)? {
        writer.write_byte_record(&record)?;
    }
    Ok(writer.flush()?)
}

fn write(path: &Path, rows: u32, (_, header, row): (&str, &str, Row)) -> anyhow::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "{header}")?;
    for number in 1..=rows {
        writeln!(file, "{}", row(number))?;
    }
    Ok(file.flush()?)
}

/// Returns how long a process took.
fn timed(command: &mut Command) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(started.elapsed())
}

fn plan(folder: &Path, input: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadenrich"));
    command.arg("plan").arg(input).arg("--ledger").arg(folder.join("ledger.db"));
    command.env("LEADENRICH_API_KEY", "wbk_bench");
    command
}

/// Returns the peak of a process's resident set, in bytes, as it was seen last.
fn peak(mut child: Child) -> anyhow::Result<u64> {
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait()?.is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib =
            line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse::<u64>().ok());
        most = most.max(kib.unwrap_or(0) * 1024);
        std::thread::sleep(LOOK);
    }
    Ok(most)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Measures one table; returns whether it stays within the bounds.
fn measure(folder: &Path, table: (&str, &str, Row)) -> anyhow::Result<bool> {
    let (many, few, out) = (folder.join("many.csv"), folder.join("few.csv"), folder.join("copy.csv"));
    write(&many, ROWS, table)?;
    write(&few, FEW, table)?;
    let (mut copies, mut plans) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        copies.push(timed(Command::new(std::env::current_exe()?).arg(COPY).arg(&many).arg(&out))?);
        plans.push(timed(&mut plan(folder, &many))?);
    }
    let (copies, plans) = (median(copies), median(plans));
    let resident = |input: &Path| peak(plan(folder, input).stdout(Stdio::null()).spawn()?);
    let (most, least) = (resident(&many)?, resident(&few)?);
    let ratio = plans.as_secs_f64() / copies.as_secs_f64();
    let bytes = most.saturating_sub(least) / u64::from(ROWS);
    let is_within = ratio <= RATIO_MOST && bytes <= BYTES_MOST;
    println!(
        "{:<20} copy {:>4} ms  plan {:>4} ms  ratio {ratio:.2}   {:>4} MiB, {bytes:>2} bytes a row   {}",
        table.0,
        copies.as_millis(),
        plans.as_millis(),
        most >> 20,
        if is_within { "ok" } else { "missed" }
    );
    Ok(is_within)
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, command, from, to] = arguments.as_slice()
        && command == COPY
    {
        copy(from, to)?;
        return Ok(ExitCode::SUCCESS);
    }
    let folder = tempfile::tempdir().context("no place for the tables")?;
    println!(
        "{ROWS} rows, medians of {RUNS}; at most {RATIO_MOST} of a copy and {BYTES_MOST} bytes a company"
    );
    let mut all = true;
    for table in TABLES {
        all &= measure(folder.path(), table)?;
    }
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
