//! Running cargo and rustc with an environment that decides nothing.

use crate::TARGET;
use crate::error::BuildError;
use crate::packages::Packages;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Bytes of the stack that Rust keeps in the module's memory, where its overflow is a trap.
const STACK_BYTES: u32 = 16 * 1024;

/// The profile of modules, given on the command line so that it is the same inside and outside of any workspace. A
/// module's own code is made small; the SDK below it is made fast, which makes both smaller than all for size.
const PROFILE: [&str; 10] = [
    "profile.module.inherits=\"release\"",
    "profile.module.opt-level=\"z\"",
    "profile.module.package.tenon-contract.opt-level=3",
    "profile.module.lto=\"fat\"",
    "profile.module.codegen-units=1",
    "profile.module.panic=\"abort\"",
    "profile.module.strip=true",
    "profile.module.debug=false",
    "profile.module.incremental=false",
    "profile.module.overflow-checks=true",
];

/// Variables by which a build around this one, or its user, would change the result.
const FOREIGN_VARIABLES: [&str; 12] = [
    "RUSTFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "CARGO_MAKEFLAGS",
    "CARGO_TARGET_DIR",
    "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
    "MAKEFLAGS",
    "RUSTC",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
];

/// The compiler that cargo will use.
#[derive(Debug)]
pub(crate) struct Compiler {
    /// `rustc 1.95.0 (59807616e 2026-04-14)`.
    pub(crate) version: String,
    sysroot: String,
}

impl Compiler {
    /// What the manifest says about who built the module.
    pub(crate) fn image(&self) -> String {
        format!("{}, tenon-build {}", self.version, env!("CARGO_PKG_VERSION"))
    }
}

/// A cargo command for a package.
pub(crate) fn command(manifest: &Path) -> Command {
    clean(&env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()), manifest.parent().unwrap_or(manifest))
}

fn clean(tool: &str, folder: &Path) -> Command {
    let mut command = Command::new(tool);
    command.current_dir(folder);
    for variable in FOREIGN_VARIABLES {
        command.env_remove(variable);
    }
    for (variable, _) in env::vars_os() {
        if variable.to_string_lossy().starts_with("CARGO_PROFILE_") {
            command.env_remove(variable);
        }
    }
    command
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Result<Output, BuildError> {
    let tool = command.get_program().to_string_lossy().into_owned();
    command.output().map_err(|source| BuildError::Tool { tool, source })
}

/// Asks the compiler who it is, and whether it can build modules.
pub(crate) fn compiler(folder: &Path) -> Result<Compiler, BuildError> {
    let ask = |arguments: &[&str]| -> Result<String, BuildError> {
        let output = run(clean("rustc", folder).args(arguments))?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let version = ask(&["--version"])?;
    if !Path::new(&ask(&["--print", "target-libdir", "--target", TARGET])?).is_dir() {
        return Err(BuildError::MissingTarget { compiler: version });
    }
    Ok(Compiler { version, sysroot: ask(&["--print", "sysroot"])? })
}

/// Compiles the module and returns the file.
pub(crate) fn compile(
    manifest: &Path,
    target_dir: &Path,
    packages: &Packages,
    compiler: &Compiler,
) -> Result<PathBuf, BuildError> {
    std::fs::create_dir_all(target_dir).map_err(|source| BuildError::Io { path: target_dir.to_owned(), source })?;
    let target_dir =
        target_dir.canonicalize().map_err(|source| BuildError::Io { path: target_dir.to_owned(), source })?;
    let mut cargo = command(manifest);
    cargo.args(["rustc", "--lib", "--crate-type", "cdylib", "--profile", "module", "--target", TARGET]);
    cargo.arg("--manifest-path").arg(manifest).arg("--target-dir").arg(&target_dir);
    for setting in PROFILE {
        cargo.args(["--config", setting]);
    }
    cargo.args(["--", "--cfg", "tenon_module"]);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags(packages, compiler).join("\u{1f}"));
    let output = run(&mut cargo)?;
    if !output.status.success() {
        return Err(BuildError::Compile { output: String::from_utf8_lossy(&output.stderr).into_owned() });
    }
    Ok(target_dir.join(TARGET).join("module").join(packages.artifact()))
}

/// Flags for every crate of the module. Each package's folder is replaced by its name, whether cargo names it by its
/// full path or, inside a workspace, relative to that; so is the compiler's own.
fn flags(packages: &Packages, compiler: &Compiler) -> Vec<String> {
    let mut flags = vec![
        format!("-Clink-arg=-zstack-size={STACK_BYTES}"),
        format!("--remap-path-prefix={}/lib/rustlib/src/rust=/rust", compiler.sysroot),
    ];
    for package in &packages.all {
        let mut remap = |folder: &Path| {
            if !folder.as_os_str().is_empty() {
                flags.push(format!("--remap-path-prefix={}={}", folder.display(), package.name));
            }
        };
        remap(&package.folder);
        if let Ok(relative) = package.folder.strip_prefix(&packages.workspace) {
            remap(relative);
        }
    }
    flags
}
