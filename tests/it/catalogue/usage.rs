//! What is typed wrongly: commands, options, values, targets.

use super::of_args;
use crate::support::home::Home;

#[test]
fn fields_that_there_are_not() {
    insta::assert_snapshot!(of_args("batch in.txt --sandbox --fields name,revenue"), @r"
    exit code: 2
    --- stderr
    error: invalid value 'name,revenue' for '--fields <LIST>': unknown field 'revenue'; the fields are name,industry,size,founded_year,description,hq_location,logo_url,linkedin_url,tech_stack

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox --fields ,"), @r"
    exit code: 2
    --- stderr
    error: invalid value ',' for '--fields <LIST>': no field named; the fields are name,industry,size,founded_year,description,hq_location,logo_url,linkedin_url,tech_stack

    For more information, try '--help'.
    ");
}

#[test]
fn values_that_cannot_be() {
    insta::assert_snapshot!(of_args("batch in.txt --sandbox --rate 5"), @r"
    exit code: 2
    --- stderr
    error: invalid value '5' for '--rate <RATE>': '5' is no rate; write a whole number above zero and a span, such as 10/s, 300/m, 5000/h or 1000/d

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox --rate 0/s"), @r"
    exit code: 2
    --- stderr
    error: invalid value '0/s' for '--rate <RATE>': '0/s' is no rate; write a whole number above zero and a span, such as 10/s, 300/m, 5000/h or 1000/d

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox --wait 5"), @r"
    exit code: 2
    --- stderr
    error: invalid value '5' for '--wait <DUR>': '5' is no duration; write a number and a unit, such as 500ms, 30s, 5m, 12h or 7d

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox --timeout 0"), @r"
    exit code: 2
    --- stderr
    error: invalid value '0' for '--timeout <DUR>': must be longer than nothing

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox --concurrency 0"), @r"
    exit code: 2
    --- stderr
    error: invalid value '0' for '--concurrency <N>': '0' is neither 'auto' nor a whole number from 1 to 4096

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox --max-credits -1"), @r"
    exit code: 2
    --- stderr
    error: invalid value '-1' for '--max-credits <N>': '-1' is no whole number, such as 0, 20 or 5000

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox --delimiter ;;"), @r"
    exit code: 2
    --- stderr
    error: invalid value ';;' for '--delimiter <C>': ';;' is no delimiter; give one ASCII character, or 'tab'

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox --output-format csv"), @r"
    exit code: 2
    --- stderr
    error: unexpected argument '--output-format' found

      tip: a similar argument exists: '--input-format'

    Usage: leadenrich batch --sandbox[=<KEY=VALUE,…>] --input-format <FORMAT> <INPUT>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox --refresh --max-age 1d"), @r"
    exit code: 2
    --- stderr
    error: the argument '--refresh' cannot be used with '--max-age <DUR>'

    Usage: leadenrich batch --sandbox[=<KEY=VALUE,…>] --refresh <INPUT>

    For more information, try '--help'.
    ");
}

#[test]
fn commands_that_there_are_not() {
    insta::assert_snapshot!(of_args("enrch acme.com"), @r"
    exit code: 2
    --- stderr
    error: unrecognized subcommand 'enrch'

      tip: a similar subcommand exists: 'enrich'

    Usage: leadenrich [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("enrich --sandbox"), @r"
    exit code: 2
    --- stderr
    error: the following required arguments were not provided:
      <TARGET>...

    Usage: leadenrich enrich --sandbox[=<KEY=VALUE,…>] <TARGET>...

    For more information, try '--help'.
    ");
}

#[test]
fn sandboxes_that_cannot_be() {
    insta::assert_snapshot!(of_args("batch in.txt --sandbox=speed=9"), @r"
    exit code: 2
    --- stderr
    error: the sandbox has no setting 'speed', only api-key, credits, limit, window, limiter, burst, headers, reset, retry-after, skew, date, refused, rival, no-match, latency, faults, seed
    hint: did you mean 'seed'?
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox=credits=many"), @r"
    exit code: 2
    --- stderr
    error: the sandbox's 'credits' cannot be 'many': give a whole number from 0
    hint: `leadenrich sandbox --help` says what can be set; for example --sandbox=credits=100,latency=50ms
    ");
    insta::assert_snapshot!(of_args("sandbox --latency soon"), @r"
    exit code: 2
    --- stderr
    error: the sandbox's 'latency' cannot be 'soon': give a duration up to 1h as in '50ms', or '20ms..80ms'
    hint: `leadenrich sandbox --help` says what can be set; for example --sandbox=credits=100,latency=50ms
    ");
}

#[test]
fn targets_that_find_nothing() {
    let home = Home::new();
    let ended =
        home.run("enrich --sandbox=no-match=100,latency=0 --fields name --format pretty acme.com nodot");
    insta::assert_snapshot!(ended.shown(), @r"
    exit code: 3
    --- stdout
    acme.com: no match, the providers know nothing about it
    nodot: invalid, 'nodot' is not a domain: it has no dot
    ");
}

#[test]
fn numbers_and_choices_that_cannot_be() {
    insta::assert_snapshot!(of_args("batch in.txt --sandbox --max-credits ten"), @r"
    exit code: 2
    --- stderr
    error: invalid value 'ten' for '--max-credits <N>': 'ten' is no whole number, such as 0, 20 or 5000

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox --max-credits 1,000"), @r"
    exit code: 2
    --- stderr
    error: invalid value '1,000' for '--max-credits <N>': '1,000' is no whole number, such as 0, 20 or 5000

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox --limit 1.5"), @r"
    exit code: 2
    --- stderr
    error: invalid value '1.5' for '--limit <N>': '1.5' is no whole number, such as 0, 20 or 5000

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox --retries -1"), @r"
    exit code: 2
    --- stderr
    error: invalid value '-1' for '--retries <N>': '-1' is no whole number, such as 0, 20 or 5000

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("sandbox --port 99999"), @r"
    exit code: 2
    --- stderr
    error: invalid value '99999' for '--port <N>': '99999' is no port: give a number from 0 to 65535

    For more information, try '--help'.
    ");
}

#[test]
fn choices_that_there_are_not() {
    insta::assert_snapshot!(of_args("batch in.txt --sandbox -f cvs"), @r"
    exit code: 2
    --- stderr
    error: invalid value 'cvs' for '--format <FORMAT>'
      [possible values: csv, tsv, jsonl, xlsx]

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox --subdomains kep"), @r"
    exit code: 2
    --- stderr
    error: invalid value 'kep' for '--subdomains <HOW>'
      [possible values: keep, collapse]

      tip: a similar value exists: 'keep'

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox --fields nam"), @r"
    exit code: 2
    --- stderr
    error: invalid value 'nam' for '--fields <LIST>': unknown field 'nam'; did you mean 'name'? the fields are name,industry,size,founded_year,description,hq_location,logo_url,linkedin_url,tech_stack

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("ledger export --since yesterday"), @r"
    exit code: 2
    --- stderr
    error: invalid value 'yesterday' for '--since <WHEN>': 'yesterday' is no time; write a date (2026-11-22), a time (TIME) or an age (7d)

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("ledger export --status found"), @r"
    exit code: 2
    --- stderr
    error: invalid value 'found' for '--status <LIST>'
      [possible values: enriched, no_match, not_found, failed]

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("ledger export -f xlsx"), @r"
    exit code: 2
    --- stderr
    error: invalid value 'xlsx' for '--format <FORMAT>'
      [possible values: csv, jsonl]

    For more information, try '--help'.
    ");
}

#[test]
fn arguments_that_are_missing_or_too_many() {
    insta::assert_snapshot!(of_args("batch in.txt other.txt --sandbox"), @r"
    exit code: 2
    --- stderr
    error: unexpected argument 'other.txt' found

    Usage: leadenrich batch [OPTIONS] [INPUT]

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("batch in.txt --output"), @r"
    exit code: 2
    --- stderr
    error: a value is required for '--output <FILE>' but none was supplied

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("ledger prune"), @r"
    exit code: 2
    --- stderr
    error: the following required arguments were not provided:
      --older-than <DUR>

    Usage: leadenrich ledger prune --older-than <DUR>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("ledger stat"), @r"
    exit code: 2
    --- stderr
    error: unrecognized subcommand 'stat'

      tip: a similar subcommand exists: 'stats'

    Usage: leadenrich ledger [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbx"), @r"
    exit code: 2
    --- stderr
    error: unexpected argument '--sandbx' found

      tip: a similar argument exists: '--sandbox'

    Usage: leadenrich batch --sandbox[=<KEY=VALUE,…>] <INPUT>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(of_args("batch in.txt --api-key wbk_secret1"), @r"
    exit code: 2
    --- stderr
    error: unexpected argument '--api-key' found

      tip: a similar argument exists: '--api-key-file'

    Usage: leadenrich batch --api-key-file <FILE> <INPUT>

    For more information, try '--help'.
    ");
}

#[test]
fn sandboxes_that_are_nearly_right() {
    insta::assert_snapshot!(of_args("batch in.txt --sandbox=credit=5"), @r"
    exit code: 2
    --- stderr
    error: the sandbox has no setting 'credit', only api-key, credits, limit, window, limiter, burst, headers, reset, retry-after, skew, date, refused, rival, no-match, latency, faults, seed
    hint: did you mean 'credits'?
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox=credits"), @r"
    exit code: 2
    --- stderr
    error: 'credits' is not KEY=VALUE, KEY being one of api-key, credits, limit, window, limiter, burst, headers, reset, retry-after, skew, date, refused, rival, no-match, latency, faults, seed
    hint: `leadenrich sandbox --help` says what can be set; for example --sandbox=credits=100,latency=50ms
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox=faults=htp-500:2"), @r"
    exit code: 2
    --- stderr
    error: the sandbox's 'faults' cannot be 'htp-500:2': give 'none', or NAME=PERCENT,… with at most 100 percent together, NAME being one of drop-before, drop-after, truncate, hang, http-500, http-502-html, http-503, rate-limit, bare-rate-limit, garbage, no-headers, slow
    hint: `leadenrich sandbox --help` says what can be set; for example --sandbox=credits=100,latency=50ms
    ");
}

#[test]
fn a_terminal_is_no_input() {
    let ended = Home::new().call("batch --sandbox").on_terminal().end();
    insta::assert_snapshot!(ended.shown(), @r"
    exit code: 2
    --- stderr
    error: no input: standard input is a terminal
    hint: name a file, or pipe rows in: cut -d, -f2 crm.csv | leadenrich batch
    ");
}

#[test]
fn a_ledger_that_keeps_nothing_has_nothing_to_show() {
    insta::assert_snapshot!(of_args("ledger stats --ledger :memory:"), @r"
    exit code: 2
    --- stderr
    error: ':memory:' keeps nothing that could be shown
    hint: name the ledger's file with --ledger
    ");
}
