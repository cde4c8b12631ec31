//! What shows blocks to be final, who validates, and the files of `tenon proof` that need no node.

use super::{Bytes, Decimal, HexHash, ProofView};
use serde::{Deserialize, Serialize};

/// A certificate, in words: votes of more than two thirds of the weight in one signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateView {
    /// The epoch whose validators signed.
    pub epoch: u64,
    /// The view in which they agreed.
    pub view: u64,
    /// The hash of the header that they made final.
    pub block: HexHash,
    /// Who signed, by their places in the set.
    pub signers: Vec<u16>,
    /// The aggregate signature: a point of G1 of BLS12-381, compressed.
    pub signature: Bytes,
}

/// Shows that a header is final.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderProofView {
    /// The height.
    pub height: u32,
    /// The hash of the header.
    pub hash: HexHash,
    /// The SCALE bytes of the header.
    pub header: Bytes,
    /// The certificate of the header, or of the last descendant.
    pub certificate: CertificateView,
    /// The SCALE bytes of the headers above it, up to the certified one.
    pub descendants: Vec<Bytes>,
    /// All of it as a light client reads it: a `HeaderProof` of `tenon_core::consensus::bbft`.
    pub bytes: Bytes,
}

/// A validator of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidatorView {
    /// The account.
    pub account: String,
    /// The key by which it votes: a point of G2 of BLS12-381, compressed.
    pub bls_key: Bytes,
    /// The weight of its vote.
    pub weight: Decimal,
}

/// An epoch: where it starts, and who validates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochView {
    /// Hash of block 0, which names the chain.
    pub genesis_hash: HexHash,
    /// Blocks of an epoch; 0 if epoch 0 does not end.
    pub epoch_blocks: u32,
    /// The epoch.
    pub epoch: u64,
    /// Hash of the last block before it.
    pub start: HexHash,
    /// That block's time in milliseconds since 1970-01-01 UTC.
    pub start_ms: u64,
    /// The same of the first epoch of these validators: earlier if they stayed because nobody was elected.
    pub since_ms: u64,
    /// The hash by which a header commits to the set.
    pub validators_hash: HexHash,
    /// The validators, in the order of their places.
    pub validators: Vec<ValidatorView>,
}

/// A file of trust: an epoch whose validators are believed, and for how long. `tenon proof light` moves it on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustView {
    /// For how many milliseconds from `since_ms` on the validators are believed; without end if null.
    pub trust_period_ms: Option<u64>,
    /// The epoch.
    #[serde(flatten)]
    pub epoch: EpochView,
}

/// Shows a header to be final, and what lies under it or under an ancestor of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InclusionView {
    /// The header that is final.
    pub finality: HeaderProofView,
    /// The height of the header that it lies under.
    pub height: u32,
    /// The hash of that header.
    pub hash: HexHash,
    /// The way from the final header: an `Inclusion` of `tenon_types::proof`.
    pub inclusion: Bytes,
    /// All of it as a light client reads it: a `LightProof` of `tenon_core::consensus::bbft`.
    pub bytes: Bytes,
}

/// All that an offline check from a trusted epoch on needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LightProofView {
    /// Hash of block 0, which names the chain.
    pub genesis_hash: HexHash,
    /// `EpochProof`s from the trusted epoch on, up to that of the header.
    pub epochs: Vec<Bytes>,
    /// The header that is final.
    pub finality: HeaderProofView,
    /// What lies under it or under an ancestor of it: an `Inclusion` of `tenon_types::proof`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inclusion: Option<Bytes>,
    /// Entries of the state whose root is carried by the header under which the inclusion lies, or by the final one
    /// itself, if any were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<ProofView>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_trust_is_one_flat_object_and_comes_back() {
        let validator = ValidatorView { account: "5F".into(), bls_key: Bytes(vec![1; 96]), weight: Decimal(u128::MAX) };
        let epoch = EpochView {
            genesis_hash: HexHash::default(),
            epoch_blocks: 10,
            epoch: 3,
            start: HexHash::default(),
            start_ms: 5,
            since_ms: 4,
            validators_hash: HexHash::default(),
            validators: vec![validator],
        };
        for trust_period_ms in [None, Some(7)] {
            let trust = TrustView { trust_period_ms, epoch: epoch.clone() };
            let json = serde_json::to_value(&trust).unwrap();
            assert_eq!((json["epoch"].as_u64(), json["trust_period_ms"].as_u64()), (Some(3), trust_period_ms));
            assert_eq!(serde_json::from_value::<TrustView>(json).unwrap(), trust);
        }
    }
}
