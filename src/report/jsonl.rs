//! `--progress json`: one event a line, written whole and at once.
//!
//! Every line can be parsed on its own and holds no terminal control and nothing that looks like a key.

use std::io::{self, Write};

use serde::Serialize;

use crate::rules::event::Event;

use super::clean::{escaped, redacted};
use super::state::State;

/// Writes events as JSON lines.
#[derive(Debug)]
pub struct Jsonl<W> {
    out: W,
}

impl<W: Write> Jsonl<W> {
    /// Writes to `out`, normally stderr.
    pub const fn new(out: W) -> Self {
        Self { out }
    }

    /// Writes one event and flushes it.
    pub fn on_event(&mut self, event: &Event) -> io::Result<()> {
        self.write(event)
    }

    /// Writes how it goes, for who has asked, and flushes it.
    pub fn on_inquiry(&mut self, state: &State) -> io::Result<()> {
        self.write(state)
    }

    fn write(&mut self, event: &impl Serialize) -> io::Result<()> {
        self.out.write_all(line(event)?.as_bytes())?;
        self.out.flush()
    }
}

/// Returns an event as one line, with its line break.
fn line(event: &impl Serialize) -> Result<String, serde_json::Error> {
    let json = serde_json::to_string(event)?;
    let mut line = escaped(&redacted(&json));
    line.push('\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::clean::is_hidden;
    use crate::rules::event::{ReplyKind, SCHEMA};
    use crate::rules::outcome::{RowNumber, RowStatus};

    fn written(events: &[Event]) -> String {
        let mut jsonl = Jsonl::new(Vec::new());
        for event in events {
            jsonl.on_event(event).unwrap();
        }
        String::from_utf8(jsonl.out).unwrap()
    }

    fn unmatched(input: &str) -> Event {
        Event::RowFinished {
            row: RowNumber(7),
            status: RowStatus::NoMatch,
            filled: "name,size".parse().unwrap(),
            source: None,
            confidence: None,
            input: Some(input.into()),
        }
    }

    #[test]
    fn one_event_a_line() {
        let at = "2026-11-22T15:00:00Z".parse().unwrap();
        let events = [
            Event::RunStarted { schema: SCHEMA, at, concurrency: 8 },
            Event::CallAnswered {
                subject: "acme.com".into(),
                attempt: 1,
                status: Some(200),
                reply: ReplyKind::Enriched,
                latency_ms: 41.5,
                request_id: Some("req_1".into()),
                credits_remaining: Some(4_870),
            },
            unmatched("nobody.example"),
            Event::Resumed,
        ];
        insta::assert_snapshot!(written(&events), @r#"
        {"event":"run_started","schema":1,"at":"2026-11-22T15:00:00Z","concurrency":8}
        {"event":"call_answered","subject":"acme.com","attempt":1,"status":200,"reply":"enriched","latency_ms":41.5,"request_id":"req_1","credits_remaining":4870}
        {"event":"row_finished","row":7,"status":"no_match","filled":["name","size"],"source":null,"confidence":null,"input":"nobody.example"}
        {"event":"resumed"}
        "#);
    }

    #[test]
    fn a_strangers_text_stays_in_its_string() {
        let text = "a\nb\u{1b}[2J\u{9b}2J\u{2028}\u{85}\u{7f}\u{202e}\"é";
        let line = written(&[unmatched(text)]);
        assert_eq!(line.matches('\n').count(), 1);
        assert!(!line.trim_end().chars().any(is_hidden), "{line:?}");
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["input"], text);
    }

    #[test]
    fn a_key_typed_as_a_target_is_not_repeated() {
        let line = written(&[unmatched("wbk_live_1\"x")]);
        assert!(line.contains(r#""input":"wbk_[redacted]\"x""#), "{line}");
    }
}
