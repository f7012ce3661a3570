//! How a run went over time: a fold of events into stretches of equal length, which grow as the run does.
//!
//! There are never more than [`MOST_STRETCHES`], however long the run takes: when they are used up, two become one.

use std::time::Duration;

use jiff::Timestamp;

use crate::rules::event::{Event, ReplyKind, WaitReason};
use crate::rules::outcome::RowStatus;
use crate::rules::time::{Moment, Now};

/// The most stretches. Source: what a chart as wide as a page can show.
pub const MOST_STRETCHES: usize = 96;
/// How long a stretch is at first.
const FIRST_LENGTH: Duration = Duration::from_millis(50);

/// What happened, by stretches of time.
#[derive(Clone, Debug)]
pub struct Timeline {
    began: Option<Moment>,
    /// How long each stretch is.
    pub length: Duration,
    /// What happened in them, from the start of the run.
    pub stretches: Vec<Stretch>,
    /// How long the run has taken so far.
    pub elapsed: Duration,
    waiting: Option<(WaitReason, Duration)>,
    window: Option<Window>,
}

/// What happened in a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    /// Companies that were settled by a call.
    pub settled: u64,
    /// Those of them that were paid for.
    pub paid: u64,
    /// Calls that were refused as too many.
    pub refused: u64,
    /// How often the quota began anew.
    pub resets: u64,
    /// How long no call left, by what held them up.
    pub waited: [Duration; WaitReason::ALL.len()],
}

#[derive(Clone, Copy, Debug)]
struct Window {
    remaining: u64,
    resets_at: Timestamp,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            began: None,
            length: FIRST_LENGTH,
            stretches: Vec::new(),
            elapsed: Duration::ZERO,
            waiting: None,
            window: None,
        }
    }
}

impl Stretch {
    /// Returns how long no call left, whatever held them up.
    pub fn waited(&self) -> Duration {
        self.waited.iter().sum()
    }

    fn add(&mut self, other: &Self) {
        self.settled += other.settled;
        self.paid += other.paid;
        self.refused += other.refused;
        self.resets += other.resets;
        for (span, more) in self.waited.iter_mut().zip(other.waited) {
            *span += more;
        }
    }
}

impl Timeline {
    /// Counts an event in, at the moment at which it was told.
    pub fn on_event(&mut self, event: &Event, now: Now) {
        let at = now.at - *self.began.get_or_insert(now.at);
        self.elapsed = self.elapsed.max(at);
        match event {
            Event::CallSettled { status, .. } => {
                let stretch = self.stretch(at);
                stretch.settled += 1;
                stretch.paid += u64::from(*status == RowStatus::Enriched);
            }
            Event::CallAnswered { reply: ReplyKind::RateLimited, .. } => self.stretch(at).refused += 1,
            Event::WindowChanged { remaining, resets_at, .. } => {
                self.see_window(Window { remaining: *remaining, resets_at: *resets_at }, at, now.wall);
            }
            Event::Waiting { why, .. } => {
                self.go_on(at);
                self.waiting = Some((*why, at));
            }
            Event::Resumed | Event::Stopping { .. } => self.go_on(at),
            Event::RunFinished { .. } => {
                self.go_on(at);
                // The stretches reach to the end, also where nothing happened in the last ones.
                self.stretch(at);
            }
            _ => {}
        }
    }

    /// The quota has begun anew where a moment has passed at which it was to, and there is more of it.
    fn see_window(&mut self, window: Window, at: Duration, wall: Timestamp) {
        if let Some(last) = self.window.replace(window)
            && last.resets_at <= wall
            && window.resets_at > last.resets_at
            && window.remaining > last.remaining
        {
            let since = Duration::try_from(wall.duration_since(last.resets_at)).unwrap_or_default();
            self.stretch(at.saturating_sub(since)).resets += 1;
        }
    }

    /// Ends a wait, if there is one, and gives every stretch its part of it.
    fn go_on(&mut self, until: Duration) {
        let Some((why, mut from)) = self.waiting.take() else { return };
        // Makes the stretches long enough before parts of them are counted.
        self.stretch(until);
        while from < until {
            let length = self.length.as_nanos();
            let next = duration((from.as_nanos() / length + 1) * length).min(until);
            if let Some(span) = self.stretch(from).waited.get_mut(why as usize) {
                *span += next.saturating_sub(from);
            }
            from = next;
        }
    }

    fn stretch(&mut self, at: Duration) -> &mut Stretch {
        while at.as_nanos() / self.length.as_nanos() >= MOST_STRETCHES as u128 {
            self.merge();
        }
        let place = usize::try_from(at.as_nanos() / self.length.as_nanos()).unwrap_or(MOST_STRETCHES - 1);
        if self.stretches.len() <= place {
            self.stretches.resize(place + 1, Stretch::default());
        }
        #[expect(clippy::indexing_slicing, reason = "it has just been made")]
        &mut self.stretches[place]
    }

    fn merge(&mut self) {
        self.length *= 2;
        self.stretches = self
            .stretches
            .chunks(2)
            .map(|pair| {
                let mut both = Stretch::default();
                for stretch in pair {
                    both.add(stretch);
                }
                both
            })
            .collect();
    }
}

fn duration(nanos: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(ms: u64) -> Now {
        let start: Timestamp = "2026-11-22T21:44:00Z".parse().unwrap();
        let span = Duration::from_millis(ms);
        // A run begins some time after its clock.
        Now { at: Moment::after_start(span + Duration::from_millis(7)), wall: start + span }
    }

    fn settled(status: RowStatus) -> Event {
        Event::CallSettled { subject: "acme.com".into(), status }
    }

    fn window(remaining: u64, resets_at: u64) -> Event {
        Event::WindowChanged { limit: Some(100), window_s: None, remaining, resets_at: now(resets_at).wall }
    }

    fn timeline(events: &[(u64, Event)]) -> Timeline {
        let mut timeline = Timeline::default();
        timeline.on_event(&Event::RowsRead { rows: 1, ended: true }, now(0));
        for (ms, event) in events {
            timeline.on_event(event, now(*ms));
        }
        timeline
    }

    #[test]
    fn stretches_grow_with_the_run_and_lose_nothing() {
        let mut timeline = timeline(&[]);
        for second in 0..100_000_u64 {
            timeline.on_event(&settled(RowStatus::Enriched), now(second * 1_000));
            assert!(timeline.stretches.len() <= MOST_STRETCHES);
        }
        assert_eq!(timeline.stretches.iter().map(|stretch| stretch.settled).sum::<u64>(), 100_000);
        assert!(timeline.stretches.len() > MOST_STRETCHES / 2);
        assert!(timeline.length * u32::try_from(timeline.stretches.len()).unwrap() > timeline.elapsed);
    }

    #[test]
    fn a_wait_is_shared_out_to_the_stretches_that_it_takes() {
        let until = now(5_000).wall;
        let timeline = timeline(&[
            (100, settled(RowStatus::NoMatch)),
            (120, Event::Waiting { why: WaitReason::Quota, until }),
            (5_020, Event::Resumed),
            (5_030, settled(RowStatus::Enriched)),
        ]);
        let waited: Duration = timeline.stretches.iter().map(Stretch::waited).sum();
        assert_eq!(waited, Duration::from_millis(4_900));
        assert!(timeline.stretches.iter().all(|stretch| stretch.waited() <= timeline.length));
        let paid: Vec<u64> = timeline.stretches.iter().map(|stretch| stretch.paid).collect();
        assert_eq!((paid.iter().sum::<u64>(), paid.last()), (1, Some(&1)));
    }

    #[test]
    fn a_reset_is_where_the_quota_began_anew() {
        let timeline = timeline(&[
            (10, window(1, 1_000)),
            (20, window(0, 1_000)),
            // A window that only moves on, as that of a token bucket does, is no reset.
            (30, window(1, 1_030)),
            (40, window(0, 1_040)),
            (1_200, window(99, 2_000)),
            (1_300, window(98, 2_000)),
        ]);
        let places: Vec<usize> =
            (0..).zip(&timeline.stretches).filter(|(_, s)| s.resets > 0).map(|(place, _)| place).collect();
        assert_eq!(places, [1_040 / 50]);
    }

    #[test]
    fn a_wait_that_the_end_cuts_short_counts_until_then() {
        let until = now(60_000).wall;
        let end = Event::Stopping {
            reason: crate::rules::event::StopReason::Interrupted,
            resets_at: None,
            detail: None,
        };
        let timeline = timeline(&[(0, Event::Waiting { why: WaitReason::Retry, until }), (800, end)]);
        let waited: Duration = timeline.stretches.iter().map(Stretch::waited).sum();
        assert_eq!(waited, Duration::from_millis(800));
    }
}
