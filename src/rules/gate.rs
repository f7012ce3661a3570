//! May a call leave now? The one place that decides: send, wait until a moment, hold until an answer comes, or stop.
//!
//! It weighs the API's health, the concurrency limit, the credit budget, a cool-down, the server's window and the user's
//! rate. Wherever the state of the API is unknown (at the start, after a reset, after a cool-down) one call goes alone
//! and tells it: the gate is *probing*.
//! Invariant: [`Decision::Hold`] is only said while something that will wake the run is out: a call in flight or a retry.

use std::time::Duration;

use jiff::Timestamp;

use super::breaker::{Breaker, Health};
use super::concurrency::{Concurrency, InFlightLimit};
use super::credits::{Allowance, Budget, Room};
use super::event::{StopReason, WaitReason};
use super::limits::LimitReport;
use super::pace::{Pace, Rate};
use super::reply::Reply;
use super::retry::AFTER_RATE_LIMIT;
use super::time::{Moment, Now};
use super::verbs::CallId;
use super::window::Window;

/// Refusals in a row, without a word on when to come again, that are borne before `--wait` is held against them.
const REFUSALS_BORNE: u32 = 4;

/// What the user allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatePolicy {
    /// Credits.
    pub allowance: Allowance,
    /// Calls in flight.
    pub concurrency: Concurrency,
    /// The user's own ceiling.
    pub rate: Option<Rate>,
    /// The longest pause for a quota to reset or an API to come back.
    pub wait: Duration,
}

/// Whether a call has a credit set aside already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credit {
    /// It needs one.
    Needed,
    /// It has one, from an attempt before.
    Held,
}

/// What is to be done with the next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Send it.
    Send,
    /// Ask again at this moment.
    WaitUntil(Moment, WaitReason),
    /// Ask again when an answer has come or a retry is due.
    Hold,
    /// Send nothing any more.
    Stop(StopReason),
}

/// The end of an attempt, as the gate sees it.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// Which call.
    pub call: CallId,
    /// When the attempt left.
    pub sent_at: Moment,
    /// What came.
    pub reply: &'a Reply,
    /// What its headers say.
    pub report: &'a LimitReport,
    /// A draw of chance from 0 to 1.
    pub draw: f64,
}

/// No call leaves before a moment.
#[derive(Clone, Copy, Debug)]
struct CoolDown {
    until: Moment,
    why: WaitReason,
    /// What the run stops with if the server asked for more patience than the user has.
    beyond_patience: Option<StopReason>,
}

/// Refusals (429) since the last other answer.
#[derive(Clone, Copy, Debug)]
struct Refusals {
    since: Moment,
    latest: Moment,
    in_a_row: u32,
}

/// Decides when calls leave.
#[derive(Debug)]
pub struct Gate {
    wait: Duration,
    budget: Budget,
    breaker: Breaker,
    limit: InFlightLimit,
    pace: Option<Pace>,
    window: Option<Window>,
    cool_down: Option<CoolDown>,
    refusals: Option<Refusals>,
    probing_since: Option<Moment>,
    probe_is_out: bool,
    in_flight: u32,
}

impl Gate {
    /// Returns a gate that knows nothing of the API yet.
    pub fn new(policy: GatePolicy) -> Self {
        Self {
            wait: policy.wait,
            budget: Budget::new(policy.allowance),
            breaker: Breaker::new(policy.wait),
            limit: InFlightLimit::new(policy.concurrency),
            pace: policy.rate.map(Pace::new),
            window: None,
            cool_down: None,
            refusals: None,
            probing_since: Some(Moment::START),
            probe_is_out: false,
            in_flight: 0,
        }
    }

    /// Returns the calls in flight.
    pub const fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// Returns the server's window, as far as it is known.
    pub const fn window(&self) -> Option<Window> {
        self.window
    }

    /// Returns when the quota is expected back after `now`, as far as the server has said.
    pub fn quota_back_at(&self, now: Now) -> Option<Timestamp> {
        let exhausted = self.window.filter(|window| window.remaining == 0 && window.reset.at > now.at);
        let cool_down = self.cool_down.map(|cool_down| cool_down.until).filter(|until| *until > now.at);
        match (exhausted, cool_down) {
            (Some(window), until) if until.is_none_or(|until| until <= window.reset.at) => {
                Some(window.reset.stated)
            }
            (_, until) => until.map(|until| now.wall_at(until)),
        }
    }

    /// Returns the health of the API.
    pub const fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// Returns the credit budget, for settling reservations.
    pub const fn budget_mut(&mut self) -> &mut Budget {
        &mut self.budget
    }

    /// Returns whether all that may be spent is set aside for calls that are not settled.
    pub fn is_booked_out(&self) -> bool {
        self.budget.room() == Room::Full
    }

    /// Decides about the next call. After [`Decision::Send`] the call must be reported with [`Gate::sent`].
    pub fn decide(&mut self, now: Moment, credit: Credit) -> Decision {
        self.pass_reset(now);
        let checks = [Self::check_health, Self::check_slots, Self::check_cool_down, Self::check_window];
        for check in checks {
            if let Some(decision) = check(self, now) {
                return decision;
            }
        }
        match (credit, self.budget.room()) {
            (Credit::Needed, Room::Spent) => return Decision::Stop(StopReason::CreditLimit),
            (Credit::Needed, Room::Full) => return Decision::Hold,
            _ => {}
        }
        match self.pace.as_mut().map(|pace| pace.check(now)) {
            Some(Err(at)) => Decision::WaitUntil(at, WaitReason::Rate),
            _ => Decision::Send,
        }
    }

    /// Takes note that a call leaves.
    pub const fn sent(&mut self, credit: Credit) {
        self.in_flight += 1;
        if self.probing_since.is_some() {
            self.probe_is_out = true;
        }
        if matches!(credit, Credit::Needed) {
            self.budget.reserve();
        }
    }

    /// Takes note that a call which was to leave did not. Its reservation is settled by the caller.
    pub const fn not_sent(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.probe_is_out = false;
    }

    /// Takes note of the end of an attempt. `again_at` is when the call itself would be tried again.
    pub fn arrived(&mut self, now: Moment, arrival: &Arrival<'_>, again_at: Moment) {
        let in_flight = self.in_flight;
        self.in_flight = self.in_flight.saturating_sub(1);
        let of_this_probe = self.probing_since.is_some_and(|since| arrival.sent_at >= since);
        if of_this_probe {
            self.probe_is_out = false;
        }
        if let Some(told) = Window::told(arrival.report, arrival.sent_at) {
            self.window = Some(self.window.map_or(told, |known| known.merged_with(told)));
        }
        match arrival.reply {
            Reply::RateLimited => {
                self.breaker.answered(now);
                self.refused(now, arrival);
            }
            Reply::Temporary { .. } => {
                self.breaker.failed(arrival.call, now, arrival.draw);
                self.limit.failed();
                self.fell_short(arrival, again_at);
            }
            _ => {
                self.breaker.answered(now);
                self.limit.answered(now - arrival.sent_at, in_flight);
                if self.refusals.is_some_and(|refusals| arrival.sent_at >= refusals.latest) {
                    self.refusals = None;
                }
                if of_this_probe {
                    self.probing_since = None;
                }
            }
        }
    }

    /// Takes note that a call is out of retries although nothing was answered since it began to fail.
    pub fn suspect_outage(&mut self, now: Moment, draw: f64) {
        self.breaker.suspect(now, draw);
    }

    /// A window that is over says nothing of the next one: one call goes and sees.
    fn pass_reset(&mut self, now: Moment) {
        if self.window.is_some_and(|window| now >= window.reset.at) {
            self.window = None;
            self.probe(now);
        }
    }

    const fn probe(&mut self, now: Moment) {
        self.probing_since = Some(now);
        self.probe_is_out = false;
    }

    fn check_health(&self, now: Moment) -> Option<Decision> {
        match self.breaker.health(now) {
            Health::Up => None,
            Health::Probe if self.in_flight == 0 => None,
            Health::Probe => Some(Decision::Hold),
            Health::ProbeAt(at) => Some(Decision::WaitUntil(at, WaitReason::ApiDown)),
            Health::GivenUp => Some(Decision::Stop(StopReason::ApiUnavailable)),
        }
    }

    fn check_slots(&self, _now: Moment) -> Option<Decision> {
        let probe_is_out = self.probing_since.is_some() && self.probe_is_out;
        (probe_is_out || self.in_flight >= self.limit.current()).then_some(Decision::Hold)
    }

    fn check_cool_down(&self, now: Moment) -> Option<Decision> {
        let cool_down = self.cool_down.filter(|cool_down| now < cool_down.until)?;
        match cool_down.beyond_patience {
            Some(reason) if cool_down.until - now > self.wait => Some(self.stop_when_idle(reason)),
            _ => Some(Decision::WaitUntil(cool_down.until, cool_down.why)),
        }
    }

    fn check_window(&self, now: Moment) -> Option<Decision> {
        let window = self.window?;
        if window.remaining > u64::from(self.in_flight) {
            return None;
        }
        if window.reset.at - now > self.wait {
            return Some(self.stop_when_idle(StopReason::RateLimit));
        }
        Some(Decision::WaitUntil(window.reset.at, WaitReason::Quota))
    }

    /// What is in flight may still tell that there is more.
    const fn stop_when_idle(&self, reason: StopReason) -> Decision {
        if self.in_flight > 0 { Decision::Hold } else { Decision::Stop(reason) }
    }

    /// A 429: nobody calls before the moment that the server names, else before the window's reset, else for a short
    /// while. Refusals of calls that had left before the last one was known are the same refusal.
    fn refused(&mut self, now: Moment, arrival: &Arrival<'_>) {
        let before = self.refusals;
        let is_news = before.is_none_or(|refusals| arrival.sent_at >= refusals.latest);
        let in_a_row = before.map_or(0, |refusals| refusals.in_a_row) + u32::from(is_news);
        let since = before.map_or(now, |refusals| refusals.since);
        let latest = if is_news { now } else { before.map_or(now, |refusals| refusals.latest) };
        self.refusals = Some(Refusals { since, latest, in_a_row });
        let exhausted = self.window.filter(|window| window.remaining == 0).map(|window| window.reset.at);
        let stated = arrival.report.retry_at.or(exhausted);
        // A server that refuses again at the moment which it named itself is given more time each time.
        let own = AFTER_RATE_LIMIT.again_at(now, in_a_row, arrival.draw);
        let until = match stated {
            Some(at) if in_a_row <= 1 => at.max(now),
            Some(at) => at.max(own),
            None => own,
        };
        let out_of_patience = in_a_row > REFUSALS_BORNE && now - since > self.wait;
        let beyond_patience = (stated.is_some() || out_of_patience).then_some(StopReason::RateLimit);
        let until = if out_of_patience { until.max(now + self.wait + Duration::from_secs(1)) } else { until };
        self.cool(CoolDown { until, why: WaitReason::CoolDown, beyond_patience });
        self.probe(now);
    }

    /// A failure while probing is everybody's: all wait until the probe goes again. A server that asks for time gets it.
    fn fell_short(&mut self, arrival: &Arrival<'_>, again_at: Moment) {
        if let Some(until) = arrival.report.retry_at {
            let beyond_patience = Some(StopReason::ApiUnavailable);
            self.cool(CoolDown { until, why: WaitReason::CoolDown, beyond_patience });
        } else if self.probing_since.is_some() {
            self.cool(CoolDown { until: again_at, why: WaitReason::Retry, beyond_patience: None });
        }
    }

    fn cool(&mut self, cool_down: CoolDown) {
        if self.cool_down.is_none_or(|known| known.until < cool_down.until) {
            self.cool_down = Some(cool_down);
        }
    }
}

#[cfg(test)]
mod tests;
