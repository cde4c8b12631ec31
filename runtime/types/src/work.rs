//! The arithmetic of proof of work: what a header's bits stand for, how much work meets a target, how the target follows
//! hash rate, and which ancestor an epoch's seed is.
//!
//! ```text
//! bits     sign in bit 55, exponent in bits 63..56, mantissa in bits 54..0: mantissa * 256^(exponent - 3)
//! met      hash, read with its lowest byte first, <= target
//! work     floor(2^256 / (target + 1)): how many hashes it takes on average
//! retarget old * span / expected, the span held within a factor of 4 of what is expected
//! ```
//!
//! All of it is exact: nothing is rounded but downwards, where the formula says so. This leaves out the hash itself, and
//! which blocks are compared: the engine says that.

#[cfg(test)]
mod tests;

use crate::Hash;
use core::fmt;
use parity_scale_codec::{Decode, Encode, Error, Input, Output};
use ruint::aliases::U256;

/// How much faster or slower one retarget can make blocks, whatever their times say.
pub const MAX_RETARGET_FACTOR: u64 = 4;
/// Times of which the median is taken.
pub const MEDIAN_TIMES: usize = 11;
/// The seed before the first epoch's end: SHA3-256 of 32 zero bytes.
pub const FIRST_SEED: Hash = Hash([
    0x9e, 0x62, 0x91, 0x97, 0x0c, 0xb4, 0x4d, 0xd9, 0x40, 0x08, 0xc7, 0x9b, 0xca, 0xf9, 0xd8, 0x6f, 0x18, 0xb4, 0xb4,
    0x9b, 0xa5, 0xb2, 0xa0, 0x47, 0x81, 0xdb, 0x71, 0x99, 0xed, 0x3b, 0x9e, 0x4e,
]);

const SIGN: u64 = 1 << 55;
const MANTISSA: u64 = SIGN - 1;
/// Bytes of a mantissa at exponent 3 that an encoding keeps.
const KEPT_BYTES: usize = 3;

/// A target in a header's short form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Bits(pub u64);

/// What a hash must not exceed: above zero, and not above [`Target::EASIEST`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target(U256);

/// An amount of work: the hashes that it takes on average.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Work(U256);

/// Why bits are no target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BitsError {
    /// Their value is zero: no hash would do.
    Zero(Bits),
    /// Their value is below zero.
    Negative(Bits),
    /// Their value is above the easiest target.
    Overflow(Bits),
}

impl fmt::Display for BitsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bits, what) = match self {
            Self::Zero(bits) => (bits, "zero"),
            Self::Negative(bits) => (bits, "below zero"),
            Self::Overflow(bits) => (bits, "above the easiest"),
        };
        write!(formatter, "bits {bits} stand for a target {what}, expected one from 1 to {}", Target::EASIEST.bits())
    }
}

impl core::error::Error for BitsError {}

impl fmt::Display for Bits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#018x}", self.0)
    }
}

impl Bits {
    /// The target that they stand for.
    ///
    /// # Errors
    /// [`BitsError`], if that is none.
    pub fn target(self) -> Result<Target, BitsError> {
        let mantissa = U256::from(self.0 & MANTISSA);
        let exponent = usize::from(self.0.to_le_bytes()[7]);
        let (down, up) = (KEPT_BYTES.saturating_sub(exponent), exponent.saturating_sub(KEPT_BYTES));
        let value = mantissa.wrapping_shr(down.saturating_mul(8));
        if value.is_zero() {
            return Err(BitsError::Zero(self));
        }
        if self.0 & SIGN != 0 {
            return Err(BitsError::Negative(self));
        }
        let value = value.checked_shl(up.saturating_mul(8)).ok_or(BitsError::Overflow(self))?;
        Target::new(value).ok_or(BitsError::Overflow(self))
    }
}

impl Target {
    /// The easiest: the largest that bits with three significant bytes can say.
    pub const EASIEST: Self = Self(U256::from_limbs([0, 0, 0, 0xffff_ff00_0000_0000]));

    fn new(value: U256) -> Option<Self> {
        (!value.is_zero() && value <= Self::EASIEST.0).then_some(Self(value))
    }

    /// Reads a number with its lowest byte first; absent if it is zero or above [`Self::EASIEST`].
    pub fn from_le_bytes(bytes: [u8; 32]) -> Option<Self> {
        Self::new(U256::from_le_bytes(bytes))
    }

    /// The number with its lowest byte first.
    pub fn to_le_bytes(self) -> [u8; 32] {
        self.0.to_le_bytes()
    }

    /// Its short form, which keeps the three highest bytes and rounds down.
    pub fn bits(self) -> Bits {
        let bytes = self.0.byte_len();
        let (down, up) = (bytes.saturating_sub(KEPT_BYTES), KEPT_BYTES.saturating_sub(bytes));
        let mantissa = self.0.wrapping_shr(down.saturating_mul(8)).wrapping_shl(up.saturating_mul(8));
        let exponent = u64::try_from(bytes).unwrap_or_default() << 56;
        Bits(mantissa.saturating_to::<u64>() | exponent)
    }

    /// Whether a hash, read with its lowest byte first, is at most this.
    pub fn is_met_by(self, hash: &Hash) -> bool {
        U256::from_le_bytes(hash.0) <= self.0
    }

    /// How much work it takes to meet it: floor(2^256 / (target + 1)).
    pub fn work(self) -> Work {
        // Of 2^256, which does not fit, one whole target + 1 is taken first.
        let divisor = self.0.saturating_add(U256::ONE);
        let rest = (!self.0).checked_div(divisor).unwrap_or_default();
        Work(rest.saturating_add(U256::ONE))
    }

    /// The same target made easier so many times, but no easier than [`Self::EASIEST`]: what a share of a pool has to meet.
    #[must_use]
    pub fn easier(self, times: u64) -> Self {
        Self(self.0.saturating_mul(U256::from(times.max(1))).min(Self::EASIEST.0))
    }

    /// The target after blocks that took `span` instead of `expected`, both in the same unit: in proportion to how long
    /// they took, a span beyond [`MAX_RETARGET_FACTOR`] either way counting as that factor; never zero and never easier
    /// than [`Self::EASIEST`]. A span at or below zero is one of blocks whose times fell.
    #[must_use]
    pub fn retarget(self, span: i128, expected: u64) -> Self {
        let expected = expected.max(1);
        let (least, most) =
            (expected.div_ceil(MAX_RETARGET_FACTOR), u128::from(expected).saturating_mul(MAX_RETARGET_FACTOR.into()));
        let span = U256::from(u128::try_from(span).unwrap_or_default().clamp(least.into(), most));
        // With old = q * expected + r, old * span / expected = q * span + r * span / expected.
        let (quotient, rest) = self.0.div_rem(U256::from(expected));
        let rest = rest.saturating_mul(span).checked_div(U256::from(expected)).unwrap_or_default();
        let target = quotient.saturating_mul(span).saturating_add(rest);
        Self(target.clamp(U256::ONE, Self::EASIEST.0))
    }
}

impl Work {
    /// None.
    pub const ZERO: Self = Self(U256::ZERO);

    /// So many hashes.
    pub fn of_hashes(hashes: u128) -> Self {
        Self(U256::from(hashes))
    }

    /// The sum. It stays at 2^256 - 1, which no chain reaches.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// This without the other; zero if the other is more.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The number of hashes; 2^128 - 1 if there are more.
    pub fn hashes(self) -> u128 {
        self.0.saturating_to()
    }

    /// The share of an amount that belongs to this work of a whole: floor(amount * this / whole). Absent for a whole of zero,
    /// for more than the whole, and where numbers do not fit.
    pub fn share(self, amount: u128, whole: Self) -> Option<u128> {
        if self > whole {
            return None;
        }
        let share = self.0.checked_mul(U256::from(amount))?.checked_div(whole.0)?;
        u128::try_from(share).ok()
    }

    /// The number with its lowest byte first.
    pub fn to_le_bytes(self) -> [u8; 32] {
        self.0.to_le_bytes()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.bits(), formatter)
    }
}

impl fmt::Display for Work {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl Encode for Work {
    fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
        output.write(&self.to_le_bytes());
    }
}

impl Decode for Work {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        Ok(Self(U256::from_le_bytes(<[u8; 32]>::decode(input)?)))
    }
}

/// The median of the last [`MEDIAN_TIMES`] of some times, of an even number the upper of the two in the middle; absent
/// for none.
pub fn median_time(times: &[u64]) -> Option<u64> {
    let last = times.get(times.len().saturating_sub(MEDIAN_TIMES)..)?;
    let mut sorted = [0; MEDIAN_TIMES];
    let sorted = sorted.get_mut(..last.len())?;
    sorted.copy_from_slice(last);
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

/// The height of the ancestor whose hash seeds the work of a height; 0 stands for [`FIRST_SEED`]. Epochs of no block
/// never end.
pub fn seed_height(height: u64, epoch_blocks: u64) -> u64 {
    let epoch = height.saturating_sub(1).checked_div(epoch_blocks).unwrap_or_default();
    epoch.saturating_mul(epoch_blocks)
}
