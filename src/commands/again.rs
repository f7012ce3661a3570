//! The command that was typed, as it can be typed again.

use std::ffi::OsString;
use std::io::IsTerminal;

use crate::cli::WriteArgs;
use crate::report::advice::{Again, Next};
use crate::rows::read::Source;
use crate::settings::CallSettings;

/// The name under which the program is called in all hints.
const NAME: &str = "leadenrich";
/// A command that is longer (in bytes) is not repeated.
const LONGEST: usize = 400;

/// Returns what typing the command again does.
pub(super) fn again(settings: &CallSettings, source: &Source, writing: &WriteArgs) -> Again {
    // What stands before and behind pipes and redirections is known to the shell alone.
    let is_output_named = writing.output.as_deref().is_some_and(|path| path.as_os_str() != "-");
    let is_whole = *source != Source::Stdin && (is_output_named || std::io::stdout().is_terminal());
    Again { command: is_whole.then(|| quoted(std::env::args_os().skip(1))).flatten(), does: next(settings) }
}

/// Returns what the same command does next.
pub(super) fn next(settings: &CallSettings) -> Next {
    match settings.ledger.path() {
        None => Next::StartsOver,
        Some(_) if settings.max_age.is_zero() => Next::PaysAgain,
        Some(_) => Next::GoesOn,
    }
}

/// Returns a command line for a POSIX shell; absent where it is too long, or cannot be written as text.
fn quoted(args: impl Iterator<Item = OsString>) -> Option<String> {
    let args: Vec<String> = args.map(|arg| arg.into_string().ok()).collect::<Option<_>>()?;
    let command = shlex::try_join([NAME].into_iter().chain(args.iter().map(String::as_str))).ok()?;
    (command.len() <= LONGEST).then_some(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(args: &[&str]) -> Option<String> {
        quoted(args.iter().map(OsString::from))
    }

    #[test]
    fn a_shell_reads_what_was_typed() {
        let args = ["batch", "my leads.csv", "-o", "it's $HOME.csv", "--fields=name,size", ""];
        let command = command(&args).unwrap();
        insta::assert_snapshot!(command, @r#"leadenrich batch 'my leads.csv' -o "it's "'$HOME.csv' '--fields=name,size' ''"#);
        assert_eq!(shlex::split(&command).unwrap(), [&["leadenrich"][..], &args].concat());
    }

    #[test]
    fn what_cannot_be_typed_is_not_told() {
        use std::os::unix::ffi::OsStringExt as _;
        assert_eq!(quoted([OsString::from_vec(vec![0xff])].into_iter()), None);
        assert_eq!(command(&["x".repeat(LONGEST).as_str()]), None);
    }
}
