//! When our latest calls left, by their numbers.

use std::collections::VecDeque;

use crate::rules::time::Moment;

/// So many are remembered: more than any quota allows that is spread evenly over its window.
const MOST: usize = 16_384;

/// So many refusals are remembered.
const REFUSED_MOST: usize = 64;

/// The departures.
#[derive(Clone, Debug, Default)]
pub struct Departures {
    latest: VecDeque<Moment>,
    count: u64,
    /// The latest numbers of calls that were refused.
    refused: VecDeque<u64>,
}

impl Departures {
    /// Returns how many calls have left.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Takes note that a call leaves, and returns its number, from 1.
    pub fn push(&mut self, now: Moment) -> u64 {
        if self.latest.len() >= MOST {
            self.latest.pop_front();
        }
        self.latest.push_back(now);
        self.count += 1;
        self.count
    }

    /// Takes note that a call was refused, and so not counted by the server.
    pub fn refused(&mut self, number: u64) {
        if self.refused.len() >= REFUSED_MOST {
            self.refused.pop_front();
        }
        self.refused.push_back(number);
    }

    /// Returns when the call left that was let through so many calls before another one, if it is remembered.
    pub fn before(&self, number: u64, calls: u64) -> Option<Moment> {
        let mut first = number.checked_sub(calls)?;
        for refused in self.refused.iter().rev() {
            if *refused > first && *refused <= number {
                first = first.checked_sub(1)?;
            }
        }
        self.at(first)
    }

    /// Returns when a call left, if it is remembered.
    fn at(&self, number: u64) -> Option<Moment> {
        let back = usize::try_from(self.count.checked_sub(number)?).ok()?;
        let index = self.latest.len().checked_sub(back + 1)?;
        self.latest.get(index).copied()
    }
}
