//! Who is told what happens in a run: the tally for the summary, and the screen or the event lines.

use std::io::IsTerminal;

use console::Term;
use jiff::tz::TimeZone;

use crate::cli::{ColorArg, GlobalArgs, ProgressArg};
use crate::failure::on_stderr;
use crate::report::advice::Again;
use crate::report::course::{Course, Terms};
use crate::report::html::timeline::Timeline;
use crate::report::jsonl::Jsonl;
use crate::report::lines::Lines;
use crate::report::printer::{Printer, Progress, Stderr};
use crate::report::progress::{Total, line};
use crate::report::screen::Screen;
use crate::report::state::State;
use crate::report::summary::Summary;
use crate::report::tally::Tally;
use crate::report::terminal::{FRAME, Terminal};
use crate::report::text::{Context, Place, stop_notice, text};
use crate::rules::event::Event;
use crate::rules::field::FieldSet;
use crate::rules::gate::GatePolicy;
use crate::rules::time::{Moment, Now};

/// The width of text that goes to no terminal.
pub(super) const WIDTH_ELSEWHERE: usize = 80;

/// Tells what happens, as the options say.
pub(super) struct Reporter {
    printer: Printer,
    color: bool,
    screen: Screen,
    tally: Tally,
    course: Course,
    terminal: Option<Terminal>,
    lines: Option<Lines>,
    events: Option<Jsonl<std::io::Stderr>>,
    timeline: Option<Timeline>,
}

impl Reporter {
    /// Decides who is told. `data_on_screen` tells that the rows go to a terminal, which a bar would disturb.
    pub(super) fn new(
        global: &GlobalArgs,
        (progress, data_on_screen): (ProgressArg, bool),
        screen: Screen,
        terms: Terms,
    ) -> Self {
        let progress = match progress {
            ProgressArg::Auto => Progress::Auto,
            ProgressArg::Bar => Progress::Bar,
            ProgressArg::Json => Progress::Json,
            ProgressArg::None => Progress::None,
        };
        let color = wants_color(global.color, std::io::stderr().is_terminal());
        Self { color, ..Self::to(screen, (global.quiet, progress, stderr(data_on_screen)), terms) }
    }

    /// Tells on a screen, without colour, what [`Printer::new`] makes of the three.
    pub(super) fn to(
        screen: Screen,
        (quiet, progress, stderr): (bool, Progress, Stderr),
        terms: Terms,
    ) -> Self {
        let printer = Printer::new(quiet, progress, stderr);
        Self {
            printer,
            color: false,
            tally: Tally::default(),
            course: Course::new(terms),
            terminal: printer.shows_progress().then(|| Terminal::new(screen.clone())),
            lines: printer.writes_lines().then(Lines::default),
            events: printer.writes_events().then(|| Jsonl::new(std::io::stderr())),
            timeline: None,
            screen,
        }
    }

    /// Tells an event. A screen or pipe that cannot be written to is no reason to stop a paid run.
    pub(super) fn on_event(&mut self, event: &Event, now: Now) {
        log(event);
        self.tally.on_event(event);
        if let Some(timeline) = &mut self.timeline {
            timeline.on_event(event, now);
        }
        self.course.on_event(event, &self.tally, now);
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

    /// Draws or says the present state, if that is due.
    pub(super) fn tick(&mut self, total: Total, now: Now) {
        self.course.set_total(total);
        let view = self.course.view(&self.tally);
        if let Some(terminal) = &mut self.terminal {
            terminal.tick(&view, now);
        }
        if self.lines.as_mut().is_some_and(|lines| lines.take(now.at)) {
            self.say(&line(&view, now));
        }
    }

    /// Says the present state to someone who asked: whatever else is shown, and with `-q` too.
    pub(super) fn answer(&mut self, now: Now) {
        match &mut self.events {
            Some(events) => {
                let _ = events.on_inquiry(&State::new(&self.tally, now.wall));
            }
            None => self.say(&line(&self.course.view(&self.tally), now)),
        }
    }

    /// Returns when the next tick is due; absent where nobody is told anything.
    pub(super) fn due(&self, now: Moment) -> Option<Moment> {
        let frame = self.terminal.as_ref().map(|_| now + FRAME);
        frame.or_else(|| self.lines.map(Lines::due))
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
    pub(super) fn conclude(&self, summary: &Summary, context: &Context) {
        if self.printer.shows_summary() {
            self.say(&text(summary, context));
        } else {
            self.conclude_briefly(summary, context);
        }
    }

    /// Says what the user should know before the run.
    pub(super) fn note(&self, words: &str) {
        if self.printer.shows_summary() {
            self.say(&on_stderr(&format!("note: {words}\n")));
        }
    }

    /// Says only why the run stopped, if it did.
    pub(super) fn conclude_briefly(&self, summary: &Summary, context: &Context) {
        if !self.printer.writes_events()
            && let Some(notice) = stop_notice(summary, context)
        {
            self.say(&on_stderr(&notice));
        }
    }

    /// Where standard error is closed there is nobody to tell.
    fn say(&self, words: &str) {
        let _ = self.screen.write_above(words);
    }

    /// Returns what is said of a run that is over depends on, besides the run.
    pub(super) fn context(&self, places: Vec<Place>, again: Again) -> Context {
        Context {
            width: Term::stderr().size_checked().map_or(WIDTH_ELSEWHERE, |(_, columns)| columns.into()),
            color: self.color,
            zone: TimeZone::system,
            pace: self.tally.pacing.usual(),
            places,
            again,
            detail: self.tally.stop_detail.as_deref().map(str::to_owned),
        }
    }
}

/// Returns what stands at the other end of stderr.
fn stderr(data_on_screen: bool) -> Stderr {
    match std::io::stderr().is_terminal() {
        true if data_on_screen => Stderr::Shared,
        true if !is_dumb() => Stderr::Screen,
        _ => Stderr::Log,
    }
}

/// Returns whether terminals are told to be without any moves and styles.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Returns what progress has to know of the settings.
pub(super) fn terms(gate: GatePolicy) -> Terms {
    Terms { rate: gate.rate, wait: gate.wait, zone: TimeZone::system }
}

/// Returns whether colour is wanted where `is_terminal` tells what is written to.
pub(super) fn wants_color(wanted: ColorArg, is_terminal: bool) -> bool {
    let is_forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match wanted {
        ColorArg::Auto => is_terminal && !is_forbidden && !is_dumb(),
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
        // The request's own span has the rest.
        Event::CallAnswered { subject, attempt, reply, .. } => {
            tracing::debug!(%subject, attempt, ?reply, "understood");
        }
        _ => {}
    }
}
