//! Consumers that trap, refuse, burn gas or call back: who delivers is paid all the same, and nobody else is held up.

use crate::{BOUNTY, subscribed, world};
use events::{Delivered, Error, MAX_CALLBACK_GAS, Terms};
use tenon_contract::Hash;
use tenon_contract::abi::HostError;
use tenon_testkit::hostile::{self, Behaviour};
use tenon_testkit::{alice, by, charlie, dave, rules};

fn hostile_behaviours() -> [Behaviour; 5] {
    [Behaviour::Refuse, Behaviour::Panic, Behaviour::BurnGas, Behaviour::Garble, Behaviour::Flood]
}

#[test]
fn cannot_cheat_who_delivers_of_the_bounty() {
    for behaviour in hostile_behaviours() {
        let mut world = world();
        let terms = Terms { callback_gas: 20_000_000, ..world.terms() };
        world.subscribe(terms).expect_ok();
        hostile::behave(&mut world.chain, world.consumer, behaviour.clone());
        let event = world.news("21.5");
        let outcome = world.deliver(charlie(), 1, &event);
        assert_eq!(outcome.count_of::<Delivered>(), 1);
        let took = outcome.expect_ok();
        assert_eq!(took, matches!(behaviour, Behaviour::Garble | Behaviour::Flood), "{behaviour:?}");
        assert_eq!(world.credit(charlie()), BOUNTY, "{behaviour:?}");
        world.commit(dave(), 1, &event.to_bytes()).expect_ok();
        let again = world.delivery(dave(), 1, &event);
        world.chain.run(&again).expect_error(Error::AlreadyDelivered);
        let paid = world.chain.from(charlie()).call(world.events.withdraw(events::Currency::Coin, None)).expect_ok();
        assert_eq!(paid, BOUNTY);
    }
}

#[test]
fn cannot_hold_up_other_subscriptions() {
    let mut world = subscribed();
    let terms = world.terms();
    world.subscribe(Terms { consumer: world.events.address(), ..terms }).expect_ok();
    let other = hostile::deploy(&mut world.chain);
    let terms = world.terms();
    world.subscribe(Terms { consumer: other.address(), ..terms }).expect_ok();
    let event = world.news("21.5");
    world.commit(charlie(), 3, &event.to_bytes()).expect_ok();
    let delivery = world.delivery(charlie(), 3, &event);
    for behaviour in hostile_behaviours() {
        let sabotage = |chain: &mut tenon_testkit::TestChain| hostile::behave(chain, world.consumer, behaviour);
        rules::is_not_blocked_by(&world.chain, sabotage, std::slice::from_ref(&delivery));
    }
    // A consumer without the method takes nothing, and the delivery counts.
    assert!(!world.deliver(charlie(), 2, &event).expect_ok());
    assert_eq!(world.credit(charlie()), BOUNTY);
}

#[test]
fn get_all_the_gas_that_was_promised_or_nothing_happens() {
    let mut world = world();
    let terms = Terms { callback_gas: 3_000_000, ..world.terms() };
    world.subscribe(terms).expect_ok();
    hostile::behave(&mut world.chain, world.consumer, Behaviour::BurnGas);
    let event = world.news("21.5");
    world.commit(charlie(), 1, &event.to_bytes()).expect_ok();
    let delivery = world.delivery(charlie(), 1, &event);
    let used = world.chain.clone().run(&delivery).method_gas;
    assert!((3_000_000..4_000_000).contains(&used), "{used} gas: no more than was promised");
    let mut refused = 0;
    for gas in (100_000..used + 200_000).step_by(20_000) {
        let mut chain = world.chain.clone();
        let outcome = chain.run(&delivery.with_gas(gas));
        match &outcome.result {
            Ok(_) => assert!(outcome.method_gas >= 3_000_000, "the consumer got less at {gas}"),
            Err(failure) => {
                let too_little = failure.module_error::<Error>() == Some(Error::TooLittleGas);
                assert!(too_little || failure.host_error() == Some(HostError::OutOfGas), "{failure}");
                assert_eq!(chain.query(world.events.credit_of(charlie(), events::Currency::Coin)), Ok(0));
                refused += u32::from(too_little);
            }
        }
    }
    assert!(refused > 100, "{refused}");
    let most = Terms { callback_gas: MAX_CALLBACK_GAS, ..world.terms() };
    world.subscribe(most).expect_ok();
    assert!(!world.deliver(charlie(), 2, &event).expect_ok());
}

#[test]
fn cannot_call_back() {
    let mut world = subscribed();
    world.chain.set_coin(world.consumer.address(), 1_000_000_000_000);
    let event = world.news("21.5");
    let delivery = world.delivery(charlie(), 1, &event);
    world.commit(charlie(), 1, &event.to_bytes()).expect_ok();
    let end = world.chain.time_ms() + 1_000;
    let into = [
        by(alice(), world.events.subscribe(world.terms(), 0, end, None)),
        by(alice(), world.events.top_up(1, 0)),
        by(alice(), world.events.cancel(1)),
        by(alice(), world.events.close(1)),
        by(alice(), world.events.commit(Hash::ZERO)),
        by(alice(), world.events.remove_commitment(charlie(), Hash::ZERO)),
        by(alice(), world.events.deliver(1, event.to_bytes(), crate::SALT)),
        by(alice(), world.events.prune(1, None)),
        by(alice(), world.events.withdraw(events::Currency::Coin, None)),
    ];
    rules::refuses_re_entry(&world.chain, world.consumer, &delivery, &into);
}

#[test]
fn a_registry_that_lies_or_burns_gas_harms_only_who_trusts_it() {
    let mut world = world();
    let registry = hostile::deploy(&mut world.chain);
    let stream = events::StreamId { module: registry.address(), ..world.stream };
    let terms = Terms { stream, ..world.terms() };
    world.subscribe(terms).expect_ok();
    // It has no such query: nobody may publish.
    let event = crate::signed(
        crate::plain(stream, world.chain.time_ms(), "21.5"),
        &world.chain.chain_id(),
        &tenon_testkit::keypair("Bob"),
    );
    world.deliver(charlie(), 1, &event).expect_error(Error::NotPublisher);
    assert_eq!((world.credit(charlie()), world.called()), (0, 0));
}
