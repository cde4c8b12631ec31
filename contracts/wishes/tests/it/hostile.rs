//! Currencies that lie, take fees, fail, burn gas or call back, and people that are modules.

use crate::{LIFE_MS, World, world};
use tenon_contract::Amount;
use tenon_testkit::hostile::{self, Behaviour, HostileRef, Target};
use tenon_testkit::{alice, bob, by, charlie, dave, rules};
use wishes::{Currency, Error};

/// The asset of the hostile module.
const ASSET: u64 = 5;

/// A wish whose bounty is paid in a hostile asset, of which Bob and Charlie have plenty.
fn with_hostile() -> (World, HostileRef, Currency, u64) {
    let mut world = world();
    let module = hostile::deploy(&mut world.chain);
    let currency = Currency::Asset { module: module.address(), asset: ASSET };
    for who in [bob(), charlie()] {
        world.chain.from(hostile::director()).call(module.give(ASSET, who, 10_000)).expect_ok();
    }
    let wish = world.wish(Some(currency));
    (world, module, currency, wish)
}

fn held(world: &World, module: HostileRef) -> Amount {
    world.chain.query(module.balance_of(ASSET, world.wishes.address())).expect("a query")
}

#[test]
fn what_arrives_is_what_counts() {
    let (mut world, module, currency, wish) = with_hostile();
    hostile::behave(&mut world.chain, module, Behaviour::TakeFee);
    world.back(bob(), wish, 1_000).expect_ok();
    assert_eq!((world.backing(wish, bob()), held(&world, module), world.owed(currency)), (990, 990, 990));
    for behaviour in [Behaviour::Pretend, Behaviour::Lie(500)] {
        hostile::behave(&mut world.chain, module, behaviour);
        world.back(bob(), wish, 1_000).expect_error(Error::NothingArrived);
    }
    for behaviour in [Behaviour::Refuse, Behaviour::Panic] {
        hostile::behave(&mut world.chain, module, behaviour);
        world.back(bob(), wish, 1_000).expect_error(Error::PaymentRefused);
    }
    hostile::behave(&mut world.chain, module, Behaviour::BurnGas);
    assert!(world.back(bob(), wish, 1_000).result.is_err());
    assert_eq!((world.backing(wish, bob()), world.owed(currency)), (990, 990));
}

#[test]
fn a_currency_that_claims_more_than_an_amount_holds_is_refused() {
    let (mut world, module, _, wish) = with_hostile();
    world.chain.from(hostile::director()).call(module.give(ASSET, alice(), Amount::MAX)).expect_ok();
    world.back(alice(), wish, Amount::MAX - 10).expect_ok();
    // Another wish in the same currency shares its books.
    let other = world.wish(Some(world.info(wish).terms.currency));
    world.back(bob(), other, 10).expect_ok();
    hostile::behave(&mut world.chain, module, Behaviour::Honest);
    let away = tenon_contract::parity_scale_codec::Encode::encode(&(ASSET, world.wishes.address(), bob(), 10_000u128));
    let call = tenon_contract::Call::<()>::new(module.address(), "transfer_from", away, false);
    drop(world.chain.run(&by(bob(), call)).expect_ok());
    world.back(bob(), other, 1).expect_error(Error::AmountOverflow);
}

#[test]
fn a_currency_that_goes_bad_harms_only_those_who_deal_in_it() {
    let (mut world, module, _, bad) = with_hostile();
    let good = world.wish(None);
    for wish in [bad, good] {
        world.back(bob(), wish, 100).expect_ok();
    }
    world.chain.advance_ms(LIFE_MS);
    let refund = by(bob(), world.wishes.refund(good, None));
    for behaviour in [Behaviour::Refuse, Behaviour::Panic, Behaviour::BurnGas] {
        let sabotage = |chain: &mut _| hostile::behave(chain, module, behaviour);
        rules::is_not_blocked_by(&world.chain, sabotage, std::slice::from_ref(&refund));
    }
    for behaviour in [Behaviour::Refuse, Behaviour::Panic] {
        hostile::behave(&mut world.chain, module, behaviour);
        world.refund(bob(), bad).expect_error(Error::PayoutRefused);
        assert_eq!(world.backing(bad, bob()), 100, "it still waits");
    }
    hostile::behave(&mut world.chain, module, Behaviour::Honest);
    assert_eq!(world.refund(bob(), bad).expect_ok(), 100);
}

#[test]
fn nobody_re_enters() {
    let (mut world, module, _, wish) = with_hostile();
    let (wishes, weather) = (world.wishes, world.weather);
    world.back(bob(), wish, 100).expect_ok();
    world.submit(dave(), wish, weather).expect_ok();
    let into = [
        by(bob(), wishes.back(wish, 5)),
        by(alice(), wishes.accept(wish, weather, dave())),
        by(dave(), wishes.collect(wish, None)),
        by(bob(), wishes.refund(wish, None)),
    ];
    rules::refuses_re_entry(&world.chain, module, &by(charlie(), wishes.back(wish, 50)), &into);
    let mut late = world.clone();
    late.chain.advance_ms(LIFE_MS);
    rules::refuses_re_entry(&late.chain, module, &by(bob(), wishes.refund(wish, None)), &into);
    world.accept(wish, weather, dave()).expect_ok();
    rules::refuses_re_entry(&world.chain, module, &by(dave(), wishes.collect(wish, None)), &into);
}

#[test]
fn a_backer_that_is_a_module_and_refuses_everything_holds_up_nobody() {
    let mut world = world();
    let wish = world.wish(None);
    let module = hostile::deploy(&mut world.chain);
    world.chain.set_coin(module.address(), 1_000_000_000_000);
    let back = world.back_call(wish, 100);
    let target = Target { address: back.address, method: back.method.to_owned(), input: back.input, value: 100 };
    assert_eq!(world.by(dave(), module.act(target)).expect_ok(), 0);
    world.back(bob(), wish, 50).expect_ok();
    hostile::behave(&mut world.chain, module, Behaviour::Panic);
    world.chain.advance_ms(LIFE_MS);
    assert_eq!(world.refund(bob(), wish).expect_ok(), 50);
    assert_eq!(world.backing(wish, module.address()), 100);
}
