//! What a workbook holds, read back by a library that had no part in writing it.

use std::fs;
use std::io::{Cursor, Read as _};

use calamine::{Data, DataType as _, Range, Reader as _, Xlsx};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::rows::format::OutputFormat;
use crate::rows::read::{InputSpec, Source};
use crate::rows::write::tests::{any_outcome, csv, domain, enriched, failed, run};
use crate::rows::write::{WriteError, WriteSpec};
use crate::rules::outcome::RowOutcome;

const SHEET: &str = "xl/worksheets/sheet1.xml";

/// Runs a table into a workbook: the n-th row gets the n-th outcome, the last of them all further ones.
fn workbook(
    input: &[u8],
    fields: &str,
    outcomes: &[RowOutcome],
    no_headers: bool,
) -> Result<Vec<u8>, WriteError> {
    let folder = TempDir::new().unwrap();
    let (table, output) = (folder.path().join("in.csv"), folder.path().join("out.xlsx"));
    fs::write(&table, input).unwrap();
    let spec = WriteSpec { format: OutputFormat::Xlsx, ..csv(fields) };
    run(&InputSpec { no_headers, ..InputSpec::new(Source::Path(table)) }, &output, &spec, outcomes)?;
    Ok(fs::read(output).unwrap())
}

/// Returns a part of a workbook.
fn entry(workbook: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

fn read(workbook: &[u8]) -> Range<Data> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(workbook.to_vec())).unwrap();
    assert_eq!(book.sheet_names(), ["Companies"]);
    assert!(book.worksheet_formula("Companies").unwrap().is_empty(), "no cell is a formula");
    book.worksheet_range("Companies").unwrap()
}

fn texts(row: &[Data]) -> Vec<String> {
    row.iter().map(ToString::to_string).collect()
}

#[test]
fn our_columns_have_types_and_those_of_the_input_are_text() {
    let input = b"domain,phone,since,sum\nacme.com,0049,2024-01-31,=1+1\nbeta.com,,,\n";
    let book =
        workbook(input, "name,founded_year", &[enriched(domain("acme.com")), failed("-5 retries")], false);
    let range = read(&book.unwrap());
    let rows: Vec<&[Data]> = range.rows().collect();
    assert_eq!(
        texts(rows[0])[..7],
        ["domain", "phone", "since", "sum", "enriched_id", "enriched_domain", "enriched_name"]
    );
    let text = |text: &str| Data::String(text.to_owned());
    assert_eq!(rows[1][..4], [text("acme.com"), text("0049"), text("2024-01-31"), text("=1+1")]);
    assert_eq!(rows[1][4..8], [text("c_1"), text("acme.com"), text("=Acme"), Data::Float(1998.0)]);
    assert_eq!(rows[1][11], Data::Float(0.87));
    assert!(rows[1][14].is_datetime());
    let days = rows[1][14].get_datetime().unwrap().as_f64();
    assert!((days - 45_348.0 - 0.12 / 86_400.0).abs() < 1e-9, "{days}");
    assert_eq!(
        (&rows[2][8], &rows[2][9]),
        (&text("failed"), &text("-5 retries")),
        "no mark stands before it"
    );
}

#[test]
fn the_header_stays_on_the_screen_and_filters() {
    let book = workbook(b"domain\na.com\nb.com\n", "name", &[RowOutcome::Pending], false).unwrap();
    let sheet = entry(&book, SHEET);
    assert!(
        sheet.contains("<pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/>")
    );
    assert!(sheet.contains("<cols><col min=\"1\" max=\"1\" width=\"10"));
    assert!(sheet.contains("<row r=\"1\"><c r=\"A1\" s=\"1\" t=\"inlineStr\"><is><t>domain</t></is></c>"));
    assert!(sheet.contains("</sheetData><autoFilter ref=\"A1:K3\"/><pageMargins"));
    assert!(entry(&book, "xl/workbook.xml").contains(">Companies!$A$1:$K$3<"));
}

#[test]
fn without_a_header_there_is_none_and_no_filter() {
    let book = workbook(b"acme.com,1\nbeta.com,2\n", "name", &[RowOutcome::Pending], true).unwrap();
    let sheet = entry(&book, SHEET);
    assert!(!sheet.contains("pane") && !sheet.contains("autoFilter") && !sheet.contains("s=\"1\""));
    assert_eq!(texts(read(&book).rows().next().unwrap())[..2], ["acme.com", "1"]);
}

#[test]
fn links_lead_where_they_say() {
    let book = workbook(b"domain\na.com\n", "name", &[enriched(domain("a.com"))], false).unwrap();
    let sheet = entry(&book, SHEET);
    assert!(sheet.contains("<hyperlinks><hyperlink ref=\"C2\" r:id=\"rId1\"/></hyperlinks>"), "{sheet}");
    let targets = entry(&book, "xl/worksheets/_rels/sheet1.xml.rels");
    assert!(targets.contains(" TargetMode=\"External\"") && targets.contains(" Target=\"https://a.com/\""));
}

#[test]
fn the_same_rows_make_the_same_bytes() {
    let mut input = b"domain,note\n".to_vec();
    for number in 0..500 {
        input.extend(format!("c{number}.com,\"{}\"\n", "n\r\n".repeat(number % 7)).into_bytes());
    }
    let book = || workbook(&input, "", &[enriched(domain("acme.com"))], false).unwrap();
    let first = book();
    assert_eq!(first, book());
    assert_eq!(read(&first).height(), 501);
    assert!(first.starts_with(b"PK\x03\x04"));
}

#[test]
fn a_table_that_does_not_fit_is_refused_before_its_first_row() {
    let input = format!("domain{}\na.com\n", ",c".repeat(16_380));
    let error = workbook(input.as_bytes(), "name", &[RowOutcome::Pending], false).err().unwrap();
    assert!(error.is_usage());
    assert!(error.to_string().ends_with("a sheet has at most 16384 columns, and there are more"), "{error}");
    assert!(error.hint().unwrap().starts_with("write CSV"));
}

#[test]
fn a_cell_that_does_not_fit_is_no_reason_to_cut_it() {
    let input = format!("domain,note\na.com,x\nb.com,{}\n", "x".repeat(32_768));
    let error = workbook(input.as_bytes(), "name", &[RowOutcome::Pending], false).err().unwrap();
    let told = "row 3, column B: a cell has at most 32767 characters, and there are 32768";
    assert!(error.to_string().ends_with(told) && !error.is_usage(), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_cells_hold_they_are_text(
        rows in prop::collection::vec(prop::collection::vec("[=+@\t\r a-zä\"\n,;<>&_x0-9-]{0,12}|_x00[0-9]{2}_|[\u{1}-\u{1f}]{1,3}", 3), 1..8),
        outcomes in prop::collection::vec(any_outcome(), 8),
    ) {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(["domain", "name", "note"]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let book = workbook(&writer.into_inner().unwrap(), "name,size", &outcomes, false).unwrap();
        let sheet = entry(&book, SHEET);
        prop_assert!(!sheet.contains("<f>") && !sheet.contains("<f "));
        let range = read(&book);
        prop_assert_eq!(range.height(), rows.len() + 1);
        for (row, written) in rows.iter().zip(range.rows().skip(1)) {
            for (cell, written) in row.iter().zip(written) {
                prop_assert!(matches!(written, Data::String(_) | Data::Empty), "{:?}", written);
                prop_assert_eq!(&written.to_string(), cell);
            }
        }
    }
}
