//! What every run is built of: the API or a sandbox, the ledger, the clock, the signals.

use anyhow::Context;
use tokio::sync::mpsc;

use crate::engine::clock::Clock;
use crate::engine::driver::{Content, Parts, RowIn, RowsOut, RunEnd, drive};
use crate::engine::reorder::Order;
use crate::engine::shutdown::{Signals, StopSignal};
use crate::failure::UsageError;
use crate::ledger::Ledger;
use crate::rules::event::Event;
use crate::rules::run::{Policy, Run};
use crate::rules::signature::{Scope, account};
use crate::rules::time::Now;
use crate::sandbox::Sandbox;
use crate::secret::ApiKey;
use crate::settings::{Api, CallSettings, Connection, SettingsError};
use crate::transport::http::{HttpSettings, HttpTransport, ProxyChoice};

/// Rows on their way at the most: what waits for its turn in the output while a slow call holds it up.
pub(super) const WINDOW: usize = 4_096;

/// Batches of rows that wait between the threads.
pub(super) const BATCHES_WAITING: usize = 2;

/// Everything a run needs but its rows.
pub(super) struct Session {
    /// Kept while calls go to it.
    sandbox: Option<Sandbox>,
    transport: HttpTransport,
    ledger: Ledger,
    run: Run,
    clock: Clock,
    signals: mpsc::Receiver<StopSignal>,
    concurrency: u32,
    started: Now,
}

/// The rows of a run: where they come from, where they go, in which order.
pub(super) struct Flow<R> {
    pub(super) rows: mpsc::Receiver<Vec<RowIn<R>>>,
    pub(super) out: mpsc::Sender<RowsOut<R>>,
    pub(super) order: Order,
    pub(super) may_never_end: bool,
}

impl Session {
    /// Opens the ledger and prepares the way to the API. Nothing is sent yet.
    pub(super) fn open(settings: &CallSettings) -> anyhow::Result<Self> {
        let clock = Clock::system();
        let started = clock.now();
        let scope = scope(&settings.connection)?;
        let (http, sandbox) = way(&settings.connection, settings.gate.concurrency.most())?;
        let transport = HttpTransport::new(&http)?;
        let ledger = Ledger::open(settings.ledger.path(), &scope, settings.reuse(started.wall))?;
        let policy = Policy {
            scope,
            wish: settings.wish,
            gate: settings.gate,
            retries: settings.retries,
            seed: seed(started),
        };
        Ok(Self {
            sandbox,
            transport,
            ledger,
            run: Run::new(policy, started),
            clock,
            signals: listen()?,
            concurrency: settings.gate.concurrency.most(),
            started,
        })
    }

    /// Returns the clock of the run.
    pub(super) const fn clock(&self) -> Clock {
        self.clock
    }

    /// Returns when the run began.
    pub(super) const fn started(&self) -> Now {
        self.started
    }

    /// Drives the run to its end.
    pub(super) async fn drive<R: Content>(
        self,
        flow: Flow<R>,
        tell: &mut dyn FnMut(&Event, Now),
    ) -> anyhow::Result<RunEnd> {
        let parts = Parts {
            transport: &self.transport,
            ledger: self.ledger,
            rows: flow.rows,
            out: flow.out,
            signals: self.signals,
            clock: self.clock,
            tell,
            order: flow.order,
            window: WINDOW,
            may_never_end: flow.may_never_end,
            concurrency: self.concurrency,
        };
        let end = drive(self.run, parts).await?;
        if let Some(sandbox) = &self.sandbox {
            tracing::info!(books = ?sandbox.books(), "the sandbox's own books");
        }
        Ok(end)
    }
}

/// Returns whose answers these are. Without a key there is nobody to ask for.
pub(super) fn scope(connection: &Connection) -> anyhow::Result<Scope> {
    Ok(match &connection.api {
        Api::Keyless => return Err(SettingsError::NoKey.into()),
        Api::Real { base_url, key, .. } => Scope {
            base_url: without_password(base_url).into(),
            account: account(key.expose(), connection.workspace.as_deref()),
        },
        Api::Sandbox(text) => {
            let settings = sandbox_settings(text)?;
            // Its port changes from run to run; its answers depend on the seed.
            Scope {
                base_url: format!("sandbox:{}", settings.seed).into(),
                account: account(&settings.api_key, None),
            }
        }
    })
}

/// Returns an address as it may be kept and shown.
pub(super) fn without_password(url: &url::Url) -> String {
    let mut url = url.clone();
    // Fails where there can be none.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url.as_str().trim_end_matches('/').to_owned()
}

/// Reads the settings of an in-process sandbox.
pub(super) fn sandbox_settings(text: &str) -> Result<crate::sandbox::Settings, UsageError> {
    text.parse().map_err(UsageError::Sandbox)
}

/// Returns the way to the API, with so many connections at the most; starts the sandbox if calls go to one.
pub(super) fn way(
    connection: &Connection,
    connections: u32,
) -> anyhow::Result<(HttpSettings, Option<Sandbox>)> {
    let mut http = HttpSettings {
        base_url: url::Url::parse("http://127.0.0.1")?,
        key: ApiKey::parse("wbk_sandbox")?,
        timeout: connection.timeout,
        connections,
        proxy: connection.proxy.clone().map_or(ProxyChoice::Environment, ProxyChoice::Url),
        ca_pem: connection.cacert.as_deref().map(read_certificates).transpose()?,
    };
    match &connection.api {
        Api::Keyless => Err(SettingsError::NoKey.into()),
        Api::Real { base_url, key, .. } => {
            http.base_url = base_url.clone();
            http.key = key.clone();
            Ok((http, None))
        }
        Api::Sandbox(text) => {
            let sandbox = Sandbox::start(sandbox_settings(text)?).context("the sandbox cannot be started")?;
            http.base_url = url::Url::parse(sandbox.base_url())?;
            http.key = ApiKey::parse(sandbox.api_key())?;
            http.proxy = ProxyChoice::Direct;
            Ok((http, Some(sandbox)))
        }
    }
}

fn read_certificates(path: &std::path::Path) -> Result<Vec<u8>, UsageError> {
    std::fs::read(path)
        .map_err(|source| UsageError::Certificates { path: path.display().to_string(), source })
}

/// Chance that spreads the retries of several processes: when this one started, and which one it is.
fn seed(started: Now) -> u64 {
    let nanos = started.wall.as_nanosecond().to_le_bytes();
    let low: [u8; 8] = std::array::from_fn(|byte| nanos.get(byte).copied().unwrap_or_default());
    u64::from_le_bytes(low) ^ u64::from(std::process::id())
}

/// Listens for signals from now on.
fn listen() -> anyhow::Result<mpsc::Receiver<StopSignal>> {
    let mut signals = Signals::listen().context("cannot listen for signals")?;
    let (sender, receiver) = mpsc::channel(4);
    tokio::spawn(async move {
        loop {
            let signal = signals.next().await;
            if sender.send(signal).await.is_err() {
                break;
            }
        }
    });
    Ok(receiver)
}
