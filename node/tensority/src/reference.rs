//! Headers of the network that Tensority comes from: their serialized form and their hash. Our own headers are hashed
//! otherwise; this is for its published blocks, by which the hash is checked. It leaves out transactions and how its chain
//! is followed.
//!
//! ```text
//! header  01 | version | height | previous, 32 bytes | timestamp | 40 | transactions, 32 | statuses, 32 | nonce | bits
//! number  base 128, the lowest digit first, 80 added to each but the last; below 2^63; no zeros at the end
//! ```
//!
//! Source: section 6 of Tensority's specification, and the serialized headers of its vectors.

use sha3::{Digest, Sha3_256};
use tenon_types::Hash;
use tenon_types::work::{Bits, BitsError, Target};

/// The first byte of a header without its transactions.
pub const HEADER_ONLY: u8 = 1;
/// Bytes of the longest header: five numbers of at most nine bytes, three hashes and two bytes.
pub const MAX_HEADER_BYTES: usize = 2 + 3 * 32 + 5 * MAX_NUMBER_BYTES;

/// Bytes of the longest number.
const MAX_NUMBER_BYTES: usize = 9;
/// Bytes of the two roots.
const ROOTS_BYTES: u8 = 64;
/// What is hashed before the inner hash.
const HASH_TAG: &[u8] = b"entryid:blockheader:";

/// A header of the reference network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReferenceHeader {
    /// The version of the block's rules.
    pub version: u64,
    /// The height.
    pub height: u64,
    /// The hash of the parent.
    pub previous: Hash,
    /// Seconds since 1970.
    pub timestamp: u64,
    /// The root of the transactions.
    pub transactions: Hash,
    /// The root of the transactions' outcomes.
    pub statuses: Hash,
    /// The nonce.
    pub nonce: u64,
    /// The target in its short form.
    pub bits: Bits,
}

/// Why bytes are no header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// They begin with something else.
    #[error("found {found:#04x} as the first byte, expected 0x01, a header without transactions")]
    Kind {
        /// The byte.
        found: u8,
    },
    /// They end too early.
    #[error("found the end after {found} bytes, expected the header's {field}")]
    Short {
        /// How many bytes there are.
        found: usize,
        /// What should follow.
        field: &'static str,
    },
    /// They go on after the header.
    #[error("found {found} bytes after the header, expected none")]
    Long {
        /// How many.
        found: usize,
    },
    /// A number is above 2^63 - 1, or has zeros at its end.
    #[error("found {found} as the header's {field}, expected a number below 2^63 in its shortest form")]
    Number {
        /// The bytes, in hex.
        found: String,
        /// Which number.
        field: &'static str,
    },
    /// The roots have another length.
    #[error("found {found} bytes of roots, expected 64")]
    Roots {
        /// How many.
        found: u64,
    },
}

impl ReferenceHeader {
    /// Reads a header.
    ///
    /// # Errors
    /// [`HeaderError`], unless the bytes are one header in its only form.
    pub fn parse(bytes: &[u8]) -> Result<Self, HeaderError> {
        let mut reader = Reader { bytes, read: 0 };
        let [kind] = reader.take("first byte")?;
        if kind != HEADER_ONLY {
            return Err(HeaderError::Kind { found: kind });
        }
        let version = reader.number("version")?;
        let height = reader.number("height")?;
        let previous = Hash(reader.take("parent")?);
        let timestamp = reader.number("timestamp")?;
        let roots = reader.number("length of roots")?;
        if roots != u64::from(ROOTS_BYTES) {
            return Err(HeaderError::Roots { found: roots });
        }
        let header = Self {
            version,
            height,
            previous,
            timestamp,
            transactions: Hash(reader.take("root of transactions")?),
            statuses: Hash(reader.take("root of statuses")?),
            nonce: reader.number("nonce")?,
            bits: Bits(reader.number("bits")?),
        };
        match bytes.len().saturating_sub(reader.read) {
            0 => Ok(header),
            found => Err(HeaderError::Long { found }),
        }
    }

    /// The serialized form. A number above 2^63 - 1, which has none, is written as it is and refused by [`Self::parse`].
    pub fn serialize(&self) -> Vec<u8> {
        let mut bytes = vec![HEADER_ONLY];
        write_number(&mut bytes, self.version);
        write_number(&mut bytes, self.height);
        bytes.extend(self.previous.0);
        write_number(&mut bytes, self.timestamp);
        bytes.push(ROOTS_BYTES);
        bytes.extend(self.transactions.0);
        bytes.extend(self.statuses.0);
        write_number(&mut bytes, self.nonce);
        write_number(&mut bytes, self.bits.0);
        bytes
    }

    /// The header's hash: what the work is done on, and what seeds an epoch.
    pub fn hash(&self) -> Hash {
        let mut inner = Sha3_256::new();
        inner.update(self.version.to_le_bytes());
        inner.update(self.height.to_le_bytes());
        inner.update(self.previous);
        inner.update(self.timestamp.to_le_bytes());
        inner.update(self.transactions);
        inner.update(self.statuses);
        inner.update(self.bits.0.to_le_bytes());
        inner.update(self.nonce.to_le_bytes());
        let mut outer = Sha3_256::new();
        outer.update(HASH_TAG);
        outer.update(inner.finalize());
        Hash(outer.finalize().into())
    }

    /// The hash of the same header with another nonce: what a search asks for.
    #[must_use]
    pub fn hash_with(&self, nonce: u64) -> Hash {
        Self { nonce, ..*self }.hash()
    }

    /// The target that the work must meet.
    ///
    /// # Errors
    /// [`BitsError`], if the bits stand for none.
    pub fn target(&self) -> Result<Target, BitsError> {
        self.bits.target()
    }
}

/// Bytes, of which some are read.
struct Reader<'a> {
    bytes: &'a [u8],
    read: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], HeaderError> {
        let rest = self.bytes.get(self.read..).unwrap_or_default();
        let taken = rest.first_chunk().ok_or(HeaderError::Short { found: self.bytes.len(), field })?;
        self.read = self.read.saturating_add(N);
        Ok(*taken)
    }

    fn number(&mut self, field: &'static str) -> Result<u64, HeaderError> {
        let start = self.read;
        let mut number = 0u64;
        for shift in (0..).step_by(7).take(MAX_NUMBER_BYTES) {
            let [byte] = self.take(field)?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let has_zeros_at_its_end = byte == 0 && shift > 0;
                return if has_zeros_at_its_end { Err(self.wrong(start, field)) } else { Ok(number) };
            }
        }
        Err(self.wrong(start, field))
    }

    fn wrong(&self, start: usize, field: &'static str) -> HeaderError {
        let bytes = self.bytes.get(start..self.read).unwrap_or_default();
        HeaderError::Number { found: bytes.iter().map(|byte| format!("{byte:02x}")).collect(), field }
    }
}

fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}
