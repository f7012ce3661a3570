//! A run under way, and what can happen to it next.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::SignedDuration;

use super::super::*;
use crate::rules::event::Event;
use crate::rules::outcome::{RowNumber, RowOutcome};
use crate::rules::reply::Attempt;
use crate::rules::run::tests::world::Plan;
use crate::rules::run::{Effect, Input, RowAsk, Run};
use crate::rules::signature::ApiRequest;
use crate::rules::time::{Moment, Now};

/// A run to be made on a seat, so long after the one before it.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub(super) plan: Plan,
    pub(super) after: SignedDuration,
    /// It stands still after so many steps, for so long.
    pub(super) stands_still: Option<(u32, SignedDuration)>,
}

/// A run that came to its end.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) rows: BTreeMap<RowNumber, RowOutcome>,
    pub(super) stopped: Option<StopReason>,
    pub(super) sent: usize,
}

/// The way of a request and its answer.
#[derive(Debug)]
pub(super) enum Way {
    There(ApiRequest),
    /// It comes at this time at the earliest.
    Back(Subject, Attempt, Timestamp),
}

impl Way {
    pub(super) fn subject(&self) -> &Subject {
        match self {
            Self::There(request) => &request.subject,
            Self::Back(subject, ..) => subject,
        }
    }
}

/// A run under way.
#[derive(Debug)]
pub(super) struct Going {
    pub(super) run: Run,
    pub(super) ledger: Ledger,
    pub(super) plan: Plan,
    pub(super) stands_still: Option<(u32, SignedDuration)>,
    pub(super) started: Timestamp,
    pub(super) still_until: Timestamp,
    pub(super) steps: u32,
    pub(super) unread: Vec<RowAsk>,
    pub(super) rows_ended: bool,
    pub(super) orders: Vec<Order>,
    pub(super) committed: Option<Vec<Answer>>,
    /// Since when its orders, or their answers, wait.
    pub(super) due_since: Timestamp,
    pub(super) out: Vec<(CallId, Way)>,
    pub(super) attempts: HashMap<Subject, u32>,
    pub(super) ran: Ran,
    has_stopped: bool,
}

/// What can happen next; the numbers are those of seats and of what is out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Happening {
    Begin(usize),
    Rows(usize),
    Commit(usize),
    Committed(usize),
    Reach(usize, usize),
    Arrive(usize, usize),
    Wake(usize),
    Stray(usize),
    /// Nothing; time goes by.
    Pass(Timestamp),
}

impl Going {
    pub(super) fn begin(turn: &Turn, asks: Vec<RowAsk>, path: &Path, now: Timestamp) -> Self {
        let reuse = Reuse {
            wish: turn.plan.policy().wish,
            run_started: now,
            paid_since: now - SignedDuration::from_hours(720),
            unmatched_since: now - SignedDuration::from_hours(168),
        };
        let mut ledger = Ledger::open(Some(path), &scope("a"), reuse).unwrap();
        ledger.connection.execute_batch("PRAGMA synchronous = OFF").unwrap();
        ledger.begin(now).unwrap();
        Self {
            run: Run::new(turn.plan.policy(), Now { at: Moment::START, wall: now }),
            ledger,
            plan: turn.plan,
            stands_still: turn.stands_still,
            started: now,
            still_until: now,
            steps: 0,
            unread: asks,
            rows_ended: false,
            orders: Vec::new(),
            committed: None,
            due_since: now,
            out: Vec::new(),
            attempts: HashMap::new(),
            ran: Ran { rows: BTreeMap::new(), stopped: None, sent: 0 },
            has_stopped: false,
        }
    }

    /// Steps the run, and returns what it sends.
    pub(super) fn step(&mut self, input: Input, now: Timestamp) -> Vec<ApiRequest> {
        let elapsed = Duration::try_from(now.duration_since(self.started)).unwrap();
        let mut sent = Vec::new();
        for effect in self.run.step(input, Now { at: Moment::after_start(elapsed), wall: now }) {
            match effect {
                Effect::Ledger(order) => {
                    if self.orders.is_empty() && self.committed.is_none() {
                        self.due_since = now;
                    }
                    self.orders.push(order);
                }
                Effect::Send(call, request) => {
                    assert!(!self.has_stopped, "nothing leaves after a stop");
                    self.ran.sent += 1;
                    sent.push(request.clone());
                    self.out.push((call, Way::There(request)));
                }
                Effect::Resolve(row, outcome) => {
                    assert!(self.ran.rows.insert(row, outcome).is_none(), "a row is resolved once");
                }
                Effect::Tell(Event::Stopping { .. }) => self.has_stopped = true,
                Effect::Tell(_) => {}
            }
        }
        sent
    }

    pub(super) fn has_claims(&self) -> bool {
        let sql = "SELECT count(*) FROM calls WHERE claimed_by = ?1";
        let run = self.ledger.life.as_ref().unwrap().run;
        self.ledger.connection.query_row(sql, [run], |row| row.get::<_, u32>(0)).unwrap() > 0
    }

    /// The key of the open intent about a subject.
    pub(super) fn open_key(&self, subject: &Subject) -> Option<String> {
        let sql = "SELECT key FROM calls WHERE subject = ?1 AND kind = ?2";
        let mut statement = self.ledger.connection.prepare_cached(sql).unwrap();
        statement.query_row([subject.text(), subject.kind()], |row| row.get(0)).unwrap()
    }

    /// Adds what can happen to it, with since when it is due, and when something will.
    pub(super) fn add_to(
        &self,
        seat: usize,
        now: Timestamp,
        can_happen: &mut Vec<(Happening, Timestamp)>,
        later: &mut Vec<Timestamp>,
    ) {
        let there =
            |(which, (_, way)): (usize, &(CallId, Way))| matches!(way, Way::There(_)).then_some(which);
        let reaching = self.out.iter().enumerate().filter_map(there);
        can_happen.extend(reaching.map(|which| (Happening::Reach(seat, which), now)));
        if self.still_until > now {
            return later.push(self.still_until);
        }
        if !self.rows_ended {
            can_happen.push((Happening::Rows(seat), now));
        }
        match (&self.committed, self.orders.is_empty()) {
            (Some(_), _) => can_happen.push((Happening::Committed(seat), self.due_since)),
            (None, false) => can_happen.push((Happening::Commit(seat), self.due_since)),
            (None, true) => {}
        }
        for (which, (_, way)) in self.out.iter().enumerate() {
            match way {
                Way::Back(_, _, at) if *at <= now => can_happen.push((Happening::Arrive(seat, which), now)),
                Way::Back(_, _, at) => later.push(*at),
                Way::There(_) => {}
            }
        }
        if let Some(at) = self.run.wakes_at() {
            let wakes_at = self.started + at.since_start();
            if wakes_at <= now {
                can_happen.push((Happening::Wake(seat), wakes_at));
            } else {
                later.push(wakes_at);
            }
        }
    }
}
