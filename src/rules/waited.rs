//! How long calls that were ready had to stay, by what held them up.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::event::WaitReason;

/// Spans by reason. Written as seconds to the millisecond, every reason a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waited([Duration; WaitReason::ALL.len()]);

impl Waited {
    /// Returns how long a reason held calls up.
    pub fn span(self, why: WaitReason) -> Duration {
        self.0.get(why as usize).copied().unwrap_or_default()
    }

    /// Adds to what a reason took.
    pub fn add(&mut self, why: WaitReason, span: Duration) {
        if let Some(total) = self.0.get_mut(why as usize) {
            *total = total.saturating_add(span);
        }
    }
}

impl Serialize for Waited {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let seconds = |why| (self.span(why).as_secs_f64() * 1_000.0).round() / 1_000.0;
        serializer.collect_map(WaitReason::ALL.map(|why| (why, seconds(why))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_index_their_own_span_and_are_keys() {
        let mut waited = Waited::default();
        for (position, why) in WaitReason::ALL.into_iter().enumerate() {
            assert_eq!(why as usize, position);
            waited.add(why, Duration::from_micros(1_500_400));
            waited.add(why, Duration::from_secs(position as u64));
        }
        assert_eq!(waited.span(WaitReason::CoolDown), Duration::from_micros(2_500_400));
        insta::assert_snapshot!(
            serde_json::to_string(&waited).unwrap(),
            @r#"{"quota":1.5,"cool_down":2.5,"rate":3.5,"pace":4.5,"api_down":5.5,"retry":6.5,"other_run":7.5}"#
        );
    }
}
