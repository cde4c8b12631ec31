//! How files look: a header that says what a file is for, a length that a person can read, no words that put work off,
//! no waiting by the clock in tests, and lock files that name no host but the one that cargo always names.

use crate::Problem;
use crate::tree::{File, Tree};

/// Lines of a Rust file.
const MAX_LINES: usize = 500;
/// Lines of a Rust file that holds tests alone.
const MAX_TEST_LINES: usize = 700;

/// Words that may not stand in any file, each in two parts so that it does not stand in this one.
const FORBIDDEN: &[(&str, &str)] = &[
    ("TO", "DO"),
    ("FIX", "ME"),
    ("XX", "X:"),
    ("to", "do!("),
    ("unimple", "mented!("),
    ("#[ig", "nore"),
    ("#![ig", "nore"),
];

/// Files of tests that may wait: they ask again and again until something is so, or have nothing else to ask.
const MAY_WAIT: &[(&str, &str)] = &[
    ("tests/bench/src/load.rs", "asks a node every 25 ms whether all transfers are final"),
    ("tests/bench/src/net.rs", "asks a network every 20 ms how many transfers are final, and lets it idle for a while"),
    ("tests/e2e/src/node.rs", "looks every 2 ms whether a process has said that it is ready"),
    ("tests/e2e/src/poll.rs", "is what every other test waits with: it looks again and again, up to a deadline"),
];

/// Parts of names of package registries and their mirrors. Only the source lines of `Cargo.lock` may have one.
const REGISTRIES: &[(&str, &str)] = &[
    ("registry.npm", "js."),
    ("registry.yarn", "pkg."),
    ("index.cra", "tes.io"),
    ("static.cra", "tes.io"),
    ("github.com/rust-lang/cra", "tes.io-index"),
    ("files.python", "hosted."),
    ("pypi", ".org"),
    ("deb.deb", "ian.org"),
];

/// The only source that `Cargo.lock` may name.
const CARGO_SOURCE: &str = concat!("source = \"registry+https://github.com/rust-lang/cra", "tes.io-index\"");

/// Checks that each Rust file opens with a header and is not too long.
pub fn check_rust_files(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in tree.files.iter().filter(|file| file.ends_in(&[".rs"])) {
        if !file.text.starts_with("//!") {
            problems.push(Problem::at(&file.path, 1, "expected the file to open with //! and what it is for"));
        }
        let (found, most) = (file.text.lines().count(), if file.is_test() { MAX_TEST_LINES } else { MAX_LINES });
        if found > most {
            problems.push(Problem::new(&file.path, format!("found {found} lines, expected at most {most}")));
        }
    }
    problems
}

/// Checks that no file has a word that puts work off.
pub fn check_words(tree: &Tree) -> Vec<Problem> {
    find_all(tree.files.iter().filter(|file| !is_data(file)), FORBIDDEN, "expected the work to be done")
}

/// Checks that tests do not wait by the clock, and that files that are said to do.
pub fn check_waits(tree: &Tree) -> Vec<Problem> {
    check_waits_with(tree, MAY_WAIT)
}

fn check_waits_with(tree: &Tree, may_wait: &[(&str, &str)]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in tree.files.iter().filter(|file| file.ends_in(&[".rs", ".mjs", ".js", ".ts"])) {
        // Code may wait; the tests at its end may not.
        let code_lines = if file.is_test() { 0 } else { lines_before_tests(&file.text) };
        let found: Vec<usize> = numbered(&file.text)
            .filter(|(number, line)| *number > code_lines && line.contains(concat!("sle", "ep(")))
            .map(|(number, _)| number)
            .collect();
        let listed = may_wait.iter().any(|(path, _)| *path == file.path);
        match found.first() {
            Some(line) if !listed => problems.push(Problem::at(
                &file.path,
                *line,
                "a test waits by the clock, expected it to wait for what it tests (or a row in MAY_WAIT that says why)",
            )),
            None if listed => problems.push(Problem::new(&file.path, "listed in MAY_WAIT, but nothing waits there")),
            _ => {}
        }
    }
    for (path, _) in may_wait.iter().filter(|(path, _)| !tree.has(path)) {
        problems.push(Problem::new(*path, "listed in MAY_WAIT, but there is no such file"));
    }
    problems
}

/// Checks that lock files and sources name no registry, so that a build goes where the machine says.
pub fn check_registries(tree: &Tree) -> Vec<Problem> {
    let sources = tree.files.iter().filter(|file| !file.ends_in(&["Cargo.lock"]));
    let mut problems = find_all(sources, REGISTRIES, "expected no name of a package registry");
    for file in &tree.files {
        for (number, line) in numbered(&file.text) {
            let strange_source = file.ends_in(&["Cargo.lock"]) && line.starts_with("source = ") && line != CARGO_SOURCE;
            let resolved = file.ends_in(&["package-lock.json"]) && line.contains("\"resolved\"");
            let setting = file.ends_in(&[".npmrc", ".cargo/config.toml"]) && line.contains("regist");
            if strange_source || resolved || setting {
                let message = format!("found `{}`, expected no host beyond cargo's own index", line.trim());
                problems.push(Problem::at(&file.path, number, message));
            }
        }
    }
    problems
}

fn find_all<'a>(files: impl Iterator<Item = &'a File>, words: &[(&str, &str)], expected: &str) -> Vec<Problem> {
    let words: Vec<String> = words.iter().map(|(head, tail)| format!("{head}{tail}")).collect();
    let mut problems = Vec::new();
    for file in files {
        for (number, line) in numbered(&file.text) {
            for word in words.iter().filter(|word| line.contains(word.as_str())) {
                problems.push(Problem::at(&file.path, number, format!("found `{word}`, {expected}")));
            }
        }
    }
    problems
}

/// Whether a file is data or a lock file, whose bytes may spell anything.
fn is_data(file: &File) -> bool {
    file.ends_in(&[".json", ".hex", ".lock", ".svg", ".csv"])
}

fn lines_before_tests(text: &str) -> usize {
    text.lines().take_while(|line| line.trim() != "#[cfg(test)]").count()
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(path: &str, text: &str) -> Tree {
        Tree::of(vec![File::new(path, text)])
    }

    #[test]
    fn finds_a_file_without_a_header() {
        assert_eq!(check_rust_files(&tree("a/src/lib.rs", "use x;\n")).len(), 1);
        assert_eq!(check_rust_files(&tree("a/src/lib.rs", "")).len(), 1);
        assert_eq!(check_rust_files(&tree("a/src/lib.rs", "//! For x.\n")), []);
    }

    #[test]
    fn finds_a_file_that_is_too_long() {
        let lines = |count: usize| format!("//!\n{}", "\n".repeat(count - 1));
        assert_eq!(check_rust_files(&tree("a/src/lib.rs", &lines(MAX_LINES + 1))).len(), 1);
        assert_eq!(check_rust_files(&tree("a/tests/it.rs", &lines(MAX_LINES + 1))), []);
        assert_eq!(check_rust_files(&tree("a/tests/it.rs", &lines(MAX_TEST_LINES + 1))).len(), 1);
    }

    #[test]
    fn finds_every_forbidden_word() {
        for (head, tail) in FORBIDDEN {
            assert!(!check_words(&tree("a/src/lib.rs", &format!("x {head}{tail} y"))).is_empty(), "{head}{tail}");
        }
        assert_eq!(check_words(&tree("a/src/lib.rs", "nothing of the kind")), []);
    }

    #[test]
    fn finds_a_test_that_waits_by_the_clock() {
        let wait = concat!("sle", "ep(1)");
        assert_eq!(check_waits_with(&tree("a/tests/it.rs", wait), &[]).len(), 1);
        assert_eq!(check_waits_with(&tree("a/src/lib.rs", &format!("#[cfg(test)]\n{wait}")), &[]).len(), 1);
        assert_eq!(check_waits_with(&tree("a/src/lib.rs", wait), &[]), []);
        assert_eq!(check_waits_with(&tree("a/tests/it.rs", wait), &[("a/tests/it.rs", "polls")]), []);
    }

    #[test]
    fn finds_a_listed_file_that_no_longer_waits() {
        let listed = [("a/tests/it.rs", "polls")];
        assert_eq!(check_waits_with(&tree("a/tests/it.rs", ""), &listed).len(), 1);
        assert_eq!(check_waits_with(&tree("b/tests/it.rs", ""), &listed).len(), 1);
    }

    #[test]
    fn finds_names_of_registries() {
        for (head, tail) in REGISTRIES {
            assert!(!check_registries(&tree("a/b.toml", &format!("x = \"{head}{tail}\""))).is_empty(), "{head}{tail}");
        }
        assert_eq!(check_registries(&tree("Cargo.lock", CARGO_SOURCE)), []);
        assert_eq!(check_registries(&tree("Cargo.lock", "source = \"sparse+https://mirror/\"")).len(), 1);
        assert_eq!(check_registries(&tree("js/package-lock.json", "\"resolved\": \"https://mirror/a.tgz\",")).len(), 1);
        assert_eq!(check_registries(&tree("js/.npmrc", "registry=https://mirror/")).len(), 1);
    }
}
