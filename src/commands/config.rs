//! `leadenrich config`: where the configuration is, and what holds by it.

use std::io::Write;

use crate::cli::{ConfigAction, ConfigArgs, GlobalArgs, ShowArgs};
use crate::config::{ConfigError, place};
use crate::failure::Exit;
use crate::report::settings::{Settings, json, text};
use crate::rules::redact::without_credentials;
use crate::rules::setting::{Origin, Setting};
use crate::secret::ApiKey;
use crate::settings::{KEY_VARIABLE, base_url, ledger_place};

pub(super) fn run(global: &GlobalArgs, args: ConfigArgs) -> anyhow::Result<Exit> {
    let shown = match args.action {
        ConfigAction::Path => {
            let path = place(global.config.as_deref()).ok_or(ConfigError::NoHome)?;
            format!("{}\n", path.display())
        }
        ConfigAction::Show(args) => show(global, args)?,
    };
    let mut stdout = std::io::stdout();
    stdout.write_all(shown.as_bytes())?;
    stdout.flush()?;
    Ok(Exit::Complete)
}

fn show(global: &GlobalArgs, args: ShowArgs) -> anyhow::Result<String> {
    let path = global.configured.path.as_deref();
    let mut settings = args.settings;
    set_usual(&mut settings, "base_url", || {
        base_url(global).ok().map(|url| without_credentials(url.as_str().trim_end_matches('/')))
    });
    set_usual(&mut settings, "ledger", || {
        let place = ledger_place(global, false).ok()?;
        place.path().map(|path| path.display().to_string())
    });
    tell_key(&mut settings, std::env::var_os(KEY_VARIABLE).map(|key| key.to_string_lossy().into_owned()));
    let shown = Settings {
        path: path.map(|path| path.display().to_string()),
        exists: path.is_some_and(std::path::Path::exists),
        settings,
    };
    Ok(if args.json { json(&shown)? } else { text(&shown) })
}

/// Gives a setting that nobody set the value that is used then.
fn set_usual(settings: &mut [Setting], name: &str, usual: impl Fn() -> Option<String>) {
    for setting in settings.iter_mut().filter(|setting| setting.name == name && setting.value.is_none()) {
        setting.value = usual();
    }
}

/// Says which key is used, by the order of `settings::find_key`, and moves it to the front.
fn tell_key(settings: &mut Vec<Setting>, variable: Option<String>) {
    let configured =
        settings.iter().position(|setting| setting.name == "api_key").map(|at| settings.remove(at));
    let file = settings.iter().find(|setting| setting.name == "api_key_file" && setting.value.is_some());
    let of = |value: Option<&str>, absent: Option<String>, origin| Setting {
        name: "api_key".to_owned(),
        value: value.map(str::to_owned),
        absent,
        origin,
        commands: Vec::new(),
    };
    let key = if let Some(text) = variable.filter(|text| !text.is_empty()) {
        let origin = Origin::Environment(KEY_VARIABLE.to_owned());
        match ApiKey::parse(&text) {
            Ok(_) => of(Some("wbk_…"), None, origin),
            Err(error) => of(None, Some(error.to_string()), origin),
        }
    } else if let Some(file) = file {
        of(None, Some("in the key file".to_owned()), file.origin.clone())
    } else {
        configured.unwrap_or_else(|| of(None, Some("none".to_owned()), Origin::Default))
    };
    settings.insert(0, key);
}
