//! Whether `docs/coverage.md` tells the truth: each row has a feature's number that exists, and names tests that exist.
//!
//! A row is `| NUMBERS | TESTS | NOTE |`. Numbers are separated by commas. A test is a code span: the name of a Rust test
//! function, or the path of a `.sh` or `.mjs` file. Whether a test shows what the row says is for people to judge.

use crate::Problem;
use crate::tree::{File, Tree};
use std::collections::BTreeSet;

/// Where the rows stand.
pub const COVERAGE: &str = "docs/coverage.md";

/// The prefixes of the features' numbers and the highest number of each; the lowest is 1.
const FEATURES: &[(&str, u32)] = &[("ST", 58), ("SR", 97), ("BY", 152), ("CS", 52), ("VC", 119), ("X", 29)];
/// Lines above a test function in which the attribute that makes it a test stands.
const ATTRIBUTE_LINES: usize = 6;

/// Checks every row.
pub fn check_coverage(tree: &Tree) -> Vec<Problem> {
    let Some(file) = tree.find(COVERAGE) else {
        return vec![Problem::new(COVERAGE, "there is no such file")];
    };
    let tests = test_names(tree);
    let mut problems = Vec::new();
    let mut rows = 0_usize;
    for (index, line) in file.text.lines().enumerate() {
        let Some((numbers, names)) = row(line) else { continue };
        rows += 1;
        for number in numbers.split(',').map(str::trim).filter(|number| !is_feature(number)) {
            problems.push(Problem::at(COVERAGE, index + 1, format!("found `{number}`, expected a feature's number")));
        }
        let names: Vec<&str> = names.split('`').skip(1).step_by(2).collect();
        if names.is_empty() {
            problems.push(Problem::at(COVERAGE, index + 1, "the row names no test"));
        }
        for name in names {
            let is_script = name.ends_with(".sh") || name.ends_with(".mjs");
            if !(is_script && tree.has(name) || tests.contains(name)) {
                problems.push(Problem::at(COVERAGE, index + 1, format!("names `{name}`, and there is no such test")));
            }
        }
    }
    if rows == 0 {
        problems.push(Problem::new(COVERAGE, "found no rows"));
    }
    problems
}

/// The first two columns of a row of the table; nothing for prose, the table's head and its rule.
fn row(line: &str) -> Option<(&str, &str)> {
    let mut columns = line.strip_prefix('|')?.split('|').map(str::trim);
    let (numbers, names) = (columns.next()?, columns.next()?);
    let is_head = numbers.starts_with("---") || numbers.eq_ignore_ascii_case("row");
    (!is_head).then_some((numbers, names))
}

fn is_feature(number: &str) -> bool {
    number.split_once('-').is_some_and(|(prefix, digits)| {
        let highest = FEATURES.iter().find(|(name, _)| *name == prefix).map_or(0, |(_, highest)| *highest);
        digits.len() >= 2 && digits.parse::<u32>().is_ok_and(|value| (1..=highest).contains(&value))
    })
}

/// Names of the functions that stand below a test attribute.
fn test_names(tree: &Tree) -> BTreeSet<&str> {
    tree.files.iter().filter(|file| file.ends_in(&[".rs"])).flat_map(names_of).collect()
}

fn names_of(file: &File) -> Vec<&str> {
    let lines: Vec<&str> = file.text.lines().collect();
    let mut names = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let above = &lines[index.saturating_sub(ATTRIBUTE_LINES)..index];
        if above.iter().rev().take_while(|line| is_attribute(line)).any(|line| line.contains("test")) {
            names.push(name);
        }
    }
    names
}

fn is_attribute(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("#[") || line.starts_with("//")
}

fn function_name(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("async ").unwrap_or(line);
    let rest = line.strip_prefix("fn ")?;
    Some(&rest[..rest.find(['(', '<'])?])
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST: &str = "//! x\n#[test]\nfn moves_an_amount() {}\nfn helper() {}\n";

    fn problems(row: &str) -> Vec<Problem> {
        check_coverage(&Tree::of(vec![
            File::new("contracts/a/tests/it.rs", TEST),
            File::new(COVERAGE, &format!("# Coverage\n\n| row | tests | note |\n|---|---|---|\n{row}\n")),
            File::new("tests/e2e/demo.sh", ""),
        ]))
    }

    #[test]
    fn a_row_that_names_a_test_is_good() {
        assert_eq!(problems("| CS-30, X-09 | `moves_an_amount` `tests/e2e/demo.sh` | all |"), []);
    }

    #[test]
    fn finds_a_test_that_does_not_exist() {
        assert_eq!(problems("| CS-30 | `moves_a_mountain` | |").len(), 1);
        assert_eq!(problems("| CS-30 | `tests/e2e/other.sh` | |").len(), 1);
        assert_eq!(problems("| CS-30 | none | |").len(), 1);
    }

    #[test]
    fn finds_a_function_that_is_no_test() {
        assert_eq!(problems("| CS-30 | `helper` | |").len(), 1);
    }

    #[test]
    fn finds_a_number_that_does_not_exist() {
        for number in ["CS-53", "ST-00", "XY-01", "X-30", "CS-1", "CS", ""] {
            assert_eq!(problems(&format!("| {number} | `moves_an_amount` | |")).len(), 1, "{number}");
        }
    }

    #[test]
    fn finds_a_missing_or_empty_file() {
        assert_eq!(check_coverage(&Tree::default()).len(), 1);
        assert_eq!(problems("").len(), 1);
    }
}
