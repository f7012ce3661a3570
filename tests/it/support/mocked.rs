//! An API that answers what a test says. Every answer that a test sets up must be asked for.

use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// A mocked API on a thread of its own.
pub(crate) struct Mocked {
    // Dropped first: it checks that every mock was hit.
    server: MockServer,
    runtime: Runtime,
}

impl Mocked {
    /// Starts one that answers nothing yet.
    pub(crate) fn start() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let server = runtime.block_on(MockServer::start());
        Self { server, runtime }
    }

    /// Starts one that gives these answers one after the other, the last one for ever.
    pub(crate) fn answering<const N: usize>(answers: [ResponseTemplate; N]) -> Self {
        let mocked = Self::start();
        let last = N - 1;
        for (place, answer) in answers.into_iter().enumerate() {
            let mock = Mock::given(any()).respond_with(answer);
            mocked.mount(if place < last { mock.up_to_n_times(1).expect(1) } else { mock.expect(1..) });
        }
        mocked
    }

    /// Starts one that answers as a function of the request.
    pub(crate) fn responding(respond: impl Respond + 'static) -> Self {
        let mocked = Self::start();
        mocked.mount(Mock::given(any()).respond_with(respond).expect(1..));
        mocked
    }

    /// Sets up an answer.
    pub(crate) fn mount(&self, mock: Mock) {
        self.runtime.block_on(self.server.register(mock));
    }

    /// Returns its base URL.
    pub(crate) fn url(&self) -> String {
        self.server.uri()
    }

    /// Returns the requests that came, in their order.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.runtime.block_on(self.server.received_requests()).unwrap()
    }
}

/// Returns a header of a request; empty where it is missing.
pub(crate) fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

/// Returns a company as the API answers it.
pub(crate) fn company(name: &str) -> Value {
    json!({"data": {
        "company": {"id": "c_1", "name": name, "domain": "acme.com", "industry": "Legal Services"},
        "fields_updated": ["name", "industry"],
        "source": "vendor_a", "confidence": 0.87, "credits_remaining": 4870
    }})
}

/// Returns the answer with that company.
pub(crate) fn found() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(company("Acme Corp"))
}

/// Returns an error in the API's own form.
pub(crate) fn refused(status: u16, code: &str) -> ResponseTemplate {
    let body = json!({"error": {"code": code, "message": "as told by the test"}});
    ResponseTemplate::new(status).set_body_json(body)
}
