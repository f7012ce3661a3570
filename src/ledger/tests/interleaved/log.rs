//! What happened on a ledger, line by line. Every question is answered by reading the lines from the contract's side;
//! nothing is kept but the lines.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::rules::outcome::{Outcome, RowStatus};
use crate::rules::verbs::{EntryId, LEASE, Next};

/// The fields of the wishes that runs have, and whether they overwrite.
pub(super) const WISHES: [(&[&str], bool); 4] =
    [(&["name"], false), (&["name", "size"], false), (&["industry"], false), (&["name"], true)];

/// Whom a run asks about, and with which of the wishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) subject: usize,
    pub(super) wish: usize,
}

/// What a run wants, and what it reuses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) wish: usize,
    pub(super) max_age: SignedDuration,
    pub(super) no_match_age: SignedDuration,
}

#[derive(Clone, Debug)]
pub(super) enum Deed {
    Began(Terms),
    /// A batch that was not only looking something up.
    Lived,
    Told(u32),
    Intended {
        generation: u32,
        first_sent: Timestamp,
        uncertain: bool,
    },
    /// An outcome of what was asked as this generation.
    Settled(u32, Arc<Outcome>, Next),
    Withdrew(u32),
    Released,
    PassedOver,
    Ended {
        rows_enriched: u32,
    },
    Died,
}

/// Who did what, when, and about what, if it is about a question.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) run: i64,
    pub(super) at: Timestamp,
    pub(super) about: Option<Question>,
    pub(super) deed: Deed,
}

/// The lines up to some point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Log<'a>(pub(super) &'a [Line]);

/// What must come of a look-up.
#[derive(Debug)]
pub(super) enum Found {
    /// One of these.
    Known(Vec<(Question, Arc<Outcome>)>),
    Elsewhere,
    Unknown {
        generation: u32,
        open_since: Option<Timestamp>,
        has_entry: bool,
    },
}

/// A row of `calls` as it must be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) generation: u32,
    pub(super) open_since: Option<i64>,
    pub(super) status: Option<String>,
    pub(super) answered: Option<i64>,
    pub(super) failed: Option<i64>,
    pub(super) claimed_by: Option<i64>,
    pub(super) credits: u32,
    pub(super) uncertain: u32,
}

/// A row of `runs` as it must be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Books {
    pub(super) settled: u32,
    pub(super) spent: u32,
    pub(super) saved: u32,
    pub(super) alive: i64,
    pub(super) is_over: bool,
    pub(super) stop_reason: Option<String>,
}

impl<'a> Log<'a> {
    fn about(self, question: Question) -> impl DoubleEndedIterator<Item = (usize, &'a Line)> {
        self.0.iter().enumerate().filter(move |(_, line)| line.about == Some(question))
    }

    fn of(self, run: i64) -> impl DoubleEndedIterator<Item = &'a Line> {
        self.0.iter().filter(move |line| line.run == run)
    }

    pub(super) fn was_asked(self, question: Question) -> bool {
        self.about(question).any(|(_, line)| matches!(line.deed, Deed::Intended { .. }))
    }

    /// The run that asked last, unless it has let the question go since.
    pub(super) fn claimant(self, question: Question) -> Option<i64> {
        let intended = |(_, line): &(usize, &Line)| matches!(line.deed, Deed::Intended { .. });
        let (at, asked) = self.about(question).rfind(intended)?;
        let has_ended = self.about(question).any(|(n, line)| {
            let ends = matches!(line.deed, Deed::Settled(..) | Deed::Withdrew(_) | Deed::Released);
            n > at && line.run == asked.run && ends
        });
        (!has_ended).then_some(asked.run)
    }

    fn last_life(self, run: i64) -> Timestamp {
        self.of(run).rfind(|line| matches!(line.deed, Deed::Began(_) | Deed::Lived)).unwrap().at
    }

    fn is_alive(self, run: i64, now: Timestamp) -> bool {
        let is_over = self.of(run).any(|line| matches!(line.deed, Deed::Ended { .. } | Deed::Died));
        !is_over && now.duration_since(self.last_life(run)).abs() < SignedDuration::try_from(LEASE).unwrap()
    }

    /// The other runs that are alive and have claimed the subject, with whatever wish.
    pub(super) fn asking(self, subject: usize, besides: i64, now: Timestamp) -> Vec<i64> {
        let claimants = (0..WISHES.len()).filter_map(|wish| self.claimant(Question { subject, wish }));
        claimants.filter(|run| *run != besides && self.is_alive(*run, now)).collect()
    }

    /// Whether a line says that the question of its generation is answered for good: by who asks it, or by anybody who has
    /// paid for it.
    fn answers(self, n: usize, line: &Line) -> Option<u32> {
        let Deed::Settled(asked, outcome, Next::Fresh(next)) = &line.deed else { return None };
        let holds = Log(&self.0[..n]).claimant(line.about?) == Some(line.run);
        let is_paid = outcome.verdict.enrichment().is_some();
        (next.0 > *asked && (holds || is_paid)).then_some(next.0)
    }

    /// The highest that anybody has come to.
    pub(super) fn generation(self, question: Question) -> u32 {
        let reached = self.about(question).filter_map(|(n, line)| match line.deed {
            Deed::Intended { generation, .. } => Some(generation),
            Deed::Settled(..) => self.answers(n, line),
            Deed::Withdrew(next) => (Log(&self.0[..n]).claimant(question) == Some(line.run)).then_some(next),
            _ => None,
        });
        reached.max().unwrap_or(0)
    }

    /// When the question was sent whose outcome nobody knows.
    pub(super) fn open_since(self, question: Question) -> Option<Timestamp> {
        let mut open: Option<(i64, u32, Timestamp)> = None;
        for (n, line) in self.about(question) {
            let is_answered = self.answers(n, line);
            match (&line.deed, open) {
                (Deed::Intended { generation, first_sent, .. }, _) => {
                    open = Some((line.run, *generation, *first_sent));
                }
                (Deed::Settled(..), Some((_, asked, _))) if is_answered.is_some_and(|next| next > asked) => {
                    open = None;
                }
                // Nothing was charged, says who asked last; had it let go before, it could not say so.
                (Deed::Settled(_, _, Next::Fresh(_)) | Deed::Withdrew(_), Some((run, ..)))
                    if run == line.run && Log(&self.0[..n]).claimant(question) == Some(run) =>
                {
                    open = None;
                }
                _ => {}
            }
        }
        open.map(|(.., first_sent)| first_sent)
    }

    /// The latest answer, and the failure that came after it.
    fn outcomes(self, question: Question) -> [Option<Arc<Outcome>>; 2] {
        let mut latest = [None, None];
        for (_, line) in self.about(question) {
            let Deed::Settled(_, outcome, _) = &line.deed else { continue };
            if outcome.verdict.status() == RowStatus::Failed {
                latest[1] = Some(Arc::clone(outcome));
            } else {
                latest = [Some(Arc::clone(outcome)), None];
            }
        }
        latest
    }

    /// What serves a run: all that was paid and is as young as the youngest of it; else the youngest of the rest.
    fn serving(self, subject: usize, run: i64) -> Vec<(Question, Arc<Outcome>)> {
        let began = self.of(run).next().unwrap();
        let Deed::Began(terms) = began.deed else { panic!("{began:?}") };
        let (wanted, overwrites) = WISHES[terms.wish];
        let questions = (0..WISHES.len()).filter(|wish| {
            let (fields, overwrote) = WISHES[*wish];
            wanted.iter().all(|field| fields.contains(field)) && (overwrote || !overwrites)
        });
        let questions = questions.map(|wish| Question { subject, wish });
        let found = questions.flat_map(|question| {
            self.outcomes(question).into_iter().flatten().map(move |outcome| (question, outcome))
        });
        let is_young = |(_, outcome): &(Question, Arc<Outcome>)| {
            let age = began.at.duration_since(outcome.answered_at);
            age <= SignedDuration::ZERO
                || match outcome.verdict.status() {
                    RowStatus::Enriched => age <= terms.max_age,
                    RowStatus::Failed => false,
                    _ => age <= terms.no_match_age,
                }
        };
        let mut serving: Vec<_> = found.filter(is_young).collect();
        if serving.iter().any(|(_, outcome)| outcome.verdict.enrichment().is_some()) {
            serving.retain(|(_, outcome)| outcome.verdict.enrichment().is_some());
        }
        let youngest = serving.iter().map(|(_, outcome)| outcome.answered_at).max();
        serving.retain(|(_, outcome)| Some(outcome.answered_at) == youngest);
        serving
    }

    pub(super) fn find(self, question: Question, run: i64, now: Timestamp, stopped: bool) -> Found {
        let serving = self.serving(question.subject, run);
        if !serving.is_empty() {
            Found::Known(serving)
        } else if !stopped && !self.asking(question.subject, run, now).is_empty() {
            Found::Elsewhere
        } else {
            Found::Unknown {
                generation: self.generation(question),
                open_since: self.open_since(question),
                has_entry: self.was_asked(question),
            }
        }
    }

    /// Whether a run that has stopped has not met the subject yet.
    pub(super) fn is_new_to(self, run: i64, question: Question) -> bool {
        let passed = |line: &Line| line.about == Some(question) && matches!(line.deed, Deed::PassedOver);
        !self.was_asked(question) && !self.of(run).any(passed)
    }

    pub(super) fn entry(self, question: Question) -> Entry {
        let [answered, failed] = self.outcomes(question);
        let mut paid: Vec<u32> = Vec::new();
        for (_, line) in self.about(question) {
            if let Deed::Settled(asked, outcome, _) = &line.deed
                && outcome.verdict.enrichment().is_some()
            {
                paid.push(*asked);
            }
        }
        // Under the key of one generation a credit is paid once.
        paid.sort_unstable();
        paid.dedup();
        let doubts = self
            .about(question)
            .filter(|(_, line)| matches!(line.deed, Deed::Intended { uncertain: true, .. }));
        let millis = |outcome: &Arc<Outcome>| outcome.answered_at.as_millisecond();
        Entry {
            generation: self.generation(question),
            open_since: self.open_since(question).map(Timestamp::as_millisecond),
            status: answered.as_ref().map(|outcome| outcome.verdict.status().name().to_owned()),
            answered: answered.as_ref().map(millis),
            failed: failed.as_ref().map(millis),
            claimed_by: self.claimant(question),
            credits: count(paid),
            uncertain: count(doubts),
        }
    }

    pub(super) fn books(self, run: i64) -> Books {
        let outcomes: Vec<&Arc<Outcome>> = self
            .of(run)
            .filter_map(
                |line| if let Deed::Settled(_, outcome, _) = &line.deed { Some(outcome) } else { None },
            )
            .collect();
        let spent = count(outcomes.iter().filter(|outcome| outcome.verdict.enrichment().is_some()));
        let ended = self.of(run).find_map(|line| match line.deed {
            Deed::Ended { rows_enriched } => Some((rows_enriched, line.at)),
            _ => None,
        });
        let died = self.0.iter().position(|line| line.run == run && matches!(line.deed, Deed::Died));
        // Those that begin later see to the dead.
        let is_buried =
            died.is_some_and(|at| self.0[at..].iter().any(|line| matches!(line.deed, Deed::Began(_))));
        Books {
            settled: count(outcomes),
            spent,
            saved: ended.map_or(0, |(rows, _)| rows.saturating_sub(spent)),
            alive: ended.map_or(self.last_life(run), |(_, at)| at).as_millisecond(),
            is_over: is_buried || ended.is_some(),
            stop_reason: is_buried.then(|| "killed".to_owned()),
        }
    }

    pub(super) fn balance(self) -> Option<u32> {
        self.0
            .iter()
            .rev()
            .find_map(|line| if let Deed::Told(balance) = line.deed { Some(balance) } else { None })
    }
}

fn count(any: impl IntoIterator) -> u32 {
    any.into_iter().count().try_into().unwrap()
}

/// The ledger's numbers of questions, each of which stays as it is.
#[derive(Debug, Default)]
pub(super) struct Numbers(Vec<(Question, EntryId)>);

impl Numbers {
    /// Holds a number against those met before.
    pub(super) fn meet(&mut self, question: Question, entry: EntryId) {
        match self.0.iter().find(|(known, number)| *known == question || *number == entry) {
            Some(known) => assert_eq!(*known, (question, entry), "a number stays"),
            None => self.0.push((question, entry)),
        }
    }
}
