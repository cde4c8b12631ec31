//! The keys as text: the commented file of a new node, and the reference in the book. Both say what the table says.

use super::error::ConfigError;
use super::table::{ROWS, Row, SECTIONS};
use super::values::{Override, literal_of};

/// Columns of a comment.
const WIDTH: usize = 110;

/// The file of a new node: every key with its default, what it is for and what it takes. What is in `chosen` stands in
/// place of the default.
///
/// # Errors
/// [`ConfigError`] if `chosen` names no key, or gives a value of another type.
pub fn commented_file(chosen: &[Override]) -> Result<String, ConfigError> {
    let mut text =
        String::from("# Settings of a Tenon node. Every key is here with its default; paths are below this folder.\n");
    let chosen = chosen.iter().map(literal_of).collect::<Result<Vec<_>, _>>()?;
    for (section, about) in SECTIONS {
        text.push_str(&format!("\n# {about}\n[{section}]\n"));
        for row in rows_of(section) {
            let given = chosen.iter().rev().find(|(key, _)| *key == row.key).map(|(_, value)| value.as_str());
            for line in wrap(&format!("{} Takes: {}. Default: {}.", row.purpose, row.values, row.default)) {
                text.push_str(&format!("# {line}\n"));
            }
            text.push_str(&format!("{} = {}\n", name_of(row), given.unwrap_or(row.default)));
        }
    }
    Ok(text)
}

/// The reference: a table for each section, in Markdown.
pub fn reference() -> String {
    let mut text = String::new();
    for (section, about) in SECTIONS {
        text.push_str(&format!("## `[{section}]`\n\n{about}\n\n"));
        text.push_str("| key | default | takes | what it is for |\n|---|---|---|---|\n");
        for row in rows_of(section) {
            let (name, Row { default, values, purpose, .. }) = (name_of(row), row);
            text.push_str(&format!("| `{name}` | `{default}` | {values} | {purpose} |\n"));
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
