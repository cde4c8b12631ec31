//! Money that waits, and the house's cut.

use crate::{BOTTLES, HOUR_MS, Market, RICH, market, market_of};
use auction::{AuctionRef, Credited, Currency, Error, House, MAX_CUT_BPS, Withdrawn};
use tenon_contract::Address;
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve, ferdie};

fn house(cut_bps: u16) -> House {
    House { collection: None, cut_bps, receiver: eve(), currency: None }
}

#[test]
fn the_house_takes_its_cut_rounded_down() {
    let mut market = market_of(Some(house(250)));
    let auction = market.sell_english(None);
    market.bid(bob(), auction, 1_039).expect_ok();
    market.chain.advance_ms(HOUR_MS);
    let settled = market.settle(auction);
    let credited = |who, amount| Credited { who, auction, currency: Currency::Coin, amount };
    assert!(settled.has(&credited(alice(), 1_014)) && settled.has(&credited(eve(), 25)));
    assert_eq!(market.withdraw(eve(), Currency::Coin).expect_ok(), 25);
    assert_eq!(market.withdraw(alice(), Currency::Coin).expect_ok(), 1_014);
    let dutch = market.sell_dutch(None);
    market.chain.advance_ms(HOUR_MS);
    market.chain.from(bob()).call(market.auction.buy(dutch, 100).with_value(100)).expect_ok();
    assert_eq!((market.coin_credit(eve()), market.coin_credit(alice())), (2, 98));
}

#[test]
fn a_bond_is_the_sellers_alone() {
    let mut market = market_of(Some(house(1_000)));
    let auction = market.sell_sealed(None);
    market.commit(bob(), auction, 200, 200).expect_ok();
    market.chain.advance_ms(2 * HOUR_MS);
    market.chain.from(dave()).call(market.auction.forfeit(auction, bob())).expect_ok();
    assert_eq!((market.coin_credit(alice()), market.coin_credit(eve())), (20, 0));
}

#[test]
fn a_house_has_bounds() {
    for wrong in [house(MAX_CUT_BPS + 1), House { receiver: Address::ZERO, ..house(0) }] {
        let mut chain = TestChain::new();
        let outcome = chain.from(alice()).try_deploy(&crate::code(), AuctionRef::init(Some(wrong)));
        outcome.expect_error(Error::InvalidHouse);
    }
    let nowhere = Some(Currency::Asset { module: Address::ZERO, asset: 0 });
    let mut chain = TestChain::new();
    let wrong = House { currency: nowhere, ..house(0) };
    chain.from(alice()).try_deploy(&crate::code(), AuctionRef::init(Some(wrong))).expect_error(Error::WrongCurrency);
    let market = market_of(Some(house(MAX_CUT_BPS)));
    assert_eq!(market.chain.query(market.auction.house()), Ok(Some(house(MAX_CUT_BPS))));
    assert_eq!(crate::market().chain.query(market.auction.house()), Ok(None));
}

#[test]
fn a_house_may_have_one_currency() {
    let gold = market().gold();
    let mut market = market_of(Some(House { currency: Some(gold), ..house(100) }));
    let call = market.auction.sell_dutch(market.goods(), 9, 9, 9, None, Some(Currency::Coin), None, None, None);
    market.chain.from(alice()).call(call).expect_error(Error::WrongCurrency);
    let auction = market.sell_english(None);
    assert_eq!(market.info(auction).terms.currency, gold, "it is the default of that house");
    market.bid(bob(), auction, 100).expect_ok();
    assert_eq!(market.gold_of(bob()), RICH - 100);
}

#[test]
fn nothing_is_paid_in_an_asset_of_nobody() {
    let mut market = market();
    let nowhere = Some(Currency::Asset { module: Address::ZERO, asset: 0 });
    let call = market.auction.sell_dutch(market.goods(), 9, 9, 9, None, nowhere, None, None, None);
    market.chain.from(alice()).call(call).expect_error(Error::WrongCurrency);
}

#[test]
fn credits_of_many_auctions_are_taken_together() {
    let mut market = market();
    for _ in 0..3 {
        let auction = market.sell_english(None);
        market.bid(bob(), auction, 100).expect_ok();
        market.bid(charlie(), auction, 200).expect_ok();
    }
    let taken = market.withdraw(bob(), Currency::Coin);
    assert!(taken.has(&Withdrawn { who: bob(), to: bob(), currency: Currency::Coin, amount: 300 }));
    assert_eq!(taken.expect_ok(), 300);
    market.withdraw(bob(), Currency::Coin).expect_error(Error::NothingToWithdraw);
    market.withdraw(dave(), Currency::Coin).expect_error(Error::NothingToWithdraw);
    assert_eq!(market.chain.query(market.auction.owed(Currency::Coin)), Ok(600));
}

#[test]
fn money_goes_to_another_receiver_if_its_owner_says_so() {
    let mut market = market();
    let gold = market.gold();
    let auction = market.sell_english(Some(gold));
    market.bid(bob(), auction, 100).expect_ok();
    market.bid(charlie(), auction, 200).expect_ok();
    let to = |who| market.auction.withdraw(gold, Some(who));
    let (nobody, itself, ferdie_) = (to(Address::ZERO), to(market.auction.address()), to(ferdie()));
    market.chain.from(bob()).call(nobody).expect_error(Error::InvalidReceiver);
    market.chain.from(bob()).call(itself).expect_error(Error::InvalidReceiver);
    assert_eq!(market.chain.from(bob()).call(ferdie_).expect_ok(), 100);
    assert_eq!(market.gold_of(ferdie()), 100);
}

#[test]
fn a_receiver_who_cannot_be_paid_holds_up_nobody() {
    let mut market = market();
    let auction = market.sell_english(None);
    market.bid(bob(), auction, 100).expect_ok();
    market.bid(charlie(), auction, 200).expect_ok();
    // 100 units are less than an account may hold at least, so a new account refuses them; they still wait.
    let stranger = Address::new([9; 32]);
    let to_stranger = market.auction.withdraw(Currency::Coin, Some(stranger));
    market.chain.from(bob()).call(to_stranger).expect_error(Error::WithdrawalRefused);
    assert_eq!(market.coin_credit(bob()), 100);
    market.chain.advance_ms(HOUR_MS);
    market.settle(auction).expect_ok();
    assert_eq!(market.wine(charlie()), BOTTLES);
    assert_eq!(market.withdraw(bob(), Currency::Coin).expect_ok(), 100);
}

#[test]
fn currencies_have_books_of_their_own() {
    let mut market = market();
    let gold = market.gold();
    let (coin, asset) = (market.sell_english(None), market.sell_english(Some(gold)));
    for auction in [coin, asset] {
        market.bid(bob(), auction, 100).expect_ok();
        market.bid(charlie(), auction, 300).expect_ok();
    }
    let owed = |market: &Market, currency| market.chain.query(market.auction.owed(currency)).expect("a query");
    assert_eq!((owed(&market, Currency::Coin), owed(&market, gold)), (400, 400));
    market.withdraw(bob(), gold).expect_ok();
    assert_eq!((owed(&market, Currency::Coin), owed(&market, gold)), (400, 300));
    assert_eq!(market.gold_of(market.auction.address()), 300);
}

#[test]
fn selling_to_oneself_earns_nothing() {
    let mut market = market_of(Some(house(500)));
    let gold = market.gold();
    market.approve(crate::GOLD, alice());
    let before = (market.gold_of(alice()), market.wine(alice()));
    for round in 0..20 {
        let auction = market.sell_english(Some(gold));
        market.bid(alice(), auction, 100 + round).expect_ok();
        market.bid(alice(), auction, 500 + round).expect_ok();
        market.chain.advance_ms(HOUR_MS);
        market.settle(auction).expect_ok();
    }
    market.withdraw(alice(), gold).expect_ok();
    let after = (market.gold_of(alice()), market.wine(alice()));
    assert_eq!(after.1, before.1);
    assert_eq!(before.0 - after.0, (0..20).map(|round| (500 + round) * 5 / 100).sum::<u128>(), "the house's cut");
}
