//! What a committee votes on.

use crate::consensus::bbft::{Candidate, Certificate, Epoch, Phase, Place, Scheme, ValidatorSet, View, signed_bytes};
use parity_scale_codec::{Decode, Encode};
use tenon_types::{Hash, blake2b_256};

/// What a ballot's hash begins with, so that it is none of a header.
const DOMAIN: &[u8; 18] = b"tenon/work/ballot1";

/// A proposal to make a block final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Ballot {
    /// The view of the committee in which it was made.
    pub view: u64,
    /// The view of its parent.
    pub parent_view: u64,
    /// The hash of its parent; of the first, genesis.
    pub parent: Hash,
    /// The parent's number and one.
    pub number: u64,
    /// The block.
    pub block: Hash,
    /// Its height.
    pub height: u64,
}

impl Ballot {
    /// What stands for the ballot on genesis. The hash of genesis is taken for its own.
    pub(super) fn genesis(chain: Hash) -> Self {
        Self { view: 0, parent_view: 0, parent: Hash::ZERO, number: 0, block: chain, height: 0 }
    }

    /// Its hash.
    pub fn hash(&self) -> Hash {
        blake2b_256(&(DOMAIN, self).encode())
    }

    /// What the committee's machine sees of it.
    pub(super) fn candidate(&self) -> Candidate {
        Candidate {
            place: Place { view: View(self.view), digest: self.hash() },
            parent: Place { view: View(self.parent_view), digest: self.parent },
            height: self.number,
        }
    }

    /// What the committee's machine begins on.
    pub(super) fn as_start(&self) -> Candidate {
        let nowhere = Place { view: View(0), digest: Hash::ZERO };
        Candidate { place: Place { view: View(0), digest: self.block }, parent: nowhere, height: 0 }
    }
}

/// Why a block is final over its work. Whoever knows the committee can check it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct WorkFinality {
    /// Names the block.
    pub ballot: Ballot,
    /// More than two thirds of the committee's weight made that ballot final.
    pub certificate: Certificate,
}

impl WorkFinality {
    /// Whether it shows that its block is final on a chain with this committee.
    pub fn holds(&self, chain: Hash, set: &ValidatorSet, scheme: &dyn Scheme) -> bool {
        let Certificate { statement, signers, signature } = &self.certificate;
        let says = statement.phase == Phase::Finalize
            && statement.is_well_formed()
            && statement.view == View(self.ballot.view)
            && statement.digest == self.ballot.hash();
        says && signers.fits(set.len())
            && set.is_quorum(signers)
            && scheme.verify(&signed_bytes(chain, Epoch(0), statement), signers, signature)
    }
}
