//! Help texts: of every command at 80 columns, within every width, and the topics, true to what they tell of.

use std::collections::BTreeSet;

use leadenrich::cli::topics::TOPICS;
use regex::Regex;

use crate::support::home::Home;

/// Every command with a help text of its own.
const COMMANDS: [&str; 13] = [
    "",
    "enrich",
    "batch",
    "plan",
    "auth",
    "auth login",
    "auth status",
    "auth logout",
    "ledger",
    "ledger stats",
    "ledger export",
    "ledger prune",
    "sandbox",
];

/// Returns what a command line prints at a width, after checking that it went well.
fn told(args: &str, width: usize) -> String {
    Home::new().call(args).env("COLUMNS", &width.to_string()).run().quietly().stdout
}

fn with_flag(command: &str, flag: &str) -> String {
    format!("{command} {flag}").trim().to_owned()
}

#[test]
fn each_command_tells_its_options_in_short_and_at_length() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for command in COMMANDS {
            let name = format!("help-{}", command.replace(' ', "-")).trim_end_matches('-').to_owned();
            insta::assert_snapshot!(name.as_str(), told(&with_flag(command, "--help"), 80));
            insta::assert_snapshot!(format!("{name}-short"), told(&with_flag(command, "-h"), 80));
        }
    });
}

#[test]
fn no_help_text_is_wider_than_the_terminal() {
    for width in [60, 80, 120] {
        for command in COMMANDS {
            for flag in ["-h", "--help"] {
                let text = told(&with_flag(command, flag), width);
                let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > width).collect();
                assert!(wide.is_empty(), "{command} {flag} at {width}: {wide:#?}");
            }
        }
    }
}

#[test]
fn help_has_styles_where_they_are_wanted_and_errors_have_none() {
    let home = Home::new();
    for args in ["--help --color always", "--color=always plan -h"] {
        let text = home.run(args).quietly().stdout;
        for heading in ["Options:", "Examples:"] {
            assert!(text.contains(&format!("\u{1b}[1m\u{1b}[4m{heading}\u{1b}[0m")), "{args}: {text:?}");
        }
    }
    // Without a word, a pipe gets none; nor does one get any from errors.
    for args in
        ["--help", "--help --color never", "help keys --color always", "batch --color always --nothing"]
    {
        let ended = home.call(args).env("NO_COLOR", "").run();
        assert!(!(ended.stdout + &ended.stderr).contains('\u{1b}'), "{args}");
    }
}

#[test]
fn each_command_has_its_examples() {
    for command in COMMANDS.iter().filter(|command| !command.contains(' ')) {
        let text = told(&with_flag(command, "--help"), 80);
        let example = format!("  leadenrich {command}").trim_end().to_owned();
        assert!(text.contains("\nExamples:\n") && text.contains(&example), "{command}: {text}");
    }
}

#[test]
fn topics_are_listed_and_told() {
    let help = told("--help", 80);
    for topic in &TOPICS {
        assert!(help.contains(&format!("\n  {} ", topic.name)), "{} is not listed", topic.name);
        assert_eq!(told(&format!("help {}", topic.name), 80), topic.text);
        let wide: Vec<&str> = topic.text.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{}: {wide:#?}", topic.name);
    }
    assert!(told("help batch", 80).contains("Usage: leadenrich batch"));
    assert!(told("help ledger stats", 80).contains("Usage: leadenrich ledger stats"));
}

#[test]
fn topics_name_only_options_and_commands_that_there_are() {
    let all: String = COMMANDS.iter().map(|command| told(&with_flag(command, "--help"), 100)).collect();
    let option = Regex::new(r"--[a-z][a-z-]+").unwrap();
    let known: BTreeSet<&str> = option.find_iter(&all).map(|found| found.as_str()).collect();
    let command = Regex::new(r"leadenrich ([a-z]+)(?: ([a-z]+))?").unwrap();
    for topic in &TOPICS {
        // What a sandbox, a plan or another program takes is written with one hyphen or without.
        for found in option.find_iter(topic.text).map(|found| found.as_str()) {
            assert!(known.contains(found), "{}: there is no {found}", topic.name);
        }
        for found in command.captures_iter(topic.text) {
            assert!(COMMANDS.contains(&&found[1]), "{}: there is no {}", topic.name, &found[0]);
        }
    }
}

#[test]
fn topics_that_there_are_not() {
    let home = Home::new();
    insta::assert_snapshot!(home.run("help exit-code").shown(), @r"
    exit code: 2
    --- stderr
    error: there is no command and no help topic 'exit-code'

      tip: did you mean 'exit-codes'?

    Topics:
      columns     which column is asked, and which are added
      exit-codes  how a run can end, and what to do
      formats     what is read and written, and how to say it
      keys        where the API key comes from, and profiles
      ledger      why nothing is paid twice, and how to look
      pacing      quotas, waiting, speed and limits of cost

    For the commands, try '--help'.
    ");
    insta::assert_snapshot!(home.run("help btch").shown(), @r"
    exit code: 2
    --- stderr
    error: there is no command and no help topic 'btch'

      tip: did you mean 'batch'?

    Topics:
      columns     which column is asked, and which are added
      exit-codes  how a run can end, and what to do
      formats     what is read and written, and how to say it
      keys        where the API key comes from, and profiles
      ledger      why nothing is paid twice, and how to look
      pacing      quotas, waiting, speed and limits of cost

    For the commands, try '--help'.
    ");
    insta::assert_snapshot!(home.run("help weather").shown(), @r"
    exit code: 2
    --- stderr
    error: there is no command and no help topic 'weather'

    Topics:
      columns     which column is asked, and which are added
      exit-codes  how a run can end, and what to do
      formats     what is read and written, and how to say it
      keys        where the API key comes from, and profiles
      ledger      why nothing is paid twice, and how to look
      pacing      quotas, waiting, speed and limits of cost

    For the commands, try '--help'.
    ");
}

#[test]
fn exit_codes_are_the_same_in_the_topic_and_in_the_documentation() {
    let plain = |text: &str| {
        let text = Regex::new(r"\[([^\]]*)\]\([^)]*\)").unwrap().replace_all(text, "$1").replace('`', "");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let topic = plain(TOPICS.iter().find(|topic| topic.name == "exit-codes").unwrap().text);
    let documented = include_str!("../../../docs/exit-codes.md");
    let mut rows = 0;
    for line in documented.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| code")) {
        let cells: Vec<String> = line.trim_matches('|').split('|').map(plain).collect();
        let [code, when, helps] = cells.as_slice() else { continue };
        if code.parse::<u8>().is_err() {
            continue;
        }
        let helps = if helps.is_empty() { String::new() } else { format!(" > {helps}") };
        let expected = format!("{code} {when}{helps}");
        assert!(topic.contains(&expected), "the topic lacks: {expected}");
        rows += 1;
    }
    assert_eq!(rows, 10);
}

#[test]
fn neither_configuration_nor_ledger_is_opened_for_help() {
    let home = Home::new();
    std::fs::create_dir_all(home.path(".config/leadenrich")).unwrap();
    // Whoever opens a pipe that nobody writes to hangs.
    home.pipe(".config/leadenrich/config.toml");
    home.pipe("l.db");
    for args in
        ["--version", "--help", "-h", "help", "help keys", "batch --help", "ledger stats -h", "help batch"]
    {
        let call = home.call(args).env("LEADENRICH_LEDGER", "l.db").env("LEADENRICH_PROFILE", "none");
        call.run().quietly();
    }
}
