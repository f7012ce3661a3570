//! What the model promises: statuses, charges, keys and windows, and that nothing but the seed decides by chance.

use proptest::prelude::*;
use serde_json::json;

use super::super::faults::Faults;
use super::super::settings::Latency;
use super::*;

const BODY: &str = r#"{"domain":"acme.com"}"#;

/// Returns settings without chance: everything is found, at once.
fn plain() -> Settings {
    Settings { no_match: 0, latency: Latency::default(), ..Settings::default() }
}

fn faulty(order: &str) -> Settings {
    Settings { faults: order.parse().unwrap(), ..plain() }
}

fn noon() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn after(millis: i64) -> Timestamp {
    noon() + SignedDuration::from_millis(millis)
}

fn request<'a>(body: &'a str, key: Option<&'a str>) -> Request<'a> {
    Request {
        authorization: Some("Bearer wbk_sandbox"),
        content_type: Some("application/json"),
        idempotency_key: key,
        body: body.as_bytes(),
    }
}

fn key(number: u128) -> String {
    Uuid::from_u128(number).to_string()
}

fn body_of(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

fn code(response: &Response) -> String {
    body_of(response)["error"]["code"].as_str().unwrap_or_default().to_owned()
}

/// Checks status, code and headers of the answer to a first request, and that only a company is charged.
fn check(settings: &Settings, request: &Request<'_>, status: u16, expected: &str) {
    let mut model = Model::new(settings.clone());
    let response = model.answer(request, noon());
    assert_eq!((response.status, code(&response).as_str()), (status, expected));
    let remaining = settings.limit.saturating_sub(u64::from(status != 401));
    for (header, value) in [
        ("content-type", "application/json"),
        ("date", "Sun, 01 Mar 2026 12:00:00 GMT"),
        ("x-ratelimit-limit", &settings.limit.to_string()),
        ("x-ratelimit-remaining", &remaining.to_string()),
        ("x-ratelimit-reset", "1772409600"),
    ] {
        assert_eq!(response.header(header), Some(value), "{header} of {status}");
    }
    assert!(Uuid::try_parse(response.header("x-request-id").unwrap()).is_ok());
    assert_eq!(response.header("retry-after"), (status == 429).then_some("43200"));
    let books = model.books();
    assert_eq!(books.charged, u64::from(status == 200));
    assert_eq!(books.requests[&status], 1);
}

#[test]
fn keys_and_quota_come_before_all_else() {
    let spent = Settings { limit: 0, ..plain() };
    let as_key = |authorization| Request { authorization, ..request(BODY, None) };
    check(&plain(), &as_key(Some("bearer wbk_sandbox")), 200, "");
    for authorization in [
        None,
        Some("wbk_sandbox"),
        Some("Basic wbk_sandbox"),
        Some("Bearer wbk_other"),
        Some("Bearer "),
        Some(""),
    ] {
        check(&plain(), &as_key(authorization), 401, "invalid_key");
        check(&spent, &as_key(authorization), 401, "invalid_key");
    }
    let read_only = as_key(Some("Bearer wbk_readonly"));
    check(&plain(), &read_only, 403, "insufficient_permissions");
    check(&plain(), &Request { body: b"{}", ..read_only }, 403, "insufficient_permissions");
    check(&spent, &read_only, 429, "rate_limited");
    check(&spent, &request("{}", None), 429, "rate_limited");
}

#[test]
fn every_other_status_in_its_order() {
    let broke = Settings { credits: 0, ..plain() };
    let blind = Settings { no_match: 100, ..plain() };
    let mut ids = (0..100).map(|number| Uuid::from_u128(number).to_string());
    let missing = ids.find(|id| !Draws::about(1, &[id.as_bytes()]).chance("exists", 90)).unwrap();
    let unknown_id = json!({"company_id": missing}).to_string();
    let as_text = Request { content_type: Some("text/plain"), ..request(BODY, None) };
    check(&plain(), &request("{}", None), 400, "validation_error");
    check(&plain(), &request(BODY, Some("no uuid")), 400, "validation_error");
    check(&plain(), &as_text, 400, "validation_error");
    check(&broke, &request("{}", None), 400, "validation_error");
    check(&broke, &request(BODY, None), 402, "insufficient_credits");
    check(&broke, &request(&unknown_id, None), 402, "insufficient_credits");
    check(&plain(), &request(&unknown_id, None), 404, "not_found");
    check(&blind, &request(&unknown_id, None), 404, "not_found");
    check(&blind, &request(BODY, None), 409, "no_match");
}

#[test]
fn what_misses_the_endpoint_is_refused_in_the_same_form() {
    let mut model = Model::new(plain());
    for (refusal, status, expected) in [
        (Refusal::RouteNotFound, 404, "route_not_found"),
        (Refusal::MethodNotAllowed, 405, "method_not_allowed"),
        (Refusal::BodyTooLarge, 413, "payload_too_large"),
        (Refusal::BodyUnreadable, 400, "validation_error"),
    ] {
        let response = model.refuse(refusal, noon());
        assert_eq!((response.status, code(&response).as_str()), (status, expected));
        assert_eq!(response.header("x-ratelimit-remaining"), Some("10000"));
    }
}

#[test]
fn an_answer_is_shaped_as_the_reference_has_it() {
    let mut model = Model::new(plain());
    let answer = body_of(&model.answer(&request(BODY, None), noon()));
    let data = answer["data"].as_object().unwrap();
    let keys: Vec<_> = data.keys().map(String::as_str).collect();
    assert_eq!(keys, ["company", "fields_updated", "source", "confidence", "credits_remaining"]);
    assert_eq!(data["company"]["domain"], "acme.com");
    assert_eq!(data["credits_remaining"], 4_999);
}

#[test]
fn a_replay_is_the_original_and_free() {
    let mut model = Model::new(plain());
    let key = key(1);
    let first = model.answer(&request(BODY, Some(&key)), noon());
    model.answer(&request(r#"{"domain":"other.com"}"#, None), noon());
    let again = model.answer(&request(BODY, Some(&key)), after(1_000));
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.header("x-request-id"), first.header("x-request-id"));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.header("x-ratelimit-remaining"), Some("9997"));
    let books = model.books();
    assert_eq!((books.charged, books.replayed, books.credits_left), (2, 1, 4_998));
    assert!(books.charged_twice.is_empty());
}

#[test]
fn a_replay_comes_before_the_balance() {
    let mut model = Model::new(Settings { credits: 1, ..plain() });
    let key = key(1);
    assert_eq!(model.answer(&request(BODY, Some(&key)), noon()).status, 200);
    assert_eq!(model.answer(&request(BODY, None), noon()).status, 402);
    assert_eq!(model.answer(&request(BODY, Some(&key)), noon()).status, 200);
    assert_eq!(model.books().credits_left, 0);
}

#[test]
fn a_key_belongs_to_one_body() {
    let mut model = Model::new(plain());
    let key = key(1);
    model.answer(&request(BODY, Some(&key)), noon());
    let response = model.answer(&request(r#"{"domain":"other.com"}"#, Some(&key)), noon());
    assert_eq!((response.status, code(&response).as_str()), (409, "idempotency_conflict"));
    assert_eq!(model.books().charged, 1);
}

#[test]
fn a_key_is_busy_until_its_answer_leaves() {
    let mut model = Model::new(Settings { latency: "50ms".parse().unwrap(), ..plain() });
    let key = key(1);
    assert_eq!(model.answer(&request(BODY, Some(&key)), noon()).delay, Duration::from_millis(50));
    let early = model.answer(&request(BODY, Some(&key)), after(49));
    assert_eq!((early.status, code(&early).as_str()), (409, "idempotency_in_progress"));
    assert_eq!(model.answer(&request(BODY, Some(&key)), after(50)).status, 200);
    assert_eq!(model.books().charged, 1);
}

#[test]
fn a_key_is_forgotten_after_a_day() {
    const DAY: i64 = 86_400_000;
    let mut model = Model::new(plain());
    let key = key(1);
    model.answer(&request(BODY, Some(&key)), noon());
    model.answer(&request(BODY, Some(&key)), after(DAY - 1));
    assert_eq!(model.books().charged, 1);
    model.answer(&request(BODY, Some(&key)), after(DAY));
    let books = model.books();
    assert_eq!((books.charged, books.most_charges_per_subject), (2, 2));
    assert_eq!(books.charged_twice, ["acme.com"]);
}

#[test]
fn a_failure_is_worked_on_again_under_its_id() {
    let mut model = Model::new(Settings { no_match: 100, ..plain() });
    let (first_key, other_key) = (key(1), key(2));
    let mut ask = |key: &str| model.answer(&request(BODY, Some(key)), noon());
    let (first, again, other) = (ask(&first_key), ask(&first_key), ask(&other_key));
    assert_eq!((first.status, &first.body), (409, &again.body));
    assert_eq!(first.header("x-request-id"), again.header("x-request-id"));
    assert_ne!(first.header("x-request-id"), other.header("x-request-id"));
    assert_eq!((model.books().charged, model.books().replayed), (0, 0));
}

#[test]
fn the_books_tell_double_charges_from_different_questions() {
    let mut model = Model::new(plain());
    for body in
        [BODY, r#"{"domain":"acme.com","fields":["size"]}"#, r#"{"domain":"acme.com","overwrite":true}"#]
    {
        model.answer(&request(body, None), noon());
    }
    let books = model.books();
    assert_eq!((books.most_charges_per_subject, books.charged_twice.len()), (3, 0));
    // The same question in other words, under another key.
    model.answer(&request(r#"{"fields": ["size", "size"], "domain": "acme.com"}"#, Some(&key(2))), noon());
    assert_eq!(model.books().charged_twice, ["acme.com"]);
}

#[test]
fn the_quota_resets_at_midnight() {
    let mut model = Model::new(Settings { limit: 2, ..plain() });
    let evening: Timestamp = "2026-03-01T23:59:58Z".parse().unwrap();
    let midnight: Timestamp = "2026-03-02T00:00:00Z".parse().unwrap();
    let mut ask = |now| model.answer(&request(BODY, None), now);
    assert_eq!((ask(evening).status, ask(evening).status), (200, 200));
    let refused = ask(evening);
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("2")));
    assert_eq!(refused.header("x-ratelimit-reset"), Some("1772409600"));
    assert_eq!(ask(midnight).status, 200);
    assert_eq!(model.books().charged, 3);
}

#[test]
fn a_clock_that_is_off_is_off_everywhere() {
    let mut model = Model::new(Settings { limit: 1, skew: SignedDuration::from_secs(-300), ..plain() });
    let evening: Timestamp = "2026-03-02T00:04:58.5Z".parse().unwrap();
    assert_eq!(model.answer(&request(BODY, None), evening).status, 200);
    let refused = model.answer(&request(BODY, None), evening);
    for (header, value) in
        [("date", "Sun, 01 Mar 2026 23:59:58 GMT"), ("x-ratelimit-reset", "1772409600"), ("retry-after", "2")]
    {
        assert_eq!(refused.header(header), Some(value), "{header}");
    }
    let midnight = evening + SignedDuration::from_millis(1_500);
    assert_eq!(model.answer(&request(BODY, None), midnight).status, 200);
    let books = model.books();
    assert_eq!((books.first_through, books.last_through), (Some(evening), Some(midnight)));
}

#[test]
fn a_ban_says_nothing_of_the_api() {
    let mut model = Model::new(Settings { limit: 1, refused: "ban-2".parse().unwrap(), ..plain() });
    let mut ask = || model.answer(&request(BODY, None), noon());
    assert_eq!([ask().status, ask().status, ask().status], [200, 429, 429]);
    let banned = ask();
    let names: Vec<_> = banned.headers.iter().map(|(name, _)| *name).collect();
    assert_eq!((banned.status, names), (403, vec!["date", "content-type"]));
    assert!(banned.body.starts_with(b"<html>"));
    assert_eq!(model.books().requests[&403], 1);
}

#[test]
fn faults_go_with_every_dialect() {
    for headers in ["x-ratelimit", "x-rate-limit", "ratelimit", "ietf-7", "ietf", "none"] {
        for (fault, expected) in [("no-headers", 0), ("http-502-html", 0), ("slow", 1)] {
            let settings = format!("headers={headers},retry-after=always,no-match=0,faults={fault}:100");
            let response = Model::new(settings.parse().unwrap()).answer(&request(BODY, None), noon());
            let told = response.headers.iter().filter(|(name, _)| name.contains("limit")).count();
            assert_eq!(told > 0, expected == 1 && headers != "none", "{headers}, {fault}");
        }
        let settings = format!("headers={headers},retry-after=always,faults=http-503:100");
        let response = Model::new(settings.parse().unwrap()).answer(&request(BODY, None), noon());
        let waits: Vec<_> = response.headers.iter().filter(|(name, _)| *name == "retry-after").collect();
        assert_eq!(waits, [&("retry-after", "1".to_owned())]);
    }
}

#[test]
fn each_fault_arrives_as_ordered_and_charges_as_said() {
    for fault in Fault::ALL {
        let mut model = Model::new(Settings {
            latency: "1ms".parse().unwrap(),
            ..faulty(&format!("{}=100", fault.name()))
        });
        let response = model.answer(&request(BODY, None), noon());
        let books = model.books();
        assert_eq!(books.charged, u64::from(fault.charges()), "{fault:?}");
        assert_eq!(books.faults[fault.name()], 1);
        let (status, wire) = match fault {
            Fault::DropBefore => (200, Wire::DropBefore),
            Fault::DropAfter => (200, Wire::DropAfter),
            Fault::Truncate => (200, Wire::Truncate),
            Fault::Hang => (200, Wire::Hang),
            Fault::Http500 => (500, Wire::Deliver),
            Fault::Http502Html => (502, Wire::Deliver),
            Fault::Http503 => (503, Wire::Deliver),
            Fault::RateLimit | Fault::BareRateLimit => (429, Wire::Deliver),
            Fault::Garbage | Fault::NoHeaders | Fault::Slow => (200, Wire::Deliver),
        };
        assert_eq!((response.status, response.wire), (status, wire), "{fault:?}");
        let bare = matches!(fault, Fault::Http502Html | Fault::BareRateLimit | Fault::NoHeaders);
        assert_eq!(response.header("x-ratelimit-limit").is_none(), bare, "{fault:?}");
        let retry = matches!(fault, Fault::Http503 | Fault::RateLimit).then_some("1");
        assert_eq!(response.header("retry-after"), retry, "{fault:?}");
        let is_json = serde_json::from_slice::<Value>(&response.body).is_ok();
        let unreadable =
            matches!(fault, Fault::DropBefore | Fault::Http502Html | Fault::BareRateLimit | Fault::Garbage);
        assert_eq!(is_json, !unreadable, "{fault:?}");
        assert_eq!(response.delay.as_millis(), if fault == Fault::Slow { 10 } else { 1 });
        let answered = u64::from(matches!(wire, Wire::Deliver | Wire::Truncate));
        assert_eq!((books.requests.values().sum::<u64>(), books.unanswered), (answered, 1 - answered));
    }
}

#[test]
fn a_lost_answer_is_replayed_whole() {
    let mut model = Model::new(faulty("drop-after=50,garbage=50"));
    let key = key(1);
    let struck = model.answer(&request(BODY, Some(&key)), noon());
    model.settings.faults = Faults::default();
    let again = model.answer(&request(BODY, Some(&key)), noon());
    assert_eq!(again.header("x-request-id"), struck.header("x-request-id"));
    assert_eq!(body_of(&again)["data"]["company"]["domain"], "acme.com");
    assert_eq!(model.books().charged, 1);
}

#[test]
fn a_slow_answer_keeps_its_key_busy_as_long() {
    let mut model = Model::new(Settings { latency: "50ms".parse().unwrap(), ..faulty("slow=100") });
    let key = key(1);
    model.answer(&request(BODY, Some(&key)), noon());
    assert_eq!(code(&model.answer(&request(BODY, Some(&key)), after(499))), "idempotency_in_progress");
    assert_eq!(model.answer(&request(BODY, Some(&key)), after(500)).status, 200);
}

/// Asks until each body has an answer that is not the fault's, and returns all answers without the balance.
fn answers(settings: &Settings, order: &[usize]) -> Vec<(usize, u16, Value, String, Duration, Wire)> {
    let mut model = Model::new(settings.clone());
    let mut answers = Vec::new();
    for &number in order {
        let body = format!(r#"{{"domain":"company{number}.com"}}"#);
        for attempt in 0..3 {
            let key = key(u128::try_from(number * 10 + attempt).unwrap());
            let response = model.answer(&request(&body, Some(&key)), noon());
            let mut answer: Value = serde_json::from_slice(&response.body).unwrap_or_default();
            if let Some(data) = answer.get_mut("data").and_then(Value::as_object_mut) {
                data.remove("credits_remaining");
            }
            let id = response.header("x-request-id").unwrap_or_default().to_owned();
            answers.push((number, response.status, answer, id, response.delay, response.wire));
        }
    }
    answers.sort_by_key(|answer| answer.0);
    answers
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn order_changes_no_answer(seed: u64, order in Just((0..20).collect::<Vec<usize>>()).prop_shuffle()) {
        let faults = "drop-before=5,drop-after=5,http-500=5,http-502-html=5,rate-limit=5,garbage=5,slow=5";
        let settings = Settings { seed, faults: faults.parse().unwrap(), ..Settings::default() };
        let sorted: Vec<_> = (0..20).collect();
        prop_assert_eq!(answers(&settings, &order), answers(&settings, &sorted));
    }

    #[test]
    fn credits_are_exact(
        credits in 0_u64..30,
        no_match in 0_u8..=100,
        asks in proptest::collection::vec((0_u8..8, 0_u128..12, 0_i64..200), 0..80),
    ) {
        let faults = "drop-after=10,hang=10,truncate=10,http-502-html=10,drop-before=10,slow=10".parse().unwrap();
        let mut model = Model::new(Settings { credits, no_match, faults, ..Settings::default() });
        let mut paid = std::collections::HashSet::new();
        let mut elapsed = 0;
        for (number, key_number, pause) in asks {
            elapsed += pause;
            let body = format!(r#"{{"domain":"company{number}.com"}}"#);
            let before = model.books();
            model.answer(&request(&body, Some(&key(key_number))), after(elapsed));
            let books = model.books();
            // The oracle: a key is paid for once, in whatever state its answers arrived.
            if books.charged > before.charged {
                prop_assert!(paid.insert(key_number), "key {} charged twice", key_number);
            }
        }
        let books = model.books();
        prop_assert_eq!(books.charged, u64::try_from(paid.len()).unwrap());
        prop_assert_eq!(books.credits_left + books.charged, credits);
    }
}
