//! The window in which rows wait for their turn: they go out in the order in which they came in.
//!
//! Memory is bounded by the caller, who adds no rows while [`Reorder::len`] is too large.

use std::collections::VecDeque;

use crate::rules::outcome::{RowNumber, RowOutcome};

/// In which order rows go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As they came in.
    Input,
    /// As they are resolved.
    Resolution,
}

/// Rows on their way, with what the caller needs to write them.
#[derive(Debug)]
pub struct Reorder<R> {
    order: Order,
    /// The number of the row in the first slot.
    first: u64,
    slots: VecDeque<Slot<R>>,
    resolved: VecDeque<(R, RowOutcome)>,
}

#[derive(Debug)]
enum Slot<R> {
    Open(R),
    Resolved(R, RowOutcome),
    Gone,
}

impl<R> Reorder<R> {
    /// Returns an empty window; the first row is number 1.
    pub const fn new(order: Order) -> Self {
        Self { order, first: 1, slots: VecDeque::new(), resolved: VecDeque::new() }
    }

    /// Returns how many rows take room: all from the first that has not gone out.
    pub fn len(&self) -> usize {
        self.slots.len() + self.resolved.len()
    }

    /// Returns whether no row is on its way.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty() && self.resolved.is_empty()
    }

    /// Adds the next row and returns its number.
    pub fn add(&mut self, row: R) -> RowNumber {
        self.slots.push_back(Slot::Open(row));
        RowNumber(self.first + self.slots.len() as u64 - 1)
    }

    /// Returns an open row.
    pub fn open(&self, number: RowNumber) -> Option<&R> {
        let position = usize::try_from(number.0.checked_sub(self.first)?).ok()?;
        match self.slots.get(position) {
            Some(Slot::Open(row)) => Some(row),
            _ => None,
        }
    }

    /// Resolves an open row.
    pub fn resolve(&mut self, number: RowNumber, outcome: RowOutcome) {
        let position = number.0.checked_sub(self.first).and_then(|position| usize::try_from(position).ok());
        let Some(slot) = position.and_then(|position| self.slots.get_mut(position)) else { return };
        *slot = match (std::mem::replace(slot, Slot::Gone), self.order) {
            (Slot::Open(row), Order::Input) => Slot::Resolved(row, outcome),
            (Slot::Open(row), Order::Resolution) => {
                self.resolved.push_back((row, outcome));
                Slot::Gone
            }
            (other, _) => other,
        };
    }

    /// Returns the next row that may go out.
    pub fn pop(&mut self) -> Option<(R, RowOutcome)> {
        while let Some(slot) = self.slots.pop_front() {
            self.first += 1;
            match slot {
                Slot::Resolved(row, outcome) => return Some((row, outcome)),
                Slot::Gone => {}
                Slot::Open(row) => {
                    self.first -= 1;
                    self.slots.push_front(Slot::Open(row));
                    break;
                }
            }
        }
        self.resolved.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_row_goes_out_once(count in 1usize..200, picks in prop::collection::vec(any::<prop::sample::Index>(), 200), input_order in any::<bool>()) {
            let order = if input_order { Order::Input } else { Order::Resolution };
            let mut reorder = Reorder::new(order);
            let mut open: Vec<RowNumber> = (0..count).map(|row| reorder.add(row)).collect();
            let (mut out, mut resolved) = (Vec::new(), Vec::new());
            for pick in picks {
                if open.is_empty() { break; }
                let number = open.swap_remove(pick.index(open.len()));
                prop_assert!(reorder.open(number).is_some());
                resolved.push(usize::try_from(number.0).unwrap() - 1);
                reorder.resolve(number, RowOutcome::Pending);
                while let Some((row, _)) = reorder.pop() { out.push(row); }
            }
            prop_assert!(reorder.is_empty());
            if input_order { resolved.sort_unstable(); }
            prop_assert_eq!(out, resolved);
        }
    }

    #[test]
    fn a_row_takes_room_until_it_went_out() {
        let mut reorder = Reorder::new(Order::Input);
        let first = reorder.add('a');
        reorder.add('b');
        reorder.resolve(first, RowOutcome::Pending);
        assert_eq!(reorder.len(), 2);
        assert_eq!(reorder.pop(), Some(('a', RowOutcome::Pending)));
        assert_eq!(reorder.len(), 1);
    }
}
