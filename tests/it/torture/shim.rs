//! The shim between the program and the system: building it, and what can be ordered of it for one run.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use fastrand::Rng;
use rustix::process::Signal;

use crate::support::home::{Call, Home};

/// How often each point came in a run.
pub(crate) type Times = BTreeMap<String, u64>;

/// The moments of a point at which a signal can strike.
type Moments = &'static [&'static str];

const WRITTEN: Moments = &["before", "torn", "after", "soon"];
const DONE: Moments = &["before", "after"];

/// While a new ledger is made; how often each comes until it is.
const EARLY: [(&str, Moments, u64); 8] = [
    ("journal", WRITTEN, 2),
    ("journal-sync", DONE, 2),
    ("db", WRITTEN, 1),
    ("db-sync", DONE, 1),
    ("unlink", DONE, 1),
    ("folder-sync", DONE, 2),
    ("wal", WRITTEN, 12),
    ("wal-sync", DONE, 1),
];

/// While calls are made: requests leave, answers come, commits are written, events are told, rows are written.
const UNDER_WAY: [(&str, Moments); 6] = [
    ("send", WRITTEN),
    ("recv", &["after", "soon"]),
    ("wal", WRITTEN),
    ("event", &["before", "after", "soon"]),
    ("out", WRITTEN),
    ("any", &["before", "soon"]),
];

/// At a checkpoint of the ledger, of which the last is at the end, and when the output is complete.
const LATE: [(&str, Moments); 5] =
    [("wal-sync", DONE), ("db", WRITTEN), ("db-sync", DONE), ("unlink", DONE), ("out-sync", DONE)];

/// While the output takes its place.
const LAST: (&str, Moments) = ("in-place", DONE);

/// A signal to be sent at the `nth` time of a point.
#[derive(Clone, Debug)]
pub(crate) struct Strike {
    /// The point's name in the shim.
    pub(crate) point: &'static str,
    moment: &'static str,
    nth: u64,
    /// How long after the point, where the moment is `soon`.
    soon_us: u64,
    signal: Signal,
}

impl fmt::Display for Strike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.point, self.moment, self.nth)
    }
}

impl Strike {
    /// Draws `count` strikes for runs that follow each other: one while the ledger is made, some at the end, the last of
    /// them while the output takes its place, and the others so that together they come as far as one run in which the
    /// points came this often.
    pub(crate) fn draw(signal: Signal, times: &Times, count: u64, rng: &mut Rng) -> Vec<Self> {
        let late = count / 4;
        let strike = |point, moments: Moments, bound: u64, rng: &mut Rng| {
            // A signal that lets the program go on must not tear what it writes.
            let fits = |moment: &&&str| signal == Signal::KILL || **moment != "torn";
            let moments: Vec<&&str> = moments.iter().filter(fits).collect();
            let (moment, nth) = (moments[rng.usize(..moments.len())], rng.u64(1..=bound.max(1)));
            Self { point, moment, nth, soon_us: rng.u64(0..3_000), signal }
        };
        let came = |point: &str| times.get(point).copied().unwrap_or_default();
        (0..count)
            .map(|number| {
                if number == 0 {
                    let (point, moments, bound) = EARLY[rng.usize(..EARLY.len())];
                    strike(point, moments, bound, rng)
                } else if number < count - late {
                    let (point, moments) = UNDER_WAY[rng.usize(..UNDER_WAY.len())];
                    strike(point, moments, 2 * came(point) / (count - late), rng)
                } else {
                    let is_last = number == count - 1;
                    let (point, moments) = if is_last { LAST } else { LATE[rng.usize(..LATE.len())] };
                    // What is left to be done comes less often than in the whole run.
                    strike(point, moments, came(point) / 8, rng)
                }
            })
            .collect()
    }

    /// Returns every strike while a new ledger is made.
    pub(crate) fn early() -> impl Iterator<Item = Self> {
        EARLY.into_iter().flat_map(|(point, moments, bound)| {
            let each = moments.iter().filter(|moment| **moment != "soon");
            each.flat_map(move |moment| {
                (1..=bound).map(move |nth| Self { point, moment, nth, soon_us: 0, signal: Signal::KILL })
            })
        })
    }

    /// Tells whether the point is met only where events are told.
    pub(crate) fn needs_events(&self) -> bool {
        matches!(self.point, "event" | "any")
    }

    /// Orders the strike.
    pub(crate) fn on(&self, call: Call) -> Call {
        call.env("TORTURE_AT", &self.to_string())
            .env("TORTURE_SIGNAL", &self.signal.as_raw().to_string())
            .env("TORTURE_SOON_US", &self.soon_us.to_string())
    }
}

/// A disk that becomes full.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Whose files count: `ledger`, `output` or `both`.
    pub(crate) of: &'static str,
    /// How many bytes they may grow.
    pub(crate) bytes: u64,
}

impl Room {
    /// Orders the full disk.
    pub(crate) fn on(self, call: Call) -> Call {
        call.env("TORTURE_FULL", self.of).env("TORTURE_ROOM", &self.bytes.to_string())
    }
}

/// Reads how often each point came.
pub(crate) fn times(home: &Home) -> Times {
    let text = home.text("times");
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(point, times)| (point.to_owned(), times.parse().unwrap()))
        .collect()
}

/// Puts the shim into a call.
pub(crate) fn under(call: Call, library: &Path, now: u64) -> Call {
    call.env("LD_PRELOAD", library.to_str().unwrap())
        .env("TORTURE_NOW", &now.to_string())
        .env("TORTURE_COUNTS", "times")
}

/// Returns the shim, or why there is none on this machine.
pub(crate) fn library() -> Result<&'static Path, &'static str> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    BUILT.get_or_init(build).as_deref().map_err(String::as_str)
}

fn build() -> Result<PathBuf, String> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/torture/shim.c");
    // Beside the binary, for each process its own: two may run the tests at once.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let made = folder.join(format!("torture-{}.so", std::process::id()));
    let library = folder.join("torture.so");
    let flags = ["-shared", "-fPIC", "-O1", "-pthread", "-o"];
    let compiled = Command::new("cc").args(flags).arg(&made).arg(source).output();
    match compiled {
        Err(error) => return Err(format!("no C compiler: {error}")),
        Ok(output) if !output.status.success() => {
            return Err(format!("the shim does not compile: {}", String::from_utf8_lossy(&output.stderr)));
        }
        Ok(_) => std::fs::rename(&made, &library).unwrap(),
    }
    let home = Home::new();
    under(home.call("--version"), &library, 0).run();
    if home.path("times").exists() { Ok(library) } else { Err("LD_PRELOAD has no effect".to_owned()) }
}
