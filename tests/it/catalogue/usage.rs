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
    error: unexpected argument '-1' found

      tip: to pass '-1' as a value, use '-- -1'

    Usage: leadenrich batch [OPTIONS] [INPUT]

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
    error: --sandbox: the sandbox has no setting `speed`, only api-key, credits, limit, window, limiter, burst, headers, reset, retry-after, skew, date, refused, rival, no-match, latency, faults, seed
    hint: for example --sandbox=credits=100,latency=50ms
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox=credits=many"), @r"
    exit code: 2
    --- stderr
    error: --sandbox: the sandbox's `credits` cannot be `many`: give a whole number from 0
    hint: for example --sandbox=credits=100,latency=50ms
    ");
    insta::assert_snapshot!(of_args("sandbox --latency soon"), @r"
    exit code: 2
    --- stderr
    error: --sandbox: the sandbox's `latency` cannot be `soon`: give a duration up to 1h as in `50ms`, or `20ms..80ms`
    hint: for example --sandbox=credits=100,latency=50ms
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
