//! A module project on this machine: where it is, where its build goes, and what its code says of itself.

use super::output::{Failure, Kind};
use std::path::{Path, PathBuf};
use tenon_build::Built;
use tenon_types::interface::{Interface, Manifest};
use tenon_types::{Hash, blake2b_256};

/// Environment variable with the folder of the SDK's sources.
pub(super) const SDK_VARIABLE: &str = "TENON_SDK";
/// Bytes of a WASM file that are read; the chain's own limit is lower and has its own error.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// Code with what it says of itself.
#[derive(Clone, Debug)]
pub(super) struct Code {
    /// The WASM file.
    pub wasm: Vec<u8>,
    /// Its hash.
    pub hash: Hash,
    /// Its methods, events, errors and types.
    pub interface: Interface,
    /// Its name, version and capabilities.
    pub manifest: Manifest,
}

impl Code {
    /// Reads what a WASM file says of itself.
    ///
    /// # Errors
    /// [`Kind::Code`] if it is no module.
    pub(super) fn new(wasm: Vec<u8>) -> Result<Self, Failure> {
        let failed = |error: tenon_types::interface::InterfaceError| {
            Failure::new(Kind::Code, format!("not a module: {error}"), "build the module with `tenon build`")
        };
        let (interface, manifest) =
            (Interface::of_code(&wasm).map_err(failed)?, Manifest::of_code(&wasm).map_err(failed)?);
        let hash = blake2b_256(&wasm);
        Ok(Self { wasm, hash, interface, manifest })
    }

    /// Reads a WASM file.
    ///
    /// # Errors
    /// [`Kind::File`] or [`Kind::Code`].
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |reason: String| {
            Failure::new(
                Kind::File,
                format!("cannot read {}: {reason}", path.display()),
                "give the path of a WASM file",
            )
        };
        let length = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?.len();
        if length > MAX_FILE_BYTES {
            return Err(failed(format!("found {length} bytes, expected at most {MAX_FILE_BYTES}")));
        }
        Self::new(std::fs::read(path).map_err(|error| failed(error.to_string()))?)
    }
}

/// The nearest folder with a Cargo.toml, from the present one up.
///
/// # Errors
/// [`Kind::Project`] if there is none.
pub(super) fn find() -> Result<PathBuf, Failure> {
    let here = std::env::current_dir().map_err(|error| {
        Failure::new(Kind::Project, format!("no present folder: {error}"), "change to a folder that exists")
    })?;
    here.ancestors().find(|folder| folder.join("Cargo.toml").is_file()).map(Path::to_path_buf).ok_or_else(|| {
        Failure::new(
            Kind::Project,
            format!("found no Cargo.toml in {} or above, expected a module project", here.display()),
            "change to a project, or make one with `tenon new NAME`",
        )
    })
}

/// Builds the project of the present folder.
///
/// # Errors
/// [`Kind::Project`] or [`Kind::Build`].
pub(super) fn build() -> Result<(Built, Code), Failure> {
    let folder = find()?;
    let built = tenon_build::build_module(&folder, &target(&folder))
        .map_err(|error| Failure::new(Kind::Build, chain_of(&error), error.hint()))?;
    let code = Code::new(built.wasm.clone())?;
    Ok((built, code))
}

/// Where builds go: the environment's choice; the SDK's own, so that a new project need not build the engine again; or the
/// project's.
pub(super) fn target(folder: &Path) -> PathBuf {
    if let Some(chosen) = std::env::var_os("CARGO_TARGET_DIR").filter(|chosen| !chosen.is_empty()) {
        return folder.join(chosen);
    }
    let shared = sdk().map(|sdk| sdk.join("target")).ok().filter(|shared| writable(shared));
    shared.unwrap_or_else(|| folder.join("target"))
}

fn writable(folder: &Path) -> bool {
    std::fs::metadata(folder).is_ok_and(|data| data.is_dir() && !data.permissions().readonly())
}

/// The folder of the SDK's sources: the environment's, or that from which this program was built.
///
/// # Errors
/// [`Kind::Project`] if it is not there.
pub(super) fn sdk() -> Result<PathBuf, Failure> {
    let folder = std::env::var_os(SDK_VARIABLE)
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")), PathBuf::from);
    let found = folder.canonicalize().ok().filter(|folder| folder.join("sdk/contract/Cargo.toml").is_file());
    found.ok_or_else(|| {
        Failure::new(
            Kind::Project,
            format!("found no SDK in {}, expected sdk/contract/Cargo.toml there", folder.display()),
            format!("set {SDK_VARIABLE} to a checkout of Tenon"),
        )
    })
}

/// An error with its causes on one line.
pub(super) fn chain_of(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}
