//! Keys that are missing, or cannot be one.

use super::of_args;
use crate::support::home::Home;

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
    hint: copy it whole from the workspace's settings; `leadenrich help keys` says where it is read from
    ");
    insta::assert_snapshot!(home.call("batch in.txt").key("wbk_with space").run().shown(), @r"
    exit code: 4
    --- stderr
    error: LEADENRICH_API_KEY: the API key holds spaces or unprintable characters
    hint: copy it whole from the workspace's settings; `leadenrich help keys` says where it is read from
    ");
    home.put("key", "\n");
    insta::assert_snapshot!(home.run("batch in.txt --api-key-file key").shown(), @r"
    exit code: 4
    --- stderr
    error: the key file 'key': the API key is empty
    hint: copy it whole from the workspace's settings; `leadenrich help keys` says where it is read from
    ");
    insta::assert_snapshot!(home.run("batch in.txt --api-key-file none").shown(), @r"
    exit code: 4
    --- stderr
    error: the key file 'none' cannot be read: No such file or directory
    hint: name a readable file with the key in it
    ");
    insta::assert_snapshot!(home.run("batch in.txt --api-key-file .").shown(), @r"
    exit code: 4
    --- stderr
    error: the key file '.' cannot be read: Is a directory
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
fn a_key_that_is_not_given() {
    let home = Home::new();
    insta::assert_snapshot!(home.run("auth status").shown(), @r"
    exit code: 4
    --- stderr
    error: no API key
    hint: set LEADENRICH_API_KEY, name a file with --api-key-file, or keep one with `leadenrich auth login`; --sandbox needs no key
    ");
    insta::assert_snapshot!(home.call("auth login").stdin("").run().shown(), @r"
    exit code: 4
    --- stderr
    error: standard input: the API key is empty
    hint: copy it whole from the workspace's settings; `leadenrich help keys` says where it is read from
    ");
    insta::assert_snapshot!(home.call("auth login").stdin("sk_live_1\n").run().shown(), @r"
    exit code: 4
    --- stderr
    error: standard input: this is not a LeadLex API key: keys start with wbk_
    hint: copy it whole from the workspace's settings; `leadenrich help keys` says where it is read from
    ");
}
