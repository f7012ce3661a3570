//! `--fill`: the input's own columns completed, and nothing else in it changed.

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::support::api::api;
use crate::support::home::Home;
use crate::support::mocked::Mocked;
use crate::support::table::Table;

const CRM: &str = "Account Name,Website,Industry,Employees,Notes\n\
                   ,acme.com,,,keep\n\
                   Mine,beta.com,Mine, ,\n\
                   ,not a domain,,,\n";

/// Returns an API that answers with a company of which not all is known.
fn acme() -> Mocked {
    let answer = json!({"data": {"company": {"id": "c_1", "name": "=Acme", "domain": "acme.com", "industry": null,
        "size": "11-50", "founded_year": 1998, "tech_stack": ["Rust", "AWS"]},
        "fields_updated": ["name"], "source": "vendor_a", "confidence": 0.87, "credits_remaining": 4870}});
    Mocked::answering([ResponseTemplate::new(200).set_body_json(answer)])
}

#[test]
fn empty_cells_are_filled_and_no_other() {
    let home = Home::with("in.csv", CRM);
    let mocked = acme();
    for fill in ["auto", "Website=domain,account name=name,3=industry,Employees=size"] {
        let call = home.call("batch in.csv -q -o out.csv --base-url").args(&mocked.url()).key("wbk_test");
        call.args("--fill").arg(fill).run().quietly();
        let output = Table::read(&home.text("out.csv"));
        assert_eq!(output.rows[0][..5], ["'=Acme", "acme.com", "", "11-50", "keep"], "{fill}");
        assert_eq!(output.rows[1][..5], ["Mine", "beta.com", "Mine", "11-50", ""], "{fill}");
        assert_eq!(output.rows[2][..5], ["", "not a domain", "", "", ""], "{fill}");
    }
    let raw = "batch in.csv -q -o raw.csv --raw-cells --fill auto --overwrite --base-url";
    home.call(raw).args(&mocked.url()).key("wbk_test").run().quietly();
    let output = Table::read(&home.text("raw.csv"));
    assert_eq!(
        output.rows[1][..5],
        ["=Acme", "beta.com", "Mine", "11-50", ""],
        "an empty value replaces none"
    );
}

#[test]
fn running_again_on_the_filled_file_changes_no_byte() {
    let home = Home::with("in.csv", CRM);
    let api = api("");
    for args in ["--fill auto", "--fill auto --overwrite"] {
        home.call("batch in.csv -q -o out.csv").args(args).at(&api).run().quietly();
        let first = home.text("out.csv");
        let charged = api.books().charged;
        home.call("batch out.csv -q -o out.csv").args(args).at(&api).run().quietly();
        assert_eq!(home.text("out.csv"), first, "{args}");
        assert_eq!(api.books().charged, charged);
    }
}

#[test]
fn a_stop_and_going_on_in_place_give_the_same_bytes() {
    let rows: String = (0..30).map(|n| format!("c{n}.com,,x\n")).collect();
    let home = Home::with("in.csv", format!("domain,Industry,Note\n{rows}"));
    let api = api("");
    let call = |args: &str| home.call("batch -q --fill auto").args(args).at(&api).run();
    call("in.csv -o part.csv --max-credits 7").exits(5);
    let part = Table::read(&home.text("part.csv"));
    assert!(part.column("Industry").iter().filter(|cell| cell.is_empty()).count() >= 23);
    call("part.csv -o part.csv").quietly();
    call("in.csv -o whole.csv").quietly();
    assert_eq!(home.text("part.csv"), home.text("whole.csv"));
}

#[test]
fn objects_are_filled_with_numbers_and_lists() {
    let home = Home::with(
        "in.jsonl",
        "{\"domain\":\"acme.com\",\"founded\":null,\"tech_stack\":[]}\n{\"domain\":\"acme.com\"}\n",
    );
    let mocked = acme();
    let call = home.call("batch in.jsonl -q --fill auto --base-url").args(&mocked.url()).key("wbk_test");
    let ended = call.run().quietly();
    let rows: Vec<Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for row in &rows {
        assert_eq!((&row["founded"], &row["tech_stack"]), (&json!(1998), &json!(["Rust", "AWS"])));
    }
}

#[test]
fn what_cannot_be_filled_is_told_before_anything_is_paid_for() {
    let home = Home::with("in.csv", CRM);
    let api = api("");
    let refused = |fill: &str| {
        let ended =
            home.call("batch in.csv -o out.csv --fields name,size").at(&api).args("--fill").arg(fill).run();
        ended.shown()
    };
    insta::assert_snapshot!(refused("Industri=name"), @r"
    exit code: 2
    --- stderr
    error: there is no column 'Industri' for --fill; the columns are 'Account Name', 'Website', 'Industry', 'Employees', 'Notes'
    hint: did you mean 'Industry'?
    ");
    insta::assert_snapshot!(refused("Industry=industry"), @r"
    exit code: 2
    --- stderr
    error: --fill 'Industry=industry': --fields leaves out 'industry'
    hint: add 'industry' to --fields, or leave --fields out
    ");
    insta::assert_snapshot!(refused("Employees=sizes"), @r"
    exit code: 2
    --- stderr
    error: --fill: there is no field 'sizes'; the fields are id,domain,name,industry,size,founded_year,description,hq_location,logo_url,linkedin_url,tech_stack
    hint: did you mean 'size'?
    ");
    insta::assert_snapshot!(refused("Website=name"), @r"
    exit code: 2
    --- stderr
    error: --fill: rows are asked by the column 'Website', which can take nothing else
    hint: leave it out; a column of domains can be filled with 'domain', the domain that was asked
    ");
    assert!(api.books().requests.is_empty());
    assert!(!home.path("out.csv").exists());
}

#[test]
fn nothing_to_fill_is_no_error() {
    let home = Home::with("in.csv", "domain,x\nacme.com,1\n");
    let ended = home.call("batch in.csv -o out.csv --fill auto").at(&api("")).run().exits(0);
    let note =
        "note: --fill auto: no column has a name that is known to hold a field; name them: COL=FIELD,…\n";
    assert!(ended.stderr.starts_with(note), "{}", ended.stderr);
}
