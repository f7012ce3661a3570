//! A text as a configuration: entries with their lines. Pure; what it quotes of the text is without keys.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use toml_edit::{Document, Item, TableLike, Value as Toml};

use super::{Config, ConfigError, Entry, KeyPlace, Level, Value};
use crate::rules::redact::{excerpt, redact};

/// The table that holds the profiles.
const PROFILES: &str = "profiles";

/// A text that is being read.
struct Reader<'a> {
    text: &'a str,
    path: &'a Path,
}

/// Reads a configuration.
pub(super) fn read(text: &str, path: &Path) -> Result<Config, ConfigError> {
    let reader = Reader { text, path };
    let document = Document::parse(text).map_err(|error| reader.unreadable(&error))?;
    let root = document.as_table();
    let mut config = Config { top: reader.level(root, false)?, ..Config::default() };
    let entries = &mut config.top.entries;
    if let Some(at) = entries.iter().position(|entry| entry.name == "profile") {
        let entry = entries.remove(at);
        match entry.value {
            Value::Text(name) if !name.is_empty() => config.profile = Some((name, entry.line)),
            _ => return Err(reader.wrong(entry.line, "'profile' must be a profile's name", None)),
        }
    }
    let Some(profiles) = root.get(PROFILES) else { return Ok(config) };
    let tables = profiles.as_table_like().ok_or_else(|| reader.no_table(root, PROFILES))?;
    for (name, profile) in tables.iter() {
        let table = profile.as_table_like().ok_or_else(|| reader.no_table(tables, name))?;
        let level = Level { profile: Some(name.to_owned()), ..reader.level(table, true)? };
        config.profiles.push((name.to_owned(), level));
    }
    Ok(config)
}

impl Reader<'_> {
    fn level(&self, table: &dyn TableLike, is_profile: bool) -> Result<Level, ConfigError> {
        let mut level = Level::default();
        for (key, item) in table.iter().filter(|(key, _)| is_profile || *key != PROFILES) {
            let line = self.line(table, key);
            let name = key.replace('_', "-");
            let wrong =
                |problem: &str, hint| Err(self.wrong(line, &format!("'{}' {problem}", excerpt(key)), hint));
            let value = self.value(key, item, line)?;
            match (name.as_str(), value) {
                ("api-key" | "api-key-file", Value::Text(text)) if text.is_empty() => {}
                ("api-key" | "api-key-file", Value::Text(_)) if level.key.is_some() => {
                    return wrong("is one key too many", Some("keep one of api_key and api_key_file"));
                }
                ("api-key", Value::Text(text)) => {
                    level.key = Some((KeyPlace::Here(SecretString::from(text)), line));
                }
                ("api-key-file", Value::Text(text)) => {
                    level.key = Some((KeyPlace::File(PathBuf::from(text)), line));
                }
                ("workspace", Value::Text(text)) if is_profile => {
                    level.workspace = Some((self.workspace(text, line)?, line));
                }
                ("api-key" | "api-key-file" | "workspace", Value::Flag(_)) => {
                    return wrong("must be a text", None);
                }
                ("workspace", _) => {
                    return wrong("belongs into a profile", Some("write it below [profiles.NAME]"));
                }
                ("profile", _) if is_profile => {
                    return wrong("belongs to the top of the file, before the first [table]", None);
                }
                (_, value) => {
                    if level.entries.iter().any(|entry| entry.name == name) {
                        return wrong("is given twice", None);
                    }
                    level.entries.push(Entry { name, value, line });
                }
            }
        }
        Ok(level)
    }

    fn value(&self, key: &str, item: &Item, line: usize) -> Result<Value, ConfigError> {
        let value = match item.as_value() {
            Some(Toml::Boolean(flag)) => Some(Value::Flag(*flag.value())),
            Some(Toml::Array(list)) => {
                list.iter().map(text).collect::<Option<Vec<_>>>().map(|texts| Value::Text(texts.join(",")))
            }
            Some(value) => text(value).map(Value::Text),
            None => None,
        };
        if let Some(value) = value {
            return Ok(value);
        }
        let key = excerpt(key);
        if item.is_table_like() || item.is_array_of_tables() {
            return Err(self.wrong(
                line,
                &format!("unknown table '{key}'"),
                Some("the only tables are profiles, written as [profiles.NAME]"),
            ));
        }
        Err(self.wrong(
            line,
            &format!("'{key}' must be a text, a number, a list of texts, or true or false"),
            None,
        ))
    }

    /// The name goes into the ledger, so it must not be a key.
    fn workspace(&self, name: String, line: usize) -> Result<String, ConfigError> {
        let is_name = !name.trim().is_empty() && !name.chars().any(char::is_control) && redact(&name) == name;
        if is_name {
            return Ok(name);
        }
        Err(self.wrong(line, "'workspace' must be a name of your choice, and no key", None))
    }

    fn no_table(&self, parent: &dyn TableLike, key: &str) -> ConfigError {
        let problem = format!("'{}' is no table", excerpt(key));
        self.wrong(self.line(parent, key), &problem, Some("profiles are written as [profiles.NAME]"))
    }

    fn unreadable(&self, error: &toml_edit::TomlError) -> ConfigError {
        let at = error.span().map_or(0, |span| span.start);
        let line = self.line_at(at);
        let told = error.message().replace('\n', ", ");
        let quoted = self.text.lines().nth(line - 1).map(shown).filter(|text| !text.is_empty());
        let problem = match quoted {
            Some(quoted) => format!("this is not TOML: {told}: {quoted}"),
            None => format!("this is not TOML: {told}"),
        };
        let hint = match error.message() {
            told if told.starts_with("duplicate key") => "keep one of the two",
            _ => "texts need quotes: base_url = \"https://…\"",
        };
        self.wrong(line, &problem, Some(hint))
    }

    fn wrong(&self, line: usize, problem: &str, hint: Option<&str>) -> ConfigError {
        ConfigError::Wrong {
            path: self.path.to_owned(),
            line,
            problem: problem.to_owned(),
            hint: hint.map(str::to_owned),
        }
    }

    fn line(&self, table: &dyn TableLike, key: &str) -> usize {
        let span = table.get_key_value(key).and_then(|(key, item)| key.span().or_else(|| item.span()));
        self.line_at(span.map_or(0, |span| span.start))
    }

    fn line_at(&self, byte: usize) -> usize {
        self.text.bytes().take(byte).filter(|byte| *byte == b'\n').count() + 1
    }
}

/// Returns a text or a number as text.
fn text(value: &Toml) -> Option<String> {
    match value {
        Toml::String(text) => Some(text.value().clone()),
        Toml::Integer(number) => Some(number.value().to_string()),
        Toml::Float(number) => Some(number.value().to_string()),
        _ => None,
    }
}

/// Returns a line as a message quotes it. What stands behind `api_key` may be a key that does not look like one.
fn shown(line: &str) -> String {
    let before = line.split_once('=').map_or(line, |(before, _)| before);
    let is_key = before.to_ascii_lowercase().replace('-', "_").contains("api_key");
    let text = excerpt(if is_key { before } else { line });
    if is_key { format!("{} = …", text.trim()) } else { text.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        read(text, Path::new("c.toml")).unwrap()
    }

    fn told(text: &str) -> String {
        read(text, Path::new("c.toml")).unwrap_err().to_string()
    }

    #[test]
    fn values_become_texts_and_flags() {
        let config = config(
            "rate = '5/s'\nretries = 3\nfields = [\"name\", \"size\"]\nmax_age = '1d'\nrefresh = true\n",
        );
        let read: Vec<String> = config
            .top
            .entries
            .iter()
            .map(|entry| format!("{}:{}={:?}", entry.line, entry.name, entry.value))
            .collect();
        assert_eq!(
            read,
            [
                "1:rate=Text(\"5/s\")",
                "2:retries=Text(\"3\")",
                "3:fields=Text(\"name,size\")",
                "4:max-age=Text(\"1d\")",
                "5:refresh=Flag(true)"
            ]
        );
    }

    #[test]
    fn profiles_are_tables_of_any_kind() {
        for text in [
            "[profiles.a]\napi_key = 'wbk_x'\nworkspace = 'w'\n[profiles.b]\n",
            "profiles.a = { api_key = 'wbk_x', workspace = 'w' }\nprofiles.b = {}\n",
            "[profiles]\na.api_key = 'wbk_x'\na.workspace = 'w'\nb = {}\n",
        ] {
            let config = config(text);
            let names: Vec<&str> = config.profiles.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["a", "b"], "{text}");
            let (profile, levels) = config.choose(Some("a"), false).unwrap();
            assert_eq!((profile.workspace.as_deref(), levels.len()), (Some("w"), 2), "{text}");
            assert!(matches!(profile.key, Some((KeyPlace::Here(_), true))), "{text}");
            assert!(!format!("{config:?}").contains("wbk_x"));
        }
    }

    #[test]
    fn the_profile_is_the_one_named_then_the_usual_one() {
        let both = config("profile = 'a'\n[profiles.a]\n[profiles.default]\n");
        assert_eq!(both.choose(None, false).unwrap().0.name, "a");
        assert_eq!(both.choose(Some("default"), false).unwrap().0.name, "default");
        assert_eq!(config("").choose(None, false).unwrap().0.name, DEFAULT);
        assert_eq!(
            both.choose(Some("c"), false).unwrap_err().to_string(),
            "there is no profile 'c' in ; the profiles are 'a', 'default'"
        );
        assert_eq!(both.choose(Some("c"), true).unwrap().0.name, "c");
    }

    const DEFAULT: &str = super::super::DEFAULT_PROFILE;

    #[test]
    fn a_key_at_the_top_serves_profiles_without_one() {
        let config =
            config("api_key = 'wbk_top'\n[profiles.a]\napi_key_file = 'k'\n[profiles.b]\napi_key = ''\n");
        let key = |name| config.choose(Some(name), true).unwrap().0.key;
        assert!(matches!(key("a"), Some((KeyPlace::File(_), true))));
        assert!(matches!(key("b"), Some((KeyPlace::Here(_), false))));
        assert!(matches!(key("c"), Some((KeyPlace::Here(_), false))));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, expected) in [
            ("a = 1\n[profile.x]\n", "c.toml:2: unknown table 'profile'"),
            ("[[profiles]]\n", "c.toml:1: 'profiles' is no table"),
            ("[profiles]\nx = 1\n", "c.toml:2: 'x' is no table"),
            ("a = 2020-01-01\n", "c.toml:1: 'a' must be a text, a number, a list of texts, or true or false"),
            ("a = [[1]]\n", "c.toml:1: 'a' must be a text, a number, a list of texts, or true or false"),
            ("max_age = '1d'\nmax-age = '2d'\n", "c.toml:2: 'max-age' is given twice"),
            ("workspace = 'w'\n", "c.toml:1: 'workspace' belongs into a profile"),
            (
                "[profiles.a]\nworkspace = 'wbk_abc'\n",
                "c.toml:2: 'workspace' must be a name of your choice, and no key",
            ),
            (
                "[profiles.a]\nprofile = 'b'\n",
                "c.toml:2: 'profile' belongs to the top of the file, before the first [table]",
            ),
            ("api_key = 5 \n[profiles.a]\napi_key = true\n", "c.toml:3: 'api_key' must be a text"),
            ("api_key = 'wbk_a'\napi_key_file = 'b'\n", "c.toml:2: 'api_key_file' is one key too many"),
        ] {
            assert_eq!(told(text), expected);
        }
    }

    #[test]
    fn what_cannot_be_parsed_is_quoted_without_keys() {
        assert_eq!(
            told("# first\nrate = 5/s\n"),
            "c.toml:2: this is not TOML: string values must be quoted, expected literal string: rate = 5/s"
        );
        for text in
            ["api_key = wbk_secret\n", "api_key = \"secret\nrest\n", "x = wbk_secret\n", "wbk_secret\n"]
        {
            assert!(!told(text).contains("secret"), "{}", told(text));
        }
    }
}
