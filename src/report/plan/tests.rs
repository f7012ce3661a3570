//! Plans as people and programs see them.

use jiff::Timestamp;

use super::json::json;
use super::*;
use crate::report::samples;
use crate::rules::concurrency::Concurrency;
use crate::rules::credits::Allowance;
use crate::rules::gate::GatePolicy;
use crate::rules::malformed::{Fault, Malformed, MalformedRows};
use crate::rules::outcome::RowNumber;
use crate::rules::plan::{Invalid, LastTold};

fn now() -> Timestamp {
    "2026-11-22T15:00:00Z".parse().unwrap()
}

fn policy() -> GatePolicy {
    GatePolicy {
        allowance: Allowance { max: None, keep: 0 },
        concurrency: "auto".parse::<Concurrency>().unwrap(),
        rate: None,
        wait: Duration::from_mins(5),
    }
}

fn reading() -> Reading {
    Reading {
        path: Some("crm.csv".to_owned()),
        format: "csv",
        compression: None,
        sheet: None,
        delimiter: Some(';'),
        quoting: Some("double"),
        line_ending: "CRLF",
        columns: 12,
        encoding: "Windows-1252",
        header: true,
        id: Some(Column { name: "company_id".to_owned(), number: 1 }),
        domains: vec![Column { name: "Website".to_owned(), number: 3 }],
        found: Some(Found::Names),
    }
}

fn counts() -> Counts {
    let invalid = |rows, example: &str| Invalid { rows, example: example.to_owned() };
    Counts {
        rows: 12_000,
        malformed: MalformedRows {
            rows: 7,
            first: vec![
                (RowNumber(1), Malformed { line: 2, fault: Fault::TooShort { cells: 3, columns: 12 } }),
                (RowNumber(90), Malformed { line: 95, fault: Fault::StrayQuote }),
            ],
        },
        invalid: [
            ("empty", invalid(61, "empty")),
            ("free_mail", invalid(45, "'gmail.com' is a free-mail provider, not a company's domain")),
            ("no_dot", invalid(20, "'Acme' is not a domain: it has no dot")),
            ("reserved", invalid(2, "'a.test' is a name for local or test networks, not a company's domain")),
        ]
        .into(),
        enriched: 250,
        no_match: 40,
        not_found: 0,
        to_ask: 10_000,
        fallbacks: 50,
        credits: 10_000,
        same_key: 3,
        uncertain: 1,
    }
}

fn told() -> LastTold {
    let quota = Quota {
        allowed: Some(1_000),
        remaining: 995,
        resets_at: "2026-11-23T00:00:00Z".parse().unwrap(),
        window: None,
        told_at: "2026-11-22T14:55:00Z".parse().unwrap(),
    };
    LastTold { balance: Some((4_870, "2026-11-22T14:55:00Z".parse().unwrap())), quotas: vec![quota] }
}

fn large() -> Plan {
    Plan::new(counts(), told(), policy(), now())
}

fn shown(plan: &Plan, width: usize) -> String {
    text(plan, &Context { width, color: false, reading: reading(), has_key: true })
}

#[test]
fn a_plan_of_many_days_at_every_width() {
    samples::assert_screens("plan", |width| shown(&large(), width));
}

#[test]
fn columns_found_by_their_values_tell_how_sure_that_is() {
    let column = Column { name: "Seite".to_owned(), number: 2 };
    let reading = Reading { id: None, domains: vec![column], found: Some(Found::Values(93)), ..reading() };
    let plan = Plan::new(Counts::default(), LastTold::default(), policy(), now());
    let json: serde_json::Value = serde_json::from_str(&json(&plan, &reading).unwrap()).unwrap();
    assert_eq!((&json["input"]["found_by"], &json["input"]["confidence"]), (&"values".into(), &0.93.into()));
    let told = text(&plan, &Context { width: 80, color: false, reading, has_key: true });
    insta::assert_snapshot!(told.lines().skip(3).take(2).collect::<Vec<_>>().join("\n"), @r"
    asked by   'Seite', column 2 (domains); found by the values, 93 % of which can
               be asked
    ");
}

#[test]
fn nothing_is_known_without_a_key() {
    let counts = Counts { rows: 3, to_ask: 2, credits: 2, ..Counts::default() };
    let plan = Plan::new(counts, LastTold::default(), policy(), now());
    let list = Reading {
        path: None,
        format: "lines",
        delimiter: None,
        quoting: None,
        id: None,
        domains: vec![],
        ..reading()
    };
    let context = Context { width: 80, color: false, reading: list, has_key: false };
    insta::assert_snapshot!(text(&plan, &context), @r#"
    Plan: at most 2 credits for 3 rows
      read       standard input: a plain list, Windows-1252, CRLF
      asked by   each line, a domain or an id
      companies  2 different, 2 to ask, 0 from the ledger
      calls      2
      credits    at most 2
      time       as long as the API takes to answer; it has told no quota yet
    There is no API key, so nothing is known: all counts as to be asked.
    "#);
}

#[test]
fn limits_of_the_users_own() {
    let rate = "2/s".parse().ok();
    let allowance = Allowance { max: Some(500), keep: 4_500 };
    let counts = Counts { rows: 7_300, to_ask: 7_201, credits: 7_201, ..Counts::default() };
    let quotas = Vec::new();
    let plan =
        Plan::new(counts, LastTold { quotas, ..told() }, GatePolicy { allowance, rate, ..policy() }, now());
    insta::assert_snapshot!(shown(&plan, 80), @r#"
    Plan: at most 500 credits for 7,300 rows
      read       crm.csv: CSV with ';' and double quotes, Windows-1252, CRLF, a
                 header, 12 columns
      asked by   'company_id', column 1 (ids), else 'Website', column 3 (domains)
      companies  7,201 different, 7,201 to ask, 0 from the ledger
      calls      7,201
      credits    at most 500, as --max-credits says, of 7,201
      balance    4,870, 4,500 of them to keep, told 5 min ago
      time       2 a second by --rate: about 1 h
    The balance told last is enough for 370 credits; a run stops when it is used up.
    "#);
}

#[test]
fn all_is_known() {
    let counts = Counts { rows: 1, enriched: 1, ..Counts::default() };
    let plan = Plan::new(counts, told(), policy(), now());
    insta::assert_snapshot!(shown(&plan, 80), @r#"
    Plan: no credits for 1 row
      read       crm.csv: CSV with ';' and double quotes, Windows-1252, CRLF, a
                 header, 12 columns
      asked by   'company_id', column 1 (ids), else 'Website', column 3 (domains)
      companies  1 different, 0 to ask, 1 from the ledger (1 enriched)
      calls      0
      credits    at most 0
      balance    4,870, told 5 min ago
      quota      995 of 1,000 a day left, resets at 00:00 UTC, told 5 min ago
    "#);
}

#[test]
fn the_times_of_other_quotas() {
    let quota = |remaining, window| Quota { remaining, window, ..told().quotas[0] };
    let time = |quota: Quota| {
        let quota = Quota { resets_at: "2026-11-22T15:30:00Z".parse().unwrap(), ..quota };
        super::time(&Plan::new(counts(), LastTold { balance: None, quotas: vec![quota] }, policy(), now()))
    };
    let minute = Some(Duration::from_mins(1));
    let times = [
        time(quota(20_000, None)),
        time(quota(900, None)),
        time(quota(900, minute)),
        time(quota(900, Some(Duration::from_hours(1)))),
        time(quota(900, Some(Duration::from_hours(6)))),
    ];
    insta::assert_snapshot!(times.join("\n"), @r#"
    within what the quota has left
    not known: the quota is less than that, and it was not told how often it resets
    1,000 a minute: about 10 min 2 s
    1,000 an hour, resets at 15:30 UTC: 11 hours, 10 resets, until 00:30 UTC
    1,000 in 6 h, resets at 15:30 UTC: about 2 d 6 h, 10 resets, until 2026-11-24 21:30 UTC
    "#);
}

#[test]
fn lost_answers_are_asked_again() {
    let of = |same_key, uncertain| lost(&Counts { same_key, uncertain, ..counts() });
    assert_eq!(of(0, 0), None);
    let lost = [of(1, 0), of(0, 2)].map(Option::unwrap);
    insta::assert_snapshot!(lost.join("\n"), @r#"
    1 answer to an earlier call: asked again under the same key, which charges nothing twice
    2 answers to earlier calls: asked again under a key that protects no more, which may charge a second credit
    "#);
}

#[test]
fn the_question_names_the_most() {
    assert_eq!(question(4_120), "Spend up to 4,120 credits? [y/N] ");
}

#[test]
fn strangers_text_moves_no_terminal_and_shows_no_key() {
    let mut plan = large();
    plan.counts.invalid.insert("no_dot", Invalid { rows: 99, example: "\u{1b}[2Jwbk_live_1".to_owned() });
    let column = Column { name: "\u{1b}]0;x\u{7}wbk_live_2".to_owned(), number: 1 };
    let reading = Reading { path: Some("wbk_live_3".to_owned()), domains: vec![column], ..reading() };
    let shown = text(&plan, &Context { width: 80, color: false, reading: reading.clone(), has_key: true });
    assert!(!shown.contains('\u{1b}') && !shown.contains("live"), "{shown}");
    assert!(!json(&plan, &reading).unwrap().contains("live"));
}

#[test]
fn the_json_is_what_the_manual_shows() {
    let manual = include_str!("../../../docs/plan.md");
    let (_, rest) = manual.split_once("```json\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let example: serde_json::Value = serde_json::from_str(example).unwrap();
    let version = format!("\"{}\"", env!("CARGO_PKG_VERSION"));
    let shown: serde_json::Value = serde_json::from_str(&json(&large(), &reading()).unwrap()).unwrap();
    assert_eq!(example.to_string().replace("\"0.1.0\"", &version), shown.to_string());
}
