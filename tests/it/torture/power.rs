//! A power cut: what is left of the files of a run that was killed, if the machine died with it.
//!
//! The shim has kept what each file held when it was last synced. Of what was written since, nothing is left, or of each
//! sector either what it held before or what it was given, drawn for each: a disk writes in the order that it likes.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use fastrand::Rng;

use crate::support::home::Home;

/// What a disk writes as a whole.
const SECTOR: usize = 512;

/// Where the ledger is in a home.
pub(crate) const LEDGER: &str = ".local/state/leadenrich/ledger.db";

/// Where the shim keeps what was synced.
pub(crate) const DURABLE: &str = "durable";

/// Cuts the power: turns the files into what the disk kept. `before` is what stood in the output's place before the run.
pub(crate) fn cut(home: &Home, output: &str, before: Option<&str>, rng: &mut Rng) {
    let durable = home.path(DURABLE);
    let some_survives = rng.bool();
    for (suffix, gone) in [("", None), ("-wal", Some("gone-wal")), ("-journal", Some("gone-journal"))] {
        let path = home.path(&format!("{LEDGER}{suffix}"));
        match (fs::read(&path), synced(&durable, &path)) {
            (Ok(now), synced) => put(&path, survived(&now, synced, some_survives, rng)),
            (Err(_), _) => {
                let removed = gone.and_then(|gone| fs::read(durable.join(gone)).ok());
                put(&path, removed.filter(|_| rng.bool()));
            }
        }
    }
    let _ = fs::remove_file(home.path(&format!("{LEDGER}-shm")));
    let path = home.path(output);
    if let Ok(now) = fs::read(&path)
        && before.is_none_or(|before| before.as_bytes() != now)
    {
        let synced = synced(&durable, &path);
        assert!(
            synced.is_some_and(|synced| synced == now),
            "an output was in its place before it was synced"
        );
        if rng.bool() {
            put(&path, before.map(|before| before.as_bytes().to_vec()));
        }
    }
    begin(home);
}

/// Makes what is there now what was synced.
pub(crate) fn begin(home: &Home) {
    let durable = home.path(DURABLE);
    let _ = fs::remove_dir_all(&durable);
    fs::create_dir(&durable).unwrap();
    for suffix in ["", "-wal", "-journal"] {
        let path = home.path(&format!("{LEDGER}{suffix}"));
        if path.exists() {
            fs::copy(&path, by_inode(&durable, &path).unwrap()).unwrap();
        }
    }
}

fn by_inode(durable: &Path, path: &Path) -> Option<PathBuf> {
    Some(durable.join(fs::metadata(path).ok()?.ino().to_string()))
}

fn synced(durable: &Path, path: &Path) -> Option<Vec<u8>> {
    fs::read(by_inode(durable, path)?).ok()
}

fn put(path: &Path, content: Option<Vec<u8>>) {
    match content {
        Some(content) => fs::write(path, content).unwrap(),
        None => drop(fs::remove_file(path)),
    }
}

/// Draws what is left of a file; nothing where not even its name is.
fn survived(now: &[u8], synced: Option<Vec<u8>>, some: bool, rng: &mut Rng) -> Option<Vec<u8>> {
    if !some || (synced.is_none() && rng.bool()) {
        return synced;
    }
    let synced = synced.unwrap_or_default();
    let length = if rng.bool() { now.len() } else { synced.len() };
    let mut left = synced;
    left.resize(length, 0);
    for (sector, written) in left.chunks_mut(SECTOR).zip(now.chunks(SECTOR)) {
        if rng.bool() {
            let written = &written[..written.len().min(sector.len())];
            sector[..written.len()].copy_from_slice(written);
        }
    }
    Some(left)
}
