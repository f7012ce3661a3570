//! Does the ledger lie on a network share? Locks there may not hold between machines, and SQLite cannot tell.

use std::path::Path;

/// What Linux calls file systems that other machines serve. Source: Linux's `magic.h`.
#[cfg(target_os = "linux")]
const SHARES: [(u32, &str); 6] = [
    (0x0000_6969, "NFS"),
    (0x0000_517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB 2"),
    (0x0102_1997, "9P"),
    (0x5346_414f, "AFS"),
];

/// Returns what serves the share that a file lies on, as far as the system tells. FUSE is none: it serves local disks
/// too.
#[cfg(target_os = "linux")]
pub(super) fn share(path: &Path) -> Option<&'static str> {
    let told = u32::try_from(rustix::fs::statfs(path).ok()?.f_type).ok()?;
    SHARES.iter().find(|(magic, _)| *magic == told).map(|(_, name)| *name)
}

/// Other systems are not asked.
#[cfg(not(target_os = "linux"))]
pub(super) const fn share(_path: &Path) -> Option<&'static str> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_disk_is_none() {
        assert_eq!(share(&std::env::temp_dir()), None);
        assert_eq!(share(Path::new("/not/there")), None);
    }
}
