//! A server with a clock of its own that limits in a dialect of its own, and a client that knows the truth.

use std::fmt::Write;

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;

/// How resets are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    EpochSeconds,
    EpochFraction,
    EpochMillis,
    DeltaSeconds,
    DeltaFraction,
    DeltaMillis,
    Iso,
    HttpDate,
    JavaScript,
    Draft6,
    Draft7,
    Draft8,
}

pub(super) const DIALECTS: [Dialect; 12] = [
    Dialect::EpochSeconds,
    Dialect::EpochFraction,
    Dialect::EpochMillis,
    Dialect::DeltaSeconds,
    Dialect::DeltaFraction,
    Dialect::DeltaMillis,
    Dialect::Iso,
    Dialect::HttpDate,
    Dialect::JavaScript,
    Dialect::Draft6,
    Dialect::Draft7,
    Dialect::Draft8,
];

impl Dialect {
    /// How much later than the truth a reset can be written, in seconds; below zero for those that cut off.
    pub(super) const fn grain(self) -> f64 {
        match self {
            Self::EpochSeconds | Self::DeltaSeconds | Self::Draft6 | Self::Draft7 | Self::Draft8 => 1.0,
            Self::HttpDate | Self::JavaScript => -1.0,
            Self::EpochFraction | Self::EpochMillis | Self::DeltaFraction | Self::DeltaMillis | Self::Iso => {
                0.002
            }
        }
    }

    /// Whether resets are times on the server's clock.
    pub(super) const fn is_time(self) -> bool {
        matches!(
            self,
            Self::EpochSeconds
                | Self::EpochFraction
                | Self::EpochMillis
                | Self::Iso
                | Self::HttpDate
                | Self::JavaScript
        )
    }
}

/// A server. Times in seconds; the run began at zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct Server {
    pub(super) dialect: Dialect,
    /// How far its clock is ahead of the true time.
    pub(super) skew: f64,
    pub(super) dates: bool,
    pub(super) window: f64,
    /// When a window began.
    pub(super) phase: f64,
}

/// The true time when the run began.
pub(super) const EPOCH: f64 = 1_708_905_600.375;

impl Server {
    pub(super) fn strategy() -> impl Strategy<Value = Self> {
        let dialect = (0..DIALECTS.len()).prop_map(|index| DIALECTS[index]);
        (dialect, -600.0..600.0, any::<bool>(), 1.0..120.0, 0.0..1.0).prop_map(
            |(dialect, skew, dates, window, phase): (Dialect, f64, bool, f64, f64)| Self {
                dialect,
                skew: if dates { skew } else { 0.0 },
                dates,
                window,
                phase: phase * window,
            },
        )
    }

    /// When the window ends that a moment lies in.
    pub(super) fn reset_after(&self, at: f64) -> f64 {
        self.phase + (((at - self.phase) / self.window).floor() + 1.0) * self.window
    }

    /// The answer to a call that was handled at a moment.
    pub(super) fn answer(&self, handled: f64, stamped: f64) -> Vec<(String, String)> {
        let reset = self.reset_after(handled);
        let (ahead, time) = (reset - handled, EPOCH + self.skew + reset);
        let left = 500.0 + ((reset - handled) / self.window * 400.0).floor();
        let mut lines = Vec::new();
        let mut say = |name: &str, value: String| lines.push((name.to_owned(), value));
        if self.dates {
            say("date", http_date(EPOCH + self.skew + stamped));
        }
        let seconds = ahead.ceil();
        let window = self.window.ceil();
        match self.dialect {
            Dialect::Draft7 | Dialect::Draft8 => {
                let is_old = self.dialect == Dialect::Draft7;
                let mut state = String::new();
                if is_old {
                    write!(state, "limit=1000, remaining={left}, reset={seconds}").unwrap();
                } else {
                    write!(state, r#""p"; r={left}; t={seconds}"#).unwrap();
                }
                say("ratelimit", state);
                let policy =
                    if is_old { format!("1000;w={window}") } else { format!(r#""p"; q=1000; w={window}"#) };
                say("ratelimit-policy", policy);
                return lines;
            }
            _ => {}
        }
        let prefix = if self.dialect == Dialect::Draft6 { "ratelimit" } else { "x-ratelimit" };
        say(&format!("{prefix}-limit"), "1000".to_owned());
        say(&format!("{prefix}-remaining"), left.to_string());
        let value = match self.dialect {
            Dialect::EpochSeconds => time.ceil().to_string(),
            Dialect::EpochFraction => format!("{:.3}", (time * 1e3).ceil() / 1e3),
            Dialect::EpochMillis => (time * 1e3).ceil().to_string(),
            Dialect::DeltaFraction => format!("{:.3}", (ahead * 1e3).ceil() / 1e3),
            Dialect::DeltaMillis => (ahead * 1e3).ceil().to_string(),
            Dialect::Iso => timestamp((time * 1e3).ceil() / 1e3).to_string(),
            Dialect::HttpDate => http_date(time),
            Dialect::JavaScript => {
                let zoned = timestamp(time).to_zoned(TimeZone::UTC);
                zoned.strftime("%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)").to_string()
            }
            _ => seconds.to_string(),
        };
        say(&format!("{prefix}-reset"), value);
        lines
    }
}

fn timestamp(seconds: f64) -> Timestamp {
    Timestamp::UNIX_EPOCH + Duration::from_secs_f64((seconds * 1e6).round() / 1e6)
}

fn http_date(seconds: f64) -> String {
    timestamp(seconds.floor()).to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The way of one call: how long after the one before it leaves, and how long it travels there and back.
pub(super) type Way = (f64, f64, f64);

/// What was read from one answer, and the truth.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) reset: Option<f64>,
    pub(super) truth: f64,
    pub(super) now: f64,
    /// How long the answer, and its call, were on their way.
    pub(super) travelled: f64,
}

/// Sends calls, of which many may be out, and reads the answers as they come. `wall_jumps` says by how much our own wall
/// clock is wrong at each.
pub(super) fn reads(server: &Server, ways: &[Way], wall_jumps: impl Fn(usize) -> f64) -> Vec<Read> {
    let mut sent = 5.0;
    let mut calls: Vec<_> = ways
        .iter()
        .map(|(pause, there, back)| {
            sent += pause;
            (sent, sent + there, sent + there + back)
        })
        .collect();
    calls.sort_by(|one, other| one.2.total_cmp(&other.2));
    let moment = |seconds: f64| Moment::after_start(Duration::from_secs_f64(seconds));
    let mut reading = Reading::new();
    let mut reads = Vec::new();
    for (index, (sent, handled, now)) in calls.into_iter().enumerate() {
        let lines = server.answer(handled, handled + (now - handled) / 3.0);
        let lines: Vec<_> = lines.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let wall = timestamp(EPOCH + now + wall_jumps(index));
        let report = reading.read(&headers(&lines), moment(sent), Now { at: moment(now), wall });
        assert_eq!(report.quotas.len(), 1, "{lines:?}");
        let quota = quota(&report);
        assert!(quota.limit == Some(1000) && quota.remaining.is_some());
        let reset = quota.reset.map(|reset| reset.at.since_start().as_secs_f64());
        reads.push(Read { reset, truth: server.reset_after(handled), now, travelled: now - sent });
    }
    reads
}
