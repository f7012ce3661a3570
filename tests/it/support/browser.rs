//! Chromium without a screen, spoken to over its own protocol through two pipes: no port, no library.
//!
//! Messages are JSON texts that end with a zero byte, in both directions. Source: Chromium's `--remote-debugging-pipe`.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::home::Home;

/// What it is called on the systems that have it.
const NAMES: [&str; 3] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/// A browser with one page.
pub(crate) struct Browser {
    child: Child,
    to: File,
    from: BufReader<File>,
    asked: u64,
    session: Option<String>,
    /// What the page said on its console, and what the browser said of it.
    pub(crate) said: Vec<String>,
}

impl Browser {
    /// Starts one in a private folder; absent where no Chromium is installed.
    pub(crate) fn start(home: &Home) -> Option<Self> {
        let program = NAMES.into_iter().find(|name| Path::new(name).exists())?;
        home.pipe("to-browser");
        home.pipe("from-browser");
        let mut command = Command::new("/bin/sh");
        // Opened for both ways, so that it does not wait for a test that opens them in another order.
        command.args(["-c", "exec \"$0\" \"$@\" 3<>to-browser 4<>from-browser", program]);
        command.args(["--headless=new", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu"]);
        command.args(["--disable-dev-shm-usage", "--hide-scrollbars", "--force-color-profile=srgb"]);
        command.arg(format!("--user-data-dir={}", home.path("browser").display()));
        // Its own walls need rights that a container seldom gives; the page is ours.
        command.args(["--no-sandbox", "about:blank"]);
        command.current_dir(home.path(".")).env("HOME", home.path("."));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let child = command.spawn().unwrap();
        // One way each: when the browser is gone, the reading ends.
        let to = OpenOptions::new().write(true).open(home.path("to-browser")).unwrap();
        let from = BufReader::new(File::open(home.path("from-browser")).unwrap());
        let mut browser = Self { child, to, from, asked: 0, session: None, said: Vec::new() };
        browser.attach();
        Some(browser)
    }

    fn attach(&mut self) {
        let targets = self.ask("Target.getTargets", &json!({}));
        let targets = targets["targetInfos"].as_array().unwrap();
        let page = targets.iter().find(|target| target["type"] == "page").expect("a page is open");
        let told = json!({"targetId": page["targetId"], "flatten": true});
        let attached = self.ask("Target.attachToTarget", &told);
        self.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Log"] {
            self.ask(&format!("{domain}.enable"), &json!({}));
        }
    }

    /// Asks for something and returns the answer; what is said meanwhile is kept.
    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.asked += 1;
        let mut message = json!({"id": self.asked, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let mut answer = self.listen();
            if answer["id"] == self.asked {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].take();
            }
        }
    }

    /// Takes one message, and keeps what tells of a fault.
    fn listen(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.from.read_until(0, &mut bytes).unwrap();
        assert_eq!(bytes.pop(), Some(0), "the browser has gone");
        let message: Value = serde_json::from_slice(&bytes).unwrap();
        let told = match message["method"].as_str() {
            Some("Runtime.exceptionThrown") => &message["params"]["exceptionDetails"],
            Some("Runtime.consoleAPICalled") => &message["params"]["args"],
            Some("Log.entryAdded") => &message["params"]["entry"]["text"],
            _ => return message,
        };
        self.said.push(told.to_string());
        message
    }

    /// Opens a file, with what follows the `#`, and waits until all of it is there.
    pub(crate) fn open(&mut self, file: &Path, fragment: &str) {
        // From a blank page, so that a new fragment loads the file anew.
        self.ask("Page.navigate", &json!({"url": "about:blank"}));
        let url = format!("file://{}#{fragment}", file.display());
        let opened = self.ask("Page.navigate", &json!({"url": url}));
        assert!(opened["errorText"].is_null(), "{opened}");
        // Asked again and again: a page whose scripts are off tells no listener that it is loaded.
        while self.value("location.protocol + document.readyState") != "file:complete" {}
    }

    /// Returns what an expression of the page comes to.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let mut answer = self.ask("Runtime.evaluate", &asked);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].take()
    }

    /// Sets the size of the page in pixels, and whether it is shown in the dark.
    pub(crate) fn show(&mut self, (width, height): (u32, u32), is_dark: bool) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.ask("Emulation.setDeviceMetricsOverride", &size);
        let scheme = if is_dark { "dark" } else { "light" };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.ask("Emulation.setEmulatedMedia", &features);
    }

    /// Returns a picture of what is shown, as PNG.
    pub(crate) fn picture(&mut self) -> Vec<u8> {
        let shot = self.ask("Page.captureScreenshot", &json!({"format": "png"}));
        STANDARD.decode(shot["data"].as_str().unwrap()).unwrap()
    }

    /// Returns the page as it is printed on A4, as PDF.
    pub(crate) fn printed(&mut self) -> Vec<u8> {
        let told = json!({"preferCSSPageSize": true, "printBackground": false});
        let printed = self.ask("Page.printToPDF", &told);
        STANDARD.decode(printed["data"].as_str().unwrap()).unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Its helpers are of its group, and go with it.
        if let Some(group) = rustix::process::Pid::from_raw(self.child.id().cast_signed()) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.wait();
    }
}
