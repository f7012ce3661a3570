//! Which fingerprints were met before: a set of millions, in parts that fit the processor's cache.
//!
//! A set of that size misses the cache at each look. Fingerprints of which it need not be known at once whether they are new
//! are gathered by part, and a part takes what was gathered for it all at once. Parts grow one at a time, so that the set
//! never lies in memory twice.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

/// The parts, a power of two. At ten million fingerprints each takes about a megabyte.
const PARTS: usize = 128;

/// How many fingerprints are gathered for a part.
const GATHERED: usize = 512;

/// A set of fingerprints.
#[derive(Debug)]
pub(super) struct Met {
    parts: Vec<Part>,
    new: u64,
}

#[derive(Debug, Default)]
struct Part {
    set: HashSet<u64, BuildHasherDefault<Spread>>,
    gathered: Vec<u64>,
}

impl Default for Met {
    fn default() -> Self {
        Self { parts: (0..PARTS).map(|_| Part::default()).collect(), new: 0 }
    }
}

impl Met {
    /// Puts in a fingerprint and returns whether it is new.
    pub(super) fn insert(&mut self, fingerprint: u64) -> bool {
        part_of(&mut self.parts, fingerprint).is_some_and(|part| part.set.insert(fingerprint))
    }

    /// Puts in a fingerprint; [`Self::settle`] tells how many of these were new.
    pub(super) fn note(&mut self, fingerprint: u64) {
        let Some(part) = part_of(&mut self.parts, fingerprint) else { return };
        part.gathered.push(fingerprint);
        if part.gathered.len() >= GATHERED {
            self.new += part.take_up();
        }
    }

    /// Returns how many of those noted since the last time were new.
    pub(super) fn settle(&mut self) -> u64 {
        let rest: u64 = self.parts.iter_mut().map(Part::take_up).sum();
        std::mem::take(&mut self.new) + rest
    }

    /// Returns whether a fingerprint is in it, those noted since the last settling aside.
    pub(super) fn contains(&self, fingerprint: u64) -> bool {
        self.parts.get(place(fingerprint)).is_some_and(|part| part.set.contains(&fingerprint))
    }
}

impl Part {
    /// Puts in what was gathered; returns how many were new.
    fn take_up(&mut self) -> u64 {
        self.gathered.drain(..).map(|fingerprint| u64::from(self.set.insert(fingerprint))).sum()
    }
}

fn part_of(parts: &mut [Part], fingerprint: u64) -> Option<&mut Part> {
    parts.get_mut(place(fingerprint))
}

/// Returns the part of a fingerprint, by bits which the sets within do not look at first: they use the lowest for the place
/// and the highest seven for the tag.
fn place(fingerprint: u64) -> usize {
    (fingerprint >> 48) as usize % PARTS
}

/// Takes a fingerprint for its own hash.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, fingerprint: u64) {
        self.0 = fingerprint;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_fingerprint_is_new_once(
            steps in prop::collection::vec((any::<bool>(), prop_oneof![0..9_u64, any::<u64>()]), 0..2_000)
        ) {
            let mut met = Met::default();
            let mut new = 0;
            for (at_once, fingerprint) in &steps {
                if *at_once {
                    new += u64::from(met.insert(*fingerprint));
                } else {
                    met.note(*fingerprint);
                }
            }
            new += met.settle();
            let distinct: BTreeSet<u64> = steps.iter().map(|(_, fingerprint)| *fingerprint).collect();
            prop_assert_eq!(new, distinct.len() as u64);
            prop_assert!(distinct.into_iter().all(|fingerprint| met.contains(fingerprint)));
            prop_assert_eq!(met.settle(), 0);
        }
    }
}
