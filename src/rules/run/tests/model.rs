//! What the run is stepped against: a ledger on paper and a toy API, written from the contract and not from the code.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use http::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};

use crate::rules::outcome::{Outcome, RowStatus};
use crate::rules::reply::{Attempt, Charge};
use crate::rules::signature::{ApiRequest, Generation, IdempotencyKey};
use crate::rules::target::Subject;
use crate::rules::verbs::{Answer, EntryId, Intent, Next, Order};

/// What the ledger's paper says of one subject.
#[derive(Clone, Debug)]
struct Line {
    number: u64,
    generation: u32,
    open_since: Option<Timestamp>,
    outcome: Option<Arc<Outcome>>,
}

/// A ledger that is a map. It knows one signature for each subject, since the tests' runs all ask the same.
#[derive(Clone, Debug, Default)]
pub(super) struct PaperLedger {
    lines: HashMap<Subject, Line>,
    /// What the lines were before each commit of this run.
    earlier: Vec<HashMap<Subject, Line>>,
    passed_over: HashSet<Subject>,
    run_started: Timestamp,
    reused_since: Timestamp,
}

impl PaperLedger {
    /// A run opens it. Closing a ledger flushes it, so that only this run's own commits can still be lost.
    pub(super) fn open(&mut self, now: Timestamp, reused_since: Timestamp) {
        self.earlier.clear();
        self.passed_over.clear();
        self.run_started = now;
        self.reused_since = reused_since;
    }

    /// A power cut takes the last `commits` of this run.
    pub(super) fn lose(&mut self, commits: usize) {
        let kept = self.earlier.len().saturating_sub(commits);
        if let Some(lines) = self.earlier.get(kept) {
            self.lines.clone_from(lines);
        }
    }

    pub(super) fn outcome(&self, subject: &Subject) -> Option<&Arc<Outcome>> {
        self.lines.get(subject)?.outcome.as_ref()
    }

    pub(super) fn commit(&mut self, orders: &[Order]) -> Vec<Answer> {
        self.earlier.push(self.lines.clone());
        orders.iter().filter_map(|order| self.carry_out(order)).collect()
    }

    fn carry_out(&mut self, order: &Order) -> Option<Answer> {
        match order {
            Order::LookUp { call, subject } | Order::LookUpStopped { call, subject } => {
                let line = self.lines.get(subject);
                let served = line.and_then(|line| line.outcome.clone()).filter(|found| self.serves(found));
                let entry = line.map(|line| EntryId(line.number));
                if let Some((outcome, entry)) = served.zip(entry) {
                    return Some(Answer::Known { call: *call, entry, outcome });
                }
                let stopped = matches!(order, Order::LookUpStopped { .. });
                Some(Answer::Unknown {
                    call: *call,
                    generation: Generation(line.map_or(0, |line| line.generation)),
                    open_since: line.and_then(|line| line.open_since),
                    entry,
                    first_met: stopped.then(|| entry.is_none() && self.passed_over.insert(subject.clone())),
                })
            }
            Order::Intend { call, intent } => {
                let Intent { subject, generation, open_since, first_sent, .. } = intent;
                let known = self.carry_out(&Order::LookUp { call: *call, subject: subject.clone() });
                match &known {
                    Some(Answer::Unknown { generation: now, open_since: since, .. })
                        if now == generation && since == open_since => {}
                    _ => return known,
                }
                let number = self.lines.len() as u64 + 1;
                let line = self.lines.entry(subject.clone()).or_insert(Line {
                    number,
                    generation: 0,
                    open_since: None,
                    outcome: None,
                });
                line.generation = generation.0;
                line.open_since = Some(*first_sent);
                Some(Answer::Intended { call: *call, entry: EntryId(line.number) })
            }
            Order::Settle { call, subject, outcome, next } => {
                let line = self.lines.get_mut(subject).expect("settled without an intent");
                line.outcome = Some(Arc::clone(outcome));
                if let Next::Fresh(generation) = next {
                    line.generation = generation.0;
                    line.open_since = None;
                }
                Some(Answer::Settled { call: *call })
            }
            Order::Release { .. } | Order::ShowLife { .. } => None,
            Order::Withdraw { subject, generation } => {
                let line = self.lines.get_mut(subject).expect("withdrawn without an intent");
                line.generation = generation.0;
                line.open_since = None;
                None
            }
        }
    }

    fn serves(&self, outcome: &Outcome) -> bool {
        let is_failure = outcome.verdict.status() == RowStatus::Failed;
        outcome.answered_at >= if is_failure { self.run_started } else { self.reused_since }
    }
}

/// What goes wrong with one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No connection.
    Unreachable,
    /// The request was lost on its way.
    LostBefore,
    /// The answer was lost on its way.
    LostAfter,
    /// 500, nothing done.
    BrokenBefore,
    /// 502, and yet it was done.
    BrokenAfter,
    /// 200, done, and the body is cut.
    Garbled,
    /// 409: the key is in use.
    InProgress,
    /// 429 without a word.
    TooFast,
    /// 429 or 503 with `Retry-After`.
    ComeBack(u16, u32),
    /// A status that refuses.
    Refused(u16),
}

/// The API on a page: companies, a balance, and what it remembers of keys for a day.
#[derive(Debug, Default)]
pub(crate) struct ToyApi {
    pub(crate) balance: u64,
    /// Calls in a window of a minute; none: no limit.
    pub(crate) quota: Option<u64>,
    /// Whether a 402 is given again to the same key, for an hour.
    pub(crate) remembers_refusals: bool,
    /// How often each subject was charged.
    pub(crate) charges: HashMap<Subject, u32>,
    paid: HashMap<IdempotencyKey, Timestamp>,
    refused: HashMap<IdempotencyKey, Timestamp>,
    window: (i64, u64),
}

const WINDOW_SECONDS: i64 = 60;
const REFUSALS_KEPT: SignedDuration = SignedDuration::from_hours(1);
const KEYS_KEPT: SignedDuration = SignedDuration::from_hours(24);

impl ToyApi {
    pub(crate) fn with_balance(balance: u64) -> Self {
        Self { balance, ..Self::default() }
    }

    pub(super) fn charged(&self) -> u64 {
        self.charges.values().map(|count| u64::from(*count)).sum()
    }

    /// Takes a request; its answer, or what is left of it, may have met a fault.
    pub(crate) fn take(&mut self, request: &ApiRequest, fault: Option<Fault>, now: Timestamp) -> Attempt {
        let lost = |charge| Attempt::Lost { reason: "connection lost".into(), charge };
        match fault {
            Some(Fault::Unreachable) => return lost(Charge::Impossible),
            Some(Fault::LostBefore) => return lost(Charge::Possible),
            Some(Fault::BrokenBefore) => return answer(500, String::new(), HeaderMap::new()),
            Some(Fault::InProgress) => {
                let body = r#"{"error":{"code":"idempotency_key_in_use"}}"#;
                return answer(409, body.into(), HeaderMap::new());
            }
            Some(Fault::TooFast) => return answer(429, String::new(), HeaderMap::new()),
            Some(Fault::ComeBack(status, seconds)) => {
                return answer(
                    status,
                    String::new(),
                    HeaderMap::from_iter([("retry-after", seconds)].map(line)),
                );
            }
            Some(Fault::Refused(status)) => return answer(status, String::new(), HeaderMap::new()),
            Some(Fault::LostAfter | Fault::BrokenAfter | Fault::Garbled) | None => {}
        }
        let (status, body, headers) = self.serve(request, now);
        match fault {
            Some(Fault::LostAfter) => lost(Charge::Possible),
            Some(Fault::BrokenAfter) => answer(502, "<html>502</html>".into(), HeaderMap::new()),
            Some(Fault::Garbled) if status == 200 => answer(200, body[..body.len() / 2].into(), headers),
            _ => answer(status, body, headers),
        }
    }

    fn serve(&mut self, request: &ApiRequest, now: Timestamp) -> (u16, String, HeaderMap) {
        let Some(headers) = self.admit(now) else {
            let reset = (now.as_second() / WINDOW_SECONDS + 1) * WINDOW_SECONDS;
            let told =
                HeaderMap::from_iter([("x-ratelimit-remaining", 0), ("x-ratelimit-reset", reset)].map(line));
            return (429, String::new(), told);
        };
        let (status, body) = self.decide(request, now);
        (status, body, headers)
    }

    /// Counts a call, unless the window is used up.
    fn admit(&mut self, now: Timestamp) -> Option<HeaderMap> {
        let Some(quota) = self.quota else { return Some(HeaderMap::new()) };
        let number = now.as_second() / WINDOW_SECONDS;
        let used = if self.window.0 == number { self.window.1 } else { 0 };
        if used >= quota {
            return None;
        }
        self.window = (number, used + 1);
        let reset = u64::try_from((number + 1) * WINDOW_SECONDS).unwrap();
        let told = [
            ("x-ratelimit-limit", quota),
            ("x-ratelimit-remaining", quota - used - 1),
            ("x-ratelimit-reset", reset),
        ];
        Some(HeaderMap::from_iter(told.map(line)))
    }

    fn decide(&mut self, request: &ApiRequest, now: Timestamp) -> (u16, String) {
        let subject = &request.subject;
        match nature(subject) {
            RowStatus::NoMatch => return (409, r#"{"error":{"code":"no_match"}}"#.into()),
            RowStatus::NotFound => return (404, r#"{"error":{"code":"not_found"}}"#.into()),
            _ => {}
        }
        let is_replay = self.paid.get(&request.key).is_some_and(|at| now.duration_since(*at) < KEYS_KEPT);
        if !is_replay {
            let is_refused =
                self.refused.get(&request.key).is_some_and(|at| now.duration_since(*at) < REFUSALS_KEPT);
            if self.balance == 0 || is_refused {
                if self.remembers_refusals {
                    self.refused.entry(request.key).or_insert(now);
                }
                return (402, r#"{"error":{"code":"insufficient_credits"}}"#.into());
            }
            self.balance -= 1;
            self.paid.insert(request.key, now);
            *self.charges.entry(subject.clone()).or_default() += 1;
        }
        let balance = self.balance;
        (200, format!(r#"{{"data":{{"company":{{"name":"{subject}"}},"credits_remaining":{balance}}}}}"#))
    }
}

/// What the API knows of a subject; its name says it.
pub(crate) fn nature(subject: &Subject) -> RowStatus {
    if subject.text().starts_with("none") {
        RowStatus::NoMatch
    } else if subject.text().starts_with("absent") {
        RowStatus::NotFound
    } else {
        RowStatus::Enriched
    }
}

fn answer(status: u16, body: String, headers: HeaderMap) -> Attempt {
    Attempt::Answered { status, headers, body: body.into_bytes() }
}

fn line<T: ToString>((name, value): (&'static str, T)) -> (http::HeaderName, HeaderValue) {
    (http::HeaderName::from_static(name), HeaderValue::from_str(&value.to_string()).unwrap())
}
