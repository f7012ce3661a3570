//! The one loop of a run: whatever happens becomes an input, the run is stepped, its effects are carried out.
//!
//! It owns everything that changes: the run, the ledger, the calls that are out, the rows on their way. Nothing is shared,
//! nothing is locked. Orders to the ledger are committed together: while one batch is being committed the next one
//! gathers, so that an outcome waits for at most one commit before its own.
//!
//! Bounds: rows on their way, those that wait for the output included, by the window; calls by the gate; orders by the
//! rows. A slow output fills the window, and a full window stops the reading of rows.

use std::collections::VecDeque;

use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::task::JoinHandle;

use super::clock::Clock;
use super::commits::Commits;
pub use super::content::Content;
use super::content::row_finished;
use super::reorder::{Order as RowOrder, Reorder};
use super::request::sent;
use super::shutdown::StopSignal;
use crate::ledger::{Ending, Ledger, LedgerError};
use crate::rules::event::{Event, SCHEMA, StopReason};
use crate::rules::outcome::{RowNumber, RowOutcome, RowStatus};
use crate::rules::run::{Effect, Input, RowAsk, Run};
use crate::rules::signature::ApiRequest;
use crate::rules::target::{InvalidInput, Target};
use crate::rules::time::{Moment, Now};
use crate::rules::verbs::{Answer, CallId, Order};
use crate::transport::Transport;

/// Rows that go to the output together.
const ROWS_TOGETHER: usize = 256;

/// Orders that wait for no others: they keep the ledger's thread busy while answers are dealt with here.
const ENOUGH: usize = 128;

/// A row to be asked about.
#[derive(Clone, Debug)]
pub struct RowIn<R> {
    /// What it asks for.
    pub target: Result<Target, InvalidInput>,
    /// What is needed to write it.
    pub content: R,
}

/// Rows with what became of them, in the order of the output.
pub type RowsOut<R> = Vec<(R, RowOutcome)>;

/// What a run is driven with.
pub struct Parts<'a, T, R> {
    /// How requests get to the API.
    pub transport: &'a T,
    /// Where everything is recorded.
    pub ledger: Ledger,
    /// The rows, in batches; closed at their end.
    pub rows: mpsc::Receiver<Vec<RowIn<R>>>,
    /// Where resolved rows go. When its other end is dropped, the run ends.
    pub out: mpsc::Sender<RowsOut<R>>,
    /// Requests to stop.
    pub signals: mpsc::Receiver<StopSignal>,
    /// What time it is.
    pub clock: Clock,
    /// Who is told what happens.
    pub tell: &'a mut dyn FnMut(&Event, Now),
    /// In which order rows go out.
    pub order: RowOrder,
    /// The most rows on their way.
    pub window: usize,
    /// Whether the rows come from a pipe, which may never end.
    pub may_never_end: bool,
    /// The most calls in flight, for telling.
    pub concurrency: u32,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunEnd {
    /// Why it stopped before its work was done.
    pub stopped: Option<StopReason>,
    /// The first signal that came.
    pub signal: Option<StopSignal>,
    /// Whether what was out, and the rest of a pipe, was abandoned.
    pub abandoned: bool,
    /// Whether nobody took the output any more.
    pub output_closed: bool,
    /// When the quota is expected back, if it is used up.
    pub quota_back_at: Option<Timestamp>,
}

/// Why a run could not be driven to its end. What was recorded until then holds.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The thread that commits died.
    #[error("the ledger's thread died")]
    LedgerThread(#[from] tokio::task::JoinError),
}

/// Drives a run to its end.
pub async fn drive<T: Transport, R: Content>(
    run: Run,
    mut parts: Parts<'_, T, R>,
) -> Result<RunEnd, DriveError> {
    let (clock, transport) = (parts.clock, parts.transport);
    parts.ledger.begin(clock.now().wall)?;
    let output = parts.out.clone();
    let (mut state, mut rows, mut signals) = State::begin(run, parts);
    let mut calls = FuturesUnordered::new();
    loop {
        state.pump();
        for (id, request) in state.to_send.drain(..) {
            calls.push(async move { (id, sent(transport, clock, request).await) });
        }
        if state.is_finished() {
            break;
        }
        let now = clock.now().at;
        let commits = state.next_commit(now);
        let can_commit = commits.is_some_and(|at| at <= now);
        let wakes_at = state.run.wakes_at().into_iter().chain(commits.filter(|_| !can_commit)).min();
        tokio::select! {
            biased;
            Some(signal) = signals.recv() => {
                if state.signalled(signal) {
                    calls.clear();
                    state.abandon();
                }
            }
            // The ledger and this loop work side by side, not in turns.
            () = std::future::ready(()), if can_commit && state.orders.len() >= ENOUGH => state.commit(),
            Some((id, attempt)) = calls.next(), if !calls.is_empty() => {
                state.step(Input::Arrived(id, attempt));
            }
            committed = committed(&mut state.committing) => state.take_committed(committed?)?,
            // Answers that are there already come first, as a rule: the fewer transactions, the less they cost.
            () = tokio::task::yield_now(), if can_commit => state.commit(),
            // The permit is let go at once: the next pump takes the room that it stood for.
            room = output.reserve(), if !state.written.is_empty() => {
                if room.is_err() {
                    state.output_closed();
                }
            }
            batch = rows.recv(), if state.wants_rows() && !can_commit => state.take_rows(batch),
            () = clock.wait_until(wakes_at), if wakes_at.is_some() => state.step(Input::Woken),
        }
    }
    Ok(state.finish())
}

/// The ledger, back from committing a batch, with what it answered.
type Committed = (Ledger, Result<Vec<Answer>, LedgerError>);

/// Waits for the batch that is being committed; for ever, where there is none.
async fn committed(task: &mut Option<JoinHandle<Committed>>) -> Result<Committed, tokio::task::JoinError> {
    match task {
        Some(task) => task.await,
        None => std::future::pending().await,
    }
}

/// Everything of a run that changes, but for the calls that are out.
struct State<'a, R> {
    run: Run,
    clock: Clock,
    tell: &'a mut dyn FnMut(&Event, Now),
    started: Now,
    out: mpsc::Sender<RowsOut<R>>,
    reorder: Reorder<R>,
    to_send: Vec<(CallId, ApiRequest)>,
    orders: Vec<Order>,
    ledger: Option<Ledger>,
    committing: Option<JoinHandle<Committed>>,
    commits: Commits,
    written: VecDeque<(R, RowOutcome)>,
    window: usize,
    may_never_end: bool,
    rows_ended: bool,
    rows_enriched: u64,
    end: RunEnd,
}

impl<'a, R: Content> State<'a, R> {
    /// Begins a run; returns also where its rows and its signals come from.
    fn begin<T>(
        run: Run,
        parts: Parts<'a, T, R>,
    ) -> (Self, mpsc::Receiver<Vec<RowIn<R>>>, mpsc::Receiver<StopSignal>) {
        let started = parts.clock.now();
        let state = Self {
            run,
            clock: parts.clock,
            tell: parts.tell,
            started,
            out: parts.out,
            reorder: Reorder::new(parts.order),
            to_send: Vec::new(),
            orders: Vec::new(),
            ledger: Some(parts.ledger),
            committing: None,
            commits: Commits::new(),
            written: VecDeque::new(),
            window: parts.window,
            may_never_end: parts.may_never_end,
            rows_ended: false,
            rows_enriched: 0,
            end: RunEnd::default(),
        };
        let told = Event::RunStarted { schema: SCHEMA, at: started.wall, concurrency: parts.concurrency };
        (state.tell)(&told, started);
        (state, parts.rows, parts.signals)
    }

    fn step(&mut self, input: Input) {
        let now = self.clock.now();
        for effect in self.run.step(input, now) {
            match effect {
                Effect::Ledger(order) => self.orders.push(order),
                Effect::Send(id, request) => self.to_send.push((id, request)),
                Effect::Resolve(row, outcome) => self.resolve(row, outcome, now),
                Effect::Tell(event) => (self.tell)(&event, now),
            }
        }
    }

    /// Tells of a row's end and lets it go out when its turn comes.
    fn resolve(&mut self, row: RowNumber, outcome: RowOutcome, now: Now) {
        self.rows_enriched += u64::from(outcome.status() == RowStatus::Enriched);
        if let Some(content) = self.reorder.open(row) {
            let event = row_finished(row, &outcome, content);
            (self.tell)(&event, now);
        }
        self.reorder.resolve(row, outcome);
    }

    /// Moves rows on to the output as far as can be done without waiting.
    fn pump(&mut self) {
        while let Some(row) = self.reorder.pop() {
            self.written.push_back(row);
        }
        if self.end.output_closed {
            self.written.clear();
        }
        self.hand_out();
    }

    /// Returns when the orders that have gathered may be committed; nothing where there are none or the ledger is busy.
    fn next_commit(&self, now: Moment) -> Option<Moment> {
        let is_due = !self.orders.is_empty() && self.ledger.is_some();
        is_due.then(|| if self.only_looks_up() { now } else { self.commits.may_come_at(now) })
    }

    fn only_looks_up(&self) -> bool {
        self.orders.iter().all(|order| matches!(order, Order::LookUp { .. }))
    }

    /// Gives the ledger the orders that have gathered, unless it is busy.
    fn commit(&mut self) {
        let writes = !self.only_looks_up();
        if !self.orders.is_empty()
            && let Some(mut ledger) = self.ledger.take()
        {
            let orders = std::mem::take(&mut self.orders);
            let Now { at, wall: now } = self.clock.now();
            if writes {
                self.commits.count(at);
            }
            self.committing = Some(tokio::task::spawn_blocking(move || {
                let answers = ledger.commit(&orders, now);
                (ledger, answers)
            }));
        }
    }

    /// Hands rows to the output as far as it takes them at once.
    fn hand_out(&mut self) {
        while !self.written.is_empty() {
            let room = match self.out.try_reserve() {
                Ok(room) => room,
                Err(TrySendError::Full(())) => return,
                Err(TrySendError::Closed(())) => break,
            };
            let together = self.written.len().min(ROWS_TOGETHER);
            room.send(self.written.drain(..together).collect());
        }
        if !self.written.is_empty() {
            self.output_closed();
            // Rows that this has ended and orders that it has given are moved on as well: nothing may come any more that
            // does.
            self.pump();
        }
    }

    fn take_committed(&mut self, (ledger, answers): Committed) -> Result<(), LedgerError> {
        self.committing = None;
        self.ledger = Some(ledger);
        let answers = answers?;
        // Rows that were read meanwhile are looked up while these answers are dealt with.
        if self.only_looks_up() {
            self.commit();
        }
        self.step(Input::Ledger(answers));
        Ok(())
    }

    fn wants_rows(&self) -> bool {
        !self.rows_ended && self.reorder.len() + self.written.len() < self.window
    }

    fn take_rows(&mut self, batch: Option<Vec<RowIn<R>>>) {
        let read = batch.as_ref().map_or(0, |batch| batch.len() as u64);
        let now = self.clock.now();
        (self.tell)(&Event::RowsRead { rows: read, ended: batch.is_none() }, now);
        let Some(batch) = batch else {
            self.rows_ended = true;
            return self.step(Input::RowsEnded);
        };
        let asks = batch.into_iter().map(|row| self.admit(row, now)).collect();
        self.step(Input::Rows(asks));
    }

    /// Gives a row its place, and tells what is wrong with it.
    fn admit(&mut self, row: RowIn<R>, now: Now) -> RowAsk {
        let malformed = row.content.malformed();
        let number = self.reorder.add(row.content);
        if let Some(malformed) = malformed {
            (self.tell)(&Event::malformed(number, malformed), now);
        }
        RowAsk { row: number, target: row.target }
    }

    /// Takes a signal and returns whether what is out is to be abandoned.
    fn signalled(&mut self, signal: StopSignal) -> bool {
        let is_second = self.end.signal.is_some();
        self.end.signal.get_or_insert(signal);
        self.step(Input::Stop(StopReason::Interrupted));
        is_second
    }

    /// What is out is abandoned, and so is an input that may never end. A file is still read to its end, so that the
    /// output has all its rows.
    fn abandon(&mut self) {
        self.end.abandoned = true;
        self.step(Input::Abandoned);
        if self.may_never_end && !self.rows_ended {
            self.take_rows(None);
        }
    }

    /// Nobody takes rows any more: what is out is awaited, for it may be paid for; the rest is not read.
    fn output_closed(&mut self) {
        if self.end.output_closed {
            return;
        }
        self.end.output_closed = true;
        self.written.clear();
        self.step(Input::Stop(StopReason::Interrupted));
        self.rows_ended = true;
        self.step(Input::RowsEnded);
    }

    fn is_finished(&self) -> bool {
        let ledger_is_idle = self.orders.is_empty() && self.committing.is_none();
        self.run.is_finished() && ledger_is_idle && self.written.is_empty() && self.reorder.is_empty()
    }

    fn finish(mut self) -> RunEnd {
        let now = self.clock.now();
        self.close_the_books(now);
        let elapsed_s = (now.at - self.started.at).as_secs_f64();
        let waited_s = self.run.waited();
        (self.tell)(&Event::RunFinished { at: now.wall, elapsed_s, waited_s }, now);
        self.end.stopped = self.run.stopped();
        self.end.quota_back_at = self.run.quota_back_at();
        self.end
    }

    /// Nothing that was paid for depends on it: rows are not withheld for the books' sake.
    fn close_the_books(&mut self, now: Now) {
        let stopped = self.run.stopped();
        let ending = Ending { rows_enriched: self.rows_enriched, stopped, told: self.run.told() };
        if let Some(Err(error)) = self.ledger.take().map(|ledger| ledger.end(&ending, now.wall)) {
            tracing::warn!(%error, "the end of the run is not in the ledger");
        }
    }
}
