//! The dependency table: which of our crates may use which, and who owns what is heavy. An edge that is not in the table
//! fails; a new crate or a new edge edits this file and adds an ADR.

use crate::Problem;
use crate::workspace::{Kind, Package, Workspace};
use std::collections::BTreeSet;

/// What a crate may depend on among ours.
struct Layer {
    /// The crate's directory, or its parent with a star.
    directory: &'static str,
    /// Directories that it may use.
    may_use: &'static [&'static str],
    /// Directories that its tests and examples may use besides.
    tests_may_use: &'static [&'static str],
}

const fn layer(
    directory: &'static str,
    may_use: &'static [&'static str],
    tests_may_use: &'static [&'static str],
) -> Layer {
    Layer { directory, may_use, tests_may_use }
}

/// Every crate of the workspace. `docs/src/architecture.md` shows the same table to people.
const LAYERS: &[Layer] = &[
    layer("runtime/abi", &[], &[]),
    layer("runtime/types", &["runtime/abi"], &[]),
    layer("runtime/crypto", &["runtime/types"], &[]),
    layer("runtime/host", &["runtime/abi", "runtime/types", "runtime/crypto"], &[]),
    layer("runtime/engine", &["runtime/abi", "runtime/types", "runtime/host"], &["runtime/crypto"]),
    layer("node/tensority", &["runtime/types"], &[]),
    layer("node/core", &["runtime/types", "runtime/crypto"], &[]),
    layer("node/store", &["runtime/types"], &["runtime/host"]),
    layer("node/net", &["runtime/types"], &[]),
    layer("node/api", &["runtime/types"], &[]),
    layer("node/app", &["runtime/*", "node/*", "sdk/client", "sdk/build"], &["sdk/testkit"]),
    layer("sdk/macros", &[], &["sdk/contract"]),
    layer("sdk/contract", &["runtime/abi", "sdk/macros"], &[]),
    layer("sdk/build", &["runtime/abi"], &[]),
    layer("sdk/client", &["runtime/types", "runtime/crypto", "node/api"], &[]),
    layer(
        "sdk/testkit",
        &[
            "runtime/abi",
            "runtime/types",
            "runtime/crypto",
            "runtime/host",
            "runtime/engine",
            "sdk/contract",
            "sdk/build",
            "sdk/testkit/hostile",
        ],
        &["contracts/*", "sdk/testkit/prober", "sdk/testkit/flawed"],
    ),
    layer("sdk/testkit/prober", &["sdk/contract"], &[]),
    layer("sdk/testkit/hostile", &["sdk/contract"], &[]),
    layer("sdk/testkit/flawed", &["sdk/contract"], &[]),
    layer("contracts/*", &["sdk/contract", "contracts/*"], &["sdk/testkit", "runtime/crypto"]),
    layer("templates/*", &["sdk/contract", "contracts/*"], &["sdk/testkit"]),
    layer("tests/tidy", &[], &[]),
    layer("tests/e2e", &["*"], &["*"]),
    layer("tests/bench", &["*"], &["*"]),
    layer("tests/sim", &["*"], &["*"]),
];

/// Who may depend on a heavy crate, tests included.
struct Owners {
    /// The crate from outside.
    package: &'static str,
    /// The directories of ours that may use it.
    directories: &'static [&'static str],
}

const fn owners(package: &'static str, directories: &'static [&'static str]) -> Owners {
    Owners { package, directories }
}

/// Heavy crates and their owners. Benchmarks may measure a heavy crate bare, beside what is built on it.
const OWNERS: &[Owners] = &[
    owners("wasmtime", &["runtime/engine", "tests/bench"]),
    owners("wasmparser", &["runtime/engine"]),
    owners("wasm-encoder", &["runtime/engine"]),
    owners("wasm-smith", &["runtime/engine"]),
    owners("wasmi", &["runtime/engine"]),
    owners("rocksdb", &["node/store"]),
    owners("libp2p", &["node/net"]),
    owners("libp2p-stream", &["node/net"]),
    owners("cudarc", &["node/tensority"]),
    owners("schnorrkel", &["runtime/crypto"]),
    owners("ed25519-zebra", &["runtime/crypto"]),
    owners("secp256k1", &["runtime/crypto"]),
    owners("blst", &["runtime/crypto"]),
    owners("sm2", &["runtime/crypto"]),
    owners("tokio", &["node/net", "node/app", "sdk/client", "tests/e2e", "tests/bench"]),
    owners("jsonrpsee", &["node/app", "sdk/client", "tests/e2e", "tests/bench"]),
    owners("clap", &["node/app", "tests/e2e", "tests/bench"]),
    owners("anyhow", &["node/app", "tests/e2e", "tests/bench"]),
];

/// Crates that take minutes to compile: nothing that cargo builds by default may reach them.
const SLOW: &[&str] = &["wasmtime", "rocksdb", "libp2p"];

/// Checks every edge between our crates against the table.
pub fn check_edges(workspace: &Workspace) -> Vec<Problem> {
    let mut problems = Vec::new();
    for package in workspace.packages.values() {
        let Some(layer) = LAYERS.iter().find(|layer| matches(layer.directory, &package.directory)) else {
            let message = format!("{} is not in the dependency table", package.directory);
            problems.push(Problem::new(&package.name, message));
            continue;
        };
        for dependency in &package.dependencies {
            let Some(target) = workspace.packages.get(&dependency.name) else { continue };
            let within = |list: &[&str]| list.iter().any(|pattern| matches(pattern, &target.directory));
            let is_test = dependency.kind == Kind::Dev;
            let allowed = within(layer.may_use) || (is_test && within(layer.tests_may_use));
            if !allowed {
                let message = format!(
                    "may not depend on {}{}; expected {:?}",
                    target.directory,
                    if is_test { " in tests" } else { "" },
                    layer.may_use
                );
                problems.push(Problem::new(&package.directory, message));
            }
        }
    }
    problems
}

/// Checks that heavy crates are used by their owners alone.
pub fn check_owners(workspace: &Workspace) -> Vec<Problem> {
    let mut problems = Vec::new();
    for package in workspace.packages.values() {
        for dependency in &package.dependencies {
            let Some(heavy) = OWNERS.iter().find(|heavy| heavy.package == dependency.name) else { continue };
            if !heavy.directories.contains(&package.directory.as_str()) {
                let message = format!("may not depend on {}; expected only {:?}", heavy.package, heavy.directories);
                problems.push(Problem::new(&package.directory, message));
            }
        }
    }
    problems
}

/// Checks that what cargo builds by default, tests included, reaches nothing slow.
pub fn check_default_members(workspace: &Workspace) -> Vec<Problem> {
    let mut problems = Vec::new();
    for member in workspace.packages.values().filter(|package| package.is_default) {
        let reached = reach(workspace, member);
        for slow in SLOW.iter().filter(|slow| reached.contains(**slow)) {
            problems
                .push(Problem::new(&member.directory, format!("a default member compiles {slow}, expected none to")));
        }
    }
    if !workspace.packages.values().any(|package| package.is_default) {
        problems.push(Problem::new("Cargo.toml", "found no default members, expected those that compile quickly"));
    }
    problems
}

/// Names of all packages that building a package and its tests compiles, as far as the workspace knows.
fn reach<'a>(workspace: &'a Workspace, member: &'a Package) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<(&Package, bool)> = vec![(member, true)];
    while let Some((package, with_tests)) = open.pop() {
        for dependency in &package.dependencies {
            if (dependency.kind != Kind::Dev || with_tests) && reached.insert(dependency.name.as_str()) {
                open.extend(workspace.packages.get(&dependency.name).map(|next| (next, false)));
            }
        }
    }
    reached
}

fn matches(pattern: &str, directory: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(parent) => directory.starts_with(parent),
        None => pattern == directory,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    /// A package: its directory and name, whether it is a default member, and its dependencies.
    type Sketch<'a> = (&'a str, bool, &'a [(&'a str, Kind)]);

    fn workspace(packages: &[Sketch<'_>]) -> Workspace {
        let packages = packages.iter().map(|(directory, is_default, dependencies)| {
            let package = Package {
                name: (*directory).to_owned(),
                directory: (*directory).to_owned(),
                is_default: *is_default,
                dependencies: dependencies
                    .iter()
                    .map(|(name, kind)| Dependency { name: (*name).to_owned(), kind: *kind })
                    .collect(),
            };
            (package.name.clone(), package)
        });
        Workspace { packages: packages.collect() }
    }

    fn places(problems: &[Problem]) -> Vec<&str> {
        problems.iter().map(|problem| problem.place.as_str()).collect()
    }

    #[test]
    fn finds_an_edge_that_is_not_in_the_table() {
        let found = check_edges(&workspace(&[
            ("runtime/abi", true, &[]),
            ("runtime/types", true, &[("runtime/abi", Kind::Normal)]),
            ("runtime/engine", false, &[("runtime/types", Kind::Normal)]),
            ("node/core", true, &[("runtime/engine", Kind::Normal)]),
            ("node/api", true, &[("runtime/engine", Kind::Build)]),
        ]));
        assert_eq!(places(&found), ["node/api", "node/core"]);
    }

    #[test]
    fn tests_of_contracts_may_use_the_testkit_and_their_code_may_not() {
        let edge = |kind| {
            check_edges(&workspace(&[("sdk/testkit", false, &[]), ("contracts/a", false, &[("sdk/testkit", kind)])]))
        };
        assert_eq!(edge(Kind::Dev), []);
        assert_eq!(places(&edge(Kind::Normal)), ["contracts/a"]);
    }

    #[test]
    fn finds_a_crate_that_the_table_does_not_know() {
        assert_eq!(places(&check_edges(&workspace(&[("sdk/novel", false, &[])]))), ["sdk/novel"]);
    }

    #[test]
    fn finds_a_heavy_crate_outside_its_owner() {
        let found = check_owners(&workspace(&[
            ("runtime/engine", false, &[("wasmtime", Kind::Normal)]),
            ("runtime/host", true, &[("wasmtime", Kind::Dev)]),
            ("sdk/testkit", false, &[("clap", Kind::Normal)]),
        ]));
        assert_eq!(places(&found), ["runtime/host", "sdk/testkit"]);
    }

    #[test]
    fn finds_a_default_member_that_compiles_something_slow() {
        let found = check_default_members(&workspace(&[
            ("node/store", false, &[("rocksdb", Kind::Normal)]),
            ("node/core", true, &[("node/store", Kind::Dev)]),
            ("node/api", true, &[("node/core", Kind::Normal)]),
        ]));
        assert_eq!(places(&found), ["node/core"]);
        assert_eq!(places(&check_default_members(&workspace(&[]))), ["Cargo.toml"]);
    }
}
