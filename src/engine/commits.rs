//! How often the ledger commits. A commit costs far more than an order: where calls come fast, their orders wait for each
//! other, some milliseconds at the most; where they do not, none waits.

use std::time::Duration;

use crate::rules::time::Moment;

/// What lies between commits in the long run, at the least. The clock wakes by the millisecond.
const APART: Duration = Duration::from_millis(2);

/// So many may come at once after a while without: the answers of a round, the calls of the next.
const AT_ONCE: u32 = 16;

/// When commits may come.
#[derive(Debug)]
pub(super) struct Commits {
    /// When the next one would come if all were evenly apart.
    next: Moment,
}

impl Commits {
    pub(super) const fn new() -> Self {
        Self { next: Moment::START }
    }

    /// Returns when the next one may come: now, or later.
    pub(super) fn may_come_at(&self, now: Moment) -> Moment {
        now + (self.next - now).saturating_sub(APART * AT_ONCE)
    }

    /// Takes note of one.
    pub(super) fn count(&mut self, now: Moment) {
        self.next = self.next.max(now) + APART;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(times_apart: u32) -> Moment {
        Moment::START + APART * times_apart
    }

    #[test]
    fn a_few_come_at_once_and_many_evenly() {
        let mut commits = Commits::new();
        for _ in 0..=AT_ONCE {
            assert_eq!(commits.may_come_at(at(0)), at(0));
            commits.count(at(0));
        }
        assert_eq!(commits.may_come_at(at(0)), at(1));
        assert_eq!(commits.may_come_at(at(1)), at(1));
        commits.count(at(1));
        assert_eq!(commits.may_come_at(at(1) + APART / 10), at(2));
        assert_eq!(commits.may_come_at(at(100)), at(100));
    }
}
