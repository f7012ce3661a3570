//! What can be typed after `leadenrich auth`, and how the API is reached.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::positive_duration;

/// How the API is reached.
#[derive(Debug, Args)]
#[command(next_help_heading = "Call options")]
pub struct ConnectionArgs {
    /// The longest time for one attempt
    #[arg(long, value_name = "DUR", default_value = "30s", value_parser = positive_duration)]
    pub timeout: Duration,
    /// The proxy to use [default: as HTTPS_PROXY and NO_PROXY say]
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
    /// Trust the certificates of this PEM file instead of the system's
    #[arg(long, value_name = "FILE")]
    pub cacert: Option<PathBuf>,
}

/// Arguments of `auth`.
#[derive(Debug, Args)]
pub struct AuthArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: AuthCommand,
}

/// What can be done about the key.
#[derive(Debug, Subcommand)]
pub enum AuthCommand {
    /// Ask for a key, prove it and keep it in the configuration
    Login(LoginArgs),
    /// Say which key is used and prove it against the API, without spending a credit
    Status(StatusArgs),
    /// Take the key out of the configuration
    Logout,
}

/// Arguments of `auth login`.
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// Keep the key without asking the API about it
    #[arg(long)]
    pub no_check: bool,
    /// How the API is reached.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// Arguments of `auth status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// How the API is reached.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// Ask an in-process sandbox instead of the real API; needs no key
    #[arg(long, value_name = "KEY=VALUE,…", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub sandbox: Option<String>,
}
