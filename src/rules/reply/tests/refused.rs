//! The decision table: status by shape of body, for a domain and for a company id.

use std::fmt::Write;

use super::*;

/// Every status of the vendor's reference with its code, and those that gateways add.
const STATUSES: [(u16, &str); 20] = [
    (200, "ok"),
    (204, "no_content"),
    (301, "moved"),
    (400, "validation_error"),
    (401, "invalid_key"),
    (402, "insufficient_credits"),
    (403, "insufficient_permissions"),
    (404, "not_found"),
    (405, "method_not_allowed"),
    (408, "timeout"),
    (409, "no_match"),
    (413, "too_large"),
    (422, "unprocessable"),
    (425, "too_early"),
    (429, "rate_limited"),
    (500, "internal"),
    (502, "bad_gateway"),
    (503, "unavailable"),
    (504, "gateway_timeout"),
    (999, "odd"),
];

const SHAPES: [(&str, &str); 10] = [
    ("vendor", "error-vendor.json"),
    ("code", "error-code.json"),
    ("flat", "error-flat.json"),
    ("list", "error-list.json"),
    ("foreign", "error-foreign.json"),
    ("prose", "error-prose.json"),
    ("cut", "error-cut.json"),
    ("page", "page-nginx.html"),
    ("text", "text-envoy.txt"),
    ("empty", ""),
];

fn body(file: &str, code: &str) -> Vec<u8> {
    if file.is_empty() {
        return Vec::new();
    }
    String::from_utf8(fixture(file)).unwrap().replace("CODE", code).into_bytes()
}

/// A word for a reply; `retry!` may have been charged.
fn word(reply: &Reply) -> &'static str {
    match reply {
        Reply::Enriched { .. } => "enriched",
        Reply::NoMatch => "no_match",
        Reply::NotFound => "not_found",
        Reply::Rejected { .. } => "failed",
        Reply::Halt(_) => "halt",
        Reply::Barred => "barred",
        Reply::RateLimited => "slow",
        Reply::Temporary { charge: Charge::Possible, .. } => "retry!",
        Reply::Temporary { charge: Charge::Impossible, .. } => "retry",
    }
}

fn table(subject: &Subject) -> String {
    let mut table = format!("{:<4}", "");
    for (name, _) in SHAPES {
        write!(table, "{name:<10}").unwrap();
    }
    for (status, code) in STATUSES {
        write!(table, "\n{status:<4}").unwrap();
        for (_, file) in SHAPES {
            write!(table, "{:<10}", word(&answered(status, body(file, code), subject))).unwrap();
        }
    }
    table.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_domain_by_status_and_shape() {
    insta::assert_snapshot!(table(&domain()), @r"
        vendor    code      flat      list      foreign   prose     cut       page      text      empty
    200 retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!
    204 retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!
    301 failed    failed    failed    failed    failed    failed    failed    failed    failed    failed
    400 failed    failed    failed    failed    failed    failed    failed    failed    failed    failed
    401 halt      halt      halt      halt      halt      halt      halt      halt      halt      halt
    402 halt      halt      halt      halt      halt      halt      halt      halt      halt      halt
    403 halt      halt      halt      halt      barred    barred    barred    barred    barred    barred
    404 failed    failed    failed    failed    failed    failed    failed    failed    failed    failed
    405 failed    failed    failed    failed    failed    failed    failed    failed    failed    failed
    408 retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!
    409 no_match  no_match  no_match  no_match  retry!    no_match  no_match  no_match  no_match  no_match
    413 failed    failed    failed    failed    failed    failed    failed    failed    failed    failed
    422 failed    failed    failed    failed    failed    failed    failed    failed    failed    failed
    425 retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!
    429 slow      slow      slow      slow      slow      slow      slow      slow      slow      slow
    500 retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!
    502 retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!
    503 retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!
    504 retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!    retry!
    999 failed    failed    failed    failed    failed    failed    failed    failed    failed    failed
    ");
}

#[test]
fn a_company_id_differs_in_its_404s() {
    let (of_domain, of_id) = (table(&domain()), table(&company_id()));
    let differs = of_id.lines().zip(of_domain.lines()).filter(|(id, domain)| id != domain);
    insta::assert_snapshot!(differs.map(|(id, _)| id).collect::<Vec<_>>().join("\n"), @"404 not_found not_found not_found not_found failed    not_found not_found failed    not_found not_found");
}

#[test]
fn each_refusal_stops_the_run_for_its_reason() {
    for (status, reason) in [(401, StopReason::InvalidKey), (402, StopReason::InsufficientCredits)] {
        assert_eq!(answered(status, "", &domain()), Reply::Halt(reason));
    }
    let forbidden = r#"{"error":{"code":"insufficient_permissions"}}"#;
    assert_eq!(answered(403, forbidden, &domain()), Reply::Halt(StopReason::InsufficientPermissions));
    assert_eq!(answered(403, "", &domain()), Reply::Barred, "it may be a limiter's");
}

#[test]
fn what_is_told_of_a_failure() {
    let told = |status, file| words(&answered(status, body(file, "some_code"), &domain())).to_owned();
    let by_shape: Vec<String> = SHAPES.iter().map(|(_, file)| told(400, file)).collect();
    insta::assert_snapshot!(by_shape.join("\n"), @r"
    400 some_code: A message of the API.
    400 some_code
    400 some_code: A message of the API.
    400 some_code: A message of the API.
    400 idempotency_key_in_use: Another request with this key is in progress.
    400 Bad Request: Something went wrong.
    400 Bad Request
    400 Bad Request
    400 Bad Request
    400 Bad Request
    ");
    let by_status: Vec<String> =
        [301, 404, 409, 500, 999].iter().map(|status| told(*status, "error-vendor.json")).collect();
    insta::assert_snapshot!(by_status.join("\n"), @r"
    301 some_code: A message of the API. (a redirect to another host is not followed; check --base-url)
    404 some_code: A message of the API. (not an answer of the API about a company; check --base-url)
    409 some_code: A message of the API.
    500 some_code: A message of the API.
    999 some_code: A message of the API.
    ");
}
