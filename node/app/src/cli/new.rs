//! `tenon new`: makes a module project from a template. The project stands alone: its own workspace, the SDK by path, and the
//! SDK's lock file, so that it builds with the versions that were tested.

use super::method_words::nearest;
use super::output::{Failure, Kind, Report, table};
use super::project;
use crate::shipped::ShippedTemplate;
use clap::Args;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The file that says what a template is; a project does not need it.
const TEMPLATE_FILE: &str = "template.toml";
/// Folders and files that are not copied.
const LEFT_OUT: [&str; 4] = [TEMPLATE_FILE, "target", "Cargo.lock", "Cargo.toml"];
/// The longest name of a project.
const MAX_NAME_BYTES: usize = 48;
/// Folders inside folders of a template.
const MAX_DEPTH: u32 = 8;
/// Profiles that a project takes from the SDK.
const PROFILES: [&str; 2] = ["dev", "module"];

/// Make a module project from a template
#[derive(Debug, Args)]
pub(super) struct New {
    /// The project's name, and its folder's
    name: String,
    /// The template
    #[arg(long, default_value = "fungible-token")]
    template: String,
    /// The folder to make it in
    #[arg(long, value_name = "DIR", default_value = ".")]
    path: PathBuf,
}

impl New {
    pub(super) fn run(self) -> Result<Report, Failure> {
        check_name(&self.name)?;
        let sdk = project::sdk()?;
        let template = find_template(&sdk, &self.template)?;
        let folder = if self.path == Path::new(".") { PathBuf::from(&self.name) } else { self.path.join(&self.name) };
        if folder.exists() {
            let message = format!("found {} already there, expected a new folder", folder.display());
            return Err(Failure::new(Kind::File, message, "choose another name, or remove the folder"));
        }
        let renames = Renames::new(&self.template, &self.name);
        copy(&template, &folder, &renames, MAX_DEPTH)?;
        let manifest = manifest(&sdk, &template, &self.name)?;
        write(&folder.join("Cargo.toml"), &manifest)?;
        write(&folder.join(".gitignore"), "/target\n")?;
        for file in ["Cargo.lock", "rust-toolchain.toml"] {
            let source = sdk.join(file);
            if source.is_file() {
                fs::copy(&source, folder.join(file)).map_err(|error| cannot("write", &folder.join(file), &error))?;
            }
        }
        let rows = table([
            ("build", format!("cd {} && tenon build", folder.display())),
            ("test", "tenon test".into()),
            ("deploy", "tenon deploy --from //Alice --help lists the arguments".into()),
        ]);
        let text = format!("{} made from {} in {}\n{rows}", self.name, self.template, folder.display());
        Ok(Report::new(text, json!({ "name": self.name, "template": self.template, "folder": folder })))
    }
}

fn check_name(name: &str) -> Result<(), Failure> {
    let good = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
        && !name.ends_with('-')
        && name.len() <= MAX_NAME_BYTES;
    if good {
        return Ok(());
    }
    let message =
        format!("found name {name:?}, expected small letters, digits and -, at most {MAX_NAME_BYTES}, a letter first");
    Err(Failure::new(Kind::Usage, message, "write a name such as my-token"))
}

fn find_template(sdk: &Path, name: &str) -> Result<PathBuf, Failure> {
    let mut known: Vec<String> = fs::read_dir(sdk.join("templates"))
        .map_err(|error| cannot("read", &sdk.join("templates"), &error))?
        .filter_map(Result::ok)
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    known.sort();
    if known.iter().any(|known| known == name) {
        return Ok(sdk.join("templates").join(name));
    }
    if ShippedTemplate::find(name).is_some() {
        let message =
            format!("found template {name:?} without source of its own, expected one of {}", known.join(", "));
        let hint = format!("`tenon template deploy {name}` makes an instance of it, without code");
        return Err(Failure::new(Kind::NotFound, message, hint));
    }
    let hint = nearest(name, known.iter().map(String::as_str));
    Err(Failure::new(Kind::NotFound, format!("found template {name:?}, expected one of {}", known.join(", ")), hint))
}

/// The template's name in its files, in both spellings, and what stands there instead.
struct Renames([(String, String); 2]);

impl Renames {
    fn new(template: &str, name: &str) -> Self {
        let snake = |text: &str| text.replace('-', "_");
        Self([(template.to_string(), name.to_string()), (snake(template), snake(name))])
    }

    fn apply(&self, text: &str) -> String {
        self.0.iter().fold(text.to_string(), |text, (from, to)| text.replace(from, to))
    }
}

fn copy(from: &Path, to: &Path, renames: &Renames, depth: u32) -> Result<(), Failure> {
    let Some(depth) = depth.checked_sub(1) else {
        let message = format!("found folders nested deeper than {MAX_DEPTH} in {}", from.display());
        return Err(Failure::new(Kind::Project, message, "make the template flatter"));
    };
    fs::create_dir_all(to).map_err(|error| cannot("make", to, &error))?;
    for entry in fs::read_dir(from).map_err(|error| cannot("read", from, &error))? {
        let entry = entry.map_err(|error| cannot("read", from, &error))?;
        let name = entry.file_name();
        if LEFT_OUT.iter().any(|left_out| name == *left_out) {
            continue;
        }
        let (source, target) = (entry.path(), to.join(&name));
        if source.is_dir() {
            copy(&source, &target, renames, depth)?;
        } else {
            let bytes = fs::read(&source).map_err(|error| cannot("read", &source, &error))?;
            let bytes = String::from_utf8(bytes)
                .map(|text| renames.apply(&text).into_bytes())
                .unwrap_or_else(|error| error.into_bytes());
            fs::write(&target, bytes).map_err(|error| cannot("write", &target, &error))?;
        }
    }
    Ok(())
}

/// The project's Cargo.toml: the template's, with the SDK by its path, profiles of the SDK, and a workspace of its own.
fn manifest(sdk: &Path, template: &Path, name: &str) -> Result<String, Failure> {
    let root = read_table(&sdk.join("Cargo.toml"))?;
    let mut manifest = read_table(&template.join("Cargo.toml"))?;
    if let Some(package) = manifest.get_mut("package").and_then(Value::as_table_mut) {
        package.insert("name".into(), Value::from(name));
        let shared = root.get("workspace").and_then(|workspace| workspace.get("package"));
        let inherited: Vec<String> =
            package.iter().filter(|(_, value)| inherits(value)).map(|(key, _)| key.clone()).collect();
        for key in inherited {
            match shared.and_then(|shared| shared.get(&key)) {
                Some(value) => package.insert(key, value.clone()),
                None => package.remove(&key),
            };
        }
    }
    manifest.remove("lints");
    for section in ["dependencies", "dev-dependencies"] {
        if let Some(dependencies) = manifest.get_mut(section).and_then(Value::as_table_mut) {
            for (name, dependency) in dependencies.iter_mut() {
                *dependency = stand_alone(sdk, template, &root, name, dependency);
            }
        }
    }
    manifest.insert("workspace".into(), Value::Table(Table::new()));
    if let Some(profiles) = root.get("profile").and_then(Value::as_table) {
        let kept = profiles.iter().filter(|(name, _)| PROFILES.contains(&name.as_str()));
        manifest.insert(
            "profile".into(),
            kept.map(|(name, profile)| (name.clone(), profile.clone())).collect::<Table>().into(),
        );
    }
    in_order(manifest)
}

/// Writes the tables in the order in which people expect them.
fn in_order(mut manifest: Table) -> Result<String, Failure> {
    let first = ["package", "lib", "features", "dependencies", "dev-dependencies"].map(String::from);
    let rest: Vec<String> = manifest.keys().filter(|key| !first.contains(key)).cloned().collect();
    let mut text = String::new();
    for key in first.iter().chain(&rest) {
        let Some(value) = manifest.remove(key) else { continue };
        let part = toml::to_string(&Table::from_iter([(key.clone(), value)])).map_err(|error| {
            Failure::new(
                Kind::Project,
                format!("cannot write Cargo.toml: {error}"),
                "report this with the template's name",
            )
        })?;
        text = if text.is_empty() { part } else { format!("{text}\n{part}") };
    }
    Ok(text)
}

fn inherits(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

/// A dependency that needs no workspace: what the SDK's workspace says in its place, and paths from the root.
fn stand_alone(sdk: &Path, template: &Path, root: &Table, name: &str, dependency: &Value) -> Value {
    let shared =
        root.get("workspace").and_then(|workspace| workspace.get("dependencies")).and_then(|all| all.get(name));
    let (base, mut chosen) = match shared.filter(|_| inherits(dependency)) {
        Some(shared) => (sdk, shared.clone()),
        None => (template, dependency.clone()),
    };
    if let Some(table) = chosen.as_table_mut() {
        if let Some(path) = table.get("path").and_then(Value::as_str) {
            let path = base.join(path);
            let path = path.canonicalize().unwrap_or(path);
            table.insert("path".into(), Value::from(path.display().to_string()));
        }
        for key in ["features", "optional", "default-features"] {
            if let Some(value) = dependency.get(key) {
                table.insert(key.into(), value.clone());
            }
        }
    }
    chosen
}

fn read_table(path: &Path) -> Result<Table, Failure> {
    let text = fs::read_to_string(path).map_err(|error| cannot("read", path, &error))?;
    text.parse::<Table>().map_err(|error| {
        let message = format!("{} is not what cargo reads: {}", path.display(), error.message());
        Failure::new(Kind::Project, message, "restore the SDK's files")
    })
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| cannot("write", path, &error))
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    let message = format!("cannot {what} {}: {error}", path.display());
    Failure::new(Kind::File, message, "check that the folder exists and that you may write there")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_stands_alone_under_its_own_name() {
        let folder = tempfile::tempdir().unwrap();
        let new = New { name: "my-coin".into(), template: "fungible-token".into(), path: folder.path().into() };
        new.run().unwrap();
        let manifest = read_table(&folder.path().join("my-coin/Cargo.toml")).unwrap();
        assert_eq!(manifest["package"]["name"].as_str(), Some("my-coin"));
        assert!(manifest["workspace"].as_table().unwrap().is_empty());
        let path = manifest["dependencies"]["tenon-contract"]["path"].as_str().unwrap();
        assert!(Path::new(path).join("Cargo.toml").is_file(), "{path}");
        assert!(manifest["profile"]["module"]["lto"].as_str().is_some());
        assert!(folder.path().join("my-coin/Cargo.lock").is_file());
    }

    #[test]
    fn refuses_a_bad_name_an_unknown_template_and_a_folder_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let new = |name: &str, template: &str| {
            New { name: name.into(), template: template.into(), path: folder.path().into() }.run().unwrap_err()
        };
        for name in ["", "Hello", "1st", "a_b", "a-", "../a"] {
            assert_eq!(new(name, "fungible-token").name, "Usage", "{name}");
        }
        assert!(new("hello", "fungible-tokn").hint.contains("fungible-token"));
        let without_source = new("hello", "collection");
        assert!(without_source.message.contains("expected one of fungible-token"), "{without_source:?}");
        assert!(without_source.hint.contains("tenon template deploy collection"), "{without_source:?}");
        fs::create_dir(folder.path().join("hello")).unwrap();
        assert_eq!(new("hello", "fungible-token").name, "File");
    }
}
