//! Where a run writes to, and how the options about the output make it.

use super::apart::{Needed, keep_apart};
use crate::cli::{OutputFormatArg, WriteArgs};
use crate::report::summary::Summary;
use crate::rows::fill::{Fill, FillSpec};
use crate::rows::format::OutputFormat;
use crate::rows::merge::MergeSpec;
use crate::rows::read::Layout;
use crate::rows::write::{Destination, Sink, WriteError, WriteSpec, Writer, create};
use crate::rules::signature::Wish;

/// Where a run writes to, opened before anything is paid for.
pub(super) struct Outputs {
    /// The rows.
    pub(super) writer: Writer,
    /// The summary as JSON.
    pub(super) summary: Option<Sink>,
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
        let summary =
            args.summary.as_deref().map(|path| Sink::open(&Destination::of(Some(path)))).transpose()?;
        keep_apart(&[("--output", Some(&output)), ("--summary", summary.as_ref())], needed)?;
        let fields = wish.fields;
        let fill = match args.fill.as_deref() {
            Some(text) => Fill::plan(&FillSpec { text, fields, overwrite: wish.overwrite }, layout)
                .map_err(WriteError::from)?,
            None => Fill::default(),
        };
        let note = (args.fill.is_some() && fill.is_empty()).then_some(
            "--fill auto: no column has a name that is known to hold a field; name them: COL=FIELD,…",
        );
        let spec = WriteSpec {
            format: output_format(args, layout),
            delimiter: args.output_delimiter,
            merge: MergeSpec { prefix: args.prefix.clone(), fields, raw_cells: args.raw_cells, fill },
        };
        Ok(Self { writer: create(output, layout, &spec)?, summary, note })
    }
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

pub(super) fn write_summary(mut sink: Sink, summary: &Summary) -> anyhow::Result<()> {
    sink.write(summary.to_json()?.as_bytes())?;
    Ok(sink.finish()?)
}
