//! The commands: each builds its parts, runs them and says the outcome. No policy.
//!
//! | file | answers |
//! | --- | --- |
//! | `enrich.rs` `batch.rs` `plan.rs` `ledger/` `auth.rs` `completions.rs` `config.rs` `man.rs` `sandbox.rs` | one command each |
//! | `question.rs` | what a person is asked before a large spend |
//! | `survey.rs` | what an input comes to, for a plan |
//! | `session.rs` | what every run is built of: API or sandbox, ledger, signals |
//! | `table.rs` `outputs.rs` | how options make what is read and written |
//! | `apart.rs` | that no output replaces what is still needed |
//! | `reporter.rs` `watch.rs` | who is told what happens, and when; the summary at the end |
//! | `logging.rs` | log lines |

mod again;
mod apart;
mod auth;
mod batch;
mod completions;
mod config;
mod enrich;
mod ledger;
mod logging;
mod man;
mod outputs;
mod page;
mod plan;
mod question;
mod reporter;
mod sandbox;
mod session;
mod survey;
mod table;
mod watch;

use anyhow::Context as _;

use crate::cli::{Cli, Command};
use crate::engine::shutdown::Inquiries;
use crate::failure::Exit;
use crate::report::screen::Screen;

/// Runs the command that was typed. Must be called inside a current-thread tokio runtime.
pub async fn run(cli: Cli) -> anyhow::Result<Exit> {
    let screen = Screen::stderr();
    logging::start(&cli, &screen)?;
    auth::warn(&cli);
    // Of every command, so that whoever asks all of them how it goes kills none.
    let inquiries = Inquiries::listen().context("cannot listen for signals")?;
    match cli.command {
        Command::Enrich(args) => enrich::run(&cli.global, args, (screen, inquiries)).await,
        Command::Batch(args) => Box::pin(batch::run(&cli.global, args, (screen, inquiries))).await,
        Command::Auth(args) => auth::run(&cli.global, args).await,
        Command::Plan(args) => plan::run(&cli.global, args),
        Command::Ledger(args) => ledger::run(&cli.global, args).await,
        Command::Completions(args) => completions::print(args.shell),
        Command::Complete(question) => completions::answer(question),
        Command::Man(args) => man::run(&args),
        Command::Config(args) => config::run(&cli.global, args),
        Command::Sandbox(args) => sandbox::run(args).await,
    }
}
