//! The API's twin: a local emulation of the vendor's company enrichment that is as strict as the real one.
//!
//! Shares no code with the rest of the crate and imports nothing of it, so that agreement between the two proves
//! something. The map, from the inside out:
//!
//! - `settings`: what can be set, and how it is written; `terms`: of the rate limit; `faults`: the misbehaviours that can
//!   be ordered.
//! - `draws`: chance as a pure function of the seed; `companies` with `words`: the firmographics drawn from it.
//! - `request`: what was asked and whether it is valid; `response`: what is answered, and whether it arrives.
//! - `quota`, `memory`, `books`: the rate limit, the idempotency keys, the charges; `headers`: what is told of the limit.
//! - `model`: the whole server as a pure function of (state, request, present).
//! - `server`: the model behind HTTP; `background`: that server on a thread of its own.

mod background;
mod books;
mod companies;
mod draws;
mod faults;
mod headers;
mod memory;
mod model;
mod quota;
mod request;
mod response;
mod server;
mod settings;
mod terms;
mod words;

pub use background::Sandbox;
pub use books::Books;
pub use faults::{Fault, Faults};
pub use model::Model;
pub use request::Request;
pub use response::{Refusal, Response, Wire};
pub use server::{serve, usage};
pub use settings::{Latency, SettingError, Settings};
pub use terms::{HeaderStyle, LimiterKind, Refused, ResetStyle, RetryAfter};
