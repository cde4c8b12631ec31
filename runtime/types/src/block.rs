//! Blocks and headers. A header has exactly the fields that Substrate's clients hash; ours ride in one digest item.

use crate::{Address, Amount, BlockNumber, Gas, Hash, Seal, blake2b_256};
use alloc::vec::Vec;
use parity_scale_codec::{Compact, Decode, Encode};
use scale_info::TypeInfo;

/// Names our digest items.
pub const ENGINE_ID: [u8; 4] = *b"tnon";

/// An item of a header's digest.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum DigestItem {
    /// What was known before the block was executed.
    #[codec(index = 6)]
    PreRuntime([u8; 4], Vec<u8>),
    /// A message of the consensus engine.
    #[codec(index = 4)]
    Consensus([u8; 4], Vec<u8>),
    /// A seal of the consensus engine.
    #[codec(index = 5)]
    Seal([u8; 4], Vec<u8>),
    /// Anything else.
    #[codec(index = 0)]
    Other(Vec<u8>),
}

/// The digest of a header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Digest {
    /// The items in order.
    pub logs: Vec<DigestItem>,
}

/// A header. Its state root is that after the parent block, so that hashing runs beside execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Hash of the parent's header.
    pub parent_hash: Hash,
    /// The height.
    pub number: BlockNumber,
    /// Root of the state after the parent block.
    pub state_root: Hash,
    /// Root of this block's transactions.
    pub extrinsics_root: Hash,
    /// Everything else.
    pub digest: Digest,
}

impl Encode for Header {
    fn encode_to<T: parity_scale_codec::Output + ?Sized>(&self, output: &mut T) {
        self.parent_hash.encode_to(output);
        Compact(self.number).encode_to(output);
        self.state_root.encode_to(output);
        self.extrinsics_root.encode_to(output);
        self.digest.encode_to(output);
    }
}

impl Decode for Header {
    fn decode<I: parity_scale_codec::Input>(input: &mut I) -> Result<Self, parity_scale_codec::Error> {
        Ok(Self {
            parent_hash: Hash::decode(input)?,
            number: Compact::<BlockNumber>::decode(input)?.0,
            state_root: Hash::decode(input)?,
            extrinsics_root: Hash::decode(input)?,
            digest: Digest::decode(input)?,
        })
    }
}

impl Header {
    /// The block's hash: BLAKE2b of the encoded header.
    pub fn hash(&self) -> Hash {
        blake2b_256(&self.encode())
    }

    /// What is ours in the header, if it is there exactly once and well formed.
    pub fn info(&self) -> Option<BlockInfo> {
        let mut found = self.digest.logs.iter().filter_map(|item| match item {
            DigestItem::PreRuntime(ENGINE_ID, data) => Some(data),
            _ => None,
        });
        let data = found.next()?;
        if found.next().is_some() {
            return None;
        }
        let mut input = &data[..];
        BlockInfo::decode(&mut input).ok().filter(|_| input.is_empty())
    }
}

/// What is ours in a header.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct BlockInfo {
    /// The block's time in milliseconds since 1970-01-01 UTC; above the parent's.
    pub time_ms: u64,
    /// Who made it, and receives the tips.
    pub producer: Address,
    /// The base fee for a million gas.
    pub base_fee: Amount,
    /// Gas used by the parent block.
    pub parent_gas_used: Gas,
    /// Root of the parent's receipts.
    pub parent_receipts_root: Hash,
    /// Root of the header accumulator over all blocks before: of the heights 0 to this one's less one. See [`crate::mmr`].
    pub ancestors: Hash,
    /// What consensus says of the block.
    pub seal: Seal,
    /// In the last block of an epoch, the hash of the validators of the next one, as the state after the parent has them.
    pub next_validators: Option<Hash>,
}

/// A block.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// The transactions, each with its length prefix.
    pub extrinsics: Vec<Vec<u8>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Evidence;
    use alloc::vec;

    fn header(info: &BlockInfo) -> Header {
        let digest = Digest { logs: vec![DigestItem::PreRuntime(ENGINE_ID, info.encode())] };
        Header { parent_hash: Hash::ZERO, number: 1, state_root: Hash::ZERO, extrinsics_root: Hash::ZERO, digest }
    }

    fn info() -> BlockInfo {
        let evidence = Evidence { kind: 2, offender: [9; 96], epoch: 5, view: 6, proof: vec![8, 8] };
        BlockInfo {
            time_ms: 258,
            producer: Address([1; 32]),
            base_fee: 3,
            parent_gas_used: 4,
            parent_receipts_root: Hash([2; 32]),
            ancestors: Hash([5; 32]),
            seal: Seal {
                epoch: 5,
                view: 12,
                parent_view: 10,
                leader: Some(Address([6; 32])),
                parent_signers: vec![7],
                missed: vec![Address([4; 32])],
                evidence: vec![evidence],
            },
            next_validators: Some(Hash([3; 32])),
        }
    }

    #[test]
    fn what_is_ours_lies_in_the_header_as_the_book_says() {
        let number = |value: u64| value.to_le_bytes().to_vec();
        let parent = [number(258), vec![1; 32], number(3), number(0), number(4), vec![2; 32], vec![5; 32]].concat();
        let votes =
            [number(5), number(12), number(10), vec![1], vec![6; 32], vec![4, 7], vec![4], vec![4; 32]].concat();
        let evidence = [vec![4, 2], vec![9; 96], number(5), number(6), vec![8, 8, 8]].concat();
        let next = [vec![1], vec![3; 32]].concat();
        assert_eq!(info().encode(), [parent, votes, evidence, next].concat());
        assert_eq!(header(&info()).info(), Some(info()));
    }

    #[test]
    fn an_item_that_is_cut_off_or_goes_on_is_none() {
        let whole = info().encode();
        let with = |data: Vec<u8>| {
            let mut header = header(&info());
            header.digest.logs = vec![DigestItem::PreRuntime(ENGINE_ID, data)];
            header.info()
        };
        assert!((0..whole.len()).all(|length| with(whole[..length].to_vec()).is_none()));
        assert_eq!(with([&whole[..], &[0]].concat()), None);
        let mut twice = header(&info());
        twice.digest.logs.push(twice.digest.logs[0].clone());
        assert_eq!(twice.info(), None);
    }
}
