//! How a wish is made, backed and granted (SR-24).

use crate::{LIFE_MS, RICH, TERMS, World, code, code_of, wished, world};
use streams::Level;
use tenon_contract::{Address, Hash};
use tenon_testkit::{alice, bob, by, charlie, dave, eve, rules};
use wishes::{
    Accepted, Backed, Collected, Currency, Error, MAX_DURATION_MS, MAX_TEXT_BYTES, NewWish, Progress, StreamAccepted,
    Submitted, Terms, Wished, WishesRef,
};

#[test]
fn an_editor_who_was_removed_keeps_nobody_out() {
    let (mut world, wish, _) = wished();
    world.back(bob(), wish, 500).expect_ok();
    let stream = world.weather;
    world.by(dave(), world.streams.grant(stream, eve(), Level::Edit, None)).expect_ok();
    world.submit(eve(), wish, stream).expect_ok();
    world.submit(dave(), wish, stream).expect_error(Error::AlreadySubmitted);
    world.by(dave(), world.streams.revoke(stream, eve(), Level::Edit)).expect_ok();
    world.accept(wish, stream, eve()).expect_error(Error::PublisherLeft);
    world.submit(dave(), wish, stream).expect_ok();
    world.submit(dave(), wish, stream).expect_error(Error::AlreadySubmitted);
    world.accept(wish, stream, eve()).expect_error(Error::NotSubmitted);
    world.accept(wish, stream, dave()).expect_ok();
    assert_eq!(world.collect(dave(), wish).expect_ok(), 500);
}

#[test]
fn a_stream_that_is_gone_is_not_accepted() {
    let (mut world, wish, deadline) = wished();
    world.back(bob(), wish, 500).expect_ok();
    let stream = world.weather;
    world.submit(dave(), wish, stream).expect_ok();
    world.by(dave(), world.streams.delete(stream)).expect_ok();
    world.accept(wish, stream, dave()).expect_error(Error::PublisherLeft);
    world.chain.set_time_ms(deadline);
    assert_eq!(world.refund(bob(), wish).expect_ok(), 500);
}

#[test]
fn posts_a_wish_that_others_add_to_and_a_publisher_is_paid_for() {
    let (mut world, wish, deadline_ms) = wished();
    let terms = Terms {
        by: alice(),
        text: "Rain in Oslo".into(),
        terms_hash: TERMS,
        currency: Currency::Coin,
        acceptor: alice(),
        deadline_ms,
    };
    assert_eq!((wish, world.info(wish).terms), (1, terms));
    world.back(alice(), wish, 300).expect_ok();
    let backed = world.back(bob(), wish, 50);
    assert!(backed.has(&Backed { wish, backer: bob(), amount: 50, bounty: 350 }));
    world.back(bob(), wish, 7).expect_ok();
    let (weather, traffic) = (world.weather, world.traffic);
    let submitted = world.submit(dave(), wish, weather);
    assert!(submitted.has(&Submitted { wish, publisher: dave(), stream: weather }));
    world.submit(eve(), wish, traffic).expect_ok();
    let accepted = world.accept(wish, weather, dave());
    assert!(accepted.has(&StreamAccepted { wish, publisher: dave(), stream: weather, bounty: 357 }));
    accepted.expect_ok();
    world.collect(eve(), wish).expect_error(Error::NotPublisher);
    let collected = world.collect(dave(), wish);
    assert!(collected.has(&Collected { wish, publisher: dave(), to: dave(), amount: 357 }));
    assert_eq!(collected.expect_ok(), 357);
    world.collect(dave(), wish).expect_error(Error::NothingToTake);
    assert_eq!((world.owed(Currency::Coin), world.chain.coin(world.wishes.address())), (0, 0));
    let accepted = Some(Accepted { stream: weather, publisher: dave() });
    assert_eq!(world.info(wish).progress, Progress { held: 0, accepted });
}

#[test]
fn pays_a_bounty_in_gold_to_whom_the_publisher_says() {
    let mut world = world();
    let gold = world.gold();
    let wish = world.wish(Some(gold));
    world.back(bob(), wish, 300).expect_ok();
    assert_eq!((world.gold_of(bob()), world.owed(gold)), (RICH - 300, 300));
    let weather = world.weather;
    world.submit(dave(), wish, weather).expect_ok();
    world.accept(wish, weather, dave()).expect_ok();
    for to in [Address::ZERO, world.wishes.address()] {
        let collect = world.wishes.collect(wish, Some(to));
        world.by(dave(), collect).expect_error(Error::InvalidReceiver);
    }
    let collect = world.wishes.collect(wish, Some(eve()));
    assert_eq!(world.by(dave(), collect).expect_ok(), 300);
    assert_eq!((world.gold_of(eve()), world.owed(gold)), (300, 0));
}

#[test]
fn refuses_wishes_that_make_no_sense() {
    let mut world = world();
    let now = world.chain.time_ms();
    let (wishes, here) = (world.wishes, world.wishes.address());
    let wish = |text: &str, deadline| wishes.wish(text.into(), TERMS, deadline, None, None);
    let long = "x".repeat(MAX_TEXT_BYTES + 1);
    for text in ["", "two\nlines", &long] {
        world.by(alice(), wish(text, now + 100_000)).expect_error(Error::InvalidText);
    }
    for deadline in [0, now - 1, now, u64::MAX] {
        world.by(alice(), wish("Rain", deadline)).expect_error(Error::InvalidDeadline);
    }
    let now = world.chain.time_ms();
    world.by(alice(), wish("Rain", now + MAX_DURATION_MS + 1)).expect_error(Error::InvalidDeadline);
    for acceptor in [Address::ZERO, here] {
        let call = wishes.wish("Rain".into(), TERMS, now + LIFE_MS, Some(acceptor), None);
        world.by(alice(), call).expect_error(Error::InvalidAcceptor);
    }
    let nowhere = Some(Currency::Asset { module: Address::ZERO, asset: 1 });
    let call = wishes.wish("Rain".into(), TERMS, now + LIFE_MS, None, nowhere);
    world.by(alice(), call).expect_error(Error::InvalidCurrency);
    let latest = world.chain.time_ms() + MAX_DURATION_MS;
    let longest = world.by(bob(), wish(&long[1..], latest));
    let event = Wished {
        wish: 1,
        by: bob(),
        text: long[1..].into(),
        terms_hash: TERMS,
        currency: Currency::Coin,
        acceptor: bob(),
        deadline_ms: latest,
    };
    assert!(longest.has(&event));
    assert_eq!(longest.expect_ok(), 1, "no wish that was refused has a number");
}

#[test]
fn lets_only_editors_of_a_stream_submit_it_and_once() {
    let (mut world, wish, _) = wished();
    let weather = world.weather;
    world.submit(bob(), wish, weather).expect_error(Error::NotAllowed);
    world.submit(dave(), wish, Hash::new([7; 32])).expect_error(Error::UnknownStream);
    world.submit(dave(), 2, weather).expect_error(Error::UnknownWish);
    let grant = world.streams.grant(weather, bob(), streams::Level::Edit, None);
    world.by(dave(), grant).expect_ok();
    world.submit(bob(), wish, weather).expect_ok();
    world.submit(dave(), wish, weather).expect_error(Error::AlreadySubmitted);
    let listed = world.chain.query(world.wishes.submissions(wish, None, None));
    assert_eq!(listed, Ok(vec![(weather, bob())]));
}

#[test]
fn accepts_what_was_submitted_by_the_publisher_that_is_named() {
    let (mut world, wish, _) = wished();
    let (weather, traffic) = (world.weather, world.traffic);
    world.accept(wish, weather, dave()).expect_error(Error::NotSubmitted);
    world.submit(dave(), wish, weather).expect_ok();
    for who in [bob(), dave()] {
        let call = world.wishes.accept(wish, weather, dave());
        world.by(who, call).expect_error(Error::NotAcceptor);
    }
    world.accept(wish, weather, eve()).expect_error(Error::NotSubmitted);
    world.accept(wish, traffic, dave()).expect_error(Error::NotSubmitted);
    // Who may edit the stream takes the place of the publisher: the acceptor does not pay them by mistake.
    let grant = world.streams.grant(weather, bob(), streams::Level::Edit, None);
    world.by(dave(), grant).expect_ok();
    let remove = world.wishes.remove_submission(wish, weather);
    world.by(bob(), remove.clone()).expect_error(Error::SubmissionStands);
    world.by(dave(), remove).expect_ok();
    world.submit(bob(), wish, weather).expect_ok();
    world.accept(wish, weather, dave()).expect_error(Error::NotSubmitted);
    world.accept(wish, weather, bob()).expect_ok();
    world.accept(wish, weather, bob()).expect_error(Error::AlreadyAccepted);
}

#[test]
fn lets_another_accept_if_the_wish_says_so() {
    let mut world = world();
    let deadline = world.chain.time_ms() + LIFE_MS;
    let call = world.wishes.wish("Rain".into(), TERMS, deadline, Some(charlie()), None);
    let wish = world.by(alice(), call).expect_ok();
    let weather = world.weather;
    world.submit(dave(), wish, weather).expect_ok();
    world.accept(wish, weather, dave()).expect_error(Error::NotAcceptor);
    let call = world.wishes.accept(wish, weather, dave());
    world.by(charlie(), call).expect_ok();
}

#[test]
fn counts_the_deadline_to_what_begins_at_it() {
    let (mut world, wish, deadline) = wished();
    let (weather, traffic) = (world.weather, world.traffic);
    world.back(bob(), wish, 50).expect_ok();
    world.submit(dave(), wish, weather).expect_ok();
    let wishes = world.wishes;
    rules::closes_at(&world.chain, deadline, &by(charlie(), world.back_call(wish, 5)));
    rules::closes_at(&world.chain, deadline, &by(eve(), wishes.submit(wish, traffic)));
    rules::closes_at(&world.chain, deadline, &by(alice(), wishes.accept(wish, weather, dave())));
    rules::opens_at(&world.chain, deadline, &by(bob(), wishes.refund(wish, None)));
    rules::opens_at(&world.chain, deadline, &by(charlie(), wishes.remove_submission(wish, weather)));
}

#[test]
fn holds_one_wish_alone_in_an_instance_of_its_own() {
    let mut world = world();
    let deadline_ms = world.chain.time_ms() + LIFE_MS;
    let first = || NewWish { text: "Rain".into(), terms_hash: TERMS, deadline_ms, acceptor: None, currency: None };
    let own = WishesRef::at(world.chain.from(bob()).deploy(&code(), WishesRef::init(Some(first()), None)));
    let terms = world.chain.query(own.wish_info(1)).expect("the wish exists").terms;
    assert_eq!((terms.by, terms.acceptor, terms.currency), (bob(), bob(), Currency::Coin));
    let second = own.wish("More".into(), TERMS, deadline_ms, None, None);
    world.by(bob(), second).expect_error(Error::OneWishOnly);
    world.by(alice(), own.back(1, 70).with_value(70)).expect_ok();
    let wrong = NewWish { text: String::new(), ..first() };
    world.chain.from(bob()).try_deploy(&code(), WishesRef::init(Some(wrong), None)).expect_error(Error::InvalidText);
}

#[test]
fn asks_the_registry_that_it_was_created_with() {
    let mut world = world();
    let elsewhere = world.chain.from(alice()).deploy(&code_of("streams"), streams::StreamsRef::init());
    let deadline = world.chain.time_ms() + LIFE_MS;
    for (registry, error) in [(elsewhere, Error::UnknownStream), (Address::new([7; 32]), Error::RegistryFailed)] {
        let own = WishesRef::at(world.chain.from(alice()).deploy(&code(), WishesRef::init(None, Some(registry))));
        assert_eq!(world.chain.query(own.registry()), Ok(registry));
        let wish = world.by(alice(), own.wish("Rain".into(), TERMS, deadline, None, None)).expect_ok();
        let submit = own.submit(wish, world.weather);
        world.by(dave(), submit).expect_error(error);
    }
    assert_eq!(world.chain.query(world.wishes.registry()), Ok(world.streams.address()));
}

#[test]
fn takes_money_in_the_currency_of_the_wish_alone() {
    let (mut world, wish, _) = wished();
    let gold = world.gold();
    let golden = world.wish(Some(gold));
    let wishes = world.wishes;
    world.by(bob(), wishes.back(wish, 0)).expect_error(Error::ZeroAmount);
    world.by(bob(), wishes.back(wish, 50)).expect_error(Error::WrongValue);
    world.by(bob(), wishes.back(wish, 50).with_value(51)).expect_error(Error::WrongValue);
    world.by(bob(), wishes.back(golden, 50).with_value(50)).expect_error(Error::CoinNotWanted);
    world.by(dave(), wishes.back(golden, 50)).expect_error(Error::PaymentRefused);
    world.by(bob(), wishes.back(golden, RICH + 1)).expect_error(Error::PaymentRefused);
    world.by(bob(), wishes.back(9, 50).with_value(50)).expect_error(Error::UnknownWish);
    assert_eq!((world.owed(Currency::Coin), world.owed(gold)), (0, 0));
}

#[test]
fn shows_wishes_and_backers_page_by_page() {
    let (mut world, wish, _) = wished();
    assert_eq!(world.wish(None), 2);
    let mut backers = [(alice(), 1), (bob(), 2), (charlie(), 3)];
    for (who, amount) in backers {
        world.back(who, wish, amount).expect_ok();
    }
    backers.sort();
    let page =
        |world: &World, after, limit| world.chain.query(world.wishes.backers(wish, after, limit)).expect("a query");
    assert_eq!(page(&world, None, None), backers);
    assert_eq!(page(&world, Some(backers[0].0), Some(1)), &backers[1..2]);
    let wishes = |after, limit| world.chain.query(world.wishes.wishes(after, limit)).expect("a query");
    assert_eq!((wishes(None, None), wishes(Some(1), None), wishes(None, Some(1))), (vec![1, 2], vec![2], vec![1]));
    assert_eq!(world.chain.query(world.wishes.wish_count()), Ok(2));
}
