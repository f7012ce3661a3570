//! Connections that close, break or never come: which of these ends count as failures of the API, and which are the
//! ordinary end of a connection that was kept.

use std::io::{BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener};

use serde_json::Value;

use crate::support::api::silence;
use crate::support::domains;
use crate::support::home::Home;
use crate::support::sockets::{Came, Does, Sockets, answer, read_request};
use crate::support::table::Table;

/// How a run ended.
struct Run {
    code: Option<i32>,
    statuses: Vec<String>,
    errors: Vec<String>,
    requests: Value,
    stderr: String,
}

/// Enriches `count` companies.
fn run(url: &str, count: usize, options: &str) -> Run {
    let home = Home::with("in.txt", domains(count));
    let call = home.call("batch in.txt -o out.csv --summary sum.json --progress json --base-url");
    let ended = call.args(url).args(options).key("wbk_test").run();
    let output = Table::read(&home.text("out.csv"));
    let column = |name: &str| output.column(name).into_iter().map(str::to_owned).collect();
    Run {
        code: ended.code,
        statuses: column("enrich_status"),
        errors: column("enrich_error"),
        requests: home.json("sum.json")["requests"].clone(),
        stderr: ended.stderr,
    }
}

impl Run {
    /// Asserts that every row was enriched without anything told as a failure.
    #[track_caller]
    fn went_well(&self) {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        assert!(self.statuses.iter().all(|status| status == "enriched"), "{:?}", self.errors);
        let (sent, ok) = (&self.requests["sent"], &self.requests["ok"]);
        assert_eq!((sent, ok), (&self.statuses.len().into(), &self.statuses.len().into()));
        assert!(!self.stderr.contains("call_deferred"), "{}", self.stderr);
    }
}

/// Returns how many requests came for each key, in the order of the keys' first coming.
fn times_by_key(came: &[Came]) -> Vec<usize> {
    let mut times: Vec<(&str, usize)> = Vec::new();
    for request in came {
        match times.iter_mut().find(|(key, _)| *key == request.key) {
            Some((_, count)) => *count += 1,
            None => times.push((&request.key, 1)),
        }
    }
    times.into_iter().map(|(_, count)| count).collect()
}

#[test]
fn servers_that_close_after_each_answer_are_no_failure() {
    for closing in [Does::AnswerAndClose, Does::AnswerAndSayClose, Does::AnswerInOldStyle] {
        for options in ["--retries 0 -c 1", "--retries 0 -c 16"] {
            let api = Sockets::start(move |_, _| closing);
            run(&api.url(), 60, options).went_well();
            assert_eq!(times_by_key(&api.came()), [1; 60], "{closing:?}");
        }
    }
}

/// The closing crosses the request: the server has read it, or part of it, and is gone without a byte.
#[test]
fn a_request_that_meets_a_closing_connection_is_sent_again_at_once() {
    for closing in [Does::Close, Does::Reset, Does::CutHead] {
        let api = Sockets::start(move |_, request| if request == 1 { closing } else { Does::Answer });
        run(&api.url(), 2, "--retries 0 -c 1").went_well();
        let came = api.came();
        let connections: Vec<usize> = came.iter().map(|request| request.connection).collect();
        assert_eq!(connections, [0, 0, 1], "on a new connection");
        if closing != Does::Reset {
            assert_eq!(came[1].key, came[2].key);
        }
        assert_ne!(came[0].key, came[2].key);
    }
}

/// What was said of connections holds of those to a proxy too, although another library makes them.
#[test]
fn closed_connections_to_a_proxy_are_no_failure_either() {
    for (second, times) in
        [(Does::Answer, 60), (Does::AnswerAndClose, 60), (Does::Close, 61), (Does::CutHead, 61)]
    {
        let proxy = Sockets::start(move |connection, request| match (connection, request) {
            (0, 1) => second,
            _ => Does::Answer,
        });
        let options = format!("--retries 0 -c 1 --proxy {}", proxy.url());
        run("http://127.0.0.1:9", 60, &options).went_well();
        assert_eq!(proxy.came().len(), times, "{second:?}");
    }
    let gone = Sockets::start(|_, _| Does::CutBody);
    let run = run("http://127.0.0.1:9", 1, &format!("--retries 0 --proxy {}", gone.url()));
    assert!(
        run.stderr.contains("the answer broke off: end of file before message length reached"),
        "{}",
        run.stderr
    );
}

#[test]
fn many_connections_that_close_at_once_are_no_failure() {
    for closing in [Does::Close, Does::Reset] {
        let api = Sockets::start(move |_, request| if request == 1 { closing } else { Does::Answer });
        run(&api.url(), 200, "--retries 0 -c 16").went_well();
        let came = api.came();
        let most = times_by_key(&came).into_iter().max();
        assert!(closing == Does::Reset || most == Some(2), "no request meets two of them");
        assert!(came.len() > 200);
    }
}

/// The first answer proves that the API is there; the connection says that it closes, so the next one is new.
fn after_one_answer(does: impl Fn(usize) -> Does + Send + Sync + 'static) -> Sockets {
    Sockets::start(move |connection, _| match connection {
        0 => Does::AnswerAndSayClose,
        later => does(later),
    })
}

#[test]
fn a_new_connection_that_ends_before_an_answer_is_a_failure() {
    for (ending, told) in [
        (Does::Close, "the connection was lost: connection closed before message completed"),
        (Does::Reset, "the connection was lost: Connection reset by peer"),
        (Does::CutHead, "the connection was lost: connection closed before message completed"),
        (Does::CutBody, "the answer broke off: end of file before message length reached"),
        (Does::Hang, "timed out"),
    ] {
        let api = after_one_answer(move |_| ending);
        let run = run(&api.url(), 2, "--retries 0 -c 1 --timeout 1s");
        assert_eq!(
            (run.code, run.statuses.as_slice()),
            (Some(3), ["enriched", "failed"].map(String::from).as_slice())
        );
        assert!(run.errors[1].contains(told), "{}", run.errors[1]);
        assert_eq!(api.came().len(), 2, "{ending:?}");
    }
}

#[test]
fn failures_are_tried_again_under_the_same_key_as_often_as_was_said() {
    for ending in [Does::Close, Does::Reset, Does::CutHead, Does::CutBody, Does::Hang] {
        for (retries, status) in [(2, "enriched"), (1, "failed")] {
            let api = after_one_answer(move |nth| if nth <= 2 { ending } else { Does::Answer });
            let run = run(&api.url(), 2, &format!("--retries {retries} -c 1 --timeout 1s"));
            assert_eq!(run.statuses[1], status, "{ending:?} {retries}: {}", run.errors[1]);
            let came = api.came();
            assert_eq!(came.len(), 2 + retries, "{ending:?}");
            let keys = came[1..].iter().map(|request| &request.key).filter(|key| !key.is_empty());
            assert!(keys.clone().all(|key| Some(key) == keys.clone().next()), "{came:?}");
        }
    }
}

#[test]
fn a_kept_connection_excuses_one_request_and_not_the_next() {
    for ending in [Does::Close, Does::Reset, Does::CutBody, Does::Hang] {
        let api = Sockets::start(move |connection, request| match (connection, request) {
            (0, 0) => Does::Answer,
            (0, _) => Does::Close,
            _ => ending,
        });
        let run = run(&api.url(), 2, "--retries 0 -c 1 --timeout 1s");
        assert_eq!((run.code, run.statuses[1].as_str()), (Some(3), "failed"), "{ending:?}");
        assert_eq!(api.came().len(), 3, "{ending:?}");
    }
}

#[test]
fn an_answer_that_breaks_off_is_no_closed_connection() {
    for ending in [Does::CutBody, Does::Hang] {
        let api = Sockets::start(move |_, request| if request == 1 { ending } else { Does::Answer });
        let run = run(&api.url(), 2, "--retries 0 -c 1 --timeout 1s");
        assert_eq!((run.code, run.statuses[1].as_str()), (Some(3), "failed"), "{ending:?}");
        assert_eq!(api.came().len(), 2, "{ending:?}");
    }
}

#[test]
fn an_api_that_is_not_there_is_tried_as_often_as_was_said() {
    let (listener, url) = silence();
    drop(listener);
    let run = run(&url, 1, "--retries 2");
    assert_eq!((run.code, run.statuses[0].as_str()), (Some(7), "pending"), "{}", run.stderr);
    assert_eq!(run.requests["sent"], 3);
}

/// A request was read, then its connection and its server are gone: that no new connection is found does not prove that
/// the request never arrived, so its intent stays open and its credit in doubt.
#[test]
fn a_request_that_may_have_arrived_stays_open_when_no_other_connection_is_found() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        read_request(&mut stream);
        stream.get_mut().write_all(answer("").as_bytes()).unwrap();
        let key = read_request(&mut stream);
        drop(listener);
        key
    });
    let home = Home::with("in.txt", domains(2));
    let call = home.call("batch in.txt -o out.csv -q --retries 0 -c 1 --ledger l.db --wait 1s --base-url");
    call.args(&url).key("wbk_test").run();
    let sent = server.join().unwrap();
    let ledger = rusqlite::Connection::open(home.path("l.db")).unwrap();
    let open = "SELECT key FROM calls WHERE first_sent_ms IS NOT NULL";
    let key: String = ledger.query_row(open, [], |row| row.get(0)).unwrap();
    assert_eq!(key, sent);
}
