//! The limits under which the program is tried, each with what is asked of it.

use std::time::Duration;

use leadenrich::sandbox::{HeaderStyle, ResetStyle};

use super::Line;
use super::run::{Run, run};

/// How long a dialect is tried: enough for a dozen windows of two seconds. In seconds.
const DIALECT_TAKES: u64 = 24;

/// A run that takes so many times as long as it has to is ended.
const PATIENCE: u32 = 5;

/// What is asked of a run.
#[derive(Clone, Copy)]
struct Bound {
    /// The least share of the allowance that is used.
    used: f64,
    /// Of how many calls one may be refused.
    one_in: u64,
}

impl Bound {
    const fn new(used: f64) -> Self {
        Self { used, one_in: 1_000 }
    }

    /// Returns how many of these calls may be refused.
    const fn refused_most(self, calls: u64) -> u64 {
        calls.div_ceil(self.one_in)
    }

    fn is_kept(self, run: &Run) -> bool {
        run.used() >= self.used && run.refused() <= self.refused_most(run.calls())
    }
}

/// A limit, and a run against it.
pub(crate) struct Situation {
    pub(crate) name: String,
    settings: String,
    rows: u64,
    /// How long the run has to take.
    takes: Duration,
    bound: Option<Bound>,
}

impl Situation {
    /// Runs the program once.
    pub(crate) fn measure(&self) -> anyhow::Result<Line> {
        let run = run(&self.settings, self.rows, &[], self.takes * PATIENCE)?;
        let bound = self.bound.map(|bound| {
            format!(">= {:.0} %, <= {} 429s", bound.used * 100.0, bound.refused_most(run.calls()))
        });
        Ok(Line {
            name: self.name.clone(),
            rows: self.rows,
            elapsed: run.elapsed,
            used: run.used(),
            refused: run.refused_per_thousand(),
            bound,
            is_kept: run.is_whole() && self.bound.is_none_or(|bound| bound.is_kept(&run)),
            note: run.complaint(),
        })
    }
}

/// A limit of which there is a window.
struct Windowed {
    name: &'static str,
    settings: &'static str,
    /// Calls that it allows in a second, and at once on top of that.
    rate: u64,
    burst: u64,
    /// How long it is tried, in seconds.
    takes: u64,
    bound: Bound,
}

impl Windowed {
    /// Returns a run that takes so many seconds.
    fn tried(&self, takes: u64) -> Situation {
        Situation {
            name: self.name.to_owned(),
            settings: self.settings.to_owned(),
            rows: self.rate * takes + self.burst,
            takes: Duration::from_secs(takes),
            bound: Some(self.bound),
        }
    }
}

const WINDOWED: [Windowed; 4] = [
    Windowed {
        name: "fixed 100 per 1 s",
        settings: "limiter=fixed,limit=100,window=1s",
        rate: 100,
        burst: 0,
        takes: 20,
        bound: Bound::new(0.90),
    },
    Windowed {
        name: "fixed 300 per 10 s",
        settings: "limiter=fixed,limit=300,window=10s",
        rate: 30,
        burst: 0,
        takes: 60,
        bound: Bound::new(0.97),
    },
    Windowed {
        name: "sliding 100 per 2 s",
        settings: "limiter=sliding,limit=100,window=2s",
        rate: 50,
        burst: 0,
        takes: 24,
        bound: Bound::new(0.92),
    },
    Windowed {
        name: "bucket 50 per 1 s, burst 100",
        settings: "limiter=bucket,limit=50,window=1s,burst=100",
        rate: 50,
        burst: 100,
        takes: 20,
        bound: Bound::new(0.97),
    },
];

/// A rival on the same key, whose calls nobody can foresee.
const RIVAL: Windowed = Windowed {
    name: "fixed 100 per 1 s, a rival takes 50",
    settings: "limiter=fixed,limit=100,window=1s,rival=50",
    rate: 50,
    burst: 0,
    takes: 20,
    bound: Bound { used: 0.85, one_in: 100 },
};

/// Returns one situation for each kind of limit.
pub(crate) fn each() -> Vec<Situation> {
    WINDOWED.iter().chain([&RIVAL]).map(|windowed| windowed.tried(windowed.takes)).collect()
}

/// Returns every kind of limit under a clock that is off in both directions, told of in every way. Without headers there
/// is no bound: nobody can keep to a limit that only its refusals tell of.
pub(crate) fn dialects() -> Vec<Situation> {
    let resets = ResetStyle::NAMES.iter().map(|(name, _)| ("reset", *name, true));
    let styles = HeaderStyle::NAMES
        .iter()
        .filter(|(_, style)| *style != HeaderStyle::default())
        .map(|(name, style)| ("headers", *name, *style != HeaderStyle::None));
    let ways: Vec<_> = resets.chain(styles).collect();
    let mut situations = Vec::new();
    for windowed in &WINDOWED {
        for skew in ["-300s", "300s"] {
            for (key, value, is_bound) in &ways {
                let plain = windowed.tried(DIALECT_TAKES);
                situations.push(Situation {
                    name: format!("{}, {skew}, {value}", plain.name),
                    settings: format!("{},skew={skew},{key}={value}", plain.settings),
                    bound: plain.bound.filter(|_| *is_bound),
                    ..plain
                });
            }
        }
    }
    situations
}
