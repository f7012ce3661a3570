//! Shapes of a 200: what is read of it, what may be missing, and when it settles nothing.

use proptest::prelude::*;

use super::*;
use crate::rules::field::{Field, FieldSet};

fn enriched(body: impl Into<Vec<u8>>) -> (Enrichment, Option<u64>) {
    match answered(200, body, &domain()) {
        Reply::Enriched { enrichment, credits_remaining } => (*enrichment, credits_remaining),
        other => panic!("{other:?}"),
    }
}

fn unreadable(body: impl Into<Vec<u8>>) -> Box<str> {
    match answered(200, body, &domain()) {
        Reply::Temporary { reason, charge: Charge::Possible } => reason,
        other => panic!("{other:?}"),
    }
}

/// A 200 with these parts beside the company.
fn with(parts: &str) -> String {
    format!(r#"{{"data":{{"company":{{"name":"Acme"}}{parts}}}}}"#)
}

#[test]
fn the_vendors_example_is_read_whole() {
    let (enrichment, credits) = enriched(fixture("company-full.json"));
    assert_eq!(credits, Some(4870));
    assert_eq!(enrichment.source.as_deref(), Some("vendor_a"));
    assert_eq!(enrichment.confidence.as_deref(), Some("0.87"));
    assert_eq!(
        enrichment.fields_updated,
        FieldNames::new(&["industry", "size", "founded_year", "hq_location"])
    );
    let filled = "name,industry,size,founded_year,hq_location,linkedin_url".parse().unwrap();
    assert_eq!(enrichment.company.filled(), filled);
    let whole = String::from_utf8(fixture("company-full.json")).unwrap();
    assert!(whole.contains(enrichment.company.json()), "the company is kept byte for byte");
}

#[test]
fn a_pretty_printed_company_is_put_on_one_line() {
    let (enrichment, _) = enriched(fixture("company-pretty.json"));
    assert_eq!(
        enrichment.company.json(),
        r#"{"id":"co_8f2k1","name":"Acme Corp","founded_year":1998,"tech_stack":["Rust","SQLite"]}"#
    );
    assert_eq!(enrichment.confidence.as_deref(), Some("0.870"), "as the API wrote the number");
}

#[test]
fn a_tech_stack_is_a_list_or_a_string() {
    for (file, expected) in
        [("tech-stack-list.json", "Rust; SQLite"), ("tech-stack-string.json", "Rust, SQLite")]
    {
        let (enrichment, _) = enriched(fixture(file));
        assert_eq!(enrichment.company.field(Field::TechStack), expected);
        assert!(enrichment.company.filled().contains(Field::TechStack));
    }
}

#[test]
fn nulls_and_missing_parts_are_no_values() {
    for file in ["company-nulls.json", "company-empty.json"] {
        let (enrichment, credits) = enriched(fixture(file));
        assert_eq!(enrichment.company.filled(), FieldSet::NONE, "{file}");
        assert_eq!((credits, enrichment.source, enrichment.confidence), (None, None, None), "{file}");
        assert_eq!(enrichment.fields_updated, FieldNames::default(), "{file}");
    }
}

#[test]
fn unknown_parts_are_kept_byte_for_byte() {
    let (enrichment, _) = enriched(fixture("company-extras.json"));
    assert_eq!(
        enrichment.company.json(),
        r#"{"name":"Caf\u00e9 \/ Bar","revenue":1.50e6,"big":12345678901234567890123,  "tags":[ ],"nested":{"b":1,"a":null}}"#
    );
    assert_eq!(enrichment.company.field(Field::Name), "Café / Bar");
}

#[test]
fn a_balance_is_read_in_whole_credits() {
    let cases = [
        ("", None),
        (r#","credits_remaining":0"#, Some(0)),
        (r#","credits_remaining":"4870""#, Some(4870)),
        (r#","credits_remaining":4870.9"#, Some(4870)),
        (r#","credits_remaining":"12.5""#, Some(12)),
        (r#","credits_remaining":1e3"#, Some(1000)),
        (r#","credits_remaining":-5"#, Some(0)),
        (r#","credits_remaining":18446744073709551615"#, Some(u64::MAX)),
        (r#","credits_remaining":1e30"#, Some(u64::MAX)),
        (r#","credits_remaining":"unlimited""#, None),
        (r#","credits_remaining":"NaN""#, None),
        (r#","credits_remaining":1e999"#, None),
        (r#","credits_remaining":{"left":3}"#, None),
        (r#","credits_remaining":true"#, None),
    ];
    for (parts, expected) in cases {
        assert_eq!(enriched(with(parts)).1, expected, "{parts}");
    }
}

#[test]
fn a_confidence_is_a_number_however_written() {
    let cases = [
        ("", None),
        (r#","confidence":0.87"#, Some("0.87")),
        (r#","confidence":1"#, Some("1")),
        (r#","confidence":0.870"#, Some("0.870")),
        (r#","confidence":"0.5""#, Some("0.5")),
        (r#","confidence":8.7e-1"#, Some("8.7e-1")),
        (r#","confidence":"high""#, None),
        (r#","confidence":"inf""#, None),
        (r#","confidence":null"#, None),
        (r#","confidence":[0.5]"#, None),
    ];
    for (parts, expected) in cases {
        assert_eq!(enriched(with(parts)).0.confidence.as_deref(), expected, "{parts}");
    }
}

#[test]
fn odd_parts_beside_the_company_do_not_spoil_it() {
    for parts in [
        r#","fields_updated":"industry""#,
        r#","fields_updated":[1,null,{"a":[]}]"#,
        r#","source":7"#,
        r#","source":"""#,
        r#","source":{"name":"x"}"#,
        r#","credits_remaining":[]"#,
        r#","extra":{"deep":[[[]]]}"#,
    ] {
        let (enrichment, _) = enriched(with(parts));
        assert_eq!((enrichment.source, enrichment.fields_updated), (None, FieldNames::default()), "{parts}");
    }
    assert_eq!(
        enriched(with(r#","fields_updated":["a",1,"b"]"#)).0.fields_updated,
        FieldNames::new(&["a", "b"])
    );
}

#[test]
fn a_200_without_a_readable_company_may_have_been_charged() {
    for file in [
        "company-null.json",
        "company-list.json",
        "company-missing.json",
        "data-missing.json",
        "data-string.json",
        "company-cut.json",
        "page-nginx.html",
        "text-envoy.txt",
        "error-vendor.json",
    ] {
        let reason = unreadable(fixture(file));
        assert!(reason.starts_with("200 with an unreadable body: "), "{file}: {reason}");
    }
    for body in ["", " ", "null", "[]", "{}", "{\"data\":{}}"] {
        unreadable(body);
    }
}

#[test]
fn bytes_that_are_no_json_text_may_have_been_charged() {
    let company = fixture("company-full.json");
    unreadable([b"\xef\xbb\xbf".as_slice(), &company].concat());
    unreadable(company.iter().map(|byte| if *byte == b'A' { 0xff } else { *byte }).collect::<Vec<u8>>());
    unreadable(b"\x1f\x8b\x08\x00\x00\x00".to_vec());
    unreadable([company.as_slice(), b"{}"].concat());
}

#[test]
fn a_company_nested_without_end_is_no_company() {
    let deep = format!(r#"{{"data":{{"company":{}{}}}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    unreadable(deep);
}

/// JSON objects as a careless server may write them: names twice or escaped, space anywhere, values of any kind.
fn objects() -> impl Strategy<Value = String> {
    let names = prop::sample::select(vec![
        "name",
        "domain",
        "id",
        "size",
        "n\\u0061me",
        "tech_stack",
        "x\\\"y",
        "é",
        "",
    ]);
    let values = prop::sample::select(vec![
        "null",
        "\"\"",
        "\"}\"",
        "\"a\\\"b\"",
        "-1.50e3",
        "[]",
        "[ \"a\" , {\"name\" : 1} ]",
        "{}",
        "{\"id\":\"}\"}",
        "true",
    ]);
    let space = || prop::sample::select(vec!["", "", " ", "\n", "\t \r\n"]);
    let item = (space(), names, space(), space(), values, space())
        .prop_map(|(a, name, b, c, value, d)| format!("{a}\"{name}\"{b}:{c}{value}{d}"));
    prop::collection::vec(item, 0..6).prop_map(|items| format!("{{{}}}", items.join(",")))
}

proptest! {
    #[test]
    fn what_is_read_at_once_is_what_is_read_apart(company in objects(), before in "[ \n]{0,2}", after in "[ \n]{0,2}") {
        let body = format!(r#"{{"data":{{"company":{before}{company}{after},"source":"a"}}}}"#);
        let apart = read_apart(&body).unwrap();
        if let Some(at_once) = read_at_once(&body) {
            prop_assert_eq!(at_once, apart);
        } else {
            let is_plain = company.len() > 2 && !company.contains(['\n', '\\']);
            prop_assert!(!is_plain, "{}", company);
        }
    }
}
