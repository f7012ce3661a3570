//! Is the configuration followed, in its place behind options and environment, and are mistakes in it told?

use crate::support::api::api;
use crate::support::home::Home;
use crate::support::mocked::{Mocked, found, header};

/// Writes the configuration at its usual place.
fn home(config: &str) -> Home {
    let home = Home::with("in.txt", "acme.com\n");
    std::fs::create_dir_all(home.path(".config/leadenrich")).unwrap();
    home.put(".config/leadenrich/config.toml", config);
    let path = home.path(".config/leadenrich/config.toml");
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    home
}

/// What is said of a configuration by a command that would go well without it.
fn told(config: &str, args: &str) -> String {
    home(config).call(&format!("{args} acme.com --sandbox=latency=0")).run().shown()
}

#[test]
fn the_first_that_speaks_is_heard() {
    let config = |top: &str, profile: &str| format!("{top}\n[profiles.default]\n{profile}\n");
    let (top, profile) = ("prefix = 'top_'", "prefix = 'profile_'");
    for (config, args, expected) in [
        (config("", ""), "", "enriched_id"),
        (config(top, ""), "", "top_id"),
        (config(top, profile), "", "profile_id"),
        (config(top, profile), "--prefix typed_", "typed_id"),
    ] {
        let ended = home(&config).run(&format!("batch in.txt --sandbox=latency=0 {args}")).exits(0);
        assert!(ended.stdout.starts_with(&format!("input,{expected},")), "{config}: {}", ended.stdout);
    }
}

#[test]
fn the_environment_comes_between() {
    let api = Mocked::answering([found()]);
    let dead = "http://127.0.0.1:1";
    for (top, profile, variable, option) in [
        (api.url().as_str(), "", "", ""),
        (dead, api.url().as_str(), "", ""),
        (dead, dead, api.url().as_str(), ""),
        (dead, dead, dead, api.url().as_str()),
    ] {
        let set = |url: &str| if url.is_empty() { String::new() } else { format!("base_url = '{url}'") };
        let home = home(&format!("{}\nretries = 0\n[profiles.default]\n{}\n", set(top), set(profile)));
        let call = home.call("enrich acme.com --wait 0").key("wbk_test").env("LEADENRICH_BASE_URL", variable);
        let call = if option.is_empty() { call } else { call.args("--base-url").args(option) };
        call.run().exits(0);
    }
    assert_eq!(api.requests().len(), 4);
}

#[test]
fn the_key_is_the_environments_then_the_files_then_the_profiles() {
    let api = Mocked::answering([found()]);
    let home = home(
        "api_key = 'wbk_top'\n[profiles.default]\napi_key = 'wbk_profile'\n[profiles.none]\n[profiles.file]\napi_key_file = 'key'\n",
    );
    home.put("typed", "wbk_typed\n");
    home.put(".config/leadenrich/key", "wbk_beside\n");
    let typed = "--api-key-file typed";
    for (args, variable, expected) in [
        ("", "", "wbk_profile"),
        ("--profile none", "", "wbk_top"),
        ("--profile file", "", "wbk_beside"),
        (typed, "", "wbk_typed"),
        ("--profile file --api-key-file typed", "", "wbk_typed"),
        (typed, "wbk_variable", "wbk_variable"),
    ] {
        let call = home.call("enrich acme.com --refresh --ledger :memory:").args(args).key(variable);
        call.args("--base-url").args(&api.url()).run().exits(0);
        let requests = api.requests();
        assert_eq!(header(requests.last().unwrap(), "authorization"), format!("Bearer {expected}"), "{args}");
    }
}

#[test]
fn a_workspace_keeps_its_results_when_the_key_changes() {
    let sandbox = api("");
    let home = home(&format!(
        "base_url = '{}'\nledger = '~/l.db'\n[profiles.a]\nworkspace = 'acme'\n[profiles.b]\nworkspace = 'acme'\n[profiles.c]\n",
        sandbox.base_url()
    ));
    let asked = |profile: &str| {
        home.call("enrich acme.com --profile").args(profile).key(sandbox.api_key()).run().exits(0);
        sandbox.books().charged
    };
    assert_eq!((asked("a"), asked("b"), asked("c"), asked("c")), (1, 1, 2, 2));
    assert!(home.path("l.db").exists(), "~ is the home folder");
}

#[test]
fn a_relative_path_is_meant_from_where_the_file_lies() {
    let home = home("ledger = 'own/l.db'\n");
    let api = Mocked::answering([found()]);
    home.call("enrich acme.com --base-url").args(&api.url()).key("wbk_test").run().exits(0);
    assert!(home.path(".config/leadenrich/own/l.db").exists());
    home.call("enrich acme.com --sandbox=latency=0").run().exits(0);
}

#[test]
fn a_sandbox_does_not_write_into_the_configured_ledger() {
    let home = home("ledger = '~/l.db'\n");
    home.run("enrich acme.com --sandbox=latency=0").exits(0);
    assert!(!home.path("l.db").exists());
    home.run("enrich acme.com --sandbox=latency=0 --ledger m.db").exits(0);
    assert!(home.path("m.db").exists());
}

#[test]
fn an_option_displaces_what_it_excludes() {
    for (config, args) in [
        ("refresh = true\n", "--max-age 1d"),
        ("max_age = '1d'\n", "--refresh"),
        ("max_age = '1d'\n[profiles.default]\nrefresh = true\n", ""),
        ("refresh = true\n[profiles.default]\nmax_age = '1d'\n", ""),
        ("refresh = true\n[profiles.default]\nrefresh = false\n", ""),
        ("json = true\n", "-f csv"),
        ("format = 'tsv'\n", "--json"),
        // Only `batch` writes TSV, only `enrich` cards.
        ("format = 'tsv'\n", ""),
    ] {
        home(config).run(&format!("enrich acme.com --sandbox=latency=0 {args}")).exits(0);
    }
    insta::assert_snapshot!(told("max_age = '1d'\nrefresh = true\n", "enrich"), @r"
    exit code: 2
    --- stderr
    error: ~/.config/leadenrich/config.toml:2: 'refresh' and 'max_age' exclude each other
    ");
}

#[test]
fn every_kind_of_option_can_be_configured() {
    let home = home(
        "concurrency = 8\nrate-limit = '100/s'\nfields = ['name', \"size\"]\nverbose = 1\nquiet = true\nsandbox = true\n\
         no_match_age = '1d'\nraw-cells = false\n",
    );
    insta::assert_snapshot!(home.run("enrich acme.com").shown(), @r#"
    exit code: 0
    --- stdout
    {"target":"acme.com","domain":"acme.com","enrichment":{"status":"enriched","error":null,"source":"vendor_b","confidence":0.6,"fields_updated":["name","size"],"request_id":"UUID","at":"TIME","company":{"id":"UUID","name":"Acme","domain":"acme.com","size":"10001+"}}}
    --- stderr
    TIME  INFO the sandbox's own books books=Books { credits_left: 4999, charged: 1, most_charges_per_subject: 1, charged_twice: [], replayed: 0, requests: {200: 1}, unanswered: 0, first_through: Some(TIME), last_through: Some(TIME), rivals: 0, faults: {} }
    "#);
    home.put(
        ".config/leadenrich/config.toml",
        "fields = 'name,size'\nsandbox = 'latency=0,no-match=0'\nunordered = true\n",
    );
    let ended = home.run("batch in.txt").exits(0);
    assert!(
        ended
            .stdout
            .starts_with("input,enriched_id,enriched_domain,enriched_name,enriched_size,enrich_status")
    );
}

#[test]
fn wrong_names_are_told_with_file_and_line() {
    insta::assert_snapshot!(told("# mine\nconcurency = 8\n", "enrich"), @r"
    exit code: 2
    --- stderr
    error: ~/.config/leadenrich/config.toml:2: unknown key 'concurency'
    hint: did you mean 'concurrency'?
    ");
    insta::assert_snapshot!(told("[profiles.a]\nworkspce = 'x'\n", "enrich"), @r"
    exit code: 2
    --- stderr
    error: ~/.config/leadenrich/config.toml:2: unknown key 'workspce'
    hint: did you mean 'workspace'?
    ");
    insta::assert_snapshot!(told("zzz = 8\n", "enrich"), @r"
    exit code: 2
    --- stderr
    error: ~/.config/leadenrich/config.toml:1: unknown key 'zzz'
    hint: options are called by their long names, see `leadenrich batch --help`
    ");
    insta::assert_snapshot!(told("jobs = 4\n\nconcurrency = 5\n", "enrich"), @r"
    exit code: 2
    --- stderr
    error: ~/.config/leadenrich/config.toml:3: 'concurrency' is given twice
    ");
}

#[test]
fn wrong_values_are_told_like_wrong_options() {
    insta::assert_snapshot!(told("rate = 5\n", "enrich"), @r"
    exit code: 2
    --- stderr
    error: ~/.config/leadenrich/config.toml:1: invalid value '5' for '--rate <RATE>': '5' is no rate; write a whole number above zero and a span, such as 10/s, 300/m, 5000/h or 1000/d
    ");
    insta::assert_snapshot!(told("color = 'purple'\n", "enrich"), @r"
    exit code: 2
    --- stderr
    error: ~/.config/leadenrich/config.toml:1: invalid value 'purple' for '--color <WHEN>' [possible values: auto, always, never]
    ");
    insta::assert_snapshot!(told("overwrite = 'yes'\n", "enrich"), @r"
    exit code: 2
    --- stderr
    error: ~/.config/leadenrich/config.toml:1: 'overwrite' must be true or false
    ");
    insta::assert_snapshot!(told("wait = true\n", "enrich"), @r"
    exit code: 2
    --- stderr
    error: ~/.config/leadenrich/config.toml:1: 'wait' needs a value, not true or false
    ");
    insta::assert_snapshot!(told("rate = 5/s\n", "enrich"), @r#"
    exit code: 2
    --- stderr
    error: ~/.config/leadenrich/config.toml:1: this is not TOML: string values must be quoted, expected literal string: rate = 5/s
    hint: texts need quotes: base_url = "https://…"
    "#);
    insta::assert_snapshot!(told("[profile.a]\n", "enrich"), @r"
    exit code: 2
    --- stderr
    error: ~/.config/leadenrich/config.toml:1: unknown table 'profile'
    hint: the only tables are profiles, written as [profiles.NAME]
    ");
}

#[test]
fn what_is_not_there_is_told() {
    insta::assert_snapshot!(told("[profiles.a]\n[profiles.b]\n", "enrich --profile c"), @r"
    exit code: 2
    --- stderr
    error: there is no profile 'c' in ~/.config/leadenrich/config.toml; the profiles are 'a', 'b'
    hint: `leadenrich auth login --profile NAME` makes one
    ");
    insta::assert_snapshot!(told("", "enrich --profile c"), @r"
    exit code: 2
    --- stderr
    error: there is no profile 'c' in ~/.config/leadenrich/config.toml; it has none
    hint: `leadenrich auth login --profile NAME` makes one
    ");
    insta::assert_snapshot!(told("profile = 'c'\n", "enrich"), @r"
    exit code: 2
    --- stderr
    error: there is no profile 'c' in ~/.config/leadenrich/config.toml; it has none
    hint: `leadenrich auth login --profile NAME` makes one
    ");
    insta::assert_snapshot!(told("", "enrich --config none.toml"), @r"
    exit code: 2
    --- stderr
    error: the configuration 'none.toml' cannot be read: no such file
    hint: see that it is there and readable, or name another file with --config
    ");
    insta::assert_snapshot!(told("", "enrich --config ."), @r"
    exit code: 2
    --- stderr
    error: the configuration '.' cannot be read: Is a directory
    hint: see that it is there and readable, or name another file with --config
    ");
}

#[test]
fn a_value_that_is_displaced_or_of_another_command_is_not_looked_at() {
    home("rate = 'x'\n").run("enrich acme.com --sandbox=latency=0 --rate 9/s").exits(0);
    home("prefix = 5\nlimit = 1\n").run("enrich acme.com --sandbox=latency=0").exits(0);
}

#[test]
fn another_file_can_be_named() {
    let home = home("broken\n");
    home.put("mine.toml", "[profiles.a]\nsandbox = 'latency=0'\n");
    home.run("enrich acme.com --config mine.toml --profile a").exits(0);
    home.call("enrich acme.com --config mine.toml").env("LEADENRICH_PROFILE", "a").run().exits(0);
    home.run("enrich acme.com --config /dev/null --sandbox=latency=0").exits(0);
    home.run("enrich acme.com --sandbox=latency=0").exits(2);
    // What needs no configuration is not kept from its work by one.
    home.run("--version").exits(0);
    home.run("batch --help").exits(0);
}

#[test]
fn a_key_that_others_can_read_is_warned_of() {
    let home = home("[profiles.default]\napi_key = 'wbk_secret'\n");
    let run = |args: &str| home.run(&format!("batch in.txt --sandbox=latency=0 {args}")).exits(0).stderr;
    assert!(!run("").contains("warning"));
    let path = home.path(".config/leadenrich/config.toml");
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
    insta::assert_snapshot!(home.run("enrich acme.com --sandbox=latency=0,no-match=0 -f csv -o out.csv").shown(), @r"
    exit code: 0
    --- stderr
    warning: ~/.config/leadenrich/config.toml holds a key, and others can read it
    hint: chmod 600 '~/.config/leadenrich/config.toml'
    ");
    assert_eq!(run("-q"), "");
    assert!(!run("--progress json").contains("warning"));
    home.put(".config/leadenrich/config.toml", "wait = '1m'\n");
    assert!(!run("").contains("warning"));
}

#[test]
fn it_is_told_where_the_configuration_is() {
    let home = home("broken\n");
    insta::assert_snapshot!(home.run("config path").shown(), @r"
    exit code: 0
    --- stdout
    ~/.config/leadenrich/config.toml
    ");
    assert_eq!(home.run("config path --config none.toml").exits(0).stdout, "none.toml\n");
    home.run("config show").exits(2);
}

#[test]
fn every_setting_is_shown_with_its_origin() {
    let home = home(
        "max_age = '60d'\nproxy = 'http://me:hunter2@proxy:3128'\nprofile = 'b'\n[profiles.b]\napi_key = 'wbk_secret'\n\
         workspace = 'acme'\nfields = ['name', 'size']\nmax_age = '1d'\nformat = 'xlsx'\n",
    );
    let call = || home.call("config show -v").env("LEADENRICH_LEDGER", "l.db");
    let ended = call().run().exits(0);
    let set =
        ended.stdout.split("\ndefaults\n").next().unwrap().replace(home.path("").to_str().unwrap(), "~/");
    insta::assert_snapshot!(set, @r"
    configuration  ~/.config/leadenrich/config.toml

    set
      api_key                         wbk_…                profile 'b' in ~/.config/leadenrich/config.toml:5
      profile                         b                    top level in ~/.config/leadenrich/config.toml:3
      workspace                       acme                 profile 'b' in ~/.config/leadenrich/config.toml:6
      fields                          name,size            profile 'b' in ~/.config/leadenrich/config.toml:7
      max_age                         1d                   profile 'b' in ~/.config/leadenrich/config.toml:8
      proxy                           http://…@proxy:3128  top level in ~/.config/leadenrich/config.toml:2
      ledger                          l.db                 environment LEADENRICH_LEDGER
      verbose                         1                    option --verbose
      format (batch)                  xlsx                 profile 'b' in ~/.config/leadenrich/config.toml:9
    ");
    let usual =
        |line: &str| ended.stdout.lines().any(|shown| shown.split_whitespace().eq(line.split_whitespace()));
    for line in ["no_match_age 7d", "max_credits -", "domain_column (detected)", "refresh false", "retries 5"]
    {
        assert!(usual(line), "{line}: {}", ended.stdout);
    }
    let json = call().args("--json").key("wbk_other").run().exits(0).stdout;
    let object: serde_json::Value = serde_json::from_str(&json).unwrap();
    let named =
        |name: &str| object["settings"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
    assert_eq!((&object["schema"], &object["exists"]), (&1.into(), &true.into()));
    assert_eq!(
        (&named("api_key")["value"], &named("api_key")["from"]),
        (&"wbk_…".into(), &"environment".into())
    );
    assert_eq!((&named("max_age")["from"], &named("max_age")["line"]), (&"profile".into(), &8.into()));
    assert_eq!(named("json")["value"], "false");
    assert_eq!(named("fields")["commands"], serde_json::json!(["enrich", "batch", "plan"]));
    for secret in ["hunter2", "secret", "wbk_other"] {
        assert!(!json.contains(secret) && !ended.stdout.contains(secret) && !ended.stderr.contains(secret));
    }
}

#[test]
fn settings_are_shown_without_key_or_file() {
    let home = Home::new();
    let shown = home.run("config show").exits(0).stdout;
    assert!(
        shown.contains("config.toml (not there)") && shown.contains("(none)") && !shown.contains("\nset\n")
    );
    let odd = home.call("config show").key("sk_live_1").run().exits(0).stdout;
    assert!(odd.contains("keys start with wbk_") && !odd.contains("sk_live"), "{odd}");
    let file = home.run("config show --api-key-file key.txt").exits(0).stdout;
    assert!(file.contains("(in the key file)"), "{file}");
    insta::assert_snapshot!(told("[profiles.client-b]\n", "enrich --profile clientb"), @r"
    exit code: 2
    --- stderr
    error: there is no profile 'clientb' in ~/.config/leadenrich/config.toml; the profiles are 'client-b'
    hint: did you mean 'client-b'?
    ");
}
