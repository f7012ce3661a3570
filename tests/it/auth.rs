//! Is a key kept, proven and forgotten as told, without a credit being spent?

use std::os::unix::fs::PermissionsExt as _;

use wiremock::ResponseTemplate;

use crate::support::api::api;
use crate::support::ended::Ended;
use crate::support::home::Home;
use crate::support::mocked::{Mocked, found, header, refused};

const CONFIG: &str = ".config/leadenrich/config.toml";

/// Asks for the status of a key at an API that answers this.
fn status(answer: ResponseTemplate) -> String {
    let api = Mocked::answering([answer]);
    masked(&Home::new().call("auth status --base-url").args(&api.url()).key("wbk_test").run())
}

/// How long it took differs.
fn masked(ended: &Ended) -> String {
    let latency = regex::Regex::new("after [0-9]+ ms").unwrap();
    latency.replace_all(&ended.shown(), "after N ms").into_owned()
}

fn page() -> ResponseTemplate {
    ResponseTemplate::new(404).set_body_raw("<html><h1>Not here</h1></html>", "text/html")
}

/// Stores a key by a pipe.
fn login(home: &Home, args: &str, key: &str) -> Ended {
    home.call("auth login").args(args).stdin(format!("{key}\n")).run()
}

fn mode(home: &Home, name: &str) -> u32 {
    std::fs::metadata(home.path(name)).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_valid_key_is_proven_without_a_credit() {
    let sandbox = api("limit=1000,credits=10");
    let ended = Home::new().call("auth status").at(&sandbox).run();
    insta::assert_snapshot!(masked(&ended), @r"
    exit code: 0
    --- stdout
    status     valid, and may enrich
    answer     400 validation_error: either company_id or domain is required, after N ms
    key        wbk_…, from LEADENRICH_API_KEY
    api        http://127.0.0.1:PORT
    quota      999 of 1,000 calls left, resets at MINUTE UTC
    ");
    assert_eq!((sandbox.books().charged, sandbox.books().credits_left), (0, 10));
}

#[test]
fn the_question_names_no_company_and_needs_no_idempotency_key() {
    let api = Mocked::answering([refused(400, "validation_error")]);
    Home::new().call("auth status --base-url").args(&api.url()).key("wbk_test").run().exits(0);
    let requests = api.requests();
    assert_eq!((requests.len(), requests[0].body.as_slice()), (1, b"{}".as_slice()));
    assert_eq!(requests[0].url.path(), "/v1/enrich/company");
    assert_eq!(header(&requests[0], "authorization"), "Bearer wbk_test");
    assert_eq!(header(&requests[0], "idempotency-key"), "");
}

#[test]
fn a_key_that_may_not_enrich_is_told() {
    insta::assert_snapshot!(status(refused(401, "invalid_key")), @r"
    exit code: 4
    --- stdout
    status     refused
    answer     401 invalid_key: as told by the test, after N ms
    key        wbk_…, from LEADENRICH_API_KEY
    api        http://127.0.0.1:PORT
    --- stderr
    error: the API refuses this key: 401 invalid_key: as told by the test
    hint: keys are shown in the workspace's settings; `leadenrich auth login` keeps another one
    ");
    insta::assert_snapshot!(status(refused(403, "insufficient_permissions")), @r"
    exit code: 4
    --- stdout
    status     valid, but without the permission write:enrich
    answer     403 insufficient_permissions: as told by the test, after N ms
    key        wbk_…, from LEADENRICH_API_KEY
    api        http://127.0.0.1:PORT
    --- stderr
    error: this key lacks the permission write:enrich: 403 insufficient_permissions: as told by the test
    hint: give it the permission in the workspace's settings, or use another key
    ");
    insta::assert_snapshot!(status(ResponseTemplate::new(403)), @r"
    exit code: 4
    --- stdout
    status     shut out
    answer     403 Forbidden, after N ms
    key        wbk_…, from LEADENRICH_API_KEY
    api        http://127.0.0.1:PORT
    --- stderr
    error: this key is shut out, in words that are not the API's: 403 Forbidden
    hint: the key lacks a permission, or a firewall or limiter refuses this machine for a time
    ");
}

#[test]
fn a_key_that_is_not_the_matter_is_told_so() {
    insta::assert_snapshot!(status(refused(402, "insufficient_credits")), @r"
    exit code: 5
    --- stdout
    status     valid, but out of credits
    answer     402 insufficient_credits: as told by the test, after N ms
    key        wbk_…, from LEADENRICH_API_KEY
    api        http://127.0.0.1:PORT
    --- stderr
    error: the key is valid, but the workspace is out of credits: 402 insufficient_credits: as told by the test
    hint: top up the workspace
    ");
    insta::assert_snapshot!(status(refused(429, "rate_limited").insert_header("retry-after", "60")), @r"
    exit code: 6
    --- stdout
    status     not proven: too many calls
    answer     429 rate_limited: as told by the test, after N ms
    key        wbk_…, from LEADENRICH_API_KEY
    api        http://127.0.0.1:PORT
    again      at MINUTE UTC
    --- stderr
    error: the API accepts no more calls at present, so the key is not proven: 429 rate_limited: as told by the test
    hint: the same command again later
    ");
}

#[test]
fn what_is_not_the_api_is_told() {
    insta::assert_snapshot!(status(page()), @r"
    exit code: 2
    --- stdout
    status     not proven: not the API
    answer     404 Not Found, after N ms
    key        wbk_…, from LEADENRICH_API_KEY
    api        http://127.0.0.1:PORT
    --- stderr
    error: what answers there is not the API: 404 Not Found
    hint: see that --base-url is everything before /v1/enrich/company
    ");
    insta::assert_snapshot!(status(ResponseTemplate::new(200).set_body_raw("<html>Hello</html>", "text/html")), @r"
    exit code: 2
    --- stdout
    status     not proven: not the API
    answer     200 OK, after N ms
    key        wbk_…, from LEADENRICH_API_KEY
    api        http://127.0.0.1:PORT
    --- stderr
    error: what answers there is not the API: 200 OK
    hint: see that --base-url is everything before /v1/enrich/company
    ");
    insta::assert_snapshot!(status(found()), @r"
    exit code: 1
    --- stdout
    status     not proven: an odd answer
    answer     200 OK, after N ms
    key        wbk_…, from LEADENRICH_API_KEY
    api        http://127.0.0.1:PORT
    --- stderr
    error: the API gave an answer that a question about no company cannot have: 200 OK
    hint: see that --base-url is the API's
    ");
}

#[test]
fn an_api_that_is_not_there_is_told() {
    insta::assert_snapshot!(status(ResponseTemplate::new(503)), @r"
    exit code: 7
    --- stdout
    status     not proven: no answer
    answer     503 Service Unavailable, after N ms
    key        wbk_…, from LEADENRICH_API_KEY
    api        http://127.0.0.1:PORT
    --- stderr
    error: the API is unavailable, so the key is not proven: 503 Service Unavailable
    hint: see that --base-url and the network are right; the same command again later
    ");
    let ended = Home::new().call("auth status --base-url http://127.0.0.1:1").key("wbk_test").run();
    insta::assert_snapshot!(masked(&ended), @r"
    exit code: 7
    --- stdout
    status     not proven: no answer
    answer     cannot connect: Connection refused, after N ms
    key        wbk_…, from LEADENRICH_API_KEY
    api        http://127.0.0.1:PORT
    --- stderr
    error: the API is unavailable, so the key is not proven: cannot connect: Connection refused
    hint: see that --base-url and the network are right; the same command again later
    ");
}

#[test]
fn without_a_key_nobody_is_asked() {
    insta::assert_snapshot!(Home::new().run("auth status").shown(), @r"
    exit code: 4
    --- stderr
    error: no API key
    hint: set LEADENRICH_API_KEY, name a file with --api-key-file, or keep one with `leadenrich auth login`; --sandbox needs no key
    ");
}

#[test]
fn the_sandbox_looks_at_key_and_permission_first() {
    let sandbox = api("");
    for (key, code) in [("wbk_wrong", 4), ("wbk_readonly", 4)] {
        let url = sandbox.base_url();
        Home::new().call("auth status --base-url").args(url).key(key).run().exits(code);
    }
    Home::new().run("auth status --sandbox").exits(0);
}

#[test]
fn programs_get_an_object() {
    let answer = refused(400, "validation_error")
        .insert_header("x-ratelimit-limit", "1000")
        .insert_header("x-ratelimit-remaining", "995")
        .insert_header("x-ratelimit-reset", "3600");
    let api = Mocked::answering([answer, refused(401, "invalid_key")]);
    let run = || Home::new().call("auth status --json --base-url").args(&api.url()).key("wbk_test").run();
    let valid: serde_json::Value = serde_json::from_str(&run().quietly().stdout).unwrap();
    assert_eq!((&valid["status"], &valid["is_valid"]), (&"valid".into(), &true.into()));
    assert_eq!((&valid["key_from"], &valid["quotas"][0]["remaining"]), (&"environment".into(), &995.into()));
    let refused: serde_json::Value = serde_json::from_str(&run().exits(4).stdout).unwrap();
    assert_eq!((&refused["status"], &refused["is_valid"]), (&"invalid_key".into(), &false.into()));
}

#[test]
fn a_key_is_kept_proven_used_and_forgotten() {
    let sandbox = api("limit=1000");
    let home = Home::new();
    home.put("mine", "");
    let url = format!("--base-url {}", sandbox.base_url());
    insta::assert_snapshot!(login(&home, &url, sandbox.api_key()).shown(), @r"
    exit code: 0
    --- stderr
    The key is kept in the profile 'default' in ~/.config/leadenrich/config.toml
    The API accepts it
    ");
    assert_eq!(home.text(CONFIG), "[profiles.default]\napi_key = \"wbk_sandbox\"\n");
    assert_eq!((mode(&home, CONFIG), mode(&home, ".config/leadenrich")), (0o600, 0o700));
    let stored = home.run(&format!("auth status {url}"));
    insta::assert_snapshot!(masked(&stored), @r"
    exit code: 0
    --- stdout
    status     valid, and may enrich
    answer     400 validation_error: either company_id or domain is required, after N ms
    key        wbk_…, from the profile 'default' in ~/.config/leadenrich/config.toml
    api        http://127.0.0.1:PORT
    quota      998 of 1,000 calls left, resets at MINUTE UTC
    ");
    home.run(&format!("enrich acme.com {url}")).exits(0);
    insta::assert_snapshot!(home.run("auth logout").shown(), @r"
    exit code: 0
    --- stderr
    The key of the profile 'default' is gone from ~/.config/leadenrich/config.toml
    ");
    insta::assert_snapshot!(home.call("auth logout").key("wbk_variable").run().shown(), @r"
    exit code: 0
    --- stderr
    The profile 'default' has no key in ~/.config/leadenrich/config.toml
    LEADENRICH_API_KEY still gives one
    ");
    home.run(&format!("auth status {url}")).exits(4);
    assert_eq!(
        std::fs::read_dir(home.path(".config/leadenrich")).unwrap().count(),
        1,
        "nothing is left behind"
    );
}

#[test]
fn a_key_that_is_refused_or_none_is_not_kept() {
    let api = Mocked::answering([refused(401, "invalid_key"), refused(403, "insufficient_permissions")]);
    let home = Home::new();
    let url = format!("--base-url {}", api.url());
    insta::assert_snapshot!(login(&home, &url, "wbk_wrong").shown(), @r"
    exit code: 4
    --- stderr
    error: the API refuses this key: 401 invalid_key: as told by the test
    hint: keys are shown in the workspace's settings; `leadenrich auth login` keeps another one
    ");
    login(&home, &url, "wbk_read").exits(4);
    insta::assert_snapshot!(login(&home, &url, "sk_live_x").shown(), @r"
    exit code: 4
    --- stderr
    error: standard input: this is not a LeadLex API key: keys start with wbk_
    hint: copy it whole from the workspace's settings; `leadenrich help keys` says where it is read from
    ");
    insta::assert_snapshot!(login(&home, &url, "").shown(), @r"
    exit code: 4
    --- stderr
    error: standard input: the API key is empty
    hint: copy it whole from the workspace's settings; `leadenrich help keys` says where it is read from
    ");
    assert!(!home.path(CONFIG).exists());
}

#[test]
fn a_key_that_cannot_be_proven_is_kept_all_the_same() {
    let home = Home::new();
    insta::assert_snapshot!(login(&home, "--base-url http://127.0.0.1:1", "wbk_a").shown(), @r"
    exit code: 0
    --- stderr
    The key is kept in the profile 'default' in ~/.config/leadenrich/config.toml
    It is not proven: cannot connect: Connection refused
    ");
    insta::assert_snapshot!(login(&home, "--no-check --profile work", "wbk_b").shown(), @r"
    exit code: 0
    --- stderr
    The key is kept in the profile 'work' in ~/.config/leadenrich/config.toml
    It is not proven: --no-check
    ");
    assert_eq!(
        home.text(CONFIG),
        "[profiles.default]\napi_key = \"wbk_a\"\n\n[profiles.work]\napi_key = \"wbk_b\"\n"
    );
    login(&home, "--no-check -q --config new/deep.toml", "wbk_c").quietly();
    assert_eq!((mode(&home, "new"), mode(&home, "new/deep.toml")), (0o700, 0o600));
    home.put("key", "wbk_d");
    home.run("auth login --no-check -q --profile work --api-key-file key").quietly();
    assert!(home.text(CONFIG).contains("wbk_d"));
}

#[test]
fn everything_else_in_the_file_stays() {
    let text = "# Ours\nwait = \"1h\" # patience\n\n[profiles.default] # usual\n# since May\napi_key = \"wbk_old\" # rotate\n";
    let home = Home::new();
    home.put("real.toml", text);
    std::os::unix::fs::symlink(home.path("real.toml"), home.path("link.toml")).unwrap();
    login(&home, "--no-check -q --config link.toml", "wbk_new").quietly();
    assert_eq!(home.text("real.toml"), text.replace("wbk_old", "wbk_new"));
    assert_eq!(mode(&home, "real.toml"), 0o600);
    assert!(home.path("link.toml").is_symlink());
    home.run("auth logout -q --config link.toml").quietly();
    assert_eq!(home.text("real.toml"), text.replace("api_key = \"wbk_old\" # rotate\n", ""));
}

#[test]
fn what_stands_in_the_way_is_told() {
    let home = Home::new();
    home.put("a.toml", "api_key = 'wbk_top'\n[profiles.f]\napi_key_file = 'key'\n");
    insta::assert_snapshot!(login(&home, "--config a.toml --profile f", "wbk_a").shown(), @r"
    exit code: 2
    --- stderr
    warning: a.toml holds a key, and others can read it
    hint: chmod 600 'a.toml'
    error: the profile 'f' reads its key from 'key'
    hint: write the key there, or take api_key_file out of the profile
    ");
    insta::assert_snapshot!(home.run("auth logout --config a.toml --profile f").shown(), @r"
    exit code: 0
    --- stderr
    warning: a.toml holds a key, and others can read it
    hint: chmod 600 'a.toml'
    The profile 'f' has no key in a.toml
    The file key still gives one
    ");
    insta::assert_snapshot!(home.run("auth logout --config a.toml --profile none").shown(), @r"
    exit code: 2
    --- stderr
    error: there is no profile 'none' in a.toml; the profiles are 'f'
    hint: `leadenrich auth login --profile NAME` makes one
    ");
    insta::assert_snapshot!(home.run("auth logout --config a.toml").shown(), @r"
    exit code: 0
    --- stderr
    warning: a.toml holds a key, and others can read it
    hint: chmod 600 'a.toml'
    The key of the profile 'default' is gone from a.toml
    ");
    assert_eq!(home.text("a.toml"), "[profiles.f]\napi_key_file = 'key'\n");
    home.put("b.toml", "api_key = wbk_secret\n");
    login(&home, "--no-check --config b.toml", "wbk_a").exits(2);
    assert_eq!(home.text("b.toml"), "api_key = wbk_secret\n");
    login(&home, "--no-check --config b.toml/c.toml", "wbk_a").exits(2);
    login(&home, "--no-check --config /proc/c.toml", "wbk_a").exits(1);
}
