//! The catalogue of failures: each that a user can meet, with message, hint and exit code.
//!
//! | file | holds |
//! | --- | --- |
//! | `usage.rs` | what is typed wrongly |
//! | `inputs.rs` `columns.rs` | what cannot be read, and what cannot be asked |
//! | `outputs.rs` | what cannot be written |
//! | `config.rs` `keys.rs` | what is set wrongly |
//! | `ledgers.rs` | ledgers that cannot be used |
//! | `network.rs` `stops.rs` | what the API and the way to it do |
//! | `help.rs` | help texts and topics |
//! | `whole.rs` | is any message or hint of the source met nowhere? |

mod columns;
mod config;
mod help;
mod inputs;
mod keys;
mod ledgers;
mod network;
mod outputs;
mod stops;
mod usage;
mod whole;

use crate::support::home::Home;

/// Returns what `batch` says of an input with this content, read from a file of this name.
fn of_input(name: &str, content: impl AsRef<[u8]>) -> String {
    of_input_with(name, content, "")
}

/// The same, with further arguments.
fn of_input_with(name: &str, content: impl AsRef<[u8]>, args: &str) -> String {
    let home = Home::with(name, content);
    home.call("batch --sandbox -q -o out.csv").args(args).arg(name).run().shown()
}

/// Returns what the program says with these arguments where `in.txt` is a good input.
fn of_args(args: &str) -> String {
    let home = Home::with("in.txt", "acme.com\n");
    let shown = home.run(args).shown();
    assert!(!home.path("out.csv").exists(), "nothing is written");
    shown
}

/// Returns what `batch` says where its ledger is `ledger`, made ready in the folder first.
fn of_ledger(ledger: &str, prepare: impl FnOnce(&Home)) -> String {
    let home = Home::with("in.txt", "acme.com\n");
    prepare(&home);
    let shown = home.call("batch in.txt --sandbox -o out.csv --ledger").args(ledger).run().shown();
    assert!(!home.path("out.csv").exists(), "nothing is written");
    shown
}
