//! Columns that cannot be told, filled or added.

use super::of_input;
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
