//! Are the events what `docs/events.schema.json` says they are, and is everyone answered who asks how it goes?

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};

use jsonschema::Validator;
use leadenrich::report::jsonl::Jsonl;
use leadenrich::rules::event::{CompanyOrigin, Event, PaceReason, ReplyKind, SCHEMA, StopReason, WaitReason};
use leadenrich::rules::field::FieldSet;
use leadenrich::rules::malformed::{Fault, Malformed};
use leadenrich::rules::outcome::{RowNumber, RowStatus};
use leadenrich::rules::waited::Waited;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::domains;
use crate::support::home::Home;

/// The published schema.
struct Schema {
    text: Value,
    validator: Validator,
}

impl Schema {
    fn read() -> Self {
        let text: Value = serde_json::from_str(include_str!("../../docs/events.schema.json")).unwrap();
        let validator = jsonschema::validator_for(&text).unwrap();
        Self { text, validator }
    }

    /// Returns the kinds that it describes.
    fn kinds(&self) -> BTreeSet<String> {
        let refs = self.text["oneOf"].as_array().unwrap().iter();
        refs.map(|one| one["$ref"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()).collect()
    }

    /// Asserts that every line is an event as described, and that no key is left undescribed. Returns the kinds.
    fn assert_describes(&self, lines: &str) -> BTreeSet<String> {
        let kinds = lines.lines().map(|line| {
            let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            let faults: Vec<String> =
                self.validator.iter_errors(&event).map(|fault| fault.to_string()).collect();
            assert_eq!(faults, Vec::<String>::new(), "{line}");
            let kind = event["event"].as_str().unwrap().to_owned();
            for key in event.as_object().unwrap().keys() {
                assert!(self.text["$defs"][&kind]["properties"].get(key).is_some(), "{kind} has '{key}'");
            }
            kind
        });
        kinds.collect()
    }
}

fn row_finished(status: RowStatus, is_known: bool) -> Event {
    Event::RowFinished {
        row: RowNumber(1),
        status,
        filled: FieldSet::ALL,
        source: is_known.then(|| "vendor_a".into()),
        confidence: is_known.then_some(0.87),
        input: (!is_known).then(|| "nobody.example".into()),
    }
}

fn call_answered(reply: ReplyKind, is_answered: bool) -> Event {
    Event::CallAnswered {
        subject: "acme.com".into(),
        attempt: 2,
        status: is_answered.then_some(200),
        reply,
        latency_ms: 41.5,
        request_id: is_answered.then(|| "req_1".into()),
        credits_remaining: is_answered.then_some(4_870),
    }
}

/// Every kind of event with every value that a part of it can have.
fn all_events() -> Vec<Event> {
    use ReplyKind::{
        Enriched, InsufficientCredits, InsufficientPermissions, InvalidKey, NoMatch, NotFound, RateLimited,
        Rejected, Temporary,
    };

    let at: jiff::Timestamp = "2026-11-22T15:00:00.5Z".parse().unwrap();
    let mut waited_s = Waited::default();
    waited_s.add(WaitReason::Quota, std::time::Duration::from_millis(1_500));
    let mut events = vec![
        Event::RunStarted { schema: SCHEMA, at, concurrency: 8 },
        Event::RowsRead { rows: 0, ended: true },
        Event::CallSent {
            subject: "acme.com".into(),
            attempt: 1,
            in_flight: 1,
            concurrency: 8,
            uncertain: true,
        },
        Event::CallDeferred { subject: "acme.com".into(), reason: "timed out".into(), until: at },
        Event::HeaderDoubted { remark: "x".into() },
        Event::PaceChanged { per_second: None, why: None },
        Event::Resumed,
        Event::RunFinished { at, elapsed_s: 12.3, waited_s },
    ];
    for is_known in [true, false] {
        let (limit, window_s) = (is_known.then_some(1_000), is_known.then_some(86_400));
        events.push(Event::WindowChanged { limit, remaining: 0, resets_at: at, window_s });
        events.extend(RowStatus::ALL.map(|status| row_finished(status, is_known)));
        events.push(call_answered(ReplyKind::Enriched, is_known));
    }
    let replies = [Enriched, NoMatch, NotFound, Rejected, InsufficientCredits, InvalidKey];
    events.extend(replies.map(|reply| call_answered(reply, true)));
    events.extend([InsufficientPermissions, RateLimited, Temporary].map(|reply| call_answered(reply, true)));
    events.extend(RowStatus::ALL.map(|status| Event::CallSettled { subject: "acme.com".into(), status }));
    let origins = [CompanyOrigin::Requested, CompanyOrigin::FromLedger, CompanyOrigin::Pending];
    events.extend(origins.map(|origin| Event::CompanySeen { origin }));
    let paces = [PaceReason::Quota, PaceReason::Refusals];
    events.extend(paces.map(|why| Event::PaceChanged { per_second: Some(48.7), why: Some(why) }));
    events.extend(WaitReason::ALL.map(|why| Event::Waiting { why, until: at }));
    events.extend(StopReason::ALL.map(|reason| Event::Stopping {
        reason,
        resets_at: (reason == StopReason::RateLimit).then_some(at),
        detail: (reason == StopReason::ApiUnavailable).then(|| "503".into()),
    }));
    let faults = [
        Fault::TooShort { cells: 1, columns: 2 },
        Fault::TooLong { cells: 2, columns: 1 },
        Fault::StrayQuote,
        Fault::TextAfterQuote,
        Fault::OpenQuote,
        Fault::InvalidBytes,
        Fault::NotAnObject,
    ];
    events.extend(faults.map(|fault| Event::malformed(RowNumber(3), Malformed { line: 4, fault })));
    events
}

#[test]
fn every_event_is_as_the_schema_describes_it() {
    let schema = Schema::read();
    let mut lines = Vec::new();
    for event in all_events() {
        Jsonl::new(&mut lines).on_event(&event).unwrap();
    }
    let mut kinds = schema.assert_describes(&String::from_utf8(lines).unwrap());
    // Told to those who ask, below.
    kinds.insert("state".to_owned());
    assert_eq!(kinds, schema.kinds());
}

#[test]
fn the_schema_refuses_what_is_no_event() {
    let schema = Schema::read();
    for line in [
        r#"{"event":"sang"}"#,
        r#"{"event":"rows_read","rows":-1,"ended":true}"#,
        r#"{"event":"rows_read","rows":1}"#,
        r#"{"event":"waiting","why":"mood","until":"2026-11-22T15:00:00Z"}"#,
        r#"{"event":"waiting","why":"quota","until":"tomorrow"}"#,
        r#"{"event":"run_started","schema":2,"at":"2026-11-22T15:00:00Z","concurrency":8}"#,
        "[]",
    ] {
        assert!(!schema.validator.is_valid(&serde_json::from_str(line).unwrap()), "{line}");
    }
}

#[test]
fn the_events_of_real_runs_are_as_the_schema_describes_them() {
    let schema = Schema::read();
    let home =
        Home::with("in.csv", "domain,n\nacme.com,1\nnot a domain,2\nshort\n".to_owned() + &domains(40));
    let mut kinds = BTreeSet::new();
    for (sandbox, options) in [
        ("latency=0..2ms,faults=drop-before:5+drop-after:5+http-503:3+truncate:5+garbage:5", ""),
        ("latency=0..2ms,limit=10,window=1d", "--wait 0"),
        ("latency=0..2ms,limit=15,window=1s,faults=bare-rate-limit:10+no-headers:20", ""),
        ("latency=0..2ms,credits=10", "--keep-credits 5"),
        ("latency=0..2ms,faults=http-500:100", "--retries 1 --wait 0"),
        ("latency=0..2ms,headers=ietf,no-match=50", "--limit 5 --rate 50/m"),
    ] {
        let call = home.call("batch in.csv --domain-column 1 -o out.csv --progress json").args(options);
        let ended = call.arg(format!("--sandbox={sandbox}")).run();
        assert!(ended.stderr.starts_with(r#"{"event":"run_started","schema":1,"#), "{}", ended.stderr);
        kinds.extend(schema.assert_describes(&ended.stderr));
    }
    for kind in ["row_malformed", "call_deferred", "window_changed", "waiting", "resumed", "stopping"] {
        assert!(kinds.contains(kind), "none of these runs told '{kind}': {kinds:?}");
    }
}

/// Forty companies, of which the last are answered a day later.
const HELD_UP: &str = "--sandbox=latency=1ms,limit=20,window=1d,no-match=0";

#[test]
fn a_program_that_asks_gets_an_event() {
    let home = Home::with("in.txt", domains(40));
    let mut run = home.call("batch in.txt -o out.csv --wait forever").args(HELD_UP).watch();
    run.wait_for("waiting", 1);
    run.signal(Signal::USR1);
    let state = run.wait_for("state", 1);
    Schema::read().assert_describes(&state.to_string());
    // The outcome of the last answer may still be on its way into the ledger.
    assert_eq!((&state["rows"]["read"], &state["waiting"]["why"]), (&40.into(), &"quota".into()), "{state}");
    run.signal(Signal::INT);
    run.end().exits(130);
}

#[test]
fn a_person_who_asks_is_answered_on_the_terminal() {
    let home = Home::with("in.txt", domains(40));
    let call = home.call("batch in.txt -o out.csv --wait forever").args(HELD_UP).env("TERM", "xterm");
    let mut run = call.on_terminal();
    run.wait_for("waiting for the quota");
    run.signal(Signal::USR1);
    run.wait_for("/40 rows, done ");
    // The block stands below it again.
    run.wait_for("\n[");
    run.signal(Signal::INT);
    run.end().exits(130);
}

#[test]
fn what_has_nothing_to_answer_goes_on() {
    let home = Home::new();
    let mut child = home.call("sandbox").spawn_piped();
    let mut address = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
    for signal in [Signal::USR1, Signal::INT] {
        kill_process(Pid::from_child(&child), signal).unwrap();
    }
    assert_eq!(child.wait().unwrap().code(), Some(0), "{address}");
}

#[test]
fn a_person_who_asks_is_answered_in_a_pipe_although_it_should_be_quiet() {
    for command in ["batch in.txt -o out.csv", "enrich c1.com c2.com"] {
        let home = Home::with("in.txt", domains(2));
        let sandbox = "-q -v --sandbox=latency=1ms,limit=1,window=1d --wait forever";
        let mut child = home.call(command).args(sandbox).spawn_piped();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut seen = String::new();
        while !seen.contains("waiting") {
            assert!(stderr.read_line(&mut seen).unwrap() > 0, "{seen}");
        }
        kill_process(Pid::from_child(&child), Signal::USR1).unwrap();
        while !seen.contains("/2 rows, ") {
            assert!(stderr.read_line(&mut seen).unwrap() > 0, "{seen}");
        }
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        stderr.read_to_string(&mut seen).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{seen}");
    }
}
