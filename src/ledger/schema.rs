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
           failed_request_id
    FROM calls WHERE scope_id = ?1 AND subject = ?2 AND kind = ?3";

/// Records an intent; an earlier outcome stays until the new one is there.
pub(super) const INTEND: &str = "
    INSERT INTO calls (scope_id, subject, kind, fields, overwrite, generation, key, first_sent_ms)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (scope_id, subject, kind, fields, overwrite)
    DO UPDATE SET generation = excluded.generation, key = excluded.key, first_sent_ms = excluded.first_sent_ms
    RETURNING id";

/// Records an answer, and closes the intent.
pub(super) const SETTLE: &str = "
    UPDATE calls SET status = ?7, answered_ms = ?8, company = ?9, filled = ?10, fields_updated = ?11,
           source = ?12, confidence = ?13, request_id = ?14, failed_ms = NULL, reason = NULL,
           failed_request_id = NULL,
           generation = coalesce(?6, generation),
           key = iif(?6 IS NULL, key, NULL), first_sent_ms = iif(?6 IS NULL, first_sent_ms, NULL)
    WHERE scope_id = ?1 AND subject = ?2 AND kind = ?3 AND fields = ?4 AND overwrite = ?5";

/// Records a failure beside whatever was answered before, and closes the intent unless it must stay open.
pub(super) const GIVE_UP: &str = "
    UPDATE calls SET failed_ms = ?7, reason = ?8, failed_request_id = ?9,
           generation = coalesce(?6, generation),
           key = iif(?6 IS NULL, key, NULL), first_sent_ms = iif(?6 IS NULL, first_sent_ms, NULL)
    WHERE scope_id = ?1 AND subject = ?2 AND kind = ?3 AND fields = ?4 AND overwrite = ?5";

/// Closes an intent without an outcome.
pub(super) const WITHDRAW: &str = "
    UPDATE calls SET generation = ?6, key = NULL, first_sent_ms = NULL
    WHERE scope_id = ?1 AND subject = ?2 AND kind = ?3 AND fields = ?4 AND overwrite = ?5";

/// Notes a subject that this run has passed over; says nothing if it had been noted before.
pub(super) const PASS_OVER: &str = "INSERT OR IGNORE INTO temp.passed_over (subject, kind) VALUES (?1, ?2)";
