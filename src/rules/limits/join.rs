//! One quota told in several ways is one: legacy headers beside the standard's, policies beside what is left.

use super::QuotaReport;
use super::fields::Piece;
use super::headers::{Family, Scope, Source};

/// What one way of telling says of a quota.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// `None` for a structured field.
    pub(super) source: Option<Source>,
    pub(super) name: Option<Box<str>>,
    pub(super) report: QuotaReport,
}

/// Joins what tells of the same quota; those that tell most come first.
pub(super) fn join(mut found: Vec<Found>, policies: Vec<Piece>) -> Vec<QuotaReport> {
    // The vendor's headers, and most others: nothing to join.
    if found.len() > 1 || !policies.is_empty() {
        let unnamed = give_by_name(&mut found, policies);
        found = join_families(found);
        give_by_limit(&mut found, unnamed);
    }
    let mut quotas: Vec<_> = found.into_iter().map(|found| found.report).collect();
    quotas.retain(|quota| *quota != QuotaReport::default());
    quotas.sort_by_key(|quota| (quota.remaining.is_none(), quota.reset.is_none()));
    quotas
}

/// Gives policies to the quotas of their names; returns the others.
fn give_by_name(found: &mut [Found], policies: Vec<Piece>) -> Vec<Piece> {
    let mut others = Vec::new();
    for policy in policies {
        let named = |found: &&mut Found| policy.name.is_some() && found.name == policy.name;
        match found.iter_mut().find(named) {
            Some(found) => give(&mut found.report, &policy),
            None => others.push(policy),
        }
    }
    others
}

/// Gives policies to the quotas of their limits. What is left over are quotas of which nothing more is told.
fn give_by_limit(found: &mut Vec<Found>, policies: Vec<Piece>) {
    let is_only = policies.len() == 1;
    for policy in policies {
        let told = |found: &Found| found.report.window == policy.window && found.report.limit == policy.limit;
        if found.iter().any(told) {
            continue;
        }
        let is_meant = |found: &&mut Found| {
            let QuotaReport { limit, window, .. } = found.report;
            window.is_none() && (limit == policy.limit || (is_only && limit.is_none()))
        };
        if let Some(found) = found.iter_mut().find(is_meant) {
            give(&mut found.report, &policy);
            continue;
        }
        let report = QuotaReport { limit: policy.limit, window: policy.window, ..QuotaReport::default() };
        found.push(Found { source: None, name: policy.name, report });
    }
}

fn give(report: &mut QuotaReport, policy: &Piece) {
    report.limit = report.limit.or(policy.limit);
    report.window = report.window.or(policy.window);
}

/// Joins quotas that are told in several families.
fn join_families(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by_key(|found| found.source.map(|(family, _)| family));
    let mut joined: Vec<Found> = Vec::with_capacity(found.len());
    for one in found {
        match joined.iter_mut().find(|other| are_same(other, &one)) {
            Some(other) => {
                fill(&mut other.report, &one.report);
                // What is joined stands for the last family: another quota of that family is another one.
                other.source = one.source;
            }
            None => joined.push(one),
        }
    }
    joined
}

/// Returns whether two are told in different ways, agree in what both say, and say something both.
fn are_same(one: &Found, other: &Found) -> bool {
    let family = |found: &Found| found.source.map(|(family, _): (Family, Scope)| family);
    let names_span = |found: &Found| matches!(found.source, Some((_, Scope::Span(_))));
    if family(one) == family(other) && names_span(one) == names_span(other) {
        return false;
    }
    let (one, other) = (&one.report, &other.report);
    let agree = |one: Option<u64>, other: Option<u64>| one.zip(other).is_none_or(|(one, other)| one == other);
    let windows_agree = one.window.zip(other.window).is_none_or(|(one, other)| one == other);
    let both_say =
        one.limit.is_some() && other.limit.is_some() || one.remaining.is_some() && other.remaining.is_some();
    let one_is_bare = |quota: &QuotaReport| quota.limit.is_none() && quota.remaining.is_none();
    agree(one.limit, other.limit)
        && agree(one.remaining, other.remaining)
        && windows_agree
        && (both_say || one_is_bare(one) || one_is_bare(other))
}

/// Fills what one way of telling leaves open. Of two resets the earlier: both are rounded up as a rule.
fn fill(report: &mut QuotaReport, other: &QuotaReport) {
    report.limit = report.limit.or(other.limit);
    report.remaining = report.remaining.or(other.remaining);
    report.window = report.window.or(other.window);
    report.reset = match (report.reset, other.reset) {
        (Some(one), Some(other)) if other.at < one.at => Some(other),
        (one, other) => one.or(other),
    };
}
