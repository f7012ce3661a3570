//! What rows are to the run besides what they ask: texts and remarks for its events.

use crate::rules::event::Event;
use crate::rules::malformed::Malformed;
use crate::rules::outcome::{RowNumber, RowOutcome, RowStatus};

/// A row's own content, as far as the run's events speak of it.
pub trait Content {
    /// Returns what the input says of the company, for lists of what was not found.
    fn shown(&self) -> String;

    /// Returns what is wrong with the row as it was read.
    fn malformed(&self) -> Option<Malformed> {
        None
    }
}

/// Returns the event that tells of a row's end.
pub(super) fn row_finished(row: RowNumber, outcome: &RowOutcome, content: &impl Content) -> Event {
    let status = outcome.status();
    let paid = outcome.enrichment();
    Event::RowFinished {
        row,
        status,
        filled: paid.map(|paid| paid.company.filled()).unwrap_or_default(),
        source: paid.and_then(|paid| paid.source.clone()),
        confidence: paid.and_then(|paid| paid.confidence.as_deref()?.parse().ok()),
        input: (status == RowStatus::NoMatch).then(|| content.shown().into()),
    }
}
