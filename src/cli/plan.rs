//! What can be typed after `leadenrich plan`: what `batch` takes, as far as it changes what a run would ask.

use std::path::PathBuf;

use clap::Args;

use super::{CallArgs, ReadArgs};

/// Arguments of `plan`.
#[derive(Debug, Args)]
// Accepted, so that `batch` of a command line can be changed into `plan`; without a call they say nothing.
#[command(
    mut_arg("timeout", |arg| arg.hide(true)),
    mut_arg("retries", |arg| arg.hide(true)),
    mut_arg("proxy", |arg| arg.hide(true)),
    mut_arg("cacert", |arg| arg.hide(true)),
    mut_arg("concurrency", |arg| arg.hide(true))
)]
pub struct PlanArgs {
    /// The file to read; '-' or none: standard input
    #[arg(value_name = "INPUT")]
    pub input: Option<PathBuf>,
    /// Print the plan as one JSON object
    #[arg(long)]
    pub json: bool,
    /// How the input is read.
    #[command(flatten)]
    pub reading: ReadArgs,
    /// What the names of data columns begin with that an earlier run added
    #[arg(long, value_name = "TEXT", default_value = "enriched_")]
    pub prefix: String,
    /// Options of the calls.
    #[command(flatten)]
    pub calls: CallArgs,
}
