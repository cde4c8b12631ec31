//! A rebuilt block is the block, whatever the pool holds; what lies is refused or fetched whole.

use super::super::testing::{block, of, transactions};
use super::super::{MAX_PART_BYTES, read_block};
use super::*;
use crate::wire::Wire;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn compact(block: &Block) -> CompactBlock {
    CompactBlock::new(block, 5, |_, _| false).expect("the block is within the bounds")
}

fn pool<'a>(transactions: impl IntoIterator<Item = &'a Vec<u8>>) -> Vec<(Hash, &'a [u8])> {
    transactions.into_iter().map(|bytes| (blake2b_256(bytes), &bytes[..])).collect()
}

fn missing(progress: Progress) -> (Rebuild, PartRequest) {
    match progress {
        Progress::Missing(rebuild, request) => (*rebuild, request),
        other => panic!("expected missing transactions, found {other:?}"),
    }
}

fn done(progress: Progress) -> Block {
    match progress {
        Progress::Done(block) => block,
        other => panic!("expected the block, found {other:?}"),
    }
}

#[test]
fn needs_nothing_when_the_pool_has_all() {
    let block = block(100, 60);
    let others = transactions(300, 61);
    let pool = pool(others.iter().chain(block.extrinsics.iter().rev()));
    let rebuild = Rebuild::from_pool(compact(&block), pool).expect("it is small");
    assert_eq!(done(rebuild.finish()), block);
}

#[test]
fn asks_for_just_what_is_missing() {
    let block = block(100, 60);
    let held = pool(block.extrinsics.iter().enumerate().filter(|(place, _)| place % 9 != 4).map(|(_, bytes)| bytes));
    let rebuild = Rebuild::from_pool(compact(&block), held).expect("it is small");
    let (mut rebuild, request) = missing(rebuild.finish());
    assert_eq!(request.places, (0..100).filter(|place| place % 9 == 4).collect::<Vec<u32>>());
    let answer = request.answer(&block.extrinsics);
    assert_eq!(rebuild.take(&request, answer.clone()), Ok(request.places.len()));
    assert_eq!(rebuild.take(&request, answer), Ok(0), "what is there already is passed over");
    assert_eq!(done(rebuild.finish()), block);
}

#[test]
fn second_transaction_of_the_pool_with_one_id_empties_the_place() {
    let block = block(3, 60);
    let mut rebuild = Rebuild::from_pool(compact(&block), pool(&block.extrinsics)).expect("it is small");
    // Whoever offers says what the hash is: one hash for two transactions stands for one short id.
    rebuild.offer(&blake2b_256(&block.extrinsics[1]), b"another");
    let (mut rebuild, request) = missing(rebuild.finish());
    assert_eq!(request.places, [1]);
    rebuild.offer(&blake2b_256(&block.extrinsics[1]), b"another");
    assert_eq!(rebuild.take(&request, request.answer(&block.extrinsics)), Ok(1));
    rebuild.offer(&blake2b_256(&block.extrinsics[1]), b"another");
    assert_eq!(done(rebuild.finish()), block, "what the peer sent stays");
}

#[test]
fn asks_for_every_place_of_an_id_that_the_block_has_twice() {
    let one = transactions(3, 60);
    let block = of(vec![one[0].clone(), one[1].clone(), one[0].clone(), one[2].clone()]);
    let rebuild = Rebuild::from_pool(compact(&block), pool(&one)).expect("it is small");
    let (mut rebuild, request) = missing(rebuild.finish());
    assert_eq!(request.places, [0, 2]);
    assert_eq!(rebuild.take(&request, request.answer(&block.extrinsics)), Ok(2));
    assert_eq!(done(rebuild.finish()), block);
}

#[test]
fn fetches_the_whole_block_when_the_root_is_another() {
    let block = block(3, 60);
    let mut rebuild = Rebuild::from_pool(compact(&block), pool(&block.extrinsics[1..])).expect("it is small");
    rebuild.offer(&blake2b_256(&block.extrinsics[0]), b"another with that id");
    let Progress::Mismatch(header) = rebuild.finish() else { panic!("the root is not that of the header") };
    assert_eq!(header, block.header);
    assert_eq!(read_block(header.hash(), &block.to_bytes()), Ok(block.clone()));
    let mut wrong = block.clone();
    wrong.extrinsics.swap(0, 1);
    let error = read_block(header.hash(), &wrong.to_bytes()).expect_err("its root is another");
    assert!(matches!(error, RelayError::Root { expected, .. } if expected == header.extrinsics_root));
    wrong.header.number += 1;
    let error = read_block(header.hash(), &wrong.to_bytes()).expect_err("it is another block");
    assert_eq!(error, RelayError::Block { found: wrong.header.hash(), expected: header.hash() });
}

#[test]
fn takes_nothing_of_an_answer_that_lies() {
    let block = block(4, 60);
    let rebuild = Rebuild::from_pool(compact(&block), pool(&block.extrinsics[2..])).expect("it is small");
    let (mut rebuild, request) = missing(rebuild.finish());
    let right = request.answer(&block.extrinsics);
    let mut of_another = right.clone();
    of_another.block = Hash::ZERO;
    let mut too_many = right.clone();
    too_many.transactions.push(block.extrinsics[2].clone());
    let mut turned = right.clone();
    turned.transactions.reverse();
    let mut second_wrong = right.clone();
    second_wrong.transactions[1] = b"no such".to_vec();
    let expected = block.header.hash();
    assert_eq!(rebuild.take(&request, of_another), Err(RelayError::Block { found: Hash::ZERO, expected }));
    assert_eq!(rebuild.take(&request, too_many), Err(RelayError::TooMany { found: 3, max: 2 }));
    let found = blake2b_256(&block.extrinsics[1]);
    assert_eq!(rebuild.take(&request, turned), Err(RelayError::Transaction { place: 0, found }));
    let found = blake2b_256(b"no such");
    assert_eq!(rebuild.take(&request, second_wrong), Err(RelayError::Transaction { place: 1, found }));
    let (mut rebuild, again) = missing(rebuild.finish());
    assert_eq!(again, request, "nothing was taken");
    assert_eq!(rebuild.take(&request, right), Ok(2));
    assert_eq!(done(rebuild.finish()), block);
}

#[test]
fn an_answer_has_so_many_bytes_and_the_rest_is_asked_for_again() {
    let block = block(12, 900_000);
    let rebuild = Rebuild::new(compact(&block)).expect("nothing is sent along");
    let (mut rebuild, mut request) = missing(rebuild.finish());
    let mut rounds = 0;
    loop {
        let answer = request.answer(&block.extrinsics);
        let bytes: usize = answer.transactions.iter().map(Vec::len).sum();
        assert!(bytes > 0 && bytes <= MAX_PART_BYTES, "{bytes} bytes");
        rebuild.take(&request, answer).expect("the answer is honest");
        rounds += 1;
        match rebuild.finish() {
            Progress::Missing(rest, next) => (rebuild, request) = (*rest, next),
            other => break assert_eq!(done(other), block),
        }
    }
    assert_eq!(rounds, 3);
    let beyond = PartRequest { block: block.header.hash(), places: vec![0, 12] };
    assert_eq!(beyond.answer(&block.extrinsics).transactions.len(), 1, "the block has no place 12");
}

#[test]
fn keeps_no_more_bytes_than_a_block_has() {
    let block = block(20, 900_000);
    let mut rebuild = Rebuild::from_pool(compact(&block), pool(&block.extrinsics)).expect("nothing is sent along");
    assert!(rebuild.bytes <= MAX_BLOCK_BYTES);
    let (_, request) = missing(rebuild.clone().finish());
    assert_eq!(request.places, [18, 19]);
    let error = rebuild.take(&request, request.answer(&block.extrinsics)).expect_err("it is too long");
    assert_eq!(error, RelayError::TooLong { found: 20 * 900_000, max: MAX_BLOCK_BYTES });
    let all = CompactBlock::new(&block, 5, |_, _| true).expect("20 transactions");
    let error = Rebuild::new(all).expect_err("it is too long");
    assert_eq!(error, RelayError::TooLong { found: 20 * 900_000, max: MAX_BLOCK_BYTES });
}

#[test]
fn an_empty_block_is_done_at_once() {
    let block = block(0, 0);
    assert_eq!(done(Rebuild::new(compact(&block)).expect("it is small").finish()), block);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn rebuilds_whatever_the_pool_holds(
        count in 0_usize..60,
        held in proptest::collection::btree_set(0_usize..60, 0..60),
        picked in proptest::collection::btree_set(0_usize..60, 0..10),
        twice in proptest::option::of((0_usize..60, 0_usize..60)),
        strangers in 0_usize..40,
        salt in any::<u64>(),
    ) {
        let mut body = transactions(count, 40);
        if let Some((from, to)) = twice.filter(|(from, to)| *from < count && *to < count) {
            body[to] = body[from].clone();
        }
        let block = of(body);
        let picked: BTreeSet<&Vec<u8>> = picked.iter().filter_map(|place| block.extrinsics.get(*place)).collect();
        let sent = CompactBlock::new(&block, salt, |_, bytes| picked.iter().any(|other| other[..] == *bytes));
        let sent = sent.expect("it is small");
        let received = CompactBlock::from_bytes(&sent.to_bytes()).expect("it was written so");
        prop_assert_eq!(&received, &sent);
        let strangers = transactions(strangers, 41);
        let held = held.iter().filter_map(|place| block.extrinsics.get(*place)).chain(&strangers);
        let rebuild = Rebuild::from_pool(received, pool(held)).expect("it is small");
        let block_again = match rebuild.finish() {
            Progress::Missing(mut rebuild, request) => {
                let request = PartRequest::from_bytes(&request.to_bytes()).expect("it was written so");
                let answer = PartAnswer::from_bytes(&request.answer(&block.extrinsics).to_bytes());
                let filled = rebuild.take(&request, answer.expect("it was written so"));
                prop_assert_eq!(filled, Ok(request.places.len()));
                done(rebuild.finish())
            }
            other => done(other),
        };
        prop_assert_eq!(block_again, block);
    }
}
