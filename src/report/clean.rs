//! What may reach a terminal: text without terminal controls, hidden direction changes or keys.
//!
//! Everything that comes from the API or from an input is a stranger's text: an escape sequence in a company's name
//! must not move a cursor, set a title or reverse a line. JSON is not cleaned, it escapes for itself.

use std::borrow::Cow;
use std::fmt::Write as _;

/// How every key of the API begins (vendor's reference, authentication).
const KEY_START: &str = "wbk_";
/// What is shown in place of a key.
const REDACTED: &str = "wbk_[redacted]";
/// The part of [`REDACTED`] that no key has: text that was redacted before stays as it is.
const REDACTED_END: &str = "[redacted]";

/// Returns the text on one line, without escape sequences, control characters, bidirectional overrides or keys.
///
/// Tabs and line breaks become spaces.
pub fn cleaned(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        match char {
            '\u{1b}' => skip_escape(&mut rest),
            '\u{9b}' => skip_control_sequence(&mut rest),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => skip_control_string(&mut rest),
            '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push(' '),
            char if is_hidden(char) => {}
            char => out.push(char),
        }
    }
    match redacted(&out) {
        Cow::Borrowed(_) => out,
        Cow::Owned(redacted) => redacted,
    }
}

/// Returns the text with everything that looks like a key replaced.
///
/// Only letters, digits, `_` and `-` are taken for a part of a key, so that JSON stays JSON.
pub fn redacted(text: &str) -> Cow<'_, str> {
    let Some((before, after)) = text.split_once(KEY_START) else {
        return Cow::Borrowed(text);
    };
    let mut out = String::from(before);
    let mut rest = after;
    loop {
        out.push_str(REDACTED);
        rest =
            rest.trim_start_matches(|char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-'));
        rest = rest.strip_prefix(REDACTED_END).unwrap_or(rest);
        let Some((between, after)) = rest.split_once(KEY_START) else {
            break;
        };
        out.push_str(between);
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Returns the text on one line, with what a terminal or a line splitter takes for a command as `\u001b`: for texts in which
/// nothing may be lost, such as JSON, where such characters stand in strings only.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    for char in text.chars() {
        if is_hidden(char) {
            // Writing to a string cannot fail; all hidden characters have four digits.
            let _ = write!(out, "\\u{:04x}", u32::from(char));
        } else {
            out.push(char);
        }
    }
    out
}

/// Returns whether a character is a command to a terminal, a line splitter or a text layout rather than a sign.
pub const fn is_hidden(char: char) -> bool {
    matches!(char, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}') || is_bidi_control(char)
}

/// Returns whether a character silently changes the direction of the text around it.
const fn is_bidi_control(char: char) -> bool {
    matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Drops what belongs to an escape character that has just been read.
fn skip_escape(rest: &mut std::str::Chars<'_>) {
    let ahead = rest.clone();
    match rest.next() {
        Some('[') => skip_control_sequence(rest),
        Some(']' | 'P' | 'X' | '^' | '_') => skip_control_string(rest),
        Some(' '..='/') => skip_intermediates(rest),
        Some('0'..='~') | None => {}
        // Not a part of the sequence: it is judged on its own.
        Some(_) => *rest = ahead,
    }
}

/// Drops the rest of `ESC` with intermediate bytes: more of them, then one final character.
fn skip_intermediates(rest: &mut std::str::Chars<'_>) {
    skip_while(rest, |char| matches!(char, ' '..='/'));
    skip_one(rest, |char| matches!(char, '0'..='~'));
}

/// Drops parameters, intermediates and the final character of a control sequence (ECMA-48, 5.4).
fn skip_control_sequence(rest: &mut std::str::Chars<'_>) {
    skip_while(rest, |char| matches!(char, ' '..='?'));
    skip_one(rest, |char| matches!(char, '@'..='~'));
}

/// Drops a control string up to its terminator; to the next control character where that is missing.
fn skip_control_string(rest: &mut std::str::Chars<'_>) {
    skip_while(rest, |char| !char.is_control());
    skip_one(rest, |char| matches!(char, '\u{7}' | '\u{9c}'));
}

fn skip_while(rest: &mut std::str::Chars<'_>, is_part: impl Fn(char) -> bool) {
    *rest = rest.as_str().trim_start_matches(is_part).chars();
}

fn skip_one(rest: &mut std::str::Chars<'_>, is_part: impl Fn(char) -> bool) {
    if let Some(shorter) = rest.as_str().strip_prefix(is_part) {
        *rest = shorter.chars();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn drops_whole_sequences_and_keeps_the_words() {
        for (text, shown) in [
            ("Acme Corp", "Acme Corp"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{9b}2Jclear", "clear"),
            ("a\u{1b}]0;title\u{7}b", "ab"),
            ("a\u{1b}]8;;https://x\u{1b}\\link\u{1b}]8;;\u{1b}\\b", "alinkb"),
            ("a\u{1b}(Bb", "ab"),
            ("a\u{1b}cb", "ab"),
            ("end\u{1b}", "end"),
            ("line\r\nbreak\ttab", "line  break tab"),
            ("bell\u{7}, del\u{7f}, nul\0", "bell, del, nul"),
            ("evil\u{202e}gpj.exe\u{2066}x", "evilgpj.exex"),
            ("Zoë 東京 مرحبا", "Zoë 東京 مرحبا"),
        ] {
            assert_eq!(cleaned(text), shown, "{text:?}");
        }
    }

    #[test]
    fn shows_no_key() {
        assert_eq!(cleaned("wbk_live-123, wbk_x"), "wbk_[redacted], wbk_[redacted]");
        assert_eq!(cleaned("https://wbk_a.example/wbk_"), "https://wbk_[redacted].example/wbk_[redacted]");
        assert_eq!(cleaned("wb\u{7}k_secret"), "wbk_[redacted]");
        assert_eq!(redacted("wbk_[redacted].com wbk_x"), "wbk_[redacted].com wbk_[redacted]");
        assert!(matches!(redacted("acme.com"), Cow::Borrowed("acme.com")));
    }

    proptest! {
        #[test]
        fn nothing_that_moves_a_terminal_is_left(text in any::<String>()) {
            let shown = cleaned(&text);
            prop_assert!(!shown.chars().any(is_hidden));
            prop_assert_eq!(cleaned(&shown), shown);
        }

        #[test]
        fn dense_controls_leave_nothing_either(text in "[\u{1b}\u{9b}\u{9c}\u{9d}\u{7}\\]\\[(;0mAz\u{202e}\n]{0,40}") {
            let shown = cleaned(&text);
            prop_assert!(!shown.chars().any(is_hidden));
        }

        #[test]
        fn plain_text_is_untouched(text in "[ -~à-ÿ一-丁]{0,60}") {
            prop_assume!(!text.contains(KEY_START));
            prop_assert_eq!(cleaned(&text), text);
        }
    }
}
