//! A count in windows, of which each begins at a multiple of its length or with the first call in it.

/// When a window begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begins {
    /// At multiples of its length since the epoch.
    Aligned,
    /// With the first call after the last one ended.
    WithFirstCall,
}

/// How many calls the present window has seen.
#[derive(Clone, Debug)]
pub(super) struct Window {
    limit: u64,
    /// In nanoseconds, above 0.
    length: i128,
    begins: Begins,
    /// When the window that `used` counts began; absent before the first one.
    began: Option<i128>,
    used: u64,
}

impl Window {
    /// Returns windows of which none has begun.
    pub(super) const fn new(limit: u64, length: i128, begins: Begins) -> Self {
        Self { limit, length, begins, began: None, used: 0 }
    }

    /// Counts a call; `false` where the window has no room for it.
    pub(super) fn take(&mut self, now: i128) -> bool {
        self.roll(now);
        self.began.get_or_insert(now);
        let has_room = self.used < self.limit;
        self.used += u64::from(has_room);
        has_room
    }

    /// Returns the most calls in a window, and its length.
    pub(super) const fn size(&self) -> (u64, i128) {
        (self.limit, self.length)
    }

    /// Returns the calls left in this window.
    pub(super) fn remaining(&mut self, now: i128) -> u64 {
        self.roll(now);
        self.limit.saturating_sub(self.used)
    }

    /// Returns when this window ends; where none has begun, the end of one that begins now.
    pub(super) fn end(&mut self, now: i128) -> i128 {
        self.roll(now);
        self.began.unwrap_or(now).saturating_add(self.length)
    }

    /// Forgets a window that is over.
    fn roll(&mut self, now: i128) {
        let is_in_it = |began: i128| (began..began.saturating_add(self.length)).contains(&now);
        if self.began.is_some_and(is_in_it) {
            return;
        }
        self.used = 0;
        self.began = match self.begins {
            Begins::Aligned => Some(now.saturating_sub(now.rem_euclid(self.length))),
            Begins::WithFirstCall => None,
        };
    }
}
