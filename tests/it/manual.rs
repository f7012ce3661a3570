//! Are the pages of the manual those of this program, and well set?
//!
//! `UPDATE_EXPECTED=1 cargo test manual` writes `man/` anew: look at each change before it is kept.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::support::home::Home;

/// Reads every page of a folder.
fn pages(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(Result::unwrap);
    let page = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        (name, std::fs::read_to_string(entry.path()).unwrap())
    };
    entries.map(page).collect()
}

#[test]
fn the_pages_that_are_kept_are_those_of_the_program() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    let home = Home::new();
    home.run("man --dir made/man").exits(0);
    let made = pages(&home.path("made/man"));
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        let _ = std::fs::remove_dir_all(&kept);
        std::fs::create_dir_all(&kept).unwrap();
        for (name, text) in &made {
            std::fs::write(kept.join(name), text).unwrap();
        }
    }
    let kept = pages(&kept);
    assert_eq!(
        kept.keys().collect::<Vec<_>>(),
        made.keys().collect::<Vec<_>>(),
        "UPDATE_EXPECTED=1 cargo test manual"
    );
    for (name, text) in &made {
        assert!(
            kept[name] == *text,
            "man/{name} is not what the program makes: UPDATE_EXPECTED=1 cargo test manual"
        );
    }
    assert_eq!(home.run("man").exits(0).stdout, made["leadenrich.1"]);
}

#[test]
fn every_command_has_a_page_with_its_parts() {
    let pages = pages(&Path::new(env!("CARGO_MANIFEST_DIR")).join("man"));
    for command in
        ["", "-enrich", "-batch", "-plan", "-auth-login", "-ledger-prune", "-config-show", "-sandbox", "-man"]
    {
        let page = &pages[&format!("leadenrich{command}.1")];
        for head in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "ENVIRONMENT", "FILES", "EXIT STATUS"] {
            let heads = [format!(".SH {head}\n"), format!(".SH \"{head}\"\n")];
            assert!(heads.iter().any(|head| page.contains(head)), "{command}: {head}");
        }
    }
    assert!(pages["leadenrich.1"].contains(".SH EXAMPLES"));
    assert!(!pages.keys().any(|name| name.contains("__")));
}

#[test]
#[expect(clippy::print_stderr, reason = "it is said what was not tried")]
fn the_pages_are_set_without_a_warning() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    for page in pages(&folder).keys() {
        for (program, args) in
            [("groff", &["-man", "-ww", "-Tascii"][..]), ("mandoc", &["-Tlint", "-Wwarning"])]
        {
            let Ok(output) = Command::new(program).args(args).arg(folder.join(page)).output() else {
                eprintln!("skipped: no {program} on this machine");
                continue;
            };
            // groff sets the page on standard output, mandoc tells its warnings there.
            let told = if program == "groff" { output.stderr } else { output.stdout };
            let told = String::from_utf8_lossy(&told).into_owned();
            // A date would change with every release, and nothing else would.
            let lines: Vec<&str> = told.lines().filter(|line| !line.contains("missing date")).collect();
            assert!(lines.is_empty(), "{program} {page}: {lines:?}");
        }
    }
}
