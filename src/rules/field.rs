//! The nine fields that the API can fill, and sets of them.
//!
//! Source of names and order: the vendor's reference of `fields`.

use std::fmt;

use serde::{Serialize, Serializer};

use super::alike::{CLOSELY, nearest};
use super::redact::excerpt;

/// One of the API's nine company fields, in the API's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The company's name.
    Name,
    /// The industry it works in.
    Industry,
    /// The head count, as a range.
    Size,
    /// The year it was founded in.
    FoundedYear,
    /// What it does, in prose.
    Description,
    /// Where its headquarters are.
    HqLocation,
    /// Where its logo can be fetched.
    LogoUrl,
    /// Its page on LinkedIn.
    LinkedinUrl,
    /// The technologies it uses.
    TechStack,
}

impl Field {
    /// All fields, in the API's order.
    pub const ALL: [Self; 9] = [
        Self::Name,
        Self::Industry,
        Self::Size,
        Self::FoundedYear,
        Self::Description,
        Self::HqLocation,
        Self::LogoUrl,
        Self::LinkedinUrl,
        Self::TechStack,
    ];

    /// Returns the name that the API uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Industry => "industry",
            Self::Size => "size",
            Self::FoundedYear => "founded_year",
            Self::Description => "description",
            Self::HqLocation => "hq_location",
            Self::LogoUrl => "logo_url",
            Self::LinkedinUrl => "linkedin_url",
            Self::TechStack => "tech_stack",
        }
    }

    /// Returns the field of a name, as the API writes it.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "name" => Self::Name,
            "industry" => Self::Industry,
            "size" => Self::Size,
            "founded_year" => Self::FoundedYear,
            "description" => Self::Description,
            "hq_location" => Self::HqLocation,
            "logo_url" => Self::LogoUrl,
            "linkedin_url" => Self::LinkedinUrl,
            "tech_stack" => Self::TechStack,
            _ => return None,
        })
    }

    const fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

/// A set of fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FieldSet(u16);

impl FieldSet {
    /// No field.
    pub const NONE: Self = Self(0);
    /// All nine fields.
    pub const ALL: Self = Self(0x1ff);

    /// Returns the set that a bit mask stands for; unknown bits are dropped.
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// Returns the bit mask that stands for this set, bit 0 being `name`.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Returns whether the field is in the set.
    pub const fn contains(self, field: Field) -> bool {
        self.0 & field.bit() != 0
    }

    /// Returns whether every field of `other` is in this set.
    pub const fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns this set with one more field.
    #[must_use]
    pub const fn with(self, field: Field) -> Self {
        Self(self.0 | field.bit())
    }

    /// Returns the fields in the API's order.
    pub fn iter(self) -> impl Iterator<Item = Field> {
        Field::ALL.into_iter().filter(move |field| self.contains(*field))
    }
}

impl fmt::Display for FieldSet {
    /// Writes the names separated by commas, as `--fields` reads them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, field) in self.iter().enumerate() {
            let separator = if position == 0 { "" } else { "," };
            write!(f, "{separator}{}", field.name())?;
        }
        Ok(())
    }
}

impl Serialize for FieldSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Field::name))
    }
}

/// Why a list of fields could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldsError {
    /// The name is none of the nine.
    #[error("unknown field '{name}'; {}the fields are {all}", meant(*nearest), all = FieldSet::ALL)]
    Unknown {
        /// The name.
        name: Box<str>,
        /// The field that may have been meant.
        nearest: Option<&'static str>,
    },
    /// The list names nothing.
    #[error("no field named; the fields are {all}", all = FieldSet::ALL)]
    Empty,
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("did you mean '{name}'? ")).unwrap_or_default()
}

fn unknown(name: &str) -> FieldsError {
    FieldsError::Unknown { name: excerpt(name), nearest: nearest(name, Field::ALL.map(Field::name), CLOSELY) }
}

impl std::str::FromStr for FieldSet {
    type Err = FieldsError;

    fn from_str(list: &str) -> Result<Self, FieldsError> {
        let mut set = Self::NONE;
        for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let field = Field::ALL
                .into_iter()
                .find(|field| field.name().eq_ignore_ascii_case(name))
                .ok_or_else(|| unknown(name))?;
            set = set.with(field);
        }
        if set == Self::NONE { Err(FieldsError::Empty) } else { Ok(set) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_list_in_any_order_and_writes_it_in_the_apis() {
        let set: FieldSet = " size,Name ,name".parse().unwrap();
        assert_eq!(set.to_string(), "name,size");
        assert_eq!(serde_json::to_string(&set).unwrap(), r#"["name","size"]"#);
    }

    #[test]
    fn a_field_is_found_by_its_name() {
        assert!(Field::ALL.into_iter().all(|field| Field::named(field.name()) == Some(field)));
        assert_eq!(Field::named("Name"), None);
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_right_ones() {
        let error = "name,revenue".parse::<FieldSet>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown field 'revenue'; the fields are \
             name,industry,size,founded_year,description,hq_location,logo_url,linkedin_url,tech_stack"
        );
        let error = "nam".parse::<FieldSet>().unwrap_err();
        assert!(
            error.to_string().starts_with("unknown field 'nam'; did you mean 'name'? the fields are name,")
        );
        assert_eq!(" , ".parse::<FieldSet>(), Err(FieldsError::Empty));
    }

    #[test]
    fn covering_is_about_every_field() {
        let some: FieldSet = "name,size".parse().unwrap();
        assert!(FieldSet::ALL.covers(some));
        assert!(!some.covers(FieldSet::ALL));
        assert!(some.covers(FieldSet::NONE));
    }
}
