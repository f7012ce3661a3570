//! `leadenrich batch`: a file through the run, row by row.
//!
//! Three threads: one reads and understands rows, one runs, one joins rows with outcomes and writes them. The channels
//! between them are bounded, so that the slowest sets the pace and memory stays as it is.

use std::cell::RefCell;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use anyhow::{Context, anyhow};
use tokio::sync::mpsc;

use super::again::again;
use super::apart::Needed;
use super::outputs::{Outputs, places, write_summary};
use super::page::write_page;
use super::reporter::{Reporter, terms};
use super::session::{BATCHES_WAITING, Flow, Session};
use super::table::{input_spec, source};
use super::watch::Watch;
use super::{plan, question};
use crate::cli::{BatchArgs, GlobalArgs};
use crate::engine::driver::{Content, RowIn, RowsOut, RunEnd};
use crate::engine::reorder::Order;
use crate::engine::shutdown::Inquiries;
use crate::failure::Exit;
use crate::report::html::portrait::Portrait;
use crate::report::plan::described;
use crate::report::progress::Total;
use crate::report::screen::Screen;
use crate::rows::columns::Columns;
use crate::rows::read::{Input, InputRow, Progress, ReadError, Rows, Source, open};
use crate::rows::write::WriteError;
use crate::rows::write::tables::Tables;
use crate::rules::event::Event;
use crate::rules::malformed::Malformed;
use crate::rules::target::Subdomains;
use crate::rules::time::Now;
use crate::settings::CallSettings;

/// Rows of a file that travel together. Rows of a pipe travel alone, so that none waits for the next.
const ROWS_TOGETHER: usize = 256;

pub(super) async fn run(
    global: &GlobalArgs,
    args: BatchArgs,
    (screen, inquiries): (Screen, Inquiries),
) -> anyhow::Result<Exit> {
    let source = source(args.input.as_deref())?;
    let settings = CallSettings::resolve(global, args.calls, source == Source::Stdin);
    let spec = input_spec(
        source,
        args.reading,
        settings.as_ref().map_or(Subdomains::Collapse, |s| s.subdomains),
        &args.writing.prefix,
    );
    let input = open(&spec)?;
    let settings = settings?;
    if args.dry_run {
        return plan::show(global, (input, spec.source), &settings, false);
    }
    if !args.yes
        && let Some(exit) = question::declined(global, &spec, &settings).await?
    {
        return Ok(exit);
    }
    // The header goes out with the output: first whatever else can be wrong.
    let session = Session::open(&settings)?;
    let needed = Needed { input: Some(&spec.source), ledger: settings.ledger.path() };
    let outputs = Outputs::open(&args.writing, &input.layout, settings.wish, needed)?;
    tracing::info!("the input {}", described(&plan::reading(&input.layout, &spec.source)));
    let data_on_screen = args.writing.output.is_none() && std::io::stdout().is_terminal();
    let again = again(&settings, &spec.source, &args.writing);
    let shown = (args.writing.progress, data_on_screen);
    let reporter = RefCell::new(Reporter::new(global, shown, screen, terms(settings.gate)));
    if let Some(note) = outputs.note {
        reporter.borrow().note(note);
    }
    let order = if args.writing.unordered { Order::Resolution } else { Order::Input };
    let portrait = outputs.report.is_some().then(|| {
        reporter.borrow_mut().keep_time();
        Portrait::default()
    });
    let desk = Desk { tables: outputs.tables, portrait };
    let watch = Watch { clock: session.clock(), reporter: &reporter, inquiries };
    let ended = Box::pin(stream(session, input, desk, order, watch)).await;
    let reporter = reporter.into_inner();
    reporter.clear();
    let (end, Desk { tables, portrait }) = ended?;
    let summary = reporter.summary(settings.wish.fields);
    let written = tables.finish()?;
    let context = reporter.context(places(&args.writing, &written), again);
    // Whoever closed the pipe has seen enough.
    if written.output {
        reporter.conclude(&summary, &context);
    }
    if let Some(sink) = outputs.summary {
        write_summary(sink, &summary)?;
    }
    if let (Some(sink), Some(portrait), Some(timeline)) = (outputs.report, &portrait, reporter.timeline()) {
        write_page(sink, &spec.source, (&summary, portrait, timeline), &context)?;
    }
    Ok(Exit::after(&end, summary.rows.failed > 0))
}

/// Where rows go that have their outcome: to the tables, and into the picture of them, where one is wanted.
struct Desk {
    tables: Tables,
    portrait: Option<Portrait>,
}

/// Runs all rows of an input into its tables, which are not finished yet.
async fn stream(
    session: Session,
    input: Input,
    desk: Desk,
    order: Order,
    watch: Watch<'_>,
) -> anyhow::Result<(RunEnd, Desk)> {
    let Input { layout, rows, progress } = input;
    let columns = Arc::new(layout.columns.clone());
    let (row_sender, row_receiver) = mpsc::channel(BATCHES_WAITING);
    let (out_sender, out_receiver) = mpsc::channel(BATCHES_WAITING);
    let reading = read_on_thread(rows, columns, row_sender, progress.total_bytes.is_some())?;
    let writing = write_on_thread(desk, out_receiver)?;
    let may_never_end = progress.total_bytes.is_none();
    let reporter = watch.reporter;
    let mut tell = |event: &Event, now: Now| reporter.borrow_mut().on_event(event, now);
    let flow = Flow { rows: row_receiver, out: out_sender, order, may_never_end };
    let end = watch
        .over(Box::pin(session.drive(flow, &mut tell)), |rows, ended| total(&progress, rows, ended))
        .await;
    let written = writing.join().map_err(|_| anyhow!("the writing thread died"))?;
    let end = end?;
    let desk = written?;
    // It ended with the input; where rows were given up, it may still wait for a pipe and is left behind.
    if !end.output_closed && !end.abandoned {
        reading.join().map_err(|_| anyhow!("the reading thread died"))??;
    }
    Ok((end, desk))
}

/// Returns how many rows there are, judged by how far the file has been read.
fn total(progress: &Progress, rows: u64, ended: bool) -> Total {
    if ended {
        return Total::Exact(rows);
    }
    let bytes = progress.bytes_read.load(Ordering::Relaxed);
    match progress.total_bytes {
        Some(all) if bytes > 0 => {
            let estimate = u128::from(rows) * u128::from(all) / u128::from(bytes);
            Total::About(u64::try_from(estimate).unwrap_or(u64::MAX))
        }
        _ => Total::Unknown,
    }
}

/// A row of the table on its way through the run.
struct TableRow {
    row: InputRow,
    columns: Arc<Columns>,
}

impl Content for TableRow {
    fn shown(&self) -> String {
        self.row.shown(&self.columns).into()
    }

    fn malformed(&self) -> Option<Malformed> {
        self.row.malformed
    }
}

type Reading = JoinHandle<Result<(), ReadError>>;

/// Reads rows on a thread of its own; it ends with the input, with an error, or when nobody takes rows any more.
fn read_on_thread(
    rows: Rows,
    columns: Arc<Columns>,
    sender: mpsc::Sender<Vec<RowIn<TableRow>>>,
    is_file: bool,
) -> anyhow::Result<Reading> {
    let together = if is_file { ROWS_TOGETHER } else { 1 };
    let read = move || {
        let mut batch = Vec::with_capacity(together);
        for row in rows {
            let row = match row {
                Ok(row) => row,
                Err(error) => {
                    // The rows before it are good, and what they cost is not asked for twice.
                    let _ = sender.blocking_send(batch);
                    return Err(error);
                }
            };
            batch.push(RowIn {
                target: row.target.clone(),
                content: TableRow { row, columns: Arc::clone(&columns) },
            });
            if batch.len() >= together && sender.blocking_send(std::mem::take(&mut batch)).is_err() {
                return Ok(());
            }
        }
        // Nobody is there to take the last rows: nobody misses them.
        let _ = sender.blocking_send(batch);
        Ok(())
    };
    std::thread::Builder::new()
        .name("reader".to_owned())
        .spawn(read)
        .context("cannot start the reading thread")
}

/// Writes rows on a thread of its own; it ends when no more come or nobody takes them any more, or with an error.
fn write_on_thread(
    mut desk: Desk,
    mut receiver: mpsc::Receiver<RowsOut<TableRow>>,
) -> anyhow::Result<JoinHandle<Result<Desk, WriteError>>> {
    let write = move || {
        while let Some(rows) = receiver.blocking_recv() {
            for (content, outcome) in rows {
                if let Some(portrait) = &mut desk.portrait {
                    portrait.on_row(content.row.number, &outcome, || content.shown());
                }
                if desk.tables.write(&content.row, &outcome)?.is_break() {
                    return Ok(desk);
                }
            }
            if desk.tables.flush()?.is_break() {
                break;
            }
        }
        Ok(desk)
    };
    std::thread::Builder::new()
        .name("writer".to_owned())
        .spawn(write)
        .context("cannot start the writing thread")
}
