//! The rules that every module has to hold, tried on this one: a sample of each method, and what follows from it.

use crate::policy::{World, terms};
use crate::{COMMON, PREFERRED, code, with_lots};
use lots::{BurnRight, LotsRef, MintRight};
use tenon_testkit::rules::{self, Dust};
use tenon_testkit::{Subject, TestChain, alice, bob, by, charlie, dave, eve};

/// Asset 1 has a policy, and lots 1 and 2 of it are Bob's and Charlie's, of class 1. Lot 3 is Bob's too. Bob has an
/// offer of the asset's ownership, and Dave an allowance on lot 1.
fn world() -> (TestChain, LotsRef) {
    let mut world = World::with_people();
    for who in [bob(), charlie(), bob()] {
        world.mint(who, COMMON, 1_000);
    }
    let World { mut chain, lots, .. } = world;
    chain.from(alice()).call(lots.propose_owner(1, bob())).expect_ok();
    chain.from(bob()).call(lots.approve(1, dave(), 0, 100)).expect_ok();
    (chain, lots)
}

fn subject() -> Subject {
    let (chain, lots) = world();
    let (kind, mint, burn) = (Some(lots::Kind::Equity), Some(MintRight::Account(bob())), Some(BurnRight::Owner));
    let issue = lots.issue("Acme".into(), "ACME".into(), 2, kind, mint, burn, None, Some(terms()));
    let calls = Subject::new(lots.address(), &code())
        .call(&chain, eve(), issue)
        .call(&chain, alice(), lots.open_class(1, "Third".into(), None))
        .call(&chain, alice(), lots.close_class(1, COMMON))
        .call(&chain, alice(), lots.mint(1, PREFERRED, bob(), 7))
        .call(&chain, bob(), lots.transfer_lot(1, charlie()))
        .call(&chain, dave(), lots.transfer_value(1, 2, 100))
        .call(&chain, bob(), lots.transfer_value_to(1, dave(), 1_000))
        .call(&chain, bob(), lots.split(1, 300))
        .call(&chain, bob(), lots.merge(1, 3))
        .call(&chain, bob(), lots.burn(1, 300))
        .call(&chain, bob(), lots.approve(1, dave(), 100, 50))
        .call(&chain, bob(), lots.set_operator(dave(), true))
        .call(&chain, alice(), lots.set_mint_right(1, MintRight::Account(bob())))
        .call(&chain, alice(), lots.set_burn_right(1, BurnRight::Nobody))
        .call(&chain, alice(), lots.propose_owner(1, charlie()))
        .call(&chain, bob(), lots.accept_owner(1))
        .call(&chain, alice(), lots.renounce_owner(1));
    calls
        .query(&chain, lots.asset_count())
        .query(&chain, lots.info(1))
        .query(&chain, lots.class_count(1))
        .query(&chain, lots.class(1, COMMON))
        .query(&chain, lots.class_supply(1, COMMON))
        .query(&chain, lots.total_supply(1))
        .query(&chain, lots.count_of(1))
        .query(&chain, lots.lot(1))
        .query(&chain, lots.owner_of(1))
        .query(&chain, lots.value_of(1))
        .query(&chain, lots.allowance(1, dave()))
        .query(&chain, lots.is_operator(alice(), bob()))
        .query(&chain, lots.lots_of(bob(), Some(1), Some(5)))
        .query(&chain, lots.lots_of_class(1, COMMON, Some(1), Some(5)))
}

#[test]
fn holds_what_every_module_has_to_hold() {
    let subject = subject();
    subject.assert_complete(&[]);
    subject.check();
}

#[test]
fn gives_an_assets_owner_these_powers_and_no_others() {
    let listed =
        ["open_class", "close_class", "mint", "set_mint_right", "set_burn_right", "propose_owner", "renounce_owner"];
    rules::has_only_these_powers(&subject(), alice(), eve(), &listed);
}

#[test]
fn costs_the_same_among_a_hundred_thousand_lots() {
    const BLOCK: u64 = 100;
    let (chain, lots) = with_lots(&[(bob(), COMMON, 1_000_000), (bob(), COMMON, 1_000), (charlie(), COMMON, 1_000)]);
    let operations = [
        by(alice(), lots.mint(1, COMMON, bob(), 1)),
        by(bob(), lots.transfer_lot(2, charlie())),
        by(bob(), lots.transfer_value(2, 3, 1_000)),
        by(bob(), lots.transfer_value_to(2, charlie(), 5)),
        by(bob(), lots.split(2, 5)),
        by(bob(), lots.merge(2, 1)),
        by(bob(), lots.burn(2, 1_000)),
        by(bob(), lots.approve(2, dave(), 0, 5)),
    ];
    let grow = |chain: &mut TestChain, numbers: std::ops::Range<u64>| {
        for start in numbers.clone().step_by(usize::try_from(BLOCK).expect("it is small")) {
            let end = numbers.end.min(start + BLOCK);
            let dust: Vec<_> = (start..end).map(|_| by(bob(), lots.transfer_value_to(1, charlie(), 1))).collect();
            assert!(chain.block(&dust).iter().all(|outcome| outcome.result.is_ok()));
        }
    };
    rules::is_unmoved_by_dust(&chain, Dust::HUNDRED_THOUSAND, grow, |_| operations.to_vec());
}

#[test]
fn returns_the_deposit_of_whatever_is_cleaned_up() {
    let (chain, lots) = with_lots(&[(bob(), COMMON, 10)]);
    let store = [
        by(bob(), lots.split(1, 4)),
        by(bob(), lots.split(2, 1)),
        by(bob(), lots.approve(3, dave(), 0, 1)),
        by(bob(), lots.set_operator(dave(), true)),
    ];
    let clean =
        [by(dave(), lots.merge(3, 2)), by(bob(), lots.merge(2, 1)), by(bob(), lots.set_operator(dave(), false))];
    rules::returns_deposits(&chain, lots.address(), &store, &clean);
}

#[test]
fn lets_one_of_two_takers_win_in_every_order() {
    let (mut chain, lots) = with_lots(&[(bob(), COMMON, 100), (charlie(), COMMON, 1), (dave(), COMMON, 1)]);
    for operator in [charlie(), dave()] {
        chain.from(bob()).call(lots.approve(1, operator, 0, 60)).expect_ok();
    }
    let takers = [by(charlie(), lots.transfer_value(1, 2, 60)), by(dave(), lots.transfer_value(1, 3, 60))];
    chain.every_order(&takers, |chain, order, outcomes| {
        let taken = [2, 3].map(|lot| chain.query(lots.value_of(lot)).expect("a query"));
        let expected = if order[0] == 0 { [61, 1] } else { [1, 61] };
        assert_eq!((taken, outcomes.iter().filter(|outcome| outcome.result.is_ok()).count()), (expected, 1));
        assert_eq!(chain.query(lots.class_supply(1, COMMON)), Ok(102));
    });
}
