//! The module's package and what it is built from, as cargo resolves it.

use crate::error::BuildError;
use crate::{TARGET, cargo};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A package that takes part in the build.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// Whether its sources are edited here, so that a version does not identify them.
    local: bool,
}

/// The module's package and all that it depends on, development aside.
#[derive(Debug)]
pub(crate) struct Packages {
    /// The module's own name.
    name: String,
    /// The name of its library, as a file.
    library: String,
    /// The folder to which cargo's paths are relative.
    pub(crate) workspace: PathBuf,
    /// All packages, sorted by name and version.
    pub(crate) all: BTreeSet<Package>,
}

impl Packages {
    /// Asks cargo.
    pub(crate) fn read(manifest: &Path) -> Result<Self, BuildError> {
        let output = cargo::run(
            cargo::command(manifest)
                .args(["metadata", "--format-version", "1", "--filter-platform", TARGET, "--manifest-path"])
                .arg(manifest),
        )?;
        let malformed =
            |what: &str| BuildError::Metadata { output: format!("no {what} in the output of cargo metadata") };
        if !output.status.success() {
            return Err(BuildError::Metadata { output: String::from_utf8_lossy(&output.stderr).into_owned() });
        }
        let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|error| malformed(&error.to_string()))?;
        let root = metadata["resolve"]["root"].as_str().ok_or_else(|| malformed("root package"))?;
        let packages: BTreeMap<&str, &Value> =
            list(&metadata["packages"]).filter_map(|package| Some((package["id"].as_str()?, package))).collect();
        let package = packages.get(root).ok_or_else(|| malformed("package of the module"))?;
        let library = list(&package["targets"])
            .find(|target| list(&target["kind"]).any(|kind| matches!(kind.as_str(), Some("lib" | "cdylib" | "rlib"))))
            .and_then(|target| target["name"].as_str())
            .ok_or_else(|| malformed("library of the module"))?;
        Ok(Self {
            name: package["name"].as_str().ok_or_else(|| malformed("name"))?.to_owned(),
            library: library.replace('-', "_"),
            workspace: PathBuf::from(metadata["workspace_root"].as_str().ok_or_else(|| malformed("workspace"))?),
            all: reachable(root, &metadata)
                .into_iter()
                .filter_map(|id| packages.get(id).and_then(|package| Package::read(package)))
                .collect(),
        })
    }

    /// The package's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The file that the compiler writes.
    pub(crate) fn artifact(&self) -> String {
        format!("{}.wasm", self.library)
    }

    /// What a change of would change the module, cargo's own files aside.
    pub(crate) fn source_paths(&self) -> Vec<PathBuf> {
        let local = self.all.iter().filter(|package| package.local);
        let mut paths: Vec<_> =
            local.flat_map(|package| ["Cargo.toml", "src"].map(|name| package.folder.join(name))).collect();
        paths.extend(["Cargo.toml", "Cargo.lock"].map(|name| self.workspace.join(name)));
        paths
    }

    /// The hash of everything that the module is made of: name and version of each package, and each source file of
    /// those that have no published version.
    pub(crate) fn source_hash(&self) -> Result<[u8; 32], BuildError> {
        let mut hasher = blake2b_simd::Params::new().hash_length(32).to_state();
        let mut add = |bytes: &[u8]| {
            hasher.update(&u64::try_from(bytes.len()).expect("a length fits 64 bits").to_le_bytes());
            hasher.update(bytes);
        };
        for package in &self.all {
            add(package.name.as_bytes());
            add(package.version.as_bytes());
            for (path, file) in package.source_files()? {
                add(path.as_bytes());
                add(&std::fs::read(&file).map_err(|source| BuildError::Io { path: file.clone(), source })?);
            }
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(hasher.finalize().as_bytes());
        Ok(hash)
    }
}

impl Package {
    fn read(package: &Value) -> Option<Self> {
        Some(Self {
            name: package["name"].as_str()?.to_owned(),
            version: package["version"].as_str()?.to_owned(),
            folder: Path::new(package["manifest_path"].as_str()?).parent()?.to_owned(),
            local: package["source"].is_null(),
        })
    }

    /// Manifest and sources by their path within the package, which has `/` on every machine.
    fn source_files(&self) -> Result<BTreeMap<String, PathBuf>, BuildError> {
        let mut files = BTreeMap::new();
        if self.local {
            files.insert("Cargo.toml".to_owned(), self.folder.join("Cargo.toml"));
            add_files(&self.folder.join("src"), "src", &mut files)?;
        }
        Ok(files)
    }
}

fn add_files(folder: &Path, prefix: &str, files: &mut BTreeMap<String, PathBuf>) -> Result<(), BuildError> {
    let failed = |source| BuildError::Io { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(failed)?.is_dir() {
            add_files(&entry.path(), &name, files)?;
        } else {
            files.insert(name, entry.path());
        }
    }
    Ok(())
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Ids of the packages that are linked into the module or run while it is compiled.
fn reachable<'a>(root: &'a str, metadata: &'a Value) -> BTreeSet<&'a str> {
    let nodes: BTreeMap<&str, &Value> =
        list(&metadata["resolve"]["nodes"]).filter_map(|node| Some((node["id"].as_str()?, node))).collect();
    let mut found = BTreeSet::from([root]);
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        let Some(node) = nodes.get(id) else { continue };
        for dependency in list(&node["deps"]) {
            let used = list(&dependency["dep_kinds"]).any(|kind| kind["kind"].as_str() != Some("dev"));
            if let (true, Some(id)) = (used, dependency["pkg"].as_str())
                && found.insert(id)
            {
                open.push(id);
            }
        }
    }
    found
}
