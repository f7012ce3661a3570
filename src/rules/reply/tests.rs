//! What answers mean, by status, body and subject; bodies are in `fixtures/replies`.

mod paid;
mod refused;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use super::*;

pub(super) fn domain() -> Subject {
    Subject::Domain("acme.com".into())
}

pub(super) fn company_id() -> Subject {
    Subject::CompanyId("0b8e5a2c-0000-4000-8000-000000000000".into())
}

pub(super) fn fixture(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/replies");
    std::fs::read(folder.join(name)).unwrap()
}

pub(super) fn answered(status: u16, body: impl Into<Vec<u8>>, subject: &Subject) -> Reply {
    let body = body.into();
    let kind = if body.starts_with(b"<") { "text/html" } else { "application/json" };
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
    classify(&Attempt::Answered { status, headers, body }, subject)
}

/// The words of a reply that may end up in front of a user.
pub(super) fn words(reply: &Reply) -> &str {
    match reply {
        Reply::Rejected { reason } | Reply::Temporary { reason, .. } => reason,
        _ => "",
    }
}

#[test]
fn a_lost_attempt_is_temporary_and_keeps_what_is_known_of_its_charge() {
    for charge in [Charge::Possible, Charge::Impossible] {
        let lost = Attempt::Lost { reason: "connection reset".into(), charge };
        let expected = Reply::Temporary { reason: "connection reset".into(), charge };
        assert_eq!(classify(&lost, &domain()), expected);
    }
}

/// Texts that a body can carry a key in, as a careless proxy would echo it.
fn bodies_that_echo(key: &str) -> Vec<String> {
    let templates = [
        r#"{"error":{"code":"KEY","message":"bad key KEY"}}"#,
        r#"{"error":{"code":"x","message":"Authorization: Bearer KEY was sent"}}"#,
        r#"{"error":"KEY"}"#,
        r#"{"error":"no such key: KEY"}"#,
        r#"{"code":"KEY","message":"KEY"}"#,
        r#"{"errors":[{"code":"KEY","message":"KEY"}]}"#,
        r#"{"data":"KEY"}"#,
        r#"{"data":{"company":"KEY"}}"#,
        r#"{"KEY":1}"#,
        r#""KEY""#,
        "KEY",
        "<html>KEY</html>",
    ];
    templates.iter().map(|template| template.replace("KEY", key)).collect()
}

#[test]
fn no_message_holds_a_key_that_the_body_echoes() {
    for status in [200, 204, 302, 400, 401, 403, 404, 408, 409, 418, 425, 429, 500, 503, 599] {
        for body in bodies_that_echo("wbk_secret_1234") {
            for subject in [domain(), company_id()] {
                let reply = answered(status, body.clone(), &subject);
                assert!(!words(&reply).contains("wbk_secret"), "{status} {body}: {}", words(&reply));
            }
        }
    }
}

#[test]
fn messages_are_short_and_on_one_line() {
    let noise = "a\\nb\\u001b[31m ".repeat(500);
    let bodies = [
        format!(r#"{{"error":{{"code":"{noise}","message":"{noise}"}}}}"#),
        format!(r#"{{"data":"{noise}"}}"#),
        format!(r#"{{"error":"{noise}"}}"#),
    ];
    for body in bodies {
        for status in [200, 400, 404, 500] {
            let reply = answered(status, body.clone(), &domain());
            assert!(words(&reply).chars().count() < 600, "{status}: {}", words(&reply));
            assert!(!words(&reply).contains(char::is_control), "{status}: {:?}", words(&reply));
        }
    }
}

proptest! {
    /// Whatever comes, it means something, and what may have been charged is never taken for free.
    #[test]
    fn every_answer_means_something(
        status in prop_oneof![0u16..1000, any::<u16>(), prop::sample::select(vec![200, 404, 409, 425, 408, 500])],
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            r#"\{"(data|error|errors|code)":[\{\["]{0,2}[a-z_":,\{\}\[\]0-9]{0,40}"#.prop_map(String::into_bytes),
            ".{0,100}".prop_map(String::into_bytes),
        ],
        html: bool,
        ask_id: bool,
    ) {
        let subject = if ask_id { company_id() } else { domain() };
        let kind = HeaderValue::from_static(if html { "text/html; charset=utf-8" } else { "application/json" });
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, kind)]);
        let reply = classify(&Attempt::Answered { status, headers, body }, &subject);
        let may_be_charged = matches!(reply, Reply::Temporary { charge: Charge::Possible, .. });
        match status {
            200..=299 => prop_assert!(may_be_charged || reply.kind() == ReplyKind::Enriched),
            408 | 425 | 500..=599 => prop_assert!(may_be_charged),
            _ => prop_assert!(reply.kind() != ReplyKind::Enriched),
        }
        prop_assert_eq!(!matches!(reply, Reply::Temporary { .. }), !may_be_charged);
    }
}
