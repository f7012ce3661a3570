//! `leadenrich enrich`: a few companies named on the command line.

use std::cell::RefCell;
use std::io::IsTerminal;
use std::path::Path;

use console::Term;
use csv::StringRecord;
use supports_hyperlinks::supports_hyperlinks;
use tokio::sync::mpsc;

use super::again::next;
use super::apart::{Needed, keep_apart};
use super::reporter::{Reporter, terms, wants_color};
use super::session::{Flow, Session};
use super::watch::Watch;
use crate::cli::{ColorArg, EnrichArgs, EnrichFormat, GlobalArgs, ProgressArg};
use crate::engine::driver::{Content, RowIn};
use crate::engine::reorder::Order;
use crate::engine::shutdown::Inquiries;
use crate::failure::Exit;
use crate::report::advice::Again;
use crate::report::card::{Record, json, jsonl};
use crate::report::pretty::{Layout, pretty};
use crate::report::progress::Total;
use crate::report::screen::Screen;
use crate::report::summary::Credits;
use crate::rows::fill::Fill;
use crate::rows::format::OutputFormat;
use crate::rows::merge::{MergeSpec, Ours};
use crate::rows::own::DEFAULT_PREFIX;
use crate::rows::read::{InputRow, Layout as TableLayout};
use crate::rows::write::{Destination, Sink, WriteSpec, create};
use crate::rules::event::Event;
use crate::rules::field::FieldSet;
use crate::rules::outcome::{RowNumber, RowStatus};
use crate::rules::redact::redact;
use crate::rules::target::{InvalidInput, Subdomains, Subject, parse_any};
use crate::rules::time::Now;
use crate::settings::CallSettings;

/// The width of cards that go to no terminal.
const WIDTH_ELSEWHERE: usize = 80;

/// A target on its way through the run.
struct Typed {
    text: String,
    subject: Option<Subject>,
}

impl Typed {
    fn row(text: String, subdomains: Subdomains) -> RowIn<Self> {
        let parsed = parse_any(&text, subdomains);
        let subject = parsed.as_ref().ok().cloned();
        RowIn { target: parsed.map(Into::into), content: Self { text, subject } }
    }
}

impl Content for Typed {
    fn shown(&self) -> String {
        redact(&self.text).into_owned()
    }
}

pub(super) async fn run(
    global: &GlobalArgs,
    args: EnrichArgs,
    (screen, inquiries): (Screen, Inquiries),
) -> anyhow::Result<Exit> {
    let settings = CallSettings::resolve(global, args.calls, false)?;
    let format = format(args.format, args.json, args.output.as_deref());
    let sink = Sink::open(&Destination::of(args.output.as_deref()))?;
    let session = Session::open(&settings)?;
    keep_apart(&[("--output", Some(&sink))], Needed { input: None, ledger: settings.ledger.path() })?;
    let started = session.started();
    let reporter =
        RefCell::new(Reporter::new(global, (ProgressArg::None, true), screen, terms(settings.gate)));
    let watch = Watch { clock: session.clock(), reporter: &reporter, inquiries };
    let mut tell = |event: &Event, now: Now| reporter.borrow_mut().on_event(event, now);
    let rows: Vec<RowIn<Typed>> =
        args.targets.into_iter().map(|text| Typed::row(text, settings.subdomains)).collect();
    let count = rows.len() as u64;
    let (records, end) = {
        let (row_sender, row_receiver) = mpsc::channel(1);
        let (out_sender, mut out_receiver) = mpsc::channel(1);
        row_sender.send(rows).await?;
        drop(row_sender);
        let flow = Flow { rows: row_receiver, out: out_sender, order: Order::Input, may_never_end: false };
        let collecting = async {
            let mut records = Vec::new();
            while let Some(rows) = out_receiver.recv().await {
                records.extend(rows.into_iter().map(|(typed, outcome)| Record {
                    target: typed.text,
                    subject: typed.subject,
                    outcome,
                }));
            }
            records
        };
        let driving = watch.over(Box::pin(session.drive(flow, &mut tell)), |_, _| Total::Exact(count));
        let (end, records) = tokio::join!(driving, collecting);
        (records, end?)
    };
    let reporter = reporter.into_inner();
    let fields = settings.wish.fields;
    let summary = reporter.summary(fields);
    match format {
        EnrichFormat::Json => write(sink, &json(&records, fields)?)?,
        EnrichFormat::Jsonl => write(sink, &jsonl(&records, fields)?)?,
        EnrichFormat::Pretty => {
            let layout = layout((global, &settings), &sink, started, summary.credits);
            write(sink, &pretty(&records, &layout))?;
        }
        EnrichFormat::Csv => write_csv(sink, &records, fields)?,
    }
    let again = Again { command: None, does: next(&settings) };
    reporter.conclude_briefly(&summary, &reporter.context(Vec::new(), again));
    let all_found = records.iter().all(|record| record.outcome.status() == RowStatus::Enriched);
    Ok(Exit::after(&end, !all_found))
}

fn format(format: Option<EnrichFormat>, json: bool, output: Option<&Path>) -> EnrichFormat {
    match format {
        Some(format) => format,
        None if json => EnrichFormat::Json,
        None if output.is_none() && std::io::stdout().is_terminal() => EnrichFormat::Pretty,
        None => EnrichFormat::Jsonl,
    }
}

fn layout(
    (global, settings): (&GlobalArgs, &CallSettings),
    sink: &Sink,
    started: Now,
    credits: Credits,
) -> Layout {
    let is_terminal = sink.is_terminal();
    Layout {
        width: Term::stdout().size_checked().map_or(WIDTH_ELSEWHERE, |(_, columns)| columns.into()),
        color: wants_color(global.color, is_terminal),
        // `NO_COLOR` speaks of colours alone; `--color never` is typed by whoever wants plain text.
        links: is_terminal && global.color != ColorArg::Never && supports_hyperlinks(),
        fields: settings.wish.fields,
        started_at: settings.reuse(started.wall).run_started,
        credits,
    }
}

fn write(mut sink: Sink, text: &str) -> anyhow::Result<()> {
    sink.write(text.as_bytes())?;
    Ok(sink.finish()?)
}

/// Writes the same columns as `batch` does for a list.
fn write_csv(sink: Sink, records: &[Record], fields: FieldSet) -> anyhow::Result<()> {
    let spec = WriteSpec {
        format: OutputFormat::Csv,
        delimiter: None,
        merge: MergeSpec {
            prefix: DEFAULT_PREFIX.to_owned(),
            fields,
            raw_cells: false,
            fill: Fill::default(),
            ours: Ours::All,
        },
    };
    let mut writer = create(sink, &TableLayout::of_targets("target"), &spec)?;
    for (number, record) in (1..).zip(records) {
        let cells = StringRecord::from(vec![redact(&record.target).as_ref()]);
        let target = record.subject.clone().map(Into::into).ok_or(InvalidInput::Empty);
        let row = InputRow { number: RowNumber(number), cells, target, ..InputRow::default() };
        writer.write(&row, &record.outcome)?;
    }
    Ok(writer.finish()?)
}
