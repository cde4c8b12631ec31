//! Decoding of points, the one place where they are checked.
//!
//! The encoding is that of the draft's appendix: big-endian x, with three flags in the highest bits of the first byte
//! (compressed, infinity, the greater y). Leaves out uncompressed points: they are a second encoding of the same key.

use std::fmt;

use blst::{
    BLST_ERROR,
    min_sig::{PublicKey, Signature},
};

use super::{PUBLIC_KEY_BYTES, SIGNATURE_BYTES};

/// What was being decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlsPart {
    /// A point of G2.
    PublicKey,
    /// A point of G1.
    Signature,
}

/// Why bytes are no point that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointFault {
    /// Flags, x or padding are not those of any point, or not its only encoding.
    Encoding,
    /// No point of the curve has this x.
    NotOnCurve,
    /// The point is not in the subgroup of prime order.
    NotInSubgroup,
    /// The point is infinity, whose signature of everything is infinity.
    Infinity,
}

/// Bytes that are no point that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{part}: found {fault}, expected a compressed point of the subgroup of prime order other than infinity")]
pub struct BlsPointError {
    /// What was being decoded.
    pub part: BlsPart,
    /// What was found.
    pub fault: PointFault,
}

impl fmt::Display for BlsPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PublicKey => "bls public key",
            Self::Signature => "bls signature",
        })
    }
}

impl fmt::Display for PointFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Encoding => "an encoding that is not canonical",
            Self::NotOnCurve => "an x that no point of the curve has",
            Self::NotInSubgroup => "a point outside the subgroup",
            Self::Infinity => "infinity",
        })
    }
}

/// Decodes a point of G2.
pub(super) fn public_key(bytes: &[u8; PUBLIC_KEY_BYTES]) -> Result<PublicKey, BlsPointError> {
    let decode = || {
        let point = PublicKey::uncompress(bytes).map_err(fault)?;
        point.validate().map_err(fault)?;
        // A second encoding of the same point would be refused by the library too; here it does not hang on that.
        if point.compress() == *bytes { Ok(point) } else { Err(PointFault::Encoding) }
    };
    decode().map_err(|fault| BlsPointError { part: BlsPart::PublicKey, fault })
}

/// Decodes a point of G1.
pub(super) fn signature(bytes: &[u8; SIGNATURE_BYTES]) -> Result<Signature, BlsPointError> {
    let decode = || {
        let point = Signature::uncompress(bytes).map_err(fault)?;
        point.validate(true).map_err(fault)?;
        if point.compress() == *bytes { Ok(point) } else { Err(PointFault::Encoding) }
    };
    decode().map_err(|fault| BlsPointError { part: BlsPart::Signature, fault })
}

const fn fault(error: BLST_ERROR) -> PointFault {
    match error {
        BLST_ERROR::BLST_POINT_NOT_ON_CURVE => PointFault::NotOnCurve,
        BLST_ERROR::BLST_POINT_NOT_IN_GROUP => PointFault::NotInSubgroup,
        BLST_ERROR::BLST_PK_IS_INFINITY => PointFault::Infinity,
        _ => PointFault::Encoding,
    }
}
