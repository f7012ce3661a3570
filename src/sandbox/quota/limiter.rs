//! The four kinds of limiters under one roof, so that whoever asks need not know which it is.

use super::super::settings::Settings;
use super::super::terms::LimiterKind;
use super::bucket::Bucket;
use super::sliding::Sliding;
use super::window::{Begins, Window};

/// A limiter of some kind. Every question brings the present, which does not run backwards between questions.
#[derive(Clone, Debug)]
pub(super) enum Limiter {
    /// Windows, aligned or from the first call.
    Window(Window),
    /// A log.
    Sliding(Sliding),
    /// A bucket.
    Bucket(Bucket),
}

impl Limiter {
    /// Returns a limiter of which nothing is used; `length` is that of a window in nanoseconds, above 0.
    pub(super) fn new(settings: &Settings, length: i128) -> Self {
        let limit = settings.limit;
        match settings.limiter {
            LimiterKind::Fixed => Self::Window(Window::new(limit, length, Begins::Aligned)),
            LimiterKind::FromFirst => Self::Window(Window::new(limit, length, Begins::WithFirstCall)),
            LimiterKind::Sliding => Self::Sliding(Sliding::new(limit, length)),
            LimiterKind::Bucket => Self::Bucket(Bucket::new(limit, length, settings.burst.unwrap_or(limit))),
        }
    }

    /// Counts a call; `false` where there is no room for it.
    pub(super) fn take(&mut self, now: i128) -> bool {
        match self {
            Self::Window(window) => window.take(now),
            Self::Sliding(sliding) => sliding.take(now),
            Self::Bucket(bucket) => bucket.take(now),
        }
    }

    /// Counts a call that was refused.
    pub(super) fn count_refused(&mut self, now: i128) {
        match self {
            // A window that has no room left cannot have less.
            Self::Window(_) => {}
            Self::Sliding(sliding) => sliding.count_refused(now),
            Self::Bucket(bucket) => bucket.count_refused(now),
        }
    }

    /// Returns the most calls at once, and the window in which so many become possible again.
    pub(super) fn size(&self) -> (u64, i128) {
        match self {
            Self::Window(window) => window.size(),
            Self::Sliding(sliding) => sliding.size(),
            Self::Bucket(bucket) => bucket.size(),
        }
    }

    /// Returns the calls left.
    pub(super) fn remaining(&mut self, now: i128) -> u64 {
        match self {
            Self::Window(window) => window.remaining(now),
            Self::Sliding(sliding) => sliding.remaining(now),
            Self::Bucket(bucket) => bucket.remaining(now),
        }
    }

    /// Returns the time that the headers call the reset: the window's end, when the oldest call leaves the log, when the
    /// bucket is full.
    pub(super) fn reset(&mut self, now: i128) -> i128 {
        match self {
            Self::Window(window) => window.end(now),
            Self::Sliding(sliding) => sliding.reset(now),
            Self::Bucket(bucket) => bucket.reset(now),
        }
    }

    /// Returns when a call is let through; the present, if one is left.
    pub(super) fn opens(&mut self, now: i128) -> i128 {
        if self.remaining(now) > 0 {
            return now;
        }
        match self {
            Self::Window(window) => window.end(now),
            Self::Sliding(sliding) => sliding.opens(now),
            Self::Bucket(bucket) => bucket.opens(now),
        }
    }

    /// Returns the end of a window that is counted at this time, also where the limiter itself has none: then it begins
    /// now.
    pub(super) fn window_end(&mut self, now: i128, length: i128) -> i128 {
        match self {
            Self::Window(window) => window.end(now),
            Self::Sliding(_) | Self::Bucket(_) => now.saturating_add(length),
        }
    }
}
