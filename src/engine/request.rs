//! One request, and the span in which log lines about it stand.

use tracing::Instrument as _;
use tracing::field::{Empty, display};

use super::clock::Clock;
use crate::rules::reply::Attempt;
use crate::rules::signature::ApiRequest;
use crate::transport::Transport;

/// The header in which the API names a request.
const REQUEST_ID: &str = "x-request-id";

/// Sends a request. Its span has the subject, the attempt and the idempotency key, then also the status, the latency and the
/// API's id of the request.
pub(super) async fn sent<T: Transport>(transport: &T, clock: Clock, request: ApiRequest) -> Attempt {
    let span = tracing::debug_span!(
        "request",
        subject = %request.subject,
        attempt = request.attempt,
        key = %request.key,
        status = Empty,
        latency_ms = Empty,
        request_id = Empty,
    );
    if span.is_disabled() {
        return transport.send(request).await;
    }
    let logged = async {
        let sent_at = clock.now().at;
        let attempt = transport.send(request).await;
        let latency = clock.now().at - sent_at;
        // To the microsecond.
        tracing::Span::current().record("latency_ms", (latency.as_secs_f64() * 1e6).round() / 1e3);
        log(&attempt);
        attempt
    };
    logged.instrument(span).await
}

fn log(attempt: &Attempt) {
    let span = tracing::Span::current();
    match attempt {
        Attempt::Answered { status, headers, body, .. } => {
            span.record("status", status);
            if let Some(id) = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()) {
                span.record("request_id", display(id));
            }
            tracing::debug!(bytes = body.len(), "answered");
        }
        Attempt::Lost { reason, .. } => tracing::debug!(%reason, "no answer"),
    }
}
