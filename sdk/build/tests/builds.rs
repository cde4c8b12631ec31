//! Builds real packages: takes some seconds, and needs the target that `make test` installs.

use std::path::{Path, PathBuf};
use tenon_build::{BuildError, build_module, build_module_if_changed};

const SOURCE: &str = r#"
#![no_std]
/// A counter.
#[tenon_contract::module(capabilities(storage))]
pub mod counter {
    use tenon_contract::prelude::*;
    /// What it keeps.
    #[storage]
    pub struct Counter { count: Value<u64> }
    impl Counter {
        #[init]
        pub fn init(&mut self) {}
        #[call]
        pub fn add(&mut self, by: u64) -> u64 { self.count.update(|count| count + by) }
    }
}
"#;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository is there")
}

fn package(folder: &Path, source: &str) {
    let sdk = repository().join("sdk/contract");
    let manifest = format!(
        "[package]\nname = \"counter\"\nversion = \"1.2.3\"\nedition = \"2024\"\nlicense = \"MIT\"\n\n[workspace]\n\n\
         [dependencies]\ntenon-contract = {{ path = \"{}\" }}\n",
        sdk.display()
    );
    std::fs::create_dir_all(folder.join("src")).expect("the folder can be made");
    std::fs::write(folder.join("Cargo.toml"), manifest).expect("written");
    std::fs::write(folder.join("src/lib.rs"), source).expect("written");
    // The versions of the repository, so that nothing is fetched.
    std::fs::copy(repository().join("Cargo.lock"), folder.join("Cargo.lock")).expect("copied");
}

#[test]
fn gives_the_same_bytes_wherever_it_is_built() {
    let folder = tempfile::tempdir().expect("a folder");
    let build = |name: &str| {
        let place = folder.path().join(name);
        package(&place, SOURCE);
        build_module(&place, &place.join("target")).expect("builds")
    };
    let (one, two) = (build("one"), build("another/deeper/place"));
    assert_eq!(one.wasm, two.wasm);
    assert_eq!((one.source_hash, one.name.as_str()), (two.source_hash, "counter"));
    let text = String::from_utf8_lossy(&one.wasm).into_owned();
    for part in ["tenon.abi", "tenon.manifest", "call.add", "1.2.3", &one.build_image] {
        assert!(text.contains(part), "{part}");
    }
    let home = std::env::var("HOME").expect("a home");
    for path in [home.as_str(), &folder.path().to_string_lossy(), &repository().to_string_lossy()] {
        assert!(!text.contains(path), "{path} stands in the module");
    }
}

#[test]
fn says_where_the_source_is_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    package(folder.path(), &SOURCE.replace("&mut self, by", "&self, by"));
    let error = build_module(folder.path(), &folder.path().join("target")).expect_err("does not compile");
    let BuildError::Compile { output } = &error else { panic!("{error}") };
    assert!(output.contains("#[call] may write: take `&mut self`") && output.contains("src/lib.rs:14"), "{output}");
}

#[test]
fn says_where_a_package_is_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = build_module(folder.path(), folder.path()).expect_err("there is none");
    assert!(matches!(error, BuildError::NoPackage { .. }) && error.hint().contains("tenon new"));
}

#[test]
fn builds_again_only_after_a_change() {
    let folder = tempfile::tempdir().expect("a folder");
    package(folder.path(), SOURCE);
    let target = folder.path().join("target");
    let first = build_module_if_changed(folder.path(), &target).expect("builds");
    let written = || first.path.metadata().and_then(|metadata| metadata.modified()).expect("it is there");
    let at_first = written();
    assert_eq!(build_module_if_changed(folder.path(), &target).expect("is built").wasm, first.wasm);
    assert_eq!(written(), at_first);
    package(folder.path(), &SOURCE.replace("count + by", "count + by + 1"));
    let changed = build_module_if_changed(folder.path(), &target).expect("builds");
    assert_ne!((changed.wasm, changed.source_hash), (first.wasm.clone(), first.source_hash));
}
