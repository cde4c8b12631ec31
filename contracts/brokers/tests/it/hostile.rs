//! Currencies that lie, take fees, fail, burn gas or call back.

use crate::{SALT, World, broker, opened};
use brokers::{Currency, Error, Reward};
use tenon_contract::parity_scale_codec::Encode;
use tenon_contract::{Amount, Call};
use tenon_testkit::hostile::{self, Behaviour, HostileRef, Target};
use tenon_testkit::{alice, bob, by, rules};

/// The asset of the hostile module.
const ASSET: u64 = 5;

/// A stream that pays 100 of a hostile asset a round, of which Alice and Bob have plenty; two brokers.
fn with_hostile() -> (World, HostileRef, Currency) {
    let mut first = crate::bare();
    let module = hostile::deploy(&mut first.chain);
    let currency = Currency::Asset { module: module.address(), asset: ASSET };
    for who in [alice(), bob()] {
        first.chain.from(hostile::director()).call(module.give(ASSET, who, 10_000)).expect_ok();
    }
    first.start_ms = first.chain.time_ms() + crate::AHEAD_MS;
    let open = first.open_call(Some(Reward::Amount(100)), Some(currency), None);
    first.by(alice(), open).expect_ok();
    first.designate(0..2);
    (first, module, currency)
}

fn held(world: &World, module: HostileRef) -> Amount {
    world.chain.query(module.balance_of(ASSET, world.brokers.address())).expect("a query")
}

fn owed(world: &World, currency: Currency) -> Amount {
    world.chain.query(world.brokers.owed(currency)).expect("a query")
}

#[test]
fn what_arrives_is_what_counts() {
    let (mut world, module, currency) = with_hostile();
    let fund = world.brokers.fund(world.stream, currency, 1_000);
    hostile::behave(&mut world.chain, module, Behaviour::TakeFee);
    world.by(alice(), fund.clone()).expect_ok();
    assert_eq!((world.pot(), held(&world, module), owed(&world, currency)), (990, 990, 990));
    for behaviour in [Behaviour::Pretend, Behaviour::Lie(500)] {
        hostile::behave(&mut world.chain, module, behaviour);
        world.by(alice(), fund.clone()).expect_error(Error::NothingArrived);
    }
    for behaviour in [Behaviour::Refuse, Behaviour::Panic] {
        hostile::behave(&mut world.chain, module, behaviour);
        world.by(alice(), fund.clone()).expect_error(Error::PaymentRefused);
    }
    hostile::behave(&mut world.chain, module, Behaviour::BurnGas);
    assert!(world.by(alice(), fund).result.is_err());
    assert_eq!((world.pot(), owed(&world, currency)), (990, 990));
}

#[test]
fn a_currency_that_claims_more_than_an_amount_holds_is_refused() {
    let (mut world, module, currency) = with_hostile();
    world.chain.from(hostile::director()).call(module.give(ASSET, alice(), Amount::MAX)).expect_ok();
    let fund = |world: &World, amount| world.brokers.fund(world.stream, currency, amount);
    let most = fund(&world, Amount::MAX);
    world.by(alice(), most).expect_ok();
    // The module lets the holdings of this instance begin anew.
    let away = (ASSET, world.brokers.address(), bob(), Amount::MAX - 10_000).encode();
    let call = Call::<()>::new(module.address(), "transfer_from", away, false);
    drop(world.chain.run(&by(bob(), call)).expect_ok());
    let more = fund(&world, 1);
    world.by(bob(), more).expect_error(Error::AmountOverflow);
}

#[test]
fn a_currency_that_goes_bad_holds_up_no_agreement_and_no_other_pot() {
    let (mut world, module, currency) = with_hostile();
    let fund = world.brokers.fund(world.stream, currency, 1_000);
    world.by(alice(), fund).expect_ok();
    world.report(0, &[(0, 5, 1), (1, 5, 1)]);
    world.reach_settle(0);
    let settle = by(alice(), world.brokers.settle(world.stream, 0));
    for behaviour in [Behaviour::Refuse, Behaviour::Panic, Behaviour::BurnGas, Behaviour::TakeFee] {
        let sabotage = |chain: &mut _| hostile::behave(chain, module, behaviour);
        rules::is_not_blocked_by(&world.chain, sabotage, std::slice::from_ref(&settle));
    }
    world.settle(0).expect_ok();
    let claim = world.brokers.claim(currency, None);
    for behaviour in [Behaviour::Refuse, Behaviour::Panic] {
        hostile::behave(&mut world.chain, module, behaviour);
        world.by(broker(0), claim.clone()).expect_error(Error::ClaimRefused);
    }
    hostile::behave(&mut world.chain, module, Behaviour::Honest);
    assert_eq!(world.by(broker(0), claim).expect_ok(), 50);
    assert_eq!((owed(&world, currency), held(&world, module)), (950, 950));
}

#[test]
fn nobody_re_enters() {
    let (mut world, module, currency) = with_hostile();
    let fund = world.brokers.fund(world.stream, currency, 1_000);
    world.by(alice(), fund.clone()).expect_ok();
    world.agree(0, 2, 5).expect_ok();
    let (brokers, stream) = (world.brokers, world.stream);
    let into = [
        by(alice(), fund.clone()),
        by(alice(), brokers.settle(stream, 0)),
        by(alice(), brokers.commit(stream, 1, SALT)),
        by(alice(), brokers.claim(currency, None)),
        by(alice(), brokers.stop(stream)),
    ];
    rules::refuses_re_entry(&world.chain, module, &by(bob(), fund), &into);
    rules::refuses_re_entry(&world.chain, module, &by(broker(0), brokers.claim(currency, None)), &into);
}

#[test]
fn a_broker_that_is_a_module_and_refuses_everything_holds_up_nobody() {
    let mut world = opened(Some(Reward::Amount(100)), None, Some(6_000));
    let module = hostile::deploy(&mut world.chain);
    world.designate(0..2);
    world.chain.set_coin(module.address(), crate::PLENTY);
    let designate = world.brokers.designate(world.stream, module.address());
    world.by(alice(), designate).expect_ok();
    world.fund(100).expect_ok();
    world.reach_commit(0);
    let commit = world.commit_call(module.address(), 0, 5, crate::rolling(1));
    let target = Target { address: commit.instance, method: commit.method, input: commit.input, value: 0 };
    assert_eq!(world.by(bob(), module.act(target)).expect_ok(), 0);
    hostile::behave(&mut world.chain, module, Behaviour::Panic);
    let commits: Vec<_> = (0..2).map(|number| world.commit_call(broker(number), 0, 5, crate::rolling(1))).collect();
    world.all_succeed(&commits);
    world.reach_reveal(0);
    let reveals: Vec<_> = (0..2).map(|number| world.reveal_call(broker(number), 0, 5, crate::rolling(1))).collect();
    world.all_succeed(&reveals);
    world.settle(0).expect_ok();
    assert_eq!((world.credits(0..2), world.events()), (vec![50; 2], 5));
}
