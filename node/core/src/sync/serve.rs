//! Serving blocks to who asks.

use super::{BlocksAnswer, BlocksRequest, MAX_ANSWER_BLOCKS, MAX_ANSWER_BYTES, MAX_FINALITY_BYTES};
use crate::relay::MAX_BLOCK_BYTES;
use tenon_types::BlockNumber;

/// A node's final blocks.
pub trait BlockReader {
    /// An encoded block, if it is final and was not pruned.
    fn block(&self, height: BlockNumber) -> Option<Vec<u8>>;

    /// Whether [`Self::proof`] gives one. It is asked for many heights, so it should be quick.
    fn has_proof(&self, height: BlockNumber) -> bool;

    /// What proves a block final, and with it all blocks below, to who knows the validators of its epoch.
    fn proof(&self, height: BlockNumber) -> Option<Vec<u8>>;
}

/// Answers a request: blocks in a row from the height that was asked for, up to one that can be proven final: the first
/// such at or above the end that was wished for, as far as the bounds allow, else the last below, or nothing.
///
/// It reads at most [`MAX_ANSWER_BLOCKS`] blocks and [`MAX_ANSWER_BYTES`] bytes, and one block more than that.
pub fn serve(request: &BlocksRequest, reader: &dyn BlockReader) -> BlocksAnswer {
    let wished = usize::try_from(request.max_blocks).unwrap_or(usize::MAX).clamp(1, MAX_ANSWER_BLOCKS);
    let max_bytes = usize::try_from(request.max_bytes).unwrap_or(usize::MAX).min(MAX_ANSWER_BYTES);
    let (mut blocks, mut bytes, mut provable) = (Vec::new(), 0_usize, None);
    let mut next = Some(request.from_height);
    while let Some(height) = next.filter(|_| blocks.len() < MAX_ANSWER_BLOCKS) {
        let Some(block) = reader.block(height) else { break };
        bytes = bytes.saturating_add(block.len());
        let max_bytes = if blocks.is_empty() { MAX_BLOCK_BYTES } else { max_bytes };
        if bytes > max_bytes {
            break;
        }
        blocks.push(block);
        if reader.has_proof(height) {
            provable = Some((blocks.len(), height));
            if blocks.len() >= wished {
                break;
            }
        }
        next = height.checked_add(1);
    }
    let proven = provable.and_then(|(count, height)| Some((count, reader.proof(height)?)));
    match proven.filter(|(_, proof)| proof.len() <= MAX_FINALITY_BYTES) {
        Some((count, proof)) => {
            blocks.truncate(count);
            BlocksAnswer { blocks, proof }
        }
        None => BlocksAnswer::default(),
    }
}
