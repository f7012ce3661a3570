//! A run that is watched: drawn or told from time to time while it is driven, and whoever asks by SIGUSR1 is answered.

use std::cell::RefCell;
use std::pin::pin;

use super::reporter::Reporter;
use crate::engine::clock::Clock;
use crate::engine::shutdown::Inquiries;
use crate::report::progress::Total;

/// What a run is watched with.
pub(super) struct Watch<'a> {
    pub(super) clock: Clock,
    pub(super) reporter: &'a RefCell<Reporter>,
    /// Who asks how it goes.
    pub(super) inquiries: Inquiries,
}

impl Watch<'_> {
    /// Watches until the run is over. `total` tells how many rows there are, from how many were read and whether these are
    /// all.
    pub(super) async fn over<T>(
        mut self,
        driving: impl Future<Output = T>,
        total: impl Fn(u64, bool) -> Total,
    ) -> T {
        let mut driving = pin!(driving);
        loop {
            let due = self.reporter.borrow().due(self.clock.now().at);
            let is_asked = tokio::select! {
                end = &mut driving => return end,
                () = self.clock.wait_until(due) => false,
                () = self.inquiries.next() => true,
            };
            let (rows, ended) = self.reporter.borrow().rows_read();
            let (total, now) = (total(rows, ended), self.clock.now());
            let mut reporter = self.reporter.borrow_mut();
            reporter.tick(total, now);
            if is_asked {
                reporter.answer(now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::report::course::Terms;
    use crate::report::printer::{Progress, Stderr};
    use crate::report::screen::Seen;
    use crate::rules::time::Moment;

    async fn seen_of(quiet: bool, seconds: u64) -> String {
        let (screen, mut seen) = Seen::screen();
        let clock = Clock::simulated("2026-11-22T21:47:00Z".parse().unwrap());
        let terms = Terms { rate: None, wait: Duration::ZERO, zone: || jiff::tz::TimeZone::UTC };
        let reporter = Reporter::to(screen, (quiet, Progress::Auto, Stderr::Log), terms);
        let watch =
            Watch { clock, reporter: &RefCell::new(reporter), inquiries: Inquiries::listen().unwrap() };
        let over = Moment::after_start(Duration::from_secs(seconds));
        watch.over(clock.wait_until(Some(over)), |_, _| Total::About(1_000)).await;
        seen.take()
    }

    #[tokio::test(start_paused = true)]
    async fn a_log_gets_a_line_every_half_minute() {
        insta::assert_snapshot!(seen_of(false, 95).await, @r"
    2026-11-22T21:47:30Z 0%, 0/~1,000 rows; 0 enriched, 0 no match, 0 in flight; credits: 0 spent, 0 saved
    2026-11-22T21:48:00Z 0%, 0/~1,000 rows; 0 enriched, 0 no match, 0 in flight; credits: 0 spent, 0 saved
    2026-11-22T21:48:30Z 0%, 0/~1,000 rows; 0 enriched, 0 no match, 0 in flight; credits: 0 spent, 0 saved
    ");
        assert_eq!(seen_of(false, 29).await, "");
        assert_eq!(seen_of(true, 95).await, "");
    }
}
