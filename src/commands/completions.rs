//! `leadenrich completions`: the scripts of the shells, and what they ask while a line is typed.

use std::io::Write;
use std::sync::Arc;

use super::table::input_spec;
use crate::cli::{Answer, Cli, Command, Known, Question, ReadArgs, ShellArg};
use crate::config::Config;
use crate::failure::Exit;
use crate::rows::read::{Source, open};
use crate::rules::target::Subdomains;

pub(super) fn print(shell: ShellArg) -> anyhow::Result<Exit> {
    say(match shell {
        ShellArg::Bash => include_str!("../../completions/leadenrich.bash"),
        ShellArg::Zsh => include_str!("../../completions/_leadenrich"),
        ShellArg::Fish => include_str!("../../completions/leadenrich.fish"),
        ShellArg::Powershell => include_str!("../../completions/leadenrich.ps1"),
        ShellArg::Elvish => include_str!("../../completions/leadenrich.elv"),
    })
}

/// Says what may stand at the cursor: its kind on the first line, then a word a line, and behind a tab what it means.
pub(super) fn answer(question: Question) -> anyhow::Result<Exit> {
    let question = Arc::new(question);
    let (of_columns, of_profiles) = (Arc::clone(&question), Arc::clone(&question));
    let known = Known {
        columns: Arc::new(move || of_columns.typed().and_then(columns).unwrap_or_default()),
        profiles: Arc::new(move || {
            let config = Config::load(of_profiles.config().as_deref(), true).unwrap_or_default();
            config.profiles().map(str::to_owned).collect()
        }),
    };
    let mut text = String::new();
    match question.answer(&known) {
        Answer::Files => text.push_str("files\n"),
        Answer::Folders => text.push_str("folders\n"),
        Answer::Words { words, is_open } => {
            text.push_str(if is_open { "open\n" } else { "words\n" });
            for (word, help) in words {
                // bash would take it for a part of the word.
                let help = help.filter(|_| question.shell != ShellArg::Bash);
                text.push_str(&word);
                text.extend(help.iter().flat_map(|help| ["\t", help.as_str()]));
                text.push('\n');
            }
        }
    }
    say(&text)
}

/// Returns the columns of the input that a line names. Only files are looked into: a pipe could be read once.
fn columns(typed: Cli) -> Option<Vec<String>> {
    let (input, reading) = match typed.command {
        Command::Batch(args) => (args.input?, args.reading),
        Command::Plan(args) => (args.input?, args.reading),
        _ => return None,
    };
    if !input.is_file() {
        return None;
    }
    // The first column is asked, so that nothing depends on which one could be.
    let reading = ReadArgs { domain_column: Some("1".to_owned()), id_column: None, strict: false, ..reading };
    let spec = input_spec(Source::Path(input), reading, Subdomains::Keep, "enriched_");
    let layout = open(&spec).ok()?.layout;
    let own = layout.own.iter().copied().chain(std::iter::repeat(false));
    Some(layout.headers.iter().zip(own).filter(|(_, own)| !own).map(|(name, _)| name.to_owned()).collect())
}

fn say(text: &str) -> anyhow::Result<Exit> {
    let mut stdout = std::io::stdout();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(Exit::Complete)
}
