//! Cards as terminals get them: links where they are known, nothing else that is no text.

use crate::support::home::Home;

#[test]
fn links_are_for_terminals_that_have_them() {
    let home = Home::new();
    let enrich = "enrich --sandbox=latency=0 --fields name --format pretty acme.com";
    let link = "\u{1b}]8;;https://acme.com/\u{1b}\\acme.com\u{1b}]8;;\u{1b}\\";
    for (args, forced, is_linked) in
        [("", "1", true), ("", "0", false), ("--color never", "1", false), ("-o card.txt", "1", false)]
    {
        // Standard output is a pipe here.
        let screen = if args.starts_with("-o") { "" } else { "-o /dev/stderr" };
        let call = home.call(enrich).args(args).args(screen);
        let shown = call.env("FORCE_HYPERLINK", forced).on_terminal().end().exits(0).stderr;
        assert_eq!(shown.contains(link), is_linked, "{args} {forced}: {shown:?}");
        assert!(!shown.contains("\u{1b}["), "{shown:?}");
    }
    assert!(home.text("card.txt").starts_with("acme.com\n  Name         Acme\n"));
    let piped = home.call(enrich).env("FORCE_HYPERLINK", "1").run().exits(0).stdout;
    assert!(!piped.contains('\u{1b}'), "{piped:?}");
}
