//! Every operation happens as a whole or not at all, wherever it ends: BY-42.

use crate::{COMMON, PREFERRED, with_lots};
use lots::{Error, Lot, LotsRef};
use tenon_contract::abi::HostError;
use tenon_contract::parity_scale_codec::Decode;
use tenon_contract::{Address, Call};
use tenon_testkit::{TestChain, alice, bob, charlie};

/// Everything that clients can see of asset 1.
#[derive(Debug, PartialEq)]
struct Snapshot {
    lots: Vec<Option<Lot>>,
    supplies: [u128; 2],
    count: u64,
    owned: Vec<Vec<u64>>,
    entries: usize,
}

fn snapshot(chain: &TestChain, lots: LotsRef) -> Snapshot {
    let supply = |class| chain.query(lots.class_supply(1, class)).expect("the class exists");
    let owned = |who: Address| chain.query(lots.lots_of(who, None, None)).expect("a query without errors");
    Snapshot {
        lots: (1..=6).map(|id| chain.query(lots.lot(id)).ok()).collect(),
        supplies: [supply(COMMON), supply(PREFERRED)],
        count: chain.query(lots.count_of(1)).expect("a query without errors"),
        owned: [alice(), bob(), charlie()].into_iter().map(owned).collect(),
        entries: chain.stored_entries(lots.address()),
    }
}

fn world() -> (TestChain, LotsRef) {
    let given = [(bob(), COMMON, 10), (bob(), COMMON, 20), (bob(), PREFERRED, 30), (charlie(), COMMON, 40)];
    let (mut chain, lots) = with_lots(&given);
    chain.from(bob()).call(lots.approve(1, charlie(), 0, 10)).expect_ok();
    (chain, lots)
}

/// Ends a call by its gas at points all over its way. Each time nothing of it may remain. At last it succeeds.
fn ends_everywhere<R: Decode>(who: Address, make: impl Fn(LotsRef) -> Call<R>) {
    const STEPS: u64 = 40;
    let (mut chain, lots) = world();
    let needed = chain.from(who).call(make(lots)).method_gas;
    let (mut chain, lots) = world();
    let before = snapshot(&chain, lots);
    for step in 0..STEPS {
        let outcome = chain.from(who).with_gas(needed * step / STEPS + 1).call(make(lots));
        outcome.expect_host_error(HostError::OutOfGas);
        assert_eq!(snapshot(&chain, lots), before, "{step} of {STEPS} of {needed} gas");
    }
    assert!(chain.from(who).call(make(lots)).result.is_ok());
    assert_ne!(snapshot(&chain, lots), before);
}

#[test]
fn leaves_nothing_of_a_mint_that_ends_midway() {
    ends_everywhere(alice(), |lots| lots.mint(1, COMMON, bob(), 5));
}

#[test]
fn leaves_nothing_of_a_split_that_ends_midway() {
    ends_everywhere(bob(), |lots| lots.split(1, 5));
}

#[test]
fn leaves_nothing_of_a_merge_that_ends_midway() {
    ends_everywhere(bob(), |lots| lots.merge(1, 2));
}

#[test]
fn leaves_nothing_of_a_transfer_that_ends_midway() {
    ends_everywhere(charlie(), |lots| lots.transfer_lot(1, charlie()));
    ends_everywhere(charlie(), |lots| lots.transfer_value(1, 4, 10));
    ends_everywhere(charlie(), |lots| lots.transfer_value_to(1, alice(), 4));
}

#[test]
fn leaves_nothing_of_a_burn_that_ends_midway() {
    ends_everywhere(bob(), |lots| lots.burn(3, 30));
}

#[test]
fn leaves_nothing_of_what_is_refused() {
    let (mut chain, lots) = world();
    let before = snapshot(&chain, lots);
    let refused = [
        (bob(), lots.merge(1, 3), Error::DifferentClass),
        (bob(), lots.merge(1, 4), Error::DifferentOwner),
        (charlie(), lots.transfer_value(1, 3, 4), Error::DifferentClass),
        (charlie(), lots.transfer_value(1, 9, 4), Error::UnknownLot),
        (charlie(), lots.transfer_value(1, 1, 4), Error::SameLot),
        (charlie(), lots.transfer_value(1, 4, 11), Error::InsufficientAllowance),
        (bob(), lots.burn(1, 11), Error::InsufficientValue),
    ];
    for (who, call, error) in refused {
        chain.from(who).call(call).expect_error(error);
        assert_eq!(snapshot(&chain, lots), before);
    }
}
