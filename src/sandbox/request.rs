//! What was asked, and whether it is valid: as strict as a server that owes nobody leniency.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::response::Problem;

/// The fields that can be asked for, in the order of the API's reference.
pub(super) const FIELDS: [&str; 9] = [
    "name",
    "industry",
    "size",
    "founded_year",
    "description",
    "hq_location",
    "logo_url",
    "linkedin_url",
    "tech_stack",
];

/// A request to the enrichment endpoint, its method and path already checked.
#[derive(Clone, Copy, Default)]
pub struct Request<'a> {
    /// The `Authorization` header.
    pub authorization: Option<&'a str>,
    /// The `Content-Type` header.
    pub content_type: Option<&'a str>,
    /// The `Idempotency-Key` header.
    pub idempotency_key: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

/// A valid request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    /// Which company.
    pub(super) subject: Subject,
    /// The fields asked for, by their places in [`FIELDS`]; nothing means that no whitelist was given.
    pub(super) fields: Option<Wanted>,
    /// Whether fields that have a value are written again.
    pub(super) overwrite: bool,
    /// The idempotency key.
    pub(super) key: Option<Uuid>,
}

/// How a company is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// By its domain.
    Domain(String),
    /// By the id of its record.
    Id(Uuid),
}

impl Subject {
    /// Returns the domain or the id as text.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Domain(domain) => domain.clone(),
            Self::Id(id) => id.to_string(),
        }
    }
}

/// A set of fields: bit n stands for the nth of [`FIELDS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted(pub(super) u16);

impl Wanted {
    /// Tells whether the field at this place was asked for.
    pub(super) const fn holds(self, place: usize) -> bool {
        self.0 >> place & 1 == 1
    }
}

impl Request<'_> {
    /// Reads the request, or says what is wrong with it.
    pub(super) fn read(&self) -> Result<Ask, Problem> {
        if !self.content_type.is_some_and(is_json) {
            return Err(Problem::invalid("Content-Type must be application/json"));
        }
        let Ok(body) = serde_json::from_slice::<Value>(self.body) else {
            return Err(Problem::invalid("the body is not JSON"));
        };
        let Value::Object(body) = body else {
            return Err(Problem::invalid("the body must be an object"));
        };
        let known = ["company_id", "domain", "fields", "overwrite"];
        if let Some(stranger) = body.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(Problem::invalid(format!("unknown field {stranger:?}")));
        }
        Ok(Ask {
            subject: subject(&body)?,
            fields: body.get("fields").map(wanted).transpose()?,
            overwrite: overwrite(&body)?,
            key: self.idempotency_key.map(key).transpose()?,
        })
    }
}

/// Tells whether a content type is JSON's, whatever its parameters.
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// Reads which company is meant.
fn subject(body: &Map<String, Value>) -> Result<Subject, Problem> {
    match (body.get("company_id"), body.get("domain")) {
        (None, None) => Err(Problem::invalid("either company_id or domain is required")),
        (Some(_), Some(_)) => Err(Problem::invalid("company_id and domain exclude each other")),
        (Some(id), None) => id
            .as_str()
            .and_then(uuid)
            .map(Subject::Id)
            .ok_or_else(|| Problem::invalid("company_id must be a UUID")),
        (None, Some(domain)) => domain
            .as_str()
            .filter(|domain| is_domain(domain))
            .map(|domain| Subject::Domain(domain.to_owned()))
            .ok_or_else(|| Problem::invalid("domain must be a canonical domain such as acme.com")),
    }
}

/// Reads the whitelist of fields.
fn wanted(fields: &Value) -> Result<Wanted, Problem> {
    let Some(names) = fields.as_array().filter(|names| !names.is_empty()) else {
        return Err(Problem::invalid("fields must be an array of at least one field name"));
    };
    names.iter().try_fold(Wanted::default(), |wanted, name| {
        match FIELDS.iter().position(|known| name.as_str() == Some(*known)) {
            Some(place) => Ok(Wanted(wanted.0 | 1 << place)),
            None => Err(Problem::invalid(format!("fields: {name} is not one of {}", FIELDS.join(", ")))),
        }
    })
}

/// Reads whether fields that have a value are written again.
fn overwrite(body: &Map<String, Value>) -> Result<bool, Problem> {
    match body.get("overwrite") {
        None => Ok(false),
        Some(Value::Bool(overwrite)) => Ok(*overwrite),
        Some(_) => Err(Problem::invalid("overwrite must be true or false")),
    }
}

/// Reads the idempotency key.
fn key(text: &str) -> Result<Uuid, Problem> {
    uuid(text).ok_or_else(|| Problem::invalid("Idempotency-Key must be a UUID"))
}

/// Reads a UUID in the one form with hyphens.
fn uuid(text: &str) -> Option<Uuid> {
    if text.len() == uuid::fmt::Hyphenated::LENGTH { Uuid::try_parse(text).ok() } else { None }
}

/// Tells whether this is a domain in canonical form: lower-case ASCII labels, at least two, the last not a number.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let Some((_, last)) = text.rsplit_once('.') else {
        return false;
    };
    text.len() <= 253 && text.split('.').all(is_label) && last.bytes().any(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Ask, String> {
        let request = Request {
            content_type: Some("application/json; charset=utf-8"),
            body: body.as_bytes(),
            ..Request::default()
        };
        request.read().map_err(|problem| problem.message.into_owned())
    }

    #[test]
    fn a_whole_request_is_read() {
        let ask = read(r#"{"domain":"acme.com","fields":["size","name"],"overwrite":true}"#).unwrap();
        assert_eq!(ask.subject, Subject::Domain("acme.com".to_owned()));
        assert_eq!(ask.fields, Some(Wanted(0b101)));
        assert!(ask.overwrite);
        let ask = read(r#"{"company_id":"6C1F0A52-9d1e-4e0b-8a3d-5f27c4b971e6"}"#).unwrap();
        assert_eq!(ask.subject.text(), "6c1f0a52-9d1e-4e0b-8a3d-5f27c4b971e6");
        assert_eq!(ask.fields, None);
    }

    #[test]
    fn every_slip_is_refused() {
        for (body, expected) in [
            ("", "not JSON"),
            ("{", "not JSON"),
            ("[]", "must be an object"),
            ("{}", "is required"),
            (r#"{"domain":"a.com","company_id":"6c1f0a52-9d1e-4e0b-8a3d-5f27c4b971e6"}"#, "exclude"),
            (r#"{"domain":"a.com","company_id":null}"#, "exclude"),
            (r#"{"company_id":"acme"}"#, "company_id must be"),
            (r#"{"company_id":"6c1f0a529d1e4e0b8a3d5f27c4b971e6"}"#, "company_id must be"),
            (r#"{"company_id":7}"#, "company_id must be"),
            (r#"{"domain":null}"#, "domain must be"),
            (r#"{"domain":"a.com","field":["name"]}"#, "unknown field \"field\""),
            (r#"{"domain":"a.com","fields":[]}"#, "at least one"),
            (r#"{"domain":"a.com","fields":"name"}"#, "at least one"),
            (r#"{"domain":"a.com","fields":["nam"]}"#, "\"nam\" is not one of"),
            (r#"{"domain":"a.com","fields":[1]}"#, "1 is not one of"),
            (r#"{"domain":"a.com","overwrite":"yes"}"#, "overwrite must be"),
        ] {
            let message = read(body).unwrap_err();
            assert!(message.contains(expected), "{body}: {message}");
        }
    }

    #[test]
    fn domains_are_canonical() {
        for good in ["acme.com", "a.co", "blog.acme.co.uk", "xn--mller-kva.de", "3m.com", "a-b.xn--p1ai"] {
            assert!(is_domain(good), "{good}");
        }
        let long = format!("{}.com", "a".repeat(64));
        for bad in [
            "",
            "acme",
            ".com",
            "acme.",
            "acme..com",
            "Acme.com",
            "müller.de",
            "https://acme.com",
            "acme.com/",
            "acme.com:80",
            "-a.com",
            "a-.com",
            "a_b.com",
            "10.0.0.1",
            "a b.com",
            " acme.com",
            "me@acme.com",
            &long,
        ] {
            assert!(!is_domain(bad), "{bad}");
        }
    }

    #[test]
    fn the_headers_count_too() {
        let body = br#"{"domain":"acme.com"}"#;
        for content_type in [None, Some("text/plain"), Some("application/jsonp"), Some("")] {
            let request = Request { content_type, body, ..Request::default() };
            assert!(request.read().unwrap_err().message.contains("Content-Type"), "{content_type:?}");
        }
        for key in ["", "abc", "6c1f0a529d1e4e0b8a3d5f27c4b971e6"] {
            let content_type = Some("Application/JSON");
            let request = Request { content_type, idempotency_key: Some(key), body, ..Request::default() };
            assert!(request.read().unwrap_err().message.contains("Idempotency-Key"), "{key}");
        }
    }
}
