//! What the targets share: how bytes are taken for an input with options or for an answer, and what every text that is
//! shown must be.
//!
//! A file of `fixtures/` is an input of a target as it stands, so that the corpus of the tests is the seed of the fuzzing.

use http::{HeaderMap, HeaderName, HeaderValue};
use leadenrich::rows::format::InputFormat;
use leadenrich::rows::read::{InputSpec, Source};
use leadenrich::rules::redact::redact;
use leadenrich::rules::target::Subdomains;

/// The byte, none of any text in UTF-8, that stands before three bytes of options at the end of an input.
const OPTIONS: u8 = 0xff;

/// Names that an input may have.
const NAMES: [&str; 8] = [
    "input",
    "input.csv",
    "input.tsv",
    "input.txt",
    "input.jsonl",
    "input.xlsx",
    "input.csv.gz",
    "input.json.zst",
];

/// Columns that may be asked for.
const COLUMNS: [Option<&str>; 8] =
    [None, None, None, Some("1"), Some("2"), Some("domain"), Some("Website"), Some("wbk_live_secret")];

/// A table with the options to read it by.
pub struct Case<'a> {
    /// What it is called.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// The options.
    pub spec: InputSpec,
}

/// Takes an input apart: options are three bytes behind an [`OPTIONS`] byte at its end, or all at their defaults.
pub fn case(data: &[u8]) -> Case<'_> {
    let (bytes, [a, b, c]) = match data {
        [bytes @ .., OPTIONS, a, b, c] => (bytes, [*a, *b, *c]),
        bytes => (bytes, [0; 3]),
    };
    let mut spec = InputSpec::new(Source::Stdin);
    spec.format = InputFormat::ALL.get(usize::from(a % 8)).copied();
    // The order puts the default first, so that zeros mean no options.
    if a % 8 == 0 {
        spec.format = None;
    }
    spec.no_headers = a & 0x08 != 0;
    spec.subdomains = if a & 0x10 != 0 { Subdomains::Keep } else { Subdomains::Collapse };
    spec.limit = (a & 0x20 != 0).then_some(2);
    // What `--delimiter` takes, and nothing else.
    spec.delimiter = (c != 0 && c.is_ascii() && !matches!(c, b'"' | b'\n' | b'\r')).then_some(c);
    spec.domain_column = COLUMNS[usize::from(b % 8)].map(str::to_owned);
    spec.id_column = COLUMNS[usize::from(b / 8 % 8)].map(str::to_owned);
    let name = NAMES[usize::from((b / 64) | (a >> 7) << 2)];
    Case { name, bytes, spec }
}

/// Asserts that a text can be shown: without anything like a key, on one line, of bounded length.
pub fn assert_shown(text: &str, longest: usize) {
    assert!(!holds_key(text), "a key is shown: {text}");
    assert!(!text.chars().any(char::is_control), "a control character is shown: {text:?}");
    assert!(text.chars().count() <= longest, "too long to be shown: {text}");
}

/// Returns whether a text holds anything like a key.
pub fn holds_key(text: &str) -> bool {
    redact(text) != text
}

/// Reads lines `Name: value`; what is no header is passed over. The first other line may be a status line.
pub fn headers<'a>(lines: impl Iterator<Item = &'a [u8]>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = line.split_at(colon);
        let name = HeaderName::from_bytes(name.trim_ascii());
        let value = HeaderValue::from_bytes(value.get(1..).unwrap_or_default().trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}
