//! Builds and signs transactions. Leaves out where nonce, versions and checkpoint come from: `Client` asks the node.

use tenon_crypto::{Keypair, Signature as Signed};
use tenon_types::{
    Address, Amount, BlockNumber, Call, Era, Extra, Extrinsic, Hash, MultiAddress, Signature, SignedPart,
    signing_payload,
};

/// Blocks for which a transaction is valid, unless it is said otherwise.
pub const DEFAULT_PERIOD: u64 = 64;

/// What every signature on a chain commits to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainIdentity {
    /// Hash of block 0.
    pub genesis: Hash,
    /// Version of the rules.
    pub spec_version: u32,
    /// Version of the transaction format.
    pub transaction_version: u32,
}

/// For how long a transaction is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Until its nonce is used.
    Immortal,
    /// For about so many blocks after a checkpoint.
    Mortal {
        /// Blocks: a power of two from 4 to 65,536.
        period: u64,
        /// Height of the checkpoint.
        height: BlockNumber,
        /// Hash of the block at which the era begins: that of [`Lifetime::birth`].
        checkpoint: Hash,
    },
}

impl Lifetime {
    /// The height whose hash a transaction of this period, made at this height, commits to.
    pub fn birth(period: u64, height: BlockNumber) -> BlockNumber {
        Era::mortal(period, u64::from(height)).birth(height)
    }
}

/// Signs a call.
pub fn sign(
    pair: &Keypair,
    call: Call,
    chain: &ChainIdentity,
    nonce: u32,
    tip: Amount,
    lifetime: Lifetime,
) -> Extrinsic {
    let (era, checkpoint) = match lifetime {
        Lifetime::Immortal => (Era::Immortal, chain.genesis),
        Lifetime::Mortal { period, height, checkpoint } => (Era::mortal(period, u64::from(height)), checkpoint),
    };
    let extra = Extra { era, nonce, tip, metadata_mode: 0 };
    let payload =
        signing_payload(&call, &extra, chain.spec_version, chain.transaction_version, &chain.genesis, &checkpoint);
    let signature = match pair.sign(&payload) {
        Signed::Ed25519(bytes) => Signature::Ed25519(bytes),
        Signed::Sr25519(bytes) => Signature::Sr25519(bytes),
        Signed::Secp256k1(bytes) => Signature::Ecdsa(bytes),
    };
    let signer = MultiAddress::Id(Address(pair.account()));
    Extrinsic { signed: SignedPart { signer, signature, extra }, call }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_crypto::{Scheme, verify};
    use tenon_types::BalancesCall;

    const CHAIN: ChainIdentity = ChainIdentity { genesis: Hash([7; 32]), spec_version: 1, transaction_version: 1 };

    fn transfer() -> Call {
        Call::Balances(BalancesCall::transfer_allow_death { dest: MultiAddress::Id(Address([9; 32])), value: 1 << 40 })
    }

    #[test]
    fn every_scheme_signs_what_the_chain_checks() {
        for scheme in Scheme::ALL {
            let pair = Keypair::from_suri(scheme, "//Alice").unwrap();
            let lifetime = Lifetime::Mortal { period: 64, height: 70, checkpoint: Hash([3; 32]) };
            let signed = sign(&pair, transfer(), &CHAIN, 5, 2, lifetime);
            let payload = signing_payload(&signed.call, &signed.signed.extra, 1, 1, &CHAIN.genesis, &Hash([3; 32]));
            let bytes: &[u8] = match &signed.signed.signature {
                Signature::Ed25519(bytes) | Signature::Sr25519(bytes) => bytes,
                Signature::Ecdsa(bytes) => bytes,
            };
            assert!(verify(scheme, bytes, &pair.account(), &payload), "{scheme}");
            assert_eq!(Extrinsic::from_bytes(&signed.to_bytes()), Ok(signed));
        }
    }

    #[test]
    fn a_transfer_is_as_short_as_wallets_make_it() {
        let pair = Keypair::from_suri(Scheme::Sr25519, "//Alice").unwrap();
        let lifetime = Lifetime::Mortal { period: 64, height: 70, checkpoint: Hash::ZERO };
        assert!(sign(&pair, transfer(), &CHAIN, 5, 0, lifetime).to_bytes().len() <= 148);
    }

    #[test]
    fn birth_is_the_height_whose_hash_is_signed() {
        assert_eq!(Lifetime::birth(64, 70), 70);
        assert_eq!(Lifetime::birth(65_536, 70), 64);
    }
}
