//! What can be typed: names, help texts and the reading of single values. No file, environment or network is touched.
#![expect(
    clippy::doc_markdown,
    reason = "clap shows these comments as help texts, where backticks are noise"
)]

mod auth;
mod completions;
mod config;
mod examples;
mod ledger;
mod line;
mod man;
mod plan;
mod sandbox;
mod shown;
mod table;
pub mod topics;
mod typed;

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use jiff::{Span, SpanRelativeTo};

pub use self::auth::{AuthArgs, AuthCommand, ConnectionArgs, LoginArgs, StatusArgs};
pub use self::completions::{Answer, CompletionsArgs, Known, Question, ShellArg, Told};
pub use self::config::{ConfigAction, ConfigArgs, ShowArgs};
pub use self::ledger::{
    ExportArgs, ExportFormat, LedgerAction, LedgerArgs, PeriodArg, PruneArgs, StatsArgs, StatusArg, When,
};
pub use self::man::{ManArgs, Page, pages};
pub use self::plan::PlanArgs;
pub use self::sandbox::SandboxArgs;
pub use self::table::{InputFormatArg, OutputFormatArg, ProgressArg, QuotingArg, ReadArgs, WriteArgs};
pub use self::typed::Typed;
use crate::config::Profile;
use crate::rules::concurrency::Concurrency;
use crate::rules::field::FieldSet;
use crate::rules::pace::Rate;

/// Bulk company enrichment that never pays twice: domains or company ids in, firmographics out.
#[derive(Debug, Parser)]
#[command(name = "leadenrich", version, max_term_width = 100, after_help = examples::of_all())]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Enrich companies named on the command line and print them
    #[command(after_help = examples::ENRICH)]
    Enrich(EnrichArgs),
    /// Enrich every row of a file or of standard input
    #[command(after_help = examples::BATCH)]
    Batch(BatchArgs),
    /// Keep an API key, and prove it without spending a credit
    #[command(after_help = examples::AUTH)]
    Auth(AuthArgs),
    /// Say what a batch would cost and how long it would take, without sending anything
    #[command(after_help = examples::PLAN)]
    Plan(PlanArgs),
    /// Look into the ledger: what has been paid for so far
    #[command(after_help = examples::LEDGER)]
    Ledger(LedgerArgs),
    /// Show the configuration: where it is, and what holds by it
    Config(ConfigArgs),
    /// Serve a faithful local emulation of the API
    #[command(after_help = examples::SANDBOX)]
    Sandbox(SandboxArgs),
    /// Print what makes a shell complete commands, options, files and columns
    Completions(CompletionsArgs),
    /// Print the manual page, or write those of all commands
    Man(ManArgs),
    /// What may stand at the cursor of a line
    #[command(name = "__complete", hide = true)]
    Complete(Question),
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// The API's address: everything before /v1/enrich/company
    #[arg(long, global = true, value_name = "URL", env = "LEADENRICH_BASE_URL")]
    pub base_url: Option<String>,
    /// Take the key and defaults of options from this profile of the configuration [default: default]
    #[arg(long, global = true, value_name = "NAME", env = "LEADENRICH_PROFILE")]
    pub profile: Option<String>,
    /// The configuration [default: leadenrich/config.toml in the user's configuration folder]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What the configuration holds beside defaults of options.
    #[arg(skip)]
    pub configured: Profile,
    /// Where paid answers are kept; ':memory:' keeps nothing [default: the user's state folder]
    #[arg(long, global = true, value_name = "PATH", env = "LEADENRICH_LEDGER")]
    pub ledger: Option<PathBuf>,
    /// Read the API key from this file ('-': standard input), if LEADENRICH_API_KEY is not set
    #[arg(long, global = true, value_name = "FILE")]
    pub api_key_file: Option<PathBuf>,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = ColorArg::Auto, value_name = "WHEN")]
    pub color: ColorArg,
    /// Log what happens to standard error; twice for every request
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Print neither progress nor summary
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// How log lines look
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT")]
    pub log_format: LogFormat,
    /// Append log lines to this file instead of writing them to standard error
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Options of what calls the API.
#[derive(Debug, Args)]
#[command(next_help_heading = "Call options")]
pub struct CallArgs {
    /// Ask for these fields only, separated by commas [default: all nine]
    #[arg(long, value_name = "LIST")]
    pub fields: Option<FieldSet>,
    /// Let the API overwrite what its record of the company holds
    #[arg(long)]
    pub overwrite: bool,
    /// Reuse a paid answer this young instead of paying again
    ///
    /// Durations are a number and a unit: 500ms, 30s, 5m, 12h, 7d. '0' reuses nothing.
    #[arg(long, value_name = "DUR", default_value = "30d", value_parser = duration)]
    pub max_age: Duration,
    /// Ask for everything again, whatever is known ('--max-age 0')
    #[arg(long, conflicts_with_all = ["max_age", "no_match_age"])]
    pub refresh: bool,
    /// Reuse a 'no_match' or 'not_found' this young
    #[arg(long, value_name = "DUR", default_value = "7d", value_parser = duration)]
    pub no_match_age: Duration,
    /// Calls in flight: a number, or 'auto'
    #[arg(
        short,
        long,
        visible_short_alias = 'j',
        visible_alias = "jobs",
        value_name = "N",
        default_value = "auto"
    )]
    pub concurrency: Concurrency,
    /// The most calls in a time, evenly spaced: N/s, N/m, N/h or N/d
    #[arg(long, visible_alias = "rate-limit", value_name = "RATE")]
    pub rate: Option<Rate>,
    /// Spend at most this many credits in this run
    ///
    /// Exactly, however many calls are in flight; the rows that are left are 'pending'.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub max_credits: Option<u64>,
    /// Stop before the balance falls below this
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 0, value_parser = whole::<u64>)]
    pub keep_credits: u64,
    /// The longest pause for the quota to reset or the API to come back; or 'forever'
    ///
    /// Where it would take longer, the run ends with exit code 6 or 7; the same command goes on where it stopped.
    #[arg(long, value_name = "DUR", default_value = "5m", value_parser = patience)]
    pub wait: Duration,
    /// Extra attempts for one call after failures that may pass
    #[arg(
        long,
        visible_alias = "max-retries",
        value_name = "N",
        allow_negative_numbers = true,
        default_value_t = 5
    )]
    #[arg(value_parser = whole::<u32>)]
    pub retries: u32,
    /// How the API is reached.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// Use an in-process sandbox instead of the real API; needs no key
    ///
    /// Its companies are invented. The settings are the options of 'leadenrich sandbox', such as
    /// --sandbox=credits=100,no-match=30.
    #[arg(long, value_name = "KEY=VALUE,…", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub sandbox: Option<String>,
    /// What a subdomain stands for: itself, or its registrable domain
    #[arg(long, value_enum, default_value_t = SubdomainsArg::Collapse, value_name = "HOW")]
    pub subdomains: SubdomainsArg,
}

/// What a subdomain stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SubdomainsArg {
    /// Itself
    Keep,
    /// Its registrable domain, by the Public Suffix List
    Collapse,
}

/// Arguments of `enrich`.
#[derive(Debug, Args)]
pub struct EnrichArgs {
    /// Domains, URLs, e-mail addresses or company ids
    #[arg(required = true, value_name = "TARGET")]
    pub targets: Vec<String>,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Output format [default: pretty on a terminal, jsonl in a pipe]
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub format: Option<EnrichFormat>,
    /// The same as '--format json'
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Options of the calls.
    #[command(flatten)]
    pub calls: CallArgs,
}

/// Output formats of `enrich`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EnrichFormat {
    /// A card for each company
    Pretty,
    /// One JSON array
    Json,
    /// One JSON object a line
    Jsonl,
    /// A table with a header
    Csv,
}

/// Arguments of `batch`.
#[derive(Debug, Args)]
pub struct BatchArgs {
    /// The file to read; '-' or none: standard input
    #[arg(value_name = "INPUT")]
    pub input: Option<PathBuf>,
    /// Say what it would cost and send nothing: the same as 'plan'
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask before spending more than 100 credits
    #[arg(short, long)]
    pub yes: bool,
    /// How the input is read.
    #[command(flatten)]
    pub reading: ReadArgs,
    /// How the output is written.
    #[command(flatten)]
    pub writing: WriteArgs,
    /// Options of the calls.
    #[command(flatten)]
    pub calls: CallArgs,
}

/// Reads a duration such as `90s`, `5m` or `30d`; `0` needs no unit.
fn duration(text: &str) -> Result<Duration, String> {
    if text.trim() == "0" {
        return Ok(Duration::ZERO);
    }
    let span: Span = text.parse().map_err(|_| unreadable(text))?;
    let exact = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| unreadable(text))?;
    Duration::try_from(exact).map_err(|_| unreadable(text))
}

/// Reads a whole number.
fn whole<N: FromStr>(text: &str) -> Result<N, String> {
    text.trim().parse().map_err(|_| format!("'{text}' is no whole number, such as 0, 20 or 5000"))
}

fn unreadable(text: &str) -> String {
    format!("'{text}' is no duration; write a number and a unit, such as 500ms, 30s, 5m, 12h or 7d")
}

fn positive_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("must be longer than nothing".to_owned()),
        positive => Ok(positive),
    }
}

/// Reads a duration or `forever`.
fn patience(text: &str) -> Result<Duration, String> {
    if text.eq_ignore_ascii_case("forever") { Ok(Duration::MAX) } else { duration(text) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn durations_need_a_unit_unless_they_are_nothing() {
        assert_eq!(duration("30d"), Ok(Duration::from_secs(30 * 86_400)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_mins(90)));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        for text in ["30", "-5m", "soon", ""] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert_eq!(patience("Forever"), Ok(Duration::MAX));
        assert!(positive_duration("0s").is_err());
    }
}
