//! The memory of idempotency keys: what was answered under each, for 24 hours.
//!
//! A key is bound to its request from the moment that it arrives until its answer is ready. Only a successful answer
//! binds it longer. Entries leave when they are 24 hours old, so the memory holds a day's keys at most.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// How long a key protects: the vendor's reference says 24 hours.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// What became of a key's first request.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The fingerprint of the request's body.
    pub(super) asked: u64,
    /// When the request arrived.
    pub(super) began: Timestamp,
    /// When its answer leaves.
    pub(super) ready: Timestamp,
    /// The id that the answer was given under.
    pub(super) request_id: Uuid,
    /// The body of the answer as it was sent, if it was a success.
    pub(super) success: Option<Bytes>,
}

/// What is known about a key that comes with a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Nothing: the request is to be worked on.
    Nothing,
    /// Its first request is not answered yet.
    InProgress,
    /// It belongs to another request.
    Conflict,
    /// The same request came before and got no company: it is to be worked on again, under the same id, so that it
    /// makes no difference to a caller how often it had to ask.
    Failed(Uuid),
    /// The same request was answered with this body, under this id.
    Answered(Uuid, Bytes),
}

/// All keys of the last 24 hours.
#[derive(Debug, Default)]
pub(super) struct Memory {
    entries: HashMap<Uuid, Entry>,
    /// The keys in the order of their arrival, for forgetting them.
    arrivals: VecDeque<(Timestamp, Uuid)>,
}

impl Memory {
    /// Looks up what is known about a key that arrives with a body of this fingerprint.
    pub(super) fn recall(&mut self, key: Uuid, asked: u64, now: Timestamp) -> Known {
        self.forget(now);
        let Some(entry) = self.entries.get(&key) else {
            return Known::Nothing;
        };
        match &entry.success {
            None if entry.ready <= now && entry.asked == asked => Known::Failed(entry.request_id),
            None if entry.ready <= now => Known::Nothing,
            _ if entry.asked != asked => Known::Conflict,
            Some(body) if entry.ready <= now => Known::Answered(entry.request_id, body.clone()),
            _ => Known::InProgress,
        }
    }

    /// Remembers a key with what became of its request.
    pub(super) fn keep(&mut self, key: Uuid, entry: Entry) {
        self.arrivals.push_back((entry.began, key));
        self.entries.insert(key, entry);
    }

    /// Drops what is 24 hours old.
    fn forget(&mut self, now: Timestamp) {
        while let Some(&(began, key)) = self.arrivals.front() {
            if now.duration_since(began) < KEPT {
                break;
            }
            self.arrivals.pop_front();
            // A key that was used again after a failure has a younger entry, which stays.
            if self.entries.get(&key).is_some_and(|entry| entry.began == began) {
                self.entries.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(began: i64, succeeded: bool) -> Entry {
        let began = Timestamp::from_second(began).unwrap();
        Entry {
            asked: 1,
            began,
            ready: began + SignedDuration::from_secs(1),
            request_id: Uuid::nil(),
            success: succeeded.then(|| Bytes::from_static(b"{}")),
        }
    }

    #[test]
    fn a_key_goes_through_its_states() {
        let key = Uuid::from_u128(1);
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut memory = Memory::default();
        assert!(matches!(memory.recall(key, 1, at(0)), Known::Nothing));
        memory.keep(key, entry(0, true));
        assert!(matches!(memory.recall(key, 1, at(0)), Known::InProgress));
        assert!(matches!(memory.recall(key, 2, at(0)), Known::Conflict));
        assert!(matches!(memory.recall(key, 1, at(1)), Known::Answered(..)));
        assert!(matches!(memory.recall(key, 2, at(1)), Known::Conflict));
        assert!(matches!(memory.recall(key, 1, at(86_399)), Known::Answered(..)));
        assert!(matches!(memory.recall(key, 1, at(86_400)), Known::Nothing));
        assert!(memory.entries.is_empty() && memory.arrivals.is_empty());
    }

    #[test]
    fn a_failure_frees_its_key() {
        let key = Uuid::from_u128(1);
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut memory = Memory::default();
        memory.keep(key, entry(0, false));
        assert!(matches!(memory.recall(key, 1, at(0)), Known::InProgress));
        assert_eq!(memory.recall(key, 1, at(1)), Known::Failed(Uuid::nil()));
        assert!(matches!(memory.recall(key, 2, at(1)), Known::Nothing));
        memory.keep(key, entry(10, true));
        assert!(matches!(memory.recall(key, 1, at(86_405)), Known::Answered(..)));
        assert!(matches!(memory.recall(key, 1, at(86_410)), Known::Nothing));
    }
}
