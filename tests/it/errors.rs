//! What is said when something is wrong: each message with its exit code, and a hint where there is something to do.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::home::Home;

/// Returns what `batch` says of an input with this content, read from a file of this name.
fn of_input(name: &str, content: impl AsRef<[u8]>) -> String {
    let home = Home::with(name, content);
    home.call("batch --sandbox -o out.csv").arg(name).run().shown()
}

/// Returns what the program says with these arguments where `in.txt` is a good input.
fn of_args(args: &str) -> String {
    let home = Home::with("in.txt", "acme.com\n");
    let shown = home.run(args).shown();
    assert!(!home.path("out.csv").exists(), "nothing is written");
    shown
}

/// Returns what `batch` says where its ledger is `ledger`, made ready in the folder first.
fn of_ledger(ledger: &str, prepare: impl FnOnce(&Home)) -> String {
    let home = Home::with("in.txt", "acme.com\n");
    prepare(&home);
    let shown = home.call("batch in.txt --sandbox -o out.csv --ledger").args(ledger).run().shown();
    assert!(!home.path("out.csv").exists(), "nothing is written");
    shown
}

#[test]
fn no_key() {
    insta::assert_snapshot!(of_args("batch in.txt -o out.csv"), @r"
    exit code: 4
    --- stderr
    error: no API key
    hint: set LEADENRICH_API_KEY, name a file with --api-key-file, or keep one with `leadenrich auth login`; --sandbox needs no key
    ");
    insta::assert_snapshot!(of_args("enrich acme.com"), @r"
    exit code: 4
    --- stderr
    error: no API key
    hint: set LEADENRICH_API_KEY, name a file with --api-key-file, or keep one with `leadenrich auth login`; --sandbox needs no key
    ");
}

#[test]
fn a_key_that_cannot_be_one() {
    let home = Home::with("in.txt", "acme.com\n");
    insta::assert_snapshot!(home.call("batch in.txt").key("sk_live_1234").run().shown(), @r"
    exit code: 4
    --- stderr
    error: LEADENRICH_API_KEY: this is not a LeadLex API key: keys start with wbk_
    hint: keys are shown in the workspace's settings and start with wbk_
    ");
    insta::assert_snapshot!(home.call("batch in.txt").key("wbk_with space").run().shown(), @r"
    exit code: 4
    --- stderr
    error: LEADENRICH_API_KEY: the API key holds spaces or unprintable characters
    hint: keys are shown in the workspace's settings and start with wbk_
    ");
    home.put("key", "\n");
    insta::assert_snapshot!(home.run("batch in.txt --api-key-file key").shown(), @r"
    exit code: 4
    --- stderr
    error: the key file 'key': the API key is empty
    hint: keys are shown in the workspace's settings and start with wbk_
    ");
    insta::assert_snapshot!(home.run("batch in.txt --api-key-file none").shown(), @r"
    exit code: 4
    --- stderr
    error: the key file 'none' cannot be read: No such file or directory (os error 2)
    hint: name a readable file with the key in it
    ");
    insta::assert_snapshot!(home.run("batch in.txt --api-key-file .").shown(), @r"
    exit code: 4
    --- stderr
    error: the key file '.' cannot be read: Is a directory (os error 21)
    hint: name a readable file with the key in it
    ");
    insta::assert_snapshot!(home.call("batch - --api-key-file -").stdin("wbk_test\n").run().shown(), @r"
    exit code: 2
    --- stderr
    error: standard input cannot give both the key and the rows
    hint: put the key into LEADENRICH_API_KEY or into a file
    ");
}

#[test]
fn an_input_that_is_not_there() {
    insta::assert_snapshot!(of_args("batch none.csv --sandbox"), @r"
    exit code: 2
    --- stderr
    error: none.csv: no such file
    hint: give a file, or `-` for standard input
    ");
    insta::assert_snapshot!(of_args("batch . --sandbox"), @r"
    exit code: 2
    --- stderr
    error: .: is a directory, not a file
    hint: name a file in it
    ");
    insta::assert_snapshot!(of_input("in.csv", ""), @r"
    exit code: 2
    --- stderr
    error: in.csv: is empty
    hint: a CSV or TSV file or a plain list of domains is needed
    ");
    insta::assert_snapshot!(of_input("in.csv", "\n\n  \n"), @r"
    exit code: 2
    --- stderr
    error: in.csv: is empty
    hint: a CSV or TSV file or a plain list of domains is needed
    ");
    insta::assert_snapshot!(Home::new().run("batch --sandbox").shown(), @r"
    exit code: 2
    --- stderr
    error: standard input: is empty
    hint: a CSV or TSV file or a plain list of domains is needed
    ");
}

#[test]
fn an_input_without_a_column_to_ask_by() {
    insta::assert_snapshot!(of_input("in.csv", "name,city\nAcme,Berlin\nBeta,Bonn\n"), @r"
    exit code: 2
    --- stderr
    error: in.csv: no column with domains, websites, e-mail addresses or company ids was found; the columns are 'name', 'city'
    hint: name the column with --domain-column or --id-column
    ");
    insta::assert_snapshot!(of_input("in.csv", "ours,theirs\na.com,b.com\nc.com,d.com\n"), @r"
    exit code: 2
    --- stderr
    error: in.csv: several columns could be the domain: 'ours' (100 %, e.g. a.com), 'theirs' (100 %, e.g. b.com)
    hint: name the one that is meant with --domain-column
    ");
}

#[test]
fn a_header_alone_is_an_empty_table() {
    let home = Home::with("in.csv", "domain,name\n");
    let ended = home.run("batch in.csv --sandbox --fields name");
    insta::assert_snapshot!(ended.shown(), @r"
    exit code: 0
    --- stdout
    domain,name,enriched_id,enriched_domain,enriched_name,enrich_status,enrich_error,enrich_source,enrich_confidence,enrich_fields_updated,enrich_request_id,enriched_at
    --- stderr
    Done in TIME: the input has no rows
    ");
}

#[test]
fn an_input_that_is_no_table() {
    insta::assert_snapshot!(of_input("in.xlsx", b"PK\x03\x04\x14\0\x06\0xl/workbook.xml"), @r"
    exit code: 2
    --- stderr
    error: in.xlsx: the workbook is damaged: its directory, at its end, cannot be read
    hint: open it and save it again, or export the sheet as CSV (UTF-8)
    ");
    insta::assert_snapshot!(of_input("in.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03"), @r"
    exit code: 2
    --- stderr
    error: in.csv.gz, line 1: cannot be read: the gzip data ends too early
    hint: the file is not whole: copy, download or pack it again
    ");
    insta::assert_snapshot!(of_input("in.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), @r"
    exit code: 2
    --- stderr
    error: in.png: looks like a binary file, not like a table of text
    hint: a CSV or TSV file or a plain list is needed
    ");
    insta::assert_snapshot!(of_input("in.db", b"SQLite format 3\0\x10\0"), @r"
    exit code: 2
    --- stderr
    error: in.db: looks like an SQLite database, not like a table of text
    hint: export a table as CSV, for example with `sqlite3 -csv -header`
    ");
    insta::assert_snapshot!(of_input("in.json", "[{\"domain\": \"acme.com\"}]\n"), @r"
    exit code: 2
    --- stderr
    error: in.json: looks like a JSON document, not like a table of text
    hint: make it one object a line: `jq -c '.[]' FILE | leadenrich batch`
    ");
    insta::assert_snapshot!(of_input("in.csv", "<!DOCTYPE html>\n<html><body>Log in</body></html>\n"), @r"
    exit code: 2
    --- stderr
    error: in.csv: looks like a web page or XML, not like a table of text
    hint: open it in a browser: an export may have needed a login
    ");
}

#[test]
fn a_column_that_is_not_there() {
    let home = Home::with("in.csv", "Website,Name\nacme.com,Acme\n");
    insta::assert_snapshot!(home.run("batch in.csv --sandbox --domain-column Websit").shown(), @r"
    exit code: 2
    --- stderr
    error: in.csv: there is no column 'Websit' for --domain-column; the columns are 'Website', 'Name'
    hint: did you mean 'Website'?
    ");
    insta::assert_snapshot!(home.run("batch in.csv --sandbox --domain-column 3").shown(), @r"
    exit code: 2
    --- stderr
    error: in.csv: there is no column '3' for --domain-column; the columns are 'Website', 'Name'
    hint: give a column's name, or its number counted from 1
    ");
    insta::assert_snapshot!(home.run("batch in.csv --sandbox --id-column id").shown(), @r"
    exit code: 2
    --- stderr
    error: in.csv: there is no column 'id' for --id-column; the columns are 'Website', 'Name'
    hint: give a column's name, or its number counted from 1
    ");
}

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
fn base_urls_that_the_key_must_not_travel_to() {
    let home = Home::with("in.txt", "acme.com\n");
    let of_url = |url: &str| home.call("batch in.txt --base-url").args(url).key("wbk_test").run().shown();
    insta::assert_snapshot!(of_url("http://api.example.com/v1"), @r"
    exit code: 2
    --- stderr
    error: the base URL 'http://api.example.com/v1' is plain http: the key would travel readably; use https
    ");
    insta::assert_snapshot!(of_url("ftp://127.0.0.1"), @r"
    exit code: 2
    --- stderr
    error: the base URL 'ftp://127.0.0.1/' is neither https nor http
    ");
    insta::assert_snapshot!(of_url("data.leadlex.com"), @r"
    exit code: 2
    --- stderr
    error: --base-url: 'data.leadlex.com' is no URL: relative URL without a base
    hint: write it whole, such as https://host/path
    ");
    insta::assert_snapshot!(of_url("https://api.example.com/?workspace=1"), @r"
    exit code: 2
    --- stderr
    error: the base URL 'https://api.example.com/?workspace=1' has a query or a fragment; give everything before /v1/enrich/company
    ");
}

#[test]
fn ledgers_that_are_none() {
    insta::assert_snapshot!(of_ledger(".", |_| {}), @r"
    exit code: 1
    --- stderr
    error: the ledger '.' is a directory, not a file
    hint: name another file with --ledger
    ");
    let foreign = |home: &Home| {
        let database = rusqlite::Connection::open(home.path("l.db")).unwrap();
        database.execute_batch("CREATE TABLE mine (x)").unwrap();
    };
    insta::assert_snapshot!(of_ledger("l.db", foreign), @r"
    exit code: 1
    --- stderr
    error: 'l.db' is a database, but not a leadenrich ledger; it was not touched
    hint: name another file with --ledger
    ");
    insta::assert_snapshot!(of_ledger("in.txt", |_| {}), @r"
    exit code: 1
    --- stderr
    error: 'in.txt' is not a leadenrich ledger; it was not touched
    hint: name another file with --ledger
    ");
    insta::assert_snapshot!(of_ledger("l.db", |home| home.put("l.db", "domain\nacme.com\n".repeat(99))), @r"
    exit code: 1
    --- stderr
    error: 'l.db' is not a leadenrich ledger; it was not touched
    hint: name another file with --ledger
    ");
    let newer = |home: &Home| {
        home.run("batch in.txt --sandbox -q --ledger l.db").exits(0);
        let ledger = rusqlite::Connection::open(home.path("l.db")).unwrap();
        ledger.pragma_update(None, "user_version", 99).unwrap();
    };
    insta::assert_snapshot!(of_ledger("l.db", newer), @r"
    exit code: 1
    --- stderr
    error: the ledger 'l.db' was written by a newer leadenrich (format 99, this one knows 2)
    hint: update leadenrich, or name another file with --ledger
    ");
    insta::assert_snapshot!(of_ledger("in.txt/deep/l.db", |_| {}), @r"
    exit code: 1
    --- stderr
    error: cannot make the ledger's folder 'in.txt/deep': Not a directory (os error 20)
    hint: see that its folder can be written and has room, or name another file with --ledger; the same command goes on where this one stopped
    ");
}

#[test]
fn places_that_cannot_be_written_to() {
    insta::assert_snapshot!(of_args("batch in.txt --sandbox -o none/out.csv"), @r#"
    exit code: 1
    --- stderr
    error: none/out.csv: cannot be created: No such file or directory (os error 2)
    hint: the folder does not exist; create it first
    "#);
    insta::assert_snapshot!(of_args("batch in.txt --sandbox -o ."), @r"
    exit code: 2
    --- stderr
    error: .: is a directory, not a file
    hint: name a file in it
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox -o out.csv --summary none/s.json"), @r#"
    exit code: 1
    --- stderr
    error: none/s.json: cannot be created: No such file or directory (os error 2)
    hint: the folder does not exist; create it first
    "#);
    insta::assert_snapshot!(of_args("batch in.txt --sandbox -o out.csv --summary out.csv"), @r"
    exit code: 2
    --- stderr
    error: --summary and --output name the same file 'out.csv'
    hint: name another file
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox -o out.csv --summary ./out.csv"), @r"
    exit code: 2
    --- stderr
    error: --summary and --output name the same file './out.csv'
    hint: name another file
    ");
}

#[test]
fn a_folder_that_may_not_be_written_to() {
    let lock = |home: &Home| {
        fs::create_dir(home.path("locked")).unwrap();
        fs::set_permissions(home.path("locked"), fs::Permissions::from_mode(0o555)).unwrap();
    };
    let home = Home::new();
    lock(&home);
    if fs::write(home.path("locked/probe"), "").is_ok() {
        // Nothing is locked to the superuser.
        return;
    }
    let shown = of_ledger("locked/l.db", lock);
    assert!(
        shown.starts_with("exit code: 1\n--- stderr\nerror: cannot use the ledger 'locked/l.db': "),
        "{shown}"
    );
    assert!(shown.contains("\nhint: see that its folder can be written"), "{shown}");
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
fn certificates_that_are_none() {
    let home = Home::with("in.txt", "acme.com\n");
    let call = home.call("batch in.txt --base-url https://127.0.0.1:1 --cacert none.pem").key("wbk_test");
    insta::assert_snapshot!(call.run().shown(), @r"
    exit code: 2
    --- stderr
    error: --cacert: 'none.pem' cannot be read: No such file or directory (os error 2)
    ");
}

#[test]
fn links_are_for_terminals_that_have_them() {
    let home = Home::new();
    let enrich = "enrich --sandbox=latency=0 --fields name --format pretty acme.com";
    let link = "\u{1b}]8;;https://acme.com/\u{1b}\\acme.com\u{1b}]8;;\u{1b}\\";
    for (args, forced, is_linked) in
        [("", "1", true), ("", "0", false), ("--color never", "1", false), ("-o card.txt", "1", false)]
    {
        // Standard output is a pipe here.
        let screen = if args.starts_with("-o") { "" } else { "-o /dev/stderr" };
        let call = home.call(enrich).args(args).args(screen);
        let shown = call.env("FORCE_HYPERLINK", forced).on_terminal().end().exits(0).stderr;
        assert_eq!(shown.contains(link), is_linked, "{args} {forced}: {shown:?}");
        assert!(!shown.contains("\u{1b}["), "{shown:?}");
    }
    assert!(home.text("card.txt").starts_with("acme.com\n  Name         Acme\n"));
    let piped = home.call(enrich).env("FORCE_HYPERLINK", "1").run().exits(0).stdout;
    assert!(!piped.contains('\u{1b}'), "{piped:?}");
}

#[test]
fn targets_that_find_nothing() {
    let home = Home::new();
    let ended =
        home.run("enrich --sandbox=no-match=100,latency=0 --fields name --format pretty acme.com nodot");
    insta::assert_snapshot!(ended.shown(), @r"
    exit code: 3
    --- stdout
    acme.com
      No match     the providers know nothing about it
      Next         another domain of the company may be known
      Cost         nothing

    nodot
      Invalid      'nodot' is not a domain: it has no dot
      Next         name a company by its own domain, by a URL or e-mail address
                   there, or by its id
      Cost         nothing, never sent

    0 of 2 targets found: 0 credits spent
    ");
}

#[test]
fn an_output_that_cannot_be_written_to_its_end() {
    let home = Home::with("in.txt", "acme.com\n");
    insta::assert_snapshot!(home.run("batch in.txt --sandbox -q -o /dev/full").shown(), @r"
    exit code: 1
    --- stderr
    error: /dev/full: cannot be written: No space left on device (os error 28)
    hint: what was paid for is in the ledger; make room or name another file and run the same command again
    ");
}
