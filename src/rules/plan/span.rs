//! How long calls take, by the quotas that the API told last and the user's own rate.
//!
//! The quota with the longest window, from an hour on, is used up at once and then waited for; shorter ones and `--rate`
//! are a pace. How fast the API answers is not known beforehand, and is little beside that.

use std::time::Duration;

use jiff::Timestamp;

use crate::rules::pace::Rate;

/// Windows from this length on are used up and waited for; shorter ones are spread evenly.
const WAITED_FOR: Duration = Duration::from_secs(3_600);

/// A day. The quota of the API's quickstart resets at midnight UTC.
const DAY: Duration = Duration::from_secs(86_400);
const DAY_MS: i64 = 86_400_000;

/// How far from midnight a reset may lie, in milliseconds, to be taken for a day's: clocks are off, and headers rounded.
const NEAR_MIDNIGHT_MS: i64 = 60_000;

/// A quota as it was told last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// The calls that a window allows.
    pub allowed: Option<u64>,
    /// The calls that were left.
    pub remaining: u64,
    /// When more comes back.
    pub resets_at: Timestamp,
    /// How long a window is, where that is known.
    pub window: Option<Duration>,
    /// When this was told.
    pub told_at: Timestamp,
}

impl Quota {
    /// Returns the quota as it is now, if nobody has used it since: what was used up has come back at its reset. One that
    /// resets at midnight is a day's, where nothing else is known.
    #[must_use]
    pub fn by(self, now: Timestamp) -> Self {
        let window =
            self.window.or(is_midnight(self.resets_at).then_some(DAY)).filter(|window| !window.is_zero());
        let Ok(late) = Duration::try_from(now.duration_since(self.resets_at)) else {
            return Self { window, ..self };
        };
        let next = window.map(|window| {
            let windows = late.as_nanos() / window.as_nanos() + 1;
            at(self.resets_at, window.as_nanos().saturating_mul(windows))
        });
        let remaining = self.allowed.unwrap_or(self.remaining);
        Self { remaining, window, resets_at: next.unwrap_or(now), ..self }
    }
}

fn is_midnight(reset: Timestamp) -> bool {
    let since_midnight = reset.as_millisecond().rem_euclid(DAY_MS);
    since_midnight <= NEAR_MIDNIGHT_MS || since_midnight >= DAY_MS - NEAR_MIDNIGHT_MS
}

/// How long calls take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing is known that would hold them up.
    Unheld,
    /// They fit into what is left of every quota.
    Fits,
    /// A quota holds them up of which it is not known how much it allows how often.
    Unknown,
    /// So long.
    Span(Span),
}

/// How long calls take that something holds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// When the last call leaves.
    pub ends_at: Timestamp,
    /// How often a reset of the quota is waited for.
    pub resets: u64,
    /// The windows of the quota in which calls are made; 1 where none is waited for.
    pub windows: u64,
    /// The longest single wait for a reset.
    pub longest_pause: Duration,
    /// What holds the calls up most.
    pub bound: Bound,
}

/// What holds calls up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A quota that is used up and waited for.
    Quota {
        /// The calls that a window allows.
        allowed: u64,
        /// How long a window is.
        window: Duration,
        /// When the next one begins.
        resets_at: Timestamp,
    },
    /// A short quota, which is spread evenly.
    Pace(Pace),
    /// `--rate`.
    Rate(Pace),
}

/// Calls in a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How many.
    pub calls: u64,
    /// In what time.
    pub span: Duration,
}

impl Pace {
    /// Returns the nanoseconds between two calls.
    fn gap(self) -> u128 {
        self.span.as_nanos() / u128::from(self.calls.max(1))
    }
}

/// Returns how long so many calls take that begin now.
pub fn takes(calls: u64, quotas: &[Quota], rate: Option<Rate>, now: Timestamp) -> Takes {
    let holding = quotas.iter().map(|quota| quota.by(now)).filter(|quota| quota.remaining < calls);
    let mut waited_for: Option<Renewal> = None;
    let mut bounds: Vec<Bound> = Vec::new();
    for quota in holding {
        let (Some(allowed @ 1..), Some(window)) = (quota.allowed, quota.window) else {
            return Takes::Unknown;
        };
        let renewal = Renewal { allowed, window, remaining: quota.remaining, resets_at: quota.resets_at };
        match waited_for {
            Some(longest) if longest.window >= window => bounds.push(renewal.as_pace()),
            _ if window < WAITED_FOR => bounds.push(renewal.as_pace()),
            shorter => {
                bounds.extend(shorter.map(Renewal::as_pace));
                waited_for = Some(renewal);
            }
        }
    }
    let rate = rate.map(|rate| Bound::Rate(Pace { calls: rate.calls.get().into(), span: rate.span }));
    bounds.extend(rate.filter(|_| calls > 1));
    let slowest = bounds.into_iter().max_by_key(Bound::gap);
    match (waited_for, slowest) {
        (Some(renewal), slowest) => Takes::Span(renewal.span(calls, slowest, now)),
        (None, Some(bound)) => Takes::Span(paced(calls, bound, now)),
        (None, None) if quotas.is_empty() => Takes::Unheld,
        (None, None) => Takes::Fits,
    }
}

impl Bound {
    fn gap(&self) -> u128 {
        match self {
            Self::Quota { .. } => 0,
            Self::Pace(pace) | Self::Rate(pace) => pace.gap(),
        }
    }
}

/// Calls that leave evenly and are not held up by a reset.
fn paced(calls: u64, bound: Bound, now: Timestamp) -> Span {
    Span {
        ends_at: at(now, bound.gap() * u128::from(calls.saturating_sub(1))),
        resets: 0,
        windows: 1,
        longest_pause: Duration::ZERO,
        bound,
    }
}

/// A quota that is less than the calls.
#[derive(Clone, Copy, Debug)]
struct Renewal {
    allowed: u64,
    window: Duration,
    remaining: u64,
    resets_at: Timestamp,
}

impl Renewal {
    const fn as_pace(self) -> Bound {
        Bound::Pace(Pace { calls: self.allowed, span: self.window })
    }

    /// Returns how long calls take that leave no faster than `slowest` and wait for this quota.
    fn span(self, calls: u64, slowest: Option<Bound>, now: Timestamp) -> Span {
        let gap = slowest.as_ref().map_or(0, Bound::gap);
        let window = self.window.as_nanos();
        let until_reset =
            Duration::try_from(self.resets_at.duration_since(now)).unwrap_or_default().as_nanos();
        // A pace that does not use the quota up within a window is what holds the calls up.
        let is_used_up = gap.saturating_mul(u128::from(self.allowed) - 1) < window;
        let first = self.remaining.min(calls_within(until_reset, gap));
        if !is_used_up
            && first < self.remaining
            && let Some(bound) = slowest
        {
            return paced(calls, bound, now);
        }
        let rest = calls - first;
        let (resets, last) = if is_used_up {
            let resets = rest.div_ceil(self.allowed);
            (resets, rest - (resets - 1) * self.allowed)
        } else {
            (1, rest)
        };
        let pause = |used: u64, of: u128| of.saturating_sub(gap * u128::from(used.saturating_sub(1)));
        let first_pause = if first == 0 { until_reset } else { pause(first, until_reset) };
        let later_pause = if resets > 1 { pause(self.allowed, window) } else { 0 };
        let bound = match slowest {
            Some(slowest) if !is_used_up => slowest,
            _ => Bound::Quota { allowed: self.allowed, window: self.window, resets_at: self.resets_at },
        };
        let after_reset = window * u128::from(resets - 1) + gap * u128::from(last - 1);
        Span {
            ends_at: at(self.resets_at, after_reset),
            resets,
            windows: resets + u64::from(first > 0),
            longest_pause: nanos(first_pause.max(later_pause)),
            bound,
        }
    }
}

/// Returns how many calls leave within a time, the first at once.
fn calls_within(span: u128, gap: u128) -> u64 {
    span.div_ceil(gap.max(1)).try_into().unwrap_or(u64::MAX)
}

fn nanos(nanos: u128) -> Duration {
    let secs = u64::try_from(nanos / 1_000_000_000).unwrap_or(u64::MAX);
    Duration::new(secs, u32::try_from(nanos % 1_000_000_000).unwrap_or_default())
}

/// Returns a moment so many nanoseconds later; the last there is, where that is further away.
fn at(from: Timestamp, after: u128) -> Timestamp {
    from.checked_add(nanos(after)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
