//! The page as a text; how it behaves in a browser is asked in `tests/it/report.rs`.

use jiff::tz::TimeZone;

use super::*;
use crate::report::advice::{Again, Next};
use crate::report::samples;
use crate::rules::event::StopReason;
use crate::rules::field::FieldSet;

fn facts_page(summary: &Summary, command: &[&str]) -> String {
    page_of(summary, command, Next::GoesOn)
}

fn page_of(summary: &Summary, command: &[&str], does: Next) -> String {
    let command: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
    let facts = Facts {
        summary,
        portrait: &Portrait::default(),
        timeline: &Timeline::default(),
        input: "in.csv",
        command: &command,
        context: &Context {
            width: 80,
            color: false,
            zone: || TimeZone::UTC,
            pace: None,
            places: Vec::new(),
            detail: None,
            again: Again { command: None, does },
        },
    };
    page(&facts).unwrap()
}

#[test]
fn the_policy_names_the_style_and_the_script_that_are_there() {
    let page = facts_page(&Summary::new(&samples::complete(), FieldSet::ALL), &[]);
    for (start, end, text) in [("<style>", "</style>", STYLE), ("<script>", "</script>", SCRIPT)] {
        let (_, rest) = page.split_once(start).unwrap();
        let (inside, _) = rest.split_once(end).unwrap();
        assert_eq!(inside, text);
        assert!(
            page.contains(&format!("'{}'", hash(text)).replace('+', "&#43;")) || page.contains(&hash(text))
        );
    }
    assert!(page.contains("default-src 'none'"));
    for outside in ["http://", "https://", "src=", "@import", "url("] {
        let inside = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!inside.contains(outside), "{outside}");
    }
}

#[test]
fn the_command_can_be_given_again_and_holds_no_key() {
    let summary = Summary::new(&samples::complete(), FieldSet::ALL);
    let page = facts_page(&summary, &["leadenrich", "batch", "my file.csv", "--prefix", "wbk_secret", "<b>"]);
    assert!(
        page.contains("leadenrich batch &#39;my file.csv&#39; --prefix wbk_[redacted] &#39;&#60;b&#62;&#39;"),
        "{page}"
    );
}

#[test]
fn a_run_that_stopped_says_why_and_what_to_do() {
    let summary = Summary::new(&samples::stopped(StopReason::RateLimit), FieldSet::ALL);
    let page = facts_page(&summary, &["leadenrich"]);
    assert!(page.contains("<strong>Stopped</strong>"));
    assert!(page.contains(
        "Why: quota used up. 2 rows are still to be asked about. The quota resets at 2026-11-23 00:00 UTC, in 2 h 12 min. \
         After that, run the same command again to go on."
    ));
    let without_ledger = page_of(&summary, &["leadenrich"], Next::StartsOver);
    assert!(without_ledger.contains("without one, nothing of this run was kept."));
}
