//! Addresses, certificates and proxies that lead nowhere.

use wiremock::ResponseTemplate;

use crate::support::api::silence;
use crate::support::home::Home;
use crate::support::mocked::{Mocked, refused};

#[test]
fn base_urls_that_the_key_must_not_travel_to() {
    let home = Home::with("in.txt", "acme.com\n");
    let of_url = |url: &str| home.call("batch in.txt --base-url").args(url).key("wbk_test").run().shown();
    insta::assert_snapshot!(of_url("http://api.example.com/v1"), @r"
exit code: 2
--- stderr
error: the base URL 'http://api.example.com/v1' is plain http, by which the key would travel readably
hint: give everything before /v1/enrich/company, such as https://host/path; http is for this machine alone
");
    insta::assert_snapshot!(of_url("ftp://127.0.0.1"), @r"
    exit code: 2
    --- stderr
    error: the base URL 'ftp://127.0.0.1/' is neither https nor http
    hint: give everything before /v1/enrich/company, such as https://host/path; http is for this machine alone
    ");
    insta::assert_snapshot!(of_url("data.leadlex.com"), @r"
    exit code: 2
    --- stderr
    error: --base-url: 'data.leadlex.com' is no URL: it does not begin with https://
    hint: write it whole, such as https://host/path
    ");
    insta::assert_snapshot!(of_url("https://api.example.com/?workspace=1"), @r"
    exit code: 2
    --- stderr
    error: the base URL 'https://api.example.com/?workspace=1' has a query or a fragment
    hint: give everything before /v1/enrich/company, such as https://host/path; http is for this machine alone
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
hint: name a readable file with the certificates to trust, in PEM
");
}

#[test]
fn certificates_and_proxies_that_cannot_be_used() {
    let home = Home::with("in.txt", "acme.com\n");
    home.put("bad.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let of = |args: &str| {
        home.call("batch in.txt --base-url https://127.0.0.1:1").args(args).key("wbk_test").run().shown()
    };
    insta::assert_snapshot!(of("--cacert in.txt"), @r"
    exit code: 2
    --- stderr
    error: --cacert: the file holds no certificate in PEM
    hint: name a file that holds whole certificates, each from BEGIN CERTIFICATE to END CERTIFICATE
    ");
    insta::assert_snapshot!(of("--cacert bad.pem"), @r"
    exit code: 2
    --- stderr
    error: --cacert: a certificate in the file cannot be read
    hint: name a file that holds whole certificates, each from BEGIN CERTIFICATE to END CERTIFICATE
    ");
    insta::assert_snapshot!(of("--proxy gopher://127.0.0.1:1"), @r"
    exit code: 2
    --- stderr
    error: --proxy: proxies of the sort 'gopher' cannot be used
    hint: give one that speaks http, such as http://host:3128
    ");
    insta::assert_snapshot!(of("--proxy http://127.0.0.1:port"), @r"
    exit code: 2
    --- stderr
    error: --proxy: 'http://127.0.0.1:port' is no URL: invalid port number
    hint: write it whole, such as https://host/path
    ");
}

/// Returns what `enrich` says of an API at this address, without trying twice.
fn of_url(url: &str, args: &str) -> String {
    let home = Home::new();
    let call = home.call("enrich acme.com -f pretty --retries 0 --base-url").args(url).args(args);
    call.key("wbk_test").run().shown()
}

#[test]
fn an_api_that_is_not_there() {
    insta::assert_snapshot!(of_url("http://127.0.0.1:1", ""), @r"
    exit code: 7
    --- stdout
    acme.com: not asked, the run stopped before
    --- stderr
    stopped: API unavailable (cannot connect: Connection refused)
    hint: see that the network, --base-url and --proxy are right, or wait until the API is back; then run the same command again to go on.
    ");
    insta::assert_snapshot!(of_url("https://api.example.com", "--proxy 127.0.0.1:1"), @r"
    exit code: 7
    --- stdout
    acme.com: not asked, the run stopped before
    --- stderr
    stopped: API unavailable (cannot connect: Connection refused)
    hint: see that the network, --base-url and --proxy are right, or wait until the API is back; then run the same command again to go on.
    ");
    let (_listener, silent) = silence();
    insta::assert_snapshot!(of_url(&silent, "--timeout 100ms"), @r"
    exit code: 7
    --- stdout
    acme.com: not asked, the run stopped before
    --- stderr
    stopped: API unavailable (timed out)
    hint: see that the network, --base-url and --proxy are right, or wait until the API is back; then run the same command again to go on.
    ");
    let plain = Mocked::start();
    insta::assert_snapshot!(of_url(&plain.url().replace("http:", "https:"), ""), @r"
    exit code: 7
    --- stdout
    acme.com: not asked, the run stopped before
    --- stderr
    stopped: API unavailable (cannot connect: what answers there does not speak TLS: is it plain http, or another port?)
    hint: see that the network, --base-url and --proxy are right, or wait until the API is back; then run the same command again to go on.
    ");
}

#[test]
fn what_answers_is_not_the_api() {
    let page = || ResponseTemplate::new(404).set_body_raw("<html>Not here</html>", "text/html");
    let mocked = Mocked::answering([page()]);
    insta::assert_snapshot!(of_url(&mocked.url(), ""), @r"
    exit code: 3
    --- stdout
    acme.com: failed, 404 Not Found (not an answer of the API about a company; check --base-url)
    ");
    let mocked =
        Mocked::answering([ResponseTemplate::new(200).set_body_raw("<html>Log in</html>", "text/html")]);
    insta::assert_snapshot!(of_url(&mocked.url(), ""), @r"
    exit code: 7
    --- stdout
    acme.com: not asked, the run stopped before
    --- stderr
    stopped: API unavailable (200 with an unreadable body: expected value at line 1 column 1)
    hint: see that the network, --base-url and --proxy are right, or wait until the API is back; then run the same command again to go on.
    ");
    let mocked = Mocked::answering([refused(500, "internal_error")]);
    insta::assert_snapshot!(of_url(&mocked.url(), ""), @r"
    exit code: 7
    --- stdout
    acme.com: not asked, the run stopped before
    --- stderr
    stopped: API unavailable (500 internal_error: as told by the test)
    hint: see that the network, --base-url and --proxy are right, or wait until the API is back; then run the same command again to go on.
    ");
    let mocked =
        Mocked::answering([ResponseTemplate::new(302).insert_header("location", "https://example.com/")]);
    insta::assert_snapshot!(of_url(&mocked.url(), ""), @r"
    exit code: 3
    --- stdout
    acme.com: failed, 302 Found (a redirect to another host is not followed; check --base-url)
    ");
}
