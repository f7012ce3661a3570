//! Outputs that cannot be written, or would replace what is needed.

use super::of_args;
use crate::support::home::Home;

#[test]
fn places_that_cannot_be_written_to() {
    insta::assert_snapshot!(of_args("batch in.txt --sandbox -o none/out.csv"), @r#"
    exit code: 1
    --- stderr
    error: none/out.csv: cannot be created: No such file or directory
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
    error: none/s.json: cannot be created: No such file or directory
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
fn an_output_that_cannot_be_written_to_its_end() {
    let home = Home::with("in.txt", "acme.com\n");
    insta::assert_snapshot!(home.run("batch in.txt --sandbox -q -o /dev/full").shown(), @r"
    exit code: 1
    --- stderr
    error: /dev/full: cannot be written: No space left on device
    hint: what was paid for is in the ledger; make room or name another file and run the same command again
    ");
}

#[test]
fn outputs_that_would_replace_what_is_needed() {
    insta::assert_snapshot!(of_args("batch in.txt --sandbox -o out.csv --rejects in.txt"), @r"
    exit code: 2
    --- stderr
    error: --rejects and the input name the same file 'in.txt'
    hint: name another file
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox -o out.csv --no-match-output out.csv"), @r"
    exit code: 2
    --- stderr
    error: --no-match-output and --output name the same file 'out.csv'
    hint: name another file
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox -o l.db --ledger l.db"), @r"
    exit code: 2
    --- stderr
    error: --output and the ledger name the same file 'l.db'
    hint: name another file
    ");
    insta::assert_snapshot!(of_args("batch in.txt --sandbox -o in.txt/out.csv"), @r"
    exit code: 1
    --- stderr
    error: in.txt/out.csv: cannot be created: Not a directory
    hint: what its folder should be is a file; name another file
    ");
}
