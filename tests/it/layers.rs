//! The architecture, kept by reading the source: who may import whom, what `rules/` may not touch, how files begin and
//! how long they are.
//!
//! Only the text before a file's own tests counts: tests may build what they need.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The most lines of a file without its tests, and without the entries of a table of texts.
const LINES_MAX: usize = 400;

/// What each part of the crate may import. The longest start of a path that fits decides.
const MAY_IMPORT: [(&str, &[&str]); 20] = [
    ("rules/", &["rules"]),
    ("rows/", &["rows", "rules"]),
    ("report/", &["report", "rules"]),
    ("engine/", &["engine", "transport", "ledger", "rules"]),
    ("ledger/", &["ledger", "rules"]),
    ("transport/", &["transport", "rules"]),
    ("transport/http.rs", &["transport", "rules", "secret"]),
    ("sandbox/", &[]),
    ("secret.rs", &[]),
    ("settings.rs", &["cli", "rules", "secret"]),
    ("settings/", &["cli", "config", "secret"]),
    ("cli.rs", &["config", "rules"]),
    ("cli/", &[]),
    ("cli/completions.rs", &["rules"]),
    ("cli/config.rs", &["rules"]),
    ("cli/shown.rs", &["config", "rules"]),
    ("cli/typed.rs", &["config", "rules"]),
    ("cli/topics.rs", &["rules"]),
    ("config/", &["config", "rules"]),
    ("lib.rs", &[]),
];

/// The composition roots, which may import anything but each other's root.
const ROOTS: [&str; 3] = ["commands/", "failure.rs", "main.rs"];

/// Crates that only one place may know.
const ONLY_IN: [(&str, &[&str]); 10] = [
    ("clap", &["cli.rs", "cli/", "main.rs"]),
    ("reqwest", &["transport/"]),
    ("toml_edit", &["config/"]),
    ("rusqlite", &["ledger/"]),
    ("axum", &["sandbox/"]),
    ("hyper", &["sandbox/", "transport/"]),
    ("indicatif", &["report/"]),
    ("plotters", &["report/html/"]),
    ("askama", &["report/html/"]),
    ("expose", &["secret.rs", "transport/http.rs", "commands/session.rs", "commands/auth/login.rs"]),
];

/// What pure code does not touch.
const IMPURE: [&str; 16] = [
    "async",
    "await",
    "tokio",
    "SystemTime",
    "Instant",
    "println",
    "eprintln",
    "print",
    "eprint",
    "std::fs",
    "std::net",
    "std::env",
    "std::io",
    "std::process",
    "std::thread",
    "Timestamp::now",
];

/// A file of the source.
struct Source {
    /// Its path below `src/`.
    path: String,
    text: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Tells whether the whole file is tests.
    fn is_tests(&self) -> bool {
        self.path.ends_with("tests.rs") || self.path.contains("/tests/")
    }

    /// Returns the code before the file's tests, without comments.
    fn code(&self) -> String {
        let lines = self.text.lines().take_while(|line| *line != "#[cfg(test)]");
        let bare = |line: &str| match line.find("//") {
            // An address in a text is no comment.
            Some(at) if !line[..at].ends_with(':') => line[..at].to_owned(),
            _ => line.to_owned(),
        };
        lines.map(|line| bare(line) + "\n").collect()
    }

    /// Returns what is wrong with the file.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if !self.text.starts_with("//! ") {
            faults.push("does not begin by saying what it answers".to_owned());
        }
        if self.is_tests() {
            return faults;
        }
        let code = self.code();
        faults.extend(self.wrong_imports(&code));
        faults.extend(self.climbs(&code));
        if self.path.starts_with("rules/") {
            // Names that are only types or texts: an associated type of a clock, an address that is parsed.
            let code = code.replace("type Instant", "").replace("std::net::IpAddr", "");
            let found = IMPURE.iter().filter(|word| has_word(&code, word));
            faults.extend(found.map(|word| format!("is pure, but has '{word}'")));
        }
        for (word, places) in ONLY_IN {
            if has_word(&code, word) && !places.iter().any(|place| self.path.starts_with(place)) {
                faults.push(format!("knows '{word}', which only {places:?} may"));
            }
        }
        let lines = code_lines(&self.text);
        if lines > LINES_MAX {
            faults.push(format!("has {lines} lines without its tests"));
        }
        faults
    }

    fn wrong_imports(&self, code: &str) -> Vec<String> {
        if ROOTS.iter().any(|root| self.path.starts_with(root)) {
            return Vec::new();
        }
        let fits = MAY_IMPORT.iter().filter(|(start, _)| self.path.starts_with(start));
        let Some((_, allowed)) = fits.max_by_key(|(start, _)| start.len()) else {
            return vec!["is in no layer: add it to the table".to_owned()];
        };
        let wrong = imports(code).into_iter().filter(|name| !allowed.contains(&name.as_str()));
        wrong.map(|name| format!("imports {name}, but may import {allowed:?} only")).collect()
    }

    /// Finds paths that leave the file's own folder upwards, where the table would not see them.
    fn climbs(&self, code: &str) -> Option<String> {
        let is_root = self.path.ends_with("mod.rs");
        let depth = self.path.split('/').count() - usize::from(is_root);
        // Inside an inline module one more leads no further out; there are none but tests.
        let too_many = "super::".repeat(depth);
        code.contains(&too_many).then(|| "climbs out of its layer with `super`: write `crate`".to_owned())
    }
}

/// Returns the names directly below the crate that a code names.
fn imports(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for start in ["crate::", "leadenrich::"] {
        for (at, _) in code.match_indices(start) {
            let rest = &code[at + start.len()..];
            match rest.strip_prefix('{') {
                Some(group) => names.extend(first_level(group)),
                None => names.extend(first_word(rest)),
            }
        }
    }
    names
}

/// Returns the first words of the items of a group, which ends with its brace.
fn first_level(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut items = vec![String::new()];
    for char in group.chars() {
        match char {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => items.push(String::new()),
            _ => {}
        }
        items.last_mut().unwrap().push(char);
    }
    items.iter().filter_map(|item| first_word(item.trim_start_matches([',', ' ', '\n']))).collect()
}

fn first_word(text: &str) -> Option<String> {
    let word: String = text.chars().take_while(|char| is_of_word(*char)).collect();
    (!word.is_empty()).then_some(word)
}

fn is_of_word(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '_'
}

/// Tells whether a word stands in a code, and not as a part of another.
fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(is_of_word) && !after.is_some_and(is_of_word)
    })
}

/// Counts the lines before a file's tests, but for those that are one text of a table.
fn code_lines(text: &str) -> usize {
    let is_entry = |line: &str| line.trim().starts_with('"') && line.trim().ends_with("\",");
    text.lines().take_while(|line| *line != "#[cfg(test)]").filter(|line| !is_entry(line)).count()
}

/// Reads every file below a folder.
fn read(folder: &Path, root: &Path, sources: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, root, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            sources.push(Source::new(&name, &std::fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn the_source_keeps_to_the_architecture() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    read(&root, &root, &mut sources);
    assert!(sources.len() > 50, "only {} files were read", sources.len());
    let faults: Vec<String> = sources
        .iter()
        .flat_map(|source| {
            source
                .faults()
                .into_iter()
                .map(|fault| format!("src/{} {fault}", source.path))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_kind_of_fault_is_found() {
    let long = "//! Long.\n".to_owned() + &"fn f() {}\n".repeat(LINES_MAX);
    let cases = [
        ("rules/a.rs", "use std::fmt;\n", "does not begin"),
        ("rules/a.rs", "//! A.\nuse crate::engine::clock::Clock;\n", "imports engine"),
        ("rules/a.rs", "//! A.\nuse crate::{rules::b, engine::{c, d}};\n", "imports engine"),
        ("rules/a.rs", "//! A.\nuse crate::{\n    engine,\n    rules,\n};\n", "imports engine"),
        ("rules/a.rs", "//! A.\nuse super::super::engine::c;\n", "climbs"),
        ("rules/mod.rs", "//! A.\nuse super::engine::c;\n", "climbs"),
        ("rules/a.rs", "//! A.\npub async fn f() {}\n", "'async'"),
        ("rules/a.rs", "//! A.\nfn f() { std::fs::read(p) }\n", "'std::fs'"),
        ("rules/a.rs", "//! A.\nuse std::time::{Duration, Instant};\n", "'Instant'"),
        ("rules/deep/a.rs", "//! A.\nfn f() { println!() }\n", "'println'"),
        ("rows/a.rs", "//! A.\nfn f(s: &crate::settings::S) {}\n", "imports settings"),
        ("report/a.rs", "//! A.\nuse crate::rows::x;\n", "imports rows"),
        ("engine/a.rs", "//! A.\nuse crate::cli::Cli;\n", "imports cli"),
        ("engine/a.rs", "//! A.\nuse crate::commands;\n", "imports commands"),
        ("ledger/a.rs", "//! A.\nuse crate::engine::clock;\n", "imports engine"),
        ("transport/mod.rs", "//! A.\nuse crate::secret::ApiKey;\n", "imports secret"),
        ("sandbox/a.rs", "//! A.\nuse crate::rules::field::Field;\n", "imports rules"),
        ("settings.rs", "//! A.\nuse crate::engine::clock;\n", "imports engine"),
        ("report/a.rs", "//! A.\nuse clap::Parser;\n", "knows 'clap'"),
        ("new/a.rs", "//! A.\n", "no layer"),
        ("rows/a.rs", &long, "401 lines"),
    ];
    for (path, text, expected) in cases {
        let faults = Source::new(path, text).faults();
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{path}: {text:.60}: {faults:?}");
    }
}

#[test]
fn what_is_allowed_is_left_alone() {
    let cases = [
        ("rules/a.rs", "//! No tokio, no Instant.\nuse super::b;\nuse crate::rules::c; // async\n"),
        ("rules/a.rs", "//! A.\nfn instantly() {}\n#[cfg(test)]\nmod tests { use std::fs; }\n"),
        ("rules/a.rs", "//! A.\nimpl Clock for C {\n    type Instant = Nanos;\n}\n"),
        ("rules/deep/a.rs", "//! A.\nuse super::super::gate::Gate;\n"),
        ("transport/http.rs", "//! A.\nuse crate::secret::ApiKey;\n"),
        ("commands/batch.rs", "//! A.\nuse crate::{engine, ledger, rows, sandbox};\n"),
        ("engine/driver/tests.rs", "//! A.\nuse crate::sandbox::Model;\n"),
        ("engine/tests/support.rs", "//! A.\nuse crate::sandbox::Model;\n"),
    ];
    for (path, text) in cases {
        assert_eq!(Source::new(path, text).faults(), Vec::<String>::new(), "{path}");
    }
}
