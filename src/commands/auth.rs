//! `leadenrich auth`: which key is used, and keeping one.
//!
//! | file | answers |
//! | --- | --- |
//! | `auth/login.rs` | a key into the configuration, and out of it |
//! | `auth/prompt.rs` | a key from the terminal, unseen |

mod login;
mod prompt;

use std::io::Write;

use jiff::tz::TimeZone;

use super::session::{way, without_password};
use crate::cli::{AuthArgs, AuthCommand, Cli, Command, GlobalArgs, ProgressArg, StatusArgs};
use crate::engine::clock::Clock;
use crate::failure::{Exit, say};
use crate::report::key::{KeyReport, json, text};
use crate::rules::limits::{LimitReport, Reading};
use crate::rules::reply::Attempt;
use crate::rules::reply::probe::{Verdict, judge};
use crate::settings::{Api, Connection, SettingsError};
use crate::transport::http::HttpTransport;

pub(super) async fn run(global: &GlobalArgs, args: AuthArgs) -> anyhow::Result<Exit> {
    match args.command {
        AuthCommand::Login(args) => login::login(global, args).await,
        AuthCommand::Status(args) => status(global, args).await,
        AuthCommand::Logout => login::logout(global),
    }
}

/// Warns of a key that others can read, unless nothing for people is to be said.
pub(super) fn warn(cli: &Cli) {
    let is_for_programs =
        matches!(&cli.command, Command::Batch(args) if args.writing.progress == ProgressArg::Json);
    let configured = &cli.global.configured;
    if let (true, Some(path)) =
        (configured.is_exposed && !cli.global.quiet && !is_for_programs, &configured.path)
    {
        let path = path.display();
        say(&format!("warning: {path} holds a key, and others can read it\nhint: chmod 600 '{path}'\n"));
    }
}

async fn status(global: &GlobalArgs, args: StatusArgs) -> anyhow::Result<Exit> {
    let api = Api::resolve(global, args.sandbox, false)?;
    let connection = Connection::new(global, args.connection, api)?;
    let report = prove(&connection).await?;
    let shown = if args.json { json(&report)? } else { text(&report, &TimeZone::system()) };
    let mut stdout = std::io::stdout();
    stdout.write_all(shown.as_bytes())?;
    stdout.flush()?;
    match report.finding.verdict {
        Verdict::Valid => Ok(Exit::Complete),
        _ => Err(report.finding.into()),
    }
}

/// Asks the API what it makes of the key.
async fn prove(connection: &Connection) -> anyhow::Result<KeyReport> {
    // A sandbox is there as long as this is kept.
    let (http, _sandbox) = way(connection, 1)?;
    let transport = HttpTransport::new(&http)?;
    let clock = Clock::system();
    let sent = clock.now();
    let attempt = transport.probe().await;
    let now = clock.now();
    let limits = match &attempt {
        Attempt::Answered { headers, .. } => Reading::new().read(headers, sent.at, now),
        Attempt::Lost { .. } => LimitReport::default(),
    };
    let finding = judge(&attempt);
    // Some servers say so on every answer.
    let retry_at = limits.retry_at.filter(|_| finding.verdict == Verdict::RateLimited);
    let (origin, origin_kind) = match &connection.api {
        Api::Real { origin, .. } => (origin.to_string(), origin.kind()),
        Api::Sandbox(_) => ("the sandbox".to_owned(), "sandbox"),
        Api::Keyless => return Err(SettingsError::NoKey.into()),
    };
    Ok(KeyReport {
        origin,
        origin_kind,
        workspace: connection.workspace.clone(),
        base_url: without_password(&http.base_url),
        finding,
        quotas: limits.quotas,
        retry_at: retry_at.map(|at| now.wall_at(at)),
        latency: now.at - sent.at,
    })
}
