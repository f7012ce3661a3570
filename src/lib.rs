//! `leadenrich`: bulk company enrichment that never pays twice.

pub mod cli;
pub mod engine;
pub mod ledger;
pub mod rules;
pub mod secret;
pub mod transport;
