//! Reading and writing with bounds.
//!
//! A length is compared with its bound before anything is reserved for it, so that what a message takes in memory is
//! in proportion to its bytes. It leaves out what messages there are.

use parity_scale_codec::{Compact, Decode, Encode};
use tenon_types::Header;
use thiserror::Error;

/// Bytes of any message.
pub const MAX_MESSAGE_BYTES: usize = 21 << 20;
/// Bytes of an encoded header. The most evidence, missed leaders and signers are a third of that.
pub const MAX_HEADER_BYTES: usize = 64 << 10;

/// Why bytes are no message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WireError {
    /// Too long to be looked at.
    #[error("{what} has {found} bytes, expected at most {max}")]
    TooLong {
        /// What.
        what: &'static str,
        /// Its bytes.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// A list that is too long.
    #[error("found {found} {what}, expected at most {max}")]
    TooMany {
        /// What the list is of.
        what: &'static str,
        /// How many it says that it has.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// A value that cannot be read, or not in the one way in which it is written.
    #[error("found no {what} in canonical form with {rest} bytes left, expected one")]
    Malformed {
        /// What was expected.
        what: &'static str,
        /// Bytes from where it should begin.
        rest: usize,
    },
    /// A number outside its range.
    #[error("{what} is {found}, expected below {bound}")]
    OutOfRange {
        /// What.
        what: &'static str,
        /// The number.
        found: u64,
        /// The first that is too much.
        bound: u64,
    },
    /// Bytes after the end.
    #[error("found {found} bytes after {what}, expected none")]
    Trailing {
        /// What ended.
        what: &'static str,
        /// How many.
        found: usize,
    },
}

/// What is sent, in its one encoding.
pub trait Wire: Sized {
    /// What it is called in errors.
    const WHAT: &'static str;
    /// Bytes that it has at most.
    const MAX_BYTES: usize = MAX_MESSAGE_BYTES;

    /// Appends the encoding.
    fn write(&self, output: &mut Vec<u8>);

    /// Reads the encoding.
    ///
    /// # Errors
    /// [`WireError`].
    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError>;

    /// The encoding.
    fn to_bytes(&self) -> Vec<u8> {
        let mut output = Vec::new();
        self.write(&mut output);
        output
    }

    /// Reads the encoding, to its end.
    ///
    /// # Errors
    /// [`WireError`].
    fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(WireError::TooLong { what: Self::WHAT, found: bytes.len(), max: Self::MAX_BYTES });
        }
        let mut reader = Reader::new(bytes);
        let value = Self::read(&mut reader)?;
        match reader.rest.len() {
            0 => Ok(value),
            found => Err(WireError::Trailing { what: Self::WHAT, found }),
        }
    }
}

/// Bytes that are read from the front.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the front of these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Reads a value of bounded size, or one that takes memory in proportion to its bytes.
    ///
    /// # Errors
    /// [`WireError::Malformed`].
    pub fn value<T: Decode>(&mut self, what: &'static str) -> Result<T, WireError> {
        let malformed = WireError::Malformed { what, rest: self.rest.len() };
        T::decode(&mut self.rest).map_err(|_| malformed)
    }

    /// Reads a length or a count.
    ///
    /// # Errors
    /// [`WireError::TooMany`] above the bound.
    pub fn length(&mut self, what: &'static str, max: usize) -> Result<usize, WireError> {
        let Compact(found) = self.value::<Compact<u32>>(what)?;
        let found = usize::try_from(found).unwrap_or(usize::MAX);
        if found > max { Err(WireError::TooMany { what, found, max }) } else { Ok(found) }
    }

    /// Reads bytes with their length before them.
    ///
    /// # Errors
    /// [`WireError::TooLong`] above the bound.
    pub fn bytes(&mut self, what: &'static str, max: usize) -> Result<Vec<u8>, WireError> {
        let found = match self.length(what, max) {
            Err(WireError::TooMany { found, .. }) => return Err(WireError::TooLong { what, found, max }),
            other => other?,
        };
        let malformed = WireError::Malformed { what, rest: self.rest.len() };
        let (bytes, rest) = self.rest.split_at_checked(found).ok_or(malformed)?;
        self.rest = rest;
        Ok(bytes.to_vec())
    }

    /// Reads text with its length before it.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn text(&mut self, what: &'static str, max: usize) -> Result<String, WireError> {
        let rest = self.rest.len();
        String::from_utf8(self.bytes(what, max)?).map_err(|_| WireError::Malformed { what, rest })
    }

    /// Reads a list, item by item.
    ///
    /// # Errors
    /// [`WireError::TooMany`] above the bound, and what the items give.
    pub fn list<T>(
        &mut self,
        what: &'static str,
        max: usize,
        mut item: impl FnMut(&mut Self) -> Result<T, WireError>,
    ) -> Result<Vec<T>, WireError> {
        let count = self.length(what, max)?;
        // An item has at least a byte, so a count beyond the rest is a lie: nothing is reserved for it.
        let mut items = Vec::with_capacity(count.min(self.rest.len()));
        for _ in 0..count {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Reads places in a list, each above the one before, as [`write_places`] writes them.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn places(&mut self, what: &'static str, below: usize) -> Result<Vec<u32>, WireError> {
        let mut next = 0_u64;
        let bound = u64::try_from(below).unwrap_or(u64::MAX);
        self.list(what, below, |reader| {
            let Compact(skipped) = reader.value::<Compact<u32>>(what)?;
            let found = next.saturating_add(u64::from(skipped));
            next = found.saturating_add(1);
            let place = u32::try_from(found).ok().filter(|_| found < bound);
            place.ok_or(WireError::OutOfRange { what, found, bound })
        })
    }

    /// Reads a header.
    ///
    /// # Errors
    /// [`WireError::Malformed`], also for one of more than [`MAX_HEADER_BYTES`].
    pub fn header(&mut self) -> Result<Header, WireError> {
        let malformed = WireError::Malformed { what: "header", rest: self.rest.len() };
        let (mut start, beyond) = self.rest.split_at(self.rest.len().min(MAX_HEADER_BYTES));
        let before = start.len();
        let header = Header::decode(&mut start).map_err(|_| malformed)?;
        let used = before.saturating_sub(start.len());
        self.rest = self.rest.get(used..).unwrap_or(beyond);
        Ok(header)
    }
}

/// Appends a count.
pub(crate) fn write_length(length: usize, output: &mut Vec<u8>) {
    // Lists that are sent are within their bounds; a longer one is written with a count that nobody reads.
    Compact(u32::try_from(length).unwrap_or(u32::MAX)).encode_to(output);
}

/// Appends a list, item by item.
pub(crate) fn write_list<T>(items: &[T], output: &mut Vec<u8>, mut write: impl FnMut(&T, &mut Vec<u8>)) {
    write_length(items.len(), output);
    items.iter().for_each(|item| write(item, output));
}

/// Appends places in a list, each above the one before: how many are skipped since the last. So no two lists have the
/// same bytes, and no bytes are a list that does not rise.
pub(crate) fn write_places(places: impl ExactSizeIterator<Item = u32>, output: &mut Vec<u8>) {
    write_length(places.len(), output);
    let mut next = 0_u32;
    for place in places {
        Compact(place.saturating_sub(next)).encode_to(output);
        next = place.saturating_add(1);
    }
}
