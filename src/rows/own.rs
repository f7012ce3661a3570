//! The columns that this program adds, by name.

use crate::rules::field::{Field, FieldSet};

/// The prefix of the data columns unless another is asked for.
pub const DEFAULT_PREFIX: &str = "enriched_";

/// The name of the column that tells the row's state; where it stands, a table has been through this program.
pub const STATUS_COLUMN: &str = "enrich_status";

/// The key that is added to a row of JSON.
pub const ENRICHMENT: &str = "enrichment";

/// The name of a plain list's column, and the key of a target alone among lines of JSON.
pub(super) const LIST_COLUMN: &str = "input";

/// The key of a line of JSON that is no object.
pub(super) const LINE_COLUMN: &str = "line";

/// A column that this program adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnColumn {
    /// The company's id.
    Id,
    /// The domain asked.
    Domain,
    /// One of the requested fields.
    Field(Field),
    /// The row's state.
    Status,
    /// Why the row is invalid or failed.
    Error,
    /// The provider that answered.
    Source,
    /// How sure it is.
    Confidence,
    /// The fields that the enrichment changed.
    FieldsUpdated,
    /// The API's id of the request.
    RequestId,
    /// When the answer came.
    At,
}

impl OwnColumn {
    /// Returns the columns for the requested fields, in the order in which they are appended.
    pub fn all(fields: FieldSet) -> impl Iterator<Item = Self> {
        const AFTER: [OwnColumn; 7] = [
            OwnColumn::Status,
            OwnColumn::Error,
            OwnColumn::Source,
            OwnColumn::Confidence,
            OwnColumn::FieldsUpdated,
            OwnColumn::RequestId,
            OwnColumn::At,
        ];
        [Self::Id, Self::Domain].into_iter().chain(fields.iter().map(Self::Field)).chain(AFTER)
    }

    /// Returns the column's name. The prefix is that of the data columns alone.
    pub fn name(self, prefix: &str) -> String {
        match self {
            Self::Id => format!("{prefix}id"),
            Self::Domain => format!("{prefix}domain"),
            Self::Field(field) => format!("{prefix}{}", field.name()),
            Self::Status => STATUS_COLUMN.to_owned(),
            Self::Error => "enrich_error".to_owned(),
            Self::Source => "enrich_source".to_owned(),
            Self::Confidence => "enrich_confidence".to_owned(),
            Self::FieldsUpdated => "enrich_fields_updated".to_owned(),
            Self::RequestId => "enrich_request_id".to_owned(),
            Self::At => "enriched_at".to_owned(),
        }
    }
}

/// Returns, for each header, whether that column of an input is one that this program added earlier.
///
/// Names with the default prefix always are; names with another only beside a status column.
pub fn own_flags<'a>(headers: impl Iterator<Item = &'a str> + Clone, prefix: &str) -> Vec<bool> {
    let been_through = headers.clone().any(|header| header == STATUS_COLUMN);
    let all_with =
        |prefix: &str| OwnColumn::all(FieldSet::ALL).map(|own| own.name(prefix)).collect::<Vec<_>>();
    let mut names = all_with(DEFAULT_PREFIX);
    if been_through {
        names.extend(all_with(prefix));
    }
    headers.map(|header| names.iter().any(|name| name == header)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_in_the_order_of_the_contract() {
        let fields = "size,name".parse().unwrap();
        let names: Vec<String> = OwnColumn::all(fields).map(|own| own.name("x_")).collect();
        assert_eq!(
            names.join(","),
            "x_id,x_domain,x_name,x_size,enrich_status,enrich_error,enrich_source,enrich_confidence,\
             enrich_fields_updated,enrich_request_id,enriched_at"
        );
    }

    #[test]
    fn another_prefix_is_ours_only_beside_a_status() {
        assert_eq!(own_flags(["x_name", "enriched_name"].into_iter(), "x_"), [false, true]);
        assert_eq!(own_flags(["x_name", "enrich_status"].into_iter(), "x_"), [true, true]);
    }
}
