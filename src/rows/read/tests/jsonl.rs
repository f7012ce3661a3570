//! What is read from lines of JSON, and from what only looks like them.

use super::*;
use crate::rows::columns::Found;

fn objects(input: Input) -> Vec<String> {
    input.rows.map(|row| row.unwrap().object.unwrap().text.into()).collect()
}

fn names(input: &Input) -> Vec<String> {
    let columns = &input.layout.columns;
    columns.id.iter().chain(&columns.domains).map(|column| input.layout.name(*column).into_owned()).collect()
}

#[test]
fn every_object_is_a_row_with_its_own_text() {
    let text = "\u{feff}{\"name\" : \"A\", \"website\":\"acme.com\",\"n\":1.50}\r\n\n  \t\n\
                {\"website\":\"beta.com\",\"big\":12345678901234567890123, \"tags\":[\"a\",\"b\"], \"x\":{ \"y\": null }}\n\
                {\"website\":\"\\u0067amma.com\",\"website\":\"delta.com\",\"n\":null} ";
    let input = pipe(text.as_bytes(), &stdin()).unwrap();
    assert_eq!(input.layout.format, InputFormat::Jsonl);
    assert_eq!(input.layout.headers, vec!["name", "website", "n", "big", "tags", "x"]);
    assert_eq!(
        cells(input),
        [
            ["A", "acme.com", "1.50", "", "", ""],
            ["", "beta.com", "", "12345678901234567890123", "a; b", "{\"y\":null}"],
            ["", "delta.com", "", "", "", ""],
        ]
    );
    let kept = objects(pipe(text.as_bytes(), &stdin()).unwrap());
    let lines: Vec<&str> =
        text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(kept, lines);
    assert_eq!(asked(pipe(text.as_bytes(), &stdin()).unwrap()), ["acme.com", "beta.com", "delta.com"]);
}

#[test]
fn what_is_no_object_is_kept_and_told() {
    let text = b"{\"domain\":\"acme.com\"}\n\"beta.com\"\n\n{\"domain\":\"gamma.com\"\n17\n[1]\ntrue\nnull\n\
                 {\"domain\":\"a\"} {}\n\"http://\\\"x\n";
    assert_eq!(
        asked(pipe(text, &stdin()).unwrap()),
        [
            "acme.com",
            "beta.com",
            "!line 4 is no JSON object: EOF while parsing an object at column 21",
            "!line 5 is no JSON object: it is a number",
            "!line 6 is no JSON object: it is a list",
            "!line 7 is no JSON object: it is a truth value",
            "!line 8 is no JSON object: it is null",
            "!line 9 is no JSON object: trailing characters at column 16",
            "!line 10 is no JSON object: EOF while parsing a string at column 11",
        ]
    );
    assert_eq!(
        objects(pipe(text, &stdin()).unwrap())[1..4],
        [r#"{"input":"beta.com"}"#, r#"{"line":"{\"domain\":\"gamma.com\""}"#, r#"{"line":"17"}"#]
    );
    let strict = InputSpec { strict: true, ..stdin() };
    let read: Vec<String> = pipe(text, &strict)
        .unwrap()
        .rows
        .map(|row| row.map_or_else(|error| error.to_string(), |row| row.shown(&Columns::of_list()).into()))
        .collect();
    assert_eq!(read, ["acme.com", "{\"input\":\"beta.com\"}", "input, line 4: no JSON object"]);
}

#[test]
fn rows_of_an_earlier_run_are_read_as_what_they_were() {
    let text = br#"{"domain":"acme.com","enrichment":{"status":"enriched","company":{"domain":"other.com"}}}
{"input":"beta.com","enrichment":{"status":"pending"}}
{"line":"{\"domain\":","enrichment":{"status":"invalid_input"}}
{"line":"a poem","domain":"gamma.com","enrichment":null}
"#;
    let input = pipe(text, &stdin()).unwrap();
    assert_eq!(input.layout.headers, vec!["domain", "input", "line"], "what we added is no column");
    assert_eq!(
        asked(input),
        [
            "acme.com",
            "beta.com",
            "!line 3 is no JSON object: EOF while parsing a value at column 10",
            "gamma.com",
        ]
    );
    let foreign = pipe(b"{\"domain\":\"acme.com\",\"enrichment\":\"mine\"}\n", &stdin()).unwrap();
    assert_eq!(foreign.layout.headers, vec!["domain", "enrichment"]);
}

#[test]
fn a_value_within_objects_is_asked_by_its_path() {
    let text = br#"{"id":17,"company":{"domain":"acme.com","owner":{"email":"me@ours.com"}},"logo":{"url":"pics.io/a"}}
{"id":18,"company":{"owner":{"email":"me@ours.com"}},"properties":{"website":"beta.com"}}
{"id":19,"company":"none","late":1}
"#;
    let input = pipe(text, &stdin()).unwrap();
    assert_eq!(names(&input), ["company.domain", "properties.website"]);
    assert_eq!(input.layout.headers, vec!["id", "company", "logo", "properties", "late"]);
    assert_eq!(asked(input), ["acme.com", "beta.com", "!empty"]);
    for path in ["company.owner.email", ".company.owner.email", "Company.Owner.Email"] {
        let spec = InputSpec { domain_column: Some(path.to_owned()), ..stdin() };
        let input = pipe(text, &spec).unwrap();
        assert_eq!(
            (names(&input), input.layout.columns.found),
            (vec!["company.owner.email".to_owned()], Found::Asked)
        );
        assert_eq!(cells(input)[0][5..], ["me@ours.com"]);
    }
    let wrong = InputSpec { domain_column: Some("company.domian".to_owned()), ..stdin() };
    assert_eq!(
        refused(text, &wrong),
        "input: there is no column 'company.domian' for --domain-column; the columns are 'id', 'company', 'logo', \
         'properties', 'late', 'company.domain', 'company.owner.email', 'logo.url', 'properties.website'; \
         hint: did you mean 'company.domain'?"
    );
}

#[test]
fn columns_go_before_the_values_within_them() {
    let text = br#"{"seite":"acme.com","social":{"x":"a.one","y":"b.two"}}
{"seite":"beta.com","social":{"x":"c.one","y":"d.two"}}
{"seite":"gamma.com","social":{"x":"e.one","y":"f.two"}}
"#;
    assert_eq!(asked(pipe(text, &stdin()).unwrap()), ["acme.com", "beta.com", "gamma.com"]);
    let keyed = pipe(br#"{"company.name":"A","acme.com":1,"domain":"beta.com"}"#, &stdin()).unwrap();
    assert_eq!(asked(keyed), ["beta.com"], "keys are names, whatever they look like");
    assert_eq!(
        refused(br#"{"name":"A","org":{"size":3}}"#, &stdin()),
        "input: no column with domains, websites, e-mail addresses or company ids was found; the columns are 'name', \
         'org', 'org.size'; hint: name the column with --domain-column or --id-column"
    );
}

#[test]
fn a_document_on_one_line_is_told_from_a_row() {
    assert_eq!(
        refused(br#"{"total":1,"data":[{"domain":"acme.com"}]}"#, &stdin()),
        "input: is a single JSON object without a domain; its 'data' has others in it; \
         hint: if those are the rows: `jq -c '.[\"data\"][]' FILE | leadenrich batch`"
    );
    let row = br#"{"domain":"acme.com","people":[{"mail":"a@beta.com"}]}"#;
    assert_eq!(asked(pipe(row, &stdin()).unwrap()), ["acme.com"]);
}

#[test]
fn lines_that_hold_no_object_are_refused_where_json_is_asked_for() {
    let json = InputSpec { format: Some(InputFormat::Jsonl), ..stdin() };
    assert_eq!(
        refused(b"domain\nacme.com\n", &json),
        "input: no line is a JSON object; hint: make it one object a line: `jq -c '.[]' FILE | leadenrich batch`"
    );
    assert_eq!(
        asked(pipe(b"\"acme.com\"\n\"b\"\n", &json).unwrap()),
        ["acme.com", "!'b' is not a domain: it has no dot"]
    );
}

#[test]
fn keys_beyond_the_first_lines_are_kept_behind_the_columns() {
    let mut text = "{\"domain\":\"acme.com\"}\n".repeat(4_000);
    text.push_str("{\"late\" : [1, 2],\"domain\":\"beta.com\",\"l\\u00e4ter\":\"x\"}\n");
    let input = pipe(text.as_bytes(), &stdin()).unwrap();
    assert_eq!(input.layout.headers, vec!["domain"]);
    let last = cells(input).pop().unwrap();
    assert_eq!(last, ["beta.com", "{\"late\":[1, 2]}", "{\"l\\u00e4ter\":\"x\"}"]);
}

#[test]
fn a_first_object_longer_than_what_is_looked_at_is_read() {
    let long = "x".repeat(100_000);
    let text =
        format!("{{\"domain\":\"acme.com\",\"note\":\"{long}\",\"z\":1}}\n{{\"domain\":\"beta.com\"}}\n");
    let input = pipe(text.as_bytes(), &stdin()).unwrap();
    assert_eq!(input.layout.headers, vec!["domain"]);
    assert_eq!(asked(input), ["acme.com", "beta.com"]);
}

#[test]
fn a_pipe_that_pauses_after_one_object_is_recognised() {
    let source = bytes::Named { name: "input", extension: None, total_bytes: None };
    let slow = Slow(Cursor::new(b"{\"domain\":\"acme.com\"}\n"));
    let opened = bytes::from_reader(source, slow, || false).unwrap();
    assert_eq!(recognise(opened, &stdin()).unwrap().layout.format, InputFormat::Jsonl);
}

#[test]
fn a_line_that_never_ends_is_an_error() {
    let mut text = b"{\"domain\":\"acme.com\"}\n{\"domain\":\"".to_vec();
    text.resize(usize::try_from(bytes::MAX_RECORD).unwrap() + 1_000_000, b'x');
    let mut rows = pipe(&text, &stdin()).unwrap().rows;
    assert!(rows.next().unwrap().is_ok());
    assert_eq!(
        rows.next().unwrap().unwrap_err().to_string(),
        "input, line 2: the record that starts here is too long"
    );
    assert!(rows.next().is_none());
}
