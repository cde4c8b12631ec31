//! Pots, and money that waits.

use crate::{GOLD, RICH, World, broker, opened, rolling, world};
use brokers::{Claimed, Credited, Currency, Error, Funded, Reward};
use tenon_contract::Address;
use tenon_testkit::{alice, bob, charlie, eve};

/// A stream whose rounds pay 100 gold, with two brokers and 1,000 gold in its pot.
fn golden() -> World {
    let gold = opened(None, None, None).gold();
    let mut world = opened(Some(Reward::Amount(100)), Some(gold), None);
    world.designate(0..2);
    let fund = world.brokers.fund(world.stream, gold, 1_000);
    world.by(alice(), fund).expect_ok();
    world
}

fn gold_of(world: &World, who: Address) -> u128 {
    world.chain.query(world.assets.balance_of(GOLD, who)).expect("a query")
}

fn owed(world: &World, currency: Currency) -> u128 {
    world.chain.query(world.brokers.owed(currency)).expect("a query")
}

#[test]
fn pays_in_an_asset_that_waits_until_it_is_claimed() {
    let mut world = golden();
    let gold = world.gold();
    assert_eq!((gold_of(&world, alice()), owed(&world, gold)), (RICH - 1_000, 1_000));
    world.report(0, &[(0, 5, 1), (1, 5, 1)]);
    let settled = world.settle(0);
    let credited = Credited { who: broker(1), stream: world.stream, currency: gold, amount: 50 };
    assert!(settled.has(&credited));
    settled.expect_ok();
    let claim = world.brokers.claim(gold, None);
    let claimed = world.by(broker(0), claim.clone());
    assert!(claimed.has(&Claimed { who: broker(0), to: broker(0), currency: gold, amount: 50 }));
    assert_eq!(claimed.expect_ok(), 50);
    world.by(broker(0), claim.clone()).expect_error(Error::NothingToClaim);
    world.by(eve(), claim).expect_error(Error::NothingToClaim);
    assert_eq!((gold_of(&world, broker(0)), owed(&world, gold), world.pot()), (50, 950, 900));
}

#[test]
fn sends_money_to_another_receiver_if_its_owner_says_so() {
    let mut world = golden();
    let gold = world.gold();
    world.agree(0, 2, 5).expect_ok();
    for to in [Address::ZERO, world.brokers.address()] {
        let claim = world.brokers.claim(gold, Some(to));
        world.by(broker(0), claim).expect_error(Error::InvalidReceiver);
    }
    let claim = world.brokers.claim(gold, Some(charlie()));
    assert_eq!(world.by(broker(0), claim).expect_ok(), 50);
    assert_eq!((gold_of(&world, charlie()), gold_of(&world, broker(0))), (50, 0));
}

#[test]
fn takes_money_of_anybody_in_the_currency_of_the_terms_alone() {
    let mut world = world(1, None, 0);
    let (brokers, stream, gold) = (world.brokers, world.stream, world.gold());
    let coin = |stream, amount, value| brokers.fund(stream, Currency::Coin, amount).with_value(value);
    let funded = world.by(bob(), coin(stream, 70, 70));
    assert!(funded.has(&Funded { stream, by: bob(), currency: Currency::Coin, amount: 70 }));
    funded.expect_ok();
    world.by(bob(), coin(stream, 0, 0)).expect_error(Error::ZeroAmount);
    world.by(bob(), coin(stream, 70, 69)).expect_error(Error::WrongValue);
    world.by(bob(), coin(stream, 70, 71)).expect_error(Error::WrongValue);
    world.by(bob(), coin(rolling(7), 70, 70)).expect_error(Error::NotCoordinated);
    world.by(alice(), brokers.fund(stream, gold, 70)).expect_error(Error::WrongCurrency);
    assert_eq!((world.pot(), world.chain.coin(brokers.address())), (70, 70));
}

#[test]
fn takes_gold_that_is_there_and_approved_and_no_coin_beside() {
    let mut world = golden();
    let (brokers, stream, gold) = (world.brokers, world.stream, world.gold());
    world.by(bob(), brokers.fund(stream, gold, 70)).expect_error(Error::PaymentRefused);
    world.by(alice(), brokers.fund(stream, gold, RICH)).expect_error(Error::PaymentRefused);
    world.by(alice(), brokers.fund(stream, gold, 70).with_value(70)).expect_error(Error::CoinNotWanted);
    assert_eq!(world.pot(), 1_000);
}

#[test]
fn a_receiver_who_cannot_be_paid_holds_up_nobody() {
    let mut world = world(2, None, 2);
    world.agree(0, 2, 5).expect_ok();
    // 500 units are less than an account may hold at least, so a new account refuses them; they still wait.
    let stranger = Address::new([9; 32]);
    let claim = world.brokers.claim(Currency::Coin, Some(stranger));
    world.by(broker(0), claim).expect_error(Error::ClaimRefused);
    assert_eq!(world.credit(0), 500);
    let claim = world.brokers.claim(Currency::Coin, None);
    assert_eq!(world.by(broker(1), claim.clone()).expect_ok(), 500);
    world.agree(1, 2, 6).expect_ok();
    assert_eq!(world.by(broker(0), claim).expect_ok(), 1_000, "of both rounds");
    assert_eq!((owed(&world, Currency::Coin), world.chain.coin(world.brokers.address())), (500, 500));
}

#[test]
fn no_cycle_of_brokers_and_funders_gains_anything() {
    let mut world = world(0, None, 0);
    world.chain.set_coin(broker(0), crate::PLENTY);
    let (brokers, stream) = (world.brokers, world.stream);
    let designate = brokers.designate(stream, broker(0));
    world.by(alice(), designate).expect_ok();
    let fees = std::cell::Cell::new(0u128);
    let wealth = |world: &World| {
        world.chain.coin(alice())
            + world.chain.coin(broker(0))
            + owed(world, Currency::Coin)
            + world.chain.deposit_of(brokers.address())
    };
    let before = wealth(&world);
    for round in 0..20 {
        let funded = world.fund(777);
        fees.set(fees.get() + funded.fee);
        funded.expect_ok();
        world.reach_commit(round);
        let commit = world.commit_call(broker(0), round, 5 + round, rolling(1));
        fees.set(fees.get() + world.chain.run(&commit).fee);
        world.reach_reveal(round);
        let reveal = world.reveal_call(broker(0), round, 5 + round, rolling(1));
        fees.set(fees.get() + world.chain.run(&reveal).fee);
        world.reach_settle(round);
        let settled = world.by(alice(), brokers.settle(stream, round));
        fees.set(fees.get() + settled.fee);
        let claimed = world.by(broker(0), brokers.claim(Currency::Coin, None));
        fees.set(fees.get() + claimed.fee);
        assert_eq!(claimed.expect_ok(), 777);
    }
    assert_eq!(wealth(&world) + fees.get(), before, "fees alone are lost, and nothing is won");
}
