//! The open calls, by id and by subject. Ids are reused, so that the table is as large as the most calls ever open.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::rules::call::{Call, Phase};
use crate::rules::target::Subject;
use crate::rules::verbs::CallId;

/// The open calls of a run.
#[derive(Debug, Default)]
pub(super) struct CallTable {
    slots: Vec<Option<Call>>,
    free: Vec<CallId>,
    by_subject: HashMap<Subject, CallId, RandomState>,
}

impl CallTable {
    pub(super) fn is_empty(&self) -> bool {
        self.by_subject.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.by_subject.len()
    }

    pub(super) fn get(&mut self, id: CallId) -> Option<&mut Call> {
        self.slots.get_mut(id.0 as usize)?.as_mut()
    }

    pub(super) fn about(&mut self, subject: &Subject) -> Option<&mut Call> {
        let id = *self.by_subject.get(subject)?;
        self.get(id)
    }

    pub(super) fn open(&mut self, call: Call) -> CallId {
        let id = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            CallId(u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX))
        });
        self.by_subject.insert(call.subject.clone(), id);
        if let Some(slot) = self.slots.get_mut(id.0 as usize) {
            *slot = Some(call);
        }
        id
    }

    pub(super) fn close(&mut self, id: CallId) -> Option<Call> {
        let call = self.slots.get_mut(id.0 as usize)?.take()?;
        self.by_subject.remove(&call.subject);
        self.free.push(id);
        Some(call)
    }

    /// Returns the calls that are out, in the order of their ids.
    pub(super) fn in_flight(&self) -> Vec<CallId> {
        let out = |slot: &Option<Call>| slot.as_ref().is_some_and(|call| call.phase == Phase::InFlight);
        (0..).zip(&self.slots).filter(|(_, slot)| out(slot)).map(|(number, _)| CallId(number)).collect()
    }
}
