//! The program on a terminal of its own: what it shows there a test reads, and what a test types there it reads.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::GUARD;
use super::ended::Ended;

/// A run on a terminal.
pub(crate) struct OnTerminal {
    child: Child,
    /// The terminal's other side.
    controller: File,
    seen: Vec<u8>,
    home: PathBuf,
}

impl OnTerminal {
    /// Starts a program with a new terminal as standard input and standard error. Standard output is a pipe, which a test
    /// leaves nearly empty.
    pub(crate) fn start(mut command: Command, home: &Path) -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let name = ptsname(&controller, Vec::new()).unwrap();
        let terminal =
            OpenOptions::new().read(true).write(true).open(OsStr::from_bytes(name.as_bytes())).unwrap();
        command.stdin(terminal.try_clone().unwrap()).stderr(terminal).stdout(Stdio::piped());
        let child = command.spawn().unwrap();
        // With the command goes the terminal's side that it holds: from here on the program alone keeps it open.
        drop(command);
        Self { child, controller: controller.into(), seen: Vec::new(), home: home.to_owned() }
    }

    /// Waits until a text is shown.
    pub(crate) fn wait_for(&mut self, text: &str) {
        while !self.shown().contains(text) {
            assert!(self.read(), "the run ended before it showed '{text}': {}", self.shown());
        }
    }

    /// Types.
    pub(crate) fn type_in(&mut self, keys: &str) {
        self.controller.write_all(keys.as_bytes()).unwrap();
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end. Standard error is what the terminal has shown, with what was typed.
    pub(crate) fn end(mut self) -> Ended {
        while self.read() {}
        let mut stdout = Vec::new();
        self.child.stdout.take().unwrap().read_to_end(&mut stdout).unwrap();
        let status = self.child.wait().unwrap();
        Ended::new(Output { status, stdout, stderr: self.shown().into_bytes() }, &self.home)
    }

    /// Reads what is shown next; false once the program has let go of the terminal.
    fn read(&mut self) -> bool {
        let guard = Timespec { tv_sec: GUARD.as_secs().try_into().unwrap(), tv_nsec: 0 };
        let mut polled = [PollFd::new(&self.controller, PollFlags::IN)];
        assert_eq!(poll(&mut polled, Some(&guard)).unwrap(), 1, "nothing more is shown: {}", self.shown());
        let mut next = [0; 4096];
        // A terminal that nobody holds any more is an error to its other side.
        let read = self.controller.read(&mut next).unwrap_or_default();
        self.seen.extend(&next[..read]);
        read > 0
    }

    /// Returns what was shown, with line breaks as they were written.
    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.seen).replace("\r\n", "\n")
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        // A test that failed leaves nothing running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
