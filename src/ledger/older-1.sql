-- What a ledger of version 1 lacks, so that it can be read as it is. Names of temporary views come before the file's.
CREATE TEMP VIEW scopes AS SELECT *, NULL AS balance, NULL AS balance_ms FROM main.scopes;
CREATE TEMP VIEW calls AS
SELECT *, NULL AS claimed_by, iif(status = 'enriched', 1, 0) AS credits, 0 AS uncertain FROM main.calls;
CREATE TEMP VIEW runs AS
SELECT 0 AS id, 0 AS scope_id, 0 AS started_ms, 0 AS alive_ms, 0 AS ended_ms, '' AS stop_reason, 0 AS settled,
       0 AS spent, 0 AS saved WHERE false;
CREATE TEMP VIEW quotas AS
SELECT 0 AS scope_id, 0 AS place, 0 AS allowed, 0 AS remaining, 0 AS resets_ms, 0 AS window_ms, 0 AS told_ms WHERE false;
CREATE TEMP VIEW pruned AS
SELECT 0 AS scope_id, '' AS day, 0 AS answers, 0 AS credits, 0 AS uncertain WHERE false;
