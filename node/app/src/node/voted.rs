//! Whether a key has voted on a chain, as a file beside the key says: one line for each chain, the hash of its genesis
//! file. What a key said is in the store; whoever deletes the store and keeps the key would say it again otherwise, or
//! the contrary. A key that is copied without this file is on its owner's account.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use tenon_types::blake2b_256;

/// What the file's name ends with, behind the key's.
const SUFFIX: &str = "voted";
/// Bytes of the file that are read: thousands of chains.
const MAX_BYTES: u64 = 1 << 20;

/// The note that a key votes on a chain.
pub(super) struct Voted {
    path: PathBuf,
    line: String,
}

impl Voted {
    /// The note of a key's file and a chain's genesis file.
    pub(super) fn new(key_file: &Path, genesis: &[u8]) -> Self {
        let mut name = key_file.file_name().unwrap_or_default().to_os_string();
        name.push(".");
        name.push(SUFFIX);
        Self { path: key_file.with_file_name(name), line: blake2b_256(genesis).to_string() }
    }

    fn lines(&self) -> io::Result<Vec<String>> {
        match std::fs::metadata(&self.path) {
            Ok(about) if about.len() > MAX_BYTES => {
                let found = about.len();
                Err(io::Error::other(format!("found {found} bytes in {}, expected less", self.path.display())))
            }
            Ok(_) => Ok(std::fs::read_to_string(&self.path)?.lines().map(str::to_string).collect()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Whether it was made before.
    pub(super) fn is_made(&self) -> io::Result<bool> {
        Ok(self.lines()?.contains(&self.line))
    }

    /// Makes it, on the disk when this returns.
    pub(super) fn make(&self) -> io::Result<()> {
        if self.is_made()? {
            return Ok(());
        }
        let mut file = std::fs::File::options().create(true).append(true).open(&self.path)?;
        file.write_all(format!("{}\n", self.line).as_bytes())?;
        file.sync_all()
    }

    /// Takes it back: the key has said nothing.
    pub(super) fn take_back(&self) -> io::Result<()> {
        let kept: String =
            self.lines()?.into_iter().filter(|line| *line != self.line).map(|line| line + "\n").collect();
        std::fs::write(&self.path, kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_of_one_key_and_one_chain() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("validator.key");
        let (one, other) = (Voted::new(&key, b"one"), Voted::new(&key, b"other"));
        let made = |note: &Voted| note.is_made().unwrap();
        assert!(!made(&one) && !made(&other));
        one.make().unwrap();
        one.make().unwrap();
        assert!(made(&one) && !made(&other) && !made(&Voted::new(&folder.path().join("b.key"), b"one")));
        other.make().unwrap();
        one.take_back().unwrap();
        assert!(!made(&one) && made(&other));
        assert!(folder.path().join("validator.key.voted").exists());
    }
}
