//! Which columns `--fill` means, by every way of naming them.

use csv::StringRecord;

use super::*;
use crate::rows::columns::Columns;

fn layout(headers: &[&str]) -> Layout {
    let headers = StringRecord::from(headers.to_vec());
    let own = vec![false; headers.len()];
    Layout { headers, own, columns: Columns { id: None, ..Columns::of_list() }, ..Layout::of_targets("") }
}

/// Returns the filled columns as `header=field`.
fn filled(text: &str, fields: &str, layout: &Layout) -> Result<String, FillError> {
    let fields = if fields.is_empty() { FieldSet::ALL } else { fields.parse().unwrap() };
    let fill = Fill::plan(&FillSpec { text, fields, overwrite: false }, layout)?;
    let named = fill.columns.iter().map(|(column, own)| format!("{}={}", layout.name(*column), own.name("")));
    Ok(named.collect::<Vec<_>>().join(" "))
}

fn refused(text: &str, layout: &Layout) -> String {
    let error = filled(text, "name,size", layout).unwrap_err();
    format!("{error}; hint: {}", error.hint())
}

#[test]
fn columns_are_named_exactly_in_any_case_or_by_number() {
    let layout = layout(&["domain", "Company", "Size, total", "a=b"]);
    assert_eq!(filled("Company=name", "", &layout).unwrap(), "Company=name");
    assert_eq!(filled(" company = NAME , 3=size ,", "", &layout).unwrap(), "Company=name Size, total=size");
    assert_eq!(filled("Size, total=size,a=b=name", "", &layout).unwrap(), "Size, total=size a=b=name");
    assert_eq!(filled("domain=domain,Company=id", "", &layout).unwrap(), "domain=domain Company=id");
}

#[test]
fn what_cannot_be_filled_is_told() {
    let mut layout = layout(&["domain", "Company", "enriched_name"]);
    layout.own = vec![false, false, true];
    for (text, expected) in [
        (
            "Compny=name",
            "there is no column 'Compny' for --fill; the columns are 'domain', 'Company', 'enriched_name'; \
          hint: did you mean 'Company'?",
        ),
        (
            "Company=nam",
            "--fill: there is no field 'nam'; the fields are id,domain,name,industry,size,founded_year,\
          description,hq_location,logo_url,linkedin_url,tech_stack; hint: did you mean 'name'?",
        ),
        (
            "Company=industry",
            "--fill 'Company=industry': --fields leaves out 'industry'; hint: add 'industry' to --fields, \
          or leave --fields out",
        ),
        ("Company=name,2=size", "--fill names the column '2' twice; hint: leave it out"),
        (
            "enriched_name=name",
            "--fill: the column 'enriched_name' was added by an earlier run, and is replaced anyway; \
          hint: leave it out",
        ),
        (
            "domain=name",
            "--fill: rows are asked by the column 'domain', which can take nothing else; hint: leave it out; \
          a column of domains can be filled with 'domain', the domain that was asked",
        ),
        (
            "Company",
            "--fill: 'Company' is not COL=FIELD; hint: for example --fill 'Industry=industry,Employees=size', \
          or --fill auto",
        ),
        (
            "",
            "--fill: '' is not COL=FIELD; hint: for example --fill 'Industry=industry,Employees=size', or --fill auto",
        ),
    ] {
        assert_eq!(refused(text, &layout), expected);
    }
}

#[test]
fn known_names_are_filled_by_themselves() {
    let crm = layout(&[
        "Website",
        "Company name",
        "Industry",
        "Number of Employees",
        "Year Founded",
        "About Us",
        "HQ",
        "Logo URL",
        "LinkedIn Company Page",
        "Web Technologies",
        "Notes",
    ]);
    assert_eq!(
        filled("auto", "", &crm).unwrap(),
        "Company name=name Industry=industry Number of Employees=size Year Founded=founded_year About Us=description \
         HQ=hq_location Logo URL=logo_url LinkedIn Company Page=linkedin_url Web Technologies=tech_stack"
    );
    assert_eq!(filled("AUTO", "size", &crm).unwrap(), "Number of Employees=size");
    let german = layout(&["Webseite", "Firma", "Branche", "Mitarbeiter", "Gründungsjahr", "Hauptsitz"]);
    assert_eq!(
        filled("auto", "", &german).unwrap(),
        "Firma=name Branche=industry Mitarbeiter=size Gründungsjahr=founded_year Hauptsitz=hq_location"
    );
    let french = layout(&["Site web", "Nom de l’entreprise", "Secteur d'activité", "Année de création"]);
    assert_eq!(
        filled("auto", "", &french).unwrap(),
        "Nom de l’entreprise=name Secteur d'activité=industry Année de création=founded_year"
    );
    assert_eq!(filled("auto", "", &layout(&["domain", "Notes"])).unwrap(), "");
}

#[test]
fn names_that_could_be_a_persons_are_left_alone_beside_people() {
    let companies = layout(&["domain", "Name", "LinkedIn URL", "Location"]);
    assert_eq!(
        filled("auto", "", &companies).unwrap(),
        "Name=name LinkedIn URL=linkedin_url Location=hq_location"
    );
    let people = layout(&["domain", "Name", "LinkedIn URL", "First Name", "Company", "Company Linkedin Url"]);
    assert_eq!(filled("auto", "", &people).unwrap(), "Company=name Company Linkedin Url=linkedin_url");
}

#[test]
fn columns_that_hold_objects_are_not_filled_by_themselves() {
    let mut layout = layout(&["domain", "company", "name"]);
    layout.objects = vec![1];
    assert_eq!(filled("auto", "name", &layout).unwrap(), "name=name");
}

#[test]
fn own_and_asked_columns_are_not_filled_by_themselves() {
    let mut layout = layout(&["company", "Account Name", "industry"]);
    layout.own = vec![false, false, true];
    assert_eq!(filled("auto", "", &layout).unwrap(), "Account Name=name");
}
