//! Limiters as they are found in front of servers, in simulated time.

use std::collections::VecDeque;

use super::us;
use crate::rules::limits::{LimitReport, QuotaReport, Reset};
use jiff::Timestamp;

/// How a limiter counts. Times are in microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Counts {
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
pub(super) enum Refuses {
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
pub(super) enum Tells {
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
pub(super) struct Limiter {
    pub(super) counts: Counts,
    pub(super) limit: u64,
    pub(super) window: u64,
    pub(super) refuses: Refuses,
    pub(super) tells: Tells,
    /// Calls of another client in each window, evenly.
    pub(super) rival: u64,
}

pub(super) struct Server {
    pub(super) limiter: Limiter,
    log: VecDeque<u64>,
    tokens: f64,
    filled_at: u64,
    opened: u64,
    used: u64,
    used_before: u64,
    length: u64,
    rival_next: u64,
}

impl Server {
    pub(super) fn new(limiter: Limiter) -> Self {
        let tokens = if let Counts::Bucket(burst) = limiter.counts { burst as f64 } else { 0.0 };
        Self {
            limiter,
            log: VecDeque::new(),
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
    pub(super) fn take(&mut self, now: u64) -> (bool, u64, u64) {
        while self.limiter.rival > 0 && self.rival_next <= now {
            let at = self.rival_next;
            self.rival_next += self.limiter.window / self.limiter.rival;
            self.one(at);
        }
        self.one(now)
    }

    fn one(&mut self, now: u64) -> (bool, u64, u64) {
        match self.limiter.counts {
            Counts::Aligned | Counts::FromFirst => self.in_windows(now),
            Counts::Log => self.in_log(now),
            Counts::Bucket(burst) => self.in_bucket(burst, now),
            Counts::Weighted => self.weighted(now),
        }
    }

    fn in_windows(&mut self, now: u64) -> (bool, u64, u64) {
        let Limiter { counts, limit, window, refuses, .. } = self.limiter;
        if now >= self.opened + self.length {
            self.opened = if counts == Counts::Aligned { now - now % window } else { now };
            (self.used, self.length) = (0, window);
        }
        let served = self.used < limit;
        match refuses {
            _ if served => self.used += 1,
            Refuses::Free | Refuses::Counts => {}
            Refuses::Restarts => self.opened = now,
            Refuses::Doubles => (self.opened, self.length) = (now, (self.length * 2).min(1 << 50)),
        }
        (served, limit - self.used, self.opened + self.length)
    }

    fn in_log(&mut self, now: u64) -> (bool, u64, u64) {
        let Limiter { limit, window, refuses, .. } = self.limiter;
        self.log.retain(|at| at + window > now);
        let served = (self.log.len() as u64) < limit;
        if served || refuses == Refuses::Counts {
            self.log.push_back(now);
        }
        while self.log.len() as u64 > limit {
            self.log.pop_front();
        }
        (served, limit - self.log.len() as u64, self.log.front().unwrap() + window)
    }

    fn in_bucket(&mut self, burst: u64, now: u64) -> (bool, u64, u64) {
        let Limiter { limit, window, tells, .. } = self.limiter;
        let rate = limit as f64 / window as f64;
        self.tokens = (self.tokens + (now - self.filled_at) as f64 * rate).min(burst as f64);
        self.filled_at = now;
        let served = self.tokens >= 1.0;
        if served {
            self.tokens -= 1.0;
        }
        let wanted = if tells == Tells::NextFree { 1.0 } else { burst as f64 };
        let missing = (wanted - self.tokens).max(0.0);
        (served, self.tokens as u64, now + (missing / rate) as u64)
    }

    fn weighted(&mut self, now: u64) -> (bool, u64, u64) {
        let Limiter { limit, window, refuses, .. } = self.limiter;
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
        (served, (limit as f64 - weighted - 1.0).max(0.0) as u64, (number + 1) * window)
    }

    pub(super) fn report(&self, (served, remaining, resets): (bool, u64, u64), now: u64) -> LimitReport {
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
