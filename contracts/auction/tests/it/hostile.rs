//! Modules that lie, take fees, fail, burn gas, answer nonsense or call back, as currency and as goods.

use crate::{BOTTLES, HOUR_MS, Market, market};
use auction::{Currency, Error, Goods, State};
use tenon_contract::abi::HostError;
use tenon_contract::parity_scale_codec::Encode;
use tenon_contract::{Address, Amount, Call};
use tenon_testkit::hostile::{self, Behaviour, HostileRef, Target};
use tenon_testkit::{alice, bob, charlie, dave};

/// The asset of the hostile module.
const ASSET: u64 = 5;
const PLENTY: Amount = 10_000;

/// A market with a hostile module, of which everybody has plenty.
fn with_hostile() -> (Market, HostileRef, Currency) {
    let mut market = market();
    let module = hostile::deploy(&mut market.chain);
    for who in [alice(), bob(), charlie()] {
        market.chain.from(hostile::director()).call(module.give(ASSET, who, PLENTY)).expect_ok();
        market.chain.from(hostile::director()).call(module.give_item(1, 1, alice())).expect_ok();
    }
    (market, module, Currency::Asset { module: module.address(), asset: ASSET })
}

fn held(market: &Market, module: HostileRef) -> Amount {
    market.chain.query(module.balance_of(ASSET, market.auction.address())).expect("a query")
}

/// Alice sells an item of the hostile module by an English auction for coin, and Bob bids 100.
fn sold_to_bob(market: &mut Market, module: HostileRef) -> u64 {
    let goods = Goods::Item { module: module.address(), collection: 1, item: 1 };
    let call = market.auction.sell_english(goods, 100, HOUR_MS, None, None, None, None, Some(0));
    let auction = market.chain.from(alice()).call(call).expect_ok();
    market.bid(bob(), auction, 100).expect_ok();
    market.chain.advance_ms(HOUR_MS);
    auction
}

#[test]
fn what_arrives_is_what_counts() {
    let (mut market, module, currency) = with_hostile();
    let auction = market.sell_english(Some(currency));
    hostile::behave(&mut market.chain, module, Behaviour::TakeFee);
    market.bid(bob(), auction, 200).expect_error(Error::Underpaid);
    assert_eq!(market.chain.query(module.balance_of(ASSET, bob())), Ok(PLENTY), "nothing moved");
    hostile::behave(&mut market.chain, module, Behaviour::Honest);
    market.bid(bob(), auction, 200).expect_ok();
    // The fee on the way out is the receiver's loss, as the module has it; the books stay right.
    market.bid(charlie(), auction, 300).expect_ok();
    hostile::behave(&mut market.chain, module, Behaviour::TakeFee);
    assert_eq!(market.withdraw(bob(), currency).expect_ok(), 200);
    assert_eq!((held(&market, module), market.chain.query(market.auction.owed(currency))), (300, Ok(300)));
}

#[test]
fn a_payment_that_is_only_pretended_buys_nothing() {
    let (mut market, module, currency) = with_hostile();
    let (english, dutch) = (market.sell_english(Some(currency)), market.sell_dutch(Some(currency)));
    let sealed = market.sell_sealed(Some(currency));
    for behaviour in [Behaviour::Pretend, Behaviour::Lie(500)] {
        hostile::behave(&mut market.chain, module, behaviour);
        market.bid(bob(), english, 200).expect_error(Error::Underpaid);
        market.chain.from(bob()).call(market.auction.buy(dutch, 1_000)).expect_error(Error::Underpaid);
        market.commit(bob(), sealed, 200, 200).expect_error(Error::Underpaid);
    }
    assert_eq!(market.info(english).progress.best, None);
}

#[test]
fn a_payment_that_fails_in_any_way_changes_nothing() {
    let (mut market, module, currency) = with_hostile();
    let auction = market.sell_english(Some(currency));
    for behaviour in [Behaviour::Refuse, Behaviour::Panic] {
        hostile::behave(&mut market.chain, module, behaviour);
        market.bid(bob(), auction, 200).expect_error(Error::PaymentRefused);
    }
    hostile::behave(&mut market.chain, module, Behaviour::BurnGas);
    assert!(market.bid(bob(), auction, 200).result.is_err());
    // What comes back with a payment that did arrive is not read.
    for (amount, behaviour) in [(200, Behaviour::Garble), (300, Behaviour::Flood)] {
        hostile::behave(&mut market.chain, module, behaviour);
        market.bid(bob(), auction, amount).expect_ok();
    }
    assert_eq!(held(&market, module), 300);
}

#[test]
fn a_currency_that_goes_bad_harms_only_those_who_deal_in_it() {
    let (mut market, module, currency) = with_hostile();
    let (bad, good) = (market.sell_english(Some(currency)), market.sell_english(None));
    for auction in [bad, good] {
        market.bid(bob(), auction, 100).expect_ok();
        market.bid(charlie(), auction, 200).expect_ok();
    }
    for behaviour in [Behaviour::Refuse, Behaviour::Panic] {
        hostile::behave(&mut market.chain, module, behaviour);
        market.withdraw(bob(), currency).expect_error(Error::WithdrawalRefused);
        assert_eq!(market.credit(bob(), currency), 100, "it still waits");
    }
    market.chain.advance_ms(HOUR_MS);
    market.settle(bad).expect_ok();
    market.settle(good).expect_ok();
    assert_eq!(market.wine(charlie()), 2 * BOTTLES, "settling asks nothing of the currency");
    assert_eq!(market.withdraw(bob(), Currency::Coin).expect_ok(), 100);
    assert_eq!(market.withdraw(alice(), Currency::Coin).expect_ok(), 200);
}

#[test]
fn nobody_re_enters() {
    let (mut market, module, currency) = with_hostile();
    let (auction, dutch) = (market.sell_english(Some(currency)), market.sell_dutch(None));
    let calls = [
        market.auction.bid(auction, 1_000),
        market.auction.settle(auction),
        market.auction.cancel(auction),
        market.auction.collect(auction, None),
        market.auction.forfeit(auction, bob()),
    ];
    let mut targets: Vec<_> = calls.into_iter().map(|call| (call.method, call.input)).collect();
    let buy = market.auction.buy(dutch, 1_000);
    let withdraw = market.auction.withdraw(currency, None);
    let credit = market.auction.credit_of(bob(), currency);
    targets.extend([(buy.method, buy.input), (withdraw.method, withdraw.input), (credit.method, credit.input)]);
    for (number, (method, input)) in (1..).zip(targets) {
        let target = Target { address: market.auction.address(), method: method.to_owned(), input, value: 0 };
        hostile::behave(&mut market.chain, module, Behaviour::CallBack(target));
        market.bid(bob(), auction, number * 200).expect_ok();
        let answers = market.chain.query(module.answers()).expect("a query");
        assert_eq!(answers, [HostError::Reentry.code()], "{method}");
    }
    assert_eq!(market.info(auction).progress.best.map(|best| best.bidder), Some(bob()));
}

#[test]
fn goods_that_are_only_pretended_are_not_listed() {
    let (mut market, module, _) = with_hostile();
    let goods = [
        Goods::Amount { module: module.address(), asset: ASSET, amount: 100 },
        Goods::Item { module: module.address(), collection: 1, item: 1 },
    ];
    let mut refusals = Vec::new();
    for behaviour in [Behaviour::Pretend, Behaviour::TakeFee, Behaviour::Refuse, Behaviour::Panic] {
        hostile::behave(&mut market.chain, module, behaviour.clone());
        for goods in goods {
            if behaviour == Behaviour::TakeFee && matches!(goods, Goods::Item { .. }) {
                continue;
            }
            let call = market.auction.sell_dutch(goods, 9, 9, 9, None, None, None, None, None);
            let listed = market.chain.from(alice()).call(call);
            refusals.push(listed.result.err().and_then(|failure| failure.module_error::<Error>()));
        }
    }
    let (missing, refused) = (Some(Error::GoodsMissing), Some(Error::GoodsRefused));
    assert_eq!(refusals, [missing, missing, missing, refused, refused, refused, refused]);
}

#[test]
fn goods_that_refuse_to_go_cannot_hold_up_the_settlement() {
    let all = [Behaviour::Refuse, Behaviour::Panic, Behaviour::BurnGas, Behaviour::Garble, Behaviour::Flood];
    for behaviour in all {
        let (mut market, module, _) = with_hostile();
        let auction = sold_to_bob(&mut market, module);
        hostile::behave(&mut market.chain, module, behaviour.clone());
        market.settle(auction).expect_ok();
        let progress = market.info(auction).progress;
        let goes = matches!(behaviour, Behaviour::Garble | Behaviour::Flood);
        assert_eq!((progress.state, progress.claimant), (State::Sold, (!goes).then(bob)), "{behaviour:?}");
        assert_eq!(market.withdraw(alice(), Currency::Coin).expect_ok(), 100);
        if !goes {
            market.chain.from(bob()).call(market.auction.collect(auction, None)).result.expect_err("it refuses still");
            hostile::behave(&mut market.chain, module, Behaviour::Honest);
            market.chain.from(bob()).call(market.auction.collect(auction, None)).expect_ok();
        }
        let owner = Call::<Option<Address>>::new(module.address(), "owner_of", (1u64, 1u64).encode(), true);
        assert_eq!(market.chain.query(owner), Ok(Some(bob())));
    }
}

#[test]
fn goods_that_refuse_to_go_are_not_paid_for_in_a_dutch_auction() {
    let (mut market, module, _) = with_hostile();
    let goods = Goods::Item { module: module.address(), collection: 1, item: 1 };
    let call = market.auction.sell_dutch(goods, 100, 100, HOUR_MS, None, None, None, None, None);
    let auction = market.chain.from(alice()).call(call).expect_ok();
    for behaviour in [Behaviour::Refuse, Behaviour::Panic] {
        hostile::behave(&mut market.chain, module, behaviour);
        let bought = market.chain.from(bob()).call(market.auction.buy(auction, 100).with_value(100));
        bought.expect_error(Error::DeliveryRefused);
    }
    hostile::behave(&mut market.chain, module, Behaviour::BurnGas);
    let bought = market.chain.from(bob()).call(market.auction.buy(auction, 100).with_value(100));
    assert!(bought.result.is_err());
    assert_eq!((market.coin_held(), market.state(auction)), (0, State::Open));
}

#[test]
fn a_bidder_that_is_a_module_and_refuses_everything_holds_up_nobody() {
    let (mut market, module, _) = with_hostile();
    let auction = market.sell_english(None);
    market.chain.set_coin(module.address(), 1_000_000_000_000);
    let bid = market.auction.bid(auction, 100);
    let target = Target { address: bid.address, method: bid.method.to_owned(), input: bid.input, value: 100 };
    assert_eq!(market.chain.from(dave()).call(module.act(target)).expect_ok(), 0);
    hostile::behave(&mut market.chain, module, Behaviour::Panic);
    market.bid(bob(), auction, 200).expect_ok();
    assert_eq!(market.coin_credit(module.address()), 100);
    market.chain.advance_ms(HOUR_MS);
    market.settle(auction).expect_ok();
    assert_eq!(market.wine(bob()), BOTTLES);
}
