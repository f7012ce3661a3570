//! `--report`: is the page of a run harmless, readable and whole, in a real browser?
//!
//! Where no Chromium is installed the tests that need it say so and pass; `.ci/run` installs it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Cursor, Write as _};

use serde_json::{Value, json};
use wiremock::{Request, ResponseTemplate};

use crate::support::api::api;
use crate::support::browser::Browser;
use crate::support::home::Home;
use crate::support::mocked::{Mocked, refused};
use crate::support::{domains, fixture};

/// Markup that would run if it were taken for markup, out of any place in which a text can stand.
const HOSTILE: &str =
    "</title></text></svg></table></script>'\"><script>window.ran=1</script><img src=x onerror=window.ran=1>";

/// Returns a browser, or says that there is none.
fn browser(home: &Home) -> Option<Browser> {
    let browser = Browser::start(home);
    if browser.is_none() {
        let _ =
            writeln!(std::io::stderr(), "SKIPPED: no Chromium is installed, so the page was not looked at");
    }
    browser
}

/// Answers with a company whose every value is hostile; about `nobody.com` with none, about `bad.com` with a refusal.
fn hostile(request: &Request) -> ResponseTemplate {
    let asked: Value = serde_json::from_slice(&request.body).unwrap();
    match asked["domain"].as_str() {
        Some("nobody.com" | "noone.com") => refused(409, "no_match"),
        Some("bad.com") => ResponseTemplate::new(400)
            .set_body_json(json!({"error": {"code": "validation_error", "message": HOSTILE}})),
        domain => ResponseTemplate::new(200).set_body_json(json!({"data": {
            "company": {"id": HOSTILE, "name": HOSTILE, "domain": domain, "industry": HOSTILE, "size": HOSTILE,
                        "hq_location": format!("Berlin, {HOSTILE}"), "tech_stack": [HOSTILE], "description": HOSTILE},
            "fields_updated": ["name", HOSTILE], "source": HOSTILE, "confidence": 0.87, "credits_remaining": 4870
        }})),
    }
}

/// Runs a hostile input against a hostile API, under a hostile name.
fn hostile_page(home: &Home) -> String {
    let quoted = HOSTILE.replace('"', "\"\"");
    let name = "<img src=x onerror=window.ran=1>.csv";
    let rows = format!(
        "domain,note\nacme.com,1\n\"https://nobody.com/{quoted}\",2\n\"{quoted}\",3\nbad.com,4\nnoone.com,5\n"
    );
    home.put(name, rows);
    let api = Mocked::responding(hostile);
    let call = home.call("batch -q -o out.csv --report page.html --prefix").arg(HOSTILE).arg(name);
    call.args("--base-url").args(&api.url()).key("wbk_secret").run().exits(3);
    home.text("page.html")
}

#[test]
fn hostile_values_are_shown_and_do_not_run() {
    let home = Home::new();
    let page = hostile_page(&home);
    assert!(!page.contains("<img") && !page.contains("secret"), "{page}");
    assert_eq!(page.matches("<script").count(), 1);
    let Some(mut browser) = browser(&home) else { return };
    browser.open(&home.path("page.html"), "");
    assert_eq!(browser.value("document.title"), "Company data for <img src=x onerror=window.ran=1>.csv");
    assert_eq!(
        browser.value("[window.ran, document.scripts.length, document.images.length]"),
        json!([null, 1, 0])
    );
    let text = browser.value("document.querySelector('#industries th[scope=row]').textContent");
    assert!(HOSTILE.starts_with(text.as_str().unwrap().trim_end_matches('…')), "{text}");
    assert_eq!(browser.value("document.querySelector('#failed tbody').rows.length"), 2);
    assert_eq!(browser.said, Vec::<String>::new());
    // If markup did get in, the policy would still let nothing of it run.
    let refused = browser.value(
        "new Promise(done => {
            const met = [];
            document.addEventListener('securitypolicyviolation', event => {
                met.push(event.effectiveDirective);
                if (met.length === 4) done(met.sort());
            });
            const script = document.createElement('script');
            script.textContent = 'window.ran = 2';
            document.body.append(script);
            document.body.insertAdjacentHTML('beforeend',
                '<img src=https://example.com/x onerror=\"window.ran = 3\"><p style=\"color: red\"></p>');
            const image = document.images[0];
            if (image.onerror) image.onerror();
        })",
    );
    assert_eq!(refused, json!(["img-src", "script-src-attr", "script-src-elem", "style-src-attr"]));
    assert_eq!(browser.value("window.ran"), Value::Null);
}

/// Returns the page of a real run over the sandbox.
fn sandbox_page(home: &Home) {
    let call = home
        .call("batch --limit 300 --sandbox=latency=0 -q -o out.csv --report page.html --rejects rejects.csv");
    call.arg(fixture("companies.csv")).run().quietly();
}

/// Returns how many colours a picture has, and the one in its corner.
fn colors(png: &[u8]) -> (usize, Vec<u8>) {
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let samples = info.color_type.samples();
    let colors: BTreeSet<&[u8]> = pixels.chunks(samples).collect();
    (colors.len(), pixels[..3].to_vec())
}

#[test]
fn the_page_is_drawn_in_light_and_dark_on_any_width_and_on_paper() {
    let home = Home::new();
    sandbox_page(&home);
    let Some(mut browser) = browser(&home) else { return };
    browser.open(&home.path("page.html"), "");
    let drawn = browser.value(
        "[...document.querySelectorAll('figure')].map(figure => {
            const svg = figure.querySelector('svg');
            const rows = figure.querySelectorAll('tbody tr').length;
            return [figure.id, !!svg && svg.getBoundingClientRect().height > 40,
                    !!svg && svg.querySelectorAll('rect').length > 0, rows > 0];
        })",
    );
    let names = [
        "outcomes",
        "fields",
        "confidence",
        "industries",
        "sizes",
        "countries",
        "credits",
        "sources",
        "course",
    ];
    assert_eq!(drawn, json!(names.map(|name| (name, true, true, true))));
    let mut corners = Vec::new();
    for (width, is_dark) in [(1280, false), (390, false), (1280, true), (390, true)] {
        browser.show((width, 900), is_dark);
        let overflows = browser.value("document.documentElement.scrollWidth > innerWidth");
        assert_eq!(overflows, false, "at {width}");
        let (colors, corner) = colors(&browser.picture());
        assert!(colors > 40, "{colors} colours at {width}");
        corners.push(corner);
    }
    assert!(corners[0] == corners[1] && corners[2] == corners[3] && corners[0] != corners[2], "{corners:?}");
    let printed = browser.printed();
    assert!(printed.starts_with(b"%PDF-") && printed.len() > 20_000);
    assert_eq!(browser.said, Vec::<String>::new());
}

#[test]
fn every_colour_can_be_told_from_what_it_is_on() {
    let home = Home::new();
    sandbox_page(&home);
    let Some(mut browser) = browser(&home) else { return };
    browser.open(&home.path("page.html"), "");
    // Source: WCAG 2.2, 1.4.3 and 1.4.11: 4.5 for text, 3 for graphics.
    let contrasts = "(() => {
        const probe = document.createElement('canvas').getContext('2d');
        const style = getComputedStyle(document.documentElement);
        const light = name => {
            probe.fillStyle = style.getPropertyValue(name).trim();
            const parts = [1, 3, 5].map(at => parseInt(probe.fillStyle.slice(at, at + 2), 16) / 255);
            const [r, g, b] = parts.map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const contrast = (one, other) => {
            const [a, b] = [light(one), light(other)].sort((a, b) => b - a);
            return (a + 0.05) / (b + 0.05);
        };
        const low = [];
        for (const ground of ['--card', '--page']) {
            for (const [names, least] of [
                [['--text', '--muted', '--link'], 4.5],
                [['--plain', '--good', '--missing', '--unknown', '--invalid', '--bad', '--rest', '--wait', '--reset'], 3],
            ]) for (const name of names) if (contrast(name, ground) < least) low.push([ground, name, contrast(name, ground)]);
        }
        return low;
    })()";
    for is_dark in [false, true] {
        browser.show((1280, 900), is_dark);
        assert_eq!(browser.value(contrasts), json!([]), "dark: {is_dark}");
    }
}

/// What a list shows: the inputs of its rows, from the top.
const INPUTS: &str =
    "[...document.querySelectorAll('#no-match tbody tr:not([hidden])')].map(row => row.cells[1].textContent)";

#[test]
fn a_list_is_sorted_and_searched_and_its_view_can_be_passed_on() {
    let home = Home::with("in.csv", "domain\nc.com\na10.com\nB.com\na9.com\n");
    let api = api("no-match=100");
    home.call("batch in.csv -q -o out.csv --report page.html").at(&api).run().quietly();
    let Some(mut browser) = browser(&home) else { return };
    let page = home.path("page.html");
    browser.open(&page, "");
    let (as_read, sorted) =
        (json!(["c.com", "a10.com", "B.com", "a9.com"]), json!(["a9.com", "a10.com", "B.com", "c.com"]));
    assert_eq!(browser.value(INPUTS), as_read);
    // By keyboard: the head is a button that can be reached and pressed.
    browser.value("document.querySelector('#no-match th[data-name=input] button').focus()");
    for kind in ["keyDown", "keyUp"] {
        let key =
            json!({"type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"});
        browser.ask("Input.dispatchKeyEvent", &key);
    }
    assert_eq!(browser.value(INPUTS), sorted);
    let told = "[...document.querySelectorAll('#no-match th')].map(head => head.getAttribute('aria-sort'))";
    assert_eq!(browser.value(told), json!(["none", "ascending", "none", "none"]));
    browser.value("document.querySelector('#no-match th[data-name=input] button').click()");
    assert_eq!(browser.value("location.hash"), "#list=no-match&sort=-input");
    browser.value("(() => { const find = document.querySelector('#no-match input'); find.value = 'A'; find.dispatchEvent(new Event('input')); })()");
    assert_eq!(browser.value("document.querySelector('#no-match [role=status]').textContent"), "4 of 4 rows");
    browser.open(&page, "list=no-match&sort=-input&find=a1");
    assert_eq!(browser.value(INPUTS), json!(["a10.com"]));
    assert_eq!(browser.value("document.querySelector('#no-match input').value"), "a1");
    browser.open(&page, "list=%3Cscript%3E&sort=nonsense");
    assert_eq!(browser.value(INPUTS), as_read);
    assert_eq!(browser.said, Vec::<String>::new());
}

#[test]
fn the_page_can_do_without_its_script() {
    let home = Home::with("in.csv", "domain\nc.com\na.com\n");
    let api = api("no-match=100");
    home.call("batch in.csv -q -o out.csv --report page.html").at(&api).run().quietly();
    let Some(mut browser) = browser(&home) else { return };
    browser.ask("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
    browser.open(&home.path("page.html"), "list=no-match&sort=input");
    assert_eq!(browser.value(INPUTS), json!(["c.com", "a.com"]));
    // Nothing is offered that would do nothing.
    assert_eq!(browser.value("[...document.querySelectorAll('.find')].every(find => find.hidden)"), true);
    assert_eq!(browser.value("document.querySelectorAll('button').length"), 0);
}

#[test]
fn a_run_that_stops_early_has_its_page_too() {
    let home = Home::with("in.txt", domains(30));
    let api = api("limit=10,window=1d");
    home.call("batch in.txt -q -o out.csv --wait 0 --report page.html").at(&api).run().exits(6);
    let page = home.text("page.html");
    assert!(
        page.contains("<strong>Stopped</strong>") && page.contains("quota used up. 20 rows are"),
        "{page}"
    );
    assert!(page.contains("Not asked yet"));
}

#[test]
fn a_page_of_a_run_that_asks_nothing_says_so() {
    let home = Home::with("in.csv", "domain\n");
    home.call("batch in.csv -q -o out.csv --sandbox --report page.html").run().quietly();
    let page = home.text("page.html");
    assert!(
        page.contains("No call was made.") && page.contains("Nothing to show: no company was found."),
        "{page}"
    );
}

#[test]
fn lists_are_bounded_and_say_where_the_rest_is() {
    let home = Home::with("in.txt", domains(1_005));
    let api = api("no-match=100");
    let call = home.call("batch in.txt -q -o out.csv --report page.html").at(&api);
    call.run().quietly();
    let page = home.text("page.html");
    let note = "1,005 rows; here are the first 1,000, and 5 more: all of them are in out.csv, where enrich_status is \
                no_match or not_found; --no-match-output writes them to a file of their own.";
    assert!(page.contains(note), "{page}");
    assert_eq!(page.matches("<td>No company found</td>").count(), 1_000);
    let call = home.call("batch in.txt -q -o out.csv --report page.html --no-match-output none.csv").at(&api);
    call.run().quietly();
    assert!(home.text("page.html").contains("and 5 more: all of them are in none.csv."));
}

#[test]
fn a_page_is_an_output_like_the_others() {
    let home = Home::with("in.txt", domains(1));
    for args in ["--report in.txt", "--report out.csv", "-o - --report -", "--report same --summary same"] {
        home.call("batch in.txt -o out.csv --sandbox").args(args).run().exits(2);
    }
    home.call("batch in.txt -q -o out.csv --sandbox --report page.html").run().quietly();
    let before = fs::read(home.path("page.html")).unwrap();
    home.call("batch missing.txt -q -o out.csv --sandbox --report page.html").run().exits(2);
    assert!(fs::read(home.path("page.html")).unwrap() == before);
}
