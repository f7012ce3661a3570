//! One job: an input, the output that an undisturbed run makes of it, and what has to hold after whatever is done to its
//! runs.

use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use fastrand::Rng;
use leadenrich::sandbox::Sandbox;

use super::counts::Counts;
use super::power::{DURABLE, LEDGER};
use super::shim::{self, Room, Strike, Times};
use crate::support::api::api;
use crate::support::ended::Ended;
use crate::support::home::Home;
use crate::support::table::Table;

/// What is done to a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Order {
    /// When it is sent a signal.
    pub(crate) strike: Option<Strike>,
    /// When the disk is full.
    pub(crate) room: Option<Room>,
    /// Whether what is synced is kept for a power cut.
    pub(crate) durable: bool,
    /// Whether events are told.
    pub(crate) events: bool,
}

/// An input, an API, and a folder with a ledger for the runs.
pub(crate) struct Job {
    /// The folder of the runs.
    pub(crate) home: Home,
    /// The output of the undisturbed run.
    pub(crate) expected: String,
    /// How often each point came in it.
    pub(crate) times: Times,
    /// The rows of the input.
    pub(crate) rows: u64,
    api: Sandbox,
    charged: u64,
    library: &'static Path,
    now: u64,
}

impl Job {
    /// Draws a job with so many companies and with these faults of the API, and runs it undisturbed.
    pub(crate) fn draw(companies: u64, faults: &str, library: &'static Path, rng: &mut Rng) -> Self {
        let settings = format!("latency=0..4ms,no-match=15,seed={},faults={faults}", rng.u32(..));
        let (input, rows) = input(companies, rng);
        let home = Home::with("in.csv", &input);
        // The wall clock stands still at the moment of the drawing, so that all outputs tell the same times.
        let written = fs::metadata(home.path("in.csv")).unwrap().modified().unwrap();
        let now = written.duration_since(UNIX_EPOCH).unwrap().as_secs();
        let alone = Self {
            home,
            expected: String::new(),
            times: Times::new(),
            rows,
            api: api(&settings),
            charged: 0,
            library,
            now,
        };
        alone.run("out.csv", &Order { events: true, ..Order::default() }).exits(0);
        let books = alone.api.books();
        let expected = alone.home.text("out.csv");
        assert_eq!(lines(&expected), rows, "the undisturbed run lost rows");
        assert!(books.charged_twice.is_empty() && (faults == "none" || books.faults.len() >= 4), "{books:?}");
        let (times, charged) = (shim::times(&alone.home), books.charged);
        Self { home: Home::with("in.csv", &input), expected, times, charged, api: api(&settings), ..alone }
    }

    /// Runs the job as ordered into an output.
    pub(crate) fn run(&self, output: &str, order: &Order) -> Ended {
        let told = order.strike.as_ref().map_or(order.events, Strike::needs_events);
        let progress = if told { "json" } else { "none" };
        let args = format!("batch in.csv -o {output} --retries 50 --timeout 250ms --progress {progress}");
        let mut call = shim::under(self.home.call(&args).at(&self.api), self.library, self.now);
        if let Some(strike) = &order.strike {
            call = strike.on(call);
        }
        if let Some(room) = order.room {
            call = room.on(call);
        }
        if order.durable {
            call = call.env("TORTURE_DURABLE", DURABLE);
        }
        call.run()
    }

    /// Takes away what earlier runs have left.
    pub(crate) fn forget(&self) {
        let _ = fs::remove_dir_all(self.home.path(".local"));
        let _ = fs::remove_file(self.home.path("out.csv"));
    }

    /// Returns what stands in an output's place.
    pub(crate) fn standing(&self, output: &str) -> Option<String> {
        self.home.path(output).exists().then(|| self.home.text(output))
    }

    /// Asserts that an output is what it was before a run that died, or whole.
    pub(crate) fn assert_no_half(&self, output: &str, before: Option<&str>, what: &dyn std::fmt::Debug) {
        let now = self.standing(output);
        let is_whole = now.as_deref().is_none_or(|now| now == self.expected);
        assert!(is_whole || now.as_deref() == before, "half of an output after {what:?}");
    }

    /// Asserts that an output is the undisturbed run's.
    pub(crate) fn assert_expected(&self, output: &str, counts: &mut Counts, what: &dyn std::fmt::Debug) {
        let now = self.home.text(output);
        counts.lost += self.rows.saturating_sub(lines(&now));
        counts.compared += 1;
        if now != self.expected {
            let differs = now.lines().zip(self.expected.lines()).find(|(now, expected)| now != expected);
            panic!("{output} is not the undisturbed run's after {what:?}: {differs:#?}");
        }
    }

    /// Asserts that a run that was told to stop has written every row: as the undisturbed run has, or as `pending`.
    /// Returns how many are not pending.
    pub(crate) fn assert_stopped(&self, output: &str, counts: &mut Counts) -> u64 {
        let (now, expected) = (Table::read(&self.home.text(output)), Table::read(&self.expected));
        assert_eq!(now.header, expected.header);
        counts.lost += self.rows.saturating_sub(now.rows.len() as u64);
        counts.compared += 1;
        assert_eq!(now.rows.len(), expected.rows.len());
        let statuses = now.column("enrich_status");
        for ((now, expected), status) in now.rows.iter().zip(&expected.rows).zip(&statuses) {
            let is_pending = *status == "pending" && now[..4] == expected[..4];
            assert!(is_pending || now == expected, "neither pending nor right: {now:?}, {expected:?}");
        }
        statuses.iter().filter(|status| **status != "pending").count() as u64
    }

    /// Asserts that the books and the ledger are right after the last run, and that one more run asks nothing.
    pub(crate) fn assert_settled(&self, outputs: &[&str], counts: &mut Counts) {
        for output in outputs {
            self.run(output, &Order::default()).exits(0);
            self.assert_expected(output, counts, &"the end");
        }
        let books = self.api.books();
        counts.rows += self.rows;
        counts.charges += books.charged;
        counts.replays += books.replayed;
        counts.twice += books.charged_twice.len();
        assert_eq!(books.charged_twice, Vec::<String>::new());
        assert_eq!((books.charged, books.most_charges_per_subject), (self.charged, 1));

        let before = (&books.requests, books.unanswered);
        self.run(outputs[0], &Order::default()).exits(0);
        let books = self.api.books();
        assert_eq!((&books.requests, books.unanswered), before, "what is known was asked again");
        let ledger = rusqlite::Connection::open(self.home.path(LEDGER)).unwrap();
        let said: String = ledger.query_row("PRAGMA integrity_check", (), |row| row.get(0)).unwrap();
        assert_eq!(said, "ok");
        let open = "SELECT count(*) FROM calls WHERE key IS NOT NULL";
        assert_eq!(ledger.query_row(open, (), |row| row.get::<_, i64>(0)).unwrap(), 0, "intents are open");
    }
}

/// Draws a table of this many companies, some of them twice, some by id, and some rows that name none. Returns also how
/// many rows it has.
fn input(companies: u64, rng: &mut Rng) -> (String, u64) {
    let mut rows: Vec<String> = (1..=companies)
        .map(|number| {
            let id = format!("00000000-0000-4000-8000-{number:012x}");
            match rng.u8(..40) {
                0 | 1 => format!("By id {number},,{id},"),
                2 => format!("By both {number},c{number}.com,{id},"),
                3 => format!("\"Two\nlines {number}\",c{number}.co.uk,,\"a \"\"note\"\"\""),
                4 => format!("=Formula {number},https://www.c{number}.de/a?b=c,,x"),
                _ => format!("\"Company, {number}\",c{number}.com,,"),
            }
        })
        .collect();
    for _ in 0..companies / 10 {
        let number = rng.u64(1..=companies);
        rows.push(match rng.u8(..6) {
            0 => format!("Once more,HTTPS://C{number}.COM/,,"),
            1 => format!("Once more,blog.c{number}.com,,"),
            2 => format!("Once more,,00000000-0000-4000-8000-{number:012x},"),
            3 => "None,,,".to_owned(),
            4 => "None,not a domain,,".to_owned(),
            _ => "None,gmail.com,,".to_owned(),
        });
    }
    rng.shuffle(&mut rows);
    (format!("company,website,company_id,note\n{}\n", rows.join("\n")), rows.len() as u64)
}

/// Returns how many rows a table has.
fn lines(text: &str) -> u64 {
    Table::read(text).rows.len() as u64
}
