//! Bounties in coin and in assets: what arrives counts, and waits until it is taken.

use crate::{BOUNTY, FUNDS, World, subscribed, world};
use assets::AssetsRef;
use events::{Currency, Error, Terms};
use tenon_contract::Amount;
use tenon_testkit::hostile::{self, Behaviour, HostileRef};
use tenon_testkit::{TestChain, alice, by, charlie, dave, eve, rules};

/// A subscription for an asset of a hostile module, of which Alice has plenty.
fn for_hostile_asset(behaviour: Behaviour, funds: Amount) -> (World, HostileRef, Currency, Option<u64>) {
    let mut world = world();
    let module = hostile::deploy(&mut world.chain);
    world.chain.from(hostile::director()).call(module.give(5, alice(), 10_000)).expect_ok();
    hostile::behave(&mut world.chain, module, behaviour);
    let currency = Currency::Asset { module: module.address(), asset: 5 };
    let terms = Terms { currency, bounty: 100, ..world.terms() };
    let end = world.chain.time_ms() + crate::TERM_MS;
    let made = world.chain.from(alice()).call(world.events.subscribe(terms, funds, end, None));
    (world, module, currency, made.result.ok())
}

#[test]
fn pays_in_an_asset_of_the_chain() {
    let mut world = world();
    let assets = AssetsRef::at(TestChain::module_address("assets"));
    let issue = assets.issue("Data".into(), "DATA".into(), 0, 1_000, None, None, None, None, None, None, None);
    let data = world.chain.from(alice()).call(issue).expect_ok();
    let currency = Currency::Asset { module: assets.address(), asset: data };
    let terms = Terms { currency, bounty: 40, ..world.terms() };
    let end = world.chain.time_ms() + crate::TERM_MS;
    let subscribe = world.events.subscribe(terms, 100, end, None);
    world.chain.from(alice()).call(subscribe.clone()).expect_error(Error::PaymentRefused);
    world.chain.from(alice()).call(assets.approve(data, world.events.address(), 0, 100, None)).expect_ok();
    world.chain.from(alice()).call(subscribe.clone().with_value(1)).expect_error(Error::WrongPayment);
    world.chain.from(alice()).call(subscribe).expect_ok();
    let event = world.news("21.5");
    world.deliver(charlie(), 1, &event).expect_ok();
    let to = Some(dave());
    assert_eq!(world.chain.from(charlie()).call(world.events.withdraw(currency, to)).expect_ok(), 40);
    assert_eq!(world.chain.query(assets.balance_of(data, dave())), Ok(40));
    assert_eq!(world.chain.query(world.events.owed(currency)), Ok(60));
    let again = world.chain.from(charlie()).call(world.events.withdraw(currency, None));
    again.expect_error(Error::NothingToWithdraw);
}

#[test]
fn takes_coin_that_is_exactly_what_is_said() {
    let mut world = world();
    let end = world.chain.time_ms() + crate::TERM_MS;
    for value in [0, FUNDS - 1, FUNDS + 1] {
        let call = world.events.subscribe(world.terms(), FUNDS, end, None).with_value(value);
        world.chain.from(alice()).call(call).expect_error(Error::WrongPayment);
    }
    world.chain.from(alice()).call(world.events.top_up(1, 0)).expect_error(Error::UnknownSubscription);
    assert_eq!(world.chain.coin(world.events.address()), 0);
}

#[test]
fn counts_what_arrives() {
    let (mut world, module, currency, made) = for_hostile_asset(Behaviour::TakeFee, 1_000);
    assert_eq!(made, Some(1));
    assert_eq!(world.info(1).progress.funds, 990, "one percent did not arrive");
    assert_eq!(world.chain.from(alice()).call(world.events.top_up(1, 100)).expect_ok(), 99);
    assert_eq!(world.chain.query(world.events.owed(currency)), Ok(1_089));
    let held = world.chain.query(module.balance_of(5, world.events.address()));
    assert_eq!(held, Ok(1_089));
    let (world, _, currency, made) = for_hostile_asset(Behaviour::Pretend, 1_000);
    assert_eq!((made, world.info(1).progress.funds), (Some(1), 0));
    assert_eq!(world.chain.query(world.events.owed(currency)), Ok(0));
    // A module that says always the same has brought nothing.
    let (world, _, _, made) = for_hostile_asset(Behaviour::Lie(Amount::MAX), 1_000);
    assert_eq!((made, world.info(1).progress.funds), (Some(1), 0));
    for behaviour in [Behaviour::Refuse, Behaviour::Panic] {
        let (world, _, _, made) = for_hostile_asset(behaviour, 1_000);
        assert_eq!((made, world.chain.query(world.events.subscription_count())), (None, Ok(0)));
    }
}

#[test]
fn money_that_cannot_leave_waits_and_holds_up_nobody() {
    let (mut world, module, currency, _) = for_hostile_asset(Behaviour::Honest, 1_000);
    let terms = world.terms();
    world.subscribe(terms).expect_ok();
    let event = world.news("21.5");
    world.deliver(charlie(), 1, &event).expect_ok();
    world.deliver(charlie(), 2, &event).expect_ok();
    let coin = by(charlie(), world.events.withdraw(Currency::Coin, None));
    let events = world.events;
    for behaviour in [Behaviour::Refuse, Behaviour::Panic, Behaviour::BurnGas] {
        let sabotage = |chain: &mut TestChain| hostile::behave(chain, module, behaviour.clone());
        rules::is_not_blocked_by(&world.chain, sabotage, std::slice::from_ref(&coin));
        hostile::behave(&mut world.chain, module, behaviour.clone());
        let refused = world.chain.from(charlie()).call(events.withdraw(currency, None));
        assert!(refused.result.is_err());
        assert_eq!(world.chain.query(events.credit_of(charlie(), currency)), Ok(100), "it still waits");
    }
    hostile::behave(&mut world.chain, module, Behaviour::Honest);
    assert_eq!(world.chain.from(charlie()).call(events.withdraw(currency, None)).expect_ok(), 100);
}

#[test]
fn pays_nobody_twice_and_nobody_else() {
    let mut world = subscribed();
    let event = world.news("21.5");
    world.deliver(charlie(), 1, &event).expect_ok();
    let withdraw = world.events.withdraw(Currency::Coin, None);
    world.chain.from(eve()).call(withdraw.clone()).expect_error(Error::NothingToWithdraw);
    let before = world.chain.coin(charlie());
    let outcome = world.chain.from(charlie()).call(withdraw.clone());
    let fee = outcome.fee;
    assert_eq!(outcome.expect_ok(), BOUNTY);
    assert!(world.chain.coin(charlie()) + fee >= before + BOUNTY);
    world.chain.from(charlie()).call(withdraw).expect_error(Error::NothingToWithdraw);
    let zero = tenon_contract::Address::ZERO;
    world
        .chain
        .from(charlie())
        .call(world.events.withdraw(Currency::Coin, Some(zero)))
        .expect_error(Error::ZeroAddress);
}

#[test]
fn refuses_a_payment_that_would_leave_the_receiver_without_an_account() {
    let mut world = world();
    let terms = Terms { bounty: 1, ..world.terms() };
    world.subscribe(terms).expect_ok();
    let event = world.news("21.5");
    world.deliver(charlie(), 1, &event).expect_ok();
    let nobody = tenon_contract::Address::new([8; 32]);
    let call = world.events.withdraw(Currency::Coin, Some(nobody));
    world.chain.from(charlie()).call(call).expect_error(Error::WithdrawalRefused);
    assert_eq!(world.credit(charlie()), 1);
}
