//! How values are spread, in a histogram of fixed size.

use hdrhistogram::Histogram;

/// The highest value that is told apart: an hour in milliseconds, far beyond any timeout.
const HIGHEST: u64 = 3_600_000;
/// Values are told apart to this many digits.
const DIGITS: u8 = 3;

/// Counts of non-negative values, rounded to whole numbers; memory is taken with the first one.
#[derive(Clone, Debug, Default)]
pub struct Distribution(Option<Histogram<u64>>);

impl Distribution {
    /// Counts a value; what is negative or no number counts as 0, what is too high as the highest.
    pub fn record(&mut self, value: f64) {
        if self.0.is_none() {
            self.0 = Histogram::new_with_bounds(1, HIGHEST, DIGITS).ok();
        }
        if let Some(histogram) = &mut self.0 {
            histogram.saturating_record(whole(value));
        }
    }

    /// Returns how many values were counted.
    pub fn len(&self) -> u64 {
        self.0.as_ref().map_or(0, Histogram::len)
    }

    /// Returns whether no value was counted.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the value below which a share (0 to 1) of the values lies; 0 where there are none.
    pub fn quantile(&self, share: f64) -> u64 {
        self.0.as_ref().map_or(0, |histogram| histogram.value_at_quantile(share))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast from float saturates and turns NaN into 0, which is what is wanted here"
)]
const fn whole(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_exact_for_small_values() {
        let mut spread = Distribution::default();
        assert_eq!((spread.quantile(0.5), spread.is_empty()), (0, true));
        for value in 1..=100 {
            spread.record(f64::from(value) + 0.2);
        }
        assert_eq!([0.5, 0.9, 0.99].map(|share| spread.quantile(share)), [50, 90, 99]);
        assert_eq!(spread.len(), 100);
    }

    #[test]
    fn takes_any_number() {
        for value in [f64::NAN, -1.0, f64::INFINITY, f64::MAX, 0.0] {
            Distribution::default().record(value);
        }
        let mut spread = Distribution::default();
        spread.record(f64::INFINITY);
        assert!(spread.quantile(1.0) >= HIGHEST);
    }
}
