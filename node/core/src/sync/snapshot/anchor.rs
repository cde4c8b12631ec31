//! What goes with the rows of a snapshot: the block whose state they are, what it gave, and those before it by hash.
//!
//! ```text
//! trusted: the header at height h + 1, which is final
//!   its state root            -> the rows after h
//!   its parent hash           -> the header at h -> its transactions
//!                                                -> by its root over all ancestors: the accumulator, the last hashes
//!   its parent's receipts     -> the receipts of h, from which the node goes on
//! ```
//!
//! The hashes are those that a chain asks for when it checks mortal transactions; the accumulator is what the headers
//! after the block go on from. A node that has imported one serves the next: it has the accumulators since.
//! It leaves out how the header at h + 1 came to be trusted: that is a light client's or an operator's business.

use super::{ANCHOR_BLOCKS, MAX_ANCHOR_BYTES, SnapshotError};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use tenon_types::mmr::Accumulator;
use tenon_types::proof::TreeHash;
use tenon_types::{Block, BlockNumber, Gas, Hash, Header, Receipt, extrinsics_root};

/// What a snapshot must be, as the final header after it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The height after whose block the state was so.
    pub height: BlockNumber,
    /// The hash of that block.
    pub block: Hash,
    /// Root of the state after it.
    pub root: TreeHash,
    /// Gas that it used.
    pub gas_used: Gas,
    /// Root of its receipts.
    pub receipts_root: Hash,
}

impl Target {
    /// The state below a header that the caller knows to be final.
    ///
    /// # Errors
    /// [`SnapshotError::Header`] if it is the genesis block's, or is no header of this chain.
    pub fn below(child: &Header) -> Result<Self, SnapshotError> {
        let unfit = || SnapshotError::Header { number: child.number };
        let height = child.number.checked_sub(1).ok_or_else(unfit)?;
        let info = child.info().ok_or_else(unfit)?;
        Ok(Self {
            height,
            block: child.parent_hash,
            root: child.state_root.0,
            gas_used: info.parent_gas_used,
            receipts_root: info.parent_receipts_root,
        })
    }

    /// How many blocks before its own go with a snapshot by their hashes.
    #[must_use]
    pub fn older(&self) -> usize {
        usize::try_from(self.height).map_or(ANCHOR_BLOCKS, |height| height.min(ANCHOR_BLOCKS))
    }
}

/// The block of a snapshot, what it gave, and the blocks before it by hash.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Anchor {
    /// The block.
    pub block: Block,
    /// Its receipts: one for each transaction, then those of hooks.
    pub receipts: Vec<Receipt>,
    /// The accumulator over all blocks before those of `older`.
    pub start: Accumulator,
    /// The hashes of the blocks before it, the oldest first: [`ANCHOR_BLOCKS`] of them, or all.
    pub older: Vec<Hash>,
}

impl Anchor {
    /// Reads an anchor and checks that it is the target's.
    ///
    /// # Errors
    /// [`SnapshotError`] for the first thing that is not as the target says.
    pub fn from_bytes(target: &Target, bytes: &[u8]) -> Result<Self, SnapshotError> {
        if bytes.len() > MAX_ANCHOR_BYTES {
            let (what, found, max) = ("anchor", bytes.len(), MAX_ANCHOR_BYTES);
            return Err(SnapshotError::TooLong { what, found, max });
        }
        let malformed = SnapshotError::Malformed { what: "anchor", bytes: bytes.len() };
        let Ok(anchor) = Self::decode_all(&mut &*bytes) else { return Err(malformed) };
        if anchor.encode() != bytes {
            return Err(malformed);
        }
        anchor.check(target)?;
        Ok(anchor)
    }

    fn check(&self, target: &Target) -> Result<(), SnapshotError> {
        let Self { block, receipts, start, older } = self;
        equal("hash of the block", block.header.hash(), target.block)?;
        equal("root of the transactions", extrinsics_root(&block.extrinsics), block.header.extrinsics_root)?;
        let encoded: Vec<Vec<u8>> = receipts.iter().map(Encode::encode).collect();
        equal("root of the receipts", extrinsics_root(&encoded), target.receipts_root)?;
        // Receipts beyond the transactions' are of hooks, whose gas is not the block's.
        let gas = receipts.iter().take(block.extrinsics.len()).map(|receipt| receipt.gas_used);
        let found = gas.fold(0, Gas::saturating_add);
        if found != target.gas_used {
            return Err(SnapshotError::Gas { found, expected: target.gas_used });
        }
        if older.len() != target.older() {
            return Err(SnapshotError::Older { found: older.len(), expected: target.older() });
        }
        let info = block.header.info().ok_or(SnapshotError::Header { number: block.header.number })?;
        let mut before = start.clone();
        let first = u64::from(target.height).checked_sub(u64::try_from(older.len()).unwrap_or(u64::MAX));
        if Some(before.size()) != first {
            return Err(SnapshotError::Start { found: before.size(), expected: first.unwrap_or_default() });
        }
        older.iter().for_each(|hash| drop(before.append(hash)));
        equal("root over the blocks before", before.root(), info.ancestors)?;
        Ok(())
    }
}

fn equal(what: &'static str, found: Hash, expected: Hash) -> Result<(), SnapshotError> {
    if found == expected { Ok(()) } else { Err(SnapshotError::Differs { what, found, expected }) }
}
