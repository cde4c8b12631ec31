//! The rules that every module has to hold, tried on this one: a sample of each method, and what follows from it.

use crate::permits::{permit, sign};
use crate::regulated::{Regulated, freezer, share, verified};
use crate::{Terms, chain, issue, issued};
use assets::{AssetsRef, BurnRight, Kind, MintRight, Permit};
use std::ops::Range;
use tenon_contract::Address;
use tenon_testkit::rules::{self, Dust};
use tenon_testkit::{
    Plan, Random, Subject, TestChain, Transaction, account, alice, bob, by, charlie, dave, eve, ferdie, histories,
    module_code,
};

/// Transfers of one batch.
const BATCH: u64 = 128;

fn code() -> Vec<u8> {
    module_code(env!("CARGO_MANIFEST_DIR"))
}

fn right() -> Terms {
    Terms { mint: Some(MintRight::Owner), burn: Some(BurnRight::Holder), ..Terms::default() }
}

/// Alice owns asset 1 and nothing of it: Bob has all, Dave may take a part until a minute has passed, and Charlie may
/// take the ownership over.
fn world() -> (TestChain, AssetsRef) {
    let (mut chain, assets) = issued(right());
    let until = chain.time_ms() + 60_000;
    chain.from(alice()).call(assets.transfer(1, bob(), 100)).expect_ok();
    chain.from(alice()).call(assets.propose_owner(1, charlie())).expect_ok();
    chain.from(bob()).call(assets.approve(1, dave(), 0, 50, Some(until))).expect_ok();
    (chain, assets)
}

/// Asset 1 with a policy: Alice and Bob hold it, Charlie may take from Bob.
fn regulated() -> TestChain {
    let mut world = Regulated::new();
    for (number, who) in (1..).zip([alice(), bob(), charlie(), dave()]) {
        world.attest(who, number);
    }
    assert_eq!(world.issue(alice(), share(100, Some(verified(Some(3), Some(freezer()))))).expect_ok(), 1);
    world.chain.from(alice()).call(world.assets.transfer(1, bob(), 50)).expect_ok();
    world.chain.from(bob()).call(world.assets.approve(1, charlie(), 0, 20, None)).expect_ok();
    world.chain
}

/// Samples of an asset that obeys nobody but its holders and owner.
fn plain() -> Subject {
    let (chain, assets) = world();
    let free = assets.issue("Gold".into(), "GOLD".into(), 2, 5, None, None, None, None, None, None, None);
    let permitted = permit(&chain);
    let signature = sign(&chain, assets, "Alice", &permitted);
    let calls = Subject::new(assets.address(), &code())
        .call(&chain, dave(), free)
        .call(&chain, bob(), assets.transfer(1, charlie(), 5))
        .call(&chain, bob(), assets.transfer_with_memo(1, charlie(), 5, "rent".into()))
        .call(&chain, bob(), assets.transfer_batch(1, vec![(charlie(), 5), (bob(), 6)]))
        .call(&chain, dave(), assets.transfer_from(1, bob(), charlie(), 5))
        .call(&chain, bob(), assets.approve(1, dave(), 50, 20, Some(chain.time_ms() + 90_000)))
        .call(&chain, ferdie(), assets.permit(permitted.clone(), signature))
        .call(&chain, bob(), assets.increase_allowance(1, dave(), 5))
        .call(&chain, bob(), assets.decrease_allowance(1, dave(), 5))
        .call(&chain, alice(), assets.mint(1, charlie(), 5))
        .call(&chain, bob(), assets.burn(1, 5))
        .call(&chain, dave(), assets.burn_from(1, bob(), 5))
        .call(&chain, alice(), assets.set_mint_right(1, MintRight::Account(bob())))
        .call(&chain, alice(), assets.set_burn_right(1, BurnRight::Nobody))
        .call(&chain, alice(), assets.propose_owner(1, dave()))
        .call(&chain, charlie(), assets.accept_owner(1))
        .call(&chain, alice(), assets.renounce_owner(1));
    calls
        .query(&chain, assets.asset_count())
        .query(&chain, assets.info(1))
        .query(&chain, assets.total_supply(1))
        .query(&chain, assets.balance_of(1, bob()))
        .query(&chain, assets.allowance(1, bob(), dave()))
        .query(&chain, assets.allowance_expiry(1, bob(), dave()))
        .query(&chain, assets.permit_number(alice()))
        .query(&chain, assets.permit_message(permitted))
        .query(&chain, assets.holders(1, Some(alice()), Some(5)))
        .query(&chain, assets.assets_of_kind(Kind::Custom, Some(0), Some(5)))
}

/// Samples of an asset whose moves are judged by another module.
fn with_policy(subject: Subject) -> Subject {
    let (chain, assets) = (regulated(), AssetsRef::at(TestChain::module_address("assets")));
    let (cap, policy) = (Some(u128::MAX), Some(verified(Some(5), Some(freezer()))));
    let (kind, mint, burn) = (Some(Kind::Equity), Some(MintRight::Account(bob())), Some(BurnRight::Owner));
    let limited = assets.issue("Gold".into(), "GOLD".into(), 2, 5, kind, cap, mint, burn, None, None, policy);
    subject
        .call(&chain, dave(), limited)
        .call(&chain, bob(), assets.transfer(1, charlie(), 5))
        .call(&chain, charlie(), assets.transfer_from(1, bob(), alice(), 5))
        .call(&chain, bob(), assets.transfer_batch(1, vec![(charlie(), 5), (alice(), 6)]))
        .call(&chain, alice(), assets.mint(1, charlie(), 5))
        .call(&chain, bob(), assets.burn(1, 50))
}

#[test]
fn holds_what_every_module_has_to_hold() {
    let subject = with_policy(plain());
    subject.assert_complete(&[]);
    subject.check();
}

#[test]
fn gives_an_assets_owner_these_powers_and_no_others() {
    let listed = ["mint", "set_mint_right", "set_burn_right", "propose_owner", "renounce_owner"];
    rules::has_only_these_powers(&plain(), alice(), eve(), &listed);
}

#[test]
fn takes_a_permit_once_and_here_alone() {
    let (mut chain, assets) = issued(right());
    let other = AssetsRef::at(chain.from(alice()).deploy(&code(), AssetsRef::init(None)));
    chain.from(alice()).call(issue(other, 100, right())).expect_ok();
    let permit = permit(&chain);
    let signature = sign(&chain, assets, "Alice", &permit);
    rules::refuses_replay(&chain, &by(bob(), assets.permit(permit, signature)), Some(other.address()));
}

#[test]
fn counts_each_time_to_what_begins_at_it() {
    let (mut chain, assets) = issued(right());
    let end = chain.time_ms() + 100_000;
    chain.from(alice()).call(assets.approve(1, dave(), 0, 50, Some(end))).expect_ok();
    rules::closes_at(&chain, end, &by(dave(), assets.transfer_from(1, alice(), dave(), 5)));
    rules::closes_at(&chain, end, &by(dave(), assets.burn_from(1, alice(), 5)));
    rules::closes_at(&chain, end, &by(alice(), assets.approve(1, bob(), 0, 5, Some(end))));
    let permit = Permit { deadline_ms: end, ..permit(&chain) };
    let signature = sign(&chain, assets, "Alice", &permit);
    rules::closes_at(&chain, end, &by(bob(), assets.permit(permit, signature)));
}

/// An approval that goes from 5 to 3 lets nobody take 8, wherever in the block the spender's transactions stand.
#[test]
fn never_gives_more_than_the_larger_of_two_approvals() {
    let (mut chain, assets) = issued(right());
    chain.from(alice()).call(assets.approve(1, bob(), 0, 5, None)).expect_ok();
    let take = |amount| by(bob(), assets.transfer_from(1, alice(), bob(), amount));
    let block = [by(alice(), assets.approve(1, bob(), 5, 3, None)), take(5), take(3), take(2)];
    chain.every_order(&block, |chain, order, _| {
        let taken = chain.query(assets.balance_of(1, bob())).expect("a query");
        assert!(taken <= 5, "{taken} were taken in the order {order:?}");
    });
}

/// The address with a number.
fn dust(number: u64) -> Address {
    let mut bytes = [0xaa; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Address::new(bytes)
}

#[test]
fn costs_the_same_among_a_hundred_thousand_holders() {
    let (mut chain, assets) = chain();
    let supply = 1_000_000;
    assert_eq!(chain.from(alice()).call(issue(assets, supply, right())).expect_ok(), 1);
    chain.from(alice()).call(assets.transfer(1, bob(), 1_000)).expect_ok();
    chain.from(bob()).call(assets.approve(1, dave(), 0, 50, None)).expect_ok();
    let operations = vec![
        by(bob(), assets.transfer(1, charlie(), 5)),
        by(bob(), assets.transfer(1, alice(), 5)),
        by(dave(), assets.transfer_from(1, bob(), charlie(), 5)),
        by(bob(), assets.approve(1, eve(), 0, 5, None)),
        by(alice(), assets.mint(1, bob(), 5)),
        by(bob(), assets.burn(1, 5)),
        by(bob(), assets.balance_of(1, bob())),
        by(bob(), assets.holders(1, None, None)),
    ];
    let grow = |chain: &mut TestChain, numbers: Range<u64>| {
        let starts = numbers.clone().step_by(usize::try_from(BATCH).expect("it is small"));
        for start in starts {
            let batch = (start..numbers.end.min(start + BATCH)).map(|number| (dust(number), 1)).collect();
            chain.run(&by(alice(), assets.transfer_batch(1, batch))).expect_ok();
        }
    };
    rules::is_unmoved_by_dust(&chain, Dust::HUNDRED_THOUSAND, grow, |_| operations.clone());
}

#[test]
fn returns_the_deposit_of_whatever_is_cleaned_up() {
    let (chain, assets) = issued(right());
    let store = [by(alice(), assets.transfer(1, bob(), 5)), by(alice(), assets.approve(1, dave(), 0, 5, None))];
    let clean = [by(dave(), assets.transfer_from(1, alice(), alice(), 5)), by(bob(), assets.transfer(1, alice(), 5))];
    rules::returns_deposits(&chain, assets.address(), &store, &clean);
}

/// What people do at random.
fn step(chain: &TestChain, assets: AssetsRef, random: &mut Random) -> Transaction {
    let people = [alice(), bob(), charlie(), dave()];
    let mut who = || *random.pick(&people);
    let (caller, from, to) = (who(), who(), who());
    let (asset, amount) = (random.within(1, 3), random.amount(60));
    match random.below(10) {
        0..4 => by(caller, assets.transfer(asset, to, amount)),
        4 => by(caller, assets.transfer_batch(asset, vec![(from, amount), (to, 1)])),
        5 => by(caller, assets.transfer_from(asset, from, to, amount)),
        6 => {
            let current = chain.query(assets.allowance(asset, caller, to)).expect("a query");
            let until = random.chance(50).then(|| chain.time_ms() + random.below(5_000));
            by(caller, assets.approve(asset, to, current, amount, until))
        }
        7 => by(caller, assets.mint(asset, to, amount)),
        8 => by(caller, assets.burn(asset, amount)),
        _ => by(caller, assets.burn_from(asset, from, amount)),
    }
}

/// No history creates or destroys an asset but by minting and burning; `TENON_STEPS` makes it longer.
#[test]
fn conserves_every_asset_in_long_histories() {
    let setup = |_: &mut Random| {
        let (mut chain, assets) = issued(right());
        chain.from(alice()).call(issue(assets, 1_000, Terms { cap: Some(1_200), ..right() })).expect_ok();
        chain.set_traces(false);
        (chain, assets)
    };
    histories(Plan { cases: 4, steps: 1_000 }, setup, |(chain, assets), random| {
        let assets = *assets;
        drop(chain.run(&step(chain, assets, random)));
        if !random.chance(10) {
            return;
        }
        for asset in 1..=2 {
            let held = ["Alice", "Bob", "Charlie", "Dave"]
                .map(|name| chain.query(assets.balance_of(asset, account(name))).expect("a query"));
            assert_eq!(chain.query(assets.total_supply(asset)), Ok(held.iter().sum()));
        }
    });
}

#[test]
fn goes_the_same_way_on_another_engine() {
    let (mut chain, assets) = issued(right());
    chain.set_traces(false);
    let mut random = Random::new(7);
    rules::agrees_in_a_history(&chain, 100, |chain| step(chain, assets, &mut random));
}
