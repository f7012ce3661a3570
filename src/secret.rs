//! The API key: readable by one caller only, and shown by nobody.
//!
//! No `Display`, a redacted `Debug`, wiped from memory when dropped. `transport/http.rs` exposes it once, to make the
//! `Authorization` header; settings take its fingerprint.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// What every key of the vendor's begins with. Source: the vendor's authentication page.
const PREFIX: &str = "wbk_";

/// An API key.
#[derive(Clone)]
pub struct ApiKey(SecretString);

/// Why a text is no key. Never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyError {
    /// Nothing is there.
    #[error("the API key is empty")]
    Empty,
    /// It does not begin as keys do.
    #[error("this is not a LeadLex API key: keys start with {PREFIX}")]
    Prefix,
    /// It holds characters that no header can carry.
    #[error("the API key holds spaces or unprintable characters")]
    Characters,
}

impl ApiKey {
    /// Reads a key; white space around it is dropped.
    pub fn parse(text: &str) -> Result<Self, ApiKeyError> {
        let text = text.trim();
        if text.is_empty() {
            Err(ApiKeyError::Empty)
        } else if !text.chars().all(|c| c.is_ascii_graphic()) {
            Err(ApiKeyError::Characters)
        } else if !text.starts_with(PREFIX) {
            Err(ApiKeyError::Prefix)
        } else {
            Ok(Self(SecretString::from(text)))
        }
    }

    /// Returns the key itself.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({PREFIX}[redacted])")
    }
}

/// Keeps the process's memory, and the key in it, out of core dumps and away from other processes of the user.
pub fn forbid_core_dumps() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // A kernel that refuses leaves things as they were before; there is nothing else to do about it.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_not_shown() {
        let key = ApiKey::parse(" wbk_live_1234\n").unwrap();
        assert_eq!(key.expose(), "wbk_live_1234");
        assert_eq!(format!("{key:?}"), "ApiKey(wbk_[redacted])");
    }

    #[test]
    fn what_is_no_key_is_told_without_being_quoted() {
        let cases = [
            ("", ApiKeyError::Empty),
            ("sk_live_1", ApiKeyError::Prefix),
            ("wbk_a b", ApiKeyError::Characters),
        ];
        for (text, error) in cases {
            assert_eq!(ApiKey::parse(text).unwrap_err(), error);
        }
    }
}
