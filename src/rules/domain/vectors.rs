//! The official vectors: the Public Suffix List's own tests, and Unicode's conformance file for UTS #46.

use std::collections::BTreeMap;

use super::*;

const PSL: &str = include_str!("../../../fixtures/psl/test_psl.txt");
const IDNA: &str = include_str!("../../../fixtures/idna/IdnaTestV2.txt");

/// Where a host is read otherwise than the list's tests do, and why.
const ON_PURPOSE: &[(&str, Result<&str, &str>)] = &[
    // A dot in front is a slip of the mouse.
    (".example.com", Ok("example.com")),
    // What the list does not know ends in a typo or a file's name.
    ("example.example", Err("reserved")),
    ("b.example.example", Err("reserved")),
    ("a.b.example.example", Err("reserved")),
];

/// Returns the arguments of `checkPublicSuffix('INPUT', 'EXPECTED');`, none for `null`.
fn arguments(line: &str) -> Option<[Option<&str>; 2]> {
    let (first, second) = line.strip_prefix("checkPublicSuffix(")?.strip_suffix(");")?.split_once(", ")?;
    Some([first, second].map(|text| text.strip_prefix('\'')?.strip_suffix('\'')))
}

#[test]
fn registrable_domains_are_those_of_the_public_suffix_list() {
    let mut checked = 0;
    for line in PSL.lines().filter(|line| !line.is_empty() && !line.starts_with("//")) {
        let [input, expected] = arguments(line).unwrap();
        let input = input.unwrap_or_default();
        let read = parse(input, Subdomains::Collapse).map_err(|error| error.name());
        let expected = match ON_PURPOSE.iter().find(|(other, _)| *other == input) {
            Some((_, otherwise)) => otherwise.map(str::to_owned),
            None => expected.map(|name| to_ascii(name).unwrap().into_owned()).ok_or("none"),
        };
        match (&read, &expected) {
            (Err(_), Err("none")) => {}
            _ => assert_eq!(
                read.as_deref().map_err(|name| *name),
                expected.as_deref().map_err(|name| *name),
                "{line}"
            ),
        }
        checked += 1;
    }
    assert_eq!(checked, 78);
}

/// What of the standard's checks is left to others: hyphens, length, and which ASCII a name may hold are looked at by
/// [`from_ascii`], empty labels with them. Punycode for a name that is punycode itself (V4) leads nowhere, and is only found
/// by the library where it looks at hyphens.
const LATER: &[&str] = &["V2", "V3", "V4", "U1", "A4_1", "A4_2", "X4_2"];

/// Characters that Unicode 16 does not have and the library lets pass: two are in Unicode 17, two in none that is out.
const UNASSIGNED: [char; 4] = ['\u{32931}', '\u{32b9a}', '\u{3e8ac}', '\u{3f8cd}'];

/// Returns a text of the file with its escapes resolved.
fn unescaped(text: &str) -> Option<String> {
    let mut chars = text.chars().peekable();
    let mut plain = String::new();
    while let Some(char) = chars.next() {
        if char != '\\' {
            plain.push(char);
            continue;
        }
        let digits: String = match (chars.next()?, chars.peek()?) {
            ('x', '{') => chars.by_ref().skip(1).take_while(|char| *char != '}').collect(),
            _ => chars.by_ref().take(4).collect(),
        };
        // A lone surrogate can be in no text.
        plain.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
    }
    Some(if plain == "\"\"" { String::new() } else { plain })
}

/// A line of the file: what it reads, what ASCII that makes, and which checks it fails.
fn columns(line: &str) -> Option<(String, String, Vec<&str>)> {
    let columns: Vec<&str> = line.split(';').map(str::trim).collect();
    let [source, unicode, unicode_status, ascii, status, ..] = columns.as_slice() else {
        panic!("{line}");
    };
    // An empty column is the one before it.
    let or = |column: &'_ str, before: &'_ str| {
        if column.is_empty() { before.to_owned() } else { column.to_owned() }
    };
    let ascii = or(ascii, &or(unicode, source));
    let status = if status.is_empty() { unicode_status } else { status };
    let status = status.trim_matches(['[', ']']).split(',').map(str::trim).filter(|code| !code.is_empty());
    Some((unescaped(source)?, unescaped(&ascii)?, status.collect()))
}

#[test]
fn names_in_unicode_are_read_as_the_standard_says() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for line in IDNA.lines() {
        let line = line.split('#').next().unwrap_or_default();
        if line.trim().is_empty() {
            continue;
        }
        let Some((source, expected, failed)) = columns(line) else {
            *counts.entry("no text").or_default() += 1;
            continue;
        };
        let read = to_ascii(&source);
        let refused_later = failed.iter().all(|code| LATER.contains(code));
        let case = match (failed.is_empty(), read) {
            (true, read) => {
                assert_eq!(read.as_deref(), Some(&*expected), "{line}");
                "the same"
            }
            (false, None) => "refused",
            (false, Some(_)) => {
                assert!(refused_later || line.contains(UNASSIGNED), "{line}");
                "left to later checks"
            }
        };
        *counts.entry(case).or_default() += 1;
    }
    let expected = [("left to later checks", 252), ("no text", 2), ("refused", 5589), ("the same", 546)];
    assert_eq!(counts, BTreeMap::from(expected));
}
