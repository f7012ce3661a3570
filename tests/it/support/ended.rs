//! How a run ended: status, standard output and standard error together, with what differs from run to run masked.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Output;
use std::sync::LazyLock;

use regex::Regex;

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code; absent where a signal killed it.
    pub(crate) code: Option<i32>,
    /// The signal that killed it.
    pub(crate) signal: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
    home: String,
}

impl Ended {
    /// Takes what came out.
    pub(crate) fn new(output: Output, home: &Path) -> Self {
        let ended = Self {
            code: output.status.code(),
            signal: output.status.signal(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            home: home.display().to_string(),
        };
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        assert!(!ended.stderr.contains("backtrace"), "{}", ended.stderr);
        ended
    }

    /// Asserts an exit code and returns itself.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!((self.code, self.signal), (Some(code), None), "stderr: {}", self.stderr);
        self
    }

    /// Asserts that all went well and nothing was said.
    #[track_caller]
    pub(crate) fn quietly(self) -> Self {
        let ended = self.exits(0);
        assert_eq!(ended.stderr, "");
        ended
    }

    /// Returns everything that a user sees, as a snapshot shows it.
    pub(crate) fn shown(&self) -> String {
        let mut shown = match (self.code, self.signal) {
            (Some(code), _) => format!("exit code: {code}\n"),
            (None, signal) => format!("killed by signal: {signal:?}\n"),
        };
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                shown += &format!("--- {name}\n{}", masked(text, &self.home));
            }
        }
        shown
    }
}

/// Masks what differs from run to run.
pub(crate) fn masked(text: &str, home: &str) -> String {
    static MASKS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        [
            (r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z", "TIME"),
            (r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{5}", "MINUTE"),
            (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID"),
            (r"process [0-9]+ \(", "process ID ("),
            (r"127\.0\.0\.1:[0-9]+", "127.0.0.1:PORT"),
            (r"(Done in|Stopped after) [0-9.]+ (s|min|ms)", "$1 TIME"),
            (r", in [0-9]+ (h|min|s)( [0-9]+ (min|s))?\.", ", in TIME."),
            (r"leadenrich [0-9]+\.[0-9]+\.[0-9]+", "leadenrich VERSION"),
        ]
        .map(|(pattern, mask)| (Regex::new(pattern).unwrap(), mask))
        .into()
    });
    // Where a sentence about time is wrapped depends on the time of the day.
    static SENTENCE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"The quota resets at [^.]+\.[^.:]+[.:]").unwrap());
    let unwrapped = |found: &regex::Captures<'_>| found[0].split_whitespace().collect::<Vec<_>>().join(" ");
    let text = SENTENCE.replace_all(text, unwrapped).replace(home, "~");
    MASKS.iter().fold(text, |text, (pattern, mask)| pattern.replace_all(&text, *mask).into_owned())
}
