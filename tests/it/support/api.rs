//! The sandbox in this process, so that its books can be compared with what the program says.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use leadenrich::sandbox::{Sandbox, Settings};

/// Starts a sandbox that answers at once, with quota and credits in plenty and a company for everyone; `settings`
/// change that.
pub(crate) fn api(settings: &str) -> Sandbox {
    Sandbox::start(parsed(settings)).unwrap()
}

/// Starts a sandbox on a port of a test's own, so that a later one can stand in its place.
pub(crate) fn api_on(port: u16, settings: &str) -> Sandbox {
    Sandbox::start(Settings { port, ..parsed(settings) }).unwrap()
}

fn parsed(settings: &str) -> Settings {
    format!("latency=0,limit=1000000,credits=1000000,no-match=0,{settings}").parse().unwrap()
}

/// Returns a port that stays free between two servers: outside the range from which the system gives ports away, and
/// given once in this process.
pub(crate) fn lasting_port() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 500).unwrap() * 20;
    loop {
        let port = 20_000 + (first + GIVEN.fetch_add(1, Ordering::Relaxed)) % 12_000;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// Returns the base URL of a server that takes connections and says nothing, as long as the listener is kept.
pub(crate) fn silence() -> (TcpListener, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}
