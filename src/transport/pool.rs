//! Connections to the API: those that are kept, and how new ones come about.
//!
//! What was used last is used first, so that the others may grow old and are let go. Whoever waits for its turn to connect
//! takes a connection that becomes free meanwhile.

use std::cell::RefCell;
use std::error::Error;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use hyper::client::conn::{http1, http2};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connection as _, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};
use tower::{Service as _, ServiceExt as _};

use super::http::{CONNECT_TIMEOUT, HttpSettings, HttpSetupError, IDLE_KEPT};
use super::tls;
use super::turns::Turns;

/// Why there is no connection.
type NoLine = Box<dyn Error + Send + Sync>;

type Body = Full<Bytes>;

/// The connections to one place.
#[derive(Debug)]
pub(super) struct Pool {
    connector: HttpsConnector<HttpConnector>,
    connect_timeout: Duration,
    turns: Turns,
    /// Those of HTTP/1 that have nothing to do, the oldest first, and since when: no more than calls were in flight.
    idle: RefCell<Vec<(Instant, http1::SendRequest<Body>)>>,
    /// The one of HTTP/2, which takes many requests at a time.
    shared: RefCell<Option<http2::SendRequest<Body>>>,
    freed: Notify,
}

/// A connection that takes a request.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) sender: Sender,
    /// Whether it has brought an answer before.
    pub(super) was_kept: bool,
}

#[derive(Debug)]
pub(super) enum Sender {
    /// HTTP/1.
    One(http1::SendRequest<Body>),
    /// HTTP/2.
    Many(http2::SendRequest<Body>),
}

impl Pool {
    pub(super) fn new(settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        Ok(Self {
            connector: HttpsConnector::from((connector, tls::config(settings)?)),
            connect_timeout: CONNECT_TIMEOUT.min(settings.timeout),
            turns: Turns::default(),
            idle: RefCell::default(),
            shared: RefCell::default(),
            freed: Notify::new(),
        })
    }

    /// Returns a connection, a kept one if there is any.
    pub(super) async fn line(&self, to: &Uri) -> Result<Line, NoLine> {
        loop {
            if let Some(line) = self.kept_line().await {
                return Ok(line);
            }
            tokio::select! {
                biased;
                () = self.freed.notified() => {}
                () = self.turns.next() => return Box::pin(self.connect(to)).await,
            }
        }
    }

    /// Returns a connection that nobody has used.
    pub(super) async fn new_line(&self, to: &Uri) -> Result<Line, NoLine> {
        self.turns.next().await;
        Box::pin(self.connect(to)).await
    }

    /// Takes a connection back that has brought an answer.
    pub(super) fn keep(&self, line: Line) {
        match line.sender {
            Sender::One(sender) => {
                self.idle.borrow_mut().push((now(), sender));
                self.freed.notify_one();
            }
            Sender::Many(sender) => {
                self.shared.borrow_mut().get_or_insert(sender);
                self.freed.notify_waiters();
            }
        }
    }

    async fn kept_line(&self) -> Option<Line> {
        let shared = self.shared.borrow().clone();
        if let Some(mut sender) = shared {
            if sender.ready().await.is_ok() {
                return Some(Line { sender: Sender::Many(sender), was_kept: true });
            }
            self.shared.borrow_mut().take_if(|shared| shared.is_closed());
        }
        loop {
            let (since, mut sender) = self.idle.borrow_mut().pop()?;
            if now() - since > IDLE_KEPT {
                // Those below have been idle for even longer.
                self.idle.borrow_mut().clear();
                return None;
            }
            if sender.ready().await.is_ok() {
                return Some(Line { sender: Sender::One(sender), was_kept: true });
            }
        }
    }

    /// Its future is large, and rare: callers box it, so that those of all calls stay small.
    async fn connect(&self, to: &Uri) -> Result<Line, NoLine> {
        let connecting = async {
            let stream = self.connector.clone().ready().await?.call(to.clone()).await?;
            begun(stream).await
        };
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, "timed out");
        let sender = timeout(self.connect_timeout, connecting).await.map_err(late)??;
        Ok(Line { sender, was_kept: false })
    }
}

/// Begins to speak the protocol that was agreed on. The connection is seen to by a task of its own.
async fn begun(stream: MaybeHttpsStream<TokioIo<TcpStream>>) -> Result<Sender, NoLine> {
    let is_http2 = stream.connected().is_negotiated_h2();
    if is_http2 {
        let (sender, connection) = http2::handshake(TokioExecutor::new(), stream).await?;
        see_to(connection);
        Ok(Sender::Many(sender))
    } else {
        let (sender, connection) = http1::handshake(stream).await?;
        see_to(connection);
        Ok(Sender::One(sender))
    }
}

/// Whoever waits for an answer is told why it does not come; the connection's own end says nothing more.
fn see_to(connection: impl Future<Output = hyper::Result<()>> + Send + 'static) {
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::trace!(%error, "a connection ended");
        }
    });
}

#[expect(clippy::disallowed_methods, reason = "how long a connection was idle concerns nobody else")]
fn now() -> Instant {
    Instant::now()
}
