//! What BBFT speaks of: views, statements and their certificates, candidates, who leads and who weighs how much.
//!
//! It leaves out signatures: a [`Certificate`] is taken as verified wherever this crate decides by it. Who verifies is
//! said in [`super`].

use parity_scale_codec::{Decode, Encode};
use std::fmt;
use tenon_types::{Hash, Header, MAX_VALIDATORS, Seal};

/// Bytes of an aggregate signature.
pub const SIGNATURE_BYTES: usize = 48;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        pub struct $name(pub u64);

        impl $name {
            /// The one after.
            ///
            /// # Panics
            /// After 2^64 - 1, which no chain reaches.
            #[must_use]
            pub fn next(self) -> Self {
                Self(self.0.checked_add(1).expect("a chain does not live for 2^64 steps"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, formatter)
            }
        }
    };
}

number! {
    /// A stretch of blocks with one set of validators.
    Epoch
}
number! {
    /// An attempt to agree on one block, within an epoch. View 0 is the last block of the epoch before, or genesis.
    View
}

impl View {
    /// The one before, or `None` for view 0.
    pub fn previous(self) -> Option<Self> {
        self.0.checked_sub(1).map(Self)
    }
}

/// A validator's place in its epoch's set.
pub type ValidatorIndex = u16;

/// What validators say of a view.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
pub enum Phase {
    /// N: "this candidate may be built upon" (prepare).
    Notarize,
    /// X: "this view may be passed over" (view change).
    Nullify,
    /// F: "this candidate is notarized, and I have not nullified and shall not nullify its view" (commit).
    Finalize,
}

/// What a vote signs and a certificate proves. The bytes that are signed are in [`super::signed`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Statement {
    /// The view.
    pub view: View,
    /// What is said of it.
    pub phase: Phase,
    /// The candidate's digest; zero for [`Phase::Nullify`], and only then.
    pub digest: Hash,
}

impl fmt::Debug for Statement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = match self.phase {
            Phase::Notarize => 'N',
            Phase::Nullify => 'X',
            Phase::Finalize => 'F',
        };
        let [first, second, ..] = self.digest.0;
        write!(formatter, "{letter}({}, {first:02x}{second:02x})", self.view)
    }
}

impl Statement {
    /// Notarizes a candidate.
    pub fn notarize(view: View, digest: Hash) -> Self {
        Self { view, phase: Phase::Notarize, digest }
    }

    /// Nullifies a view.
    pub fn nullify(view: View) -> Self {
        Self { view, phase: Phase::Nullify, digest: Hash::ZERO }
    }

    /// Finalizes a candidate.
    pub fn finalize(view: View, digest: Hash) -> Self {
        Self { view, phase: Phase::Finalize, digest }
    }

    /// Whether the digest fits the phase, and the view is one that is voted on.
    pub fn is_well_formed(&self) -> bool {
        self.view > View(0) && (self.digest == Hash::ZERO) == (self.phase == Phase::Nullify)
    }
}

/// The signers of a certificate: a bit for each validator of the set, the first in the lowest bit of the first byte.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
pub struct Signers(Vec<u8>);

impl Signers {
    /// Nobody, of a set of so many.
    ///
    /// # Panics
    /// If there are more than [`MAX_VALIDATORS`].
    pub fn none(validators: usize) -> Self {
        assert!(validators <= MAX_VALIDATORS, "{validators} validators, expected at most {MAX_VALIDATORS}");
        Self(vec![0; validators.div_ceil(8)])
    }

    /// Adds a signer and returns whether they were not there yet. One beyond the set is not added.
    pub fn insert(&mut self, index: ValidatorIndex) -> bool {
        let (place, bit) = bit_of(index);
        let Some(byte) = self.0.get_mut(place) else { return false };
        let new = *byte & bit == 0;
        *byte |= bit;
        new
    }

    /// Whether somebody signed.
    pub fn contains(&self, index: ValidatorIndex) -> bool {
        let (place, bit) = bit_of(index);
        self.0.get(place).is_some_and(|byte| byte & bit != 0)
    }

    /// The bitmap as a block's seal has it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// How many signed.
    pub fn count(&self) -> usize {
        self.0.iter().fold(0, |sum, byte| sum.saturating_add(byte.count_ones() as usize))
    }

    /// The signers in rising order.
    pub fn iter(&self) -> impl Iterator<Item = ValidatorIndex> + '_ {
        let bits = self.0.len().saturating_mul(8).min(MAX_VALIDATORS);
        (0..ValidatorIndex::try_from(bits).unwrap_or(ValidatorIndex::MAX)).filter(|index| self.contains(*index))
    }

    /// Whether nobody is in both.
    pub fn is_disjoint(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(mine, theirs)| mine & theirs == 0)
    }

    /// Whether everybody of the other is in this.
    pub fn is_superset(&self, other: &Self) -> bool {
        let common = self.0.iter().zip(&other.0).all(|(mine, theirs)| mine & theirs == *theirs);
        common && other.0.iter().skip(self.0.len()).all(|byte| *byte == 0)
    }

    /// Adds everybody of another bitmap of the same set.
    pub fn extend(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(mine, theirs)| *mine |= theirs);
    }

    /// Whether this is the one bitmap for its signers, of a set of so many: as long as it has to be, no bit beyond.
    pub fn fits(&self, validators: usize) -> bool {
        // A byte shifted by 8 bits is none: then the last byte is full.
        let beyond = |byte: &u8| !validators.is_multiple_of(8) && byte >> (validators % 8) != 0;
        self.0.len() == validators.div_ceil(8) && !self.0.last().is_some_and(beyond)
    }
}

fn bit_of(index: ValidatorIndex) -> (usize, u8) {
    (usize::from(index >> 3), 1 << (index & 7))
}

/// An aggregate signature under a statement, in the compressed form of a point of G1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Signature(pub [u8; SIGNATURE_BYTES]);

impl fmt::Debug for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// Proof that more than two thirds of the weight said something.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Certificate {
    /// What.
    pub statement: Statement,
    /// Who.
    pub signers: Signers,
    /// Their signatures in one.
    pub signature: Signature,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "C{:?}", self.statement)
    }
}

/// A place in the chain: a view and what was proposed in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
pub struct Place {
    /// The view.
    pub view: View,
    /// The digest.
    pub digest: Hash,
}

/// A block as consensus sees it. The digest is the hash of the block's header, which states all that is here: who hands
/// a candidate in has checked that.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
pub struct Candidate {
    /// Where it stands.
    pub place: Place,
    /// What it is built upon.
    pub parent: Place,
    /// Its height.
    pub height: u64,
}

impl Candidate {
    /// The candidate that a header states, given what it says of the votes.
    pub fn of(header: &Header, seal: &Seal) -> Self {
        Self {
            place: Place { view: View(seal.view), digest: header.hash() },
            parent: Place { view: View(seal.parent_view), digest: header.parent_hash },
            height: u64::from(header.number),
        }
    }
}

/// The share of the weight that decides: more than two thirds of the whole.
///
/// With f faulty of n and n > 3f, two such shares have an honest validator in common (bbft, decision 4).
pub fn quorum_weight(total: u128) -> u128 {
    // floor(2t/3) + 1, in parts that do not overflow.
    let thirds = total / 3;
    let rest = total.saturating_sub(thirds.saturating_mul(3));
    thirds.saturating_mul(2).saturating_add(rest.saturating_mul(2) / 3).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quorum_is_more_than_two_thirds() {
        let expected = [(1, 1), (2, 2), (3, 3), (4, 3), (6, 5), (7, 5), (9, 7), (10, 7), (100, 67)];
        for (total, quorum) in expected {
            assert_eq!(quorum_weight(total), quorum, "of {total}");
        }
        assert_eq!(quorum_weight(u128::MAX), u128::MAX / 3 * 2 + 1);
    }

    #[test]
    fn refuses_bitmap_with_bits_or_bytes_beyond_the_set() {
        assert!(Signers(vec![0b1111]).fits(4));
        assert!(!Signers(vec![0b1_0000]).fits(4));
        assert!(!Signers(vec![0b1, 0]).fits(4));
        assert!(!Signers(vec![]).fits(4));
        assert!(Signers(vec![0xff]).fits(8));
        assert!(Signers(vec![]).fits(0));
        assert!(!Signers::none(4).insert(8), "one beyond the bytes is not added");
    }

    proptest! {
        #[test]
        fn two_quorums_share_more_than_a_third(total in 1_u128..1_000_000) {
            let quorum = quorum_weight(total);
            prop_assert!(3 * quorum > 2 * total && 3 * (quorum - 1) <= 2 * total);
            prop_assert!(3 * (2 * quorum - total) > total);
        }

        #[test]
        fn bitmap_is_the_set_of_what_was_inserted(indices in proptest::collection::btree_set(0_u16..100, 0..100)) {
            let mut signers = Signers::none(100);
            for index in &indices {
                prop_assert!(signers.insert(*index));
                prop_assert!(!signers.insert(*index));
            }
            prop_assert_eq!(signers.iter().collect::<Vec<_>>(), indices.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(signers.count(), indices.len());
            prop_assert!(signers.fits(100) && signers.is_superset(&Signers::none(100)));
        }
    }
}
