//! Which key is used: the environment's, else that of `--api-key-file`, else the profile's.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;

use super::SettingsError;
use crate::cli::GlobalArgs;
use crate::config::KeyPlace;
use crate::secret::ApiKey;

/// The variable that holds the key.
pub const KEY_VARIABLE: &str = "LEADENRICH_API_KEY";

/// A key file larger than this is no key file.
const KEY_FILE_MAX: u64 = 4_096;

/// Where a key was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyOrigin {
    /// In the variable.
    Environment,
    /// On standard input.
    Stdin,
    /// In a file that holds nothing else.
    File(PathBuf),
    /// In the configuration.
    Configuration {
        /// The profile; absent: at the top of the file.
        profile: Option<String>,
        /// The file.
        path: PathBuf,
    },
}

impl KeyOrigin {
    /// Returns the sort of place, for programs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Stdin => "stdin",
            Self::File(_) => "file",
            Self::Configuration { .. } => "profile",
        }
    }
}

impl fmt::Display for KeyOrigin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => formatter.write_str(KEY_VARIABLE),
            Self::Stdin => formatter.write_str("standard input"),
            Self::File(path) => write!(formatter, "the key file '{}'", path.display()),
            Self::Configuration { profile: Some(name), path } => {
                write!(formatter, "the profile '{name}' in {}", path.display())
            }
            Self::Configuration { profile: None, path } => write!(formatter, "{}", path.display()),
        }
    }
}

/// Finds the key. `reads_stdin` tells that something else comes from standard input.
pub fn find_key(global: &GlobalArgs, reads_stdin: bool) -> Result<(ApiKey, KeyOrigin), SettingsError> {
    if let Some(text) = std::env::var_os(KEY_VARIABLE).filter(|text| !text.is_empty()) {
        return parsed(&text.to_string_lossy(), KeyOrigin::Environment);
    }
    if let Some(path) = &global.api_key_file {
        return key_in_file(path, reads_stdin);
    }
    let configured = &global.configured;
    match &configured.key {
        None => Err(SettingsError::NoKey),
        Some((KeyPlace::File(path), _)) => key_in_file(path, reads_stdin),
        Some((KeyPlace::Here(key), is_of_profile)) => {
            let origin = KeyOrigin::Configuration {
                profile: is_of_profile.then(|| configured.name.clone()),
                path: configured.path.clone().unwrap_or_default(),
            };
            parsed(key.expose_secret(), origin)
        }
    }
}

/// Reads a key from a file that holds nothing else; `-` is standard input.
pub fn key_in_file(path: &Path, reads_stdin: bool) -> Result<(ApiKey, KeyOrigin), SettingsError> {
    if path.as_os_str() == "-" {
        if reads_stdin {
            return Err(SettingsError::StdinTwice);
        }
        return read_key(std::io::stdin(), KeyOrigin::Stdin);
    }
    let origin = KeyOrigin::File(path.to_owned());
    let file = File::open(path).map_err(|source| unreadable(&origin, source))?;
    read_key(file, origin)
}

/// Reads a key, which is all that there is to read.
pub fn read_key(source: impl Read, origin: KeyOrigin) -> Result<(ApiKey, KeyOrigin), SettingsError> {
    let mut text = String::new();
    source.take(KEY_FILE_MAX).read_to_string(&mut text).map_err(|source| unreadable(&origin, source))?;
    parsed(&text, origin)
}

fn parsed(text: &str, origin: KeyOrigin) -> Result<(ApiKey, KeyOrigin), SettingsError> {
    match ApiKey::parse(text) {
        Ok(key) => Ok((key, origin)),
        Err(source) => Err(SettingsError::Key { origin, source }),
    }
}

fn unreadable(origin: &KeyOrigin, source: std::io::Error) -> SettingsError {
    let path = match origin {
        KeyOrigin::File(path) => path.clone(),
        _ => "-".into(),
    };
    SettingsError::KeyFile { path, source }
}
