//! The sandbox over real sockets: that the wire does what the model says, byte by byte where it matters.

use std::io::{Read, Write};
use std::net::TcpStream as Plain;

use super::super::background::Sandbox;
use super::super::settings::Latency;
use super::*;

const BODY: &str = r#"{"domain":"acme.com"}"#;

fn start(faults: &str) -> Sandbox {
    let settings = Settings {
        no_match: 0,
        latency: Latency::default(),
        faults: faults.parse().unwrap(),
        ..Settings::default()
    };
    Sandbox::start(settings).unwrap()
}

/// Sends bytes and returns all that comes back until the connection ends, or until `patience` is over.
fn exchange(sandbox: &Sandbox, head: &str, body: &[u8], patience: Duration) -> String {
    let address = sandbox.base_url().strip_prefix("http://").unwrap();
    let mut stream = Plain::connect(address).unwrap();
    stream.set_read_timeout(Some(patience)).unwrap();
    let length = body.len();
    let head = format!("{head}Host: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    // The server may hang up before it has read a body that is too large.
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn ask(sandbox: &Sandbox) -> String {
    let head = "POST /v1/enrich/company HTTP/1.1\r\nAuthorization: Bearer wbk_sandbox\r\n\
                Content-Type: application/json\r\n";
    exchange(sandbox, head, BODY.as_bytes(), Duration::from_secs(5))
}

#[test]
fn a_question_is_answered_and_booked() {
    let sandbox = start("none");
    let answer = ask(&sandbox);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    for header in ["date: ", "x-request-id: ", "x-ratelimit-limit: 10000", "x-ratelimit-remaining: 9999"] {
        assert!(answer.contains(&format!("\r\n{header}")), "{answer}");
    }
    assert_eq!(answer.matches("\r\ndate: ").count(), 1);
    assert!(answer.contains(r#""domain":"acme.com""#) && answer.ends_with(r#""credits_remaining":4999}}"#));
    assert_eq!(sandbox.books().charged, 1);
}

#[test]
fn everything_else_is_refused() {
    let sandbox = start("none");
    let patience = Duration::from_secs(5);
    for (head, length, status, code) in [
        ("POST /v1/enrich/people HTTP/1.1\r\n", 2, "404 Not Found", "route_not_found"),
        ("GET /v1/enrich/company HTTP/1.1\r\n", 0, "405 Method Not Allowed", "method_not_allowed"),
        (
            "POST /v1/enrich/company HTTP/1.1\r\n",
            BODY_LIMIT + 1,
            "413 Payload Too Large",
            "payload_too_large",
        ),
        ("POST /v1/enrich/company HTTP/1.1\r\n", BODY_LIMIT, "401 Unauthorized", "invalid_key"),
        ("POST /v1/enrich/company HTTP/1.1\r\nAuthorization: Bearer \u{fc}\r\n", 2, "401", "invalid_key"),
    ] {
        let answer = exchange(&sandbox, head, &vec![b' '; length], patience);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{head}: {answer}");
        assert!(
            answer.contains(&format!("\"code\":\"{code}\"")) && answer.contains("x-ratelimit-limit"),
            "{answer}"
        );
    }
    let welcome = exchange(&sandbox, "GET / HTTP/1.1\r\n", &[], patience);
    assert!(welcome.contains(sandbox.base_url()) && welcome.contains("wbk_sandbox"), "{welcome}");
}

#[test]
fn lost_connections_say_nothing() {
    for (fault, charged) in [("drop-before", 0), ("drop-after", 1)] {
        let sandbox = start(&format!("{fault}=100"));
        assert_eq!(ask(&sandbox), "", "{fault}");
        assert_eq!(sandbox.books().charged, charged);
    }
}

#[test]
fn a_truncated_answer_is_shorter_than_it_says() {
    let sandbox = start("truncate=100");
    let answer = ask(&sandbox);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let length: usize = length.parse().unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK") && !body.is_empty() && body.len() < length, "{answer}");
}

#[test]
fn a_hanging_answer_keeps_the_line_open_and_the_sandbox_stops_anyway() {
    let sandbox = start("hang=100");
    let head = "POST /v1/enrich/company HTTP/1.1\r\nAuthorization: Bearer wbk_sandbox\r\n\
                Content-Type: application/json\r\n";
    assert_eq!(exchange(&sandbox, head, BODY.as_bytes(), Duration::from_millis(100)), "");
    assert_eq!(sandbox.books().charged, 1);
    let address = sandbox.base_url().strip_prefix("http://").unwrap().to_owned();
    let _open = Plain::connect(&address).unwrap();
    drop(sandbox);
    assert!(Plain::connect(&address).is_err());
}

#[tokio::test]
async fn http2_is_spoken_and_loses_streams() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    let post = |sandbox: &Sandbox| {
        client
            .post(format!("{}/v1/enrich/company", sandbox.base_url()))
            .header("authorization", format!("Bearer {}", sandbox.api_key()))
            .header("content-type", "application/json")
            .body(BODY)
            .send()
    };
    let sandbox = start("none");
    let (first, second) = tokio::join!(post(&sandbox), post(&sandbox));
    let first = first.unwrap();
    assert_eq!((first.version(), first.status()), (http::Version::HTTP_2, StatusCode::OK));
    assert!(second.unwrap().text().await.unwrap().contains("acme.com"));
    let sandbox = start("drop-after=100");
    assert!(post(&sandbox).await.is_err());
    let sandbox = start("truncate=100");
    assert!(post(&sandbox).await.unwrap().bytes().await.is_err());
}

#[tokio::test]
async fn serving_ends_with_its_future() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::time::timeout(Duration::from_millis(20), serve(Settings::default(), listener)).await;
    assert!(served.is_err());
    assert!(TcpStream::connect(address).await.is_err());
}

#[test]
fn the_usage_text_keeps_a_key_of_the_users_own_to_itself() {
    let mut settings = Settings::default();
    assert!(usage("http://127.0.0.1:1", &settings).contains("Bearer wbk_sandbox"));
    settings.set("api-key", "wbk_mine").unwrap();
    assert!(!usage("http://127.0.0.1:1", &settings).contains("wbk_mine"));
}
