//! What is served ends where it can be proven, within the bounds.

use super::chain::Chain;
use crate::sync::{
    BlockReader, BlocksAnswer, BlocksRequest, MAX_ANSWER_BLOCKS, MAX_ANSWER_BYTES, MAX_FINALITY_BYTES, serve,
};
use proptest::prelude::*;
use tenon_types::BlockNumber;

fn request(from_height: BlockNumber, max_blocks: u32) -> BlocksRequest {
    BlocksRequest { from_height, max_blocks, max_bytes: u32::MAX }
}

/// The heights that an answer has, and that its proof is the last one's.
fn heights(chain: &Chain, from: BlockNumber, answer: &BlocksAnswer) -> Vec<BlockNumber> {
    let heights: Vec<BlockNumber> = (from..).zip(&answer.blocks).map(|(height, _)| height).collect();
    for (height, block) in heights.iter().zip(&answer.blocks) {
        assert_eq!(chain.block(*height).as_ref(), Some(block));
    }
    assert!(heights.last().is_none_or(|last| chain.has_proof(*last) && chain.is_proof(*last, &answer.proof)));
    heights
}

#[test]
fn ends_at_the_first_provable_block_from_the_wished_end_on() {
    let chain = Chain::new(100, 10, 40);
    let of = |from, count| heights(&chain, from, &chain.answer(&request(from, count)));
    assert_eq!(of(1, 20), (1..=20).collect::<Vec<_>>());
    assert_eq!(of(1, 21), (1..=30).collect::<Vec<_>>());
    assert_eq!(of(5, 1), (5..=10).collect::<Vec<_>>());
    assert_eq!(of(10, 0), [10], "no blocks are one");
    assert_eq!(of(95, 50), (95..=100).collect::<Vec<_>>(), "the last final block can be proven");
    assert!(of(101, 1).is_empty() && of(BlockNumber::MAX, 5).is_empty());
}

#[test]
fn ends_at_the_last_provable_block_below_when_the_wished_end_is_out_of_bounds() {
    let chain = Chain::new(1_000, 100, 40);
    let of = |from, count| heights(&chain, from, &chain.answer(&request(from, count)));
    assert_eq!(of(1, u32::MAX), (1..=500).collect::<Vec<_>>(), "512 blocks at most");
    let block = chain.block(1).expect("it is there").len() as u32;
    let few = BlocksRequest { from_height: 90, max_blocks: 30, max_bytes: block * 20 };
    assert_eq!(heights(&chain, 90, &chain.answer(&few)), (90..=100).collect::<Vec<_>>());
    let too_few = BlocksRequest { max_bytes: block * 5, ..few };
    assert_eq!(chain.answer(&too_few), BlocksAnswer::default(), "nothing that could be proven fits");
    let one = BlocksRequest { from_height: 100, max_blocks: 1, max_bytes: 0 };
    assert_eq!(heights(&chain, 100, &chain.answer(&one)), [100], "one block always fits");
}

#[test]
fn serves_nothing_that_was_pruned() {
    let chain = Chain::new(100, 1, 40).pruned(50);
    assert_eq!(chain.answer(&request(49, 10)), BlocksAnswer::default());
    assert_eq!(heights(&chain, 50, &chain.answer(&request(50, 2))), [50, 51]);
}

/// A reader whose proofs are longer than may be sent.
struct LongProofs;

impl BlockReader for LongProofs {
    fn block(&self, height: BlockNumber) -> Option<Vec<u8>> {
        (height < 10).then(|| vec![1])
    }

    fn has_proof(&self, _: BlockNumber) -> bool {
        true
    }

    fn proof(&self, _: BlockNumber) -> Option<Vec<u8>> {
        Some(vec![0; MAX_FINALITY_BYTES + 1])
    }
}

#[test]
fn sends_no_proof_that_is_refused() {
    assert_eq!(serve(&request(1, 3), &LongProofs), BlocksAnswer::default());
}

proptest! {
    #[test]
    fn is_always_within_the_bounds_and_proven(
        length in 1_usize..700,
        step in 1_usize..90,
        from in 0_u32..800,
        max_blocks in any::<u32>(),
        max_bytes in 0_u32..100_000,
    ) {
        let chain = Chain::new(length, step, 40);
        let request = BlocksRequest { from_height: from, max_blocks, max_bytes };
        let answer = chain.answer(&request);
        let heights = heights(&chain, from, &answer);
        prop_assert!(heights.len() <= MAX_ANSWER_BLOCKS && answer.bytes() <= MAX_ANSWER_BYTES);
        prop_assert!(heights.len() <= 1 || answer.bytes() <= max_bytes as usize);
        prop_assert_eq!(answer.proof.is_empty(), heights.is_empty());
    }
}
