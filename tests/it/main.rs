//! The program as its users meet it: one test binary, one module for each sort of behaviour.
//!
//! | file | asks |
//! | --- | --- |
//! | `layers.rs` | does the source keep to the architecture? |
//! | `ledger.rs` | are the books true, is the export whole, does pruning take only what it may? |
//! | `batch.rs` | are the rows right: order, bytes, formats, running again? |
//! | `jsonl.rs` | do JSON lines come out as they went in? |
//! | `fill.rs` | are the input's own columns completed, and nothing else changed? |
//! | `corpus.rs` | is every file of `fixtures/inputs` read as expected? |
//! | `money.rs` | is every credit spent once, and none beyond what was allowed? |
//! | `packed.rs` | is the same table the same, compressed or as a workbook? |
//! | `plan.rs` | does a run do what was planned, and is it asked before it spends much? |
//! | `cards.rs` | is a link one only where a terminal has links? |
//! | `stops.rs` | does a run that cannot go on stop in good order, and go on later? |
//! | `held.rs` | is it said what holds a run up? |
//! | `catalogue/` | what is said when something is wrong? what does the help tell? |
//! | `damage.rs` | what becomes of a ledger that is damaged, locked or none? |
//! | `outputs.rs` | is an output whole, or as it was before? |
//! | `malformed.rs` | are rows that are not as they should be kept, and told with their lines? |
//! | `auth.rs` | is a key kept, proven and forgotten as told? |
//! | `completions.rs` | do real shells complete what is typed? |
//! | `manual.rs` | are the pages of the manual those of this program, and well set? |
//! | `config.rs` | is the configuration followed, and are mistakes in it told? |
//! | `report.rs` | is the page of a run harmless, readable and whole, in a real browser? |
//! | `events.rs` | are events as their schema says, and is everyone answered who asks how it goes? |
//! | `logs.rs` | are log lines where they should be? |
//! | `docs.rs` | does every command of the documentation do what is said there? |
//! | `secrets.rs` | is the key anywhere it should not be? |
//! | `wire.rs` | what goes over the wire, and what is made of what comes back? |
//! | `encrypted.rs` | does TLS work, with both protocols, and only with who is trusted? |
//! | `connections.rs` | what is made of connections that close, break or never come? |
//! | `torture.rs` | is anything lost, whatever kills a run? |
//! | `support/` | what they share |
//!
//! Nothing here leaves the machine, sleeps, or depends on another test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]
#![allow(clippy::format_push_string, clippy::format_collect, reason = "a test may take its time over a text")]

mod auth;
mod batch;
mod cards;
mod catalogue;
mod completions;
mod config;
mod connections;
mod corpus;
mod damage;
mod docs;
mod encrypted;
mod events;
mod extra_outputs;
mod fill;
mod held;
mod jsonl;
mod layers;
mod ledger;
mod logs;
mod malformed;
mod manual;
mod money;
mod outputs;
mod packed;
mod plan;
mod report;
mod secrets;
mod stops;
mod support;
mod torture;
mod wire;
