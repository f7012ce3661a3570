//! The life of a whole run as a state machine: `step(input, now)` gives effects, and nothing else happens.
//!
//! | file | answers |
//! | --- | --- |
//! | `mod.rs` | what goes in and comes out; rows find their calls |
//! | `table.rs` | which calls are open, by id and by subject |
//! | `dispatch.rs` | which call goes next, when, and when none does |
//! | `held.rs` | what holds calls up: how long by each reason, and at which pace they go |
//! | `elsewhere.rs` | what other runs on the same ledger are asking, and that this one is alive |
//! | `answers.rs` | what the ledger's and the API's answers make of a call and of its rows |
//!
//! Invariants: a subject has at most one open call; a row waits for exactly one call until it is resolved exactly once;
//! a request leaves only after its intent is recorded, a row is resolved and an event told only after the outcome is;
//! after a stop nothing leaves, and every row that comes is answered from the ledger or `pending`.

mod answers;
mod dispatch;
mod elsewhere;
mod held;
mod table;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use roaring::RoaringTreemap;

use self::elsewhere::Elsewhere;
use self::held::Held;
use self::table::CallTable;
use super::call::{Call, Phase, WaitingRow};
use super::event::{CompanyOrigin, Event, StopReason, WaitReason};
use super::gate::{Gate, GatePolicy, Standing};
use super::limits::Reading;
use super::outcome::{Outcome, RowNumber, RowOutcome, Verdict};
use super::reply::Attempt;
use super::signature::{ApiRequest, Scope, Wish};
use super::target::{InvalidInput, Subject, Target};
use super::time::{Moment, Now};
use super::verbs::{Answer, CallId, EntryId, Order, Told};
use super::waited::Waited;

/// What the wall clock is ahead of the monotonic one after a sleep, at least.
const SLEPT: SignedDuration = SignedDuration::from_secs(15);

/// What a run is to do, apart from its rows.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Whose answers these are.
    pub scope: Scope,
    /// What is asked about every subject.
    pub wish: Wish,
    /// What the gate allows.
    pub gate: GatePolicy,
    /// Extra attempts for one call after ambiguous or temporary failures.
    pub retries: u32,
    /// The seed of the draws of chance that spread retries.
    pub seed: u64,
}

/// A row as the run sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct RowAsk {
    /// Which row.
    pub row: RowNumber,
    /// What it asks for.
    pub target: Result<Target, InvalidInput>,
}

/// Something that happened outside.
#[derive(Debug)]
pub enum Input {
    /// Rows were read.
    Rows(Vec<RowAsk>),
    /// There are no more rows.
    RowsEnded,
    /// The ledger has carried out orders, in their order.
    Ledger(Vec<Answer>),
    /// An attempt ended.
    Arrived(CallId, Attempt),
    /// The moment has come that [`Run::wakes_at`] named.
    Woken,
    /// No new calls, please. Calls in flight are awaited.
    Stop(StopReason),
    /// Calls in flight were abandoned.
    Abandoned,
}

impl Input {
    /// Returns how many effects it has at the most, as a rule.
    const fn size(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.len(),
            // That a company was met, and the row's end.
            Self::Ledger(answers) => answers.len() * 2,
            _ => 0,
        }
    }
}

/// Something that is to be done outside, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Give an order to the ledger.
    Ledger(Order),
    /// Send a request.
    Send(CallId, ApiRequest),
    /// A row has reached its final state.
    Resolve(RowNumber, RowOutcome),
    /// Tell what happened.
    Tell(Event),
}

/// A run.
#[derive(Debug)]
pub struct Run {
    policy: Policy,
    gate: Gate,
    reading: Reading,
    calls: CallTable,
    /// Calls that wait for the gate for the first time.
    queue: VecDeque<CallId>,
    /// Calls whose intents are recorded and that wait for their turn, and how many are being recorded.
    armed: VecDeque<CallId>,
    arming: usize,
    /// How many armed calls left since intents were last recorded, and how many between the two times before.
    left: usize,
    left_before: usize,
    /// Calls that wait for their next attempt.
    due: BTreeSet<(Moment, CallId)>,
    suspects: VecDeque<CallId>,
    /// Calls about subjects that other runs ask about.
    elsewhere: Elsewhere,
    /// When this run last showed that it is alive, and whether the API has told anything since.
    shown_life: Moment,
    heard: bool,
    /// Entries of the ledger that this run has met: a bit each.
    met: RoaringTreemap,
    chance: fastrand::Rng,
    rows_ended: bool,
    stop: Option<StopReason>,
    wakes_at: Option<Moment>,
    waiting: Option<(Moment, WaitReason)>,
    held: Held,
    told_standing: Option<Standing>,
    last_failure: Option<Box<str>>,
    started: Timestamp,
    now: Now,
    effects: Vec<Effect>,
}

impl Run {
    /// Returns a run that has seen nothing yet.
    pub fn new(policy: Policy, started: Now) -> Self {
        Self {
            gate: Gate::new(policy.gate),
            reading: Reading::new(),
            chance: fastrand::Rng::with_seed(policy.seed),
            policy,
            calls: CallTable::default(),
            queue: VecDeque::new(),
            armed: VecDeque::new(),
            arming: 0,
            left: 0,
            left_before: 0,
            due: BTreeSet::new(),
            suspects: VecDeque::new(),
            elsewhere: Elsewhere::default(),
            shown_life: Moment::START,
            heard: false,
            met: RoaringTreemap::new(),
            rows_ended: false,
            stop: None,
            wakes_at: None,
            waiting: None,
            held: Held::default(),
            told_standing: None,
            last_failure: None,
            started: started.wall,
            now: started,
            effects: Vec::new(),
        }
    }

    /// Takes what happened and returns what is to be done.
    pub fn step(&mut self, input: Input, now: Now) -> Vec<Effect> {
        self.heed_sleep(now);
        self.now = now;
        self.held.ends(now.at);
        self.effects.reserve(input.size());
        match input {
            Input::Rows(rows) => rows.into_iter().for_each(|ask| self.take_row(ask)),
            Input::RowsEnded => self.rows_ended = true,
            Input::Ledger(answers) => {
                if answers.iter().any(|answer| matches!(answer, Answer::Intended { .. })) {
                    self.left_before = std::mem::take(&mut self.left);
                }
                for answer in answers {
                    self.take_ledger_answer(answer);
                }
            }
            Input::Arrived(call, attempt) => self.take_arrival(call, &attempt),
            Input::Woken => {}
            Input::Stop(reason) => self.stop(reason),
            Input::Abandoned => self.abandon(),
        }
        self.dispatch();
        std::mem::take(&mut self.effects)
    }

    /// While a machine sleeps its monotonic clock stands still and the wall clock goes on. A wall clock that was merely set
    /// costs a look.
    fn heed_sleep(&mut self, now: Now) {
        let slept = now.wall.duration_since(self.now.wall_at(now.at));
        if slept > SLEPT {
            self.gate.look_again(now.at);
        }
    }

    /// Returns when the run must be stepped again although nothing happens.
    pub const fn wakes_at(&self) -> Option<Moment> {
        self.wakes_at
    }

    /// Returns whether every row is resolved and none will come.
    pub fn is_finished(&self) -> bool {
        self.rows_ended && self.calls.is_empty()
    }

    /// Returns why the run makes no new calls, if so.
    pub const fn stopped(&self) -> Option<StopReason> {
        self.stop
    }

    /// Returns when the quota is expected back, by the wall clock, if it is used up.
    pub fn quota_back_at(&self) -> Option<Timestamp> {
        self.gate.quota_back_at(self.now)
    }

    /// Returns what the API told last of what is left.
    pub fn told(&self) -> Told {
        self.gate.told()
    }

    /// Returns how long calls that were ready had to stay.
    pub const fn waited(&self) -> Waited {
        self.held.waited()
    }

    fn take_row(&mut self, ask: RowAsk) {
        match ask.target {
            Ok(Target { first, fallback }) => self.attach(WaitingRow { row: ask.row, fallback }, first),
            Err(invalid) => self.effects.push(Effect::Resolve(ask.row, RowOutcome::Invalid(invalid))),
        }
    }

    /// Lets a row wait for the call about a subject; there is one, or one is opened.
    fn attach(&mut self, row: WaitingRow, subject: Subject) {
        if let Some(call) = self.calls.about(&subject) {
            call.rows.push(row);
            return;
        }
        let mut call = Call::new(subject.clone());
        call.rows.push(row);
        let id = self.calls.open(call);
        self.look_up(id, subject);
    }

    fn look_up(&mut self, call: CallId, subject: Subject) {
        let order = if self.stop.is_some() {
            Order::LookUpStopped { call, subject }
        } else {
            Order::LookUp { call, subject }
        };
        self.effects.push(Effect::Ledger(order));
    }

    /// Ends a call: its rows are resolved, or go on to what they ask next.
    fn close(&mut self, id: CallId, outcome: Option<&Arc<Outcome>>) {
        let Some(call) = self.calls.close(id) else { return };
        for waiting in call.rows {
            match (outcome, waiting.fallback) {
                (Some(outcome), Some(fallback)) if outcome.verdict == Verdict::NotFound => {
                    self.attach(WaitingRow { row: waiting.row, fallback: None }, fallback);
                }
                (Some(outcome), _) => {
                    let settled =
                        RowOutcome::Settled { asked: call.subject.clone(), outcome: Arc::clone(outcome) };
                    self.effects.push(Effect::Resolve(waiting.row, settled));
                }
                (None, _) => self.effects.push(Effect::Resolve(waiting.row, RowOutcome::Pending)),
            }
        }
    }

    /// Counts a company the first time it is met.
    fn meet(&mut self, entry: EntryId, origin: CompanyOrigin) {
        if self.met.insert(entry.0) {
            self.effects.push(Effect::Tell(Event::CompanySeen { origin }));
        }
    }

    /// Makes no new calls from here on. Only what is out, or being recorded, is awaited.
    fn stop(&mut self, reason: StopReason) {
        if self.stop.is_some() {
            return;
        }
        self.stop = Some(reason);
        let resets_at = self.quota_back_at();
        let detail = self.last_failure.take().filter(|_| reason == StopReason::ApiUnavailable);
        self.effects.push(Effect::Tell(Event::Stopping { reason, resets_at, detail }));
        for id in std::mem::take(&mut self.queue).into_iter().chain(self.elsewhere.take()) {
            let Some(call) = self.calls.get(id) else { continue };
            call.phase = Phase::LookingUp;
            let subject = call.subject.clone();
            self.look_up(id, subject);
        }
        for id in std::mem::take(&mut self.armed) {
            self.disarm(id);
        }
        let parked = std::mem::take(&mut self.due).into_iter().map(|(_, id)| id);
        for id in parked.chain(std::mem::take(&mut self.suspects)).collect::<Vec<_>>() {
            self.drop_unsettled(id, false);
        }
    }

    /// What was out has been abandoned: nobody knows what became of it, so the keys stay.
    fn abandon(&mut self) {
        self.stop(StopReason::Interrupted);
        for id in self.calls.in_flight() {
            let Some(call) = self.calls.get(id) else { continue };
            let subject = call.subject.clone();
            self.gate.not_sent(call.number);
            self.gate.budget_mut().doubt();
            self.effects.push(Effect::Ledger(Order::Release { subject }));
            self.close(id, None);
        }
    }

    fn draw(&mut self) -> f64 {
        self.chance.f64()
    }
}
