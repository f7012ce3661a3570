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

/// How much is told on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Printer {
    /// Nothing but what ends the run before its time.
    Quiet,
    /// Events as JSON and nothing for people, so that every line can be parsed.
    Json,
    /// The summary too, without a bar.
    Default,
    /// The summary and a bar.
    Bar,
}

impl Printer {
    /// Decides from `-q`, the progress that was asked for and whether there is a screen for a bar.
    ///
    /// There is one if stderr is a terminal, not a dumb one, and the data does not go to a terminal too.
    /// Events are for programs, which ask for them by name: `-q` does not take them away.
    pub const fn new(quiet: bool, progress: Progress, has_screen: bool) -> Self {
        match (progress, quiet) {
            (Progress::Json, _) => Self::Json,
            (_, true) => Self::Quiet,
            (Progress::Bar, false) => Self::Bar,
            (Progress::Auto, false) if has_screen => Self::Bar,
            (Progress::Auto | Progress::None, false) => Self::Default,
        }
    }

    /// Returns whether the human summary is shown.
    pub const fn shows_summary(self) -> bool {
        matches!(self, Self::Default | Self::Bar)
    }

    /// Returns whether the progress block is drawn.
    pub const fn shows_progress(self) -> bool {
        matches!(self, Self::Bar)
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
        for (quiet, progress, terminal, printer) in [
            (false, Auto, true, Printer::Bar),
            (false, Auto, false, Printer::Default),
            (false, Bar, false, Printer::Bar),
            (false, None, true, Printer::Default),
            (false, Json, true, Printer::Json),
            (true, Auto, true, Printer::Quiet),
            (true, Bar, true, Printer::Quiet),
            (true, Json, true, Printer::Json),
            (true, None, false, Printer::Quiet),
        ] {
            assert_eq!(
                Printer::new(quiet, progress, terminal),
                printer,
                "-q {quiet}, {progress:?}, {terminal}"
            );
        }
    }

    #[test]
    fn quieter_never_shows_more() {
        let shown = |printer: Printer| [printer.shows_summary(), printer.shows_progress()];
        assert_eq!(shown(Printer::Quiet), [false, false]);
        assert_eq!(shown(Printer::Default), [true, false]);
        assert_eq!(shown(Printer::Bar), [true, true]);
        assert_eq!(shown(Printer::Json), [false, false]);
    }
}
