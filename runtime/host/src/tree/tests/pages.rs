//! Pages and their ids as bytes.

use proptest::prelude::*;

use super::*;
use crate::tree::{MAX_PAGE_BYTES, MAX_PAGE_DEPTH, Page, PageError, PageId};

proptest! {
    #[test]
    fn pages_survive_their_bytes(entries in any_entries(120)) {
        for (id, page) in Tree::of(&entries).pages.sorted() {
            let bytes = page.encode();
            prop_assert!(bytes.len() <= MAX_PAGE_BYTES);
            prop_assert_eq!(&Page::decode(id, &bytes), &Ok(Page::clone(page)));
            prop_assert_eq!(PageId::from_bytes(id.as_bytes()), Some(*id));
        }
    }

    #[test]
    fn mutated_pages_are_refused_or_canonical(
        entries in any_entries(60), at in any::<prop::sample::Index>(), flip in 1_u8.., cut in any::<bool>(),
    ) {
        for (id, page) in Tree::of(&entries).pages.sorted() {
            let mut bytes = page.encode();
            let at = at.index(bytes.len());
            if cut {
                bytes.truncate(at);
                prop_assert!(Page::decode(id, &bytes).is_err());
                continue;
            }
            bytes[at] ^= flip;
            if let Ok(changed) = Page::decode(id, &bytes) {
                prop_assert_ne!(changed.root(), page.root());
                prop_assert_eq!(changed.encode(), bytes);
            }
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        digits in prop::collection::vec(0_u8..64, 0..=MAX_PAGE_DEPTH),
        bottom in prop_oneof![Just(0_u64), any::<u64>(), (0_u32..64).prop_map(|bit| 1 << bit)],
        leaf in prop_oneof![any::<u128>(), (0_u32..128, 0_u32..128).prop_map(|(a, b)| 1 << a | 1 << b)],
        body in prop::collection::vec(any::<u8>(), 0..300),
        exact in any::<bool>(),
    ) {
        let id = PageId::from_bytes(&digits).unwrap();
        let mut bytes = [&bottom.to_le_bytes()[..], &leaf.to_le_bytes(), &body].concat();
        if exact {
            let hashes = bottom.count_ones() + 2 * leaf.count_ones();
            bytes.resize(24 + usize::try_from(hashes).unwrap() * 32, 0x11);
        }
        if let Ok(page) = Page::decode(&id, &bytes) {
            prop_assert_eq!(page.encode(), bytes);
        }
        let _ = Page::decode(&id, &body);
    }

    #[test]
    fn ids_sort_like_their_bytes(
        a in prop::collection::vec(0_u8..3, 0..4), b in prop::collection::vec(0_u8..3, 0..4),
    ) {
        let (left, right) = (PageId::from_bytes(&a).unwrap(), PageId::from_bytes(&b).unwrap());
        prop_assert_eq!(left.cmp(&right), a.cmp(&b));
        prop_assert_eq!(left == right, a == b);
    }
}

#[test]
fn ids_refuse_what_names_no_page() {
    assert_eq!(PageId::from_bytes(&[]), Some(PageId::ROOT));
    assert_eq!(PageId::from_bytes(&[64]), None);
    assert_eq!(PageId::from_bytes(&[0; MAX_PAGE_DEPTH + 1]), None);
    assert_eq!(PageId::from_bytes(&[63; MAX_PAGE_DEPTH]).map(|id| id.bit_depth()), Some(252));
}

/// Bytes of a page with these bit sets and leaves.
fn bytes(bottom: u64, leaf: u128, cells: &[TreeHash]) -> Vec<u8> {
    [&bottom.to_le_bytes()[..], &leaf.to_le_bytes(), cells.as_flattened()].concat()
}

#[test]
fn decoding_names_what_is_wrong() {
    let (low, high, value) = ([0; 32], [0xff; 32], [1; 32]);
    let root = PageId::ROOT;
    let inner = PageId::from_bytes(&[0]).unwrap();
    let decode = |id: &PageId, bytes: &[u8]| Page::decode(id, bytes).map(|page| page.leaf_count());
    assert_eq!(decode(&root, &bytes(0, 0b1100, &[low, value, high, value])), Ok(2));
    assert_eq!(decode(&root, &[]), Err(PageError::Length { expected: 24, found: 0 }));
    let long = bytes(0, 0b1100, &[low, value, high, value, low]);
    assert_eq!(decode(&root, &long), Err(PageError::Length { expected: 152, found: 184 }));
    assert_eq!(decode(&root, &bytes(0, 0, &[])), Err(PageError::NotCompact { slot: 1 }));
    assert_eq!(decode(&root, &bytes(0, 1, &[low, value])), Err(PageError::Misplaced { slot: 0 }));
    assert_eq!(decode(&root, &bytes(0, 0b10, &[low, value])), Ok(1));
    assert_eq!(decode(&inner, &bytes(0, 0b10, &[low, value])), Err(PageError::Misplaced { slot: 1 }));
    assert_eq!(decode(&root, &bytes(0, 0b100, &[low, value])), Err(PageError::NotCompact { slot: 1 }));
    assert_eq!(decode(&root, &bytes(0, 0b1000, &[low, value])), Err(PageError::OffPath { slot: 3 }));
    let stacked = bytes(0, 0b11_0100, &[low, value, low, value, [0x40; 32], value]);
    assert_eq!(decode(&root, &stacked), Err(PageError::Misplaced { slot: 2 }));
    assert_eq!(decode(&root, &bytes(1, 0, &[[0; 32]])), Err(PageError::Misplaced { slot: 64 }));
    assert_eq!(decode(&root, &bytes(1, 0, &[[1; 32]])), Ok(0));
    // Below bit 256 nothing can lie.
    let last = PageId::from_bytes(&[0; MAX_PAGE_DEPTH]).unwrap();
    assert_eq!(decode(&last, &bytes(1, 0, &[[1; 32]])), Err(PageError::Misplaced { slot: 64 }));
    assert_eq!(decode(&last, &bytes(0, 1 << 32, &[low, value])), Err(PageError::Misplaced { slot: 32 }));
    // Nor can an internal node lie at bit 256: slots 16 to 31 of the last page are leaves or nothing.
    let mut next = low;
    next[31] = 1;
    assert_eq!(decode(&last, &bytes(0, 1 << 16 | 1 << 17, &[low, value, next, value])), Ok(2));
}
