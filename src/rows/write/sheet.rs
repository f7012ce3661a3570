//! The rows of a sheet as XML, with what is known of it only at its end: how wide it is, and its links.

use std::fmt::Write as _;

use url::Url;

use super::cell::{Value, escape, too_long};
use super::error::Unfit;
use crate::rows::own::OwnColumn;

/// The rows of a sheet, its header among them. Source of this and the others: Excel's specifications and limits.
const ROWS_MAX: u32 = 1_048_576;
const COLUMNS_MAX: usize = 16_384;
const LINKS_MAX: usize = 65_530;
/// The bytes of all links, which are kept until the end. Those that are usual never come to so many.
const LINK_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The rows that tell how wide columns are, the header among them.
pub(super) const SAMPLE: u32 = 100;
/// The width of a column, in characters.
const WIDTHS: std::ops::RangeInclusive<usize> = 8..=60;
/// What a cell's border takes, and the button of a filter.
const BORDER: usize = 1;
const BUTTON: usize = 3;

/// How a cell looks: its place among the formats of the workbook.
#[derive(Clone, Copy)]
enum Style {
    Plain = 0,
    Header = 1,
    Link = 2,
    Moment = 3,
}

/// A sheet that is being written, row by row.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    columns: Vec<Column>,
    /// The number of the row that is being written, from 1.
    row: u32,
    column: usize,
    xml: String,
    links: Vec<Link>,
    link_bytes: usize,
}

#[derive(Debug)]
struct Column {
    letters: String,
    kind: Option<OwnColumn>,
    width: usize,
}

/// A link that is told of behind the rows.
#[derive(Debug)]
struct Link {
    row: u32,
    column: usize,
    target: Url,
}

impl Sheet {
    /// Makes one whose first columns are of these kinds; all others belong to the input.
    pub(super) fn new(kinds: impl Iterator<Item = Option<OwnColumn>>) -> Self {
        let columns = kinds.enumerate().map(|(place, kind)| Column { kind, ..Column::at(place) }).collect();
        Self { columns, ..Self::default() }
    }

    /// Begins a row.
    pub(super) fn begin(&mut self) -> Result<(), Unfit> {
        if self.row >= ROWS_MAX {
            return Err(Unfit::Rows { most: ROWS_MAX });
        }
        self.row += 1;
        self.column = 0;
        self.xml.clear();
        append(&mut self.xml, format_args!("<row r=\"{}\">", self.row));
        Ok(())
    }

    /// Adds the name of a column.
    pub(super) fn push_name(&mut self, name: &str) -> Result<(), Unfit> {
        let column = self.next()?;
        self.text(column, Style::Header, name)
    }

    /// Adds a cell.
    pub(super) fn push(&mut self, text: &str) -> Result<(), Unfit> {
        let column = self.next()?;
        match Value::of(text, self.columns.get(column).and_then(|column| column.kind)) {
            Value::Text => self.text(column, Style::Plain, text),
            Value::Number(number) => {
                self.number(column, Style::Plain, number);
                Ok(())
            }
            Value::Moment(days) => {
                self.number(column, Style::Moment, days);
                Ok(())
            }
            Value::Link(target) => {
                let style = if self.link(column, target) { Style::Link } else { Style::Plain };
                self.text(column, style, text)
            }
        }
    }

    /// Ends the row and returns its XML.
    pub(super) fn end(&mut self) -> &str {
        self.xml.push_str("</row>");
        &self.xml
    }

    /// Returns the number of rows so far.
    pub(super) const fn rows(&self) -> u32 {
        self.row
    }

    /// Returns what stands before the rows about the columns, by the rows so far.
    pub(super) fn widths(&self) -> String {
        let mut xml = "<cols>".to_owned();
        for (number, column) in (1..).zip(&self.columns) {
            let width = column.width.clamp(*WIDTHS.start(), *WIDTHS.end());
            append(
                &mut xml,
                format_args!("<col min=\"{number}\" max=\"{number}\" width=\"{width}\" customWidth=\"1\"/>"),
            );
        }
        xml + "</cols>"
    }

    /// Returns the name of the last cell of a table with so many columns, with a mark before letters and number.
    pub(super) fn corner(&self, columns: usize, mark: &str) -> String {
        let column = columns.saturating_sub(1);
        format!("{mark}{}{mark}{}", letters(column), self.row.max(1))
    }

    /// Returns what stands behind the rows about each link.
    pub(super) fn links(&self) -> impl Iterator<Item = String> {
        (1..).zip(&self.links).map(|(number, Link { row, column, target }): (u32, _)| {
            let mut xml = format!("<hyperlink ref=\"{}{row}\" r:id=\"rId{number}\"", letters(*column));
            if let Some(fragment) = target.fragment() {
                xml.push_str(" location=\"");
                escape(fragment, &mut xml);
                xml.push('"');
            }
            xml + "/>"
        })
    }

    /// Returns where each link leads, for the part of the file that belongs to the sheet.
    pub(super) fn targets(&self) -> impl Iterator<Item = String> {
        (1..).zip(&self.links).map(|(number, Link { target, .. }): (u32, _)| {
            let mut xml = format!(
                "<Relationship Id=\"rId{number}\" TargetMode=\"External\" Type=\
                 \"http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink\" Target=\""
            );
            let whole = target.as_str();
            escape(whole.split_once('#').map_or(whole, |(before, _)| before), &mut xml);
            xml + "\"/>"
        })
    }

    /// Returns the column of the next cell.
    fn next(&mut self) -> Result<usize, Unfit> {
        let column = self.column;
        if column >= COLUMNS_MAX {
            return Err(Unfit::Columns { most: COLUMNS_MAX });
        }
        if column >= self.columns.len() {
            self.columns.push(Column::at(column));
        }
        self.column += 1;
        Ok(column)
    }

    fn text(&mut self, column: usize, style: Style, text: &str) -> Result<(), Unfit> {
        if let Some(length) = too_long(text) {
            return Err(Unfit::Cell { row: self.row, column: letters(column), length });
        }
        if self.row <= SAMPLE {
            let line = text.lines().next().unwrap_or_default().chars().take(*WIDTHS.end()).count();
            self.widen(column, line + if matches!(style, Style::Header) { BUTTON } else { 0 });
        }
        if text.is_empty() {
            return Ok(());
        }
        self.begin_cell(column, style);
        let is_at_edge = |char: char| char.is_ascii_whitespace();
        let space = if text.starts_with(is_at_edge) || text.ends_with(is_at_edge) {
            " xml:space=\"preserve\""
        } else {
            ""
        };
        append(&mut self.xml, format_args!(" t=\"inlineStr\"><is><t{space}>"));
        escape(text, &mut self.xml);
        self.xml.push_str("</t></is></c>");
        Ok(())
    }

    fn number(&mut self, column: usize, style: Style, number: f64) {
        // As "2024-02-26 12:00:00".
        self.widen(column, if matches!(style, Style::Moment) { 19 } else { 0 });
        self.begin_cell(column, style);
        append(&mut self.xml, format_args!("><v>{number}</v></c>"));
    }

    /// Keeps a link, if there is room for one more.
    fn link(&mut self, column: usize, target: Url) -> bool {
        let bytes = self.link_bytes + target.as_str().len();
        let has_room = self.links.len() < LINKS_MAX && bytes <= LINK_BYTES_MAX;
        if has_room {
            self.link_bytes = bytes;
            self.links.push(Link { row: self.row, column, target });
        }
        has_room
    }

    fn begin_cell(&mut self, column: usize, style: Style) {
        let Self { columns, xml, row, .. } = self;
        let letters = columns.get(column).map_or("", |column| column.letters.as_str());
        append(xml, format_args!("<c r=\"{letters}{row}\""));
        if !matches!(style, Style::Plain) {
            append(xml, format_args!(" s=\"{}\"", style as u8));
        }
    }

    fn widen(&mut self, column: usize, width: usize) {
        if let Some(column) = self.columns.get_mut(column) {
            column.width = column.width.max(width + BORDER);
        }
    }
}

impl Column {
    fn at(place: usize) -> Self {
        Self { letters: letters(place), kind: None, width: 0 }
    }
}

fn append(to: &mut String, xml: std::fmt::Arguments<'_>) {
    // Writing to a text cannot fail.
    let _ = to.write_fmt(xml);
}

/// Returns what a column is called, counted from 0: A to Z, AA, AB and so on.
fn letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        let digit = u8::try_from((left - 1) % 26).unwrap_or_default();
        letters.insert(0, char::from(b'A' + digit));
        left = (left - 1) / 26;
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::field::Field;

    fn sheet(columns: usize) -> Sheet {
        Sheet::new((0..columns).map(|_| None))
    }

    #[test]
    fn columns_are_called_as_in_a_spreadsheet() {
        let cases = [
            (0, "A"),
            (25, "Z"),
            (26, "AA"),
            (51, "AZ"),
            (52, "BA"),
            (701, "ZZ"),
            (702, "AAA"),
            (16_383, "XFD"),
        ];
        for (column, name) in cases {
            assert_eq!(letters(column), name);
        }
    }

    #[test]
    fn there_are_no_more_rows_than_a_sheet_has() {
        let mut sheet = Sheet { row: ROWS_MAX - 1, ..sheet(1) };
        assert_eq!(sheet.begin(), Ok(()));
        assert_eq!(sheet.begin(), Err(Unfit::Rows { most: ROWS_MAX }));
    }

    #[test]
    fn there_are_no_more_columns_than_a_sheet_has() {
        let mut sheet = sheet(1);
        sheet.begin().unwrap();
        for _ in 0..COLUMNS_MAX {
            sheet.push("").unwrap();
        }
        assert_eq!(sheet.push(""), Err(Unfit::Columns { most: COLUMNS_MAX }));
    }

    #[test]
    fn a_cell_that_is_too_long_is_named() {
        let mut sheet = sheet(2);
        sheet.begin().unwrap();
        sheet.push("a").unwrap();
        let error = sheet.push(&"x".repeat(32_768)).unwrap_err();
        assert_eq!(error, Unfit::Cell { row: 1, column: "B".to_owned(), length: 32_768 });
    }

    #[test]
    fn links_beyond_what_a_sheet_has_are_text() {
        let mut sheet = Sheet::new([Some(OwnColumn::Field(Field::LogoUrl))].into_iter());
        for number in 0..=LINKS_MAX {
            sheet.begin().unwrap();
            sheet.push(&format!("https://c{number}.com/#logo")).unwrap();
            assert_eq!(sheet.end().contains("s=\"2\""), number < LINKS_MAX, "{number}");
        }
        assert_eq!(sheet.links().count(), LINKS_MAX);
        assert_eq!(sheet.links().next().unwrap(), "<hyperlink ref=\"A1\" r:id=\"rId1\" location=\"logo\"/>");
        assert!(sheet.targets().next().unwrap().ends_with(" Target=\"https://c0.com/\"/>"));
    }

    #[test]
    fn a_column_is_as_wide_as_its_first_rows_within_bounds() {
        let mut sheet = sheet(4);
        sheet.begin().unwrap();
        for name in ["domain", "a name that is long", "description", "n"] {
            sheet.push_name(name).unwrap();
        }
        sheet.end();
        sheet.begin().unwrap();
        for cell in ["a-long-domain.com\nand more of it", "", &"x".repeat(100), ""] {
            sheet.push(cell).unwrap();
        }
        let widths = sheet.widths();
        let widths: Vec<&str> =
            widths.split("width=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(widths, ["18", "23", "60", "8"]);
    }
}
