//! The world around a run: it carries out effects, in order or shuffled, and holds every step against the invariants.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;

use super::model::{Fault, PaperLedger, ToyApi};
use crate::rules::concurrency::Concurrency;
use crate::rules::credits::Allowance;
use crate::rules::event::{Event, StopReason};
use crate::rules::field::FieldSet;
use crate::rules::gate::GatePolicy;
use crate::rules::outcome::{RowNumber, RowOutcome, RowStatus};
use crate::rules::reply::Attempt;
use crate::rules::run::{Effect, Input, Policy, RowAsk, Run};
use crate::rules::signature::{ApiRequest, IdempotencyKey, Scope, Wish};
use crate::rules::target::{InvalidInput, Subject, Target};
use crate::rules::time::{Moment, Now};
use crate::rules::verbs::{Answer, CallId, Order};

/// More steps than any run here needs: one that takes more goes round in circles.
const STEPS_MAX: u32 = 50_000;

/// What goes wrong with attempts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Faults {
    Never,
    /// By subject and number of the attempt, from 1.
    Scripted(fn(&str, u32) -> Option<Fault>),
    /// One of these, with so many percent.
    Drawn(&'static [Fault], u8),
}

impl Faults {
    /// Returns what goes wrong with the nth attempt about a subject.
    pub(crate) fn strike(self, subject: &str, nth: u32, chance: Option<&mut fastrand::Rng>) -> Option<Fault> {
        match self {
            Self::Never => None,
            Self::Scripted(script) => script(subject, nth),
            Self::Drawn(faults, percent) => {
                let chance = chance.expect("faults are drawn in shuffled runs");
                (chance.u8(..100) < percent).then(|| chance.choice(faults).copied()).flatten()
            }
        }
    }
}

/// How a run is cut short, after so many steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cut {
    None,
    /// A signal.
    Stopped(u32),
    /// Two signals.
    Abandoned(u32),
    /// Killed; so many commits are lost with it.
    Killed(u32, usize),
}

/// One run to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) faults: Faults,
    pub(crate) cut: Cut,
    pub(crate) concurrency: u32,
    pub(crate) retries: u32,
    pub(crate) wait: Duration,
    pub(crate) max_credits: Option<u64>,
    pub(crate) refresh: bool,
    /// The seed of the shuffling; none: everything in order, and rows before anything else.
    pub(crate) shuffled: Option<u64>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            faults: Faults::Never,
            cut: Cut::None,
            concurrency: 4,
            retries: 2,
            wait: Duration::from_secs(300),
            max_credits: None,
            refresh: false,
            shuffled: None,
        }
    }
}

impl Plan {
    pub(crate) fn policy(&self) -> Policy {
        Policy {
            scope: Scope { base_url: "https://api.test".into(), account: "a".into() },
            wish: Wish { fields: FieldSet::ALL, overwrite: false },
            gate: GatePolicy {
                allowance: Allowance { max: self.max_credits, keep: 0 },
                concurrency: Concurrency::Fixed(self.concurrency.try_into().unwrap()),
                rate: None,
                wait: self.wait,
            },
            retries: self.retries,
            seed: self.shuffled.unwrap_or(7),
        }
    }
}

/// What lasts from run to run.
#[derive(Debug)]
pub(super) struct World {
    pub(super) ledger: PaperLedger,
    pub(super) api: ToyApi,
    pub(super) now: Timestamp,
}

/// What a run gave.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) rows: BTreeMap<RowNumber, RowOutcome>,
    pub(super) events: Vec<Event>,
    pub(super) sent: Vec<ApiRequest>,
    pub(super) stopped: Option<StopReason>,
    pub(super) killed: bool,
}

impl Ran {
    pub(super) fn statuses(&self) -> Vec<RowStatus> {
        self.rows.values().map(RowOutcome::status).collect()
    }

    pub(super) fn count(&self, is: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|event| is(event)).count()
    }
}

/// Rows from texts: `id=…` asks an id, `id=…/domain` an id with a domain to fall back on, `!` nothing.
pub(crate) fn rows(texts: &[&str]) -> Vec<RowAsk> {
    let target = |text: &str| match text.strip_prefix("id=") {
        _ if text == "!" => Err(InvalidInput::Empty),
        Some(ids) => {
            let (id, domain) = ids.split_once('/').map_or((ids, None), |(id, domain)| (id, Some(domain)));
            let fallback = domain.map(|domain| Subject::Domain(domain.into()));
            Ok(Target { first: Subject::CompanyId(id.into()), fallback })
        }
        None => Ok(Target { first: Subject::Domain(text.into()), fallback: None }),
    };
    (1..).zip(texts).map(|(number, text)| RowAsk { row: RowNumber(number), target: target(text) }).collect()
}

impl World {
    pub(super) fn new(balance: u64) -> Self {
        Self {
            ledger: PaperLedger::default(),
            api: ToyApi::with_balance(balance),
            now: "2024-02-26T08:00:00Z".parse().unwrap(),
        }
    }

    pub(super) fn run(&mut self, asks: &[RowAsk], plan: &Plan) -> Ran {
        let month = jiff::SignedDuration::from_hours(30 * 24);
        self.now += Duration::from_secs(1);
        self.ledger.open(self.now, if plan.refresh { self.now } else { self.now - month });
        Stage::new(self, plan).play(asks)
    }
}

/// A run on its way.
struct Stage<'a> {
    world: &'a mut World,
    plan: &'a Plan,
    run: Run,
    started: Timestamp,
    charged_before: u64,
    chance: Option<fastrand::Rng>,
    rows_ended: bool,
    orders: Vec<Order>,
    committed: Option<Vec<Answer>>,
    out: Vec<(CallId, Attempt)>,
    intended: HashSet<IdempotencyKey>,
    intending: HashMap<CallId, IdempotencyKey>,
    attempts: HashMap<Subject, u32>,
    ran: Ran,
}

/// What can happen next.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Commit,
    Committed,
    Arrival,
    Rows,
    Wake(Moment),
}

impl<'a> Stage<'a> {
    fn new(world: &'a mut World, plan: &'a Plan) -> Self {
        Self {
            run: Run::new(plan.policy(), Now { at: Moment::START, wall: world.now }),
            started: world.now,
            charged_before: world.api.charged(),
            chance: plan.shuffled.map(fastrand::Rng::with_seed),
            rows_ended: false,
            orders: Vec::new(),
            committed: None,
            out: Vec::new(),
            intended: HashSet::new(),
            intending: HashMap::new(),
            attempts: HashMap::new(),
            ran: Ran {
                rows: BTreeMap::new(),
                events: Vec::new(),
                sent: Vec::new(),
                stopped: None,
                killed: false,
            },
            world,
            plan,
        }
    }

    fn play(mut self, asks: &[RowAsk]) -> Ran {
        let mut unread = asks.to_vec();
        for step in 0.. {
            assert!(step < STEPS_MAX, "the run goes round in circles");
            match self.plan.cut {
                Cut::Stopped(after) if after == step => self.step(Input::Stop(StopReason::Interrupted)),
                Cut::Abandoned(after) if after == step => {
                    self.out.clear();
                    self.step(Input::Abandoned);
                }
                Cut::Killed(after, lost) if after == step => {
                    self.world.ledger.lose(lost);
                    self.ran.killed = true;
                    return self.ran;
                }
                _ => {}
            }
            if self.run.is_finished() && self.orders.is_empty() && self.committed.is_none() {
                break;
            }
            let next = self.next();
            self.happen(next, &mut unread);
        }
        assert_eq!(self.ran.rows.len(), asks.len(), "every row is resolved");
        self.ran.stopped = self.run.stopped();
        self.ran
    }

    fn next(&mut self) -> Happening {
        let mut can_happen = Vec::new();
        if !self.rows_ended {
            can_happen.push(Happening::Rows);
        }
        match (&self.committed, self.orders.is_empty()) {
            (Some(_), _) => can_happen.push(Happening::Committed),
            (None, false) => can_happen.push(Happening::Commit),
            (None, true) => {}
        }
        if !self.out.is_empty() {
            can_happen.push(Happening::Arrival);
        }
        if let Some(at) = self.run.wakes_at() {
            can_happen.push(Happening::Wake(at));
        }
        assert!(!can_happen.is_empty(), "the run is stuck");
        let pick = self.chance.as_mut().map_or(0, |chance| chance.usize(..can_happen.len()));
        can_happen[pick]
    }

    fn happen(&mut self, happening: Happening, unread: &mut Vec<RowAsk>) {
        match happening {
            Happening::Rows if unread.is_empty() => {
                self.rows_ended = true;
                self.step(Input::RowsEnded);
            }
            Happening::Rows => {
                let most = self.chance.as_mut().map_or(usize::MAX, |chance| chance.usize(1..4));
                let batch = unread.drain(..most.min(unread.len())).collect();
                self.step(Input::Rows(batch));
            }
            Happening::Commit => {
                self.pass(5);
                let orders = std::mem::take(&mut self.orders);
                for order in &orders {
                    if let Order::Intend { call, intent } = order {
                        self.intending.insert(*call, intent.key);
                    }
                }
                self.committed = Some(self.world.ledger.commit(&orders));
            }
            Happening::Committed => {
                let answers = self.committed.take().unwrap_or_default();
                for answer in &answers {
                    if let Answer::Intended { call, .. } = answer {
                        self.intended.extend(self.intending.remove(call));
                    }
                }
                self.step(Input::Ledger(answers));
            }
            Happening::Arrival => {
                self.pass(2_000);
                let pick = self.chance.as_mut().map_or(0, |chance| chance.usize(..self.out.len()));
                let (call, attempt) = self.out.remove(pick);
                self.step(Input::Arrived(call, attempt));
            }
            Happening::Wake(at) => {
                self.world.now = self.world.now.max(self.started + at.since_start());
                self.step(Input::Woken);
            }
        }
    }

    /// Lets up to so many milliseconds pass; half as many where everything is in order.
    fn pass(&mut self, most_ms: u64) {
        let ms = self.chance.as_mut().map_or(most_ms / 2, |chance| chance.u64(1..=most_ms));
        self.world.now += Duration::from_millis(ms);
    }

    fn step(&mut self, input: Input) {
        let elapsed = Duration::try_from(self.world.now.duration_since(self.started)).unwrap();
        let now = Now { at: Moment::after_start(elapsed), wall: self.world.now };
        for effect in self.run.step(input, now) {
            match effect {
                Effect::Ledger(order) => self.orders.push(order),
                Effect::Send(call, request) => self.send(call, request),
                Effect::Resolve(row, outcome) => self.resolve(row, outcome),
                Effect::Tell(event) => self.ran.events.push(event),
            }
        }
    }

    fn send(&mut self, call: CallId, request: ApiRequest) {
        let has_stopped = self.ran.count(|event| matches!(event, Event::Stopping { .. })) > 0;
        assert!(!has_stopped, "nothing leaves after a stop");
        assert!(self.intended.contains(&request.key), "a request leaves only after its intent is recorded");
        let nth = self.attempts.entry(request.subject.clone()).or_default();
        *nth += 1;
        let fault = self.plan.faults.strike(request.subject.text(), *nth, self.chance.as_mut());
        let attempt = self.world.api.take(&request, fault, self.world.now);
        if let Some(max) = self.plan.max_credits {
            let charged = self.world.api.charged() - self.charged_before;
            assert!(charged <= max, "charged {charged} of at most {max}");
        }
        self.out.push((call, attempt));
        assert!(self.out.len() <= self.plan.concurrency as usize, "more in flight than allowed");
        self.ran.sent.push(request);
    }

    fn resolve(&mut self, row: RowNumber, outcome: RowOutcome) {
        if let RowOutcome::Settled { asked, outcome } = &outcome {
            assert_eq!(self.world.ledger.outcome(asked), Some(outcome), "a row is told what is recorded");
        }
        assert!(self.ran.rows.insert(row, outcome).is_none(), "a row is resolved once");
    }
}
