//! What the scenes share: the API on a clock of its own, a plan of a run, and what the run told.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use crate::engine::clock::Clock;
use crate::engine::driver::{Content, DriveError, Parts, RowIn, RowsOut, RunEnd, drive};
use crate::engine::reorder::Order;
use crate::engine::shutdown::StopSignal;
use crate::ledger::{Ledger, LedgerError};
use crate::rules::concurrency::Concurrency;
use crate::rules::credits::Allowance;
use crate::rules::event::Event;
use crate::rules::field::FieldSet;
use crate::rules::gate::GatePolicy;
use crate::rules::outcome::{RowOutcome, RowStatus};
use crate::rules::pace::Rate;
use crate::rules::reply::{Attempt, Charge};
use crate::rules::run::{Policy, Run};
use crate::rules::signature::{ApiRequest, Reuse, Scope, Wish, fingerprint};
use crate::rules::target::Subject;
use crate::rules::time::Moment;
use crate::sandbox::{Books, Model, Request, Settings, Wire};
use crate::transport::Transport;

/// How long an answer takes where a scene does not say otherwise.
pub(super) const LATENCY: Duration = Duration::from_millis(50);

/// When the API's clock starts: five hours before a midnight.
pub(super) const START: &str = "2026-11-22T19:00:00Z";

pub(super) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(super) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Returns that many different domains.
pub(super) fn domains(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("company-{number}.com")).collect()
}

/// An answer without a body: its status and headers.
pub(super) type Scripted = (u16, Vec<(&'static str, &'static str)>);

/// The sandbox's model as a transport.
pub(super) struct Api {
    model: RefCell<Model>,
    key: String,
    clock: Clock,
    timeout: Duration,
    /// While it is down nobody can connect; on its own clock.
    pub(super) down: Cell<Option<Range<Duration>>>,
    /// One company whose answers take longer by so much.
    pub(super) slow: Option<(&'static str, Duration)>,
    /// From when on requests carry another key, and which: a key that was revoked, or has lost its permission.
    pub(super) rekeyed: Option<(Duration, &'static str)>,
    /// Answers that are given before the model is asked, one for each call.
    pub(super) script: RefCell<VecDeque<Scripted>>,
    sent: RefCell<Vec<(Duration, String)>>,
}

impl Api {
    /// Returns an API with these settings on top of a latency of 50 ms, 100,000 credits and no limit worth speaking of.
    pub(super) fn new(settings: &str) -> Self {
        let settings = format!("latency=50ms,credits=100000,limit=1000000,{settings}");
        let settings: Settings = settings.parse().unwrap();
        Self {
            key: settings.api_key.clone(),
            model: RefCell::new(Model::new(settings)),
            clock: Clock::simulated(START.parse().unwrap()),
            timeout: secs(30),
            down: Cell::new(None),
            slow: None,
            rekeyed: None,
            script: RefCell::default(),
            sent: RefCell::default(),
        }
    }

    pub(super) fn books(&self) -> Books {
        self.model.borrow().books()
    }

    /// Lets the API's wall clock jump once. Must be said before time passes.
    pub(super) fn jumping(self, after: Duration, by: SignedDuration) -> Self {
        Self { clock: Clock::jumping(self.now(), after, by), ..self }
    }

    /// Returns what time it is there.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now().wall
    }

    /// Lets time pass.
    pub(super) async fn wait_until(&self, after_start: Duration) {
        self.clock.wait_until(Some(Moment::after_start(after_start))).await;
    }

    /// Returns when requests left and about whom, in their order.
    pub(super) fn sent(&self) -> Vec<(Duration, String)> {
        self.sent.borrow().clone()
    }

    /// Returns when requests left.
    pub(super) fn instants(&self) -> Vec<Duration> {
        self.sent.borrow().iter().map(|(at, _)| *at).collect()
    }

    fn is_down(&self, now: Duration) -> bool {
        let down = self.down.take();
        let is_down = down.as_ref().is_some_and(|down| down.contains(&now));
        self.down.set(down);
        is_down
    }

    /// Returns how an attempt ends that begins now, and how long it takes.
    fn exchange(&self, request: &ApiRequest) -> (Attempt, Duration) {
        let now = self.clock.now();
        let since_start = now.at.since_start();
        self.sent.borrow_mut().push((since_start, request.subject.text().to_owned()));
        if self.is_down(since_start) {
            let reason = "cannot connect: connection refused".into();
            return (Attempt::Lost { reason, charge: Charge::Impossible }, ms(1));
        }
        if let Some((status, headers)) = self.script.borrow_mut().pop_front() {
            let headers = headers.into_iter().map(|(name, value)| (name, value.to_owned()));
            return (answered(status, headers, Vec::new()), LATENCY);
        }
        let rekeyed = self.rekeyed.filter(|(from, _)| since_start >= *from);
        let bearer = rekeyed.map_or(self.key.as_str(), |(_, key)| key);
        let (authorization, key, body) =
            (format!("Bearer {bearer}"), request.key.to_string(), request.body());
        let response = self.model.borrow_mut().answer(
            &Request {
                authorization: Some(&authorization),
                content_type: Some("application/json"),
                idempotency_key: Some(&key),
                body: body.as_bytes(),
            },
            now.wall,
        );
        let more = self.slow.filter(|(domain, _)| *domain == request.subject.text());
        let delay = response.delay + more.map(|(_, more)| more).unwrap_or_default();
        let lost = |reason: &str| Attempt::Lost { reason: reason.into(), charge: Charge::Possible };
        match response.wire {
            Wire::Hang => (lost("timed out"), self.timeout),
            _ if delay > self.timeout => (lost("timed out"), self.timeout),
            Wire::DropBefore | Wire::DropAfter => (lost("the connection was lost"), delay),
            Wire::Truncate => (lost("the answer broke off"), delay),
            Wire::Deliver => (answered(response.status, response.headers, response.body.to_vec()), delay),
        }
    }
}

fn answered(
    status: u16,
    headers: impl IntoIterator<Item = (&'static str, String)>,
    body: Vec<u8>,
) -> Attempt {
    let headers =
        headers.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    Attempt::Answered { status, headers, body }
}

impl Transport for Api {
    async fn send(&self, request: ApiRequest) -> Attempt {
        let (attempt, takes) = self.exchange(&request);
        let until = self.clock.now().at + takes;
        self.clock.wait_until(Some(until)).await;
        attempt
    }
}

impl Content for String {
    fn shown(&self) -> String {
        self.clone()
    }
}

/// A run to be driven.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) rows: Vec<String>,
    pub(super) concurrency: u32,
    pub(super) rate: Option<Rate>,
    pub(super) wait: Duration,
    pub(super) allowance: Allowance,
    pub(super) retries: u32,
    pub(super) order: Order,
    pub(super) window: usize,
    /// Rows that come together.
    pub(super) together: usize,
    /// When signals come, after the start of the run.
    pub(super) signals: Vec<Duration>,
    /// Before this nobody takes output.
    pub(super) output_opens_at: Duration,
    /// After how many rows nobody takes the output any more.
    pub(super) output_closes_after: usize,
    /// Absent: a ledger that is gone after the run.
    pub(super) ledger: Option<PathBuf>,
    /// How long another process that holds the ledger is waited for, in real time.
    pub(super) ledger_wait: Duration,
    /// Whether the rows come from a pipe that stays open after the last of them.
    pub(super) from_open_pipe: bool,
    /// The fields asked.
    pub(super) wish: FieldSet,
    /// How far the run's wall clock is ahead of the API's.
    pub(super) clock_ahead: SignedDuration,
    /// When the run's wall clock jumps, after the start of the run, and by how much.
    pub(super) jump: (Duration, SignedDuration),
}

impl Plan {
    /// Returns a plan with ten calls in flight and everything else as the program has it.
    pub(super) fn new(rows: Vec<String>) -> Self {
        Self {
            rows,
            concurrency: 10,
            rate: None,
            wait: secs(300),
            allowance: Allowance::default(),
            retries: 5,
            order: Order::Input,
            window: 8_192,
            together: 256,
            signals: Vec::new(),
            output_opens_at: Duration::ZERO,
            output_closes_after: usize::MAX,
            ledger: None,
            ledger_wait: secs(30),
            from_open_pipe: false,
            wish: FieldSet::ALL,
            clock_ahead: SignedDuration::ZERO,
            jump: (Duration::MAX, SignedDuration::ZERO),
        }
    }

    fn policy(&self) -> Policy {
        Policy {
            scope: scope(),
            wish: wish(self.wish),
            gate: GatePolicy {
                allowance: self.allowance,
                concurrency: Concurrency::Fixed(NonZeroU32::new(self.concurrency).unwrap()),
                rate: self.rate,
                wait: self.wait,
            },
            retries: self.retries,
            seed: 7,
        }
    }
}

const fn wish(fields: FieldSet) -> Wish {
    Wish { fields, overwrite: false }
}

fn scope() -> Scope {
    Scope { base_url: "sandbox:1".into(), account: fingerprint("wbk_sandbox") }
}

/// What a run told.
pub(super) struct Told {
    pub(super) end: RunEnd,
    /// How long the run took.
    pub(super) took: Duration,
    /// The events, with when they came after the start of the run.
    pub(super) events: Vec<(Duration, Event)>,
    /// The rows as they came out, with when.
    pub(super) rows: Vec<(Duration, String, RowOutcome)>,
}

impl Told {
    /// Returns how many rows have a state.
    pub(super) fn count(&self, status: RowStatus) -> usize {
        self.rows.iter().filter(|(_, _, outcome)| outcome.status() == status).count()
    }

    /// Returns how many rows were answered: by a company, or that there is none.
    pub(super) fn answered(&self) -> usize {
        self.count(RowStatus::Enriched) + self.count(RowStatus::NoMatch)
    }

    /// Returns how many events are like this.
    pub(super) fn events(&self, is_one: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|(_, event)| is_one(event)).count()
    }

    /// Returns the domains in the order in which they came out.
    pub(super) fn domains(&self) -> Vec<&str> {
        self.rows.iter().map(|(_, domain, _)| domain.as_str()).collect()
    }
}

/// Opens a ledger as a run does that begins now.
pub(super) fn ledger(path: Option<&Path>, fields: FieldSet, now: Timestamp) -> Result<Ledger, LedgerError> {
    let reuse = Reuse {
        wish: wish(fields),
        run_started: now,
        paid_since: now.checked_sub(SignedDuration::from_hours(30 * 24)).unwrap(),
        unmatched_since: now.checked_sub(SignedDuration::from_hours(7 * 24)).unwrap(),
    };
    Ledger::open(path, &scope(), reuse)
}

/// Drives a run to its end.
pub(super) async fn run(api: &Api, plan: Plan) -> Told {
    try_run(api, plan).await.unwrap()
}

/// Drives a run to its end, or until its ledger fails.
pub(super) async fn try_run(api: &Api, plan: Plan) -> Result<Told, DriveError> {
    let wall = api.now().checked_add(plan.clock_ahead).unwrap();
    let clock = Clock::jumping(wall, plan.jump.0, plan.jump.1);
    let (row_sender, rows) = mpsc::channel(1);
    let (out, out_receiver) = mpsc::channel(4);
    let (signal_sender, signals) = mpsc::channel(4);
    let mut events = Vec::new();
    let mut tell = |event: &Event, now: crate::rules::time::Now| {
        events.push((now.at.since_start(), event.clone()));
    };
    let ledger = ledger(plan.ledger.as_deref(), plan.wish, wall)?;
    ledger.waits_at_most(plan.ledger_wait);
    let parts = Parts {
        transport: api,
        ledger,
        rows,
        out,
        signals,
        clock,
        tell: &mut tell,
        order: plan.order,
        window: plan.window,
        may_never_end: plan.from_open_pipe,
        concurrency: plan.concurrency,
    };
    let driving = async { (drive(Run::new(plan.policy(), clock.now()), parts).await, clock.now()) };
    let ((end, finished), (), (), rows) = tokio::join!(
        driving,
        feed(&plan, row_sender),
        interrupt(&plan, clock, signal_sender),
        drain(&plan, out_receiver, clock)
    );
    Ok(Told { end: end?, took: finished.at.since_start(), events, rows })
}

/// Offers the rows until they end or nobody takes them.
async fn feed(plan: &Plan, sender: mpsc::Sender<Vec<RowIn<String>>>) {
    for rows in plan.rows.chunks(plan.together) {
        let row = |text: &String| RowIn {
            target: Ok(Subject::Domain(text.as_str().into()).into()),
            content: text.clone(),
        };
        if sender.send(rows.iter().map(row).collect()).await.is_err() {
            return;
        }
    }
    if plan.from_open_pipe {
        sender.closed().await;
    }
}

async fn interrupt(plan: &Plan, clock: Clock, sender: mpsc::Sender<StopSignal>) {
    for at in &plan.signals {
        clock.wait_until(Some(Moment::after_start(*at))).await;
        // Fails only where the run has ended before.
        let _ = sender.send(StopSignal::Interrupt).await;
    }
}

/// Takes rows until no more come, or until it has had enough.
async fn drain(
    plan: &Plan,
    mut receiver: mpsc::Receiver<RowsOut<String>>,
    clock: Clock,
) -> Vec<(Duration, String, RowOutcome)> {
    clock.wait_until(Some(Moment::after_start(plan.output_opens_at))).await;
    let mut taken = Vec::new();
    while taken.len() < plan.output_closes_after {
        let Some(rows) = receiver.recv().await else { break };
        let at = clock.now().at.since_start();
        taken.extend(rows.into_iter().map(|(row, outcome)| (at, row, outcome)));
    }
    taken
}
