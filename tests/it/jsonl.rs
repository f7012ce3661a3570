//! JSON lines through the program: what goes in comes out as it was, with what was found.

use serde_json::{Value, json};

use crate::support::api::api;
use crate::support::home::Home;
use crate::support::table::Table;

const ROWS: &str = r#"{ "id" : 12345678901234567890, "company":{"domain":"acme.com"}, "score":1.50, "id":7 }
"beta.com"

{"id":2,"company":{"domain":"gmail.com"},"name":"\u00e9\ud83d"}
{"id":3,"company":{"domain":
17
"#;

/// Returns a folder with those rows.
fn rows() -> Home {
    Home::with("in.jsonl", ROWS)
}

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn statuses(text: &str) -> Vec<String> {
    let status = |row: Value| row["enrichment"]["status"].as_str().unwrap().to_owned();
    objects(&text.replace(r"\ud83d", "")).into_iter().map(status).collect()
}

#[test]
fn objects_come_out_as_they_went_in() {
    let home = rows();
    let api = api("");
    home.call("batch in.jsonl -q -o out.jsonl --fields name").at(&api).run().quietly();
    let output = home.text("out.jsonl");
    let lines: Vec<&str> = output.lines().collect();
    let read: Vec<&str> = ROWS.lines().filter(|line| !line.is_empty()).collect();
    for (place, start) in [
        (0, read[0].strip_suffix(" }").unwrap()),
        (1, r#"{"input":"beta.com""#),
        (2, read[2].strip_suffix('}').unwrap()),
        (3, r#"{"line":"{\"id\":3,\"company\":{\"domain\":""#),
        (4, r#"{"line":"17""#),
    ] {
        assert!(lines[place].starts_with(&format!("{start},\"enrichment\":{{")), "{}", lines[place]);
    }
    assert_eq!(
        statuses(&output),
        ["enriched", "enriched", "invalid_input", "invalid_input", "invalid_input"]
    );
    let last = objects(lines[4]).remove(0);
    assert_eq!(last["enrichment"]["error"], "line 6 is no JSON object: it is a number");
    assert_eq!(
        last["enrichment"].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["status", "error", "source", "confidence", "fields_updated", "request_id", "at", "company"]
    );
    assert_eq!(api.books().charged, 2);
}

#[test]
fn running_on_own_output_changes_no_byte() {
    let home = rows();
    let api = api("");
    home.call("batch in.jsonl -q -o out.jsonl").at(&api).run().quietly();
    let first = home.text("out.jsonl");
    home.call("batch out.jsonl -q -o out.jsonl").at(&api).run().quietly();
    // The blank line is gone by now, and lines are told by their number.
    let again = home
        .text("out.jsonl")
        .replace("line 4 is", "line 5 is")
        .replace("line 5 is no JSON object: it", "line 6 is no JSON object: it");
    assert_eq!(again, first);
    assert_eq!(api.books().charged, 2);
}

#[test]
fn a_stop_and_going_on_give_the_same_bytes() {
    let text: String =
        (0..40).map(|n| format!("{{\"n\":{n},\"website\":\"c{n}.com\",\"industry\":null}}\n")).collect();
    let home = Home::with("in.jsonl", &text);
    let api = api("");
    let call = |args: &str| home.call("batch -q --fill industry=industry").args(args).at(&api).run();
    call("in.jsonl -o part.jsonl --max-credits 10").exits(5);
    let part = home.text("part.jsonl");
    assert_eq!(statuses(&part).iter().filter(|status| *status == "pending").count(), 30);
    call("part.jsonl -o part.jsonl").quietly();
    call("in.jsonl -o whole.jsonl").quietly();
    assert_eq!(home.text("part.jsonl"), home.text("whole.jsonl"));
    assert_eq!(api.books().charged, 40);
}

#[test]
fn a_stopped_refresh_keeps_what_was_known() {
    let home = Home::with("in.jsonl", "{\"domain\":\"acme.com\"}\n{\"domain\":\"beta.com\"}\n");
    let api = api("");
    home.call("batch in.jsonl -q -o out.jsonl").at(&api).run().quietly();
    let first = home.text("out.jsonl");
    home.call("batch out.jsonl -q -o out.jsonl --refresh --max-credits 0").at(&api).run().exits(5);
    let stopped = home.text("out.jsonl");
    assert_eq!(stopped, first.replace(r#""status":"enriched""#, r#""status":"pending""#));
}

#[test]
fn objects_become_a_table_and_a_table_objects() {
    let home = Home::with(
        "in.jsonl",
        "{\"domain\":\"acme.com\",\"n\":1.50,\"tags\":[\"a\",\"b\"],\"o\":{\"p\": [1]},\"t\":true}\n{\"n\":null,\"domain\":\"beta.com\"}\n",
    );
    let api = api("");
    home.call("batch in.jsonl -q -o out.csv --fields name").at(&api).run().quietly();
    let table = Table::read(&home.text("out.csv"));
    assert_eq!(table.header[..6], ["domain", "n", "tags", "o", "t", "enriched_id"]);
    assert_eq!(table.rows[0][..5], ["acme.com", "1.50", "a; b", r#"{"p":[1]}"#, "true"]);
    assert_eq!(table.rows[1][..5], ["beta.com", "", "", "", ""]);
    home.call("batch in.jsonl -q -o own.jsonl --fields name").at(&api).run().quietly();
    home.call("batch own.jsonl -q -o from-own.csv --fields name").at(&api).run().quietly();
    assert_eq!(home.text("from-own.csv"), home.text("out.csv"), "an earlier enrichment is no column");
    home.call("batch out.csv -q -f jsonl -o back.jsonl --fields name").at(&api).run().quietly();
    let back = objects(&home.text("back.jsonl"));
    assert_eq!((&back[0]["n"], &back[0]["enriched_domain"]), (&json!("1.50"), &json!("acme.com")));
}

#[test]
fn the_default_output_of_objects_is_objects_also_in_a_pipe() {
    let home = Home::new();
    let ended = home
        .call("batch -q --sandbox=no-match=0 --fields name")
        .stdin("{\"url\":\"acme.com\"}\r\n")
        .run()
        .quietly();
    let row = objects(&ended.stdout).remove(0);
    assert_eq!((&row["url"], &row["enrichment"]["status"]), (&json!("acme.com"), &json!("enriched")));
}

#[test]
fn a_path_names_what_is_asked() {
    let home = Home::with("in.jsonl", "{\"a\":{\"b\":{\"c\":\"acme.com\"}},\"domain\":\"beta.com\"}\n");
    let api = api("");
    home.call("batch in.jsonl -q -o out.jsonl --domain-column .a.b.c").at(&api).run().quietly();
    let row = objects(&home.text("out.jsonl")).remove(0);
    assert_eq!(row["enrichment"]["company"]["domain"], "acme.com");
    let plan = home.call("plan in.jsonl --domain-column a.b.c --sandbox").run().exits(0);
    insta::assert_snapshot!(plan.stdout.lines().take(3).collect::<Vec<_>>().join("\n"), @r"
    Plan: at most 1 credit for 1 row
      read       in.jsonl: JSON lines, UTF-8, LF
      asked by   'a.b.c' (domains)
    ");
}

#[test]
fn what_is_not_one_object_a_line_is_refused_with_what_to_do() {
    let home = Home::new();
    let api = api("");
    home.put("list.json", "[\n  {\"domain\": \"acme.com\"},\n  {\"domain\": \"beta.com\"}\n]\n");
    insta::assert_snapshot!(home.call("batch list.json").at(&api).run().shown(), @r"
    exit code: 2
    --- stderr
    error: list.json: looks like a JSON document, not like a table of text
    hint: make it one object a line: `jq -c '.[]' FILE | leadenrich batch`
    ");
    home.put("mine.jsonl", "{\"domain\":\"acme.com\",\"enrichment\":\"mine\"}\n");
    insta::assert_snapshot!(home.call("batch mine.jsonl").at(&api).run().shown(), @r"
    exit code: 2
    --- stderr
    error: the input has a key 'enrichment' already, which JSON lines would add
    hint: rename it, or write CSV with -f csv
    ");
    home.put("in.jsonl", ROWS);
    insta::assert_snapshot!(home.call("batch in.jsonl --strict -o out.jsonl").at(&api).run().shown(), @r"
    exit code: 2
    --- stderr
    error: in.jsonl, line 5: no JSON object
    hint: mend the line; without --strict the row is kept as it is
    ");
    assert!(!home.path("out.jsonl").exists());
}
