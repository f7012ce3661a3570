//! The way to an API that is encrypted, with both protocols: what is trusted, and how many connections it takes.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::support::domains;
use crate::support::home::Home;
use crate::support::mocked::company;
use crate::support::table::Table;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/tls").join(name)
}

/// What came: the protocol of each request, and how many connections there were.
#[derive(Default)]
struct Came {
    versions: Vec<Version>,
    connections: usize,
}

/// What a server of HTTP/2 does with the second request on each connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Second {
    /// Answers it.
    Answered,
    /// Says that it has not touched it.
    Refused,
    /// Answers it, and says that the connection takes no more.
    Last,
}

/// An API for `localhost` that speaks TLS, with a certificate of an authority that no system knows.
struct Encrypted {
    _runtime: Runtime,
    url: String,
    came: Arc<Mutex<Came>>,
}

impl Encrypted {
    fn start(protocols: &[&str]) -> Self {
        Self::with(protocols, Second::Answered)
    }

    fn with(protocols: &[&str], second: Second) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let came = Arc::default();
        let acceptor = TlsAcceptor::from(Arc::new(config(protocols)));
        runtime.spawn(serve(listener, acceptor, second, Arc::clone(&came)));
        Self { _runtime: runtime, url, came }
    }
}

fn config(protocols: &[&str]) -> ServerConfig {
    let chain =
        CertificateDer::pem_file_iter(fixture("localhost.pem")).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(fixture("localhost.key")).unwrap();
    let versions = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap();
    let mut config = versions.with_no_client_auth().with_single_cert(chain, key).unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    config
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, second: Second, came: Arc<Mutex<Came>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, came) = (acceptor.clone(), Arc::clone(&came));
        tokio::spawn(async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            came.lock().unwrap().connections += 1;
            if second != Second::Answered {
                return by_hand(stream, second, &came).await;
            }
            let answer = service_fn(move |request| answered(request, Arc::clone(&came)));
            let _ =
                auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}

async fn answered(
    request: Request<Incoming>,
    came: Arc<Mutex<Came>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    body.collect().await.unwrap();
    assert_eq!(head.headers["authorization"], "Bearer wbk_test");
    assert_eq!(head.headers.contains_key("host"), head.version == Version::HTTP_11);
    came.lock().unwrap().versions.push(head.version);
    Ok(Response::new(Full::new(company("Acme Corp").to_string().into())))
}

/// Speaks HTTP/2 without a library's own mind.
async fn by_hand(stream: TlsStream<TcpStream>, second: Second, came: &Mutex<Came>) {
    let mut connection = h2::server::handshake(stream).await.unwrap();
    let mut number = 0;
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        number += 1;
        came.lock().unwrap().versions.push(request.version());
        if number == 2 && second == Second::Refused {
            respond.send_reset(h2::Reason::REFUSED_STREAM);
            continue;
        }
        if number == 2 {
            connection.graceful_shutdown();
        }
        let mut body = respond.send_response(Response::new(()), false).unwrap();
        body.send_data(company("Acme Corp").to_string().into(), true).unwrap();
    }
}

/// Enriches so many companies, trusting the authority of the tests; returns the states of the rows.
fn run(api: &Encrypted, count: usize) -> Vec<String> {
    let home = Home::with("in.txt", domains(count));
    let call = home
        .call("batch in.txt -o out.csv --summary sum.json --retries 0 -c 8 --base-url")
        .args(&api.url)
        .args("--cacert");
    let ended = call.arg(fixture("ca.pem")).key("wbk_test").run();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(home.json("sum.json")["requests"]["sent"], count, "no attempt failed");
    Table::read(&home.text("out.csv")).column("enrich_status").into_iter().map(str::to_owned).collect()
}

#[test]
fn calls_share_one_connection_where_the_server_speaks_http_2() {
    let api = Encrypted::start(&["h2", "http/1.1"]);
    assert_eq!(run(&api, 40), ["enriched"; 40]);
    let came = api.came.lock().unwrap();
    assert_eq!((came.versions.as_slice(), came.connections), ([Version::HTTP_2; 40].as_slice(), 1));
}

#[test]
fn what_a_server_has_not_touched_is_no_failure() {
    let refusing = Encrypted::with(&["h2"], Second::Refused);
    assert_eq!(run(&refusing, 40), ["enriched"; 40]);
    let came = refusing.came.lock().unwrap();
    assert_eq!((came.versions.len(), came.connections), (41, 1), "again on the same connection");
    let leaving = Encrypted::with(&["h2"], Second::Last);
    assert_eq!(run(&leaving, 40), ["enriched"; 40]);
    assert!(leaving.came.lock().unwrap().connections > 1);
}

#[test]
fn connections_are_kept_where_it_speaks_http_1() {
    for protocols in [&["http/1.1"][..], &[]] {
        let api = Encrypted::start(protocols);
        assert_eq!(run(&api, 40), ["enriched"; 40]);
        let came = api.came.lock().unwrap();
        assert_eq!(came.versions, [Version::HTTP_11; 40]);
        assert!(came.connections <= 8, "{}", came.connections);
    }
}

/// Where a proxy is named, another library makes the connections, also to whom it is not for.
#[test]
fn certificates_and_protocols_hold_beside_a_proxy() {
    let api = Encrypted::start(&["h2", "http/1.1"]);
    let home = Home::new();
    let call = home.call("enrich acme.com --retries 0 --proxy http://127.0.0.1:1 --base-url").args(&api.url);
    let trusted = call.args("--cacert").arg(fixture("ca.pem"));
    let ended = trusted.env("NO_PROXY", "localhost").key("wbk_test").run();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(api.came.lock().unwrap().versions, [Version::HTTP_2]);
}

#[test]
fn an_authority_that_nobody_named_is_not_trusted() {
    let api = Encrypted::start(&["h2"]);
    // Of somebody else: a certificate that is no authority's.
    let home = Home::new();
    let call = home.call("enrich acme.com --retries 0 --base-url").args(&api.url).args("--cacert");
    let ended = call.arg(fixture("localhost.pem")).key("wbk_test").run();
    assert_eq!(ended.code, Some(7), "{}", ended.stderr);
    assert!(ended.stderr.contains("cannot connect: the certificate is"), "{}", ended.stderr);
    assert!(api.came.lock().unwrap().versions.is_empty());
}
