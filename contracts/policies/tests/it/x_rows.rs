//! The rules that every module has to hold, tried on this one: a sample of each method, and what follows from it.

use crate::{ASSET, TOPIC, World, holder, identity, issuer, ledger, stranger, verified};
use std::ops::Range;
use tenon_contract::{Address, Hash};
use tenon_testkit::rules::{self, Dust};
use tenon_testkit::{Subject, TestChain, account, by, module_code};

/// Who may freeze.
fn freezer() -> Address {
    account("Dave")
}

/// Holders 1 and 2 hold the asset of at most three; 3 is frozen; 4 has a credential; 1 has a new identity since.
fn world() -> World {
    let mut world = World::with(verified(Some(3), Some(freezer())));
    for number in 1..=4 {
        world.attest(holder(number), number);
    }
    for number in 1..=2 {
        world.create(holder(number), 100).expect_ok();
    }
    let freeze = world.policies.freeze(ledger(), ASSET, holder(3));
    world.chain.from(freezer()).call(freeze).expect_ok();
    world.attest(holder(1), 9);
    world
}

fn subject() -> Subject {
    let World { chain, policies, .. } = world();
    let (one, two, four) = (holder(1), holder(2), holder(4));
    Subject::new(policies.address(), &module_code(env!("CARGO_MANIFEST_DIR")))
        .call(&chain, ledger(), policies.attach(ASSET + 1, verified(Some(200), Some(freezer()))))
        .call(&chain, ledger(), policies.moved(ASSET, None, Some(four), 5))
        .call(&chain, ledger(), policies.moved(ASSET, Some(two), Some(four), 5))
        .call(&chain, ledger(), policies.moved(ASSET, Some(two), None, 100))
        .call(&chain, stranger(), policies.recount(ledger(), ASSET, one))
        .call(&chain, freezer(), policies.freeze(ledger(), ASSET, two))
        .call(&chain, freezer(), policies.unfreeze(ledger(), ASSET, holder(3)))
        .call(&chain, freezer(), policies.renounce_freezer(ledger(), ASSET))
        .query(&chain, policies.terms(ledger(), ASSET))
        .query(&chain, policies.holder_count(ledger(), ASSET))
        .query(&chain, policies.held(ledger(), ASSET, one))
        .query(&chain, policies.holders(ledger(), ASSET, Some(one), Some(5)))
        .query(&chain, policies.is_frozen(ledger(), ASSET, holder(3)))
        .query(&chain, policies.refusal(ledger(), ASSET, Some(one), Some(two), 5))
}

#[test]
fn holds_what_every_module_has_to_hold() {
    let subject = subject();
    subject.assert_complete(&[]);
    subject.check();
}

#[test]
fn gives_freezer_and_ledger_these_powers_and_no_others() {
    let subject = subject();
    rules::has_only_these_powers(&subject, freezer(), stranger(), &["freeze", "unfreeze", "renounce_freezer"]);
    // Who reports the moves of an asset decides them: to the module that is the asset itself.
    rules::has_only_these_powers(&subject, ledger(), stranger(), &["moved"]);
    rules::has_only_these_powers(&subject, issuer(), stranger(), &[]);
    rules::has_only_these_powers(&subject, holder(1), stranger(), &[]);
}

#[test]
fn lets_nobody_receive_from_the_end_of_a_credential_on() {
    let World { mut chain, policies, credentials } = world();
    let (end, late) = (chain.time_ms() + 60_000, holder(7));
    chain.from(issuer()).call(credentials.attest(late, TOPIC, identity(7), Some(end))).expect_ok();
    rules::closes_at(&chain, end, &by(ledger(), policies.moved(ASSET, None, Some(late), 5)));
    chain.from(ledger()).call(policies.moved(ASSET, None, Some(late), 5)).expect_ok();
    // The way out stays open.
    let exit = by(ledger(), policies.moved(ASSET, Some(late), Some(holder(2)), 5));
    rules::at_boundary(&chain, end, |chain, _| drop(chain.run(&exit).expect_ok()));
}

/// One of many: an address of its own, and an identity.
fn one_of_many(number: u64) -> (Address, Hash) {
    let mut bytes = [0xcc; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    (Address::new(bytes), Hash::new(bytes))
}

/// Each holder is two entries here: what is held, and how many addresses the identity has.
#[test]
fn costs_the_same_among_fifty_thousand_holders() {
    const BLOCK: u64 = 100;
    let mut world = World::with(verified(None, Some(freezer())));
    for number in 1..=2 {
        world.attest(holder(number), number);
        world.create(holder(number), 100).expect_ok();
    }
    let World { chain, policies, credentials } = world;
    let (first, second) = (holder(1), holder(2));
    let operations = vec![
        by(ledger(), policies.moved(ASSET, Some(first), Some(second), 5)),
        by(ledger(), policies.moved(ASSET, Some(first), Some(second), 100)),
        by(ledger(), policies.moved(ASSET, None, Some(first), 5)),
        by(ledger(), policies.moved(ASSET, Some(first), None, 5)),
        by(freezer(), policies.freeze(ledger(), ASSET, first)),
        by(freezer(), policies.renounce_freezer(ledger(), ASSET)),
        by(ledger(), policies.refusal(ledger(), ASSET, Some(first), Some(second), 5)),
        by(ledger(), policies.holders(ledger(), ASSET, None, None)),
    ];
    let grow = |chain: &mut TestChain, numbers: Range<u64>| {
        for start in numbers.clone().step_by(usize::try_from(BLOCK).expect("it is small")) {
            let both = |number: u64| {
                let (who, identity) = one_of_many(number);
                let stated = credentials.attest(who, TOPIC, identity, None);
                [by(issuer(), stated), by(ledger(), policies.moved(ASSET, None, Some(who), 1))]
            };
            let block: Vec<_> = (start..numbers.end.min(start + BLOCK)).flat_map(both).collect();
            assert!(chain.block(&block).iter().all(|outcome| outcome.is_ok()));
        }
    };
    let dust = Dust { many: 50_000, ..Dust::HUNDRED_THOUSAND };
    rules::is_unmoved_by_dust(&chain, dust, grow, |_| operations.clone());
}

#[test]
fn returns_the_deposit_of_whatever_is_cleaned_up() {
    let World { chain, policies, .. } = world();
    let store = [
        by(ledger(), policies.moved(ASSET, None, Some(holder(4)), 5)),
        by(freezer(), policies.freeze(ledger(), ASSET, holder(5))),
    ];
    let clean = [
        by(ledger(), policies.moved(ASSET, Some(holder(4)), None, 5)),
        by(freezer(), policies.unfreeze(ledger(), ASSET, holder(5))),
    ];
    rules::returns_deposits(&chain, policies.address(), &store, &clean);
}

/// The last place goes to one of two, whichever comes first in the block.
#[test]
fn gives_the_last_place_to_one_in_every_order() {
    let World { mut chain, policies, credentials } = world();
    chain.from(issuer()).call(credentials.attest(holder(5), TOPIC, identity(5), None)).expect_ok();
    let block = [4, 5].map(|number| by(ledger(), policies.moved(ASSET, None, Some(holder(number)), 1)));
    chain.every_order(&block, |chain, order, outcomes| {
        let placed: Vec<usize> = (0..2).filter(|place| outcomes[*place].is_ok()).collect();
        assert_eq!(placed, [order[0]]);
        assert_eq!(chain.query(policies.holder_count(ledger(), ASSET)), Ok(3));
    });
}
