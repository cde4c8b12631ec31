//! BLS12-381 signatures, which add up: the votes of any number of validators become 48 bytes, checked at the price of one.
//!
//! The scheme is that of draft-irtf-cfrg-bls-signature-05 with proof of possession, in its variant of least signature
//! size: signatures are points of G1 (48 bytes), public keys are points of G2 (96 bytes), both compressed; messages are
//! hashed to G1 as RFC 9380 says. [`MESSAGE_TAG`] and [`POSSESSION_TAG`] are the draft's names for the two hashes.
//!
//! Upon registering a key, its owner signs the key itself ([`BlsSecretKey::prove_possession`]). Without that proof,
//! whoever registers last could choose the difference of a key of their own and the sum of all others, and would then
//! sign alone for all. So each key of a [`BlsKeys`] must have proven possession before, which the chain's state says.
//!
//! A point is checked once, when it is decoded: canonical, on the curve, in the subgroup of prime order, not infinity.
//! From then on it is kept as an affine point, so that no check of a signature decodes or checks a point again.
//!
//! It leaves out what is voted on, and who may vote with which weight; entropy; and threads.

mod aggregate;
mod blame;
mod equation;
mod key;
mod keys;
mod point;

pub use aggregate::BlsAggregate;
pub use blame::find_invalid;
pub use equation::{BlsClaim, MAX_EQUATION, verify_claims};
pub use key::{BlsPublicKey, BlsSecretKey, BlsSignature, verify_possession};
pub use keys::{BlsKeys, BlsKeysError, MAX_KEYS};
pub use point::{BlsPart, BlsPointError, PointFault};

/// Separates messages from all else that is hashed to the curve.
pub const MESSAGE_TAG: &[u8] = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_";
/// Separates proofs of possession from messages, so that no vote is a proof and no proof is a vote.
pub const POSSESSION_TAG: &[u8] = b"BLS_POP_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_";
/// Bytes of a compressed public key.
pub const PUBLIC_KEY_BYTES: usize = 96;
/// Bytes of a compressed signature, single or aggregate, and of a proof of possession.
pub const SIGNATURE_BYTES: usize = 48;
