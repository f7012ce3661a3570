//! Tells a kept connection that its other end has closed from a request that failed.
//!
//! Servers close connections that are idle, or after each answer, often without a word. A request that is under way to
//! such a connection meets its end: nothing has failed, there is only nobody there any more. Where hyper knows that a
//! request was never written, another connection is taken without a word. What is left are requests that were
//! written before the close was seen: these end as "closed before message completed", or with a reset. hyper says the
//! same of an answer that breaks off within its head; that is repeated too, which the idempotency key makes safe.
//!
//! A connection was kept if it has brought an answer since it was made. So a new connection that dies is a failure, as it
//! must be. The pool knows its own; reqwest's, to proxies, are known by their local ports, of which at most as many are
//! noted as there are. reqwest makes connections wherever it likes, so what it calls must be fit for threads: hence the
//! lock, for which nobody waits.

use std::collections::HashSet;
use std::error::Error;
use std::io::{self, ErrorKind};
use std::iter::successors;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use h2::Reason;
use http::Extensions;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpInfo};
use reqwest::{ClientBuilder, Response};
use tower::util::MapResponseLayer;

/// reqwest's connections that have brought an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    ports: Arc<Mutex<HashSet<u16>>>,
}

impl Kept {
    /// Watches the connections that a client makes.
    pub(super) fn watch(&self, client: ClientBuilder) -> ClientBuilder {
        client.connector_layer(MapResponseLayer::new(self.clone().forgetting()))
    }

    /// A new connection has brought nothing yet, whoever had its port before.
    fn forgetting<C: Connection>(self) -> impl Fn(C) -> C + Clone {
        move |connection| {
            if let Some(port) = port_of(&connection.connected()) {
                self.ports().remove(&port);
            }
            connection
        }
    }

    /// Notes the connection of an answer.
    pub(super) fn note(&self, response: &Response) {
        if let Some(port) = local_port(response.extensions()) {
            self.ports().insert(port);
        }
    }

    /// Returns whether a request met a kept connection that was closed before an answer.
    pub(super) fn was_closed(&self, error: &reqwest::Error) -> bool {
        let mut causes = causes(error);
        // Only a request that got no answer names its connection; an answer that broke off does not.
        let connection = causes.find_map(|cause| cause.downcast_ref::<legacy::Error>()?.connect_info());
        let was_kept = connection.and_then(port_of).is_some_and(|port| self.ports().contains(&port));
        was_kept && is_closed(error)
    }

    fn ports(&self) -> MutexGuard<'_, HashSet<u16>> {
        self.ports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn port_of(connection: &Connected) -> Option<u16> {
    let mut known = Extensions::new();
    connection.get_extras(&mut known);
    local_port(&known)
}

fn local_port(known: &Extensions) -> Option<u16> {
    Some(known.get::<HttpInfo>()?.local_addr().port())
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |&cause| cause.source())
}

/// Returns whether a request ended because its connection was closed before an answer.
pub(super) fn is_closed(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(is_close)
}

/// Returns whether a server of HTTP/2 says that it has not touched a request. Source: RFC 9113, 6.8 and 8.7.
pub(super) fn is_untouched(error: &(dyn Error + 'static)) -> bool {
    let told = causes(error).find_map(|cause| cause.downcast_ref::<h2::Error>());
    told.filter(|told| told.is_remote()).is_some_and(|told| match told.reason() {
        Some(Reason::NO_ERROR) => told.is_go_away(),
        Some(Reason::REFUSED_STREAM) => told.is_reset(),
        _ => false,
    })
}

fn is_close(cause: &(dyn Error + 'static)) -> bool {
    if let Some(error) = cause.downcast_ref::<hyper::Error>() {
        return error.is_incomplete_message();
    }
    let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(
        kind,
        Some(
            ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::BrokenPipe
                | ErrorKind::UnexpectedEof
        )
    )
}
