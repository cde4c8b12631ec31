//! Builds a module's package to the WASM that goes on chain: the same bytes on every machine.
//!
//! It runs cargo for `wasm32-unknown-unknown` with a target directory of its own, so that it never waits for a build
//! around it (the node's build script and tests use it), then strips what the chain has no use for and appends what
//! only the build knows to the manifest: a hash of the sources and the name of the compiler. Paths of the machine are
//! replaced everywhere. It prints nothing; what cargo said is in the error.
//!
//! Left out: checking the module against the sandbox's rules, which `tenon-engine` does, and uploading.

mod cargo;
mod changes;
mod error;
mod packages;
mod wasm;

pub use changes::build_module_if_changed;
pub use error::BuildError;

use packages::Packages;
use std::path::{Path, PathBuf};
use tenon_abi::section::{BUILD_IMAGE, ENTRY_HEADER_BYTES, SOURCE_HASH};

/// The target that modules are compiled for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// A module that was built.
#[derive(Clone, Debug)]
pub struct Built {
    /// The module.
    pub wasm: Vec<u8>,
    /// Where it was written.
    pub path: PathBuf,
    /// The package's name.
    pub name: String,
    /// The hash of the sources, as the manifest states it.
    pub source_hash: [u8; 32],
    /// The compiler, as the manifest states it.
    pub build_image: String,
    /// Files and folders from which it was built.
    pub sources: Vec<PathBuf>,
}

/// Builds the package in `manifest_dir`, keeping what cargo produces in `target_dir`.
///
/// # Errors
/// [`BuildError`]: a tool is missing, the package does not compile, or cargo's output is not a module. Each has a hint.
pub fn build_module(manifest_dir: &Path, target_dir: &Path) -> Result<Built, BuildError> {
    let manifest = manifest_dir.join("Cargo.toml");
    if !manifest.is_file() {
        return Err(BuildError::NoPackage { path: manifest_dir.to_owned() });
    }
    let compiler = cargo::compiler(manifest_dir)?;
    let packages = Packages::read(&manifest)?;
    let source_hash = packages.source_hash()?;
    let artifact = cargo::compile(&manifest, target_dir, &packages, &compiler)?;
    let bytes = std::fs::read(&artifact).map_err(|source| BuildError::Io { path: artifact.clone(), source })?;
    let build_image = compiler.image();
    let mut entries = entry(SOURCE_HASH, &source_hash);
    entries.extend(entry(BUILD_IMAGE, &text(&build_image)));
    let wasm = wasm::finish(&bytes, &entries).map_err(|reason| BuildError::Malformed { path: artifact, reason })?;
    let path = target_dir.join(format!("{}.wasm", packages.name()));
    std::fs::write(&path, &wasm).map_err(|source| BuildError::Io { path: path.clone(), source })?;
    let sources = packages.source_paths();
    Ok(Built { wasm, path, name: packages.name().to_owned(), source_hash, build_image, sources })
}

/// The hash of a package's sources, as [`build_module`] puts it into the manifest.
///
/// # Errors
/// [`BuildError`] if there is no package or a file of it cannot be read.
pub fn source_hash(manifest_dir: &Path) -> Result<[u8; 32], BuildError> {
    Packages::read(&manifest_dir.join("Cargo.toml"))?.source_hash()
}

fn entry(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("an entry is far below 4 GiB");
    let mut bytes = Vec::with_capacity(ENTRY_HEADER_BYTES + payload.len());
    bytes.push(kind);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

fn text(value: &str) -> Vec<u8> {
    let length = u16::try_from(value.len()).expect("a version line is far below 64 KiB");
    [&length.to_le_bytes()[..], value.as_bytes()].concat()
}
