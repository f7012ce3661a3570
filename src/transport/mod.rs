//! How a request gets to the API and an answer back. One method; no policy: one call of `send` is one attempt.
//!
//! A trait because it has two implementations that matter: HTTP, and the sandbox's model under a paused clock.

mod answer;
mod direct;
mod fault;
pub mod http;
mod kept;
mod place;
mod pool;
mod proxied;
mod tls;
mod turns;

use std::future::Future;

use crate::rules::reply::Attempt;
use crate::rules::signature::ApiRequest;

/// Sends requests.
pub trait Transport {
    /// Sends a request once and returns how that ended. Never fails: a failure is an ending too.
    fn send(&self, request: ApiRequest) -> impl Future<Output = Attempt>;
}
