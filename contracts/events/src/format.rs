//! Events as bytes: one event has one encoding, and one message that is signed.
//!
//! An event has eleven fields: version, stream, partition, time, type of the content, type of its encryption, content,
//! type of the origin, origin, type of the signature, signature. The encoding is SCALE of [`Event`]: numbers with the
//! lowest byte first; content, origin and signature behind their length, which stands in its shortest form. Any library
//! of SCALE reads and writes it.
//!
//! What is unknown: another version is refused. Types of content and encryption are passed on as they are, whatever their
//! number: here nobody reads the content. Types of origin and signature are passed on by [`Event::decode`], for brokers
//! that only carry events, and refused by who has to check them (`check`).
//!
//! Pure, for clients and brokers as well as for the module. Left out: what the content means, and how it is encrypted.

use crate::error::Error;
use tenon_contract::Wire;
use tenon_contract::prelude::*;

/// The version of events.
pub const VERSION: u8 = 1;
/// Bytes of an event's content.
pub const MAX_CONTENT_BYTES: usize = 1024 * 1024;
/// Bytes of an origin of any type.
pub const MAX_ORIGIN_BYTES: usize = 64;
/// Bytes of a signature of any type.
pub const MAX_SIGNATURE_BYTES: usize = 1_024;
/// The last millisecond of the year 9999, the last that has a text form.
pub const MAX_TIMESTAMP_MS: u64 = 253_402_300_799_999;

/// Content that is bytes of a form which publisher and reader know.
pub const CONTENT_BINARY: u8 = 0;
/// Content that is text in UTF-8.
pub const CONTENT_TEXT: u8 = 1;
/// Content that is JSON in UTF-8.
pub const CONTENT_JSON: u8 = 2;
/// Content that is not encrypted.
pub const ENCRYPTION_NONE: u8 = 0;
/// An origin that is an address of Ethereum, 20 bytes.
pub const ORIGIN_ETHEREUM: u8 = 1;
/// An origin that is an account of this chain, 32 bytes: an sr25519 public key.
pub const ORIGIN_ACCOUNT: u8 = 2;
/// A signature by secp256k1 as Ethereum's wallets sign messages (EIP-191): r, s, and 27 or 28.
pub const SIGNATURE_ETHEREUM: u8 = 1;
/// A signature by sr25519 with context `substrate`, over the message between `<Bytes>` and `</Bytes>`.
pub const SIGNATURE_SR25519: u8 = 2;

/// Stands first in what is signed and hashed.
const DOMAIN: &[u8] = b"tenon/event";

/// Which stream: the registry that it stands in, and its id there.
#[module_type]
#[derive(Copy)]
pub struct StreamId {
    /// The instance of the registry, such as the module `streams`.
    pub module: Address,
    /// The stream's id.
    pub id: Hash,
}

/// A signed event of a stream. Its SCALE encoding is the event's only form as bytes.
#[module_type]
pub struct Event {
    /// The version of this format: 1.
    pub version: u8,
    /// Which stream it was published in.
    pub stream: StreamId,
    /// In which partition of it.
    pub partition: u16,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub timestamp_ms: u64,
    /// What the content is: 0 bytes, 1 text, 2 JSON; others by agreement.
    pub content_type: u8,
    /// How the content is encrypted: 0 not at all; others by agreement.
    pub encryption_type: u8,
    /// The content.
    pub content: Vec<u8>,
    /// What the origin is: 1 an address of Ethereum, 2 an account of this chain.
    pub origin_type: u8,
    /// Who published it.
    pub origin: Vec<u8>,
    /// How it is signed: 1 as Ethereum's wallets do, 2 by sr25519.
    pub signature_type: u8,
    /// The signature over everything else.
    pub signature: Vec<u8>,
}

impl Event {
    /// The event as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.put(&mut bytes);
        bytes
    }

    /// Reads an event. Types of content, encryption, origin and signature are passed on whatever their number.
    ///
    /// # Errors
    /// `Truncated`, `TrailingBytes`, `UnknownVersion`, `LengthNotShortest`, `TooLong`, `InvalidTimestamp`.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        Self::decode_parts(bytes).map(|(event, _)| event)
    }

    /// Reads an event, and tells which of its bytes come before the signature.
    #[inline(never)]
    pub(crate) fn decode_parts(bytes: &[u8]) -> Result<(Self, &[u8]), Error> {
        let mut rest = Rest(bytes);
        let version = rest.number::<1>()?[0];
        ensure!(version == VERSION, Error::UnknownVersion);
        let stream = StreamId { module: Address::new(rest.number()?), id: Hash::new(rest.number()?) };
        let partition = u16::from_le_bytes(rest.number()?);
        let timestamp_ms = u64::from_le_bytes(rest.number()?);
        ensure!(timestamp_ms <= MAX_TIMESTAMP_MS, Error::InvalidTimestamp);
        let [content_type, encryption_type] = rest.number()?;
        let content = rest.list(MAX_CONTENT_BYTES)?;
        let [origin_type] = rest.number()?;
        let origin = rest.list(MAX_ORIGIN_BYTES)?;
        let [signature_type] = rest.number()?;
        let signed = bytes.split_at(bytes.len().saturating_sub(rest.0.len())).0;
        let signature = rest.list(MAX_SIGNATURE_BYTES)?;
        ensure!(rest.0.is_empty(), Error::TrailingBytes);
        let event = Self {
            version,
            stream,
            partition,
            timestamp_ms,
            content_type,
            encryption_type,
            content,
            origin_type,
            origin,
            signature_type,
            signature,
        };
        Ok((event, signed))
    }

    /// The message that is signed on a chain: purpose, chain, and all fields but the signature. Its BLAKE2b-256 is the
    /// event's id, so that an event that is signed anew stays the same event.
    #[must_use]
    pub fn message(&self, chain: &Hash) -> Vec<u8> {
        let bytes = Self { signature: Vec::new(), ..self.clone() }.to_bytes();
        // The empty signature is one byte, the length 0.
        message(chain, bytes.split_last().map_or(&[], |(_, signed)| signed))
    }
}

/// The message that is signed, from the bytes of an event before its signature.
pub(crate) fn message(chain: &Hash, signed: &[u8]) -> Vec<u8> {
    [DOMAIN, chain.as_bytes(), signed].concat()
}

/// Bytes that were not read yet.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    /// The next bytes, as many as the place has.
    fn number<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (next, rest) = self.0.split_first_chunk().ok_or(Error::Truncated)?;
        self.0 = rest;
        Ok(*next)
    }

    /// Bytes behind their length.
    fn list(&mut self, most: usize) -> Result<Vec<u8>, Error> {
        let count = self.length()?;
        ensure!(count <= most, Error::TooLong);
        let (list, rest) = self.0.split_at_checked(count).ok_or(Error::Truncated)?;
        self.0 = rest;
        Ok(list.to_vec())
    }

    /// A length in the compact form of SCALE. Its two lowest bits say how long it is.
    fn length(&mut self) -> Result<usize, Error> {
        let [first] = self.number()?;
        let (value, least) = match first & 3 {
            0 => (u32::from(first >> 2), 0),
            1 => (u32::from(u16::from_le_bytes([first, self.number::<1>()?[0]]) >> 2), 1 << 6),
            2 => {
                let [second, third, fourth] = self.number()?;
                (u32::from_le_bytes([first, second, third, fourth]) >> 2, 1 << 14)
            }
            // From 2^30 on, beyond every part; below that this form is not the shortest.
            _ if first == 3 => (u32::from_le_bytes(self.number()?), 1 << 30),
            _ => return Err(Error::TooLong),
        };
        ensure!(value >= least, Error::LengthNotShortest);
        usize::try_from(value).map_err(|_| Error::TooLong)
    }
}
