//! Requests over HTTP: headers, timeouts, redirects, and the one use of the key.
//!
//! The key must not travel: plain `http` is refused except to this machine, and a redirect is followed only where it
//! stays with the same scheme, host and port. An answer's body is read up to a bound.
//!
//! A request that meets a kept connection which the server has closed is sent again at once, on a new one. That is part of
//! the same attempt, under its one timeout.

use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue,
    USER_AGENT,
};
use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use super::Transport;
use super::answer::Answer;
use super::direct::Direct;
use super::place::Place;
use super::proxied::Proxied;
use crate::rules::redact::redact;
use crate::rules::reply::{Attempt, Charge};
use crate::rules::signature::ApiRequest;
use crate::secret::ApiKey;

/// Redirects that are followed on the API's own host.
const REDIRECTS_MAX: usize = 3;

/// The longest wait for a connection; part of the attempt's whole time.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an idle connection is kept: less than the five seconds after which common servers close one.
pub(super) const IDLE_KEPT: Duration = Duration::from_secs(4);

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What the way to the API looks like.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Everything before `/v1/enrich/company`.
    pub base_url: Url,
    /// The key.
    pub key: ApiKey,
    /// The longest time for one attempt, from connecting to the last byte.
    pub timeout: Duration,
    /// The most connections kept open to a proxy while idle. To the API itself no more are than calls are in flight.
    pub connections: u32,
    /// Whether and through which proxy.
    pub proxy: ProxyChoice,
    /// Certificates in PEM to trust instead of the system's.
    pub ca_pem: Option<Vec<u8>>,
}

/// Through which proxy requests go.
#[derive(Clone, Debug)]
pub enum ProxyChoice {
    /// As `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say.
    Environment,
    /// Through this one; `NO_PROXY` still holds.
    Url(Url),
    /// Through none.
    Direct,
}

/// Why the way to the API could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum HttpSetupError {
    /// The base URL is of no use.
    #[error("the base URL '{url}' {problem}")]
    BaseUrl {
        /// The URL, without anything like a key.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The certificates cannot be read.
    #[error("--cacert: a certificate in the file cannot be read")]
    Certificates,
    /// There is no certificate.
    #[error("--cacert: the file holds no certificate in PEM")]
    NoCertificates,
    /// The proxy is of no use.
    #[error("--proxy: proxies of the sort '{0}' cannot be used")]
    Proxy(Box<str>),
    /// The client for proxies could not be made.
    #[error("the HTTP client cannot be set up")]
    Client(#[from] reqwest::Error),
    /// Encryption could not be set up.
    #[error("encrypted connections cannot be set up")]
    Tls(#[from] rustls::Error),
}

/// The API over HTTP.
#[derive(Debug)]
pub struct HttpTransport {
    way: Way,
    endpoint: Place,
    headers: HeaderMap,
    timeout: Duration,
}

/// How connections are made.
#[derive(Debug)]
enum Way {
    Direct(Direct),
    Proxied(Box<Proxied>),
}

/// What is sent, wherever to.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl HttpTransport {
    /// Prepares the way; connects to nobody yet.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        let endpoint = Place::endpoint(&settings.base_url).map_err(|problem| HttpSetupError::BaseUrl {
            url: redact(settings.base_url.as_str()).into_owned(),
            problem,
        })?;
        Ok(Self {
            way: Way::to(&endpoint, settings)?,
            headers: headers(&settings.key, &endpoint),
            endpoint,
            timeout: settings.timeout,
        })
    }

    /// Asks about no company at all, which cannot be charged: what comes back tells what the API makes of the key.
    pub async fn probe(&self) -> Attempt {
        let mut headers = self.headers.clone();
        headers.remove(IDEMPOTENCY_KEY);
        let message = Message { headers, body: Bytes::from_static(b"{}") };
        let mut attempt = self.attempt(&message).await;
        match &mut attempt {
            Attempt::Answered { status, body, .. } => {
                tracing::debug!(status, bytes = body.len(), "the probe was answered");
            }
            Attempt::Lost { charge, .. } => *charge = Charge::Impossible,
        }
        attempt
    }

    async fn attempt(&self, message: &Message) -> Attempt {
        match tokio::time::timeout(self.timeout, self.exchange(message)).await {
            Ok(exchanged) => exchanged.map_or_else(|lost| lost, Attempt::from),
            Err(_) => Attempt::Lost { reason: "timed out".into(), charge: Charge::Possible },
        }
    }

    async fn exchange(&self, message: &Message) -> Result<Answer, Attempt> {
        let answer = self.way.post(&self.endpoint, message).await?;
        if answer.status.is_redirection() { Box::pin(self.follow(answer, message)).await } else { Ok(answer) }
    }

    /// Sends a message to where an answer says that it is to go.
    async fn follow(&self, mut answer: Answer, message: &Message) -> Result<Answer, Attempt> {
        let mut place = self.endpoint.clone();
        for _ in 0..REDIRECTS_MAX {
            let Some(moved) = place.moved(answer.status, &answer.headers) else { break };
            place = moved;
            answer = self.way.post(&place, message).await?;
        }
        Ok(answer)
    }
}

impl Transport for HttpTransport {
    async fn send(&self, request: ApiRequest) -> Attempt {
        let mut headers = self.headers.clone();
        if let Ok(key) = HeaderValue::try_from(request.key.to_string()) {
            headers.insert(IDEMPOTENCY_KEY, key);
        }
        self.attempt(&Message { headers, body: request.body().into() }).await
    }
}

impl Way {
    /// Only where a proxy may be in the way it is reqwest's.
    fn to(endpoint: &Place, settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        let is_proxied = match &settings.proxy {
            ProxyChoice::Url(url) if !matches!(url.scheme(), "http" | "https") => {
                return Err(HttpSetupError::Proxy(url.scheme().into()));
            }
            ProxyChoice::Url(_) => true,
            ProxyChoice::Environment => Matcher::from_system().intercept(&endpoint.whole).is_some(),
            ProxyChoice::Direct => false,
        };
        Ok(if is_proxied {
            Self::Proxied(Box::new(Proxied::new(settings)?))
        } else {
            Self::Direct(Direct::new(settings)?)
        })
    }

    async fn post(&self, place: &Place, message: &Message) -> Result<Answer, Attempt> {
        match self {
            Self::Direct(direct) => direct.post(place, message).await,
            // What reqwest keeps for a request is large.
            Self::Proxied(proxied) => Box::pin(proxied.post(place, message)).await,
        }
    }
}

/// Returns the headers that all requests have. The key of each takes the place of another, which costs less than one more.
fn headers(key: &ApiKey, endpoint: &Place) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(HOST, endpoint.host.clone());
    headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_static(""));
    // A parsed key is printable ASCII, which every header can carry.
    if let Ok(mut value) = HeaderValue::try_from(format!("Bearer {}", key.expose())) {
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    let name = HeaderValue::from_static(concat!("leadenrich/", env!("CARGO_PKG_VERSION")));
    headers.insert(USER_AGENT, name);
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_marked_as_sensitive() {
        let endpoint = Place::endpoint(&Url::parse("https://api.test").unwrap()).unwrap();
        let headers = headers(&ApiKey::parse("wbk_abc").unwrap(), &endpoint);
        assert!(headers.get(AUTHORIZATION).unwrap().is_sensitive());
        assert!(!format!("{headers:?}").contains("abc"));
    }

    #[test]
    fn an_address_that_is_refused_is_told_without_what_may_be_a_key() {
        let settings = HttpSettings {
            base_url: Url::parse("http://api.test/wbk_live_123456").unwrap(),
            key: ApiKey::parse("wbk_abc").unwrap(),
            timeout: Duration::from_secs(1),
            connections: 1,
            proxy: ProxyChoice::Direct,
            ca_pem: None,
        };
        let error = HttpTransport::new(&settings).unwrap_err().to_string();
        assert!(error.contains("plain http") && !error.contains("123456"), "{error}");
    }
}
