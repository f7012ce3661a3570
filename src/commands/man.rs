//! `leadenrich man`: the pages of the manual, to standard output or into a folder.

use std::io::Write;

use anyhow::Context as _;

use crate::cli::{ManArgs, pages};
use crate::failure::Exit;

pub(super) fn run(args: &ManArgs) -> anyhow::Result<Exit> {
    let pages = pages()?;
    let Some(folder) = &args.dir else {
        let mut stdout = std::io::stdout();
        stdout.write_all(pages.first().map(|page| page.text.as_bytes()).unwrap_or_default())?;
        stdout.flush()?;
        return Ok(Exit::Complete);
    };
    std::fs::create_dir_all(folder)
        .with_context(|| format!("the folder '{}' cannot be made", folder.display()))?;
    for page in pages {
        let path = folder.join(&page.name);
        std::fs::write(&path, &page.text)
            .with_context(|| format!("'{}' cannot be written", path.display()))?;
    }
    Ok(Exit::Complete)
}
