//! How the options about the input make what is read.

use std::io::IsTerminal as _;
use std::path::Path;

use crate::cli::{InputFormatArg, QuotingArg, ReadArgs};
use crate::failure::UsageError;
use crate::rows::format::{InputFormat, Quoting};
use crate::rows::read::{InputSpec, Source};
use crate::rules::target::Subdomains;

pub(super) fn source(input: Option<&Path>) -> Result<Source, UsageError> {
    match input {
        Some(path) if path.as_os_str() != "-" => Ok(Source::Path(path.to_owned())),
        None if std::io::stdin().is_terminal() => Err(UsageError::NoInput),
        _ => Ok(Source::Stdin),
    }
}

pub(super) fn input_spec(
    source: Source,
    reading: ReadArgs,
    subdomains: Subdomains,
    prefix: &str,
) -> InputSpec {
    InputSpec {
        format: match reading.input_format {
            InputFormatArg::Auto => None,
            InputFormatArg::Csv => Some(InputFormat::Csv),
            InputFormatArg::Tsv => Some(InputFormat::Tsv),
            InputFormatArg::Jsonl => Some(InputFormat::Jsonl),
            InputFormatArg::Lines => Some(InputFormat::Lines),
            InputFormatArg::Xlsx => Some(InputFormat::Xlsx),
        },
        delimiter: reading.delimiter,
        quoting: reading.quoting.map(|quoting| match quoting {
            QuotingArg::Double => Quoting::Double,
            QuotingArg::Backslash => Quoting::Backslash,
            QuotingArg::Single => Quoting::Single,
            QuotingArg::None => Quoting::None,
        }),
        no_headers: reading.no_headers,
        domain_column: reading.domain_column,
        id_column: reading.id_column,
        sheet: reading.sheet,
        subdomains,
        strict: reading.strict,
        limit: reading.limit,
        prefix: prefix.to_owned(),
        ..InputSpec::new(source)
    }
}
