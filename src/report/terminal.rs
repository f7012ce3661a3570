//! The progress block on a terminal: when it is drawn. What it says is decided in `progress`.
//!
//! Nothing is drawn in the first [`QUIET_START`] of a run, then at most once every [`FRAME`]. Draws only when told an
//! event or a tick: no thread, no clock of its own.

use std::time::Duration;

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::rules::event::{Event, WaitReason};
use crate::rules::time::{Moment, Now};

use super::pace::{Counts, Pace};
use super::progress::{Total, View, block};
use super::tally::Tally;

/// A run that is shorter draws nothing.
pub const QUIET_START: Duration = Duration::from_millis(250);
/// The shortest time between two drawings; also a good distance between ticks.
pub const FRAME: Duration = Duration::from_millis(100);

/// A progress block at the foot of a terminal.
#[derive(Debug)]
pub struct Terminal {
    term: Term,
    bar: ProgressBar,
    pace: Pace,
    total: Total,
    drawn_at: Option<Moment>,
    /// What calls last waited for.
    waited_for: Option<WaitReason>,
}

impl Terminal {
    /// Draws to a terminal, normally `Term::buffered_stderr()`.
    ///
    /// Does not ask whether it is one: [`super::printer::Printer`] has decided that.
    pub fn new(term: Term) -> Self {
        // No rate of its own: two limiters on two clocks would lose the last drawing before a long wait.
        let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        Self { term, bar, pace: Pace::default(), total: Total::Unknown, drawn_at: None, waited_for: None }
    }

    /// Tells how many rows the input has.
    pub const fn set_total(&mut self, total: Total) {
        self.total = total;
    }

    /// Draws what an event led to, if it is time to. `tally` has counted the event in.
    pub fn on_event(&mut self, event: &Event, tally: &Tally, now: Now) {
        match event {
            Event::Waiting { why, .. } => self.waited_for = Some(*why),
            // The user's own pace is no exception: what it was is what it will be.
            Event::Resumed if self.waited_for != Some(WaitReason::Rate) => self.pace.restart(),
            _ => {}
        }
        let counts = Counts { rows: tally.rows.finished(), companies: tally.companies.settled };
        self.pace.record(now.at, counts);
        self.tick(tally, now);
    }

    /// Draws, if it is time to.
    pub fn tick(&mut self, tally: &Tally, now: Now) {
        if !is_due(self.drawn_at, now.at) {
            return;
        }
        self.drawn_at = Some(now.at);
        let view = View { tally, pace: &self.pace, total: self.total };
        // The last column stays free: some terminals wrap a line that fills it.
        let width = usize::from(self.term.size().1).saturating_sub(1);
        self.bar.set_message(block(&view, width, now));
    }

    /// Takes the block away, so that what is written next stands in its place.
    pub fn finish(&self) {
        if self.drawn_at.is_some() {
            self.bar.finish_and_clear();
        }
    }
}

/// Returns whether a drawing may be made.
fn is_due(drawn_at: Option<Moment>, now: Moment) -> bool {
    match drawn_at {
        None => now.since_start() >= QUIET_START,
        Some(drawn_at) => now - drawn_at >= FRAME,
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::path::Path;

    use super::*;
    use crate::rules::outcome::RowStatus;

    fn at(ms: u64) -> Now {
        let after = Duration::from_millis(ms);
        let started: jiff::Timestamp = "2026-11-22T21:47:00Z".parse().unwrap();
        Now { at: Moment::after_start(after), wall: started + after }
    }

    fn terminal_to(path: &Path) -> Terminal {
        let write = File::create(path).unwrap();
        Terminal::new(Term::read_write_pair(File::open(path).unwrap(), write))
    }

    #[test]
    fn draws_late_and_seldom() {
        let mut drawings = Vec::new();
        let mut drawn_at = None;
        for now in (0..=600).map(at) {
            if is_due(drawn_at, now.at) {
                drawn_at = Some(now.at);
                drawings.push(now.at.since_start().as_millis());
            }
        }
        assert_eq!(drawings, [250, 350, 450, 550]);
    }

    #[test]
    fn a_short_run_leaves_no_trace() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("screen");
        let mut terminal = terminal_to(&path);
        let tally = Tally::default();
        terminal.on_event(&Event::RowsRead { rows: 1, ended: true }, &tally, at(0));
        terminal.tick(&tally, at(249));
        terminal.finish();
        drop(terminal);
        assert_eq!(std::fs::read_to_string(path).unwrap(), "");
    }

    #[test]
    fn a_wait_is_no_slowness_and_a_rate_is_no_wait() {
        let dir = tempfile::tempdir().unwrap();
        let mut terminal = terminal_to(&dir.path().join("screen"));
        let tally = Tally::default();
        for (why, is_known) in [(WaitReason::Rate, true), (WaitReason::Quota, false)] {
            terminal.on_event(&Event::Waiting { why, until: at(6_000).wall }, &tally, at(0));
            terminal.on_event(&Event::Resumed, &tally, at(6_000));
            assert_eq!(terminal.pace.per_second(at(6_500).at).is_some(), is_known, "{why:?}");
        }
    }

    #[test]
    fn a_longer_run_draws_the_block_and_takes_it_away() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("screen");
        let mut terminal = terminal_to(&path);
        terminal.set_total(Total::Exact(4));
        let mut tally = Tally::default();
        for (row, ms) in [(1, 250), (2, 300)] {
            let event = crate::report::samples::row(row, RowStatus::Enriched, "");
            tally.on_event(&event);
            terminal.on_event(&event, &tally, at(ms));
        }
        terminal.tick(&tally, at(350));
        let screen = std::fs::read_to_string(&path).unwrap();
        assert!(screen.contains("1/4 rows") && screen.contains("2/4 rows"), "{screen:?}");
        assert_eq!(screen.matches(" rows").count(), 2, "{screen:?}");
        terminal.finish();
        let cleared = std::fs::read_to_string(&path).unwrap();
        let last = &cleared[screen.len()..];
        assert!(last.contains("\u{1b}[2K") && !last.contains("rows"), "{last:?}");
    }
}
