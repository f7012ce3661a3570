//! What a run made of a limit: how much of it was used, and how often it was overstepped.

use std::fmt;
use std::time::Duration;

use super::support::{Api, Plan, Told, domains, run};
use crate::sandbox::Settings;

/// Answers take this long, and so overtake each other.
const LATENCY: &str = "latency=20ms..80ms";

/// A run that takes longer is held to be stuck.
const PATIENCE: Duration = Duration::from_secs(3 * 86_400);

/// How a run did.
pub(super) struct Measured {
    /// The settings of the API.
    pub(super) settings: String,
    /// Calls that were let through, of those that could have been from the first of them to the last, in percent.
    pub(super) utilisation: f64,
    /// Calls that were not let through.
    pub(super) refused: u64,
    /// All calls.
    pub(super) calls: u64,
    /// What the run told.
    pub(super) told: Told,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { settings, utilisation, refused, calls, told } = self;
        write!(f, "{settings}: {utilisation:.1} % used, {refused} of {calls} refused, {:?}", told.took)
    }
}

/// Drives a run of so many rows, for as long as it takes, against an API with these settings.
pub(super) async fn measure(settings: &str, rows: usize) -> Measured {
    let settings = format!("{LATENCY},{settings}");
    let api = Api::new(&settings);
    let plan = Plan { concurrency: 16, wait: Duration::MAX, ..Plan::new(domains(rows)) };
    let Ok(told) = tokio::time::timeout(PATIENCE, run(&api, plan)).await else {
        panic!("{settings}: not done after {PATIENCE:?}: {:?}", api.books())
    };
    assert_eq!((told.answered(), told.end.stopped), (rows, None), "{settings}");
    Measured::of(settings, &api, told)
}

impl Measured {
    /// Returns what the API's books say.
    pub(super) fn of(settings: String, api: &Api, told: Told) -> Self {
        let books = api.books();
        let refused = books.requests.get(&429).copied().unwrap_or_default();
        let banned = books.requests.get(&403).copied().unwrap_or_default();
        let calls = books.requests.values().sum::<u64>() + books.unanswered;
        let limit: Settings = settings.parse().unwrap();
        let allowance = limit.allowance(books.first_through.unwrap(), books.last_through.unwrap());
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let utilisation = (calls - refused - banned) as f64 / allowance * 100.0;
        Self { settings, utilisation, refused: refused + banned, calls, told }
    }
}
