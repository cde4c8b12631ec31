//! Allowances given by signature: what is signed, and by whom.

use tenon_contract::Wire;
use tenon_contract::prelude::*;

/// What wallets put around bytes that they sign, so that those are never a transaction.
const WRAPPING: (&[u8], &[u8]) = (b"<Bytes>", b"</Bytes>");
/// Names the purpose in the signed bytes.
const PURPOSE: &str = "tenon/assets/permit";

/// An allowance that its owner signs and anyone may hand in, once.
#[module_type]
pub struct Permit {
    /// Which asset.
    pub asset: u64,
    /// Whose balance.
    pub owner: Address,
    /// Who may take.
    pub spender: Address,
    /// The allowance that is replaced.
    pub current: Amount,
    /// The allowance that takes its place.
    pub new: Amount,
    /// From which millisecond on nothing may be taken.
    pub expires_at_ms: Option<u64>,
    /// The owner's count of permits used so far: each is good once.
    pub number: u64,
    /// From which millisecond on the permit is void.
    pub deadline_ms: u64,
}

/// An owner's signature. The owner's address is the public key.
#[module_type]
pub enum OwnerSignature {
    /// sr25519 with context `substrate`, as wallets sign.
    Sr25519([u8; 64]) = 0,
    /// ed25519.
    Ed25519([u8; 64]) = 1,
}

impl Permit {
    /// What is signed: purpose, chain, instance and permit, so that it is good nowhere else.
    pub(crate) fn message(&self) -> Vec<u8> {
        let mut message = WRAPPING.0.to_vec();
        String::from(PURPOSE).put(&mut message);
        env().chain_id().put(&mut message);
        env().self_address().put(&mut message);
        self.put(&mut message);
        message.extend_from_slice(WRAPPING.1);
        message
    }
}

impl OwnerSignature {
    /// Whether it is the owner's over the message.
    pub(crate) fn is_valid(&self, owner: &Address, message: &[u8]) -> bool {
        match self {
            Self::Sr25519(signature) => crypto::sr25519_verify(signature, owner.as_bytes(), message),
            Self::Ed25519(signature) => crypto::ed25519_verify(signature, owner.as_bytes(), message),
        }
    }
}
