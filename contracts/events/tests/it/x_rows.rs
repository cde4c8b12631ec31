//! The rules that every module has to hold, tried on this one: a sample of each method, and what follows from it.

use crate::{BOUNTY, FUNDS, MAX_AGE_MS, SALT, TERM_MS, World, code, subscribed};
use events::{COMMITMENT_MS, Currency, Event, Order, Origin, Publishers, Terms};
use std::ops::Range;
use tenon_contract::Hash;
use tenon_testkit::rules::{self, Dust};
use tenon_testkit::{Subject, TestChain, Transaction, alice, bob, by, charlie, dave, eve};

/// Charlie has delivered an event, so that money waits for him, and has committed to another; Dave did the same.
fn world() -> (World, Event) {
    let mut world = subscribed();
    let event = world.news("21.5");
    world.deliver(charlie(), 1, &event).expect_ok();
    let event = world.news("22");
    for who in [charlie(), dave()] {
        world.commit(who, 1, &event.to_bytes()).expect_ok();
    }
    (world, event)
}

fn commitment(world: &World, event: &Event) -> Hash {
    let query = world.events.delivery_commitment(charlie(), 1, event.to_bytes(), SALT);
    world.chain.query(query).expect("a query")
}

fn at(world: &World, later_ms: u64) -> TestChain {
    let mut chain = world.chain.clone();
    chain.advance_ms(later_ms);
    chain
}

fn subject() -> Subject {
    let (world, event) = world();
    let (chain, events, bytes) = (&world.chain, world.events, event.to_bytes());
    let origins = vec![Origin::Ethereum { address: [3; 20] }, Origin::Account { address: bob() }];
    let terms = Terms { partition: Some(2), publishers: Publishers::Origins(origins), ..world.terms() };
    let end = chain.time_ms() + 5_000;
    let over = at(&world, TERM_MS);
    let by_then = commitment(&world, &event);
    let calls = Subject::new(events.address(), &code())
        .call(chain, eve(), events.subscribe(terms, FUNDS, end, Some(dave())).with_value(FUNDS))
        .call(chain, eve(), events.top_up(1, 5).with_value(5))
        .call(chain, alice(), events.cancel(1))
        .call(&over, eve(), events.close(1))
        .call(chain, eve(), events.commit(SALT))
        .call(&at(&world, COMMITMENT_MS), eve(), events.remove_commitment(charlie(), by_then))
        .call(chain, charlie(), events.deliver(1, bytes.clone(), SALT))
        .call(&at(&world, MAX_AGE_MS), eve(), events.prune(1, Some((bob(), 3))))
        .call(chain, charlie(), events.withdraw(Currency::Coin, Some(dave())));
    calls
        .query(chain, events.subscription_count())
        .query(chain, events.subscription(1))
        .query(chain, events.subscriptions_of(alice(), Some(0), Some(5)))
        .query(chain, events.subscriptions_to(world.stream, Some(0), Some(5)))
        .query(chain, events.delivery_commitment(charlie(), 1, bytes.clone(), SALT))
        .query(chain, events.commitment(charlie(), by_then))
        .query(chain, events.message(event.clone()))
        .query(chain, events.encode_event(event))
        .query(chain, events.check_event(bytes.clone()))
        .query(chain, events.was_delivered(1, bytes))
        .query(chain, events.credit_of(charlie(), Currency::Coin))
        .query(chain, events.owed(Currency::Coin))
}

#[test]
fn holds_what_every_module_has_to_hold() {
    let subject = subject();
    subject.assert_complete(&[]);
    subject.check();
}

#[test]
fn gives_owners_and_deliverers_these_powers_and_no_others() {
    let subject = subject();
    rules::has_only_these_powers(&subject, alice(), eve(), &["cancel"]);
    rules::has_only_these_powers(&subject, charlie(), eve(), &["deliver", "withdraw"]);
    rules::has_only_these_powers(&subject, bob(), eve(), &[]);
}

#[test]
fn takes_a_delivery_once_and_on_this_chain_alone() {
    let (world, event) = world();
    rules::refuses_replay(&world.chain, &world.delivery(charlie(), 1, &event), None);
}

#[test]
fn gains_nothing_by_going_round() {
    // Charlie subscribes to what he publishes and delivers it to himself: he gets back what he paid at most.
    let (world, event) = world();
    let (events, end) = (world.events, world.chain.time_ms() + 5_000);
    let terms = Terms { publishers: Publishers::Origins(vec![Origin::Account { address: bob() }]), ..world.terms() };
    let query = events.delivery_commitment(charlie(), 2, event.to_bytes(), SALT);
    let commitment = world.chain.query(query).expect("a query");
    let cycle = [
        by(charlie(), events.subscribe(terms, FUNDS, end + TERM_MS, None).with_value(FUNDS)),
        by(charlie(), events.commit(commitment)),
        by(charlie(), events.deliver(2, event.to_bytes(), SALT)),
        by(charlie(), events.cancel(2)),
        by(charlie(), events.deliver(2, event.to_bytes(), SALT)),
        by(charlie(), events.close(2)),
        by(charlie(), events.withdraw(Currency::Coin, None)),
        by(charlie(), events.withdraw(Currency::Coin, None)),
    ];
    let instance = events.address();
    let worth = |chain: &TestChain| {
        let waits = chain.query(events.credit_of(charlie(), Currency::Coin)).expect("a query");
        let funds = chain.query(events.subscription(2)).map_or(0, |info| info.progress.funds);
        chain.coin(charlie()) + waits + funds + chain.deposit_of(instance)
    };
    rules::gains_nothing(&world.chain, worth, &cycle);
}

#[test]
fn costs_the_same_among_a_hundred_thousand_subscriptions_and_notes() {
    const BLOCK: usize = 100;
    let (mut world, _) = world();
    let terms = Terms { order: Order::Rising, ..world.terms() };
    world.subscribe(terms).expect_ok();
    let (events, end) = (world.events, world.chain.time_ms() + TERM_MS);
    let small = Terms { bounty: 0, ..world.terms() };
    // Commitments do not live as long as the dust needs to grow: they are made when it has, to an event of that time.
    let event_at = |chain: &TestChain, time_ms: u64| {
        let world = World { chain: chain.clone(), ..world.clone() };
        world.event_of(&tenon_testkit::keypair("Bob"), time_ms, "21.5")
    };
    let operations = |chain: &TestChain| {
        let event = event_at(chain, chain.time_ms() - 1_000);
        vec![
            by(charlie(), events.deliver(1, event.to_bytes(), SALT)),
            by(charlie(), events.deliver(2, event.to_bytes(), SALT)),
            by(alice(), events.subscribe(small.clone(), 0, end, None)),
            by(eve(), events.commit(SALT)),
            by(alice(), events.cancel(1)),
            by(charlie(), events.withdraw(Currency::Coin, None)),
        ]
    };
    let grow = |chain: &mut TestChain, numbers: Range<u64>| {
        let dust = numbers.flat_map(|number| {
            let mut bytes = [0xaa; 32];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            let commit = by(alice(), events.commit(Hash::new(bytes)));
            let subscribe = (number % 10 == 0).then(|| by(alice(), events.subscribe(small.clone(), 0, end, None)));
            [Some(commit), subscribe].into_iter().flatten()
        });
        for block in dust.collect::<Vec<Transaction>>().chunks(BLOCK) {
            assert!(chain.block(block).iter().all(tenon_testkit::Outcome::is_ok));
        }
        let event = event_at(chain, chain.time_ms());
        let commits = [1, 2].map(|subscription| {
            let query = events.delivery_commitment(charlie(), subscription, event.to_bytes(), SALT);
            by(charlie(), events.commit(chain.query(query).expect("a query")))
        });
        assert!(chain.block(&commits).iter().all(tenon_testkit::Outcome::is_ok));
    };
    rules::is_unmoved_by_dust(&world.chain, Dust::HUNDRED_THOUSAND, grow, operations);
}

#[test]
fn returns_the_deposit_of_whatever_is_over() {
    // The count of subscriptions is there before, and stays.
    let mut world = subscribed();
    let id = 2;
    let event = world.news("21.5");
    let query = |who| world.events.delivery_commitment(who, id, event.to_bytes(), SALT);
    let commitments = [charlie(), dave()].map(|who| world.chain.query(query(who)).expect("a query"));
    let (events, end) = (world.events, world.chain.time_ms() + TERM_MS);
    let store = [
        by(alice(), events.subscribe(world.terms(), BOUNTY, end, None).with_value(BOUNTY)),
        by(charlie(), events.commit(commitments[0])),
        by(dave(), events.commit(commitments[1])),
        by(charlie(), events.deliver(id, event.to_bytes(), SALT)),
        by(alice(), events.cancel(id)),
        by(charlie(), events.withdraw(Currency::Coin, None)),
    ];
    let before = (world.chain.stored_entries(events.address()), world.chain.deposit_of(events.address()));
    for transaction in &store {
        world.chain.run(transaction).expect_ok();
    }
    world.chain.advance_ms(COMMITMENT_MS);
    let clean = [
        by(eve(), events.close(id)),
        by(eve(), events.prune(id, None)),
        by(eve(), events.remove_commitment(dave(), commitments[1])),
    ];
    let deposits = world.chain.coin(eve());
    let mut fees = 0;
    for transaction in &clean {
        let outcome = world.chain.run(transaction);
        fees += outcome.fee;
        outcome.expect_ok();
    }
    let after = (world.chain.stored_entries(events.address()), world.chain.deposit_of(events.address()));
    assert_eq!(after, before);
    assert!(world.chain.coin(eve()) + fees > deposits, "who cleans up receives the deposits");
}

#[test]
fn stays_within_its_size_and_gas() {
    /// What a change may add before somebody looks at it again.
    const MAX_WASM_BYTES: usize = 64 * 1024;
    /// Gas of a delivery of an event that is signed by sr25519, without the consumer's.
    const MAX_DELIVERY_GAS: u64 = 500_000;
    let (mut world, event) = world();
    let delivery = world.delivery(charlie(), 1, &event);
    let gas = world.chain.run(&delivery).method_gas;
    let size = code().len();
    assert!(size <= MAX_WASM_BYTES && gas <= MAX_DELIVERY_GAS, "{size} bytes, {gas} gas");
}
