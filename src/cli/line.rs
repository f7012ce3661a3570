//! A line as bash has it, cut into words: quotes and backslashes are taken off, half a word at its end is a word. Pure.

/// What stands before the cursor.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// The words, the one at the cursor last; it may be empty.
    pub(super) words: Vec<String>,
    /// The last word as it was typed.
    pub(super) last: &'a str,
    /// The quote that is open at the end.
    pub(super) quote: Option<char>,
}

/// Cuts a text into words.
pub(super) fn cut(text: &str) -> Line<'_> {
    let mut words = Vec::new();
    let (mut word, mut quote, mut is_escaped, mut start) = (String::new(), None, false, 0);
    for (at, char) in text.char_indices() {
        match (quote, char) {
            _ if is_escaped => {
                // Within double quotes a backslash stands for itself, but before what would mean something.
                if quote.is_some() && !matches!(char, '"' | '\\' | '$' | '`') {
                    word.push('\\');
                }
                word.push(char);
                is_escaped = false;
            }
            (None | Some('"'), '\\') => is_escaped = true,
            (Some(open), char) if open == char => quote = None,
            (None, '\'' | '"') => quote = Some(char),
            (None, char) if char.is_ascii_whitespace() => {
                if !text.get(start..at).unwrap_or_default().is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                start = at + char.len_utf8();
            }
            _ => word.push(char),
        }
    }
    words.push(word);
    Line { words, last: text.get(start..).unwrap_or_default(), quote }
}

/// Returns how a value is typed at the end of what is `kept` of a word; nothing if it goes on otherwise.
pub(super) fn typed_behind(kept: &str, value: &str) -> Option<String> {
    let kept = cut(kept);
    let rest = value.strip_prefix(kept.words.last()?.as_str())?;
    let has_meaning = |char: char| match kept.quote {
        Some('"') => matches!(char, '"' | '\\' | '$' | '`'),
        Some(_) => false,
        None => char.is_ascii() && !char.is_ascii_alphanumeric() && !"_-./,:=@%+".contains(char),
    };
    if kept.quote == Some('\'') && rest.contains('\'') {
        return None;
    }
    let escaped = rest.chars().flat_map(|char| has_meaning(char).then_some('\\').into_iter().chain([char]));
    Some(escaped.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_as_bash_does() {
        for (text, words, last, quote) in [
            ("", vec![""], "", None),
            ("le", vec!["le"], "le", None),
            ("le batch ", vec!["le", "batch", ""], "", None),
            ("le  my\\ file.csv --x=\"a b", vec!["le", "my file.csv", "--x=a b"], "--x=\"a b", Some('"')),
            ("le 'it''s' '' \"a\\\"\\n\" '", vec!["le", "its", "", "a\"\\n", ""], "'", Some('\'')),
        ] {
            let words = words.into_iter().map(str::to_owned).collect();
            assert_eq!(cut(text), Line { words, last, quote }, "{text}");
        }
    }

    #[test]
    fn a_value_goes_on_as_the_word_began() {
        for (kept, value, typed) in [
            ("", "Web Site", Some("Web\\ Site")),
            ("--domain-column=", "--domain-column=Größe (m²)", Some("Größe\\ \\(m²\\)")),
            ("\"", "a $b", Some("a \\$b")),
            ("'", "a $b", Some("a $b")),
            ("'", "it's", None),
            ("x", "y", None),
        ] {
            assert_eq!(typed_behind(kept, value).as_deref(), typed, "{kept} {value}");
        }
    }
}
