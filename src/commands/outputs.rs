//! Where a run writes to, and how the options about the output make it.

use std::path::Path;

use super::apart::{Needed, keep_apart};
use crate::cli::{OutputFormatArg, WriteArgs};
use crate::failure::UsageError;
use crate::report::summary::Summary;
use crate::report::text::Place;
use crate::rows::fill::{Fill, FillSpec};
use crate::rows::format::OutputFormat;
use crate::rows::merge::{MergeSpec, Ours};
use crate::rows::read::Layout;
use crate::rows::write::tables::{Aside, Tables, Written};
use crate::rows::write::{Destination, Sink, WriteError, WriteSpec, Writer, create};
use crate::rules::outcome::RowStatus;
use crate::rules::signature::Wish;

/// Where a run writes to, opened before anything is paid for.
pub(super) struct Outputs {
    /// The rows.
    pub(super) tables: Tables,
    /// The summary as JSON.
    pub(super) summary: Option<Sink>,
    /// The page of how it went.
    pub(super) report: Option<Sink>,
    /// What the user should know of them.
    pub(super) note: Option<&'static str>,
}

impl Outputs {
    /// Opens all of them, or none.
    pub(super) fn open(
        args: &WriteArgs,
        layout: &Layout,
        wish: Wish,
        needed: Needed<'_>,
    ) -> anyhow::Result<Self> {
        let output = Sink::open(&Destination::of(args.output.as_deref()))?;
        let no_match = opened(args.no_match_output.as_deref())?;
        let rejects = opened(args.rejects.as_deref())?;
        let summary = opened(args.summary.as_deref())?;
        let report = opened(args.report.as_deref())?;
        let names = [
            ("--output", Some(&output)),
            ("--no-match-output", no_match.as_ref()),
            ("--rejects", rejects.as_ref()),
            ("--summary", summary.as_ref()),
            ("--report", report.as_ref()),
        ];
        keep_apart(&names, needed)?;
        let format = output_format(args, layout);
        if format == OutputFormat::Xlsx && output.is_terminal() {
            return Err(UsageError::WorkbookOnTerminal.into());
        }
        let fields = wish.fields;
        let fill = match args.fill.as_deref() {
            Some(text) => Fill::plan(&FillSpec { text, fields, overwrite: wish.overwrite }, layout)
                .map_err(WriteError::from)?,
            None => Fill::default(),
        };
        let note = (args.fill.is_some() && fill.is_empty()).then_some(
            "--fill auto: no column has a name that is known to hold a field; name them: COL=FIELD,…",
        );
        let merge = MergeSpec {
            prefix: args.prefix.clone(),
            fields,
            raw_cells: args.raw_cells,
            fill,
            ours: Ours::All,
        };
        let spec = WriteSpec { format, delimiter: args.output_delimiter, merge };
        let output = create(output, layout, &spec)?;
        let asides = [
            (Aside::NoMatch, no_match, args.no_match_output.as_deref()),
            (Aside::Rejects, rejects, args.rejects.as_deref()),
        ];
        let asides = asides.into_iter().filter_map(|(aside, sink, path)| Some((aside, sink?, path?)));
        let begun =
            asides.map(|(aside, sink, path)| Ok((aside, beside(aside, sink, path, (layout, &spec))?)));
        let tables = Tables::new(output, begun.collect::<Result<_, WriteError>>()?);
        Ok(Self { tables, summary, report, note })
    }
}

fn opened(path: Option<&Path>) -> Result<Option<Sink>, WriteError> {
    path.map(|path| Sink::open(&Destination::of(Some(path)))).transpose()
}

/// Begins a table beside the output, in the form of the input unless its name says otherwise.
fn beside(
    aside: Aside,
    sink: Sink,
    path: &Path,
    (layout, output): (&Layout, &WriteSpec),
) -> Result<Writer, WriteError> {
    let spec = WriteSpec {
        format: OutputFormat::from_name(path).unwrap_or(OutputFormat::of_input(layout.format)),
        delimiter: None,
        merge: MergeSpec { ours: aside.ours(), fill: Fill::default(), ..output.merge.clone() },
    };
    create(sink, layout, &spec)
}

fn output_format(args: &WriteArgs, layout: &Layout) -> OutputFormat {
    match args.format {
        Some(OutputFormatArg::Csv) => OutputFormat::Csv,
        Some(OutputFormatArg::Tsv) => OutputFormat::Tsv,
        Some(OutputFormatArg::Jsonl) => OutputFormat::Jsonl,
        Some(OutputFormatArg::Xlsx) => OutputFormat::Xlsx,
        None => args
            .output
            .as_deref()
            .and_then(OutputFormat::from_name)
            .unwrap_or(OutputFormat::of_input(layout.format)),
    }
}

/// Returns where the tables are that went to files.
pub(super) fn places(args: &WriteArgs, written: &Written) -> Vec<Place> {
    let asides = written.asides.iter().map(|(aside, rows)| match aside {
        Aside::NoMatch => ("no company", &args.no_match_output, Some(*rows), Some(RowStatus::NoMatch)),
        Aside::Rejects => ("rejects", &args.rejects, Some(*rows), Some(RowStatus::Failed)),
    });
    let all = [("output", &args.output, None, None)].into_iter().chain(asides);
    all.filter_map(|(label, path, rows, holds)| {
        let path = path.as_ref().filter(|path| path.as_os_str() != "-")?;
        Some(Place { label, path: path.display().to_string(), rows, holds })
    })
    .collect()
}

pub(super) fn write_summary(mut sink: Sink, summary: &Summary) -> anyhow::Result<()> {
    sink.write(summary.to_json()?.as_bytes())?;
    Ok(sink.finish()?)
}
