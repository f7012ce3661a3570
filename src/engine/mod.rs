//! The shell around `rules/run`: it reads clocks, waits, sends and commits, and decides nothing.
//!
//! | file | answers |
//! | --- | --- |
//! | `driver.rs` | the one loop: many sources, one step, its effects |
//! | `commits.rs` | how often the ledger commits |
//! | `reorder.rs` | rows out in the order in which they came in |
//! | `request.rs` | one request, and the span of its log lines |
//! | `clock.rs` | what time it is, and waiting until a moment |
//! | `shutdown.rs` | signals: first drain, then abandon |

pub mod clock;
mod commits;
mod content;
pub mod driver;
pub mod reorder;
mod request;
pub mod shutdown;

#[cfg(test)]
mod tests;
