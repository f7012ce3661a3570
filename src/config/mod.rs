//! The configuration file: defaults of options, and profiles with a key.
//!
//! | file | answers |
//! | --- | --- |
//! | `read.rs` | what a text says: pure |
//! | `edit.rs` | the text with another key, everything else as it was: pure |
//! | `file.rs` | where the file lies, whether others can read it, how it is replaced |
//!
//! Which options there are is known to `cli/typed.rs` only, which makes defaults of the entries. Invariants: nothing in a
//! file is passed over in silence, and no message holds a key.

mod edit;
mod file;
mod read;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

pub use self::edit::{with_key, without_key};
pub use self::file::Stored;
use crate::rules::alike::{ROUGHLY, nearest};
use crate::rules::redact::excerpt;

/// The profile that is used where none is named.
pub const DEFAULT_PROFILE: &str = "default";

/// A configuration that was read. The default is that of an empty file.
#[derive(Debug, Default)]
pub struct Config {
    /// Where it lies, or would lie; absent where the home folder is unknown.
    path: Option<PathBuf>,
    home: Option<PathBuf>,
    /// The profile that is used where none is typed, and the line that says so.
    profile: Option<(String, usize)>,
    top: Level,
    profiles: Vec<(String, Level)>,
    /// Whether others can read it.
    is_open: bool,
}

/// What stands at the top of the file, or in one profile.
#[derive(Debug, Default)]
pub struct Level {
    /// The profile's name; absent at the top.
    pub profile: Option<String>,
    /// Defaults of options.
    pub entries: Vec<Entry>,
    /// The key, and its line.
    pub key: Option<(KeyPlace, usize)>,
    /// The workspace's name, and its line.
    pub workspace: Option<(String, usize)>,
}

/// A default of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The option's name, with hyphens.
    pub name: String,
    /// What it is set to.
    pub value: Value,
    /// The line that it stands in, from 1.
    pub line: usize,
}

/// What an option is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text or a number; a list is joined by commas.
    Text(String),
    /// Yes or no.
    Flag(bool),
}

/// Where a profile has its key.
#[derive(Clone, Debug)]
pub enum KeyPlace {
    /// In the configuration itself.
    Here(SecretString),
    /// In a file of its own.
    File(PathBuf),
}

/// What a command is told of the configuration, beside the defaults of its options.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// Its name; it need not be in the file.
    pub name: String,
    /// The configuration; absent where the home folder is unknown.
    pub path: Option<PathBuf>,
    /// The key, and whether it stands in the profile itself and not at the top of the file.
    pub key: Option<(KeyPlace, bool)>,
    /// Under which name results are kept, whichever key they were paid by.
    pub workspace: Option<String>,
    /// Whether the file holds a key that others can read.
    pub is_exposed: bool,
}

/// Why the configuration is of no use.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("the configuration '{}' cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something in it is wrong.
    #[error("{}:{line}: {problem}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
        /// What would be right.
        hint: Option<String>,
    },
    /// It has no such profile.
    #[error("there is no profile '{name}' in {}{}", path.display(), others(known))]
    NoProfile {
        /// The file.
        path: PathBuf,
        /// The profile.
        name: Box<str>,
        /// Those that there are.
        known: Vec<Box<str>>,
        /// The one that may have been meant.
        nearest: Option<Box<str>>,
    },
    /// There is no place for it.
    #[error("the home folder is unknown, so there is no place for the configuration")]
    NoHome,
    /// It cannot be written.
    #[error("the configuration '{}' cannot be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

fn others(known: &[Box<str>]) -> String {
    match known {
        [] => "; it has none".to_owned(),
        known => format!("; the profiles are '{}'", known.join("', '")),
    }
}

/// Returns where the configuration lies, or would lie: where it was named, else at its usual place. Absent where the home
/// folder is unknown.
pub fn place(named: Option<&Path>) -> Option<PathBuf> {
    named.map(Path::to_owned).or_else(file::usual_place)
}

impl Entry {
    /// Returns how the name is shown: as files have it. With hyphens, a key in its place would look like none.
    pub fn shown(&self) -> Box<str> {
        excerpt(&self.name.replace('-', "_"))
    }
}

impl Config {
    /// Reads the file that was named, or the one at its usual place, which need not be there.
    pub fn load(named: Option<&Path>, may_be_missing: bool) -> Result<Self, ConfigError> {
        let home = etcetera::home_dir().ok();
        let Some(path) = place(named) else {
            return Ok(Self::default());
        };
        let stored = Stored::read(&path)?;
        if !stored.exists && named.is_some() && !may_be_missing {
            let source = io::Error::new(io::ErrorKind::NotFound, "no such file");
            return Err(ConfigError::Read { path, source });
        }
        let read = read::read(&stored.text, &path)?;
        Ok(Self { path: Some(path), home, is_open: stored.is_open, ..read })
    }

    /// Returns all levels: the top, then every profile.
    pub fn levels(&self) -> impl Iterator<Item = &Level> {
        std::iter::once(&self.top).chain(self.profiles.iter().map(|(_, level)| level))
    }

    /// Chooses the profile that was named, else the usual one; returns it and the levels that hold, the first before the
    /// second. One that was named must be there, unless it `may_be_new`.
    pub fn choose(
        &self,
        named: Option<&str>,
        may_be_new: bool,
    ) -> Result<(Profile, Vec<&Level>), ConfigError> {
        let named = named.or(self.profile.as_ref().map(|(name, _)| name.as_str()));
        let name = named.unwrap_or(DEFAULT_PROFILE);
        let own = self.profiles.iter().find(|(known, _)| known == name).map(|(_, level)| level);
        if named.is_some() && own.is_none() && !may_be_new {
            let known: Vec<_> = self.profiles.iter().map(|(name, _)| excerpt(name)).collect();
            let path = self.path.clone().unwrap_or_default();
            let nearest = nearest(name, &known, ROUGHLY).cloned();
            return Err(ConfigError::NoProfile { path, name: excerpt(name), known, nearest });
        }
        let key_of = |level: &Level| level.key.as_ref().map(|(key, _)| self.placed(key));
        let top = key_of(&self.top).map(|key| (key, false));
        let profile = Profile {
            name: name.to_owned(),
            path: self.path.clone(),
            key: own.and_then(key_of).map(|key| (key, true)).or(top),
            workspace: own.and_then(|level| level.workspace.as_ref().map(|(name, _)| name.clone())),
            is_exposed: self.is_open
                && self.levels().any(|level| matches!(level.key, Some((KeyPlace::Here(_), _)))),
        };
        Ok((profile, own.into_iter().chain([&self.top]).collect()))
    }

    /// Says that something in the file is wrong.
    pub fn wrong(&self, line: usize, problem: String, hint: Option<String>) -> ConfigError {
        ConfigError::Wrong { path: self.path.clone().unwrap_or_default(), line, problem, hint }
    }

    /// Returns a path as the file means it: `~/` is the home folder, what is relative is relative to the file's folder, so
    /// that it does not depend on where the program is run.
    pub fn place(&self, text: &str) -> OsString {
        if text.is_empty() || text == "-" || text == ":memory:" {
            return text.into();
        }
        if let (Some(rest), Some(home)) = (text.strip_prefix("~/"), &self.home) {
            return home.join(rest).into();
        }
        let folder = self.path.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        folder.join(text).into()
    }

    /// Returns the line that says which profile is used where none is typed.
    pub fn profile_line(&self) -> Option<usize> {
        self.profile.as_ref().map(|(_, line)| *line)
    }

    /// Returns the names of all profiles.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.profiles.iter().map(|(name, _)| name.as_str())
    }

    fn placed(&self, key: &KeyPlace) -> KeyPlace {
        match key {
            KeyPlace::Here(key) => KeyPlace::Here(key.clone()),
            KeyPlace::File(path) => KeyPlace::File(self.place(&path.to_string_lossy()).into()),
        }
    }
}
