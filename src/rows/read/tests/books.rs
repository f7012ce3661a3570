//! What is read from workbooks, and what is said about those that cannot be.

use super::*;

fn book(name: &str) -> Input {
    open(&fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn bytes_of(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/inputs").join(name)).unwrap()
}

fn sheet(name: &str) -> InputSpec {
    InputSpec { sheet: Some(name.to_owned()), ..fixture("packed.xlsx") }
}

fn told(error: &ReadError) -> String {
    format!("{error}; hint: {}", error.hint().unwrap_or_default())
        .replace(&format!("{}/fixtures/inputs/", env!("CARGO_MANIFEST_DIR")), "")
}

#[test]
fn every_workbook_is_read_as_the_csv_of_it() {
    let expected = cells(book("packed.csv"));
    for name in ["packed.xlsx", "packed.xlsb", "packed.xls", "packed.ods"] {
        let input = book(name);
        assert_eq!(
            (input.layout.format, input.layout.sheet.as_deref()),
            (InputFormat::Xlsx, Some("Companies"))
        );
        assert_eq!(input.layout.headers, book("packed.csv").layout.headers, "{name}");
        let total = input.progress.total_bytes;
        assert_eq!(total, Some(bytes_of(name).len() as u64));
        let mut read = cells(input);
        // A CSV has empty cells at the end of a row, a sheet has none.
        for row in &mut read {
            row.resize(expected[0].len(), String::new());
        }
        assert_eq!(read, expected, "{name}");
        let piped = pipe(&bytes_of(name), &stdin()).unwrap();
        assert_eq!(piped.layout.columns, book("packed.csv").layout.columns);
        assert_eq!(piped.rows.count(), expected.len(), "{name} through a pipe");
    }
}

#[test]
fn sheets_are_named_or_numbered() {
    for (wanted, expected) in [("Errors", 1), ("errors ", 1), ("4", 1), ("companies", 4), ("3", 4)] {
        assert_eq!(open(&sheet(wanted)).unwrap().rows.count(), expected, "{wanted}");
    }
    let hidden = InputSpec { no_headers: true, domain_column: Some("1".to_owned()), ..sheet("Settings") };
    assert_eq!(cells(open(&hidden).unwrap()), [["do not read"]]);
    let found = cells(open(&sheet("Errors")).unwrap());
    assert_eq!(found, [["acme.com", "#N/A"]]);
    for wanted in ["Compnies", "9", "0"] {
        let error = open(&sheet(wanted)).unwrap_err();
        assert!(told(&error).starts_with(&format!(
            "packed.xlsx: there is no sheet '{wanted}'; the sheets are 'Settings', 'Empty', 'Companies', 'Errors'; hint: "
        )));
        assert_eq!(told(&error).ends_with("did you mean 'Companies'?"), wanted == "Compnies");
    }
    let error = open(&sheet("Empty")).unwrap_err();
    assert_eq!(
        told(&error),
        "packed.xlsx: sheet 'Empty' is empty; hint: a sheet with a header and rows is needed"
    );
}

#[test]
fn workbooks_that_cannot_be_read_say_what_to_do() {
    let locked = open(&fixture("locked.xlsx")).unwrap_err();
    assert_eq!(
        told(&locked),
        "locked.xlsx: the workbook is locked with a password; \
         hint: save it without the password, or export the sheet as CSV (UTF-8)"
    );
    let as_csv = InputSpec { format: Some(InputFormat::Csv), ..fixture("packed.xlsx") };
    assert_eq!(
        told(&open(&as_csv).unwrap_err()),
        "packed.xlsx: looks like a workbook, not like a table of text; \
         hint: leave --input-format out: workbooks are recognised"
    );
    let as_book = InputSpec { format: Some(InputFormat::Xlsx), ..fixture("packed.csv") };
    assert!(
        told(&open(&as_book).unwrap_err()).starts_with("packed.csv: is no workbook; hint: workbooks are")
    );
}

/// Returns a zip archive with these files, stored.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored =
        ::zip::write::SimpleFileOptions::default().compression_method(::zip::CompressionMethod::Stored);
    for (name, content) in files {
        writer.start_file(*name, stored).unwrap();
        std::io::Write::write_all(&mut writer, content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn other_archives_are_told_apart() {
    let archive = zip(&[("companies.csv", b"domain\nacme.com\n")]);
    assert_eq!(
        refused(&archive, &stdin()),
        "input: looks like a zip archive without a workbook, not like a table of text; \
         hint: take the table out of it, for example with `unzip -p FILE | leadenrich batch -`"
    );
    let claims = zip(&[
        ("xl/workbook.xml", b"<workbook/>"),
        ("xl/sharedStrings.xml", b"<sst uniqueCount=\"4000000000000\"/>"),
    ]);
    assert!(refused(&claims, &stdin()).contains("it claims more texts than it has"));
    let ods = zip(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", b"<table:table><table:table-row table:number-rows-repeated=\"1000000\">\
          <table:table-cell table:number-columns-repeated=\"100\" office:value=\"1\"/></table:table-row></table:table>"),
    ]);
    assert!(refused(&ods, &stdin()).contains("the workbook is too large"));
}

#[test]
fn a_library_that_panics_is_an_error() {
    // A text that is not among the shared ones: the library takes it from a list without looking.
    let mut sheet = vec![0x81, 0x01, 0, 0x94, 0x01, 16];
    sheet.extend([0; 16]);
    sheet.extend([0x91, 0x01, 0, 0x00, 17]);
    sheet.extend([0; 17]);
    sheet.extend([0x07, 12, 0, 0, 0, 0, 0, 0, 0, 0, 99, 0, 0, 0]);
    let mut archive = ::zip::ZipArchive::new(Cursor::new(bytes_of("packed.xlsb"))).unwrap();
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
        files.push((name, content));
    }
    let broken: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, content)| {
            (name.as_str(), if name.ends_with("sheet1.bin") { sheet.as_slice() } else { content.as_slice() })
        })
        .collect();
    let error = refused(&zip(&broken), &stdin());
    assert!(error.starts_with("input: the workbook is damaged: it is not as workbooks are"), "{error}");
}

#[test]
fn a_workbook_that_is_cut_or_changed_never_panics() {
    for name in ["packed.xlsx", "packed.xlsb", "packed.xls", "packed.ods", "locked.xlsx"] {
        let whole = bytes_of(name);
        let mut random = fastrand::Rng::with_seed(11);
        for _ in 0..30 {
            let mut bytes = whole.clone();
            match random.usize(..3) {
                0 => bytes.truncate(random.usize(9..whole.len())),
                // The dimensions of an .xls are what the library makes room by; they are not what is tried here.
                _ => (0..4).for_each(|_| bytes[random.usize(8..600)] ^= 1 << random.u32(..8)),
            }
            if let Ok(input) = pipe(&bytes, &stdin()) {
                input.rows.for_each(drop);
            }
        }
    }
}
