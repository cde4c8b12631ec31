//! What nodes tell everybody.

use super::codec::{Reader, Wire, WireError, write_list};
use crate::consensus::bbft::Signature;
use parity_scale_codec::Encode;
use tenon_crypto::bls::{BlsPublicKey, BlsSignature};
use tenon_types::{Address, BlockNumber, Hash, MAX_EXTRINSIC_BYTES};

/// Addresses of one validator.
pub const MAX_ADDRESSES: usize = 16;
/// Bytes of one address.
pub const MAX_ADDRESS_BYTES: usize = 256;
/// Transactions of one batch.
pub const MAX_BATCH_TRANSACTIONS: usize = 4_096;
/// Bytes of one batch: the longest transaction, with what stands around it.
pub const MAX_BATCH_BYTES: usize = MAX_EXTRINSIC_BYTES + 16;
/// What a validator signs about its addresses begins with this, so that it is none of a vote.
const DOMAIN: &[u8; 16] = b"tenon/addresses1";

/// How far a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode)]
pub struct Status {
    /// The lowest block that it serves; what is below was pruned.
    pub lowest: BlockNumber,
    /// The highest final block.
    pub height: BlockNumber,
    /// The hash of that.
    pub hash: Hash,
}

/// Where a validator is found, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatorRecord {
    /// Its account.
    pub account: Address,
    /// The key that its connections have.
    pub peer: [u8; 32],
    /// Where it is reached, as multiaddresses.
    pub addresses: Vec<String>,
    /// Of two records the higher is the newer.
    pub sequence: u64,
    /// Its signature under all that, by the key of its votes.
    pub signature: Signature,
}

impl ValidatorRecord {
    /// The bytes that are signed: a domain, the chain's genesis hash, and everything but the signature.
    pub fn signed_bytes(&self, chain: Hash) -> Vec<u8> {
        let mut output = DOMAIN.to_vec();
        chain.encode_to(&mut output);
        self.write_unsigned(&mut output);
        output
    }

    /// Whether the holder of a key signed this for a chain.
    pub fn is_signed_by(&self, chain: Hash, key: &BlsPublicKey) -> bool {
        let signature = BlsSignature::from_bytes(&self.signature.0);
        signature.is_ok_and(|signature| key.verify(&self.signed_bytes(chain), &signature))
    }

    fn write_unsigned(&self, output: &mut Vec<u8>) {
        self.account.encode_to(output);
        self.peer.encode_to(output);
        self.addresses.encode_to(output);
        self.sequence.encode_to(output);
    }
}

/// Transactions, each with its length prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransactionBatch(pub Vec<Vec<u8>>);

impl Wire for Status {
    const WHAT: &'static str = "status";
    const MAX_BYTES: usize = 40;

    fn write(&self, output: &mut Vec<u8>) {
        self.encode_to(output);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let status = Self {
            lowest: reader.value("lowest height")?,
            height: reader.value("height")?,
            hash: reader.value("hash of a block")?,
        };
        if status.lowest > status.height {
            let bound = u64::from(status.height).saturating_add(1);
            return Err(WireError::OutOfRange { what: "lowest height", found: status.lowest.into(), bound });
        }
        Ok(status)
    }
}

impl Wire for ValidatorRecord {
    const WHAT: &'static str = "record of a validator";
    const MAX_BYTES: usize = 32 + 32 + MAX_ADDRESSES * (MAX_ADDRESS_BYTES + 2) + 4 + 8 + 48;

    fn write(&self, output: &mut Vec<u8>) {
        self.write_unsigned(output);
        self.signature.encode_to(output);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self {
            account: reader.value("account")?,
            peer: reader.value("key of a peer")?,
            addresses: reader.list("addresses", MAX_ADDRESSES, |reader| reader.text("address", MAX_ADDRESS_BYTES))?,
            sequence: reader.value("sequence")?,
            signature: reader.value("signature")?,
        })
    }
}

impl Wire for TransactionBatch {
    const WHAT: &'static str = "batch of transactions";
    const MAX_BYTES: usize = MAX_BATCH_BYTES;

    fn write(&self, output: &mut Vec<u8>) {
        write_list(&self.0, output, |transaction, output| transaction.encode_to(output));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let transaction = |reader: &mut Reader<'_>| reader.bytes("transaction", MAX_EXTRINSIC_BYTES);
        reader.list("transactions", MAX_BATCH_TRANSACTIONS, transaction).map(Self)
    }
}
