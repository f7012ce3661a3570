//! What other runs on the same ledger are asking, and that this one is alive.
//!
//! A subject that another run has claimed is not asked: the ledger is looked at again until the answer is there, or the
//! claim is not. A run with claims of its own shows from time to time that it is alive, and what the API told last.

use std::time::Duration;

use super::{Effect, Run};
use crate::rules::call::{Call, Phase};
use crate::rules::event::WaitReason;
use crate::rules::time::Moment;
use crate::rules::verbs::{CallId, LEASE, Order};

/// The ledger is looked at again so often: about as long as an answer takes.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A run shows life so often at the least: three times before its claims are void.
const SHOWN_EVERY: Duration = Duration::from_secs(LEASE.as_secs() / 3);

/// While the API answers, what it tells is kept so often.
const KEPT_EVERY: Duration = Duration::from_secs(1);

/// Calls about subjects that other runs ask about.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    calls: Vec<CallId>,
    look_at: Option<Moment>,
}

impl Elsewhere {
    fn add(&mut self, call: CallId, now: Moment) {
        self.calls.push(call);
        self.look_at.get_or_insert(now + LOOK_EVERY);
    }

    /// Returns its calls; none is left.
    pub(super) fn take(&mut self) -> Vec<CallId> {
        self.look_at = None;
        std::mem::take(&mut self.calls)
    }
}

impl Run {
    /// Another run asks about the subject.
    pub(super) fn asked_elsewhere(&mut self, id: CallId) {
        self.take_back(id);
        let Some(call) = self.calls.get(id) else { return };
        if self.stop.is_some() {
            let subject = call.subject.clone();
            self.look_up(id, subject);
            return;
        }
        call.phase = Phase::AskedElsewhere;
        self.elsewhere.add(id, self.now.at);
    }

    /// The ledger did not record an intent, since more is known by now: the call does not leave. Returns whether it was
    /// about to.
    pub(super) fn take_back(&mut self, id: CallId) -> bool {
        let Some(call) = self.calls.get(id) else { return false };
        match call.phase {
            Phase::Recording => {
                self.gate.not_sent(call.number);
                self.gate.budget_mut().release();
                true
            }
            Phase::Arming => {
                self.arming = self.arming.saturating_sub(1);
                true
            }
            _ => false,
        }
    }

    /// Looks again at what other runs ask, and tells of it if nothing else is going on.
    pub(super) fn heed_other_runs(&mut self) {
        let Some(look_at) = self.elsewhere.look_at else { return };
        if look_at <= self.now.at {
            for id in self.elsewhere.take() {
                let Some(call) = self.calls.get(id) else { continue };
                call.phase = Phase::LookingUp;
                let subject = call.subject.clone();
                self.look_up(id, subject);
            }
            return;
        }
        let is_idle = self.wakes_at.is_none() && self.queue.is_empty() && !self.has_claims();
        self.wakes_at = Some(self.wakes_at.map_or(look_at, |wake| wake.min(look_at)));
        if is_idle {
            // Nobody knows when the other run is done; were it dead, its claims would be void by then.
            let is_told =
                self.waiting.filter(|(until, why)| *why == WaitReason::OtherRun && *until > self.now.at);
            let until = is_told.map_or(self.now.at + LEASE, |(until, _)| until);
            self.wait(until, WaitReason::OtherRun);
        }
    }

    /// Returns whether the ledger holds claims of this run.
    fn has_claims(&mut self) -> bool {
        let mut parked = self.due.iter().map(|(_, id)| id).chain(&self.suspects);
        self.gate.in_flight() > 0
            || self.arming + self.armed.len() > 0
            || parked.any(|id| self.calls.get(*id).is_some_and(|call| call.is_claimed()))
    }

    /// Nothing leaves for a long time: what waits is not kept from other runs. They have quotas and patience of their own.
    pub(super) fn let_claims_go(&mut self) {
        for id in self.due.iter().map(|(_, id)| id).chain(&self.suspects) {
            let order = self.calls.get(*id).and_then(Call::let_go);
            self.effects.extend(order.map(Effect::Ledger));
        }
        for id in std::mem::take(&mut self.armed).into_iter().rev() {
            let order = self.calls.get(id).map(Call::disarm);
            self.effects.extend(order.map(Effect::Ledger));
            self.queue.push_front(id);
        }
    }

    /// Shows that this run is alive, if it is time.
    pub(super) fn show_life(&mut self) {
        if !self.heard && !self.has_claims() {
            return;
        }
        let due = self.shown_life + if self.heard { KEPT_EVERY } else { SHOWN_EVERY };
        if due <= self.now.at {
            (self.shown_life, self.heard) = (self.now.at, false);
            self.effects.push(Effect::Ledger(Order::ShowLife { told: self.gate.told() }));
        }
        if self.has_claims() {
            let next = self.shown_life + SHOWN_EVERY;
            self.wakes_at = Some(self.wakes_at.map_or(next, |wake| wake.min(next)));
        }
    }
}
