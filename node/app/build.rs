//! Builds the protocol modules to WASM, so that the binary carries them.

use std::path::{Path, PathBuf};

/// The modules of the genesis list, by folder.
const MODULES: &[&str] = &["assets"];

/// Where module builds keep what cargo produces: beside this build's own, and shared by its profiles.
fn modules_dir(out: &Path) -> PathBuf {
    // OUT_DIR is `TARGET/PROFILE/build/PACKAGE/out`.
    out.ancestors().nth(4).map_or_else(|| out.join("modules"), |target| target.join("modules"))
}

fn main() {
    // Asked when it runs, not when it is compiled: checkouts that share build outputs share this program too.
    let folder = |name: &str| PathBuf::from(std::env::var_os(name).unwrap_or_else(|| panic!("cargo sets {name}")));
    let (root, out) = (folder("CARGO_MANIFEST_DIR").join("../.."), folder("OUT_DIR"));
    for folder in ["contracts", "sdk/contract", "sdk/macros", "runtime/abi"] {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
    }
    for name in MODULES {
        let built = tenon_build::build_module(&root.join("contracts").join(name), &modules_dir(&out))
            .unwrap_or_else(|error| panic!("module {name}: {error}"));
        std::fs::write(out.join(format!("{name}.wasm")), built.wasm).expect("OUT_DIR can be written");
    }
}
