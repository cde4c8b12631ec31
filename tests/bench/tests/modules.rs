//! Whether the pages of the modules say what the code says, and every method is measured. `UPDATE_GOLDEN=1` rewrites the
//! generated parts.

use std::fs;
use tenon_bench::page::{MARKER, compiler, generated, unmeasured, without_figures};
use tenon_bench::profile::{MODULES, Profile, profiles, root};

#[test]
fn every_module_of_genesis_is_measured() {
    let build = fs::read_to_string(root().join("node/app/build.rs")).expect("the program lists its modules");
    let list = build.split("const MODULES: &[&str] =").nth(1).and_then(|rest| rest.split(']').next());
    let mut shipped: Vec<&str> = list.expect("the list of modules").split('"').skip(1).step_by(2).collect();
    let mut measured: Vec<&str> = MODULES.iter().map(|module| module.name).collect();
    shipped.sort_unstable();
    measured.sort_unstable();
    assert_eq!(measured, shipped, "a module of node/app/build.rs has no scenario in tests/bench/src/profile");
}

#[test]
fn every_method_is_measured_and_every_page_is_up_to_date() {
    let profiles = profiles();
    for profile in &profiles {
        let open = unmeasured(profile);
        assert!(open.is_empty(), "{}: no scenario of tests/bench/src/profile measures {open:?}", profile.name);
    }
    let stale: Vec<&str> =
        profiles.iter().filter(|profile| !is_up_to_date(profile)).map(|profile| profile.name).collect();
    assert!(
        stale.is_empty(),
        "docs/src/modules: the pages of {stale:?} are out of date: run this test with UPDATE_GOLDEN=1"
    );
}

/// Whether the page in the tree has the generated part. Where another compiler built the module, its figures may differ.
fn is_up_to_date(profile: &Profile) -> bool {
    let path = root().join("docs/src/modules").join(format!("{}.md", profile.name));
    let page = fs::read_to_string(&path).expect("the module has a page");
    let (written, found) = page.split_at(page.find(MARKER).expect("the page has the marker of its generated part"));
    let expected = generated(profile);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, format!("{written}{expected}")).expect("the docs can be written");
        return true;
    }
    if compiler(found) == compiler(&expected) {
        return found == expected;
    }
    without_figures(found) == without_figures(&expected)
}
