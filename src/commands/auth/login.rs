//! `auth login` and `auth logout`: a key into the configuration, and out of it.

use std::io::{BufRead, IsTerminal, Read};
use std::path::Path;

use super::{prompt, prove};
use crate::cli::{GlobalArgs, LoginArgs};
use crate::config::{Config, ConfigError, DEFAULT_PROFILE, KeyPlace, Stored, with_key, without_key};
use crate::engine::shutdown::StopSignal;
use crate::failure::{Exit, UsageError, say};
use crate::report::key::KeyReport;
use crate::rules::redact::excerpt;
use crate::rules::reply::probe::{Finding, Verdict};
use crate::secret::ApiKey;
use crate::settings::{Api, Connection, KEY_VARIABLE, KeyOrigin, base_url, key_in_file, read_key};

/// A longer line is no key.
const LINE_MAX: u64 = 4_096;

pub(super) async fn login(global: &GlobalArgs, args: LoginArgs) -> anyhow::Result<Exit> {
    let profile = &global.configured;
    let path = profile.path.as_deref().ok_or(ConfigError::NoHome)?;
    if let Some((KeyPlace::File(file), true)) = &profile.key {
        return Err(UsageError::KeyFile { profile: excerpt(&profile.name), file: file.clone() }.into());
    }
    let base_url = base_url(global)?;
    let (key, origin) = match given(global).await? {
        Ok(given) => given,
        Err(signal) => return Ok(Exit::Signal(signal.exit_code())),
    };
    let proof = if args.no_check {
        "It is not proven: --no-check".to_owned()
    } else {
        let api = Api::Real { base_url, key: key.clone(), origin };
        proof(prove(&Connection::new(global, args.connection, api)?).await?)?
    };
    // Read again: while the key was typed and checked, the file may have changed.
    let text = with_key(&Stored::read(path)?.text, &profile.name, key.expose()).map_err(|_| broken(path))?;
    Stored::replace(path, &text)?;
    if !global.quiet {
        say(&format!(
            "The key is kept in the profile '{}' in {}\n{proof}\n",
            excerpt(&profile.name),
            path.display()
        ));
        if is_variable_set() {
            say(&format!("{KEY_VARIABLE} is set and comes before it\n"));
        }
    }
    Ok(Exit::Complete)
}

/// Returns the key that is to be kept: from the file that was named, else as it is typed, else from standard input.
async fn given(global: &GlobalArgs) -> anyhow::Result<Result<(ApiKey, KeyOrigin), StopSignal>> {
    if let Some(path) = &global.api_key_file {
        return Ok(Ok(key_in_file(path, false)?));
    }
    let stdin = std::io::stdin();
    let line = if stdin.is_terminal() {
        let question =
            format!("API key for the profile '{}' (not shown): ", excerpt(&global.configured.name));
        match prompt::ask(&question).await? {
            Ok(line) => line,
            Err(signal) => return Ok(Err(signal)),
        }
    } else {
        let mut line = String::new();
        stdin.lock().take(LINE_MAX).read_line(&mut line)?;
        line
    };
    Ok(Ok(read_key(line.as_bytes(), KeyOrigin::Stdin)?))
}

/// Says what is known about a key that is to be kept; one that the API refuses is not.
fn proof(report: KeyReport) -> Result<String, Finding> {
    match report.finding.verdict {
        Verdict::InvalidKey | Verdict::InsufficientPermissions => Err(report.finding),
        Verdict::Valid => Ok("The API accepts it".to_owned()),
        Verdict::InsufficientCredits => {
            Ok("The API accepts it, but the workspace is out of credits".to_owned())
        }
        _ => Ok(format!("It is not proven: {}", report.finding.told)),
    }
}

pub(super) fn logout(global: &GlobalArgs) -> anyhow::Result<Exit> {
    let profile = &global.configured;
    let path = profile.path.as_deref().ok_or(ConfigError::NoHome)?;
    let text = Stored::read(path)?.text;
    let mut left = without_key(&text, Some(&profile.name)).map_err(|_| broken(path))?;
    if left.is_none() && profile.name == DEFAULT_PROFILE {
        left = without_key(&text, None).map_err(|_| broken(path))?;
    }
    let (name, place) = (excerpt(&profile.name), path.display());
    let said = match &left {
        Some(left) => {
            Stored::replace(path, left)?;
            format!("The key of the profile '{name}' is gone from {place}\n")
        }
        None => format!("The profile '{name}' has no key in {place}\n"),
    };
    if !global.quiet {
        say(&said);
        if is_variable_set() {
            say(&format!("{KEY_VARIABLE} still gives one\n"));
        }
        match Config::load(Some(path), true)?.choose(Some(&profile.name), true)?.0.key {
            Some((KeyPlace::Here(_), _)) => say("The top of the file still gives one\n"),
            Some((KeyPlace::File(file), _)) => say(&format!("The file {} still gives one\n", file.display())),
            None => {}
        }
    }
    Ok(Exit::Complete)
}

fn is_variable_set() -> bool {
    std::env::var_os(KEY_VARIABLE).is_some_and(|key| !key.is_empty())
}

/// A configuration that could be read a moment ago.
fn broken(path: &Path) -> ConfigError {
    let source = std::io::Error::other("it was changed meanwhile, and is no TOML any more");
    ConfigError::Write { path: path.to_owned(), source }
}
