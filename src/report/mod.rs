//! What people and programs see of a run.
//!
//! Reporters fold [`crate::rules::event::Event`]s into their own state and render it by pure functions of
//! (state, width, now). Nothing here reads a clock or decides anything about the run; stdout carries data only.
//!
//! | file | answers |
//! | --- | --- |
//! | `printer` | what may be shown at all? |
//! | `tally` | what do the events add up to? |
//! | `summary`, `text`, `advice` | how did it go: for programs, for people; what to type next |
//! | `plan` | what would it cost, and how long would it take? |
//! | `terminal`, `lines`, `progress` | how does it go: when to draw it, when to say it, what it is |
//! | `course`, `pace`, `eta` | how does it go besides what is counted: all of it, how fast, until when |
//! | `screen` | who writes where on standard error, so that nothing breaks the block |
//! | `pacing` | how fast was it allowed to be, and why no faster? |
//! | `jsonl`, `state` | `--progress json`, and what it says when it is asked how it goes |
//! | `html/` | `--report`: how it went, for people elsewhere |
//! | `books`, `pruned` | what `ledger` prints: what was paid for so far, what goes and went |
//! | `card`, `pretty` | what `enrich` prints: for programs, for people |
//! | `key` | what `auth status` prints |
//! | `settings` | what `config show` prints |
//! | `link` | which addresses can be clicked on |
//! | `clean`, `words` | what may reach a terminal, and how numbers and times read |

pub mod advice;
pub mod books;
pub mod card;
pub mod clean;
pub mod course;
pub mod distribution;
mod eta;
pub mod html;
pub mod jsonl;
pub mod key;
pub mod lines;
mod link;
pub mod pace;
pub mod pacing;
pub mod plan;
pub mod pretty;
pub mod printer;
pub mod progress;
pub mod pruned;
#[cfg(test)]
mod samples;
pub mod screen;
pub mod settings;
pub mod state;
pub mod summary;
pub mod tally;
pub mod terminal;
pub mod text;
mod words;
