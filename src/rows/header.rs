//! Whether the first row of a table is its header or data.
//!
//! A header is the rule. The first row is data where it holds no name of a column, and a target in a column of targets.

use csv::StringRecord;

use super::names::role;
use super::sniff::is_target_like;

/// Of 100 values below the first, how many must be targets for the first to be one too.
const TARGETS_IN_100: usize = 60;

/// Returns whether the first row is data. `asked` are the columns that options name: who names one by what the first row
/// says takes that for its name.
pub(super) fn is_data(sample: &[StringRecord], asked: [Option<&str>; 2]) -> bool {
    let Some((first, rest)) = sample.split_first() else {
        return false;
    };
    let is_asked = |cell: &str| asked.into_iter().flatten().any(|name| name.trim() == cell.trim());
    if first.iter().any(|cell| is_asked(cell) || is_name(cell)) || share_a_start(first) {
        return false;
    }
    first.iter().enumerate().any(|(column, cell)| is_target_like(cell) && holds_targets(rest, column))
}

/// Returns whether the rows below the first hold targets in a column, or nothing.
fn holds_targets(rest: &[StringRecord], column: usize) -> bool {
    let values = || rest.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.trim().is_empty());
    let targets = values().filter(|value| is_target_like(value)).count();
    targets * 100 >= values().count() * TARGETS_IN_100
}

/// Returns whether a cell is the known name of a column, or one within a dotted name: `Lead.Website` is one, although
/// there are websites under `.website`. In lower case it is one of these.
fn is_name(cell: &str) -> bool {
    if role(cell).is_some() {
        return true;
    }
    let last = cell.trim().rsplit_once('.').map(|(_, last)| last);
    last.is_some_and(|last| role(last).is_some() && last.contains(char::is_uppercase))
}

/// Returns whether two cells begin alike, as names of one object's fields do: `Lead.Name`, `Lead.Info`.
fn share_a_start(first: &StringRecord) -> bool {
    let starts: Vec<&str> =
        first.iter().filter_map(|cell| cell.rsplit_once('.')).map(|(start, _)| start).collect();
    let is_field = |start: &str| start.starts_with(char::is_uppercase) && !start.contains([' ', ':', '@']);
    starts
        .iter()
        .enumerate()
        .any(|(place, start)| is_field(start) && starts.iter().skip(place + 1).any(|other| other == start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_data_in(table: &str, asked: Option<&str>) -> bool {
        let rows: Vec<StringRecord> = table.lines().map(|line| line.split(',').collect()).collect();
        is_data(&rows, [asked, None])
    }

    #[test]
    fn a_first_row_of_targets_is_data() {
        for table in [
            "acme.com,Acme\nbeta.com,Beta",
            "acme.com,Acme",
            "Acme,https://www.acme.com/about\nBeta,beta.com\nGamma,",
            "1,jane@acme.com\n2,joe@beta.com",
            "6f0c1f0e-9c1b-4f0a-8f6e-0d9a5c3b2a10,Acme\n0b7e5a52-5f43-4e0c-9f27-5a4a6f1d2c3b,Beta",
            "tokopedia.id,Tokopedia\nbeta.com,Beta",
            "acme.website,Acme\nbeta.com,Beta",
            "gmail.com,x\nacme.com,Acme",
        ] {
            assert!(is_data_in(table, None), "{table}");
        }
    }

    #[test]
    fn a_first_row_of_names_is_a_header() {
        for table in [
            "domain,name\nacme.com,Acme",
            "name,size\nAcme,3",
            "Firma,Seite\nAcme,acme.com",
            "Lead.Website,Lead.Name\nacme.com,Acme",
            "Lead.Name,Lead.Info\nacme.com,Acme",
            "Lead.Website,x\nacme.com,Acme",
            "Booking.com,Name\nyes,Acme\nno,Beta",
            "acme.com,website\nbeta.com,gamma.com",
            "",
        ] {
            assert!(!is_data_in(table, None), "{table}");
        }
        assert!(!is_data_in("acme.com,theirs\nbeta.com,gamma.com", Some("acme.com")));
        assert!(is_data_in("acme.com,theirs\nbeta.com,gamma.com", Some("1")));
    }
}
