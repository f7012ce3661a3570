//! Two or three runs on one ledger file, whose orders, deaths and days are drawn: every answer and every row of the file
//! is held against a log of what happened.

mod log;
mod moves;

use jiff::SignedDuration;
use proptest::prelude::*;
use rusqlite::{OptionalExtension as _, Row};

use self::log::{Books, Deed, Entry, Found, Line, Log, Numbers, Question, Terms, WISHES};
use self::moves::{Act, Move, SUBJECTS, moves, terms};
use super::*;
use crate::rules::signature::{KEY_FORGOTTEN, KEY_PROTECTS};

/// What a run has in its head about a subject.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    generation: u32,
    open_since: Option<Timestamp>,
    /// Which generation it asks, and whether that was open before, so that it may have been charged already.
    asking: Option<(u32, bool)>,
}

#[derive(Debug)]
struct Seat {
    ledger: Ledger,
    run: i64,
    terms: Terms,
    known: [Known; SUBJECTS.len()],
}

#[derive(Debug)]
struct Table {
    path: PathBuf,
    now: Timestamp,
    seats: Vec<Seat>,
    lines: Vec<Line>,
    numbers: Numbers,
    /// Looks at the file from outside.
    reader: Connection,
}

fn wish(number: usize) -> Wish {
    let (fields, overwrite) = WISHES[number];
    Wish { fields: fields.join(",").parse().unwrap(), overwrite }
}

fn subject(number: usize) -> Subject {
    Subject::Domain(SUBJECTS[number].into())
}

/// What the API answers a question: the same for as long as it is asked under the same key.
fn answer(question: Question, generation: u32) -> Verdict {
    match (question.subject + 3 * question.wish + generation as usize) % 4 {
        0 => Verdict::NoMatch,
        1 => Verdict::NotFound,
        _ => enriched(0).verdict,
    }
}

impl Table {
    fn new(path: PathBuf, seats: &[Terms]) -> Self {
        let reader = open::open(Some(&path)).unwrap();
        let now = second(0);
        let (lines, numbers) = (Vec::new(), Numbers::default());
        let mut table = Self { path, now, seats: Vec::new(), lines, numbers, reader };
        for terms in seats {
            let seat = table.begin(*terms);
            table.seats.push(seat);
        }
        table
    }

    fn begin(&mut self, terms: Terms) -> Seat {
        let reuse = Reuse {
            wish: wish(terms.wish),
            run_started: self.now,
            paid_since: self.now - terms.max_age,
            unmatched_since: self.now - terms.no_match_age,
        };
        let mut ledger = Ledger::open(Some(&self.path), &scope("a"), reuse).unwrap();
        ledger.connection.execute_batch("PRAGMA synchronous = OFF").unwrap();
        ledger.begin(self.now).unwrap();
        let run = ledger.life.as_ref().unwrap().run;
        self.note(run, None, Deed::Began(terms));
        Seat { ledger, run, terms, known: Default::default() }
    }

    fn note(&mut self, run: i64, about: Option<Question>, deed: Deed) {
        self.lines.push(Line { run, at: self.now, about, deed });
    }

    fn make(&mut self, step: Move) {
        match step {
            Move::Orders(seat, acts) => self.give_orders(seat, &acts),
            Move::Pass(ms) => self.now += SignedDuration::from_millis(ms),
            Move::Die(seat, terms) => {
                let next = self.begin(terms);
                let seat = std::mem::replace(&mut self.seats[seat], next);
                kill(seat.ledger);
                self.note(seat.run, None, Deed::Died);
            }
            Move::End(seat, terms) => {
                let next = self.begin(terms);
                let seat = std::mem::replace(&mut self.seats[seat], next);
                let ending = Ending { rows_enriched: 2, stopped: None, told: Told::default() };
                seat.ledger.end(&ending, self.now).unwrap();
                self.note(seat.run, None, Deed::Ended { rows_enriched: 2 });
            }
        }
        self.check_calls();
    }

    /// Gives orders, and holds each answer against what the log says just before it.
    fn give_orders(&mut self, seat: usize, acts: &[(Act, usize)]) {
        let (mut orders, mut answers) = (Vec::new(), Vec::new());
        let run = self.seats[seat].run;
        let mut intending = [false; SUBJECTS.len()];
        for (act, about) in acts {
            let act = if intending[*about] { Act::LookUp } else { *act };
            let order = self.order(seat, act, *about);
            intending[*about] |= matches!(order, Order::Intend { .. });
            answers.extend(self.expect(seat, &order));
            orders.push(order);
        }
        let looks = |order: &Order| matches!(order, Order::LookUp { .. } | Order::LookUpStopped { .. });
        if !orders.iter().all(looks) {
            self.note(run, None, Deed::Lived);
        }
        let given = self.seats[seat].ledger.commit(&orders, self.now).unwrap();
        assert_eq!(given.len(), answers.len(), "{orders:?}\n{given:?}");
        for (answer, (question, expected)) in given.iter().zip(answers) {
            self.compare(seat, question, answer, expected);
        }
    }

    /// Puts an act into an order, by what the run knows, which may be out of date.
    fn order(&mut self, seat: usize, act: Act, about: usize) -> Order {
        let (call, now) = (CallId(u32::try_from(about).unwrap()), self.now);
        let Seat { terms, known, .. } = &mut self.seats[seat];
        let (known, subject) = (&mut known[about], subject(about));
        match (act, known.asking) {
            (Act::LookUp, _) => return Order::LookUp { call, subject },
            (Act::LookUpStopped, _) => return Order::LookUpStopped { call, subject },
            (Act::ShowLife, _) => {
                let balance = u64::try_from(now.as_second()).ok();
                return Order::ShowLife { told: Told { balance, quotas: Vec::new() } };
            }
            (Act::Intend, _) | (_, None) => {
                let age = known.open_since.map(|since| now.duration_since(since));
                let intent = Intent {
                    generation: Generation(known.generation),
                    key: key(&subject, terms.wish, known.generation),
                    open_since: known.open_since,
                    first_sent: known.open_since.filter(|_| age < Some(KEY_FORGOTTEN)).unwrap_or(now),
                    uncertain: age >= Some(KEY_PROTECTS),
                    subject,
                };
                return Order::Intend { call, intent };
            }
            (_, Some(_)) => {}
        }
        let (generation, was_open) = known.asking.take().unwrap();
        let (same, next) = (Generation(generation), Generation(generation + 1));
        // What may have been charged keeps its key until it is answered.
        let unsettled = if was_open { Next::SameKey } else { Next::Fresh(same) };
        let failed = || Verdict::Failed { reason: "400".into() };
        let question = Question { subject: about, wish: terms.wish };
        let (verdict, next) = match act {
            Act::Withdraw if !was_open => return Order::Withdraw { subject, generation: same },
            Act::WithdrawAndMoveOn if !was_open => return Order::Withdraw { subject, generation: next },
            Act::Answer => (answer(question, generation), Next::Fresh(next)),
            Act::Fail => (failed(), unsettled),
            Act::FailOpen => (failed(), Next::SameKey),
            _ => return Order::Release { subject },
        };
        let outcome = Outcome { verdict, answered_at: now, request_id: None };
        Order::Settle { call, subject, outcome: Arc::new(outcome), next }
    }

    /// Notes an order in the log, and returns what must come of it.
    fn expect(&mut self, seat: usize, order: &Order) -> Option<(Question, Expected)> {
        let Seat { run, terms, .. } = self.seats[seat];
        let question = |subject: &Subject| {
            let subject = SUBJECTS.iter().position(|name| *name == subject.text()).unwrap();
            Question { subject, wish: terms.wish }
        };
        let log = Log(&self.lines);
        match order {
            Order::LookUp { subject, .. } => {
                let question = question(subject);
                Some((question, Expected::Found(log.find(question, run, self.now, false), None)))
            }
            Order::LookUpStopped { subject, .. } => {
                let question = question(subject);
                let found = log.find(question, run, self.now, true);
                let is_new = log.is_new_to(run, question);
                if matches!(found, Found::Unknown { .. }) {
                    self.note(run, Some(question), Deed::PassedOver);
                }
                Some((question, Expected::Found(found, Some(is_new))))
            }
            Order::Intend { intent, .. } => {
                let question = question(&intent.subject);
                let found = log.find(question, run, self.now, false);
                let known = (intent.generation.0, intent.open_since);
                if !matches!(found, Found::Unknown { generation, open_since, .. } if (generation, open_since) == known)
                {
                    return Some((question, Expected::Found(found, None)));
                }
                let Intent { generation: Generation(generation), first_sent, uncertain, .. } = *intent;
                self.note(run, Some(question), Deed::Intended { generation, first_sent, uncertain });
                Some((question, Expected::Intended(known, first_sent)))
            }
            Order::Settle { subject, outcome, next, .. } => {
                let question = question(subject);
                // A generation is left behind by an answer, never by a failure.
                let asked = match (next, &outcome.verdict) {
                    (Next::Fresh(next), Verdict::NoMatch | Verdict::NotFound | Verdict::Enriched(_)) => {
                        next.0 - 1
                    }
                    (Next::Fresh(same), Verdict::Failed { .. }) => same.0,
                    (Next::SameKey, _) => 0,
                };
                self.note(run, Some(question), Deed::Settled(asked, Arc::clone(outcome), *next));
                Some((question, Expected::Settled))
            }
            Order::Withdraw { subject, generation } => {
                self.note(run, Some(question(subject)), Deed::Withdrew(generation.0));
                None
            }
            Order::Release { subject } => {
                self.note(run, Some(question(subject)), Deed::Released);
                None
            }
            Order::ShowLife { told } => {
                self.note(run, None, Deed::Told(told.balance.unwrap().try_into().unwrap()));
                None
            }
        }
    }

    fn compare(&mut self, seat: usize, question: Question, answer: &Answer, expected: Expected) {
        let known = &mut self.seats[seat].known[question.subject];
        match (answer, expected) {
            (Answer::Known { entry, outcome, .. }, Expected::Found(Found::Known(any), _)) => {
                let served = any.iter().find(|(_, one)| one == outcome);
                let Some((question, _)) = served else { panic!("{outcome:?} is none of {any:?}") };
                // Two questions can have the same answer.
                if any.len() == 1 {
                    self.numbers.meet(*question, *entry);
                }
            }
            (Answer::AskedElsewhere { .. }, Expected::Found(Found::Elsewhere, _))
            | (Answer::Settled { .. }, Expected::Settled) => {}
            (
                Answer::Unknown { generation, open_since, entry, first_met, .. },
                Expected::Found(
                    Found::Unknown { generation: expected, open_since: since, has_entry },
                    is_new,
                ),
            ) => {
                assert_eq!((generation.0, *open_since, *first_met), (expected, since, is_new));
                (known.generation, known.open_since) = (generation.0, *open_since);
                assert_eq!(entry.is_some(), has_entry);
                if let Some(entry) = entry {
                    self.numbers.meet(question, *entry);
                }
            }
            (Answer::Intended { entry, .. }, Expected::Intended((generation, open_since), first_sent)) => {
                known.asking = Some((generation, open_since.is_some()));
                known.open_since = Some(first_sent);
                self.numbers.meet(question, *entry);
            }
            (answer, expected) => panic!("{answer:?} instead of {expected:?}"),
        }
    }

    /// Holds every row of `calls` against the log.
    fn check_calls(&self) {
        let log = Log(&self.lines);
        for subject in 0..SUBJECTS.len() {
            for wish in 0..WISHES.len() {
                let question = Question { subject, wish };
                let expected = log.was_asked(question).then(|| log.entry(question));
                let expected_key = expected.as_ref().and_then(|entry| {
                    entry.open_since.map(|_| key(&self::subject(subject), wish, entry.generation).to_string())
                });
                let (entry, key) = self.read_call(question).unzip();
                assert_eq!(entry, expected, "{question:?}");
                assert_eq!(key.flatten(), expected_key, "{question:?}");
            }
        }
    }

    fn read_call(&self, question: Question) -> Option<(Entry, Option<String>)> {
        let wish = wish(question.wish);
        let sql = "SELECT generation, first_sent_ms, status, answered_ms, failed_ms, claimed_by, credits, uncertain, key
            FROM calls WHERE subject = ?1 AND fields = ?2 AND overwrite = ?3";
        let values = params![SUBJECTS[question.subject], wish.fields.bits(), wish.overwrite];
        let read = |row: &Row<'_>| {
            let entry = Entry {
                generation: row.get(0)?,
                open_since: row.get(1)?,
                status: row.get(2)?,
                answered: row.get(3)?,
                failed: row.get(4)?,
                claimed_by: row.get(5)?,
                credits: row.get(6)?,
                uncertain: row.get(7)?,
            };
            Ok((entry, row.get(8)?))
        };
        self.reader.prepare_cached(sql).unwrap().query_row(values, read).optional().unwrap()
    }

    /// Holds every row of `runs`, and what was told last, against the log.
    fn check_books(&self) {
        let log = Log(&self.lines);
        let sql = "SELECT settled, spent, saved, alive_ms, ended_ms IS NOT NULL, stop_reason, id FROM runs";
        let read = |row: &Row<'_>| {
            let books = Books {
                settled: row.get(0)?,
                spent: row.get(1)?,
                saved: row.get(2)?,
                alive: row.get(3)?,
                is_over: row.get(4)?,
                stop_reason: row.get(5)?,
            };
            Ok((row.get::<_, i64>(6)?, books))
        };
        let mut statement = self.reader.prepare(sql).unwrap();
        let runs: Vec<_> = statement.query_map((), read).unwrap().map(Result::unwrap).collect();
        for (run, books) in &runs {
            assert_eq!(*books, log.books(*run), "run {run}");
        }
        let began = self.lines.iter().filter(|line| matches!(line.deed, Deed::Began(_)));
        assert_eq!(began.count(), runs.len());
        let balance = "SELECT balance FROM scopes";
        assert_eq!(
            self.reader.query_row(balance, (), |row| row.get::<_, Option<u32>>(0)).unwrap(),
            log.balance()
        );
    }
}

#[derive(Debug)]
enum Expected {
    /// With whether the subject is new to a run that has stopped.
    Found(Found, Option<bool>),
    /// What was known, and when the key was first sent.
    Intended((u32, Option<Timestamp>), Timestamp),
    Settled,
}

fn key(subject: &Subject, wish: usize, generation: u32) -> IdempotencyKey {
    IdempotencyKey::derive(&scope("a"), subject, self::wish(wish), Generation(generation))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_interleaving_is_answered_as_the_log_says(
        (seats, moves) in prop::collection::vec(terms(), 2..4).prop_flat_map(|seats| {
            let moves = moves(seats.len());
            (Just(seats), moves)
        }),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut table = Table::new(folder.path().join("ledger.db"), &seats);
        for step in moves {
            table.make(step);
        }
        table.check_books();
    }
}
