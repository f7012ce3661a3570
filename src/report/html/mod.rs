//! `--report`: how a run went, as one HTML page for people who never see a terminal.
//!
//! Two folds and a rendering: [`timeline`] folds events, [`portrait`] folds what became of the rows, [`page`] turns both and
//! the summary into a text. The page is one file that loads nothing. What comes from an input or from the API is a
//! stranger's: the template escapes all of it, and the page's own policy lets run only the one script whose hash it names.
//!
//! | file | answers |
//! | --- | --- |
//! | `timeline` | when were companies answered, and when was waited? |
//! | `portrait`, `counts` | which companies were found, which rows were not? |
//! | `charts` | how does it look? |
//! | `view`, `figures` | what is said, in which words? |
//! | `page.html`, `style.css`, `script.js` | the page around it; it can do without the last two |

use askama::Template as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::summary::Summary;
use super::text::Context;

pub mod charts;
pub mod counts;
mod figures;
pub mod portrait;
pub mod timeline;
mod view;

use portrait::Portrait;
use timeline::Timeline;

/// The page's only style.
const STYLE: &str = include_str!("style.css");
/// The page's only script.
const SCRIPT: &str = include_str!("script.js");

/// What a page tells of.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// How the run went.
    pub summary: &'a Summary,
    /// What became of its rows.
    pub portrait: &'a Portrait,
    /// How it went over time.
    pub timeline: &'a Timeline,
    /// Where the rows came from.
    pub input: &'a str,
    /// The command as it was given, program and arguments.
    pub command: &'a [String],
    /// What the summary on a terminal depends on too: the zone, the tables, what the same command does.
    pub context: &'a Context,
}

/// Why a page could not be made. That is a mistake in it, not in what it tells of.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// A chart could not be drawn.
    #[error("cannot draw a chart of the report")]
    Chart(#[from] charts::ChartError),
    /// The template failed.
    #[error("cannot put the report together")]
    Template(#[from] askama::Error),
}

/// Returns the page.
pub fn page(facts: &Facts<'_>) -> Result<String, PageError> {
    Ok(view::View::new(facts)?.render()?)
}

/// Returns what a policy names a style or script by.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

#[cfg(test)]
mod tests;
