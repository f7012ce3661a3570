//! Outputs: whole or as they were, whatever is in the way, and nothing is paid for one that cannot be written.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::process::Command;

use leadenrich::sandbox::Sandbox;
use rustix::process::Signal;

use crate::support::api::api;
use crate::support::domains;
use crate::support::ended::Ended;
use crate::support::home::Home;
use crate::support::table::Table;

/// Asserts that nothing of ours is left in a folder but what has a name of its own.
#[track_caller]
fn assert_tidy(home: &Home, folder: &str) {
    assert_eq!(left_behind(home, folder), [""; 0]);
}

/// Returns the files that are written beside outputs.
fn left_behind(home: &Home, folder: &str) -> Vec<String> {
    let files = fs::read_dir(home.path(folder)).unwrap().map(Result::unwrap);
    let names = files.map(|file| file.file_name().into_string().unwrap());
    names.filter(|name| name.contains(".leadenrich-")).collect()
}

/// Runs a list of companies against an API that must not be asked.
#[track_caller]
fn unasked(home: &Home, args: &str) -> String {
    let api = api("");
    let shown = home.call("batch in.txt").args(args).at(&api).run().shown();
    assert!(api.books().requests.is_empty(), "nothing is paid for");
    assert_tidy(home, ".");
    shown
}

#[test]
fn an_output_that_cannot_be_written_costs_nothing() {
    let home = Home::with("in.txt", "acme.com\n");
    insta::assert_snapshot!(unasked(&home, "-o none/out.csv"), @r"
    exit code: 1
    --- stderr
    error: none/out.csv: cannot be created: No such file or directory
    hint: the folder does not exist; create it first
    ");
    insta::assert_snapshot!(unasked(&home, "-o in.txt/out.csv"), @r"
    exit code: 1
    --- stderr
    error: in.txt/out.csv: cannot be created: Not a directory
    hint: what its folder should be is a file; name another file
    ");
    insta::assert_snapshot!(unasked(&home, "-o new/"), @r"
    exit code: 2
    --- stderr
    error: new/: is a directory, not a file
    hint: name a file in it
    ");
    insta::assert_snapshot!(unasked(&home, "-o /proc/out.csv"), @r"
    exit code: 1
    --- stderr
    error: /proc/out.csv: cannot be created: No such file or directory
    hint: the folder does not exist; create it first
    ");
    insta::assert_snapshot!(unasked(&home, "-o /proc/version"), @r"
    exit code: 1
    --- stderr
    error: /proc/version: no file can be made beside it, to replace it with: No such file or directory
    hint: an output is written beside its place and then takes it as a whole; name a file in another folder, or write to standard output
    ");
    insta::assert_snapshot!(unasked(&home, "-o out.csv --summary in.txt/s.json"), @r"
    exit code: 1
    --- stderr
    error: in.txt/s.json: cannot be created: Not a directory
    hint: what its folder should be is a file; name another file
    ");
    symlink("loop", home.path("loop")).unwrap();
    insta::assert_snapshot!(unasked(&home, "-o loop"), @r"
    exit code: 1
    --- stderr
    error: loop: cannot be created: Too many levels of symbolic links
    hint: name another file, or write to standard output
    ");
    assert!(!home.path("out.csv").exists());
}

#[test]
fn outputs_do_not_replace_what_is_needed() {
    let home = Home::with("in.txt", "acme.com\n");
    symlink("in.txt", home.path("link")).unwrap();
    symlink(".", home.path("here")).unwrap();
    insta::assert_snapshot!(unasked(&home, "-o out.csv --summary link"), @r"
    exit code: 2
    --- stderr
    error: --summary and the input name the same file 'link'
    hint: name another file
    ");
    insta::assert_snapshot!(unasked(&home, "-o out.csv --summary here/out.csv"), @r"
    exit code: 2
    --- stderr
    error: --summary and --output name the same file 'here/out.csv'
    hint: name another file
    ");
    insta::assert_snapshot!(unasked(&home, "-o here/l.db --ledger l.db"), @r"
    exit code: 2
    --- stderr
    error: --output and the ledger name the same file 'here/l.db'
    hint: name another file
    ");
    insta::assert_snapshot!(unasked(&home, "-o l.db-wal --ledger here/l.db"), @r"
    exit code: 2
    --- stderr
    error: --output and the ledger name the same file 'l.db-wal'
    hint: name another file
    ");
    let api = api("");
    let appended = home.call("batch in.txt").at(&api).in_shell(r#"exec "$0" "$@" >>in.txt"#);
    insta::assert_snapshot!(appended.run().shown(), @r"
    exit code: 2
    --- stderr
    error: --output and the input name the same file 'standard output'
    hint: name another file
    ");
    let both = home.call("batch -").at(&api).in_shell(r#"exec "$0" "$@" <in.txt >>in.txt"#);
    assert_eq!(both.run().code, Some(2));
    assert_eq!(home.text("in.txt"), "acme.com\n");
    assert!(api.books().requests.is_empty());
}

#[test]
fn the_input_can_be_the_output_by_whatever_name() {
    let api = api("");
    let names = ["in.csv", "./in.csv", "link.csv", "here/in.csv", "hard.csv"];
    for (place, name) in names.into_iter().enumerate() {
        let home = Home::with("in.csv", "domain,note\nacme.com,a\nbeta.com,b\n");
        symlink("in.csv", home.path("link.csv")).unwrap();
        symlink(".", home.path("here")).unwrap();
        fs::hard_link(home.path("in.csv"), home.path("hard.csv")).unwrap();
        // From either end, and by its full path.
        let (input, output) = if place % 2 == 0 { ("in.csv", name) } else { (name, "in.csv") };
        let output = if place == 1 { home.path(output) } else { output.into() };
        for _ in 0..2 {
            home.call("batch -q --fields name").arg(input).arg("-o").arg(&output).at(&api).run().quietly();
        }
        let written = Table::read(&fs::read_to_string(home.path(".").join(&output)).unwrap());
        assert_eq!((written.rows.len(), written.count("enriched")), (2, 2), "{name}");
        assert_eq!(written.column("note"), ["a", "b"]);
        assert!(fs::symlink_metadata(home.path("link.csv")).unwrap().is_symlink());
        let old = if name == "hard.csv" { "in.csv" } else { "hard.csv" };
        assert_eq!(
            home.text(old),
            "domain,note\nacme.com,a\nbeta.com,b\n",
            "a second name keeps the old rows"
        );
        assert_tidy(&home, ".");
    }
    assert_eq!(api.books().charged, 2);
}

/// How a run is stopped.
struct Stop {
    settings: &'static str,
    args: &'static str,
    signals: &'static [Signal],
    goes_away: bool,
    code: i32,
}

const STOP: Stop = Stop { settings: "latency=40ms..60ms", args: "", signals: &[], goes_away: false, code: 0 };

#[test]
fn whatever_stops_a_refresh_every_row_is_there_with_what_it_had() {
    let stops = [
        Stop { args: "--max-credits 20", code: 5, ..STOP },
        Stop { settings: "credits=110", code: 5, ..STOP },
        Stop { settings: "limit=110,window=1d", args: "--wait 0", code: 6, ..STOP },
        Stop { args: "--wait 1s --retries 2", goes_away: true, code: 7, ..STOP },
        Stop { signals: &[Signal::INT], code: 130, ..STOP },
        Stop { signals: &[Signal::TERM], code: 143, ..STOP },
        Stop { signals: &[Signal::TERM, Signal::INT], code: 143, ..STOP },
    ];
    for stop in stops {
        let rows: String = (1..=90).map(|number| format!("c{number}.com,n{number}\n")).collect();
        let home = Home::with("in.csv", format!("domain,note\n{rows}"));
        let api = api(stop.settings);
        home.call("batch in.csv -q --fields name -o in.csv -c 32").at(&api).run().quietly();
        let before = Table::read(&home.text("in.csv"));
        let paid = api.books().charged;

        let args = "batch in.csv --fields name --refresh -o in.csv --summary s.json -c 4";
        let mut run = home.call(args).args(stop.args).at(&api).watch();
        if stop.goes_away || !stop.signals.is_empty() {
            run.wait_for("call_settled", 10);
        }
        for (place, signal) in stop.signals.iter().enumerate() {
            run.signal(*signal);
            if place + 1 < stop.signals.len() {
                run.wait_for("stopping", 1);
            }
        }
        let charged = api.books().charged;
        let api = (!stop.goes_away).then_some(api);
        run.end().exits(stop.code);

        let after = Table::read(&home.text("in.csv"));
        let kept = ["domain", "note", "enriched_name", "enriched_domain"];
        for column in kept {
            assert_eq!(after.column(column), before.column(column), "{column} after {}", stop.code);
        }
        let (enriched, pending) = (after.count("enriched"), after.count("pending"));
        assert_eq!(enriched + pending, 90);
        assert!(enriched >= 10 && pending > 0, "{enriched} and {pending} after {}", stop.code);
        let charged = api.map_or(charged, |api| api.books().charged) - paid;
        assert!(charged >= enriched || stop.goes_away, "what was paid for is there");
        for (row, status) in after.column("enrich_status").iter().enumerate() {
            let is_same = after.column("enriched_at")[row] == before.column("enriched_at")[row];
            assert_eq!(is_same, *status == "pending", "a pending row keeps its time");
        }
        assert_eq!(home.json("s.json")["rows"]["pending"], pending);
        assert_tidy(&home, ".");
    }
}

#[test]
fn a_disk_that_fills_up_leaves_the_old_output_and_costs_once() {
    let note = "long ".repeat(60_000);
    let rows: String = (1..=12).map(|number| format!("c{number}.com,{note}\n")).collect();
    let home = Home::with("in.csv", format!("domain,note\n{rows}"));
    home.put("out.csv", "old");
    let api = api("");
    // A limit to the length of files acts as a full disk does, but for the words.
    let full = r#"trap '' XFSZ; ulimit -f 2048; exec "$0" "$@""#;
    let run = home.call("batch in.csv -q -o out.csv --summary s.json").at(&api).in_shell(full).run();
    insta::assert_snapshot!(run.shown(), @r"
    exit code: 1
    --- stderr
    error: out.csv: cannot be written: File too large
    hint: what was paid for is in the ledger; make room or name another file and run the same command again
    ");
    assert_eq!(home.text("out.csv"), "old");
    assert!(!home.path("s.json").exists());
    assert_tidy(&home, ".");
    let before = api.books().charged;
    assert!(before > 0);
    home.call("batch in.csv -q -o out.csv").at(&api).run().quietly();
    assert_eq!((api.books().charged, api.books().most_charges_per_subject), (12, 1));
    assert_eq!(Table::read(&home.text("out.csv")).count("enriched"), 12);
}

#[test]
fn a_disk_that_is_full_for_the_ledger_costs_once() {
    let home = Home::with("in.txt", domains(400));
    let api = api("");
    let full = r#"trap '' XFSZ; ulimit -f 256; exec "$0" "$@""#;
    let ended = home.call("batch in.txt -q -o out.csv").at(&api).in_shell(full).run().exits(1);
    assert!(ended.stderr.contains("ledger.db'"), "{}", ended.stderr);
    assert!(ended.stderr.contains("\nhint: "), "{}", ended.stderr);
    assert!(!home.path("out.csv").exists());
    assert_tidy(&home, ".");
    assert!(api.books().charged > 0);
    home.call("batch in.txt -q -o out.csv").at(&api).run().quietly();
    assert_eq!((api.books().charged, api.books().most_charges_per_subject), (400, 1));
}

#[test]
fn a_summary_that_cannot_be_written_leaves_the_output_whole() {
    let home = Home::with("in.txt", domains(5));
    let api = api("");
    let run = home.call("batch in.txt -q -o out.csv --summary /dev/full").at(&api).run();
    insta::assert_snapshot!(run.shown(), @r"
    exit code: 1
    --- stderr
    error: /dev/full: cannot be written: No space left on device
    hint: what was paid for is in the ledger; make room or name another file and run the same command again
    ");
    assert_eq!(Table::read(&home.text("out.csv")).count("enriched"), 5);
}

/// Runs a list into `deep/out.csv` and changes the folder while calls are out.
fn disturbed(home: &Home, api: &Sandbox, disturb: impl FnOnce()) -> Ended {
    let mut run = home.call("batch in.txt -o deep/out.csv -c 2").at(api).watch();
    run.wait_for("call_settled", 3);
    disturb();
    let mut ended = run.end();
    let said = ended.stderr.lines().filter(|line| !line.starts_with('{'));
    ended.stderr = said.map(|line| format!("{line}\n")).collect();
    ended
}

#[test]
fn a_folder_that_vanishes_under_a_run_is_said_and_costs_once() {
    let home = Home::with("in.txt", domains(40));
    fs::create_dir(home.path("deep")).unwrap();
    let api = api("latency=5ms");
    let ended = disturbed(&home, &api, || fs::remove_dir_all(home.path("deep")).unwrap());
    insta::assert_snapshot!(ended.shown(), @r"
    exit code: 1
    --- stderr
    error: deep/out.csv: cannot be replaced: No such file or directory
    hint: what was paid for is in the ledger; see that its folder is there, or name another file, and run the same command again
    ");
    assert_eq!(api.books().charged, 40);
    fs::create_dir(home.path("deep")).unwrap();
    home.call("batch in.txt -q -o deep/out.csv").at(&api).run().quietly();
    assert_eq!(api.books().charged, 40);
}

#[test]
fn where_a_finished_output_cannot_be_put_it_is_kept() {
    let home = Home::with("in.txt", domains(40));
    fs::create_dir(home.path("deep")).unwrap();
    let api = api("latency=5ms");
    let ended = disturbed(&home, &api, || fs::create_dir(home.path("deep/out.csv")).unwrap());
    insta::assert_snapshot!(ended.shown(), @r"
    exit code: 1
    --- stderr
    error: deep/out.csv: cannot be replaced: Is a directory
    hint: the finished output is in '~/deep/.out.csv.leadenrich-1.tmp'; or name another file and run the same command again, which takes what was paid for from the ledger
    ");
    assert_eq!(Table::read(&home.text("deep/.out.csv.leadenrich-1.tmp")).count("enriched"), 40);
    fs::remove_dir(home.path("deep/out.csv")).unwrap();
    home.call("batch in.txt -q -o deep/out.csv").at(&api).run().quietly();
    assert_eq!(api.books().charged, 40);
    assert_tidy(&home, "deep");
}

#[test]
fn runs_that_are_killed_do_not_pile_up_files() {
    let home = Home::with("in.txt", domains(200));
    home.put("out.csv", "old");
    let api = api("latency=5ms");
    for _ in 0..3 {
        let mut run = home.call("batch in.txt -o out.csv --summary s.json -c 2").at(&api).watch();
        run.wait_for("call_sent", 2);
        run.signal(Signal::KILL);
        run.end();
        let mut left = left_behind(&home, ".");
        left.sort();
        assert_eq!(left, [".out.csv.leadenrich-1.tmp", ".s.json.leadenrich-1.tmp"]);
        assert_eq!(home.text("out.csv"), "old");
    }
    home.call("batch in.txt -q -o out.csv --summary s.json").at(&api).run().quietly();
    assert_tidy(&home, ".");
}

#[test]
fn a_device_or_pipe_is_written_to_as_it_is() {
    let home = Home::with("in.txt", domains(3));
    let api = api("");
    let ended = home.call("batch in.txt -q --fields name -o /dev/stdout").at(&api).run().quietly();
    assert_eq!(Table::read(&ended.stdout).count("enriched"), 3);
}

#[test]
fn an_owner_and_a_mode_stay() {
    let home = Home::with("in.txt", domains(3));
    home.put("out.csv", "old");
    fs::set_permissions(home.path("out.csv"), fs::Permissions::from_mode(0o4640)).unwrap();
    let is_given = home.belongs_to_nobody();
    let before = fs::metadata(home.path("out.csv")).unwrap();
    home.run("batch in.txt --sandbox -q -o out.csv").quietly();
    let after = fs::metadata(home.path("out.csv")).unwrap();
    assert_eq!(after.mode() & 0o7777, 0o640, "a program's rights are not for a table");
    assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()), "given: {is_given}");
}

#[test]
fn places_where_this_user_may_not_write_are_said_at_once() {
    let home = Home::with("in.txt", "acme.com\n");
    home.put("out.csv", "old");
    home.put("locked.csv", "old");
    fs::create_dir(home.path("sticky")).unwrap();
    home.put("sticky/out.csv", "old");
    if !home.belongs_to_nobody() {
        return;
    }
    let mode =
        |name: &str, mode| fs::set_permissions(home.path(name), fs::Permissions::from_mode(mode)).unwrap();
    let api = api("");
    let run = |args: &str| {
        let call = home.call("batch in.txt --ledger :memory:").args(args).at(&api);
        call.by_nobody().run().shown()
    };
    mode("locked.csv", 0o444);
    insta::assert_snapshot!(run("-o locked.csv"), @r"
    exit code: 1
    --- stderr
    error: locked.csv: cannot be created: Permission denied
    hint: see that you may write there, or name another file
    ");
    mode(".", 0o555);
    insta::assert_snapshot!(run("-o new.csv"), @r"
    exit code: 1
    --- stderr
    error: new.csv: cannot be created: Permission denied
    hint: see that you may write there, or name another file
    ");
    insta::assert_snapshot!(run("-o out.csv"), @r"
    exit code: 1
    --- stderr
    error: out.csv: no file can be made beside it, to replace it with: Permission denied
    hint: an output is written beside its place and then takes it as a whole; name a file in another folder, or write to standard output
    ");
    std::os::unix::fs::chown(home.path("sticky"), Some(0), Some(0)).unwrap();
    std::os::unix::fs::chown(home.path("sticky/out.csv"), Some(0), Some(0)).unwrap();
    mode("sticky", 0o1777);
    mode("sticky/out.csv", 0o666);
    insta::assert_snapshot!(run("-o sticky/out.csv"), @r"
    exit code: 1
    --- stderr
    error: sticky/out.csv: cannot be replaced: it is another user's, and so is its folder, which is sticky
    hint: an output is written beside its place and then takes it as a whole; name a file in another folder, or write to standard output
    ");
    mode(".", 0o755);
    for name in ["out.csv", "locked.csv", "sticky/out.csv"] {
        assert_eq!(home.text(name), "old");
    }
    assert!(api.books().requests.is_empty());
}

#[test]
fn a_file_that_is_mounted_by_itself_is_said_at_once() {
    let home = Home::with("in.txt", "acme.com\n");
    home.put("outside.csv", "old");
    home.put("out.csv", "");
    let mount = r#"exec unshare -m sh -c 'mount --bind outside.csv out.csv && exec "$0" "$@"' "$0" "$@""#;
    // Only the superuser mounts, and not everywhere.
    let probe = home.call("--version").in_shell(mount).run();
    if probe.code != Some(0) || !probe.stdout.starts_with("leadenrich") {
        return;
    }
    let api = api("");
    insta::assert_snapshot!(home.call("batch in.txt -o out.csv").at(&api).in_shell(mount).run().shown(), @r"
    exit code: 1
    --- stderr
    error: out.csv: cannot be replaced: it is mounted there by itself
    hint: an output is written beside its place and then takes it as a whole; name a file in another folder, or write to standard output
    ");
    assert!(api.books().requests.is_empty());
    assert_eq!(home.text("outside.csv"), "old");
}

#[test]
fn an_output_is_on_the_disk_before_it_has_its_name() {
    let home = Home::with("in.txt", domains(3));
    let trace = r#"exec strace -f -qq -y -o trace -e trace=fsync,fdatasync,/^rename "$0" "$@""#;
    let ended =
        home.call("batch in.txt --sandbox=latency=0 -q -o out.csv --ledger :memory:").in_shell(trace).run();
    // Not everywhere is there strace, and not everywhere may it look.
    if ended.code != Some(0) || Command::new("strace").arg("-V").output().is_err() {
        return;
    }
    let trace = home.text("trace");
    let calls: Vec<&str> = trace.lines().filter(|line| line.contains("leadenrich-it-")).collect();
    let place = |words: &str| calls.iter().position(|call| call.contains(words));
    let synced = place("sync(").filter(|at| calls[*at].contains(".out.csv.leadenrich-1.tmp"));
    let renamed = place("rename");
    assert!(synced.is_some() && synced < renamed, "{trace}");
    let folder = calls.iter().rposition(|call| call.contains("sync("));
    assert!(folder > renamed, "the folder after it: {trace}");
}
