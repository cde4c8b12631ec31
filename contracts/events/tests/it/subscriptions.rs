//! Subscriptions: their terms, their end, and what is left then.

use crate::{BOUNTY, FUNDS, TERM_MS, subscribed, world};
use events::{
    COMMITMENT_MS, Currency, Error, MAX_AGE_MS, MAX_CALLBACK_GAS, MAX_ORIGINS, MAX_TERM_MS, MIN_CALLBACK_GAS, Origin,
    Publishers, StreamId, Subscribed, Terms,
};
use tenon_contract::{Address, Hash};
use tenon_testkit::{alice, bob, by, charlie, dave, eve, rules};

#[test]
fn states_its_terms_and_is_found_by_owner_and_stream() {
    let mut world = world();
    let (terms, end) = (world.terms(), world.chain.time_ms() + TERM_MS);
    let outcome = world.subscribe(terms.clone());
    let (stream, consumer, owner) = (world.stream, world.consumer.address(), alice());
    assert!(outcome.has(&Subscribed {
        subscription: 1,
        stream: stream.id,
        consumer,
        registry: stream.module,
        owner,
        currency: Currency::Coin,
        bounty: BOUNTY,
    }));
    let info = world.info(1);
    assert_eq!((info.terms, info.progress.owner, info.progress.funds), (terms.clone(), alice(), FUNDS));
    assert_eq!((info.progress.ends_at_ms, info.progress.delivered), (end, 0));
    let for_bob = world.events.subscribe(Terms { bounty: 0, ..terms }, 0, end, Some(bob()));
    assert_eq!(world.chain.from(alice()).call(for_bob).expect_ok(), 2);
    assert_eq!(world.chain.query(world.events.subscription_count()), Ok(2));
    assert_eq!(world.chain.query(world.events.subscriptions_of(alice(), None, None)), Ok(vec![1]));
    assert_eq!(world.chain.query(world.events.subscriptions_of(bob(), None, None)), Ok(vec![2]));
    let to = |after, limit| world.chain.query(world.events.subscriptions_to(stream, after, limit));
    assert_eq!((to(None, None), to(Some(1), None), to(None, Some(1))), (Ok(vec![1, 2]), Ok(vec![2]), Ok(vec![1])));
    let elsewhere = StreamId { id: Hash::ZERO, ..stream };
    assert_eq!(world.chain.query(world.events.subscriptions_to(elsewhere, None, None)), Ok(vec![]));
}

#[test]
fn refuses_terms_that_cannot_be_kept() {
    let mut world = world();
    let good = world.terms();
    let origins = |count: usize| {
        let origin = |number: usize| Origin::Ethereum { address: [u8::try_from(number).expect("small"); 20] };
        Publishers::Origins((0..count).map(origin).collect())
    };
    let twice = Publishers::Origins(vec![Origin::Account { address: bob() }; 2]);
    let nowhere = Currency::Asset { module: Address::ZERO, asset: 1 };
    let refused = [
        (Terms { publishers: origins(0), ..good.clone() }, Error::InvalidOrigins),
        (Terms { publishers: origins(MAX_ORIGINS + 1), ..good.clone() }, Error::InvalidOrigins),
        (Terms { publishers: twice, ..good.clone() }, Error::InvalidOrigins),
        (Terms { max_age_ms: 0, ..good.clone() }, Error::InvalidAge),
        (Terms { max_age_ms: MAX_AGE_MS + 1, ..good.clone() }, Error::InvalidAge),
        (Terms { callback_gas: MIN_CALLBACK_GAS - 1, ..good.clone() }, Error::InvalidCallbackGas),
        (Terms { callback_gas: MAX_CALLBACK_GAS + 1, ..good.clone() }, Error::InvalidCallbackGas),
        (Terms { currency: nowhere, ..good.clone() }, Error::InvalidCurrency),
        (Terms { consumer: bob(), ..good.clone() }, Error::NotAnInstance),
        (Terms { consumer: Address::ZERO, ..good.clone() }, Error::NotAnInstance),
    ];
    for (terms, error) in refused {
        world.subscribe(terms).expect_error(error);
    }
    world.subscribe(Terms { publishers: origins(MAX_ORIGINS), max_age_ms: MAX_AGE_MS, ..good.clone() }).expect_ok();
    let now = world.chain.time_ms();
    for (end, owner, error) in [
        (now, None, Error::InvalidExpiry),
        (now + MAX_TERM_MS + 1, None, Error::InvalidExpiry),
        (u64::MAX, None, Error::InvalidExpiry),
        (now + 1_000, Some(Address::ZERO), Error::ZeroAddress),
    ] {
        let mut chain = world.chain.clone();
        chain.from(alice()).call(world.events.subscribe(good.clone(), 0, end, owner)).expect_error(error);
    }
    let longest = world.events.subscribe(good, 0, now + MAX_TERM_MS, None);
    world.chain.from(alice()).call(longest).expect_ok();
}

#[test]
fn ends_with_notice_so_that_who_committed_is_still_paid() {
    let mut world = subscribed();
    let event = world.news("21.5");
    world.commit(charlie(), 1, &event.to_bytes()).expect_ok();
    world.chain.from(eve()).call(world.events.cancel(1)).expect_error(Error::NotOwner);
    let end = world.chain.time_ms() + COMMITMENT_MS;
    world.chain.from(alice()).call(world.events.cancel(1)).expect_ok();
    assert_eq!(world.info(1).progress.ends_at_ms, end);
    world.chain.from(alice()).call(world.events.cancel(1)).expect_ok();
    assert_eq!(world.info(1).progress.ends_at_ms, end, "a second notice changes nothing");
    let delivery = world.delivery(charlie(), 1, &event);
    world.chain.run(&delivery).expect_ok();
    rules::closes_at(&world.chain, end, &by(eve(), world.events.top_up(1, 0)));
    rules::opens_at(&world.chain, end, &by(eve(), world.events.close(1)));
    world.chain.set_time_ms(end);
    world.chain.from(alice()).call(world.events.cancel(1)).expect_error(Error::SubscriptionEnded);
    world.chain.from(eve()).call(world.events.close(1)).expect_ok();
    assert_eq!((world.credit(alice()), world.credit(charlie())), (FUNDS - BOUNTY, BOUNTY));
    world.chain.from(eve()).call(world.events.close(1)).expect_error(Error::UnknownSubscription);
    assert_eq!(world.chain.query(world.events.subscriptions_of(alice(), None, None)), Ok(vec![]));
    // Its notes are of no use any more.
    assert_eq!(world.chain.from(eve()).call(world.events.prune(1, None)).expect_ok(), 1);
}

#[test]
fn takes_deliveries_until_its_end() {
    let mut world = world();
    let end = world.chain.time_ms() + 30_000;
    let call = world.events.subscribe(world.terms(), FUNDS, end, None).with_value(FUNDS);
    world.chain.from(alice()).call(call).expect_ok();
    let event = world.news("21.5");
    world.commit(charlie(), 1, &event.to_bytes()).expect_ok();
    rules::closes_at(&world.chain, end, &world.delivery(charlie(), 1, &event));
    // A cancellation does not move the end away.
    world.chain.from(alice()).call(world.events.cancel(1)).expect_ok();
    assert_eq!(world.info(1).progress.ends_at_ms, end);
    world.chain.set_time_ms(end);
    let delivery = world.delivery(charlie(), 1, &event);
    world.chain.run(&delivery).expect_error(Error::SubscriptionEnded);
    world.chain.from(dave()).call(world.events.close(1)).expect_ok();
    let delivery = world.delivery(charlie(), 1, &event);
    world.chain.run(&delivery).expect_error(Error::UnknownSubscription);
    assert_eq!(world.credit(alice()), FUNDS);
}
