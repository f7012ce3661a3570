//! The run, stepped in a small world of its own: a ledger on paper, a toy API, a scheduler that shuffles.

mod ends;
mod examples;
pub(crate) mod model;
pub(crate) mod properties;
pub(crate) mod world;
