//! The files of the tree that people write, as text. Build outputs, downloaded packages and binary files are left out.

use std::fs;
use std::io;
use std::path::Path;

/// Directories that hold nothing written by people.
const SKIPPED: &[&str] = &["target", "node_modules", "book", "demo-data"];
/// Hidden directories that hold something written by people.
const HIDDEN: &[&str] = &[".ci", ".cargo", ".config"];
/// Bytes of a file that is read. Longer ones are data.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// A text file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path below the root, with slashes.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl File {
    /// Makes a file from its parts.
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Whether the path ends in one of these endings, each with its dot.
    pub fn ends_in(&self, endings: &[&str]) -> bool {
        endings.iter().any(|ending| self.path.ends_with(ending))
    }

    /// Whether the file holds tests alone.
    pub fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }
}

/// The files of a tree, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// Text files in the order of their paths.
    pub files: Vec<File>,
    /// Paths of all files and directories, binary ones included, in order.
    pub paths: Vec<String>,
}

impl Tree {
    /// Makes a tree of text files.
    pub fn of(files: Vec<File>) -> Self {
        let mut paths: Vec<String> = files
            .iter()
            .flat_map(|file| {
                let ends = file.path.match_indices('/').map(|(end, _)| end).chain([file.path.len()]);
                ends.map(|end| file.path[..end].to_owned()).collect::<Vec<_>>()
            })
            .collect();
        paths.sort_unstable();
        paths.dedup();
        Self { files, paths }
    }

    /// Reads a tree from disk.
    ///
    /// # Errors
    /// If a file or directory cannot be read.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        tree.walk(root, "")?;
        tree.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        tree.paths.sort_unstable();
        Ok(tree)
    }

    /// Whether a file or directory stands at a path.
    pub fn has(&self, path: &str) -> bool {
        self.paths.binary_search_by(|known| known.as_str().cmp(path)).is_ok()
    }

    /// Finds a text file.
    pub fn find(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    fn walk(&mut self, root: &Path, below: &str) -> io::Result<()> {
        for entry in fs::read_dir(root.join(below))? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                if !SKIPPED.contains(&name.as_str()) && (!name.starts_with('.') || HIDDEN.contains(&name.as_str())) {
                    self.paths.push(path.clone());
                    self.walk(root, &path)?;
                }
            } else if kind.is_file() {
                if entry.metadata()?.len() <= MAX_FILE_BYTES
                    && let Ok(text) = String::from_utf8(fs::read(entry.path())?)
                {
                    self.files.push(File { path: path.clone(), text });
                }
                self.paths.push(path);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_files_and_the_directories_above_them() {
        let tree = Tree::of(vec![File::new("docs/src/a.md", "")]);
        assert!(tree.has("docs") && tree.has("docs/src") && tree.has("docs/src/a.md"));
        assert!(!tree.has("docs/src/b.md") && tree.find("docs/src/a.md").is_some());
    }

    #[test]
    fn tells_tests_from_code() {
        assert!(File::new("node/store/tests/it/main.rs", "").is_test());
        assert!(File::new("node/core/src/pool/tests.rs", "").is_test());
        assert!(File::new("tests/bench/src/lib.rs", "").is_test());
        assert!(!File::new("node/core/src/pool.rs", "").is_test());
    }
}
