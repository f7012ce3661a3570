//! The whole server as a pure function: state, request and present in; answer out.
//!
//! No clock, no socket, no waiting: the answer says itself how long it takes and whether it arrives, so that the model
//! serves behind HTTP as well as under a paused clock. The checks come in the order of real services: key, rate limit,
//! permission, validation, idempotency key, balance, match. Whatever is drawn by chance depends on the seed, the body
//! and how often that body has been worked on; so concurrency changes nothing but the order of the balances.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::books::{Books, Tally};
use super::companies::{Finding, find};
use super::draws::{Draws, fingerprint, id};
use super::faults::Fault;
use super::headers::Dialect;
use super::memory::{Entry, Known, Memory};
use super::quota::{Quota, Verdict};
use super::request::{Ask, Request};
use super::response::{Problem, Refusal, Response, Wire};
use super::settings::Settings;

const INVALID_KEY: Problem = Problem::new(401, "invalid_key", "the API key is missing, invalid or expired");
const RATE_LIMITED: Problem = Problem::new(429, "rate_limited", "rate limit exceeded");
const NO_PERMISSION: Problem =
    Problem::new(403, "insufficient_permissions", "the API key lacks the permission write:enrich");
const IN_PROGRESS: Problem =
    Problem::new(409, "idempotency_in_progress", "a request with this Idempotency-Key is still in progress");
const CONFLICT: Problem =
    Problem::new(409, "idempotency_conflict", "this Idempotency-Key belongs to a request with another body");
const NO_CREDITS: Problem = Problem::new(402, "insufficient_credits", "the workspace has no credits left");
const NOT_FOUND: Problem = Problem::new(404, "not_found", "no company has this id in this workspace");
const NO_MATCH: Problem = Problem::new(409, "no_match", "no provider returned data for this input");

/// The page of a firewall that has had enough of a caller; it is not the API's.
const BANNED: &str = "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n\
    <center><h1>403 Forbidden</h1></center>\r\n</body>\r\n</html>\r\n";

/// The state of the sandbox. Grows by a few bytes for each distinct body, and holds a day's idempotency keys.
#[derive(Debug)]
pub struct Model {
    settings: Settings,
    credits: u64,
    quota: Quota,
    dialect: Dialect,
    memory: Memory,
    /// How often each body has come, by the fingerprint of its fate and itself.
    turns: HashMap<u64, u32>,
    tally: Tally,
}

/// What became of a request at the gate; the two are counted apart, so that a refusal (how many there are can depend on
/// the caller's timing) does not change what the next working draws.
#[derive(Clone, Copy)]
enum Fate {
    Worked,
    Refused,
}

/// Why a request is not worked on.
enum Denial {
    /// The API says no.
    Said(Problem),
    /// Something in front of it does.
    Banned,
}

impl From<Problem> for Denial {
    fn from(problem: Problem) -> Self {
        Self::Said(problem)
    }
}

/// What was drawn for one coming of one body.
struct Turn {
    draws: Draws,
    request_id: Uuid,
}

impl Model {
    /// Returns a sandbox in which nothing has happened.
    pub fn new(settings: Settings) -> Self {
        Self {
            credits: settings.credits,
            quota: Quota::new(&settings),
            dialect: Dialect::of(&settings),
            memory: Memory::default(),
            turns: HashMap::new(),
            tally: Tally::default(),
            settings,
        }
    }

    /// Answers a request that arrives at this time.
    pub fn answer(&mut self, request: &Request<'_>, now: Timestamp) -> Response {
        let response = match self.admit(request, now) {
            Ok(ask) => self.work(&ask, request.body, now),
            Err(Denial::Said(problem)) => self.refused(&problem, request.body, now),
            Err(Denial::Banned) => {
                self.refused(&NO_PERMISSION, request.body, now).turned_into_page(403, BANNED)
            }
        };
        self.tally.answered(&response);
        response
    }

    /// Answers a request that does not reach the endpoint; it needs no key and does not count against the quota.
    pub fn refuse(&mut self, refusal: Refusal, now: Timestamp) -> Response {
        let response = self.refused(&refusal.problem(), &[], now);
        self.tally.answered(&response);
        response
    }

    /// Returns what happened so far.
    pub fn books(&self) -> Books {
        self.tally.books(self.credits, self.quota.rivals())
    }

    /// Checks key, rate limit, permission and validity, in this order.
    fn admit(&mut self, request: &Request<'_>, now: Timestamp) -> Result<Ask, Denial> {
        let key = request.authorization.and_then(bearer).ok_or(INVALID_KEY)?;
        let may_enrich = key == self.settings.api_key;
        if !may_enrich && key != self.settings.read_only_key {
            return Err(INVALID_KEY.into());
        }
        match self.quota.take(self.told(now)) {
            Verdict::Through => self.tally.passed(now),
            Verdict::Refused => return Err(RATE_LIMITED.into()),
            Verdict::Banned => return Err(Denial::Banned),
        }
        if !may_enrich {
            return Err(NO_PERMISSION.into());
        }
        Ok(request.read()?)
    }

    /// Answers a valid request, unless its key forbids or a fault prevents it.
    fn work(&mut self, ask: &Ask, body: &[u8], now: Timestamp) -> Response {
        let asked = fingerprint(&[body]);
        let known = ask.key.map_or(Known::Nothing, |key| self.memory.recall(key, asked, now));
        match known {
            Known::InProgress => return self.refused(&IN_PROGRESS, body, now),
            Known::Conflict => return self.refused(&CONFLICT, body, now),
            Known::Nothing | Known::Failed(_) | Known::Answered(..) => {}
        }
        let turn = self.turn(Fate::Worked, body);
        let fault = self.settings.faults.draw(turn.draws);
        if let Some(fault) = fault {
            self.tally.struck(fault);
            if !fault.charges() {
                return fault.strike(self.blank(&turn, now));
            }
        }
        let (turn, replay) = match known {
            Known::Failed(request_id) => (Turn { request_id, ..turn }, None),
            Known::Answered(request_id, body) => (Turn { request_id, ..turn }, Some(body)),
            _ => (turn, None),
        };
        let blank = self.blank(&turn, now);
        if let Some(body) = replay {
            return struck(fault, self.replayed(blank, body));
        }
        let due = self.worked(ask, blank);
        // What is remembered is the answer as it was due, not as a fault leaves it.
        let success = (due.status == 200).then(|| due.body.clone());
        let response = struck(fault, due);
        if let Some(key) = ask.key {
            let ready = later(now, response.delay);
            self.memory.keep(key, Entry { asked, began: now, ready, request_id: turn.request_id, success });
        }
        response
    }

    /// Looks the subject up and charges for it if it is found.
    fn worked(&mut self, ask: &Ask, blank: Response) -> Response {
        if self.credits == 0 {
            return said(blank, &NO_CREDITS);
        }
        match find(ask, self.settings.seed, self.settings.no_match) {
            Finding::NotFound => said(blank, &NOT_FOUND),
            Finding::NoMatch => said(blank, &NO_MATCH),
            Finding::Found(mut data) => {
                self.credits -= 1;
                self.tally.charged(ask);
                data.insert("credits_remaining".to_owned(), self.credits.into());
                let answer = Map::from_iter([("data".to_owned(), Value::Object(data))]);
                blank.replaced(200, "application/json", Value::Object(answer).to_string())
            }
        }
    }

    /// Gives the original answer again.
    fn replayed(&mut self, blank: Response, body: Bytes) -> Response {
        self.tally.replayed();
        blank.with("idempotent-replayed", "true").replaced(200, "application/json", body)
    }

    /// Refuses a request without having worked on it.
    fn refused(&mut self, problem: &Problem, body: &[u8], now: Timestamp) -> Response {
        let turn = self.turn(Fate::Refused, body);
        let response = said(self.blank(&turn, now), problem);
        match problem.status {
            429 => match self.dialect.on_refusal(&self.quota.standing(self.told(now))) {
                Some(text) => response.retried_after(text),
                None => response,
            },
            405 => response.with("allow", "POST"),
            _ => response,
        }
    }

    /// Counts a coming of a body and draws for it.
    fn turn(&mut self, fate: Fate, body: &[u8]) -> Turn {
        let fate: &[u8] = match fate {
            Fate::Worked => b"worked",
            Fate::Refused => b"refused",
        };
        let count = self.turns.entry(fingerprint(&[fate, body])).or_default();
        *count = count.saturating_add(1);
        let count = count.to_be_bytes();
        let parts = [fate, body, &count];
        Turn { draws: Draws::about(self.settings.seed, &parts), request_id: id(self.settings.seed, &parts) }
    }

    /// Returns an answer that has nothing yet but its time and the headers that every answer carries.
    fn blank(&mut self, turn: &Turn, now: Timestamp) -> Response {
        let standing = self.quota.standing(self.told(now));
        let response = Response {
            status: 200,
            headers: self.dialect.on_every(&standing),
            body: Bytes::new(),
            delay: self.latency(turn.draws),
            wire: Wire::Deliver,
        };
        response.with("x-request-id", turn.request_id.to_string())
    }

    /// Returns what the server's clock shows.
    fn told(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.settings.skew).unwrap_or(now)
    }

    /// Draws how long an answer takes.
    fn latency(&self, draws: Draws) -> Duration {
        let latency = self.settings.latency;
        let spread = latency.longest.saturating_sub(latency.shortest).as_nanos();
        let bound = u64::try_from(spread).unwrap_or(u64::MAX).saturating_add(1);
        latency.shortest + Duration::from_nanos(draws.below("latency", bound))
    }
}

/// Returns the key of an `Authorization` header.
fn bearer(header: &str) -> Option<&str> {
    let (scheme, key) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(key)
}

/// Fills an answer with a problem.
fn said(blank: Response, problem: &Problem) -> Response {
    blank.saying(problem.status, problem.code, &problem.message)
}

/// Returns what arrives of an answer.
fn struck(fault: Option<Fault>, due: Response) -> Response {
    match fault {
        Some(fault) => fault.strike(due),
        None => due,
    }
}

/// Returns the time after a delay; the end of time stays itself.
fn later(now: Timestamp, delay: Duration) -> Timestamp {
    SignedDuration::try_from(delay)
        .ok()
        .and_then(|delay| now.checked_add(delay).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
