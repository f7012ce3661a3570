//! `leadenrich`: bulk company enrichment that never pays twice.
//!
//! ```text
//! main -> commands -> engine -> { transport, ledger } -> rules
//!         commands -> { rows, report, settings, sandbox }
//! ```
//!
//! [`rules`] decides everything that can be decided from values; the rest carries it out. `ARCHITECTURE.md` is the map.

pub mod cli;
pub mod commands;
pub mod config;
pub mod engine;
pub mod failure;
pub mod ledger;
pub mod report;
pub mod rows;
pub mod rules;
pub mod sandbox;
pub mod secret;
pub mod settings;
pub mod transport;
