//! A speed for servers that refuse without saying what they allow.
//!
//! The first refusal tells how many calls were let through before it, and in what time, the pause included: about the rate
//! that the server allows in the long run, whatever its window. From there the speed nears the rate that was refused along a
//! cubic curve (as TCP's CUBIC does, RFC 9438), and then goes past it, by a few hundredths in the time that a refusal costs:
//! where refusals are cheap the limit is followed closely, where each costs a window it is hardly ever met again. A refusal
//! sets the speed back to what it was half a pause before, for that is what is punished.

use std::time::Duration;

use super::time::Moment;

/// What a refusal leaves of the speed that was gone when what it punished was sent.
const CUT: f64 = 0.96;

/// What it leaves where calls were refused for longer than they had been let through.
const DEEP_CUT: f64 = 0.75;

/// How near the refused rate is gone without need.
const BELOW_CEILING: f64 = 0.98;

/// How long the way back takes, in times of the pause; and in seconds, at least and at most.
const WAY: f64 = 2.0;
const SHORTEST_WAY: f64 = 2.0;
const LONGEST_WAY: f64 = 120.0;

/// A refusal that cost no more seconds than this is chance as likely as not.
const BRIEF: f64 = 0.5;

/// A way is not longer than so many times the pause that a refusal costs.
const WORTH: f64 = 25.0;

/// How much longer the way is where a rate has been refused again.
const LONGER_WAY: f64 = 3.0;

/// A refusal this near the rate refused before says that the rate is known.
const CONFIRMED: std::ops::Range<f64> = 0.88..1.15;

/// What the speed grows by, past a rate that was refused, in the time that a pause takes; and in a second.
const GROWTH: f64 = 0.08;
const GROWTH_A_SECOND: (f64, f64) = (0.01, 0.4);

/// The power of e beyond which a speed grows no further: fifty times what was refused holds nothing back.
const MOST_GROWTH: f64 = 4.0;

/// The first pause was found by trying ever longer ones: it was longer than it had to be, by up to this much.
const OVERLONG: f64 = 2.0;

/// So many calls let through show a rate.
const SHOWN: f64 = 8.0;

/// The slowest that is gone by itself, in calls a second.
const SLOWEST: f64 = 0.05;

/// Finds the speed by refusals. By default it holds nothing back.
#[derive(Clone, Copy, Debug, Default)]
pub struct Throttle {
    /// Answers since `since`.
    answered: f64,
    since: Moment,
    pace: Option<Curve>,
    /// Refusals, until calls are let through again.
    refused: Option<Refused>,
}

/// Refusals in a row.
#[derive(Clone, Copy, Debug)]
struct Refused {
    /// The speed at which they began.
    at: Option<f64>,
    /// When the first came.
    first: Moment,
    /// When the latest came.
    latest: Moment,
}

/// A speed that grows.
#[derive(Clone, Copy, Debug)]
struct Curve {
    from: Moment,
    base: f64,
    ceiling: f64,
    /// Seconds to get near the ceiling.
    way: f64,
    /// What is added a second past it.
    growth: f64,
}

impl Curve {
    fn at(&self, now: Moment) -> f64 {
        let part = (now - self.from).as_secs_f64() / self.way;
        let near = self.ceiling * BELOW_CEILING;
        if part < 1.0 {
            near - (near - self.base).max(0.0) * (1.0 - part).powi(3)
        } else {
            near * ((part - 1.0) * self.way * self.growth).min(MOST_GROWTH).exp()
        }
    }
}

impl Throttle {
    /// Returns the calls a second that may leave, if there is reason to hold back.
    pub fn speed(&self, now: Moment) -> Option<f64> {
        self.pace.map(|curve| curve.at(now))
    }

    /// Takes note of an answer to a call that was let through.
    pub fn answered(&mut self, now: Moment, sent_at: Moment) {
        if let Some(refused) = self.refused.take_if(|refused| sent_at >= refused.latest) {
            self.resume(now, refused);
        }
        self.answered += 1.0;
    }

    /// Takes note of a refusal that nothing had announced.
    pub fn refused(&mut self, now: Moment) {
        let at = self.speed(now);
        self.refused.get_or_insert(Refused { at, first: now, latest: now }).latest = now;
    }

    /// Returns how long the first pause after a refusal without a word is, at the most: two round trips, or where the
    /// pace is known the time of a call or two.
    pub fn first_pause(&self, now: Moment, round_trip: Duration) -> Duration {
        match self.speed(now) {
            Some(speed) => Duration::from_secs_f64((1.5 / speed.max(SLOWEST)).min(1.0)),
            None => (round_trip * 2).clamp(Duration::from_millis(50), Duration::from_secs(1)),
        }
    }

    fn resume(&mut self, now: Moment, refused: Refused) {
        let pause = (now - refused.first).as_secs_f64().max(1e-3);
        let (low, high) = GROWTH_A_SECOND;
        let growth = (GROWTH / pause).clamp(low, high);
        let way = (pause * WAY).clamp(SHORTEST_WAY, LONGEST_WAY);
        let curve = match (refused.at, self.pace) {
            (Some(at), Some(before)) => {
                // What is refused now was overdone for some time before.
                let overdone =
                    refused.first.since_start().saturating_sub(Duration::from_secs_f64(pause / 2.0));
                let ran = (refused.first - before.from).as_secs_f64();
                let base = if ran < pause && pause > BRIEF {
                    before.base * DEEP_CUT
                } else {
                    before.at(Moment::after_start(overdone)) * CUT
                };
                let is_confirmed = CONFIRMED.contains(&(at / before.ceiling));
                let longer = (before.way * LONGER_WAY).min(pause * WORTH).min(LONGEST_WAY);
                let way = if is_confirmed { way.max(longer) } else { way };
                Curve { from: now, base, ceiling: (base * at).sqrt(), way, growth }
            }
            // A server that has hardly let anything through has not shown a rate.
            (None, _) | (_, None) if self.answered < SHOWN => return,
            _ => {
                let seconds = (now - self.since).as_secs_f64().max(1e-3);
                // It was longer than it had to be: by the look before the last one nothing had come back, by the last all.
                let at_least = (refused.latest - self.since).as_secs_f64().clamp(seconds / OVERLONG, seconds);
                let (low, high) = ((self.answered / seconds).max(SLOWEST), self.answered / at_least);
                Curve {
                    from: now,
                    base: (low * high).sqrt(),
                    ceiling: high.max(low / BELOW_CEILING),
                    way,
                    growth,
                }
            }
        };
        self.pace = Some(curve);
        self.since = now;
        self.answered = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Moment {
        Moment::after_start(Duration::from_millis(ms))
    }

    /// Calls that are let through, one every `every` milliseconds.
    fn answers(throttle: &mut Throttle, span: std::ops::Range<u64>, every: usize) {
        for ms in span.step_by(every) {
            throttle.answered(at(ms), at(ms));
        }
    }

    #[test]
    fn nothing_is_held_back_before_a_refusal_nor_by_one_that_shows_no_rate() {
        let mut throttle = Throttle::default();
        answers(&mut throttle, 0..50, 10);
        assert_eq!(throttle.speed(at(50)), None);
        throttle.refused(at(50));
        throttle.answered(at(2_000), at(1_950));
        assert_eq!(throttle.speed(at(2_000)), None, "five calls are no rate");
    }

    #[test]
    fn what_was_let_through_is_the_first_speed_the_pause_included() {
        let mut throttle = Throttle::default();
        answers(&mut throttle, 0..1_000, 10);
        throttle.refused(at(1_000));
        // This call had left before.
        throttle.answered(at(1_020), at(990));
        assert_eq!(throttle.speed(at(1_020)), None);
        throttle.answered(at(2_000), at(1_990));
        let speed = throttle.speed(at(2_000)).unwrap();
        assert!((50.0..80.0).contains(&speed), "{speed}");
    }

    #[test]
    fn it_grows_past_what_was_refused_the_slower_the_dearer_a_refusal_is() {
        let grown = |pause: u64| {
            let mut throttle = Throttle::default();
            answers(&mut throttle, 0..1_000, 10);
            throttle.refused(at(1_000));
            let resumed = 1_000 + pause;
            throttle.answered(at(resumed), at(resumed));
            let speed = |after: u64| throttle.speed(at(resumed + after)).unwrap();
            speed(30_000) / speed(0)
        };
        assert!(grown(100) > 4.0 * grown(5_000), "{} {}", grown(100), grown(5_000));
        assert!(grown(5_000) > 1.0);
    }

    #[test]
    fn a_refusal_sets_it_back_and_is_remembered() {
        let mut throttle = Throttle::default();
        answers(&mut throttle, 0..1_000, 10);
        throttle.refused(at(1_000));
        throttle.answered(at(1_100), at(1_100));
        let before = throttle.speed(at(4_000)).unwrap();
        throttle.refused(at(4_000));
        throttle.answered(at(4_100), at(4_100));
        let after = throttle.speed(at(4_100)).unwrap();
        assert!(after < before * 0.99 && after > before * 0.5, "{before} {after}");
    }
}
