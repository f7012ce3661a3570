//! May a call leave now? The one place that decides: send, wait until a moment, hold until an answer comes, or stop.
//!
//! It weighs the API's health, the concurrency limit, a cool-down, the server's quotas, the credit budget, the speed that
//! quotas and refusals allow, and the user's rate. Wherever the state of the API is unknown (at the start, when a quota
//! that was used up is due, after a cool-down) one call goes alone and tells it: the gate is *probing*.
//! Invariant: [`Decision::Hold`] is only said while something that will wake the run is out: a call in flight or a retry.

mod quotas;
mod refusals;
mod terms;

use std::time::Duration;

use jiff::Timestamp;

use super::breaker::{Breaker, Health};
use super::concurrency::InFlightLimit;
use super::credits::{Budget, Room};
use super::event::{PaceReason, StopReason, WaitReason};
use super::limits::Reset;
use super::meter::{FASTEST, Meter};
use super::pace::Pace;
use super::quota::{Departures, Leave, Outstanding, Seen, WORST_SKEW};
use super::reply::Reply;
use super::throttle::Throttle;
use super::time::{Moment, Now};
use super::verbs::Told;
use quotas::Quotas;
pub use quotas::Standing;
use refusals::Refusals;
pub use terms::{Arrival, Credit, Decision, GatePolicy};

/// The calls that are made up for after a pause: where a quota is spread evenly, and where it is kept away from a rate that
/// was refused.
const MADE_UP: (u32, u32) = (1, 0);

/// No call leaves before a moment.
#[derive(Clone, Copy, Debug)]
struct CoolDown {
    until: Moment,
    why: WaitReason,
    /// What the run stops with if the server asked for more patience than the user has.
    beyond_patience: Option<StopReason>,
}

/// Decides when calls leave.
#[derive(Debug)]
pub struct Gate {
    wait: Duration,
    budget: Budget,
    breaker: Breaker,
    limit: InFlightLimit,
    pace: Option<Pace>,
    quotas: Quotas,
    throttle: Throttle,
    spreading: Meter,
    throttling: Meter,
    cool_down: Option<CoolDown>,
    refusals: Refusals,
    probing_since: Option<Moment>,
    probe_is_out: bool,
    in_flight: u32,
    departures: Departures,
    /// The most calls that can still be made, where that is known.
    work: Option<u64>,
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
            quotas: Quotas::default(),
            throttle: Throttle::default(),
            spreading: Meter::new(MADE_UP.0, Moment::START),
            throttling: Meter::new(MADE_UP.1, Moment::START),
            cool_down: None,
            refusals: Refusals::default(),
            probing_since: Some(Moment::START),
            probe_is_out: false,
            in_flight: 0,
            departures: Departures::default(),
            work: None,
        }
    }

    /// Returns the calls in flight.
    pub const fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// Returns the most calls that may be in flight at present.
    pub fn concurrency(&self) -> u32 {
        self.limit.current()
    }

    /// Returns the quota that is nearest to its end, as far as the server has told.
    pub fn standing(&self) -> Option<Standing> {
        self.quotas.standing()
    }

    /// Returns what the server told last.
    pub fn told(&self) -> Told {
        let mut quotas: Vec<Standing> = self.quotas.all().collect();
        quotas.sort_by_key(|quota| std::cmp::Reverse(quota.resets_at));
        Told { balance: self.budget.balance(), quotas }
    }

    /// Returns the calls a second that the quotas allow where they are spread evenly: where they are not enough for all
    /// that is left to do.
    fn spread(&self) -> Option<f64> {
        let is_enough = self.work.is_some_and(|work| self.quotas.cover(work.max(u64::from(self.in_flight))));
        if is_enough { None } else { self.quotas.speed().filter(|speed| *speed < FASTEST) }
    }

    /// Returns the calls a second that may leave, and why no more: the lower where both hold. `--rate` is not counted in.
    pub fn pace(&self, now: Moment) -> Option<(f64, PaceReason)> {
        let quota = self.spread().map(|speed| (speed, PaceReason::Quota));
        let refusals = self.throttle.speed(now).map(|speed| (speed, PaceReason::Refusals));
        [quota, refusals].into_iter().flatten().min_by(|one, other| one.0.total_cmp(&other.0))
    }

    /// Returns when the quota is expected back after `now`, as far as the server has said.
    pub fn quota_back_at(&self, now: Now) -> Option<Timestamp> {
        let exhausted = self.quotas.exhausted(now.at);
        let cool_down = self.cool_down.map(|cool_down| cool_down.until).filter(|until| *until > now.at);
        match (exhausted, cool_down) {
            (Some(reset), until) if until.is_none_or(|until| until <= reset.at + refusals::LATE) => {
                Some(reset.stated)
            }
            (_, until) => until.map(|until| now.wall_at(until)),
        }
    }

    /// Takes note of the most calls that can still be made, this one included; absent where more may come.
    pub const fn expect(&mut self, work: Option<u64>) {
        self.work = work;
    }

    /// Time has passed that no clock of ours has seen, as when a laptop slept: nothing that was known still holds.
    pub fn look_again(&mut self, now: Moment) {
        self.quotas.doubt(now);
        self.cool_down = None;
        self.probe(now);
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
        let checks = [Self::check_health, Self::check_slots, Self::check_cool_down, Self::check_quotas];
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
        if let Some(at) = self.check_pace(now) {
            return Decision::WaitUntil(at, WaitReason::Pace);
        }
        match self.pace.as_mut().map(|pace| pace.check(now)) {
            Some(Err(at)) => Decision::WaitUntil(at, WaitReason::Rate),
            _ => Decision::Send,
        }
    }

    /// Takes note that a call leaves, and returns its number.
    pub fn sent(&mut self, now: Moment, credit: Credit) -> u64 {
        self.in_flight += 1;
        self.quotas.left(now);
        self.spreading.take();
        self.throttling.take();
        if self.probing_since.is_some() {
            self.probe_is_out = true;
        }
        if matches!(credit, Credit::Needed) {
            self.budget.reserve();
        }
        self.departures.push(now)
    }

    /// Takes note that the call of this number, which was to leave, did not: no server counts it. Its reservation is
    /// settled by the caller.
    pub fn not_sent(&mut self, number: u64) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.probe_is_out = false;
        self.departures.refused(number);
    }

    /// Returns what a reply to a call that left at `sent_at` means to those who know what came before it: a key that was
    /// let through and then refused for its haste has not lost its permission.
    pub fn judge(&mut self, reply: Reply, sent_at: Moment, now: Moment) -> Reply {
        match reply {
            Reply::Barred if self.refusals.may_be_a_ban(sent_at, now) => Reply::RateLimited,
            reply => reply,
        }
    }

    /// Takes note of the end of an attempt. `again_at` is when the call itself would be tried again.
    pub fn arrived(&mut self, now: Moment, arrival: &Arrival<'_>, again_at: Moment) {
        let in_flight = self.in_flight;
        self.in_flight = self.in_flight.saturating_sub(1);
        let of_this_probe = self.probing_since.is_some_and(|since| arrival.sent_at >= since);
        if of_this_probe {
            self.probe_is_out = false;
        }
        let is_refused = matches!(arrival.reply, Reply::RateLimited);
        let seen = Seen { number: arrival.number, sent_at: arrival.sent_at, now, counted: !is_refused };
        if is_refused {
            self.departures.refused(arrival.number);
        }
        if !matches!(arrival.reply, Reply::Temporary { .. }) || !arrival.report.quotas.is_empty() {
            self.quotas.told(&arrival.report.quotas, seen, &self.departures, of_this_probe);
        }
        match arrival.reply {
            Reply::RateLimited => {
                self.breaker.answered(now);
                self.refused(now, arrival);
            }
            Reply::Temporary { .. } => {
                self.breaker.failed(arrival.call, (arrival.sent_at, now), arrival.draw);
                self.limit.failed();
                self.fell_short(arrival, again_at);
            }
            _ => {
                self.breaker.answered(now);
                self.limit.answered(now - arrival.sent_at, in_flight);
                self.throttle.answered(now, arrival.sent_at);
                self.refusals.passed(arrival.sent_at);
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

    const fn probe(&mut self, now: Moment) {
        self.probing_since = Some(now);
        self.probe_is_out = false;
    }

    fn check_health(&mut self, now: Moment) -> Option<Decision> {
        match self.breaker.health(now) {
            Health::Up => None,
            Health::Probe if self.in_flight == 0 => None,
            Health::Probe => Some(Decision::Hold),
            Health::ProbeAt(at) => Some(Decision::WaitUntil(at, WaitReason::ApiDown)),
            Health::GivenUp => Some(Decision::Stop(StopReason::ApiUnavailable)),
        }
    }

    fn check_slots(&mut self, _now: Moment) -> Option<Decision> {
        let probe_is_out = self.probing_since.is_some() && self.probe_is_out;
        (probe_is_out || self.in_flight >= self.limit.current()).then_some(Decision::Hold)
    }

    fn check_cool_down(&mut self, now: Moment) -> Option<Decision> {
        let cool_down = self.cool_down.filter(|cool_down| now < cool_down.until)?;
        match cool_down.beyond_patience {
            Some(reason) if cool_down.until - now > self.wait => Some(self.stop_when_idle(reason)),
            _ => Some(Decision::WaitUntil(cool_down.until, cool_down.why)),
        }
    }

    fn check_quotas(&mut self, now: Moment) -> Option<Decision> {
        let ours = Outstanding { departures: &self.departures, in_flight: self.in_flight, wait: self.wait };
        match self.quotas.leave(now, ours) {
            Leave::Open => None,
            Leave::Look if self.in_flight > 0 => Some(Decision::Hold),
            Leave::Look => {
                self.probe(now);
                None
            }
            Leave::Closed(until) if until - now > self.wait => {
                Some(self.stop_when_idle(StopReason::RateLimit))
            }
            Leave::Closed(until) => Some(Decision::WaitUntil(until, WaitReason::Quota)),
        }
    }

    /// Returns when a call may leave by the paces that the server made necessary, if not now.
    fn check_pace(&mut self, now: Moment) -> Option<Moment> {
        let spread = self.spread().and_then(|speed| self.spreading.ask(now, speed).err());
        let throttled = self.throttle.speed(now).and_then(|speed| self.throttling.ask(now, speed).err());
        spread.max(throttled)
    }

    /// What is in flight may still tell that there is more.
    const fn stop_when_idle(&self, reason: StopReason) -> Decision {
        if self.in_flight > 0 { Decision::Hold } else { Decision::Stop(reason) }
    }

    /// A 429: nobody calls before the moment that the server names, else before its quota comes back, else for a short
    /// while. Refusals of calls that had left before the last one was known are the same refusal.
    fn refused(&mut self, now: Moment, arrival: &Arrival<'_>) {
        let exhausted = self.quotas.exhausted(now);
        if !self.refusals.refused(now, arrival.sent_at) {
            return;
        }
        self.quotas.refused();
        if exhausted.is_none() {
            self.throttle.refused(now);
        }
        let is_near = |reset: &Reset| reset.at - now <= WORST_SKEW.min(self.wait);
        let is_known = |reset: &Reset| !(reset.is_guess && is_near(reset));
        if let Some(at) = arrival.report.retry_at {
            self.quotas.back_by(at);
        }
        let stated = arrival.report.retry_at.or(exhausted.filter(is_known).map(|reset| reset.at));
        let round_trip = now - arrival.sent_at;
        let pause =
            self.refusals.pause(now, stated, self.throttle.first_pause(now, round_trip), arrival.draw);
        let out_of_patience = self.refusals.are_beyond(self.wait, now);
        let beyond_patience = (stated.is_some() || out_of_patience).then_some(StopReason::RateLimit);
        let until = if out_of_patience { pause.max(now + self.wait + Duration::from_secs(1)) } else { pause };
        self.cool(CoolDown { until, why: WaitReason::CoolDown, beyond_patience });
        // One refusal of a call that left at a careful pace is chance; a second one is not.
        if self.refusals.in_a_row() > 1 || stated.is_some() || self.throttle.speed(now).is_none() {
            self.probe(now);
        }
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
