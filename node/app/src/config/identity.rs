//! The two keys that lie in a node's folder: the one by which peers know it, and the one that votes. Each is a file of
//! 64 hex digits, a seed, that its owner alone may read. The account that owns a validator has no key here.

use super::error::ConfigError;
use std::fmt;
use std::io::Write as _;
use std::path::Path;
use tenon_crypto::bls::{BlsSecretKey, PUBLIC_KEY_BYTES, SIGNATURE_BYTES};
use tenon_crypto::os;
use tenon_net::{NodeSecret, PeerKey};
use zeroize::Zeroizing;

/// The file with the key by which peers know a node.
pub const NODE_KEY_FILE: &str = "node.key";
/// The file with the key by which a validator votes.
pub const VALIDATOR_KEY_FILE: &str = "validator.key";

/// What stands in a key file.
const EXPECTED: &str = "one line of 64 hex digits";
/// Bytes of a key file that are read.
const MAX_FILE_BYTES: usize = 256;
/// Permissions of others, which no key file has.
#[cfg(unix)]
const OTHERS: u32 = 0o077;

/// The key by which peers know a node.
pub struct NodeKey {
    seed: Zeroizing<[u8; 32]>,
    peer: PeerKey,
}

/// The key by which a validator votes.
pub struct ValidatorKey {
    secret: BlsSecretKey,
}

impl NodeKey {
    /// Makes a key in a new file.
    ///
    /// # Errors
    /// [`ConfigError`] if the file is there, or cannot be written.
    pub fn create(file: &Path) -> Result<Self, ConfigError> {
        let seed = os::random_bytes::<32>()?;
        write_seed(file, &seed)?;
        Ok(Self::from_seed(seed))
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// [`ConfigError`] if it cannot be read, or holds no key, or others may read it.
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        Ok(Self::from_seed(read_seed(file)?))
    }

    fn from_seed(seed: Zeroizing<[u8; 32]>) -> Self {
        let peer = NodeSecret::from_bytes(*seed).key();
        Self { seed, peer }
    }

    /// The secret seed.
    pub fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// How peers name it.
    pub const fn peer(&self) -> PeerKey {
        self.peer
    }
}

impl fmt::Debug for NodeKey {
    /// Shows the public part alone.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("NodeKey").field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl ValidatorKey {
    /// Makes a key in a new file.
    ///
    /// # Errors
    /// As [`NodeKey::create`].
    pub fn create(file: &Path) -> Result<Self, ConfigError> {
        let seed = os::random_bytes::<32>()?;
        write_seed(file, &seed)?;
        Ok(Self { secret: BlsSecretKey::from_seed(&seed) })
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// As [`NodeKey::read`].
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        Ok(Self { secret: BlsSecretKey::from_seed(&*read_seed(file)?) })
    }

    /// The secret.
    pub const fn secret(&self) -> &BlsSecretKey {
        &self.secret
    }

    /// The public key.
    pub fn public(&self) -> [u8; PUBLIC_KEY_BYTES] {
        self.secret.public_key().to_bytes()
    }

    /// The proof that whoever registers the public key has the secret.
    pub fn possession(&self) -> [u8; SIGNATURE_BYTES] {
        self.secret.prove_possession().to_bytes()
    }
}

impl fmt::Debug for ValidatorKey {
    /// Shows the public part alone.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ValidatorKey").field("public", &self.secret.public_key()).finish_non_exhaustive()
    }
}

/// Makes a new file that only its owner may read or write.
pub(crate) fn create_private(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn write_seed(file: &Path, seed: &[u8; 32]) -> Result<(), ConfigError> {
    let failed = |source| ConfigError::File { action: "write", file: file.to_path_buf(), source };
    let line = Zeroizing::new(format!("{}\n", hex::encode(seed)));
    let mut out = create_private(file).map_err(failed)?;
    out.write_all(line.as_bytes()).and_then(|()| out.sync_all()).map_err(failed)
}

fn read_seed(file: &Path) -> Result<Zeroizing<[u8; 32]>, ConfigError> {
    let failed = |source| ConfigError::File { action: "read", file: file.to_path_buf(), source };
    let refused = |found: String, expected| ConfigError::KeyFile { file: file.to_path_buf(), found, expected };
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(file).map_err(failed)?);
        if mode & OTHERS != 0 {
            let found = format!("permissions {:o}", mode & 0o777);
            return Err(refused(found, "600, for its owner alone (chmod 600)"));
        }
    }
    let text = Zeroizing::new(std::fs::read(file).map_err(failed)?);
    if text.len() > MAX_FILE_BYTES {
        return Err(refused(format!("{} bytes", text.len()), EXPECTED));
    }
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim_ascii(), seed.as_mut_slice())
        .map_err(|_| refused(format!("{} bytes that are no key", text.len()), EXPECTED))?;
    Ok(seed)
}
