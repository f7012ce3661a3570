//! What goes over the wire, and what is made of what comes back. Every answer that is set up must be asked for.

use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wiremock::matchers::{any, header as has_header, method, path};
use wiremock::{Mock, Request, Respond, ResponseTemplate};

use crate::support::home::Home;
use crate::support::mocked::{Mocked, company, found, header, refused};
use crate::support::table::Table;
use crate::support::{GUARD, fixture};

/// How one company ended.
struct One {
    code: Option<i32>,
    status: String,
    error: String,
    name: String,
    stderr: String,
}

/// Asks the API about one company and returns how that ended.
fn ask(api: &Mocked, options: &str) -> One {
    let home = Home::with("in.txt", "acme.com\n");
    let call = home.call("batch in.txt -o out.csv --base-url").args(&api.url()).args(options);
    let ended = call.key("wbk_test").run();
    let output = Table::read(&home.text("out.csv"));
    let value = |name: &str| output.column(name)[0].to_owned();
    One {
        code: ended.code,
        status: value("enrich_status"),
        error: value("enrich_error"),
        name: value("enriched_name"),
        stderr: ended.stderr,
    }
}

/// Asserts that all requests carry one idempotency key, and returns how many there were.
#[track_caller]
fn attempts_under_one_key(api: &Mocked) -> usize {
    let requests = api.requests();
    let keys: Vec<&str> = requests.iter().map(|request| header(request, "idempotency-key")).collect();
    assert!(keys.iter().all(|key| !key.is_empty() && key == &keys[0]), "{keys:?}");
    assert!(requests.iter().all(|request| request.body == requests[0].body));
    keys.len()
}

#[test]
fn a_request_is_as_the_reference_says() {
    let api = Mocked::start();
    let asked = Mock::given(method("POST"))
        .and(path("/v1/enrich/company"))
        .and(has_header("authorization", "Bearer wbk_test"))
        .and(has_header("content-type", "application/json"))
        .and(has_header("user-agent", concat!("leadenrich/", env!("CARGO_PKG_VERSION"))));
    api.mount(asked.respond_with(found()).expect(3));
    assert_eq!(ask(&api, "").status, "enriched");
    assert_eq!(ask(&api, "--fields tech_stack,name --overwrite").status, "enriched");
    let id = "6F0C1F0E-9C1B-4F0A-8F6E-0D9A5C3B2A10";
    Home::new().call("enrich --base-url").args(&api.url()).arg(id).key("wbk_test").run().exits(0);
    let requests = api.requests();
    let bodies: Vec<Value> = requests.iter().map(|request| request.body_json().unwrap()).collect();
    assert_eq!(
        bodies,
        [
            json!({"domain": "acme.com"}),
            json!({"domain": "acme.com", "fields": ["name", "tech_stack"], "overwrite": true}),
            json!({"company_id": id.to_lowercase()}),
        ]
    );
    let mut keys: Vec<&str> = requests.iter().map(|request| header(request, "idempotency-key")).collect();
    for key in &keys {
        assert_eq!(uuid::Uuid::parse_str(key).unwrap().to_string(), *key);
    }
    keys.dedup();
    assert_eq!(keys.len(), 3, "another question, another key");
    for request in &requests {
        for unwanted in ["cookie", "referer", "x-forwarded-for"] {
            assert_eq!(header(request, unwanted), "");
        }
    }
}

#[test]
fn the_path_of_the_base_url_is_kept() {
    for slash in ["", "/"] {
        let api = Mocked::start();
        let asked = Mock::given(method("POST")).and(path("/functions/v1/api-gateway/v1/enrich/company"));
        api.mount(asked.respond_with(found()).expect(1));
        let url = format!("{}/functions/v1/api-gateway{slash}", api.url());
        let home = Home::new();
        home.call("enrich acme.com").env("LEADENRICH_BASE_URL", &url).key("wbk_test").run().exits(0);
    }
}

#[test]
fn what_may_have_been_charged_is_asked_again_under_the_same_key() {
    let big = json!({"data": {"company": {"name": "x".repeat(1024 * 1024)}}});
    let ambiguous = [
        refused(500, "internal_error"),
        refused(502, "bad_gateway"),
        refused(503, "service_unavailable"),
        refused(504, "timeout"),
        refused(408, "timeout"),
        refused(425, "too_early"),
        ResponseTemplate::new(502).set_body_raw("<html>Bad Gateway</html>", "text/html"),
        ResponseTemplate::new(500),
        ResponseTemplate::new(200).set_body_string("{\"data\": {\"company\": {\"na"),
        ResponseTemplate::new(200),
        ResponseTemplate::new(200).set_body_raw("<html>Welcome to the Wi-Fi</html>", "text/html"),
        ResponseTemplate::new(200).set_body_json(json!({"data": {"company": null}})),
        ResponseTemplate::new(200).set_body_json(json!({"ok": true})),
        ResponseTemplate::new(200).set_body_json(big),
        ResponseTemplate::new(200).insert_header("content-encoding", "gzip").set_body_string("no gzip"),
        refused(409, "idempotency_in_progress"),
    ];
    for answer in ambiguous {
        let api = Mocked::answering([answer.clone(), found()]);
        let one = ask(&api, "-q");
        assert_eq!(
            (one.status.as_str(), one.name.as_str()),
            ("enriched", "Acme Corp"),
            "{answer:?}: {}",
            one.error
        );
        assert_eq!(attempts_under_one_key(&api), 2, "{answer:?}");
    }
}

/// A 402 says that nothing was charged, and a server may remember it under the key. A refused caller says nothing of what
/// was charged before.
#[test]
fn only_an_empty_balance_gives_up_the_key() {
    for (status, code, exit, keeps) in [
        (402, "insufficient_credits", 5, false),
        (401, "invalid_key", 4, true),
        (403, "insufficient_permissions", 4, true),
    ] {
        let api = Mocked::answering([refused(status, code), found()]);
        let home = Home::new();
        for exit in [exit, 0] {
            home.call("enrich acme.com --base-url").args(&api.url()).key("wbk_test").run().exits(exit);
        }
        let requests = api.requests();
        let keys: Vec<&str> = requests.iter().map(|request| header(request, "idempotency-key")).collect();
        assert_eq!(keys[0] == keys[1], keeps, "{status}");
    }
}

#[test]
fn a_key_outlives_the_run_that_sent_it_in_vain() {
    let api = Mocked::answering([refused(500, "internal_error"), found()]);
    let home = Home::new();
    for exit in [7, 0] {
        let call = home.call("enrich acme.com --retries 0 --base-url").args(&api.url());
        call.key("wbk_test").run().exits(exit);
    }
    assert_eq!(attempts_under_one_key(&api), 2);
}

#[test]
fn an_answer_that_does_not_come_is_asked_for_again_under_the_same_key() {
    let api = Mocked::answering([found().set_delay(GUARD * 30), found()]);
    let one = ask(&api, "--timeout 1s --retries 50");
    assert_eq!(one.status, "enriched", "{}", one.error);
    assert!(attempts_under_one_key(&api) >= 2);
}

#[test]
fn no_answer_of_a_gateway_uses_up_more_tries_than_were_said() {
    for status in [408, 425, 500, 502, 503, 504] {
        for (retries, expected) in [(2, "enriched"), (1, "failed")] {
            let api = Mocked::start();
            api.mount(Mock::given(any()).respond_with(found()).up_to_n_times(1).expect(1));
            let page = ResponseTemplate::new(status).set_body_raw("<html>Sorry</html>", "text/html");
            api.mount(Mock::given(any()).respond_with(page).up_to_n_times(2).expect(2));
            api.mount(Mock::given(any()).respond_with(found()).expect(retries - 1));
            let home = Home::with("in.txt", "good.com\nbad.com\n");
            let call = home.call("batch in.txt -q -o out.csv -c 1 --base-url").args(&api.url());
            call.args(&format!("--retries {retries}")).key("wbk_test").run();
            assert_eq!(Table::read(&home.text("out.csv")).column("enrich_status")[1], expected, "{status}");
            let requests = api.requests();
            let keys = requests[1..].iter().map(|request| header(request, "idempotency-key"));
            assert_eq!(keys.clone().collect::<std::collections::BTreeSet<_>>().len(), 1, "{status}");
        }
    }
}

#[test]
fn retries_end() {
    let api = Mocked::start();
    api.mount(Mock::given(any()).respond_with(found()).up_to_n_times(1).expect(1));
    api.mount(Mock::given(any()).respond_with(refused(500, "internal_error")).expect(3));
    let home = Home::with("in.txt", "good.com\nbad.com\n");
    let call = home.call("batch in.txt -q -o out.csv --retries 2 -c 1 --base-url").args(&api.url());
    call.key("wbk_test").run().exits(3);
    assert_eq!(Table::read(&home.text("out.csv")).column("enrich_status"), ["enriched", "failed"]);
}

#[test]
fn what_is_refused_for_good_is_not_asked_again() {
    for (answer, status) in [
        (refused(400, "validation_error"), "failed"),
        (refused(409, "no_match"), "no_match"),
        (ResponseTemplate::new(409), "no_match"),
        (refused(404, "not_found"), "failed"),
        (refused(405, "method_not_allowed"), "failed"),
        (refused(410, "gone"), "failed"),
        (refused(413, "too_large"), "failed"),
        (refused(422, "unprocessable"), "failed"),
    ] {
        let api = Mocked::start();
        api.mount(Mock::given(any()).respond_with(answer.clone()).expect(1));
        let one = ask(&api, "-q");
        assert_eq!(one.status, status, "{answer:?}");
        assert_eq!(one.code, Some(if status == "failed" { 3 } else { 0 }));
    }
}

#[test]
fn a_page_in_place_of_an_answer_points_to_the_base_url() {
    let page = ResponseTemplate::new(404).set_body_raw("<html><h1>Not Found</h1></html>", "text/html");
    let one = ask(&Mocked::answering([page]), "-q");
    insta::assert_snapshot!(one.error, @"404 Not Found (not an answer of the API about a company; check --base-url)");
}

/// Gives an answer first and a company from then on, and tells when each request came.
struct Timed {
    first: ResponseTemplate,
    came: Sender<Instant>,
    count: std::sync::atomic::AtomicUsize,
}

impl Respond for Timed {
    #[expect(clippy::disallowed_methods, reason = "the time between requests is measured from outside")]
    fn respond(&self, _: &Request) -> ResponseTemplate {
        self.came.send(Instant::now()).unwrap();
        let is_first = self.count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        if is_first { self.first.clone() } else { found() }
    }
}

/// Returns how long the second request kept after an answer to the first.
fn pause_after(first: ResponseTemplate) -> Duration {
    let (came, times) = channel();
    let api = Mocked::responding(Timed { first, came, count: 0.into() });
    assert_eq!(ask(&api, "-q --retries 1").status, "enriched");
    let times: Vec<Instant> = times.try_iter().collect();
    assert_eq!(times.len(), 2);
    assert_eq!(attempts_under_one_key(&api), 2);
    times[1] - times[0]
}

/// In both forms; a date is one of the server's clock.
#[test]
fn retry_after_is_heeded() {
    for status in [429, 503] {
        for after in ["2", "Tue, 03 Mar 2026 10:00:02 GMT"] {
            let answer = refused(status, "slow_down")
                .insert_header("date", "Tue, 03 Mar 2026 10:00:00 GMT")
                .insert_header("retry-after", after);
            let pause = pause_after(answer);
            assert!((2..20).contains(&pause.as_secs()), "{status} {after}: {pause:?}");
        }
    }
}

#[test]
fn too_many_calls_are_no_failure_even_without_headers() {
    let bare = || ResponseTemplate::new(429);
    let api = Mocked::answering([bare(), bare(), found()]);
    let one = ask(&api, "--retries 0 --wait 1m");
    assert_eq!((one.code, one.status.as_str()), (Some(0), "enriched"), "{}", one.stderr);
    assert_eq!(attempts_under_one_key(&api), 3);
}

#[test]
fn a_quota_that_another_client_used_up_ends_the_run() {
    let exhausted = refused(429, "rate_limited")
        .insert_header("x-ratelimit-limit", "1000")
        .insert_header("x-ratelimit-remaining", "0")
        .insert_header("x-ratelimit-reset", "3600");
    let api = Mocked::answering([exhausted]);
    let one = ask(&api, "--wait 1m");
    assert_eq!((one.code, one.status.as_str()), (Some(6), "pending"), "{}", one.stderr);
    assert_eq!(api.requests().len(), 1);
}

#[test]
fn a_redirect_to_another_host_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Mocked::start();
        let location = format!("{}/v1/enrich/company", elsewhere.url());
        let redirect = ResponseTemplate::new(status).insert_header("location", location.as_str());
        let one = ask(&Mocked::answering([redirect]), "-q");
        assert_eq!((one.code, one.status.as_str()), (Some(3), "failed"));
        assert!(elsewhere.requests().is_empty(), "the key is not taken there");
        if status == 307 {
            insta::assert_snapshot!(one.error, @"307 Temporary Redirect (a redirect to another host is not followed; check --base-url)");
        }
    }
}

#[test]
fn a_redirect_on_the_same_host_is_followed() {
    let api = Mocked::start();
    let moved = ResponseTemplate::new(307).insert_header("location", "/v2/enrich/company");
    api.mount(Mock::given(path("/v1/enrich/company")).respond_with(moved).expect(1));
    let asked = Mock::given(method("POST")).and(path("/v2/enrich/company"));
    api.mount(asked.and(has_header("authorization", "Bearer wbk_test")).respond_with(found()).expect(1));
    assert_eq!(ask(&api, "-q").status, "enriched");
    assert_eq!(attempts_under_one_key(&api), 2);
}

#[test]
fn a_compressed_answer_is_read() {
    let path = fixture("").join("../replies/company.json.gz");
    let answer = ResponseTemplate::new(200)
        .insert_header("content-encoding", "gzip")
        .set_body_raw(std::fs::read(path).unwrap(), "application/json");
    let api = Mocked::answering([answer]);
    let one = ask(&api, "-q");
    assert_eq!((one.status.as_str(), one.name.as_str()), ("enriched", "Gzip Corp"), "{}", one.error);
    assert!(header(&api.requests()[0], "accept-encoding").contains("gzip"));
}

#[test]
fn a_compressed_answer_that_grows_without_end_is_not_read_to_it() {
    // 8 MiB of spaces in front of a company, as 8 KiB.
    let path = fixture("").join("../replies/bomb.json.gz");
    let answer = ResponseTemplate::new(200)
        .insert_header("content-encoding", "gzip")
        .set_body_raw(std::fs::read(path).unwrap(), "application/json");
    let api = Mocked::answering([answer, found()]);
    assert_eq!(ask(&api, "-q").name, "Acme Corp");
    assert_eq!(attempts_under_one_key(&api), 2);
}

#[test]
fn odd_companies_are_taken_as_they_are() {
    let odd = json!({"data": {"company": {"id": 7, "name": null, "tech_stack": "AWS, React", "founded_year": "1998",
        "logo_url": "", "something": {"new": [1, 2]}}}});
    let home = Home::new();
    let api = Mocked::answering([ResponseTemplate::new(200).set_body_json(odd)]);
    let call = home.call("enrich acme.com -f csv --base-url").args(&api.url()).key("wbk_test");
    insta::assert_snapshot!(call.run().exits(0).shown(), @r#"
    exit code: 0
    --- stdout
    target,enriched_id,enriched_domain,enriched_name,enriched_industry,enriched_size,enriched_founded_year,enriched_description,enriched_hq_location,enriched_logo_url,enriched_linkedin_url,enriched_tech_stack,enrich_status,enrich_error,enrich_source,enrich_confidence,enrich_fields_updated,enrich_request_id,enriched_at
    acme.com,7,acme.com,,,,1998,,,,,"AWS, React",enriched,,,,,,TIME
    "#);
}

#[test]
fn one_call_goes_first_and_the_others_follow() {
    let api = Mocked::responding(|_: &Request| {
        ResponseTemplate::new(200).set_body_json(company("Acme")).set_delay(Duration::from_millis(30))
    });
    let home = Home::with("in.txt", crate::support::domains(20));
    let mut run =
        home.call("batch in.txt -o out.csv -c 10 --base-url").args(&api.url()).key("wbk_test").watch();
    run.wait_for("call_sent", 1);
    let ended = run.end().exits(0);
    let events: Vec<Value> =
        ended.stderr.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let in_order: Vec<&str> = events
        .iter()
        .filter_map(|event| event["event"].as_str())
        .filter(|name| ["call_sent", "call_answered"].contains(name))
        .collect();
    assert_eq!(in_order[..2], ["call_sent", "call_answered"], "the first tells the balance and the quota");
    let most = events.iter().filter_map(|event| event["in_flight"].as_u64()).max();
    assert_eq!(most, Some(10));
}
