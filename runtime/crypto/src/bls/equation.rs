//! The pairing equation, `e(H(message), key) = e(signature, g)`, alone and for many at once.

use std::sync::LazyLock;

use blst::{
    BLST_ERROR, Pairing, blst_fp12, blst_p1_affine, blst_p2_affine,
    min_sig::{AggregatePublicKey, PublicKey, Signature},
};

use super::{BlsAggregate, BlsPublicKey, MESSAGE_TAG, aggregate::infinity};

/// The most claims in one equation; more make several equations.
pub const MAX_EQUATION: usize = 1024;
/// Bits of a weight. One of them is given, since weights are odd, so that none is zero.
const WEIGHT_BITS: usize = 128;
/// Names the hash that gives the weights.
const WEIGHT_CONTEXT: &str = "tenon bls12-381 weights of a batch 2026-11";

/// Minus the generator of G2. With it both pairings of one check share a Miller loop.
static MINUS_GENERATOR: LazyLock<blst_p2_affine> = LazyLock::new(|| {
    let mut one = [0; 32];
    one[31] = 1;
    let one = blst::min_sig::SecretKey::from_bytes(&one).expect("one is a secret key");
    let generator = AggregatePublicKey::from_public_key(&one.sk_to_pk());
    let mut minus = AggregatePublicKey::from_public_key(&PublicKey::default());
    minus.sub_aggregate(&generator);
    minus.to_public_key().into()
});

/// That an aggregate is the signature of a message by a key, which is mostly the sum of keys ([`super::BlsKeys::sum`]).
#[derive(Clone, Copy, Debug)]
pub struct BlsClaim<'a> {
    /// What was signed.
    pub message: &'a [u8],
    /// The signer, or the sum of the signers.
    pub key: BlsPublicKey,
    /// The sum of the signatures.
    pub aggregate: BlsAggregate,
}

/// Checks all claims; returns whether every one of them holds. None are as good as true.
///
/// The equations are added up with weights, so that each claim costs one Miller loop and one hash to the curve, and all
/// together one final exponentiation. The weights are a hash of all claims, signatures included. So they are unknown
/// until every claim is fixed, and where a claim is false the weighted errors cancel with a chance of at most 2^-127:
/// to find such a batch, a liar would have to hash about that often. Fresh entropy would give no more, and two nodes
/// with the same batch could then disagree.
#[must_use]
pub fn verify_claims(claims: &[BlsClaim<'_>]) -> bool {
    claims.chunks(MAX_EQUATION).all(|claims| match claims {
        [claim] => claim.aggregate.verify(claim.message, &claim.key),
        claims => weighted(claims),
    })
}

fn weighted(claims: &[BlsClaim<'_>]) -> bool {
    let mut hasher = blake3::Hasher::new_derive_key(WEIGHT_CONTEXT);
    let mut signatures = Vec::with_capacity(claims.len());
    for claim in claims {
        let signature = claim.aggregate.to_point();
        hasher.update(&u64::try_from(claim.message.len()).expect("a length fits 64 bits").to_le_bytes());
        hasher.update(claim.message).update(&claim.key.to_bytes()).update(&signature.compress());
        signatures.push(signature);
    }
    let mut weights = hasher.finalize_xof();
    let mut pairing = Pairing::new(true, MESSAGE_TAG);
    for (claim, signature) in claims.iter().zip(&signatures) {
        let mut weight = [0; WEIGHT_BITS / 8];
        weights.fill(&mut weight);
        weight[0] |= 1;
        let key: &blst_p2_affine = claim.key.point().into();
        let signature: &blst_p1_affine = signature.into();
        let added = pairing.mul_n_aggregate(key, false, signature, false, &weight, WEIGHT_BITS, claim.message, &[]);
        if added != BLST_ERROR::BLST_SUCCESS {
            return false;
        }
    }
    pairing.commit();
    pairing.finalverify(None)
}

/// The quotient of the two sides of the equation for a message: one if it holds, also where both points are infinity.
pub(super) fn error(key: &PublicKey, message: &[u8], signature: &Signature) -> blst_fp12 {
    let mut pairing = Pairing::new(true, MESSAGE_TAG);
    let key_counts = *key != PublicKey::default();
    if key_counts {
        let key: &blst_p2_affine = key.into();
        let added = pairing.aggregate(key, false, &(), false, message, &[]);
        assert!(added == BLST_ERROR::BLST_SUCCESS, "only infinity and a checked subgroup are refused: {added:?}");
    }
    let signature_counts = *signature != infinity();
    if signature_counts {
        pairing.raw_aggregate(&MINUS_GENERATOR, signature.into());
    }
    if key_counts || signature_counts { pairing.as_fp12().final_exp() } else { blst_fp12::default() }
}

/// Checks one equation. Infinity is the signature of nothing, and no key.
pub(super) fn holds(key: &PublicKey, message: &[u8], tag: &[u8], signature: &Signature) -> bool {
    if *signature == infinity() {
        return false;
    }
    let mut pairing = Pairing::new(true, tag);
    let key: &blst_p2_affine = key.into();
    // What is no point of G1 is no signature here: that comes in as a pair of its own, by its negated generator.
    if pairing.aggregate(key, false, &(), false, message, &[]) != BLST_ERROR::BLST_SUCCESS {
        return false;
    }
    pairing.raw_aggregate(&MINUS_GENERATOR, signature.into());
    pairing.commit();
    pairing.finalverify(None)
}
