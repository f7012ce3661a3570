//! The way through a proxy, by reqwest, which knows all that proxies ask for.

use http::header::HOST;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, NoProxy, Proxy, Response};

use super::answer::Answer;
use super::fault::{Step, lost};
use super::http::{CONNECT_TIMEOUT, HttpSettings, HttpSetupError, IDLE_KEPT, Message, ProxyChoice};
use super::kept::Kept;
use super::place::Place;
use super::tls;
use super::turns::Turns;
use crate::rules::reply::{Attempt, Charge};

/// Clients whose connections go through a proxy.
#[derive(Debug)]
pub(super) struct Proxied {
    client: Client,
    /// Keeps no connection: each request has a new one.
    unkept: Client,
    kept: Kept,
}

impl Proxied {
    pub(super) fn new(settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        let (kept, turns) = (Kept::default(), Turns::default());
        Ok(Self {
            client: kept.watch(client(settings, settings.connections, &turns)?).build()?,
            unkept: client(settings, 0, &turns)?.build()?,
            kept,
        })
    }

    /// Sends a request and reads the answer; once more where it met a kept connection that was closed.
    pub(super) async fn post(&self, place: &Place, message: &Message) -> Result<Answer, Attempt> {
        let first = send(&self.client, place, message).await.inspect(|response| self.kept.note(response));
        let (sent, charge) = match first {
            Err(error) if self.kept.was_closed(&error) => {
                tracing::debug!("met a closed connection, sent again");
                // The first request may have arrived, whatever becomes of the second.
                (send(&self.unkept, place, message).await, Charge::Possible)
            }
            // Without a connection nothing has arrived.
            Err(error) if error.is_connect() || error.is_builder() => (Err(error), Charge::Impossible),
            first => (first, Charge::Possible),
        };
        match sent {
            Ok(response) => Answer::read(http::Response::from(response)).await,
            Err(error) => {
                let step = if error.is_connect() { Step::Connecting } else { Step::Waiting };
                Err(lost(step, &error.without_url(), charge))
            }
        }
    }
}

async fn send(client: &Client, place: &Place, message: &Message) -> Result<Response, reqwest::Error> {
    let mut headers = message.headers.clone();
    // HTTP/2 has it in the address.
    headers.remove(HOST);
    client.post(place.url.clone()).headers(headers).body(message.body.clone()).send().await
}

/// Prepares a client that keeps at most so many idle connections.
fn client(settings: &HttpSettings, kept: u32, turns: &Turns) -> Result<ClientBuilder, HttpSetupError> {
    let mut builder = Client::builder()
        .tls_backend_preconfigured(tls::config(settings)?)
        .connect_timeout(CONNECT_TIMEOUT.min(settings.timeout))
        .pool_idle_timeout(IDLE_KEPT)
        .pool_max_idle_per_host(kept as usize)
        .tcp_nodelay(true)
        .referer(false)
        .redirect(Policy::none());
    if let ProxyChoice::Url(url) = &settings.proxy {
        builder = builder.proxy(Proxy::all(url.clone())?.no_proxy(NoProxy::from_env()));
    }
    Ok(turns.rule(builder))
}
