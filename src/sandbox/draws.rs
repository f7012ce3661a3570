//! Chance as a pure function: the same seed and the same subject always draw the same.
//!
//! Each draw names its topic, so that adding one does not change the others, and nothing depends on the order of
//! requests. The numbers come from two published functions of a few lines (FNV-1a, `SplitMix64`) instead of a crate's
//! generator, whose sequence a new version may change: what the sandbox answers is part of other people's tests.

use uuid::Uuid;

/// The namespace of every id made here: a constant of this program, drawn once.
const NAMESPACE: Uuid = Uuid::from_u128(0x6c1f_0a52_9d1e_4e0b_8a3d_5f27_c4b9_71e6);

/// All the draws about one subject under one seed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draws(u64);

impl Draws {
    /// Returns the draws about a subject, which is told apart by all its parts in order.
    pub(super) fn about(seed: u64, parts: &[&[u8]]) -> Self {
        Self(mix(seed ^ fingerprint(parts)))
    }

    /// Returns a fresh set of draws for one side of the subject.
    pub(super) fn on(self, topic: &str) -> Self {
        Self(self.number(topic))
    }

    /// Draws 64 even bits.
    fn number(self, topic: &str) -> u64 {
        mix(self.0 ^ fingerprint(&[topic.as_bytes()]))
    }

    /// Draws a number from 0 up to but not including `bound`; 0 where the bound is 0.
    pub(super) fn below(self, topic: &str, bound: u64) -> u64 {
        let scaled = u128::from(self.number(topic)) * u128::from(bound);
        u64::try_from(scaled >> 64).unwrap_or(0)
    }

    /// Draws whether something happens that happens in `percent` of 100 cases.
    pub(super) fn chance(self, topic: &str, percent: u8) -> bool {
        self.below(topic, 100) < u64::from(percent)
    }

    /// Draws one element; the type's default where the list is empty.
    pub(super) fn pick<T: Copy + Default>(self, topic: &str, list: &[T]) -> T {
        let place = self.below(topic, u64::try_from(list.len()).unwrap_or(0));
        usize::try_from(place).ok().and_then(|place| list.get(place)).copied().unwrap_or_default()
    }
}

/// Returns the id that belongs to these parts under this seed.
pub(super) fn id(seed: u64, parts: &[&[u8]]) -> Uuid {
    let mut name = seed.to_be_bytes().to_vec();
    for part in parts {
        name.extend_from_slice(&part.len().to_be_bytes());
        name.extend_from_slice(part);
    }
    Uuid::new_v5(&NAMESPACE, &name)
}

/// Returns a 64-bit hash that is the same on every machine and in every version: FNV-1a, mixed once more.
pub(super) fn fingerprint(parts: &[&[u8]]) -> u64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let absorb = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(PRIME);
    let hash = parts.iter().fold(BASIS, |hash, part| {
        // The length goes in too, so that ("ab", "c") and ("a", "bc") are two subjects.
        let hash = part.iter().fold(hash, absorb);
        part.len().to_le_bytes().iter().fold(hash, absorb)
    });
    mix(hash)
}

/// Spreads a number over all 64 bits: the finalizer of `SplitMix64`.
const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_keeps_its_percentage() {
        let hits = (0..20_000_u32)
            .filter(|number| Draws::about(1, &[&number.to_le_bytes()]).chance("no_match", 15))
            .count();
        assert!((2_800..3_200).contains(&hits), "{hits} of 20000 at 15 percent");
    }

    #[test]
    fn topics_and_seeds_are_independent() {
        let draws = Draws::about(1, &[b"acme.com"]);
        assert_eq!(draws.number("size"), Draws::about(1, &[b"acme.com"]).number("size"));
        assert_ne!(draws.number("size"), draws.number("name"));
        assert_ne!(draws.number("size"), Draws::about(2, &[b"acme.com"]).number("size"));
        assert_ne!(fingerprint(&[b"ab", b"c"]), fingerprint(&[b"a", b"bc"]));
    }

    #[test]
    fn bounds_hold() {
        let draws = Draws::about(7, &[]);
        assert_eq!(draws.below("x", 0), 0);
        assert_eq!(draws.below("x", 1), 0);
        assert_eq!(draws.pick::<u8>("x", &[]), 0);
        assert!(!draws.chance("x", 0));
        assert!(draws.chance("x", 100));
    }
}
