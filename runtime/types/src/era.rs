//! For how long a transaction may be included, as Substrate encodes it.

#![allow(clippy::arithmetic_side_effects, reason = "a period is from 4 to 65,536 and a phase is below it")]

use crate::BlockNumber;
use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, EncodeLike, Error, Input, Output};

/// Shortest and longest period of a mortal transaction, in blocks.
const PERIODS: core::ops::RangeInclusive<u64> = 4..=65_536;

/// The blocks in which a transaction is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, DecodeWithMemTracking)]
pub enum Era {
    /// Valid until the nonce is used.
    Immortal,
    /// Valid for `period` blocks from the last height whose remainder by `period` is `phase`.
    Mortal {
        /// A power of two from 4 to 65,536.
        period: u64,
        /// Below `period`, a multiple of `period / 4,096` (at least 1).
        phase: u64,
    },
}

impl Era {
    /// Makes the era of about `period` blocks that begins at or just before `current`.
    pub fn mortal(period: u64, current: u64) -> Self {
        let period =
            period.checked_next_power_of_two().unwrap_or(*PERIODS.end()).clamp(*PERIODS.start(), *PERIODS.end());
        let factor = (period >> 12).max(1);
        Self::Mortal { period, phase: (current % period) / factor * factor }
    }

    /// The first height at which the transaction is valid; its hash is part of what is signed.
    pub fn birth(self, current: BlockNumber) -> BlockNumber {
        match self {
            Self::Immortal => 0,
            Self::Mortal { period, phase } => {
                let birth = (u64::from(current).max(phase) - phase) / period * period + phase;
                BlockNumber::try_from(birth).expect("birth is at most the current height, or the phase, below 65,536")
            }
        }
    }

    /// The first height at which the transaction is no longer valid.
    pub fn death(self, current: BlockNumber) -> BlockNumber {
        match self {
            Self::Immortal => BlockNumber::MAX,
            Self::Mortal { period, .. } => {
                let period = BlockNumber::try_from(period).expect("a period is at most 65,536");
                self.birth(current).saturating_add(period)
            }
        }
    }
}

impl Encode for Era {
    fn size_hint(&self) -> usize {
        2
    }

    fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
        match self {
            Self::Immortal => output.push_byte(0),
            Self::Mortal { period, phase } => {
                let factor = (period >> 12).max(1);
                let low = u64::from(period.trailing_zeros()).saturating_sub(1).clamp(1, 15);
                let encoded = u16::try_from(low | (phase / factor) << 4).expect("the quantized phase has 12 bits");
                encoded.encode_to(output);
            }
        }
    }
}

impl EncodeLike for Era {}

impl Decode for Era {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let first = input.read_byte()?;
        if first == 0 {
            return Ok(Self::Immortal);
        }
        let encoded = u64::from(first) | u64::from(input.read_byte()?) << 8;
        let period = 2u64 << (encoded & 0x0f);
        let phase = (encoded >> 4) * (period >> 12).max(1);
        if PERIODS.contains(&period) && phase < period {
            Ok(Self::Mortal { period, phase })
        } else {
            Err("era: expected a period from 4 to 65536 and a phase below it".into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_era_reads_back(period in 0u64..100_000, current in 0u32..u32::MAX) {
            let era = Era::mortal(period, u64::from(current));
            prop_assert_eq!(Era::decode(&mut &era.encode()[..]), Ok(era));
            prop_assert!(era.birth(current) <= current && current < era.death(current));
        }

        #[test]
        fn what_decodes_encodes_to_the_same_bytes(bytes in any::<[u8; 2]>()) {
            if let Ok(era) = Era::decode(&mut &bytes[..]) {
                let encoded = era.encode();
                prop_assert_eq!(&encoded[..], &bytes[..encoded.len()]);
            }
        }
    }

    #[test]
    fn encodes_as_published_examples() {
        // Substrate's documentation: period 64, phase 42 is 0xa502; period 32768, phase 20000 is 0x4e9c.
        assert_eq!(Era::Mortal { period: 64, phase: 42 }.encode(), [0xa5, 0x02]);
        assert_eq!(Era::Mortal { period: 32_768, phase: 20_000 }.encode(), [0x4e, 0x9c]);
    }
}
