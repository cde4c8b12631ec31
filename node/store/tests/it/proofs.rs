//! What shows blocks to be final: kept, found, pruned, taken back and whole after damage with its block.

use tenon_store::{MAX_NODES, Options, Store, StoreError};

use crate::support::{Block, deterministic, hash, nodes, options, proof};

fn store_of(blocks: u64, options: &Options) -> (tempfile::TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), options).unwrap();
    (0..blocks).for_each(|height| deterministic(height).commit(&store).unwrap());
    (directory, store)
}

#[test]
fn a_proof_is_read_at_its_height_and_covers_those_below() {
    let (directory, store) = store_of(11, &options());
    let check = |store: &Store| {
        assert_eq!(store.proof(9).unwrap(), Some(proof(9)));
        assert_eq!((store.proof(8).unwrap(), store.proof(11).unwrap()), (None, None));
        for (height, found) in [(6, 6), (7, 9), (8, 9), (9, 9)] {
            assert_eq!(store.first_proof_from(height, 10).unwrap(), Some((found, proof(found))), "from {height}");
        }
        assert_eq!(store.first_proof_from(7, u64::MAX).unwrap(), Some((9, proof(9))));
        assert_eq!(store.first_proof_from(7, 8).unwrap(), None, "the next one is beyond the last height asked for");
        assert_eq!(store.first_proof_from(10, 10).unwrap(), None, "no later one covers it yet");
        assert_eq!(store.first_proof_from(11, 20).unwrap(), None, "not final");
        assert_eq!(store.first_proof_from(9, 3).unwrap(), None, "no heights");
    };
    check(&store);
    drop(store);
    check(&Store::open(directory.path(), &options()).unwrap());
    let empty = tempfile::tempdir().unwrap();
    let store = Store::open(empty.path(), &options()).unwrap();
    assert_eq!((store.proof(0).unwrap(), store.first_proof_from(0, 9).unwrap()), (None, None));
}

#[test]
fn several_blocks_in_one_commit_have_their_proofs() {
    let (_directory, store) = store_of(1, &options());
    let blocks: Vec<Block> = (1..5).map(deterministic).collect();
    let bodies: Vec<Vec<u8>> = blocks.iter().map(Block::body).collect();
    let batches: Vec<_> =
        blocks.iter().zip(&bodies).map(|(block, body)| block.batch(hash(block.height - 1, 0), body)).collect();
    let snapshot = store.snapshot().unwrap();
    store.commit_many(&batches).unwrap();
    assert_eq!(store.first_proof_from(1, 4).unwrap(), Some((3, proof(3))));
    assert_eq!((store.proof(3).unwrap(), store.proof(4).unwrap()), (Some(proof(3)), None));
    assert_eq!(snapshot.first_proof_from(0, 4).unwrap(), Some((0, proof(0))));
    assert_eq!(snapshot.first_proof_from(1, 4).unwrap(), None, "a snapshot does not see later commits");
}

#[test]
fn a_proof_is_pruned_with_its_block() {
    let (directory, store) = store_of(200, &Options { history_blocks: 5, ..options() });
    assert!(matches!(store.proof(193), Err(StoreError::Pruned { found: 193, expected: 194 })));
    assert!(matches!(store.first_proof_from(192, 199), Err(StoreError::Pruned { found: 192, expected: 194 })));
    assert_eq!(store.first_proof_from(194, 199).unwrap(), Some((195, proof(195))));
    store.compact();
    drop(store);
    let store = Store::open(directory.path(), &Options { archive: true, ..options() }).unwrap();
    assert!(matches!(store.proof(0), Err(StoreError::Pruned { .. })));
    let (_archive, store) = store_of(200, &Options { archive: true, history_blocks: 5, ..options() });
    assert_eq!(store.proof(0).unwrap(), Some(proof(0)));
}

#[test]
fn a_block_that_is_taken_back_takes_its_proof_along() {
    let (_directory, store) = store_of(8, &options());
    store.rollback_to(5).unwrap();
    assert_eq!((store.proof(6).unwrap(), store.first_proof_from(4, 9).unwrap()), (None, None));
    let other = Block { height: 6, fork: 1, proof: vec![9], ..Block::default() };
    other.commit(&store).unwrap();
    assert_eq!(store.first_proof_from(4, 9).unwrap(), Some((6, vec![9])));
}

#[test]
fn nodes_of_the_accumulator_outlive_their_blocks_and_go_with_those_taken_back() {
    let (_directory, store) = store_of(200, &Options { history_blocks: 5, ..options() });
    store.compact();
    assert!(matches!(store.block(7), Err(StoreError::Pruned { .. })));
    let there = |heights: std::ops::Range<u64>| {
        for height in heights {
            for (level, node) in (0..).zip(nodes(height)) {
                assert_eq!(store.node(height, level).unwrap(), Some(node), "{height} {level}");
            }
            let above = u8::try_from(nodes(height).len()).unwrap();
            assert_eq!(store.node(height, above).unwrap(), None, "{height}");
        }
    };
    there(0..200);
    store.rollback_to(196).unwrap();
    there(0..197);
    for level in 0..10 {
        assert_eq!(store.node(199, level).unwrap(), None);
        assert_eq!(store.node(197, level).unwrap(), None);
    }
    deterministic(197).commit(&store).unwrap();
    there(0..198);
    let many = Block { height: 198, nodes: vec![[1; 32]; MAX_NODES + 1], ..Block::default() };
    let refusal = many.commit(&store).unwrap_err();
    assert!(matches!(refusal, StoreError::TooLarge { expected: MAX_NODES, .. }), "{refusal}");
}
