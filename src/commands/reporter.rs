//! Who is told what happens in a run: the tally for the summary, and the screen or the event lines.

use std::io::{IsTerminal, Write};

use console::Term;
use jiff::tz::TimeZone;

use crate::cli::{ColorArg, GlobalArgs, ProgressArg};
use crate::report::advice::Again;
use crate::report::html::timeline::Timeline;
use crate::report::jsonl::Jsonl;
use crate::report::printer::{Printer, Progress};
use crate::report::progress::Total;
use crate::report::summary::Summary;
use crate::report::tally::Tally;
use crate::report::terminal::Terminal;
use crate::report::text::{Context, Place, stop_notice, text};
use crate::rules::event::Event;
use crate::rules::field::FieldSet;
use crate::rules::time::Now;

/// The width of text that goes to no terminal.
pub(super) const WIDTH_ELSEWHERE: usize = 80;

/// Tells what happens, as the options say.
pub(super) struct Reporter {
    printer: Printer,
    color: bool,
    tally: Tally,
    terminal: Option<Terminal>,
    events: Option<Jsonl<std::io::Stderr>>,
    timeline: Option<Timeline>,
}

impl Reporter {
    /// Decides who is told. `data_on_screen` tells that the rows go to a terminal, which a bar would disturb.
    pub(super) fn new(global: &GlobalArgs, progress: ProgressArg, data_on_screen: bool) -> Self {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        // Log lines and a bar would overwrite each other.
        let has_screen =
            std::io::stderr().is_terminal() && !is_dumb && !data_on_screen && global.verbose == 0;
        let progress = match progress {
            ProgressArg::Auto => Progress::Auto,
            ProgressArg::Bar => Progress::Bar,
            ProgressArg::Json => Progress::Json,
            ProgressArg::None => Progress::None,
        };
        let printer = Printer::new(global.quiet, progress, has_screen);
        Self {
            printer,
            color: wants_color(global.color, std::io::stderr().is_terminal()),
            tally: Tally::default(),
            terminal: printer.shows_progress().then(|| Terminal::new(Term::buffered_stderr())),
            events: printer.writes_events().then(|| Jsonl::new(std::io::stderr())),
            timeline: None,
        }
    }

    /// Tells an event. A screen or pipe that cannot be written to is no reason to stop a paid run.
    pub(super) fn on_event(&mut self, event: &Event, now: Now) {
        log(event);
        self.tally.on_event(event);
        if let Some(timeline) = &mut self.timeline {
            timeline.on_event(event, now);
        }
        if let Some(terminal) = &mut self.terminal {
            terminal.on_event(event, &self.tally, now);
        }
        if let Some(events) = &mut self.events {
            let _ = events.on_event(event);
        }
    }

    /// Has what happens folded over time, for a page.
    pub(super) fn keep_time(&mut self) {
        self.timeline = Some(Timeline::default());
    }

    /// Returns what happened over time, where that was kept.
    pub(super) const fn timeline(&self) -> Option<&Timeline> {
        self.timeline.as_ref()
    }

    /// Draws the present state, if a screen shows it.
    pub(super) fn tick(&mut self, total: Total, now: Now) {
        if let Some(terminal) = &mut self.terminal {
            terminal.set_total(total);
            terminal.tick(&self.tally, now);
        }
    }

    /// Returns whether a screen wants to be drawn from time to time.
    pub(super) const fn animates(&self) -> bool {
        self.terminal.is_some()
    }

    /// Takes what was drawn away.
    pub(super) fn clear(&self) {
        if let Some(terminal) = &self.terminal {
            terminal.finish();
        }
    }

    /// Returns the rows read so far.
    pub(super) const fn rows_read(&self) -> (u64, bool) {
        (self.tally.rows.read, self.tally.rows.ended)
    }

    /// Returns how it went.
    pub(super) fn summary(&self, fields: FieldSet) -> Summary {
        Summary::new(&self.tally, fields)
    }

    /// Says how it went, where the tables are and what to type next.
    pub(super) fn conclude(&self, summary: &Summary, places: Vec<Place>, again: Again) {
        if self.printer.shows_summary() {
            say(&text(summary, &self.context(places, again)));
        } else {
            self.conclude_briefly(summary, again);
        }
    }

    /// Says what the user should know before the run.
    pub(super) fn note(&self, words: &str) {
        if self.printer.shows_summary() {
            say(&format!("note: {words}\n"));
        }
    }

    /// Says only why the run stopped, if it did.
    pub(super) fn conclude_briefly(&self, summary: &Summary, again: Again) {
        if !self.printer.writes_events()
            && let Some(notice) = stop_notice(summary, &self.context(Vec::new(), again))
        {
            say(&notice);
        }
    }

    fn context(&self, places: Vec<Place>, again: Again) -> Context {
        Context {
            width: Term::stderr().size_checked().map_or(WIDTH_ELSEWHERE, |(_, columns)| columns.into()),
            color: self.color,
            zone: TimeZone::system(),
            pace: self.tally.pacing.usual(),
            places,
            again,
            detail: self.tally.stop_detail.as_deref().map(str::to_owned),
        }
    }
}

/// Where standard error is closed there is nobody to tell.
fn say(words: &str) {
    let _ = std::io::stderr().write_all(words.as_bytes());
}

/// Returns whether colour is wanted where `is_terminal` tells what is written to.
pub(super) fn wants_color(wanted: ColorArg, is_terminal: bool) -> bool {
    let is_forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match wanted {
        ColorArg::Auto => is_terminal && !is_forbidden,
        ColorArg::Always => true,
        ColorArg::Never => false,
    }
}

/// Logs what a person who watches would want to know.
fn log(event: &Event) {
    match event {
        Event::CallDeferred { subject, reason, until } => {
            tracing::info!(%subject, %reason, %until, "to be tried again");
        }
        Event::Waiting { why, until } => tracing::info!(?why, %until, "waiting"),
        Event::PaceChanged { per_second: Some(per_second), why } => {
            tracing::info!(per_second, why = why.map(tracing::field::debug), "paced");
        }
        Event::PaceChanged { per_second: None, .. } => tracing::info!("no longer paced"),
        Event::RowMalformed { row, line, remark, .. } => {
            tracing::info!(row = row.0, line, "a malformed row, kept as it is: {remark}");
        }
        Event::HeaderDoubted { remark } => tracing::info!("{remark}"),
        Event::Resumed => tracing::info!("going on"),
        Event::Stopping { reason, detail, .. } => tracing::info!(?reason, ?detail, "stopping"),
        Event::CallAnswered { subject, attempt, status, reply, latency_ms, request_id, .. } => {
            tracing::debug!(%subject, attempt, ?status, ?reply, latency_ms, ?request_id, "answered");
        }
        _ => {}
    }
}
