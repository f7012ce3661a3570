//! Who holds the ledger: the process that locked it, as far as the system tells.
//!
//! Asked of the kernel's list of locks, not of the file: to close a file lets go of all locks that this process has on
//! it.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Where the kernel lists all locks; only Linux has it.
const LOCKS: &str = "/proc/locks";

/// The first byte of a database that SQLite locks. Source: SQLite's `os.h`.
const DATABASE_LOCKS: u64 = 0x4000_0000;

/// The byte of the shared memory that the writer locks. Source: SQLite's `walformat` page, "WAL locks".
const WRITE_LOCK: u64 = 120;

/// Returns the process that keeps others from writing, as `process 4711 (sqlite3)`.
pub(super) fn holder(path: &Path) -> Option<String> {
    let inode = |path: &Path| fs::metadata(path).ok().map(|metadata| metadata.ino());
    let mut shared = path.as_os_str().to_owned();
    shared.push("-shm");
    let (database, shared) = (inode(path), inode(Path::new(&shared)));
    let locks = fs::read_to_string(LOCKS).ok()?;
    let id = locks.lines().filter_map(Lock::parse).find_map(|lock| {
        let is_of_database = Some(lock.inode) == database && lock.start >= DATABASE_LOCKS;
        let is_of_writer = Some(lock.inode) == shared && lock.start == WRITE_LOCK;
        let is_other = lock.id != std::process::id();
        (is_other && (is_of_database || is_of_writer)).then_some(lock.id)
    })?;
    let name = fs::read_to_string(format!("/proc/{id}/comm")).ok();
    let name = name.map(|name| format!(" ({})", name.trim_end())).unwrap_or_default();
    Some(format!("process {id}{name}"))
}

/// A lock that excludes others.
#[derive(Debug, PartialEq, Eq)]
struct Lock {
    id: u32,
    inode: u64,
    start: u64,
}

impl Lock {
    /// Reads a line such as `1: POSIX  ADVISORY  WRITE 4711 08:01:393 120 120`.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace().skip_while(|word| *word != "POSIX").skip(2);
        if words.next()? != "WRITE" {
            return None;
        }
        let id = words.next()?.parse().ok()?;
        let inode = words.next()?.rsplit(':').next()?.parse().ok()?;
        Some(Self { id, inode, start: words.next()?.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_kernel_are_read() {
        let read = Lock::parse("1: POSIX  ADVISORY  WRITE 4711 08:01:393 1073741826 1073742335");
        assert_eq!(read, Some(Lock { id: 4_711, inode: 393, start: 1_073_741_826 }));
        for other in [
            "1: POSIX  ADVISORY  READ 4711 08:01:393 120 120",
            "2: FLOCK  ADVISORY  WRITE 4711 08:01:393 0 EOF",
            "2: POSIX  ADVISORY  WRITE -1 08:01:393 0 EOF",
            "2: POSIX  ADVISORY  WRITE",
            "",
        ] {
            assert_eq!(Lock::parse(other), None, "{other}");
        }
    }
}
