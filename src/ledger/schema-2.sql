-- One row for each run that may have asked: so that two that go on at the same time do not ask the same question, and for
-- the books. A run that was killed has no end.
CREATE TABLE runs (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    scope_id    INTEGER NOT NULL REFERENCES scopes (id),
    started_ms  INTEGER NOT NULL,           -- when it began, in milliseconds since 1970
    alive_ms    INTEGER NOT NULL,           -- its latest sign of life
    locked      INTEGER NOT NULL DEFAULT 0, -- 1: it holds the lock of a file beside the ledger for as long as it lives
    ended_ms    INTEGER,                    -- when it ended; NULL: it goes on, or was killed
    stop_reason TEXT,                       -- why it stopped before its work was done, or 'killed'; NULL: it did not
    settled     INTEGER NOT NULL DEFAULT 0, -- the outcomes that it recorded
    spent       INTEGER NOT NULL DEFAULT 0, -- the credits that it paid: outcomes with a company
    saved       INTEGER NOT NULL DEFAULT 0  -- rows with a company that cost nothing, told when it ends
) STRICT;

-- What the API told last of its quotas: one row for each of them, a day's before a second's.
CREATE TABLE quotas (
    scope_id  INTEGER NOT NULL REFERENCES scopes (id),
    place     INTEGER NOT NULL,             -- from 0
    allowed   INTEGER,                      -- the calls that a window allows
    remaining INTEGER NOT NULL,             -- the calls that were left
    resets_ms INTEGER NOT NULL,             -- when more comes back
    window_ms INTEGER,                      -- how long a window is, where that is known
    told_ms   INTEGER NOT NULL,             -- when this was told
    PRIMARY KEY (scope_id, place)
) STRICT;

-- What the API told last of the balance.
ALTER TABLE scopes ADD COLUMN balance INTEGER;
ALTER TABLE scopes ADD COLUMN balance_ms INTEGER;

-- The run that asks at present; void once that run is over or dead.
ALTER TABLE calls ADD COLUMN claimed_by INTEGER REFERENCES runs (id);
-- How often the question was paid for. The present answer is the latest of them.
ALTER TABLE calls ADD COLUMN credits INTEGER NOT NULL DEFAULT 0;
-- How often it was asked again although an earlier outcome was unknown and its key protected no more.
ALTER TABLE calls ADD COLUMN uncertain INTEGER NOT NULL DEFAULT 0;
UPDATE calls SET credits = 1 WHERE status = 'enriched';

DROP VIEW answers;

-- One line for each question that was answered or given up.
CREATE VIEW answers AS
SELECT scopes.base_url,
       calls.kind,
       calls.subject,
       iif(calls.failed_ms IS NULL, calls.status, 'failed') AS status,
       strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(calls.failed_ms, calls.answered_ms) / 1000.0, 'unixepoch') AS answered_at,
       calls.credits,
       calls.company ->> '$.name'         AS name,
       calls.company ->> '$.domain'       AS domain,
       calls.company ->> '$.industry'     AS industry,
       calls.company ->> '$.size'         AS size,
       calls.company ->> '$.founded_year' AS founded_year,
       calls.company ->> '$.description'  AS description,
       calls.company ->> '$.hq_location'  AS hq_location,
       calls.company ->> '$.logo_url'     AS logo_url,
       calls.company ->> '$.linkedin_url' AS linkedin_url,
       calls.company ->> '$.tech_stack'   AS tech_stack,
       calls.source,
       CAST(calls.confidence AS REAL) AS confidence,
       calls.fields_updated,
       iif(calls.failed_ms IS NULL, calls.request_id, calls.failed_request_id) AS request_id,
       calls.reason,
       calls.overwrite
FROM calls JOIN scopes ON scopes.id = calls.scope_id
WHERE calls.status IS NOT NULL OR calls.failed_ms IS NOT NULL;

-- What is left of answers that were pruned: a line for each scope and day, so that the books stay true.
CREATE TABLE pruned (
    scope_id  INTEGER NOT NULL REFERENCES scopes (id),
    day       TEXT    NOT NULL,             -- on which they were answered, in UTC, such as '2026-11-22'
    answers   INTEGER NOT NULL,
    credits   INTEGER NOT NULL,
    uncertain INTEGER NOT NULL,
    PRIMARY KEY (scope_id, day)
) STRICT;
