//! Finds the program `tenon`: the one that `TENON` names, or the workspace's own, built first so that it is never an old
//! one. It leaves out the choice of a profile: tests and program are built with the same.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The checkout.
pub fn sources() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Where cargo puts what it builds: the folder above that of the test's own executable.
fn profile() -> PathBuf {
    let own = std::env::current_exe().expect("a test knows its own executable");
    let profile = own.ancestors().nth(2).expect("cargo builds tests in PROFILE/deps");
    profile.to_path_buf()
}

/// A folder for what tests keep between runs; nothing in it is needed.
///
/// # Panics
/// If it cannot be made.
pub fn cache() -> PathBuf {
    let folder = profile().with_file_name("e2e");
    fs::create_dir_all(&folder).expect("the folder of builds can be written");
    folder
}

/// The program `tenon`.
///
/// # Panics
/// If `TENON` names no file, or the program does not build.
pub fn tenon() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| match std::env::var_os("TENON") {
        Some(named) => {
            let named = PathBuf::from(named);
            assert!(named.is_file(), "TENON names {}, expected a program: run `make build`", named.display());
            named
        }
        None => built(),
    })
}

/// Builds the program, once for each run of nextest.
fn built() -> PathBuf {
    let (profile, cache) = (profile(), cache());
    let program = profile.join("tenon");
    let lock = File::create(cache.join("build.lock")).expect("a lock file can be made");
    lock.lock().expect("a lock can be taken");
    let run = std::env::var("NEXTEST_RUN_ID").unwrap_or_default();
    let mark = cache.join("built-for");
    if !run.is_empty() && program.is_file() && fs::read_to_string(&mark).is_ok_and(|of| of == run) {
        return program;
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = profile.parent().expect("a profile has a folder above it");
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--package", "tenon", "--bin", "tenon", "--target-dir"])
        .arg(target)
        .current_dir(sources())
        .status()
        .expect("cargo runs, as it ran this test");
    assert!(status.success() && program.is_file(), "`cargo build --package tenon` ended with {status}");
    fs::write(&mark, run).expect("the folder of builds can be written");
    program
}
