//! Topics that `leadenrich help` knows beside the commands: short texts in plain words, at most 80 columns wide.
//!
//! Looked for before clap reads the command line, so that nothing else is touched. `help ledger`, which is a command too,
//! is the topic; its options are told by `ledger --help`.

use std::ffi::{OsStr, OsString};

use anstream::ColorChoice;
use clap::builder::Styles;

use crate::rules::alike::{CLOSELY, nearest};
use crate::rules::redact::excerpt;

/// A topic.
#[derive(Debug)]
pub struct Topic {
    /// Its name, as it is typed.
    pub name: &'static str,
    /// What it tells, in a line.
    about: &'static str,
    /// The whole of it.
    pub text: &'static str,
}

/// All topics, by their names.
pub const TOPICS: [Topic; 6] = [
    Topic {
        name: "columns",
        about: "which column is asked, and which are added",
        text: include_str!("topics/columns.txt"),
    },
    Topic {
        name: "exit-codes",
        about: "how a run can end, and what to do",
        text: include_str!("topics/exit-codes.txt"),
    },
    Topic {
        name: "formats",
        about: "what is read and written, and how to say it",
        text: include_str!("topics/formats.txt"),
    },
    Topic {
        name: "keys",
        about: "where the API key comes from, and profiles",
        text: include_str!("topics/keys.txt"),
    },
    Topic {
        name: "ledger",
        about: "why nothing is paid twice, and how to look",
        text: include_str!("topics/ledger.txt"),
    },
    Topic {
        name: "pacing",
        about: "quotas, waiting, speed and limits of cost",
        text: include_str!("topics/pacing.txt"),
    },
];

/// The heading that clap does not know of.
const EXAMPLES: &str = "Examples:";

/// What is told in place of running a command.
#[derive(Debug)]
pub struct Told {
    /// The text, with styles where it was asked for.
    pub text: String,
    /// The exit code; where it is 0, the text was asked for and goes to standard output.
    pub code: u8,
    /// When to keep the styles.
    pub color: ColorChoice,
}

impl Told {
    fn new(text: String, code: u8) -> Self {
        Self { text, code, color: ColorChoice::Auto }
    }
}

impl From<clap::Error> for Told {
    fn from(error: clap::Error) -> Self {
        let text = error.render();
        if error.use_stderr() {
            // Plain, as all errors are: it holds what was typed.
            return Self::new(text.to_string(), u8::try_from(error.exit_code()).unwrap_or(2));
        }
        let heading = *Styles::styled().get_header();
        Self::new(text.ansi().to_string().replace(EXAMPLES, &format!("{heading}{EXAMPLES}{heading:#}")), 0)
    }
}

/// Returns what `--color` says on a command line that is not read to its end.
pub(super) fn color(args: &[OsString]) -> ColorChoice {
    let line = args.join(OsStr::new("="));
    let says = |when| line.to_string_lossy().contains(when);
    match () {
        () if says("--color=never") => ColorChoice::Never,
        () if says("--color=always") => ColorChoice::Always,
        () => ColorChoice::Auto,
    }
}

/// Returns the list of topics, for the end of `--help`.
pub(super) fn list() -> String {
    let lines: Vec<String> =
        TOPICS.iter().map(|topic| format!("  {:<11} {}\n", topic.name, topic.about)).collect();
    lines.concat()
}

/// Returns what `help NAME` tells, unless NAME is one of the commands and no topic.
pub(super) fn asked(args: &[OsString], commands: &[&str]) -> Option<Told> {
    let [_, help, name] = args else { return None };
    let name = name.to_str().filter(|_| help.as_os_str() == OsStr::new("help"))?;
    if let Some(topic) = TOPICS.iter().find(|topic| topic.name == name) {
        return Some(Told::new(topic.text.to_owned(), 0));
    }
    if commands.contains(&name) || name.starts_with('-') {
        return None;
    }
    let names = commands.iter().copied().chain(TOPICS.iter().map(|topic| topic.name));
    let tip = nearest(name, names, CLOSELY).map(|name| format!("  tip: did you mean '{name}'?\n\n"));
    let text = format!(
        "error: there is no command and no help topic '{}'\n\n{}Topics:\n{}\nFor the commands, try '--help'.\n",
        excerpt(name),
        tip.unwrap_or_default(),
        list()
    );
    Some(Told::new(text, 2))
}
