//! The program: reads the command line and the configuration, runs the command, turns the result into an exit code.

use std::io::Write;
use std::process::ExitCode;

use anstream::AutoStream;
use leadenrich::cli::{Cli, Typed};
use leadenrich::config::{Config, ConfigError};
use leadenrich::rules::redact::redact;
use leadenrich::{commands, failure, secret};
use mimalloc::MiMalloc;

/// Rows go from thread to thread, and what one allocates another frees: the system's allocator has locks for that.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    secret::forbid_core_dumps();
    match Typed::read(std::env::args_os()) {
        Ok(typed) => ExitCode::from(match completed(typed) {
            Ok(cli) => run(cli),
            Err(error) => failure::conclude(Err(error.into())),
        }),
        Err(told) => {
            if told.code == 0 {
                // Help tells what variables hold, which may be a key in the wrong place.
                let text = redact(&told.text);
                let _ = AutoStream::new(std::io::stdout(), told.color).write_all(text.as_bytes());
            } else {
                failure::say(&told.text);
            }
            ExitCode::from(told.code)
        }
    }
}

/// Adds what the configuration says to what was typed.
fn completed(typed: Typed) -> Result<Cli, ConfigError> {
    let config = if typed.is_configured() {
        Config::load(typed.config().as_deref(), typed.may_begin())?
    } else {
        Config::default()
    };
    typed.complete(&config)
}

fn run(cli: Cli) -> u8 {
    // One to commit, one to look up a host name: each thread more is a heap more.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(2).build();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(commands::run(cli));
            // A thread may still be reading a pipe that never ends.
            runtime.shutdown_background();
            result
        }
        Err(error) => Err(error.into()),
    };
    failure::conclude(result)
}
