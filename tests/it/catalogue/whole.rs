//! Whether the catalogue is whole: every message of an error type and every hint in the source is met in a snapshot.
//!
//! The source is read, as for the architecture: a message or hint that is added fails here until a test shows it. What
//! counts as met: a line that begins with `error:`, `hint:` or `stopped:` in a test of the whole program, or any line of
//! a unit test.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// Messages that nobody is shown, or that no test can bring about, and why.
const UNMET: [(&str, &str); 8] = [
    ("cannot draw a chart of the report", "a chart is drawn in memory, of numbers that are its own"),
    ("cannot put the report together", "the template is filled in memory"),
    ("the company is not a JSON object", "an answer that cannot be read: said as such, see wire.rs"),
    ("the ledger's thread died", "a bug"),
    ("the HTTP client cannot be set up", "needs a machine without certificates"),
    ("encrypted connections cannot be set up", "the same"),
    ("see that the system's certificates are installed, or name some with --cacert", "the same"),
    ("{path}: {why}", "told by the reasons"),
];

/// Files whose errors are no failures of a run.
const ELSEWHERE: [(&str, &str); 2] = [
    ("rules/target.rs", "why a row is `invalid_input`: data, see corpus.rs"),
    ("sandbox/server.rs", "never leaves the sandbox"),
];

/// Returns all Rust files below a folder, with their text.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

fn root(folder: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder)
}

fn before_tests(text: &str) -> &str {
    text.split("\n#[cfg(test)]\n").next().unwrap()
}

/// Returns the lines that may show a message.
fn evidence() -> Vec<String> {
    let is_said = |line: &str| ["error: ", "hint: ", "stopped: "].iter().any(|start| line.starts_with(start));
    let of_program = sources(&root("tests/it")).into_iter().filter(|(name, _)| name != "catalogue/whole.rs");
    let mut lines: Vec<String> = of_program
        .flat_map(|(_, text)| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>())
        .filter(|line| is_said(line))
        .collect();
    for (name, text) in sources(&root("src")) {
        let tests = if name.contains("tests") { text.as_str() } else { &text[before_tests(&text).len()..] };
        lines.extend(tests.lines().map(|line| line.trim().to_owned()));
    }
    lines
}

/// Returns the texts of a piece of code, as they would be printed.
fn literals(code: &str) -> Vec<String> {
    let literal = Regex::new(r#"(?s)"((?:[^"\\]|\\.)*)""#).unwrap();
    let continued = Regex::new(r"(?s)\\\n\s*").unwrap();
    literal
        .captures_iter(code)
        .map(|found| continued.replace_all(&found[1], "").replace("\\\"", "\""))
        .collect()
}

/// Returns what finds a message wherever its arguments are filled in; none for one that is all arguments.
fn pattern(message: &str) -> Option<Regex> {
    let argument = Regex::new(r"\{[^{}]*\}").unwrap();
    let fixed = argument.replace_all(message, "");
    if fixed.chars().filter(|char| char.is_alphabetic()).count() < 5 {
        return None;
    }
    let parts: Vec<String> = argument.split(message).map(regex::escape).collect();
    Some(Regex::new(&parts.join(".*")).unwrap())
}

/// Returns every message of an error type, with its file.
fn messages() -> Vec<(String, String)> {
    let attribute = Regex::new(r"(?s)#\[error\((.*?)\)\]\n").unwrap();
    let mut all = Vec::new();
    for (name, text) in sources(&root("src")) {
        if ELSEWHERE.iter().any(|(file, _)| name == *file) {
            continue;
        }
        let found = attribute.captures_iter(before_tests(&text));
        let firsts = found.filter_map(|found| literals(&found[1]).into_iter().next());
        all.extend(firsts.map(|message| (name.clone(), message)));
    }
    all
}

/// Returns every hint, with its file.
fn hints() -> Vec<(String, String)> {
    let function =
        Regex::new(r"(?s)\n( *)(?:pub )?(?:const )?fn (?:hint|remedy|rescue)\(.*?\n( *)\}\n").unwrap();
    let mut all = Vec::new();
    for (name, text) in sources(&root("src")) {
        let code = before_tests(&text);
        let mut hints = Vec::new();
        if name == "failure.rs" {
            hints = literals(&code[code.find("\nfn settings(").unwrap()..]);
        } else {
            for found in function.captures_iter(code) {
                hints.extend(literals(&found[0]));
            }
        }
        all.extend(hints.into_iter().map(|hint| (name.clone(), hint)));
    }
    all
}

#[test]
fn every_message_and_every_hint_is_met() {
    let evidence = evidence();
    let (messages, hints) = (messages(), hints());
    assert!(messages.len() > 80 && hints.len() > 60, "{} and {} were found", messages.len(), hints.len());
    let mut unmet = Vec::new();
    for (file, text) in messages.into_iter().chain(hints) {
        let Some(pattern) = pattern(&text) else { continue };
        let is_met = evidence.iter().any(|line| pattern.is_match(line));
        let is_excused = UNMET.iter().any(|(excused, _)| *excused == text);
        match (is_met, is_excused) {
            (false, false) => unmet.push(format!("{file}: {text}")),
            (true, true) => unmet.push(format!("{file}: is met, and need not be excused: {text}")),
            _ => {}
        }
    }
    assert!(unmet.is_empty(), "met by no test:\n{}", unmet.join("\n"));
}
