//! Key files of polkadot.js (version 3): an encrypted secret in JSON, which wallets import and export.
//!
//! The body is `header | secret | divider | public key`, sealed by XSalsa20-Poly1305 under a key that scrypt makes of
//! the password, in base64 (or hexadecimal, as older wallets wrote it). Leaves out versions 0 to 2, Ethereum keys, and
//! randomness: salt and nonce are arguments.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use crypto_secretbox::{KeyInit, XSalsa20Poly1305, aead::Aead};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    Keypair, PublicKey, Scheme,
    keypair::Secret,
    ss58::{self, Ss58Error},
};

/// The longest key file that is read, in bytes.
pub const MAX_FILE_LEN: usize = 64 * 1024;
/// The longest password, in bytes.
pub const MAX_PASSWORD_LEN: usize = 1024;

const VERSION: &str = "3";
const SEALED: [&str; 2] = ["scrypt", "xsalsa20-poly1305"];
const PLAIN: &str = "none";
const CONTENT: &str = "pkcs8";
/// What stands before the secret: the beginning of a PKCS #8 structure, the same for every scheme.
const HEADER: [u8; 16] = [48, 83, 2, 1, 1, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
/// What stands between the secret and the public key.
const DIVIDER: [u8; 5] = [161, 35, 3, 33, 0];
const SALT_LEN: usize = 32;
const NONCE_LEN: usize = 24;

/// The cost of scrypt: `(log2 N, p)` with `r` = 8. These alone are accepted, as in polkadot.js: none takes more than
/// 128 MiB, so a hostile file cannot exhaust the reader.
const ALLOWED_COSTS: [(u8, u32); 6] = [(13, 10), (14, 5), (15, 3), (15, 1), (16, 2), (17, 1)];
const BLOCK_SIZE: u32 = 8;
/// What new files are written with; polkadot.js's own choice.
const COST: (u8, u32) = (17, 1);

/// Why a key file cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum KeystoreError {
    /// The file is longer than any key file.
    #[error("key file too long: found {found} bytes, expected at most {MAX_FILE_LEN}")]
    TooLong {
        /// The file's length.
        found: usize,
    },
    /// The file is not JSON of this shape.
    #[error("key file is not valid json of a polkadot.js account")]
    Json(#[from] serde_json::Error),
    /// A field holds something that this reader does not know.
    #[error("unsupported {field} in key file: found {found:?}, expected {expected}")]
    Unsupported {
        /// The field's name.
        field: &'static str,
        /// What it holds.
        found: String,
        /// What it may hold.
        expected: &'static str,
    },
    /// The encoded part is neither base64 nor hexadecimal.
    #[error("the encoded part of the key file is neither base64 nor 0x and hexadecimal")]
    Encoding,
    /// The parameters of scrypt are not among those allowed.
    #[error("scrypt parameters not allowed: found n {n}, p {p}, r {r}, expected one of polkadot.js's presets")]
    Cost {
        /// The memory cost.
        n: u32,
        /// The parallelism.
        p: u32,
        /// The block size.
        r: u32,
    },
    /// The password is empty or too long.
    #[error("password length out of range: found {found} bytes, expected 1 to {MAX_PASSWORD_LEN}")]
    Password {
        /// The password's length.
        found: usize,
    },
    /// The file is not encrypted, yet a password was given.
    #[error("the key file is not encrypted; open it with an empty password")]
    NotEncrypted,
    /// The seal does not open.
    #[error("wrong password, or a damaged key file")]
    WrongPassword,
    /// The body is not laid out as a key.
    #[error("damaged key: {what} of {found} bytes does not fit {scheme}")]
    Body {
        /// Which part.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The scheme that the file names.
        scheme: Scheme,
    },
    /// The secret makes another public key than the file says.
    #[error("the secret in the key file is not that of its {field}")]
    Mismatch {
        /// Where the file says otherwise.
        field: &'static str,
    },
    /// The file's address is none, or the prefix asked for is out of range.
    #[error(transparent)]
    Address(#[from] Ss58Error),
}

/// A key file as it lies on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFile {
    /// The secret, sealed or plain, in base64 or in hexadecimal after `0x`.
    pub encoded: String,
    /// How to read it.
    pub encoding: Encoding,
    /// The account on any network, or as polkadot.js has it for ecdsa the public key in hexadecimal after `0x`.
    pub address: String,
    /// What wallets note: `name`, `whenCreated` (ms), `genesisHash` and others. Neither read nor checked here.
    #[serde(default)]
    pub meta: serde_json::Map<String, serde_json::Value>,
}

/// How the secret in a [`KeyFile`] is encoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encoding {
    /// `pkcs8` and the scheme.
    pub content: Vec<String>,
    /// The key derivation and the cipher, or `none`.
    #[serde(rename = "type")]
    pub kind: Vec<String>,
    /// `3`.
    pub version: String,
}

/// Randomness for one seal; the same values must never seal another file.
#[derive(Clone, Copy, Debug)]
pub struct SealRandomness {
    /// The salt of scrypt.
    pub salt: [u8; SALT_LEN],
    /// The nonce of the cipher.
    pub nonce: [u8; NONCE_LEN],
}

impl KeyFile {
    /// Seals `pair` under `password`, with the account written for the network with `prefix`.
    ///
    /// # Errors
    /// Where the password is empty or too long, or the prefix out of range.
    pub fn seal(
        pair: &Keypair,
        password: &str,
        randomness: &SealRandomness,
        prefix: u16,
        meta: serde_json::Map<String, serde_json::Value>,
    ) -> Result<Self, KeystoreError> {
        let key = stretch(password, &randomness.salt, COST)?;
        let body = encode_body(pair);
        let sealed = XSalsa20Poly1305::new((&*key).into())
            .encrypt((&randomness.nonce).into(), body.as_slice())
            .expect("the cipher takes any body of this size");
        let (log_n, p) = COST;
        let cost = [1_u32 << log_n, p, BLOCK_SIZE].map(u32::to_le_bytes);
        let bytes = [randomness.salt.as_slice(), cost.as_flattened(), &randomness.nonce, &sealed].concat();
        Ok(Self {
            encoded: BASE64.encode(bytes),
            encoding: Encoding {
                content: vec![CONTENT.to_owned(), pair.scheme().name().to_owned()],
                kind: SEALED.map(str::to_owned).to_vec(),
                version: VERSION.to_owned(),
            },
            address: address_of(pair, prefix)?,
            meta,
        })
    }

    /// Opens the file. One that is not encrypted opens with an empty password alone.
    ///
    /// # Errors
    /// Where the password is wrong, or the file is of another version, damaged, or not of the account that it names.
    pub fn open(&self, password: &str) -> Result<Keypair, KeystoreError> {
        let scheme = self.scheme()?;
        let bytes = Zeroizing::new(match self.encoded.strip_prefix("0x") {
            Some(digits) => hex::decode(digits).map_err(|_| KeystoreError::Encoding)?,
            None => BASE64.decode(&self.encoded).map_err(|_| KeystoreError::Encoding)?,
        });
        let pair = if self.encoding.kind == SEALED {
            decode_body(scheme, &unseal(&bytes, password)?)?
        } else if self.encoding.kind == [PLAIN] {
            if !password.is_empty() {
                return Err(KeystoreError::NotEncrypted);
            }
            decode_body(scheme, &bytes)?
        } else {
            return Err(unsupported(
                "encoding type",
                &self.encoding.kind.join(","),
                "scrypt,xsalsa20-poly1305 or none",
            ));
        };
        let matches = match self.address.strip_prefix("0x") {
            Some(digits) => hex::decode(digits).is_ok_and(|public| public == pair.public().as_bytes()),
            None => ss58::decode(&self.address)?.0 == pair.account(),
        };
        if matches { Ok(pair) } else { Err(KeystoreError::Mismatch { field: "address" }) }
    }

    /// Returns the scheme, which can be read without the password.
    ///
    /// # Errors
    /// Where the file is of another version or scheme.
    pub fn scheme(&self) -> Result<Scheme, KeystoreError> {
        let Encoding { content, version, .. } = &self.encoding;
        if version != VERSION {
            return Err(unsupported("version", version, "3"));
        }
        let scheme = match content.as_slice() {
            [format, name] if format == CONTENT => name.parse().ok(),
            _ => None,
        };
        scheme.ok_or_else(|| unsupported("content", &content.join(","), "pkcs8 and sr25519, ed25519 or ecdsa"))
    }

    /// Reads a file's JSON.
    ///
    /// # Errors
    /// Where it is too long or not of this shape.
    pub fn from_json(json: &str) -> Result<Self, KeystoreError> {
        if json.len() > MAX_FILE_LEN {
            return Err(KeystoreError::TooLong { found: json.len() });
        }
        Ok(serde_json::from_str(json)?)
    }

    /// Returns the file's JSON.
    ///
    /// # Errors
    /// None for a file made by [`Self::seal`]; `serde_json`'s own otherwise.
    pub fn to_json(&self) -> Result<String, KeystoreError> {
        Ok(serde_json::to_string(self)?)
    }
}

/// Writes the address as polkadot.js does: an ecdsa account is a hash, from which wallets could not tell the key.
fn address_of(pair: &Keypair, prefix: u16) -> Result<String, Ss58Error> {
    match pair.public() {
        PublicKey::Secp256k1(bytes) => Ok(format!("0x{}", hex::encode(bytes))),
        PublicKey::Ed25519(account) | PublicKey::Sr25519(account) => ss58::encode(&account, prefix),
    }
}

fn unsupported(field: &'static str, found: &str, expected: &'static str) -> KeystoreError {
    KeystoreError::Unsupported { field, found: found.chars().take(64).collect(), expected }
}

/// Stretches a password to a key. Like polkadot.js, reads a password in the form of `0x` and an even number of
/// hexadecimal digits as the bytes that they spell.
fn stretch(password: &str, salt: &[u8; SALT_LEN], (log_n, p): (u8, u32)) -> Result<Zeroizing<[u8; 32]>, KeystoreError> {
    if password.is_empty() || password.len() > MAX_PASSWORD_LEN {
        return Err(KeystoreError::Password { found: password.len() });
    }
    let spelt = password.strip_prefix("0x").and_then(|digits| hex::decode(digits).ok());
    let bytes = Zeroizing::new(spelt.unwrap_or_else(|| password.as_bytes().to_vec()));
    let params = scrypt::Params::new(log_n, BLOCK_SIZE, p).expect("every allowed cost is valid");
    let mut stretched = Zeroizing::new([0; 64]);
    scrypt::scrypt(&bytes, salt, &params, stretched.as_mut_slice()).expect("64 bytes is a valid length");
    let mut key = Zeroizing::new([0; 32]);
    key.copy_from_slice(&stretched[..32]);
    Ok(key)
}

fn unseal(bytes: &[u8], password: &str) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
    let (salt, rest) = bytes.split_first_chunk::<SALT_LEN>().ok_or(KeystoreError::WrongPassword)?;
    let (cost, rest) = rest.split_first_chunk::<12>().ok_or(KeystoreError::WrongPassword)?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or(KeystoreError::WrongPassword)?;
    let key = stretch(password, salt, allowed_cost(cost)?)?;
    let body = XSalsa20Poly1305::new((&*key).into())
        .decrypt(nonce.into(), sealed)
        .map_err(|_| KeystoreError::WrongPassword)?;
    Ok(Zeroizing::new(body))
}

fn allowed_cost(bytes: &[u8; 12]) -> Result<(u8, u32), KeystoreError> {
    let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let (n, p, r) = (word(0), word(4), word(8));
    ALLOWED_COSTS
        .into_iter()
        .find(|(log_n, allowed_p)| n == 1 << log_n && p == *allowed_p && r == BLOCK_SIZE)
        .ok_or(KeystoreError::Cost { n, p, r })
}

fn encode_body(pair: &Keypair) -> Zeroizing<Vec<u8>> {
    let public = pair.public();
    let secret = Zeroizing::new(match pair.secret() {
        Secret::Ed25519(key) => [key.as_bytes().as_slice(), public.as_bytes()].concat(),
        Secret::Sr25519(pair) => pair.secret.to_ed25519_bytes().to_vec(),
        Secret::Secp256k1(key) => key.as_bytes().to_vec(),
    });
    Zeroizing::new([&HEADER, secret.as_slice(), &DIVIDER, public.as_bytes()].concat())
}

/// Reads a body. Its secret is 64 bytes (expanded for sr25519, seed and public key for Ed25519) or a 32-byte seed.
fn decode_body(scheme: Scheme, body: &[u8]) -> Result<Keypair, KeystoreError> {
    let damaged = |what, found| KeystoreError::Body { what, found, scheme };
    let rest = body.strip_prefix(&HEADER).ok_or_else(|| damaged("body", body.len()))?;
    let (secret, public) = [64, 32]
        .into_iter()
        .find_map(|len| Some((rest.get(..len)?, rest.get(len..)?.strip_prefix(&DIVIDER)?)))
        .ok_or_else(|| damaged("body", body.len()))?;
    let pair = match (scheme, secret.len()) {
        (Scheme::Sr25519, 64) => {
            let secret = schnorrkel::SecretKey::from_ed25519_bytes(secret);
            Keypair::from_sr25519(secret.map_err(|_| damaged("secret", 64))?.to_keypair())
        }
        (Scheme::Ed25519, 64) | (_, 32) => {
            let mut seed = Zeroizing::new([0; 32]);
            seed.copy_from_slice(&secret[..32]);
            Keypair::from_seed(scheme, &seed).map_err(|_| damaged("secret", 32))?
        }
        (_, found) => return Err(damaged("secret", found)),
    };
    if pair.public().as_bytes() != public {
        return Err(KeystoreError::Mismatch { field: "public key" });
    }
    Ok(pair)
}
