//! What a refusal brings on: nothing, a debt, a window anew, an ever longer one, or a ban.

use super::super::terms::Refused;
use super::limiter::Limiter;

/// How many refusals in a row make the wait longer: at a window of a second, the last one is twelve days long.
const DOUBLED_MOST: u32 = 20;

/// The refusals so far, as far as they matter.
#[derive(Clone, Debug)]
pub(super) struct Penalty {
    refused: Refused,
    /// Of a window, in nanoseconds.
    length: i128,
    /// Until when nobody is let through.
    closed_until: Option<i128>,
    /// Refusals since a call was let through.
    in_a_row: u32,
    /// Until when refusals add up to a ban, and how many there were.
    watched: Option<(i128, u32)>,
}

impl Penalty {
    /// Returns the state before any refusal.
    pub(super) const fn new(refused: Refused, length: i128) -> Self {
        Self { refused, length, closed_until: None, in_a_row: 0, watched: None }
    }

    /// Tells whether a call is not even looked at.
    pub(super) fn bans(&self, now: i128) -> bool {
        let Refused::Ban(most) = self.refused else { return false };
        self.watched.is_some_and(|(end, refusals)| now < end && refusals >= most.get())
    }

    /// Tells whether nobody is let through, whatever the limiter says.
    pub(super) fn closes(&self, now: i128) -> bool {
        self.closed_until(now).is_some()
    }

    /// Returns until when nobody is let through, if that is not over.
    pub(super) fn closed_until(&self, now: i128) -> Option<i128> {
        self.closed_until.filter(|end| now < *end)
    }

    /// Notes that a call was let through.
    pub(super) const fn passed(&mut self) {
        self.in_a_row = 0;
    }

    /// Notes that a call was refused.
    pub(super) fn refused(&mut self, now: i128, limiter: &mut Limiter) {
        let doublings = self.in_a_row.min(DOUBLED_MOST);
        self.in_a_row = self.in_a_row.saturating_add(1);
        match self.refused {
            Refused::Free => {}
            Refused::Counts => limiter.count_refused(now),
            Refused::Restarts => self.closed_until = Some(now.saturating_add(self.length)),
            Refused::Doubles => {
                let length = self.length.saturating_mul(1 << doublings);
                self.closed_until = Some(now.saturating_add(length));
            }
            Refused::Ban(_) => self.watch(now, limiter),
        }
    }

    /// Adds a refusal to those of its window.
    fn watch(&mut self, now: i128, limiter: &mut Limiter) {
        let going_on = self.watched.filter(|(end, _)| now < *end);
        let (end, refusals) = going_on.unwrap_or_else(|| (limiter.window_end(now, self.length), 0));
        self.watched = Some((end, refusals.saturating_add(1)));
    }
}
