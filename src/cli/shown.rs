//! Every setting in force with its origin, as `config show` tells it: what each command would be run with.
//!
//! Chooses by the same rules as `typed.rs`, for each command in turn. A setting that is the same for several commands is
//! told once. Invariant: no value holds a key or a password.

use clap::builder::StyledStr;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, Command, CommandFactory};

use super::Cli;
use super::typed::{Chosen, Scope, Typed, UNCONFIGURED, long};
use crate::config::{Config, ConfigError, KeyPlace, Level, Profile};
use crate::rules::redact::{redact, without_credentials};
use crate::rules::setting::{Origin, Setting};

/// What a key is shown as.
const KEY: &str = "wbk_…";

impl Typed {
    /// Returns every setting in force.
    pub(super) fn settings(&self, config: &Config) -> Result<Vec<Setting>, ConfigError> {
        let (profile, levels) = config.choose(self.profile(), false)?;
        let mut settings = vec![self.chosen_profile(config, &profile)];
        settings.extend(beside_options(config, &levels));
        let definition = Cli::command();
        for path in leaves(&definition) {
            let scope = Scope::of(&definition, &path);
            let mut decided = self.given(&scope);
            for level in &levels {
                let chosen = scope.choose(&definition, config, &level.entries, &decided)?;
                for one in &chosen {
                    if let Some(option) = scope.options.iter().find(|option| long(option) == one.name) {
                        add(&mut settings, configured(option, one, level), &path);
                    }
                }
                decided.extend(chosen);
            }
            for option in &scope.options {
                let is_told = self.giver(option).is_none()
                    && decided.iter().any(|chosen| chosen.line > 0 && chosen.name == long(option));
                if !is_told && option.get_id() != "profile" {
                    add(&mut settings, self.given_or_usual(option), &path);
                }
            }
        }
        Ok(settings)
    }

    fn chosen_profile(&self, config: &Config, profile: &Profile) -> Setting {
        let definition = Cli::command();
        let option = definition.get_arguments().find(|option| option.get_id() == "profile");
        let origin = match (option.and_then(|option| self.origin(option)), config.profile_line()) {
            (Some(origin), _) => origin,
            (None, Some(line)) => Origin::Top { line },
            (None, None) => Origin::Default,
        };
        setting("profile", Some(profile.name.clone()), origin)
    }

    /// Returns who gave an option, if it was typed or set by the environment.
    fn origin(&self, option: &Arg) -> Option<Origin> {
        match self.giver(option)? {
            ValueSource::EnvVariable => {
                let variable = option.get_env().unwrap_or_default();
                Some(Origin::Environment(variable.to_string_lossy().into_owned()))
            }
            _ => Some(Origin::Typed(format!("--{}", long(option)))),
        }
    }

    /// Returns what was given, else the option's own default.
    fn given_or_usual(&self, option: &Arg) -> Setting {
        let origin = self.origin(option);
        let value = match (&origin, option.get_action()) {
            (Some(_), ArgAction::Count) => Some(self.matches.get_count(option.get_id().as_str()).to_string()),
            (Some(_), _) => {
                let values = self.matches.get_raw(option.get_id().as_str()).into_iter().flatten();
                Some(values.map(|value| value.to_string_lossy()).collect::<Vec<_>>().join(","))
            }
            (None, ArgAction::SetTrue) => Some("false".to_owned()),
            (None, ArgAction::Count) => Some("0".to_owned()),
            (None, _) => {
                option.get_default_values().first().map(|value| value.to_string_lossy().into_owned())
            }
        };
        let absent = if value.is_none() { option.get_help().and_then(usual) } else { None };
        let value = value.filter(|value| !value.is_empty()).map(|value| shown(option, &value));
        Setting { absent, ..setting(&long(option), value, origin.unwrap_or(Origin::Default)) }
    }
}

/// Returns what a level of the configuration says of an option.
fn configured(option: &Arg, chosen: &Chosen, level: &Level) -> Setting {
    let value = chosen.value.as_ref().map(|value| value.to_string_lossy());
    let value = match value {
        None => "false".to_owned(),
        // An option whose value can be left out.
        Some(value) if value.is_empty() => "true".to_owned(),
        Some(value) => shown(option, &value),
    };
    setting(&long(option), Some(value), origin(level, chosen.line))
}

/// Returns the settings of a profile that are no options: the key, where it stands in the file, and the workspace.
fn beside_options(config: &Config, levels: &[&Level]) -> Vec<Setting> {
    let key = levels.iter().find_map(|level| Some((*level, level.key.as_ref()?)));
    let key = key.map(|(level, (place, line))| match place {
        KeyPlace::Here(_) => setting("api-key", Some(KEY.to_owned()), origin(level, *line)),
        KeyPlace::File(path) => {
            let path = config.place(&path.to_string_lossy()).to_string_lossy().into_owned();
            setting("api-key-file", Some(path), origin(level, *line))
        }
    });
    let workspace = levels.iter().find_map(|level| Some((*level, level.workspace.as_ref()?)));
    let workspace =
        workspace.map(|(level, (name, line))| setting("workspace", Some(name.clone()), origin(level, *line)));
    key.into_iter().chain(workspace).collect()
}

fn origin(level: &Level, line: usize) -> Origin {
    match &level.profile {
        Some(name) => Origin::Profile { name: name.clone(), line },
        None => Origin::Top { line },
    }
}

fn setting(option: &str, value: Option<String>, origin: Origin) -> Setting {
    let value = value.map(|value| redact(&value).into_owned());
    Setting { name: option.replace('-', "_"), value, absent: None, origin, commands: Vec::new() }
}

/// Returns a value without the password that an address may hold.
fn shown(option: &Arg, value: &str) -> String {
    let is_url = option.get_value_names().is_some_and(|names| names.iter().any(|name| name == "URL"));
    if is_url { without_credentials(value) } else { value.to_owned() }
}

/// Adds a setting of a command. One that others have too is told once; a file for the key that was typed displaces the
/// configured one.
fn add(settings: &mut Vec<Setting>, new: Setting, path: &[String]) {
    let is_same = |known: &&mut Setting| {
        known.name == new.name
            && known.value == new.value
            && known.origin == new.origin
            && known.absent == new.absent
    };
    let command = path.join(" ");
    if let Some(known) = settings.iter_mut().find(is_same) {
        known.commands.push(command);
        return;
    }
    if new.name == "api_key_file"
        && let Some(known) = settings.iter_mut().find(|known| known.name == new.name)
    {
        if new.value.is_some() {
            *known = Setting { commands: vec![command], ..new };
        } else {
            known.commands.push(command);
        }
        return;
    }
    settings.push(Setting { commands: vec![command], ..new });
}

/// Returns the commands that do something and are configured, each with its names.
fn leaves(definition: &Command) -> Vec<Vec<String>> {
    let is_told = |name: &str| name != "config" && !UNCONFIGURED.contains(&name);
    let inner = definition.get_subcommands().filter(|inner| is_told(inner.get_name()));
    let below = inner.flat_map(|inner| {
        let name = inner.get_name().to_owned();
        let below = leaves(inner);
        let below = if below.is_empty() { vec![Vec::new()] } else { below };
        below.into_iter().map(move |rest| [vec![name.clone()], rest].concat())
    });
    below.collect()
}

/// Returns what an option's help says about its absence: `[default: …]`.
fn usual(help: &StyledStr) -> Option<String> {
    let text = help.to_string();
    let (_, after) = text.split_once("[default: ")?;
    after.split_once(']').map(|(usual, _)| usual.to_owned())
}
