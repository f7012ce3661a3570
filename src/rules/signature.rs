//! What identifies a call: its signature, its idempotency key, and which stored answers serve it.
//!
//! The key is derived, never drawn: the same signature and generation give the same key in every process and every
//! run, so that a ledger which lost its last commits, or was lost whole, asks again under the key it used before.
//! The derivation is part of the ledger's format and must not change; a test pins it.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use super::field::FieldSet;
use super::outcome::RowStatus;
use super::target::Subject;

/// How long after it was first sent a key is counted on: an hour less than the API promises, for clocks that differ.
pub const KEY_PROTECTS: SignedDuration = SignedDuration::from_hours(23);

/// From this age on the API has certainly forgotten a key, so that its protection starts anew when it is sent again:
/// an hour more than the API promises.
pub const KEY_FORGOTTEN: SignedDuration = SignedDuration::from_hours(25);

/// The UUID namespace of idempotency keys.
const KEY_NAMESPACE: Uuid = Uuid::from_u128(0x6c65_6164_656e_7269_6368_2d6b_6579_0001);

/// The UUID namespace of fingerprints of API keys.
const FINGERPRINT_NAMESPACE: Uuid = Uuid::from_u128(0x6c65_6164_656e_7269_6368_2d66_7072_0001);

/// Whose answers these are: results of different base URLs and keys never mix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The API's base URL, or what stands for it (a sandbox has no lasting address).
    pub base_url: Box<str>,
    /// Who asks: the fingerprint of the key, or the name of the workspace that it belongs to. Never the key.
    pub account: Box<str>,
}

/// Returns a value that tells keys apart and does not give them away: a UUID of the key's SHA-1.
pub fn fingerprint(key: &str) -> Box<str> {
    Uuid::new_v5(&FINGERPRINT_NAMESPACE, key.as_bytes()).to_string().into()
}

/// Returns who asks: the workspace, where the user has named it, so that its results outlive its keys; else the key.
pub fn account(key: &str, workspace: Option<&str>) -> Box<str> {
    workspace.map_or_else(|| fingerprint(key), |name| format!("workspace:{name}").into())
}

/// What is asked about every subject of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wish {
    /// The fields asked for.
    pub fields: FieldSet,
    /// Whether the API may overwrite what its record holds.
    pub overwrite: bool,
}

/// How often a signature has been asked to its end; a settled call's successor has the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u32);

impl Generation {
    /// Returns the generation after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// The value of the `Idempotency-Key` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(Uuid);

impl IdempotencyKey {
    /// Protects nothing.
    pub const NONE: Self = Self(Uuid::nil());

    /// Derives the key of one generation of a call.
    pub fn derive(scope: &Scope, subject: &Subject, wish: Wish, generation: Generation) -> Self {
        let asked = format!("{:03x}\n{}\n{}", wish.fields.bits(), u8::from(wish.overwrite), generation.0);
        let signature =
            [&*scope.base_url, &*scope.account, subject.kind(), subject.text(), &asked].join("\n");
        Self(Uuid::new_v5(&KEY_NAMESPACE, signature.as_bytes()))
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// One call as it goes to the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiRequest {
    /// Whom it asks about.
    pub subject: Subject,
    /// What it asks.
    pub wish: Wish,
    /// What protects it from being charged twice.
    pub key: IdempotencyKey,
    /// The number of the attempt, from 1. Told to nobody but the log.
    pub attempt: u32,
}

impl ApiRequest {
    /// Returns the body. What the API would assume anyway is left out.
    pub fn body(&self) -> String {
        #[derive(Serialize)]
        struct Body<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            company_id: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            domain: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            fields: Option<FieldSet>,
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            overwrite: bool,
        }
        let (company_id, domain) = match &self.subject {
            Subject::CompanyId(id) => (Some(&**id), None),
            Subject::Domain(domain) => (None, Some(&**domain)),
        };
        let fields = (self.wish.fields != FieldSet::ALL).then_some(self.wish.fields);
        serde_json::to_string(&Body { company_id, domain, fields, overwrite: self.wish.overwrite })
            .unwrap_or_default()
    }
}

/// Which stored answers this run reuses instead of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reuse {
    /// What is asked.
    pub wish: Wish,
    /// When the run began. What was settled since serves the run whatever its ages allow.
    pub run_started: Timestamp,
    /// The oldest paid answer that is reused (`--max-age`).
    pub paid_since: Timestamp,
    /// The oldest `no_match` or `not_found` that is reused (`--no-match-age`).
    pub unmatched_since: Timestamp,
}

/// What must be known of a stored answer to tell whether it serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// What was asked then.
    pub wish: Wish,
    /// What was answered.
    pub status: RowStatus,
    /// When it was answered.
    pub answered_at: Timestamp,
}

impl Reuse {
    /// Returns whether a stored answer serves this run.
    ///
    /// It must cover the fields asked, and must have been asked with `overwrite` if this run asks so. A failure serves
    /// only the run that met it.
    pub fn accepts(&self, stored: &Stored) -> bool {
        let since = match stored.status {
            RowStatus::Enriched => self.paid_since.min(self.run_started),
            RowStatus::NoMatch | RowStatus::NotFound => self.unmatched_since.min(self.run_started),
            RowStatus::Failed => self.run_started,
            RowStatus::InvalidInput | RowStatus::Pending => return false,
        };
        stored.answered_at >= since
            && stored.wish.fields.covers(self.wish.fields)
            && (stored.wish.overwrite || !self.wish.overwrite)
    }

    /// Returns whether `candidate` serves better than `other`, both being accepted: what was paid for comes first,
    /// then what is younger.
    pub fn prefers(candidate: &Stored, other: &Stored) -> bool {
        let rank = |stored: &Stored| (stored.status == RowStatus::Enriched, stored.answered_at);
        rank(candidate) > rank(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        Scope { base_url: "https://api.test".into(), account: "a".into() }
    }

    fn wish(fields: &str, overwrite: bool) -> Wish {
        Wish { fields: fields.parse().unwrap(), overwrite }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_derivation_of_keys_is_pinned() {
        let all = Wish { fields: FieldSet::ALL, overwrite: false };
        let key = IdempotencyKey::derive(&scope(), &Subject::Domain("acme.com".into()), all, Generation(0));
        insta::assert_snapshot!(key, @"8988cc20-95d9-5fc6-9775-91b2cec19a12");
    }

    #[test]
    fn every_part_of_the_signature_changes_the_key() {
        let all = Wish { fields: FieldSet::ALL, overwrite: false };
        let domain = Subject::Domain("acme.com".into());
        let other_scope = Scope { account: "b".into(), ..scope() };
        let keys = [
            IdempotencyKey::derive(&scope(), &domain, all, Generation(0)),
            IdempotencyKey::derive(&scope(), &domain, all, Generation(1)),
            IdempotencyKey::derive(&scope(), &domain, wish("name", false), Generation(0)),
            IdempotencyKey::derive(&scope(), &domain, Wish { overwrite: true, ..all }, Generation(0)),
            IdempotencyKey::derive(&scope(), &Subject::CompanyId("acme.com".into()), all, Generation(0)),
            IdempotencyKey::derive(&other_scope, &domain, all, Generation(0)),
        ];
        let distinct: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
    }

    #[test]
    fn a_named_workspace_outlives_its_keys() {
        assert_ne!(account("wbk_a", None), account("wbk_b", None));
        assert_eq!(account("wbk_a", Some("acme")), account("wbk_b", Some("acme")));
        assert_ne!(account("wbk_a", Some("acme")), account("wbk_a", Some("beta")));
        let name = fingerprint("wbk_a");
        assert_ne!(account("wbk_b", Some(&name)), account("wbk_a", None));
    }

    #[test]
    fn the_body_carries_only_what_differs_from_the_defaults() {
        let key = IdempotencyKey(Uuid::nil());
        let domain = Subject::Domain("acme.com".into());
        let plain = ApiRequest {
            subject: domain,
            wish: Wish { fields: FieldSet::ALL, overwrite: false },
            key,
            attempt: 1,
        };
        assert_eq!(plain.body(), r#"{"domain":"acme.com"}"#);
        let id = Subject::CompanyId("0b8e5a2c-0000-4000-8000-000000000000".into());
        let full = ApiRequest { subject: id, wish: wish("size,name", true), key, attempt: 1 };
        assert_eq!(
            full.body(),
            r#"{"company_id":"0b8e5a2c-0000-4000-8000-000000000000","fields":["name","size"],"overwrite":true}"#
        );
    }

    #[test]
    fn an_answer_serves_by_age_fields_and_overwrite() {
        let reuse = Reuse {
            wish: wish("name,size", false),
            run_started: at(1000),
            paid_since: at(500),
            unmatched_since: at(900),
        };
        let stored = |status, second, fields: &str, overwrite| Stored {
            wish: wish(fields, overwrite),
            status,
            answered_at: at(second),
        };
        let cases = [
            (stored(RowStatus::Enriched, 500, "name,size", false), true),
            (stored(RowStatus::Enriched, 499, "name,size", false), false),
            (stored(RowStatus::Enriched, 600, "name,size,industry", true), true),
            (stored(RowStatus::Enriched, 600, "name", false), false),
            (stored(RowStatus::NoMatch, 899, "name,size", false), false),
            (stored(RowStatus::NotFound, 900, "name,size", false), true),
            (stored(RowStatus::Failed, 999, "name,size", false), false),
            (stored(RowStatus::Failed, 1000, "name,size", false), true),
        ];
        for (case, expected) in cases {
            assert_eq!(reuse.accepts(&case), expected, "{case:?}");
        }
        let overwriting = Reuse { wish: wish("name", true), ..reuse };
        assert!(!overwriting.accepts(&stored(RowStatus::Enriched, 600, "name", false)));
        assert!(overwriting.accepts(&stored(RowStatus::Enriched, 600, "name", true)));
    }

    #[test]
    fn a_refresh_reuses_only_what_this_run_settled() {
        let refresh = Reuse {
            wish: wish("name", false),
            run_started: at(1000),
            paid_since: at(1000),
            unmatched_since: at(1000),
        };
        let stored = |second| Stored {
            wish: wish("name", false),
            status: RowStatus::Enriched,
            answered_at: at(second),
        };
        assert!(!refresh.accepts(&stored(999)));
        assert!(refresh.accepts(&stored(1000)));
    }
}
