//! What is asked: a domain or a company id, read from what people type and paste.
//!
//! Two texts that mean the same company under the given rules give equal [`Subject`]s: the subject is the identity for
//! deduplication, and what is sent. Parsing is total: a text is a subject or has one [`InvalidInput`] reason.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use super::domain;
use super::pieces::is_placeholder;
use super::redact::{excerpt, is_invisible};

/// Whom a call asks about, in the canonical form that is sent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A domain: lower case, ASCII (punycode), without `www.`, port or path.
    Domain(Arc<str>),
    /// The id of a company record: a lower-case hyphenated UUID.
    CompanyId(Arc<str>),
}

impl Subject {
    /// Returns the domain or the id.
    pub fn text(&self) -> &str {
        match self {
            Self::Domain(text) | Self::CompanyId(text) => text,
        }
    }

    /// Returns the same text, to be kept.
    pub fn shared(&self) -> Arc<str> {
        match self {
            Self::Domain(text) | Self::CompanyId(text) => Arc::clone(text),
        }
    }

    /// Returns the name of the body field that carries it: `domain` or `company_id`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Domain(_) => "domain",
            Self::CompanyId(_) => "company_id",
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// What a row asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What is asked first: the id, where the row has a valid one.
    pub first: Subject,
    /// What is asked next if `first` is an id that is not found: the row's domain.
    pub fallback: Option<Subject>,
}

impl From<Subject> for Target {
    fn from(subject: Subject) -> Self {
        Self { first: subject, fallback: None }
    }
}

/// Which domain is asked for a host below a registrable domain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subdomains {
    /// The host as it stands.
    Keep,
    /// The registrable domain, by the Public Suffix List.
    #[default]
    Collapse,
}

/// Why a text names no company that could be asked; the message is the value of `enrich_error`.
///
/// Quoted texts are [`excerpt`]s: without keys and control characters, of bounded length. The order of the variants is
/// how much each tells about a row, least first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidInput {
    /// Nothing is there.
    #[error("empty")]
    Empty,
    /// A word or mark that people write where there is nothing: `n/a`, `-`, `#REF!`.
    #[error("'{0}' stands for no value")]
    Placeholder(Box<str>),
    /// A word, not a domain.
    #[error("'{0}' is not a domain: it has no dot")]
    NoDot(Box<str>),
    /// An id that is none.
    #[error("'{0}' is not a company id: it is not a UUID")]
    NotAnId(Box<str>),
    /// Longer than any domain (253 bytes) or URL (8 KiB).
    #[error("'{0}' is too long for a domain")]
    TooLong(Box<str>),
    /// A part of it can be no part of a domain name.
    #[error("'{text}' is not a domain: '{part}' cannot be part of one")]
    NotADomain {
        /// What was read.
        text: Box<str>,
        /// The offending part.
        part: Box<str>,
    },
    /// It ends in nothing that can be registered under: most often a typo or a file name.
    #[error("'{text}' is not a domain: there is no top-level domain '.{top}'")]
    UnknownTopLevel {
        /// What was read.
        text: Box<str>,
        /// Its last label.
        top: Box<str>,
    },
    /// A host by its address.
    #[error("'{0}' is an IP address, not a domain")]
    IpAddress(Box<str>),
    /// A name that is kept for local networks, tests or documentation, such as `localhost` or `.internal`.
    #[error("'{0}' is a name for local or test networks, not a company's domain")]
    Reserved(Box<str>),
    /// A public suffix alone, such as `co.uk` or `github.io`.
    #[error("'{0}' is a public suffix, under which others register, not a company's domain")]
    PublicSuffix(Box<str>),
    /// The host of a free-mail provider, such as `gmail.com`.
    #[error("'{0}' is a free-mail provider, not a company's domain")]
    FreeMail(Box<str>),
    /// The host of mailboxes for a few minutes, such as `mailinator.com`.
    #[error("'{0}' is a disposable-mail provider, not a company's domain")]
    DisposableMail(Box<str>),
    /// An address at a provider that gives its customers mailboxes, such as `sky.com`.
    #[error("'{0}' gives its customers mailboxes: an address there names no company")]
    CustomerMail(Box<str>),
    /// A page on a host where others have theirs, such as a profile at `linkedin.com`.
    #[error("'{page}' is a profile or page at {host}, not a company's own site")]
    Page {
        /// The host and the path.
        page: Box<str>,
        /// The host.
        host: Box<str>,
    },
    /// Domains of different companies in one cell.
    #[error("several domains: '{first}' and '{second}'")]
    SeveralDomains {
        /// The first of them, as it would be asked.
        first: Box<str>,
        /// The next that differs.
        second: Box<str>,
    },
    /// A line of JSON that is no object.
    #[error("line {line} is no JSON object: {why}")]
    NotAnObject {
        /// Its number, counted from 1.
        line: u64,
        /// What it is, or where it breaks off.
        why: Box<str>,
    },
}

impl InvalidInput {
    /// Returns the reason that says more about a row; the first of equals.
    #[must_use]
    pub(super) fn more_telling(first: Option<Self>, second: Option<Self>) -> Option<Self> {
        match (first, second) {
            (Some(first), Some(second)) if second.rank() > first.rank() => Some(second),
            (first, second) => first.or(second),
        }
    }

    /// Returns the name of the sort of reason.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Placeholder(_) => "placeholder",
            Self::NoDot(_) => "no_dot",
            Self::NotAnId(_) => "not_an_id",
            Self::TooLong(_) => "too_long",
            Self::NotADomain { .. } => "not_a_domain",
            Self::UnknownTopLevel { .. } => "unknown_top_level",
            Self::IpAddress(_) => "ip_address",
            Self::Reserved(_) => "reserved",
            Self::PublicSuffix(_) => "public_suffix",
            Self::FreeMail(_) => "free_mail",
            Self::DisposableMail(_) => "disposable_mail",
            Self::CustomerMail(_) => "customer_mail",
            Self::Page { .. } => "page",
            Self::SeveralDomains { .. } => "several_domains",
            Self::NotAnObject { .. } => "not_an_object",
        }
    }

    /// Tells whether the text is a host or URL as it should be, and is refused for whose it is: nobody names a column so.
    pub const fn is_well_formed(&self) -> bool {
        matches!(
            self,
            Self::FreeMail(_) | Self::DisposableMail(_) | Self::CustomerMail(_) | Self::Page { .. }
        )
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Empty => 0,
            Self::Placeholder(_) => 1,
            Self::NoDot(_) => 2,
            Self::NotAnId(_) => 3,
            Self::TooLong(_) => 4,
            Self::NotADomain { .. } => 5,
            Self::UnknownTopLevel { .. } => 6,
            Self::IpAddress(_) => 7,
            Self::Reserved(_) => 8,
            Self::PublicSuffix(_) => 9,
            Self::FreeMail(_) => 10,
            Self::DisposableMail(_) => 11,
            Self::CustomerMail(_) => 12,
            Self::Page { .. } => 13,
            Self::SeveralDomains { .. } => 14,
            Self::NotAnObject { .. } => 15,
        }
    }
}

/// Reads a domain from a domain, URL or e-mail address in any usual spelling.
///
/// A cell with several domains is read if all of them mean the same company, and is invalid otherwise.
pub fn parse_domain(text: &str, subdomains: Subdomains) -> Result<Subject, InvalidInput> {
    domain::parse(text, subdomains).map(Subject::Domain)
}

/// Reads a company id from a UUID in any usual spelling: upper case, braces, `urn:uuid:`, without hyphens.
pub fn parse_company_id(text: &str) -> Result<Subject, InvalidInput> {
    let is_around = |char: char| char.is_whitespace() || is_invisible(char) || "\"'{}()[]<>,;".contains(char);
    let trimmed = text.trim_matches(is_around);
    if trimmed.is_empty() {
        return Err(InvalidInput::Empty);
    }
    let id = Uuid::try_parse(trimmed).map_err(|_| {
        let sort = if is_placeholder(trimmed) { InvalidInput::Placeholder } else { InvalidInput::NotAnId };
        sort(excerpt(trimmed))
    })?;
    let mut buffer = Uuid::encode_buffer();
    Ok(Subject::CompanyId(Arc::from(&*id.hyphenated().encode_lower(&mut buffer))))
}

/// Reads a company id where the text is a UUID, else a domain.
pub fn parse_any(text: &str, subdomains: Subdomains) -> Result<Subject, InvalidInput> {
    // The shortest spelling of a UUID has 32 characters, which few domains have.
    if text.len() >= 32
        && let Ok(id) = parse_company_id(text)
    {
        return Ok(id);
    }
    parse_domain(text, subdomains)
}

/// Reads what a row asks for from its id cell and its domain cells, the most trusted first.
///
/// The first valid domain counts; an id that is invalid is passed over where there is one. Where nothing is valid, the
/// most telling reason is given.
pub fn parse_row(id: Option<&str>, domains: &[&str], subdomains: Subdomains) -> Result<Target, InvalidInput> {
    let mut reason = None;
    let mut keep_reason = |error| reason = InvalidInput::more_telling(reason.take(), Some(error));
    let id = id.and_then(|text| parse_company_id(text).map_err(&mut keep_reason).ok());
    let domain =
        domains.iter().find_map(|text| parse_domain(text, subdomains).map_err(&mut keep_reason).ok());
    match (id, domain) {
        (Some(first), fallback) => Ok(Target { first, fallback }),
        (None, Some(first)) => Ok(Target { first, fallback: None }),
        (None, None) => Err(reason.unwrap_or(InvalidInput::Empty)),
    }
}

#[cfg(test)]
mod tests;
