//! The code of the module under test, built when its sources changed.

use std::path::Path;
use tenon_build::build_module_if_changed;

/// Builds the module in a folder, usually `env!("CARGO_MANIFEST_DIR")`, and returns its WASM.
///
/// # Panics
/// If it does not build; the message holds the compiler's.
pub fn module_code(manifest_dir: &str) -> Vec<u8> {
    let executable = std::env::current_exe().expect("a test knows its file");
    // A test stands in target/debug/deps, an example or benchmark beside it.
    let target = executable.ancestors().nth(3).unwrap_or_else(|| Path::new("target")).join("modules");
    match build_module_if_changed(Path::new(manifest_dir), &target) {
        Ok(built) => built.wasm,
        Err(error) => panic!("cannot build {manifest_dir}: {error}\nhint: {}", error.hint()),
    }
}
