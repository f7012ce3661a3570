//! The ledger's SQL: migrations and statements.
//!
//! **Compatibility.** Migrations are only ever appended, and never break the reading of older columns.

/// Each entry takes the file from the version of its index to the next.
pub(super) const MIGRATIONS: [&str; 2] = [include_str!("schema-1.sql"), include_str!("schema-2.sql")];

/// What a file of version 1 lacks, for a connection that only reads it.
pub(super) const OLDER_1: &str = include_str!("older-1.sql");

/// Everything known about a subject. Few rows: one for each set of fields it was ever asked with.
pub(super) const LOOK_UP: &str = "
    SELECT id, fields, overwrite, generation, first_sent_ms, status, answered_ms,
           company, filled, fields_updated, source, confidence, request_id, failed_ms, reason,
           failed_request_id, claimed_by
    FROM calls WHERE scope_id = ?1 AND subject = ?2 AND kind = ?3";

/// Records an intent and claims it; an earlier outcome stays until the new one is there.
pub(super) const INTEND: &str = "
    INSERT INTO calls (scope_id, subject, kind, fields, overwrite, claimed_by, generation, key, first_sent_ms, uncertain)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
    ON CONFLICT (scope_id, subject, kind, fields, overwrite)
    DO UPDATE SET generation = excluded.generation, key = excluded.key, first_sent_ms = excluded.first_sent_ms,
                  claimed_by = excluded.claimed_by, uncertain = uncertain + excluded.uncertain
    RETURNING id";

/// Records an answer, and closes the intent. An intent of another run, to which this one has lost its claim meanwhile,
/// is that run's to close.
pub(super) const SETTLE: &str = "
    UPDATE calls SET status = ?8, answered_ms = ?9, company = ?10, filled = ?11, fields_updated = ?12,
           source = ?13, confidence = ?14, request_id = ?15, failed_ms = NULL, reason = NULL,
           failed_request_id = NULL,
           credits = credits + (?8 = 'enriched' AND claimed_by IS ?6),
           generation = max(generation, coalesce(?7, generation)),
           key = iif(?7 IS NOT NULL AND claimed_by IS ?6, NULL, key),
           first_sent_ms = iif(?7 IS NOT NULL AND claimed_by IS ?6, NULL, first_sent_ms),
           claimed_by = nullif(claimed_by, ?6)
    WHERE scope_id = ?1 AND subject = ?2 AND kind = ?3 AND fields = ?4 AND overwrite = ?5";

/// Records a failure beside whatever was answered before, and closes the intent unless it must stay open.
pub(super) const GIVE_UP: &str = "
    UPDATE calls SET failed_ms = ?8, reason = ?9, failed_request_id = ?10,
           generation = max(generation, coalesce(?7, generation)),
           key = iif(?7 IS NOT NULL AND claimed_by IS ?6, NULL, key),
           first_sent_ms = iif(?7 IS NOT NULL AND claimed_by IS ?6, NULL, first_sent_ms),
           claimed_by = nullif(claimed_by, ?6)
    WHERE scope_id = ?1 AND subject = ?2 AND kind = ?3 AND fields = ?4 AND overwrite = ?5";

/// Closes an intent of this run without an outcome.
pub(super) const WITHDRAW: &str = "
    UPDATE calls SET generation = ?7, key = NULL, first_sent_ms = NULL, claimed_by = NULL
    WHERE scope_id = ?1 AND subject = ?2 AND kind = ?3 AND fields = ?4 AND overwrite = ?5 AND claimed_by IS ?6";

/// Gives a claim of this run up. The intent stays open.
pub(super) const RELEASE: &str = "
    UPDATE calls SET claimed_by = NULL
    WHERE scope_id = ?1 AND subject = ?2 AND kind = ?3 AND fields = ?4 AND overwrite = ?5 AND claimed_by IS ?6";

/// Enters a run.
pub(super) const BEGIN_RUN: &str = "INSERT INTO runs (scope_id, started_ms, alive_ms) VALUES (?1, ?2, ?2)";

/// Takes note that a run holds a lock while it lives.
pub(super) const LOCK_RUN: &str = "UPDATE runs SET locked = 1 WHERE id = ?1";

/// Runs that go on, or were killed.
pub(super) const UNFINISHED_RUNS: &str = "SELECT id FROM runs WHERE ended_ms IS NULL";

/// When a run showed life last, unless it has ended, and whether it holds a lock.
pub(super) const LATEST_LIFE: &str = "SELECT alive_ms, locked FROM runs WHERE id = ?1 AND ended_ms IS NULL";

/// Takes note that a run was killed.
pub(super) const BURY_RUN: &str = "UPDATE runs SET ended_ms = alive_ms, stop_reason = ?2 WHERE id = ?1";

/// Adds to a run's books.
pub(super) const COUNT: &str =
    "UPDATE runs SET settled = settled + ?2, spent = spent + ?3, alive_ms = ?4 WHERE id = ?1";

/// Ends a run.
pub(super) const END_RUN: &str =
    "UPDATE runs SET ended_ms = ?2, alive_ms = ?2, stop_reason = ?3, saved = ?4 WHERE id = ?1";

/// Keeps the balance that was told last.
pub(super) const KEEP_BALANCE: &str = "UPDATE scopes SET balance = ?2, balance_ms = ?3 WHERE id = ?1";

/// Forgets the quotas that were told before.
pub(super) const FORGET_QUOTAS: &str = "DELETE FROM quotas WHERE scope_id = ?1";

/// Keeps a quota that was told last.
pub(super) const KEEP_QUOTA: &str = "
    INSERT INTO quotas (scope_id, place, allowed, remaining, resets_ms, window_ms, told_ms)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

/// Notes a subject that this run has passed over; says nothing if it had been noted before.
pub(super) const PASS_OVER: &str = "INSERT OR IGNORE INTO temp.passed_over (subject, kind) VALUES (?1, ?2)";
