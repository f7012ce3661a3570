//! The structured fields of the IETF drafts: `RateLimit`, `RateLimit-Policy`, and limits with their policies behind.
//!
//! | draft | `RateLimit` | `RateLimit-Policy` |
//! | --- | --- | --- |
//! | to 6 | | `100;w=60`, also behind the number in `RateLimit-Limit` |
//! | 7 | `limit=100, remaining=50, reset=30` | `100;w=60` |
//! | from 8 | `"name";r=50;t=30` | `"name";q=100;w=60` |

use std::time::Duration;

use sfv::{BareItem, Dictionary, Item, List, ListEntry, Parser};

use super::value::floor;

/// What one member of a field says of one quota.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Piece {
    /// The policy's name, where it has one.
    pub(super) name: Option<Box<str>>,
    pub(super) limit: Option<u64>,
    pub(super) remaining: Option<u64>,
    /// In seconds from now.
    pub(super) reset: Option<f64>,
    pub(super) window: Option<Duration>,
    /// Whether it counts something else than calls.
    is_of_others: bool,
}

/// Reads a field. `None` where it is none, or says nothing.
pub(super) fn pieces(text: &str) -> Option<Vec<Piece>> {
    let pieces: Vec<_> = match Parser::new(text).parse::<List>() {
        Ok(list) => list.iter().filter_map(as_item).map(of_item).collect(),
        Err(_) => vec![of_dictionary(&Parser::new(text).parse::<Dictionary>().ok()?)],
    };
    let pieces: Vec<_> = pieces.into_iter().filter(Piece::is_of_use).collect();
    (!pieces.is_empty()).then_some(pieces)
}

const fn as_item(entry: &ListEntry) -> Option<&Item> {
    match entry {
        ListEntry::Item(item) => Some(item),
        ListEntry::InnerList(_) => None,
    }
}

fn of_item(item: &Item) -> Piece {
    let name = match &item.bare_item {
        BareItem::String(name) => Some(name.as_str().into()),
        BareItem::Token(name) => Some(name.as_str().into()),
        _ => None,
    };
    let limit = number(&item.bare_item).map(floor);
    let mut piece = Piece { name, limit, ..Piece::default() };
    for (key, value) in &item.params {
        piece.take(key.as_str(), value);
    }
    piece
}

fn of_dictionary(members: &Dictionary) -> Piece {
    let mut piece = Piece::default();
    for (key, entry) in members {
        let Some(item) = as_item(entry) else { continue };
        piece.take(key.as_str(), &item.bare_item);
        for (key, value) in &item.params {
            piece.take(key.as_str(), value);
        }
    }
    piece
}

impl Piece {
    const fn is_of_use(&self) -> bool {
        let says_calls = self.limit.is_some() || self.remaining.is_some();
        !self.is_of_others && (says_calls || self.reset.is_some() || self.window.is_some())
    }

    fn take(&mut self, key: &str, value: &BareItem) {
        match (key, number(value)) {
            ("q" | "limit", Some(calls)) => self.limit = Some(floor(calls)),
            ("r" | "remaining", Some(calls)) => self.remaining = Some(floor(calls)),
            ("t" | "reset", Some(seconds)) => self.reset = Some(seconds),
            ("w" | "window", Some(seconds)) if seconds > 0.0 => {
                self.window = Duration::try_from_secs_f64(seconds).ok();
            }
            ("qu", _) => {
                self.is_of_others = value.as_string().is_some_and(|unit| unit.as_str() != "requests");
            }
            _ => {}
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "such an integer has fifteen digits at the most")]
fn number(value: &BareItem) -> Option<f64> {
    match value {
        BareItem::Integer(number) => Some(i64::from(*number) as f64),
        BareItem::Decimal(number) => Some(f64::from(*number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(name: &str, told: [Option<u64>; 4]) -> Piece {
        let [limit, remaining, reset, window] = told;
        Piece {
            name: (!name.is_empty()).then(|| name.into()),
            limit,
            remaining,
            reset: reset.map(|seconds| seconds.to_string().parse().unwrap()),
            window: window.map(Duration::from_secs),
            is_of_others: false,
        }
    }

    #[test]
    fn reads_the_fields_of_each_draft() {
        let cases = [
            (r#""100-in-1min"; r=99; t=60"#, vec![piece("100-in-1min", [None, Some(99), Some(60), None])]),
            (
                r#""100-in-1min"; q=100; w=60; pk=:ODQ2NjE3:"#,
                vec![piece("100-in-1min", [Some(100), None, None, Some(60)])],
            ),
            (
                r#""a, b";q=10;w=1, day;q=1000;w=86400;qu="requests", "b";q=9;qu="content-bytes""#,
                vec![
                    piece("a, b", [Some(10), None, None, Some(1)]),
                    piece("day", [Some(1000), None, None, Some(86_400)]),
                ],
            ),
            ("limit=100, remaining=50, reset=30", vec![piece("", [Some(100), Some(50), Some(30), None])]),
            ("limit=100;remaining=50;reset=30", vec![piece("", [Some(100), Some(50), Some(30), None])]),
            ("100;w=60", vec![piece("", [Some(100), None, None, Some(60)])]),
            (
                "10, 10;w=1;burst=0, 1000;w=3600",
                vec![
                    piece("", [Some(10), None, None, None]),
                    piece("", [Some(10), None, None, Some(1)]),
                    piece("", [Some(1000), None, None, Some(3600)]),
                ],
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(pieces(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn says_nothing_of_what_is_no_field() {
        for text in ["", "100 per minute", "a=", "\"open", "x=1", "(1 2)", "ä"] {
            assert_eq!(pieces(text), None, "{text}");
        }
    }
}
