//! What was typed, completed by the configuration: its entries become the defaults of the options that nobody typed.
//!
//! Precedence: option, environment, profile, top of the file. The configuration's values are read by the same parsers as
//! typed ones. Where two options exclude each other, the one that comes first by this order holds, and the other is as if
//! it had not been written. Invariant: a name that is no option of any command is an error.

use std::any::TypeId;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches};

use super::Cli;
use super::topics::{self, Told};
use crate::config::{Config, ConfigError, Entry, Value};
use crate::rules::alike::{CLOSELY, nearest};

/// Options that only make sense on the command line.
const NEVER_CONFIGURED: [&str; 3] = ["config", "help", "version"];

/// Commands that the configuration says nothing about: their options are called as others' are, and mean other things.
pub(super) const UNCONFIGURED: [&str; 4] = ["sandbox", "completions", "man", "__complete"];

/// What displaces what comes after it, although both can be typed together: a sandbox's answers do not belong into the
/// ledger of real ones.
const DISPLACES: (&str, &str) = ("sandbox", "ledger");

/// A command line that can be read.
#[derive(Debug)]
pub struct Typed {
    args: Vec<OsString>,
    /// The names of the command and the command within it.
    path: Vec<String>,
    pub(super) matches: ArgMatches,
}

/// A default that the configuration gives.
pub(super) struct Chosen {
    /// The option's long name.
    pub(super) name: String,
    /// Its value; none, where it says that the option is not given.
    pub(super) value: Option<OsString>,
    /// The line that it stands in, from 1; 0 where it was typed.
    pub(super) line: usize,
    /// Whether the option does anything by it.
    is_on: bool,
}

/// The options of a command, with those of every command.
pub(super) struct Scope<'a> {
    pub(super) options: Vec<&'a Arg>,
    /// Those that exclude each other, by their long names.
    conflicts: Vec<(String, String)>,
}

impl Typed {
    /// Reads a command line, the program's name first.
    pub fn read(args: impl IntoIterator<Item = OsString>) -> Result<Self, Told> {
        let args: Vec<OsString> = args.into_iter().collect();
        let color = topics::color(&args);
        Self::parse(args).map_err(|told| Told { color, ..told })
    }

    fn parse(args: Vec<OsString>) -> Result<Self, Told> {
        let definition = Cli::command();
        let commands: Vec<&str> = definition.get_subcommands().map(Command::get_name).collect();
        if let Some(told) = topics::asked(&args, &commands) {
            return Err(told);
        }
        let mut matches = definition.try_get_matches_from(&args)?;
        // Missing and odd values are told before the configuration is looked at.
        Cli::from_arg_matches(&matches)?;
        let mut path = Vec::new();
        while let Some((name, inner)) = matches.remove_subcommand() {
            path.push(name);
            matches = inner;
        }
        Ok(Self { args, path, matches })
    }

    /// Returns whether the configuration has a say in this command.
    pub fn is_configured(&self) -> bool {
        let is_unconfigured = |name: &String| UNCONFIGURED.contains(&name.as_str());
        !self.path.iter().any(is_unconfigured) && self.path != ["config", "path"]
    }

    /// Returns the configuration that was named.
    pub fn config(&self) -> Option<PathBuf> {
        self.matches.get_one::<PathBuf>("config").cloned()
    }

    /// Returns whether configuration and profile need not be there yet.
    pub fn may_begin(&self) -> bool {
        self.path == ["auth", "login"]
    }

    /// Returns the command line as the configuration completes it.
    pub fn complete(self, config: &Config) -> Result<Cli, ConfigError> {
        let (profile, levels) = config.choose(self.profile(), self.may_begin())?;
        let definition = Cli::command();
        check_names(&definition, config)?;
        let settings = if self.shows_settings() { self.settings(config)? } else { Vec::new() };
        let scope = Scope::of(&definition, &self.path);
        let mut decided = self.given(&scope);
        let mut completed = definition.clone();
        for level in levels {
            let chosen = scope.choose(&definition, config, &level.entries, &decided)?;
            for Chosen { name, value, .. } in &chosen {
                if let Some(value) = value {
                    completed = with_default(completed, &self.path, name, value);
                }
            }
            decided.extend(chosen);
        }
        let read = completed.try_get_matches_from(self.args).and_then(|found| Cli::from_arg_matches(&found));
        let mut cli = read.map_err(|error| config.wrong(1, first_words(&error), None))?;
        cli.global.configured = profile;
        if let super::Command::Config(super::ConfigArgs { action: super::ConfigAction::Show(args) }) =
            &mut cli.command
        {
            args.settings = settings;
        }
        Ok(cli)
    }

    fn shows_settings(&self) -> bool {
        self.path == ["config", "show"]
    }

    /// Returns the profile that was named.
    pub(super) fn profile(&self) -> Option<&str> {
        self.matches.get_one::<String>("profile").filter(|name| !name.is_empty()).map(String::as_str)
    }

    /// Returns the options that were typed or set by the environment. An empty variable sets nothing.
    pub(super) fn given(&self, scope: &Scope<'_>) -> Vec<Chosen> {
        let given = scope.options.iter().copied().filter(|option| self.giver(option).is_some());
        given.map(|option| Chosen { name: long(option), value: None, line: 0, is_on: true }).collect()
    }

    /// Returns who gave an option, if it was given: the command line or the environment.
    pub(super) fn giver(&self, option: &Arg) -> Option<ValueSource> {
        // What shows the settings of all commands has options of its own, which are none of theirs.
        if self.shows_settings() && !option.is_global_set() {
            return None;
        }
        let id = option.get_id().as_str();
        // Absent among the options of another command than the one that was typed.
        let mut values = self.matches.try_get_raw(id).ok().flatten()?;
        match self.matches.value_source(id)? {
            ValueSource::EnvVariable if values.all(OsStr::is_empty) => None,
            ValueSource::DefaultValue => None,
            giver => Some(giver),
        }
    }
}

/// Checks that every entry is called as an option of some command.
pub(super) fn check_names(definition: &Command, config: &Config) -> Result<(), ConfigError> {
    let known: Vec<&Arg> = every_option(definition);
    for entry in config.levels().flat_map(|level| &level.entries) {
        if !known.iter().any(|option| is_called(option, &entry.name)) {
            let keys = ["api-key".to_owned(), "workspace".to_owned(), "profiles".to_owned()];
            let names = known.iter().map(|option| long(option)).chain(keys);
            let hint = match nearest(&entry.name, names, CLOSELY) {
                Some(name) => format!("did you mean '{}'?", name.replace('-', "_")),
                None => "options are called by their long names, see `leadenrich batch --help`".to_owned(),
            };
            return Err(config.wrong(entry.line, format!("unknown key '{}'", entry.shown()), Some(hint)));
        }
    }
    Ok(())
}

impl<'a> Scope<'a> {
    pub(super) fn of(definition: &'a Command, path: &[String]) -> Self {
        let mut scope = Self { options: definition.get_arguments().collect(), conflicts: Vec::new() };
        let mut command = definition;
        for name in path {
            let Some(inner) = command.find_subcommand(name) else { break };
            scope.options.extend(inner.get_arguments());
            for option in inner.get_arguments() {
                let others = inner.get_arg_conflicts_with(option).into_iter();
                scope.conflicts.extend(others.map(|other| (long(option), long(other))));
            }
            command = inner;
        }
        scope.options.retain(|option| is_configurable(option));
        scope
    }

    /// Returns whether two options exclude each other.
    fn exclude(&self, one: &str, other: &str) -> bool {
        self.conflicts.iter().any(|(a, b)| (a == one && b == other) || (a == other && b == one))
    }

    /// Chooses from the entries of a level those that give an option a value, and have not been `decided`.
    pub(super) fn choose(
        &self,
        definition: &Command,
        config: &Config,
        entries: &[Entry],
        decided: &[Chosen],
    ) -> Result<Vec<Chosen>, ConfigError> {
        let mut chosen: Vec<Chosen> = Vec::new();
        for entry in entries {
            let Some(option) = self.options.iter().find(|option| is_called(option, &entry.name)) else {
                continue;
            };
            if self.is_decided(&long(option), decided) {
                continue;
            }
            let wrong = |problem: String| config.wrong(entry.line, problem, None);
            let made = made(option, entry, config).map_err(wrong)?;
            match check(option, made.value.as_deref()) {
                Err(_) if is_for_another(definition, entry, made.value.as_deref()) => continue,
                checked => checked.map_err(wrong)?,
            }
            for other in &chosen {
                if other.name == made.name {
                    return Err(wrong(format!("'{}' is given twice", entry.shown())));
                }
                if other.is_on && made.is_on && self.exclude(&made.name, &other.name) {
                    return Err(wrong(format!(
                        "'{}' and '{}' exclude each other",
                        entry.shown(),
                        other.name.replace('-', "_")
                    )));
                }
            }
            chosen.push(made);
        }
        Ok(chosen)
    }

    /// Returns whether what comes first leaves nothing to say about an option.
    fn is_decided(&self, name: &str, decided: &[Chosen]) -> bool {
        let displaces = |other: &str| (other, name) == DISPLACES || self.exclude(name, other);
        decided.iter().any(|other| other.name == name || (other.is_on && displaces(&other.name)))
    }
}

/// Returns the options of every command that is configured.
fn every_option(command: &Command) -> Vec<&Arg> {
    let inner = command.get_subcommands().filter(|inner| !UNCONFIGURED.contains(&inner.get_name()));
    let own = command.get_arguments().filter(|option| is_configurable(option));
    own.chain(inner.flat_map(every_option)).collect()
}

fn is_configurable(option: &Arg) -> bool {
    option.get_long().is_some_and(|name| !NEVER_CONFIGURED.contains(&name))
}

pub(super) fn long(option: &Arg) -> String {
    option.get_long().unwrap_or_default().to_owned()
}

fn is_called(option: &Arg, name: &str) -> bool {
    option.get_long() == Some(name) || option.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
}

/// Returns what an entry gives its option, or what is wrong with it.
fn made(option: &Arg, entry: &Entry, config: &Config) -> Result<Chosen, String> {
    let name = long(option);
    let takes_nothing = option.get_num_args().is_some_and(|number| number.min_values() == 0);
    let (value, is_on) = match (option.get_action(), &entry.value) {
        (ArgAction::SetTrue, Value::Flag(is_on)) => (Some(is_on.to_string().into()), *is_on),
        (ArgAction::SetTrue, Value::Text(_)) => {
            return Err(format!("'{}' must be true or false", entry.shown()));
        }
        (ArgAction::Count, Value::Flag(is_on)) => (Some(u8::from(*is_on).to_string().into()), *is_on),
        (_, Value::Text(text)) if is_path(option) => (Some(config.place(text)), true),
        (_, Value::Text(text)) => (Some(text.into()), true),
        (_, Value::Flag(true)) if takes_nothing => (Some(OsString::new()), true),
        (_, Value::Flag(false)) if takes_nothing => (None, false),
        (_, Value::Flag(_)) => return Err(format!("'{}' needs a value, not true or false", entry.shown())),
    };
    Ok(Chosen { name, value, line: entry.line, is_on })
}

fn is_path(option: &Arg) -> bool {
    option.get_value_parser().type_id() == TypeId::of::<PathBuf>()
}

/// Reads a value as if it had been typed, by its option's own parser.
fn check(option: &Arg, value: Option<&OsStr>) -> Result<(), String> {
    let Some(value) = value.filter(|_| !matches!(option.get_action(), ArgAction::SetTrue)) else {
        return Ok(());
    };
    let name = long(option);
    let alone = Arg::new("value").value_parser(option.get_value_parser().clone()).long(name.clone());
    let alone = match option.get_value_names().and_then(<[_]>::first) {
        Some(value_name) => alone.value_name(value_name.clone()),
        None => alone,
    };
    let mut typed = OsString::from(format!("--{name}="));
    typed.push(value);
    let read = Command::new("configuration").no_binary_name(true).arg(alone).try_get_matches_from([typed]);
    read.map(drop).map_err(|error| first_words(&error))
}

/// Returns whether a value that this command cannot read is meant for another, whose option has the same name.
fn is_for_another(definition: &Command, entry: &Entry, value: Option<&OsStr>) -> bool {
    let others = every_option(definition).into_iter().filter(|option| is_called(option, &entry.name));
    others.into_iter().any(|option| check(option, value).is_ok())
}

/// Returns what an error of clap's says first, in one line.
fn first_words(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    first.trim_start_matches("error: ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Gives an option a default that was checked. Its variable is no longer looked at: had it said anything, this would not
/// be called.
fn with_default(command: Command, path: &[String], name: &str, value: &OsStr) -> Command {
    let option = command.get_arguments().find(|option| option.get_long() == Some(name));
    let command = match option.map(|option| option.get_id().clone()) {
        Some(id) => {
            command.mut_arg(id, |option| option.env(None::<&'static str>).default_value(value.to_owned()))
        }
        None => command,
    };
    match path.split_first() {
        Some((first, rest)) => command.mut_subcommand(first, |inner| with_default(inner, rest, name, value)),
        None => command,
    }
}
