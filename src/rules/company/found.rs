//! Where a company's values stand in a text, found while the text is read and without a copy of any.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::rules::field::Field;

/// The number of values that are read: the fields by their order, and two more.
const VALUES: usize = Field::ALL.len() + 2;
pub(super) const ID: usize = Field::ALL.len();
pub(super) const DOMAIN: usize = ID + 1;

/// Where the values stand in the text; nowhere, where they are missing.
pub(super) type Places = [Range<u32>; VALUES];

/// A company that was met in a text: the texts of its values, as JSON. Of values with the same name the last one counts.
#[derive(Default)]
pub(in crate::rules) struct Found<'a> {
    values: [&'a str; VALUES],
    /// The first name, unless something in it is escaped, and the last value: the object begins and ends around them.
    first: Option<&'a str>,
    last: &'a str,
}

impl<'a> Found<'a> {
    /// Returns the text of the whole object within the text that was read; nothing where it cannot be told.
    pub(super) fn text(&self, read: &'a str) -> Option<&'a str> {
        let before = read.get(..offset(self.first?, read)?)?.strip_suffix('"')?.trim_end();
        let start = before.strip_suffix('{')?.len();
        let after = read.get(offset(self.last, read)? + self.last.len()..)?;
        let rest = after.trim_start().strip_prefix('}')?;
        read.get(start..read.len() - rest.len())
    }

    /// Returns where the values stand in the text of the object.
    pub(super) fn places(&self, json: &str) -> Places {
        let place = |value: &str| {
            let start = offset(value, json)?;
            Some(u32::try_from(start).ok()?..u32::try_from(start + value.len()).ok()?)
        };
        self.values.map(|value| place(value).unwrap_or_default())
    }
}

/// Returns where a part of a text begins in it.
fn offset(part: &str, whole: &str) -> Option<usize> {
    part.as_ptr().addr().checked_sub(whole.as_ptr().addr())
}

impl<'de> Deserialize<'de> for Found<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Found<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Found<'de>, A::Error> {
                let mut found = Found::default();
                let mut is_first = true;
                while let Some((name, value)) = object.next_entry::<Name<'_>, &RawValue>()? {
                    if std::mem::take(&mut is_first) {
                        found.first = name.written;
                    }
                    found.last = value.get();
                    if let Some(slot) = name.number.and_then(|number| found.values.get_mut(number)) {
                        *slot = value.get();
                    }
                }
                Ok(found)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// The name of a value.
struct Name<'a> {
    /// Which value it is that of, if it is one that is read.
    number: Option<usize>,
    /// As it stands in the text, unless something in it is escaped.
    written: Option<&'a str>,
}

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Name<'de>, E> {
                self.visit_str(name).map(|read: Name<'de>| Name { written: Some(name), ..read })
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                let number = match name {
                    "id" => Some(ID),
                    "domain" => Some(DOMAIN),
                    _ => Field::named(name).map(|field| field as usize),
                };
                Ok(Name { number, written: None })
            }
        }
        deserializer.deserialize_str(Text)
    }
}
