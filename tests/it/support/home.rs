//! A private folder, and the program run in it: cleared environment, own home, fixed width, no colour, no key.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use leadenrich::sandbox::Sandbox;
use tempfile::TempDir;

use super::GUARD;
use super::ended::Ended;
use super::terminal::OnTerminal;
use super::watched::Watched;

/// A user without rights. Source: what most systems call `nobody`.
const NOBODY: u32 = 65_534;

/// A folder of its own for a test; it goes with the test.
pub(crate) struct Home {
    folder: TempDir,
}

impl Home {
    /// Makes an empty one.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::Builder::new().prefix("leadenrich-it-").tempdir().unwrap() }
    }

    /// Makes one with a file in it.
    pub(crate) fn with(name: &str, content: impl AsRef<[u8]>) -> Self {
        let home = Self::new();
        home.put(name, content);
        home
    }

    /// Returns the path of a file in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    pub(crate) fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// Makes a named pipe.
    pub(crate) fn pipe(&self, name: &str) {
        let made = Command::new("mkfifo").arg(self.path(name)).status().unwrap();
        assert!(made.success());
    }

    /// Reads a file as text.
    pub(crate) fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Reads a file as JSON.
    pub(crate) fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.text(name)).unwrap()
    }

    /// Gives everything in it to a user without rights, if this one can do that: modes do not bind the superuser.
    pub(crate) fn belongs_to_nobody(&self) -> bool {
        let chown = |path: &Path| std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).is_ok();
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        let given = files.fold(chown(self.folder.path()), |given, file| given & chown(&file.unwrap().path()));
        let mut probe = Command::new(env!("CARGO_BIN_EXE_leadenrich"));
        probe.arg("--version").uid(NOBODY).gid(NOBODY).stdout(Stdio::null());
        given && probe.status().is_ok_and(|status| status.success())
    }

    /// Returns a call of the program with these arguments, separated by spaces.
    pub(crate) fn call(&self, args: &str) -> Call {
        self.apart(Command::new(env!("CARGO_BIN_EXE_leadenrich"))).args(args)
    }

    /// Returns a call of a script of the shell, to which the program is a command.
    pub(crate) fn script(&self, script: &str) -> Call {
        let program = Path::new(env!("CARGO_BIN_EXE_leadenrich")).parent().unwrap();
        let mut path = std::ffi::OsString::from(program);
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        let mut call = self.apart(Command::new("bash"));
        call.command.args(["-eo", "pipefail", "-c", script]).env("PATH", path);
        call
    }

    /// Returns a call of a program with nothing of the outside.
    fn apart(&self, mut command: Command) -> Call {
        let home = self.folder.path();
        command.env_clear().current_dir(home);
        command.env("HOME", home).env("PATH", "/usr/bin:/bin").env("TMPDIR", home);
        command.env("COLUMNS", "80").env("NO_COLOR", "1").env("TERM", "dumb");
        command.env("TZ", "UTC").env("LC_ALL", "C.UTF-8");
        Call { command, stdin: Vec::new(), home: home.to_owned() }
    }

    /// Runs the program with these arguments.
    pub(crate) fn run(&self, args: &str) -> Ended {
        self.call(args).run()
    }
}

/// A call of the program that is being put together.
pub(crate) struct Call {
    command: Command,
    stdin: Vec<u8>,
    home: PathBuf,
}

impl Call {
    /// Adds arguments, separated by spaces.
    pub(crate) fn args(mut self, args: &str) -> Self {
        self.command.args(args.split_whitespace());
        self
    }

    /// Adds one argument as it is.
    pub(crate) fn arg(mut self, arg: impl AsRef<Path>) -> Self {
        self.command.arg(arg.as_ref());
        self
    }

    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets the key.
    pub(crate) fn key(self, key: &str) -> Self {
        self.env("LEADENRICH_API_KEY", key)
    }

    /// Sends calls to a sandbox, with its key.
    pub(crate) fn at(self, sandbox: &Sandbox) -> Self {
        let key = sandbox.api_key().to_owned();
        self.args("--base-url").args(sandbox.base_url()).key(&key)
    }

    /// Runs as the user that [`Home::belongs_to_nobody`] gives it to.
    pub(crate) fn by_nobody(mut self) -> Self {
        self.command.uid(NOBODY).gid(NOBODY);
        self
    }

    /// Runs by a script of the shell, in which `"$0" "$@"` is this call.
    pub(crate) fn in_shell(mut self, script: &str) -> Self {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).arg(self.command.get_program()).args(self.command.get_args());
        let env = self.command.get_envs().filter_map(|(name, value)| Some((name, value?)));
        command.env_clear().envs(env).current_dir(&self.home);
        self.command = command;
        self
    }

    /// Gives standard input.
    pub(crate) fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        bytes.as_ref().clone_into(&mut self.stdin);
        self
    }

    /// Runs to the end.
    pub(crate) fn run(self) -> Ended {
        let mut command = assert_cmd::Command::from_std(self.command);
        let output = command.timeout(GUARD).write_stdin(self.stdin).output().unwrap();
        Ended::new(output, &self.home)
    }

    /// Starts with pipes for the caller to read.
    pub(crate) fn spawn_piped(mut self) -> Child {
        self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Starts with events on standard error, to be watched. Standard output is for the caller to read, if anybody.
    pub(crate) fn watch(self) -> Watched {
        self.watch_with(Stdio::null()).0
    }

    /// Starts to be watched, with standard input for the caller to write.
    pub(crate) fn watch_fed(self) -> (Watched, ChildStdin) {
        let (watched, stdin) = self.watch_with(Stdio::piped());
        (watched, stdin.unwrap())
    }

    /// Starts with a terminal of its own as standard input and standard error.
    pub(crate) fn on_terminal(self) -> OnTerminal {
        OnTerminal::start(self.command, &self.home)
    }

    fn watch_with(mut self, stdin: Stdio) -> (Watched, Option<ChildStdin>) {
        self.command.args(["--progress", "json"]);
        self.command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        let stdin = child.stdin.take();
        (Watched::new(child, &self.home), stdin)
    }
}
