//! Limiters that hold a refusal against who was refused.

use super::measure::measure;

/// What a refusal does.
const REFUSED: [&str; 4] = ["counts", "restarts", "doubles", "ban-5"];

const ROWS: usize = 500;

/// Drives a run against such a limiter, whatever a refusal does, and holds its refusals against so many.
async fn assert_is_borne(limiter: &str, more: &str, refused_at_most: u64) {
    for refused in REFUSED {
        let settings = format!("limit=100,window=2s,limiter={limiter},refused={refused},skew=0.4s,{more}");
        let measured = measure(&settings, ROWS).await;
        assert!(measured.refused <= refused_at_most, "{measured}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_everything_is_told_nothing_is_refused() {
    for limiter in ["fixed", "from-first", "sliding"] {
        let settings = format!("limit=100,window=2s,limiter={limiter},refused=doubles,skew=0.4s");
        let measured = measure(&settings, ROWS).await;
        assert_eq!(measured.refused, 0, "{measured}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_client_costs_a_refusal_in_a_hundred() {
    for limiter in ["fixed", "from-first", "sliding"] {
        assert_is_borne(limiter, "rival=50", 5).await;
    }
}

#[tokio::test(start_paused = true)]
async fn where_only_refusals_tell_the_limit_is_found() {
    // Sixteen are out when the first is refused. Those that double the pause each have done so before it is known.
    for limiter in ["fixed", "from-first", "sliding"] {
        assert_is_borne(limiter, "headers=none", 50).await;
    }
}

#[tokio::test(start_paused = true)]
async fn where_another_client_is_noticed_by_refusals_only_the_run_goes_on() {
    for limiter in ["fixed", "from-first", "sliding"] {
        assert_is_borne(limiter, "headers=none,rival=50", 50).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_limiter_that_says_nothing_and_starts_over_is_waited_out() {
    for limiter in ["fixed", "from-first", "sliding"] {
        let told = "headers=none,retry-after=none";
        let settings = format!("limit=100,window=2s,limiter={limiter},refused=restarts,{told}");
        let measured = measure(&settings, ROWS).await;
        assert!(measured.refused <= 50, "{measured}");
    }
}
