//! All quotas that the server has told of; the tightest binds.

use std::time::Duration;

use jiff::Timestamp;

use crate::rules::limits::{QuotaReport, Reset};
use crate::rules::quota::{Departures, Leave, Outstanding, Quota, Seen, evenly};
use crate::rules::time::Moment;

/// More quotas than this are not kept: a second's, a minute's, a day's and a month's.
const MOST: usize = 4;

/// Where a quota stands, for telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The calls that a window allows.
    pub limit: Option<u64>,
    /// The calls that are left, calls in flight not counted.
    pub remaining: u64,
    /// When more comes back, on the server's clock.
    pub resets_at: Timestamp,
    /// How long a window is, where the server says so.
    pub window: Option<Duration>,
}

/// The quotas.
#[derive(Clone, Debug, Default)]
pub(super) struct Quotas {
    known: Vec<Quota>,
    /// The speed that policies allow of which nothing more is told, in calls a second.
    policies: Option<f64>,
}

impl Quotas {
    /// Takes note of what an answer told. `looked` tells that its call went to see whether there is a quota again.
    pub(super) fn told(
        &mut self,
        reports: &[QuotaReport],
        seen: Seen,
        departures: &Departures,
        looked: bool,
    ) {
        let policies = reports.iter().filter_map(stated_speed).reduce(f64::min);
        self.policies = policies.or(self.policies);
        for report in reports {
            match self.known.iter_mut().find(|quota| quota.is_meant_by(report)) {
                Some(quota) => {
                    quota.told(report, seen, departures);
                    if looked && !seen.counted && quota.remaining() == 0 {
                        quota.looked();
                    }
                }
                None => self.add(report, seen),
            }
        }
        if seen.counted {
            self.known.retain(|quota| {
                !quota.is_stale(seen.now) || reports.iter().any(|told| quota.is_meant_by(told))
            });
        }
    }

    fn add(&mut self, report: &QuotaReport, seen: Seen) {
        let Some(quota) = Quota::told_by(report, seen) else { return };
        if self.known.len() >= MOST {
            self.known.remove(0);
        }
        self.known.push(quota);
    }

    /// Returns whether all let a call leave.
    pub(super) fn leave(&mut self, now: Moment, ours: Outstanding<'_>) -> Leave {
        let mut tightest = Leave::Open;
        for quota in &mut self.known {
            let leave = quota.leave(now, ours);
            if leave != Leave::Open {
                quota.held_up(now);
            }
            tightest = match (tightest, leave) {
                (Leave::Closed(one), Leave::Closed(other)) => Leave::Closed(one.max(other)),
                (Leave::Closed(at), _) | (_, Leave::Closed(at)) => Leave::Closed(at),
                (Leave::Look, _) | (_, Leave::Look) => Leave::Look,
                (Leave::Open, Leave::Open) => Leave::Open,
            };
        }
        tightest
    }

    /// Returns the lowest of their speeds, in calls a second.
    pub(super) fn speed(&self) -> Option<f64> {
        self.known.iter().filter_map(Quota::speed).chain(self.policies).reduce(f64::min)
    }

    /// Returns whether so many calls can be made with what is left.
    pub(super) fn cover(&self, calls: u64) -> bool {
        self.known.iter().all(|quota| quota.covers(calls))
    }

    pub(super) fn left(&mut self, now: Moment) {
        self.known.iter_mut().for_each(|quota| quota.left(now));
    }

    pub(super) fn refused(&mut self) {
        self.known.iter_mut().for_each(Quota::refused);
    }

    /// A refusal named a moment: what is used up is back by then, if that is long before it was to be.
    pub(super) fn back_by(&mut self, at: Moment) {
        self.known.iter_mut().filter(|quota| quota.remaining() == 0).for_each(|quota| quota.back_by(at));
    }

    pub(super) fn doubt(&mut self, now: Moment) {
        self.known.iter_mut().for_each(|quota| quota.doubt(now));
    }

    /// Returns when the quota comes back that is used up, the latest if there are several.
    pub(super) fn exhausted(&self, now: Moment) -> Option<Reset> {
        let used_up = self.known.iter().filter(|quota| quota.remaining() == 0);
        used_up.filter_map(Quota::reset).filter(|reset| reset.at > now).max_by_key(|reset| reset.at)
    }

    pub(super) fn standing(&self) -> Option<Standing> {
        self.all().min_by_key(|standing| standing.remaining)
    }

    /// Returns where each of them stands.
    pub(super) fn all(&self) -> impl Iterator<Item = Standing> {
        self.known.iter().filter_map(|quota| {
            Some(Standing {
                limit: quota.limit(),
                remaining: quota.remaining(),
                resets_at: quota.reset()?.stated,
                window: quota.window(),
            })
        })
    }
}

/// Returns the calls a second that a short policy allows, where it is all that is told of a quota.
fn stated_speed(report: &QuotaReport) -> Option<f64> {
    match (report.remaining, report.limit, report.window) {
        (None, Some(limit), Some(window)) => evenly(limit, window),
        _ => None,
    }
}
