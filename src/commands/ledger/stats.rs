//! `leadenrich ledger stats`.

use std::io::IsTerminal;
use std::path::Path;

use jiff::tz::TimeZone;

use super::{print, say_missing, width};
use crate::cli::{GlobalArgs, PeriodArg, StatsArgs};
use crate::commands::reporter::wants_color;
use crate::engine::clock::Clock;
use crate::failure::Exit;
use crate::ledger::read::Reader;
use crate::report::books::{Context, json, text};
use crate::rules::books::{Books, Period};

pub(super) fn run(global: &GlobalArgs, path: &Path, scope: &str, args: &StatsArgs) -> anyhow::Result<Exit> {
    let now = Clock::system().now().wall;
    let period = match args.by {
        PeriodArg::Month => Period::Month,
        PeriodArg::Day => Period::Day,
    };
    let books = if let Some(reader) = Reader::open(path, scope)? {
        reader.books(period, now)?
    } else {
        say_missing(global, path);
        Books::default()
    };
    let name = path.display().to_string();
    if args.json {
        print(&json(&books, &name, now)?)?;
        return Ok(Exit::Complete);
    }
    let color = wants_color(global.color, std::io::stdout().is_terminal());
    let context = Context { width: width(), color, zone: TimeZone::system(), now, period };
    print(&text(&books, &name, &context))?;
    Ok(Exit::Complete)
}
