//! `leadenrich plan` and `batch --dry-run`: what a run would cost. Sends nothing, and leaves the ledger as it is.

use std::io::Write;

use console::Term;
use jiff::Timestamp;

use super::reporter::{WIDTH_ELSEWHERE, wants_color};
use super::session::{sandbox_settings, scope};
use super::survey::survey;
use super::table::{input_spec, source};
use crate::cli::{GlobalArgs, PlanArgs};
use crate::engine::clock::Clock;
use crate::failure::Exit;
use crate::ledger::census::Census;
use crate::report::plan::{Column, Context, Found, Reading, json, text};
use crate::rows::columns;
use crate::rows::format::{InputFormat, Packing};
use crate::rows::read::{Input, Layout, Source, open};
use crate::rules::plan::{LastTold, Plan, Quota};
use crate::rules::target::Subdomains;
use crate::sandbox::{LimiterKind, Settings};
use crate::settings::{Api, CallSettings};

pub(super) fn run(global: &GlobalArgs, args: PlanArgs) -> anyhow::Result<Exit> {
    let source = source(args.input.as_deref())?;
    let settings = CallSettings::resolve(global, args.calls, source == Source::Stdin);
    let subdomains = settings.as_ref().map_or(Subdomains::Collapse, |settings| settings.subdomains);
    let input = open(&input_spec(source.clone(), args.reading, subdomains, &args.prefix))?;
    show(global, (input, source), &settings?, args.json)
}

/// Prints the plan for an input.
pub(super) fn show(
    global: &GlobalArgs,
    (input, source): (Input, Source),
    settings: &CallSettings,
    as_json: bool,
) -> anyhow::Result<Exit> {
    let reading = reading(&input.layout, &source);
    let plan = draw_up(input, settings)?;
    let shown = if as_json {
        json::json(&plan, &reading)?
    } else {
        text(&plan, &context(global, &Term::stdout(), reading, settings))
    };
    let mut stdout = std::io::stdout();
    stdout.write_all(shown.as_bytes())?;
    stdout.flush()?;
    Ok(Exit::Complete)
}

/// Returns what the text of a plan depends on that is written to this terminal or pipe.
pub(super) fn context(global: &GlobalArgs, to: &Term, reading: Reading, settings: &CallSettings) -> Context {
    Context {
        width: to.size_checked().map_or(WIDTH_ELSEWHERE, |(_, columns)| columns.into()),
        color: wants_color(global.color, to.is_term()),
        reading,
        has_key: !matches!(settings.connection.api, Api::Keyless),
    }
}

/// Reads a whole input and draws up the plan for it. Without a key nothing counts as known.
pub(super) fn draw_up(input: Input, settings: &CallSettings) -> anyhow::Result<Plan> {
    let now = Clock::system().now().wall;
    let census = match &settings.connection.api {
        Api::Keyless => None,
        Api::Real { .. } | Api::Sandbox(_) => {
            Some(Census::open(settings.ledger.path(), &scope(&settings.connection)?, settings.reuse(now))?)
        }
    };
    let counts = survey(input.rows, census.as_ref(), now)?;
    let told = match (&settings.connection.api, &census) {
        (Api::Sandbox(text), _) => told_by_sandbox(&sandbox_settings(text)?, now),
        (_, Some(census)) => census.last_told()?,
        (_, None) => LastTold::default(),
    };
    Ok(Plan::new(counts, told, settings.gate, now))
}

/// Returns what a sandbox that starts now would tell: each begins anew.
fn told_by_sandbox(settings: &Settings, now: Timestamp) -> LastTold {
    let window = i64::try_from(settings.window.as_millis()).unwrap_or(i64::MAX).max(1);
    let begun = match settings.limiter {
        LimiterKind::Fixed => now.as_millisecond().div_euclid(window).saturating_mul(window),
        _ => now.as_millisecond(),
    };
    let quota = Quota {
        allowed: Some(settings.limit),
        remaining: settings.limit,
        resets_at: Timestamp::from_millisecond(begun.saturating_add(window)).unwrap_or(Timestamp::MAX),
        window: Some(settings.window),
        told_at: now,
    };
    LastTold { balance: Some((settings.credits, now)), quotas: vec![quota] }
}

/// Returns how an input is read, for those who check it.
pub(super) fn reading(layout: &Layout, source: &Source) -> Reading {
    let is_cells = matches!(layout.format, InputFormat::Csv | InputFormat::Tsv);
    let is_list = layout.format == InputFormat::Lines;
    let column = |place: usize| Column {
        name: if is_list { String::new() } else { layout.name(place).into_owned() },
        number: place + 1,
    };
    Reading {
        path: match source {
            Source::Path(path) => Some(path.display().to_string()),
            Source::Stdin => None,
        },
        format: layout.format.name(),
        compression: layout.packing.map(Packing::name),
        sheet: layout.sheet.as_deref().map(str::to_owned),
        delimiter: is_cells.then_some(char::from(layout.delimiter)),
        quoting: is_cells.then_some(layout.quoting.name()),
        line_ending: layout.line_ending.name(),
        columns: layout.headers.len(),
        encoding: layout.encoding.name(),
        header: layout.has_header && (is_cells || layout.format == InputFormat::Xlsx),
        id: layout.columns.id.map(column),
        domains: layout.columns.domains.iter().copied().map(column).collect(),
        found: (!is_list).then_some(match layout.columns.found {
            columns::Found::Asked => Found::Options,
            columns::Found::ByName => Found::Names,
            columns::Found::ByContent { confidence } => Found::Values(confidence),
        }),
    }
}
