//! The rows: every one there once, in order, with its own cells; the same bytes however often and however fast.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};

use serde_json::{Value, json};
use wiremock::matchers::{any, body_partial_json};
use wiremock::{Mock, ResponseTemplate};

use crate::support::api::api;
use crate::support::fixture;
use crate::support::home::Home;
use crate::support::mocked::{Mocked, found, refused};
use crate::support::table::Table;

/// Enough rows to be in flight together, and few enough for many runs.
const ROWS: usize = 200;

/// Returns a folder with the shipped companies in it.
fn companies() -> Home {
    Home::with("companies.csv", std::fs::read(fixture("companies.csv")).unwrap())
}

#[test]
fn the_shipped_companies_go_through() {
    let home = companies();
    let ended = home.run("batch companies.csv --sandbox -o out.csv --summary s.json").exits(0);
    insta::assert_snapshot!(ended.shown(), @r"
    exit code: 0
    --- stderr
    Done in TIME: 772 of 1,000 rows enriched
      credits    622 spent, 150 saved, 4,378 left
      companies  721 different, 721 asked, 0 from the ledger
      no match   118 rows: the providers know nothing about
                 samir.lindqvist@eagle-partners.pl, clearlabs.dev,
                 http://indigoventures.com, WWW.falconstee.it,
                 https://basaltsteel.it:443/, https://careers.atlasfarms.it,
                 EAGLE-PARTNERS.PL, https://saffrontextiles.se/,
                 info@brightcomponents.com, blog.marbleener.co.nz,
                 http://www.topazpress.se/#team, solsticesoft.co.nz,
                 sprucefarms.com., SALES@FALCONSTEE.IT, SALES@PINEPLASTICS.IO,
                 http://www.ochrelabs.se/#team, valecapital.com,
                 http://www.cleardesign.es/contact?utm_source=…,
                 https://www.amber-freight.se/en/home.html,
                 https://careers.marbleener.co.nz and others; --no-match-output FILE
                 writes all of them
      invalid    110 rows: not a company's domain or id, and never sent;
                 enrich_error says why
      fields     name          97%   industry      92%   size          88%
                 founded_year  90%   description   94%   hq_location   90%
                 logo_url      89%   linkedin_url  92%   tech_stack    91%
      sources    vendor_b 266, vendor_a 265, vendor_c 241
      confidence 0.77 in the middle, half of them 0.65 to 0.89
      output     out.csv
    ");
    let (input, output) = (Table::read(&home.text("companies.csv")), Table::read(&home.text("out.csv")));
    assert_eq!(output.rows.len(), 1_000);
    for (read, written) in input.rows.iter().zip(&output.rows) {
        assert_eq!(read[..], written[..input.header.len()]);
    }
    insta::assert_snapshot!(output.header[input.header.len()..].join(" "), @"enriched_id enriched_domain enriched_name enriched_industry enriched_size enriched_founded_year enriched_description enriched_hq_location enriched_logo_url enriched_linkedin_url enriched_tech_stack enrich_status enrich_error enrich_source enrich_confidence enrich_fields_updated enrich_request_id enriched_at");
    let summary = home.json("s.json");
    for (status, rows) in output.statuses() {
        assert_eq!(summary["rows"][status], rows, "{status}");
    }
    assert_eq!(summary["rows"]["read"], 1_000);
    assert_eq!(summary["status"], "complete");
}

#[test]
fn concurrency_changes_no_byte() {
    let home = companies();
    let run = |concurrency: u32, ledger: &str, output: &str| {
        let args = format!("batch companies.csv --sandbox=latency=0..3ms -q -c {concurrency}");
        home.call(&args).args(&format!("--ledger {ledger} -o {output}")).run().quietly();
        home.text(output)
    };
    let alone = run(1, "first.db", "alone.csv");
    let many = run(64, "first.db", "many.csv");
    assert!(alone == many, "the same ledger gives the same bytes");
    let fresh = run(64, "second.db", "fresh.csv");
    let timeless = |text: &str| Table::read(text).without(&["enriched_at"]);
    assert_eq!(timeless(&fresh), timeless(&alone));
}

#[test]
fn a_second_run_sends_nothing_and_writes_the_same() {
    let home = companies();
    let api = api("no-match=15");
    home.call("batch companies.csv -q -o first.csv").at(&api).run().quietly();
    let books = api.books();
    home.call("batch companies.csv -q -o second.csv --summary s.json").at(&api).run().quietly();
    assert_eq!(api.books(), books);
    assert!(home.text("first.csv") == home.text("second.csv"));
    let summary = home.json("s.json");
    assert_eq!(summary["companies"]["requested"], 0);
    assert_eq!(summary["companies"]["from_ledger"], summary["companies"]["unique"]);
    assert_eq!(summary["credits"]["spent"], 0);
    assert_eq!(summary["credits"]["saved"], summary["rows"]["enriched"]);
}

#[test]
fn ones_own_output_is_refreshed_and_does_not_grow() {
    let home = companies();
    let api = api("no-match=15");
    home.call("batch companies.csv -q -o companies.csv").at(&api).run().quietly();
    let (first, books) = (home.text("companies.csv"), api.books());
    home.call("batch companies.csv -q -o companies.csv").at(&api).run().quietly();
    assert!(home.text("companies.csv") == first);
    assert_eq!(api.books(), books);
    let leftovers = std::fs::read_dir(home.path(".")).unwrap();
    let names: Vec<_> = leftovers.map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_str().unwrap().contains(".tmp")), "{names:?}");
}

#[test]
fn a_pending_row_keeps_what_an_earlier_run_wrote() {
    let home = Home::with("own.csv", std::fs::read(fixture("own-output.csv")).unwrap());
    let before = Table::read(&home.text("own.csv"));
    home.call("batch own.csv -q -o own.csv --max-credits 0").at(&api("")).run().exits(5);
    let after = Table::read(&home.text("own.csv"));
    assert_eq!(after.column("enriched_name"), before.column("enriched_name"));
    assert_eq!(after.column("note"), ["keep", "keep too"]);
    assert_eq!(after.count("pending"), 2);
}

#[test]
fn a_pipe_goes_in_and_comes_out() {
    let api = api("");
    for args in ["batch --fields name", "batch - --fields name"] {
        let input = "domain,team\nacme.com,red\nnot a domain,blue\n";
        let ended = Home::new().call(args).at(&api).stdin(input).run().exits(0);
        insta::allow_duplicates! {
            insta::assert_snapshot!(ended.shown(), @r"
            exit code: 0
            --- stdout
            domain,team,enriched_id,enriched_domain,enriched_name,enrich_status,enrich_error,enrich_source,enrich_confidence,enrich_fields_updated,enrich_request_id,enriched_at
            acme.com,red,UUID,acme.com,Acme,enriched,,vendor_b,0.6,name,UUID,TIME
            not a domain,blue,,,,invalid_input,'not a domain' is not a domain: it has no dot,,,,,
            --- stderr
            Done in TIME: 1 of 2 rows enriched
              credits    1 spent, 0 saved, 999,999 left
              companies  1 different, 1 asked, 0 from the ledger
              invalid    1 row: not a company's domain or id, and never sent; enrich_error
                         says why
              fields     name 100%
              sources    vendor_b 1
              confidence 0.60 in the middle, half of them 0.60 to 0.60
            ");
        }
    }
}

#[test]
fn a_plain_list_becomes_a_table() {
    let home = Home::with("list.txt", std::fs::read(fixture("list.txt")).unwrap());
    let ended = home.call("batch list.txt --fields size -q").at(&api("")).run().quietly();
    insta::assert_snapshot!(ended.shown(), @r"
    exit code: 0
    --- stdout
    input,enriched_id,enriched_domain,enriched_size,enrich_status,enrich_error,enrich_source,enrich_confidence,enrich_fields_updated,enrich_request_id,enriched_at
    acme.com,UUID,acme.com,10001+,enriched,,vendor_b,0.6,size,UUID,TIME
    https://www.Beta-Tools.de/shop,UUID,beta-tools.de,201-500,enriched,,vendor_b,0.59,size,UUID,TIME
    jane@gamma-labs.co.uk,UUID,gamma-labs.co.uk,1-10,enriched,,vendor_a,0.94,size,UUID,TIME
    müller-gmbh.de,UUID,xn--mller-gmbh-9db.de,10001+,enriched,,vendor_c,0.79,size,UUID,TIME
    ACME.com,UUID,acme.com,10001+,enriched,,vendor_b,0.6,size,UUID,TIME
    not a domain,,,,invalid_input,'not a domain' is not a domain: it has no dot,,,,,
    ");
}

#[test]
fn delimiter_and_line_ends_stay_as_they_were() {
    let mut shown = String::new();
    for name in ["semicolon.csv", "crlf.csv", "bom.csv", "windows-1252.csv", "utf-16.tsv"] {
        let home = Home::with(name, std::fs::read(fixture(name)).unwrap());
        let ended = home.call("batch --fields size -q").arg(name).at(&api("")).run().quietly();
        shown += &format!("{name}: {}", ended.shown().replace('\r', "<CR>").replace('\t', "<TAB>"));
    }
    insta::assert_snapshot!(shown, @r#"
    semicolon.csv: exit code: 0
    --- stdout
    Firma;Webseite;Umsatz;enriched_id;enriched_domain;enriched_size;enrich_status;enrich_error;enrich_source;enrich_confidence;enrich_fields_updated;enrich_request_id;enriched_at
    "Acme; Söhne";www.acme.de;1.000,50;UUID;acme.de;51-200;enriched;;vendor_c;0.71;size;UUID;TIME
    Beta;beta-tools.de;2.500,00;UUID;beta-tools.de;201-500;enriched;;vendor_b;0.59;size;UUID;TIME
    Gamma;;3;;;;invalid_input;empty;;;;;
    crlf.csv: exit code: 0
    --- stdout
    Company,Website,Notes,enriched_id,enriched_domain,enriched_size,enrich_status,enrich_error,enrich_source,enrich_confidence,enrich_fields_updated,enrich_request_id,enriched_at<CR>
    Acme,acme.com,"first<CR>
    second",UUID,acme.com,10001+,enriched,,vendor_b,0.6,size,UUID,TIME<CR>
    Beta,beta.com,,UUID,beta.com,51-200,enriched,,vendor_a,0.81,size,UUID,TIME<CR>
    bom.csv: exit code: 0
    --- stdout
    domain,name,enriched_id,enriched_domain,enriched_size,enrich_status,enrich_error,enrich_source,enrich_confidence,enrich_fields_updated,enrich_request_id,enriched_at
    acme.com,Ümläut,UUID,acme.com,10001+,enriched,,vendor_b,0.6,size,UUID,TIME
    beta.com,Beta,UUID,beta.com,51-200,enriched,,vendor_a,0.81,size,UUID,TIME
    windows-1252.csv: exit code: 0
    --- stdout
    domain,name,enriched_id,enriched_domain,enriched_size,enrich_status,enrich_error,enrich_source,enrich_confidence,enrich_fields_updated,enrich_request_id,enriched_at
    acme.de,Müller €,UUID,acme.de,51-200,enriched,,vendor_c,0.71,size,UUID,TIME
    beta.com,Béta,UUID,beta.com,51-200,enriched,,vendor_a,0.81,size,UUID,TIME
    utf-16.tsv: exit code: 0
    --- stdout
    Domain<TAB>Name<TAB>enriched_id<TAB>enriched_domain<TAB>enriched_size<TAB>enrich_status<TAB>enrich_error<TAB>enrich_source<TAB>enrich_confidence<TAB>enrich_fields_updated<TAB>enrich_request_id<TAB>enriched_at<CR>
    acme.com<TAB>Müller<TAB>UUID<TAB>acme.com<TAB>10001+<TAB>enriched<TAB><TAB>vendor_b<TAB>0.6<TAB>size<TAB>UUID<TAB>TIME<CR>
    beta.com<TAB>Beta<TAB>UUID<TAB>beta.com<TAB>51-200<TAB>enriched<TAB><TAB>vendor_a<TAB>0.81<TAB>size<TAB>UUID<TAB>TIME<CR>
    "#);
}

#[test]
fn json_lines_hold_the_input_and_what_was_found() {
    let answer = r#"{"data": {"company": {"id": 7, "name": "Acme",
        "founded_year": 1998.0, "extra": {"b": 1.50}}, "fields_updated": ["name", "size"], "source": "vendor_a", "confidence": 0.870}}"#;
    let api = Mocked::answering([ResponseTemplate::new(200)
        .insert_header("x-request-id", "r-1")
        .set_body_raw(answer, "application/json")]);
    let home = Home::with("in.csv", "domain,team\nacme.com,red\nnone,blue\n");
    let call = home.call("batch in.csv -f jsonl --fields name,tech_stack -q --base-url").args(&api.url());
    insta::assert_snapshot!(call.key("wbk_test").run().quietly().shown(), @r#"
    exit code: 0
    --- stdout
    {"domain":"acme.com","team":"red","enrichment":{"status":"enriched","error":null,"source":"vendor_a","confidence":0.870,"fields_updated":["name"],"request_id":"r-1","at":"TIME","company":{"id":7,"name":"Acme","founded_year":1998.0,"extra":{"b":1.50}}}}
    {"domain":"none","team":"blue","enrichment":{"status":"invalid_input","error":"'none' stands for no value","source":null,"confidence":null,"fields_updated":null,"request_id":null,"at":null,"company":null}}
    "#);
}

#[test]
fn a_limit_reads_the_first_rows_only() {
    let home = companies();
    let api = api("");
    home.call("batch companies.csv -q --limit 10 -o out.csv").at(&api).run().quietly();
    let output = Table::read(&home.text("out.csv"));
    let input = Table::read(&home.text("companies.csv"));
    assert_eq!(output.column("Record ID"), input.column("Record ID")[..10]);
    assert!(api.books().charged <= 10);
}

#[test]
fn fields_are_the_columns_in_the_apis_order() {
    let home = Home::with("in.csv", "domain\nacme.com\n");
    let ended = home.call("batch in.csv -q --fields tech_stack,name").at(&api("")).run().quietly();
    let output = Table::read(&ended.stdout);
    assert_eq!(
        output.header[1..6],
        ["enriched_id", "enriched_domain", "enriched_name", "enriched_tech_stack", "enrich_status"]
    );
    let updated = output.column("enrich_fields_updated")[0];
    assert!(updated.split("; ").all(|field| ["name", "tech_stack"].contains(&field)), "{updated}");
}

#[test]
fn more_fields_serve_fewer_and_fewer_do_not_serve_more() {
    let home = Home::with("in.csv", "domain\nacme.com\n");
    let api = api("");
    for (fields, charged) in [("name", 1), ("name,size", 2), ("size", 2), ("name", 2)] {
        home.call("batch in.csv -q --fields").args(fields).at(&api).run().quietly();
        assert_eq!(api.books().charged, charged, "{fields}");
    }
}

#[test]
fn a_prefix_names_the_data_columns() {
    let home = Home::with("in.csv", "domain\nacme.com\n");
    let ended = home.call("batch in.csv -q --fields name --prefix co_").at(&api("")).run().quietly();
    let header = Table::read(&ended.stdout).header.join(",");
    insta::assert_snapshot!(header, @"domain,co_id,co_domain,co_name,enrich_status,enrich_error,enrich_source,enrich_confidence,enrich_fields_updated,enrich_request_id,enriched_at");
}

#[test]
fn a_prefix_that_makes_a_second_column_of_a_name_is_refused() {
    let home = Home::with("in.csv", "domain,co_name\nacme.com,mine\n");
    let api = api("");
    let ended = home.call("batch in.csv --prefix co_ -o out.csv").at(&api).run();
    insta::assert_snapshot!(ended.shown(), @r"
    exit code: 2
    --- stderr
    error: the input has a column 'co_name' already, which --prefix 'co_' would add
    hint: choose another --prefix, or leave it out for 'enriched_'
    ");
    assert!(api.books().requests.is_empty(), "nothing is sent");
    assert!(!home.path("out.csv").exists());
}

#[test]
fn unordered_rows_are_the_same_rows() {
    let home = companies();
    let sandbox = "--sandbox=latency=0..5ms --ledger l.db -q -c 32";
    home.call("batch companies.csv --unordered -o un.csv").args(sandbox).run().quietly();
    home.call("batch companies.csv -o in.csv").args(sandbox).run().quietly();
    let (unordered, ordered) = (Table::read(&home.text("un.csv")), Table::read(&home.text("in.csv")));
    assert_ne!(unordered, ordered, "rows are written as they finish");
    assert_eq!(unordered.sorted(), ordered.sorted());
}

#[test]
fn a_refresh_pays_again_each_time() {
    for again in ["--refresh", "--max-age 0"] {
        let home = Home::with("in.csv", crate::support::domains(ROWS));
        let api = api("no-match=30");
        home.call("batch in.csv -q -o out.csv").at(&api).run().quietly();
        let first = api.books();
        for times in 2..4_u32 {
            home.call("batch in.csv -q -o out.csv").args(again).at(&api).run().quietly();
            let books = api.books();
            assert_eq!(books.charged, first.charged * u64::from(times), "{again}");
            assert_eq!(books.most_charges_per_subject, times, "{again}");
            assert_eq!(books.requests[&409], first.requests[&409] * u64::from(times), "{again}");
            assert_eq!(books.replayed, 0, "{again}: under keys of its own");
        }
        home.call("batch in.csv -q -o out.csv").at(&api).run().quietly();
        assert_eq!(api.books().charged, first.charged * 3);
    }
}

#[test]
fn a_company_that_comes_often_is_paid_once() {
    let home =
        Home::with("in.txt", "acme.com\nhttps://www.acme.com/x\njane@acme.com\nACME.COM.\nblog.acme.com\n");
    let api = api("");
    home.call("batch in.txt -q -o out.csv --summary s.json").at(&api).run().quietly();
    assert_eq!(api.books().requests.values().sum::<u64>(), 1);
    let summary = home.json("s.json");
    assert_eq!(summary["companies"], json!({"unique": 1, "requested": 1, "from_ledger": 0}));
    assert_eq!(summary["credits"]["spent"], 1);
    assert_eq!(summary["credits"]["saved"], 4);
    let output = Table::read(&home.text("out.csv"));
    assert_eq!(output.column("enriched_domain"), ["acme.com"; 5]);
    assert_eq!(output.count("enriched"), 5);
}

#[test]
fn subdomains_are_one_company_or_several_in_every_command() {
    let hosts =
        "acme.com www.acme.com https://www.blog.acme.com/x shop.acme.co.uk acme.github.io x.acme.github.io";
    for (how, asked) in [
        ("collapse", ["acme.com", "acme.com", "acme.com", "acme.co.uk", "acme.github.io", "acme.github.io"]),
        (
            "keep",
            [
                "acme.com",
                "acme.com",
                "blog.acme.com",
                "shop.acme.co.uk",
                "acme.github.io",
                "x.acme.github.io",
            ],
        ),
    ] {
        let home = Home::with("in.txt", hosts.replace(' ', "\n"));
        let api = api("");
        let companies = asked.iter().collect::<HashSet<_>>().len();
        let call = |command: &str| home.call(command).args("--subdomains").args(how).at(&api);
        let plan: Value = serde_json::from_str(&call("plan in.txt --json").run().quietly().stdout).unwrap();
        assert_eq!(plan["companies"]["unique"], companies, "{how}");
        call("batch in.txt -q -o out.csv").run().quietly();
        assert_eq!(Table::read(&home.text("out.csv")).column("enriched_domain"), asked);
        assert_eq!(api.books().charged, companies as u64);
        let cards = call("enrich -q --json").args(hosts).run().quietly().stdout;
        let cards: Vec<Value> = serde_json::from_str(&cards).unwrap();
        assert_eq!(cards.iter().map(|card| card["domain"].as_str().unwrap()).collect::<Vec<_>>(), asked);
        assert_eq!(api.books().charged, companies as u64, "the same companies, known by now");
    }
}

#[test]
fn a_profile_is_never_asked_and_gives_way_to_the_address_beside_it() {
    let home = Home::with(
        "in.csv",
        "website,email\nhttps://www.linkedin.com/company/acme,jane@acme.com\n\
         facebook.com/acme,jane@gmail.com\nn/a,x@mailinator.com\nzoho.com,\n,jane@zoho.com\n",
    );
    let api = api("");
    home.call("batch in.csv -q -o out.csv").at(&api).run().quietly();
    let output = Table::read(&home.text("out.csv"));
    assert_eq!(output.column("enriched_domain"), ["acme.com", "", "", "zoho.com", ""]);
    assert_eq!(
        output.column("enrich_error"),
        [
            "",
            "'facebook.com/acme' is a profile or page at facebook.com, not a company's own site",
            "'mailinator.com' is a disposable-mail provider, not a company's domain",
            "",
            "'zoho.com' gives its customers mailboxes: an address there names no company",
        ]
    );
    assert_eq!(api.books().charged, 2);
}

/// A folder with rows that have an id, a domain, both, or neither.
fn ids() -> Home {
    Home::with("ids.csv", std::fs::read(fixture("ids.csv")).unwrap())
}

#[test]
fn an_id_that_is_not_found_gives_way_to_the_domain() {
    let api = Mocked::start();
    let missing = refused(404, "not_found");
    let of_id = |id: &str| Mock::given(body_partial_json(json!({"company_id": id})));
    api.mount(of_id("6f0c1f0e-9c1b-4f0a-8f6e-0d9a5c3b2a10").respond_with(missing.clone()).expect(1));
    api.mount(of_id("0b7e5a52-5f43-4e0c-9f27-5a4a6f1d2c3b").respond_with(missing).expect(1));
    for domain in ["acme.com", "beta.com", "gamma.com"] {
        let asked = Mock::given(body_partial_json(json!({"domain": domain})));
        api.mount(asked.respond_with(found()).expect(1));
    }
    let home = ids();
    let call = home.call("batch ids.csv --fields industry -q --base-url").args(&api.url()).key("wbk_test");
    insta::assert_snapshot!(call.run().quietly().shown(), @r"
    exit code: 0
    --- stdout
    company_id,domain,name,enriched_id,enriched_domain,enriched_industry,enrich_status,enrich_error,enrich_source,enrich_confidence,enrich_fields_updated,enrich_request_id,enriched_at
    6F0C1F0E-9C1B-4F0A-8F6E-0D9A5C3B2A10,acme.com,both,c_1,acme.com,Legal Services,enriched,,vendor_a,0.87,industry,,TIME
    {UUID},,id alone,UUID,,,not_found,,,,,,TIME
    not-an-id,beta.com,bad id,c_1,beta.com,Legal Services,enriched,,vendor_a,0.87,industry,,TIME
    ,gamma.com,domain alone,c_1,gamma.com,Legal Services,enriched,,vendor_a,0.87,industry,,TIME
    17,,nothing valid,,,,invalid_input,'17' is not a company id: it is not a UUID,,,,,
    ");
}

#[test]
fn an_id_that_is_found_is_all_that_is_asked() {
    let api = Mocked::start();
    api.mount(Mock::given(any()).respond_with(found()).expect(4));
    let home = ids();
    home.call("batch ids.csv -q -o out.csv --base-url").args(&api.url()).key("wbk_test").run().quietly();
    let asked: Vec<Value> = api.requests().iter().map(|request| request.body_json().unwrap()).collect();
    assert_eq!(asked.iter().filter(|body| body.get("company_id").is_some()).count(), 2);
    assert!(!asked.iter().any(|body| body["domain"] == "acme.com"));
    let output = Table::read(&home.text("out.csv"));
    assert_eq!(
        output.column("enrich_status"),
        ["enriched", "enriched", "enriched", "enriched", "invalid_input"]
    );
}

#[test]
fn who_writes_slowly_into_a_pipe_is_answered_row_by_row() {
    let home = Home::new();
    let (mut watched, mut stdin) =
        home.call("batch --sandbox=latency=0,no-match=0 --fields name").watch_fed();
    let mut lines = BufReader::new(watched.stdout()).lines().map(Result::unwrap);
    stdin.write_all(b"domain\nacme.com\n").unwrap();
    assert!(lines.next().unwrap().starts_with("domain,enriched_id,"));
    assert!(lines.next().unwrap().starts_with("acme.com,"));
    stdin.write_all(b"stripe.com\n").unwrap();
    assert!(lines.next().unwrap().starts_with("stripe.com,"));
    drop(stdin);
    assert_eq!(lines.next(), None);
    watched.end().exits(0);
}
