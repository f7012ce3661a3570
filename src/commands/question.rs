//! The question before a run that may cost more than a little: asked on a terminal only, where a file can be read twice.

use std::io::{IsTerminal, Write};

use anyhow::Context as _;
use console::Term;

use super::plan::{context, draw_up, reading};
use super::session::scope;
use crate::cli::GlobalArgs;
use crate::engine::shutdown::{Signals, StopSignal};
use crate::failure::Exit;
use crate::report::plan::{question, text};
use crate::rows::read::{InputSpec, Source, open};
use crate::settings::{Api, CallSettings};

/// A run that cannot cost more credits than these is not worth a question.
const UNASKED: u64 = 100;

/// Asks whether the run shall go on, if it is one to ask about. Returns how the program ends, if it shall not.
pub(super) async fn declined(
    global: &GlobalArgs,
    spec: &InputSpec,
    settings: &CallSettings,
) -> anyhow::Result<Option<Exit>> {
    if !is_asked(spec, settings) {
        return Ok(None);
    }
    // A missing key is told before anything is asked.
    scope(&settings.connection)?;
    let input = open(spec)?;
    if input.progress.total_bytes.is_none() {
        return Ok(None);
    }
    let reading = reading(&input.layout, &spec.source);
    let plan = draw_up(input, settings)?;
    if plan.most_credits() <= UNASKED {
        return Ok(None);
    }
    let mut shown = String::new();
    if !global.quiet {
        shown = text(&plan, &context(global, &Term::stderr(), reading, settings));
    }
    shown.push_str(&question(plan.most_credits()));
    let mut signals = Signals::listen().context("cannot listen for signals")?;
    std::io::stderr().write_all(shown.as_bytes())?;
    // Where a signal comes first, the thread that waits for an answer is left behind and ends with the program.
    let answer = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).map(|_| answer)
    });
    let (answer, signal) = tokio::select! {
        answer = answer => (answer??, StopSignal::Interrupt),
        signal = signals.next() => (String::new(), signal),
    };
    if is_yes(&answer) {
        return Ok(None);
    }
    // A signal, or the end of the input, leaves the cursor on the line of the question.
    let line_break = if answer.ends_with('\n') { "" } else { "\n" };
    std::io::stderr().write_all(format!("{line_break}nothing was sent\n").as_bytes())?;
    Ok(Some(Exit::Signal(signal.exit_code())))
}

/// Returns whether somebody is there to be asked, and may have something to decide.
fn is_asked(spec: &InputSpec, settings: &CallSettings) -> bool {
    let is_file = matches!(&spec.source, Source::Path(path) if path.is_file());
    let may_cost = settings.gate.allowance.max.is_none_or(|max| max > UNASKED);
    let is_real = !matches!(settings.connection.api, Api::Sandbox(_));
    is_file && may_cost && is_real && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

fn is_yes(answer: &str) -> bool {
    let answer = answer.trim();
    ["y", "yes"].iter().any(|yes| answer.eq_ignore_ascii_case(yes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        for answer in ["y\n", "Y", " yes \n", "YES\r\n"] {
            assert!(is_yes(answer), "{answer:?}");
        }
        for answer in ["", "\n", "n\n", "no", "yep", "y n"] {
            assert!(!is_yes(answer), "{answer:?}");
        }
    }
}
