//! Assets that take fees, refuse, lie or call back.

use crate::{DAY_MS, Market, PRICE, key, market};
use licence::{Currency, Error, Mode, Offer, Terms};
use tenon_contract::{Address, Amount, CallError, Hash};
use tenon_testkit::hostile::{self, Behaviour, HostileRef, Target};
use tenon_testkit::rules;
use tenon_testkit::{alice, bob, by, charlie, eve};

/// A product that is paid in a hostile asset, which Bob and Charlie have.
fn with_hostile() -> (Market, HostileRef, Currency, u64) {
    let mut market = market();
    let module = hostile::deploy(&mut market.chain);
    for who in [bob(), charlie()] {
        market.chain.from(hostile::director()).call(module.give(5, who, 100 * PRICE)).expect_ok();
    }
    let currency = Currency::Asset { module: module.address(), asset: 5 };
    let terms = Terms { currency, ..market.daily() };
    let product = market.publish(terms);
    (market, module, currency, product)
}

#[test]
fn what_arrives_is_what_counts() {
    let (mut market, module, currency, product) = with_hostile();
    let expected = [
        (Behaviour::TakeFee, Error::WrongAmount),
        (Behaviour::Pretend, Error::WrongAmount),
        (Behaviour::Refuse, Error::PaymentRefused),
        (Behaviour::Panic, Error::PaymentRefused),
    ];
    for (behaviour, error) in expected {
        hostile::behave(&mut market.chain, module, behaviour.clone());
        market.try_buy(bob(), product, 1).expect_error(error);
        assert_eq!(market.chain.query(market.licence.owed(currency)), Ok(0), "{behaviour:?}");
        assert!(!market.may_subscribe(bob()));
    }
    hostile::behave(&mut market.chain, module, Behaviour::Honest);
    assert!(market.try_buy(bob(), product, 1).is_ok());
}

#[test]
fn nobody_calls_back_into_a_purchase() {
    let (market, module, currency, product) = with_hostile();
    let mut offered = market.clone();
    let licence = offered.buy(charlie(), product, 1);
    let offer = Offer { price: 10, to: None, until_ms: None };
    offered.chain.from(charlie()).call(offered.licence.offer(licence, Some(offer))).expect_ok();
    let into = vec![
        by(bob(), market.buy_call(product, 1)),
        by(bob(), market.licence.settle(licence)),
        by(bob(), market.licence.take(licence, key(3), 10)),
        by(bob(), market.licence.withdraw(currency, None)),
    ];
    rules::refuses_re_entry(&offered.chain, module, &by(bob(), market.buy_call(product, 1)), &into);
    rules::refuses_re_entry(&offered.chain, module, &by(bob(), market.licence.take(licence, key(3), 10)), &into);
    rules::refuses_re_entry(&offered.chain, module, &by(alice(), market.licence.withdraw(currency, None)), &into);
}

#[test]
fn an_asset_that_refuses_holds_up_nobody_in_another() {
    let (mut market, module, currency, product) = with_hostile();
    let terms = market.daily();
    let gold = market.publish(terms);
    market.buy(bob(), product, 1);
    market.buy(bob(), gold, 1);
    market.buy(charlie(), gold, 1);
    market.chain.advance_ms(DAY_MS);
    let others = [
        by(eve(), market.licence.close(2)),
        by(eve(), market.licence.settle(3)),
        by(alice(), market.licence.withdraw(market.gold(), None)),
        by(bob(), market.buy_call(gold, 1)),
        by(eve(), market.licence.fund_brokers(gold, market.gold())),
    ];
    let sabotage = |chain: &mut tenon_testkit::TestChain| hostile::behave(chain, module, Behaviour::Refuse);
    rules::is_not_blocked_by(&market.chain, sabotage, &others);
    hostile::behave(&mut market.chain, module, Behaviour::Refuse);
    let withdraw = market.licence.withdraw(currency, None);
    market.chain.from(alice()).call(withdraw.clone()).expect_error(Error::WithdrawalRefused);
    hostile::behave(&mut market.chain, module, Behaviour::Honest);
    assert_eq!(market.chain.from(alice()).call(withdraw).expect_ok(), 925, "it still waited");
}

#[test]
fn a_receiver_who_cannot_be_paid_holds_up_nobody() {
    let (mut market, _) = Market::bought(licence::Mode::Time { period_ms: DAY_MS }, 1);
    let terms = Terms { currency: Currency::Coin, ..market.daily() };
    let product = market.publish(terms);
    let buy = market.buy_call(product, 1).with_value(PRICE);
    market.chain.from(bob()).call(buy).expect_ok();
    // 925 units are less than an account may hold at least, so a new account refuses them; they still wait.
    let to_stranger = market.licence.withdraw(Currency::Coin, Some(Address::new([9; 32])));
    market.chain.from(alice()).call(to_stranger).expect_error(Error::WithdrawalRefused);
    let withdraw = market.licence.withdraw(Currency::Coin, None);
    assert_eq!(market.chain.from(alice()).call(withdraw).expect_ok(), 925);
}

#[test]
fn what_cannot_be_counted_is_not_settled() {
    let (mut market, module, currency, _) = with_hostile();
    let flagged = Terms { currency, arbitration: Some(market.arbitration()), ..market.daily() };
    let flagged = market.publish(flagged);
    let vesting = market.terms(Mode::Vesting { period_ms: DAY_MS });
    let vesting = market.publish(vesting);
    let (flagged, vesting) = (market.buy(bob(), flagged, 1), market.buy(bob(), vesting, 1));
    market.chain.advance_ms(DAY_MS / 2);
    let now = market.chain.time_ms();
    // While the module `reputation` waits for the asset of a stake, the asset settles somebody's licence.
    let settle = market.licence.settle(vesting);
    let target = Target { address: settle.address, method: settle.method.into(), input: settle.input, value: 0 };
    hostile::behave(&mut market.chain, module, Behaviour::CallBack(target));
    let flag = market.reputation.flag(flagged, Hash::new([4; 32]), now, Amount::MAX, None);
    market.chain.from(bob()).call(flag).expect_ok();
    let answers = market.chain.query(module.answers()).expect("a query");
    let answers: Vec<_> = answers.into_iter().map(|code| CallError::new(code, Vec::new()).module_error()).collect();
    assert_eq!(answers, vec![Some(Error::ReputationFailed)]);
    assert_eq!((market.get(vesting).settled, market.credit(alice())), (0, 0), "nothing has moved");
    assert_eq!(market.settle(vesting), PRICE / 2);
}
