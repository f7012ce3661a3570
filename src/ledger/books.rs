//! The books: what all answers, runs and open calls of the chosen scopes add up to.
//!
//! Sums over calls are made here and not in SQL: one pass over the table gives all of them, and nothing is sorted.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Row};

use crate::rules::books::{Balance, Books, LastRun, Period, QuotaTold, RunState, ScopeBooks};
use crate::rules::signature::KEY_PROTECTS;

const SCOPES: &str = "SELECT id, base_url, account, balance, balance_ms FROM scopes WHERE id IN temp.chosen";

/// The `+` has the table read from end to end instead of call by call along an index.
const CALLS: &str = "
    SELECT scope_id, coalesce(status, iif(failed_ms IS NULL, NULL, 'failed')), coalesce(answered_ms, failed_ms),
           iif(key IS NULL, NULL, coalesce(first_sent_ms, 0)), credits, uncertain
    FROM calls WHERE +scope_id IN temp.chosen";

/// What stands behind a better answer about the same company, to be taken off what `CALLS` counts as companies.
const BEHIND: &str = "
    WITH several AS (
        SELECT scope_id, subject, kind FROM calls WHERE scope_id IN temp.chosen
        GROUP BY scope_id, subject, kind HAVING count(*) > 1
    ), ranked AS (
        SELECT scope_id, coalesce(status, 'failed') AS status,
               row_number() OVER (
                   PARTITION BY scope_id, subject, kind
                   ORDER BY CASE status WHEN 'enriched' THEN 1 WHEN 'no_match' THEN 2 WHEN 'not_found' THEN 3 ELSE 4 END
               ) AS place
        FROM several JOIN calls USING (scope_id, subject, kind)
        WHERE status IS NOT NULL OR failed_ms IS NOT NULL
    )
    SELECT scope_id, status, count(*) FROM ranked WHERE place > 1 GROUP BY scope_id, status";

const PRUNED: &str = "SELECT scope_id, day, credits, uncertain FROM pruned WHERE scope_id IN temp.chosen";

const RUNS: &str = "
    SELECT scope_id, count(*), sum(spent), sum(saved) FROM runs WHERE scope_id IN temp.chosen GROUP BY scope_id";

const LAST_RUNS: &str = "
    SELECT scope_id, started_ms, alive_ms, ended_ms, stop_reason, spent, saved FROM runs
    WHERE id IN (SELECT max(id) FROM runs WHERE scope_id IN temp.chosen GROUP BY scope_id)";

const QUOTAS: &str = "
    SELECT scope_id, allowed, remaining, resets_ms, window_ms, told_ms FROM quotas
    WHERE scope_id IN temp.chosen ORDER BY scope_id, place";

/// The milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// The scopes by their numbers in the file.
type Scopes = BTreeMap<i64, ScopeBooks>;

/// Reads the books of the chosen scopes.
pub(super) fn read(connection: &Connection, period: Period, now: Timestamp) -> rusqlite::Result<Books> {
    let mut scopes = Scopes::new();
    each(connection, SCOPES, |row| {
        let told_at = time(row, 4)?;
        let scope = ScopeBooks {
            base_url: row.get(1)?,
            account: row.get(2)?,
            balance: count(row, 3)?.map(|credits| Balance { credits, told_at }),
            ..ScopeBooks::default()
        };
        scopes.insert(row.get(0)?, scope);
        Ok(())
    })?;
    add_calls(connection, &mut scopes, period, now)?;
    each_of(connection, BEHIND, &mut scopes, |scope, row| {
        let (status, behind): (Box<str>, i64) = (row.get(1)?, row.get(2)?);
        count_company(scope, &status, -behind);
        Ok(())
    })?;
    add_pruned(connection, &mut scopes, period)?;
    add_runs(connection, &mut scopes, now)?;
    each_of(connection, QUOTAS, &mut scopes, |scope, row| {
        scope.quotas.push(QuotaTold {
            allowed: count(row, 1)?,
            remaining: count(row, 2)?.unwrap_or_default(),
            resets_at: time(row, 3)?,
            window_ms: count(row, 4)?,
            told_at: time(row, 5)?,
        });
        Ok(())
    })?;
    let mut scopes: Vec<ScopeBooks> = scopes.into_values().collect();
    scopes.sort_by(|a, b| (&a.base_url, &a.account).cmp(&(&b.base_url, &b.account)));
    let mut books = Books::default();
    for scope in &scopes {
        books.total.add(&scope.sums);
    }
    Ok(Books { scopes, ..books })
}

/// Adds what the calls tell.
fn add_calls(
    connection: &Connection,
    scopes: &mut Scopes,
    period: Period,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let protects_ms = millis(KEY_PROTECTS);
    let mut paid: BTreeMap<(i64, i64), u64> = BTreeMap::new();
    each_of(connection, CALLS, scopes, |scope, row| {
        if let Some(first_sent_ms) = row.get::<_, Option<i64>>(3)? {
            let is_protected = now.as_millisecond().saturating_sub(first_sent_ms) < protects_ms;
            let open = &mut scope.sums.open;
            *(if is_protected { &mut open.protected } else { &mut open.uncertain }) += 1;
        }
        scope.sums.asked_again += count(row, 5)?.unwrap_or_default();
        let Some(answered_ms) = row.get::<_, Option<i64>>(2)? else { return Ok(()) };
        count_company(scope, row.get_ref(1)?.as_str_or_null()?.unwrap_or_default(), 1);
        let answers = &mut scope.sums.answers;
        answers.count += 1;
        let at = Timestamp::from_millisecond(answered_ms).ok();
        answers.oldest_at = [answers.oldest_at, at].into_iter().flatten().min();
        answers.newest_at = answers.newest_at.max(at);
        let credits = count(row, 4)?.unwrap_or_default();
        scope.sums.credits.held += credits;
        scope.sums.credits.paid += credits;
        if credits > 0 {
            *paid.entry((row.get(0)?, answered_ms.div_euclid(DAY_MS))).or_default() += credits;
        }
        Ok(())
    })?;
    for ((scope, day), credits) in paid {
        let day = Timestamp::from_millisecond(day.saturating_mul(DAY_MS)).unwrap_or_default();
        let day = day.strftime("%Y-%m-%d").to_string();
        if let Some(scope) = scopes.get_mut(&scope) {
            *scope.sums.paid.entry(period.of(&day).into()).or_default() += credits;
        }
    }
    Ok(())
}

/// Adds what is left of the answers that were pruned.
fn add_pruned(connection: &Connection, scopes: &mut Scopes, period: Period) -> rusqlite::Result<()> {
    each_of(connection, PRUNED, scopes, |scope, row| {
        let credits = count(row, 2)?.unwrap_or_default();
        let sums = &mut scope.sums;
        sums.credits.pruned += credits;
        sums.credits.paid += credits;
        sums.asked_again += count(row, 3)?.unwrap_or_default();
        if credits > 0 {
            let day: Box<str> = row.get(1)?;
            *sums.paid.entry(period.of(&day).into()).or_default() += credits;
        }
        Ok(())
    })
}

/// Adds what the runs tell.
fn add_runs(connection: &Connection, scopes: &mut Scopes, now: Timestamp) -> rusqlite::Result<()> {
    each_of(connection, RUNS, scopes, |scope, row| {
        scope.sums.runs.count = count(row, 1)?.unwrap_or_default();
        scope.sums.credits.by_runs = count(row, 2)?.unwrap_or_default();
        scope.sums.credits.saved = count(row, 3)?.unwrap_or_default();
        Ok(())
    })?;
    each_of(connection, LAST_RUNS, scopes, |scope, row| {
        let run = LastRun {
            started_at: time(row, 1)?,
            alive_at: time(row, 2)?,
            ended_at: time(row, 3)?,
            stop_reason: row.get(4)?,
            spent: count(row, 5)?.unwrap_or_default(),
            saved: count(row, 6)?.unwrap_or_default(),
            state: RunState::default(),
        };
        scope.sums.runs.last = Some(LastRun { state: RunState::of(&run, now), ..run });
        Ok(())
    })
}

/// Counts companies of a status, or takes them off.
fn count_company(scope: &mut ScopeBooks, status: &str, by: i64) {
    let companies = &mut scope.sums.companies;
    let counted = match status {
        "enriched" => &mut companies.enriched,
        "no_match" => &mut companies.no_match,
        "not_found" => &mut companies.not_found,
        "failed" => &mut companies.failed,
        _ => return,
    };
    *counted = counted.saturating_add_signed(by);
    companies.known = companies.known.saturating_add_signed(by);
}

/// Hands every row to `take`.
fn each(
    connection: &Connection,
    sql: &str,
    mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

/// Hands every row to `take`, with the scope that its first column names.
fn each_of(
    connection: &Connection,
    sql: &str,
    scopes: &mut Scopes,
    mut take: impl FnMut(&mut ScopeBooks, &Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    each(connection, sql, |row| match scopes.get_mut(&row.get(0)?) {
        Some(scope) => take(scope, row),
        None => Ok(()),
    })
}

/// Reads a count; one below zero is none.
fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<u64>> {
    let number: Option<i64> = row.get(column)?;
    Ok(number.map(|number| u64::try_from(number).unwrap_or_default()))
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    super::record::time(row, column)
}

fn millis(span: SignedDuration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
