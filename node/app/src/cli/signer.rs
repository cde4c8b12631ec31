//! Who signs: a secret URI, or a key file as polkadot.js writes it. The password of a file comes from a file or the
//! environment, never from the command line, where other users could read it.

use super::output::{Failure, Kind};
use std::path::Path;
use tenon_crypto::{Keypair, Scheme, keystore::KeyFile};

/// Environment variable with the password of a key file.
pub(super) const PASSWORD_VARIABLE: &str = "TENON_PASSWORD";
/// Bytes of a key or password file that are read.
const MAX_SECRET_FILE_BYTES: u64 = 64 * 1024;

/// Reads the key that `--from` names.
///
/// # Errors
/// [`Kind::Key`] or [`Kind::File`] if there is none.
pub(super) fn load(from: &str, scheme: Scheme, password_file: Option<&Path>) -> Result<Keypair, Failure> {
    if !is_uri(from) {
        return open(Path::new(from), password_file);
    }
    Keypair::from_suri(scheme, from).map_err(|error| {
        let hint = "write a key such as //Alice, a phrase in quotes, or the path of a polkadot.js key file";
        Failure::new(Kind::Key, format!("found a secret URI that yields no key: {error}"), hint)
    })
}

/// Whether a text is a secret URI: one that begins with a hard junction or a seed, or a phrase. Anything else is a path, so
/// that a mistyped path is never taken for the key that it would derive.
pub(super) fn is_uri(text: &str) -> bool {
    text.starts_with("//") || text.starts_with("0x") || text.contains(' ')
}

/// Opens a key file with its password.
///
/// # Errors
/// [`Kind::Key`] or [`Kind::File`] if it does not open.
pub(super) fn open(path: &Path, password_file: Option<&Path>) -> Result<Keypair, Failure> {
    let hint = format!("set {PASSWORD_VARIABLE} or give --password-file");
    let failed = |error: tenon_crypto::keystore::KeystoreError| {
        Failure::new(Kind::Key, format!("key file {}: {error}", path.display()), hint.clone())
    };
    let file = KeyFile::from_json(&read_text(path)?).map_err(failed)?;
    file.open(&password(password_file)?).map_err(failed)
}

/// The password: the first line of the file, the environment's, or none.
///
/// # Errors
/// [`Kind::File`] if the file cannot be read.
pub(super) fn password(file: Option<&Path>) -> Result<String, Failure> {
    match file {
        Some(path) => Ok(read_text(path)?.lines().next().unwrap_or_default().to_string()),
        None => Ok(std::env::var(PASSWORD_VARIABLE).unwrap_or_default()),
    }
}

/// Reads a small text file.
///
/// # Errors
/// [`Kind::File`] if that fails, or the file is long.
pub(super) fn read_text(path: &Path) -> Result<String, Failure> {
    let failed = |reason: String| {
        let message = format!("cannot read {:?}: {reason}", path.display().to_string());
        Failure::new(
            Kind::File,
            message,
            "give the path of a text file; a key is written as //Alice or as a phrase in quotes",
        )
    };
    let length = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?.len();
    if length > MAX_SECRET_FILE_BYTES {
        return Err(failed(format!("found {length} bytes, expected at most {MAX_SECRET_FILE_BYTES}")));
    }
    std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn development_keys_need_no_file() {
        let pair = load("//Alice", Scheme::Sr25519, None).unwrap();
        assert_eq!(hex::encode(pair.account()), "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d");
    }

    #[test]
    fn says_what_is_wrong_with_a_key() {
        for (from, name) in [
            ("Alice", "File"),
            ("/nowhere/key.json", "File"),
            ("", "File"),
            ("one two three", "Key"),
            ("//", "Key"),
            ("0x12", "Key"),
        ] {
            let failure = load(from, Scheme::Sr25519, None).expect_err(from);
            assert_eq!(failure.name, name, "{from:?}");
            assert!(!failure.message.is_empty() && !failure.hint.is_empty(), "{failure:?}");
        }
    }
}
