//! What can be typed after `leadenrich config`.

use clap::{Args, Subcommand};

use crate::rules::setting::Setting;

/// Arguments of `config`.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: ConfigAction,
}

/// What can be asked of the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigAction {
    /// Print where the configuration is, or would be
    Path,
    /// Print every setting in force and where it comes from, without secrets
    Show(ShowArgs),
}

/// Arguments of `config show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// What there is to show.
    #[arg(skip)]
    pub settings: Vec<Setting>,
}
