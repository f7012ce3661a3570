//! All tables that a run writes: its output, and beside it what found no company and what was refused.
//!
//! Rows come to each of them in the same order. A reader who closes one that goes to a pipe has seen enough of it: that of
//! the output ends the run, any other is left out of what follows. What is known by the end is written to the rest.

use std::ops::ControlFlow;

use super::{WriteError, Writer};
use crate::rows::merge::Ours;
use crate::rows::read::InputRow;
use crate::rules::outcome::{RowOutcome, RowStatus};

/// Which rows are written aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aside {
    /// Those for which there is no company.
    NoMatch,
    /// Those that are invalid or failed.
    Rejects,
}

impl Aside {
    /// Returns which of our columns its rows get.
    pub const fn ours(self) -> Ours {
        match self {
            Self::NoMatch => Ours::Nothing,
            Self::Rejects => Ours::Reason,
        }
    }

    const fn takes(self, status: RowStatus) -> bool {
        match status {
            RowStatus::NoMatch | RowStatus::NotFound => matches!(self, Self::NoMatch),
            RowStatus::InvalidInput | RowStatus::Failed => matches!(self, Self::Rejects),
            RowStatus::Enriched | RowStatus::Pending => false,
        }
    }
}

/// The tables of a run.
#[derive(Debug)]
pub struct Tables {
    output: Option<Writer>,
    asides: Vec<Part>,
}

/// A table beside the output.
#[derive(Debug)]
struct Part {
    aside: Aside,
    writer: Option<Writer>,
    rows: u64,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Whether all of the output was taken.
    pub output: bool,
    /// The other tables that were taken, with their rows.
    pub asides: Vec<(Aside, u64)>,
}

impl Tables {
    /// Makes them of open outputs.
    pub fn new(output: Writer, asides: Vec<(Aside, Writer)>) -> Self {
        let part = |(aside, writer)| Part { aside, writer: Some(writer), rows: 0 };
        Self { output: Some(output), asides: asides.into_iter().map(part).collect() }
    }

    /// Writes a row; it may stay in a buffer until [`Self::flush`]. Breaks where nobody takes the output any more.
    pub fn write(&mut self, row: &InputRow, outcome: &RowOutcome) -> Result<ControlFlow<()>, WriteError> {
        let flow = each(&mut self.output, |writer| writer.write(row, outcome))?;
        let status = outcome.status();
        for part in self.asides.iter_mut().filter(|part| part.aside.takes(status)) {
            part.rows += 1;
            let _ = each(&mut part.writer, |writer| writer.write(row, outcome))?;
        }
        Ok(flow)
    }

    /// Hands everything written so far to the destinations. Breaks as [`Self::write`] does.
    pub fn flush(&mut self) -> Result<ControlFlow<()>, WriteError> {
        for part in &mut self.asides {
            let _ = each(&mut part.writer, Writer::flush)?;
        }
        each(&mut self.output, Writer::flush)
    }

    /// Ends all of them: files take their places now.
    pub fn finish(self) -> Result<Written, WriteError> {
        let mut written = Written { output: finished(self.output)?, asides: Vec::new() };
        for Part { aside, writer, rows } in self.asides {
            if finished(writer)? {
                written.asides.push((aside, rows));
            }
        }
        Ok(written)
    }
}

/// Does something with a writer, which is gone when its reader is.
fn each(
    writer: &mut Option<Writer>,
    act: impl FnOnce(&mut Writer) -> Result<(), WriteError>,
) -> Result<ControlFlow<()>, WriteError> {
    match writer.as_mut().map_or(Ok(()), act) {
        Err(error) if error.is_broken_pipe() => *writer = None,
        done => done?,
    }
    Ok(if writer.is_some() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
}

fn finished(writer: Option<Writer>) -> Result<bool, WriteError> {
    match writer.map(Writer::finish) {
        None => Ok(false),
        Some(Err(error)) if error.is_broken_pipe() => Ok(false),
        Some(done) => done.map(|()| true),
    }
}
