//! What can be typed after `leadenrich completions`, and what can come next on a line that is being typed.
//!
//! The scripts of the shells hand over the line; [`Question::answer`] says what may stand at the cursor. What only files
//! tell, columns and profiles, is asked of the caller. No candidate holds a control character.

use std::any::TypeId;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Arg, Args, Command, CommandFactory, FromArgMatches, ValueEnum, ValueHint};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, complete};

use super::Cli;
use super::line::{cut, typed_behind};
use crate::rules::field::Field;

/// The shells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShellArg {
    /// The Bourne-again shell, 4.4 or later
    Bash,
    /// The Z shell
    Zsh,
    /// The friendly interactive shell
    Fish,
    /// PowerShell, on any system
    #[value(alias = "pwsh")]
    Powershell,
    /// Elvish
    Elvish,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: ShellArg,
}

/// A line that is being typed, as the script of a shell hands it over.
#[derive(Debug, Args)]
pub struct Question {
    /// The shell
    #[arg(value_enum)]
    pub shell: ShellArg,
    /// From bash the line before the cursor, that behind it, and the word at it as bash sees it; from others the place of
    /// the word at the cursor, and all words
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub line: Vec<OsString>,
}

/// Words that a file tells.
pub type Told = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

/// What only files tell.
pub struct Known {
    /// The columns of the input.
    pub columns: Told,
    /// The profiles of the configuration.
    pub profiles: Told,
}

/// What may stand at the cursor.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// A file's name, which the shell completes.
    Files,
    /// A folder's.
    Folders,
    /// One of these, as it is typed, with what it means; nothing follows at once if the word `is_open`.
    Words {
        /// The words.
        words: Vec<(String, Option<String>)>,
        /// Whether the word goes on.
        is_open: bool,
    },
}

/// The names of candidates that stand for all files, or all folders.
const FILES: &str = "files";
const FOLDERS: &str = "folders";
/// How the names of candidates that go on begin. Of several with one name clap keeps the first only.
const OPEN: &str = "open";

/// The words of a line, and which one is at the cursor.
struct Asked {
    words: Vec<OsString>,
    index: usize,
    /// What bash keeps of the word, as it was typed.
    kept: String,
}

impl Question {
    fn asked(&self) -> Option<Asked> {
        if self.shell == ShellArg::Bash {
            let [before, after, current] = self.line.get(..3)? else { return None };
            let (before, after, current) = (before.to_str()?, after.to_str()?, current.to_str()?);
            let line = cut(before);
            let is_variable = |word: &&String| word.contains('=') && !word.starts_with('-');
            let skipped = line.words.iter().take_while(is_variable).count();
            let mut words: Vec<String> = line.words.into_iter().skip(skipped).collect();
            let index = words.len().checked_sub(1)?;
            // What stands right behind the cursor is the rest of its word.
            let rest = after.find(|char: char| char.is_ascii_whitespace()).and_then(|at| after.get(at..));
            words.extend(
                cut(rest.unwrap_or_default().trim()).words.into_iter().filter(|word| !word.is_empty()),
            );
            let kept = line.last.strip_suffix(current).unwrap_or_default().to_owned();
            return Some(Asked { words: words.into_iter().map(OsString::from).collect(), index, kept });
        }
        let (index, words) = self.line.split_first()?;
        let index: usize = index.to_str()?.parse().ok()?;
        let mut words = words.to_vec();
        if index >= words.len() {
            words.push(OsString::new());
        }
        // fish hands the word at the cursor over as it was typed.
        if let (ShellArg::Fish, Some(word)) = (self.shell, words.get_mut(index))
            && let Some(plain) = word.to_str().and_then(|text| cut(text).words.pop())
        {
            *word = plain.into();
        }
        Some(Asked { words, index, kept: String::new() })
    }

    /// Returns the line as it can be read so far, whatever is missing or wrong in it.
    pub fn typed(&self) -> Option<Cli> {
        let matches = Cli::command().ignore_errors(true).try_get_matches_from(self.asked()?.words).ok()?;
        Cli::from_arg_matches(&matches).ok()
    }

    /// Returns the configuration that the line names.
    pub fn config(&self) -> Option<PathBuf> {
        let mut matches =
            Cli::command().ignore_errors(true).try_get_matches_from(self.asked()?.words).ok()?;
        while let Some((_, inner)) = matches.remove_subcommand() {
            matches = inner;
        }
        matches.get_one::<PathBuf>("config").cloned()
    }

    /// Returns what may stand at the cursor.
    pub fn answer(&self, known: &Known) -> Answer {
        let nothing = Answer::Words { words: Vec::new(), is_open: false };
        let Some(asked) = self.asked() else { return nothing };
        let mut definition = taught(Cli::command(), known);
        let found = complete(&mut definition, asked.words, asked.index, None).unwrap_or_default();
        let is_of = |candidate: &CompletionCandidate, id: &str| {
            candidate.get_id().is_some_and(|own| own.starts_with(id))
        };
        if found.iter().any(|candidate| is_of(candidate, FILES)) {
            return Answer::Files;
        }
        if found.iter().any(|candidate| is_of(candidate, FOLDERS)) {
            return Answer::Folders;
        }
        let is_open = found.iter().any(|candidate| is_of(candidate, OPEN));
        let words = found.iter().filter_map(|candidate| {
            let value =
                candidate.get_value().to_str().filter(|value| !value.chars().any(char::is_control))?;
            let help =
                candidate.get_help().and_then(|help| help.to_string().lines().next().map(str::to_owned));
            Some((typed_in(self.shell, &asked.kept, value)?, help))
        });
        Answer::Words { words: words.collect(), is_open }
    }
}

/// Returns a value as it is typed in a shell. Those that are not named quote for themselves.
fn typed_in(shell: ShellArg, kept: &str, value: &str) -> Option<String> {
    let is_plain = |char: char| char.is_alphanumeric() || "_-./=:+%".contains(char);
    match shell {
        ShellArg::Bash => typed_behind(kept, value),
        ShellArg::Powershell if !value.chars().all(is_plain) => {
            Some(format!("'{}'", value.replace('\'', "''")))
        }
        _ => Some(value.to_owned()),
    }
}

/// Tells every option of a command and of those within it what its values are.
fn taught(command: Command, known: &Known) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|inner| inner.get_name().to_owned()).collect();
    let command = command.mut_args(|option| with_values(option, known));
    names
        .into_iter()
        .fold(command, |command, name| command.mut_subcommand(name, |inner| taught(inner, known)))
}

fn with_values(option: Arg, known: &Known) -> Arg {
    let (columns, profiles) = (Arc::clone(&known.columns), Arc::clone(&known.profiles));
    let completer = match option.get_id().as_str() {
        "fields" => ArgValueCompleter::new(fields),
        "fill" => ArgValueCompleter::new(move |typed: &OsStr| fill(typed, &columns())),
        "domain_column" | "id_column" => {
            ArgValueCompleter::new(move |typed: &OsStr| beginning(typed, &columns()))
        }
        "profile" => ArgValueCompleter::new(move |typed: &OsStr| beginning(typed, &profiles())),
        "concurrency" => ArgValueCompleter::new(|typed: &OsStr| beginning(typed, &["auto".to_owned()])),
        "wait" => ArgValueCompleter::new(|typed: &OsStr| beginning(typed, &["forever".to_owned()])),
        _ if option.get_value_hint() == ValueHint::DirPath => {
            ArgValueCompleter::new(|typed: &OsStr| standing_for(FOLDERS, typed))
        }
        _ if option.get_value_parser().type_id() == TypeId::of::<PathBuf>() => {
            ArgValueCompleter::new(|typed: &OsStr| standing_for(FILES, typed))
        }
        _ => return option,
    };
    option.add(completer)
}

/// Returns a candidate that stands for all files or folders, unless an option is being typed.
fn standing_for(id: &str, typed: &OsStr) -> Vec<CompletionCandidate> {
    let is_option = typed.to_string_lossy().starts_with('-');
    let one = (!is_option).then(|| CompletionCandidate::new("").id(Some(id.to_owned())));
    one.into_iter().collect()
}

fn beginning(typed: &OsStr, words: &[String]) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let fitting = words.iter().filter(|word| !word.is_empty() && word.starts_with(&*typed));
    fitting.map(CompletionCandidate::new).collect()
}

/// Returns the lists of fields that a list which is being typed can become by one more; none is named twice.
fn fields(typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let (before, last) = typed.rsplit_once(',').map_or(("", &*typed), |(before, last)| (before, last));
    let named: Vec<&str> = before.split(',').collect();
    let every = Field::ALL.iter().map(|field| field.name());
    let fitting = every.filter(|name| name.starts_with(last) && !named.contains(name));
    let comma = if typed.contains(',') { "," } else { "" };
    fitting.map(|name| CompletionCandidate::new(format!("{before}{comma}{name}"))).collect()
}

/// Returns how `COL=FIELD,…` can go on: by a column, then by a field.
fn fill(typed: &OsStr, columns: &[String]) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let (before, last) = typed.rsplit_once(',').map_or(("", &*typed), |(before, last)| (before, last));
    let comma = if typed.contains(',') { "," } else { "" };
    if let Some((column, field)) = last.split_once('=') {
        let names = Field::ALL.iter().map(|field| field.name()).filter(|name| name.starts_with(field));
        return names
            .map(|name| CompletionCandidate::new(format!("{before}{comma}{column}={name}")))
            .collect();
    }
    let fitting = columns.iter().filter(|column| !column.is_empty() && column.starts_with(last));
    let open = fitting.map(|column| {
        let value = format!("{before}{comma}{column}=");
        CompletionCandidate::new(&value).id(Some(format!("{OPEN}{value}")))
    });
    let auto = (comma.is_empty() && "auto".starts_with(last)).then(|| CompletionCandidate::new("auto"));
    open.chain(auto).collect()
}
