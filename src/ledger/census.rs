//! What the ledger knows of many subjects, for a plan: read without a run, and without changing the file.
//!
//! It knows what a run would find: the same columns are read, and the same rules tell whether an answer serves.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Statement, params};

use super::{LedgerError, open, record, schema};
use crate::rules::outcome::RowStatus;
use crate::rules::plan::{Known, LastTold, Quota};
use crate::rules::signature::{Reuse, Scope, Stored};
use crate::rules::target::Subject;

/// A ledger that is only read.
#[derive(Debug)]
pub struct Census {
    path: PathBuf,
    reuse: Reuse,
    /// The file and the scope's number in it; absent where nothing was ever asked in this scope.
    found: Option<(Connection, i64)>,
}

impl Census {
    /// Opens the ledger at `path`. One that is not there, or keeps nothing, knows nothing.
    pub fn open(path: Option<&Path>, scope: &Scope, reuse: Reuse) -> Result<Self, LedgerError> {
        let Some(path) = path else { return Ok(Self { path: PathBuf::new(), reuse, found: None }) };
        let found = match open::open_to_read(path)? {
            None => None,
            Some(connection) => connection
                .query_row(
                    "SELECT id FROM scopes WHERE base_url = ?1 AND account = ?2",
                    params![&*scope.base_url, &*scope.account],
                    |row| row.get(0),
                )
                .optional()
                .map_err(|error| LedgerError::at(path, error))?
                .map(|scope_id| (connection, scope_id)),
        };
        Ok(Self { path: path.to_owned(), reuse, found })
    }

    /// Returns whether there is a ledger with answers for this scope at all.
    pub const fn knows_something(&self) -> bool {
        self.found.is_some()
    }

    /// Returns what is known of subjects, in their order; nothing at all where nothing is known of any.
    pub fn look_up(&self, subjects: &[Subject]) -> Result<Vec<Known>, LedgerError> {
        let Some((connection, scope_id)) = &self.found else { return Ok(Vec::new()) };
        connection
            .prepare_cached(schema::LOOK_UP)
            .and_then(|mut statement| {
                subjects.iter().map(|subject| self.known(&mut statement, *scope_id, subject)).collect()
            })
            .map_err(|error| LedgerError::at(&self.path, error))
    }

    fn known(
        &self,
        statement: &mut Statement<'_>,
        scope_id: i64,
        subject: &Subject,
    ) -> rusqlite::Result<Known> {
        let mut rows = statement.query(params![scope_id, subject.text(), subject.kind()])?;
        let mut open_since = None;
        let mut best = None;
        while let Some(row) = rows.next()? {
            let wish = record::wish(row)?;
            if wish == self.reuse.wish {
                open_since = record::time(row, 4)?;
            }
            best = record::better(row, wish, &self.reuse, best)?;
        }
        Ok(match (best, open_since) {
            // A failure serves the run alone that met it.
            (Some((Stored { status, .. }, ..)), _) if status != RowStatus::Failed => Known::Answered(status),
            (_, Some(since)) => Known::Open(since),
            (_, None) => Known::Nothing,
        })
    }

    /// Returns what the API told last.
    pub fn last_told(&self) -> Result<LastTold, LedgerError> {
        let Some((connection, scope_id)) = &self.found else { return Ok(LastTold::default()) };
        let balance = balance(connection, *scope_id);
        let told =
            balance.and_then(|balance| Ok(LastTold { balance, quotas: quotas(connection, *scope_id)? }));
        told.map_err(|error| LedgerError::at(&self.path, error))
    }
}

fn balance(connection: &Connection, scope_id: i64) -> rusqlite::Result<Option<(u64, Timestamp)>> {
    connection.query_row("SELECT balance, balance_ms FROM scopes WHERE id = ?1", [scope_id], |row| {
        let balance = count(row.get(0)?);
        Ok(balance.zip(record::time(row, 1)?))
    })
}

fn quotas(connection: &Connection, scope_id: i64) -> rusqlite::Result<Vec<Quota>> {
    let mut statement = connection.prepare(
        "SELECT allowed, remaining, resets_ms, window_ms, told_ms FROM quotas WHERE scope_id = ?1 ORDER BY place",
    )?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Quota {
            allowed: count(row.get(0)?),
            remaining: count(row.get(1)?).unwrap_or_default(),
            resets_at: record::time(row, 2)?.unwrap_or(Timestamp::MAX),
            window: count(row.get(3)?).map(std::time::Duration::from_millis),
            told_at: record::time(row, 4)?.unwrap_or(Timestamp::MIN),
        })
    };
    statement.query_map([scope_id], read)?.collect()
}

fn count(number: Option<i64>) -> Option<u64> {
    number.and_then(|number| number.try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::schema::MIGRATIONS;
    use crate::rules::field::FieldSet;
    use crate::rules::signature::Wish;

    fn scope() -> Scope {
        Scope { base_url: "https://api.test".into(), account: "a".into() }
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    fn reuse() -> Reuse {
        let wish = Wish { fields: FieldSet::from_bits(3), overwrite: false };
        Reuse { wish, run_started: at(1_000), paid_since: at(500), unmatched_since: at(900) }
    }

    /// Makes a ledger of a version with these lines, and returns what a census knows of `a` to `z`.
    fn census(version: usize, lines: &str) -> (tempfile::TempDir, Census) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("PRAGMA journal_mode = WAL").unwrap();
        for migration in &MIGRATIONS[..version] {
            connection.execute_batch(migration).unwrap();
        }
        connection.pragma_update(None, "application_id", 0x6c65_6c69).unwrap();
        connection.pragma_update(None, "user_version", i64::try_from(version).unwrap()).unwrap();
        connection
            .execute_batch("INSERT INTO scopes (base_url, account) VALUES ('https://api.test', 'a')")
            .unwrap();
        connection.execute_batch(lines).unwrap();
        let census = Census::open(Some(&path), &scope(), reuse()).unwrap();
        (folder, census)
    }

    const CALLS: &str = "
        INSERT INTO calls (scope_id, subject, kind, fields, overwrite, generation, key, first_sent_ms,
                           status, answered_ms, company, failed_ms)
        VALUES (1, 'paid', 'domain', 7, 0, 1, NULL, NULL, 'enriched', 600, '{}', NULL),
               (1, 'old', 'domain', 7, 0, 1, NULL, NULL, 'enriched', 499, '{}', NULL),
               (1, 'less', 'domain', 1, 0, 1, NULL, NULL, 'enriched', 600, '{}', NULL),
               (1, 'broken', 'domain', 7, 0, 1, NULL, NULL, 'enriched', 600, '{', NULL),
               (1, 'none', 'domain', 3, 0, 1, NULL, NULL, 'no_match', 900, NULL, NULL),
               (1, 'open', 'domain', 3, 0, 1, 'k', 700, NULL, NULL, NULL, NULL),
               (1, 'open', 'domain', 1, 0, 1, 'k', 600, NULL, NULL, NULL, NULL),
               (1, 'failed', 'domain', 3, 0, 1, NULL, NULL, NULL, NULL, NULL, 2000);";

    #[test]
    fn it_knows_what_a_run_would_find() {
        for version in [1, 2] {
            let (_folder, census) = census(version, CALLS);
            let names = ["paid", "old", "less", "broken", "none", "open", "failed", "new"];
            let known = census.look_up(&names.map(|name| Subject::Domain(name.into()))).unwrap();
            let expected = [
                Known::Answered(RowStatus::Enriched),
                Known::Nothing,
                Known::Nothing,
                Known::Nothing,
                Known::Answered(RowStatus::NoMatch),
                Known::Open(at(700)),
                Known::Nothing,
                Known::Nothing,
            ];
            assert_eq!(known, expected, "version {version}");
            assert_eq!(census.look_up(&[Subject::CompanyId("paid".into())]).unwrap(), [Known::Nothing]);
            assert_eq!(census.last_told().unwrap(), LastTold::default());
        }
    }

    #[test]
    fn what_the_api_told_last_is_kept_by_scope() {
        let told = "
            UPDATE scopes SET balance = 4870, balance_ms = 600;
            INSERT INTO scopes (base_url, account, balance, balance_ms) VALUES ('https://other.test', 'a', 5, 5);
            INSERT INTO quotas VALUES (1, 1, NULL, 9, 800, 1000, 700), (1, 0, 1000, 995, 900, NULL, 700),
                                      (2, 0, 1, 1, 1, 1, 1);";
        let (_folder, census) = census(2, told);
        let told = census.last_told().unwrap();
        assert_eq!(told.balance, Some((4_870, at(600))));
        let day = Quota {
            allowed: Some(1_000),
            remaining: 995,
            resets_at: at(900),
            window: None,
            told_at: at(700),
        };
        let second = Quota {
            allowed: None,
            remaining: 9,
            resets_at: at(800),
            window: Some(std::time::Duration::from_secs(1)),
            told_at: at(700),
        };
        assert_eq!(told.quotas, [day, second]);
    }

    #[test]
    fn where_no_ledger_is_nothing_is_known_and_none_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/ledger.db");
        let census = Census::open(Some(&path), &scope(), reuse()).unwrap();
        assert_eq!(census.look_up(&[Subject::Domain("a".into())]).unwrap(), []);
        assert!(!folder.path().join("deep").exists());
        std::fs::write(folder.path().join("empty.db"), "").unwrap();
        let empty = Census::open(Some(&folder.path().join("empty.db")), &scope(), reuse()).unwrap();
        assert_eq!(empty.last_told().unwrap(), LastTold::default());
    }

    #[test]
    fn another_scope_knows_nothing_and_a_foreign_file_is_refused() {
        let (folder, _) = census(2, CALLS);
        let path = folder.path().join("ledger.db");
        let other = Scope { account: "b".into(), ..scope() };
        let census = Census::open(Some(&path), &other, reuse()).unwrap();
        assert_eq!(census.look_up(&[Subject::Domain("paid".into())]).unwrap(), []);
        let foreign = folder.path().join("foreign.csv");
        std::fs::write(&foreign, "domain\nacme.com\n".repeat(100)).unwrap();
        let refused = Census::open(Some(&foreign), &scope(), reuse());
        assert!(matches!(refused, Err(LedgerError::NotADatabase { .. })), "{refused:?}");
    }
}
