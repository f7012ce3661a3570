-- Whose answers these are. Answers of different base URLs and keys never mix.
CREATE TABLE scopes (
    id       INTEGER PRIMARY KEY,
    base_url TEXT NOT NULL,
    account  TEXT NOT NULL,     -- a fingerprint of the key, never the key
    UNIQUE (base_url, account)
) STRICT;

-- One row for each signature ever asked: whom, which fields, with or without overwrite.
CREATE TABLE calls (
    id             INTEGER PRIMARY KEY,
    scope_id       INTEGER NOT NULL REFERENCES scopes (id),
    subject        TEXT    NOT NULL,     -- the domain or company id, as it is sent
    kind           TEXT    NOT NULL,     -- 'domain' or 'company_id'
    fields         INTEGER NOT NULL,     -- the fields asked: bit 0 = name … bit 8 = tech_stack
    overwrite      INTEGER NOT NULL,     -- 0 or 1

    -- The open intent: a call that was sent, or was about to be, and whose outcome is unknown.
    generation     INTEGER NOT NULL,     -- how often the signature was asked to its end
    key            TEXT,                 -- its idempotency key; NULL: no call is open
    first_sent_ms  INTEGER,              -- when the key was first sent, in milliseconds since 1970

    -- The latest outcome; NULL: there is none yet.
    status         TEXT,                 -- 'enriched', 'no_match' or 'not_found'
    answered_ms    INTEGER,              -- when, in milliseconds since 1970
    company        TEXT,                 -- the company, as the API wrote it
    filled         INTEGER,              -- the fields with a value, as bits
    fields_updated TEXT,                 -- a JSON array of names
    source         TEXT,
    confidence     TEXT,                 -- from 0 to 1, as the API wrote the number
    request_id     TEXT,

    -- The latest failure, if it is younger than the outcome. It never takes the place of what was paid for.
    failed_ms      INTEGER,              -- when the call was given up, in milliseconds since 1970
    reason         TEXT,                 -- why
    failed_request_id TEXT,
    UNIQUE (scope_id, subject, kind, fields, overwrite)
) STRICT;

-- The same for reading: one line for each company that was answered or given up.
CREATE VIEW answers AS
SELECT scopes.base_url,
       calls.kind,
       calls.subject,
       coalesce(calls.status, 'failed') AS status,
       strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(calls.answered_ms, calls.failed_ms) / 1000.0, 'unixepoch') AS answered_at,
       calls.company ->> '$.name'     AS name,
       calls.company ->> '$.industry' AS industry,
       calls.company ->> '$.size'     AS size,
       calls.source,
       CAST(calls.confidence AS REAL) AS confidence,
       coalesce(calls.failed_request_id, calls.request_id) AS request_id,
       calls.reason
FROM calls JOIN scopes ON scopes.id = calls.scope_id
WHERE calls.status IS NOT NULL OR calls.failed_ms IS NOT NULL;
