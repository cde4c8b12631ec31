//! What can be seen of an answer without the chain's state: that it is what was asked for. Signatures, transactions and
//! proofs are the driver's.

use super::{BlocksAnswer, MAX_ANSWER_BLOCKS, MAX_FINALITY_BYTES, Offence};
use crate::relay::MAX_BLOCK_BYTES;
use crate::wire::Reader;
use tenon_types::{BlockNumber, Hash};

/// Checks an answer to a request for blocks from a height on, of so many bytes, and returns the height of the last.
pub(super) fn check_answer(from: BlockNumber, max_bytes: u32, answer: &BlocksAnswer) -> Result<BlockNumber, Offence> {
    let (count, bytes) = (answer.blocks.len(), answer.bytes());
    if count == 0 {
        return Err(Offence::Empty);
    }
    let max_bytes = usize::try_from(max_bytes).unwrap_or(usize::MAX);
    let max_bytes = if count == 1 { MAX_BLOCK_BYTES } else { max_bytes };
    if count > MAX_ANSWER_BLOCKS || bytes > max_bytes || answer.proof.len() > MAX_FINALITY_BYTES {
        return Err(Offence::Oversized);
    }
    let mut expected: Option<(BlockNumber, Hash)> = None;
    let mut last = from;
    for block in &answer.blocks {
        let header = Reader::new(block).header().map_err(|_| Offence::Malformed)?;
        let (number, parent) = expected.unwrap_or((from, header.parent_hash));
        if header.number != number {
            return Err(Offence::WrongRange);
        }
        if header.parent_hash != parent {
            return Err(Offence::Unlinked);
        }
        last = number;
        expected = Some((number.checked_add(1).ok_or(Offence::WrongRange)?, header.hash()));
    }
    Ok(last)
}
