//! What `config show` prints: the settings that somebody set, with who did, then the usual ones. Pure.

use serde::Serialize;

use super::clean::{cleaned, redacted};
use crate::rules::setting::{Origin, Setting};

/// The version of the JSON format.
const SCHEMA: u32 = 1;

/// What stands for a key: redacting would take it for the beginning of one.
const KEY: &str = "wbk_…";

/// Values up to that wide stand in a column; what comes from a longer one follows it.
const VALUE_WIDTH: usize = 40;

/// What is in force.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the configuration lies, or would lie; absent where the home folder is unknown.
    pub path: Option<String>,
    /// Whether it is there.
    pub exists: bool,
    /// Every setting.
    pub settings: Vec<Setting>,
}

/// Returns the settings for people, one a line.
pub fn text(shown: &Settings) -> String {
    let path = shown.path.as_deref().map_or_else(|| "none: the home folder is unknown".to_owned(), cleaned);
    let missing = if shown.exists || shown.path.is_none() { "" } else { " (not there)" };
    let mut text = format!("configuration  {path}{missing}\n");
    let (usual, set): (Vec<_>, Vec<_>) =
        shown.settings.iter().partition(|setting| setting.origin == Origin::Default);
    let label = |setting: &Setting| label(setting, &shown.settings);
    let name_width = shown.settings.iter().map(|setting| label(setting).chars().count()).max().unwrap_or(0);
    let widths = set.iter().map(|setting| value(setting).chars().count());
    let value_width = widths.filter(|width| *width <= VALUE_WIDTH).max().unwrap_or(0);
    for (head, settings) in [("\nset\n", set), ("\ndefaults\n", usual)] {
        text.push_str(if settings.is_empty() { "" } else { head });
        for setting in settings {
            let line = format!("  {:name_width$}  {}", label(setting), value(setting));
            let origin = origin(&setting.origin, &path);
            match origin {
                Some(origin) => {
                    let width = name_width + value_width + 4;
                    text.extend([
                        &format!("{line:width$}"),
                        "  ",
                        &origin,
                        "
",
                    ]);
                }
                None => text.extend([line.trim_end(), "\n"]),
            }
        }
    }
    text
}

/// Returns a setting's name, with its commands where others of that name say something else.
fn label(setting: &Setting, all: &[Setting]) -> String {
    let is_alone = all.iter().filter(|other| other.name == setting.name).count() == 1;
    if is_alone {
        setting.name.clone()
    } else {
        format!("{} ({})", setting.name, setting.commands.join(", "))
    }
}

fn value(setting: &Setting) -> String {
    match (&setting.value, &setting.absent) {
        (Some(value), _) if value == KEY => KEY.to_owned(),
        (Some(value), _) => cleaned(value),
        (None, Some(absent)) => format!("({})", cleaned(absent)),
        (None, None) => "-".to_owned(),
    }
}

fn masked(value: &str) -> String {
    if value == KEY { KEY.to_owned() } else { redacted(value).into_owned() }
}

fn origin(origin: &Origin, path: &str) -> Option<String> {
    Some(match origin {
        Origin::Typed(option) => format!("option {option}"),
        Origin::Environment(variable) => format!("environment {variable}"),
        Origin::Profile { name, line } => format!("profile '{}' in {path}:{line}", cleaned(name)),
        Origin::Top { line } => format!("top level in {path}:{line}"),
        Origin::Default => return None,
    })
}

/// Returns the settings for programs: one JSON object.
pub fn json(shown: &Settings) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Object<'a> {
        schema: u32,
        path: Option<String>,
        exists: bool,
        settings: Vec<Shown<'a>>,
    }
    #[derive(Serialize)]
    struct Shown<'a> {
        name: &'a str,
        value: Option<String>,
        from: &'static str,
        place: Option<String>,
        line: Option<usize>,
        commands: &'a [String],
    }
    let lines = shown.settings.iter().map(|setting| {
        let (from, place, line) = match &setting.origin {
            Origin::Typed(option) => ("option", Some(option.clone()), None),
            Origin::Environment(variable) => ("environment", Some(variable.clone()), None),
            Origin::Profile { name, line } => ("profile", Some(redacted(name).into_owned()), Some(*line)),
            Origin::Top { line } => ("top_level", None, Some(*line)),
            Origin::Default => ("default", None, None),
        };
        let value = setting.value.as_deref().map(masked);
        Shown { name: &setting.name, value, from, place, line, commands: &setting.commands }
    });
    let object = Object {
        schema: SCHEMA,
        path: shown.path.as_deref().map(|path| redacted(path).into_owned()),
        exists: shown.exists,
        settings: lines.collect(),
    };
    Ok(serde_json::to_string(&object)? + "\n")
}
