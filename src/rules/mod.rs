//! The pure core: every decision that can be made from values.
//!
//! No async, clock, randomness, environment, file, socket or print; the present and every draw of chance are
//! arguments. Imports nothing else of this crate.

pub mod company;
mod domain;
pub mod event;
pub mod field;
mod freemail;
pub mod outcome;
mod pieces;
pub mod redact;
pub mod target;
pub mod time;
