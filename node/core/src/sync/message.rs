//! The question for blocks, and its answer.

use crate::consensus::bbft::MAX_PROOF_BYTES;
use crate::relay::MAX_BLOCK_BYTES;
use crate::wire::{Reader, Wire, WireError, write_list};
use parity_scale_codec::Encode;
use tenon_types::BlockNumber;

/// Blocks of one answer.
pub const MAX_ANSWER_BLOCKS: usize = 512;
/// Bytes of the blocks of one answer. It always has room for one block.
pub const MAX_ANSWER_BYTES: usize = MAX_BLOCK_BYTES;
/// Bytes of what proves an answer's last block final.
pub const MAX_FINALITY_BYTES: usize = MAX_PROOF_BYTES;

/// Asks for final blocks in a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode)]
pub struct BlocksRequest {
    /// The height of the first.
    pub from_height: BlockNumber,
    /// How many are wished for. More may come, up to [`MAX_ANSWER_BLOCKS`], if only a later block can be proven final.
    pub max_blocks: u32,
    /// Bytes of all of them together. One block may always come, however long it is.
    pub max_bytes: u32,
}

/// Final blocks in a row, the first of the height that was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BlocksAnswer {
    /// The encoded blocks; none if the peer cannot serve them.
    pub blocks: Vec<Vec<u8>>,
    /// What proves the last of them final, and with it the others.
    pub proof: Vec<u8>,
}

impl BlocksAnswer {
    /// Bytes of the blocks.
    pub fn bytes(&self) -> usize {
        self.blocks.iter().fold(0, |sum, block| sum.saturating_add(block.len()))
    }
}

impl Wire for BlocksRequest {
    const WHAT: &'static str = "request for blocks";
    const MAX_BYTES: usize = 12;

    fn write(&self, output: &mut Vec<u8>) {
        self.encode_to(output);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self {
            from_height: reader.value("height")?,
            max_blocks: reader.value("number of blocks")?,
            max_bytes: reader.value("number of bytes")?,
        })
    }
}

impl Wire for BlocksAnswer {
    const WHAT: &'static str = "answer with blocks";

    fn write(&self, output: &mut Vec<u8>) {
        write_list(&self.blocks, output, |block, output| block.encode_to(output));
        self.proof.encode_to(output);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let block = |reader: &mut Reader<'_>| reader.bytes("block", MAX_BLOCK_BYTES);
        Ok(Self {
            blocks: reader.list("blocks", MAX_ANSWER_BLOCKS, block)?,
            proof: reader.bytes("proof of finality", MAX_FINALITY_BYTES)?,
        })
    }
}
