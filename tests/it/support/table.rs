//! An output as cells.

use std::collections::BTreeMap;

/// A table with a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    /// The names of the columns.
    pub(crate) header: Vec<String>,
    /// The cells of each row.
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// Reads a CSV text.
    pub(crate) fn read(text: &str) -> Self {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let cells = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
        let header = cells(reader.headers().unwrap());
        Self { header, rows: reader.records().map(|record| cells(&record.unwrap())).collect() }
    }

    /// Returns the cells of a column.
    #[track_caller]
    pub(crate) fn column(&self, name: &str) -> Vec<&str> {
        let place = self.header.iter().position(|column| column == name);
        let place = place.unwrap_or_else(|| panic!("no column {name} among {:?}", self.header));
        self.rows.iter().map(|row| row[place].as_str()).collect()
    }

    /// Returns the table without some columns.
    pub(crate) fn without(&self, names: &[&str]) -> Self {
        let kept: Vec<bool> = self.header.iter().map(|name| !names.contains(&name.as_str())).collect();
        let keep = |row: &Vec<String>| {
            row.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(cell, _)| cell.clone()).collect()
        };
        Self { header: keep(&self.header), rows: self.rows.iter().map(keep).collect() }
    }

    /// Returns the table with its rows in alphabetical order.
    pub(crate) fn sorted(mut self) -> Self {
        self.rows.sort();
        self
    }

    /// Returns how many rows have each status.
    pub(crate) fn statuses(&self) -> BTreeMap<&str, u64> {
        let mut counts = BTreeMap::new();
        for status in self.column("enrich_status") {
            *counts.entry(status).or_default() += 1;
        }
        counts
    }

    /// Returns how many rows have a status.
    pub(crate) fn count(&self, status: &str) -> u64 {
        self.statuses().get(status).copied().unwrap_or_default()
    }
}
