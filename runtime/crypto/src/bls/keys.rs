//! The keys of an epoch's validators, prepared once, and the sum of those whose bits are set.
//!
//! Bit `i` of a bitmap is bit `i % 8`, counted from the lowest, of byte `i / 8`. A bitmap has no byte and no bit more
//! than there are keys, so that a set of signers has one encoding.

use blst::min_sig::{AggregatePublicKey, PublicKey};

use super::{BlsAggregate, BlsPublicKey};

/// The most keys of a set.
pub const MAX_KEYS: usize = 1024;
/// Keys whose sums are all prepared: half a byte of the bitmap.
const GROUP: usize = 4;
/// The bits of a group.
const GROUP_MASK: u8 = 15;

/// Keys in the order of the bitmap, each of which has proven possession.
#[derive(Clone, Debug)]
pub struct BlsKeys {
    count: usize,
    /// For each group of keys the sums of all its subsets, by their bits. A key beyond the last is infinity.
    groups: Vec<[PublicKey; 1 << GROUP]>,
    /// The sum of all, from which the few that did not sign are taken.
    total: AggregatePublicKey,
}

/// Why there is no sum of keys, or why an aggregate is not theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlsKeysError {
    /// Too few or too many keys.
    #[error("found {found} bls keys, expected 1 to {MAX_KEYS}")]
    Count {
        /// How many there are.
        found: usize,
    },
    /// The bitmap is too short or too long.
    #[error("found a bitmap of {found} bytes, expected {expected}")]
    BitmapLength {
        /// Bytes of the bitmap.
        found: usize,
        /// Bytes for one bit for each key.
        expected: usize,
    },
    /// A bit beyond the last key is set.
    #[error("found bit {found} set, expected none from {expected} on")]
    BitmapRest {
        /// The highest bit that is set.
        found: usize,
        /// How many keys there are.
        expected: usize,
    },
    /// No bit is set.
    #[error("found no signer in the bitmap, expected at least 1")]
    NoSigner,
    /// The keys add up to infinity, so that anybody could sign for them.
    #[error("found {signers} keys that add up to infinity, expected keys that do not cancel")]
    Cancelled {
        /// How many bits are set.
        signers: usize,
    },
    /// The aggregate is not the sum of the signers' signatures of the message.
    #[error("found an aggregate that does not verify, expected the signatures of the {signers} signers in the bitmap")]
    Aggregate {
        /// How many bits are set.
        signers: usize,
    },
}

impl BlsKeys {
    /// Prepares keys, each of which must have proven possession.
    ///
    /// # Errors
    /// Where there is no key, or more than [`MAX_KEYS`].
    pub fn new(keys: &[BlsPublicKey]) -> Result<Self, BlsKeysError> {
        if keys.is_empty() || keys.len() > MAX_KEYS {
            return Err(BlsKeysError::Count { found: keys.len() });
        }
        let groups = keys.chunks(GROUP).map(subset_sums).collect();
        let total = add_all(keys.iter().map(BlsPublicKey::point));
        Ok(Self { count: keys.len(), groups, total })
    }

    /// Returns how many keys there are.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is always a key")]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Returns the bytes of a bitmap over these keys.
    #[must_use]
    pub const fn bitmap_bytes(&self) -> usize {
        self.count.div_ceil(8)
    }

    /// Adds up the keys whose bits are set: at most one addition for four keys.
    ///
    /// # Errors
    /// Where the bitmap is malformed or empty, or the keys cancel.
    pub fn sum(&self, bitmap: &[u8]) -> Result<BlsPublicKey, BlsKeysError> {
        self.sum_and_count(bitmap).map(|(key, _)| key)
    }

    /// Checks that `aggregate` is the sum of the signatures of `message` by the keys whose bits are set.
    ///
    /// # Errors
    /// As [`Self::sum`], and where the aggregate is not that sum.
    pub fn verify(&self, message: &[u8], bitmap: &[u8], aggregate: &BlsAggregate) -> Result<(), BlsKeysError> {
        let (key, signers) = self.sum_and_count(bitmap)?;
        if aggregate.verify(message, &key) { Ok(()) } else { Err(BlsKeysError::Aggregate { signers }) }
    }

    fn sum_and_count(&self, bitmap: &[u8]) -> Result<(BlsPublicKey, usize), BlsKeysError> {
        let signers = self.count(bitmap)?;
        let absent = self.count.saturating_sub(signers);
        let sum = if absent < signers {
            let mut sum = self.total;
            sum.sub_aggregate(&self.add_groups(bitmap, GROUP_MASK));
            sum
        } else {
            self.add_groups(bitmap, 0)
        };
        let key = sum.to_public_key();
        if key == PublicKey::default() {
            return Err(BlsKeysError::Cancelled { signers });
        }
        Ok((BlsPublicKey::from_point(key), signers))
    }

    /// Adds up the keys whose bits differ from those of the mask.
    fn add_groups(&self, bitmap: &[u8], mask: u8) -> AggregatePublicKey {
        let subsets = bitmap.iter().flat_map(|byte| [byte & GROUP_MASK, byte >> GROUP]);
        let subsets = subsets.map(|subset| subset ^ mask).zip(&self.groups).filter(|(subset, _)| *subset != 0);
        add_all(subsets.map(|(subset, sums)| &sums[usize::from(subset)]))
    }

    /// Checks the form of a bitmap and counts its bits.
    fn count(&self, bitmap: &[u8]) -> Result<usize, BlsKeysError> {
        let keys = self.count;
        if bitmap.len() != self.bitmap_bytes() {
            return Err(BlsKeysError::BitmapLength { found: bitmap.len(), expected: self.bitmap_bytes() });
        }
        let bits = bitmap.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
        let last = bits.enumerate().filter(|(_, is_set)| *is_set).map(|(index, _)| index).last();
        match last {
            None => Err(BlsKeysError::NoSigner),
            Some(found) if found >= keys => Err(BlsKeysError::BitmapRest { found, expected: keys }),
            Some(_) => Ok(bitmap.iter().map(|byte| byte.count_ones() as usize).sum()),
        }
    }
}

/// The sums of all subsets of at most [`GROUP`] keys.
fn subset_sums(keys: &[BlsPublicKey]) -> [PublicKey; 1 << GROUP] {
    let mut sums = [PublicKey::default(); 1 << GROUP];
    for subset in 1..sums.len() {
        // The sum without the lowest key is there already.
        let rest = sums[subset & (subset - 1)];
        let key = keys.get(subset.trailing_zeros() as usize).map(BlsPublicKey::point);
        sums[subset] = add_all([&rest].into_iter().chain(key)).to_public_key();
    }
    sums
}

/// Adds keys up; none are infinity.
pub(super) fn add_all<'a>(keys: impl Iterator<Item = &'a PublicKey>) -> AggregatePublicKey {
    let mut sum = AggregatePublicKey::from_public_key(&PublicKey::default());
    for key in keys {
        sum.add_public_key(key, false).expect("only a check of the subgroup can fail, and decoding did it");
    }
    sum
}
