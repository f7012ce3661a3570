//! How often names occur, in a fixed amount of memory: the names are a stranger's, and there may be any number of them.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::report::clean::cleaned;

/// The most names that are told apart. There are some hundred industries and countries; what comes after that is noise.
const MOST_NAMES: usize = 1_000;
/// The most characters of a name that are kept.
const LONGEST: usize = 80;

/// Counts by name.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    by_name: HashMap<Box<str>, u64, RandomState>,
    beyond: u64,
    nameless: u64,
}

/// Counts as they are shown: the names that stand out, and the rest in one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranked {
    /// The most frequent names, and how often each occurs.
    pub first: Vec<(String, u64)>,
    /// The names that are not among them; names that were never told apart count as one.
    pub other_names: u64,
    /// How often those occur together.
    pub others: u64,
    /// How often there was no name.
    pub nameless: u64,
}

impl Counts {
    /// Counts a name; an empty one as missing.
    pub fn count(&mut self, name: &str) {
        let name = name.trim();
        if name.is_empty() {
            self.nameless += 1;
        } else if let Some(times) = self.by_name.get_mut(name) {
            *times += 1;
        } else {
            self.count_cut(&shortened(name, LONGEST));
        }
    }

    fn count_cut(&mut self, name: &str) {
        if let Some(times) = self.by_name.get_mut(name) {
            *times += 1;
        } else if self.by_name.len() < MOST_NAMES {
            self.by_name.insert(name.into(), 1);
        } else {
            self.beyond += 1;
        }
    }

    /// Returns the most frequent names first, at most `most` of them; those that occur as often as each other by name.
    pub fn ranked(&self, most: usize) -> Ranked {
        let mut all: Vec<(String, u64)> =
            self.by_name.iter().map(|(name, times)| (name.to_string(), *times)).collect();
        all.sort_by(|(a, most), (b, least)| least.cmp(most).then_with(|| a.cmp(b)));
        let rest = all.split_off(most.min(all.len()));
        Ranked {
            first: all,
            other_names: rest.len() as u64 + u64::from(self.beyond > 0),
            others: rest.iter().map(|(_, times)| times).sum::<u64>() + self.beyond,
            nameless: self.nameless,
        }
    }
}

/// Returns a stranger's text as it may be shown: on one line, without controls and keys, not longer than it should be.
pub(super) fn shortened(text: &str, longest: usize) -> String {
    let shown = cleaned(text);
    let shown = shown.trim();
    match shown.char_indices().nth(longest) {
        None => shown.to_owned(),
        Some((end, _)) => format!("{}…", shown.get(..end).unwrap_or_default().trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_come_first_and_the_rest_is_one() {
        let mut counts = Counts::default();
        for name in ["b", "a", " b ", "c", "", "  ", "d", "b"] {
            counts.count(name);
        }
        let ranked = counts.ranked(2);
        assert_eq!(ranked.first, [("b".to_owned(), 3), ("a".to_owned(), 1)]);
        assert_eq!((ranked.other_names, ranked.others, ranked.nameless), (2, 2, 2));
        assert_eq!(counts.ranked(9).others, 0);
    }

    #[test]
    fn any_number_of_names_takes_the_same_room() {
        let mut counts = Counts::default();
        for number in 0..3 * MOST_NAMES {
            counts.count(&format!("name {number} {}", "x".repeat(200)));
        }
        assert_eq!(counts.by_name.len(), MOST_NAMES);
        assert!(counts.by_name.keys().all(|name| name.chars().count() <= LONGEST + 1));
        let ranked = counts.ranked(10);
        assert_eq!(ranked.others, 3 * MOST_NAMES as u64 - 10);
    }

    #[test]
    fn long_names_are_one_name_however_they_end() {
        let mut counts = Counts::default();
        counts.count(&"x".repeat(100));
        counts.count(&"x".repeat(200));
        assert_eq!(counts.ranked(5).first.len(), 1);
    }

    #[test]
    fn a_strangers_text_is_cleaned_and_cut() {
        assert_eq!(shortened("a\u{1b}[31mb\u{202e}c\n", 10), "abc");
        assert_eq!(shortened("wbk_secret", 80), "wbk_[redacted]");
        assert_eq!(shortened("müller und söhne", 6), "müller…");
    }
}
