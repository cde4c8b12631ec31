//! Runs every check on this tree. What a failing check looks like is tested beside each check.

use std::path::{Path, PathBuf};
use tenon_tidy::tree::Tree;
use tenon_tidy::workspace::Workspace;
use tenon_tidy::{Problem, coverage, docs, layers, sources};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate lies two below the root").to_owned()
}

fn workspace() -> Workspace {
    Workspace::read(&root()).expect("cargo knows the workspace")
}

fn tree() -> Tree {
    Tree::read(&root()).expect("the tree can be read")
}

#[track_caller]
fn expect_none(problems: &[Problem]) {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), lines.join("\n"));
}

#[test]
fn crates_depend_on_what_the_table_allows() {
    expect_none(&layers::check_edges(&workspace()));
}

#[test]
fn heavy_crates_have_one_owner() {
    expect_none(&layers::check_owners(&workspace()));
}

#[test]
fn default_members_compile_quickly() {
    expect_none(&layers::check_default_members(&workspace()));
}

#[test]
fn rust_files_have_a_header_and_a_bounded_length() {
    expect_none(&sources::check_rust_files(&tree()));
}

#[test]
fn nothing_is_put_off() {
    expect_none(&sources::check_words(&tree()));
}

#[test]
fn tests_do_not_wait_by_the_clock() {
    expect_none(&sources::check_waits(&tree()));
}

#[test]
fn no_file_names_a_registry() {
    expect_none(&sources::check_registries(&tree()));
}

#[test]
fn links_in_docs_resolve() {
    expect_none(&docs::check_links(&tree()));
}

#[test]
fn paths_in_docs_exist() {
    expect_none(&docs::check_paths(&tree()));
}

#[test]
fn the_book_lists_every_page() {
    expect_none(&docs::check_summary(&tree()));
}

#[test]
fn coverage_names_tests_that_exist() {
    expect_none(&coverage::check_coverage(&tree()));
}
