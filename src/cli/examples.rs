//! What the help texts end with: the commonest command lines of each command, as they can be typed.

use super::topics;

/// Returns what `leadenrich --help` ends with.
pub(super) fn of_all() -> String {
    format!("{ALL}\n\nTopics, each shown by 'leadenrich help TOPIC':\n{}\n{EXIT_CODES}", topics::list())
}

const ALL: &str = "\
Examples:
  leadenrich enrich acme.com                      one company, as a card
  leadenrich batch companies.csv -o enriched.csv  every row of a file
  cut -d, -f2 crm.csv | leadenrich batch | jq .   in a pipeline
  leadenrich batch companies.csv --sandbox        try it without a key";

const EXIT_CODES: &str = "\
Exit codes: 0 complete, 1 unexpected, 2 usage or unreadable input, 3 some failed, 4 key, 5 credits, 6 quota, \
7 API unavailable, 130/143 interrupted";

pub(super) const ENRICH: &str = "\
Examples:
  leadenrich enrich acme.com
  leadenrich enrich https://www.acme.com/about jane@beta.io
  leadenrich enrich acme.com --json | jq '.[0].enrichment'
  leadenrich enrich acme.com --fields name,size -f csv
  leadenrich enrich acme.com --sandbox

Topics: 'leadenrich help keys', 'help exit-codes'";

pub(super) const BATCH: &str = "\
Examples:
  leadenrich plan companies.csv
  leadenrich batch companies.csv -o enriched.csv
  leadenrich batch crm.xlsx --sheet Leads -o crm.csv
  leadenrich batch big.csv -o out.csv --max-credits 500
  leadenrich batch big.csv -o out.csv --wait forever
  leadenrich batch crm.csv -o crm.csv --fill auto
  leadenrich batch companies.csv --limit 10 --sandbox

Topics: 'leadenrich help columns', 'help formats', 'help pacing', 'help ledger', 'help exit-codes'";

pub(super) const PLAN: &str = "\
Examples:
  leadenrich plan companies.csv
  leadenrich plan companies.csv --fields name,size
  leadenrich plan companies.csv --json | jq .

Topics: 'leadenrich help columns', 'help pacing'";

pub(super) const AUTH: &str = "\
Examples:
  leadenrich auth login
  leadenrich auth login --profile client-b
  pass show leadlex | leadenrich auth login
  leadenrich auth status
  leadenrich auth logout

Topics: 'leadenrich help keys'";

pub(super) const LEDGER: &str = "\
Examples:
  leadenrich ledger stats
  leadenrich ledger stats --by day --json
  leadenrich ledger export -o answers.csv
  leadenrich ledger export --status failed --since 7d
  leadenrich ledger prune --older-than 180d

Topics: 'leadenrich help ledger'";

pub(super) const SANDBOX: &str = "\
Examples:
  leadenrich sandbox --port 8080
  leadenrich sandbox --credits 100 --no-match 30
  leadenrich sandbox --limit 10 --window 1m
  leadenrich sandbox --faults http-503=5,hang=1

The same settings within a run: --sandbox=credits=100,no-match=30";
