//! The key: given in every way there is, and looked for in everything that comes out.

use std::path::Path;

use serde_json::json;
use wiremock::{Request, ResponseTemplate};

use crate::support::api::silence;
use crate::support::ended::Ended;
use crate::support::home::{Call, Home};
use crate::support::mocked::{Mocked, company, found, header, refused};

/// A key that cannot be mistaken.
const KEY: &str = "wbk_live_TOPSECRET0123456789abcdef";

/// The part of it that must not be seen, in any case of its letters.
const SECRET: &str = "topsecret";

/// Every way to give the key, by a number.
const WAYS: usize = 5;

/// Gives the key in one of the ways.
fn given(home: &Home, call: Call, way: usize) -> Call {
    home.put("key", format!("{KEY}\n"));
    match way {
        0 => call.key(KEY),
        1 => call.args("--api-key-file key"),
        2 => {
            home.put("config.toml", format!("[profiles.default]\napi_key = '{KEY}'\n"));
            call.args("--config config.toml")
        }
        3 => {
            home.put("config.toml", "profile = 'a'\n[profiles.a]\napi_key_file = 'key'\nworkspace = 'w'\n");
            call.args("--config config.toml")
        }
        _ => call.args("--api-key-file -").stdin(format!("{KEY}\n")),
    }
}

/// Returns everything that is said and logged about as much as there is.
const LOUD: &str = "-vv --log-format json";

#[track_caller]
fn assert_secret(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    let at = text.find(SECRET);
    assert!(at.is_none(), "{what} holds the key: …{}", &text[at.unwrap_or(0).saturating_sub(200)..]);
}

/// Asserts that the key is in nothing that was said, and in no file but the one that it was read from.
#[track_caller]
fn assert_nowhere(home: &Home, ended: &Ended, except: &[&str]) {
    if !except.contains(&"stdout") {
        assert_secret("stdout", ended.stdout.as_bytes());
    }
    assert_secret("stderr", ended.stderr.as_bytes());
    let mut files = 0;
    look_into(&home.path(""), &mut |path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        files += 1;
        if name != "key" && name != "config.toml" && !except.iter().any(|except| name.starts_with(except)) {
            assert_secret(name, &std::fs::read(path).unwrap());
        }
    });
    assert!(files > 0, "the key at least was looked into");
}

fn look_into(folder: &Path, look: &mut impl FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { look_into(&path, look) } else { look(&path) }
    }
}

/// Runs `batch` and `enrich` against an API in every way to give the key, and looks for it.
fn look_everywhere(api: &Mocked, code: i32, except: &[&str]) {
    for way in 0..WAYS {
        let home = Home::with("in.txt", "acme.com\nbeta.com\n");
        let batch = "batch in.txt -o out.csv --summary s.json --progress json --ledger l.db --retries 0";
        let call = home.call(batch).args(LOUD).args("--base-url").args(&api.url());
        let ended = given(&home, call, way).run().exits(code);
        assert!(ended.stderr.contains("\"level\":"), "it was logged: {}", ended.stderr);
        assert_nowhere(&home, &ended, except);

        for format in ["pretty", "json", "jsonl", "csv"] {
            let enrich = format!("enrich acme.com gamma.com --ledger l.db --retries 0 -f {format}");
            let call = home.call(&enrich).args(LOUD).args("--base-url").args(&api.url());
            let ended = given(&home, call, way).run();
            assert_nowhere(&home, &ended, except);
        }
    }
}

#[test]
fn a_run_that_goes_well_shows_no_key() {
    let api = Mocked::answering([found()]);
    look_everywhere(&api, 0, &[]);
    assert!(api.requests().iter().all(|request| header(request, "authorization") == format!("Bearer {KEY}")));
}

#[test]
fn a_key_that_is_refused_is_not_shown() {
    look_everywhere(&Mocked::answering([refused(401, "invalid_key")]), 4, &[]);
}

/// Answers with the request's own `Authorization` header as the message, as a careless gateway may.
fn echo(status: u16) -> impl Fn(&Request) -> ResponseTemplate {
    move |request: &Request| {
        let said = header(request, "authorization");
        ResponseTemplate::new(status)
            .insert_header("x-request-id", said)
            .insert_header("x-debug", said)
            .set_body_json(json!({"error": {"code": said, "message": format!("you said {said}")}}))
    }
}

#[test]
fn a_key_that_is_sent_back_in_an_error_is_not_shown() {
    for (status, code) in [(400, 3), (401, 4), (402, 5), (403, 4), (404, 3), (409, 7), (418, 3), (500, 7)] {
        look_everywhere(&Mocked::responding(echo(status)), code, &[]);
    }
}

#[test]
fn a_key_that_is_sent_back_as_plain_text_is_not_shown() {
    let respond = |request: &Request| {
        ResponseTemplate::new(400).set_body_string(format!("bad request: {:?}", request.headers))
    };
    look_everywhere(&Mocked::responding(respond), 3, &[]);
}

#[test]
fn a_key_that_is_sent_back_beside_a_company_is_not_shown() {
    let respond = |request: &Request| {
        let said = header(request, "authorization");
        let mut body = company("Acme");
        body["data"]["source"] = said.into();
        body["data"]["fields_updated"] = json!([said, "name"]);
        body["data"]["confidence"] = said.into();
        ResponseTemplate::new(200).insert_header("x-request-id", said).set_body_json(body)
    };
    look_everywhere(&Mocked::responding(respond), 0, &[]);
}

#[test]
fn a_key_that_is_sent_back_as_a_company_stays_in_the_data_only() {
    let respond = |request: &Request| {
        ResponseTemplate::new(200).set_body_json(company(header(request, "authorization")))
    };
    look_everywhere(&Mocked::responding(respond), 0, &["stdout", "out.csv", "l.db"]);
}

/// Asks for the status, and keeps and drops the key, in every way to give it, and looks for it.
fn look_at_auth(api: &Mocked) {
    for way in 0..WAYS {
        for command in
            ["auth status", "auth status --json", "auth login", "auth login --no-check", "auth logout"]
        {
            let home = Home::new();
            let call = home.call(command).args(LOUD).args("--base-url").args(&api.url());
            // To the keeping of a key it is always given by standard input.
            let call = given(&home, call, way).stdin(format!("{KEY}\n"));
            assert_nowhere(&home, &call.run(), &[]);
        }
    }
}

#[test]
fn a_key_that_is_kept_or_proven_is_not_shown() {
    for status in [200, 400, 401, 500] {
        look_at_auth(&Mocked::responding(echo(status)));
    }
}

#[test]
fn a_key_in_the_wrong_place_of_the_configuration_is_not_shown() {
    let mistakes = [
        format!("api_key = {KEY}\n"),
        format!("api_key = \"{KEY}\n"),
        format!("api_key = \"{KEY}\" x\n"),
        format!("api_key = [\"{KEY}\", 1979-05-27]\n"),
        format!("api-key = '{KEY} with spaces'\n"),
        format!("api_key_file = '{KEY}'\n"),
        format!("{KEY}\n"),
        format!("{KEY} = 1\n"),
        format!("[{KEY}]\n"),
        format!("[profiles.{KEY}]\nx = 1\n"),
        format!("[profiles.a]\nworkspace = '{KEY}'\n"),
        format!("profile = '{KEY}'\n"),
        format!("[profiles.a]\nprofile = '{KEY}'\n[profiles.{KEY}]\n"),
        format!("apikey = '{KEY}'\n"),
        format!("rate = '{KEY}'\n"),
        format!("color = '{KEY}'\n"),
        format!("overwrite = '{KEY}'\n"),
        format!("base_url = '{KEY}'\n"),
        format!("base_url = 'https://{KEY}@127.0.0.1:1'\n"),
        format!("proxy = '{KEY}'\n"),
        format!("ledger = '{KEY}/l.db'\napi_key = 'wbk_x'\nbase_url = 'http://127.0.0.1:1'\n"),
    ];
    for mistake in mistakes {
        let home = Home::with("config.toml", &mistake);
        for command in ["enrich acme.com --retries 0 --wait 0", "auth status", "auth logout", "auth login"] {
            let call = home.call(command).args("-vv --config config.toml").stdin("wbk_other!\n");
            let ended = call.env("LEADENRICH_BASE_URL", "http://127.0.0.1:1").run();
            assert_secret(&format!("{command} of {mistake}"), ended.stdout.as_bytes());
            assert_secret(&format!("{command} of {mistake}"), ended.stderr.as_bytes());
        }
    }
}

#[test]
fn a_key_is_no_argument() {
    let home = Home::with("in.txt", "acme.com\n");
    home.put("key", format!("{KEY}\n"));
    let (_listener, url) = silence();
    let args = "batch in.txt -o out.csv --timeout 1h --api-key-file key --base-url";
    let mut run = home.call(args).args(&url).watch();
    run.wait_for("call_sent", 1);
    let typed = std::fs::read(format!("/proc/{}/cmdline", run.id())).unwrap();
    assert!(String::from_utf8_lossy(&typed).contains("--api-key-file"));
    assert_secret("the list of arguments", &typed);
}

#[test]
fn a_key_in_the_wrong_place_is_not_shown() {
    let home = Home::with("in.csv", "domain,name\nacme.com,Acme\n");
    home.put("key-as-name.csv", format!("{KEY},name\nx,y\n"));
    home.put("key-as-domain.csv", format!("domain\n{KEY}\n"));
    let mistakes = [
        format!("enrich {KEY} --sandbox"),
        format!("enrich {KEY} --sandbox -f pretty"),
        format!("enrich {KEY} --sandbox -f csv"),
        format!("enrich {KEY} --sandbox -f json -vv"),
        format!("enrich acme.com --sandbox --fields {KEY}"),
        format!("enrich acme.com --api-key {KEY}"),
        format!("enrich acme.com --api-key-file {KEY}"),
        format!("enrich acme.com --api-key={KEY}"),
        format!("enrich acme.com --base-url {KEY}"),
        format!("enrich acme.com --base-url https://api.example.com/?key={KEY}"),
        format!("enrich acme.com --base-url http://{KEY}@api.example.com"),
        format!("enrich acme.com --sandbox --proxy {KEY}"),
        format!("enrich acme.com --sandbox --cacert {KEY}"),
        format!("enrich acme.com --sandbox --ledger {KEY}/x/y.db"),
        format!("enrich acme.com --sandbox --ledger in.csv/{KEY}"),
        format!("enrich acme.com --sandbox={KEY}"),
        format!("enrich acme.com --sandbox=seed={KEY}"),
        format!("enrich acme.com --sandbox=api-key={KEY}!"),
        format!("enrich acme.com --sandbox --rate {KEY}"),
        format!("enrich acme.com --sandbox --wait {KEY}"),
        format!("enrich acme.com --sandbox --max-credits {KEY}"),
        format!("enrich acme.com --sandbox --format {KEY}"),
        format!("enrich acme.com --sandbox -o {KEY}/out.json"),
        KEY.to_owned(),
        format!("--{KEY}"),
        format!("batch {KEY} --sandbox"),
        format!("batch in.csv --sandbox --domain-column {KEY}"),
        format!("batch in.csv --sandbox --id-column {KEY}"),
        format!("batch in.csv --sandbox --delimiter {KEY}"),
        format!("batch in.csv --sandbox --progress {KEY}"),
        format!("batch in.csv --sandbox --log-format {KEY}"),
        format!("batch in.csv --sandbox --limit {KEY}"),
        format!("batch in.csv --sandbox --summary {KEY}/s.json"),
        format!("batch in.csv --sandbox -o {KEY}/out.csv"),
        "batch key-as-name.csv --sandbox".to_owned(),
        "batch key-as-name.csv --sandbox --domain-column none".to_owned(),
        format!("sandbox --api-key {KEY}!"),
        format!("sandbox --seed {KEY}"),
    ];
    for mistake in mistakes {
        // A new folder may be made with the name that was typed; a file of that name is the user's own doing.
        let call = home.call(&mistake).env("LEADENRICH_BASE_URL", "http://127.0.0.1:1");
        // Without a key nobody would look at the address.
        let call = if mistake.contains("--base-url") { call.key(KEY) } else { call };
        let ended = call.run();
        assert_secret(&format!("stdout of {mistake}"), ended.stdout.as_bytes());
        assert_secret(&format!("stderr of {mistake}"), ended.stderr.as_bytes());
    }
    let ended =
        home.run("batch key-as-domain.csv --sandbox=no-match=100 -vv --progress json -o out.csv").exits(0);
    assert_secret("stderr", ended.stderr.as_bytes());
    let output = crate::support::table::Table::read(&home.text("out.csv"));
    assert_secret("the error", output.column("enrich_error")[0].as_bytes());
    assert_eq!(output.column("domain"), [KEY], "an input cell stays as it is");
}

#[test]
fn a_key_in_the_wrong_place_of_auth_is_not_shown() {
    for mistake in
        ["auth", "auth login", "auth login --api-key", "auth logout --profile", "auth status --config"]
    {
        let ended = Home::new().call(mistake).args(KEY).stdin("wbk_other\n").run();
        assert_secret(mistake, format!("{}{}", ended.stdout, ended.stderr).as_bytes());
    }
}

#[test]
fn a_key_of_a_variable_in_the_wrong_place_is_not_shown() {
    for name in ["LEADENRICH_BASE_URL", "LEADENRICH_LEDGER", "HTTPS_PROXY", "HTTP_PROXY"] {
        let home = Home::new();
        let ended = home.call("enrich acme.com --retries 0 --wait 0 -vv").key(KEY).env(name, KEY);
        let ended =
            if name == "LEADENRICH_BASE_URL" { ended } else { ended.args("--base-url http://127.0.0.1:1") };
        let ended = ended.run();
        assert_secret(name, format!("{}{}", ended.stdout, ended.stderr).as_bytes());
    }
}
