//! What can be typed after `leadenrich ledger`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::duration;

/// Arguments of `ledger`.
#[derive(Debug, Args)]
pub struct LedgerArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub action: LedgerAction,
    /// Only what was asked of a base URL, or by an account, that begins so
    #[arg(long, global = true, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub scope: String,
}

/// What can be done with the ledger.
#[derive(Debug, Subcommand)]
pub enum LedgerAction {
    /// Show what was paid for, when, and what it saved
    Stats(StatsArgs),
    /// Write every answer as CSV or JSON lines
    Export(ExportArgs),
    /// Delete old answers; without --yes, show what would go
    Prune(PruneArgs),
}

/// Arguments of `ledger stats`.
#[derive(Debug, Args)]
pub struct StatsArgs {
    /// The periods by which payments are told, in UTC
    #[arg(long, value_enum, default_value_t = PeriodArg::Month, value_name = "PERIOD")]
    pub by: PeriodArg,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Periods by which payments are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PeriodArg {
    /// Months: the last twelve with a payment
    Month,
    /// Days: the last 31 with a payment
    Day,
}

/// Arguments of `ledger export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The output's format [default: by the output's name, else csv]
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub format: Option<ExportFormat>,
    /// Only answers of these statuses, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "LIST")]
    pub status: Vec<StatusArg>,
    /// Only answers from this time on: a date in UTC, a time, or an age such as 7d
    #[arg(long, value_name = "WHEN", value_parser = when)]
    pub since: Option<When>,
    /// Only answers up to this time; a date is meant whole
    #[arg(long, value_name = "WHEN", value_parser = when)]
    pub until: Option<When>,
    /// Do not defuse values that a spreadsheet would run as a formula
    #[arg(long)]
    pub raw_cells: bool,
}

/// Formats of `ledger export`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// A table with a header
    Csv,
    /// One JSON object a line
    Jsonl,
}

/// Arguments of `ledger prune`.
#[derive(Debug, Args)]
pub struct PruneArgs {
    /// Answers older than this; never younger ones than 25 hours
    #[arg(long, value_name = "DUR", value_parser = duration)]
    pub older_than: Duration,
    /// Only answers of these statuses, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "LIST")]
    pub status: Vec<StatusArg>,
    /// Delete without asking
    #[arg(short, long)]
    pub yes: bool,
}

/// What can have become of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum StatusArg {
    /// A company was found and paid for
    Enriched,
    /// The providers know nothing about it
    NoMatch,
    /// The workspace has no company with this id
    NotFound,
    /// Given up
    Failed,
}

/// A time as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// A day in UTC.
    Day(Date),
    /// An instant.
    At(Timestamp),
    /// So long before now.
    Ago(SignedDuration),
}

impl When {
    /// Returns where it begins.
    pub fn begin(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Day(day) => midnight(day).unwrap_or(Timestamp::MAX),
            Self::At(at) => at,
            Self::Ago(age) => now.checked_sub(age).unwrap_or(Timestamp::MIN),
        }
    }

    /// Returns where it is over: a day with its last moment, an instant at once.
    pub fn end(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Day(day) => day.tomorrow().ok().and_then(midnight).unwrap_or(Timestamp::MAX),
            Self::At(_) | Self::Ago(_) => self.begin(now),
        }
    }
}

fn midnight(day: Date) -> Option<Timestamp> {
    day.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// Reads a date, an instant or an age.
fn when(text: &str) -> Result<When, String> {
    let text = text.trim();
    let has_time = text.contains([':', 'T']) && text.contains('-');
    let read = if has_time {
        text.parse().ok().map(When::At)
    } else if text.contains('-') {
        text.parse().ok().map(When::Day)
    } else {
        duration(text).ok().and_then(|age| SignedDuration::try_from(age).ok()).map(When::Ago)
    };
    read.ok_or_else(|| {
        format!(
            "'{text}' is no time; write a date (2026-11-22), a time (2026-11-22T15:00:00Z) or an age (7d)"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_dates_instants_or_ages() {
        let now: Timestamp = "2026-11-22T15:00:00Z".parse().unwrap();
        let span = |text: &str| {
            let when = when(text).unwrap();
            format!("{} {}", when.begin(now), when.end(now))
        };
        assert_eq!(span("2026-11-21"), "2026-11-21T00:00:00Z 2026-11-22T00:00:00Z");
        assert_eq!(span("2026-11-21T08:00:00+02:00"), "2026-11-21T06:00:00Z 2026-11-21T06:00:00Z");
        assert_eq!(span("1d12h"), "2026-11-21T03:00:00Z 2026-11-21T03:00:00Z");
        assert_eq!(span("0"), "2026-11-22T15:00:00Z 2026-11-22T15:00:00Z");
        for text in ["", "yesterday", "2026-11", "2026-13-01", "-3d", "7", "2026-11-21T08:00:00"] {
            assert!(when(text).is_err(), "{text}");
        }
    }
}
