//! Why an output cannot be written.

use std::io;

use crate::rows::merge::Collision;

/// Why an output cannot be written. `path` is the file as it was named, or `standard output`.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A column would have the name of one that is not ours: a wrong use.
    #[error(transparent)]
    Collision(#[from] Collision),
    /// It is a folder: a wrong use.
    #[error("{path}: is a directory, not a file")]
    Directory {
        /// The folder.
        path: String,
    },
    /// It cannot be begun.
    #[error("{path}: cannot be created")]
    Create {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// It cannot be gone on with.
    #[error("{path}: cannot be written")]
    Write {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// It is written beside its place, but cannot be put there; the file that was there is as before.
    #[error("{path}: cannot be replaced")]
    Replace {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
}

impl WriteError {
    /// Returns whether the reader of a pipe has gone: no error to a user.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Write { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Returns whether the command was used wrongly, rather than writing failed.
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::Collision(_) | Self::Directory { .. })
    }

    /// Returns what to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Collision(collision) => Some(collision.hint()),
            Self::Directory { .. } => Some("name a file in it".to_owned()),
            Self::Create { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("the folder does not exist; create it first".to_owned())
            }
            Self::Create { .. } => None,
            Self::Write { .. } | Self::Replace { .. } => Some(
                "what was paid for is in the ledger; make room or name another file and run the same command again"
                    .to_owned(),
            ),
        }
    }
}
