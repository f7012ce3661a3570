//! `leadenrich sandbox`: serves the emulation until a signal comes.

use std::io::Write;

use anyhow::Context;

use crate::cli::SandboxArgs;
use crate::engine::shutdown::Signals;
use crate::failure::{Exit, UsageError};
use crate::sandbox::{Sandbox, Settings, usage};

pub(super) async fn run(args: SandboxArgs) -> anyhow::Result<Exit> {
    let settings = settings(&args)?;
    let mut signals = Signals::listen().context("cannot listen for signals")?;
    let sandbox = Sandbox::start(settings.clone())
        .with_context(|| format!("the sandbox cannot listen on port {}", args.port))?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{}\n", sandbox.base_url())?;
    writeln!(stdout, "{}", usage(sandbox.base_url(), &settings))?;
    stdout.flush()?;
    signals.next().await;
    let books = serde_json::to_string(&sandbox.books())?;
    writeln!(std::io::stderr(), "{books}")?;
    Ok(Exit::Complete)
}

fn settings(args: &SandboxArgs) -> Result<Settings, UsageError> {
    let mut settings = Settings { port: args.port, ..Settings::default() };
    let given = [
        ("api-key", &args.api_key),
        ("credits", &args.credits),
        ("limit", &args.limit),
        ("window", &args.window),
        ("limiter", &args.limiter),
        ("burst", &args.burst),
        ("headers", &args.headers),
        ("reset", &args.reset),
        ("retry-after", &args.retry_after),
        ("skew", &args.skew),
        ("date", &args.date),
        ("refused", &args.refused),
        ("rival", &args.rival),
        ("no-match", &args.no_match),
        ("latency", &args.latency),
        ("faults", &args.faults),
        ("seed", &args.seed),
    ];
    for (key, value) in given {
        if let Some(value) = value {
            settings.set(key, value)?;
        }
    }
    Ok(settings)
}
