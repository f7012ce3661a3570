//! A client that sends through the gate whatever it lets go.

use std::time::Duration;

use super::server::{Limiter, Server};
use super::us;
use crate::rules::gate::tests::policy;
use crate::rules::gate::{Arrival, Credit, Decision, Gate, GatePolicy};
use crate::rules::limits::LimitReport;
use crate::rules::reply::Reply;
use crate::rules::verbs::CallId;

/// Where a call is.
enum Stage {
    Going,
    Coming { served: bool, report: LimitReport },
}

struct Out {
    due: u64,
    sent: u64,
    number: u64,
    stage: Stage,
}

/// A client behind a gate, and its server.
pub(super) struct Client {
    gate: Gate,
    server: Server,
    chance: fastrand::Rng,
    out: Vec<Out>,
    now: u64,
    served: Vec<u64>,
    refused: Vec<u64>,
}

impl Client {
    pub(super) fn new(limiter: Limiter) -> Self {
        let policy = GatePolicy { concurrency: "auto".parse().unwrap(), wait: Duration::MAX, ..policy() };
        Self {
            gate: Gate::new(policy),
            server: Server::new(limiter),
            chance: fastrand::Rng::with_seed(1),
            out: Vec::new(),
            now: 0,
            served: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// Sends for so many seconds.
    pub(super) fn run(mut self, seconds: u64) -> Self {
        while self.now < seconds * 1_000_000 {
            let wake = self.send_what_may_go();
            let next = (0..self.out.len()).min_by_key(|index| self.out[*index].due);
            if let Some(index) = next.filter(|index| self.out[*index].due <= wake) {
                self.advance(index);
            } else {
                assert!(wake < u64::MAX, "stuck at {}", self.now);
                self.now = self.now.max(wake);
            }
        }
        self
    }

    /// Returns when to look again.
    fn send_what_may_go(&mut self) -> u64 {
        loop {
            match self.gate.decide(us(self.now), Credit::Held) {
                Decision::Send => {
                    let number = self.gate.sent(us(self.now), Credit::Held);
                    let due = self.now + self.chance.u64(200..1_500);
                    self.out.push(Out { due, sent: self.now, number, stage: Stage::Going });
                }
                Decision::WaitUntil(at, _) => {
                    assert!(at > us(self.now), "a wait lies ahead");
                    let at = u64::try_from(at.since_start().as_micros()).unwrap();
                    // Timers have a grain of a millisecond, and fire late.
                    return (at + 1).div_ceil(1_000) * 1_000 + self.chance.u64(0..500);
                }
                Decision::Hold => return u64::MAX,
                Decision::Stop(reason) => panic!("stopped: {reason:?} at {}", self.now),
            }
        }
    }

    fn advance(&mut self, index: usize) {
        let mut out = self.out.swap_remove(index);
        self.now = self.now.max(out.due);
        match out.stage {
            Stage::Going => {
                let took = self.server.take(self.now);
                let report = self.server.report(took, self.now);
                let book = if took.0 { &mut self.served } else { &mut self.refused };
                book.push(self.now);
                out.due = self.now
                    + if took.0 { self.chance.u64(20_000..60_000) } else { self.chance.u64(300..2_500) };
                out.stage = Stage::Coming { served: took.0, report };
                self.out.push(out);
            }
            Stage::Coming { served, report } => {
                let reply = if served { Reply::NoMatch } else { Reply::RateLimited };
                let arrival = Arrival {
                    call: CallId(0),
                    number: out.number,
                    sent_at: us(out.sent),
                    reply: &reply,
                    report: &report,
                    draw: self.chance.f64(),
                };
                self.gate.arrived(us(self.now), &arrival, us(self.now));
            }
        }
    }

    /// Returns how much of what is left to us was used after the first seconds, and refusals in a thousand calls.
    pub(super) fn figures(&self, from: u64) -> (f64, f64) {
        let Limiter { limit, window, rival, .. } = self.server.limiter;
        let from = from * 1_000_000;
        let served = self.served.iter().filter(|at| **at >= from).count() as f64;
        let allowed = (limit - rival) as f64 * (self.now - from) as f64 / window as f64;
        (served / allowed, 1_000.0 * self.refused.len() as f64 / self.served.len().max(1) as f64)
    }
}
