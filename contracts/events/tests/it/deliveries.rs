//! Deliveries: the first is paid, and nobody else; what is not to be delivered is refused by number.

use crate::{BOUNTY, FUNDS, MAX_AGE_MS, SALT, World, ethereum_key, plain, signed, subscribed, world};
use events::{COMMITMENT_MS, Delivered, Error, Event, MAX_DELIVERED_BYTES, Order, Origin, Publishers, StreamId, Terms};
use streams::Level;
use tenon_contract::{Address, Hash};
use tenon_testkit::hostile::{self, Behaviour, Target};
use tenon_testkit::{alice, bob, by, charlie, dave, eve, keypair};

#[test]
fn pays_the_first_who_delivers_and_refuses_the_second() {
    let mut world = subscribed();
    let event = world.news("21.5");
    let bytes = event.to_bytes();
    world.commit(charlie(), 1, &bytes).expect_ok();
    world.commit(dave(), 1, &bytes).expect_ok();
    let first = world.chain.run(&world.delivery(charlie(), 1, &event));
    assert_eq!((world.credit(charlie()), world.called()), (BOUNTY, 1));
    let id = world.chain.query(world.events.check_event(bytes.clone())).expect("a query").id;
    let (by, publisher, stream) = (charlie(), bob(), world.stream);
    let notice = Delivered { subscription: 1, by, event: id, stream, publisher, bounty: BOUNTY, consumer_error: 0 };
    assert!(first.has(&notice));
    let before = world.chain.digest();
    let second = world.chain.run(&world.delivery(dave(), 1, &event));
    second.expect_error(Error::AlreadyDelivered);
    assert_ne!(world.chain.digest(), before, "the fee is paid");
    assert_eq!((world.credit(dave()), world.called()), (0, 1));
    let progress = world.info(1).progress;
    assert_eq!((progress.funds, progress.delivered), (FUNDS - BOUNTY, 1));
    assert_eq!(world.chain.query(world.events.was_delivered(1, bytes)), Ok(true));
    assert_eq!(world.chain.query(world.events.was_delivered(1, world.news("22").to_bytes())), Ok(false));
}

#[test]
fn pays_one_of_two_in_every_order_of_a_block() {
    let mut world = subscribed();
    let event = world.news("21.5");
    for who in [charlie(), dave()] {
        world.commit(who, 1, &event.to_bytes()).expect_ok();
    }
    let deliveries = [world.delivery(charlie(), 1, &event), world.delivery(dave(), 1, &event)];
    let events = world.events;
    world.chain.every_order(&deliveries, |chain, order, outcomes| {
        let first = order[0];
        assert!(outcomes[first].is_ok() && !outcomes[1 - first].is_ok());
        let credit = |who| chain.query(events.credit_of(who, events::Currency::Coin));
        let credits = [credit(charlie()), credit(dave())];
        assert_eq!((credits[first].clone(), credits[1 - first].clone()), (Ok(BOUNTY), Ok(0)));
    });
}

#[test]
fn gives_a_thief_nothing_who_copies_a_delivery() {
    let mut world = subscribed();
    let event = world.news("21.5");
    world.commit(charlie(), 1, &event.to_bytes()).expect_ok();
    let honest = world.delivery(charlie(), 1, &event);
    // Eve sees it, and puts her copy before it; a commitment of the same block is too late, and that of Charlie not hers.
    let copy = honest.signed_by(eve());
    let query = world.events.delivery_commitment(eve(), 1, event.to_bytes(), SALT);
    let commit = by(eve(), world.events.commit(world.chain.query(query).expect("a query")));
    let outcomes = world.chain.block(&[commit, copy.clone(), honest]);
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
    outcomes[1].expect_error(Error::CommitmentTooYoung);
    assert_eq!((world.credit(eve()), world.credit(charlie())), (0, BOUNTY));
    world.chain.run(&copy).expect_error(Error::AlreadyDelivered);
    let other = world.news("22");
    world.commit(charlie(), 1, &other.to_bytes()).expect_ok();
    let theft = world.delivery(eve(), 1, &other);
    world.chain.run(&theft).expect_error(Error::NoCommitment);
    let stolen = world.chain.query(world.events.delivery_commitment(charlie(), 1, other.to_bytes(), SALT));
    world.chain.from(eve()).call(world.events.commit(stolen.expect("a query"))).expect_ok();
    world.chain.run(&theft).expect_error(Error::NoCommitment);
}

#[test]
fn lets_an_outsider_deliver_when_the_usual_one_does_not() {
    let mut world = subscribed();
    let event = world.news("21.5");
    // Charlie commits and falls silent.
    world.commit(charlie(), 1, &event.to_bytes()).expect_ok();
    world.deliver(eve(), 1, &event).expect_ok();
    assert_eq!((world.credit(eve()), world.credit(charlie())), (BOUNTY, 0));
}

#[test]
fn a_commitment_is_good_from_the_next_block_on_for_ten_minutes() {
    let mut world = world();
    let terms = Terms { max_age_ms: 10 * COMMITMENT_MS, ..world.terms() };
    world.subscribe(terms).expect_ok();
    let event = world.news("21.5");
    let made = world.chain.time_ms();
    world.commit(charlie(), 1, &event.to_bytes()).expect_ok();
    world.commit(charlie(), 1, &event.to_bytes()).expect_error(Error::AlreadyCommitted);
    let delivery = world.delivery(charlie(), 1, &event);
    tenon_testkit::rules::closes_at(&world.chain, made + COMMITMENT_MS, &delivery);
    let query = world.events.delivery_commitment(charlie(), 1, event.to_bytes(), SALT);
    let commitment = world.chain.query(query).expect("a query");
    let remove = by(eve(), world.events.remove_commitment(charlie(), commitment));
    tenon_testkit::rules::opens_at(&world.chain, made + COMMITMENT_MS, &remove);
    world.chain.run(&remove).expect_error(Error::CommitmentStands);
    world.chain.run(&remove.signed_by(charlie())).expect_ok();
    assert_eq!(world.chain.query(world.events.commitment(charlie(), commitment)), Ok(None));
    world.chain.run(&remove).expect_error(Error::NoCommitment);
    world.chain.run(&delivery).expect_error(Error::NoCommitment);
}

#[test]
fn a_used_commitment_is_gone() {
    let mut world = subscribed();
    let event = world.news("21.5");
    world.deliver(charlie(), 1, &event).expect_ok();
    let delivery = world.delivery(charlie(), 1, &event);
    world.chain.run(&delivery).expect_error(Error::NoCommitment);
}

#[test]
fn stops_when_the_bounty_is_exhausted() {
    let mut world = subscribed();
    for number in 0..3 {
        let event = world.news(&number.to_string());
        world.deliver(charlie(), 1, &event).expect_ok();
    }
    let event = world.news("4");
    world.deliver(charlie(), 1, &event).expect_error(Error::BountyExhausted);
    assert_eq!((world.credit(charlie()), world.called(), world.info(1).progress.funds), (3 * BOUNTY, 3, 7));
    let top_up = world.events.top_up(1, BOUNTY - 7);
    world.chain.from(eve()).call(top_up.with_value(BOUNTY - 7)).expect_ok();
    let delivery = world.delivery(charlie(), 1, &event);
    world.chain.run(&delivery).expect_ok();
    assert_eq!(world.info(1).progress.funds, 0);
}

#[test]
fn takes_events_of_who_may_publish_in_the_stream_now() {
    let mut world = subscribed();
    let (key, stranger) = (ethereum_key(1), ethereum_key(2));
    let event = world.event(&key, "21.5");
    world.deliver(charlie(), 1, &event).expect_ok();
    for pair in [stranger, keypair("Eve")] {
        let event = world.event(&pair, "21.5");
        world.deliver(charlie(), 1, &event).expect_error(Error::NotPublisher);
    }
    let event = world.news("21.5");
    let revoke = world.streams.revoke(world.stream.id, bob(), Level::Publish);
    world.chain.from(alice()).call(revoke).expect_ok();
    world.deliver(charlie(), 1, &event).expect_error(Error::NotPublisher);
    world.chain.from(alice()).call(world.streams.grant_public(world.stream.id, Level::Publish, None)).expect_ok();
    let delivery = world.delivery(charlie(), 1, &event);
    world.chain.run(&delivery).expect_ok();
    // There are four partitions.
    let fifth = Event { partition: 4, ..plain(world.stream, world.chain.time_ms(), "21.5") };
    let fifth = signed(fifth, &world.chain.chain_id(), &keypair("Bob"));
    world.deliver(charlie(), 1, &fifth).expect_error(Error::NotPublisher);
}

#[test]
fn takes_events_of_listed_origins_whatever_the_registry_says() {
    let mut world = world();
    let key = ethereum_key(2);
    let origins = vec![Origin::Ethereum { address: crate::address_of(&key) }, Origin::Account { address: eve() }];
    let terms = Terms { publishers: Publishers::Origins(origins), ..world.terms() };
    world.subscribe(terms).expect_ok();
    for pair in [key, keypair("Eve")] {
        let event = world.event(&pair, "21.5");
        world.deliver(charlie(), 1, &event).expect_ok();
    }
    for pair in [ethereum_key(1), keypair("Bob")] {
        let event = world.event(&pair, "21.5");
        world.deliver(charlie(), 1, &event).expect_error(Error::NotPublisher);
    }
}

#[test]
fn refuses_what_the_subscription_is_not_about() {
    let mut world = world();
    let terms = Terms { partition: Some(2), ..world.terms() };
    world.subscribe(terms).expect_ok();
    let (chain, bob) = (world.chain.chain_id(), keypair("Bob"));
    let good = Event { partition: 2, ..plain(world.stream, world.chain.time_ms(), "21.5") };
    let other = |id: u8| StreamId { id: Hash::new([id; 32]), ..world.stream };
    let refused = [
        (Event { stream: other(1), ..good.clone() }, Error::OtherStream),
        (Event { stream: StreamId { module: alice(), ..world.stream }, ..good.clone() }, Error::OtherStream),
        (Event { partition: 3, ..good.clone() }, Error::OtherPartition),
    ];
    for (event, error) in refused {
        world.deliver(charlie(), 1, &signed(event, &chain, &bob)).expect_error(error);
    }
    world.deliver(charlie(), 1, &signed(good.clone(), &Hash::ZERO, &bob)).expect_error(Error::WrongSignature);
    world.deliver(charlie(), 2, &signed(good.clone(), &chain, &bob)).expect_error(Error::UnknownSubscription);
    world.deliver(charlie(), 1, &signed(good, &chain, &bob)).expect_ok();
}

#[test]
fn refuses_bytes_that_are_no_event() {
    let mut world = subscribed();
    let bytes = world.news("21.5").to_bytes();
    let long = Event { content: vec![0; MAX_DELIVERED_BYTES], ..world.news("") };
    let refused = [
        (Vec::new(), Error::Truncated),
        (bytes[..bytes.len() - 1].to_vec(), Error::Truncated),
        ([&bytes[..], &[0]].concat(), Error::TrailingBytes),
        ([&[2], &bytes[1..]].concat(), Error::UnknownVersion),
        (Event { origin_type: 3, ..world.news("21.5") }.to_bytes(), Error::UnknownOriginType),
        (Event { signature_type: 3, ..world.news("21.5") }.to_bytes(), Error::UnknownSignatureType),
        (Event { origin: vec![1; 31], ..world.news("21.5") }.to_bytes(), Error::WrongLength),
        (long.to_bytes(), Error::TooLong),
    ];
    for (bytes, error) in refused {
        world.deliver_bytes(charlie(), 1, bytes).expect_error(error);
    }
    assert_eq!((world.credit(charlie()), world.called()), (0, 0));
}

#[test]
fn takes_events_from_their_time_on_until_they_are_too_old() {
    let mut world = subscribed();
    let time = world.chain.time_ms() + 10_000;
    let event = world.event_of(&keypair("Bob"), time, "21.5");
    world.commit(charlie(), 1, &event.to_bytes()).expect_ok();
    let delivery = world.delivery(charlie(), 1, &event);
    tenon_testkit::rules::opens_at(&world.chain, time, &delivery);
    tenon_testkit::rules::closes_at(&world.chain, time + MAX_AGE_MS, &delivery);
    world.chain.clone().run(&delivery).expect_error(Error::FromFuture);
    world.chain.set_time_ms(time + MAX_AGE_MS);
    world.chain.run(&delivery).expect_error(Error::TooOld);
}

/// A subscription that takes rising events alone.
fn rising() -> World {
    let mut world = world();
    let terms = Terms { order: Order::Rising, ..world.terms() };
    world.subscribe(terms).expect_ok();
    world
}

#[test]
fn takes_rising_events_of_each_publisher_and_partition_apart() {
    let mut world = rising();
    let now = world.chain.time_ms();
    let (bob, key) = (keypair("Bob"), ethereum_key(1));
    let second = world.event_of(&bob, now - 100, "second");
    world.deliver(charlie(), 1, &second).expect_ok();
    for (time, text) in [(now - 101, "first"), (now - 100, "of the same time")] {
        let event = world.event_of(&bob, time, text);
        world.deliver(charlie(), 1, &event).expect_error(Error::OutOfOrder);
    }
    world.commit(dave(), 1, &second.to_bytes()).expect_ok();
    let again = world.delivery(dave(), 1, &second);
    world.chain.run(&again).expect_error(Error::AlreadyDelivered);
    // Another publisher, and another partition, have an order of their own.
    let other = world.event_of(&key, now - 200, "first");
    world.deliver(charlie(), 1, &other).expect_ok();
    let other = Event { partition: 1, ..plain(world.stream, now - 200, "first") };
    let other = signed(other, &world.chain.chain_id(), &bob);
    world.deliver(charlie(), 1, &other).expect_ok();
    assert_eq!(world.credit(charlie()), 3 * BOUNTY);
}

#[test]
fn who_delivers_signs_the_transaction() {
    let mut world = subscribed();
    let event = world.news("21.5");
    let module = hostile::deploy(&mut world.chain);
    let act = |world: &mut World, method: &str, input: Vec<u8>| {
        let target = Target { address: world.events.address(), method: method.into(), input, value: 0 };
        world.chain.from(eve()).call(module.act(target)).expect_ok()
    };
    let query = world.events.delivery_commitment(module.address(), 1, event.to_bytes(), SALT);
    let commit = world.events.commit(world.chain.query(query).expect("a query"));
    assert_eq!(act(&mut world, commit.method, commit.input), 0);
    let deliver = world.events.deliver(1, event.to_bytes(), SALT);
    let code = act(&mut world, deliver.method, deliver.input);
    assert_eq!(tenon_contract::abi::module_error_number(code), Some(Error::NotDirect as u16));
    assert_eq!(world.credit(module.address()), 0);
}

#[test]
fn keeps_notes_as_long_as_an_event_could_come_again() {
    let mut world = subscribed();
    let now = world.chain.time_ms();
    let event = world.event_of(&keypair("Bob"), now, "21.5");
    world.deliver(charlie(), 1, &event).expect_ok();
    let prune = by(eve(), world.events.prune(1, None));
    world.commit(dave(), 1, &event.to_bytes()).expect_ok();
    let again = world.delivery(dave(), 1, &event);
    tenon_testkit::rules::opens_at(&world.chain, now + MAX_AGE_MS, &prune);
    world.chain.run(&prune).expect_error(Error::NothingToRemove);
    tenon_testkit::rules::at_boundary(&world.chain, now + MAX_AGE_MS, |chain, offset| {
        let error = if offset < 0 { Error::AlreadyDelivered } else { Error::TooOld };
        chain.run(&again).expect_error(error);
    });
    world.chain.set_time_ms(now + MAX_AGE_MS);
    world.chain.run(&prune).expect_ok();
    world.chain.run(&again).expect_error(Error::TooOld);
    world.chain.run(&prune).expect_error(Error::NothingToRemove);
}

#[test]
fn prunes_the_newest_of_publishers_who_fell_silent() {
    let mut world = rising();
    let now = world.chain.time_ms();
    let old = world.event_of(&keypair("Bob"), now - MAX_AGE_MS + 10_000, "old");
    let fresh = world.event_of(&ethereum_key(1), now, "fresh");
    world.deliver(charlie(), 1, &old).expect_ok();
    world.deliver(charlie(), 1, &fresh).expect_ok();
    world.chain.set_time_ms(now + 10_000);
    let publishers = [bob(), Address::new(ethereum_key(1).account())];
    let last = *publishers.iter().max().expect("two");
    let behind_all = world.events.prune(1, Some((last, u16::MAX)));
    world.chain.from(eve()).call(behind_all).expect_error(Error::NothingToRemove);
    assert_eq!(world.chain.from(eve()).call(world.events.prune(1, None)).expect_ok(), 1);
    world.deliver(charlie(), 1, &old).expect_error(Error::TooOld);
    world.commit(dave(), 1, &fresh.to_bytes()).expect_ok();
    let again = world.delivery(dave(), 1, &fresh);
    world.chain.run(&again).expect_error(Error::AlreadyDelivered);
}

#[test]
fn an_event_is_delivered_to_each_subscription_once() {
    let mut world = subscribed();
    hostile::behave(&mut world.chain, world.consumer, Behaviour::Refuse);
    let terms = world.terms();
    world.subscribe(terms).expect_ok();
    let event = world.news("21.5");
    assert!(!world.deliver(charlie(), 1, &event).expect_ok());
    // The same event is another delivery to another subscription.
    assert!(!world.deliver(charlie(), 2, &event).expect_ok());
    assert_eq!(world.credit(charlie()), 2 * BOUNTY);
}
