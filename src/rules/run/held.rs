//! What holds calls up: how long by each reason, and the pace at which they go, told where it has changed.

use std::time::Duration;

use crate::rules::event::{Event, PaceReason, WaitReason};
use crate::rules::time::Moment;
use crate::rules::waited::Waited;

/// A pace that grows bit by bit is not told more often.
const TOLD_EVERY: Duration = Duration::from_secs(1);

/// A change by a smaller share is not told.
const TELLING: f64 = 0.1;

/// A pace that has held no call up for so long, waits for other reasons aside, is none: calls go as fast as they can.
const BINDS_FOR: Duration = Duration::from_secs(5);

/// What holds calls up.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    waited: Waited,
    since: Option<(Moment, WaitReason)>,
    /// When calls began to stay for one reason, none having left meanwhile.
    began: Option<(Moment, WaitReason)>,
    /// When the pace last held a call up.
    bound_at: Option<Moment>,
    /// The pace as it was told, and when.
    told: Option<(f64, PaceReason)>,
    told_at: Option<Moment>,
}

impl Held {
    /// Takes note that calls which are ready stay, from now until [`Self::ends`]. Returns since when they have, for this
    /// reason and without one that left.
    pub(super) fn begins(&mut self, now: Moment, why: WaitReason) -> Moment {
        self.since = Some((now, why));
        if why == WaitReason::Pace {
            self.bound_at = Some(now);
        }
        let (began, _) = self.began.filter(|(_, before)| *before == why).unwrap_or((now, why));
        self.began = Some((began, why));
        began
    }

    /// Takes note that a call leaves.
    pub(super) const fn left(&mut self) {
        self.began = None;
    }

    /// Takes note that something has happened: whether calls still stay is found out anew.
    pub(super) fn ends(&mut self, now: Moment) {
        if let Some((since, why)) = self.since.take() {
            self.waited.add(why, now - since);
            self.bound_at = self.bound_at.map(|at| at + (now - since));
        }
    }

    /// Returns how long calls that were ready had to stay.
    pub(super) const fn waited(&self) -> Waited {
        self.waited
    }

    /// Takes the present pace, in calls a second, and returns what is to be told of it.
    pub(super) fn pace(&mut self, now: Moment, pace: Option<(f64, PaceReason)>) -> Option<Event> {
        let is_bound = self.bound_at.is_some_and(|bound| now - bound <= BINDS_FOR);
        let pace = pace.filter(|_| is_bound);
        let is_soon = self.told_at.is_some_and(|told| now - told < TOLD_EVERY);
        if is_soon || !has_changed(self.told, pace) {
            return None;
        }
        (self.told, self.told_at) = (pace, Some(now));
        Some(Event::PaceChanged {
            per_second: pace.map(|(speed, _)| to_three_digits(speed)),
            why: pace.map(|(_, why)| why),
        })
    }
}

fn has_changed(told: Option<(f64, PaceReason)>, pace: Option<(f64, PaceReason)>) -> bool {
    match (told, pace) {
        (Some((told, before)), Some((speed, why))) => why != before || (speed - told).abs() >= told * TELLING,
        (told, pace) => told.is_some() != pace.is_some(),
    }
}

fn to_three_digits(speed: f64) -> f64 {
    format!("{speed:.2e}").parse().unwrap_or(speed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Moment {
        Moment::after_start(Duration::from_millis(ms))
    }

    #[test]
    fn time_is_counted_for_the_reason_that_held() {
        let mut held = Held::default();
        held.ends(at(5));
        held.begins(at(10), WaitReason::Quota);
        held.ends(at(40));
        held.ends(at(90));
        held.begins(at(90), WaitReason::Pace);
        held.ends(at(91));
        assert_eq!(held.waited().span(WaitReason::Quota), Duration::from_millis(30));
        assert_eq!(held.waited().span(WaitReason::Pace), Duration::from_millis(1));
    }

    #[test]
    fn a_pace_is_told_when_it_begins_changes_by_a_tenth_and_ends() {
        let mut held = Held { bound_at: Some(at(9_000)), ..Held::default() };
        let mut told = Vec::new();
        let quota = |speed| Some((speed, PaceReason::Quota));
        for (ms, pace) in [
            (0, None),
            (100, quota(48.734)),
            (1_200, quota(53.0)),
            (1_300, quota(54.0)),
            (2_000, quota(70.0)),
            (2_299, None),
            (2_300, quota(54.1)),
            (4_000, Some((54.1, PaceReason::Refusals))),
            (5_000, quota(0.166_67)),
            (6_000, None),
            (9_000, None),
        ] {
            if let Some(event) = held.pace(at(ms), pace) {
                told.push(format!("{ms} {}", serde_json::to_string(&event).unwrap()));
            }
        }
        insta::assert_snapshot!(told.join("\n"), @r#"
        100 {"event":"pace_changed","per_second":48.7,"why":"quota"}
        1300 {"event":"pace_changed","per_second":54.0,"why":"quota"}
        4000 {"event":"pace_changed","per_second":54.1,"why":"refusals"}
        5000 {"event":"pace_changed","per_second":0.167,"why":"quota"}
        6000 {"event":"pace_changed","per_second":null,"why":null}
        "#);
    }

    #[test]
    fn a_pace_that_holds_nothing_up_is_none() {
        let mut held = Held::default();
        let pace = Some((48.7, PaceReason::Quota));
        let ended = Some(Event::PaceChanged { per_second: None, why: None });
        assert_eq!(held.pace(at(0), pace), None);
        held.begins(at(10), WaitReason::Pace);
        assert!(held.pace(at(10), pace).is_some_and(|told| Some(told) != ended));
        held.ends(at(9_000));
        held.begins(at(10_000), WaitReason::Quota);
        held.ends(at(70_000));
        assert_eq!(held.pace(at(73_900), pace), None);
        assert_eq!(held.pace(at(74_100), pace), ended);
    }

    #[test]
    fn a_pace_that_grows_slowly_does_not_flood() {
        let mut held = Held { bound_at: Some(at(20_000)), ..Held::default() };
        let grown = |ms: u32| Some((30.0 * (f64::from(ms) / 10_000.0).exp(), PaceReason::Refusals));
        let told = (0..20_000).filter(|ms| held.pace(at((*ms).into()), grown(*ms)).is_some()).count();
        assert!((15..=20).contains(&told), "{told}");
    }
}
