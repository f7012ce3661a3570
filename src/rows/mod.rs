//! The table on its way through: recognised, read row by row, joined with what became of each row, written.
//!
//! Runs on plain threads, without async. Invariants: memory does not grow with the number of rows; every input row is
//! written once, its cells as they were read; nothing is decided here that `rules` can decide.

mod choose;
pub mod columns;
mod dialect;
pub mod fill;
pub mod foreign;
pub mod format;
mod header;
mod held;
mod json;
pub mod merge;
mod names;
pub mod own;
mod quotes;
pub mod read;
mod sniff;
pub mod write;
