//! Whether Markdown files speak of things that exist: links resolve, with their anchors; paths in code spans stand in the
//! tree; every page of the book is in its table of contents. Links to the web are not followed.

use crate::Problem;
use crate::tree::{File, Tree};

/// Where the pages of the book lie.
const BOOK: &str = "docs/src/";
/// The book's table of contents.
const SUMMARY: &str = "docs/src/SUMMARY.md";
/// What a code span begins with if it is a path of the tree.
const TOP: &[&str] = &["runtime/", "node/", "contracts/", "sdk/", "templates/", "tests/", "docs/", ".ci/"];

/// Checks that links in Markdown files resolve, anchors included.
pub fn check_links(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in markdown(tree) {
        for (number, line) in prose(&file.text) {
            for link in links(line) {
                problems.extend(check_link(tree, file, link).map(|message| Problem::at(&file.path, number, message)));
            }
        }
    }
    problems
}

/// Checks that paths named in code spans stand in the tree, or beside the file that names them. A path with a placeholder
/// (`NAME`, `*`, `<..>`) is not looked at.
pub fn check_paths(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in markdown(tree) {
        for (number, line) in prose(&file.text) {
            for path in code_spans(line).filter(|span| is_path(span)) {
                let path = path.trim_end_matches('/');
                if !tree.has(path) && !tree.has(&resolve(&file.path, path)) {
                    let message = format!("names `{path}`, and there is no such file");
                    problems.push(Problem::at(&file.path, number, message));
                }
            }
        }
    }
    problems
}

/// Checks that the book's table of contents has every page.
pub fn check_summary(tree: &Tree) -> Vec<Problem> {
    let Some(summary) = tree.find(SUMMARY) else {
        return vec![Problem::new(SUMMARY, "there is no table of contents")];
    };
    let listed: Vec<String> = prose(&summary.text)
        .flat_map(|(_, line)| links(line).map(|link| resolve(SUMMARY, link)).collect::<Vec<_>>())
        .collect();
    markdown(tree)
        .filter(|file| file.path.starts_with(BOOK) && file.path != SUMMARY && !listed.contains(&file.path))
        .map(|file| Problem::new(&file.path, "the page is not in the book's table of contents"))
        .collect()
}

fn markdown(tree: &Tree) -> impl Iterator<Item = &File> {
    tree.files.iter().filter(|file| file.ends_in(&[".md"]))
}

fn check_link(tree: &Tree, file: &File, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (target, anchor) = link.split_once('#').map_or((link, None), |(target, anchor)| (target, Some(anchor)));
    let path = if target.is_empty() { file.path.clone() } else { resolve(&file.path, target) };
    if !tree.has(&path) {
        return Some(format!("links to `{link}`, and there is no file {path}"));
    }
    let anchor = anchor?;
    let page = tree.find(&path)?;
    let known = prose(&page.text).any(|(_, line)| heading(line).is_some_and(|title| slug(title) == anchor));
    (!known).then(|| format!("links to `{link}`, and {path} has no such heading"))
}

/// The path that a relative link leads to.
fn resolve(from: &str, link: &str) -> String {
    let target = link.split('#').next().unwrap_or_default();
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// Lines outside fenced code, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let is_fence = line.trim_start().starts_with("```");
        fenced ^= is_fence;
        (!fenced && !is_fence).then_some((index + 1, line))
    })
}

/// Targets of the links of a line. Code spans are looked over: brackets there are code.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').step_by(2).flat_map(|text| {
        text.match_indices("](").filter_map(|(start, _)| {
            let rest = &text[start + 2..];
            rest.find(')').map(|end| &rest[..end])
        })
    })
}

fn code_spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn is_path(span: &str) -> bool {
    TOP.iter().any(|top| span.starts_with(top))
        && !span.contains([' ', '*', '<', '{', '$', '(', ':'])
        && !span.split(['/', '.']).any(|part| part.len() > 1 && part.chars().all(|letter| letter.is_ascii_uppercase()))
}

fn heading(line: &str) -> Option<&str> {
    let title = line.trim_start_matches('#');
    (title.len() < line.len()).then(|| title.strip_prefix(' ')).flatten()
}

/// The anchor that mdBook and code hosts make of a heading.
fn slug(title: &str) -> String {
    title
        .trim()
        .chars()
        .filter_map(|letter| match letter {
            ' ' => Some('-'),
            '-' | '_' => Some(letter),
            _ if letter.is_alphanumeric() => Some(letter.to_ascii_lowercase()),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Tree {
        Tree::of(vec![
            File::new(SUMMARY, "- [A](a.md)\n"),
            File::new("docs/src/a.md", text),
            File::new("docs/src/b/c.md", "# One `two`, three\n\n```\n# not a heading\n```\n"),
            File::new("node/app/src/lib.rs", ""),
        ])
    }

    #[test]
    fn finds_a_link_that_leads_nowhere() {
        assert_eq!(check_links(&tree("see [c](b/c.md) and [c](b/c.md#one-two-three) and [x](https://x.org/y)")), []);
        assert_eq!(check_links(&tree("see [d](b/d.md)")).len(), 1);
        assert_eq!(check_links(&tree("see [c](b/c.md#four)")).len(), 1);
        assert_eq!(check_links(&tree("see [c](b/c.md#not-a-heading)")).len(), 1);
        assert_eq!(check_links(&tree("see [up](../../node/app/src/lib.rs) `[x](y.md)`\n```\n[x](y.md)\n```\n")), []);
    }

    #[test]
    fn finds_a_path_that_is_not_there() {
        let beside = [File::new("templates/a/README.md", "in `tests/a.rs`"), File::new("templates/a/tests/a.rs", "")];
        assert_eq!(check_paths(&Tree::of(beside.to_vec())), []);
        assert_eq!(check_paths(&tree("in `node/app/src/lib.rs`, `node/app/`, `contracts/NAME` and `cargo test`")), []);
        assert_eq!(check_paths(&tree("in `node/app/src/main.rs`")).len(), 1);
    }

    #[test]
    fn finds_a_page_that_the_table_of_contents_leaves_out() {
        let found = check_summary(&tree(""));
        assert_eq!(found.iter().map(|problem| problem.place.as_str()).collect::<Vec<_>>(), ["docs/src/b/c.md"]);
        assert_eq!(check_summary(&Tree::default()).len(), 1);
    }
}
