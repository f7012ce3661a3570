//! A sandbox on a thread of its own, for a command or a test that talks to it over HTTP.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;

use tokio::runtime::Builder;
use tokio::sync::oneshot;

use super::books::Books;
use super::server::{Twin, run};
use super::settings::Settings;

/// A running sandbox; it stops when this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    base_url: String,
    api_key: String,
    twin: Arc<Twin>,
    /// The near end of the line to the thread; to drop it is the order to stop.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts a sandbox on the loopback address; when this returns, connections are accepted. May be called from
    /// within another runtime, whose thread it holds up for a moment.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port))?;
        listener.set_nonblocking(true)?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let api_key = settings.api_key.clone();
        let twin = Twin::new(settings);
        let served = Arc::clone(&twin);
        let (stop, stopped) = oneshot::channel();
        let (report, started) = sync_channel(1);
        // The runtime is born and dies on its own thread: within another runtime it could do neither.
        let thread = std::thread::Builder::new().name("sandbox".to_owned()).spawn(move || {
            let runtime = Builder::new_current_thread().enable_io().enable_time().build();
            let (runtime, outcome) = match runtime {
                Ok(runtime) => (Some(runtime), Ok(())),
                Err(error) => (None, Err(error)),
            };
            // Fails only where nobody waits for it, and then nobody wants to know.
            let _ = report.send(outcome);
            if let Some(runtime) = runtime {
                runtime.block_on(live(served, listener, stopped));
            }
        })?;
        started.recv().unwrap_or_else(|gone| Err(io::Error::other(gone)))?;
        Ok(Self { base_url, api_key, twin, stop: Some(stop), thread: Some(thread) })
    }

    /// Returns the base URL: everything before `/v1/enrich/company`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Returns the key that may enrich.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// Returns what happened so far.
    pub fn books(&self) -> Books {
        self.twin.model().books()
    }
}

/// Serves until the order to stop.
async fn live(twin: Arc<Twin>, listener: TcpListener, stopped: oneshot::Receiver<()>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    tokio::select! {
        _ = stopped => {}
        // Does not end on its own: a failed accept is tried again.
        _ = run(twin, listener) => {}
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been told by its own message.
            let _ = thread.join();
        }
    }
}
