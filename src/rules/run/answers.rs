//! What answers make of calls: the ledger's and the API's.

use std::sync::Arc;

use super::{Effect, Run};
use crate::rules::call::{Phase, Turn};
use crate::rules::event::{CompanyOrigin, Event, StopReason};
use crate::rules::gate::{Arrival, Standing};
use crate::rules::limits::{LimitReport, Reading};
use crate::rules::outcome::{Outcome, Verdict};
use crate::rules::redact::redact;
use crate::rules::reply::{Attempt, Reply, classify};
use crate::rules::retry::AFTER_FAILURE;
use crate::rules::time::{Moment, Now, to_the_millisecond};
use crate::rules::verbs::{Answer, CallId, EntryId, Next, Order};

impl Run {
    pub(super) fn take_ledger_answer(&mut self, answer: Answer) {
        match answer {
            Answer::Known { call, entry, outcome } => {
                self.take_back(call);
                self.meet(entry, CompanyOrigin::FromLedger);
                self.close(call, Some(&outcome));
            }
            Answer::Unknown { call, generation, open_since, entry, first_met } => {
                let goes_first = self.take_back(call);
                if self.stop.is_some() {
                    self.pass_over(call, entry, first_met);
                } else if let Some(open) = self.calls.get(call) {
                    open.found_unknown(generation, open_since);
                    if goes_first {
                        self.queue.push_front(call);
                    } else {
                        self.queue.push_back(call);
                    }
                }
            }
            Answer::AskedElsewhere { call } => self.asked_elsewhere(call),
            Answer::Intended { call, entry } => self.intended(call, entry),
            Answer::Settled { call } => self.settled(call),
        }
    }

    /// The run has stopped and the ledger knows no answer. A look-up that was under way at the stop is asked again, so
    /// that the ledger counts the company once.
    fn pass_over(&mut self, id: CallId, entry: Option<EntryId>, first_met: Option<bool>) {
        match (entry, first_met) {
            (Some(entry), _) => self.meet(entry, CompanyOrigin::Pending),
            (None, Some(true)) => {
                self.effects.push(Effect::Tell(Event::CompanySeen { origin: CompanyOrigin::Pending }));
            }
            (None, Some(false)) => {}
            (None, None) => {
                let Some(call) = self.calls.get(id) else { return };
                let subject = call.subject.clone();
                self.look_up(id, subject);
                return;
            }
        }
        self.close(id, None);
    }

    /// The outcome is recorded: now it is told, and the rows have it.
    fn settled(&mut self, id: CallId) {
        let Some(call) = self.calls.get(id) else { return };
        let Phase::Settling(outcome) = &call.phase else { return };
        let outcome = Arc::clone(outcome);
        let told = Event::CallSettled { subject: call.subject.shared(), status: outcome.verdict.status() };
        self.effects.push(Effect::Tell(told));
        self.close(id, Some(&outcome));
    }

    pub(super) fn take_arrival(&mut self, id: CallId, attempt: &Attempt) {
        let draw = self.draw();
        let now = self.now;
        let Some(call) = self.calls.get(id) else { return };
        if call.phase != Phase::InFlight {
            return;
        }
        let reply = self.gate.judge(classify(attempt, &call.subject), call.sent_at, now.at);
        let (sent_at, number) = (call.sent_at, call.number);
        let facts = Facts::of(attempt, &mut self.reading, sent_at, now);
        self.effects.push(Effect::Tell(Event::CallAnswered {
            subject: call.subject.shared(),
            attempt: call.attempts,
            status: facts.status,
            reply: reply.kind(),
            latency_ms: (now.at - sent_at).as_secs_f64() * 1000.0,
            request_id: facts.request_id.as_deref().map(Arc::from),
            credits_remaining: reply.credits_remaining(),
        }));
        for remark in self.reading.take_remarks() {
            self.effects.push(Effect::Tell(Event::HeaderDoubted { remark: remark.to_string().into() }));
        }
        let again_at = AFTER_FAILURE.again_at(now.at, call.failures() + 1, draw);
        let arrival = Arrival { call: id, number, sent_at, reply: &reply, report: &facts.report, draw };
        let was_down = self.gate.breaker().is_open();
        self.gate.arrived(now.at, &arrival, again_at);
        self.tell_window();
        self.take_reply(id, reply, Context { facts, again_at, was_down });
        self.heard = true;
        if was_down && !self.gate.breaker().is_open() {
            self.acquit_suspects();
        }
    }

    fn take_reply(&mut self, id: CallId, reply: Reply, context: Context) {
        let retries = self.policy.retries;
        match &reply {
            Reply::Enriched { credits_remaining, .. } => self.gate.budget_mut().pay(*credits_remaining),
            Reply::Temporary { reason, .. } => self.last_failure = Some(reason.clone()),
            _ => {}
        }
        let Some(call) = self.calls.get(id) else { return };
        match call.answered(reply, retries, !context.was_down) {
            Turn::Settle(verdict, next) => self.settle(id, verdict, next, context.facts.request_id),
            Turn::Halt(reason) => {
                self.stop(reason);
                // Who asks is checked before what was asked: only a 402 says that nothing was charged before.
                self.drop_unsettled(id, reason == StopReason::InsufficientCredits);
            }
            _ if self.stop.is_some() => self.drop_unsettled(id, false),
            Turn::Again => self.park(id, self.now.at),
            Turn::Retry { reason } => self.retry(id, reason, context.again_at),
            Turn::Exhausted { reason } => self.exhausted(id, reason),
        }
    }

    fn retry(&mut self, id: CallId, reason: Box<str>, at: Moment) {
        let until = self.now.wall_at(at);
        if let Some(call) = self.calls.get(id) {
            let subject = call.subject.shared();
            self.effects.push(Effect::Tell(Event::CallDeferred { subject, reason, until }));
        }
        self.park(id, at);
    }

    /// A call is out of retries. If the API has answered others meanwhile, the call has failed. If nothing was answered
    /// since, the API may be down: another call must tell, if there is another.
    fn exhausted(&mut self, id: CallId, reason: Box<str>) {
        if !self.gate.breaker().has_answered() {
            self.stop(StopReason::ApiUnavailable);
            self.drop_unsettled(id, false);
            return;
        }
        let Some(call) = self.calls.get(id) else { return };
        let failing_since = call.failing_since.unwrap_or(call.sent_at);
        call.last_failure = Some(reason);
        let has_witness = self.calls.len() > 1 || !self.rows_ended;
        if self.gate.breaker().answered_since(failing_since) || !has_witness {
            self.give_up(id);
            return;
        }
        let draw = self.draw();
        self.gate.suspect_outage(self.now.at, draw);
        if let Some(call) = self.calls.get(id) {
            call.phase = Phase::Suspect;
            self.suspects.push_back(id);
        }
    }

    /// The API answers again: what used up its tries while it was down has them back.
    fn acquit_suspects(&mut self) {
        for id in std::mem::take(&mut self.suspects) {
            if let Some(call) = self.calls.get(id) {
                call.acquit();
            }
            self.park(id, self.now.at);
        }
    }

    pub(super) fn give_up(&mut self, id: CallId) {
        let Some(call) = self.calls.get(id) else { return };
        let (verdict, next) = call.give_up();
        self.settle(id, verdict, next, None);
    }

    /// Orders an outcome to be recorded, and settles the credit that was set aside, unless it was paid already.
    fn settle(&mut self, id: CallId, verdict: Verdict, next: Next, request_id: Option<Box<str>>) {
        // A wall clock that was set back must not make an answer of this run look older than the run.
        let answered_at = to_the_millisecond(self.now.wall.max(self.started));
        let Some(call) = self.calls.get(id) else { return };
        match (&verdict, next) {
            (Verdict::Enriched(_), _) => {}
            (_, Next::SameKey) => self.gate.budget_mut().doubt(),
            (_, Next::Fresh(_)) => self.gate.budget_mut().release(),
        }
        let outcome = Arc::new(Outcome { verdict, answered_at, request_id });
        call.phase = Phase::Settling(Arc::clone(&outcome));
        let subject = call.subject.clone();
        self.effects.push(Effect::Ledger(Order::Settle { call: id, subject, outcome, next }));
    }

    /// Lets a call go without an outcome; its rows are `pending`. The key is left behind if nothing can have been charged
    /// under it. `remembered` tells whether the server may remember an answer under it.
    pub(super) fn drop_unsettled(&mut self, id: CallId, remembered: bool) {
        let Some(call) = self.calls.get(id) else { return };
        let subject = call.subject.clone();
        if let Some(generation) = call.withdrawn(remembered) {
            self.gate.budget_mut().release();
            self.effects.push(Effect::Ledger(Order::Withdraw { subject, generation }));
        } else {
            self.gate.budget_mut().doubt();
            self.effects.push(Effect::Ledger(Order::Release { subject }));
        }
        self.close(id, None);
    }

    fn tell_window(&mut self) {
        let standing = self.gate.standing();
        if standing == self.told_standing {
            return;
        }
        self.told_standing = standing;
        if let Some(Standing { limit, remaining, resets_at, window }) = standing {
            let window_s = window.map(|window| window.as_secs()).filter(|secs| *secs > 0);
            self.effects.push(Effect::Tell(Event::WindowChanged { limit, remaining, resets_at, window_s }));
        }
    }
}

/// What an attempt's end says besides its meaning.
struct Facts {
    status: Option<u16>,
    request_id: Option<Box<str>>,
    report: LimitReport,
}

/// What an attempt's end is taken with.
struct Context {
    facts: Facts,
    again_at: Moment,
    was_down: bool,
}

/// The longest request id that is kept, in characters; those in use are UUIDs.
const REQUEST_ID_MAX: usize = 200;

/// Returns an id as it is kept. It is the server's text: a careless one may send the key back in it.
fn shown_id(id: &str) -> Box<str> {
    let end = id.char_indices().nth(REQUEST_ID_MAX).map_or(id.len(), |(end, _)| end);
    redact(id.get(..end).unwrap_or_default()).into()
}

impl Facts {
    fn of(attempt: &Attempt, reading: &mut Reading, sent_at: Moment, now: Now) -> Self {
        match attempt {
            Attempt::Answered { status, headers, .. } => {
                let request_id = headers.get("x-request-id").and_then(|value| value.to_str().ok());
                Self {
                    status: Some(*status),
                    request_id: request_id.map(shown_id),
                    report: reading.read(headers, sent_at, now),
                }
            }
            Attempt::Lost { .. } => Self { status: None, request_id: None, report: LimitReport::default() },
        }
    }
}
