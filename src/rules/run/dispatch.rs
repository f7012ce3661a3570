//! Which call goes next, and when: retries that are due before new calls, each through the gate.

use std::time::Duration;

use super::{Effect, Policy, Run};
use crate::rules::call::{Call, Phase};
use crate::rules::event::{CompanyOrigin, Event, WaitReason};
use crate::rules::gate::{Credit, Decision};
use crate::rules::signature::{ApiRequest, IdempotencyKey};
use crate::rules::time::{Moment, Now};
use crate::rules::verbs::{CallId, EntryId, LEASE, Order};

/// Shorter waits are not told: they are the pace, not a wait.
const TOLD_FROM: Duration = Duration::from_secs(1);

/// Nor are they told before they have lasted so long while answers may still come that end them.
const TOLD_AFTER: Duration = Duration::from_millis(300);

/// The run looks at the clocks this often: whoever waits for tomorrow may be a laptop that sleeps meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// So many intents are recorded ahead where calls are paced. If the machine dies they are open, although nothing was sent.
const ARMED_PACED: usize = 2;

/// So many times as many where calls wait for room, as there are in flight, or as left while the last were recorded: an
/// answer that comes at once takes a fraction of a commit.
const ARMED_TIMES: usize = 2;
/// No more than that, which lasts from one commit to the next.
const ARMED_MOST: usize = 256;

/// What a call waits in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Due,
    Armed,
    Queued,
    Suspects,
}

impl Line {
    const fn credit(self) -> Credit {
        match self {
            Self::Armed | Self::Queued => Credit::Needed,
            Self::Due | Self::Suspects => Credit::Held,
        }
    }
}

impl Run {
    /// Sends what may be sent, and notes when to look again.
    pub(super) fn dispatch(&mut self) {
        self.wakes_at = None;
        self.judge_a_lone_suspect();
        let work = self.rows_ended.then(|| u64::try_from(self.calls.len()).unwrap_or(u64::MAX));
        self.gate.expect(work);
        while self.stop.is_none() {
            let Some((id, line)) = self.candidate() else {
                self.arm_ahead();
                break;
            };
            match self.gate.decide(self.now.at, line.credit()) {
                Decision::Send => self.let_go(id, line),
                Decision::Hold => {
                    self.arm_ahead();
                    break;
                }
                Decision::Stop(reason) => self.stop(reason),
                Decision::WaitUntil(at, why) => {
                    self.wakes_at = Some(at);
                    self.wait(at, why);
                    if at - self.now.at > LEASE {
                        self.let_claims_go();
                    } else if matches!(why, WaitReason::Pace | WaitReason::Rate) {
                        self.arm(ARMED_PACED);
                    }
                    break;
                }
            }
        }
        self.heed_retries();
        self.heed_other_runs();
        self.show_life();
        self.tell_pace();
        self.wakes_at = self.wakes_at.map(|at| at.min(self.now.at + LONGEST_SLEEP));
    }

    /// Returns the call that goes next. Those that are out of retries go again only to see whether the API is back, and
    /// only if no other can: there is none, or its credit is set aside for them.
    fn candidate(&self) -> Option<(CallId, Line)> {
        let due = self.due.first().filter(|(at, _)| *at <= self.now.at).map(|(_, id)| (*id, Line::Due));
        let armed = || self.armed.front().map(|id| (*id, Line::Armed));
        // Nobody overtakes those whose intents are being recorded.
        let next = || self.queue.front().filter(|_| self.arming == 0).map(|id| (*id, Line::Queued));
        let queued = || armed().or_else(next);
        let suspect = || self.suspects.front().map(|id| (*id, Line::Suspects));
        if self.gate.is_booked_out() {
            return due.or_else(suspect).or_else(queued);
        }
        due.or_else(queued).or_else(|| suspect().filter(|_| self.arming == 0))
    }

    fn let_go(&mut self, id: CallId, line: Line) {
        match line {
            Line::Due => drop(self.due.pop_first()),
            Line::Armed => {
                self.armed.pop_front();
                self.left += 1;
            }
            Line::Queued => drop(self.queue.pop_front()),
            Line::Suspects => drop(self.suspects.pop_front()),
        }
        let number = self.gate.sent(self.now.at, line.credit());
        if let Some(call) = self.calls.get(id) {
            call.number = number;
        }
        self.held.left();
        self.resume();
        let wall = self.now.wall;
        // A wait for the quota can outlast a key.
        let is_current = |call: &mut Call| call.is_claimed() && !call.has_outlived_its_key(wall);
        match line {
            Line::Due | Line::Suspects if self.calls.get(id).is_some_and(is_current) => self.send(id, false),
            Line::Armed => self.send_recorded(id),
            _ => self.record(id),
        }
    }

    /// Records the intents of calls that wait for room, or for those before them.
    fn arm_ahead(&mut self) {
        let wanted = self.left_before.max(self.gate.in_flight() as usize);
        self.arm(ARMED_MOST.min(ARMED_TIMES * wanted));
    }

    /// Records the intents of the next calls while they wait for their turn, so that they leave on the moment, not when the
    /// ledger is done.
    fn arm(&mut self, most: usize) {
        while self.armed.len() + self.arming < most {
            let Some(id) = self.queue.pop_front() else { return };
            self.record(id);
            if let Some(call) = self.calls.get(id) {
                call.phase = Phase::Arming;
                self.arming += 1;
            }
        }
    }

    /// An armed call will not leave: its intent is taken back, unless an earlier run may have sent it.
    pub(super) fn disarm(&mut self, id: CallId) {
        let Some(call) = self.calls.get(id) else { return };
        let (entry, order) = (call.entry, call.disarm());
        if let Some(entry) = entry {
            self.meet(entry, CompanyOrigin::Pending);
        }
        self.effects.push(Effect::Ledger(order));
        self.close(id, None);
    }

    /// The last call of a run has no other to tell whether the API is down: its company has failed.
    fn judge_a_lone_suspect(&mut self) {
        if self.rows_ended
            && self.calls.len() == 1
            && let Some(id) = self.suspects.pop_front()
        {
            self.give_up(id);
        }
    }

    /// Orders the intent to be recorded; the request leaves once it is.
    fn record(&mut self, id: CallId) {
        let Some(call) = self.calls.get(id) else { return };
        let Policy { scope, wish, .. } = &self.policy;
        let key = IdempotencyKey::derive(scope, &call.subject, *wish, call.generation);
        let intent = call.record(key, self.now.wall);
        self.effects.push(Effect::Ledger(Order::Intend { call: id, intent }));
    }

    /// The intent is recorded: the request leaves, unless the run has stopped meanwhile or it is not its turn yet.
    pub(super) fn intended(&mut self, id: CallId, entry: EntryId) {
        let Some(call) = self.calls.get(id) else { return };
        call.claimed(entry);
        let number = call.number;
        if call.phase == Phase::Arming {
            call.phase = Phase::Armed;
            self.arming = self.arming.saturating_sub(1);
            if self.stop.is_some() {
                self.disarm(id);
            } else {
                self.armed.push_back(id);
            }
        } else if self.stop.is_some() {
            self.meet(entry, CompanyOrigin::Pending);
            self.gate.not_sent(number);
            self.drop_unsettled(id, false);
        } else {
            self.send_recorded(id);
        }
    }

    fn send_recorded(&mut self, id: CallId) {
        let Some(call) = self.calls.get(id) else { return };
        let uncertain = call.take_uncertainty();
        if let Some(entry) = call.entry {
            self.meet(entry, CompanyOrigin::Requested);
        }
        self.send(id, uncertain);
    }

    fn send(&mut self, id: CallId, uncertain: bool) {
        let (in_flight, concurrency) = (self.gate.in_flight(), self.gate.concurrency());
        let wish = self.policy.wish;
        let Some(call) = self.calls.get(id) else { return };
        call.send(self.now.at);
        let (subject, key) = (call.subject.clone(), call.key);
        let (attempt, asked) = (call.attempts, subject.shared());
        let told = Event::CallSent { subject: asked, attempt, in_flight, concurrency, uncertain };
        self.effects.push(Effect::Send(id, ApiRequest { subject, wish, key, attempt }));
        self.effects.push(Effect::Tell(told));
    }

    /// Wakes the run for the next retry, and tells of it if nothing else is going on.
    fn heed_retries(&mut self) {
        let Some((at, _)) = self.due.first().copied().filter(|(at, _)| *at > self.now.at) else { return };
        let is_idle = self.wakes_at.is_none() && self.queue.is_empty() && self.gate.in_flight() == 0;
        self.wakes_at = Some(self.wakes_at.map_or(at, |wake| wake.min(at)));
        if is_idle {
            self.wait(at, WaitReason::Retry);
        }
    }

    /// Calls go at their pace: what they waited for before is over, although the next one is not due yet.
    pub(super) fn wait(&mut self, until: Moment, why: WaitReason) {
        let began = self.held.begins(self.now.at, why);
        if why == WaitReason::Pace {
            self.resume();
        } else if until - began >= TOLD_FROM {
            let told_from = match why {
                WaitReason::OtherRun => began + TOLD_FROM,
                _ if self.gate.in_flight() > 0 => began + TOLD_AFTER,
                _ => began,
            };
            if told_from <= self.now.at {
                self.tell_wait(until, why);
            } else {
                self.wakes_at = self.wakes_at.map(|at| at.min(told_from));
            }
        }
    }

    fn resume(&mut self) {
        if self.waiting.take().is_some() {
            self.effects.push(Effect::Tell(Event::Resumed));
        }
    }

    fn tell_pace(&mut self) {
        let Now { at, .. } = self.now;
        if self.stop.is_none()
            && let Some(changed) = self.held.pace(at, self.gate.pace(at))
        {
            self.effects.push(Effect::Tell(changed));
        }
    }

    fn tell_wait(&mut self, until: Moment, why: WaitReason) {
        let is_told = |(told, reason): (Moment, WaitReason)| {
            reason == why && (until - told).max(told - until) < TOLD_FROM
        };
        if self.waiting.is_some_and(is_told) {
            return;
        }
        self.waiting = Some((until, why));
        let until = self.now.wall_at(until);
        self.effects.push(Effect::Tell(Event::Waiting { why, until }));
    }

    /// Puts a call back: it keeps its key and its place, and goes when the gate lets it.
    pub(super) fn park(&mut self, id: CallId, until: Moment) {
        if let Some(call) = self.calls.get(id) {
            call.phase = Phase::BackingOff(until);
            self.due.insert((until, id));
        }
    }
}
