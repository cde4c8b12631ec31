//! The bytes that a vote signs, and who signs and checks them.

use super::{Epoch, Phase, Signature, Signers, Statement};
use tenon_types::Hash;

/// What every signed statement begins with, so that a signature of anything else is none of a vote.
const DOMAIN: &[u8; 16] = b"tenon/bbft/vote1";
/// Bytes of a signed statement.
pub const SIGNED_BYTES: usize = 16 + 32 + 8 + 1 + 8 + 32;

/// The bytes that a vote signs: domain, genesis hash, epoch, phase, view, digest; numbers little-endian, each part of
/// fixed length, so that no two statements have the same bytes.
pub fn signed_bytes(chain: Hash, epoch: Epoch, statement: &Statement) -> [u8; SIGNED_BYTES] {
    let phase = match statement.phase {
        Phase::Notarize => 0,
        Phase::Nullify => 1,
        Phase::Finalize => 2,
    };
    let parts: [&[u8]; 6] =
        [DOMAIN, &chain.0, &epoch.0.to_le_bytes(), &[phase], &statement.view.0.to_le_bytes(), &statement.digest.0];
    let mut bytes = [0; SIGNED_BYTES];
    let filled = parts.into_iter().flatten();
    bytes.iter_mut().zip(filled).for_each(|(byte, part)| *byte = *part);
    bytes
}

/// Signatures of an epoch's validators that add up: BLS for a chain, something quicker for a simulation.
///
/// Sums are of disjoint signers under one message.
pub trait Scheme: Send + Sync {
    /// Signs with this validator's key.
    fn sign(&self, message: &[u8]) -> Signature;

    /// Whether a sum is that of exactly these signers.
    fn verify(&self, message: &[u8], signers: &Signers, signature: &Signature) -> bool;

    /// The sum of signatures; `None` if one is not even well formed.
    fn sum(&self, signatures: &[Signature]) -> Option<Signature>;

    /// Which of several sums under one message are wrong. It is asked when their sum is.
    fn find_invalid(&self, message: &[u8], sums: &[(Signers, Signature)]) -> Vec<usize> {
        let wrong =
            |(_, (signers, signature)): &(usize, &(Signers, Signature))| !self.verify(message, signers, signature);
        sums.iter().enumerate().filter(wrong).map(|(index, _)| index).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consensus::bbft::View;
    use std::collections::BTreeSet;

    #[test]
    fn each_part_changes_the_bytes() {
        let statement = Statement::notarize(View(7), Hash([1; 32]));
        let of = |chain: u8, epoch, statement: &Statement| signed_bytes(Hash([chain; 32]), Epoch(epoch), statement);
        let all = [
            of(1, 1, &statement),
            of(2, 1, &statement),
            of(1, 2, &statement),
            of(1, 1, &Statement::finalize(View(7), Hash([1; 32]))),
            of(1, 1, &Statement::nullify(View(7))),
            of(1, 1, &Statement::notarize(View(8), Hash([1; 32]))),
            of(1, 1, &Statement::notarize(View(7), Hash([2; 32]))),
        ];
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!(all[0][..16], *DOMAIN);
        assert_eq!(all[0][SIGNED_BYTES - 32..], [1; 32], "no part is cut off");
    }
}
