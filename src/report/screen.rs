//! Standard error as people watch it: a block that stays at the foot, and lines that come above it.
//!
//! Shared by whoever writes there during a run (progress, log lines of any thread), so that none of them breaks what
//! another has written: each takes the block away, writes and puts it back, in one write. Where no block is drawn this is
//! plain output. The block ends with a line break and the cursor stands below it: what a terminal echoes of a Ctrl-C falls
//! there, and the next drawing takes it away.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Takes away everything from the cursor on.
const CLEAR_BELOW: &str = "\x1b[J";
/// Takes away the rest of a line.
const CLEAR_LINE: &str = "\x1b[K";

/// A handle of the screen; clones share it.
#[derive(Clone)]
pub struct Screen {
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    out: Box<dyn Write + Send>,
    /// The block as it stands there, every line ended.
    block: String,
    /// The width of the terminal when it was drawn.
    columns: usize,
}

impl std::fmt::Debug for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Screen")
    }
}

impl Screen {
    /// Writes to `out`, which must not hold back what it is given: normally standard error.
    pub fn new(out: impl Write + Send + 'static) -> Self {
        let shared = Shared { out: Box::new(out), block: String::new(), columns: 0 };
        Self { shared: Arc::new(Mutex::new(shared)) }
    }

    /// Draws a block in place of the last one, on a terminal with so many rows and columns. Lines that it has no room for
    /// are left out, the last ones first.
    pub fn draw(&self, block: &str, (rows, columns): (usize, usize)) -> io::Result<()> {
        let mut shared = self.lock();
        let mut text = shared.to_top(columns);
        shared.block.clear();
        // One row is the cursor's.
        for line in block.lines().take(rows.saturating_sub(1)) {
            let _ = writeln!(text, "{line}{CLEAR_LINE}");
            shared.block.push_str(line);
            shared.block.push('\n');
        }
        shared.columns = columns;
        text.push_str(CLEAR_BELOW);
        shared.write(&text)
    }

    /// Writes whole lines above the block.
    pub fn write_above(&self, lines: &str) -> io::Result<()> {
        let mut shared = self.lock();
        if shared.block.is_empty() {
            return shared.write(lines);
        }
        let text = format!("{}{CLEAR_BELOW}{lines}{}", shared.to_top(shared.columns), shared.block);
        shared.write(&text)
    }

    /// Takes the block away, so that what is written next stands in its place.
    pub fn clear(&self) -> io::Result<()> {
        let mut shared = self.lock();
        if shared.block.is_empty() {
            return Ok(());
        }
        let text = shared.to_top(shared.columns) + CLEAR_BELOW;
        shared.block.clear();
        shared.write(&text)
    }

    /// A writer that panicked has left no more than half a line.
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Returns what moves the cursor to the first line of the block. A terminal that is narrower by now has wrapped lines.
    fn to_top(&self, columns: usize) -> String {
        let rows: usize = self.block.lines().map(|line| line.len().div_ceil(columns.max(1)).max(1)).sum();
        if rows == 0 { String::new() } else { format!("\r\x1b[{rows}A") }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}

/// What a test can read of a screen.
#[cfg(test)]
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<u8>>>);

#[cfg(test)]
impl Seen {
    /// Returns what was written since the last time.
    pub(crate) fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

#[cfg(test)]
impl Write for Seen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen() -> (Screen, Seen) {
        let seen = Seen::default();
        (Screen::new(seen.clone()), seen)
    }

    #[test]
    fn without_a_block_it_is_plain_output() {
        let (screen, seen) = screen();
        screen.write_above("a line\n").unwrap();
        screen.clear().unwrap();
        assert_eq!(seen.take(), "a line\n");
    }

    #[test]
    fn a_block_is_drawn_over_and_taken_away_with_what_was_echoed_below() {
        let (screen, seen) = screen();
        screen.draw("one\ntwo", (24, 80)).unwrap();
        assert_eq!(seen.take(), "one\x1b[K\ntwo\x1b[K\n\x1b[J");
        screen.draw("three", (24, 80)).unwrap();
        assert_eq!(seen.take(), "\r\x1b[2Athree\x1b[K\n\x1b[J");
        screen.clear().unwrap();
        assert_eq!(seen.take(), "\r\x1b[1A\x1b[J");
    }

    #[test]
    fn lines_come_above_the_block() {
        let (screen, seen) = screen();
        screen.draw("one\ntwo", (24, 80)).unwrap();
        seen.take();
        screen.clone().write_above("logged\n").unwrap();
        assert_eq!(seen.take(), "\r\x1b[2A\x1b[Jlogged\none\ntwo\n");
    }

    #[test]
    fn a_terminal_that_became_narrow_or_low_is_counted_with() {
        let (screen, seen) = screen();
        screen.draw("0123456789\nabc\nd", (24, 80)).unwrap();
        seen.take();
        screen.draw("0123\nabc\nd", (3, 4)).unwrap();
        // Three rows of the first line, one of each other.
        assert_eq!(seen.take(), "\r\x1b[5A0123\x1b[K\nabc\x1b[K\n\x1b[J");
    }
}
