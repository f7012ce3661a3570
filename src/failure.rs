//! Every kind of failure with its exit code and what to do about it: the only table of its sort.
//!
//! Computed from the finished error: the layers below know nothing of exit codes.

use std::borrow::Cow;
use std::error::Error;
use std::io::Write;

use console::Term;

use crate::config::ConfigError;
use crate::engine::driver::{DriveError, RunEnd};
use crate::ledger::LedgerError;
use crate::report::text::fill;
use crate::rows::read::ReadError;
use crate::rows::write::WriteError;
use crate::rules::alike::{CLOSELY, nearest};
use crate::rules::event::StopReason;
use crate::rules::redact::{redact, without_number};
use crate::rules::reply::probe::{Finding, Verdict};
use crate::sandbox::{SettingError, Settings};
use crate::settings::SettingsError;
use crate::transport::http::HttpSetupError;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything that was asked for is done.
    Complete,
    /// I/O, a broken ledger, a bug.
    Unexpected,
    /// Wrong usage, or an input that cannot be read as what it says it is.
    Usage,
    /// Done, but something failed or was not found.
    Incomplete,
    /// The key is missing, invalid or lacks a permission.
    Key,
    /// Out of credits, or a credit limit reached.
    Credits,
    /// The quota resets later than the user waits.
    Quota,
    /// The API is unavailable.
    ApiUnavailable,
    /// A signal; its number and 128.
    Signal(u8),
}

impl Exit {
    /// Returns the exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Complete => 0,
            Self::Unexpected => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
            Self::Key => 4,
            Self::Credits => 5,
            Self::Quota => 6,
            Self::ApiUnavailable => 7,
            Self::Signal(code) => code,
        }
    }

    /// Returns how the program ends after a run, whose work was not all done well if `is_incomplete`.
    pub fn after(end: &RunEnd, is_incomplete: bool) -> Self {
        match end.stopped {
            _ if end.output_closed => Self::Complete,
            None if is_incomplete => Self::Incomplete,
            None => Self::Complete,
            Some(StopReason::InvalidKey | StopReason::InsufficientPermissions) => Self::Key,
            Some(StopReason::InsufficientCredits | StopReason::CreditLimit) => Self::Credits,
            Some(StopReason::RateLimit) => Self::Quota,
            Some(StopReason::ApiUnavailable) => Self::ApiUnavailable,
            Some(StopReason::Interrupted) => {
                end.signal.map_or(Self::Unexpected, |signal| Self::Signal(signal.exit_code()))
            }
        }
    }
}

/// A wrong use that only the commands can see.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// Nothing to read from.
    #[error("no input: standard input is a terminal")]
    NoInput,
    /// The sandbox's settings cannot be read.
    #[error(transparent)]
    Sandbox(#[from] SettingError),
    /// The certificates cannot be read.
    #[error("--cacert: '{path}' cannot be read")]
    Certificates {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The log cannot be written.
    #[error("--log-file: '{path}' cannot be opened")]
    LogFile {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The profile has its key elsewhere.
    #[error("the profile '{profile}' reads its key from '{}'", file.display())]
    KeyFile {
        /// The profile.
        profile: Box<str>,
        /// Where it has its key.
        file: std::path::PathBuf,
    },
    /// A ledger in memory has nothing to show.
    #[error("':memory:' keeps nothing that could be shown")]
    NothingKept,
    /// A workbook is nothing to read on a screen.
    #[error("a workbook cannot be shown on a terminal")]
    WorkbookOnTerminal,
    /// An output would replace what something else needs.
    #[error("{one} and {other} name the same file '{path}'")]
    SameFile {
        /// The output.
        one: &'static str,
        /// What else.
        other: &'static str,
        /// The file.
        path: String,
    },
}

/// An error as the user sees it.
#[derive(Debug, PartialEq, Eq)]
pub struct Explained {
    /// What happened and where, in one line.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// How the program ends.
    pub exit: Exit,
}

/// Explains an error. A pipe that was closed by its reader is none: there is nothing to explain.
pub fn explain(error: &anyhow::Error) -> Option<Explained> {
    let is_closed_pipe = |cause: &(dyn Error + 'static)| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(is_closed_pipe) {
        return None;
    }
    let (exit, hint) = error.chain().find_map(judged).unwrap_or((Exit::Unexpected, None));
    let mut message = String::new();
    for cause in error.chain().map(ToString::to_string) {
        // A cause that its parent has quoted is not said twice.
        if !message.contains(&cause) {
            message.push_str(if message.is_empty() { "" } else { ": " });
            message.push_str(&cause);
        }
    }
    let message = message.replace(['\n', '\r'], " ");
    let message = redact(&without_number(&message)).into_owned();
    Some(Explained { message, hint, exit })
}

/// Tells an error, if there was one, and returns the exit code.
pub fn conclude(result: anyhow::Result<Exit>) -> u8 {
    let error = match result {
        Ok(exit) => return exit.code(),
        Err(error) => error,
    };
    let Some(explained) = explain(&error) else { return Exit::Complete.code() };
    let hint = explained.hint.map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
    say(&format!("error: {}\n{hint}", explained.message));
    explained.exit.code()
}

/// Tells something that does not end the program.
pub fn say(text: &str) {
    // Where standard error is closed there is nobody to tell.
    let _ = std::io::stderr().write_all(on_stderr(&redact(text)).as_bytes());
}

/// Returns a text as it is told on standard error: a terminal would break words, a log has no width.
pub fn on_stderr(text: &str) -> Cow<'_, str> {
    match Term::stderr().size_checked() {
        Some((_, columns)) => fill(text, columns.into()).into(),
        None => text.into(),
    }
}

/// Returns exit and hint of an error that has its own.
fn judged(cause: &(dyn Error + 'static)) -> Option<(Exit, Option<String>)> {
    if let Some(error) = cause.downcast_ref::<ReadError>() {
        let exit = if error.is_io() { Exit::Unexpected } else { Exit::Usage };
        return Some((exit, error.hint()));
    }
    if let Some(error) = cause.downcast_ref::<WriteError>() {
        let exit = if error.is_usage() { Exit::Usage } else { Exit::Unexpected };
        return Some((exit, error.hint()));
    }
    if let Some(error) = cause.downcast_ref::<SettingsError>() {
        return Some(settings(error));
    }
    if let Some(error) = cause.downcast_ref::<ConfigError>() {
        return Some(config(error));
    }
    if let Some(finding) = cause.downcast_ref::<Finding>() {
        let (exit, hint) = probe(finding.verdict);
        return Some((exit, hint.map(str::to_owned)));
    }
    let in_run = match cause.downcast_ref::<DriveError>() {
        Some(DriveError::Ledger(error)) => Some(error),
        _ => None,
    };
    if let Some(error) = in_run.or_else(|| cause.downcast_ref::<LedgerError>()) {
        return Some((Exit::Unexpected, Some(error.hint())));
    }
    if let Some(error) = cause.downcast_ref::<UsageError>() {
        return Some((Exit::Usage, Some(usage(error))));
    }
    if let Some(error) = cause.downcast_ref::<HttpSetupError>() {
        return Some((Exit::Usage, Some(setup(error).to_owned())));
    }
    None
}

fn settings(error: &SettingsError) -> (Exit, Option<String>) {
    let (exit, hint) = match error {
        SettingsError::NoKey => (
            Exit::Key,
            "set LEADENRICH_API_KEY, name a file with --api-key-file, or keep one with `leadenrich auth login`; \
             --sandbox needs no key",
        ),
        SettingsError::Key { .. } => (
            Exit::Key,
            "copy it whole from the workspace's settings; `leadenrich help keys` says where it is read from",
        ),
        SettingsError::KeyFile { .. } => (Exit::Key, "name a readable file with the key in it"),
        SettingsError::Url { .. } => (Exit::Usage, "write it whole, such as https://host/path"),
        SettingsError::NoHome => (Exit::Usage, "name the ledger's file with --ledger"),
        SettingsError::StdinTwice => (Exit::Usage, "put the key into LEADENRICH_API_KEY or into a file"),
    };
    (exit, Some(hint.to_owned()))
}

fn config(error: &ConfigError) -> (Exit, Option<String>) {
    let hint = match error {
        ConfigError::Wrong { hint, .. } => return (Exit::Usage, hint.clone()),
        ConfigError::Read { .. } => "see that it is there and readable, or name another file with --config",
        ConfigError::NoProfile { nearest: Some(name), .. } => {
            return (Exit::Usage, Some(format!("did you mean '{name}'?")));
        }
        ConfigError::NoProfile { .. } => "`leadenrich auth login --profile NAME` makes one",
        ConfigError::NoHome => "name the file with --config",
        ConfigError::Write { .. } => {
            return (Exit::Unexpected, Some("see that its folder can be written".to_owned()));
        }
    };
    (Exit::Usage, Some(hint.to_owned()))
}

/// How a probe ends the program that does not find the key fit for use.
const fn probe(verdict: Verdict) -> (Exit, Option<&'static str>) {
    match verdict {
        Verdict::Valid => (Exit::Complete, None),
        Verdict::InvalidKey => (
            Exit::Key,
            Some("keys are shown in the workspace's settings; `leadenrich auth login` keeps another one"),
        ),
        Verdict::InsufficientPermissions => {
            (Exit::Key, Some("give it the permission in the workspace's settings, or use another key"))
        }
        Verdict::Forbidden => (
            Exit::Key,
            Some("the key lacks a permission, or a firewall or limiter refuses this machine for a time"),
        ),
        Verdict::InsufficientCredits => (Exit::Credits, Some("top up the workspace")),
        Verdict::RateLimited => (Exit::Quota, Some("the same command again later")),
        Verdict::NotTheApi => {
            (Exit::Usage, Some("see that --base-url is everything before /v1/enrich/company"))
        }
        Verdict::ApiUnavailable => (
            Exit::ApiUnavailable,
            Some("see that --base-url and the network are right; the same command again later"),
        ),
        Verdict::Unexpected => (Exit::Unexpected, Some("see that --base-url is the API's")),
    }
}

fn usage(error: &UsageError) -> String {
    match error {
        UsageError::NoInput => "name a file, or pipe rows in: cut -d, -f2 crm.csv | leadenrich batch",
        UsageError::Sandbox(error) => return sandbox(error),
        UsageError::WorkbookOnTerminal => "name a file with -o",
        UsageError::SameFile { .. } => "name another file",
        UsageError::KeyFile { .. } => "write the key there, or take api_key_file out of the profile",
        UsageError::LogFile { .. } => "its folder has to exist, and the file to be writable",
        UsageError::NothingKept => "name the ledger's file with --ledger",
        UsageError::Certificates { .. } => "name a readable file with the certificates to trust, in PEM",
    }
    .to_owned()
}

fn sandbox(error: &SettingError) -> String {
    let meant = match error {
        SettingError::UnknownKey { key } => nearest(key, Settings::KEYS, CLOSELY),
        SettingError::NotAPair { .. } | SettingError::Value { .. } => None,
    };
    match meant {
        Some(name) => format!("did you mean '{name}'?"),
        None => {
            "`leadenrich sandbox --help` says what can be set; for example --sandbox=credits=100,latency=50ms"
                .to_owned()
        }
    }
}

const fn setup(error: &HttpSetupError) -> &'static str {
    match error {
        HttpSetupError::BaseUrl { .. } => {
            "give everything before /v1/enrich/company, such as https://host/path; http is for this machine alone"
        }
        HttpSetupError::Certificates | HttpSetupError::NoCertificates => {
            "name a file that holds whole certificates, each from BEGIN CERTIFICATE to END CERTIFICATE"
        }
        HttpSetupError::Proxy(_) => "give one that speaks http, such as http://host:3128",
        HttpSetupError::Client(_) | HttpSetupError::Tls(_) => {
            "see that the system's certificates are installed, or name some with --cacert"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::read::SheetError;
    use crate::rows::write::Unfit;

    fn explained(error: impl Into<anyhow::Error>) -> Explained {
        explain(&error.into()).unwrap()
    }

    #[test]
    fn a_ledger_that_fails_on_the_way_is_explained_as_one_that_cannot_be_opened() {
        let foreign = || LedgerError::Foreign { path: "x.db".into() };
        let on_the_way = explained(DriveError::Ledger(foreign()));
        assert_eq!(on_the_way, explained(foreign()));
        assert_eq!((on_the_way.exit, on_the_way.hint.is_some()), (Exit::Unexpected, true));
    }

    #[test]
    fn what_no_test_of_the_program_can_bring_about_is_said_as_the_rest() {
        let denied = || std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let path = || "FILE".to_owned();
        let broken =
            SheetError::Row { sheet: "Leads".into(), row: 7, reason: "the XML ends too early".into() };
        let errors: [anyhow::Error; 10] = [
            UsageError::WorkbookOnTerminal.into(),
            SettingsError::NoHome.into(),
            ConfigError::NoHome.into(),
            ReadError::Open { path: path(), source: denied() }.into(),
            ReadError::Kept { path: path(), source: denied() }.into(),
            ReadError::Read { path: path(), line: 7, source: denied() }.into(),
            ReadError::Sheet { path: path(), source: broken }.into(),
            WriteError::Unfit { path: path(), why: Unfit::Rows { most: 1_048_576 } }.into(),
            WriteError::Beside { path: path(), source: denied() }.into(),
            LedgerError::Sqlite(rusqlite::Error::InvalidQuery).into(),
        ];
        let said = errors.iter().map(|error| {
            let Explained { message, hint, exit } = explain(error).unwrap();
            format!("{}: {message}\nhint: {}\n", exit.code(), hint.unwrap_or_default())
        });
        insta::assert_snapshot!(said.collect::<String>(), @r"
        2: a workbook cannot be shown on a terminal
        hint: name a file with -o
        2: the home folder is unknown, so there is no place for the ledger
        hint: name the ledger's file with --ledger
        2: the home folder is unknown, so there is no place for the configuration
        hint: name the file with --config
        2: FILE: cannot be opened: permission denied
        hint: see that you may read it: `ls -l FILE`
        1: FILE: cannot be put into a temporary file: permission denied
        hint: a workbook is read from its end: name the file instead of piping it
        1: FILE, line 7: cannot be read: permission denied
        hint: see that the disk or the pipe is in order and run the same command again; what was paid for is in the ledger
        2: FILE: sheet 'Leads', row 7: cannot be read: the XML ends too early
        hint: export the sheet as CSV (UTF-8)
        1: FILE: a sheet has at most 1048576 rows, and there are more
        hint: write CSV, which has no such bounds: name a .csv file and run the same command again; what was paid for is in the ledger
        1: FILE: no file can be made beside it, to replace it with: permission denied
        hint: an output is written beside its place and then takes it as a whole; name a file in another folder, or write to standard output
        1: the ledger failed: Query is not read-only
        hint: see that its folder can be written and has room, or name another file with --ledger; the same command goes on where this one stopped
        ");
    }

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let closed = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert_eq!(explain(&anyhow::Error::new(closed).context("writing")), None);
    }

    #[test]
    fn a_message_is_one_line_without_repetition_or_key() {
        let error =
            anyhow::anyhow!("wbk_live_1234 is wrong\nhere").context("wbk_live_1234 is wrong\nhere, says a");
        assert_eq!(explained(error).message, "wbk_[redacted] is wrong here, says a");
    }
}
