//! Columns that cannot be told, filled or added.

use super::{of_input, of_input_with};
use crate::support::home::Home;

#[test]
fn an_input_without_a_column_to_ask_by() {
    insta::assert_snapshot!(of_input("in.csv", "name,city\nAcme,Berlin\nBeta,Bonn\n"), @r"
    exit code: 2
    --- stderr
    error: in.csv: no column with domains, websites, e-mail addresses or company ids was found; the columns are 'name', 'city'
    hint: name the column with --domain-column or --id-column
    ");
    insta::assert_snapshot!(of_input("in.csv", "ours,theirs\na.com,b.com\nc.com,d.com\n"), @r"
    exit code: 2
    --- stderr
    error: in.csv: several columns could be the domain: 'ours' (100 %, e.g. a.com), 'theirs' (100 %, e.g. b.com)
    hint: name the one that is meant with --domain-column
    ");
}

#[test]
fn a_column_that_is_not_there() {
    let home = Home::with("in.csv", "Website,Name\nacme.com,Acme\n");
    insta::assert_snapshot!(home.run("batch in.csv --sandbox --domain-column Websit").shown(), @r"
    exit code: 2
    --- stderr
    error: in.csv: there is no column 'Websit' for --domain-column; the columns are 'Website', 'Name'
    hint: did you mean 'Website'?
    ");
    insta::assert_snapshot!(home.run("batch in.csv --sandbox --domain-column 3").shown(), @r"
    exit code: 2
    --- stderr
    error: in.csv: there is no column '3' for --domain-column; the columns are 'Website', 'Name'
    hint: give a column's name, or its number counted from 1
    ");
    insta::assert_snapshot!(home.run("batch in.csv --sandbox --id-column id").shown(), @r"
    exit code: 2
    --- stderr
    error: in.csv: there is no column 'id' for --id-column; the columns are 'Website', 'Name'
    hint: give a column's name, or its number counted from 1
    ");
}

#[test]
fn columns_that_are_not_meant_for_it() {
    insta::assert_snapshot!(of_input_with("in.csv", "domain,Industry\nacme.com,\n", "--fill Industry"), @r"
    exit code: 2
    --- stderr
    error: --fill: 'Industry' is not COL=FIELD
    hint: for example --fill 'Industry=industry,Employees=size', or --fill auto
    ");
    insta::assert_snapshot!(of_input_with("in.csv", "domain,Industry\nacme.com,\n", "--fill Industry=industri"), @r"
    exit code: 2
    --- stderr
    error: --fill: there is no field 'industri'; the fields are id,domain,name,industry,size,founded_year,description,hq_location,logo_url,linkedin_url,tech_stack
    hint: did you mean 'industry'?
    ");
    insta::assert_snapshot!(of_input_with("in.csv", "domain,Industry\nacme.com,\n", "--fill Industri=industry"), @r"
    exit code: 2
    --- stderr
    error: there is no column 'Industri' for --fill; the columns are 'domain', 'Industry'
    hint: did you mean 'Industry'?
    ");
    insta::assert_snapshot!(of_input_with("in.csv", "domain,Industry\nacme.com,\n", "--fill Industry=industry --fields name"), @r"
    exit code: 2
    --- stderr
    error: --fill 'Industry=industry': --fields leaves out 'industry'
    hint: add 'industry' to --fields, or leave --fields out
    ");
    insta::assert_snapshot!(of_input_with("in.csv", "domain,Industry\nacme.com,\n", "--fill Industry=industry,Industry=name"), @r"
    exit code: 2
    --- stderr
    error: --fill names the column 'Industry' twice
    hint: leave it out
    ");
    insta::assert_snapshot!(of_input_with("in.csv", "domain,Industry\nacme.com,\n", "--fill domain=industry"), @r"
    exit code: 2
    --- stderr
    error: --fill: rows are asked by the column 'domain', which can take nothing else
    hint: leave it out; a column of domains can be filled with 'domain', the domain that was asked
    ");
}

#[test]
fn columns_that_collide_or_cannot_be_told() {
    insta::assert_snapshot!(of_input_with("in.csv", "domain,x_name\nacme.com,x\n", "--prefix x_"), @r"
    exit code: 2
    --- stderr
    error: the input has a column 'x_name' already, which --prefix 'x_' would add
    hint: choose another --prefix, or leave it out for 'enriched_'
    ");
    insta::assert_snapshot!(of_foreign_key(), @r"
    exit code: 2
    --- stderr
    error: the input has a key 'enrichment' already, which JSON lines would add
    hint: rename it, or write CSV with -f csv
    ");
    insta::assert_snapshot!(of_input_with("in.csv", "domain,Domain\nacme.com,b.com\n", "--id-column DOMAIN"), @r"
    exit code: 2
    --- stderr
    error: in.csv: several columns are called 'DOMAIN': 'domain' (e.g. acme.com), 'Domain' (e.g. b.com)
    hint: give --id-column the number of the one that is meant
    ");
    insta::assert_snapshot!(of_input_with("in.csv", "acme.com,1\nbeta.com,2\n", "--domain-column web"), @r"
    exit code: 2
    --- stderr
    error: in.csv: there is no column 'web' for --domain-column; the columns are number 1, number 2
    hint: give a column's name, or its number counted from 1
    ");
    insta::assert_snapshot!(of_input_with("in.csv", "acme.com,1\nname,2\nBerlin,3\nBonn,3\n", ""), @r"
    exit code: 2
    --- stderr
    error: in.csv: no column with domains, websites, e-mail addresses or company ids was found; the columns are 'acme.com', '1'
    hint: name the column with --domain-column or --id-column
    ");
}

/// Returns what is said of objects that have a key of ours already.
fn of_foreign_key() -> String {
    let home = Home::with("in.jsonl", "{\"domain\":\"acme.com\",\"enrichment\":3}\n");
    home.run("batch in.jsonl --sandbox -q -o out.jsonl").shown()
}
