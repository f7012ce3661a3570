//! Torture: runs are killed, stopped, starved of disk and cut off from power at drawn points, again and again, until they
//! come to an end. No row may be lost, nobody charged twice, and the output is the undisturbed run's, byte for byte.
//!
//! | file | has |
//! | --- | --- |
//! | `torture/shim.c`, `shim.rs` | what stands between the program and the system, and what can be ordered of it |
//! | `torture/job.rs` | an input and its runs, and what has to hold after them |
//! | `torture/power.rs` | what a power cut leaves of the files |
//! | `torture/counts.rs` | what is printed |
//!
//! A small dose is part of every test run. The full one is `just torture`. `TORTURE_SEED` repeats the draws of a failure;
//! how the threads of a run meet is not drawn and can differ.
#![expect(clippy::print_stderr, reason = "the numbers are for whoever runs the full dose to read")]

mod counts;
mod job;
mod power;
mod shim;

use std::path::Path;

use fastrand::Rng;
use rustix::process::Signal;

use self::counts::Counts;
use self::job::{Job, Order};
use self::shim::{Room, Strike};
use crate::support::ended::Ended;

/// Every way to lose an answer, to break it or to refuse it; about every sixth request is struck.
const FAULTS: &str = "drop-before=3+drop-after=3+truncate=2+hang=1+http-500=3+http-502-html=2+garbage=3";

/// What every fifth job has besides: each makes all calls pause for a second.
const PAUSES: &str = "+http-503=1";

/// How much.
#[derive(Clone, Copy)]
struct Dose {
    /// How many runs have to be struck.
    strikes: u64,
    /// How many of them about each job.
    each: u64,
    /// How many companies a job has.
    companies: u64,
}

impl Dose {
    const fn small(strikes: u64) -> Self {
        Self { strikes, each: strikes, companies: 200 }
    }

    const fn full(strikes: u64) -> Self {
        Self { strikes, each: 25, companies: 2_000 }
    }
}

/// Tortures jobs until the dose is reached. `about` does to one job what its scenario does.
fn torture(name: &str, dose: Dose, about: impl Fn(&Job, u64, &mut Rng, &mut Counts)) {
    let library: &'static Path = match shim::library() {
        Ok(library) => library,
        Err(why) => return eprintln!("skipped: {why}"),
    };
    let seed = std::env::var("TORTURE_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    eprintln!("{name}: TORTURE_SEED={seed}");
    let (mut rng, mut counts) = (Rng::with_seed(seed), Counts::default());
    while counts.struck() < dose.strikes {
        counts.jobs += 1;
        let faults = FAULTS.to_owned() + if counts.jobs % 5 == 0 { PAUSES } else { "" };
        let job = Job::draw(dose.companies, &faults, library, &mut rng);
        about(&job, dose.each.min(dose.strikes - counts.struck()), &mut rng, &mut counts);
        // A small dose is about one job, whether all of its strikes have met their points or not.
        if dose.each == dose.strikes {
            break;
        }
    }
    eprintln!("{name} (TORTURE_SEED={seed})\n{counts}");
}

/// Tells whether a run was killed; if not, it must have come to its end.
fn was_killed(ended: Ended) -> bool {
    if ended.signal == Some(9) {
        return true;
    }
    ended.exits(0);
    false
}

/// Runs are killed one after the other.
fn killed(job: &Job, strikes: u64, rng: &mut Rng, counts: &mut Counts) {
    for strike in Strike::draw(Signal::KILL, &job.times, strikes, rng) {
        let order = Order { strike: Some(strike.clone()), ..Order::default() };
        let before = job.standing("out.csv");
        if was_killed(job.run("out.csv", &order)) {
            counts.ran(Some(strike.point));
            job.assert_no_half("out.csv", before.as_deref(), &strike);
        } else {
            counts.ran(None);
            job.assert_expected("out.csv", counts, &strike);
        }
    }
    job.assert_settled(&["out.csv"], counts);
}

/// Two runs share a ledger; each is killed and begun again, whatever the other does.
fn together(job: &Job, strikes: u64, rng: &mut Rng, counts: &mut Counts) {
    let each = strikes.div_ceil(2);
    let lists = ["one.csv", "two.csv"].map(|output| {
        // A pair comes as far as one run.
        (output, Strike::draw(Signal::KILL, &job.times, each, rng))
    });
    let all = std::thread::scope(|scope| {
        let sides = lists.map(|(output, strikes)| {
            scope.spawn(move || {
                let mut counts = Counts::default();
                for strike in strikes {
                    let order = Order { strike: Some(strike.clone()), ..Order::default() };
                    let was_killed = was_killed(job.run(output, &order));
                    counts.ran(was_killed.then_some(strike.point));
                    job.assert_no_half(output, None, &strike);
                }
                job.run(output, &Order::default()).exits(0);
                job.assert_expected(output, &mut counts, &"two runs on one ledger");
                counts
            })
        });
        sides.map(|side| side.join().unwrap())
    });
    for side in all {
        counts.add(side);
    }
    job.assert_settled(&["one.csv", "two.csv"], counts);
}

/// Runs are told to stop: they write every row, those that were not asked as `pending`.
fn stopped(job: &Job, strikes: u64, rng: &mut Rng, counts: &mut Counts) {
    let mut known = 0;
    for strike in Strike::draw(Signal::TERM, &job.times, strikes, rng) {
        let order = Order { strike: Some(strike.clone()), ..Order::default() };
        let before = job.standing("out.csv");
        let ended = job.run("out.csv", &order);
        counts.ran(ended.code.is_none_or(|code| code != 0).then_some(strike.point));
        match (ended.code, ended.signal) {
            // It came before the program listened.
            (_, Some(15)) => job.assert_no_half("out.csv", before.as_deref(), &strike),
            (Some(143), _) => {
                let now_known = job.assert_stopped("out.csv", counts);
                assert!(now_known >= known, "{now_known} rows are known after {known} were: {strike}");
                known = now_known;
            }
            _ => {
                ended.exits(0);
                job.assert_expected("out.csv", counts, &strike);
            }
        }
    }
    job.assert_settled(&["out.csv"], counts);
}

/// The disk is full at a drawn size of the ledger, the output or both; then there is room again.
fn full(job: &Job, strikes: u64, rng: &mut Rng, counts: &mut Counts) {
    // The ledger keeps what it has got: together the runs come as far as one without bounds.
    let (ledger, output) = (job.times["grown-ledger"] / strikes, job.times["grown-output"]);
    let filled = [("ledger", ledger), ("output", output), ("both", ledger + output)];
    for _ in 0..strikes {
        let (of, most) = filled[rng.usize(..filled.len())];
        let room = Room { of, bytes: rng.u64(..most) };
        let before = job.standing("out.csv");
        let ended = job.run("out.csv", &Order { room: Some(room), ..Order::default() });
        if ended.code == Some(0) {
            counts.ran(None);
            job.assert_expected("out.csv", counts, &room);
            continue;
        }
        let ended = ended.exits(1);
        let is_told = ended.stderr.contains("error: ") && ended.stderr.contains("room");
        assert!(is_told && !ended.stderr.contains(".tmp"), "{room:?}: {}", ended.stderr);
        counts.ran(Some(of));
        job.assert_no_half("out.csv", before.as_deref(), &room);
    }
    job.assert_settled(&["out.csv"], counts);
}

/// The power fails: of what was written, the disk has what was synced, and of the rest nothing or some sectors.
fn unpowered(job: &Job, strikes: u64, rng: &mut Rng, counts: &mut Counts) {
    power::begin(&job.home);
    for strike in Strike::draw(Signal::KILL, &job.times, strikes, rng) {
        let order = Order { strike: Some(strike.clone()), durable: true, ..Order::default() };
        let before = job.standing("out.csv");
        let was_killed = was_killed(job.run("out.csv", &order));
        counts.ran(was_killed.then_some(strike.point));
        if was_killed {
            power::cut(&job.home, "out.csv", before.as_deref(), rng);
            job.assert_no_half("out.csv", before.as_deref(), &strike);
        } else {
            job.assert_expected("out.csv", counts, &strike);
        }
    }
    job.assert_settled(&["out.csv"], counts);
}

#[test]
fn a_ledger_whose_making_was_cut_short_anywhere_is_made_whole() {
    let library = match shim::library() {
        Ok(library) => library,
        Err(why) => return eprintln!("skipped: {why}"),
    };
    let (mut rng, mut counts) = (Rng::with_seed(1), Counts::default());
    let job = Job::draw(5, "none", library, &mut rng);
    for (strike, with_power) in Strike::early().flat_map(|strike| [(strike.clone(), true), (strike, false)]) {
        job.forget();
        power::begin(&job.home);
        let order = Order { strike: Some(strike.clone()), durable: true, ..Order::default() };
        if was_killed(job.run("out.csv", &order)) {
            counts.ran(Some(strike.point));
            if !with_power {
                power::cut(&job.home, "out.csv", None, &mut rng);
            }
        }
        let ended = job.run("out.csv", &Order::default());
        assert_eq!(ended.code, Some(0), "{strike}, power {with_power}: {}", ended.stderr);
        job.assert_expected("out.csv", &mut counts, &strike);
    }
    assert!(counts.struck() > 60, "{counts}");
}

#[test]
fn runs_that_are_killed_lose_nothing() {
    torture("killed", Dose::small(16), killed);
}

#[test]
fn two_runs_that_are_killed_lose_nothing() {
    torture("killed, two on one ledger", Dose::small(8), together);
}

#[test]
fn runs_that_are_stopped_lose_nothing() {
    torture("stopped", Dose::small(6), stopped);
}

#[test]
fn runs_on_a_full_disk_lose_nothing() {
    torture("full disk", Dose::small(6), full);
}

#[test]
fn runs_whose_power_fails_lose_nothing() {
    torture("power cut", Dose::small(8), unpowered);
}

#[test]
#[ignore = "the full dose takes minutes: just torture"]
fn full_dose_of_kills() {
    torture("killed", Dose::full(500), killed);
}

#[test]
#[ignore = "the full dose takes minutes: just torture"]
fn full_dose_of_kills_of_two() {
    torture("killed, two on one ledger", Dose::full(200), together);
}

#[test]
#[ignore = "the full dose takes minutes: just torture"]
fn full_dose_of_stops() {
    torture("stopped", Dose::full(100), stopped);
}

#[test]
#[ignore = "the full dose takes minutes: just torture"]
fn full_dose_of_full_disks() {
    torture("full disk", Dose::full(100), full);
}

#[test]
#[ignore = "the full dose takes minutes: just torture"]
fn full_dose_of_power_cuts() {
    torture("power cut", Dose::full(200), unpowered);
}
