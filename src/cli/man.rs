//! What can be typed after `leadenrich man`, and the pages that it makes: one for each command, from the definition that
//! `--help` shows too, with what help has no room for.

use std::io;
use std::path::PathBuf;

use clap::{Args, Command, CommandFactory, ValueHint};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};

use super::Cli;

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write a page for each command into this folder, instead of the first to standard output
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
}

/// A page of the manual.
#[derive(Debug)]
pub struct Page {
    /// The name of its file.
    pub name: String,
    /// Its text, for `man` to set; ASCII.
    pub text: String,
}

/// What `roff` writes at the beginning of all that it writes.
const APOSTROPHES: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// What the environment can say, beside what options tell of themselves.
const ENVIRONMENT: [(&str, &str); 8] = [
    ("LEADENRICH_API_KEY", "The API key. It comes before --api-key-file and the profile."),
    ("LEADENRICH_BASE_URL", "The same as --base-url."),
    ("LEADENRICH_PROFILE", "The same as --profile."),
    ("LEADENRICH_LEDGER", "The same as --ledger."),
    (
        "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY",
        "The proxy, and the hosts that are reached without one.",
    ),
    ("NO_COLOR", "Set to anything: no colour, unless --color always asks for it."),
    ("XDG_CONFIG_HOME, XDG_STATE_HOME", "Where configuration and ledger lie."),
    ("TZ", "The time zone of the times that people are shown."),
];

/// What the program keeps.
const FILES: [(&str, &str); 2] = [
    (
        "$XDG_CONFIG_HOME/leadenrich/config.toml",
        "The configuration: defaults of options, and profiles with a key. ~/.config stands for an XDG_CONFIG_HOME that \
         is not set. `leadenrich config path` prints where it is.",
    ),
    (
        "$XDG_STATE_HOME/leadenrich/ledger.db",
        "The ledger: what has been paid for, an SQLite file. ~/.local/state stands for an XDG_STATE_HOME that is not set.",
    ),
];

/// How the program ends.
const EXIT_STATUS: [(&str, &str); 9] = [
    ("0", "Complete. A company that nobody knows is an answer, not an error."),
    ("1", "Unexpected: input or output failed, the ledger is broken, or a bug."),
    ("2", "Wrong usage, or an input that cannot be read as what it says it is."),
    ("3", "Complete, but a row failed; of enrich: a target got no company."),
    ("4", "The key is missing, invalid or lacks a permission."),
    ("5", "Out of credits, or --max-credits or --keep-credits reached."),
    ("6", "The quota resets later than --wait allows. The same command goes on later."),
    ("7", "The API is unavailable. The same command goes on later."),
    ("130, 143", "Interrupted by SIGINT or SIGTERM. The same command goes on later."),
];

/// Returns every page, the program's own first.
pub fn pages() -> io::Result<Vec<Page>> {
    let mut definition = Cli::command().disable_help_subcommand(true);
    definition.build();
    let mut pages = Vec::new();
    add(&definition, None, &mut pages)?;
    Ok(pages)
}

/// Adds the page of a command, and those of the commands within it.
fn add(command: &Command, parent: Option<&str>, pages: &mut Vec<Page>) -> io::Result<()> {
    let man = Man::new(command.clone());
    let name = man.get_filename();
    pages.push(Page {
        text: tidied(name.trim_end_matches(".1"), &text(&man, command, parent)?),
        name: name.clone(),
    });
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        add(inner, Some(name.trim_end_matches(".1")), pages)?;
    }
    Ok(())
}

fn text(man: &Man, command: &Command, parent: Option<&str>) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    man.render_name_section(&mut text)?;
    synopsis(command).to_writer(&mut text)?;
    man.render_description_section(&mut text)?;
    let inner: Vec<&Command> = command.get_subcommands().filter(|inner| !inner.is_hide_set()).collect();
    if !inner.is_empty() {
        commands(man, &inner).to_writer(&mut text)?;
    }
    man.render_options_section(&mut text)?;
    examples(command).to_writer(&mut text)?;
    let mut rest = Roff::new();
    for (head, entries) in
        [("ENVIRONMENT", &ENVIRONMENT[..]), ("FILES", &FILES[..]), ("EXIT STATUS", &EXIT_STATUS[..])]
    {
        rest.control("SH", [head]);
        for (name, meaning) in entries {
            rest.control("TP", []).text([bold(*name)]).text([roman(*meaning)]);
        }
    }
    let own = inner.iter().map(|inner| page_of(man, inner)).map(Some);
    let others: Vec<String> = std::iter::once(parent.map(str::to_owned)).chain(own).flatten().collect();
    if !others.is_empty() {
        rest.control("SH", ["SEE ALSO"]);
        for (at, other) in others.iter().enumerate() {
            let end = if at + 1 == others.len() { "(1)" } else { "(1)," };
            rest.text([bold(other), roman(end)]);
        }
    }
    rest.to_writer(&mut text)?;
    Ok(text)
}

/// Returns the usage as help shows it: with all options named it would fill the screen.
fn synopsis(command: &Command) -> Roff {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim();
    let (name, rest) = match usage.find(['[', '<']) {
        Some(at) => usage.split_at_checked(at).unwrap_or((usage, "")),
        None => (usage, ""),
    };
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]).text([bold(name), roman(rest)]);
    roff
}

/// Returns a page with its title, without what every section repeats, what sets nothing, and what is no ASCII: how a file
/// is encoded is not told.
fn tidied(name: &str, text: &[u8]) -> String {
    let mut page = format!(
        "{APOSTROPHES}.TH {} 1 \"\" \"leadenrich {}\" \"leadenrich manual\"\n",
        name.to_uppercase(),
        env!("CARGO_PKG_VERSION")
    );
    let text = String::from_utf8_lossy(text).replace(APOSTROPHES, "").replace("\n.br\n\n.br\n", "\n.sp\n");
    for line in text.lines() {
        for char in line.trim_end().chars() {
            match char {
                '…' => page.push_str("..."),
                char if char.is_ascii() => page.push(char),
                char => page.extend(["\\[u", &format!("{:04X}", u32::from(char)), "]"]),
            }
        }
        page.push('\n');
    }
    page
}

/// Returns the name of the page of a command within another.
fn page_of(man: &Man, inner: &Command) -> String {
    format!("{}-{}", man.get_filename().trim_end_matches(".1"), inner.get_name())
}

fn commands(man: &Man, inner: &[&Command]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["COMMANDS"]);
    for command in inner {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        roff.control("TP", []).text([bold(page_of(man, command)), roman("(1)")]).text([roman(about)]);
    }
    roff
}

/// Returns what stands below a command's help: what is headed by a line that ends with a colon, set as it is written.
/// Exit codes have a section of their own.
fn examples(command: &Command) -> Roff {
    let mut roff = Roff::new();
    let help = command.get_after_long_help().or(command.get_after_help()).map(ToString::to_string);
    for block in help.unwrap_or_default().split("\n\n").filter(|block| !block.starts_with("Exit codes")) {
        let (head, lines) = block.split_once('\n').unwrap_or(("", block));
        let Some(head) = head.strip_suffix(':') else {
            roff.control("PP", []).text([italic(block)]);
            continue;
        };
        roff.control("SH", [head.to_uppercase().as_str()]).control("nf", []);
        for line in lines.lines() {
            roff.text([roman(line.trim_end().strip_prefix("  ").unwrap_or(line))]);
        }
        roff.control("fi", []);
    }
    roff
}
