//! Why a node cannot be configured as it is told.

use std::path::PathBuf;

/// Why a configuration or a key file is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read or written.
    #[error("cannot {action} {}: {source}", file.display())]
    File {
        /// `read` or `write`.
        action: &'static str,
        /// Which file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{}: {reason}", file.display())]
    Syntax {
        /// Which file.
        file: PathBuf,
        /// What the parser said, with the line.
        reason: String,
    },
    /// There is no such key.
    #[error("{place}: found the key {key}, expected a known one")]
    Unknown {
        /// The file, or the flag.
        place: String,
        /// The key.
        key: String,
        /// The known key that is most like it.
        nearest: Option<String>,
    },
    /// A value is of the wrong type or out of bounds.
    #[error("{place}: {key}: found {found}, expected {expected}")]
    Value {
        /// The file, or the flag.
        place: String,
        /// The key.
        key: String,
        /// What stands there.
        found: String,
        /// What may stand there.
        expected: String,
    },
    /// A key file holds no key.
    #[error("{}: found {found}, expected {expected}", file.display())]
    KeyFile {
        /// Which file.
        file: PathBuf,
        /// What it holds; never the secret itself.
        found: String,
        /// What it must hold.
        expected: &'static str,
    },
    /// The system gave no randomness for a new key.
    #[error(transparent)]
    NoRandomness(#[from] tenon_crypto::os::NoRandomness),
}

impl ConfigError {
    /// What to do.
    pub fn hint(&self) -> String {
        match self {
            Self::File { action: "write", .. } => {
                "choose a folder that you may write and in which no such file is".into()
            }
            Self::File { .. } => "write the node's folder with `tenon node init --base-path DIR`".into(),
            Self::Syntax { .. } => "compare the line with the file that `tenon node init` writes".into(),
            Self::Unknown { nearest: Some(nearest), .. } => format!("did you mean {nearest}?"),
            Self::Unknown { nearest: None, .. } => "the file that `tenon node init` writes lists every key".into(),
            Self::Value { .. } => "the file that `tenon node init` writes says what each key is for".into(),
            Self::KeyFile { .. } => {
                "restore the file from a copy; a new key makes another node, and another validator".into()
            }
            Self::NoRandomness(_) => "try again".into(),
        }
    }
}
