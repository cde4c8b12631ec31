//! Whether the pages of the modules say what the code says, and every method is measured. `UPDATE_GOLDEN=1` rewrites the
//! generated parts.

use std::fs;
use tenon_bench::page::{MARKER, compiler, generated, unmeasured, without_figures};
use tenon_bench::profile::{Profile, profiles, root};

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
