//! The driver under tokio's paused clock: days pass in milliseconds, and instants are exact.
//!
//! The API is the sandbox's model without its server, the ledger is a real one. Waiting for it takes no time: the clock
//! stands still while a blocking task runs. No socket is opened, for a paused clock would not wait for it.

mod banned;
mod books;
mod claims;
mod held;
mod hostile;
mod limits;
mod measure;
mod order;
mod outage;
mod pace;
mod quota;
mod shared;
mod sleep;
mod stop;
mod support;
mod telling;
