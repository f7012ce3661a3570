//! What is written for what was read, and where.

mod fill;
mod jsonl;

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

fn create_at(destination: &Destination, layout: &Layout, spec: &WriteSpec) -> Result<Writer, WriteError> {
    create(Sink::open(destination)?, layout, spec)
}

use crate::rows::fill::Fill;
use crate::rows::own::DEFAULT_PREFIX;
use crate::rows::read::{InputSpec, Source, open};
use crate::rules::company::Company;
use crate::rules::field::FieldSet;
use crate::rules::outcome::{Enrichment, FieldNames, Outcome, Verdict};
use crate::rules::target::{InvalidInput, Subject};

const COMPANY: &str =
    r#"{"id":"c_1","name":"=Acme","domain":"acme.org","size":"1-10","founded_year":1998,"extra":{"x":1.50}}"#;

pub(super) fn merge(fields: &str) -> MergeSpec {
    let fields = if fields.is_empty() { FieldSet::ALL } else { fields.parse().unwrap() };
    MergeSpec {
        prefix: DEFAULT_PREFIX.to_owned(),
        fields,
        raw_cells: false,
        fill: Fill::default(),
        ours: Ours::All,
    }
}

pub(super) fn csv(fields: &str) -> WriteSpec {
    WriteSpec { format: OutputFormat::Csv, delimiter: None, merge: merge(fields) }
}

pub(super) fn settled(asked: Subject, verdict: Verdict) -> RowOutcome {
    let answered_at: Timestamp = "2024-02-26T00:00:00.12Z".parse().unwrap();
    RowOutcome::Settled {
        asked,
        outcome: Outcome { verdict, answered_at, request_id: Some("req_9".into()) }.into(),
    }
}

pub(super) fn domain(text: &str) -> Subject {
    Subject::Domain(text.into())
}

pub(super) fn enriched(asked: Subject) -> RowOutcome {
    settled(
        asked,
        Verdict::Enriched(Box::new(Enrichment {
            company: Company::parse(COMPANY).unwrap(),
            fields_updated: FieldNames::new(&["name", "size", "unknown"]),
            source: Some("vendor_a".into()),
            confidence: Some("0.870".into()),
        })),
    )
}

pub(super) fn failed(reason: &str) -> RowOutcome {
    settled(domain("acme.com"), Verdict::Failed { reason: reason.into() })
}

/// Runs a table through: the n-th row gets the n-th outcome, the last of them all further ones.
pub(super) fn through(input: &[u8], spec: &WriteSpec, outcomes: &[RowOutcome]) -> Result<String, WriteError> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("table");
    fs::write(&path, input).unwrap();
    run(
        &InputSpec { prefix: spec.merge.prefix.clone(), ..InputSpec::new(Source::Path(path.clone())) },
        &path,
        spec,
        outcomes,
    )?;
    Ok(fs::read_to_string(path).unwrap())
}

pub(super) fn run(
    input: &InputSpec,
    output: &Path,
    spec: &WriteSpec,
    outcomes: &[RowOutcome],
) -> Result<(), WriteError> {
    let input = open(input).unwrap();
    let mut writer = create_at(&Destination::File(output.to_owned()), &input.layout, spec)?;
    for (position, row) in input.rows.enumerate() {
        let outcome = outcomes.get(position).or(outcomes.last()).unwrap();
        writer.write(&row.unwrap(), outcome)?;
    }
    writer.finish()
}

#[test]
fn every_state_has_its_cells() {
    let outcomes = [
        enriched(domain("acme.com")),
        enriched(Subject::CompanyId("uuid".into())),
        settled(domain("b.com"), Verdict::NoMatch),
        settled(Subject::CompanyId("uuid".into()), Verdict::NotFound),
        RowOutcome::Invalid(InvalidInput::Empty),
        failed("-5 retries"),
        RowOutcome::Pending,
    ];
    let input = "domain\na\nb\nc\nd\ne\nf\ng\n";
    assert_eq!(
        through(input.as_bytes(), &csv("name,tech_stack,size"), &outcomes).unwrap(),
        "domain,enriched_id,enriched_domain,enriched_name,enriched_size,enriched_tech_stack,enrich_status,enrich_error,\
         enrich_source,enrich_confidence,enrich_fields_updated,enrich_request_id,enriched_at\n\
         a,c_1,acme.com,'=Acme,1-10,,enriched,,vendor_a,0.870,name; size,req_9,2024-02-26T00:00:00.120Z\n\
         b,c_1,acme.org,'=Acme,1-10,,enriched,,vendor_a,0.870,name; size,req_9,2024-02-26T00:00:00.120Z\n\
         c,,b.com,,,,no_match,,,,,req_9,2024-02-26T00:00:00.120Z\n\
         d,uuid,,,,,not_found,,,,,req_9,2024-02-26T00:00:00.120Z\n\
         e,,,,,,invalid_input,empty,,,,,\n\
         f,,acme.com,,,,failed,'-5 retries,,,,req_9,2024-02-26T00:00:00.120Z\n\
         g,,,,,,pending,,,,,,\n"
    );
}

#[test]
fn the_form_of_the_input_is_kept() {
    let text = "domain;note\r\nacme.com;\"a;b\r\nc\"\r\nbeta.com\r\n";
    let pending = [RowOutcome::Pending];
    let spec = csv("name");
    let written = through(text.as_bytes(), &spec, &pending).unwrap();
    let tail = ";;;;pending;;;;;;\r\n";
    let names = "enriched_id;enriched_domain;enriched_name;enrich_status;enrich_error;enrich_source;enrich_confidence;\
                 enrich_fields_updated;enrich_request_id;enriched_at\r\n";
    assert_eq!(written, format!("domain;note;{names}acme.com;\"a;b\r\nc\"{tail}beta.com;{tail}"));
    let tabs = WriteSpec { delimiter: Some(b'\t'), ..spec.clone() };
    assert!(through(text.as_bytes(), &tabs, &pending).unwrap().starts_with("domain\tnote\tenriched_id"));
    let tsv = WriteSpec { format: OutputFormat::Tsv, ..spec.clone() };
    assert!(through(text.as_bytes(), &tsv, &pending).unwrap().starts_with("domain\tnote\tenriched_id"));
    assert!(through(b"acme.com\n", &spec, &pending).unwrap().starts_with("input,enriched_id"));
}

#[test]
fn without_a_header_none_is_written() {
    let folder = TempDir::new().unwrap();
    let (input, output) = (folder.path().join("in.csv"), folder.path().join("out.csv"));
    fs::write(&input, "acme.com,A\nbeta.com,B\n").unwrap();
    let spec = InputSpec { no_headers: true, ..InputSpec::new(Source::Path(input)) };
    run(&spec, &output, &csv("name"), &[RowOutcome::Pending]).unwrap();
    assert_eq!(
        fs::read_to_string(output).unwrap(),
        "acme.com,A,,,,pending,,,,,,\nbeta.com,B,,,,pending,,,,,,\n"
    );
}

#[test]
fn running_on_own_output_refreshes_it() {
    let first = through(b"domain,note\na.com,x\nb.com,y\n", &csv(""), &[enriched(domain("a.com"))]).unwrap();
    let again = through(first.as_bytes(), &csv(""), &[enriched(domain("a.com"))]).unwrap();
    assert_eq!(again, first);
    let stopped = through(first.as_bytes(), &csv(""), &[RowOutcome::Pending]).unwrap();
    assert_eq!(stopped, first.replace(",enriched,", ",pending,"));
    let gone = through(first.as_bytes(), &csv(""), &[settled(domain("a.com"), Verdict::NoMatch)]).unwrap();
    assert!(gone.contains("a.com,x,,a.com,,,,,,,,,,no_match,,,,,req_9,"), "{gone}");
}

#[test]
fn a_name_that_is_not_ours_is_not_taken() {
    let mut spec = csv("name");
    spec.merge.prefix = String::new();
    let error = through(b"domain,name\na.com,A\n", &spec, &[RowOutcome::Pending]).unwrap_err();
    assert!(error.is_usage());
    assert_eq!(error.to_string(), "the input has a column 'domain' already, which --prefix '' would add");
    spec.merge.prefix = "x_".to_owned();
    let first = through(b"domain,name\na.com,A\n", &spec, &[enriched(domain("a.com"))]).unwrap();
    assert_eq!(through(first.as_bytes(), &spec, &[enriched(domain("a.com"))]).unwrap(), first);
}

#[test]
fn cells_beyond_the_known_width_follow_ours() {
    let mut text = "domain,name\n".to_owned();
    for _ in 0..10_000 {
        text.push_str("acme.com,A\n");
    }
    text.push_str("beta.com,B,late,later\n");
    let written = through(text.as_bytes(), &csv("name"), &[RowOutcome::Pending]).unwrap();
    assert_eq!(written.lines().last().unwrap(), "beta.com,B,,,,pending,,,,,,,late,later");
}

#[test]
fn json_lines_keep_the_companys_own_words() {
    let spec = WriteSpec { format: OutputFormat::Jsonl, delimiter: None, merge: merge("name") };
    let text = "domain,name,name,,enrichment\na.com,1,\"2\n\",3,4,5\nb.com\n";
    let outcomes = [enriched(domain("a.com")), RowOutcome::Invalid(InvalidInput::Empty)];
    let written = through(text.as_bytes(), &spec, &outcomes).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(
        lines[0],
        format!(
            "{{\"domain\":\"a.com\",\"name\":\"1\",\"name_2\":\"2\\n\",\"column_4\":\"3\",\"enrichment_2\":\"4\",\
             \"column_6\":\"5\",\"enrichment\":{{\"status\":\"enriched\",\"error\":null,\"source\":\"vendor_a\",\
             \"confidence\":0.870,\"fields_updated\":[\"name\"],\"request_id\":\"req_9\",\
             \"at\":\"2024-02-26T00:00:00.120Z\",\"company\":{COMPANY}}}}}"
        )
    );
    let second: Value = serde_json::from_str(lines[1]).unwrap();
    assert_eq!(
        second["enrichment"],
        json!({"status": "invalid_input", "error": "empty", "source": null, "confidence": null,
               "fields_updated": null, "request_id": null, "at": null, "company": null})
    );
    assert_eq!((&second["domain"], &second["name"]), (&json!("b.com"), &json!("")));
}

#[test]
fn a_dropped_output_leaves_everything_as_it_was() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("in.csv");
    fs::write(&path, "domain\na.com\n").unwrap();
    let input = open(&InputSpec::new(Source::Path(path.clone()))).unwrap();
    let mut writer = create_at(&Destination::File(path.clone()), &input.layout, &csv("")).unwrap();
    for row in input.rows {
        writer.write(&row.unwrap(), &RowOutcome::Pending).unwrap();
    }
    writer.flush().unwrap();
    drop(writer);
    assert_eq!(fs::read_to_string(path).unwrap(), "domain\na.com\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn where_nothing_can_be_written_is_said_at_once() {
    let folder = TempDir::new().unwrap();
    let input = folder.path().join("in.csv");
    fs::write(&input, "domain\na.com\n").unwrap();
    let spec = InputSpec::new(Source::Path(input));
    let error = run(&spec, folder.path(), &csv(""), &[]).unwrap_err();
    assert!(matches!(error, WriteError::Directory { .. }));
    let error = run(&spec, &folder.path().join("no/such/out.csv"), &csv(""), &[]).unwrap_err();
    assert_eq!(error.hint().unwrap(), "the folder does not exist; create it first");
}

#[cfg(unix)]
#[test]
fn links_and_modes_stay() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("in.csv"), "domain\na.com\n").unwrap();
    fs::create_dir(path("deep")).unwrap();
    fs::write(path("deep/real.csv"), "old").unwrap();
    fs::set_permissions(path("deep/real.csv"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("deep/real.csv", path("link.csv")).unwrap();
    symlink("deep/new.csv", path("dangling.csv")).unwrap();
    let spec = InputSpec::new(Source::Path(path("in.csv")));
    for name in ["link.csv", "dangling.csv", "plain.csv"] {
        run(&spec, &path(name), &csv(""), &[RowOutcome::Pending]).unwrap();
    }
    assert!(fs::symlink_metadata(path("link.csv")).unwrap().is_symlink());
    assert!(fs::read_to_string(path("deep/real.csv")).unwrap().starts_with("domain,"));
    assert_eq!(mode(&path("deep/real.csv")), 0o640);
    assert!(fs::symlink_metadata(path("dangling.csv")).unwrap().is_symlink());
    fs::File::create(path("by-the-system")).unwrap();
    assert_eq!(mode(&path("deep/new.csv")), mode(&path("by-the-system")));
    assert_eq!(mode(&path("plain.csv")), mode(&path("by-the-system")));
    run(&spec, Path::new("/dev/null"), &csv(""), &[RowOutcome::Pending]).unwrap();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn a_broken_pipe_is_told_from_other_failures() {
    let write = |kind: std::io::ErrorKind| WriteError::Write { path: "x".to_owned(), source: kind.into() };
    assert!(write(std::io::ErrorKind::BrokenPipe).is_broken_pipe());
    assert!(!write(std::io::ErrorKind::StorageFull).is_broken_pipe());
}

pub(super) fn any_outcome() -> impl Strategy<Value = RowOutcome> {
    let text = "[=+@\t\r' a-z\"\n,-]{0,6}";
    prop_oneof![
        Just(RowOutcome::Pending),
        Just(RowOutcome::Invalid(InvalidInput::Empty)),
        text.prop_map(|reason| failed(&reason)),
        (text, text).prop_map(|(name, source)| {
            let company =
                Company::parse(&json!({"id": name, "name": name, "size": source}).to_string()).unwrap();
            settled(
                domain("acme.com"),
                Verdict::Enriched(Box::new(Enrichment {
                    company,
                    fields_updated: FieldNames::default(),
                    source: Some(source.into()),
                    confidence: None,
                })),
            )
        }),
    ]
}

/// Returns a table's cells, by a reader of its own.
fn read_back(text: &str) -> Vec<Vec<String>> {
    let mut reader =
        ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_row_is_written_once_with_its_own_cells(
        rows in prop::collection::vec(prop::collection::vec("[=+@\t\r a-zä\"\n,;-]{0,8}", 3), 1..8),
        outcomes in prop::collection::vec(any_outcome(), 8),
        crlf in any::<bool>(),
    ) {
        let ending = if crlf { ::csv::Terminator::CRLF } else { ::csv::Terminator::Any(b'\n') };
        let mut writer = ::csv::WriterBuilder::new().terminator(ending).from_writer(Vec::new());
        writer.write_record(["domain", "name", "note"]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let input = writer.into_inner().unwrap();
        let written = read_back(&through(&input, &csv("name,size"), &outcomes).unwrap());
        prop_assert_eq!(written.len(), rows.len() + 1);
        for ((row, merged), outcome) in rows.iter().zip(&written[1..]).zip(&outcomes) {
            let (cells, added) = merged.split_at(3);
            prop_assert_eq!(cells, &row[..]);
            prop_assert_eq!(added.len(), 11);
            prop_assert_eq!(&added[4], outcome.status().name());
            prop_assert!(!added.iter().any(|cell| cell.starts_with(['=', '+', '-', '@', '\t', '\r'])));
        }
    }
}

#[test]
fn raw_cells_are_written_as_they_are() {
    let mut spec = csv("name");
    spec.merge.raw_cells = true;
    let written = through(b"domain\n=a.com\n", &spec, &[enriched(domain("a.com"))]).unwrap();
    assert!(written.contains("\n=a.com,c_1,a.com,=Acme,"));
}
