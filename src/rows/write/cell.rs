//! What a cell of a workbook holds: text as it was read, and a number, a moment or a link only in our own columns.
//!
//! Nothing is ever written as a formula. A link leads over http or https to where its text says, or the cell is only text.

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::rows::own::OwnColumn;
use crate::rules::field::Field;

/// The longest text of a cell, in units of UTF-16. Source: Excel's specifications and limits.
pub(super) const TEXT_MAX: usize = 32_767;
/// The longest address of a link. Source: what Excel opens without repairing the file.
const LINK_MAX: usize = 2_079;
/// Numbers up to this are exact in a spreadsheet, which keeps 15 digits.
const NUMBER_MAX: f64 = 1e15;
/// The days from a spreadsheet's day 0 to 1970-01-01, counted so from 1900-03-01 on.
const DAYS_TO_1970: f64 = 25_569.0;
/// 1900-03-01. Before it, spreadsheets count a day that never was.
const DAYS_MIN: f64 = 61.0;
const MILLISECONDS_A_DAY: f64 = 86_400_000.0;

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Its text.
    Text,
    /// A number.
    Number(f64),
    /// A moment in UTC, in days since the spreadsheet's day 0.
    Moment(f64),
    /// Its text, and where it leads, as the library takes it.
    Link(String),
}

impl Value {
    /// Returns what a text is in one of our columns. In a column of the input it is text.
    pub(super) fn of(text: &str, column: Option<OwnColumn>) -> Self {
        let value = match column {
            Some(OwnColumn::Confidence | OwnColumn::Field(Field::FoundedYear)) => {
                number(text).map(Self::Number)
            }
            Some(OwnColumn::At) => moment(text).map(Self::Moment),
            Some(OwnColumn::Field(Field::LogoUrl | Field::LinkedinUrl)) => {
                link(text).and_then(as_taken).map(Self::Link)
            }
            Some(OwnColumn::Domain) => link_to_domain(text).and_then(as_taken).map(Self::Link),
            _ => None,
        };
        value.unwrap_or(Self::Text)
    }
}

/// Reads a number as JSON writes it, if a spreadsheet keeps it.
fn number(text: &str) -> Option<f64> {
    let is_bare = !text.contains(char::is_whitespace);
    let number = serde_json::from_str::<serde_json::Number>(text).ok().filter(|_| is_bare)?;
    number.as_f64().filter(|number| number.abs() < NUMBER_MAX)
}

/// Reads a moment.
fn moment(text: &str) -> Option<f64> {
    let moment: Timestamp = text.parse().ok()?;
    // Milliseconds of the years that there are stay far below what a float holds exactly.
    #[expect(clippy::cast_precision_loss, reason = "exact up to the year 287,396")]
    let days = moment.as_millisecond() as f64 / MILLISECONDS_A_DAY + DAYS_TO_1970;
    (days >= DAYS_MIN).then_some(days)
}

/// Returns where a text leads that is an address of the web and nothing else.
fn link(text: &str) -> Option<Url> {
    let is_web = ["http://", "https://"]
        .iter()
        .any(|start| text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start)));
    // An address reader drops or turns these, so that a person would read another address than the one that is opened.
    let is_plain = !text.contains(|char: char| char.is_whitespace() || char.is_control() || char == '\\');
    let url = Url::parse(text).ok().filter(|_| is_web && is_plain)?;
    let names_nobody = url.username().is_empty() && url.password().is_none();
    (names_nobody && url.has_host() && url.as_str().len() <= LINK_MAX).then_some(url)
}

/// Returns where the website of a domain is.
fn link_to_domain(domain: &str) -> Option<Url> {
    let is_name = domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    let url = link(&format!("https://{domain}/")).filter(|_| is_name)?;
    (domain.contains('.') && url.host_str() == Some(domain)).then_some(url)
}

/// Returns an address so that the library writes it as it is; absent where it cannot.
///
/// It escapes each `%` once more, except in an address with one of a few escapes that spreadsheets make themselves. All others
/// have to be without any, which holds if the address stays the same without them, as one in another script does.
fn as_taken(url: Url) -> Option<String> {
    const KNOWN: [&str; 11] = ["%20", "%25", "%22", "%60", "%3C", "%3E", "%5B", "%5D", "%5E", "%7B", "%7D"];
    // Its brackets would be escaped.
    if matches!(url.host(), Some(Host::Ipv6(_))) {
        return None;
    }
    let before = url.as_str().split('#').next().unwrap_or_default();
    if !before.contains('%') || KNOWN.iter().any(|known| before.to_ascii_uppercase().contains(known)) {
        return Some(url.into());
    }
    let bare = percent_decode_str(url.as_str()).decode_utf8().ok()?;
    let is_plain = bare.chars().all(|char| char.is_alphanumeric() || char.is_ascii_graphic() && char != '%');
    let is_same = Url::parse(&bare).is_ok_and(|again| again == url);
    (is_plain && is_same).then(|| bare.into_owned())
}

/// Returns whether a text is longer than a cell holds; then its length.
pub(super) fn too_long(text: &str) -> Option<usize> {
    if text.len() <= TEXT_MAX {
        return None;
    }
    Some(text.encode_utf16().count()).filter(|length| *length > TEXT_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_moments_are_those_of_our_columns_alone() {
        let of = |text, column| Value::of(text, Some(column));
        assert_eq!(of("0.870", OwnColumn::Confidence), Value::Number(0.87));
        assert_eq!(of("1998", OwnColumn::Field(Field::FoundedYear)), Value::Number(1998.0));
        for text in
            ["", "0998", "+1", "1e400", " 1", "1 ", "NaN", "=1", "1234567890123456", "1,5", "1998 or so"]
        {
            assert_eq!(of(text, OwnColumn::Field(Field::FoundedYear)), Value::Text, "{text}");
        }
        assert_eq!(of("2024-02-26T12:00:00.000Z", OwnColumn::At), Value::Moment(45348.5));
        assert_eq!(of("1900-03-01T00:00:00Z", OwnColumn::At), Value::Moment(61.0));
        for text in ["1900-02-28T00:00:00Z", "2024-02-26", "yesterday"] {
            assert_eq!(of(text, OwnColumn::At), Value::Text, "{text}");
        }
        for text in ["1998", "0.5", "https://acme.com", "2024-02-26T12:00:00.000Z"] {
            assert_eq!(Value::of(text, None), Value::Text);
            assert_eq!(of(text, OwnColumn::RequestId), Value::Text);
        }
    }

    #[test]
    fn a_link_leads_to_the_web_and_where_it_says() {
        let logo = |text: &str| Value::of(text, Some(OwnColumn::Field(Field::LogoUrl)));
        for text in ["https://acme.com/logo.png", "HTTP://acme.com/a?b=\"c'<d>&e#f", "https://müller.de/ä"]
        {
            assert!(matches!(logo(text), Value::Link(_)), "{text}");
        }
        let not_followed = [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "internal:Sheet1!A1",
            "mailto:a@acme.com",
            "\\\\server\\share",
            "acme.com/logo.png",
            "https:acme.com",
            "https://",
            "https:///",
            "https://acme.com@evil.com/",
            "https://acme.com\t.evil.com",
            "https:\\\\acme.com",
            " https://acme.com",
            "https://acme.com/a b",
            "=HYPERLINK(\"https://acme.com\")",
            "httpsé://acme.com",
        ];
        for text in not_followed {
            assert_eq!(logo(text), Value::Text, "{text}");
        }
        let long = format!("https://acme.com/{}", "x".repeat(LINK_MAX - 17));
        assert!(matches!(logo(&long), Value::Link(_)));
        assert_eq!(logo(&format!("{long}x")), Value::Text);
    }

    #[test]
    fn a_link_is_not_escaped_twice() {
        let taken = |text: &str| as_taken(Url::parse(text).unwrap());
        let same = ["https://acme.com/a?b=c#d", "https://acme.com/a%20%C3%A4", "https://acme.com/a%3cb"];
        for text in same {
            assert_eq!(taken(text).as_deref(), Some(text));
        }
        let linkedin = "https://www.linkedin.com/company/m%C3%BCller";
        assert_eq!(taken(linkedin).as_deref(), Some("https://www.linkedin.com/company/müller"));
        for text in
            ["https://acme.com/a%2Fb", "https://acme.com/%EF%BF%BF", "https://acme.com/%FF", "https://[::1]/"]
        {
            assert_eq!(taken(text), None, "{text}");
        }
    }

    #[test]
    fn a_domain_leads_to_its_website() {
        let domain = |text: &str| Value::of(text, Some(OwnColumn::Domain));
        assert_eq!(domain("acme.com"), Value::Link("https://acme.com/".to_owned()));
        for text in
            ["", "acme", "acme.com/x", "acme.com:80", "a@acme.com", "Acme.com", "acme.com#x", "=acme.com"]
        {
            assert_eq!(domain(text), Value::Text, "{text}");
        }
    }

    #[test]
    fn length_is_counted_as_spreadsheets_do() {
        assert_eq!(too_long(&"ä".repeat(TEXT_MAX)), None);
        assert_eq!(too_long(&"ä".repeat(TEXT_MAX + 1)), Some(TEXT_MAX + 1));
        assert_eq!(too_long(&"😀".repeat(TEXT_MAX / 2)), None);
        assert_eq!(too_long(&"😀".repeat(TEXT_MAX / 2 + 1)), Some(TEXT_MAX + 1));
    }
}
