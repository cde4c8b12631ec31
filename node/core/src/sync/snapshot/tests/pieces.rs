//! Manifests and anchors: each byte counts, and nothing but the target's own passes.

use super::world::{Fixture, receipt};
use super::*;
use parity_scale_codec::Encode;
use tenon_types::Hash;
use tenon_types::proof::PartError;

fn small() -> Fixture {
    let rows = (0..40_u8).map(|row| (vec![row], vec![row; 2])).collect();
    Fixture::new(&rows, 3, 5)
}

proptest! {
    #[test]
    fn any_changed_byte_of_a_manifest_or_an_anchor_is_refused(
        at in any::<prop::sample::Index>(), flip in 1_u8.., more in any::<u8>(),
    ) {
        let fixture = small();
        for (piece, bytes) in [Piece::Manifest, Piece::Anchor].map(|piece| (piece, fixture.piece(3, piece))) {
            let passes = |bytes: &[u8]| match piece {
                Piece::Manifest => Manifest::from_bytes(&fixture.target, bytes).is_ok(),
                _ => Anchor::from_bytes(&fixture.target, bytes).is_ok(),
            };
            prop_assert!(passes(&bytes));
            let mut changed = bytes.clone();
            changed[at.index(bytes.len())] ^= flip;
            prop_assert!(!passes(&changed));
            prop_assert!(!passes(&bytes[..at.index(bytes.len())]));
            prop_assert!(!passes(&[&bytes[..], &[more]].concat()));
        }
    }
}

#[test]
fn a_target_is_what_the_next_header_says() {
    let fixture = small();
    let target = fixture.target;
    assert_eq!((target.height, target.root), (5, fixture.child.state_root.0));
    assert_eq!((target.block, target.gas_used), (fixture.anchor.block.header.hash(), 15));
    assert_eq!(target.older(), 5);
    assert_eq!(Target { height: 4_000, ..target }.older(), ANCHOR_BLOCKS);
    let mut child = fixture.child.clone();
    child.number = 0;
    assert_eq!(Target::below(&child), Err(SnapshotError::Header { number: 0 }));
    child = fixture.child.clone();
    child.digest.logs.clear();
    assert_eq!(Target::below(&child), Err(SnapshotError::Header { number: 6 }));
}

#[test]
fn an_anchor_of_another_block_or_with_other_receipts_or_headers_is_refused() {
    let fixture = small();
    let refusal = |change: &dyn Fn(&mut Anchor)| {
        let mut anchor = fixture.anchor.clone();
        change(&mut anchor);
        Anchor::from_bytes(&fixture.target, &anchor.encode()).unwrap_err()
    };
    let differs = |error: SnapshotError| match error {
        SnapshotError::Differs { what, .. } => what,
        other => panic!("{other}"),
    };
    assert_eq!(differs(refusal(&|anchor| anchor.block.header.number += 1)), "hash of the block");
    assert_eq!(differs(refusal(&|anchor| drop(anchor.block.extrinsics.pop()))), "root of the transactions");
    assert_eq!(differs(refusal(&|anchor| anchor.receipts.swap(0, 1))), "root of the receipts");
    assert_eq!(differs(refusal(&|anchor| anchor.receipts.push(receipt(4, 1)))), "root of the receipts");
    assert_eq!(differs(refusal(&|anchor| anchor.older.swap(0, 1))), "root over the blocks before");
    let error = refusal(&|anchor| drop(anchor.start.append(&Hash([1; 32]))));
    assert_eq!(error, SnapshotError::Start { found: 1, expected: 0 });
    let error = refusal(&|anchor| anchor.older.truncate(4));
    assert_eq!(error, SnapshotError::Older { found: 4, expected: 5 });
    let target = Target { gas_used: 16, ..fixture.target };
    let error = Anchor::from_bytes(&target, &fixture.anchor.encode()).unwrap_err();
    assert_eq!(error, SnapshotError::Gas { found: 15, expected: 16 });
    let passed = Anchor::from_bytes(&fixture.target, &fixture.anchor.encode()).unwrap();
    assert_eq!((passed.older.len(), passed.older[4]), (5, passed.block.header.parent_hash));
}

#[test]
fn of_a_long_chain_the_last_hashes_go_with_the_accumulator_below_them() {
    let fixture = Fixture::new(&[(vec![1], vec![2])].into(), 0, 300);
    let passed = Anchor::from_bytes(&fixture.target, &fixture.anchor.encode()).unwrap();
    assert_eq!((passed.start.size(), passed.older.len()), (300 - 256, ANCHOR_BLOCKS));
    let mut other = passed.clone();
    other.start = tenon_types::mmr::Accumulator::from_peaks(44, vec![[1; 32]; 3]).unwrap();
    let error = Anchor::from_bytes(&fixture.target, &other.encode()).unwrap_err();
    assert!(matches!(error, SnapshotError::Differs { what: "root over the blocks before", .. }), "{error}");
}

#[test]
fn a_manifest_of_another_state_or_cut_is_refused() {
    let fixture = small();
    let refusal = |change: &dyn Fn(&mut Manifest)| {
        let mut manifest = fixture.manifest(3);
        change(&mut manifest);
        Manifest::from_bytes(&fixture.target, &manifest.encode()).unwrap_err()
    };
    let other = |found| SnapshotError::Other { found, expected: 5 };
    assert_eq!(refusal(&|manifest| manifest.height += 1), other(6));
    assert_eq!(refusal(&|manifest| manifest.root[0] ^= 1), other(5));
    let count = PartError::Count { found: 8, expected: 4 };
    assert_eq!(refusal(&|manifest| manifest.depth = 2), SnapshotError::Part(count));
    assert_eq!(refusal(&|manifest| manifest.depth = 13), SnapshotError::Part(PartError::Depth { found: 13 }));
    let error = Manifest::from_bytes(&fixture.target, &vec![0; MAX_MANIFEST_BYTES + 1]).unwrap_err();
    assert!(matches!(error, SnapshotError::TooLong { what: "manifest", .. }), "{error}");
    let error = Anchor::from_bytes(&fixture.target, &vec![0; MAX_ANCHOR_BYTES + 1]).unwrap_err();
    assert!(matches!(error, SnapshotError::TooLong { what: "anchor", .. }), "{error}");
    // The largest manifest fits.
    let largest = Manifest { parts: vec![tenon_types::proof::PartHash::Node([1; 32]); 4_096], ..fixture.manifest(3) };
    assert!(largest.encode().len() <= MAX_MANIFEST_BYTES);
}

#[test]
fn a_part_that_does_not_exist_is_refused() {
    let fixture = small();
    let error = fixture.manifest(3).check_part(8, &[0]).unwrap_err();
    assert_eq!(error, SnapshotError::Part(PartError::NoSuchPart { found: 8, expected: 8 }));
}
