//! What was done and what came of it, as it is printed at the end.

use std::collections::BTreeMap;
use std::fmt;

/// The numbers of one scenario.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Jobs, each with an input and a ledger of its own.
    pub(crate) jobs: u64,
    /// Runs of the program on them, but for those that are compared with.
    pub(crate) runs: u64,
    /// How often what was done to a run.
    pub(crate) struck: BTreeMap<String, u64>,
    /// Rows of the inputs.
    pub(crate) rows: u64,
    /// Charges, by the sandbox's books.
    pub(crate) charges: u64,
    /// Answers that the sandbox gave again without charging.
    pub(crate) replays: u64,
    /// Questions that were charged more than once.
    pub(crate) twice: usize,
    /// Rows that an output lacks.
    pub(crate) lost: u64,
    /// Outputs that were compared.
    pub(crate) compared: u64,
}

impl Counts {
    /// Counts a run, and what was done to it if that came about.
    pub(crate) fn ran(&mut self, struck: Option<&str>) {
        self.runs += 1;
        if let Some(what) = struck {
            *self.struck.entry(what.to_owned()).or_default() += 1;
        }
    }

    /// Adds the runs of another.
    pub(crate) fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.lost += other.lost;
        self.compared += other.compared;
        for (what, times) in other.struck {
            *self.struck.entry(what).or_default() += times;
        }
    }

    /// Returns how many runs were struck.
    pub(crate) fn struck(&self) -> u64 {
        self.struck.values().sum()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by_point: Vec<String> =
            self.struck.iter().map(|(point, times)| format!("{point} {times}")).collect();
        writeln!(f, "  struck         {} of {} runs: {}", self.struck(), self.runs, by_point.join(", "))?;
        writeln!(f, "  jobs, rows     {}, {}", self.jobs, self.rows)?;
        writeln!(f, "  charges        {} ({} answers replayed)", self.charges, self.replays)?;
        writeln!(f, "  double charges {}", self.twice)?;
        writeln!(f, "  rows lost      {}", self.lost)?;
        write!(f, "  files compared {}", self.compared)
    }
}
