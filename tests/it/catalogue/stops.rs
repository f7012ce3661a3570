//! Runs that cannot go on: no credits, no quota, a key that is refused, a signal.

use crate::support::home::Home;
use crate::support::mocked::{Mocked, refused};

/// Returns what `enrich` says of a sandbox with these settings.
fn of_sandbox(settings: &str, args: &str) -> String {
    let home = Home::new();
    let call = home.call("enrich a.com b.com -c 1 -f csv -o out.csv --retries 0").args(args);
    call.arg(format!("--sandbox=no-match=0,latency=0,{settings}")).run().shown()
}

/// Returns what `enrich` says of an API that refuses every call so.
fn of_refusal(status: u16, code: &str) -> String {
    let mocked = Mocked::answering([refused(status, code)]);
    let home = Home::new();
    let call = home.call("enrich a.com -f pretty --retries 0 --base-url").args(&mocked.url());
    call.key("wbk_test").run().shown()
}

#[test]
fn credits_that_are_used_up() {
    insta::assert_snapshot!(of_sandbox("credits=1", ""), @r"
    exit code: 5
    --- stderr
    stopped: out of credits
    hint: top up the workspace's credits, then run the same command again to go on.
    ");
    insta::assert_snapshot!(of_sandbox("credits=5", "--max-credits 1"), @r"
    exit code: 5
    --- stderr
    stopped: credit limit reached
    hint: raise --max-credits or lower --keep-credits, then run the same command again to go on.
    ");
    insta::assert_snapshot!(of_sandbox("credits=5", "--keep-credits 4"), @r"
    exit code: 5
    --- stderr
    stopped: credit limit reached
    hint: raise --max-credits or lower --keep-credits, then run the same command again to go on.
    ");
}

#[test]
fn quotas_that_are_used_up() {
    insta::assert_snapshot!(of_sandbox("limit=1", ""), @r"
    exit code: 6
    --- stderr
    stopped: quota used up
    hint: the quota resets at MINUTE UTC, in TIME. After that, run the same command again to go on.
    ");
    insta::assert_snapshot!(of_sandbox("limit=1,headers=none", "--wait 0"), @r"
    exit code: 6
    --- stderr
    stopped: quota used up
    hint: the quota resets at MINUTE UTC, in TIME. After that, run the same command again to go on.
    ");
}

#[test]
fn keys_that_are_refused() {
    insta::assert_snapshot!(of_refusal(401, "invalid_key"), @r"
    exit code: 4
    --- stdout
    a.com: not asked, the run stopped before
    --- stderr
    stopped: key refused
    hint: set a valid key in LEADENRICH_API_KEY or with --api-key-file, then run the same command again to go on.
    ");
    insta::assert_snapshot!(of_refusal(403, "insufficient_permissions"), @r"
    exit code: 4
    --- stdout
    a.com: not asked, the run stopped before
    --- stderr
    stopped: key without permission
    hint: use a key with the permission write:enrich, then run the same command again to go on.
    ");
    insta::assert_snapshot!(of_refusal(403, ""), @r"
    exit code: 4
    --- stdout
    a.com: not asked, the run stopped before
    --- stderr
    stopped: key without permission
    hint: use a key with the permission write:enrich, then run the same command again to go on.
    ");
    insta::assert_snapshot!(of_refusal(402, "insufficient_credits"), @r"
    exit code: 5
    --- stdout
    a.com: not asked, the run stopped before
    --- stderr
    stopped: out of credits
    hint: top up the workspace's credits, then run the same command again to go on.
    ");
    insta::assert_snapshot!(of_refusal(400, "validation_error"), @r"
    exit code: 3
    --- stdout
    a.com: failed, 400 validation_error: as told by the test
    ");
}
