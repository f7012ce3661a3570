//! What `--fill` changes, and that it changes nothing else.

use super::*;
use crate::rows::fill::FillSpec;

/// Returns what a table becomes that is filled so.
fn filled(input: &str, format: OutputFormat, fill: (&str, bool), outcomes: &[RowOutcome]) -> String {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("table");
    fs::write(&path, input).unwrap();
    let read = InputSpec::new(Source::Path(path.clone()));
    let layout = open(&read).unwrap().layout;
    let (text, overwrite) = fill;
    let fields = "name,size,founded_year,tech_stack".parse().unwrap();
    let fill = Fill::plan(&FillSpec { text, fields, overwrite }, &layout).unwrap();
    let spec = WriteSpec { format, delimiter: None, merge: MergeSpec { fields, fill, ..merge("") } };
    run(&read, &path, &spec, outcomes).unwrap();
    fs::read_to_string(path).unwrap()
}

fn record() -> RowOutcome {
    let company =
        r#"{"id":"c_1","name":"=Acme","size":" ","founded_year":1998,"tech_stack":["Rust", "AWS"]}"#;
    settled(
        domain("acme.com"),
        Verdict::Enriched(Box::new(Enrichment {
            company: Company::parse(company).unwrap(),
            fields_updated: FieldNames::default(),
            source: None,
            confidence: None,
        })),
    )
}

/// Returns the cells that the input had, of each row.
fn own_cells(text: &str, count: usize) -> Vec<Vec<String>> {
    read_back(text).into_iter().skip(1).map(|row| row[..count].to_vec()).collect()
}

const TABLE: &str = "domain,Company,Size,Year,Tech\nacme.com,,,,\nacme.com, \t,5,1900,\nacme.com,-mine,,,x\n";
const ALL: &str = "Company=name,Size=size,Year=founded_year,Tech=tech_stack";

#[test]
fn empty_cells_are_filled_and_defused() {
    let written = filled(TABLE, OutputFormat::Csv, (ALL, false), &[record()]);
    assert_eq!(
        own_cells(&written, 5),
        [
            ["acme.com", "'=Acme", "", "1998", "Rust; AWS"],
            ["acme.com", "'=Acme", "5", "1900", "Rust; AWS"],
            ["acme.com", "-mine", "", "1998", "x"],
        ]
    );
    assert_eq!(filled(&written, OutputFormat::Csv, (ALL, false), &[record()]), written, "again the same");
}

#[test]
fn with_overwrite_others_are_replaced_but_none_is_emptied() {
    let written = filled(TABLE, OutputFormat::Csv, (ALL, true), &[record()]);
    assert_eq!(
        own_cells(&written, 5),
        [
            ["acme.com", "'=Acme", "", "1998", "Rust; AWS"],
            ["acme.com", "'=Acme", "5", "1998", "Rust; AWS"],
            ["acme.com", "'=Acme", "", "1998", "Rust; AWS"],
        ]
    );
    assert_eq!(filled(&written, OutputFormat::Csv, (ALL, true), &[record()]), written, "again the same");
}

#[test]
fn only_enriched_rows_are_filled() {
    for outcome in [
        RowOutcome::Pending,
        RowOutcome::Invalid(InvalidInput::Empty),
        settled(domain("acme.com"), Verdict::NoMatch),
        failed("x"),
    ] {
        let written = filled(TABLE, OutputFormat::Csv, (ALL, true), &[outcome]);
        assert_eq!(own_cells(&written, 5), own_cells(TABLE, 5));
    }
}

#[test]
fn short_rows_and_columns_without_names_are_filled() {
    let written = filled(
        "domain,Company,\nacme.com\nacme.com,A,,late\n",
        OutputFormat::Csv,
        ("2=name,3=founded_year", false),
        &[record()],
    );
    let rows = read_back(&written);
    assert_eq!(rows[1][..3], ["acme.com", "'=Acme", "1998"]);
    assert_eq!(rows[2][..3], ["acme.com", "A", "1998"]);
}

#[test]
fn a_website_can_be_filled_with_the_domain_asked() {
    let input = "Website,Email\n,jane@acme.com\nblog.acme.com,\n";
    let written = filled(input, OutputFormat::Csv, ("Website=domain", false), &[record()]);
    assert_eq!(own_cells(&written, 2), [["acme.com", "jane@acme.com"], ["blog.acme.com", ""]]);
}

#[test]
fn a_cell_that_goes_into_json_is_text() {
    let written = filled(TABLE, OutputFormat::Jsonl, (ALL, false), &[record()]);
    let first: Value = serde_json::from_str(written.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["Company"], &first["Size"], &first["Year"], &first["Tech"]),
        (&json!("=Acme"), &json!(""), &json!("1998"), &json!("Rust; AWS"))
    );
}

#[test]
fn objects_are_filled_with_the_apis_own_values() {
    let input = "{\"domain\":\"acme.com\",\"co\":null,\"year\" : \"\" ,\"tech\":[],\"size\":null}\n\
                 {\"co\":\" \",\"domain\":\"acme.com\"}\n\
                 {\"co\":\"Mine\",\"year\":0,\"domain\":\"acme.com\",\"tech\":[\"x\"]}\n";
    let fill = "co=name,year=founded_year,tech=tech_stack,size=size";
    let own = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split(",\"enrichment\"").next().unwrap().to_owned()).collect()
    };
    let written = filled(input, OutputFormat::Jsonl, (fill, false), &[record()]);
    assert_eq!(
        own(&written),
        [
            r#"{"domain":"acme.com","co":"=Acme","year" : 1998 ,"tech":["Rust", "AWS"],"size":null"#,
            r#"{"co":"=Acme","domain":"acme.com","year":1998,"tech":["Rust", "AWS"]"#,
            r#"{"co":"Mine","year":0,"domain":"acme.com","tech":["x"]"#,
        ]
    );
    assert_eq!(filled(&written, OutputFormat::Jsonl, (fill, false), &[record()]), written, "again the same");
    let replaced = filled(input, OutputFormat::Jsonl, (fill, true), &[record()]);
    assert_eq!(own(&replaced)[2], r#"{"co":"=Acme","year":1998,"domain":"acme.com","tech":["Rust", "AWS"]"#);
    let table = filled(input, OutputFormat::Csv, (fill, false), &[record()]);
    assert_eq!(own_cells(&table, 5)[0], ["acme.com", "'=Acme", "1998", "Rust; AWS", ""]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn cells_that_are_not_filled_stay_and_filled_ones_run_nothing(
        rows in prop::collection::vec(prop::collection::vec("[=+@\t\r a-z\"\n,-]{0,6}", 3), 1..6),
        outcomes in prop::collection::vec(any_outcome(), 6),
        overwrite in any::<bool>(),
    ) {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(["domain", "Company", "Note"]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let input = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let written = filled(&input, OutputFormat::Csv, ("Company=name", overwrite), &outcomes);
        let table = read_back(&written);
        prop_assert_eq!(table.len(), rows.len() + 1);
        for (row, merged) in rows.iter().zip(&table[1..]) {
            prop_assert_eq!((&row[0], &row[2]), (&merged[0], &merged[2]));
            let has_changed = row[1] != merged[1];
            prop_assert!(!has_changed || overwrite || row[1].trim().is_empty());
            let runs = |cell: &String| cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
            prop_assert!(!(has_changed && runs(&merged[1])), "{}", merged[1]);
            prop_assert!(!merged[3..].iter().any(runs));
        }
        prop_assert_eq!(filled(&written, OutputFormat::Csv, ("Company=name", overwrite), &outcomes), written.clone());
    }
}
