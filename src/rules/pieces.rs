//! Where one domain, URL or address ends and the next begins in what people type into one cell.

/// The parts of a text that may each be a domain, URL or address.
///
/// White space, quotes and angle brackets always separate. Commas, semicolons, bars and parentheses that open do so only
/// before the path of a URL begins or where another URL follows, since they are legal in a path or query.
pub(super) struct Pieces<'a>(&'a str);

impl<'a> Pieces<'a> {
    /// Returns the pieces of a text, from left to right.
    pub(super) const fn of(text: &'a str) -> Self {
        Self(text)
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            let text = self.0.trim_start_matches(is_wrapper);
            if text.is_empty() {
                return None;
            }
            let (piece, rest) = text.split_at_checked(piece_end(text)).unwrap_or((text, ""));
            self.0 = rest;
            let piece = piece.trim_matches(is_wrapper);
            if !piece.is_empty() {
                return Some(piece);
            }
        }
    }
}

/// Returns where the first piece of a text ends.
fn piece_end(text: &str) -> usize {
    let authority = text.find("://").map_or(0, |at| at + 3);
    let mut in_path = false;
    for (at, char) in text.char_indices() {
        let rest = text.get(at + char.len_utf8()..).unwrap_or_default();
        let ends = match char {
            '<' | '>' | '"' => true,
            ',' | ';' | '|' | '(' | '、' => !in_path || starts_a_url(rest),
            _ => char.is_whitespace(),
        };
        if ends {
            return at;
        }
        in_path |= at >= authority && matches!(char, '/' | '?' | '#');
    }
    text.len()
}

/// Returns whether a text reads as the start of another URL, and not as the rest of a path.
fn starts_a_url(text: &str) -> bool {
    ["http://", "https://", "www."].iter().any(|start| {
        text.as_bytes().get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
    })
}

/// Returns whether a character is often found around a domain without being part of it.
pub(super) fn is_wrapper(char: char) -> bool {
    char.is_whitespace()
        || char.is_control()
        || matches!(
            char,
            '"' | '\''
                | '`'
                | '´'
                | '('
                | ')'
                | '['
                | ']'
                | '{'
                | '}'
                | '<'
                | '>'
                | ','
                | ';'
                | '|'
                | '!'
                | '、'
                | '‘'..='‟' | '«' | '»' | '‹' | '›' | '「' | '」'
        )
}

/// Returns the plain form of a full-width letter, digit or mark, as keyboards of East Asia write them.
pub(super) fn narrow(char: char) -> char {
    match char {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(char) - 0xfee0).unwrap_or(char),
        char => char,
    }
}

/// What people and spreadsheets write where there is nothing, in lower case and without wrappers.
const PLACEHOLDERS: &[&str] = &[
    "#div/0",
    "#error",
    "#n/a",
    "#name?",
    "#null",
    "#num",
    "#ref",
    "#value",
    "blank",
    "empty",
    "http://www.",
    "https://www.",
    "missing",
    "n.a.",
    "n/a",
    "na",
    "nan",
    "nil",
    "no website",
    "none",
    "not applicable",
    "not available",
    "null",
    "tba",
    "tbc",
    "tbd",
    "undefined",
    "unknown",
    "www.",
];

/// Returns whether a text that is no target is written where there is nothing: one of a few words, a scheme without a
/// host, or marks alone.
pub(super) fn is_placeholder(text: &str) -> bool {
    let word = text.strip_suffix("://").unwrap_or(text);
    !text.contains(char::is_alphanumeric)
        || (word.len() < text.len() && word.bytes().all(|byte| byte.is_ascii_alphabetic()))
        || PLACEHOLDERS.iter().any(|placeholder| placeholder.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<&str> {
        Pieces::of(text).collect()
    }

    #[test]
    fn lists_are_taken_apart_and_urls_are_not() {
        assert_eq!(pieces("a.com, b.com;c.com|d.com\ne.com"), ["a.com", "b.com", "c.com", "d.com", "e.com"]);
        assert_eq!(pieces("a.com/x,y;z?q=1,2"), ["a.com/x,y;z?q=1,2"]);
        assert_eq!(pieces("https://a.com/x,HTTPS://b.com"), ["https://a.com/x", "HTTPS://b.com"]);
        assert_eq!(pieces("a.com/x, b.com"), ["a.com/x", "b.com"]);
        assert_eq!(pieces("\"Doe, J\" <j@a.com>,"), ["Doe", "J", "j@a.com"]);
        assert_eq!(pieces(" ,;() "), [""; 0]);
        assert_eq!(pieces("[Acme](https://a.com/x_(y))"), ["Acme", "https://a.com/x_(y"]);
        assert_eq!(pieces("[a.com](https://a.com)"), ["a.com", "https://a.com"]);
        assert_eq!(pieces("[https://a.com/x](https://a.com/x)"), ["https://a.com/x", "https://a.com/x"]);
        assert_eq!(
            pieces("=HYPERLINK(\"https://a.com/x,y\";\"A\")"),
            ["=HYPERLINK", "https://a.com/x,y", "A"]
        );
    }

    #[test]
    fn what_stands_for_nothing_is_told_from_words() {
        for text in ["n/a", "N/A", "-", "—", "?", "#N/A", "#ref", "None", "http://", "HTTPS://WWW."] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["Acme", "a", "0", "nanoco", "acme://", "www.acme", "東京"] {
            assert_eq!(is_placeholder(text), text == "acme://", "{text}");
        }
    }
}
