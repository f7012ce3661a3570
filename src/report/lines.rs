//! Progress where there is no terminal: one plain line every [`EVERY`], for logs of CI and cron.

use std::time::Duration;

use crate::rules::time::Moment;

/// The time between two lines, and before the first.
pub const EVERY: Duration = Duration::from_secs(30);

/// When lines are due.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lines {
    said_at: Moment,
}

impl Lines {
    /// Returns when the next line is due.
    pub fn due(self) -> Moment {
        self.said_at + EVERY
    }

    /// Returns whether a line is to be said now, and counts it as said.
    pub fn take(&mut self, now: Moment) -> bool {
        let is_due = now >= self.due();
        if is_due {
            self.said_at = now;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_every_half_minute() {
        let mut lines = Lines::default();
        let mut said = Vec::new();
        for second in 0..=95 {
            if lines.take(Moment::after_start(Duration::from_secs(second))) {
                said.push(second);
            }
        }
        assert_eq!(said, [30, 60, 90]);
    }
}
