//! Standard error as people watch it: a block that stays at the foot, and lines that come above it.
//!
//! Shared by whoever writes there during a run (progress, log lines of any thread), so that none of them breaks what
//! another has written: each takes the block away, writes and puts it back, in one write. Where no block is drawn this is
//! plain output. The block ends with a line break and the cursor stands below it: what a terminal echoes of a Ctrl-C falls
//! there, and the next drawing takes it away.
//!
//! The moves are `console`'s. indicatif's own drawing (0.18) fills lines to the full width and leaves the cursor in the last
//! one, so that each echo of a Ctrl-C makes it lose a row, and counts rows by the width at which they were drawn: in tmux it
//! left old lines standing after a Ctrl-C and after each narrowing of the window.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use console::Term;

/// A handle of the screen; clones share it.
#[derive(Clone, Debug)]
pub struct Screen {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    term: Term,
    /// The block as it stands there, every line ended.
    block: String,
    /// The width of the terminal when it was drawn.
    columns: usize,
}

impl Screen {
    /// Returns standard error.
    pub fn stderr() -> Self {
        Self::new(Term::buffered_stderr())
    }

    fn new(term: Term) -> Self {
        Self { shared: Arc::new(Mutex::new(Shared { term, block: String::new(), columns: 0 })) }
    }

    /// Returns the rows and columns of the terminal; the usual ones where it is none.
    pub fn size(&self) -> (usize, usize) {
        let (rows, columns) = self.lock().term.size();
        (rows.into(), columns.into())
    }

    /// Draws a block in place of the last one, on a terminal with so many rows and columns. Lines that it has no room for
    /// are left out, the last ones first.
    pub fn draw(&self, block: &str, (rows, columns): (usize, usize)) -> io::Result<()> {
        let mut shared = self.lock();
        shared.to_top(columns)?;
        shared.block.clear();
        shared.columns = columns;
        // One row is the cursor's.
        for line in block.lines().take(rows.saturating_sub(1)) {
            shared.term.clear_line()?;
            shared.term.write_line(line)?;
            shared.block.push_str(line);
            shared.block.push('\n');
        }
        shared.term.clear_to_end_of_screen()?;
        shared.flush()
    }

    /// Writes whole lines above the block.
    pub fn write_above(&self, lines: &str) -> io::Result<()> {
        let mut shared = self.lock();
        shared.take_away()?;
        let Shared { term, block, .. } = &mut *shared;
        write!(term, "{lines}{block}")?;
        shared.flush()
    }

    /// Takes the block away, so that what is written next stands in its place.
    pub fn clear(&self) -> io::Result<()> {
        let mut shared = self.lock();
        shared.take_away()?;
        shared.block.clear();
        shared.flush()
    }

    /// A writer that panicked has left no more than half a line.
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Moves the cursor to the first row of the block. A terminal that is narrower by now has wrapped lines.
    fn to_top(&self, columns: usize) -> io::Result<()> {
        let rows = self.block.lines().map(|line| line.len().div_ceil(columns.max(1)).max(1)).sum();
        self.term.move_cursor_up(rows)
    }

    /// Clears the block from the screen, and what was echoed below it.
    fn take_away(&self) -> io::Result<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        self.to_top(self.columns)?;
        self.term.clear_to_end_of_screen()
    }

    /// Writes all at once what was held back.
    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.term.flush();
        if flushed.is_err() {
            // It keeps what it could not write: on a terminal that hung up, all the drawings of a run.
            self.term = Term::buffered_stderr();
        }
        flushed
    }
}

/// What a test can read of a screen.
#[cfg(test)]
#[derive(Debug)]
pub(crate) struct Seen(tempfile::NamedTempFile);

#[cfg(test)]
impl Seen {
    /// Returns a screen, and what is written to it.
    pub(crate) fn screen() -> (Screen, Self) {
        let file = tempfile::NamedTempFile::new().unwrap();
        let [read, write] = [file.reopen(), file.reopen()].map(Result::unwrap);
        (Screen::new(Term::read_write_pair(read, write)), Self(file))
    }

    /// Returns what was written since the last time.
    pub(crate) fn take(&mut self) -> String {
        std::io::read_to_string(&mut self.0).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_block_it_is_plain_output() {
        let (screen, mut seen) = Seen::screen();
        screen.write_above("a line\n").unwrap();
        screen.clear().unwrap();
        assert_eq!(seen.take(), "a line\n");
    }

    #[test]
    fn a_block_is_drawn_over_and_taken_away_with_what_was_echoed_below() {
        let (screen, mut seen) = Seen::screen();
        screen.draw("one\ntwo", (24, 80)).unwrap();
        assert_eq!(seen.take(), "\r\x1b[2Kone\n\r\x1b[2Ktwo\n\r\x1b[0J");
        screen.draw("three", (24, 80)).unwrap();
        assert_eq!(seen.take(), "\x1b[2A\r\x1b[2Kthree\n\r\x1b[0J");
        screen.clear().unwrap();
        assert_eq!(seen.take(), "\x1b[1A\r\x1b[0J");
    }

    #[test]
    fn lines_come_above_the_block() {
        let (screen, mut seen) = Seen::screen();
        screen.draw("one\ntwo", (24, 80)).unwrap();
        seen.take();
        screen.clone().write_above("logged\n").unwrap();
        assert_eq!(seen.take(), "\x1b[2A\r\x1b[0Jlogged\none\ntwo\n");
    }

    #[test]
    fn a_terminal_that_became_narrow_or_low_is_counted_with() {
        let (screen, mut seen) = Seen::screen();
        screen.draw("0123456789\nabc\nd", (24, 80)).unwrap();
        seen.take();
        screen.draw("0123\nabc\nd", (3, 4)).unwrap();
        // Three rows of the first line, one of each other.
        assert_eq!(seen.take(), "\x1b[5A\r\x1b[2K0123\n\r\x1b[2Kabc\n\r\x1b[0J");
    }
}
