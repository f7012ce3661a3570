//! What is written for rows of JSON: their own text, with what became of them.

use super::*;

const ENRICHED: &str = r#"{"status":"enriched","error":null,"source":"vendor_a","confidence":0.870,"fields_updated":["name"],"request_id":"req_9","at":"2024-02-26T00:00:00.120Z","company":"#;

fn jsonl() -> WriteSpec {
    WriteSpec { format: OutputFormat::Jsonl, delimiter: None, merge: merge("name") }
}

fn enrichment() -> String {
    format!("{ENRICHED}{COMPANY}}}")
}

#[test]
fn the_object_stays_as_it_was_written() {
    let input = "{ \"a\" : 1.50, \"domain\":\"a.com\" ,\"a\":1E+5,\"x\":[ 1 ],\"k\\u00e9\":\"\\u00e9\\/\" }\r\n{\"domain\":\"b.com\"}";
    let written = through(input.as_bytes(), &jsonl(), &[enriched(domain("a.com"))]).unwrap();
    let added = enrichment();
    assert_eq!(
        written,
        format!(
            "{{ \"a\" : 1.50, \"domain\":\"a.com\" ,\"a\":1E+5,\"x\":[ 1 ],\"k\\u00e9\":\"\\u00e9\\/\",\"enrichment\":{added}}}\n\
             {{\"domain\":\"b.com\",\"enrichment\":{added}}}\n"
        )
    );
}

#[test]
fn running_on_own_output_refreshes_it_in_place() {
    let input = "{\"domain\":\"a.com\"}\n\"b.com\"\n{\"domain\":\nnull\n{}\n";
    let outcomes = |row: usize| match row {
        2 => RowOutcome::Invalid(InvalidInput::NotAnObject { line: 3, why: "x".into() }),
        _ => enriched(domain("a.com")),
    };
    let outcomes: Vec<RowOutcome> = (0..5).map(outcomes).collect();
    let first = through(input.as_bytes(), &jsonl(), &outcomes).unwrap();
    assert!(first.contains(r#"{"input":"b.com","enrichment":{"#), "{first}");
    assert!(first.contains(r#"{"line":"{\"domain\":","enrichment":{"#), "{first}");
    assert!(first.ends_with(&format!("\n{{\"enrichment\":{}}}\n", enrichment())), "{first}");
    assert_eq!(through(first.as_bytes(), &jsonl(), &outcomes).unwrap(), first);
    let moved = "{\"enrichment\": {\"status\":\"no_match\"} , \"domain\":\"a.com\"}";
    assert_eq!(
        through(moved.as_bytes(), &jsonl(), &outcomes).unwrap(),
        format!("{{\"enrichment\": {} , \"domain\":\"a.com\"}}\n", enrichment())
    );
}

#[test]
fn a_pending_row_keeps_what_was_found_before() {
    let first = through(b"{\"domain\":\"a.com\"}", &jsonl(), &[enriched(domain("a.com"))]).unwrap();
    let stopped = through(first.as_bytes(), &jsonl(), &[RowOutcome::Pending]).unwrap();
    assert_eq!(stopped, first.replace("\"status\":\"enriched\"", "\"status\":\"pending\""));
    assert_eq!(through(stopped.as_bytes(), &jsonl(), &[RowOutcome::Pending]).unwrap(), stopped);
    let table = through(stopped.as_bytes(), &csv("name"), &[RowOutcome::Pending]).unwrap();
    assert_eq!(
        table.lines().nth(1).unwrap(),
        "a.com,c_1,a.com,'=Acme,pending,,vendor_a,0.870,name,req_9,2024-02-26T00:00:00.120Z"
    );
    let bare = through(b"{\"domain\":\"a.com\"}", &jsonl(), &[RowOutcome::Pending]).unwrap();
    assert!(
        bare.ends_with(
            r#""at":null,"company":null}}
"#
        ),
        "{bare}"
    );
}

#[test]
fn an_enrichment_that_is_not_ours_is_not_replaced() {
    let error =
        through(b"{\"domain\":\"a.com\",\"enrichment\":1}", &jsonl(), &[RowOutcome::Pending]).unwrap_err();
    assert!(error.is_usage());
    assert_eq!(error.to_string(), "the input has a key 'enrichment' already, which JSON lines would add");
    let mut late = "{\"domain\":\"a.com\"}\n".repeat(4_000);
    late.push_str("{\"enrichment\":{\"by\":\"me\"},\"domain\":\"a.com\"}\n");
    let written = through(late.as_bytes(), &jsonl(), &[enriched(domain("a.com"))]).unwrap();
    assert_eq!(
        written.lines().last().unwrap(),
        format!(
            "{{\"enrichment_2\":{{\"by\":\"me\"}},\"domain\":\"a.com\",\"enrichment\":{}}}",
            enrichment()
        )
    );
}

#[test]
fn a_table_of_objects_has_their_keys_as_columns() {
    let mut input = "{\"domain\":\"a.com\",\"n\":1.50,\"tags\":[\"a\",\"b\"],\"o\":{ \"p\": null },\"company\":{\"url\":\"=x\"}}\n"
        .repeat(3_000);
    input.push_str("{\"n\":null,\"domain\":\"b.com\",\"late\":true,\"s\":\"x, \\\"y\\\"\"}\n");
    let written = through(input.as_bytes(), &csv("name"), &[RowOutcome::Pending]).unwrap();
    assert!(written.starts_with("domain,n,tags,o,company,enriched_id,"), "{}", &written[..80]);
    let rows = read_back(&written);
    assert_eq!(rows[1][..5], ["a.com", "1.50", "a; b", "{\"p\":null}", "{\"url\":\"=x\"}"]);
    let last = rows.last().unwrap();
    assert_eq!(last[..5], ["b.com", "", "", "", ""]);
    assert_eq!(last[15..], ["{\"late\":true}", "{\"s\":\"x, \\\"y\\\"\"}"]);
}

#[test]
fn a_value_that_is_asked_within_an_object_is_no_column() {
    let input = b"{\"company\":{\"domain\":\"a.com\"},\"n\":1}\n";
    let written = through(input, &csv("name"), &[RowOutcome::Pending]).unwrap();
    assert_eq!(
        written.lines().map(|line| line.split(",enrich").next().unwrap()).collect::<Vec<_>>(),
        ["company,n", "\"{\"\"domain\"\":\"\"a.com\"\"}\",1,,,,pending,,,,,,"]
    );
}

#[test]
fn a_name_that_is_not_ours_is_not_taken_from_objects_either() {
    let mut spec = csv("name");
    spec.merge.prefix = "x_".to_owned();
    let error = through(b"{\"domain\":\"a.com\",\"x_name\":1}", &spec, &[RowOutcome::Pending]).unwrap_err();
    assert_eq!(error.to_string(), "the input has a column 'x_name' already, which --prefix 'x_' would add");
    spec.format = OutputFormat::Jsonl;
    assert!(through(b"{\"domain\":\"a.com\",\"x_name\":1}", &spec, &[RowOutcome::Pending]).is_ok());
}

/// JSON of any sort, as people write it.
fn any_json() -> impl Strategy<Value = String> {
    let plain = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
        "[a-zé=,;: {}\\[\\]]{0,6}".prop_map(|text| format!("\"{text}\"")),
        Just(r#""\"\\\u00e9\ud83d\n""#.to_owned()),
    ];
    plain.prop_recursive(2, 8, 3, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..3);
        let object = prop::collection::vec(("[a-c]{0,2}", inner), 0..3);
        prop_oneof![
            list.prop_map(|items| format!("[ {} ]", items.join(" ,"))),
            object.prop_map(|members| {
                let members: Vec<String> =
                    members.into_iter().map(|(key, value)| format!("\"{key}\" :{value}")).collect();
                format!("{{{}}}", members.join(", "))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_of_an_object_is_lost(
        rows in prop::collection::vec(prop::collection::vec(("[a-d]{1,2}|domain", any_json()), 0..5), 1..6),
        outcomes in prop::collection::vec(any_outcome(), 6),
    ) {
        let members = |row: &Vec<(String, String)>| {
            row.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect::<Vec<_>>().join(" ,")
        };
        let first = r#"{"domain":"a.com"}"#;
        let input: Vec<String> = rows.iter().map(|row| format!("{{{}}}", members(row))).collect();
        let input = format!("{first}\n{}\n", input.join("\n"));
        let written = through(input.as_bytes(), &jsonl(), &outcomes).unwrap();
        prop_assert_eq!(written.lines().count(), rows.len() + 1);
        for (read, line) in input.lines().zip(written.lines()) {
            let kept = read.strip_suffix('}').unwrap().trim_end();
            let rest = line.strip_prefix(kept).unwrap();
            let added = rest.trim_start_matches(',').strip_prefix("\"enrichment\":").unwrap().strip_suffix('}').unwrap();
            prop_assert!(serde_json::from_str::<Value>(added).unwrap().is_object());
        }
        prop_assert_eq!(through(written.as_bytes(), &jsonl(), &outcomes).unwrap(), written.clone());
        let table = read_back(&through(input.as_bytes(), &csv("name"), &outcomes).unwrap());
        prop_assert_eq!(table.len(), rows.len() + 2);
    }
}
