//! Runs that no limit holds up, compared with each other: medians of runs that take turns, start of the process included.

use std::time::Duration;

use super::Line;
use super::run::{Run, number, run};

/// No run here takes half as long.
const PATIENCE: Duration = Duration::from_secs(120);

/// A way to run: what it is called, how the sandbox is set, how many rows, which options.
struct Way {
    name: &'static str,
    settings: &'static str,
    rows: u64,
    options: &'static [&'static str],
}

/// What is compared: the first way with the best of the others.
struct Comparison {
    ways: &'static [Way],
    /// The least share of the rate of the best.
    least: f64,
    /// How often each way is tried.
    rounds: usize,
}

const NO_LIMIT: &str = "limit=1000000";

/// A daily quota that covers the work, and the same work without one.
const DAILY: [Way; 2] = [
    Way { name: "daily 1,000 with 1,000 left", settings: "limit=1000,window=1d", rows: 800, options: &[] },
    Way { name: "daily 1,000,000", settings: NO_LIMIT, rows: 800, options: &[] },
];

/// The least rate under the daily quota, as a share of that without one. A run takes half a second, of which a few per
/// cent are chance: so there are more rounds.
const DAILY_QUOTA: Comparison = Comparison { ways: &DAILY, least: 0.97, rounds: 15 };

/// The number of calls in flight that is found, and those that are given.
const IN_FLIGHT: [Way; 6] = [
    unlimited("no limit, --concurrency auto", &["--concurrency", "auto"]),
    unlimited("no limit, --concurrency 16", &["--concurrency", "16"]),
    unlimited("no limit, --concurrency 32", &["--concurrency", "32"]),
    unlimited("no limit, --concurrency 64", &["--concurrency", "64"]),
    unlimited("no limit, --concurrency 128", &["--concurrency", "128"]),
    unlimited("no limit, --concurrency 256", &["--concurrency", "256"]),
];

/// The least rate with the number that is found, as a share of that with the best of those that are given.
const CONCURRENCY: Comparison = Comparison { ways: &IN_FLIGHT, least: 0.90, rounds: 3 };

const fn unlimited(name: &'static str, options: &'static [&'static str]) -> Way {
    Way { name, settings: NO_LIMIT, rows: 8_000, options }
}

/// Makes the comparisons that are wanted, by the name of what is judged, and tells whether all bounds are kept.
pub(crate) fn compare(is_wanted: impl Fn(&str) -> bool) -> anyhow::Result<bool> {
    let mut is_kept = true;
    for comparison in [DAILY_QUOTA, CONCURRENCY] {
        if comparison.ways.first().is_some_and(|judged| is_wanted(judged.name)) {
            is_kept &= comparison.judge()?;
        }
    }
    Ok(is_kept)
}

impl Comparison {
    /// Makes the runs, prints a line for each way, and tells whether the bound is kept.
    fn judge(&self) -> anyhow::Result<bool> {
        let runs = self.in_rounds()?;
        let median = |runs: &Vec<Run>| runs.get(self.rounds / 2).map_or(0.0, rate);
        let best = runs.iter().skip(1).map(median).fold(0.0, f64::max);
        let mut is_kept = true;
        for (place, (way, runs)) in self.ways.iter().zip(&runs).enumerate() {
            let used = median(runs) / best;
            let refused: f64 = runs.iter().map(Run::refused_per_thousand).fold(0.0, f64::max);
            let is_judged = place == 0;
            let is_whole = runs.iter().all(Run::is_whole);
            let line = Line {
                name: way.name.to_owned(),
                rows: way.rows,
                elapsed: runs.get(self.rounds / 2).map(|run| run.elapsed).unwrap_or_default(),
                used,
                refused,
                bound: is_judged.then(|| format!(">= {:.0} %, <= 0 429s", self.least * 100.0)),
                is_kept: is_whole && (!is_judged || (used >= self.least && refused <= 0.0)),
                note: runs.iter().map(Run::complaint).find(|text| !text.is_empty()).unwrap_or_default(),
            };
            line.print();
            is_kept &= line.is_kept;
        }
        Ok(is_kept)
    }

    /// Runs every way once, then every way again, and returns the runs of each from the fastest to the slowest.
    fn in_rounds(&self) -> anyhow::Result<Vec<Vec<Run>>> {
        let mut runs: Vec<Vec<Run>> = self.ways.iter().map(|_| Vec::new()).collect();
        for _ in 0..self.rounds {
            for (way, runs) in self.ways.iter().zip(&mut runs) {
                runs.push(run(way.settings, way.rows, way.options, PATIENCE)?);
            }
        }
        for runs in &mut runs {
            runs.sort_by_key(|run| run.elapsed);
        }
        Ok(runs)
    }
}

/// Returns rows in a second.
fn rate(run: &Run) -> f64 {
    number(run.rows) / run.elapsed.as_secs_f64()
}
