//! Log lines, on standard error or in a file: nothing without `-v` or `--log-file`, this program's own words with it, every
//! request with `-vv`.
//!
//! Other crates' logs are left out: they could hold headers. Whatever a line quotes, it stays one line without terminal
//! controls, and without anything that looks like a key.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use super::apart::keep_log_apart;
use crate::cli::{Cli, LogFormat};
use crate::failure::UsageError;
use crate::report::clean::{escaped, redacted};
use crate::report::screen::Screen;

/// Who may read a log that is new: it tells who was asked about.
const MODE: u32 = 0o600;

/// Where lines go.
#[derive(Clone)]
enum Place {
    /// Above the progress.
    Screen(Screen),
    /// To the end of a file, which other runs may write to as well.
    File(Arc<File>),
}

/// Starts logging as the options say.
pub(super) fn start(cli: &Cli, screen: &Screen) -> Result<(), UsageError> {
    let global = &cli.global;
    let level = match global.verbose {
        0 if global.log_file.is_none() => return Ok(()),
        0 | 1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let place = match &global.log_file {
        Some(path) => {
            keep_log_apart(path, cli)?;
            Place::File(Arc::new(open(path)?))
        }
        None => Place::Screen(screen.clone()),
    };
    let own = Targets::new().with_target(env!("CARGO_PKG_NAME"), level);
    let lines = fmt::layer().with_writer(move || place.clone()).with_ansi(false).with_target(false);
    let lines = match global.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().with_span_list(false).boxed(),
    };
    // Fails only where logging was started before, as in a test.
    let _ = tracing_subscriber::registry().with(lines.with_filter(own)).try_init();
    Ok(())
}

fn open(path: &Path) -> Result<File, UsageError> {
    let opened = OpenOptions::new().append(true).create(true).mode(MODE).open(path);
    opened.map_err(|source| UsageError::LogFile { path: path.display().to_string(), source })
}

impl Write for Place {
    /// Takes one line whole, as the layer gives it.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let safe = escaped(&redacted(text.trim_end_matches('\n'))) + "\n";
        match self {
            Self::Screen(screen) => screen.write_above(&safe)?,
            // At once, so that lines of several processes do not mix.
            Self::File(file) => file.as_ref().write_all(safe.as_bytes())?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
