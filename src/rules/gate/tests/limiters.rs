//! The gate before limiters of every kind, for a minute of simulated time: how much of what they allow is used, and how
//! often they refuse.

use super::*;
use crate::rules::limits::{QuotaReport, Reset};

/// How a limiter counts. Times are in microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Counts {
    /// Windows that lie on a grid.
    Aligned,
    /// Windows that begin with the first call after the last one ended.
    FromFirst,
    /// A log of the calls let through.
    Log,
    /// A bucket that holds so many.
    Bucket(u64),
    /// Calls of the present window and a part of those of the one before.
    Weighted,
}

/// What a refusal does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Refuses {
    Free,
    /// It counts as a call.
    Counts,
    /// The window begins anew, used up.
    Restarts,
    /// The same, and twice as long each time.
    Doubles,
}

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Tells {
    Nothing,
    /// `Retry-After` on refusals, in whole seconds rounded up.
    RetryAfter,
    /// Limit, remaining, and the reset to the microsecond.
    Exactly,
    /// The reset in whole seconds, rounded up or down, and so many more.
    Seconds {
        up: bool,
        more: u64,
    },
    /// Limit and remaining.
    NoReset,
    /// Reset of a bucket or log as the time until one call is free.
    NextFree,
}

#[derive(Clone, Copy, Debug)]
struct Limiter {
    counts: Counts,
    limit: u64,
    window: u64,
    refuses: Refuses,
    tells: Tells,
    /// Calls of another client in each window, evenly.
    rival: u64,
}

struct Server {
    limiter: Limiter,
    log: std::collections::VecDeque<u64>,
    tokens: f64,
    filled_at: u64,
    opened: u64,
    used: u64,
    used_before: u64,
    length: u64,
    rival_next: u64,
}

impl Server {
    fn new(limiter: Limiter) -> Self {
        let tokens = if let Counts::Bucket(burst) = limiter.counts { burst as f64 } else { 0.0 };
        Self {
            limiter,
            log: Default::default(),
            tokens,
            filled_at: 0,
            opened: 0,
            used: 0,
            used_before: 0,
            length: limiter.window,
            rival_next: 0,
        }
    }

    /// Takes a call; returns whether it is let through, what remains, and when more comes back.
    fn take(&mut self, now: u64) -> (bool, u64, u64) {
        while self.limiter.rival > 0 && self.rival_next <= now {
            let at = self.rival_next;
            self.rival_next += self.limiter.window / self.limiter.rival;
            self.one(at);
        }
        self.one(now)
    }

    fn one(&mut self, now: u64) -> (bool, u64, u64) {
        let Limiter { counts, limit, window, refuses, tells, .. } = self.limiter;
        match counts {
            Counts::Aligned | Counts::FromFirst => {
                if now >= self.opened + self.length {
                    self.opened = if counts == Counts::Aligned { now - now % window } else { now };
                    (self.used, self.length) = (0, window);
                }
                let served = self.used < limit;
                if served {
                    self.used += 1;
                } else if refuses == Refuses::Restarts {
                    self.opened = now;
                } else if refuses == Refuses::Doubles {
                    self.opened = now;
                    self.length = self.length.saturating_mul(2).min(1 << 50);
                }
                (served, limit - self.used, self.opened + self.length)
            }
            Counts::Log => {
                while self.log.front().is_some_and(|at| at + window <= now) {
                    self.log.pop_front();
                }
                let served = (self.log.len() as u64) < limit;
                if served || refuses == Refuses::Counts {
                    self.log.push_back(now);
                }
                while self.log.len() as u64 > limit {
                    self.log.pop_front();
                }
                (served, limit - self.log.len() as u64, self.log.front().unwrap() + window)
            }
            Counts::Bucket(burst) => {
                let rate = limit as f64 / window as f64;
                self.tokens = (self.tokens + (now - self.filled_at) as f64 * rate).min(burst as f64);
                self.filled_at = now;
                let served = self.tokens >= 1.0;
                if served {
                    self.tokens -= 1.0;
                }
                let missing = if tells == Tells::NextFree {
                    (1.0 - self.tokens).max(0.0)
                } else {
                    burst as f64 - self.tokens
                };
                (served, self.tokens as u64, now + (missing / rate) as u64)
            }
            Counts::Weighted => {
                let number = now / window;
                if number != self.opened {
                    self.used_before = if number == self.opened + 1 { self.used } else { 0 };
                    (self.opened, self.used) = (number, 0);
                }
                let part = (now % window) as f64 / window as f64;
                let weighted = self.used_before as f64 * (1.0 - part) + self.used as f64;
                let served = weighted < limit as f64;
                if served || refuses == Refuses::Counts {
                    self.used += 1;
                }
                let left = (limit as f64 - weighted - 1.0).max(0.0) as u64;
                (served, left, (number + 1) * window)
            }
        }
    }

    fn report(&self, (served, remaining, resets): (bool, u64, u64), now: u64) -> LimitReport {
        let Limiter { limit, tells, counts, .. } = self.limiter;
        let ahead = resets.saturating_sub(now);
        let reset =
            |ahead: u64| Some(Reset { at: us(now + ahead), stated: Timestamp::UNIX_EPOCH, is_guess: false });
        let limit = Some(if let Counts::Bucket(burst) = counts { burst } else { limit });
        let second = 1_000_000;
        let whole = ahead.div_ceil(second) * second;
        let quota = |reset| QuotaReport { limit, remaining: Some(remaining), reset, window: None };
        let (quotas, retry) = match tells {
            Tells::Nothing => (vec![], None),
            Tells::RetryAfter => (vec![], Some(whole)),
            Tells::Exactly | Tells::NextFree => (vec![quota(reset(ahead))], Some(ahead)),
            Tells::Seconds { up, more } => {
                let whole = if up { whole } else { ahead / second * second } + more * second;
                (vec![quota(reset(whole))], Some(whole))
            }
            Tells::NoReset => (vec![quota(None)], None),
        };
        LimitReport { quotas, retry_at: retry.filter(|_| !served).map(|retry| us(now + retry)) }
    }
}

fn us(us: u64) -> Moment {
    Moment::after_start(Duration::from_micros(us))
}

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
struct Client {
    gate: Gate,
    server: Server,
    chance: fastrand::Rng,
    out: Vec<Out>,
    now: u64,
    served: Vec<u64>,
    refused: Vec<u64>,
}

impl Client {
    fn new(limiter: Limiter, concurrency: &str, seed: u64) -> Self {
        let policy =
            GatePolicy { concurrency: concurrency.parse().unwrap(), wait: Duration::MAX, ..policy() };
        Self {
            gate: Gate::new(policy),
            server: Server::new(limiter),
            chance: fastrand::Rng::with_seed(seed),
            out: Vec::new(),
            now: 0,
            served: Vec::new(),
            refused: Vec::new(),
        }
    }

    fn run(mut self, seconds: u64) -> Self {
        while self.now < seconds * 1_000_000 {
            let wake = self.send_what_may_go();
            let next = (0..self.out.len()).min_by_key(|index| self.out[*index].due);
            match next.filter(|index| self.out[*index].due <= wake) {
                Some(index) => self.advance(index),
                None => {
                    assert!(wake < u64::MAX, "stuck at {}", self.now);
                    self.now = self.now.max(wake);
                }
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
                    let due = self.now
                        + self.chance.u64(300..2_500) / if std::env::var("JIT").is_ok() { 8 } else { 1 };
                    self.out.push(Out { due, sent: self.now, number, stage: Stage::Going });
                }
                Decision::WaitUntil(at, why) => {
                    if std::env::var("WAITS").is_ok() {
                        eprintln!(
                            "{:.4} wait {why:?} until {:.4} in flight {} standing {:?}",
                            self.now as f64 / 1e6,
                            at.since_start().as_secs_f64(),
                            self.gate.in_flight(),
                            self.gate.standing().map(|s| s.remaining)
                        );
                    }
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
    fn figures(&self, from: u64) -> (f64, f64) {
        let Limiter { limit, window, rival, .. } = self.server.limiter;
        let from = from * 1_000_000;
        let served = self.served.iter().filter(|at| **at >= from).count() as f64;
        let allowed = (limit - rival) as f64 * (self.now - from) as f64 / window as f64;
        (served / allowed, 1_000.0 * self.refused.len() as f64 / self.served.len().max(1) as f64)
    }
}

const S: u64 = 1_000_000;

#[test]
fn table() {
    let base = Limiter {
        counts: Counts::Aligned,
        limit: 100,
        window: S,
        refuses: Refuses::Free,
        tells: Tells::Exactly,
        rival: 0,
    };
    let up = Tells::Seconds { up: true, more: 0 };
    let mut table = String::new();
    use std::fmt::Write;
    let kinds = [
        ("aligned", Counts::Aligned),
        ("from-first", Counts::FromFirst),
        ("log", Counts::Log),
        ("weighted", Counts::Weighted),
    ];
    let mut cases: Vec<(String, Limiter)> = Vec::new();
    for (name, counts) in kinds {
        for (limit, window) in
            [(100, S), (100, 2 * S), (300, 10 * S), (10, S), (5, S), (3, 6 * S), (1000, 60 * S), (500, S)]
        {
            for (tells_name, tells) in [
                ("exact", Tells::Exactly),
                ("up", up),
                ("down", Tells::Seconds { up: false, more: 0 }),
                ("down+1", Tells::Seconds { up: false, more: 1 }),
                ("noreset", Tells::NoReset),
            ] {
                cases.push((
                    format!("{name} {limit}/{}s {tells_name}", window / S),
                    Limiter { counts, limit, window, tells, ..base },
                ));
            }
        }
    }
    for (tells_name, tells) in
        [("exact", Tells::Exactly), ("up", up), ("next", Tells::NextFree), ("noreset", Tells::NoReset)]
    {
        cases.push((
            format!("bucket 50/s 100 {tells_name}"),
            Limiter { counts: Counts::Bucket(100), limit: 50, tells, ..base },
        ));
        cases.push((
            format!("bucket 10/s 10 {tells_name}"),
            Limiter { counts: Counts::Bucket(10), limit: 10, tells, ..base },
        ));
    }
    for (name, counts) in kinds {
        for (tells_name, tells) in [("exact", Tells::Exactly), ("up", up)] {
            cases.push((
                format!("rival {name} 100/1s {tells_name}"),
                Limiter { counts, tells, rival: 50, ..base },
            ));
        }
    }
    for (name, counts, refuses) in [
        ("from-first", Counts::FromFirst, Refuses::Free),
        ("from-first restarts", Counts::FromFirst, Refuses::Restarts),
        ("from-first doubles", Counts::FromFirst, Refuses::Doubles),
        ("log", Counts::Log, Refuses::Free),
        ("log counts", Counts::Log, Refuses::Counts),
        ("weighted counts", Counts::Weighted, Refuses::Counts),
        ("bucket 1", Counts::Bucket(1), Refuses::Free),
        ("bucket 20", Counts::Bucket(20), Refuses::Free),
    ] {
        for (tells_name, tells) in [
            ("nothing", Tells::Nothing),
            ("retry-after", Tells::RetryAfter),
            ("up", up),
            ("down", Tells::Seconds { up: false, more: 0 }),
        ] {
            for (limit, window) in [(100, 2 * S), (300, 10 * S)] {
                if matches!(counts, Counts::Bucket(_)) && (tells != Tells::Nothing || window > 2 * S) {
                    continue;
                }
                cases.push((
                    format!("H {name} {limit}/{}s {tells_name}", window / S),
                    Limiter { counts, limit, window, refuses, tells, ..base },
                ));
            }
        }
    }
    let only = std::env::var("ONLY").unwrap_or_default();
    for (name, limiter) in cases.iter().filter(|(name, _)| name.contains(&only)) {
        for concurrency in ["auto"] {
            let client =
                Client::new(*limiter, concurrency, 1).run(if limiter.window >= 60 * S { 300 } else { 60 });
            let (first, _) = client.figures(0);
            let (used, refused) = client.figures(if limiter.window >= 60 * S { 60 } else { 10 });
            let first_five = client.served.iter().filter(|at| **at < 5 * S).count() as f64
                / (limiter.limit as f64 * 5.0 * S as f64 / limiter.window as f64);
            writeln!(
                table,
                "{name:<34} {:6.1}% steady {:6.1}% all {:6.1}% first 5 s {refused:6.1} refused per 1000",
                used * 100.0,
                first * 100.0,
                first_five * 100.0
            )
            .unwrap();
        }
    }
    println!("{table}");
}
