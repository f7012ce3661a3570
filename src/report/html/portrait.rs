//! What became of the rows, as a picture of them: which companies were found, which rows found none, which were refused.
//!
//! A fold of outcomes, fed with the rows as they are written. Its size has a bound that no input moves, but for four bytes
//! or less for each company, by which it is known that it was counted.

use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;
use roaring::RoaringBitmap;

use crate::rules::company::Company;
use crate::rules::field::Field;
use crate::rules::outcome::{Enrichment, RowNumber, RowOutcome, RowStatus};

use super::counts::{Counts, shortened};

/// The most rows that a list holds: what a browser searches and sorts in an instant.
pub const MOST_LISTED: usize = 1_000;
/// The columns of the histogram of confidence, each five hundredths wide.
pub const CONFIDENCE_STEPS: usize = 20;
/// The most characters of an input that are listed.
const LONGEST_INPUT: usize = 120;
/// The most characters of a reason that are listed.
const LONGEST_REASON: usize = 240;

/// What became of the rows.
#[derive(Clone, Debug, Default)]
pub struct Portrait {
    /// The companies that were found, each counted once.
    pub companies: u64,
    /// Their industries.
    pub industries: Counts,
    /// Their sizes.
    pub sizes: Counts,
    /// Their countries.
    pub countries: Counts,
    /// The enriched rows by confidence, from 0 to 1.
    pub confidence: [u64; CONFIDENCE_STEPS],
    /// The rows that found no company.
    pub unmatched: Listed,
    /// The rows that are invalid or failed.
    pub refused: Listed,
    met: RoaringBitmap,
}

/// The first rows of a sort, and how many there are.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// The first of them.
    pub rows: Vec<ListedRow>,
    /// All of them.
    pub total: u64,
}

/// A row of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRow {
    /// Its number in the input.
    pub number: RowNumber,
    /// What the input says.
    pub input: Box<str>,
    /// What was asked; empty where nothing was.
    pub asked: Box<str>,
    /// What became of it.
    pub status: RowStatus,
    /// Why, where it is invalid or failed.
    pub reason: Box<str>,
}

impl Portrait {
    /// Counts a row in. `input` gives what it says of its company.
    pub fn on_row(&mut self, number: RowNumber, outcome: &RowOutcome, input: impl FnOnce() -> String) {
        let status = outcome.status();
        let list = match status {
            RowStatus::Enriched => return self.on_company(outcome),
            RowStatus::NoMatch | RowStatus::NotFound => &mut self.unmatched,
            RowStatus::InvalidInput | RowStatus::Failed => &mut self.refused,
            RowStatus::Pending => return,
        };
        list.total += 1;
        if list.rows.len() >= MOST_LISTED {
            return;
        }
        let asked = match outcome {
            RowOutcome::Settled { asked, .. } => asked.text(),
            RowOutcome::Invalid(_) | RowOutcome::Pending => "",
        };
        list.rows.push(ListedRow {
            number,
            input: shortened(&input(), LONGEST_INPUT).into(),
            asked: shortened(asked, LONGEST_INPUT).into(),
            status,
            reason: shortened(&outcome.error().unwrap_or_default(), LONGEST_REASON).into(),
        });
    }

    fn on_company(&mut self, outcome: &RowOutcome) {
        let RowOutcome::Settled { asked, .. } = outcome else { return };
        let Some(paid) = outcome.enrichment() else { return };
        self.count_confidence(paid);
        // Of a million companies about a hundred share this with another one and are not counted: no share moves by it.
        #[expect(clippy::cast_possible_truncation, reason = "half of a hash is a hash")]
        let mark = FixedState::default().hash_one(asked.text()) as u32;
        if self.met.insert(mark) {
            self.companies += 1;
            self.count(&paid.company);
        }
    }

    fn count(&mut self, company: &Company) {
        self.industries.count(&company.field(Field::Industry));
        self.sizes.count(&company.field(Field::Size));
        self.countries.count(country(&company.field(Field::HqLocation)));
    }

    fn count_confidence(&mut self, paid: &Enrichment) {
        let Some(confidence) = paid.confidence.as_deref().and_then(|text| text.parse::<f64>().ok()) else {
            return;
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a cast from float saturates and turns NaN into 0; 0.35 * 20 is a little less than 7"
        )]
        let step = (confidence * CONFIDENCE_STEPS as f64 + 1e-9) as usize;
        if let Some(rows) = self.confidence.get_mut(step.min(CONFIDENCE_STEPS - 1)) {
            *rows += 1;
        }
    }
}

/// Returns the country of a place: what stands after its last comma, as in "New York, NY, US".
fn country(place: &str) -> &str {
    place.rsplit(',').map(str::trim).find(|part| !part.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::report::samples::records;
    use crate::rules::outcome::{Outcome, Verdict};
    use crate::rules::target::{InvalidInput, Subject};

    fn company(domain: &str, json: &str) -> RowOutcome {
        records::enriched(domain, json).outcome
    }

    fn unmatched(domain: &str) -> RowOutcome {
        let outcome = Outcome {
            verdict: Verdict::NoMatch,
            answered_at: "2026-11-22T15:00:00Z".parse().unwrap(),
            request_id: None,
        };
        RowOutcome::Settled { asked: Subject::Domain(domain.into()), outcome: Arc::new(outcome) }
    }

    #[test]
    fn a_company_counts_once_however_many_rows_name_it() {
        let mut portrait = Portrait::default();
        let acme = company("acme.com", r#"{"industry":"Law","size":"11-50","hq_location":"Oslo, NO"}"#);
        for number in 1..=3 {
            portrait.on_row(RowNumber(number), &acme, String::new);
        }
        portrait.on_row(RowNumber(4), &company("b.com", r#"{"industry":null}"#), String::new);
        assert_eq!(portrait.companies, 2);
        assert_eq!(portrait.industries.ranked(9).first, [("Law".to_owned(), 1)]);
        assert_eq!(portrait.industries.ranked(9).nameless, 1);
        assert_eq!(portrait.countries.ranked(9).first, [("NO".to_owned(), 1)]);
        assert_eq!(portrait.confidence.iter().sum::<u64>(), 4, "every row has its own");
        assert_eq!(portrait.confidence[17], 4, "0.87 is in the step from 0.85");
    }

    #[test]
    fn lists_are_bounded_and_know_how_many_there_are() {
        let mut portrait = Portrait::default();
        for number in 1..=MOST_LISTED as u64 + 5 {
            portrait.on_row(RowNumber(number), &unmatched("nobody.example"), || "https://nobody".to_owned());
        }
        portrait.on_row(RowNumber(9), &RowOutcome::Invalid(InvalidInput::Empty), || "x".repeat(1_000));
        portrait.on_row(RowNumber(9), &RowOutcome::Pending, || unreachable!("nothing is shown of it"));
        assert_eq!((portrait.unmatched.rows.len(), portrait.unmatched.total), (MOST_LISTED, 1_005));
        let [refused] = portrait.refused.rows.as_slice() else { panic!() };
        assert_eq!((&*refused.asked, refused.status), ("", RowStatus::InvalidInput));
        assert!(refused.input.chars().count() <= LONGEST_INPUT + 1 && !refused.reason.is_empty());
    }

    #[test]
    fn countries_stand_last() {
        let read = ["New York, NY, US", "Oslo", "", " , ", "Berlin, Germany ,"].map(country);
        assert_eq!(read, ["US", "Oslo", "", "", "Germany"]);
    }
}
