//! What to know of a run that is over, and what to type next.

use std::time::Duration;

use crate::rules::event::StopReason;
use crate::rules::outcome::RowStatus;

use super::clean::cleaned;
use super::summary::{Status, Summary};
use super::tally::MOST_INPUTS;
use super::text::Context;
use super::words::{counted, local_and_utc, span, until};

/// A day, in seconds.
const DAY_S: u64 = 86_400;

/// The command that was run, and what it does when it is typed again.
#[derive(Clone, Debug, Default)]
pub struct Again {
    /// What to type, with quotes where a shell needs them; absent where a part of it is not known.
    pub command: Option<String>,
    /// What that does.
    pub does: Next,
}

/// What the same command does next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Next {
    /// It pays only for what is not known yet.
    #[default]
    GoesOn,
    /// It pays for everything again: `--refresh`.
    PaysAgain,
    /// It knows nothing of this run: there is no ledger.
    StartsOver,
}

/// Returns what to know and to do next, as sentences.
pub(super) fn sentences(summary: &Summary, context: &Context) -> Vec<String> {
    let mut sentences = remedies(summary, context);
    if lists_unmatched(summary, context) {
        sentences.push("For all rows without a match in a file, run this, which costs nothing.".to_owned());
    }
    sentences
}

/// Returns what to know and to do where something is wrong or missing, as sentences.
pub(super) fn remedies(summary: &Summary, context: &Context) -> Vec<String> {
    let uncertain = summary.credits.uncertain;
    let lost = format!(
        "{} sent again more than 24 hours after the answer was lost: each may have charged a second credit.",
        counted(uncertain, "call was", "calls were")
    );
    (uncertain > 0).then_some(lost).into_iter().chain(next(summary, context)).collect()
}

/// Returns the command to type next, if it is known whole and any is of use.
pub(super) fn command(summary: &Summary, context: &Context) -> Option<String> {
    let command = context.again.command.as_deref().filter(|_| context.again.does == Next::GoesOn)?;
    // What changes the limit is not known here.
    let is_remedy = summary.stop_reason != Some(StopReason::CreditLimit) && next(summary, context).is_some();
    let lists_unmatched = lists_unmatched(summary, context);
    let added = if lists_unmatched { " --no-match-output no-match.csv" } else { "" };
    // A file's name can hold what a terminal must not get, or a key: then it is not repeated.
    ((is_remedy || lists_unmatched) && cleaned(command) == command).then(|| format!("{command}{added}"))
}

fn next(summary: &Summary, context: &Context) -> Option<String> {
    match (summary.stop_reason, context.again.does) {
        (Some(StopReason::RateLimit), does) => {
            Some(format!("{} After that, r{}", quota(summary, context), go_on(does, summary)))
        }
        (Some(StopReason::ApiUnavailable), does) if summary.requests.ok == 0 => Some(format!(
            "See that the network, --base-url and --proxy are right, or wait until the API is back; then r{}",
            go_on(does, summary)
        )),
        (Some(reason), does) => Some(format!("{}{}", before_next(reason), go_on(does, summary))),
        (None, _) if summary.rows.failed > 0 => Some(match context.again.does {
            Next::GoesOn => "Run the same command again to ask again for what failed.".to_owned(),
            does => format!("To ask again for what failed, r{}", go_on(does, summary)),
        }),
        (None, _) => None,
    }
}

/// Returns whether to tell how to get a table of the rows without a match: there are more than are told, and none was
/// written.
pub(super) fn lists_unmatched(summary: &Summary, context: &Context) -> bool {
    summary.status == Status::Complete
        && summary.rows.failed == 0
        && summary.no_match.len() >= MOST_INPUTS
        && !context.has_table_of(RowStatus::NoMatch)
        && context.again.command.is_some()
        && context.again.does == Next::GoesOn
}

/// Returns what has to be done before the same command can go on, up to the `r` of "run".
const fn before_next(reason: StopReason) -> &'static str {
    match reason {
        StopReason::InsufficientCredits => "Top up the workspace's credits, then r",
        StopReason::CreditLimit => "Raise --max-credits or lower --keep-credits, then r",
        StopReason::InvalidKey => "Set a valid key in LEADENRICH_API_KEY or with --api-key-file, then r",
        StopReason::InsufficientPermissions => "Use a key with the permission write:enrich, then r",
        StopReason::ApiUnavailable => "When the API is back, r",
        StopReason::RateLimit | StopReason::Interrupted => "R",
    }
}

/// Returns how to go on, from the `un` of "run".
fn go_on(does: Next, summary: &Summary) -> String {
    match does {
        Next::GoesOn => "un the same command again to go on.".to_owned(),
        Next::PaysAgain => format!(
            "un the command with --max-age {}d in place of --refresh, which would pay again for what is paid.",
            days(summary)
        ),
        Next::StartsOver => {
            "un the command with --ledger FILE: without one, nothing of this run was kept.".to_owned()
        }
    }
}

/// Returns an age that what this run has paid for will not have until the quota is back.
fn days(summary: &Summary) -> u64 {
    let ran = Duration::try_from_secs_f64(summary.elapsed_s).unwrap_or_default();
    let reset = summary.rate_limit.resets_at.zip(summary.finished_at);
    let left = reset.map(|(reset, now)| until(reset, now)).unwrap_or_default();
    (ran + left).as_secs() / DAY_S + 1
}

fn quota(summary: &Summary, context: &Context) -> String {
    let Some(reset) = summary.rate_limit.resets_at else {
        return "The quota resets later than --wait allows.".to_owned();
    };
    let at = local_and_utc(reset, &(context.zone)());
    let left = summary.finished_at.map(|now| format!(", in {}", span(until(reset, now)))).unwrap_or_default();
    format!("The quota resets at {at}{left}.")
}
