//! The pure core: every decision that can be made from values.
//!
//! No async, clock, randomness, environment, file, socket or print; the present and every draw of chance are
//! arguments. Imports nothing else of this crate.

pub mod alike;
pub mod books;
pub mod breaker;
pub mod call;
pub mod company;
pub mod concurrency;
pub mod credits;
mod domain;
pub mod event;
pub mod field;
pub mod gate;
mod hosts;
pub mod kept;
pub mod limits;
pub mod malformed;
pub mod meter;
pub mod outcome;
pub mod pace;

mod pieces;
pub mod plan;
pub mod quota;
pub mod record;
pub mod redact;
pub mod reply;
pub mod retry;
pub mod run;
pub mod setting;
pub mod signature;
pub mod target;
pub mod throttle;
pub mod time;
pub mod verbs;
pub mod waited;
