//! The gate at exact moments, in milliseconds after the start of the run.

mod dialects;
mod limiters;
mod oracle;
mod refusals;

use super::*;
use crate::rules::credits::Allowance;
use crate::rules::limits::{LimitReport, QuotaReport, Reset};
use crate::rules::reply::Charge;
use crate::rules::verbs::CallId;

pub(super) fn at(ms: u64) -> Moment {
    Moment::after_start(Duration::from_millis(ms))
}

/// Ten calls at a time, five minutes of patience, nothing else.
pub(super) fn policy() -> GatePolicy {
    GatePolicy {
        allowance: Allowance::default(),
        concurrency: "10".parse().unwrap(),
        rate: None,
        wait: Duration::from_secs(300),
    }
}

/// The server's clock, which began with the run.
fn wall(ms: u64) -> Timestamp {
    Timestamp::UNIX_EPOCH + Duration::from_millis(ms)
}

pub(super) fn window(remaining: u64, resets_ms: u64) -> LimitReport {
    let reset = Some(Reset { at: at(resets_ms), stated: wall(resets_ms), is_guess: false });
    let quota = QuotaReport { limit: Some(100), remaining: Some(remaining), reset, window: None };
    LimitReport { quotas: vec![quota], retry_at: None }
}

pub(super) const SILENT: LimitReport = LimitReport { quotas: Vec::new(), retry_at: None };

pub(super) fn retry_at(ms: u64) -> LimitReport {
    LimitReport { retry_at: Some(at(ms)), ..SILENT }
}

pub(super) fn temporary() -> Reply {
    Reply::Temporary { reason: "500".into(), charge: Charge::Possible }
}

/// A gate and the moment it is in.
pub(super) struct Rig {
    pub(super) gate: Gate,
    pub(super) ms: u64,
    /// The calls that are out: when each left, and its number.
    out: Vec<(u64, u64)>,
    /// The number of the call that left last.
    pub(super) latest: u64,
}

impl Rig {
    pub(super) fn new(policy: GatePolicy) -> Self {
        Self { gate: Gate::new(policy), ms: 0, out: Vec::new(), latest: 0 }
    }

    /// A gate that has met one answer, at 100 ms.
    pub(super) fn opened(policy: GatePolicy, report: LimitReport) -> Self {
        let mut rig = Self::new(policy);
        assert_eq!(rig.send(), Decision::Send);
        rig.ms = 100;
        rig.arrive(0, &Reply::NoMatch, report);
        rig
    }

    /// Asks for a new call and lets it go if it may.
    pub(super) fn send(&mut self) -> Decision {
        self.send_with(Credit::Needed)
    }

    pub(super) fn send_with(&mut self, credit: Credit) -> Decision {
        let decision = self.gate.decide(at(self.ms), credit);
        if decision == Decision::Send {
            let number = self.gate.sent(at(self.ms), credit);
            self.out.push((self.ms, number));
            self.latest = number;
        }
        decision
    }

    /// Sends as many as may go, a hundred at the most.
    pub(super) fn send_all(&mut self) -> (usize, Decision) {
        let sent = (0..100).take_while(|_| self.send() == Decision::Send).count();
        (sent, self.gate.decide(at(self.ms), Credit::Needed))
    }

    /// Takes the answer to a call that left at `sent_ms`, with the longest of every backoff.
    #[expect(clippy::needless_pass_by_value, reason = "tests write reports where they use them")]
    pub(super) fn arrive(&mut self, sent_ms: u64, reply: &Reply, report: LimitReport) {
        self.arrive_of(0, sent_ms, reply, &report);
    }

    /// Takes the answer to one of the calls that left at `sent_ms`.
    pub(super) fn arrive_of(&mut self, call: u32, sent_ms: u64, reply: &Reply, report: &LimitReport) {
        let index = self.out.iter().position(|(sent, _)| *sent == sent_ms);
        let number = index.map_or(0, |index| self.out.remove(index).1);
        self.arrived(CallId(call), (number, sent_ms), reply, report);
    }

    pub(super) fn arrive_numbered(&mut self, number: u64, sent_ms: u64, reply: &Reply, report: &LimitReport) {
        self.arrived(CallId(0), (number, sent_ms), reply, report);
    }

    fn arrived(&mut self, call: CallId, (number, sent_ms): (u64, u64), reply: &Reply, report: &LimitReport) {
        let arrival = Arrival { call, number, sent_at: at(sent_ms), reply, report, draw: 1.0 };
        self.gate.arrived(at(self.ms), &arrival, at(self.ms + 250));
        if matches!(reply, Reply::NoMatch) {
            self.gate.budget_mut().release();
        }
    }
}

#[test]
fn the_first_call_goes_alone() {
    let mut rig = Rig::new(policy());
    assert_eq!(rig.send_all(), (1, Decision::Hold));
    rig.ms = 100;
    rig.arrive(0, &Reply::NoMatch, SILENT);
    assert_eq!(rig.send_all(), (10, Decision::Hold), "then as many as the concurrency allows");
}

/// A server can count each call for itself, or not at all.
#[test]
fn what_never_runs_down_paces_nobody() {
    let told = |remaining| {
        let quota =
            QuotaReport { limit: Some(1_000_000_000), remaining: Some(remaining), reset: None, window: None };
        LimitReport { quotas: vec![quota], retry_at: None }
    };
    let mut rig = Rig::opened(policy(), told(999_999_999));
    for ms in 101..60_000 {
        rig.ms = ms;
        assert_eq!(rig.send(), Decision::Send, "{ms}");
        rig.ms = ms + 1;
        rig.arrive(ms, &Reply::NoMatch, told(999_999_999));
    }
    assert_eq!(rig.gate.pace(at(rig.ms)), None);
}

#[test]
fn what_remains_is_shared_with_what_is_in_flight() {
    let mut rig = Rig::opened(policy(), window(5, 240_000));
    let quota = Decision::WaitUntil(at(240_000), WaitReason::Quota);
    assert_eq!(rig.send_all(), (5, quota));
    rig.ms = 200;
    rig.arrive(100, &Reply::NoMatch, window(4, 240_000));
    assert_eq!(rig.send_all(), (0, quota), "four remain and four are out");
    rig.arrive(100, &Reply::NoMatch, SILENT);
    assert_eq!(rig.send_all(), (1, quota), "an answer without headers gives its place back");
    rig.arrive(100, &Reply::NoMatch, window(1, 240_000));
    rig.arrive(100, &Reply::NoMatch, window(3, 240_000));
    assert_eq!(rig.gate.standing().unwrap().remaining, 1, "the lowest count holds, whatever comes late");
}

#[test]
fn at_the_reset_one_call_goes_and_sees() {
    let mut rig = Rig::opened(policy(), window(0, 240_000));
    for (ms, expected) in [
        (100, Decision::WaitUntil(at(240_000), WaitReason::Quota)),
        (239_999, Decision::WaitUntil(at(240_000), WaitReason::Quota)),
        (240_000, Decision::Send),
        (240_000, Decision::Hold),
        (240_500, Decision::Hold),
    ] {
        rig.ms = ms;
        assert_eq!(rig.send(), expected, "at {ms}");
    }
    rig.arrive(240_000, &Reply::NoMatch, window(3, 480_000));
    assert_eq!(rig.send_all(), (3, Decision::WaitUntil(at(480_000), WaitReason::Quota)));
}

#[test]
fn a_reset_beyond_the_users_patience_stops_the_run_once_nothing_is_out() {
    let mut rig = Rig::opened(policy(), window(1, 400_000));
    assert_eq!(rig.send_all(), (1, Decision::Hold), "what is out may tell that there is more");
    rig.ms = 200;
    rig.arrive(100, &Reply::NoMatch, window(0, 400_000));
    assert_eq!(rig.send(), Decision::Stop(StopReason::RateLimit));
    let now = Now { at: at(200), wall: wall(200) };
    assert_eq!(rig.gate.quota_back_at(now), Some(wall(400_000)));
    rig.ms = 100_000;
    assert_eq!(rig.send(), Decision::WaitUntil(at(400_000), WaitReason::Quota), "five minutes are borne");
}

#[test]
fn the_users_rate_and_concurrency_hold_beside_the_servers() {
    let rate = Some("2/s".parse().unwrap());
    let mut rig = Rig::opened(GatePolicy { rate, ..policy() }, window(50, 240_000));
    assert_eq!(rig.send(), Decision::WaitUntil(at(500), WaitReason::Rate));
    rig.ms = 500;
    assert_eq!(rig.send(), Decision::Send);
    assert_eq!(rig.send(), Decision::WaitUntil(at(1_000), WaitReason::Rate));
    let mut rig =
        Rig::opened(GatePolicy { concurrency: "2".parse().unwrap(), ..policy() }, window(50, 240_000));
    assert_eq!(rig.send_all(), (2, Decision::Hold));
}

#[test]
fn credits_are_held_for_calls_that_have_one() {
    let allowance = Allowance { max: Some(2), keep: 0 };
    let mut rig = Rig::opened(GatePolicy { allowance, ..policy() }, SILENT);
    assert_eq!(rig.send_all(), (2, Decision::Hold));
    assert!(rig.gate.is_booked_out());
    rig.gate.budget_mut().pay(None);
    rig.gate.budget_mut().pay(None);
    assert_eq!(rig.send(), Decision::Stop(StopReason::CreditLimit));
    assert_eq!(rig.send_with(Credit::Held), Decision::Send, "a retry has its credit already");
}

#[test]
fn a_balance_is_kept() {
    let allowance = Allowance { max: None, keep: 10 };
    let mut rig = Rig::new(GatePolicy { allowance, ..policy() });
    assert_eq!(rig.send_all(), (1, Decision::Hold), "nobody has told the balance");
    rig.ms = 100;
    rig.gate.budget_mut().pay(Some(13));
    rig.arrive(0, &Reply::NotFound, SILENT);
    assert_eq!(rig.send_all(), (3, Decision::Hold));
}

#[test]
fn an_api_that_went_away_is_probed_by_one_call_at_a_time() {
    let mut rig = Rig::opened(policy(), SILENT);
    assert_eq!(rig.send_all().0, 10);
    rig.ms = 200;
    for call in 0..10 {
        rig.arrive_of(call, 100, &temporary(), &SILENT);
    }
    // Down since the eighth failure; the two after it had left before.
    let down = |ms| Decision::WaitUntil(at(ms), WaitReason::ApiDown);
    assert_eq!(rig.send(), down(1_200));
    rig.ms = 1_200;
    assert_eq!(rig.send_all(), (1, Decision::Hold));
    rig.ms = 2_000;
    rig.arrive(1_200, &temporary(), SILENT);
    assert_eq!(rig.send(), down(4_000));
    rig.ms = 300_200;
    assert_eq!(rig.send(), Decision::Stop(StopReason::ApiUnavailable), "for as long as the user waits");
}

#[test]
fn an_api_that_comes_back_is_asked_as_before() {
    let mut rig = Rig::opened(policy(), SILENT);
    rig.send_all();
    rig.ms = 200;
    for call in 0..10 {
        rig.arrive_of(call, 100, &temporary(), &SILENT);
    }
    rig.ms = 5_000;
    assert_eq!(rig.send(), Decision::Send);
    rig.arrive(5_000, &Reply::NoMatch, SILENT);
    assert_eq!(rig.send_all().1, Decision::Hold);
    assert!(rig.gate.in_flight() > 1);
}

#[test]
fn one_bad_company_is_no_outage() {
    let mut rig = Rig::opened(policy(), SILENT);
    for n in 0..20 {
        rig.ms = 1_000 * (n + 1);
        assert_eq!(rig.send(), Decision::Send);
        rig.arrive_of(7, rig.ms, &temporary(), &SILENT);
    }
    assert_eq!(rig.send(), Decision::Send);
}
