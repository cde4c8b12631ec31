//! Builds the protocol modules and the templates that have code of their own, and writes the tables by which the binary
//! carries them: `shipped.rs` in OUT_DIR, which `src/shipped.rs` includes.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The protocol modules that a chain begins with, by folder, in the order in which they are created. A new module is a
/// folder and a row here.
const MODULES: &[&str] = &[
    "credentials",
    "policies",
    "assets",
    "lots",
    "collections",
    "vouchers",
    "auction",
    "streams",
    "events",
    "sortition",
    "brokers",
    "reputation",
    "licence",
    "wishes",
    "credit",
    "trustlines",
    "group",
    "staking",
];

/// Folders whose change changes what is built.
const WATCHED: [&str; 5] = ["contracts", "templates", "sdk/contract", "sdk/macros", "runtime/abi"];

/// Where module builds keep what cargo produces: beside this build's own, and shared by its profiles.
fn modules_dir(out: &Path) -> PathBuf {
    // OUT_DIR is `TARGET/PROFILE/build/PACKAGE/out`.
    out.ancestors().nth(4).map_or_else(|| out.join("modules"), |target| target.join("modules"))
}

fn main() {
    // Asked when it runs, not when it is compiled: checkouts that share build outputs share this program too.
    let folder = |name: &str| PathBuf::from(std::env::var_os(name).unwrap_or_else(|| panic!("cargo sets {name}")));
    let (root, out) = (folder("CARGO_MANIFEST_DIR").join("../.."), folder("OUT_DIR"));
    for folder in WATCHED {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
    }
    let mut tables = String::from("/// The protocol modules, in the order in which they are created.\n");
    tables.push_str("pub(crate) const MODULES: &[ShippedModule] = &[\n");
    for name in MODULES {
        let code = build(&root.join("contracts").join(name), &out, name);
        writeln!(tables, "    ShippedModule {{ name: {name:?}, code: {code} }},").expect("a text grows");
    }
    tables.push_str("];\n/// The templates by name.\npub(crate) const TEMPLATES: &[ShippedTemplate] = &[\n");
    for (name, folder) in templates(&root.join("templates")) {
        let text = folder.join("template.toml");
        let own = folder.join("Cargo.toml").is_file();
        let code = if own { format!("Some({})", build(&folder, &out, &name)) } else { "None".into() };
        writeln!(tables, "    ShippedTemplate {{ name: {name:?}, text: include_str!({text:?}), code: {code} }},")
            .expect("a text grows");
    }
    tables.push_str("];\n");
    fs::write(out.join("shipped.rs"), tables).expect("OUT_DIR can be written");
}

/// Builds a module and returns the expression that includes it.
fn build(folder: &Path, out: &Path, name: &str) -> String {
    let built = tenon_build::build_module(folder, &modules_dir(out))
        .unwrap_or_else(|error| panic!("module {}: {error}", folder.display()));
    let path = out.join(format!("{name}.wasm"));
    fs::write(&path, built.wasm).expect("OUT_DIR can be written");
    format!("include_bytes!({path:?})")
}

/// The folders with a `template.toml`, by name.
fn templates(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found: Vec<(String, PathBuf)> = entries
        .map(|entry| entry.expect("a folder can be read to its end").path())
        .filter(|path| path.join("template.toml").is_file())
        .filter_map(|path| Some((path.file_name()?.to_str()?.to_owned(), path.clone())))
        .collect();
    found.sort();
    found
}
