//! Requests over HTTP, by reqwest: headers, timeouts, proxies, certificates, and the one use of the key.
//!
//! The key must not travel: plain `http` is refused except to this machine, and a redirect is followed only where it
//! stays with the same scheme, host and port. An answer's body is read up to a bound.
//!
//! A request that meets a kept connection which the server has closed is sent again at once, on a new one that is not
//! kept: the others in the pool may be closed as well. That is part of the same attempt, under its one timeout. On
//! HTTP/2 reqwest does the like by itself, twice, for what the server says it has not touched: `REFUSED_STREAM`, and
//! `GOAWAY` without an error.

use std::net::IpAddr;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, NoProxy, Proxy, Response};
use url::{Host, Url};

use super::Transport;
use super::fault::lost;
use super::kept::Kept;
use super::turns::Turns;
use crate::rules::redact::redact;
use crate::rules::reply::{Attempt, Charge};
use crate::rules::signature::ApiRequest;
use crate::secret::ApiKey;

/// The largest body that is read. A company is well under 10 KiB.
const BODY_MAX: usize = 1024 * 1024;

/// Redirects that are followed on the API's own host.
const REDIRECTS_MAX: usize = 3;

/// The longest wait for a connection; part of the attempt's whole time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an idle connection is kept: less than the five seconds after which common servers close one.
const IDLE_KEPT: Duration = Duration::from_secs(4);

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
    /// The most connections kept open while idle.
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
    /// The HTTP client could not be made.
    #[error("the HTTP client cannot be set up")]
    Client(#[from] reqwest::Error),
}

/// The API over HTTP.
#[derive(Debug)]
pub struct HttpTransport {
    client: Client,
    /// Keeps no connection: each request has a new one.
    unkept: Client,
    kept: Kept,
    endpoint: Url,
    headers: HeaderMap,
    timeout: Duration,
}

impl HttpTransport {
    /// Prepares the way; connects to nobody yet.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        let endpoint = endpoint(&settings.base_url)?;
        // Fails only where one is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (kept, turns) = (Kept::default(), Turns::default());
        Ok(Self {
            client: built(settings, kept.watch(client(settings, settings.connections, &turns)?))?,
            unkept: built(settings, client(settings, 0, &turns)?)?,
            kept,
            endpoint,
            headers: headers(&settings.key),
            timeout: settings.timeout,
        })
    }

    /// Sends a request, once more where it met a kept connection that was closed, and reads the answer.
    async fn exchange(&self, request: &ApiRequest) -> Attempt {
        let first = self.post(&self.client, request).await.inspect(|response| self.kept.note(response));
        let (sent, charge) = match first {
            Err(error) if self.kept.was_closed(&error) => {
                tracing::debug!("met a closed connection, sent again");
                // The first request may have arrived, whatever becomes of the second.
                (self.post(&self.unkept, request).await, Charge::Possible)
            }
            // Without a connection nothing has arrived.
            Err(error) if error.is_connect() || error.is_builder() => (Err(error), Charge::Impossible),
            first => (first, Charge::Possible),
        };
        match sent {
            Ok(response) => read(response).await.unwrap_or_else(|error| lost(error, Charge::Possible)),
            Err(error) => lost(error, charge),
        }
    }

    /// Asks about no company at all, which cannot be charged: what comes back tells what the API makes of the key.
    pub async fn probe(&self) -> Attempt {
        let headers = self.headers.clone();
        let asked = self.client.post(self.endpoint.clone()).headers(headers).body("{}").send();
        let exchange = async { read(asked.await?).await };
        let attempt = match tokio::time::timeout(self.timeout, exchange).await {
            Ok(read) => read.unwrap_or_else(|error| lost(error, Charge::Impossible)),
            Err(_) => Attempt::Lost { reason: "timed out".into(), charge: Charge::Impossible },
        };
        if let Attempt::Answered { status, body, .. } = &attempt {
            tracing::debug!(status, bytes = body.len(), "the probe was answered");
        }
        attempt
    }

    async fn post(&self, client: &Client, request: &ApiRequest) -> Result<Response, reqwest::Error> {
        let mut headers = self.headers.clone();
        if let Ok(key) = HeaderValue::try_from(request.key.to_string()) {
            headers.insert(IDEMPOTENCY_KEY, key);
        }
        client.post(self.endpoint.clone()).headers(headers).body(request.body()).send().await
    }
}

impl Transport for HttpTransport {
    async fn send(&self, request: ApiRequest) -> Attempt {
        let attempt = tokio::time::timeout(self.timeout, self.exchange(&request)).await;
        attempt.unwrap_or_else(|_| Attempt::Lost { reason: "timed out".into(), charge: Charge::Possible })
    }
}

fn built(settings: &HttpSettings, builder: ClientBuilder) -> Result<Client, HttpSetupError> {
    // Certificates are only read when the client is made.
    let read = |error| {
        if settings.ca_pem.is_some() { HttpSetupError::Certificates } else { HttpSetupError::Client(error) }
    };
    builder.build().map_err(read)
}

/// Prepares a client that keeps at most so many idle connections.
fn client(settings: &HttpSettings, kept: u32, turns: &Turns) -> Result<ClientBuilder, HttpSetupError> {
    let mut builder = Client::builder()
        .user_agent(concat!("leadenrich/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT.min(settings.timeout))
        .pool_idle_timeout(IDLE_KEPT)
        .pool_max_idle_per_host(kept as usize)
        .tcp_nodelay(true)
        .referer(false)
        .redirect(same_place_only());
    builder = match &settings.proxy {
        ProxyChoice::Environment => builder,
        ProxyChoice::Direct => builder.no_proxy(),
        ProxyChoice::Url(url) if !matches!(url.scheme(), "http" | "https") => {
            return Err(HttpSetupError::Proxy(url.scheme().into()));
        }
        ProxyChoice::Url(url) => builder.proxy(Proxy::all(url.clone())?.no_proxy(NoProxy::from_env())),
    };
    builder = match &settings.ca_pem {
        Some(pem) => {
            let trusted = Certificate::from_pem_bundle(pem).map_err(|_| HttpSetupError::Certificates)?;
            if trusted.is_empty() {
                return Err(HttpSetupError::NoCertificates);
            }
            builder.tls_certs_only(trusted)
        }
        // Without TLS the system's certificates need not be there, nor be read.
        None if settings.base_url.scheme() == "http" => builder.tls_certs_only([]),
        None => builder,
    };
    Ok(turns.rule(builder))
}

/// Returns where calls go, if the key may travel there.
fn endpoint(base: &Url) -> Result<Url, HttpSetupError> {
    let refuse = |problem| Err(HttpSetupError::BaseUrl { url: redact(base.as_str()).into_owned(), problem });
    match base.scheme() {
        "https" => {}
        "http" if is_this_machine(base) => {}
        "http" => return refuse("is plain http, by which the key would travel readably"),
        _ => return refuse("is neither https nor http"),
    }
    if base.query().is_some() || base.fragment().is_some() {
        return refuse("has a query or a fragment");
    }
    let mut endpoint = base.clone();
    let path = format!("{}/v1/enrich/company", base.path().trim_end_matches('/'));
    endpoint.set_path(&path);
    Ok(endpoint)
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

fn headers(key: &ApiKey) -> HeaderMap {
    let mut headers = HeaderMap::new();
    // A parsed key is printable ASCII, which every header can carry.
    if let Ok(mut value) = HeaderValue::try_from(format!("Bearer {}", key.expose())) {
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers
}

/// Follows a redirect only where the key would go to the same place.
fn same_place_only() -> Policy {
    Policy::custom(|attempt| {
        let place = |url: &Url| {
            (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default())
        };
        let stays = attempt.previous().first().is_some_and(|first| place(first) == place(attempt.url()));
        if stays && attempt.previous().len() <= REDIRECTS_MAX { attempt.follow() } else { attempt.stop() }
    })
}

/// Reads an answer whole, up to the bound.
async fn read(mut response: Response) -> Result<Attempt, reqwest::Error> {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > BODY_MAX {
            let reason = format!("{status} with a body of over {} KiB", BODY_MAX / 1024).into();
            return Ok(Attempt::Lost { reason, charge: Charge::Possible });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Attempt::Answered { status, headers, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint_of(base: &str) -> Result<String, String> {
        endpoint(&Url::parse(base).unwrap()).map(String::from).map_err(|error| error.to_string())
    }

    #[test]
    fn the_path_is_appended_whatever_the_slashes() {
        let expected = Ok("https://api.test/a/v1/enrich/company".to_owned());
        assert_eq!(endpoint_of("https://api.test/a"), expected);
        assert_eq!(endpoint_of("https://api.test/a/"), expected);
        assert_eq!(endpoint_of("https://api.test"), Ok("https://api.test/v1/enrich/company".to_owned()));
    }

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for base in ["http://127.0.0.1:8080", "http://[::1]:1", "http://localhost:3", "http://api.localhost"]
        {
            assert!(endpoint_of(base).is_ok(), "{base}");
        }
        for base in ["http://api.test", "http://10.0.0.1", "http://localhost.evil.com", "ftp://localhost"] {
            assert!(endpoint_of(base).is_err(), "{base}");
        }
        let error = endpoint_of("http://api.test/wbk_live_123456").unwrap_err();
        assert!(!error.contains("123456"), "{error}");
    }

    #[test]
    fn the_key_is_marked_as_sensitive() {
        let headers = headers(&ApiKey::parse("wbk_abc").unwrap());
        assert!(headers.get(AUTHORIZATION).unwrap().is_sensitive());
        assert!(!format!("{headers:?}").contains("abc"));
    }
}
