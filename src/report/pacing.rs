//! The pace at which calls may leave: the present one, and the usual one of a run.
//!
//! The usual one is what calls divided by the time that they had for it: a call that left at fifty a second had a
//! fiftieth of one.

use crate::rules::event::PaceReason;

/// A pace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paced {
    /// The calls a second.
    pub per_second: f64,
    /// Why no more.
    pub why: PaceReason,
}

/// What is known of the pace.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pacing {
    /// The present pace; absent where calls leave as fast as they can.
    pub present: Option<Paced>,
    by_quota: Share,
    by_refusals: Share,
}

/// The calls that left at a pace, and the time that they had for it.
#[derive(Clone, Copy, Debug, Default)]
struct Share {
    calls: f64,
    seconds: f64,
}

impl Pacing {
    /// Takes the pace that calls leave at from now on.
    pub fn change(&mut self, per_second: Option<f64>, why: Option<PaceReason>) {
        let pace = per_second.filter(|speed| *speed > 0.0).zip(why);
        self.present = pace.map(|(per_second, why)| Paced { per_second, why });
    }

    /// Counts a call that left.
    pub fn count_sent(&mut self) {
        let Some(Paced { per_second, why }) = self.present else { return };
        let share = match why {
            PaceReason::Quota => &mut self.by_quota,
            PaceReason::Refusals => &mut self.by_refusals,
        };
        share.calls += 1.0;
        share.seconds += 1.0 / per_second;
    }

    /// Returns the pace that most of the paced time was spent at; absent where no call was paced.
    pub fn usual(&self) -> Option<Paced> {
        let (share, why) = if self.by_refusals.seconds > self.by_quota.seconds {
            (self.by_refusals, PaceReason::Refusals)
        } else {
            (self.by_quota, PaceReason::Quota)
        };
        (share.calls > 0.0).then(|| Paced { per_second: share.calls / share.seconds, why })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(pacing: &mut Pacing, calls: u32) {
        (0..calls).for_each(|_| pacing.count_sent());
    }

    #[test]
    fn the_usual_pace_is_calls_by_time() {
        let mut pacing = Pacing::default();
        sent(&mut pacing, 100);
        assert_eq!(pacing.usual(), None);
        pacing.change(Some(50.0), Some(PaceReason::Quota));
        sent(&mut pacing, 100);
        pacing.change(Some(25.0), Some(PaceReason::Quota));
        sent(&mut pacing, 50);
        pacing.change(Some(1_000.0), Some(PaceReason::Refusals));
        sent(&mut pacing, 500);
        pacing.change(None, None);
        sent(&mut pacing, 9_000);
        // 150 calls in two and two seconds; the 500 took half a second.
        let usual = pacing.usual().unwrap();
        assert_eq!(usual.why, PaceReason::Quota);
        assert!((usual.per_second - 37.5).abs() < 1e-9, "{usual:?}");
        assert_eq!(pacing.present, None);
    }
}
