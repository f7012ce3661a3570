//! What the tests share.
//!
//! | file | gives |
//! | --- | --- |
//! | `home.rs` | a private folder, and the program run in it with nothing of the outside |
//! | `ended.rs` | how a run ended, fit for a snapshot |
//! | `terminal.rs` | the program on a terminal of its own, where a test types |
//! | `watched.rs` | a run that is watched by its events, and sent signals |
//! | `table.rs` | an output as cells |
//! | `api.rs` | the sandbox in this process, so that its books can be read |
//! | `mocked.rs` | an API that answers what a test says |
//! | `browser.rs` | Chromium, for what is looked at there |
//! | `sockets.rs` | an API on bare sockets, whose connections end as a test says |

pub(crate) mod api;
pub(crate) mod browser;
pub(crate) mod ended;
pub(crate) mod home;
pub(crate) mod mocked;
pub(crate) mod sockets;
pub(crate) mod table;
pub(crate) mod terminal;
pub(crate) mod watched;

use std::path::PathBuf;
use std::time::Duration;

/// After this long a run hangs. No test waits for it.
pub(crate) const GUARD: Duration = Duration::from_secs(120);

/// Returns an input that is shipped with the source.
pub(crate) fn fixture(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "fixtures", "inputs", name].iter().collect()
}

/// Returns a plain list of `count` domains, `c1.com` and so on.
pub(crate) fn domains(count: usize) -> String {
    (1..=count).map(|number| format!("c{number}.com\n")).collect()
}
