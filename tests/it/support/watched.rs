//! A run that is watched by its events: tests wait for what has happened, never for time to pass.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Output};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::GUARD;
use super::ended::Ended;

/// A run that is under way.
pub(crate) struct Watched {
    child: Child,
    stderr: BufReader<ChildStderr>,
    seen: String,
    home: PathBuf,
    guard: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Watched {
    /// Watches a process that writes events to standard error.
    pub(crate) fn new(mut child: Child, home: &Path) -> Self {
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let pid = Pid::from_child(&child);
        let (over, is_over) = channel();
        let guard = std::thread::spawn(move || {
            if is_over.recv_timeout(GUARD) == Err(RecvTimeoutError::Timeout) {
                let _ = kill_process(pid, Signal::KILL);
            }
        });
        Self { child, stderr, seen: String::new(), home: home.to_owned(), guard: Some((over, guard)) }
    }

    /// Returns the process's number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Takes standard output.
    pub(crate) fn stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().unwrap()
    }

    /// Waits until an event of this name has come `times` times, and returns the last one.
    pub(crate) fn wait_for(&mut self, name: &str, times: usize) -> Value {
        let mut met = 0;
        loop {
            let start = self.seen.len();
            let read = self.stderr.read_line(&mut self.seen).unwrap();
            assert!(read > 0, "the run ended before {times} {name}: {}", self.seen);
            let event: Value = serde_json::from_str(&self.seen[start..]).unwrap_or_default();
            if event["event"] == name {
                met += 1;
                if met == times {
                    return event;
                }
            }
        }
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end.
    pub(crate) fn end(mut self) -> Ended {
        self.stderr.read_to_string(&mut self.seen).unwrap();
        let mut stdout = Vec::new();
        if let Some(mut pipe) = self.child.stdout.take() {
            pipe.read_to_end(&mut stdout).unwrap();
        }
        // From here on its number may become another's.
        if let Some((over, guard)) = self.guard.take() {
            drop(over);
            guard.join().unwrap();
        }
        let status = self.child.wait().unwrap();
        let stderr = std::mem::take(&mut self.seen).into_bytes();
        Ended::new(Output { status, stdout, stderr }, &self.home)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // A test that failed leaves nothing running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
