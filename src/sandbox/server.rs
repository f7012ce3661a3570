//! The model behind HTTP/1.1 and HTTP/2 without TLS.
//!
//! Decides nothing: it hands each request to the model, waits as long as the answer says, and does to the connection
//! what the answer says. The lock on the model is held for the pure call only. Says nothing on its own.
#![expect(
    clippy::disallowed_methods,
    reason = "a server is a program of its own: it stamps requests with the wall clock and sleeps its answers' latency"
)]

use std::convert::Infallible;
use std::error::Error as _;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::routing::{get, post};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use http_body_util::LengthLimitError;
use hyper::body::Frame;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use jiff::Timestamp;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::model::Model;
use super::request::Request;
use super::response::{Refusal, Response, Wire};
use super::settings::{DEFAULT_KEY, Settings};

/// The largest body that is read.
const BODY_LIMIT: usize = 64 * 1024;
/// How long a failed accept (no file descriptors left, as a rule) is left alone.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Stands for a header that is no ASCII text: valid nowhere, but not absent either.
const UNREADABLE: &str = "\u{fffd}";

/// What all connections share.
#[derive(Debug)]
pub(super) struct Twin {
    settings: Settings,
    model: Mutex<Model>,
}

impl Twin {
    /// Returns a server's state in which nothing has happened.
    pub(super) fn new(settings: Settings) -> Arc<Self> {
        Arc::new(Self { model: Mutex::new(Model::new(settings.clone())), settings })
    }

    /// Locks the model. Its calls do not panic half-way, so a poisoned one is as good as any.
    pub(super) fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves the sandbox on a listener until the future is dropped, and all its connections with it.
pub async fn serve(settings: Settings, listener: TcpListener) -> io::Result<()> {
    run(Twin::new(settings), listener).await
}

/// Serves this state on a listener.
pub(super) async fn run(twin: Arc<Twin>, listener: TcpListener) -> io::Result<()> {
    let router = router(twin);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // A connection without it is slower, not wrong.
                    let _ = stream.set_nodelay(true);
                    connections.spawn(converse(router.clone(), stream));
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Returns the routes.
fn router(twin: Arc<Twin>) -> Router {
    Router::new()
        .route("/", get(welcome))
        .route("/v1/enrich/company", post(enrich))
        .method_not_allowed_fallback(async |State(twin): State<Arc<Twin>>| {
            refused(&twin, Refusal::MethodNotAllowed).await
        })
        .fallback(async |State(twin): State<Arc<Twin>>| refused(&twin, Refusal::RouteNotFound).await)
        .with_state(twin)
}

/// Says why hyper is to give a connection up.
#[derive(Debug, Error)]
#[error("the connection was lost on purpose")]
struct Lost;

/// Serves one connection to its end.
async fn converse(router: Router, stream: TcpStream) {
    let service = hyper::service::service_fn(move |request| {
        let answer = router.clone().oneshot(request);
        async move {
            let response = answer.await.unwrap_or_else(|never: Infallible| match never {});
            match response.extensions().get::<Wire>() {
                Some(Wire::DropBefore | Wire::DropAfter) => Err(Lost),
                _ => Ok(response),
            }
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    // The model dates its answers itself, and leaves some without a date.
    builder.http1().auto_date_header(false);
    builder.http2().auto_date_header(false);
    // How a conversation ends is the caller's affair: half of the faults end it with an error.
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

/// Answers a request to the endpoint.
async fn enrich(State(twin): State<Arc<Twin>>, request: axum::extract::Request) -> http::Response<Body> {
    let (head, body) = request.into_parts();
    let body = match to_bytes(body, BODY_LIMIT).await {
        Ok(body) => body,
        Err(error) => return refused(&twin, unread(&error)).await,
    };
    let request = Request {
        authorization: text(&head.headers, &AUTHORIZATION),
        content_type: text(&head.headers, &CONTENT_TYPE),
        idempotency_key: text(&head.headers, &HeaderName::from_static("idempotency-key")),
        body: &body,
    };
    let response = twin.model().answer(&request, Timestamp::now());
    put_on_wire(response).await
}

/// Tells why a body was not read.
fn unread(error: &axum::Error) -> Refusal {
    match error.source() {
        Some(source) if source.is::<LengthLimitError>() => Refusal::BodyTooLarge,
        _ => Refusal::BodyUnreadable,
    }
}

/// Answers a request that does not reach the endpoint.
async fn refused(twin: &Twin, refusal: Refusal) -> http::Response<Body> {
    let response = twin.model().refuse(refusal, Timestamp::now());
    put_on_wire(response).await
}

/// Answers a look at the server's root.
async fn welcome(State(twin): State<Arc<Twin>>, headers: HeaderMap) -> String {
    let host = text(&headers, &HOST).unwrap_or("127.0.0.1");
    usage(&format!("http://{host}"), &twin.settings)
}

/// Returns a short text that says how to use a sandbox at this address. A key of the user's own is not in it.
pub fn usage(base_url: &str, settings: &Settings) -> String {
    let key = if settings.api_key == DEFAULT_KEY { DEFAULT_KEY } else { "$LEADENRICH_API_KEY" };
    format!(
        "A local emulation of the LeadLex company enrichment API; its companies are invented.\n\n\
         LEADENRICH_BASE_URL={base_url} LEADENRICH_API_KEY={key} leadenrich enrich acme.com\n\n\
         curl {base_url}/v1/enrich/company -H \"Authorization: Bearer {key}\" \\\n  \
         -H 'Content-Type: application/json' -d '{{\"domain\": \"acme.com\"}}'\n"
    )
}

/// Returns a header as text.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or(UNREADABLE))
}

/// Waits as long as the answer takes, and turns it into hyper's.
async fn put_on_wire(response: Response) -> http::Response<Body> {
    if !response.delay.is_zero() {
        tokio::time::sleep(response.delay).await;
    }
    if response.wire == Wire::Hang {
        // Ends when the caller gives up: hyper drops the future with the connection.
        std::future::pending::<()>().await;
    }
    let length = response.body.len();
    let is_broken = response.wire == Wire::Truncate;
    let body = if is_broken { Body::new(BrokenOff::half(&response.body)) } else { Body::from(response.body) };
    let mut answer = http::Response::new(body);
    *answer.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = answer.headers_mut();
    for (name, value) in response.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    if is_broken {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    answer.extensions_mut().insert(response.wire);
    answer
}

/// A body that breaks off after its first half.
struct BrokenOff {
    half: Option<Bytes>,
    is_flushed: bool,
}

impl BrokenOff {
    /// Returns the first half of a body.
    fn half(body: &Bytes) -> Self {
        Self { half: Some(body.slice(..body.len() / 2)), is_flushed: false }
    }
}

impl hyper::body::Body for BrokenOff {
    type Data = Bytes;
    type Error = Lost;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Lost>>> {
        if let Some(half) = self.half.take() {
            return Poll::Ready(Some(Ok(Frame::data(half))));
        }
        if !self.is_flushed {
            // Hyper writes out what it has when a body makes it wait; an error at once would swallow the half.
            self.is_flushed = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(Lost)))
    }
}

#[cfg(test)]
mod tests;
