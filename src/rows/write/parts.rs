//! The parts of a workbook besides its rows, as XML.
//!
//! Source: what Excel writes, without the parts that may be left out (theme, author, times).

/// The name of the sheet. A name with spaces or marks would need quotes in [`workbook`].
const SHEET: &str = "Companies";

/// How every part begins.
const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";

/// What of a row stays on the screen: the header.
const FROZEN: &str = "<pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/>\
                      <selection pane=\"bottomLeft\"/>";

/// The formats of cells, counted from 0: text, the header, a link, a moment.
const STYLES: &str = "<numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"yyyy\\-mm\\-dd\\ hh:mm:ss\"/></numFmts>\
    <fonts count=\"3\"><font><sz val=\"11\"/><name val=\"Calibri\"/><family val=\"2\"/></font>\
    <font><b/><sz val=\"11\"/><name val=\"Calibri\"/><family val=\"2\"/></font>\
    <font><u/><sz val=\"11\"/><color rgb=\"FF0563C1\"/><name val=\"Calibri\"/><family val=\"2\"/></font></fonts>\
    <fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills>\
    <borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
    <cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
    <cellXfs count=\"4\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>\
    <xf numFmtId=\"0\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\"/>\
    <xf numFmtId=\"0\" fontId=\"2\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\"/>\
    <xf numFmtId=\"164\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/></cellXfs>\
    <cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles>";

/// What stands before the rows; `columns` are their widths.
pub(super) fn before_rows(has_header: bool, columns: &str) -> String {
    let frozen = if has_header { FROZEN } else { "" };
    format!(
        "{XML}<worksheet xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\"><sheetViews><sheetView tabSelected=\"1\" \
         workbookViewId=\"0\">{frozen}</sheetView></sheetViews><sheetFormatPr defaultRowHeight=\"15\"/>{columns}<sheetData>"
    )
}

/// What stands behind the rows, before the links. `table` is the range of a table with a header.
pub(super) fn behind_rows(table: Option<&str>) -> String {
    let filter = table.map(|table| format!("<autoFilter ref=\"{table}\"/>")).unwrap_or_default();
    format!("</sheetData>{filter}")
}

/// What ends the sheet. Numbers that are text are meant to be: `used` is the range in which no mark is put on them.
pub(super) fn end_of_sheet(used: &str) -> String {
    format!(
        "<pageMargins left=\"0.7\" right=\"0.7\" top=\"0.75\" bottom=\"0.75\" header=\"0.3\" footer=\"0.3\"/>\
         <ignoredErrors><ignoredError sqref=\"{used}\" numberStoredAsText=\"1\"/></ignoredErrors></worksheet>"
    )
}

/// The parts that stand first: what looks at the beginning of a file takes it for a workbook by them.
pub(super) fn first() -> [(&'static str, String); 4] {
    [
        ("[Content_Types].xml", content_types()),
        ("_rels/.rels", relations(&[("officeDocument", "xl/workbook.xml")])),
        (
            "xl/_rels/workbook.xml.rels",
            relations(&[("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")]),
        ),
        ("xl/styles.xml", format!("{XML}<styleSheet xmlns=\"{MAIN}\">{STYLES}</styleSheet>")),
    ]
}

/// What stands around the targets of links.
pub(super) fn around_targets() -> (String, &'static str) {
    (format!("{XML}<Relationships xmlns=\"{PACKAGE}/relationships\">"), "</Relationships>")
}

/// The workbook around its sheet. `table` is the range of a table with a header.
pub(super) fn workbook(table: Option<&str>) -> String {
    // Excel finds a filter by this name, too.
    let names = table.map(|table| {
        format!(
            "<definedNames><definedName name=\"_xlnm._FilterDatabase\" localSheetId=\"0\" hidden=\"1\">{SHEET}!{table}\
             </definedName></definedNames>"
        )
    });
    format!(
        "{XML}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\"><bookViews><workbookView/></bookViews><sheets><sheet \
         name=\"{SHEET}\" sheetId=\"1\" r:id=\"rId1\"/></sheets>{}</workbook>",
        names.unwrap_or_default()
    )
}

fn relations(to: &[(&str, &str)]) -> String {
    let (before, behind) = around_targets();
    let one = |(number, (kind, target)): (u32, &(&str, &str))| {
        format!("<Relationship Id=\"rId{number}\" Type=\"{RELATIONS}/{kind}\" Target=\"{target}\"/>")
    };
    before + &(1..).zip(to).map(one).collect::<String>() + behind
}

fn content_types() -> String {
    let kinds = [("workbook", "sheet.main"), ("worksheets/sheet1", "worksheet"), ("styles", "styles")];
    let parts = kinds.map(|(part, kind)| {
        format!(
            "<Override PartName=\"/xl/{part}.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.\
             spreadsheetml.{kind}+xml\"/>"
        )
    });
    format!(
        "{XML}<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" ContentType=\"application/\
         vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/>{}</Types>",
        parts.concat()
    )
}
