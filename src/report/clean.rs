//! What may reach a terminal: text without terminal controls, hidden direction changes, invisible characters or keys.
//!
//! Everything that comes from the API or from an input is a stranger's text: an escape sequence in a company's name
//! must not move a cursor, set a title or reverse a line. JSON is not cleaned, it escapes for itself.
//! What is invisible goes too, although some scripts and emoji use it to join letters: a name or an address must not
//! hold more than one sees, and its width must be that of what is seen.

use std::borrow::Cow;
use std::fmt::Write as _;

use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;

/// How every key of the API begins (vendor's reference, authentication).
const KEY_START: &str = "wbk_";
/// What is shown in place of a key.
const REDACTED: &str = "wbk_[redacted]";
/// The part of [`REDACTED`] that no key has: text that was redacted before stays as it is.
const REDACTED_END: &str = "[redacted]";

/// Returns the text on one line, without escape sequences, control characters, invisible characters or keys.
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
            for unit in char.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(char);
        }
    }
    out
}

/// Returns whether a character is a command to a terminal, a line splitter or a text layout rather than a sign.
///
/// Which characters are invisible is Unicode's to say (`Default_Ignorable_Code_Point`): what changes the direction of
/// writing, what has no width, fillers, variation selectors, tags.
pub fn is_hidden(char: char) -> bool {
    match char {
        ' '..='~' => false,
        '\0'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}' => true,
        _ => CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(char),
    }
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
            ("goo\u{200b}gle\u{feff}.c\u{ad}om\u{e0041}\u{3164}", "google.com"),
            ("Zoë 東京 مرحبا", "Zoë 東京 مرحبا"),
        ] {
            assert_eq!(cleaned(text), shown, "{text:?}");
        }
    }

    #[test]
    fn shows_no_key() {
        assert_eq!(cleaned("wbk_live-123, wbk_x"), "wbk_[redacted], wbk_[redacted]");
        assert_eq!(cleaned("https://wbk_a.example/wbk_"), "https://wbk_[redacted].example/wbk_[redacted]");
        assert_eq!(cleaned("wb\u{7}k\u{200d}_secret"), "wbk_[redacted]");
        assert_eq!(redacted("wbk_[redacted].com wbk_x"), "wbk_[redacted].com wbk_[redacted]");
        assert!(matches!(redacted("acme.com"), Cow::Borrowed("acme.com")));
    }

    #[test]
    fn every_control_of_direction_is_hidden() {
        use icu_properties::props::BidiControl;
        let all = CodePointSetData::new::<BidiControl>();
        assert!(all.iter_ranges().flatten().filter_map(char::from_u32).all(is_hidden));
        assert!(
            all.contains('\u{202e}') && ('\0'..=char::MAX).filter(|char| char.is_control()).all(is_hidden)
        );
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
