//! What cargo says of the workspace: packages, where they lie, and what each depends on. Features and versions are left
//! out: no rule here looks at them.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// When a dependency is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// With the crate.
    Normal,
    /// With the crate's build script.
    Build,
    /// With the crate's tests.
    Dev,
}

/// An edge to another package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The package's own name, whatever the dependent calls it.
    pub name: String,
    /// When it is compiled.
    pub kind: Kind,
}

/// A package of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its directory below the workspace's root, such as `runtime/abi`.
    pub directory: String,
    /// What it depends on.
    pub dependencies: Vec<Dependency>,
    /// Whether cargo builds it when no package is named.
    pub is_default: bool,
}

/// The workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workspace {
    /// Its packages by name.
    pub packages: BTreeMap<String, Package>,
}

impl Workspace {
    /// Asks cargo, without the network.
    ///
    /// # Errors
    /// If cargo fails, or says something else than expected.
    pub fn read(root: &Path) -> Result<Self, String> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--offline", "--no-deps", "--format-version", "1"])
            .current_dir(root)
            .output()
            .map_err(|error| format!("cargo metadata: {error}"))?;
        if !output.status.success() {
            return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr)));
        }
        let metadata = serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
        Self::from_metadata(&metadata).ok_or_else(|| "cargo metadata: a field is missing".to_owned())
    }

    /// Reads the output of `cargo metadata`.
    pub fn from_metadata(metadata: &Value) -> Option<Self> {
        let root = metadata["workspace_root"].as_str()?;
        let defaults = metadata["workspace_default_members"].as_array()?;
        let packages = metadata["packages"]
            .as_array()?
            .iter()
            .map(|value| {
                let package = Package {
                    name: value["name"].as_str()?.to_owned(),
                    directory: directory(root, value["manifest_path"].as_str()?)?,
                    dependencies: value["dependencies"].as_array()?.iter().map(dependency).collect::<Option<_>>()?,
                    is_default: defaults.contains(&value["id"]),
                };
                Some((package.name.clone(), package))
            })
            .collect::<Option<_>>()?;
        Some(Self { packages })
    }
}

fn directory(root: &str, manifest: &str) -> Option<String> {
    let path = Path::new(manifest).parent()?.strip_prefix(root).ok()?;
    Some(path.to_str()?.replace('\\', "/"))
}

fn dependency(value: &Value) -> Option<Dependency> {
    let kind = match value["kind"].as_str() {
        None => Kind::Normal,
        Some("build") => Kind::Build,
        Some("dev") => Kind::Dev,
        Some(_) => return None,
    };
    Some(Dependency { name: value["name"].as_str()?.to_owned(), kind })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_names_places_and_kinds() {
        let metadata = json!({
            "workspace_root": "/w",
            "workspace_default_members": ["a 1"],
            "packages": [
                { "name": "a", "id": "a 1", "manifest_path": "/w/runtime/a/Cargo.toml", "dependencies": [
                    { "name": "b", "kind": null }, { "name": "c", "kind": "dev" }, { "name": "d", "kind": "build" },
                ] },
                { "name": "b", "id": "b 1", "manifest_path": "/w/node/b/Cargo.toml", "dependencies": [] },
            ],
        });
        let workspace = Workspace::from_metadata(&metadata).expect("every field is there");
        let package = &workspace.packages["a"];
        assert_eq!((package.directory.as_str(), package.is_default), ("runtime/a", true));
        let kinds: Vec<Kind> = package.dependencies.iter().map(|dependency| dependency.kind).collect();
        assert_eq!(kinds, [Kind::Normal, Kind::Dev, Kind::Build]);
        assert!(!workspace.packages["b"].is_default);
    }

    #[test]
    fn says_so_if_a_field_is_missing() {
        assert_eq!(Workspace::from_metadata(&json!({ "packages": [] })), None);
    }
}
