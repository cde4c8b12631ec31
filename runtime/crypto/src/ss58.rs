//! SS58: the text form of an account, with the network's prefix and a checksum.
//!
//! Reads and writes 32-byte accounts alone; the format's other lengths are left out.

use crate::hash::blake2b_512;

/// The prefix of networks that have none of their own.
pub const DEFAULT_PREFIX: u16 = 42;
/// The highest prefix that the two-byte form can carry.
pub const MAX_PREFIX: u16 = 16_383;
/// The longest text that is looked at; the longest address has 50 characters.
pub const MAX_ADDRESS_LEN: usize = 64;
/// The highest prefix written in one byte.
const MAX_SHORT_PREFIX: u16 = 63;
const CHECKSUM_LEN: usize = 2;

/// Why a text is not an address, or a prefix not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ss58Error {
    /// The text is longer than any address.
    #[error("address too long: found {found} bytes, expected at most {MAX_ADDRESS_LEN}")]
    TooLong {
        /// The text's length.
        found: usize,
    },
    /// The text is not base58.
    #[error("address is not base58")]
    Base58(#[from] bs58::decode::Error),
    /// The decoded length is not that of an address of a 32-byte account.
    #[error("wrong address length: found {found} bytes, expected {expected} for a 32-byte account")]
    Length {
        /// The decoded length.
        found: usize,
        /// The length that the prefix form asks for.
        expected: usize,
    },
    /// The first byte belongs to no prefix form, or a short prefix is written in the long form.
    #[error("invalid network prefix: found {found}, expected at most {MAX_PREFIX} in its shortest form")]
    Prefix {
        /// The prefix, or the first byte.
        found: u16,
    },
    /// A character is wrong.
    #[error("wrong address checksum: found {found:02x?}, expected {expected:02x?}")]
    Checksum {
        /// What the address ends with.
        found: [u8; CHECKSUM_LEN],
        /// What it would have to end with.
        expected: [u8; CHECKSUM_LEN],
    },
}

/// Returns the address of `account` on the network with `prefix`.
///
/// # Errors
/// Where the prefix is above [`MAX_PREFIX`].
pub fn encode(account: &[u8; 32], prefix: u16) -> Result<String, Ss58Error> {
    let mut bytes = encode_prefix(prefix)?;
    bytes.extend_from_slice(account);
    bytes.extend_from_slice(&checksum(&bytes));
    Ok(bs58::encode(bytes).into_string())
}

/// Returns the account and the network prefix of an address.
///
/// # Errors
/// Where the text is not the address of a 32-byte account in its canonical form.
pub fn decode(address: &str) -> Result<([u8; 32], u16), Ss58Error> {
    if address.len() > MAX_ADDRESS_LEN {
        return Err(Ss58Error::TooLong { found: address.len() });
    }
    let bytes = bs58::decode(address).into_vec()?;
    let (prefix, prefix_len) = decode_prefix(&bytes)?;
    let expected_len = prefix_len + 32 + CHECKSUM_LEN;
    if bytes.len() != expected_len {
        return Err(Ss58Error::Length { found: bytes.len(), expected: expected_len });
    }
    let (body, tail) = bytes.split_at(prefix_len + 32);
    let found: [u8; CHECKSUM_LEN] = tail.try_into().expect("the length was checked");
    let expected = checksum(body);
    if found != expected {
        return Err(Ss58Error::Checksum { found, expected });
    }
    let account = body[prefix_len..].try_into().expect("the length was checked");
    Ok((account, prefix))
}

/// One byte up to 63; else 14 bits over two bytes, the first of which is in 64 to 127.
fn encode_prefix(prefix: u16) -> Result<Vec<u8>, Ss58Error> {
    let [low, high] = prefix.to_le_bytes();
    if prefix <= MAX_SHORT_PREFIX {
        Ok(vec![low])
    } else if prefix <= MAX_PREFIX {
        Ok(vec![0b0100_0000 | (low >> 2), high | (low << 6)])
    } else {
        Err(Ss58Error::Prefix { found: prefix })
    }
}

fn decode_prefix(bytes: &[u8]) -> Result<(u16, usize), Ss58Error> {
    match bytes {
        [first @ 0..=63, ..] => Ok((u16::from(*first), 1)),
        [first @ 64..=127, second, ..] => {
            let prefix = u16::from_le_bytes([(first << 2) | (second >> 6), second & 0b0011_1111]);
            if prefix <= MAX_SHORT_PREFIX {
                return Err(Ss58Error::Prefix { found: prefix });
            }
            Ok((prefix, 2))
        }
        [first @ 128..=255, ..] => Err(Ss58Error::Prefix { found: u16::from(*first) }),
        _ => Err(Ss58Error::Length { found: bytes.len(), expected: 1 + 32 + CHECKSUM_LEN }),
    }
}

fn checksum(body: &[u8]) -> [u8; CHECKSUM_LEN] {
    let hash = blake2b_512(&[b"SS58PRE", body].concat());
    [hash[0], hash[1]]
}
