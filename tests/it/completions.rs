//! Do real shells complete what is typed? A shell that is not on the machine is passed over, and it is said which.

use std::path::Path;
use std::process::Command;

use crate::support::home::Home;

/// A home with inputs, and a configuration with profiles.
fn home() -> Home {
    let home = Home::with("my file.csv", "Company Name,Web Site,a:b\nAcme,acme.com,1\n");
    home.put("c.toml", "[profiles.north]\n[profiles.south]\n");
    home.put("semi.csv", "Firma;Webseite\nAcme;acme.com\n");
    home.put("lines.jsonl", "{\"site\": \"acme.com\", \"head\\u001b[31mline\": 1}\n");
    home
}

/// Asks as the script of zsh does: the place of the word at the cursor, and all words.
fn asked(words: &[&str], index: usize) -> Vec<String> {
    let home = home();
    let mut call = home.call("__complete zsh").arg(index.to_string());
    for word in words {
        call = call.arg(word);
    }
    let ended = call.run().exits(0);
    ended.stdout.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

#[test]
fn columns_are_those_of_the_input_on_the_line() {
    for (words, index, expected) in [
        (
            &["leadenrich", "batch", "my file.csv", "--domain-column", ""][..],
            4,
            &["words", "Company Name", "Web Site", "a:b"][..],
        ),
        (&["leadenrich", "batch", "--id-column", "W", "my file.csv"], 3, &["words", "Web Site"]),
        (&["leadenrich", "plan", "--domain-column=W", "semi.csv"], 2, &["words", "--domain-column=Webseite"]),
        (
            &["leadenrich", "batch", "semi.csv", "--delimiter", ",", "--domain-column", ""],
            6,
            &["words", "Firma;Webseite"],
        ),
        // A name that would move the cursor is left out.
        (&["leadenrich", "batch", "lines.jsonl", "--domain-column", ""], 4, &["words", "site"]),
        (&["leadenrich", "batch", "my file.csv", "--fill", "a:b=name,W"], 4, &["open", "a:b=name,Web Site="]),
        (
            &["leadenrich", "batch", "my file.csv", "--fill", "Web Site=l"],
            4,
            &["words", "Web Site=logo_url", "Web Site=linkedin_url"],
        ),
        (&["leadenrich", "batch", "none.csv", "--domain-column", ""], 4, &["words"]),
        (&["leadenrich", "batch", "--domain-column", ""], 3, &["words"]),
    ] {
        assert_eq!(asked(words, index), expected, "{words:?}");
    }
}

#[test]
fn values_are_those_of_the_option() {
    for (words, index, expected) in [
        (&["leadenrich", "com"][..], 1, &["words", "completions"][..]),
        (&["leadenrich", "batch", "--fields", "name,in"], 3, &["words", "name,industry"]),
        (&["leadenrich", "batch", "--input-format", "x"], 3, &["words", "xlsx"]),
        (&["leadenrich", "--config", "c.toml", "batch", "--profile", ""], 5, &["words", "north", "south"]),
        (&["leadenrich", "batch", ""], 2, &["files"]),
        (&["leadenrich", "batch", "-o", ""], 3, &["files"]),
        (&["leadenrich", "batch", "--no-match-o"], 2, &["words", "--no-match-output"]),
        (&["leadenrich", "man", "--dir", ""], 3, &["folders"]),
        (&["leadenrich", "batch", "--rate", ""], 3, &["words"]),
        (&["leadenrich", "completions", "po"], 2, &["words", "powershell"]),
    ] {
        assert_eq!(asked(words, index), expected, "{words:?}");
    }
    let all = asked(&["leadenrich", "enrich", "--fields", ""], 3);
    assert_eq!(all.len(), 1 + 9, "{all:?}");
}

/// Runs a script of a shell, with the program in its path; nothing if there is no such shell.
#[expect(clippy::print_stderr, reason = "it is said what was not tried")]
fn in_shell(shell: &str, args: &[&str], script: &str) -> Option<String> {
    let home = home();
    let program = Path::new(env!("CARGO_BIN_EXE_leadenrich")).parent().unwrap();
    let mut command = Command::new(shell);
    command.env_clear().current_dir(home.path(".")).env("HOME", home.path(".")).env("LC_ALL", "C.UTF-8");
    command.env("PATH", format!("{}:/usr/bin:/bin", program.display())).env("TERM", "dumb");
    let Ok(output) = command.args(args).arg(script).output() else {
        eprintln!("skipped: no {shell} on this machine");
        return None;
    };
    let (out, error) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{shell}: {out}{error}");
    Some(out)
}

#[test]
fn bash_completes() {
    // What bash sets before it calls a function of completions; the last is the word as bash cuts it.
    let script = r#"
        source <(leadenrich completions bash)
        compopt() { printf '%s ' "$@"; }
        try() {
            COMP_LINE=$1 COMP_POINT=${#1}
            _leadenrich leadenrich "$2" x
            printf '<%s>' "${COMPREPLY[@]}"; echo
        }
        try 'leadenrich ba' ba
        try 'leadenrich batch my\ file.csv --domain-column W' W
        try 'leadenrich batch "my file.csv" --domain-column=W' W
        try 'leadenrich batch "my file.csv" --domain-column "W' W
        try 'leadenrich batch "my file.csv" --domain-column a:' ''
        try 'leadenrich batch "my file.csv" --fill W' W
        try 'leadenrich batch m' m
        try 'A=1 leadenrich man --dir ' ''
    "#;
    let Some(out) = in_shell("bash", &["--norc", "-c"], script) else { return };
    insta::assert_snapshot!(out, @r"
    <batch>
    <Web\ Site>
    <Web\ Site>
    <Web Site>
    <b>
    -o nospace <Web\ Site=>
    -o default <>
    -o dirnames <>
    ");
}

#[test]
fn fish_completes() {
    let script = "leadenrich completions fish | source
        complete -C 'leadenrich ba'
        complete -C 'leadenrich batch my\\ file.csv --domain-column W'
        complete -C 'leadenrich batch --output=my'
        complete -C 'leadenrich batch sem'";
    let Some(out) = in_shell("fish", &["--no-config", "-c"], script) else { return };
    let words: Vec<&str> = out.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(words, ["batch", "Web Site", "--output=my file.csv", "semi.csv"]);
}

#[test]
fn zsh_completes() {
    // Completion itself needs a terminal: what it would be told is printed instead.
    let script = "compdef() { : }; compset() { : }; _files() { print files $@ }
        _describe() { print -rl -- \"${(@P)3}\" ${@[4,-1]} }
        source <(leadenrich completions zsh)
        try() { words=(\"$@\"); CURRENT=$#words; PREFIX=$words[-1]; _leadenrich }
        try leadenrich ba
        try leadenrich batch 'my\\ file.csv' --domain-column ''
        try leadenrich batch 'my\\ file.csv' --fill W
        try leadenrich batch ''
        try leadenrich man --dir ''";
    let Some(out) = in_shell("zsh", &["-f", "-c"], script) else { return };
    insta::assert_snapshot!(out, @r"
    batch:Enrich every row of a file or of standard input
    Company Name
    Web Site
    a\:b
    Web Site=
    -S
    files
    files -/
    ");
}

#[test]
fn every_shell_has_a_script() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(
            home.run(&format!("completions {shell}"))
                .exits(0)
                .stdout
                .contains(&format!("__complete {shell}"))
        );
    }
    home.run("completions tcsh").exits(2);
    // What shells ask is no business of people.
    assert!(!home.run("--help").exits(0).stdout.contains("__complete"));
}
