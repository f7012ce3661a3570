//! A key typed at the terminal: asked for on standard error, not shown, and the terminal as it was afterwards, also after
//! Ctrl-C.

use std::io::{self, BufRead, Write};

use anyhow::Context;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::engine::shutdown::{Signals, StopSignal};

/// Asks for a line that is not shown; a signal ends the question.
pub(super) async fn ask(question: &str) -> anyhow::Result<Result<String, StopSignal>> {
    let mut signals = Signals::listen().context("cannot listen for signals")?;
    let _silence = Silence::begin().context("the terminal cannot be kept from showing what is typed")?;
    let mut stderr = io::stderr();
    stderr.write_all(question.as_bytes())?;
    let reading = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    let answer = tokio::select! {
        line = reading => Ok(line??),
        signal = signals.next() => Err(signal),
    };
    // The line break that was typed was not shown either.
    stderr.write_all(b"\n")?;
    Ok(answer)
}

/// A terminal that does not show what is typed, until this goes.
struct Silence {
    before: Termios,
}

impl Silence {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self { before })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // A terminal that is gone needs no care.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.before);
    }
}
