//! What answers mean: any status, headers and body have a meaning, without a panic and without showing a key.
//!
//! An answer that begins with `HTTP/` has a status, headers and a body; anything else is a body under every status.

#![no_main]

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use leadenrich::rules::company::Company;
use leadenrich::rules::field::Field;
use leadenrich::rules::reply::{Attempt, Charge, Reply, classify, probe};
use leadenrich::rules::target::Subject;
use leadenrich_fuzz::{assert_shown, headers};
use libfuzzer_sys::fuzz_target;

/// Longer than any words about an answer: code, message and advice.
const LONGEST: usize = 600;

/// Those that mean something by themselves, and some that do not.
const STATUSES: [u16; 19] =
    [0, 200, 201, 204, 302, 400, 401, 402, 403, 404, 405, 408, 409, 418, 425, 429, 500, 503, 999];

fuzz_target!(|data: &[u8]| {
    let subjects = [
        Subject::Domain("acme.com".into()),
        Subject::CompanyId("0b8e5a2c-0000-4000-8000-000000000000".into()),
    ];
    let answers = match data.strip_prefix(b"HTTP/") {
        Some(answer) => vec![whole(answer)],
        None => STATUSES.iter().map(|status| alone(*status, data)).collect(),
    };
    for (status, headers, body) in answers {
        let attempt = Attempt::Answered { status, headers, body: body.to_vec() };
        let _ = probe::judge(&attempt);
        for subject in &subjects {
            look_at(&classify(&attempt, subject), status, body);
        }
    }
});

fn look_at(reply: &Reply, status: u16, body: &[u8]) {
    match reply {
        Reply::Enriched { enrichment, .. } => {
            assert!((200..300).contains(&status), "a company that is not paid for");
            let json = enrichment.company.json();
            // What is read of a body may be text while the rest of it is none.
            let is_inside = body.windows(json.len()).any(|part| part == json.as_bytes());
            let is_on_lines = body.contains(&b'\n') || body.contains(&b'\r');
            assert!(is_inside || is_on_lines, "not the API's own text");
            assert!(!json.contains(['\n', '\r']), "on several lines");
            assert_eq!(Company::parse(json).map(|company| company.json().len()), Ok(json.len()));
            for field in Field::ALL {
                let _ = enrichment.company.field(field);
            }
        }
        Reply::Temporary { reason, charge } => {
            assert!(
                *charge == Charge::Possible || !(200..300).contains(&status),
                "a paid call that counts as free"
            );
            assert_shown(reason, LONGEST);
        }
        Reply::Rejected { reason } => assert_shown(reason, LONGEST),
        Reply::NoMatch | Reply::NotFound | Reply::Halt(_) | Reply::Barred | Reply::RateLimited => {}
    }
}

/// Takes an answer apart behind its `HTTP/`.
fn whole(answer: &[u8]) -> (u16, HeaderMap, &[u8]) {
    let end = answer.windows(2).position(|two| two == b"\n\n").unwrap_or(answer.len());
    let (head, body) = answer.split_at(end);
    let status = head.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    let status =
        std::str::from_utf8(status.get(..3).unwrap_or_default()).ok().and_then(|text| text.parse().ok());
    (
        status.unwrap_or_default(),
        headers(head.split(|byte| *byte == b'\n')),
        body.get(2..).unwrap_or_default(),
    )
}

/// Returns an answer of which the body is all that is known.
fn alone(status: u16, body: &[u8]) -> (u16, HeaderMap, &[u8]) {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    (status, headers, body)
}
