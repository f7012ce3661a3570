//! What is asked: a domain or a company id, read from what people type and paste.
//!
//! Two texts that mean the same company under the given rules give equal [`Subject`]s: the subject is the identity for
//! deduplication, and what is sent. Parsing is total: a text is a subject or has one [`InvalidInput`] reason.

use std::fmt;
use std::sync::Arc;

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

/// Which domain is asked for a host below a registrable domain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subdomains {
    /// The host as it stands.
    Keep,
    /// The registrable domain, by the Public Suffix List.
    #[default]
    Collapse,
}

/// Why a text names no company that could be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidInput {
    /// Nothing is there.
    #[error("empty")]
    Empty,
}
