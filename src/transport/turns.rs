//! Begins connections one after the other instead of all at once.
//!
//! When the first answer of a run has come, many calls leave in the same instant, and each begins a connection. Simple
//! servers have room for five that they have not yet accepted (Python's `http.server`, for one). The rest is dropped,
//! repeated by the system after a second and more, all together again, and dropped again: 64 at once took half a minute
//! with such a server. A millisecond between them is enough for it to keep up, and is nothing beside a call.

use std::sync::Arc;
use std::time::Duration;

use reqwest::ClientBuilder;
use tokio::sync::Mutex;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tower::util::MapFutureLayer;

/// Between two connections.
const APART: Duration = Duration::from_millis(1);

/// Whose turn it is to connect.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns {
    // Made at the first turn, since a timer needs the runtime.
    interval: Arc<Mutex<Option<Interval>>>,
}

impl Turns {
    /// Makes a client connect in turns.
    pub(super) fn rule(&self, client: ClientBuilder) -> ClientBuilder {
        let turns = self.clone();
        client.connector_layer(MapFutureLayer::new(move |connecting| {
            let turns = turns.clone();
            async move {
                turns.next().await;
                connecting.await
            }
        }))
    }

    /// Waits for the next turn.
    pub(super) async fn next(&self) {
        self.interval.lock().await.get_or_insert_with(ticks).tick().await;
    }
}

fn ticks() -> Interval {
    let mut ticks = interval(APART);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    #[expect(clippy::disallowed_methods, reason = "the paused clock is what is looked at")]
    async fn turns_are_apart_and_the_first_is_at_once() {
        let (start, turns) = (Instant::now(), Turns::default());
        turns.next().await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        join_all((0..64).map(|_| turns.next())).await;
        assert_eq!(start.elapsed(), APART * 64);
    }

    #[tokio::test(start_paused = true)]
    #[expect(clippy::disallowed_methods, reason = "the paused clock is what is looked at")]
    async fn turns_that_nobody_took_are_not_saved_up() {
        let turns = Turns::default();
        turns.next().await;
        tokio::time::sleep(APART * 100).await;
        let start = Instant::now();
        join_all((0..10).map(|_| turns.next())).await;
        assert!(start.elapsed() >= APART * 9);
    }
}
