//! Addresses, certificates and proxies that lead nowhere.

use crate::support::home::Home;

#[test]
fn base_urls_that_the_key_must_not_travel_to() {
    let home = Home::with("in.txt", "acme.com\n");
    let of_url = |url: &str| home.call("batch in.txt --base-url").args(url).key("wbk_test").run().shown();
    insta::assert_snapshot!(of_url("http://api.example.com/v1"), @r"
    exit code: 2
    --- stderr
    error: the base URL 'http://api.example.com/v1' is plain http: the key would travel readably; use https
    ");
    insta::assert_snapshot!(of_url("ftp://127.0.0.1"), @r"
    exit code: 2
    --- stderr
    error: the base URL 'ftp://127.0.0.1/' is neither https nor http
    ");
    insta::assert_snapshot!(of_url("data.leadlex.com"), @r"
    exit code: 2
    --- stderr
    error: --base-url: 'data.leadlex.com' is no URL: relative URL without a base
    hint: write it whole, such as https://host/path
    ");
    insta::assert_snapshot!(of_url("https://api.example.com/?workspace=1"), @r"
    exit code: 2
    --- stderr
    error: the base URL 'https://api.example.com/?workspace=1' has a query or a fragment; give everything before /v1/enrich/company
    ");
}

#[test]
fn certificates_that_are_none() {
    let home = Home::with("in.txt", "acme.com\n");
    let call = home.call("batch in.txt --base-url https://127.0.0.1:1 --cacert none.pem").key("wbk_test");
    insta::assert_snapshot!(call.run().shown(), @r"
    exit code: 2
    --- stderr
    error: --cacert: 'none.pem' cannot be read: No such file or directory
    ");
}
