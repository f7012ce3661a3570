//! What can be typed about the table on its way through: how it is read, and how it is written.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// How the input is read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input options")]
pub struct ReadArgs {
    /// The input's format [default: seen from its content and name]
    #[arg(long, value_enum, default_value_t = InputFormatArg::Auto, value_name = "FORMAT", hide_default_value = true)]
    pub input_format: InputFormatArg,
    /// The character between cells [default: seen from the content]
    #[arg(short, long, value_name = "C", value_parser = delimiter)]
    pub delimiter: Option<u8>,
    /// How cells are quoted [default: seen from the content]
    #[arg(long, value_enum, value_name = "HOW")]
    pub quoting: Option<QuotingArg>,
    /// The first row is no header [default: seen from the content]
    #[arg(short, long)]
    pub no_headers: bool,
    /// The column with the domain, by name or number from 1 [default: detected]
    ///
    /// 'leadenrich plan INPUT' shows which was found. A value within JSON objects is named by its path, such as
    /// 'company.domain'.
    #[arg(long, value_name = "COL")]
    pub domain_column: Option<String>,
    /// The column with the company id, by name or number from 1 [default: detected]
    #[arg(long, value_name = "COL")]
    pub id_column: Option<String>,
    /// The sheet of a workbook, by name or number from 1 [default: the first that has rows]
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// End with an error at the first row that is not as it should be, instead of keeping it as it is
    #[arg(long)]
    pub strict: bool,
    /// Read only the first rows: a sample before the whole file
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = super::whole::<u64>)]
    pub limit: Option<u64>,
}

/// Formats that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InputFormatArg {
    /// As the content and the name say
    Auto,
    /// Cells separated by commas or another character
    Csv,
    /// Cells separated by tabs
    Tsv,
    /// One JSON object a line
    Jsonl,
    /// One target a line
    Lines,
    /// A sheet of a workbook: .xlsx, .xlsm, .xlsb, .xls or .ods
    #[value(aliases = ["xls", "ods"])]
    Xlsx,
}

/// How cells are quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum QuotingArg {
    /// In double quotes, a quote within them doubled
    Double,
    /// In double quotes, a quote within them doubled or after a backslash
    Backslash,
    /// In single quotes
    Single,
    /// Not at all: a quote is a character like any other
    None,
}

/// How the output is written.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output options")]
pub struct WriteArgs {
    /// Write to this file, at once when all is done; may be the input itself [default: standard output]
    ///
    /// Until then, and after an error, what was there is as it was. A name that ends in .gz or .zst is packed.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The output's format [default: by the output's name, else the input's]
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub format: Option<OutputFormatArg>,
    /// The character between cells [default: the input's]
    #[arg(long, value_name = "C", value_parser = delimiter)]
    pub output_delimiter: Option<u8>,
    /// What the names of added data columns begin with
    #[arg(long, value_name = "TEXT", default_value = "enriched_")]
    pub prefix: String,
    /// Fill empty cells of the input's own columns too: COL=FIELD,… or 'auto'; with '--overwrite' replace them
    ///
    /// For example --fill 'Industry=industry,Employees=size'. With 'auto' the columns are found by their names.
    #[arg(long, value_name = "COL=FIELD,…")]
    pub fill: Option<String>,
    /// Do not defuse added values that a spreadsheet would run as a formula
    #[arg(long)]
    pub raw_cells: bool,
    /// Write rows as they finish instead of in input order
    #[arg(long)]
    pub unordered: bool,
    /// Write the input rows that found no company to this file
    #[arg(long, value_name = "FILE")]
    pub no_match_output: Option<PathBuf>,
    /// Write the input rows that are invalid or failed to this file, with the reason
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Write the summary as JSON to this file
    #[arg(long, value_name = "FILE")]
    pub summary: Option<PathBuf>,
    /// Write how it went to this file, as one HTML page with charts
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// How progress is shown on standard error
    #[arg(long, value_enum, default_value_t = ProgressArg::Auto, value_name = "HOW")]
    pub progress: ProgressArg,
}

/// Formats that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormatArg {
    /// Cells separated by commas or another character
    Csv,
    /// Cells separated by tabs
    Tsv,
    /// One JSON object a line
    Jsonl,
    /// An Excel workbook
    Xlsx,
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressArg {
    /// A bar on a terminal, else a line every 30 seconds
    Auto,
    /// A bar
    Bar,
    /// One event a line, as JSON
    Json,
    /// Not at all
    None,
}

/// Reads a delimiter: one ASCII character, or `\t` or `tab`.
fn delimiter(text: &str) -> Result<u8, String> {
    match (text, text.as_bytes()) {
        ("\\t" | "tab", _) => Ok(b'\t'),
        (_, [byte]) if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(*byte),
        _ => Err(format!("'{text}' is no delimiter; give one ASCII character, or 'tab'")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_single_characters() {
        assert_eq!((delimiter(";"), delimiter("\\t"), delimiter("tab")), (Ok(b';'), Ok(b'\t'), Ok(b'\t')));
        for text in ["", ";;", "\"", "ä", "\n"] {
            assert!(delimiter(text).is_err(), "{text:?}");
        }
    }
}
