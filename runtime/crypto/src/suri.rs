//! Secret URIs the Substrate way: `[phrase or 0xseed]//hard/soft///password`.
//!
//! Without a phrase the development phrase is taken, so `//Alice` names the same key as in every Substrate tool. Leaves
//! out the 64-byte raw secrets and the SS58 addresses that Substrate accepts in place of a phrase.

use parity_scale_codec::Encode;
use schnorrkel::derive::{ChainCode, Derivation};
use zeroize::Zeroizing;

use crate::{
    KeyError, Keypair, Scheme,
    hash::blake2b_256,
    keypair::{Secret, no_entropy},
    mnemonic::{self, MnemonicError},
};

/// The phrase whose keys every development chain endows: public, so never for value.
pub const DEV_PHRASE: &str = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
/// The longest URI that is looked at, in bytes.
pub const MAX_SURI_LEN: usize = 1024;
/// The most junctions in a path.
pub const MAX_JUNCTIONS: usize = 32;

/// Why a secret URI yields no key. No variant repeats any of the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SuriError {
    /// The text is longer than any sensible URI.
    #[error("secret uri too long: found {found} bytes, expected at most {MAX_SURI_LEN}")]
    TooLong {
        /// The text's length.
        found: usize,
    },
    /// Nothing stands between two slashes, or after the last.
    #[error("empty junction at position {position} of the path; write //hard or /soft")]
    EmptyJunction {
        /// Which junction, from zero.
        position: usize,
    },
    /// The path has too many parts.
    #[error("too many junctions: found more than {MAX_JUNCTIONS}")]
    TooManyJunctions,
    /// The scheme cannot derive a public key from a public key.
    #[error("{scheme} has no soft junctions: found one at position {position}, expected // before it")]
    SoftJunction {
        /// The scheme asked for.
        scheme: Scheme,
        /// Which junction, from zero.
        position: usize,
    },
    /// What follows `0x` is not a seed.
    #[error("invalid raw seed: expected 0x and 64 hexadecimal digits")]
    RawSeed,
    /// A raw seed takes no password: it would change nothing.
    #[error("a raw seed takes no ///password; leave it out, or use a mnemonic phrase")]
    PasswordOfRawSeed,
    /// The phrase is no mnemonic.
    #[error(transparent)]
    Mnemonic(#[from] MnemonicError),
    /// A derived seed is no key of the scheme.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A step of derivation with its chain code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Junction {
    Hard([u8; 32]),
    Soft([u8; 32]),
}

impl Junction {
    /// A number is taken as 64 bits, anything else as a SCALE string; the encoding is padded with zeros to 32 bytes, or
    /// hashed where it is longer (sp-core's rule).
    fn parse(hard: bool, text: &str) -> Self {
        let encoded = text.parse::<u64>().map_or_else(|_| text.encode(), |number| number.encode());
        let mut code = [0; 32];
        match code.get_mut(..encoded.len()) {
            Some(head) => head.copy_from_slice(&encoded),
            None => code = blake2b_256(&encoded),
        }
        if hard { Self::Hard(code) } else { Self::Soft(code) }
    }
}

/// The parts of a secret URI.
struct Parts<'a> {
    phrase: &'a str,
    junctions: Vec<Junction>,
    password: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn parse(suri: &'a str) -> Result<Self, SuriError> {
        if suri.len() > MAX_SURI_LEN {
            return Err(SuriError::TooLong { found: suri.len() });
        }
        // A junction is never empty, so the first triple slash is where the password begins.
        let (rest, password) = match suri.split_once("///") {
            Some((rest, password)) => (rest, Some(password)),
            None => (suri, None),
        };
        let (phrase, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let phrase = if phrase.is_empty() { DEV_PHRASE } else { phrase };
        Ok(Self { phrase, junctions: parse_path(path)?, password })
    }
}

fn parse_path(path: &str) -> Result<Vec<Junction>, SuriError> {
    let mut junctions = Vec::new();
    let mut rest = path;
    while let Some(after) = rest.strip_prefix('/') {
        if junctions.len() == MAX_JUNCTIONS {
            return Err(SuriError::TooManyJunctions);
        }
        let (hard, after) = after.strip_prefix('/').map_or((false, after), |after| (true, after));
        let (text, next) = after.split_at(after.find('/').unwrap_or(after.len()));
        if text.is_empty() {
            return Err(SuriError::EmptyJunction { position: junctions.len() });
        }
        junctions.push(Junction::parse(hard, text));
        rest = next;
    }
    Ok(junctions)
}

impl Keypair {
    /// Derives the key pair of a secret URI.
    ///
    /// # Errors
    /// Where the URI is malformed, its phrase or seed invalid, or a junction is soft in a scheme other than sr25519.
    pub fn from_suri(scheme: Scheme, suri: &str) -> Result<Self, SuriError> {
        let Parts { phrase, junctions, password } = Parts::parse(suri)?;
        let seed = root_seed(phrase, password)?;
        match scheme {
            Scheme::Sr25519 => {
                let root = Self::from_seed(scheme, &seed)?;
                let Secret::Sr25519(pair) = root.secret() else { unreachable!("the scheme was asked for") };
                let derived = junctions.iter().fold(schnorrkel::Keypair::clone(pair), derive_sr25519);
                Ok(Self::from_sr25519(derived))
            }
            Scheme::Ed25519 | Scheme::Secp256k1 => {
                let seed = derive_seed(scheme, seed, &junctions)?;
                Ok(Self::from_seed(scheme, &seed)?)
            }
        }
    }
}

fn root_seed(phrase: &str, password: Option<&str>) -> Result<Zeroizing<[u8; 32]>, SuriError> {
    let mut seed = Zeroizing::new([0; 32]);
    if let Some(digits) = phrase.strip_prefix("0x") {
        if password.is_some() {
            return Err(SuriError::PasswordOfRawSeed);
        }
        hex::decode_to_slice(digits, seed.as_mut_slice()).map_err(|_| SuriError::RawSeed)?;
    } else {
        let long = mnemonic::to_seed(phrase, password.unwrap_or_default())?;
        seed.copy_from_slice(&long[..32]);
    }
    Ok(seed)
}

fn derive_sr25519(pair: schnorrkel::Keypair, junction: &Junction) -> schnorrkel::Keypair {
    match junction {
        // The new nonce seed is a hash of the old secret and the transcript; see `no_entropy`.
        Junction::Soft(code) => pair.derived_key_simple_rng(ChainCode(*code), b"", no_entropy()).0,
        Junction::Hard(code) => {
            let (mini, _) = pair.hard_derive_mini_secret_key(Some(ChainCode(*code)), b"");
            mini.expand_to_keypair(schnorrkel::ExpansionMode::Ed25519)
        }
    }
}

/// The seed after a hard junction is the BLAKE2b-256 of the SCALE tuple (label, seed, chain code).
fn derive_seed(
    scheme: Scheme,
    root: Zeroizing<[u8; 32]>,
    junctions: &[Junction],
) -> Result<Zeroizing<[u8; 32]>, SuriError> {
    let label = if scheme == Scheme::Ed25519 { "Ed25519HDKD" } else { "Secp256k1HDKD" };
    let mut seed = root;
    for (position, junction) in junctions.iter().enumerate() {
        let Junction::Hard(code) = junction else { return Err(SuriError::SoftJunction { scheme, position }) };
        let preimage = Zeroizing::new((label, *seed, code).encode());
        seed = Zeroizing::new(blake2b_256(&preimage));
    }
    Ok(seed)
}
