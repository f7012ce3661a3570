//! An API on bare sockets, whose connections end as a test says: closed, reset, cut, silent.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::mocked::company;

/// What a connection does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    /// Answers, and stays open.
    Answer,
    /// Answers, and closes without having said so.
    AnswerAndClose,
    /// Answers, says that it closes, and closes.
    AnswerAndSayClose,
    /// Answers as HTTP/1.0 does: the end of the connection is the end of the answer.
    AnswerInOldStyle,
    /// Closes without a byte.
    Close,
    /// Reads one byte of the request and closes, at which the system resets the connection.
    Reset,
    /// Answers half a head and closes.
    CutHead,
    /// Answers half a body and closes.
    CutBody,
    /// Says nothing for as long as the other end waits.
    Hang,
}

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Came {
    /// The connection, counted from 0 in the order in which they were accepted.
    pub(crate) connection: usize,
    /// The idempotency key; empty for a request of which nothing was read.
    pub(crate) key: String,
}

/// The server.
pub(crate) struct Sockets {
    address: SocketAddr,
    came: Arc<Mutex<Vec<Came>>>,
    is_over: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Sockets {
    /// Starts one. `does` is given the number of the connection and of the request on it, both counted from 0.
    pub(crate) fn start(does: impl Fn(usize, usize) -> Does + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (came, is_over) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (noted, ends, does) = (Arc::clone(&came), Arc::clone(&is_over), Arc::new(does));
        let accepting = std::thread::spawn(move || {
            for (connection, stream) in listener.incoming().enumerate() {
                if ends.load(Ordering::SeqCst) {
                    break;
                }
                let (does, noted) = (Arc::clone(&does), Arc::clone(&noted));
                std::thread::spawn(move || {
                    serve(stream.unwrap(), connection, &noted, |request| does(connection, request));
                });
            }
        });
        Self { address, came, is_over, accepting: Some(accepting) }
    }

    /// Returns its base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the requests that came, in their order.
    pub(crate) fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

/// Serves one connection to its end.
fn serve(stream: TcpStream, connection: usize, came: &Mutex<Vec<Came>>, does: impl Fn(usize) -> Does) {
    let mut stream = BufReader::with_capacity(1, stream);
    for request in 0.. {
        // Waits for the first byte; the rest stays where it is.
        if stream.fill_buf().is_ok_and(<[u8]>::is_empty) {
            return;
        }
        let does = does(request);
        let key = if does == Does::Reset { String::new() } else { read_request(&mut stream) };
        came.lock().unwrap().push(Came { connection, key });
        if !act(stream.get_mut(), does) {
            return;
        }
    }
}

/// Reads a request to its end and returns its idempotency key.
pub(crate) fn read_request(stream: &mut impl std::io::BufRead) -> String {
    let (mut key, mut length) = (String::new(), 0);
    for line in stream.by_ref().lines() {
        let line = line.unwrap().to_lowercase();
        match line.split_once(": ") {
            Some(("idempotency-key", value)) => value.clone_into(&mut key),
            Some(("content-length", value)) => length = value.parse().unwrap(),
            _ if line.is_empty() => break,
            _ => {}
        }
    }
    std::io::copy(&mut stream.take(length), &mut std::io::sink()).unwrap();
    key
}

/// Does with a request what a test says, and returns whether the connection stays open.
fn act(stream: &mut TcpStream, does: Does) -> bool {
    let whole = answer("");
    // The other end may have gone, which is for the test to notice.
    let mut write = |text: &str| drop(stream.write_all(text.as_bytes()));
    match does {
        Does::Answer | Does::AnswerAndClose => write(&whole),
        Does::AnswerAndSayClose => write(&answer("connection: close\r\n")),
        Does::AnswerInOldStyle => write(&format!("HTTP/1.0 200 OK\r\n\r\n{}", company("Acme Corp"))),
        Does::Close | Does::Reset => {}
        Does::CutHead => write(&whole[..20]),
        Does::CutBody => write(&whole[..whole.len() - 20]),
        Does::Hang => drop(stream.read(&mut [0])),
    }
    does == Does::Answer
}

/// Returns a company as an answer on the wire.
pub(crate) fn answer(header: &str) -> String {
    let body = company("Acme Corp").to_string();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{header}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}
