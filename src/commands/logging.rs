//! Log lines on standard error: nothing without `-v`, this program's own words with it, every request with `-vv`.
//!
//! Other crates' logs are left out: they could hold headers.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::cli::{GlobalArgs, LogFormat};

/// Starts logging as the options say.
pub(super) fn start(global: &GlobalArgs) {
    let level = match global.verbose {
        0 => return,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let own = Targets::new().with_target(env!("CARGO_PKG_NAME"), level);
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(false).with_target(false);
    let lines = match global.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    // Fails only where logging was started before, as in a test.
    let _ = tracing_subscriber::registry().with(lines.with_filter(own)).try_init();
}
