//! What the rows of an input come to: which companies they name, what is known of these, and how many would be asked.
//!
//! A company is remembered by 64 bits of a hash, which takes about 20 bytes (see `met.rs`), and 60 where rows have an id
//! and a domain.
//! Of a million companies two are taken for one with a chance of 1 in 37 million; the plan is then short of one call.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use foldhash::quality::FixedState;
use jiff::Timestamp;

use super::met::Met;
use crate::rules::malformed::MalformedRows;
use crate::rules::outcome::RowStatus;
use crate::rules::signature::KEY_PROTECTS;
use crate::rules::target::{InvalidInput, Subject, Target};

/// What the ledger knows of a subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Known {
    /// Nothing that serves.
    #[default]
    Nothing,
    /// An answer that serves, of this kind.
    Answered(RowStatus),
    /// No answer, and a call since this time whose outcome is unknown.
    Open(Timestamp),
}

/// What the rows come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The rows.
    pub rows: u64,
    /// Those of them that are not as they should be.
    pub malformed: MalformedRows,
    /// Those that name no company, by the name of the reason.
    pub invalid: BTreeMap<&'static str, Invalid>,
    /// Companies that the ledger answers for, by the kind of answer.
    pub enriched: u64,
    /// The same, without a match.
    pub no_match: u64,
    /// The same, ids that are not found.
    pub not_found: u64,
    /// Companies that are asked in any case.
    pub to_ask: u64,
    /// Domains that are asked only if the id beside them is not found.
    pub fallbacks: u64,
    /// The most credits that all these calls can cost: an id that is not found is free.
    pub credits: u64,
    /// Of those asked in any case, the ones whose outcome is unknown and that go again under their old key.
    pub same_key: u64,
    /// The same, under a key that no longer protects: they may have been charged before, and may be again.
    pub uncertain: u64,
}

impl Counts {
    /// Returns the companies that are asked or known in any case.
    pub const fn unique(&self) -> u64 {
        self.known() + self.to_ask
    }

    /// Returns the companies that the ledger answers for.
    pub const fn known(&self) -> u64 {
        self.enriched + self.no_match + self.not_found
    }

    /// Returns the rows that name no company.
    pub fn invalid_rows(&self) -> u64 {
        self.invalid.values().map(|reason| reason.rows).sum()
    }

    /// Returns the calls that are made at the most, retries aside.
    pub const fn most_calls(&self) -> u64 {
        self.to_ask + self.fallbacks
    }
}

/// Rows that name no company for one sort of reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// How many.
    pub rows: u64,
    /// What is said of the first of them.
    pub example: String,
}

/// A row's target as it is remembered. Small, since every row of an input is one.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// Of the whole; without a fallback, of the subject.
    target: u64,
    more: Option<Box<More>>,
}

/// What few targets need.
#[derive(Clone, Debug)]
struct More {
    /// Of the id and the domain beside it.
    pair: Option<(u64, u64)>,
    /// The target itself, where something may be known of it.
    subjects: Option<Target>,
}

impl Sighting {
    /// Takes down a row's target. `with_subjects` tells that something may be known of it.
    pub fn of(target: Target, with_subjects: bool) -> Self {
        let first = fingerprint(&target.first);
        let pair = target.fallback.as_ref().map(|fallback| (first, fingerprint(fallback)));
        let whole = pair.map_or(first, |pair| FixedState::default().hash_one(pair));
        let has_more = with_subjects || pair.is_some();
        let more = has_more.then(|| Box::new(More { pair, subjects: with_subjects.then_some(target) }));
        Self { target: whole, more }
    }
}

/// Counts an input, some rows at a time.
#[derive(Debug)]
pub struct Survey {
    now: Timestamp,
    counts: Counts,
    /// The targets and subjects that were met.
    met: Met,
    /// Ids that will be asked, with the domain that is asked if they are not found.
    chained: Vec<(u64, u64)>,
}

impl Survey {
    /// Returns one that has counted nothing, of a run that would begin now.
    pub fn new(now: Timestamp) -> Self {
        Self { now, counts: Counts::default(), met: Met::default(), chained: Vec::new() }
    }

    /// Counts rows. `look_up` says in their order what is known of subjects; of those that it leaves out, nothing is.
    pub fn take<E>(
        &mut self,
        rows: impl IntoIterator<Item = Result<Sighting, Box<InvalidInput>>>,
        look_up: impl FnOnce(&[Subject]) -> Result<Vec<Known>, E>,
    ) -> Result<(), E> {
        let mut pairs = Vec::new();
        let mut subjects = Vec::new();
        for row in rows {
            self.counts.rows += 1;
            match row {
                Ok(Sighting { target, more: None }) => self.met.note(target),
                Ok(Sighting { target, more: Some(more) }) => {
                    if self.met.insert(target) {
                        pairs.push(more.pair);
                        subjects.extend(more.subjects.into_iter().flat_map(both));
                    }
                }
                Err(reason) => self.refuse(&reason),
            }
        }
        let mut known = look_up(&subjects)?.into_iter();
        let mut next = || known.next().unwrap_or_default();
        for pair in pairs {
            let first = next();
            match pair {
                // Noted above, as the target that it is.
                None => self.count(first),
                Some((id, domain)) => self.count_pair((id, first), (domain, next())),
            }
        }
        Ok(())
    }

    /// Returns what all rows come to.
    pub fn finish(self) -> Counts {
        let Self { mut counts, mut met, mut chained, .. } = self;
        // Of what was noted nothing is known.
        counts.to_ask += met.settle();
        chained.retain(|(_, domain)| !met.contains(*domain));
        drop(met);
        let pairs = chained.len();
        chained.sort_unstable();
        let ids = chained.chunk_by(|a, b| a.0 == b.0).count();
        chained.sort_unstable_by_key(|(_, domain)| *domain);
        let domains = chained.chunk_by(|a, b| a.1 == b.1).count();
        counts.fallbacks = domains as u64;
        // An id costs its credit, or is not found and leaves it to its domains: only those beyond one add to the cost.
        counts.credits = counts.to_ask + domains.min(pairs - ids) as u64;
        counts
    }

    fn refuse(&mut self, reason: &InvalidInput) {
        let invalid = self.counts.invalid.entry(reason.name());
        invalid.or_insert_with(|| Invalid { rows: 0, example: reason.to_string() }).rows += 1;
    }

    /// Counts an id and the domain that stands beside it.
    fn count_pair(&mut self, (id, of_id): (u64, Known), (domain, of_domain): (u64, Known)) {
        if self.met.insert(id) {
            self.count(of_id);
        }
        match (of_id, of_domain) {
            (Known::Answered(RowStatus::NotFound), _) => {
                if self.met.insert(domain) {
                    self.count(of_domain);
                }
            }
            (Known::Answered(_), _) | (_, Known::Answered(_)) => {}
            _ => self.chained.push((id, domain)),
        }
    }

    /// Counts a subject that is met for the first time.
    fn count(&mut self, known: Known) {
        let counts = &mut self.counts;
        match known {
            Known::Answered(RowStatus::Enriched) => counts.enriched += 1,
            Known::Answered(RowStatus::NoMatch) => counts.no_match += 1,
            Known::Answered(RowStatus::NotFound) => counts.not_found += 1,
            Known::Open(since) => {
                counts.to_ask += 1;
                if self.now.duration_since(since) >= KEY_PROTECTS {
                    counts.uncertain += 1;
                } else {
                    counts.same_key += 1;
                }
            }
            Known::Answered(_) | Known::Nothing => counts.to_ask += 1,
        }
    }
}

fn both(target: Target) -> impl Iterator<Item = Subject> {
    std::iter::once(target.first).chain(target.fallback)
}

fn fingerprint(subject: &Subject) -> u64 {
    FixedState::default().hash_one(subject)
}

#[cfg(test)]
mod tests;
