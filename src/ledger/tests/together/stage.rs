//! Several runs on one ledger file and one API, stepped in a drawn order: who goes next, when its orders are committed, when
//! requests reach the API and answers come back, who dies, stands still and begins again.
//!
//! The order is drawn, but nobody is left behind for long: time does not go by while a run has something to do that is
//! due. Who stands still does so by plan.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::SignedDuration;

use super::super::*;
use super::going::{Going, Happening, Ran, Turn, Way};
use crate::rules::reply::Attempt;
use crate::rules::run::tests::model::{Fault, ToyApi};
use crate::rules::run::tests::world::Cut;
use crate::rules::run::{Input, RowAsk};
use crate::rules::signature::ApiRequest;

/// More steps than the runs of any case need.
const STEPS_MAX: u32 = 30_000;

/// What is due waits for others no longer than this.
const PATIENCE: SignedDuration = SignedDuration::from_secs(3);

/// A request does not linger longer on its way.
const STRAYS_KEPT: SignedDuration = SignedDuration::from_hours(1);

/// The runs of one input, one after the other.
#[derive(Debug)]
struct Seat {
    asks: Vec<RowAsk>,
    turns: VecDeque<Turn>,
    begins_at: Timestamp,
    going: Option<Going>,
}

/// What happens to all runs alike, after so many steps.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outside {
    pub(super) power_fails_at: Option<u32>,
    /// Somebody buys credits.
    pub(super) tops_up_at: Option<u32>,
}

#[derive(Debug)]
pub(super) struct Stage {
    folder: tempfile::TempDir,
    pub(super) api: ToyApi,
    pub(super) now: Timestamp,
    chance: fastrand::Rng,
    seats: Vec<Seat>,
    /// Requests of runs that are gone.
    strays: Vec<ApiRequest>,
    /// When each subject was charged.
    pub(super) charges: Vec<(Subject, Timestamp)>,
    /// The ledger's files after some of the commits, and whether such are kept.
    copies: Vec<[Option<Vec<u8>>; 2]>,
    outside: Outside,
    pub(super) anybody_stood_still: bool,
    ran: Vec<Ran>,
}

impl Stage {
    pub(super) fn new(seed: u64, api: ToyApi) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            api,
            now: second(0),
            chance: fastrand::Rng::with_seed(seed),
            seats: Vec::new(),
            strays: Vec::new(),
            charges: Vec::new(),
            copies: Vec::new(),
            outside: Outside::default(),
            anybody_stood_still: false,
            ran: Vec::new(),
        }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    /// Lets runs play together, until all of them are over; returns those that were not killed.
    pub(super) fn play(&mut self, inputs: &[(Vec<RowAsk>, Vec<Turn>)], outside: Outside) -> Vec<Ran> {
        let seat = |(asks, turns): &(Vec<RowAsk>, Vec<Turn>)| Seat {
            asks: asks.clone(),
            begins_at: self.now + turns[0].after,
            turns: turns.iter().cloned().collect(),
            going: None,
        };
        self.seats = inputs.iter().map(seat).collect();
        self.outside = outside;
        for step in 0.. {
            assert!(step < STEPS_MAX, "the runs go round in circles");
            if self.outside.power_fails_at == Some(step) {
                self.lose_power();
            }
            if self.outside.tops_up_at == Some(step) {
                self.api.balance += 3;
            }
            let Some(next) = self.next() else { break };
            self.happen(next);
        }
        self.strays.clear();
        std::mem::take(&mut self.ran)
    }

    /// Draws what happens next; what was due for long comes first.
    fn next(&mut self) -> Option<Happening> {
        let mut can_happen: Vec<(Happening, Timestamp)> = Vec::new();
        let mut later = Vec::new();
        for (number, seat) in self.seats.iter().enumerate() {
            if let Some(going) = &seat.going {
                going.add_to(number, self.now, &mut can_happen, &mut later);
            } else if !seat.turns.is_empty() && seat.begins_at <= self.now {
                can_happen.push((Happening::Begin(number), self.now));
            } else if !seat.turns.is_empty() {
                later.push(seat.begins_at);
            }
        }
        if can_happen.is_empty() && later.is_empty() {
            let is_over = self.seats.iter().all(|seat| seat.going.is_none());
            assert!(is_over, "a run is stuck: {:#?}", self.seats);
            return None;
        }
        let overdue = can_happen.iter().filter(|(_, since)| self.now.duration_since(*since) > PATIENCE);
        if let Some((happening, _)) = overdue.min_by_key(|(_, since)| *since) {
            return Some(*happening);
        }
        can_happen.extend((0..self.strays.len()).map(|stray| (Happening::Stray(stray), self.now)));
        if let Some(at) = later.into_iter().min() {
            // Nothing is left behind but what is out, and whoever waits for that wakes to show life.
            let most = if can_happen.is_empty() { at } else { at.min(self.now + Duration::from_secs(2)) };
            can_happen.push((Happening::Pass(most), self.now));
        }
        self.chance.choice(can_happen).map(|(happening, _)| happening)
    }

    fn happen(&mut self, happening: Happening) {
        let seat = match happening {
            Happening::Begin(seat) => return self.begin(seat),
            Happening::Pass(until) => return self.pass(until),
            Happening::Stray(stray) => {
                let request = self.strays.swap_remove(stray);
                return drop(self.reach(&request, None));
            }
            Happening::Rows(seat) => {
                let most = self.chance.usize(1..6);
                let Some(going) = &mut self.seats[seat].going else { return };
                let batch: Vec<_> = going.unread.drain(..most.min(going.unread.len())).collect();
                going.rows_ended = batch.is_empty();
                self.step(seat, if batch.is_empty() { Input::RowsEnded } else { Input::Rows(batch) });
                seat
            }
            Happening::Commit(seat) => {
                self.now += Duration::from_millis(self.chance.u64(1..5));
                let Some(going) = &mut self.seats[seat].going else { return };
                let orders = std::mem::take(&mut going.orders);
                going.committed = Some(going.ledger.commit(&orders, self.now).unwrap());
                going.due_since = self.now;
                self.copy_ledger(outlasts(&orders));
                seat
            }
            Happening::Committed(seat) => {
                let Some(going) = &mut self.seats[seat].going else { return };
                let answers = going.committed.take().unwrap_or_default();
                going.due_since = self.now;
                self.step(seat, Input::Ledger(answers));
                seat
            }
            Happening::Reach(seat, which) => {
                self.arrive_there(seat, which);
                seat
            }
            Happening::Arrive(seat, which) => {
                self.now += Duration::from_millis(self.chance.u64(1..300));
                let Some(going) = &mut self.seats[seat].going else { return };
                if let (call, Way::Back(_, attempt, _)) = going.out.swap_remove(which) {
                    self.step(seat, Input::Arrived(call, attempt));
                }
                seat
            }
            Happening::Wake(seat) => {
                self.step(seat, Input::Woken);
                seat
            }
        };
        self.look_after(seat);
    }

    fn pass(&mut self, until: Timestamp) {
        if until.duration_since(self.now) > STRAYS_KEPT {
            self.strays.clear();
        }
        self.now = until.max(self.now);
    }

    fn begin(&mut self, seat: usize) {
        let path = self.path();
        let seat = &mut self.seats[seat];
        if let Some(turn) = seat.turns.pop_front() {
            seat.going = Some(Going::begin(&turn, seat.asks.clone(), &path, self.now));
        }
    }

    fn step(&mut self, seat: usize, input: Input) {
        let Some(going) = &mut self.seats[seat].going else { return };
        for request in going.step(input, self.now) {
            self.check_sent(seat, &request);
        }
    }

    /// What is sent is recorded, and nobody else has the subject in flight. Who stands still can lose its claim and not know
    /// it.
    fn check_sent(&self, seat: usize, request: &ApiRequest) {
        let Some(mine) = &self.seats[seat].going else { return };
        if self.anybody_stood_still {
            return;
        }
        let recorded = mine.open_key(&request.subject);
        assert_eq!(recorded, Some(request.key.to_string()), "it is recorded before it leaves");
        let others = self.seats.iter().enumerate().filter(|(number, _)| *number != seat);
        for other in others.filter_map(|(_, other)| other.going.as_ref()) {
            let asks_too = other.out.iter().any(|(_, way)| *way.subject() == request.subject);
            assert!(!asks_too, "{} is asked twice at once", request.subject);
        }
    }

    fn arrive_there(&mut self, seat: usize, which: usize) {
        let Some(going) = &mut self.seats[seat].going else { return };
        let Some((call, Way::There(request))) = going.out.get(which) else { return };
        let (call, request) = (*call, request.clone());
        let nth = going.attempts.entry(request.subject.clone()).or_default();
        *nth += 1;
        let fault = going.plan.faults.strike(request.subject.text(), *nth, Some(&mut self.chance));
        let attempt = self.reach(&request, fault);
        if let Some(going) = &mut self.seats[seat].going {
            // Some answers take long.
            let long = SignedDuration::from_secs(if self.chance.u8(..40) == 0 { 90 } else { 0 });
            going.out[which] = (call, Way::Back(request.subject, attempt, self.now + long));
        }
    }

    /// A request reaches the API.
    fn reach(&mut self, request: &ApiRequest, fault: Option<Fault>) -> Attempt {
        let charged = |api: &ToyApi| api.charges.get(&request.subject).copied();
        let before = charged(&self.api);
        let attempt = self.api.take(request, fault, self.now);
        if charged(&self.api) != before {
            self.charges.push((request.subject.clone(), self.now));
        }
        attempt
    }

    /// A run whose time has come is stopped, is killed, or stands still; one that is done ends.
    fn look_after(&mut self, seat: usize) {
        let Some(going) = &mut self.seats[seat].going else { return };
        going.steps += 1;
        let steps = going.steps;
        if let Some((after, long)) = going.stands_still
            && after == steps
        {
            going.still_until = self.now + long;
            self.anybody_stood_still = true;
        }
        match going.plan.cut {
            Cut::Stopped(after) if after == steps => self.step(seat, Input::Stop(StopReason::Interrupted)),
            Cut::Abandoned(after) if after == steps => {
                self.abandon(seat);
                self.step(seat, Input::Abandoned);
            }
            Cut::Killed(after, _) if after == steps => return self.kill(seat),
            _ => {}
        }
        let Some(going) = &self.seats[seat].going else { return };
        if going.run.is_finished() && going.orders.is_empty() && going.committed.is_none() {
            self.end(seat);
        }
    }

    /// What is on its way may still get there, or not.
    fn abandon(&mut self, seat: usize) {
        let Some(going) = &mut self.seats[seat].going else { return };
        for (_, way) in going.out.drain(..) {
            if let Way::There(request) = way
                && self.chance.bool()
            {
                self.strays.push(request);
            }
        }
    }

    fn kill(&mut self, seat: usize) {
        self.abandon(seat);
        if let Some(going) = self.seats[seat].going.take() {
            super::super::kill(going.ledger);
        }
        self.wait_for_turn(seat);
    }

    fn end(&mut self, seat: usize) {
        let Some(mut going) = self.seats[seat].going.take() else { return };
        assert_eq!(going.ran.rows.len(), self.seats[seat].asks.len(), "every row is resolved");
        assert!(going.out.is_empty(), "what is out is awaited");
        going.ran.stopped = going.run.stopped();
        assert!(self.anybody_stood_still || !going.has_claims(), "a run that has ended asks nothing");
        let ending = Ending { rows_enriched: 0, stopped: going.ran.stopped, told: going.run.told() };
        going.ledger.end(&ending, self.now).unwrap();
        self.ran.push(going.ran);
        self.wait_for_turn(seat);
    }

    fn wait_for_turn(&mut self, seat: usize) {
        let seat = &mut self.seats[seat];
        seat.begins_at = self.now + seat.turns.front().map_or(SignedDuration::ZERO, |turn| turn.after);
    }

    fn files(&self) -> [PathBuf; 2] {
        ["ledger.db", "ledger.db-wal"].map(|name| self.folder.path().join(name))
    }

    /// Keeps the ledger as it is after some of the commits, if its power will fail; what comes before a commit that outlasts
    /// it is never met again.
    fn copy_ledger(&mut self, outlasts: bool) {
        if self.outside.power_fails_at.is_none() {
            return;
        }
        if outlasts {
            self.copies.clear();
        }
        if outlasts || self.chance.u8(..3) == 0 {
            self.copies.push(self.files().map(|file| std::fs::read(file).ok()));
        }
    }

    /// The power fails: all runs are dead, and the ledger is what it was after an earlier commit.
    fn lose_power(&mut self) {
        for seat in 0..self.seats.len() {
            if self.seats[seat].going.is_some() {
                self.kill(seat);
            }
        }
        // What is on its way gets there before the machine is up again, or never.
        for request in std::mem::take(&mut self.strays) {
            self.reach(&request, None);
        }
        let copies = std::mem::take(&mut self.copies);
        let Some(copy) = self.chance.choice(&copies) else { return };
        let _ = std::fs::remove_file(self.folder.path().join("ledger.db-shm"));
        for (file, content) in self.files().iter().zip(copy) {
            let _ = std::fs::remove_file(file);
            if let Some(content) = content {
                std::fs::write(file, content).unwrap();
            }
        }
    }
}
