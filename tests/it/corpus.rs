//! What is read from every file of `fixtures/inputs`: its layout, each row with its cells, and what the row asks.
//!
//! The reading of `NAME` is kept as text in `fixtures/inputs/expected/NAME.txt`. `UPDATE_EXPECTED=1 cargo test corpus`
//! writes all of them anew: look at each change before it is kept. A file without a reading or without a note of where it
//! comes from fails, as does a reading without a file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use leadenrich::rows::format::Packing;
use leadenrich::rows::read::{Input, InputRow, InputSpec, Layout, ReadError, Source, open};
use leadenrich::rules::target::{InvalidInput, Subdomains, Target};

/// Rows that are shown of a file; of the rest their sum is.
const ROWS_SHOWN: usize = 20;

/// Cells of that many bytes are shown whole; of a longer one its ends.
const CELL_SHOWN: usize = 200;

/// An option that some files are read with too.
struct Also {
    /// How their paths begin.
    start: &'static str,
    /// What would be typed.
    typed: &'static str,
    set: fn(&mut InputSpec),
}

/// Further readings, below the one without options.
const ALSO: [Also; 8] = [
    Also {
        start: "spectrum/",
        typed: "--domain-column 1",
        set: |spec| spec.domain_column = Some("1".into()),
    },
    Also { start: "headers/none", typed: "--no-headers", set: |spec| spec.no_headers = true },
    Also {
        start: "headers/ambiguous",
        typed: "--domain-column B",
        set: |spec| spec.domain_column = Some("B".into()),
    },
    Also { start: "headers/own-other-prefix", typed: "--prefix li_", set: |spec| spec.prefix = "li_".into() },
    Also { start: "dialects/carets", typed: "--delimiter ^", set: |spec| spec.delimiter = Some(b'^') },
    Also {
        start: "rows/title-above",
        typed: "--domain-column 2",
        set: |spec| spec.domain_column = Some("2".into()),
    },
    Also {
        start: "cells/subdomains",
        typed: "--subdomains keep",
        set: |spec| spec.subdomains = Subdomains::Keep,
    },
    Also { start: "companies", typed: "--limit 2", set: |spec| spec.limit = Some(2) },
];

fn inputs() -> PathBuf {
    // Relative, so that messages name the same path on every machine; tests run in the package's folder.
    PathBuf::from("fixtures/inputs")
}

/// Returns the files below a folder by their paths in it, but for those of which `passed_over` is true.
fn files(root: &Path, passed_over: fn(&str) -> bool) -> Vec<String> {
    fn walk(folder: &Path, root: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, found);
            } else {
                found.push(path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    let mut found = Vec::new();
    walk(root, root, &mut found);
    found.retain(|name| !passed_over(name));
    found.sort();
    found
}

/// Returns whether a file is about the inputs and none of them.
fn is_no_input(name: &str) -> bool {
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    name.starts_with("expected/")
        || name.contains("__pycache__")
        || ends(&["README.md", "LICENSE", ".py", ".sh"])
}

fn has_end(name: &str, ends: &[&str]) -> bool {
    ends.iter().any(|end| name.ends_with(end))
}

/// Tells all that is read from a file: without options, then with those that it has in [`ALSO`].
fn told(name: &str) -> String {
    let spec = InputSpec::new(Source::Path(inputs().join(name)));
    let mut text = reading(&spec);
    for also in ALSO.iter().filter(|also| name.starts_with(also.start)) {
        let mut spec = spec.clone();
        (also.set)(&mut spec);
        write!(text, "\n== {}\n\n{}", also.typed, reading(&spec)).unwrap();
    }
    text
}

fn reading(spec: &InputSpec) -> String {
    match open(spec) {
        Ok(input) => table(input),
        Err(error) => refusal(&error),
    }
}

fn refusal(error: &ReadError) -> String {
    let mut text = format!("error: {error}\n");
    if let Some(hint) = error.hint() {
        writeln!(text, "hint: {hint}").unwrap();
    }
    text
}

fn table(input: Input) -> String {
    let mut text = String::new();
    for (name, value) in looks(&input.layout) {
        writeln!(text, "{name:<12} {value}").unwrap();
    }
    let mut sums: BTreeMap<&str, usize> = BTreeMap::new();
    let mut end = String::new();
    for row in input.rows {
        match row {
            Ok(row) => {
                let sum: usize = sums.values().sum();
                *sums.entry(row.target.as_ref().map_or_else(InvalidInput::name, |_| "asked")).or_default() +=
                    1;
                if sum < ROWS_SHOWN {
                    write!(text, "\n{}", row_text(&row)).unwrap();
                }
            }
            Err(error) => end = format!("\n{}", refusal(&error)),
        }
    }
    let sums: Vec<String> = sums.iter().map(|(name, count)| format!("{count} {name}")).collect();
    let sums = if sums.is_empty() { "none".to_owned() } else { sums.join(", ") };
    write!(text, "\nrows         {sums}\n{end}").unwrap();
    text
}

/// Tells what a table looks like, one thing a line. What a layout comes to know of itself is added here.
fn looks(layout: &Layout) -> Vec<(&'static str, String)> {
    let columns = &layout.columns;
    let named = |column: &usize| format!("{} {}", column + 1, cell(&layout.name(*column)));
    let list = |columns: &[usize]| {
        let list: Vec<String> = columns.iter().map(named).collect();
        if list.is_empty() { "-".to_owned() } else { list.join(", ") }
    };
    let own: Vec<usize> = (0..layout.own.len()).filter(|column| layout.own[*column]).collect();
    vec![
        ("format", layout.format.to_string()),
        ("packed", layout.packing.map_or("no", Packing::name).to_owned()),
        ("sheet", layout.sheet.as_deref().map_or_else(|| "-".to_owned(), cell)),
        ("encoding", layout.encoding.name().to_owned()),
        ("delimiter", format!("{:?}", char::from(layout.delimiter))),
        ("quoting", layout.quoting.name().to_owned()),
        ("line ending", layout.line_ending.name().to_owned()),
        ("header", if layout.has_header { "yes" } else { "no" }.to_owned()),
        ("columns", cells(layout.headers.iter())),
        ("own", list(&own)),
        ("asked: id", list(columns.id.as_slice())),
        ("asked: domain", list(&columns.domains)),
        ("found", format!("{:?}", columns.found)),
    ]
}

/// Tells a row: its number, its cells, and below them what it asks or why nothing. What a row comes to know of itself
/// is added here.
fn row_text(row: &InputRow) -> String {
    let asks = match &row.target {
        Ok(Target { first, fallback: Some(next) }) => format!("{first}, then {next}"),
        Ok(Target { first, fallback: None }) => first.to_string(),
        Err(reason) => format!("nothing, {}: {reason}", reason.name()),
    };
    let object = row.object.as_ref().map(|object| format!("    object {}\n", cell(&object.text)));
    let malformed =
        row.malformed.map(|found| format!("    malformed, line {}: {}\n", found.line, found.fault));
    let (object, malformed) = (object.unwrap_or_default(), malformed.unwrap_or_default());
    format!("{:<3} {}\n{object}{malformed}    asks {asks}\n", row.number.0, cells(row.cells.iter()))
}

fn cells<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.map(cell).collect::<Vec<_>>().join(" | ")
}

/// Returns a cell in quotes, with escapes for all that cannot be seen, and the middle of a long one left out.
fn cell(text: &str) -> String {
    if text.len() <= CELL_SHOWN {
        return format!("{text:?}");
    }
    let chars: Vec<char> = text.chars().collect();
    let part = |range: &[char]| format!("{:?}", range.iter().collect::<String>());
    let (start, end) = (&chars[..20], &chars[chars.len() - 20..]);
    format!("{} … {} ({} bytes)", part(start), part(end), text.len())
}

/// Returns the first lines that differ.
fn difference(expected: &str, found: &str) -> String {
    let (mut expected, mut found) = (expected.lines(), found.lines());
    for line in 1.. {
        match (expected.next(), found.next()) {
            (None, None) => break,
            (before, now) if before != now => {
                let shown = |text: Option<&str>| text.unwrap_or("(the end)").to_owned();
                return format!("line {line}:\n  expected {}\n  found    {}", shown(before), shown(now));
            }
            _ => {}
        }
    }
    "it differs in line endings alone".to_owned()
}

#[test]
fn every_file_is_read_as_expected() {
    let expected = inputs().join("expected");
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let names = files(&inputs(), is_no_input);
    assert!(names.len() >= 60, "only {} files were found", names.len());
    let mut faults = Vec::new();
    for name in &names {
        let path = expected.join(format!("{name}.txt"));
        let found = told(name);
        if update {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, found).unwrap();
            continue;
        }
        match std::fs::read_to_string(&path) {
            Ok(before) if before == found => {}
            Ok(before) => faults.push(format!("{name}, {}", difference(&before, &found))),
            Err(_) => faults.push(format!("{name}: there is no expectation")),
        }
    }
    for name in files(&expected, |name| !has_end(name, &[".txt"])) {
        if !names.iter().any(|input| name == format!("{input}.txt")) {
            if update {
                std::fs::remove_file(expected.join(&name)).unwrap();
            } else {
                faults.push(format!("expected/{name}: there is no such input"));
            }
        }
    }
    let remedy = "if these readings are right: UPDATE_EXPECTED=1 cargo test corpus";
    assert!(faults.is_empty(), "{}\n\n{remedy}", faults.join("\n"));
}

#[test]
fn every_file_has_a_note_of_where_it_comes_from() {
    let note = |path: PathBuf| std::fs::read_to_string(path).unwrap_or_default();
    let notes = note("fixtures/README.md".into()) + &note(inputs().join("README.md"));
    let missing: Vec<String> = files(&inputs(), is_no_input)
        .into_iter()
        .filter(|name| {
            let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
            let own = note(inputs().join(folder).join("README.md"));
            !notes.contains(&format!("{name}`")) && !own.contains(&format!("{file}`"))
        })
        .collect();
    assert!(missing.is_empty(), "no README of the fixtures says where these come from: {missing:#?}");
}

#[test]
fn the_public_csv_spectrum_is_read_as_its_json_says() {
    let files = files(&inputs().join("spectrum"), |name| !has_end(name, &[".csv"]));
    assert_eq!(files.len(), 12);
    for file in files {
        let json = inputs().join("expected/spectrum").join(file.replace(".csv", ".json"));
        let json: serde_json::Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
        // One of them is no list.
        let expected = json.as_array().cloned().unwrap_or_else(|| vec![json]);
        let mut spec = InputSpec::new(Source::Path(inputs().join("spectrum").join(&file)));
        // There are no domains in them: some column is named, so that none is looked for.
        spec.domain_column = Some("1".to_owned());
        let input = open(&spec).unwrap();
        let rows: Vec<InputRow> = input.rows.map(Result::unwrap).collect();
        assert_eq!(rows.len(), expected.len(), "{file}");
        for (row, object) in rows.iter().zip(&expected) {
            let object = object.as_object().unwrap();
            assert_eq!((row.cells.len(), input.layout.headers.len()), (object.len(), object.len()), "{file}");
            for (name, cell) in input.layout.headers.iter().zip(&row.cells) {
                // The two files of this case have different numbers in this column.
                if name != "Contact Phone Number" {
                    assert_eq!(object[name].as_str(), Some(cell), "{file}: {name}");
                }
            }
        }
    }
}
