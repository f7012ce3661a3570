//! The commands of the README and of `docs/`, run as they stand there, each page in a folder of its own.
//!
//! A block of `sh` has to succeed. Of a block of `console` each command has to say what follows it: `…` stands for
//! anything, and neither line breaks nor what differs from run to run count. What a page needs beside what it shows
//! stands in comments that readers do not see:
//!
//! | comment | means |
//! | --- | --- |
//! | `file: NAME`, lines | a file of these lines is there |
//! | `shown: NAME` | the next block, of whatever language, is the content of that file |
//! | `setup`, lines | these commands are run first, and succeed; where a program for them is missing, the next block is left out |
//! | `sandbox: SETTINGS` | from here on another API answers, at the same address |
//! | `server` | the commands of the next block run until they have said something |
//! | `terminal: PROMPT -> KEYS` | the commands of the next block have a terminal, where this is typed at the prompt |
//! | `not run: WHY` | the next block is left out |

use std::io::{BufRead as _, BufReader};
use std::sync::LazyLock;

use leadenrich::sandbox::Sandbox;
use regex::Regex;

use crate::support::api::{api_on, lasting_port};
use crate::support::ended::masked;
use crate::support::home::{Call, Home};

/// What runs are asked of unless a page says otherwise: the sandbox's own defaults, at once.
const USUAL: &str = "limit=10000,credits=5000,no-match=15";

/// Programs that a machine may lack; lines with these are left out there.
const OTHERS: &[&str] = &["datasette", "dbt", "duckdb", "jq", "man", "mlr", "pass", "psql", "qsv", "sqlite3"];

macro_rules! pages {
    ($($name:ident: $path:literal,)*) => {
        const PAGES: &[&str] = &[$($path),*];
        $(
            #[test]
            fn $name() {
                run($path);
            }
        )*
    };
}

pages! {
    readme: "README.md",
    api: "docs/api.md",
    cli: "docs/cli.md",
    completions: "docs/completions.md",
    configuration: "docs/configuration.md",
    dependencies: "docs/dependencies.md",
    events: "docs/events.md",
    exit_codes: "docs/exit-codes.md",
    faq: "docs/faq.md",
    input: "docs/input.md",
    ledger: "docs/ledger.md",
    output: "docs/output.md",
    pacing: "docs/pacing.md",
    plan: "docs/plan.md",
    progress: "docs/progress.md",
    recipes: "docs/recipes.md",
    report: "docs/report.md",
    security: "docs/security.md",
    summary: "docs/summary.md",
}

#[test]
fn every_page_is_run() {
    let docs = std::fs::read_dir(in_source("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = docs.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    for page in pages {
        let page = format!("docs/{}", page.file_name().unwrap().to_str().unwrap());
        assert!(PAGES.contains(&&*page), "{page} is not among the pages that are run");
    }
}

/// What a page tells to do.
enum Step<'a> {
    Comment { name: &'a str, rest: &'a str },
    Block { language: &'a str, place: String, text: &'a str },
}

/// How the commands of a block are run.
#[derive(Default)]
enum How<'a> {
    #[default]
    ToTheirEnd,
    UntilTheySpeak,
    OnTerminal(&'a str),
    AsFile(&'a str),
    NotAtAll,
}

/// Where a page is run.
struct Desk {
    home: Home,
    port: u16,
    api: Option<Sandbox>,
}

/// Runs a page from its beginning to its end.
fn run(path: &str) {
    let page = std::fs::read_to_string(in_source(path)).unwrap();
    let mut desk = Desk::new();
    let mut how = How::default();
    for step in steps(path, &page) {
        match step {
            Step::Comment { name: "server" | "terminal" | "shown", .. } if matches!(how, How::NotAtAll) => {}
            Step::Comment { name: "server", .. } => how = How::UntilTheySpeak,
            Step::Comment { name: "terminal", rest } => how = How::OnTerminal(rest),
            Step::Comment { name: "shown", rest } => how = How::AsFile(rest),
            Step::Comment { name: "not run", rest } => {
                assert!(!rest.is_empty(), "{path}: why is it not run?");
                how = How::NotAtAll;
            }
            Step::Comment { name: "setup", rest } if !rest.lines().all(|line| can_run(path, line)) => {
                how = How::NotAtAll;
            }
            Step::Comment { name, rest } => desk.prepare(name, rest),
            Step::Block { language, place, text } => match (language, std::mem::take(&mut how)) {
                (_, How::NotAtAll) => {}
                (_, How::AsFile(name)) => desk.put(name, text),
                ("sh" | "bash", How::UntilTheySpeak) => text.lines().for_each(|line| desk.serve(line)),
                ("sh" | "bash", How::ToTheirEnd) => desk.script(&place, text),
                ("console", how) => {
                    commands(text).for_each(|(command, said)| desk.command(&place, command, said, &how));
                }
                (_, How::ToTheirEnd) => {}
                (..) => panic!("{place}: what a terminal shows belongs into a console"),
            },
        }
    }
}

/// Returns the comments and blocks of a page in their order.
fn steps<'a>(path: &'a str, page: &'a str) -> impl Iterator<Item = Step<'a>> {
    static STEP: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?ms)^<!-- ([a-z ]+?)(?:(?:: |\n)(.*?))?\s*-->|^```([a-z]*)\n(.*?)^```$").unwrap()
    });
    STEP.captures_iter(page).filter_map(move |found| {
        let text = |group| found.get(group).map(|part| part.as_str());
        let line = page[..found.get(0).unwrap().start()].lines().count() + 1;
        let place = format!("{path}:{line}");
        match (text(1), text(3), text(4)) {
            (Some(name), ..) => Some(Step::Comment { name, rest: text(2).unwrap_or_default() }),
            (_, Some(language), Some(text)) => Some(Step::Block { language, place, text }),
            _ => None,
        }
    })
}

/// Returns the commands of a console, each with what it says.
fn commands(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let start = text.strip_prefix("$ ").expect("a console begins with a command");
    start.split("\n$ ").map(|part| part.split_once('\n').unwrap_or((part, "")))
}

impl Desk {
    fn new() -> Self {
        let (home, port) = (Home::new(), lasting_port());
        std::os::unix::fs::symlink(in_source("fixtures"), home.path("fixtures")).unwrap();
        for name in ["crm.csv", "in.csv", "companies.csv"] {
            std::fs::copy(in_source("fixtures/inputs/companies.csv"), home.path(name)).unwrap();
        }
        let desk = Self { api: Some(api_on(port, USUAL)), home, port };
        let profile = |name: &str| {
            let url = desk.api.as_ref().unwrap().base_url();
            format!("[profiles.{name}]\napi_key = \"wbk_sandbox\"\nbase_url = \"{url}\"\n")
        };
        desk.put(".config/leadenrich/config.toml", &(profile("default") + &profile("client-b")));
        desk.sh("chmod 600 .config/leadenrich/config.toml").run().exits(0);
        desk
    }

    fn put(&self, name: &str, content: &str) {
        std::fs::create_dir_all(self.home.path(name).parent().unwrap()).unwrap();
        self.home.put(name, content);
    }

    /// Does what a comment says.
    fn prepare(&mut self, name: &str, rest: &str) {
        match name {
            "file" => {
                let (name, content) = rest.split_once('\n').unwrap();
                self.put(name, &format!("{content}\n"));
            }
            "setup" => drop(self.sh(rest).run().exits(0)),
            "sandbox" => {
                // The old one first lets go of the address.
                self.api = None;
                self.api = Some(api_on(self.port, &format!("{USUAL},{rest}")));
            }
            other => panic!("there is no '{other}'"),
        }
    }

    /// Returns a call of a script in which `cargo run` runs this program, and nothing builds it or installs anything.
    fn sh(&self, script: &str) -> Call {
        let cargo = "cargo() { while [ \"$1\" != -- ]; do [ $# -gt 0 ] || return 0; shift; done; shift; leadenrich \"$@\"; }";
        self.home.script(&format!("{cargo}\n{script}")).stdin("wbk_sandbox\n")
    }

    fn script(&self, place: &str, text: &str) {
        let lines: Vec<&str> = text.lines().filter(|line| can_run(place, line)).collect();
        let ended = self.sh(&lines.join("\n")).run();
        assert_eq!(ended.code, Some(0), "{place}: {}", ended.shown());
    }

    /// Starts a server, and ends it once it says where it is.
    fn serve(&self, line: &str) {
        let mut child = self.sh(&format!("exec {line}")).spawn_piped();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(said.starts_with("http://127.0.0.1:"), "{line}: {said}");
    }

    fn command(&self, place: &str, command: &str, said: &str, how: &How<'_>) {
        if !can_run(place, command) {
            return;
        }
        let ended = match how {
            How::OnTerminal(talk) => {
                let (prompt, keys) = talk.split_once(" -> ").unwrap();
                let mut terminal = self.sh(command).on_terminal();
                terminal.wait_for(prompt);
                terminal.type_in(&format!("{keys}\n"));
                terminal.end()
            }
            _ => self.sh(&format!("{{ {command}\n}} 2>&1")).run(),
        };
        let shown = format!("{}{}", ended.stdout, ended.stderr);
        let may_fail =
            matches!(how, How::OnTerminal(_)) || said.contains("error:") || said.contains("Stopped");
        assert!(may_fail || ended.code == Some(0), "{place}: {command}: {}", ended.shown());
        let home = self.home.path("");
        let shown = plain(&shown, home.to_str().unwrap().trim_end_matches('/'));
        let said = plain(said, "/home/jo");
        assert!(
            said.is_empty() || pattern(&said).is_match(&shown),
            "{place}: {command}\nis to say: {said}\nand said:  {shown}"
        );
    }
}

/// Returns whether all that a line needs is there; says it where something is not.
#[expect(clippy::print_stderr, reason = "what was not tested has to be told")]
fn can_run(place: &str, line: &str) -> bool {
    // The first word of a command, behind what it sets in its environment.
    static PROGRAM: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?:^|[|&;(]|=[^\s$]*\s)\s*([a-z][a-z0-9.-]*)").unwrap());
    let code = line.split(" #").next().unwrap_or(line);
    let mut programs = PROGRAM.captures_iter(code).map(|found| found.get(1).unwrap().as_str());
    let missing = programs.find(|name| OTHERS.contains(name) && !is_installed(name));
    if let Some(missing) = missing {
        eprintln!("skipped: {place}: there is no {missing} for: {line}");
    }
    missing.is_none()
}

fn is_installed(program: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|folder| folder.join(program).is_file())
}

/// Returns a text without what differs from run to run and machine to machine: times, sizes, places, line breaks.
fn plain(text: &str, home: &str) -> String {
    static MASKS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        [
            (r"(http://127\.0\.0\.1:PORT|https://data\.leadlex\.com)(/functions/v1/api-gateway)?", "API"),
            (r"account [0-9a-f]{8}", "account ID"),
            (r"\b[0-9.]+ (KiB|MiB)", "SIZE"),
            (r"\b20[0-9]{2}-[01][0-9]\b", "MONTH"),
            (r"\b[0-9.]+ (ms|s|min|h|d)\b( [0-9]+ (s|min|h)\b)?", "TIME"),
            (r"\s+", " "),
        ]
        .map(|(pattern, mask)| (Regex::new(pattern).unwrap(), mask))
        .into()
    });
    let text = masked(text, home);
    let text =
        MASKS.iter().fold(text, |text, (pattern, mask)| pattern.replace_all(&text, *mask).into_owned());
    text.trim().to_owned()
}

/// Returns the pattern of a text in which `…` is anything.
fn pattern(said: &str) -> Regex {
    let parts: Vec<String> = said.split('…').map(|part| regex::escape(part.trim())).collect();
    Regex::new(&format!("(?s)^{}$", parts.join(r".*"))).unwrap()
}

fn in_source(path: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
