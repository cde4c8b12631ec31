//! The sum of signatures, to which votes are added and from which they are taken again.

use std::fmt;

use blst::{
    blst_p1_affine,
    min_sig::{AggregateSignature, Signature},
};

use super::{BlsPublicKey, BlsSignature, MESSAGE_TAG, SIGNATURE_BYTES, equation, point, point::BlsPointError};

/// The flag of a compressed point that says which of the two y is meant; the other is minus the point.
const SIGN_FLAG: u8 = 0x20;

/// The sum of any number of signatures. It does not know whose they are: that is the bitmap beside it.
#[derive(Clone, Copy)]
pub struct BlsAggregate(AggregateSignature);

impl BlsAggregate {
    /// The sum of nothing, which verifies for no key.
    #[must_use]
    pub fn empty() -> Self {
        Self(AggregateSignature::from_signature(&infinity()))
    }

    /// Decodes and checks a compressed aggregate, all of its points being that of a signature.
    ///
    /// # Errors
    /// As for [`BlsSignature::from_bytes`]; an empty sum is refused as infinity.
    pub fn from_bytes(bytes: &[u8; SIGNATURE_BYTES]) -> Result<Self, BlsPointError> {
        point::signature(bytes).map(|point| Self(AggregateSignature::from_signature(&point)))
    }

    /// Returns the compressed aggregate. That of an empty sum cannot be decoded.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; SIGNATURE_BYTES] {
        self.to_point().compress()
    }

    /// Adds a signature.
    pub fn add(&mut self, signature: &BlsSignature) {
        self.add_point(signature.point());
    }

    /// Takes a signature away that was added before.
    pub fn remove(&mut self, signature: &BlsSignature) {
        self.add_point(&minus(signature.point()));
    }

    /// Adds all signatures of another sum. A signature that is in both counts twice, which no bitmap can say: merge
    /// only sums of disjoint signers.
    pub fn merge(&mut self, other: &Self) {
        self.0.add_aggregate(&other.0);
    }

    /// Takes all signatures of another sum away, which were merged before.
    pub fn separate(&mut self, other: &Self) {
        self.add_point(&minus(&other.to_point()));
    }

    /// Checks that this is the sum of the signatures of `message` by the keys whose sum is `key`.
    #[must_use]
    pub fn verify(&self, message: &[u8], key: &BlsPublicKey) -> bool {
        equation::holds(key.point(), message, MESSAGE_TAG, &self.to_point())
    }

    pub(super) fn to_point(self) -> Signature {
        self.0.to_signature()
    }

    fn add_point(&mut self, point: &Signature) {
        self.0.add_signature(point, false).expect("only a check of the subgroup can fail, and decoding did it");
    }
}

impl Default for BlsAggregate {
    fn default() -> Self {
        Self::empty()
    }
}

impl From<BlsSignature> for BlsAggregate {
    fn from(signature: BlsSignature) -> Self {
        Self(AggregateSignature::from_signature(signature.point()))
    }
}

impl<'a> FromIterator<&'a BlsSignature> for BlsAggregate {
    fn from_iter<I: IntoIterator<Item = &'a BlsSignature>>(signatures: I) -> Self {
        let mut sum = Self::empty();
        signatures.into_iter().for_each(|signature| sum.add(signature));
        sum
    }
}

impl PartialEq for BlsAggregate {
    fn eq(&self, other: &Self) -> bool {
        self.to_point() == other.to_point()
    }
}

impl Eq for BlsAggregate {}

impl fmt::Debug for BlsAggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlsAggregate({})", hex::encode(self.to_bytes()))
    }
}

pub(super) fn infinity() -> Signature {
    blst_p1_affine::default().into()
}

/// Minus a point: the same x with the other y. Infinity is minus itself.
fn minus(point: &Signature) -> Signature {
    if *point == infinity() {
        return *point;
    }
    let mut bytes = point.compress();
    bytes[0] ^= SIGN_FLAG;
    Signature::uncompress(&bytes).expect("with every x of the curve goes either y")
}
