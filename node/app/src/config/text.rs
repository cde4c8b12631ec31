//! The keys as text: the commented file of a new node, and the reference in the book. Both say what the table says.

use super::table::{ROWS, Row, SECTIONS};
use std::fmt::Write as _;

/// Columns of a comment.
const WIDTH: usize = 110;

/// The file of a new node: every key with its default, what it is for and what it takes. A key in `chosen` has the value
/// there (in TOML) in place of its default.
///
/// # Panics
/// If `chosen` names no key.
pub fn commented_file(chosen: &[(&str, String)]) -> String {
    for (key, _) in chosen {
        assert!(super::table::find(key).is_some(), "{key} is no key");
    }
    let mut text = String::from(
        "# Settings of a Tenon node. Every key stands here with its default; paths are below this folder.\n",
    );
    for (section, about) in SECTIONS {
        let _ = write!(text, "\n# {about}\n[{section}]\n");
        for row in rows_of(section) {
            let given = chosen.iter().find(|(key, _)| *key == row.key).map(|(_, value)| value.as_str());
            for line in wrap(&format!("{} Takes: {}. Default: {}.", row.purpose, row.values, row.default)) {
                let _ = writeln!(text, "# {line}");
            }
            let _ = writeln!(text, "{} = {}", name_of(row), given.unwrap_or(row.default));
        }
    }
    text
}

/// The reference: a table for each section, in Markdown.
pub fn reference() -> String {
    let mut text = String::new();
    for (section, about) in SECTIONS {
        let _ = write!(
            text,
            "## [{section}]\n\n{about}\n\n| key | default | takes | what it is for |\n|---|---|---|---|\n"
        );
        for row in rows_of(section) {
            let (name, Row { default, values, purpose, .. }) = (name_of(row), row);
            let _ = writeln!(text, "| `{name}` | `{default}` | {values} | {purpose} |");
        }
        text.push('\n');
    }
    text.trim_end().to_string()
}

fn rows_of(section: &str) -> impl Iterator<Item = &'static Row> {
    ROWS.iter().filter(move |row| row.key.split_once('.').is_some_and(|(found, _)| found == section))
}

fn name_of(row: &Row) -> &'static str {
    row.key.split_once('.').map_or(row.key, |(_, name)| name)
}

/// Breaks a text into lines at blanks.
fn wrap(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}
