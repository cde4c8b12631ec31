//! Transactions: extrinsics of version 4 with the standard extensions, and the host's small set of calls.
//!
//! Signatures are checked elsewhere (`tenon-crypto`); this file gives the bytes that were signed. Only the canonical
//! encoding of a transaction is accepted.

use crate::{Address, AdminPolicy, Amount, Era, Gas, Hash, blake2b_256};
use alloc::{boxed::Box, string::String, vec::Vec};
use core::fmt;
use parity_scale_codec::{Compact, Decode, DecodeWithMemTracking, Encode, Error, Input};
use scale_info::TypeInfo;

/// Bytes of one transaction, its length prefix included.
pub const MAX_EXTRINSIC_BYTES: usize = 1024 * 1024;
/// Calls of one batch.
pub const MAX_BATCH_CALLS: usize = 1_000;
/// Batches inside batches.
pub const MAX_CALL_NESTING: u32 = 4;

/// Byte that begins a signed extrinsic of version 4.
const SIGNED_V4: u8 = 0x84;

/// Where a transfer goes, or who signs. Only the form `Id` names an account here.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum MultiAddress {
    /// An address.
    Id(Address),
    /// An index: not used by this chain.
    Index(Compact<()>),
    /// Raw bytes: not used by this chain.
    Raw(Vec<u8>),
    /// 32 bytes of another kind: not used by this chain.
    Address32([u8; 32]),
    /// 20 bytes of another kind: not used by this chain.
    Address20([u8; 20]),
}

impl MultiAddress {
    /// The address, if the form is `Id`.
    pub const fn address(&self) -> Option<Address> {
        match self {
            Self::Id(address) => Some(*address),
            _ => None,
        }
    }
}

/// A signature with its scheme.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum Signature {
    /// ed25519.
    Ed25519([u8; 64]),
    /// sr25519 with context `substrate`.
    Sr25519([u8; 64]),
    /// secp256k1 over the BLAKE2b hash: r, s, recovery id.
    Ecdsa([u8; 65]),
}

impl fmt::Debug for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Ed25519(_) => "Ed25519(..)",
            Self::Sr25519(_) => "Sr25519(..)",
            Self::Ecdsa(_) => "Ecdsa(..)",
        })
    }
}

/// The values of the standard extensions that travel with a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking)]
pub struct Extra {
    /// For how long the transaction is valid.
    pub era: Era,
    /// The sender's transactions before this one.
    #[codec(compact)]
    pub nonce: u32,
    /// What the producer receives beside the fee.
    #[codec(compact)]
    pub tip: Amount,
    /// 1 if a metadata hash was signed. This chain accepts 0 only.
    pub metadata_mode: u8,
}

/// Who signed, how, and with which extensions.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking)]
pub struct SignedPart {
    /// The signer.
    pub signer: MultiAddress,
    /// The signature over [`signing_payload`].
    pub signature: Signature,
    /// The extensions.
    pub extra: Extra,
}

/// A transaction as it stands in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extrinsic {
    /// Who signed it.
    pub signed: SignedPart,
    /// What it does.
    pub call: Call,
}

/// What a transaction does.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum Call {
    /// Remarks.
    #[codec(index = 0)]
    System(SystemCall),
    /// The native coin.
    #[codec(index = 1)]
    Balances(BalancesCall),
    /// Batches.
    #[codec(index = 2)]
    Utility(UtilityCall),
    /// Modules.
    #[codec(index = 3)]
    Modules(ModulesCall),
}

/// Calls of `System`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[allow(non_camel_case_types, reason = "clients show these names as they are")]
pub enum SystemCall {
    /// Carries bytes and does nothing.
    #[codec(index = 0)]
    remark {
        /// The bytes.
        remark: Vec<u8>,
    },
}

/// Calls of `Balances`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[allow(non_camel_case_types, reason = "clients show these names as they are")]
pub enum BalancesCall {
    /// Sends the native coin. The sender's account may end.
    #[codec(index = 0)]
    transfer_allow_death {
        /// The receiver.
        dest: MultiAddress,
        /// The amount.
        #[codec(compact)]
        value: Amount,
    },
    /// Sends the native coin and refuses if the sender's account would end.
    #[codec(index = 3)]
    transfer_keep_alive {
        /// The receiver.
        dest: MultiAddress,
        /// The amount.
        #[codec(compact)]
        value: Amount,
    },
    /// Sends all that may be spent.
    #[codec(index = 4)]
    transfer_all {
        /// The receiver.
        dest: MultiAddress,
        /// Whether the existential deposit stays.
        keep_alive: bool,
    },
}

/// Calls of `Utility`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, TypeInfo)]
#[allow(non_camel_case_types, reason = "clients show these names as they are")]
pub enum UtilityCall {
    /// Makes all calls in order; if one fails, none takes effect.
    #[codec(index = 2)]
    batch_all {
        /// The calls, at most [`MAX_BATCH_CALLS`].
        calls: Vec<Call>,
    },
}

/// Calls of `Modules`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[allow(non_camel_case_types, reason = "clients show these names as they are")]
pub enum ModulesCall {
    /// Stores code on chain, once by its hash, after validation.
    #[codec(index = 0)]
    upload {
        /// The WASM file.
        code: Vec<u8>,
    },
    /// Creates an instance of code that is on chain.
    #[codec(index = 1)]
    instantiate {
        /// Which code.
        code_hash: Hash,
        /// Arguments of `init`, encoded.
        input: Vec<u8>,
        /// The amount of the native coin to send along.
        #[codec(compact)]
        value: Amount,
        /// Chooses the address together with the code hash and the sender.
        salt: Hash,
        /// Who may upgrade it.
        admin: AdminPolicy,
        /// The capabilities to grant, as bits; those of the manifest if absent.
        capabilities: Option<u32>,
        /// The most gas to use.
        #[codec(compact)]
        gas_limit: Gas,
    },
    /// Calls a method of an instance.
    #[codec(index = 2)]
    call {
        /// The instance.
        instance: Address,
        /// The method's name.
        method: String,
        /// The arguments, encoded.
        input: Vec<u8>,
        /// The amount of the native coin to send along.
        #[codec(compact)]
        value: Amount,
        /// The most gas to use.
        #[codec(compact)]
        gas_limit: Gas,
    },
    /// Replaces the code of an instance and runs `migrate`, both or none.
    #[codec(index = 3)]
    upgrade {
        /// The instance.
        instance: Address,
        /// The new code.
        code_hash: Hash,
        /// Arguments of `migrate`, encoded.
        input: Vec<u8>,
        /// The most gas to use.
        #[codec(compact)]
        gas_limit: Gas,
    },
    /// Ends an instance: later calls fail with `Retired`; queries still work.
    #[codec(index = 4)]
    retire {
        /// The instance.
        instance: Address,
    },
    /// Hands the administration to another account, or gives it up.
    #[codec(index = 5)]
    set_admin {
        /// The instance.
        instance: Address,
        /// The new policy.
        admin: AdminPolicy,
    },
    /// Announces new code for an instance whose administration has a time lock.
    #[codec(index = 6)]
    announce_upgrade {
        /// The instance.
        instance: Address,
        /// The code that may replace the present one when the time lock ends.
        code_hash: Hash,
    },
}

impl Decode for UtilityCall {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let index = input.read_byte()?;
        if index != 2 {
            return Err("Utility: expected call 2 (batch_all)".into());
        }
        input.descend_ref()?;
        let count = Compact::<u32>::decode(input)?.0;
        if usize::try_from(count).map_or(true, |count| count > MAX_BATCH_CALLS) {
            return Err("batch_all: more calls than MAX_BATCH_CALLS".into());
        }
        let calls = (0..count).map(|_| Call::decode(input)).collect::<Result<Vec<_>, _>>()?;
        input.ascend_ref();
        Ok(Self::batch_all { calls })
    }
}

impl DecodeWithMemTracking for UtilityCall {}

/// Why bytes are not a transaction of this chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransactionError {
    /// Longer than [`MAX_EXTRINSIC_BYTES`].
    TooLong {
        /// The length found.
        found: usize,
    },
    /// The bytes do not decode.
    Malformed(Box<str>),
    /// Not a signed extrinsic of version 4.
    Version {
        /// The first byte found.
        found: u8,
    },
    /// The bytes decode, but are not the canonical encoding.
    NotCanonical,
}

impl fmt::Display for TransactionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { found } => write!(formatter, "transaction of {found} bytes, at most {MAX_EXTRINSIC_BYTES}"),
            Self::Malformed(reason) => write!(formatter, "transaction does not decode: {reason}"),
            Self::Version { found } => {
                write!(formatter, "extrinsic begins with {found:#04x}, expected {SIGNED_V4:#04x} (signed, version 4)")
            }
            Self::NotCanonical => formatter.write_str("transaction is not in its canonical encoding"),
        }
    }
}

impl core::error::Error for TransactionError {}

impl Extrinsic {
    /// Decodes the bytes of a transaction, length prefix included.
    ///
    /// # Errors
    /// [`TransactionError`] for anything but the canonical encoding of a signed extrinsic.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TransactionError> {
        if bytes.len() > MAX_EXTRINSIC_BYTES {
            return Err(TransactionError::TooLong { found: bytes.len() });
        }
        let malformed = |error: Error| TransactionError::Malformed(alloc::string::ToString::to_string(&error).into());
        let mut input = bytes;
        let length = Compact::<u32>::decode(&mut input).map_err(malformed)?.0;
        if usize::try_from(length) != Ok(input.len()) {
            return Err(TransactionError::Malformed(
                alloc::format!("length prefix says {length}, found {}", input.len()).into(),
            ));
        }
        let version = u8::decode(&mut input).map_err(malformed)?;
        if version != SIGNED_V4 {
            return Err(TransactionError::Version { found: version });
        }
        let signed = SignedPart::decode(&mut input).map_err(malformed)?;
        let call = decode_call(&mut input).map_err(malformed)?;
        let extrinsic = Self { signed, call };
        if input.is_empty() && extrinsic.to_bytes() == bytes {
            Ok(extrinsic)
        } else {
            Err(TransactionError::NotCanonical)
        }
    }

    /// Encodes the transaction, length prefix included.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(256);
        body.push(SIGNED_V4);
        self.signed.encode_to(&mut body);
        self.call.encode_to(&mut body);
        body.encode()
    }

    /// The hash under which clients know the transaction.
    pub fn hash(&self) -> Hash {
        blake2b_256(&self.to_bytes())
    }
}

/// Decodes a call whose nesting is bounded before anything recurses.
fn decode_call(input: &mut &[u8]) -> Result<Call, Error> {
    use parity_scale_codec::DecodeLimit;
    Call::decode_with_depth_limit(MAX_CALL_NESTING, input)
}

/// The bytes that a transaction's signer signs: call, extensions, and what the extensions imply. Longer than 256 bytes,
/// their BLAKE2b hash is signed instead.
pub fn signing_payload(
    call: &Call,
    extra: &Extra,
    spec_version: u32,
    transaction_version: u32,
    genesis: &Hash,
    checkpoint: &Hash,
) -> Vec<u8> {
    let mut payload = Vec::with_capacity(256);
    call.encode_to(&mut payload);
    extra.encode_to(&mut payload);
    spec_version.encode_to(&mut payload);
    transaction_version.encode_to(&mut payload);
    genesis.encode_to(&mut payload);
    checkpoint.encode_to(&mut payload);
    payload.push(0);
    if payload.len() > 256 { blake2b_256(&payload).0.to_vec() } else { payload }
}
