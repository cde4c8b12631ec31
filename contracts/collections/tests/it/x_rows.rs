//! The rules that every module has to hold, tried on this one: a sample of each method, and what follows from it.

use crate::{chain, code, create, created, hash, mint, plain};
use collections::{CollectionsRef, Kind, MintRight, NewCollection, ResourceKind};
use std::ops::Range;
use tenon_testkit::rules::{self, Dust};
use tenon_testkit::{Plan, Random, Subject, TestChain, Transaction, alice, bob, by, charlie, dave, eve, histories};

/// What Alice creates: she may mint, and who holds may burn.
fn new() -> NewCollection {
    NewCollection { mint: Some(MintRight::Owner), cap: Some(1_000_000), burnable: Some(true), ..plain() }
}

/// Alice owns collection 1 and no item. Bob has items 1 to 3; Dave may move item 1, Eve all of them; Charlie uses item
/// 2 until the time that is returned, and may take the collection over. Bob has notarised a hash.
fn world() -> (TestChain, CollectionsRef, u64) {
    let (mut chain, items) = created(new());
    let until = chain.time_ms() + 60_000;
    for _ in 0..3 {
        chain.from(alice()).call(mint(items, bob())).expect_ok();
    }
    chain.from(bob()).call(items.approve(1, 1, Some(dave()))).expect_ok();
    chain.from(bob()).call(items.set_operator(Some(1), eve(), true)).expect_ok();
    chain.from(bob()).call(items.grant_use(1, 2, charlie(), until, Some(true))).expect_ok();
    chain.from(bob()).call(items.notarise(hash(1), ResourceKind::Brand, None)).expect_ok();
    chain.from(alice()).call(items.propose_owner(1, charlie())).expect_ok();
    (chain, items, until)
}

fn subject() -> Subject {
    let (chain, items, until) = world();
    let full = NewCollection { base_uri: Some("https://example.org/".into()), kind: Some(Kind::Right), ..new() };
    let uri = Some("three".to_owned());
    let calls = Subject::new(items.address(), &code())
        .call(&chain, dave(), create(items, full))
        .call(&chain, alice(), items.mint(1, bob(), Some(9), Some(hash(2)), uri.clone()))
        .call(&chain, alice(), mint(items, charlie()))
        .call(&chain, bob(), items.transfer(1, 1, charlie()))
        .call(&chain, dave(), items.transfer_from(1, 1, bob(), charlie()))
        .call(&chain, bob(), items.approve(1, 3, Some(dave())))
        .call(&chain, bob(), items.set_operator(None, dave(), true))
        .call(&chain, bob(), items.burn(1, 3))
        .call(&chain, eve(), items.grant_use(1, 3, charlie(), until, Some(true)))
        .call(&chain, charlie(), items.pass_use(1, 2, dave()))
        .call(&chain, charlie(), items.give_back_use(1, 2))
        .call(&chain, bob(), items.notarise(hash(3), ResourceKind::Credit, uri))
        .call(&chain, alice(), items.set_mint_right(1, MintRight::Account(dave())))
        .call(&chain, alice(), items.seal(1))
        .call(&chain, alice(), items.propose_owner(1, dave()))
        .call(&chain, charlie(), items.accept_owner(1))
        .call(&chain, alice(), items.renounce_owner(1));
    calls
        .query(&chain, items.collection_count())
        .query(&chain, items.info(1))
        .query(&chain, items.supply(1))
        .query(&chain, items.item(1, 1))
        .query(&chain, items.owner_of(1, 1))
        .query(&chain, items.balance_of(1, bob()))
        .query(&chain, items.can_move(1, 1, dave()))
        .query(&chain, items.is_operator(1, bob(), eve()))
        .query(&chain, items.user_of(1, 2))
        .query(&chain, items.use_of(1, 2))
        .query(&chain, items.items(1, Some(1), Some(5)))
        .query(&chain, items.items_of(1, bob(), Some(1), Some(5)))
        .query(&chain, items.all_items_of(bob(), Some((1, 1)), Some(5)))
        .query(&chain, items.notarised(hash(1)))
        .query(&chain, items.notary_commitment(bob(), hash(5), hash(6)))
}

#[test]
fn holds_what_every_module_has_to_hold() {
    let subject = subject();
    subject.assert_complete(&[]);
    subject.check();
}

#[test]
fn gives_a_collections_owner_these_powers_and_no_others() {
    let listed = ["mint", "set_mint_right", "seal", "propose_owner", "renounce_owner"];
    let stranger = tenon_testkit::ferdie();
    rules::has_only_these_powers(&subject(), alice(), stranger, &listed);
    // An operator moves, lends and burns, as the owner of the items does, and nothing else.
    rules::has_only_these_powers(&subject(), eve(), stranger, &["approve", "transfer_from", "burn", "grant_use"]);
}

#[test]
fn ends_a_use_at_its_time() {
    let (mut chain, items, until) = world();
    rules::closes_at(&chain, until, &by(charlie(), items.pass_use(1, 2, dave())));
    rules::opens_at(&chain, until, &by(bob(), items.burn(1, 2)));
    rules::opens_at(&chain, until, &by(dave(), items.give_back_use(1, 2)));
    rules::opens_at(&chain, until, &by(bob(), items.grant_use(1, 2, dave(), until + 9_000, None)));
    rules::closes_at(&chain, until, &by(bob(), items.grant_use(1, 3, dave(), until, None)));
    chain.set_time_ms(until);
    assert_eq!(chain.query(items.user_of(1, 2)), Ok(Some(bob())), "the owner again");
}

#[test]
fn costs_the_same_among_a_hundred_thousand_items() {
    const BLOCK: u64 = 100;
    let (chain, items, until) = world();
    let operations = vec![
        by(alice(), mint(items, bob())),
        by(bob(), items.transfer(1, 1, charlie())),
        by(dave(), items.transfer_from(1, 1, bob(), charlie())),
        by(bob(), items.approve(1, 3, Some(dave()))),
        by(bob(), items.set_operator(None, dave(), true)),
        by(bob(), items.burn(1, 3)),
        by(bob(), items.grant_use(1, 3, charlie(), until + 100_000_000, None)),
        by(bob(), items.notarise(hash(3), ResourceKind::Credit, None)),
        by(bob(), items.items(1, None, None)),
        by(bob(), items.items_of(1, bob(), None, None)),
    ];
    let grow = |chain: &mut TestChain, numbers: Range<u64>| {
        for start in numbers.clone().step_by(usize::try_from(BLOCK).expect("it is small")) {
            let block: Vec<Transaction> =
                (start..numbers.end.min(start + BLOCK)).map(|_| by(alice(), mint(items, bob()))).collect();
            assert!(chain.block(&block).iter().all(|outcome| outcome.is_ok()));
        }
    };
    rules::is_unmoved_by_dust(&chain, Dust::HUNDRED_THOUSAND, grow, |_| operations.clone());
}

#[test]
fn returns_the_deposit_of_whatever_is_cleaned_up() {
    let (chain, items, until) = world();
    let store = [
        by(bob(), items.approve(1, 3, Some(dave()))),
        by(bob(), items.set_operator(None, dave(), true)),
        by(bob(), items.grant_use(1, 1, charlie(), until, None)),
    ];
    let clean = [
        by(bob(), items.approve(1, 3, None)),
        by(bob(), items.set_operator(None, dave(), false)),
        by(charlie(), items.give_back_use(1, 1)),
        by(bob(), items.approve(1, 1, Some(dave()))),
    ];
    rules::returns_deposits(&chain, items.address(), &store, &clean);
}

/// One item, three who want it: it is one's in the end, and each order has one winner.
#[test]
fn gives_an_item_to_one_in_every_order() {
    let (chain, items, _) = world();
    let block = [
        by(bob(), items.transfer(1, 1, alice())),
        by(dave(), items.transfer_from(1, 1, bob(), dave())),
        by(eve(), items.transfer_from(1, 1, bob(), eve())),
        by(bob(), items.burn(1, 1)),
    ];
    chain.every_order(&block, |chain, order, outcomes| {
        let done: Vec<usize> = (0..block.len()).filter(|place| outcomes[*place].is_ok()).collect();
        assert_eq!(done, [order[0]]);
        let owner = [Some(alice()), Some(dave()), Some(eve()), None][order[0]];
        assert_eq!(chain.query(items.owner_of(1, 1)), Ok(owner));
    });
}

/// What people do at random.
fn step(chain: &TestChain, items: CollectionsRef, random: &mut Random) -> Transaction {
    let people = [alice(), bob(), charlie(), dave()];
    let mut who = || *random.pick(&people);
    let (caller, from, to) = (who(), who(), who());
    let (collection, item) = (random.within(0, 2), random.within(1, 12));
    match random.below(10) {
        0 => by(alice(), mint(items, to)),
        1..4 => by(caller, items.transfer(collection, item, to)),
        4 => by(caller, items.transfer_from(collection, item, from, to)),
        5 => by(caller, items.approve(collection, item, random.chance(70).then_some(to))),
        6 => by(caller, items.set_operator(Some(collection), to, random.chance(50))),
        7 => by(caller, items.grant_use(collection, item, to, chain.time_ms() + random.below(9_000), Some(true))),
        8 => by(caller, items.give_back_use(collection, item)),
        _ => by(caller, items.burn(collection, item)),
    }
}

/// Every item has one owner who counts it, whatever happens; `TENON_STEPS` makes it longer.
#[test]
fn counts_every_item_once_in_long_histories() {
    let setup = |_: &mut Random| {
        let (mut chain, items) = chain();
        chain.from(alice()).call(create(items, new())).expect_ok();
        chain.from(bob()).call(items.notarise(hash(1), ResourceKind::Brand, None)).expect_ok();
        chain.set_traces(false);
        (chain, items)
    };
    histories(Plan { cases: 4, steps: 1_000 }, setup, |(chain, items), random| {
        let items = *items;
        drop(chain.run(&step(chain, items, random)));
        if !random.chance(10) {
            return;
        }
        let people = [alice(), bob(), charlie(), dave()];
        let held = people.map(|who| chain.query(items.balance_of(1, who)).expect("a query"));
        let supply = chain.query(items.supply(1)).expect("it exists");
        assert_eq!(held.iter().sum::<u64>(), supply.items, "{supply:?}");
    });
}
