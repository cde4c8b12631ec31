//! Listings: pages of bounded length, and transfers whose cost does not depend on how much there is.

use crate::{create, created, mint, plain};
use collections::{CollectionsRef, MAX_PAGE};
use tenon_testkit::{TestChain, alice, bob, charlie};

/// More than a page.
const MANY: u64 = 105;

/// Alice has many items of collection 1.
fn many() -> (TestChain, CollectionsRef) {
    let (mut chain, items) = created(plain());
    chain.set_invariant_checks(false);
    for _ in 0..MANY {
        chain.from(alice()).call(mint(items, alice())).expect_ok();
    }
    chain.set_invariant_checks(true);
    chain.check_invariants("many issues");
    (chain, items)
}

#[test]
fn lists_a_collection_page_by_page() {
    let (chain, items) = many();
    for limit in [None, Some(MAX_PAGE), Some(MAX_PAGE + 1), Some(u32::MAX)] {
        let page = chain.query(items.items(1, None, limit)).expect("a query");
        assert_eq!(page.len(), 100);
        assert_eq!((page[0], page[99]), ((1, alice()), (100, alice())));
    }
    let rest = chain.query(items.items(1, Some(100), None)).expect("a query");
    assert_eq!(rest.iter().map(|(item, _)| *item).collect::<Vec<_>>(), [101, 102, 103, 104, 105]);
    assert_eq!(chain.query(items.items(1, Some(7), Some(1))), Ok(vec![(8, alice())]));
    assert_eq!(chain.query(items.items(1, None, Some(0))), Ok(vec![]));
    assert_eq!(chain.query(items.items(2, None, None)), Ok(vec![]));
}

#[test]
fn lists_items_of_an_owner_page_by_page() {
    let (mut chain, items) = many();
    chain.from(alice()).call(items.transfer(1, 50, bob())).expect_ok();
    let page = chain.query(items.items_of(1, alice(), None, Some(u32::MAX))).expect("a query");
    assert_eq!((page.len(), page[48], page[49], page[99]), (100, 49, 51, 101));
    assert_eq!(chain.query(items.items_of(1, alice(), Some(101), None)), Ok(vec![102, 103, 104, 105]));
    assert_eq!(chain.query(items.items_of(1, bob(), None, None)), Ok(vec![50]));
    assert_eq!(chain.query(items.balance_of(1, alice())), Ok(MANY - 1));
}

#[test]
fn lists_items_of_an_owner_in_all_collections() {
    let (mut chain, items) = created(plain());
    chain.from(alice()).call(create(items, plain())).expect_ok();
    for (collection, to) in [(2, bob()), (1, bob()), (1, charlie()), (2, bob())] {
        chain.from(alice()).call(items.mint(collection, to, None, None, None)).expect_ok();
    }
    assert_eq!(chain.query(items.all_items_of(bob(), None, None)), Ok(vec![(1, 1), (2, 1), (2, 2)]));
    assert_eq!(chain.query(items.all_items_of(bob(), Some((1, 1)), Some(1))), Ok(vec![(2, 1)]));
    assert_eq!(chain.query(items.all_items_of(bob(), Some((2, 2)), None)), Ok(vec![]));
    assert_eq!(chain.query(items.items_of(1, charlie(), None, None)), Ok(vec![2]));
}

#[test]
fn costs_the_same_to_transfer_however_many_items_there_are() {
    let (mut chain, items) = created(plain());
    for _ in 0..3 {
        chain.from(alice()).call(mint(items, alice())).expect_ok();
    }
    let gas = |chain: &mut TestChain, item| {
        let outcome = chain.from(alice()).call(items.transfer(1, item, bob()));
        let gas = outcome.method_gas;
        outcome.expect_ok();
        gas
    };
    // Bob's first item makes his count, so the second is the one to compare.
    gas(&mut chain, 1);
    let few = gas(&mut chain, 2);
    for _ in 0..MANY {
        chain.from(alice()).call(mint(items, bob())).expect_ok();
        chain.from(alice()).call(mint(items, alice())).expect_ok();
    }
    assert_eq!(gas(&mut chain, 5), few);
}
