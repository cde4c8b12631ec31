//! Stakes in assets that take fees, refuse, lie or call back.

use crate::{DECISION_MS, EVENT, Market, PRICE, STAKE, judge, market};
use licence::{Arbiter, Currency, Terms};
use reputation::Error;
use tenon_contract::{Address, Hash};
use tenon_testkit::hostile::{self, Behaviour, HostileRef};
use tenon_testkit::{alice, bob, by, charlie, eve, rules};

/// Bob's licence of a product that is paid in a hostile asset.
fn with_hostile() -> (Market, HostileRef, Currency, u64) {
    let mut market = market();
    let module = hostile::deploy(&mut market.chain);
    for who in [bob(), charlie()] {
        market.chain.from(hostile::director()).call(module.give(5, who, 100 * PRICE)).expect_ok();
    }
    let currency = Currency::Asset { module: module.address(), asset: 5 };
    let terms = Terms { currency, arbitration: Some(market.arbitration()), ..market.daily() };
    let product = market.publish(terms);
    let licence = market.buy(bob(), product, 1);
    (market, module, currency, licence)
}

#[test]
fn what_arrives_is_what_counts() {
    let (mut market, module, currency, licence) = with_hostile();
    let now = market.chain.time_ms();
    let expected = [
        (Behaviour::Pretend, Error::WrongAmount),
        (Behaviour::Lie(500), Error::WrongAmount),
        (Behaviour::Refuse, Error::PaymentRefused),
        (Behaviour::Panic, Error::PaymentRefused),
    ];
    for (behaviour, error) in expected {
        hostile::behave(&mut market.chain, module, behaviour.clone());
        market.flag(bob(), licence, now).expect_error(error);
        assert_eq!(market.chain.query(market.reputation.owed(currency)), Ok(0), "{behaviour:?}");
    }
    hostile::behave(&mut market.chain, module, Behaviour::Honest);
    market.flag(bob(), licence, now).expect_ok();
    assert_eq!(market.chain.query(market.reputation.owed(currency)), Ok(STAKE));
}

#[test]
fn nobody_calls_back_into_a_flag() {
    let (mut market, module, currency, licence) = with_hostile();
    let now = market.chain.time_ms();
    market.flag(bob(), licence, now).expect_ok();
    let mut decided = market.clone();
    decided.decide(judge(), licence, true).expect_ok();
    let reputation = market.reputation;
    let other = Hash::new([5; 32]);
    let into = vec![
        by(bob(), market.flag_call(licence, other, now)),
        by(judge(), reputation.decide(licence, EVENT, true, None)),
        by(bob(), reputation.withdraw(currency, None)),
        by(eve(), reputation.count_trade(alice(), bob(), currency, 1, 0)),
        by(eve(), reputation.remove_score(bob(), currency, None)),
    ];
    rules::refuses_re_entry(&market.chain, module, &by(bob(), market.flag_call(licence, other, now)), &into);
    rules::refuses_re_entry(&decided.chain, module, &by(bob(), reputation.withdraw(currency, None)), &into);
}

#[test]
fn an_asset_or_receiver_that_refuses_holds_up_nobody_else() {
    let (mut market, module, currency, licence) = with_hostile();
    let now = market.chain.time_ms();
    market.flag(bob(), licence, now).expect_ok();
    let arbitration = Some(market.arbitration());
    let terms = Terms { arbitration, ..market.daily() };
    let gold = market.publish(terms);
    let other = market.buy(charlie(), gold, 1);
    let now = market.chain.time_ms();
    market.flag(charlie(), other, now).expect_ok();
    market.decide(judge(), other, true).expect_ok();
    let reputation = market.reputation;
    let others = [
        by(judge(), reputation.decide(licence, EVENT, true, None)),
        by(charlie(), reputation.withdraw(market.gold(), None)),
        by(charlie(), market.flag_call(other, Hash::new([5; 32]), now)),
    ];
    let sabotage = |chain: &mut tenon_testkit::TestChain| hostile::behave(chain, module, Behaviour::Refuse);
    rules::is_not_blocked_by(&market.chain, sabotage, &others);
    market.decide(judge(), licence, true).expect_ok();
    hostile::behave(&mut market.chain, module, Behaviour::Refuse);
    let withdraw = reputation.withdraw(currency, None);
    market.chain.from(bob()).call(withdraw.clone()).expect_error(Error::WithdrawalRefused);
    for to in [Address::ZERO, reputation.address()] {
        let to_nobody = reputation.withdraw(currency, Some(to));
        market.chain.from(bob()).call(to_nobody).expect_error(Error::InvalidReceiver);
    }
    hostile::behave(&mut market.chain, module, Behaviour::Honest);
    assert_eq!(market.chain.from(bob()).call(withdraw).expect_ok(), STAKE, "it still waited");
}

#[test]
fn a_group_that_answers_nonsense_decides_nothing() {
    let mut market = market();
    let module = hostile::deploy(&mut market.chain);
    let arbiter = Arbiter::Group { instance: module.address(), group: 1 };
    let terms = Terms { arbitration: Some(licence::Arbitration { arbiter, ..market.arbitration() }), ..market.daily() };
    let product = market.publish(terms);
    let licence = market.buy(bob(), product, 1);
    let now = market.chain.time_ms();
    market.flag(bob(), licence, now).expect_ok();
    market.decide(eve(), licence, true).expect_error(Error::NotArbiter);
    market.chain.advance_ms(DECISION_MS);
    market.lapse(licence).expect_ok();
    assert_eq!(market.stakes(bob()), STAKE);
}
