//! A configuration's text with another key, or without one: everything else stays as it was, comments included. Pure.

use std::ops::Range;

use toml_edit::{Document, DocumentMut, InlineTable, Item, Table, TableLike, TomlError, value};

/// How the key is called in a file.
const NAMES: [&str; 2] = ["api_key", "api-key"];

/// Returns the text with this key in a profile, which is made if it is not there.
pub fn with_key(text: &str, profile: &str, key: &str) -> Result<String, TomlError> {
    let mut document: DocumentMut = text.parse()?;
    let profiles = document.as_table_mut().entry("profiles").or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let is_inline = profiles.is_inline_table();
    let made = || if is_inline { value(InlineTable::new()) } else { Item::Table(Table::new()) };
    let profile = profiles.as_table_like_mut().map(|profiles| profiles.entry(profile).or_insert_with(made));
    if let Some(table) = profile.and_then(Item::as_table_like_mut) {
        put(table, key);
    }
    Ok(document.to_string())
}

/// Sets the key; what surrounds an old one stays.
fn put(table: &mut dyn TableLike, key: &str) {
    let mut new = value(key);
    let name = NAMES.into_iter().find(|name| table.contains_key(name)).unwrap_or("api_key");
    if let (Some(old), Some(new)) = (table.get(name).and_then(Item::as_value), new.as_value_mut()) {
        *new.decor_mut() = old.decor().clone();
    }
    match table.get_mut(name) {
        Some(old) => *old = new,
        None => drop(table.insert(name, new)),
    }
}

/// Returns the text without the key of a profile, or without the one at the top; nothing if there is none.
pub fn without_key(text: &str, profile: Option<&str>) -> Result<Option<String>, TomlError> {
    let document = Document::parse(text)?;
    let profiles = document.get("profiles").and_then(Item::as_table_like);
    let table = match profile {
        Some(profile) => profiles.and_then(|profiles| profiles.get(profile)),
        None => Some(document.as_item()),
    };
    let Some(table) = table.and_then(Item::as_table_like) else { return Ok(None) };
    let Some(name) = NAMES.into_iter().find(|name| table.contains_key(name)) else { return Ok(None) };
    let key = table.get_key_value(name).and_then(|(key, item)| Some(key.span()?.start..item.span()?.end));
    let is_inline = profiles.is_some_and(|profiles| {
        let is_inline = |item: Option<&Item>| item.is_some_and(Item::is_inline_table);
        is_inline(document.get("profiles")) || profile.is_some_and(|profile| is_inline(profiles.get(profile)))
    });
    match key {
        // A comment above the line belongs to whoever wrote it.
        Some(key) if !is_inline || profile.is_none() => Ok(Some(without_lines(text, key))),
        _ => {
            let mut document = document.into_mut();
            let tables = document.get_mut("profiles").and_then(Item::as_table_like_mut);
            let table = tables.and_then(|tables| tables.get_mut(profile.unwrap_or_default()));
            if let Some(table) = table.and_then(Item::as_table_like_mut) {
                table.remove(name);
            }
            Ok(Some(document.to_string()))
        }
    }
}

/// Returns a text without the lines that a span lies in.
fn without_lines(text: &str, span: Range<usize>) -> String {
    let (before, rest) = text.split_at_checked(span.start).unwrap_or((text, ""));
    let before = before.rfind('\n').and_then(|at| before.get(..=at)).unwrap_or_default();
    let after =
        rest.get(span.end - span.start..).and_then(|rest| rest.split_once('\n')).map(|(_, after)| after);
    format!("{before}{}", after.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(text: &str, profile: &str) -> String {
        let with = with_key(text, profile, "wbk_new").unwrap();
        let read: DocumentMut = with.parse().unwrap();
        let table = read["profiles"][profile].as_table_like().unwrap();
        let keys: Vec<&str> = NAMES.iter().filter_map(|name| table.get(name)?.as_str()).collect();
        assert_eq!(keys, ["wbk_new"], "{with}");
        with
    }

    #[test]
    fn a_key_goes_into_an_empty_file() {
        insta::assert_snapshot!(stored("", "default"), @r#"
        [profiles.default]
        api_key = "wbk_new"
        "#);
        insta::assert_snapshot!(stored("# mine\nrate = '5/s' # slow\n\n# end\n", "a b"), @r#"
        # mine
        rate = '5/s' # slow

        [profiles."a b"]
        api_key = "wbk_new"

        # end
        "#);
    }

    #[test]
    fn everything_else_stays() {
        let text = "# top\nwait = \"1h\"\n\n[profiles.a] # first\n# the key\napi_key = 'wbk_old' # of May\nrate = '1/s'\n\n[profiles.b]\napi-key=\"wbk_b\"\n";
        assert_eq!(stored(text, "a"), text.replace("'wbk_old'", "\"wbk_new\""));
        assert_eq!(stored(text, "b"), text.replace("wbk_b", "wbk_new"));
        assert_eq!(stored(text, "c"), format!("{text}\n[profiles.c]\napi_key = \"wbk_new\"\n"));
        let without = without_key(text, Some("a")).unwrap().unwrap();
        assert_eq!(without, text.replace("api_key = 'wbk_old' # of May\n", ""));
        assert_eq!(without_key(&without, Some("a")).unwrap(), None);
        assert_eq!(without_key(text, None).unwrap(), None);
        assert_eq!(without_key("a = 1\napi_key = 'wbk_x'", None).unwrap().as_deref(), Some("a = 1\n"));
    }

    #[test]
    fn tables_of_any_kind_hold_a_key() {
        for text in [
            "profiles = { a = { rate = '1/s' } }\n",
            "profiles.a = { rate = '1/s', api_key = 'wbk_old' }\n",
            "[profiles]\na.rate = '1/s'\n",
            "[profiles]\na = { api_key = 'wbk_old' }\n",
            "profiles = {}\n",
            "[profiles]\n",
        ] {
            for profile in ["a", "b"] {
                let with = stored(text, profile);
                let without = without_key(&with, Some(profile)).unwrap().unwrap();
                assert!(!without.contains("wbk_new"), "{without}");
                assert_eq!(without.contains("rate"), text.contains("rate"), "{without}");
                without.parse::<DocumentMut>().unwrap();
            }
        }
    }
}
