//! The progress block on a terminal: when it is drawn. What it says is decided in `progress`.
//!
//! Nothing is drawn in the first [`QUIET_START`] of a run, then at most once every [`FRAME`]. Draws only when told that
//! time has passed: no thread, no clock of its own.

use std::time::Duration;

use crate::rules::time::{Moment, Now};

use super::progress::{View, block};
use super::screen::Screen;

/// A run that is shorter draws nothing.
pub const QUIET_START: Duration = Duration::from_millis(250);
/// The shortest time between two drawings; also a good distance between ticks.
pub const FRAME: Duration = Duration::from_millis(100);

/// A progress block at the foot of a terminal.
#[derive(Debug)]
pub struct Terminal {
    screen: Screen,
    drawn_at: Option<Moment>,
}

impl Terminal {
    /// Draws to a screen. Does not ask whether it is one: [`super::printer::Printer`] has decided that.
    pub const fn new(screen: Screen) -> Self {
        Self { screen, drawn_at: None }
    }

    /// Draws, if it is time to.
    pub fn tick(&mut self, view: &View<'_>, now: Now) {
        if is_due(self.drawn_at, now.at) {
            self.drawn_at = Some(now.at);
            let (rows, columns) = self.screen.size();
            // The last column stays free: some terminals wrap a line that fills it. A terminal that cannot be written to is
            // no reason to stop a paid run.
            let _ = self.screen.draw(&block(view, columns.saturating_sub(1), now), (rows, columns));
        }
    }

    /// Takes the block away, so that what is written next stands in its place.
    pub fn finish(&self) {
        let _ = self.screen.clear();
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
    use super::*;
    use crate::report::course::Course;
    use crate::report::progress::Total;
    use crate::report::samples;
    use crate::report::screen::Seen;
    use crate::report::tally::Tally;
    use crate::rules::outcome::RowStatus;

    fn at(ms: u64) -> Now {
        samples::at(Duration::from_millis(ms))
    }

    fn terminal() -> (Terminal, Seen) {
        let (screen, seen) = Seen::screen();
        (Terminal::new(screen), seen)
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
        let (mut terminal, mut seen) = terminal();
        let course = Course::new(samples::terms());
        terminal.tick(&course.view(&Tally::default()), at(249));
        terminal.finish();
        assert_eq!(seen.take(), "");
    }

    #[test]
    fn a_longer_run_draws_the_block_and_takes_it_away() {
        let (mut terminal, mut seen) = terminal();
        let mut course = Course::new(samples::terms());
        course.set_total(Total::Exact(4));
        let mut tally = Tally::default();
        for (row, ms) in [(1, 250), (2, 300), (3, 350)] {
            tally.on_event(&samples::row(row, RowStatus::Enriched, ""));
            terminal.tick(&course.view(&tally), at(ms));
        }
        let drawn = seen.take();
        assert!(drawn.contains("1/4 rows") && drawn.contains("3/4 rows"), "{drawn:?}");
        assert_eq!(drawn.matches(" rows").count(), 2, "{drawn:?}");
        terminal.finish();
        assert_eq!(seen.take(), "\u{1b}[3A\r\u{1b}[0J");
    }
}
