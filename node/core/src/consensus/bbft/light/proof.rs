//! What a light client is shown, and what it then knows of a header.

use super::LightError;
use crate::consensus::bbft::{Certificate, Validator};
use parity_scale_codec::{Decode, Encode};
use tenon_types::proof::{Inclusion, MultiProof, Proof, TreeHash, value_hash};
use tenon_types::{BlockInfo, Hash, Header};

/// Headers between the one that is shown and the one that has a certificate, this one included.
///
/// Above an epoch's last block empty ones are made until it is final; more of them than a few need a network that lets
/// every notarization through and no finalization.
pub const MAX_DESCENDANTS: usize = 1_024;
/// Bytes of an encoded proof. That is enough for the most descendants, which are empty blocks, and the most validators.
pub const MAX_PROOF_BYTES: usize = 4 << 20;

/// What is kept beside a block whose header has a certificate, or a descendant of it that did not become a block.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct FinalityProof {
    /// Finalizes the last descendant, or the block itself.
    pub certificate: Certificate,
    /// The block's child, the child's child and so on; none if the block was finalized itself. At most
    /// [`MAX_DESCENDANTS`].
    pub descendants: Vec<Header>,
}

/// Shows that a header is final: it, or a descendant of it, has a certificate.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct HeaderProof {
    /// The header.
    pub header: Header,
    /// Its child, the child's child and so on, up to that which was finalized; none if it was finalized itself. At most
    /// [`MAX_DESCENDANTS`].
    pub descendants: Vec<Header>,
    /// Finalizes the last of them.
    pub certificate: Certificate,
}

/// Shows that an epoch is over, and who validates next.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct EpochProof {
    /// The epoch's last header.
    pub last: HeaderProof,
    /// The validators to whose hash it commits; none if it commits to no hash.
    pub next_validators: Vec<Validator>,
}

/// Shows a header to be final, and what lies under it or under an ancestor of it. All that a client needs which trusts
/// the validators of the header's epoch.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LightProof {
    /// The header.
    pub finality: HeaderProof,
    /// What lies under it.
    pub inclusion: Inclusion,
}

/// A header that is final.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FinalHeader<'a> {
    /// The header.
    pub header: &'a Header,
    /// Its hash.
    pub hash: Hash,
    /// What is ours in it.
    pub info: BlockInfo,
}

impl FinalityProof {
    /// Shows the same of a header: that of the block beside which this is kept, or of one below it. The headers between
    /// are those above it up to that block.
    pub fn of_header(self, header: Header, between: Vec<Header>) -> HeaderProof {
        let Self { certificate, descendants } = self;
        HeaderProof { header, descendants: [between, descendants].concat(), certificate }
    }
}

impl HeaderProof {
    /// The hash of what the certificate must finalize, given that of the header.
    pub(super) fn tip(&self, header_hash: Hash) -> Result<Hash, LightError> {
        if self.descendants.len() > MAX_DESCENDANTS {
            return Err(LightError::Descendants { found: self.descendants.len() });
        }
        let (mut hash, mut height) = (header_hash, u64::from(self.header.number));
        for header in &self.descendants {
            height = height.saturating_add(1);
            let found = u64::from(header.number);
            if found != height {
                return Err(LightError::Number { found, expected: height });
            }
            if header.parent_hash != hash {
                return Err(LightError::Parent { height, found: header.parent_hash, expected: hash });
            }
            hash = header.hash();
        }
        Ok(hash)
    }
}

impl FinalHeader<'_> {
    /// Checks that the state after this block's parent has a value under a key, or none: a header states the root of
    /// what was before its own block.
    ///
    /// # Errors
    /// [`LightError::State`], [`LightError::Value`].
    pub fn check_value(&self, key: &[u8], value: Option<&[u8]>, proof: &Proof) -> Result<(), LightError> {
        compare(proof.verify(&self.header.state_root.0, key)?, value)
    }

    /// Does what [`Self::check_value`] does, for many keys with one proof.
    ///
    /// # Errors
    /// [`LightError::State`], [`LightError::Value`].
    pub fn check_values(&self, entries: &[(&[u8], Option<&[u8]>)], proof: &MultiProof) -> Result<(), LightError> {
        let keys: Vec<&[u8]> = entries.iter().map(|(key, _)| *key).collect();
        let found = proof.verify(&self.header.state_root.0, &keys)?;
        found.into_iter().zip(entries).try_for_each(|(found, (_, value))| compare(found, *value))
    }
}

fn compare(found: Option<TreeHash>, value: Option<&[u8]>) -> Result<(), LightError> {
    let (found, expected) = (found.map(Hash), value.map(|value| Hash(value_hash(value))));
    if found == expected { Ok(()) } else { Err(LightError::Value { found, expected }) }
}
