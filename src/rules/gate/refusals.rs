//! Refusals (429) in a row, and how long each is heeded.
//!
//! A server that names a moment is believed the first time. Some name it in whole seconds rounded down, some begin their
//! window anew with each call that they refuse: whoever is refused at the very moment that was named comes a second later
//! the next time, and later still the time after. What has proved too short is never tried again.

use std::time::Duration;

use crate::rules::retry::Backoff;
use crate::rules::time::Moment;

/// Refusals in a row, without a word on when to come again, that are borne before `--wait` is held against them.
const BORNE: u32 = 6;

/// What a server that rounds down is late by.
pub(super) const LATE: Duration = Duration::from_secs(1);

/// What one more refusal without a word adds to the pause, at the most.
const LONGEST: Duration = Duration::from_secs(60);

/// No pause that nobody asked for is longer.
const LONGEST_AT_ALL: Duration = Duration::from_secs(600);

/// What a pause that was too short once tells of the next time.
const REMEMBERED: f64 = 0.8;

/// Refusals since the last call that was let through.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Refusals {
    since: Moment,
    latest: Moment,
    in_a_row: u32,
    total: u64,
    /// When the first answer came that forbade in words that are not the API's.
    barred: Option<Moment>,
    /// When the latest call left that was let through.
    passed: Option<Moment>,
    /// How long the latest probe had waited after the refusal before it.
    too_short: Duration,
    /// The latest moment that the server named, and how much later it has to be.
    named: Option<Moment>,
    late: Duration,
}

impl Refusals {
    /// Takes note of a refusal and returns whether it is news: its call had left after the one before was known, and no
    /// call that left later was let through.
    pub(super) fn refused(&mut self, now: Moment, sent_at: Moment) -> bool {
        if self.passed.is_some_and(|passed| sent_at < passed) {
            return false;
        }
        if self.in_a_row == 0 {
            (self.since, self.in_a_row) = (now, 1);
            self.too_short = self.too_short.mul_f64(REMEMBERED);
        } else if sent_at >= self.latest {
            self.in_a_row += 1;
            self.too_short = self.too_short.max(sent_at - self.latest);
            if self.named.is_some_and(|named| sent_at >= named && sent_at < named + LATE) {
                self.late = LATE;
            }
        } else {
            return false;
        }
        self.latest = now;
        self.total += 1;
        true
    }

    /// Takes note that a call which left at `sent_at` was let through.
    pub(super) fn passed(&mut self, sent_at: Moment) {
        self.passed = self.passed.max(Some(sent_at));
        if sent_at >= self.latest {
            self.in_a_row = 0;
        }
    }

    /// Returns whether a call that left at `sent_at` may have been shut out by a limiter: calls were let through before,
    /// and some were refused since, or may have been: the ban can overtake the refusals that led to it. Without any, the
    /// next one that is shut out is none.
    pub(super) fn may_be_a_ban(&mut self, sent_at: Moment, now: Moment) -> bool {
        let first = *self.barred.get_or_insert(now);
        self.passed.is_some() && (self.total > 0 || sent_at < first)
    }

    /// Returns how many came in a row.
    pub(super) const fn in_a_row(&self) -> u32 {
        self.in_a_row
    }

    /// Returns until when nobody calls. `first` is the longest pause where the server names no moment.
    pub(super) fn pause(
        &mut self,
        now: Moment,
        stated: Option<Moment>,
        first: Duration,
        draw: f64,
    ) -> Moment {
        let Some(stated) = stated else {
            self.named = None;
            let more = Backoff { first, longest: LONGEST }.again_at(now, self.in_a_row, draw) - now;
            return now + (self.too_short + more).min(LONGEST_AT_ALL);
        };
        self.named = Some(stated);
        let at = stated.max(now) + self.late;
        if self.in_a_row <= 2 {
            return at;
        }
        let own = Backoff { first: LATE, longest: LONGEST }.again_at(now, self.in_a_row - 1, draw) - now;
        at.max(now + self.too_short) + own
    }

    /// Returns whether they have lasted longer than the user waits.
    pub(super) fn are_beyond(&self, wait: Duration, now: Moment) -> bool {
        self.in_a_row > BORNE && now - self.since > wait
    }
}
