//! What may be shown on stderr at all: one small value that everything which speaks asks.
//!
//! stdout carries data only and is not asked about here. An error that ends the run is always told.

/// What the user asked of the progress display.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// A bar where there is a screen for it.
    #[default]
    Auto,
    /// A bar.
    Bar,
    /// One event a line.
    Json,
    /// Nothing.
    None,
}

/// What stands at the other end of stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stderr {
    /// A terminal that a block can be drawn on.
    Screen,
    /// A terminal on which the data is shown too: progress would disturb it.
    Shared,
    /// A file, a pipe, the log of a CI, a dumb terminal.
    Log,
}

/// How much is told on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Printer {
    /// Nothing but what ends the run before its time.
    Quiet,
    /// Events as JSON and nothing for people, so that every line can be parsed.
    Json,
    /// The summary too.
    Default,
    /// The summary, and a line of progress from time to time.
    Lines,
    /// The summary and a bar.
    Bar,
}

impl Printer {
    /// Decides from `-q`, the progress that was asked for and where stderr goes.
    ///
    /// Events are for programs, which ask for them by name: `-q` does not take them away.
    pub const fn new(quiet: bool, progress: Progress, stderr: Stderr) -> Self {
        match (progress, stderr) {
            (Progress::Json, _) => Self::Json,
            _ if quiet => Self::Quiet,
            (Progress::Bar, _) | (Progress::Auto, Stderr::Screen) => Self::Bar,
            (Progress::Auto, Stderr::Log) => Self::Lines,
            (Progress::Auto, Stderr::Shared) | (Progress::None, _) => Self::Default,
        }
    }

    /// Returns whether the human summary is shown.
    pub const fn shows_summary(self) -> bool {
        matches!(self, Self::Default | Self::Lines | Self::Bar)
    }

    /// Returns whether the progress block is drawn.
    pub const fn shows_progress(self) -> bool {
        matches!(self, Self::Bar)
    }

    /// Returns whether a line of progress is written from time to time.
    pub const fn writes_lines(self) -> bool {
        matches!(self, Self::Lines)
    }

    /// Returns whether events are written.
    pub const fn writes_events(self) -> bool {
        matches!(self, Self::Json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table() {
        use Progress::{Auto, Bar, Json, None};
        use Stderr::{Log, Screen, Shared};
        for (quiet, progress, stderr, printer) in [
            (false, Auto, Screen, Printer::Bar),
            (false, Auto, Shared, Printer::Default),
            (false, Auto, Log, Printer::Lines),
            (false, Bar, Log, Printer::Bar),
            (false, None, Screen, Printer::Default),
            (false, None, Log, Printer::Default),
            (false, Json, Screen, Printer::Json),
            (true, Auto, Screen, Printer::Quiet),
            (true, Auto, Log, Printer::Quiet),
            (true, Bar, Screen, Printer::Quiet),
            (true, Json, Log, Printer::Json),
            (true, None, Log, Printer::Quiet),
        ] {
            assert_eq!(
                Printer::new(quiet, progress, stderr),
                printer,
                "-q {quiet}, {progress:?}, {stderr:?}"
            );
        }
    }

    #[test]
    fn quieter_never_shows_more() {
        let shown =
            |printer: Printer| [printer.shows_summary(), printer.writes_lines(), printer.shows_progress()];
        assert_eq!(shown(Printer::Quiet), [false, false, false]);
        assert_eq!(shown(Printer::Default), [true, false, false]);
        assert_eq!(shown(Printer::Lines), [true, true, false]);
        assert_eq!(shown(Printer::Bar), [true, false, true]);
        assert_eq!(shown(Printer::Json), [false, false, false]);
    }
}
