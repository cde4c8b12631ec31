//! The rules that every module has to hold, tried on this one: a sample of each method, and what follows from it.

use crate::{INTERVAL_MS, SALT, World, bare, broker, code, opened, rolling, world};
use brokers::{Currency, KEPT_MS, MAX_BROKERS, Reward};
use std::ops::Range;
use tenon_contract::{Address, Hash};
use tenon_testkit::rules::{self, Dust};
use tenon_testkit::{Subject, TestChain, alice, bob, by, charlie, eve, ferdie};

/// Three brokers, of whom two have committed to the same report on round 0; the pot has two rewards.
fn committed() -> World {
    let mut world = world(3, Some(6_000), 2);
    world.reach_commit(0);
    let commits: Vec<_> = (0..2).map(|number| world.commit_call(broker(number), 0, 5, rolling(1))).collect();
    world.all_succeed(&commits);
    world
}

/// Both have opened it.
fn revealed() -> World {
    let mut world = committed();
    world.reach_reveal(0);
    let reveals: Vec<_> = (0..2).map(|number| world.reveal_call(broker(number), 0, 5, rolling(1))).collect();
    world.all_succeed(&reveals);
    world
}

/// It can be settled.
fn settling() -> World {
    let mut world = revealed();
    world.reach_settle(0);
    world
}

fn settled() -> World {
    let mut world = settling();
    world.settle(0).expect_ok();
    world
}

/// The same, stopped, and past its last round.
fn stopped() -> World {
    let mut world = settled();
    let stop = world.brokers.stop(world.stream);
    world.by(alice(), stop).expect_ok();
    world.reach_settle(1);
    world
}

/// The same, closed, and a year after its stream was deleted.
fn forgotten() -> World {
    let mut world = stopped();
    let (close, delete) = (world.brokers.close(world.stream), world.streams.delete(world.stream));
    world.by(eve(), close).expect_ok();
    world.by(alice(), delete).expect_ok();
    world.chain.advance_ms(KEPT_MS);
    world
}

fn subject() -> Subject {
    let (bare, first, settled) = (bare(), world(3, Some(6_000), 2), settled());
    let (brokers, stream, gold) = (first.brokers, first.stream, first.gold());
    let (mut opening, mut revealing) = (first.clone(), committed());
    opening.reach_commit(0);
    revealing.reach_reveal(0);
    let golden = opened(Some(Reward::Share(100)), Some(gold), None);
    let commitment = first.commitment(broker(2), 0, 5, rolling(1));
    let start = Some(bare.chain.time_ms() + 5_000);
    let share = Some(Reward::Share(100));
    let (pooled, chosen) = (World::with_pool(), World::with_lots());
    Subject::new(brokers.address(), &code())
        .call(&bare.chain, alice(), brokers.open(stream, 100, 40, 60, share, Some(gold), Some(9_000), start, Some(1)))
        .call(&bare.chain, alice(), brokers.open(stream, 100, 40, 60, Some(Reward::Amount(5)), None, None, None, None))
        .call(&first.chain, alice(), brokers.designate(stream, bob()))
        .call(&first.chain, alice(), brokers.remove(stream, broker(2)))
        .call(&settled.chain, broker(2), brokers.remove(stream, broker(2)))
        .call(&pooled.chain, alice(), brokers.choose_pool(stream, 1))
        .call(&chosen.chain, bob(), brokers.draw(stream))
        .call(&opening.chain, broker(2), brokers.commit(stream, 0, commitment))
        .call(&revealing.chain, broker(0), brokers.reveal(stream, 0, 5, rolling(1), SALT, Some(1)))
        .call(&settling().chain, eve(), brokers.settle(stream, 0))
        .call(&first.chain, bob(), brokers.fund(stream, Currency::Coin, 70).with_value(70))
        .call(&golden.chain, alice(), brokers.fund(stream, gold, 70))
        .call(&settled.chain, broker(0), brokers.claim(Currency::Coin, None))
        .call(&settled.chain, broker(1), brokers.claim(Currency::Coin, Some(charlie())))
        .call(&settled.chain, alice(), brokers.stop(stream))
        .call(&stopped().chain, eve(), brokers.close(stream))
        .call(&forgotten().chain, eve(), brokers.forget(stream))
        .query(&first.chain, brokers.registry())
        .query(&settled.chain, brokers.coordination(stream))
        .query(&first.chain, brokers.coordinations(Some(Hash::ZERO), Some(5)))
        .query(&settled.chain, brokers.progress(stream))
        .query(&first.chain, brokers.round_of(stream, Some(first.start_ms + 3 * INTERVAL_MS)))
        .query(&first.chain, brokers.times(stream, 3))
        .query(&first.chain, brokers.brokers(stream, 3))
        .query(&chosen.chain, brokers.lots(stream))
        .query(&revealed().chain, brokers.round(stream, 0))
        .query(&revealed().chain, brokers.open_rounds(stream, None, Some(5)))
        .query(&revealed().chain, brokers.report(stream, 0, broker(1)))
        .query(&first.chain, brokers.reward(stream))
        .query(&first.chain, brokers.commitment(stream, 3, broker(1), 5, rolling(1), SALT, Some(1)))
        .query(&first.chain, brokers.chain_start(stream))
        .query(&first.chain, brokers.chain_next(rolling(1), vec![1, 2, 3]))
        .query(&settled.chain, brokers.credit_of(broker(0), Currency::Coin))
        .query(&settled.chain, brokers.owed(gold))
}

#[test]
fn holds_what_every_module_has_to_hold() {
    let subject = subject();
    subject.assert_complete(&[]);
    subject.check();
}

#[test]
fn gives_editors_and_brokers_these_powers_and_no_others() {
    let subject = subject();
    // Alice has gold too, and with it the power to give it away.
    let of_editor = ["open", "designate", "remove", "choose_pool", "stop", "fund"];
    rules::has_only_these_powers(&subject, alice(), ferdie(), &of_editor);
    rules::has_only_these_powers(&subject, broker(2), ferdie(), &["commit", "remove"]);
    rules::has_only_these_powers(&subject, broker(0), ferdie(), &["claim", "commit", "reveal"]);
    rules::has_only_these_powers(&subject, eve(), ferdie(), &[]);
}

/// An account of a number.
fn stranger(number: u64) -> Address {
    let mut bytes = [0xaa; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Address::new(bytes)
}

#[test]
fn costs_the_same_among_crowds_of_streams_rounds_and_credits() {
    const BLOCK: u64 = 50;
    let settling = settling();
    let (brokers, stream) = (settling.brokers, settling.stream);
    let operations = vec![
        by(eve(), brokers.settle(stream, 0)),
        by(alice(), brokers.designate(stream, bob())),
        by(alice(), brokers.remove(stream, broker(2))),
        by(bob(), brokers.fund(stream, Currency::Coin, 70).with_value(70)),
        by(alice(), brokers.stop(stream)),
    ];
    // Each adds a stream, a coordination with terms, a broker and a pot.
    let (streams, chain_id) = (settling.streams, settling.chain.chain_id());
    let hash = |bytes: &[u8]| Hash::new(tenon_crypto::hash::blake2b_256(bytes));
    let grow = |chain: &mut TestChain, numbers: Range<u64>| {
        for start in numbers.clone().step_by(usize::try_from(BLOCK).expect("small")) {
            let mut block = Vec::new();
            for number in start..numbers.end.min(start + BLOCK) {
                let id = streams::partition::stream_id(hash, &chain_id, &streams.address(), number + 2);
                block.push(by(alice(), streams.create("Dust".into(), None, None, None)));
                let open = brokers.open(id, 1_000, 400, 600, None, None, None, None, None);
                block.push(by(alice(), open));
                block.push(by(alice(), brokers.designate(id, stranger(number))));
                block.push(by(bob(), brokers.fund(id, Currency::Coin, 1).with_value(1)));
            }
            chain.block(&block).into_iter().for_each(|outcome| drop(outcome.expect_ok()));
        }
    };
    let dust = Dust { many: 25_000, ..Dust::HUNDRED_THOUSAND };
    rules::is_unmoved_by_dust(&settling.chain, dust, grow, |_| operations.clone());
}

#[test]
fn returns_the_deposit_of_whatever_is_cleaned_up() {
    // A round, whose settlement pays to accounts that have something waiting already.
    let mut before = settled();
    let (brokers, stream) = (before.brokers, before.stream);
    before.reach_commit(1);
    let store = [
        before.commit_call(broker(0), 1, 6, rolling(1)),
        before.commit_call(broker(1), 1, 6, rolling(1)),
        before.commit_call(broker(2), 1, 6, rolling(1)),
    ];
    let mut after = before.clone();
    after.all_succeed(&store);
    assert!(after.chain.deposit_of(brokers.address()) > before.chain.deposit_of(brokers.address()));
    after.reach_reveal(1);
    let reveal = after.reveal_call(broker(0), 1, 6, rolling(1));
    after.all_succeed(&[reveal]);
    after.settle(1).expect_ok();
    let stored = |world: &World| {
        let chain = &world.chain;
        (chain.stored_entries(brokers.address()), chain.deposit_of(brokers.address()))
    };
    assert_eq!(stored(&after), stored(&before), "also of two who opened nothing");
    // All of a coordination.
    let bare = bare();
    let store = [
        by(
            alice(),
            brokers.open(stream, 10_000, 4_000, 6_000, None, None, None, Some(bare.chain.time_ms() + 9_000), None),
        ),
        by(alice(), brokers.designate(stream, bob())),
        by(alice(), brokers.designate(stream, charlie())),
    ];
    let clean = [by(alice(), brokers.stop(stream)), by(eve(), brokers.close(stream))];
    rules::returns_deposits(&bare.chain, brokers.address(), &store, &clean);
}

#[test]
fn pays_the_same_in_every_order_of_a_block() {
    let settling = settling();
    let (brokers, stream) = (settling.brokers, settling.stream);
    let block = [
        by(eve(), brokers.settle(stream, 0)),
        by(bob(), brokers.settle(stream, 0)),
        by(broker(0), brokers.claim(Currency::Coin, None)),
        by(alice(), brokers.remove(stream, broker(0))),
    ];
    settling.chain.every_order(&block, |chain, order, outcomes| {
        assert_eq!(outcomes[..2].iter().filter(|outcome| outcome.is_ok()).count(), 1, "{order:?}");
        let waits = chain.query(brokers.credit_of(broker(0), Currency::Coin)).expect("a query");
        let first = order.iter().position(|index| *index < 2) < order.iter().position(|index| *index == 2);
        assert_eq!((outcomes[2].is_ok(), waits), (first, if first { 0 } else { 500 }), "{order:?}");
        assert!(outcomes[3].is_ok(), "{order:?}");
    });
}

#[test]
fn stays_within_its_size_and_gas() {
    /// What a change may add before somebody looks at it again.
    const MAX_WASM_BYTES: usize = 72 * 1024;
    /// Gas of a settlement that pays 64 brokers.
    const MAX_SETTLE_GAS: u64 = 3_000_000;
    let mut world = world(MAX_BROKERS, None, 1);
    let reports: Vec<_> = (0..MAX_BROKERS).map(|number| (number, 5, 1)).collect();
    world.report(0, &reports);
    let settled = world.settle(0);
    let (gas, size) = (settled.method_gas, code().len());
    settled.expect_ok();
    assert!(size <= MAX_WASM_BYTES && gas <= MAX_SETTLE_GAS, "{size} bytes; {gas} gas to settle with 64 brokers");
}
