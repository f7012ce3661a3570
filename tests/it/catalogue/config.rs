//! A configuration that cannot be read, or says what cannot be.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::home::Home;

/// Returns what is said where the configuration has this text.
fn of_config(text: &str, args: &str) -> String {
    let home = Home::with("in.txt", "acme.com\n");
    home.put("c.toml", text);
    home.call("batch in.txt --sandbox -q -o out.csv --config c.toml").args(args).run().shown()
}

#[test]
fn texts_that_are_no_configuration() {
    insta::assert_snapshot!(of_config("base_url = http://x", ""), @r#"
    exit code: 2
    --- stderr
    error: c.toml:1: this is not TOML: string values must be quoted, expected literal string: base_url = http://x
    hint: texts need quotes: base_url = "https://…"
    "#);
    insta::assert_snapshot!(of_config("wait = \"5m\"\nwait = \"3m\"", ""), @r#"
    exit code: 2
    --- stderr
    error: c.toml:2: this is not TOML: duplicate key: wait = "3m"
    hint: keep one of the two
    "#);
    insta::assert_snapshot!(of_config("[profile.x]\nwait = \"5m\"", ""), @r"
    exit code: 2
    --- stderr
    error: c.toml:1: unknown table 'profile'
    hint: the only tables are profiles, written as [profiles.NAME]
    ");
    insta::assert_snapshot!(of_config("profiles = 3", ""), @r"
    exit code: 2
    --- stderr
    error: c.toml:1: 'profiles' is no table
    hint: profiles are written as [profiles.NAME]
    ");
    insta::assert_snapshot!(of_config("\n[profiles.a]\nprofile = \"b\"", ""), @r"
    exit code: 2
    --- stderr
    error: c.toml:3: 'profile' belongs to the top of the file, before the first [table]
    ");
}

#[test]
fn entries_that_cannot_be() {
    insta::assert_snapshot!(of_config("concurency = 3", ""), @r"
    exit code: 2
    --- stderr
    error: c.toml:1: unknown key 'concurency'
    hint: did you mean 'concurrency'?
    ");
    insta::assert_snapshot!(of_config("colour_scheme = 3", ""), @r"
    exit code: 2
    --- stderr
    error: c.toml:1: unknown key 'colour_scheme'
    hint: did you mean 'color'?
    ");
    insta::assert_snapshot!(of_config("max_credits = \"ten\"", ""), @r"
    exit code: 2
    --- stderr
    error: c.toml:1: invalid value 'ten' for '--max-credits <N>': 'ten' is no whole number, such as 0, 20 or 5000
    ");
    insta::assert_snapshot!(of_config("quiet = 3", ""), @"exit code: 0");
    insta::assert_snapshot!(of_config("wait = true", ""), @r"
    exit code: 2
    --- stderr
    error: c.toml:1: 'wait' needs a value, not true or false
    ");
    insta::assert_snapshot!(of_config("wait = 2020-01-01", ""), @r"
    exit code: 2
    --- stderr
    error: c.toml:1: 'wait' must be a text, a number, a list of texts, or true or false
    ");
    insta::assert_snapshot!(of_config("fields = \"nam\"", ""), @r"
    exit code: 2
    --- stderr
    error: c.toml:1: invalid value 'nam' for '--fields <LIST>': unknown field 'nam'; did you mean 'name'? the fields are name,industry,size,founded_year,description,hq_location,logo_url,linkedin_url,tech_stack
    ");
    insta::assert_snapshot!(of_config("format = \"cvs\"", ""), @r"
    exit code: 2
    --- stderr
    error: c.toml:1: invalid value 'cvs' for '--format <FORMAT>' [possible values: csv, tsv, jsonl, xlsx]
    ");
    insta::assert_snapshot!(of_config("refresh = true\nmax_age = \"1d\"", ""), @r"
    exit code: 2
    --- stderr
    error: c.toml:2: 'max_age' and 'refresh' exclude each other
    ");
    insta::assert_snapshot!(of_config("workspace = \"acme\"", ""), @r"
    exit code: 2
    --- stderr
    error: c.toml:1: 'workspace' belongs into a profile
    hint: write it below [profiles.NAME]
    ");
    insta::assert_snapshot!(of_config("api_key = \"wbk_a\"\napi_key_file = \"key\"", ""), @r"
    exit code: 2
    --- stderr
    error: c.toml:2: 'api_key_file' is one key too many
    hint: keep one of api_key and api_key_file
    ");
    insta::assert_snapshot!(of_config("max_age = \"1d\"\nmax-age = \"2d\"", ""), @r"
    exit code: 2
    --- stderr
    error: c.toml:2: 'max-age' is given twice
    ");
}

#[test]
fn profiles_that_are_not_there() {
    insta::assert_snapshot!(of_config("[profiles.work]\nwait = \"5m\"\n[profiles.client-b]", "--profile wrok"), @r"
    exit code: 2
    --- stderr
    error: there is no profile 'wrok' in c.toml; the profiles are 'work', 'client-b'
    hint: did you mean 'work'?
    ");
    insta::assert_snapshot!(of_config("[profiles.work]", "--profile x"), @r"
    exit code: 2
    --- stderr
    error: there is no profile 'x' in c.toml; the profiles are 'work'
    hint: `leadenrich auth login --profile NAME` makes one
    ");
    insta::assert_snapshot!(of_config("", "--profile x"), @r"
    exit code: 2
    --- stderr
    error: there is no profile 'x' in c.toml; it has none
    hint: `leadenrich auth login --profile NAME` makes one
    ");
}

#[test]
fn files_that_cannot_be_read_or_should_not_be() {
    let home = Home::with("in.txt", "acme.com\n");
    insta::assert_snapshot!(home.run("batch in.txt --sandbox --config none.toml").shown(), @r"
    exit code: 2
    --- stderr
    error: the configuration 'none.toml' cannot be read: no such file
    hint: see that it is there and readable, or name another file with --config
    ");
    insta::assert_snapshot!(home.run("batch in.txt --sandbox --config .").shown(), @r"
    exit code: 2
    --- stderr
    error: the configuration '.' cannot be read: Is a directory
    hint: see that it is there and readable, or name another file with --config
    ");
    home.put("open.toml", "api_key = \"wbk_test\"\n");
    std::fs::set_permissions(home.path("open.toml"), Permissions::from_mode(0o644)).unwrap();
    insta::assert_snapshot!(home.run("ledger stats --config open.toml").shown(), @r"
    exit code: 0
    --- stdout
    ~/.local/state/leadenrich/ledger.db: 0 companies, 0
    credits paid, 0 B
    --- stderr
    warning: open.toml holds a key, and others can read it
    hint: chmod 600 'open.toml'
    no ledger at '~/.local/state/leadenrich/ledger.db' yet: nothing has been paid for
    ");
    home.put("file", "");
    let login = home.call("auth login --no-check --config file/c.toml").stdin("wbk_test\n");
    insta::assert_snapshot!(login.run().shown(), @r"
    exit code: 2
    --- stderr
    error: the configuration 'file/c.toml' cannot be read: Not a directory
    hint: see that it is there and readable, or name another file with --config
    ");
    home.put("key.toml", "[profiles.default]\napi_key_file = \"key\"\n");
    insta::assert_snapshot!(home.call("auth login --config key.toml").stdin("wbk_test\n").run().shown(), @r"
    exit code: 2
    --- stderr
    error: the profile 'default' reads its key from 'key'
    hint: write the key there, or take api_key_file out of the profile
    ");
    let login = home.call("auth login --no-check --config /proc/c.toml").stdin("wbk_test\n");
    insta::assert_snapshot!(login.run().shown(), @r"
    exit code: 1
    --- stderr
    error: the configuration '/proc/c.toml' cannot be written: No such file or directory
    hint: see that its folder can be written
    ");
}
