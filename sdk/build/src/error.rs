//! Why a build failed, and what to do about it.

use std::io;
use std::path::PathBuf;

/// Why a module was not built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// There is no package in the folder.
    #[error("no Cargo.toml in {}", path.display())]
    NoPackage {
        /// The folder.
        path: PathBuf,
    },
    /// A tool could not be started.
    #[error("cannot run `{tool}`")]
    Tool {
        /// Which tool.
        tool: String,
        /// Why not.
        source: io::Error,
    },
    /// The compiler has no standard library for modules.
    #[error("the target {} is not installed for {compiler}", crate::TARGET)]
    MissingTarget {
        /// The compiler.
        compiler: String,
    },
    /// Cargo could not describe the package.
    #[error("cargo cannot read the package:\n{output}")]
    Metadata {
        /// What cargo said.
        output: String,
    },
    /// The package does not compile.
    #[error("the module does not compile:\n{output}")]
    Compile {
        /// What cargo said.
        output: String,
    },
    /// A file cannot be read or written.
    #[error("cannot access {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// What the compiler wrote cannot be taken apart.
    #[error("{} is not a module: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: &'static str,
    },
}

impl BuildError {
    /// What a user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoPackage { .. } => "run this in a module's folder, or make one with `tenon new`",
            Self::Tool { .. } => "install Rust from https://rustup.rs",
            Self::MissingTarget { .. } => "run `rustup target add wasm32-unknown-unknown`",
            Self::Metadata { .. } => "check the names, paths and versions in Cargo.toml",
            Self::Compile { .. } => "read the first error above: it names the line",
            Self::Io { .. } => "check that the folder exists, is writable, and that the disk is not full",
            Self::Malformed { .. } => "delete the target folder and build again",
        }
    }
}
