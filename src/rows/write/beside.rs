//! The file that an output is written to beside its place, until it is complete.
//!
//! It is called `.NAME.leadenrich-1.tmp` after the file that it will replace, and locked for as long as its process
//! lives. A process that is killed leaves it behind; the next one that writes the same output finds nobody's lock on it
//! and takes it away, so that there are never more of them than processes. Several at once count on: 2, 3 and so on.
//!
//! It has the mode, and where that is permitted the owner, of the file that it will replace, before anything is in it.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use tempfile::{Builder, NamedTempFile};

/// How many processes may write the same output with names that count; more get a name by chance.
const NUMBERS_MAX: u32 = 32;

/// A name up to this long has room for ours in a folder. Source: most file systems allow 255 bytes.
const NAME_MAX: usize = 200;

/// What remains of a mode: a program's rights (set-user-id and the like) are not for data that replaces it.
const MODE: u32 = 0o777;

/// Creates a file beside the one that it will replace, if there is one.
pub(super) fn create(target: &Path, replaced: Option<&Metadata>) -> io::Result<NamedTempFile> {
    let file = create_locked(target)?;
    if let Some(replaced) = replaced {
        take_after(file.as_file(), replaced)?;
    }
    Ok(file)
}

/// Why a complete file could not be put in its place.
#[derive(Debug)]
pub(super) struct NotReplaced {
    pub(super) source: io::Error,
    /// Where the file is; absent if it is gone, or not safely on the disk.
    pub(super) kept: Option<PathBuf>,
}

/// Puts a complete file in its place, or leaves it where it is.
pub(super) fn replace(file: NamedTempFile, target: &Path) -> Result<(), NotReplaced> {
    // Else a crash after the renaming could leave a file with a name and nothing in it.
    file.as_file().sync_all().map_err(|source| NotReplaced { source, kept: None })?;
    file.persist(target).map_err(|error| {
        let kept = error.file.keep().ok().map(|(_, path)| path).filter(|path| path.exists());
        NotReplaced { source: error.error, kept }
    })?;
    // The rename itself is on the disk once the folder is; not every file system can sync one.
    let _ = File::open(folder(target)).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Returns the folder of a file.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn create_locked(target: &Path) -> io::Result<NamedTempFile> {
    let folder = folder(target);
    let mut number = 1;
    while number <= NUMBERS_MAX {
        let name = name(target, number);
        match builder(&name).rand_bytes(0).tempfile_in(folder) {
            Ok(file) => match lock(file) {
                Some(file) => return Ok(file),
                // Another process took it for left behind, in the moment before it was locked.
                None => number += 1,
            },
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(without_path(error)),
            Err(_) if take_away(&folder.join(name)) => {}
            Err(_) => number += 1,
        }
    }
    builder(&name(target, number)).tempfile_in(folder).map_err(without_path)
}

/// Returns what the file is called beside its target.
fn name(target: &Path, number: u32) -> OsString {
    let mut name = OsString::from(".");
    // Files with very long names share one.
    name.push(target.file_name().filter(|name| name.len() <= NAME_MAX).unwrap_or_default());
    name.push(format!(".leadenrich-{number}.tmp"));
    name
}

fn builder(name: &OsString) -> Builder<'_, 'static> {
    let mut builder = Builder::new();
    // As any program creates a file: the process's mask takes away from this.
    builder.prefix(name).permissions(Permissions::from_mode(0o666));
    builder
}

/// Locks a new file for as long as it is open; returns nothing if it is not there any more.
fn lock(mut file: NamedTempFile) -> Option<NamedTempFile> {
    let is_ours = match file.as_file().try_lock() {
        Ok(()) => is_at(file.as_file(), file.path()),
        Err(TryLockError::WouldBlock) => false,
        // Nobody can lock here, so nobody finds it unlocked.
        Err(TryLockError::Error(_)) => true,
    };
    // What has its name now is another's.
    file.disable_cleanup(!is_ours);
    is_ours.then_some(file)
}

/// Takes away a file that a process left behind, and returns whether its name is free now.
fn take_away(path: &Path) -> bool {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let Ok(file) = OpenOptions::new().read(true).custom_flags(flags).open(path) else {
        return false;
    };
    file.try_lock().is_ok() && is_at(&file, path) && fs::remove_file(path).is_ok()
}

/// Returns whether an open file is the one at a path.
fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(there)) = (file.metadata(), fs::symlink_metadata(path)) else { return false };
    open.is_file() && (open.dev(), open.ino()) == (there.dev(), there.ino())
}

/// Gives a file the owner, as far as that is permitted, and the mode of another.
fn take_after(file: &File, other: &Metadata) -> io::Result<()> {
    let own = file.metadata()?;
    let (owner, group) = (other.uid(), other.gid());
    let has_owner = own.uid() == owner && own.gid() == group;
    let has_owner = has_owner || fchown(file, Some(owner), Some(group)).is_ok();
    let has_group = has_owner || own.gid() == group || fchown(file, None, Some(group)).is_ok();
    let mode = other.mode() & MODE;
    // Another group may do no more than everybody could.
    let mode = if has_group { mode } else { mode & (0o707 | (mode & 0o007) << 3) };
    file.set_permissions(Permissions::from_mode(mode))
}

/// Takes the temporary file's name, which says nothing to the user, out of an error.
pub(super) fn without_path(error: io::Error) -> io::Error {
    match error.to_string().split_once(" at path ") {
        Some((told, _)) => io::Error::new(error.kind(), told),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(name).collect();
        names.sort();
        names
    }

    /// Leaves a file behind as a killed process does.
    fn leave_behind(target: &Path) {
        let mut file = create(target, None).unwrap();
        file.disable_cleanup(true);
    }

    #[test]
    fn what_was_left_behind_is_taken_away_and_what_is_in_use_stays() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out.csv");
        for _ in 0..3 {
            leave_behind(&target);
            assert_eq!(names(folder.path()), [".out.csv.leadenrich-1.tmp"]);
        }
        leave_behind(&folder.path().join("other.csv"));
        let first = create(&target, None).unwrap();
        let second = create(&target, None).unwrap();
        let all = [".other.csv.leadenrich-1.tmp", ".out.csv.leadenrich-1.tmp", ".out.csv.leadenrich-2.tmp"];
        assert_eq!(names(folder.path()), all);
        drop(first);
        replace(second, &target).unwrap();
        assert_eq!(names(folder.path()), [".other.csv.leadenrich-1.tmp", "out.csv"]);
    }

    #[test]
    fn many_at_once_each_have_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out.csv");
        for _ in 0..40 {
            leave_behind(&target);
        }
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let file = create(&target, None).unwrap();
                        assert!(is_at(file.as_file(), file.path()));
                    }
                });
            }
        });
        let files: Vec<_> = (0..NUMBERS_MAX + 3).map(|_| create(&target, None).unwrap()).collect();
        assert_eq!(names(folder.path()).len(), files.len());
        drop(files);
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn what_only_looks_like_one_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("precious"), "kept").unwrap();
        std::os::unix::fs::symlink(at("precious"), at(".out.csv.leadenrich-1.tmp")).unwrap();
        fs::create_dir(at(".out.csv.leadenrich-2.tmp")).unwrap();
        let file = create(&at("out.csv"), None).unwrap();
        assert_eq!(file.path(), at(".out.csv.leadenrich-3.tmp"));
        assert_eq!(fs::read_to_string(at("precious")).unwrap(), "kept");
    }

    #[test]
    fn a_name_as_long_as_names_can_be_is_no_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("n".repeat(255));
        replace(create(&target, None).unwrap(), &target).unwrap();
        assert_eq!(names(folder.path()), ["n".repeat(255)]);
    }

    #[test]
    fn a_mode_is_kept_but_for_a_programs_rights() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out.csv");
        for (mode, kept) in [(0o600, 0o600), (0o640, 0o640), (0o6755, 0o755), (0o1666, 0o666)] {
            fs::write(&target, "old").unwrap();
            fs::set_permissions(&target, Permissions::from_mode(mode)).unwrap();
            let file = create(&target, Some(&fs::metadata(&target).unwrap())).unwrap();
            replace(file, &target).unwrap();
            assert_eq!(fs::metadata(&target).unwrap().mode() & 0o7777, kept, "{mode:o}");
        }
    }
}
