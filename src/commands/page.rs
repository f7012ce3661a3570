//! `--report`: what the page is made of, and its way to its file.

use crate::report::html::portrait::Portrait;
use crate::report::html::timeline::Timeline;
use crate::report::html::{Facts, page};
use crate::report::summary::Summary;
use crate::report::text::Context;
use crate::rows::read::Source;
use crate::rows::write::Sink;

/// Writes the page of a run that has ended.
pub(super) fn write_page(
    mut sink: Sink,
    source: &Source,
    (summary, portrait, timeline): (&Summary, &Portrait, &Timeline),
    context: &Context,
) -> anyhow::Result<()> {
    let input = match source {
        Source::Stdin => "standard input".to_owned(),
        Source::Path(path) => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
    };
    let command: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let facts = Facts { summary, portrait, timeline, input: &input, command: &command, context };
    sink.write(page(&facts)?.as_bytes())?;
    Ok(sink.finish()?)
}
