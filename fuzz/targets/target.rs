//! What cells ask: any text is a subject or has a reason. A subject means itself, and no key is ever shown or asked.

#![no_main]

use leadenrich::rules::target::{
    InvalidInput, Subdomains, Subject, Target, parse_any, parse_company_id, parse_domain, parse_row,
};
use leadenrich_fuzz::{assert_shown, holds_key};
use libfuzzer_sys::fuzz_target;

/// Longer than any reason: two quoted texts and some words.
const LONGEST: usize = 400;

/// The longest domain name (RFC 1035).
const MAX_DOMAIN: usize = 253;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    for subdomains in [Subdomains::Keep, Subdomains::Collapse] {
        let any = parse_any(&text, subdomains);
        let domain = parse_domain(&text, subdomains);
        look_at(&any, subdomains);
        look_at(&domain, subdomains);
        let id = parse_company_id(&text);
        look_at(&id, subdomains);
        assert_eq!(any, id.clone().or(domain.clone()), "an id goes before a domain");
        // Cells of one row, as if the text were the line.
        let cells: Vec<&str> = text.split('\t').collect();
        let row = parse_row(cells.first().copied(), cells.get(1..).unwrap_or_default(), subdomains);
        match row {
            Ok(Target { first, fallback }) => {
                look_at(&Ok(first), subdomains);
                fallback.into_iter().for_each(|next| look_at(&Ok(next), subdomains));
            }
            Err(reason) => look_at(&Err(reason), subdomains),
        }
    }
    // What is asked whole, collapsed, is what is asked collapsed.
    if let Ok(kept) = parse_any(&text, Subdomains::Keep) {
        let collapsed = parse_any(kept.text(), Subdomains::Collapse);
        assert_eq!(parse_any(&text, Subdomains::Collapse).ok(), collapsed.ok());
    }
});

fn look_at(read: &Result<Subject, InvalidInput>, subdomains: Subdomains) {
    match read {
        Ok(subject) => {
            let text = subject.text();
            assert!(!holds_key(text), "a key is asked: {text}");
            assert!(text.len() <= MAX_DOMAIN && text.bytes().all(is_canonical), "not canonical: {text}");
            assert_eq!(parse_any(text, subdomains).as_ref(), Ok(subject), "does not mean itself");
        }
        Err(reason) => assert_shown(&reason.to_string(), LONGEST),
    }
}

fn is_canonical(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'_')
}
