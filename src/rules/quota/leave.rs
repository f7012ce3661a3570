//! May a call leave now, by what remains of a quota, and when does more come back?

use std::time::Duration;

use super::supply::Kind;
use super::{AGREE, Departures, Quota, ROUNDED_BY, SPREAD_UP_TO, WORST_SKEW, precise, within};
use crate::rules::time::Moment;

/// A window that is expected by its rhythm is looked for this much later: an answer's way differs a little each time.
pub(super) const RHYTHM_SLACK: Duration = Duration::from_millis(15);

/// Of what is expected to have trickled in since the latest answer, this much is counted on.
const COUNTED_ON: f64 = 0.9;

/// Of the calls that others are expected to take while ours are on their way, this much is left to them.
const LEFT_TO_OTHERS: f64 = 0.8;

/// A window that must have opened is believed in for so many round trips: by then an answer has told.
const BELIEVED_FOR: f64 = 3.0;

/// What the gate knows of its own calls.
#[derive(Clone, Copy, Debug)]
pub struct Outstanding<'a> {
    /// Calls that have left.
    pub departures: &'a Departures,
    /// Those that were not answered yet.
    pub in_flight: u32,
    /// The longest pause that the user allows.
    pub wait: Duration,
}

/// Whether a quota lets a call leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// It does.
    Open,
    /// Not before this moment.
    Closed(Moment),
    /// Nobody knows any more: one call may go alone and see.
    Look,
}

impl Quota {
    /// Returns whether a call may leave now. Where one has to stay, [`Quota::held_up`] is to be told.
    pub fn leave(&self, now: Moment, ours: Outstanding<'_>) -> Leave {
        if self.room(now, ours) >= 1.0 {
            return Leave::Open;
        }
        let until = self.opens_at(now, ours);
        if until > now { Leave::Closed(until) } else { Leave::Look }
    }

    /// Takes note that a call was ready to leave and had to stay.
    pub const fn held_up(&mut self, now: Moment) {
        if self.held_up_since.is_none() {
            self.held_up_since = Some(now);
        }
    }

    /// Takes note that a call has left.
    pub fn left(&mut self, now: Moment) {
        if let Some(since) = self.held_up_since.take() {
            self.steer.held_up(now - since);
            self.was_held_up = true;
        }
    }

    /// Takes note of a look that found nothing.
    pub const fn looked(&mut self) {
        self.looks = self.looks.saturating_add(1);
        self.late = ROUNDED_BY;
    }

    /// Returns the calls that may leave: what is left, less what is out and what others may take meanwhile.
    fn room(&self, now: Moment, ours: Outstanding<'_>) -> f64 {
        let others = self.steer.others_take() * self.round_trip * LEFT_TO_OTHERS;
        if self.steer.kind() == Kind::Trickle {
            let since = (now - self.latest.sent_at).as_secs_f64();
            let back = (self.steer.comes_back() * since * COUNTED_ON).min(self.most);
            let used = precise(ours.departures.count().saturating_sub(self.latest.number));
            self.latest.remaining + back - used - others
        } else {
            let left = if self.has_opened(now) { self.allows() } else { self.floor.remaining };
            left - f64::from(ours.in_flight) - others.round()
        }
    }

    /// Returns whether a new window must have opened that no answer has told of yet. Had the old one been used up, one
    /// call would have to go and see.
    fn has_opened(&self, now: Moment) -> bool {
        let lately = |at: Moment| {
            now >= at
                && self.floor.sent_at < at
                && now - at < Duration::from_secs_f64(self.round_trip * BELIEVED_FOR)
        };
        self.floor.remaining >= 1.0 && self.steer.others_take() <= 0.0 && self.by_rhythm().is_some_and(lately)
    }

    /// Returns when calls are left again.
    fn opens_at(&self, now: Moment, ours: Outstanding<'_>) -> Moment {
        let rate = self.steer.comes_back() * COUNTED_ON;
        if self.steer.kind() == Kind::Trickle && rate > 0.0 && self.looks == 0 {
            let missing = 1.0 - self.room(now, ours);
            return now + Duration::from_secs_f64((missing / rate).clamp(1e-3, 60.0));
        }
        let pause = self.told_at + self.look_again_after();
        match (self.by_rhythm(), self.reset) {
            _ if self.looks > 0 => self.reset.map_or(pause, |reset| pause.min(reset.at.max(self.told_at))),
            // Windows that were slept through would make a rhythm of their own.
            (Some(at), Some(reset)) if within(at, reset.at, AGREE) => {
                at.min(reset.at + self.late) + RHYTHM_SLACK
            }
            (_, Some(reset)) if reset.is_guess && reset.at - self.told_at <= WORST_SKEW.min(ours.wait) => {
                pause.min(reset.at)
            }
            (_, Some(reset)) => reset.at + self.late,
            (Some(at), None) => at + RHYTHM_SLACK,
            (None, None) => pause,
        }
    }

    /// Returns when the next window opens, by those that did.
    fn by_rhythm(&self) -> Option<Moment> {
        if self.steer.kind() != Kind::Step {
            return None;
        }
        let at = self.opened_at? + self.rhythm.beat()?;
        let stated = self.reset.filter(|_| !self.opens_early).map(|reset| reset.at);
        Some(stated.map_or(at, |stated| at.max(stated)))
    }

    /// How long to leave a quota alone of which nobody knows when it comes back.
    fn look_again_after(&self) -> Duration {
        let base = self.steer.lasts().unwrap_or(self.span()).min(SPREAD_UP_TO) / 32;
        base.max(Duration::from_millis(30)) * 2u32.pow(self.looks.min(9))
    }
}
